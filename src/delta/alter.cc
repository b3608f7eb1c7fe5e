// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/alter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "delta/alter_internal.h"
#include "delta/clustering_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/create_internal.h"
#include "delta/data_file.h"
#include "delta/features_internal.h"
#include "delta/iceberg_compat_internal.h"
#include "delta/json_internal.h"
#include "delta/properties_internal.h"
#include "delta/statistics_scope_internal.h"

namespace foz::delta {
namespace {

constexpr const char* kConstraint = "delta.constraints.";

std::string json_map(const std::map<std::string, std::string>& map) {
  JsonWriter json;
  json.begin_object();
  for (const auto& [key, value] : map) json.field(key, value);
  return json.end_object().take();
}

// Columns that are there already are mapped to themselves: their files know no other names.
Status begin_mapping(const Snapshot& snapshot, Metadata& metadata, Schema& schema, Random& random) {
  const ColumnMapping before = TRY(column_mapping(snapshot));
  const ColumnMapping after = TRY(column_mapping(metadata));
  if (before != after && (before != ColumnMapping::kNone || after != ColumnMapping::kName)) {
    return Error(ErrorCode::kUnsupported,
                 "the column mapping of a table goes from none to name and no other way");
  }
  if (after != ColumnMapping::kNone)
    map_columns(schema.fields, metadata.configuration, PhysicalNames::kAsLogical, random);
  return {};
}

}  // namespace

Result<CommitRequest> altered(const Snapshot& snapshot, Metadata metadata, const Schema& schema,
                              std::set<std::string> features) {
  TRY(check_columns(metadata, schema));
  if (TRY(column_mapping(metadata)) != TRY(column_mapping(snapshot)) && !schema.fields.empty() &&
      !schema.fields.front().metadata.contains(kPhysicalName)) {
    // To set the property anew begins it.
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the table has {} without the feature for it: set it anew first",
                             kMappingMode));
  }
  metadata.schema_string = to_json(schema);
  features.merge(features_asked_for(metadata, schema));
  Protocol protocol = TRY(raised(snapshot.protocol(), features));
  TRY(check_writable(protocol, metadata, schema));
  CommitRequest request;
  if (protocol != snapshot.protocol()) request.protocol = std::move(protocol);
  if (metadata != snapshot.metadata()) request.metadata = std::move(metadata);
  return request;
}

Result<CommitRequest> set_properties(const Snapshot& snapshot, Random& random,
                                     const std::map<std::string, std::string>& set,
                                     const std::vector<std::string>& unset) {
  const GivenProperties given = TRY(take_properties(set));
  Metadata metadata = snapshot.metadata();
  Schema schema = snapshot.schema();
  for (const std::string& name : unset) {
    if (name == kMappingMode) {
      return Error(ErrorCode::kUnsupported, "column mapping cannot be taken from a table");
    }
    if (name.starts_with("delta.feature.")) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{}: a feature cannot be taken from a table", name));
    }
    if (name.starts_with(kConstraint)) {
      return invalid(fmt::format("{} is unset by dropping the constraint", name));
    }
    if (is_own_property(name)) {
      return invalid(fmt::format("{} is kept by the table itself and cannot be unset", name));
    }
    metadata.configuration.erase(name);
  }
  for (const auto& [name, value] : given.configuration) {
    metadata.configuration.insert_or_assign(name, value);
  }
  if (given.configuration.contains(kStatisticsColumns)) {
    TRY(check_statistics_columns(metadata, schema));
  }
  complete_properties(metadata, random);
  TRY(begin_mapping(snapshot, metadata, schema, random));
  CommitRequest request = TRY(altered(snapshot, metadata, schema, given.features));
  TRY(check_iceberg_begins(snapshot, metadata));
  // A file that somebody adds meanwhile was not looked at.
  request.read.whole_table =
      iceberg_compat_enabled(metadata) && !iceberg_compat_enabled(snapshot.metadata());
  if (request.read.whole_table) request.isolation = Isolation::kSerializable;
  request.operation = set.empty() ? "UNSET TBLPROPERTIES" : "SET TBLPROPERTIES";
  request.operation_parameters = {{"properties", json_quote(json_map(set))}};
  return request;
}

