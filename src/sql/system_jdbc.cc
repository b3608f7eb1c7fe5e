// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The schema system.jdbc: the results of java.sql.DatabaseMetaData, which the JDBC driver asks for
// as tables.
// https://docs.oracle.com/en/java/javase/17/docs/api/java.sql/java/sql/DatabaseMetaData.html

#include <charconv>
#include <optional>

#include "sql/system_tables_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::Value;

namespace {

constexpr int64_t kUnbounded = 2147483647;

// A code of java.sql.Types and what a column of the type can hold; nullopt is null.
struct JdbcType {
  int64_t code;
  std::optional<int64_t> size = {}, digits = {}, radix = {}, octets = {};
};

// The numbers of "decimal(10,2)", "timestamp(6) with time zone".
std::vector<int64_t> numbers_of(std::string_view type) {
  std::vector<int64_t> numbers;
  size_t at = type.find('(');
  while (at < type.size() && type[at] != ')') {
    int64_t number = 0;
    const auto [end, error] =
        std::from_chars(type.data() + at + 1, type.data() + type.size(), number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    at = static_cast<size_t>(end - type.data());
  }
  return numbers;
}

JdbcType jdbc_type(std::string_view type) {
  static constexpr struct {
    std::string_view name;
    JdbcType type;
  } kPlain[] = {
      {"boolean", {16}},
      {"tinyint", {-6, 3, {}, 10}},
      {"smallint", {5, 5, {}, 10}},
      {"integer", {4, 10, {}, 10}},
      {"bigint", {-5, 19, {}, 10}},
      {"real", {7, 24, {}, 2}},
      {"double", {8, 53, {}, 2}},
      {"varbinary", {-3, kUnbounded, {}, {}, kUnbounded}},
      {"date", {91, 14}},
  };
  for (const auto& plain : kPlain) {
    if (plain.name == type) return plain.type;
  }
  const std::string_view base = type.substr(0, type.find('('));
  const std::vector<int64_t> numbers = numbers_of(type);
  const bool zoned = type.ends_with(" with time zone");
  if (base == "array") return {2003};
  if (base == "decimal" && numbers.size() == 2) return {3, numbers[0], numbers[1], 10};
  if (base == "varchar" || base == "char") {
    const int64_t length = numbers.empty() ? kUnbounded : numbers[0];
    return {base == "char" ? 1 : 12, length, {}, {}, length};
  }
  if ((base == "time" || base == "timestamp") && numbers.size() == 1) {
    // As many characters as the longest value takes.
    const int64_t fraction = numbers[0] == 0 ? 0 : numbers[0] + 1;
    if (base == "time") return {zoned ? 2013 : 92, (zoned ? 14 : 8) + fraction, numbers[0]};
    return {zoned ? 2014 : 93, (zoned ? 55 : 21) + fraction, numbers[0]};
  }
  return {2000};  // JAVA_OBJECT
}

Value number(std::optional<int64_t> value) { return value ? Value::BIGINT(*value) : Value(); }

SystemRows catalogs(const SystemInput&) { return {{Value(kCatalog)}, {Value(kSystemCatalog)}}; }

SystemRows schemas(const SystemInput& input) {
  SystemRows rows;
  for (const char* catalog : {kCatalog, kSystemCatalog}) {
    for (const auto& schema : described_schemas(input.root, catalog))
      rows.push_back({Value(schema), Value(catalog)});
  }
  return rows;
}

SystemRows table_types(const SystemInput&) { return {{Value("TABLE")}, {Value("VIEW")}}; }

SystemRows tables(const SystemInput& input) {
  SystemRows rows;
  for (const auto& table : described_tables(input.root))
    rows.push_back({Value(table.catalog), Value(table.schema), Value(table.name), Value("TABLE"),
                    Value(), Value(), Value(), Value(), Value(), Value()});
  return rows;
}

SystemRows columns(const SystemInput& input) {
  SystemRows rows;
  for (const auto& table : described_tables(input.root)) {
    for (auto& column : described_columns(table)) {
      const JdbcType type = jdbc_type(column.type);
      rows.push_back({Value(table.catalog),
                      Value(table.schema),
                      Value(table.name),
                      Value(column.name),
                      Value::BIGINT(type.code),
                      Value(column.type),
                      number(type.size),
                      Value::BIGINT(0),
                      number(type.digits),
                      number(type.radix),
                      Value::BIGINT(column.nullable ? 1 : 0),
                      std::move(column.comment),
                      Value(),
                      Value(),
                      Value(),
                      number(type.octets),
                      Value::BIGINT(column.ordinal),
                      Value(column.nullable ? "YES" : "NO"),
                      Value(),
                      Value(),
                      Value(),
                      Value(),
                      Value(),
                      Value()});
    }
  }
  return rows;
}

// A type that takes parameters is told as JAVA_OBJECT, and not searchable, as Trino does.
SystemRows types(const SystemInput&) {
  SystemRows rows;
  const auto add = [&](const char* name, const JdbcType& type, int64_t searchable) {
    rows.push_back({Value(name), Value::BIGINT(type.code), number(type.size), Value(), Value(),
                    Value(), Value::BIGINT(1), Value::BOOLEAN(false), Value::BIGINT(searchable),
                    Value(), Value::BOOLEAN(false), Value(), Value(), Value::BIGINT(0),
                    Value::BIGINT(0), Value(), Value(), number(type.radix)});
  };
  for (const char* name :
       {"boolean", "tinyint", "smallint", "integer", "bigint", "real", "double", "varbinary",
        "date", "interval day to second", "interval year to month", "json", "unknown", "uuid"})
    add(name, jdbc_type(name), 3);
  for (const char* name : {"char", "decimal", "map", "row", "time", "timestamp",
                           "timestamp with time zone", "varchar"})
    add(name, {2000}, 0);
  add("array", {2003}, 0);
  return rows;
}

SystemColumns type_columns() {
  auto columns = text_columns(
      {"type_name", "data_type", "precision", "literal_prefix", "literal_suffix", "create_params",
       "nullable", "case_sensitive", "searchable", "unsigned_attribute", "fixed_prec_scale",
       "auto_increment", "local_type_name", "minimum_scale", "maximum_scale", "sql_data_type",
       "sql_datetime_sub", "num_prec_radix"},
      {"data_type", "precision", "nullable", "searchable", "minimum_scale", "maximum_scale",
       "sql_data_type", "sql_datetime_sub", "num_prec_radix"});
  for (const size_t flag : {7, 9, 10, 11}) columns[flag].type = LogicalType::BOOLEAN;
  return columns;
}

// What describes views, procedures and types of one's own: there are none.
std::vector<SystemTable> empty_tables() {
  return {
      {"$jdbc", "attributes",
       text_columns({"type_cat",        "type_schem",       "type_name",         "attr_name",
                     "data_type",       "attr_type_name",   "attr_size",         "decimal_digits",
                     "num_prec_radix",  "nullable",         "remarks",           "attr_def",
                     "sql_data_type",   "sql_datetime_sub", "char_octet_length", "ordinal_position",
                     "is_nullable",     "scope_catalog",    "scope_schema",      "scope_table",
                     "source_data_type"},
                    {"data_type", "attr_size", "decimal_digits", "num_prec_radix", "nullable",
                     "sql_data_type", "sql_datetime_sub", "char_octet_length", "ordinal_position",
                     "source_data_type"}),
       no_rows},
      {"$jdbc", "procedures",
       text_columns({"procedure_cat", "procedure_schem", "procedure_name", "remarks",
                     "procedure_type", "specific_name"},
                    {"procedure_type"}),
       no_rows},
      {"$jdbc", "procedure_columns",
       text_columns(
           {"procedure_cat",
            "procedure_schem",
            "procedure_name",
            "column_name",
            "column_type",
            "data_type",
            "type_name",
            "precision",
            "length",
            "scale",
            "radix",
            "nullable",
            "remarks",
            "column_def",
            "sql_data_type",
            "sql_datetime_sub",
            "char_octet_length",
            "ordinal_position",
            "is_nullable",
            "specific_name"},
           {"column_type", "data_type", "precision", "length", "scale", "radix", "nullable",
            "sql_data_type", "sql_datetime_sub", "char_octet_length", "ordinal_position"}),
       no_rows},
      {"$jdbc", "pseudo_columns",
       text_columns({"table_cat", "table_schem", "table_name", "column_name", "data_type",
                     "column_size", "decimal_digits", "num_prec_radix", "column_usage", "remarks",
                     "char_octet_length", "is_nullable"},
                    {"data_type", "column_size", "decimal_digits", "num_prec_radix",
                     "char_octet_length", "is_nullable"}),
       no_rows},
      {"$jdbc", "super_tables",
       text_columns({"table_cat", "table_schem", "table_name", "supertable_name"}), no_rows},
      {"$jdbc", "super_types",
       text_columns({"type_cat", "type_schem", "type_name", "supertype_cat", "supertype_schem",
                     "supertype_name"}),
       no_rows},
      {"$jdbc", "udts",
       text_columns({"type_cat", "type_schem", "type_name", "class_name", "data_type", "remarks",
                     "base_type"}),
       no_rows},
  };
}

}  // namespace

std::vector<SystemTable> jdbc_tables() {
  std::vector<SystemTable> all = empty_tables();
  all.push_back({"$jdbc", "catalogs", text_columns({"table_cat"}), catalogs});
  all.push_back({"$jdbc", "schemas", text_columns({"table_schem", "table_catalog"}), schemas});
  all.push_back({"$jdbc", "table_types", text_columns({"table_type"}), table_types});
  all.push_back(
      {"$jdbc", "tables",
       text_columns({"table_cat", "table_schem", "table_name", "table_type", "remarks", "type_cat",
                     "type_schem", "type_name", "self_referencing_col_name", "ref_generation"}),
       tables});
  all.push_back(
      {"$jdbc", "columns",
       text_columns(
           {"table_cat",        "table_schem",      "table_name",       "column_name",
            "data_type",        "type_name",        "column_size",      "buffer_length",
            "decimal_digits",   "num_prec_radix",   "nullable",         "remarks",
            "column_def",       "sql_data_type",    "sql_datetime_sub", "char_octet_length",
            "ordinal_position", "is_nullable",      "scope_catalog",    "scope_schema",
            "scope_table",      "source_data_type", "is_autoincrement", "is_generatedcolumn"},
           {"data_type", "column_size", "buffer_length", "decimal_digits", "num_prec_radix",
            "nullable", "sql_data_type", "sql_datetime_sub", "char_octet_length",
            "ordinal_position", "source_data_type"}),
       columns});
  all.push_back({"$jdbc", "types", type_columns(), types});
  return all;
}

}  // namespace foz::sql
