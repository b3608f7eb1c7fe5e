// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_write_tree_internal.h"

#include <fmt/format.h>

#include "delta/variant.h"
#include "duckdb/parser/expression/case_expression.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/conjunction_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/result_modifier.hpp"
#include "duckdb/parser/tableref/basetableref.hpp"
#include "duckdb/parser/tableref/joinref.hpp"
#include "duckdb/parser/tableref/subqueryref.hpp"
#include "sql/lake_scan_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

using duckdb::ParsedExpression;
using duckdb::unique_ptr;
using Expressions = duckdb::vector<unique_ptr<ParsedExpression>>;

namespace {

constexpr char kSource[] = "\x01source";
constexpr char kRowValue[] = "\x01value";

std::string nth(size_t i) { return fmt::format("\x01{}", i); }

unique_ptr<ParsedExpression> column(const std::string& table, const std::string& name) {
  return duckdb::make_uniq<duckdb::ColumnRefExpression>(name, table);
}

unique_ptr<ParsedExpression> constant(duckdb::Value value) {
  return duckdb::make_uniq<duckdb::ConstantExpression>(std::move(value));
}

// As Trino's CAST does it, which also is how an assignment converts.
unique_ptr<ParsedExpression> as_type(unique_ptr<ParsedExpression> value,
                                     const delta::DataType& type) {
  const auto query_location = value->GetQueryLocation();
  value->ClearAlias();
  Expressions arguments;
  arguments.push_back(std::move(value));
  arguments.push_back(
      duckdb::make_uniq<duckdb::CastExpression>(to_duckdb(type), constant(duckdb::Value())));
  auto call = duckdb::make_uniq<duckdb::FunctionExpression>(kFunctionCatalog, kFunctionSchema,
                                                            "cast", std::move(arguments));
  call->SetQueryLocation(query_location);
  return call;
}

// As it stands in the table.
unique_ptr<ParsedExpression> old_value(const std::string& table, const delta::Field& field) {
  return column(table, delta::holds_variants(field.type) ? whole_column(field.name) : field.name);
}

duckdb::SelectNode& node_of(duckdb::SelectStatement& query) {
  return query.node->Cast<duckdb::SelectNode>();
}

// Groups may be one expression of the plan: they are asked for in order, so that a file's rows come
// together and twice the same row one after the other.
void order_by(duckdb::SelectNode& node, std::initializer_list<size_t> columns) {
  auto order = duckdb::make_uniq<duckdb::OrderModifier>();
  for (const size_t each : columns)
    order->orders.emplace_back(duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST,
                               constant(duckdb::Value::BIGINT(static_cast<int64_t>(each))));
  node.modifiers.push_back(std::move(order));
}

SelectPtr select_from(unique_ptr<duckdb::TableRef> from, Expressions list) {
  auto node = duckdb::make_uniq<duckdb::SelectNode>();
  node->from_table = std::move(from);
  node->select_list = std::move(list);
  auto made = duckdb::make_uniq<duckdb::SelectStatement>();
  made->node = std::move(node);
  return made;
}

}  // namespace

SelectPtr insert_tree(SelectPtr query, const std::vector<const delta::Field*>& columns) {
  auto from = duckdb::make_uniq<duckdb::SubqueryRef>(std::move(query), kSource);
  Expressions list;
  for (size_t i = 0; i < columns.size(); ++i) {
    from->column_name_alias.push_back(nth(i));
    list.push_back(as_type(column(kSource, nth(i)), columns[i]->type));
  }
  return select_from(std::move(from), std::move(list));
}

SelectPtr delete_tree(SelectPtr query) {
  duckdb::SelectNode& node = node_of(*query);
  const std::string table = node.from_table->alias;
  node.select_list.clear();
  node.select_list.push_back(column(table, kFileColumn));
  node.select_list.push_back(column(table, kRowColumn));
  return query;
}

SelectPtr files_tree(SelectPtr query) {
  query = delete_tree(std::move(query));
  node_of(*query).select_list.pop_back();
  node_of(*query).modifiers.push_back(duckdb::make_uniq<duckdb::DistinctModifier>());
  return query;
}

