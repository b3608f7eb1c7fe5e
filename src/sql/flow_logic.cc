// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Comparison, three-valued logic and conditionals. What is not reached is not evaluated: CASE, IF
// and COALESCE are lazy in DuckDB, and AND and OR become CASE where a later operand can fail.

#include <fmt/format.h>

#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_comparison_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "sql/flow_build_internal.h"

namespace foz::sql {

using duckdb::ExpressionType;
using duckdb::Value;

namespace {

constexpr size_t kMaxCopies = 64;  // AND and OR over operands that can fail copy them

Ex boolean(Build& build, Span span, Ex ex) {
  return build.implicit(span, std::move(ex), LogicalType::BOOLEAN);
}

Ex compare(ExpressionType type, Ex left, Ex right) {
  return duckdb::make_uniq<duckdb::BoundComparisonExpression>(type, std::move(left),
                                                              std::move(right));
}

Ex operation(ExpressionType type, LogicalType out, Args children) {
  auto ex = duckdb::make_uniq<duckdb::BoundOperatorExpression>(type, std::move(out));
  ex->children = std::move(children);
  return ex;
}

Ex negate(Ex ex) {
  Args children;
  children.push_back(std::move(ex));
  return operation(ExpressionType::OPERATOR_NOT, LogicalType::BOOLEAN, std::move(children));
}

Ex is_value(Ex ex, bool value) {
  return compare(ExpressionType::COMPARE_NOT_DISTINCT_FROM, std::move(ex),
                 Build::constant(Value::BOOLEAN(value)));
}

size_t conditionals(const duckdb::Expression& ex) {
  size_t count = ex.GetExpressionClass() == duckdb::ExpressionClass::BOUND_CASE;
  duckdb::ExpressionIterator::EnumerateChildren(
      ex, [&](const duckdb::Expression& child) { count += conditionals(child); });
  return count;
}

// a AND rest: CASE WHEN a IS FALSE THEN FALSE ELSE a AND rest END; OR likewise with TRUE.
Ex logic(const Expr& call, Args& args, ExpressionType type) {
  bool fallible = false;
  for (size_t i = 1; i < args.size(); i++) fallible = fallible || args[i]->CanThrow();
  if (!fallible) {
    auto chain = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(type);
    chain->children = std::move(args);
    return chain;
  }
  Ex rest = std::move(args.back());
  for (size_t i = args.size() - 1; i-- > 0;) {
    if (conditionals(*args[i]) > kMaxCopies) Build::refuse(call.span, "condition is too complex");
    const bool decides = type == ExpressionType::CONJUNCTION_OR;
    Ex decided = is_value(args[i]->Copy(), decides);
    Ex both = duckdb::make_uniq<duckdb::BoundConjunctionExpression>(type, std::move(args[i]),
                                                                    std::move(rest));
    rest = duckdb::make_uniq<duckdb::BoundCaseExpression>(
        std::move(decided), Build::constant(Value::BOOLEAN(decides)), std::move(both));
  }
  return rest;
}

Ex and_or(Build& build, const Expr& call, Args& args) {
  for (size_t i = 0; i < args.size(); i++)
    args[i] = boolean(build, call.args[i]->span, std::move(args[i]));
  return logic(
      call, args,
      call.text == "and" ? ExpressionType::CONJUNCTION_AND : ExpressionType::CONJUNCTION_OR);
}

Ex not_(Build& build, const Expr& call, Args& args) {
  return negate(boolean(build, call.args[0]->span, std::move(args[0])));
}

Ex null_test(Build&, const Expr& call, Args& args) {
  const auto type = call.text == "isnull" ? ExpressionType::OPERATOR_IS_NULL
                                          : ExpressionType::OPERATOR_IS_NOT_NULL;
  return operation(type, LogicalType::BOOLEAN, std::move(args));
}

Ex truth_test(Build& build, const Expr& call, Args& args) {
  return is_value(boolean(build, call.args[0]->span, std::move(args[0])), call.text == "istrue");
}

ExpressionType comparison_type(const std::string& symbol) {
  if (symbol == "=") return ExpressionType::COMPARE_EQUAL;
  if (symbol == "!=") return ExpressionType::COMPARE_NOTEQUAL;
  if (symbol == "<") return ExpressionType::COMPARE_LESSTHAN;
  if (symbol == "<=") return ExpressionType::COMPARE_LESSTHANOREQUALTO;
  if (symbol == ">") return ExpressionType::COMPARE_GREATERTHAN;
  if (symbol == ">=") return ExpressionType::COMPARE_GREATERTHANOREQUALTO;
  return ExpressionType::COMPARE_NOT_DISTINCT_FROM;
}

Ex comparison(Build& build, const Expr& call, Args& args) {
  const auto type = build.unify(call.span, args);
  if (type.id() == LogicalTypeId::MAP) Build::refuse(call.span, "maps cannot be compared");
  if (type.id() == LogicalTypeId::SQLNULL && call.text != "<=>")
    return Build::constant(Value(LogicalType::BOOLEAN));
  if (type.id() == LogicalTypeId::SQLNULL) return Build::constant(Value::BOOLEAN(true));
  return compare(comparison_type(call.text), std::move(args[0]), std::move(args[1]));
}

Ex between(Build& build, const Expr& call, Args& args) {
  Ex* low[] = {&args[0], &args[1]};
  Ex value = args[0]->Copy();
  build.unify(call.span, low);
  Ex* high[] = {&value, &args[2]};
  build.unify(call.span, high);
  Args both;
  both.push_back(compare(ExpressionType::COMPARE_GREATERTHANOREQUALTO, std::move(args[0]),
                         std::move(args[1])));
  both.push_back(
      compare(ExpressionType::COMPARE_LESSTHANOREQUALTO, std::move(value), std::move(args[2])));
  return logic(call, both, ExpressionType::CONJUNCTION_AND);
}

Ex in_list(Build& build, const Expr& call, Args& args) {
  build.unify(call.span, args);
  return operation(ExpressionType::COMPARE_IN, LogicalType::BOOLEAN, std::move(args));
}

// WHEN … THEN … pairs and the ELSE, of one type.
Ex case_of_pairs(Build& build, const Expr& call, Args& args) {
  std::vector<Ex*> values;
  for (size_t i = 1; i < args.size(); i += 2) values.push_back(&args[i]);
  values.push_back(&args.back());
  auto result = duckdb::make_uniq<duckdb::BoundCaseExpression>(build.unify(call.span, values));
  for (size_t i = 0; i + 1 < args.size(); i += 2) {
    result->case_checks.push_back(
        {boolean(build, call.span, std::move(args[i])), std::move(args[i + 1])});
  }
  result->else_expr = std::move(args.back());
  return result;
}

Ex simple_case(Build& build, const Expr& call, Args& args) {
  Args pairs;
  for (size_t i = 1; i + 1 < args.size(); i += 2) {
    Ex operand = args[0]->Copy();
    Ex* sides[] = {&operand, &args[i]};
    build.unify(call.span, sides);
    pairs.push_back(compare(ExpressionType::COMPARE_EQUAL, std::move(operand), std::move(args[i])));
    pairs.push_back(std::move(args[i + 1]));
  }
  pairs.push_back(std::move(args.back()));
  return case_of_pairs(build, call, pairs);
}

Ex coalesce(Build& build, const Expr& call, Args& args) {
  const auto type = build.unify(call.span, args);
  return operation(ExpressionType::OPERATOR_COALESCE, type, std::move(args));
}

Ex nvl2(Build& build, const Expr& call, Args& args) {
  build.unify(call.span, args, 1);
  Args test;
  test.push_back(std::move(args[0]));
  return build.if_else(
      operation(ExpressionType::OPERATOR_IS_NOT_NULL, LogicalType::BOOLEAN, std::move(test)),
      std::move(args[1]), std::move(args[2]));
}

Ex nullif(Build& build, const Expr& call, Args& args) {
  Ex value = args[0]->Copy();
  const LogicalType type = value->return_type;
  build.unify(call.span, args);
  return build.if_else(
      compare(ExpressionType::COMPARE_EQUAL, std::move(args[0]), std::move(args[1])),
      Build::constant(Value(type)), std::move(value));
}

Ex extreme(Build& build, const Expr& call, Args& args) {
  build.unify(call.span, args);
  return build.builtin(call.span, call.text, std::move(args));
}

constexpr Function kFunctions[] = {
    {"and", 2, kAnyArgs, and_or},
    {"or", 2, kAnyArgs, and_or},
    {"not", 1, 1, not_},
    {"isnull", 1, 1, null_test},
    {"isnotnull", 1, 1, null_test},
    {"istrue", 1, 1, truth_test},
    {"isfalse", 1, 1, truth_test},
    {"=", 2, 2, comparison},
    {"!=", 2, 2, comparison},
    {"<", 2, 2, comparison},
    {"<=", 2, 2, comparison},
    {">", 2, 2, comparison},
    {">=", 2, 2, comparison},
    {"<=>", 2, 2, comparison},
    {"between", 3, 3, between},
    {"in", 2, kAnyArgs, in_list},
    {"case", 3, kAnyArgs, case_of_pairs},
    {"case of", 4, kAnyArgs, simple_case},
    {"if", 3, 3, case_of_pairs},
    {"coalesce", 1, kAnyArgs, coalesce},
    {"nvl", 2, 2, coalesce},
    {"ifnull", 2, 2, coalesce},
    {"nvl2", 3, 3, nvl2},
    {"nullif", 2, 2, nullif},
    {"greatest", 2, kAnyArgs, extreme},
    {"least", 2, kAnyArgs, extreme},
};

}  // namespace

std::span<const Function> logic_functions() { return kFunctions; }

}  // namespace foz::sql
