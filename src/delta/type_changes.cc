// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Type widening: which changes of a column's type files from before them are read through.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#type-widening
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "delta/features_internal.h"

namespace foz::delta {
namespace {

namespace dom = simdjson::dom;

// Digits that an integer type may need; 0 for what is none.
int integer_digits(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte: return 3;
    case TypeKind::kShort: return 5;
    case TypeKind::kInteger: return 10;
    case TypeKind::kLong: return 20;
    default: return 0;
  }
}

bool is_widening(const DataType& from, const DataType& to) {
  const int digits = integer_digits(from.kind);
  switch (to.kind) {
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong: return digits > 0 && digits < integer_digits(to.kind);
    case TypeKind::kDouble:
      return from.kind == TypeKind::kFloat || (digits > 0 && from.kind != TypeKind::kLong);
    case TypeKind::kTimestampNtz: return from.kind == TypeKind::kDate;
    case TypeKind::kDecimal:
      if (digits > 0) return to.precision - to.scale >= std::max(digits, 10);
      return from.kind == TypeKind::kDecimal && to.scale >= from.scale &&
             to.precision - to.scale >= from.precision - from.scale;
    default: return false;
  }
}

Result<DataType> named_type(dom::element change, const char* key) {
  std::string_view name;
  if (change[key].get(name) != simdjson::SUCCESS)
    return Error(ErrorCode::kCorrupt, fmt::format("a type change has no {}", key));
  const std::string field =
      fmt::format(R"({{"type":"struct","fields":[{{"name":"x","type":"{}"}}]}})", name);
  return TRY(parse_schema(field)).fields[0].type;
}

Status check_field(const Field& field) {
  const auto found = field.metadata.find("delta.typeChanges");
  if (found == field.metadata.end()) return {};
  dom::parser parser;
  dom::array changes;
  if (parser.parse(found->second).get(changes) != simdjson::SUCCESS)
    return Error(ErrorCode::kCorrupt, "delta.typeChanges is not a list");
  for (const dom::element change : changes) {
    const DataType from = TRY(named_type(change, "fromType"));
    const DataType to = TRY(named_type(change, "toType"));
    if (is_widening(from, to)) continue;
    return Error(ErrorCode::kUnsupported,
                 fmt::format("its type changed from {} to {}, which foz cannot read through",
                             simdjson::minify(change["fromType"].value()),
                             simdjson::minify(change["toType"].value())));
  }
  return {};
}

}  // namespace

Status check_type_changes(const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    TRY(check_field(field).within(fmt::format("column {}", field.name)));
    for (const DataType* type = &field.type; type; type = type->element.get()) {
      TRY(check_type_changes(type->fields));
      if (type->key) TRY(check_type_changes(type->key->fields));
    }
  }
  return {};
}

}  // namespace foz::delta