SelectPtr update_tree(SelectPtr query, const delta::Schema& schema, const std::vector<int>& set) {
  duckdb::SelectNode& node = node_of(*query);
  const std::string table = node.from_table->alias;
  Expressions values = std::move(node.select_list);
  node.select_list.clear();
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    auto value =
        set[i] < 0 ? old_value(table, schema.fields[i])
                   : as_type(std::move(values[static_cast<size_t>(set[i])]), schema.fields[i].type);
    value->SetAlias(nth(i));
    node.select_list.push_back(std::move(value));
  }
  node.select_list.push_back(column(table, kFileColumn));
  node.select_list.push_back(column(table, kRowColumn));
  order_by(node, {schema.fields.size() + 1, schema.fields.size() + 2});
  return query;
}

// Each row of source and target becomes at most one row of values: a struct made by the first case
// whose condition holds. Only its values are computed.
SelectPtr merge_tree(SelectPtr query, const delta::Schema& schema,
                     const std::vector<ast::MergeCase>& cases,
                     const std::vector<std::vector<int>>& set, const std::vector<int>& conditions) {
  duckdb::SelectNode& node = node_of(*query);
  const std::string target = node.from_table->Cast<duckdb::JoinRef>().right->alias;
  Expressions given = std::move(node.select_list);
  auto choice = duckdb::make_uniq<duckdb::CaseExpression>();
  for (size_t i = 0; i < cases.size(); ++i) {
    const bool insert = cases[i].action == ast::MergeCase::kInsert;
    unique_ptr<ParsedExpression> when = duckdb::make_uniq<duckdb::OperatorExpression>(
        insert ? duckdb::ExpressionType::OPERATOR_IS_NULL
               : duckdb::ExpressionType::OPERATOR_IS_NOT_NULL,
        column(target, kFileColumn));
    if (conditions[i] >= 0) {
      auto& condition = given[static_cast<size_t>(conditions[i])];
      condition->ClearAlias();
      when = duckdb::make_uniq<duckdb::ConjunctionExpression>(
          duckdb::ExpressionType::CONJUNCTION_AND, std::move(when), std::move(condition));
    }
    Expressions fields;
    for (size_t k = 0; k < schema.fields.size(); ++k) {
      const delta::Field& field = schema.fields[k];
      const int from = set[i][k];
      auto value = from >= 0 ? as_type(std::move(given[static_cast<size_t>(from)]), field.type)
                   : cases[i].action == ast::MergeCase::kUpdate
                       ? old_value(target, field)
                       : constant(duckdb::Value(to_duckdb(field.type)));
      value->SetAlias(nth(k));
      fields.push_back(std::move(value));
    }
    const size_t behind = schema.fields.size();
    fields.push_back(column(target, kFileColumn));
    fields.back()->SetAlias(nth(behind));
    fields.push_back(column(target, kRowColumn));
    fields.back()->SetAlias(nth(behind + 1));
    fields.push_back(constant(duckdb::Value::INTEGER(static_cast<int32_t>(i))));
    fields.back()->SetAlias(nth(behind + 2));
    duckdb::CaseCheck check;
    check.when_expr = std::move(when);
    check.then_expr =
        duckdb::make_uniq<duckdb::FunctionExpression>("struct_pack", std::move(fields));
    choice->case_checks.push_back(std::move(check));
  }
  choice->else_expr = constant(duckdb::Value());
  choice->SetAlias(kRowValue);
  node.select_list.clear();
  node.select_list.push_back(std::move(choice));

  const size_t width = schema.fields.size() + 3;
  Expressions list;
  for (size_t i = 0; i < width; ++i) {
    Expressions of;
    of.push_back(column(kSource, kRowValue));
    of.push_back(constant(duckdb::Value(nth(i))));
    list.push_back(duckdb::make_uniq<duckdb::FunctionExpression>("struct_extract", std::move(of)));
    list.back()->SetAlias(nth(i));
  }
  auto made = select_from(duckdb::make_uniq<duckdb::SubqueryRef>(std::move(query), kSource),
                          std::move(list));
  node_of(*made).where_clause = duckdb::make_uniq<duckdb::OperatorExpression>(
      duckdb::ExpressionType::OPERATOR_IS_NOT_NULL, column(kSource, kRowValue));
  order_by(node_of(*made), {width - 2, width - 1});
  return made;
}

}  // namespace foz::sql
