// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// information_schema of both catalogs, and the schema system.metadata.

#include "sql/lake_types_internal.h"
#include "sql/system_tables_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::Value;

namespace {

template <const char* catalog>
SystemRows schemata(const SystemInput& input) {
  SystemRows rows;
  for (const auto& schema : described_schemas(input.root, catalog))
    rows.push_back({Value(catalog), Value(schema)});
  return rows;
}

template <const char* catalog>
SystemRows tables(const SystemInput& input) {
  SystemRows rows;
  for (const auto& table : described_tables(input.root, catalog))
    rows.push_back({Value(catalog), Value(table.schema), Value(table.name), Value("BASE TABLE")});
  return rows;
}

template <const char* catalog>
SystemRows columns(const SystemInput& input) {
  SystemRows rows;
  for (const auto& table : described_tables(input.root, catalog)) {
    for (auto& column : described_columns(table))
      rows.push_back({Value(catalog), Value(table.schema), Value(table.name), Value(column.name),
                      Value::BIGINT(column.ordinal), Value(), Value(column.nullable ? "YES" : "NO"),
                      Value(column.type), std::move(column.comment)});
  }
  return rows;
}

SystemRows no_roles(const SystemInput&) {
  throw duckdb::NotImplementedException("This connector does not support roles");
}

template <const char* catalog>
void add_information_schema(std::vector<SystemTable>& all, const char* schema) {
  auto of_columns =
      text_columns({"table_catalog", "table_schema", "table_name", "column_name",
                    "ordinal_position", "column_default", "is_nullable", "data_type", "comment"},
                   {"ordinal_position"});
  of_columns.back().hidden = true;
  const SystemTable made[] = {
      {schema, "applicable_roles",
       text_columns({"grantee", "grantee_type", "role_name", "is_grantable"}), no_roles},
      {schema, "columns", of_columns, columns<catalog>},
      {schema, "enabled_roles", text_columns({"role_name"}), no_roles},
      {schema, "roles", text_columns({"role_name"}), no_roles},
      {schema, "schemata", text_columns({"catalog_name", "schema_name"}), schemata<catalog>},
      {schema, "table_privileges",
       text_columns({"grantor", "grantor_type", "grantee", "grantee_type", "table_catalog",
                     "table_schema", "table_name", "privilege_type", "is_grantable",
                     "with_hierarchy"}),
       no_rows},
      {schema, "tables",
       text_columns({"table_catalog", "table_schema", "table_name", "table_type"}),
       tables<catalog>},
      {schema, "views",
       text_columns({"table_catalog", "table_schema", "table_name", "view_definition"}), no_rows},
  };
  all.insert(all.end(), std::begin(made), std::end(made));
}

SystemRows catalogs(const SystemInput&) {
  return {{Value(kCatalog), Value(kCatalog), Value("delta_lake")},
          {Value(kSystemCatalog), Value(kSystemCatalog), Value("system")}};
}

SystemRows table_comments(const SystemInput& input) {
  SystemRows rows;
  for (const auto& table : described_tables(input.root))
    rows.push_back(
        {Value(table.catalog), Value(table.schema), Value(table.name), comment_of(table)});
  return rows;
}

}  // namespace

std::vector<SystemTable> information_schema_tables() {
  std::vector<SystemTable> all;
  add_information_schema<kCatalog>(all, "information_schema");
  add_information_schema<kSystemCatalog>(all, "$information_schema");
  return all;
}

std::vector<SystemTable> metadata_tables() {
  auto views =
      text_columns({"catalog_name", "schema_name", "name", "storage_catalog", "storage_schema",
                    "storage_table", "freshness", "last_fresh_time", "comment", "definition"});
  views[7].type = instant_type(9);
  // What CREATE and ANALYZE take: neither is a statement here.
  const auto properties =
      text_columns({"catalog_name", "property_name", "default_value", "type", "description"});
  return {
      {"$metadata", "analyze_properties", properties, no_rows},
      {"$metadata", "catalogs", text_columns({"catalog_name", "connector_id", "connector_name"}),
       catalogs},
      {"$metadata", "column_properties", properties, no_rows},
      {"$metadata", "materialized_view_properties", properties, no_rows},
      {"$metadata", "materialized_views", views, no_rows},
      {"$metadata", "schema_properties", properties, no_rows},
      {"$metadata", "table_comments",
       text_columns({"catalog_name", "schema_name", "table_name", "comment"}), table_comments},
      {"$metadata", "table_properties", properties, no_rows},
  };
}

}  // namespace foz::sql
