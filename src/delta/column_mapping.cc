// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/column_mapping_internal.h"

#include <fmt/format.h>

#include "delta/json_internal.h"

namespace foz::delta {

Result<ColumnMapping> column_mapping(const Metadata& metadata) {
  const auto mode = metadata.configuration.find("delta.columnMapping.mode");
  if (mode == metadata.configuration.end() || mode->second == "none") return ColumnMapping::kNone;
  if (mode->second == "name") return ColumnMapping::kName;
  if (mode->second == "id") return ColumnMapping::kId;
  return Error(ErrorCode::kUnsupported, fmt::format("column mapping mode '{}'", mode->second));
}

std::string physical_name(const Field& field, ColumnMapping mapping) {
  if (mapping == ColumnMapping::kNone) return field.name;
  const auto found = field.metadata.find("delta.columnMapping.physicalName");
  if (found == field.metadata.end()) return field.name;
  return json_unquote(found->second).value_or(field.name);
}

std::optional<int64_t> field_id(const Field& field) {
  const auto found = field.metadata.find("delta.columnMapping.id");
  if (found == field.metadata.end()) return std::nullopt;
  return json_integer(found->second);
}

}  // namespace foz::delta
