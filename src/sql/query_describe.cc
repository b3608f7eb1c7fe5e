// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_describe_internal.h"

#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>

#include "duckdb/main/prepared_statement.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "sql/lake_types_internal.h"
#include "sql/query_error_internal.h"
#include "sql/trino_tokens_internal.h"
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

// A column of constants: Trino's type is that of the longest.
struct Texts {
  arrow::StringBuilder builder;
  int64_t longest = 0;

  void add(const std::string& text) {
    check(builder.Append(text));
    longest = std::max<int64_t>(longest, std::ranges::count_if(text, [](char c) {
                                  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                                }));
  }
  std::string type() const { return fmt::format("varchar({})", longest); }
};

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

Description describe_input(std::string_view source, const RewrittenText& typed) {
  arrow::Int32Builder positions;
  Texts types;
  for (const TrinoToken& token : tokenize_trino(source)) {
    if (token.kind != TrinoTokenKind::kParameter) continue;
    const auto type = typed.parameter_types.find(token.offset);
    check(positions.Append(static_cast<int32_t>(positions.length())));
    types.add(type == typed.parameter_types.end() ? "unknown" : type->second);
  }
  const int64_t rows = positions.length();
  if (rows == 0) {
    arrow::Int64Builder none;
    auto schema = arrow::schema(
        {arrow::field("Position", arrow::int64()), arrow::field("Type", arrow::utf8())});
    return {arrow::RecordBatch::Make(schema, 0, {finish(none), finish(types.builder)}),
            {"bigint", "varchar"}};
  }
  auto schema = arrow::schema(
      {arrow::field("Position", arrow::int32()), arrow::field("Type", arrow::utf8())});
  return {arrow::RecordBatch::Make(schema, rows, {finish(positions), finish(types.builder)}),
          {"integer", types.type()}};
}

Description describe_valid() {
  arrow::BooleanBuilder valid;
  check(valid.Append(true));
  auto schema = arrow::schema({arrow::field("Valid", arrow::boolean())});
  return {arrow::RecordBatch::Make(schema, 1, {finish(valid)}), {"boolean"}};
}

Description describe_output(duckdb::PreparedStatement& prepared,
                            const std::vector<TypedColumn>& columns,
                            const std::vector<ColumnOrigin>& origins) {
  const auto& names = prepared.GetNames();
  const auto& types = prepared.GetTypes();
  const auto exact = columns.size() == names.size() ? columns : std::vector<TypedColumn>();
  Texts name, catalog, schema, table, type;
  arrow::Int32Builder size;
  arrow::BooleanBuilder aliased;
  for (size_t i = 0; i < names.size(); ++i) {
    const ColumnOrigin origin = origins.size() == names.size() ? origins[i] : ColumnOrigin();
    const std::string text = column_display(exact, i, result_type(types[i]));
    name.add(column_name(exact, i, names[i]));
    catalog.add(origin.catalog);
    schema.add(origin.schema);
    table.add(origin.table);
    type.add(text);
    check(size.Append(type_size(text)));
    check(aliased.Append(origin.aliased));
  }
  const int64_t rows = size.length();
  arrow::FieldVector fields;
  std::vector<std::string> result_types;
  arrow::ArrayVector arrays;
  for (auto& [title, texts] :
       std::initializer_list<std::pair<const char*, Texts&>>{{"Column Name", name},
                                                             {"Catalog", catalog},
                                                             {"Schema", schema},
                                                             {"Table", table},
                                                             {"Type", type}}) {
    fields.push_back(arrow::field(title, arrow::utf8()));
    result_types.push_back(texts.type());
    arrays.push_back(finish(texts.builder));
  }
  fields.push_back(arrow::field("Type Size", arrow::int32()));
  fields.push_back(arrow::field("Aliased", arrow::boolean()));
  result_types.insert(result_types.end(), {"integer", "boolean"});
  arrays.push_back(finish(size));
  arrays.push_back(finish(aliased));
  return {arrow::RecordBatch::Make(arrow::schema(fields), rows, arrays), result_types};
}

}  // namespace foz::sql
