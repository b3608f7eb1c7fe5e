// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A call of one of Trino's functions, bound by the types of its arguments. Each theme of functions
// (trino_themes_internal.h) is one table of rows (name, signature, what the call becomes): to add a
// function is to add a row.
// https://trino.io/docs/current/functions.html
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "duckdb.hpp"
#include "duckdb/planner/expression.hpp"

namespace foz::sql {

using Arguments = duckdb::vector<duckdb::unique_ptr<duckdb::Expression>>;
using BoundExpression = duckdb::unique_ptr<duckdb::Expression>;

// A call whose arguments have the types of the signature.
struct TrinoCall {
  duckdb::ClientContext& context;
  std::string name;
  Arguments arguments;
  // What the signature promises: the expression is cast to it. ANY: whatever the expression gives.
  duckdb::LogicalType result;

  BoundExpression& operator[](size_t i) { return arguments[i]; }
  const duckdb::LogicalType& type(size_t i) const { return arguments[i]->return_type; }
  size_t size() const { return arguments.size(); }
};

struct TrinoFunction {
  std::string_view name;
  // "varchar, bigint -> varchar". A capital letter is any type, the same one wherever it stands, O
  // one that can be ordered;
  // "T..." any number of more such arguments; array(T), map(K, V) and decimal as in Trino; "row",
  // "integral", "floating" and "any" any such type, unchanged;
  // "date|timestamp" the nearer of both; "?" behind the arrow what the built expression has.
  std::string_view signature;
  BoundExpression (*build)(TrinoCall&);
  std::string_view description = {};  // Trino's own, for SHOW FUNCTIONS
};

// ---- Building expressions -----------------------------------------------------------------------

template <class... E>
Arguments list_of(E... expressions) {
  Arguments list;
  (list.push_back(std::move(expressions)), ...);
  return list;
}

// A function of DuckDB.
BoundExpression call(duckdb::ClientContext& context, const std::string& name, Arguments arguments,
                     bool is_operator = false);
BoundExpression call(duckdb::ClientContext& context, duckdb::ScalarFunction function,
                     Arguments arguments);
BoundExpression as(duckdb::ClientContext& context, BoundExpression expression,
                   const duckdb::LogicalType& type);
BoundExpression constant(duckdb::Value value);
BoundExpression null_of(const duckdb::LogicalType& type);
BoundExpression is_null(BoundExpression value);
BoundExpression when(BoundExpression condition, BoundExpression value, BoundExpression otherwise);

// Lets an expression use its arguments more than once. A subquery cannot be copied, and copies of
// copies grow without measure: if there is more than a few parts, arguments are taken out and
// references stand in their places; finish() makes of what was built over them a call that
// evaluates each once.
class SharedArguments {
 public:
  explicit SharedArguments(Arguments& arguments);
  BoundExpression finish(duckdb::ClientContext& context, BoundExpression body);

 private:
  Arguments outside_;
};

// A name as a template's argument.
template <size_t N>
struct FunctionName {
  constexpr FunctionName(const char (&name)[N]) { std::copy(name, name + N, text); }
  char text[N];
};

// The function of DuckDB with this name, and the same arguments.
template <FunctionName Name>
BoundExpression same_as(TrinoCall& made) {
  return call(made.context, Name.text, std::move(made.arguments));
}

bool is_float(const duckdb::LogicalType& type);
bool is_exact(const duckdb::LogicalType& type);  // integers and decimals

// ---- Errors -------------------------------------------------------------------------------------

// INVALID_FUNCTION_ARGUMENT, while rows are read.
[[noreturn]] void invalid_argument(const std::string& message);
// NUMERIC_VALUE_OUT_OF_RANGE, while rows are read.
[[noreturn]] void out_of_range(const std::string& message);
[[noreturn]] void division_by_zero();
// An error of Trino's analysis, before any row is read. `near` is an argument of the call `name`:
// the place of the error is that of the call.
[[noreturn]] void refuse(std::string_view error, int code, const std::string& message,
                         std::string_view name, const Arguments& near);

// The text of a scalar, as a cast to varchar gives it.
BoundExpression bind_json_to_varchar(duckdb::ClientContext& context, BoundExpression json);

// ---- Binding ------------------------------------------------------------------------------------

// The type that values of both types have in Trino, without a cast; INVALID when there is none.
duckdb::LogicalType common_type(const duckdb::LogicalType& a, const duckdb::LogicalType& b);

// The expression of a call by the signatures of its name, or FUNCTION_NOT_FOUND.
BoundExpression bind_call(duckdb::ClientContext& context, std::span<const TrinoFunction> overloads,
                          Arguments arguments);

// ---- Making -------------------------------------------------------------------------------------

// Makes a function of schema `trino` whose calls are bound to other expressions: its own kernel,
// not_bound, never runs. NULLs reach what it is bound to.
void create_function(duckdb::ClientContext& context, duckdb::Catalog& catalog,
                     duckdb::ScalarFunction function);
[[noreturn]] void not_bound(duckdb::DataChunk& input, duckdb::ExpressionState& state,
                            duckdb::Vector& result);

}  // namespace foz::sql
