// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What describes the lake: Trino's information_schema and the parts of its catalog `system` that
// clients ask for. https://trino.io/docs/current/connector/system.html

#include <algorithm>
#include <set>

#include "delta/types.h"
#include "sql/lake_catalog_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/query_engine.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::Value;

namespace {

constexpr char kSystem[] = "system";

using Rows = duckdb::vector<duckdb::vector<Value>>;

struct Described {
  std::string schema, name;
  const MetadataTable* metadata;  // null for a table of the lake
  const table::TableView* view;
};

std::vector<Described> described(const table::Root& root) {
  std::vector<Described> tables;
  for (const auto& view : root.tables)
    tables.push_back({view->name.schema, view->name.name, nullptr, view.get()});
  for (const auto& metadata : metadata_tables()) {
    if (metadata.schema[0] != '$')
      tables.push_back({metadata.schema, metadata.name, &metadata, nullptr});
  }
  return tables;
}

// Tables of Trino's catalog `system`: schema "jdbc" is "$jdbc" here.
std::vector<Described> described_system() {
  std::vector<Described> tables;
  for (const auto& metadata : metadata_tables()) {
    if (metadata.schema[0] == '$')
      tables.push_back({metadata.schema + 1, metadata.name, &metadata, nullptr});
  }
  return tables;
}

std::string column_type(const delta::DataType& type) {
  return type.kind == delta::TypeKind::kVariant ? "variant" : trino_type(to_duckdb(type));
}

Rows schemata(const table::Root& root) {
  Rows rows;
  for (const auto& schema : schema_names(root)) rows.push_back({Value(kCatalog), Value(schema)});
  return rows;
}

Rows system_schemata(const table::Root&) {
  std::set<std::string> names;
  for (const auto& table : described_system()) names.insert(table.schema);
  Rows rows;
  for (const auto& name : names) rows.push_back({Value(kSystem), Value(name)});
  return rows;
}

Rows table_rows(const char* catalog, const std::vector<Described>& tables) {
  Rows rows;
  for (const auto& table : tables)
    rows.push_back({Value(catalog), Value(table.schema), Value(table.name), Value("BASE TABLE")});
  return rows;
}
Rows tables(const table::Root& root) { return table_rows(kCatalog, described(root)); }
Rows system_tables(const table::Root&) { return table_rows(kSystem, described_system()); }

Value comment_of(const delta::Field& field) {
  const auto entry = field.metadata.find("comment");
  if (entry == field.metadata.end()) return Value();
  const std::string& json = entry->second;
  return Value(json.size() >= 2 && json.front() == '"' ? json.substr(1, json.size() - 2) : json);
}

Rows column_rows(const char* catalog, const std::vector<Described>& tables) {
  Rows rows;
  for (const auto& table : tables) {
    int64_t ordinal = 0;
    const auto add = [&](const std::string& name, bool nullable, const std::string& type,
                         Value comment) {
      rows.push_back({Value(catalog), Value(table.schema), Value(table.name), Value(name),
                      Value::BIGINT(++ordinal), Value(), Value(nullable ? "YES" : "NO"),
                      Value(type), std::move(comment)});
    };
    if (table.metadata) {
      for (const auto& [name, type] : table.metadata->columns)
        add(name, true, trino_type(type), Value());
    } else if (table.view->snapshot) {
      for (const auto& field : table.view->snapshot->schema().fields)
        add(field.name, field.nullable, column_type(field.type), comment_of(field));
    }
  }
  return rows;
}

Rows columns(const table::Root& root) { return column_rows(kCatalog, described(root)); }
Rows system_columns(const table::Root&) { return column_rows(kSystem, described_system()); }

Rows table_comments(const table::Root& root) {
  Rows rows;
  for (const auto& table : described(root)) {
    Value comment;
    if (table.view && table.view->snapshot && table.view->snapshot->metadata().description)
      comment = Value(*table.view->snapshot->metadata().description);
    rows.push_back({Value(kCatalog), Value(table.schema), Value(table.name), std::move(comment)});
  }
  return rows;
}

Rows none(const table::Root&) { return {}; }
Rows catalog_rows(const table::Root&) { return {{Value(kCatalog)}, {Value(kSystem)}}; }
Rows metadata_catalogs(const table::Root&) {
  return {{Value(kCatalog), Value("delta_lake")}, {Value(kSystem), Value(kSystem)}};
}
Rows table_types(const table::Root&) { return {{Value("TABLE")}, {Value("VIEW")}}; }

Rows jdbc_schemas(const table::Root& root) {
  Rows rows;
  for (const auto& schema : schema_names(root)) rows.push_back({Value(schema), Value(kCatalog)});
  return rows;
}

Rows jdbc_tables(const table::Root& root) {
  Rows rows;
  for (const auto& table : described(root)) {
    rows.push_back({Value(kCatalog), Value(table.schema), Value(table.name),
                    Value(table.metadata ? "SYSTEM TABLE" : "TABLE"), Value(), Value(), Value(),
                    Value(), Value(), Value()});
  }
  return rows;
}

// The codes of java.sql.Types.
int32_t jdbc_type(const std::string& type) {
  static constexpr std::pair<std::string_view, int32_t> kCodes[] = {
      {"boolean", 16}, {"tinyint", -6}, {"smallint", 5}, {"integer", 4},  {"bigint", -5},
      {"real", 7},     {"double", 8},   {"decimal", 3},  {"varchar", 12}, {"varbinary", -3},
      {"date", 91},    {"time", 92},    {"array", 2003}};
  if (type.starts_with("timestamp")) return type.ends_with("zone") ? 2014 : 93;
  for (const auto& [name, code] : kCodes) {
    if (type.starts_with(name)) return code;
  }
  return 2000;  // JAVA_OBJECT
}

Rows jdbc_columns(const table::Root& root) {
  Rows rows;
  for (const auto& row : columns(root)) {
    const std::string type = row[7].ToString();
    const bool nullable = row[6].ToString() == "YES";
    rows.push_back({row[0],
                    row[1],
                    row[2],
                    row[3],
                    Value::BIGINT(jdbc_type(type)),
                    Value(type),
                    Value(),
                    Value(),
                    Value(),
                    Value::BIGINT(10),
                    Value::BIGINT(nullable ? 1 : 0),
                    row[8],
                    Value(),
                    Value(),
                    Value(),
                    Value(),
                    row[4],
                    row[6],
                    Value(),
                    Value(),
                    Value(),
                    Value(),
                    Value(),
                    Value()});
  }
  return rows;
}

using Columns = std::vector<std::pair<const char*, LogicalType>>;

// All VARCHAR.
Columns texts(std::initializer_list<const char*> names) {
  Columns columns;
  for (const char* name : names) columns.emplace_back(name, LogicalType::VARCHAR);
  return columns;
}

// Those named are BIGINT.
Columns with_numbers(Columns columns, std::initializer_list<std::string_view> numbers) {
  for (auto& [name, type] : columns) {
    if (std::ranges::find(numbers, std::string_view(name)) != numbers.end())
      type = LogicalType::BIGINT;
  }
  return columns;
}

std::vector<MetadataTable> make_tables() {
  const Columns of_schemata = texts({"catalog_name", "schema_name"}),
                of_tables = texts({"table_catalog", "table_schema", "table_name", "table_type"}),
                of_columns =
                    with_numbers(texts({"table_catalog", "table_schema", "table_name",
                                        "column_name", "ordinal_position", "column_default",
                                        "is_nullable", "data_type", "comment"}),
                                 {"ordinal_position"});
  return {
      {"information_schema", "schemata", of_schemata, schemata},
      {"information_schema", "tables", of_tables, tables},
      {"information_schema", "columns", of_columns, columns},
      {"$information_schema", "schemata", of_schemata, system_schemata},
      {"$information_schema", "tables", of_tables, system_tables},
      {"$information_schema", "columns", of_columns, system_columns},
      {"information_schema", "views",
       texts({"table_catalog", "table_schema", "table_name", "view_definition"}), none},
      {"$metadata", "catalogs", texts({"catalog_name", "connector_name"}), metadata_catalogs},
      {"$metadata", "table_comments",
       texts({"catalog_name", "schema_name", "table_name", "comment"}), table_comments},
      {"$metadata", "materialized_views",
       texts({"catalog_name", "schema_name", "name", "storage_catalog", "storage_schema",
              "storage_table", "freshness", "owner", "comment", "definition"}),
       none},
      {"$jdbc", "catalogs", texts({"table_cat"}), catalog_rows},
      {"$jdbc", "schemas", texts({"table_schem", "table_catalog"}), jdbc_schemas},
      {"$jdbc", "table_types", texts({"table_type"}), table_types},
      {"$jdbc", "tables",
       texts({"table_cat", "table_schem", "table_name", "table_type", "remarks", "type_cat",
              "type_schem", "type_name", "self_referencing_col_name", "ref_generation"}),
       jdbc_tables},
      {"$jdbc", "columns",
       with_numbers(
           texts(
               {"table_cat",        "table_schem",      "table_name",       "column_name",
                "data_type",        "type_name",        "column_size",      "buffer_length",
                "decimal_digits",   "num_prec_radix",   "nullable",         "remarks",
                "column_def",       "sql_data_type",    "sql_datetime_sub", "char_octet_length",
                "ordinal_position", "is_nullable",      "scope_catalog",    "scope_schema",
                "scope_table",      "source_data_type", "is_autoincrement", "is_generatedcolumn"}),
           {"data_type", "column_size", "buffer_length", "decimal_digits", "num_prec_radix",
            "nullable", "sql_data_type", "sql_datetime_sub", "char_octet_length",
            "ordinal_position", "source_data_type"}),
       jdbc_columns},
  };
}

}  // namespace

const std::vector<MetadataTable>& metadata_tables() {
  static const std::vector<MetadataTable> tables = make_tables();
  return tables;
}

const MetadataTable* find_metadata_table(std::string_view schema, std::string_view name) {
  for (const auto& table : metadata_tables()) {
    if (duckdb::StringUtil::CIEquals(table.schema, std::string(schema)) &&
        duckdb::StringUtil::CIEquals(table.name, std::string(name)))
      return &table;
  }
  return nullptr;
}

}  // namespace foz::sql
