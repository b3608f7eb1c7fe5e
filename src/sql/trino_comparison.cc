// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The operators = <> < <= > >=, BETWEEN and IN: only between types that Trino compares, and nothing
// is equal to NaN, less or more than it.

#include <fmt/format.h>

#include "duckdb/planner/expression/bound_between_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "sql/lake_types_internal.h"
#include "sql/trino_arithmetic_internal.h"

namespace foz::sql {

using duckdb::ExpressionType;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

// The type in which all operands are compared; INVALID when there is none.
LogicalType common_of(const Arguments& operands) {
  LogicalType type = LogicalType::SQLNULL;
  for (const auto& operand : operands) {
    if (operand->return_type.id() == LogicalTypeId::UNKNOWN)
      throw duckdb::ParameterNotResolvedException();
    type = common_type(type, result_type(operand->return_type));
    if (type.id() == LogicalTypeId::INVALID) break;
  }
  return type;
}

void cast_all(duckdb::ClientContext& context, Arguments& operands, const LogicalType& type) {
  for (auto& operand : operands) operand = as(context, std::move(operand), type);
}

// A number that is written down is not NaN: a filter on it stays one that the scan takes.
bool may_be_nan(const duckdb::Expression& value) {
  const duckdb::Expression* inner = &value;
  while (inner->GetExpressionClass() == duckdb::ExpressionClass::BOUND_CAST)
    inner = inner->Cast<duckdb::BoundCastExpression>().child.get();
  return is_float(value.return_type) &&
         (inner->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT ||
          inner->return_type.id() == LogicalTypeId::VARCHAR);
}

BoundExpression not_nan(duckdb::ClientContext& context, const duckdb::Expression& value) {
  auto test = call(context, "isnan", list_of(value.Copy()));
  auto negated = duckdb::make_uniq<duckdb::BoundOperatorExpression>(ExpressionType::OPERATOR_NOT,
                                                                    LogicalType::BOOLEAN);
  negated->children.push_back(std::move(test));
  return negated;
}

BoundExpression conjunction(ExpressionType kind, BoundExpression a, BoundExpression b) {
  auto both = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(kind);
  both->children.push_back(std::move(a));
  both->children.push_back(std::move(b));
  return both;
}

BoundExpression compare(duckdb::ClientContext& context, ExpressionType kind, BoundExpression a,
                        BoundExpression b) {
  if (kind == ExpressionType::COMPARE_NOTEQUAL && may_be_nan(*a) && may_be_nan(*b)) {
    auto nans =
        conjunction(ExpressionType::CONJUNCTION_AND, call(context, "isnan", list_of(a->Copy())),
                    call(context, "isnan", list_of(b->Copy())));
    return conjunction(
        ExpressionType::CONJUNCTION_OR,
        duckdb::make_uniq<duckdb::BoundComparisonExpression>(kind, std::move(a), std::move(b)),
        std::move(nans));
  }
  // DuckDB has NaN equal to itself and above everything else.
  Arguments conditions;
  const bool equal = kind == ExpressionType::COMPARE_EQUAL;
  const bool above = kind == ExpressionType::COMPARE_GREATERTHAN ||
                     kind == ExpressionType::COMPARE_GREATERTHANOREQUALTO;
  const bool below =
      kind == ExpressionType::COMPARE_LESSTHAN || kind == ExpressionType::COMPARE_LESSTHANOREQUALTO;
  if ((above || (equal && may_be_nan(*b))) && may_be_nan(*a))
    conditions.push_back(not_nan(context, *a));
  if (below && may_be_nan(*b)) conditions.push_back(not_nan(context, *b));
  auto comparison =
      duckdb::make_uniq<duckdb::BoundComparisonExpression>(kind, std::move(a), std::move(b));
  if (conditions.empty()) return comparison;
  auto all = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(ExpressionType::CONJUNCTION_AND);
  all->children.push_back(std::move(comparison));
  for (auto& condition : conditions) all->children.push_back(std::move(condition));
  return all;
}

template <ExpressionType Kind>
BoundExpression bind(duckdb::FunctionBindExpressionInput& input, const char* symbol) {
  const LogicalType type = common_of(input.children);
  if (type.id() == LogicalTypeId::INVALID)
    refuse(
        "TYPE_MISMATCH", 58,
        fmt::format("Cannot apply operator: {} {} {}", trino_type(input.children[0]->return_type),
                    symbol, trino_type(input.children[1]->return_type)),
        symbol, input.children);
  cast_all(input.context, input.children, type);
  if (is_float(type)) {
    SharedArguments shared(input.children);
    return shared.finish(input.context, compare(input.context, Kind, std::move(input.children[0]),
                                                std::move(input.children[1])));
  }
  return compare(input.context, Kind, std::move(input.children[0]), std::move(input.children[1]));
}

}  // namespace

BoundExpression bind_equal(duckdb::FunctionBindExpressionInput& input) {
  return bind<ExpressionType::COMPARE_EQUAL>(input, "=");
}
BoundExpression bind_not_equal(duckdb::FunctionBindExpressionInput& input) {
  return bind<ExpressionType::COMPARE_NOTEQUAL>(input, "<>");
}
BoundExpression bind_less(duckdb::FunctionBindExpressionInput& input) {
  return bind<ExpressionType::COMPARE_LESSTHAN>(input, "<");
}
BoundExpression bind_less_or_equal(duckdb::FunctionBindExpressionInput& input) {
  return bind<ExpressionType::COMPARE_LESSTHANOREQUALTO>(input, "<=");
}
BoundExpression bind_greater(duckdb::FunctionBindExpressionInput& input) {
  return bind<ExpressionType::COMPARE_GREATERTHAN>(input, ">");
}
BoundExpression bind_greater_or_equal(duckdb::FunctionBindExpressionInput& input) {
  return bind<ExpressionType::COMPARE_GREATERTHANOREQUALTO>(input, ">=");
}

BoundExpression bind_between(duckdb::FunctionBindExpressionInput& input) {
  const LogicalType type = common_of(input.children);
  if (type.id() == LogicalTypeId::INVALID)
    refuse("TYPE_MISMATCH", 58,
           fmt::format("Cannot check if {} is BETWEEN {} and {}",
                       trino_type(input.children[0]->return_type),
                       trino_type(input.children[1]->return_type),
                       trino_type(input.children[2]->return_type)),
           "BETWEEN", input.children);
  cast_all(input.context, input.children, type);
  return duckdb::make_uniq<duckdb::BoundBetweenExpression>(
      std::move(input.children[0]), std::move(input.children[1]), std::move(input.children[2]),
      true, true);
}

BoundExpression bind_in(duckdb::FunctionBindExpressionInput& input) {
  const LogicalType type = common_of(input.children);
  if (type.id() == LogicalTypeId::INVALID)
    refuse("TYPE_MISMATCH", 58,
           "IN value and list items must be the same type or coercible to a common type", "",
           input.children);
  cast_all(input.context, input.children, type);
  auto in = duckdb::make_uniq<duckdb::BoundOperatorExpression>(ExpressionType::COMPARE_IN,
                                                               LogicalType::BOOLEAN);
  in->children = std::move(input.children);
  return in;
}

}  // namespace foz::sql
