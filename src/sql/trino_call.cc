// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_call_internal.h"

#include <fmt/format.h>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "sql/lake_types_internal.h"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_signature_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

using duckdb::ClientContext;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

BoundExpression call(ClientContext& context, const std::string& name, Arguments arguments,
                     bool is_operator) {
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  auto bound =
      binder.BindScalarFunction(DEFAULT_SCHEMA, name, std::move(arguments), error, is_operator);
  if (!bound) error.Throw();
  return bound;
}

BoundExpression call(ClientContext& context, duckdb::ScalarFunction function, Arguments arguments) {
  duckdb::FunctionBinder binder(context);
  return binder.BindScalarFunction(std::move(function), std::move(arguments));
}

BoundExpression as(ClientContext& context, BoundExpression expression, const LogicalType& type) {
  return duckdb::BoundCastExpression::AddCastToType(context, std::move(expression), type);
}

BoundExpression constant(duckdb::Value value) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value));
}

BoundExpression null_of(const LogicalType& type) { return constant(duckdb::Value(type)); }

BoundExpression is_null(BoundExpression value) {
  auto test = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
      duckdb::ExpressionType::OPERATOR_IS_NULL, LogicalType::BOOLEAN);
  test->children.push_back(std::move(value));
  return test;
}

BoundExpression when(BoundExpression condition, BoundExpression value, BoundExpression otherwise) {
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(std::move(condition), std::move(value),
                                                        std::move(otherwise));
}

bool is_float(const LogicalType& type) {
  return type.id() == LogicalTypeId::DOUBLE || type.id() == LogicalTypeId::FLOAT;
}
bool is_exact(const LogicalType& type) {
  return type.IsIntegral() || type.id() == LogicalTypeId::DECIMAL;
}

duckdb::ScalarFunction kernel_function(std::string name, const Arguments& arguments,
                                       LogicalType result, duckdb::scalar_function_t execute) {
  duckdb::vector<LogicalType> types;
  for (const auto& argument : arguments) types.push_back(argument->return_type);
  duckdb::ScalarFunction function(std::move(name), std::move(types), std::move(result),
                                  std::move(execute));
  function.SetFallible();
  return function;
}

void invalid_argument(const std::string& message) {
  throw duckdb::InvalidInputException("%s", message);
}
void out_of_range(const std::string& message) { throw duckdb::OutOfRangeException("%s", message); }
void division_by_zero() { throw duckdb::OutOfRangeException("Division by zero"); }

void refuse(std::string_view error, int code, const std::string& message, std::string_view name,
            const Arguments& near) {
  std::unordered_map<std::string, std::string> extra{{"trino_error", std::string(error)},
                                                     {"trino_code", std::to_string(code)},
                                                     {"trino_call", std::string(name)}};
  for (const auto& argument : near) {  // the last one is behind an operator too
    if (argument && argument->GetQueryLocation().IsValid())
      extra["trino_near"] = std::to_string(argument->GetQueryLocation().GetIndex());
  }
  throw duckdb::Exception({extra.begin(), extra.end()}, duckdb::ExceptionType::BINDER, message);
}

BoundExpression bind_call(ClientContext& context, std::span<const TrinoFunction> overloads,
                          Arguments arguments) {
  duckdb::vector<LogicalType> types;
  for (const auto& argument : arguments) {
    // A parameter of a prepared statement that has no value yet.
    if (argument->return_type.id() == LogicalTypeId::UNKNOWN)
      throw duckdb::ParameterNotResolvedException();
    types.push_back(result_type(argument->return_type));
  }
  const TrinoFunction* best = nullptr;
  std::optional<SignatureMatch> found;
  for (const TrinoFunction& overload : overloads) {
    auto match = match_signature(overload.signature, types);
    if (!match || (found && found->cost <= match->cost)) continue;
    found = std::move(match);
    best = &overload;
  }
  if (!best) {
    std::string given, expected;
    for (const auto& type : types) given += (given.empty() ? "" : ", ") + trino_type(type);
    for (const auto& overload : overloads)
      expected += fmt::format("{}{}({})", expected.empty() ? "" : ", ", overload.name,
                              overload.signature.substr(0, overload.signature.find(" ->")));
    refuse("FUNCTION_NOT_FOUND", 6,
           fmt::format("Unexpected parameters ({}) for function {}. Expected: {}", given,
                       overloads.front().name, expected),
           overloads.front().name, arguments);
  }
  TrinoCall made{context, std::string(best->name), std::move(arguments), found->result};
  for (size_t i = 0; i < made.size(); ++i)
    made[i] = as(context, std::move(made[i]), found->targets[i]);
  SharedArguments shared(made.arguments);
  auto bound = shared.finish(context, best->build(made));
  if (found->result.id() == LogicalTypeId::ANY) return bound;
  return as(context, std::move(bound), found->result);
}

void create_function(ClientContext& context, duckdb::Catalog& catalog,
                     duckdb::ScalarFunction function) {
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  duckdb::CreateScalarFunctionInfo info(std::move(function));
  info.schema = kFunctionSchema;
  info.internal = false;
  catalog.CreateFunction(context, info);
}

void not_bound(duckdb::DataChunk&, duckdb::ExpressionState&, duckdb::Vector&) {
  throw duckdb::InternalException("a function of Trino was not bound");
}

}  // namespace foz::sql
