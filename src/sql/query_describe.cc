// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_describe_internal.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "duckdb/main/prepared_statement.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "sql/lake_types_internal.h"
#include "sql/query_error_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

void check(const arrow::Status& status) {
  if (!status.ok()) throw internal_error(status.ToString());
}

std::shared_ptr<arrow::Array> finish(arrow::ArrayBuilder& builder) {
  std::shared_ptr<arrow::Array> array;
  check(builder.Finish(&array));
  return array;
}

std::string type_name(const LogicalType& type) {
  const bool open = type.id() == LogicalTypeId::UNKNOWN || type.id() == LogicalTypeId::SQLNULL;
  return open ? "unknown" : display_type(result_type(type));
}

// Bytes of a value in Trino's memory; 0 when they vary.
int32_t type_size(const std::string& type) {
  static constexpr std::pair<std::string_view, int32_t> kSizes[] = {
      {"boolean", 1}, {"tinyint", 1}, {"smallint", 2}, {"integer", 4}, {"bigint", 8},
      {"real", 4},    {"double", 8},  {"date", 4},     {"unknown", 1}, {"uuid", 16}};
  for (const auto& [name, size] : kSizes) {
    if (type == name) return size;
  }
  if (type.starts_with("decimal(")) return std::stoi(type.substr(type.find('(') + 1)) > 18 ? 16 : 8;
  if (type.starts_with("timestamp(") && type.ends_with("zone"))
    return type.starts_with("timestamp(3)") ? 8 : 12;
  return type.starts_with("time") ? 8 : 0;
}

}  // namespace

std::vector<ColumnOrigin> column_origins(const duckdb::SelectStatement& select) {
  std::vector<ColumnOrigin> origins;
  if (select.node->type != duckdb::QueryNodeType::SELECT_NODE) return origins;
  const auto& node = select.node->Cast<duckdb::SelectNode>();
  ColumnOrigin table;
  if (node.from_table && node.from_table->type == duckdb::TableReferenceType::BASE_TABLE) {
    const auto& base = node.from_table->Cast<duckdb::BaseTableRef>();
    const bool system = base.schema_name.starts_with('$');
    table = {system ? "system" : base.catalog_name, base.schema_name.substr(system ? 1 : 0),
             base.table_name};
  }
  for (const auto& item : node.select_list) {
    if (item->GetExpressionClass() == duckdb::ExpressionClass::STAR) return {};
    const bool column = item->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF;
    origins.push_back(column ? table : ColumnOrigin());
    origins.back().aliased = !item->GetAlias().empty() && !item->GetAlias().starts_with(kUnnamed);
  }
  return origins;
}

Description describe_input(duckdb::PreparedStatement& prepared) {
  const auto types = prepared.GetExpectedParameterTypes();
  arrow::Int32Builder positions;
  arrow::StringBuilder names;
  for (size_t i = 0; i < prepared.named_param_map.size(); ++i) {
    const auto type = types.find(std::to_string(i + 1));
    check(positions.Append(static_cast<int32_t>(i)));
    check(names.Append(type == types.end() ? "unknown" : type_name(type->second)));
  }
  const int64_t rows = positions.length();
  auto schema = arrow::schema(
      {arrow::field("Position", arrow::int32()), arrow::field("Type", arrow::utf8())});
  return {arrow::RecordBatch::Make(schema, rows, {finish(positions), finish(names)}),
          {"integer", "varchar"}};
}

Description describe_output(duckdb::PreparedStatement& prepared,
                            const std::vector<ColumnOrigin>& origins) {
  const auto& names = prepared.GetNames();
  const auto& types = prepared.GetTypes();
  arrow::StringBuilder name, catalog, schema, table, type;
  arrow::Int32Builder size;
  arrow::BooleanBuilder aliased;
  for (size_t i = 0; i < names.size(); ++i) {
    const ColumnOrigin origin = origins.size() == names.size() ? origins[i] : ColumnOrigin();
    const std::string text = type_name(types[i]);
    check(name.Append(names[i].starts_with(kUnnamed) ? fmt::format("_col{}", i) : names[i]));
    check(catalog.Append(origin.catalog));
    check(schema.Append(origin.schema));
    check(table.Append(origin.table));
    check(type.Append(text));
    check(size.Append(type_size(text)));
    check(aliased.Append(origin.aliased));
  }
  const int64_t rows = name.length();
  const auto text = arrow::utf8();
  auto columns = arrow::schema(
      {arrow::field("Column Name", text), arrow::field("Catalog", text),
       arrow::field("Schema", text), arrow::field("Table", text), arrow::field("Type", text),
       arrow::field("Type Size", arrow::int32()), arrow::field("Aliased", arrow::boolean())});
  return {arrow::RecordBatch::Make(columns, rows,
                                   {finish(name), finish(catalog), finish(schema), finish(table),
                                    finish(type), finish(size), finish(aliased)}),
          {"varchar", "varchar", "varchar", "varchar", "varchar", "integer", "boolean"}};
}

}  // namespace foz::sql
