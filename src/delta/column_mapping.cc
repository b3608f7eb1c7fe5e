// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/column_mapping_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/json_internal.h"

namespace foz::delta {
namespace {

// Every struct field, at any depth. Element types are shared, so that they are changed in copies.
template <class Visit>
void each_field(std::vector<Field>& fields, const Visit& visit);

template <class Visit>
void each_field(DataType& type, const Visit& visit) {
  each_field(type.fields, visit);
  for (auto* inner : {&type.element, &type.key}) {
    if (!*inner) continue;
    auto copy = std::make_shared<DataType>(**inner);
    each_field(*copy, visit);
    *inner = std::move(copy);
  }
}

template <class Visit>
void each_field(std::vector<Field>& fields, const Visit& visit) {
  for (Field& field : fields) {
    visit(field);
    each_field(field.type, visit);
  }
}

}  // namespace

Result<ColumnMapping> column_mapping(const Metadata& metadata) {
  const auto mode = metadata.configuration.find(kMappingMode);
  if (mode == metadata.configuration.end() || mode->second == "none") return ColumnMapping::kNone;
  if (mode->second == "name") return ColumnMapping::kName;
  if (mode->second == "id") return ColumnMapping::kId;
  return Error(ErrorCode::kUnsupported, fmt::format("column mapping mode '{}'", mode->second));
}

std::string physical_name(const Field& field, ColumnMapping mapping) {
  if (mapping == ColumnMapping::kNone) return field.name;
  const auto found = field.metadata.find(kPhysicalName);
  if (found == field.metadata.end()) return field.name;
  return json_unquote(found->second).value_or(field.name);
}

std::optional<int64_t> field_id(const Field& field) {
  const auto found = field.metadata.find(kColumnId);
  if (found == field.metadata.end()) return std::nullopt;
  return json_integer(found->second);
}

void map_columns(std::vector<Field>& fields, std::map<std::string, std::string>& configuration,
                 PhysicalNames names, Random& random) {
  int64_t greatest = json_integer(configuration[kMaxColumnId]).value_or(0);
  each_field(fields, [&](Field& field) {
    if (const auto id = field_id(field)) greatest = std::max(greatest, *id);
  });
  each_field(fields, [&](Field& field) {
    if (!field.metadata.contains(kColumnId)) {
      field.metadata[kColumnId] = std::to_string(++greatest);
    }
    if (!field.metadata.contains(kPhysicalName)) {
      const std::string fresh = fmt::format("col-{}", random.uuid().to_string());
      field.metadata[kPhysicalName] =
          json_quote(names == PhysicalNames::kFresh ? fresh : field.name);
    }
  });
  configuration[kMaxColumnId] = std::to_string(greatest);
}

}  // namespace foz::delta
