// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/column_mapping_internal.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/json_writer.h"
#include "delta/features_internal.h"
#include "delta/iceberg_compat_internal.h"
#include "delta/json_internal.h"

namespace foz::delta {
namespace {

// Every struct field, at any depth. Element types are shared, so that they are changed in copies.
template <class Visit>
void each_field(std::vector<Field>& fields, const Visit& visit);

template <class Visit>
void each_field(DataType& type, const Visit& visit) {
  if (!type.user_defined.empty()) return;
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

void give_nested_ids(const DataType& type, const std::string& path, int64_t& greatest,
                     std::map<std::string, int64_t>& ids) {
  const auto give = [&](const DataType& inner, const char* name) {
    const std::string at = fmt::format("{}.{}", path, name);
    if (ids.try_emplace(at, greatest + 1).second) ++greatest;
    give_nested_ids(inner, at, greatest, ids);
  };
  if (type.key) give(*type.key, "key");
  if (type.element) give(*type.element, type.key ? "value" : "element");
}

void give_nested_ids(Field& field, int64_t& greatest) {
  auto ids = nested_ids(field);
  give_nested_ids(field.type, physical_name(field, ColumnMapping::kName), greatest, ids);
  if (ids.empty()) return;
  JsonWriter json;
  json.begin_object();
  for (const auto& [path, id] : ids) json.field(path, id);
  field.metadata[kNestedIds] = json.end_object().take();
}

}  // namespace

std::map<std::string, int64_t> nested_ids(const Field& field) {
  std::map<std::string, int64_t> ids;
  const auto found = field.metadata.find(kNestedIds);
  if (found == field.metadata.end()) return ids;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(found->second).get(object) != simdjson::SUCCESS) return ids;
  for (const auto [path, value] : object) {
    int64_t id = 0;
    if (value.get(id) == simdjson::SUCCESS) ids.emplace(path, id);
  }
  return ids;
}

Result<ColumnMapping> column_mapping(const Metadata& metadata) {
  const auto mode = metadata.configuration.find(kMappingMode);
  if (mode == metadata.configuration.end()) return ColumnMapping::kNone;
  const std::string name = lower_case(mode->second);
  if (name == "none") return ColumnMapping::kNone;
  if (name == "name") return ColumnMapping::kName;
  if (name == "id") return ColumnMapping::kId;
  return Error(ErrorCode::kUnsupported, fmt::format("column mapping mode '{}'", mode->second));
}

Result<ColumnMapping> column_mapping(const Snapshot& snapshot) {
  const Protocol& protocol = snapshot.protocol();
  // Spark made tables that name it for writers alone; it and delta-kernel map their columns.
  if (!has_reader_feature(protocol, "columnMapping") &&
      !has_writer_feature(protocol, "columnMapping"))
    return ColumnMapping::kNone;
  return column_mapping(snapshot.metadata());
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

std::optional<std::string> partition_text(const AddFile& file, const std::string& physical,
                                          const std::string& logical) {
  auto value = file.partition_values.find(physical);
  if (value == file.partition_values.end()) value = file.partition_values.find(logical);
  return value == file.partition_values.end() ? std::nullopt : value->second;
}

void map_columns(std::vector<Field>& fields, std::map<std::string, std::string>& configuration,
                 PhysicalNames names, Random& random) {
  int64_t greatest = json_integer(configuration[kMaxColumnId]).value_or(0);
  each_field(fields, [&](Field& field) {
    if (const auto id = field_id(field)) greatest = std::max(greatest, *id);
    for (const auto& [path, id] : nested_ids(field)) greatest = std::max(greatest, id);
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
  if (is_true(configuration, kIcebergV2)) {
    each_field(fields, [&](Field& field) { give_nested_ids(field, greatest); });
  }
  configuration[kMaxColumnId] = std::to_string(greatest);
}

}  // namespace foz::delta
