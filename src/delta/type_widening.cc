// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/type_widening_internal.h"

#include <algorithm>
#include <array>

#include "base/json_writer.h"
#include "delta/json_internal.h"

namespace foz::delta {
namespace {

constexpr const char* kTypeChanges = "delta.typeChanges";

// Bytes of a whole number; 0 for other types.
int width(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte: return 1;
    case TypeKind::kShort: return 2;
    case TypeKind::kInteger: return 4;
    case TypeKind::kLong: return 8;
    default: return 0;
  }
}

// Digits before the point that a decimal needs for every value of the type.
int whole_digits(const DataType& type) {
  if (type.kind == TypeKind::kDecimal) return type.precision - type.scale;
  return width(type.kind) == 8 ? 20 : 10;
}

}  // namespace

bool may_widen(const DataType& from, const DataType& to) {
  const int bytes = width(from.kind);
  switch (to.kind) {
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong: return bytes > 0 && bytes < width(to.kind);
    case TypeKind::kDouble: return from.kind == TypeKind::kFloat || (bytes > 0 && bytes <= 4);
    case TypeKind::kTimestampNtz: return from.kind == TypeKind::kDate;
    case TypeKind::kDecimal:
      if (bytes == 0 && from.kind != TypeKind::kDecimal) return false;
      return to != from && to.scale >= from.scale && whole_digits(to) >= whole_digits(from);
    default: return false;
  }
}

std::string type_name(const DataType& type) {
  // The schema's own writer knows the names.
  const std::string json = to_json(Schema{{{"x", type, true, {}}}});
  constexpr std::string_view kBefore = R"("type":)";
  const size_t begin = json.find(kBefore, json.find(R"("name")")) + kBefore.size();
  const size_t end = json.find(R"(,"nullable")", begin);
  const std::string text = json.substr(begin, end - begin);
  return json_unquote(text).value_or(text);
}

std::string widening_json(const DataType& from, const DataType& to, const std::string& path) {
  JsonWriter json;
  json.begin_object().field("toType", type_name(to)).field("fromType", type_name(from));
  if (!path.empty()) json.field("fieldPath", path);
  return json.end_object().take();
}

void note_widening(Field& field, const std::string& change) {
  std::string& list = field.metadata[kTypeChanges];
  if (list.size() < 2 || list == "[]") {
    list = "[" + change + "]";
  } else {
    list.insert(list.size() - 1, "," + change);
  }
}

}  // namespace foz::delta
