// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/schema_compatibility_internal.h"

#include <fmt/format.h>

#include <map>

#include "delta/column_mapping_internal.h"

namespace foz::delta {
namespace {

// Logical names by physical path ("a.element.b").
void collect_names(const DataType& type, ColumnMapping mapping, const std::string& prefix,
                   std::map<std::string, std::string>& out) {
  for (const Field& field : type.fields) {
    const std::string path = prefix + physical_name(field, mapping);
    out.emplace(path, field.name);
    collect_names(field.type, mapping, path + ".", out);
  }
  if (type.element) collect_names(*type.element, mapping, prefix + "element.", out);
  if (type.key) collect_names(*type.key, mapping, prefix + "key.", out);
}

std::optional<std::string> renamed_or_dropped(const Schema& older, ColumnMapping older_mapping,
                                              const Schema& newer, ColumnMapping newer_mapping) {
  std::map<std::string, std::string> before, after;
  collect_names({.kind = TypeKind::kStruct, .fields = older.fields}, older_mapping, "", before);
  collect_names({.kind = TypeKind::kStruct, .fields = newer.fields}, newer_mapping, "", after);
  for (const auto& [path, name] : before) {
    const auto found = after.find(path);
    if (found == after.end()) return fmt::format("column {} was dropped", name);
    if (found->second != name)
      return fmt::format("column {} was renamed to {}", name, found->second);
  }
  return std::nullopt;
}

// Whether values that may be null fit: never null in the schema that they are read as, and null in
// the one that they were written under.
class Comparison {
 public:
  explicit Comparison(bool reads_as_newer) : reads_as_newer_(reads_as_newer) {}

  std::optional<std::string> fields(const std::vector<Field>& older,
                                    const std::vector<Field>& newer) const {
    for (const Field& field : older) {
      const Field* now = find_without_case(newer, field.name);
      if (!now) return fmt::format("column {} is gone", field.name);
      if (now->name != field.name)
        return fmt::format("column {} is now spelt {}", field.name, now->name);
      if (!nullability(field.nullable, now->nullable))
        return fmt::format("column {} may be null on one side only", field.name);
      if (auto why = types(field.type, now->type))
        return fmt::format("column {}: {}", field.name, *why);
    }
    return std::nullopt;
  }

 private:
  bool nullability(bool older, bool newer) const {
    return reads_as_newer_ ? newer || !older : older || !newer;
  }

  std::optional<std::string> types(const DataType& older, const DataType& newer) const {
    if (older.kind == TypeKind::kVoid) return std::nullopt;
    if (older.kind != newer.kind || older.precision != newer.precision ||
        older.scale != newer.scale) {
      return "its type changed";
    }
    if (older.kind == TypeKind::kStruct) return fields(older.fields, newer.fields);
    if (older.element) {
      if (!nullability(older.element_nullable, newer.element_nullable))
        return "its elements may be null on one side only";
      if (auto why = types(*older.element, *newer.element)) return why;
    }
    if (older.key) return types(*older.key, *newer.key);
    return std::nullopt;
  }

  bool reads_as_newer_;
};

}  // namespace

Result<std::optional<std::string>> incompatibility(const Metadata& older, const Metadata& newer,
                                                   bool reads_as_newer) {
  const Schema before = TRY(parse_schema(older.schema_string));
  const Schema after = TRY(parse_schema(newer.schema_string));
  const ColumnMapping was = TRY(column_mapping(older)), is = TRY(column_mapping(newer));
  const auto why = [](std::string text) { return std::optional(std::move(text)); };
  if (was != ColumnMapping::kNone && is != was) return why("the column mapping mode changed");
  if (is != ColumnMapping::kNone) {
    // A table that begins to map columns keeps their names as the physical ones.
    if (auto found = renamed_or_dropped(before, was, after, is)) return why(std::move(*found));
  }
  if (older.partition_columns != newer.partition_columns)
    return why("the partition columns changed");
  return Comparison(reads_as_newer).fields(before.fields, after.fields);
}

}  // namespace foz::delta
