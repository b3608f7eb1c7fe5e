// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <array>
#include <set>

#include "delta/column_mapping_internal.h"
#include "delta/create_internal.h"
#include "delta/features_internal.h"
#include "delta/iceberg_compat_internal.h"
#include "delta/properties_internal.h"
#include "delta/row_tracking_internal.h"
#include "delta/statistics_scope_internal.h"

namespace foz::delta {
namespace {

// Calls `check` with the columns, and with those of each struct in them.
using CheckFields = Status (*)(const std::vector<Field>& fields);
Status check_each(const std::vector<Field>& fields, CheckFields check) {
  TRY(check(fields));
  for (const Field& field : fields) {
    for (const DataType* type = &field.type; type; type = type->element.get()) {
      TRY(check_each(type->fields, check).within(field.name));
      if (type->key) TRY(check_each(type->key->fields, check).within(field.name));
    }
  }
  return {};
}

Status check_names(const std::vector<Field>& fields) {
  std::set<std::string> seen;
  for (const Field& field : fields) {
    if (field.name.empty()) return invalid("a column has no name");
    if (!seen.insert(lower_case(field.name)).second) {
      return invalid(fmt::format("column {} is there twice", field.name));
    }
  }
  return {};
}

bool is_nested(TypeKind kind) {
  return kind == TypeKind::kStruct || kind == TypeKind::kArray || kind == TypeKind::kMap ||
         kind == TypeKind::kVariant || kind == TypeKind::kVoid;
}

}  // namespace

void complete_properties(Metadata& metadata, Random& random) {
  if (!is_true(metadata.configuration, "delta.enableRowTracking")) return;
  const auto name = [&](const char* property, std::string_view prefix) {
    if (metadata.configuration.contains(property)) return;
    metadata.configuration[property] = fmt::format("{}-{}", prefix, random.uuid().to_string());
  };
  name(kRowIdColumn, "_row-id-col");
  name(kRowVersionColumn, "_row-commit-version-col");
}

Status check_new_names(const std::vector<Field>& fields, ColumnMapping mapping) {
  if (mapping != ColumnMapping::kNone) return {};
  return check_each(fields, [](const std::vector<Field>& each) -> Status {
    for (const Field& field : each) {
      if (field.name.find_first_of(" ,;{}()\n\t=") == std::string::npos) continue;
      return invalid(fmt::format(
          "column '{}' has one of the characters \" ,;{{}}()\\n\\t=\" in its name, which "
          "Spark reads only where columns are mapped: set '{}' = 'name'",
          field.name, kMappingMode));
    }
    return {};
  });
}

Status check_columns(const Metadata& metadata, const Schema& schema) {
  TRY(check_each(schema.fields, check_names));
  if (schema.fields.empty()) return invalid("the table has no columns");
  std::set<const Field*> partitions;
  for (const std::string& column : metadata.partition_columns) {
    const Field* field = schema.find(column);
    if (!field) return invalid(fmt::format("partition column {} is not a column", column));
    if (is_nested(field->type.kind)) {
      return invalid(fmt::format("column {} has a type by which no table is partitioned", column));
    }
    if (!partitions.insert(field).second) {
      return invalid(fmt::format("partition column {} is named twice", column));
    }
  }
  if (partitions.size() == schema.fields.size()) {
    return invalid("every column is a partition column: the files would have none");
  }
  if (is_true(metadata.configuration, "delta.enableChangeDataFeed")) {
    for (const char* own : {"_change_type", "_commit_version", "_commit_timestamp"}) {
      if (schema.find(own)) {
        return invalid(fmt::format("column {} is one of the change data feed's own", own));
      }
    }
  }
  return {};
}

Result<CommitRequest> first_commit(const CreateOptions& options, const Clock& clock,
                                   Random& random) {
  GivenProperties given = TRY(take_properties(options.properties));
  Metadata metadata;
  metadata.id = random.uuid().to_string();
  metadata.name = options.name;
  metadata.description = options.description;
  metadata.partition_columns = options.partition_columns;
  metadata.configuration = std::move(given.configuration);
  metadata.created_time_ms = clock.now_ms();
  if (iceberg_compat_enabled(metadata)) metadata.configuration.try_emplace(kMappingMode, "name");
  complete_properties(metadata, random);
  Schema schema = options.schema;
  TRY(check_columns(metadata, schema));
  const ColumnMapping mapping = TRY(column_mapping(metadata));
  TRY(check_new_names(schema.fields, mapping));
  TRY(check_statistics_columns(metadata, schema));
  if (mapping != ColumnMapping::kNone) {
    map_columns(schema.fields, metadata.configuration, PhysicalNames::kFresh, random);
  }
  metadata.schema_string = to_json(schema);
  auto features = features_asked_for(metadata, schema);
  features.merge(given.features);
  CommitRequest request;
  request.operation = "CREATE TABLE";
  request.protocol = TRY(raised(Protocol{}, features));
  TRY(check_writable(*request.protocol, metadata, schema));
  request.metadata = std::move(metadata);
  return request;
}

}  // namespace foz::delta