Result<CommitRequest> add_constraint(const Table& table, const SnapshotPtr& snapshot,
                                     const std::string& name, const std::string& sql,
                                     const RowChecker& checker) {
  // Names are the user's, without case, as in Spark.
  std::string key = kConstraint + name;
  std::ranges::transform(key, key.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  });
  if (name.empty()) return invalid("a constraint needs a name");
  if (snapshot->property(key)) return invalid(fmt::format("there is a constraint {}", name));
  Status status;
  snapshot->each_file([&](const std::shared_ptr<const AddFile>& file) {
    status = read_data_file(table, *snapshot, *file, {}, [&](auto batch) -> Status {
      return check_rows(checker, {{name, sql}}, batch);
    });
    return status.has_value();
  });
  TRY(std::move(status));
  Metadata metadata = snapshot->metadata();
  metadata.configuration[key] = sql;
  CommitRequest request = TRY(altered(*snapshot, std::move(metadata), snapshot->schema()));
  // Rows that somebody adds meanwhile were not checked.
  request.read.whole_table = true;
  request.isolation = Isolation::kSerializable;
  request.operation = "ADD CONSTRAINT";
  request.operation_parameters = {{"name", json_quote(name)}, {"expr", json_quote(sql)}};
  return request;
}

Result<CommitRequest> drop_constraint(const Snapshot& snapshot, const std::string& name) {
  Metadata metadata = snapshot.metadata();
  const bool gone = std::erase_if(metadata.configuration, [&](const auto& property) {
                      return equal_without_case(property.first, kConstraint + name);
                    }) > 0;
  if (!gone) return invalid(fmt::format("there is no constraint {}", name));
  CommitRequest request = TRY(altered(snapshot, std::move(metadata), snapshot.schema()));
  request.operation = "DROP CONSTRAINT";
  request.operation_parameters = {{"name", json_quote(name)}};
  return request;
}

Result<CommitRequest> set_domain(const Snapshot& snapshot, const std::string& domain,
                                 const std::optional<std::string>& configuration) {
  if (domain.empty()) return invalid("a domain needs a name");
  if (domain.starts_with("delta.")) {
    return invalid(fmt::format("domain {} is one of the protocol's own", domain));
  }
  CommitRequest request =
      TRY(altered(snapshot, snapshot.metadata(), snapshot.schema(), {"domainMetadata"}));
  // A tombstone says what there was.
  std::string before;
  for (const DomainMetadata& each : snapshot.domains()) {
    if (each.domain == domain) before = each.configuration;
  }
  request.domains = {{domain, configuration.value_or(before), !configuration}};
  request.operation = configuration ? "SET DOMAIN METADATA" : "REMOVE DOMAIN METADATA";
  return request;
}

Result<CommitRequest> cluster_by(const Snapshot& snapshot, const std::vector<ColumnPath>& columns) {
  constexpr size_t kMost = 4;
  if (!snapshot.metadata().partition_columns.empty()) {
    return invalid("a table with partition columns cannot be clustered");
  }
  if (columns.size() > kMost) return invalid("a table is clustered by at most four columns");
  const ColumnMapping mapping = TRY(column_mapping(snapshot));
  JsonWriter json;
  json.begin_object().key("clusteringColumns").begin_array();
  std::vector<std::string> names;
  for (const ColumnPath& path : columns) {
    const std::vector<Field>* fields = &snapshot.schema().fields;
    const Field* field = nullptr;
    json.begin_array();
    for (const std::string& name : path) {
      field = find_without_case(*fields, name);
      if (!field) return invalid(fmt::format("there is no column {}", fmt::join(path, ".")));
      json.string(physical_name(*field, mapping));
      fields = &field->type.fields;
    }
    json.end_array();
    if (!field || !field->type.fields.empty() || field->type.element ||
        field->type.kind == TypeKind::kVariant) {
      return invalid(
          fmt::format("column {} is nested: no table is clustered by it", fmt::join(path, ".")));
    }
    names.push_back(fmt::format("{}", fmt::join(path, ".")));
  }
  json.end_array().field("domainName", kClusteringDomain).end_object();
  CommitRequest request =
      TRY(altered(snapshot, snapshot.metadata(), snapshot.schema(), {"clustering"}));
  request.domains = {{kClusteringDomain, json.take(), false}};
  request.operation = "CLUSTER BY";
  request.operation_parameters = {
      {"newClusteringColumns", json_quote(fmt::format("{}", fmt::join(names, ",")))}};
  return request;
}

}  // namespace foz::delta
