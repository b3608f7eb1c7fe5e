// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_operators_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/common/vector_operations/ternary_executor.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "sql/lake_types_internal.h"
#include "sql/trino_arithmetic_internal.h"
#include "sql/trino_call_internal.h"
#include "sql/trino_literals_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::Expression;
using duckdb::ExpressionState;
using duckdb::FunctionBindExpressionInput;
using duckdb::hugeint_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::ScalarFunction;
using duckdb::string_t;
using duckdb::unique_ptr;
using duckdb::Vector;

namespace {

template <class T, T (*Operation)(T, T)>
void binary_kernel(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<T, T, T>(arguments.data[0], arguments.data[1], result,
                                           arguments.size(), Operation);
}

template <class T, T (*Operation)(T)>
void unary_kernel(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<T, T>(arguments.data[0], result, arguments.size(), Operation);
}

// ---- Dates --------------------------------------------------------------------------------------

// The zone's wall time of an instant; a time without zone is taken in the session's.
unique_ptr<Expression> bind_timezone(FunctionBindExpressionInput& input) {
  auto& value = input.children[1];
  if (value->return_type.id() == LogicalTypeId::TIMESTAMP ||
      value->return_type.id() == LogicalTypeId::DATE)
    value = as(input.context, std::move(value), LogicalType::TIMESTAMP_TZ);
  const auto offset = constant_offset(input.context, *input.children[0]);
  if (!offset) return call(input.context, "timezone", std::move(input.children));
  auto utc = call(input.context, "timezone", list_of(constant("UTC"), std::move(value)));
  return call(input.context, "+", list_of(std::move(utc), constant(*offset)), true);
}
unique_ptr<Expression> bind_at_timezone(FunctionBindExpressionInput& input) {
  std::swap(input.children[0], input.children[1]);
  return bind_timezone(input);
}

// ---- Text ---------------------------------------------------------------------------------------

template <class T>
void number_text(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<T, string_t>(
      arguments.data[0], result, arguments.size(),
      [&](T value) { return duckdb::StringVector::AddString(result, trino_number(value)); });
}

unique_ptr<Expression> bind_typeof(FunctionBindExpressionInput& input) {
  const LogicalType type = result_type(input.children[0]->return_type);
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(trino_type(type)));
}

unique_ptr<Expression> bind_extreme(FunctionBindExpressionInput& input, const char* name) {
  auto any_null =
      duckdb::make_uniq<duckdb::BoundConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR);
  for (const auto& child : input.children) {
    auto is_null = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
        duckdb::ExpressionType::OPERATOR_IS_NULL, LogicalType::BOOLEAN);
    is_null->children.push_back(child->Copy());
    any_null->children.push_back(std::move(is_null));
  }
  auto extreme = call(input.context, name, std::move(input.children));
  const LogicalType type = extreme->return_type;
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(
      std::move(any_null), duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type)),
      std::move(extreme));
}
unique_ptr<Expression> bind_greatest(FunctionBindExpressionInput& input) {
  return bind_extreme(input, "greatest");
}
unique_ptr<Expression> bind_least(FunctionBindExpressionInput& input) {
  return bind_extreme(input, "least");
}

// ---- Arrays and maps ----------------------------------------------------------------------------

unique_ptr<Expression> bind_element_at(FunctionBindExpressionInput& input) {
  const bool map = input.children[0]->return_type.id() == LogicalTypeId::MAP;
  return call(input.context, map ? "map_extract_value" : "list_extract", std::move(input.children));
}

unique_ptr<Expression> bind_cardinality(FunctionBindExpressionInput& input) {
  const bool map = input.children[0]->return_type.id() == LogicalTypeId::MAP;
  return as(input.context,
            call(input.context, map ? "cardinality" : "len", std::move(input.children)),
            LogicalType::BIGINT);
}

// (length, index) → index
int64_t check_index(int64_t length, int64_t index) {
  if (index == 0) throw duckdb::InvalidInputException("SQL array indices start at 1");
  if (index < 0) throw duckdb::InvalidInputException("Array subscript is negative: %d", index);
  if (index > length)
    throw duckdb::InvalidInputException(
        "Array subscript must be less than or equal to array length: %d > %d", index, length);
  return index;
}

void check_key(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<bool, string_t, bool>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [](bool found, string_t key) {
        if (!found)
          throw duckdb::InvalidInputException("Key not present in map: %s", key.GetString());
        return true;
      });
}

// Of a map that is not NULL, and a key that it has.
unique_ptr<Expression> map_value(ClientContext& context, Arguments map_and_key) {
  auto& map = map_and_key[0];
  auto& key = map_and_key[1];
  auto is_null = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
      duckdb::ExpressionType::OPERATOR_IS_NULL, LogicalType::BOOLEAN);
  is_null->children.push_back(map->Copy());
  auto found = call(context,
                    ScalarFunction("check_key", {LogicalType::BOOLEAN, LogicalType::VARCHAR},
                                   LogicalType::BOOLEAN, check_key),
                    list_of(call(context, "map_contains", list_of(map->Copy(), key->Copy())),
                            as(context, key->Copy(), LogicalType::VARCHAR)));
  auto value = call(context, "map_extract_value", std::move(map_and_key));
  const LogicalType type = value->return_type;
  const auto null = [&] {
    return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type));
  };
  auto present =
      duckdb::make_uniq<duckdb::BoundCaseExpression>(std::move(found), std::move(value), null());
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(std::move(is_null), null(),
                                                        std::move(present));
}

unique_ptr<Expression> bind_subscript(FunctionBindExpressionInput& input) {
  auto& context = input.context;
  switch (input.children[0]->return_type.id()) {
    case LogicalTypeId::LIST: {
      auto length = as(context, call(context, "len", list_of(input.children[0]->Copy())),
                       LogicalType::BIGINT);
      ScalarFunction check("check_index", {LogicalType::BIGINT, LogicalType::BIGINT},
                           LogicalType::BIGINT, binary_kernel<int64_t, check_index>);
      auto index = call(context, std::move(check),
                        list_of(std::move(length),
                                as(context, std::move(input.children[1]), LogicalType::BIGINT)));
      return call(context, "list_extract", list_of(std::move(input.children[0]), std::move(index)));
    }
    case LogicalTypeId::MAP: return map_value(context, std::move(input.children));
    case LogicalTypeId::STRUCT: return call(context, "struct_extract", std::move(input.children));
    default: return call(context, "array_extract", std::move(input.children));
  }
}

// ---- What could take any memory -----------------------------------------------------------------

constexpr int64_t kMostEntries = 10000;          // of a sequence, Trino's own limit
constexpr int64_t kMostEntriesAtOnce = 1 << 24;  // of the sequences of one chunk of rows

// Counts the entries of a chunk's sequences.
class SequenceBound {
 public:
  void add(duckdb::hugeint_t entries) {
    if (entries > hugeint_t(kMostEntries))
      throw duckdb::InvalidInputException(
          "result of sequence function must not have more than %d entries", kMostEntries);
    sum_ += entries;
    if (sum_ > hugeint_t(kMostEntriesAtOnce))
      throw duckdb::OutOfMemoryException("sequences have more than %d entries at once",
                                         kMostEntriesAtOnce);
  }

 private:
  hugeint_t sum_ = 0;
};

// (start, stop, step) → step
void check_sequence(DataChunk& arguments, ExpressionState&, Vector& result) {
  SequenceBound bound;
  duckdb::TernaryExecutor::Execute<int64_t, int64_t, int64_t, int64_t>(
      arguments.data[0], arguments.data[1], arguments.data[2], result, arguments.size(),
      [&](int64_t start, int64_t stop, int64_t step) {
        if (step == 0) throw duckdb::InvalidInputException("step must not be zero");
        if (start != stop && (step > 0) != (stop > start))
          throw duckdb::InvalidInputException(
              "sequence stop value should be greater than or equal to start value if step is "
              "greater than zero otherwise stop should be less than start");
        bound.add((hugeint_t(stop) - hugeint_t(start)) / hugeint_t(step) + hugeint_t(1));
        return step;
      });
}

template <class T>
void check_time_sequence(DataChunk& arguments, ExpressionState&, Vector& result) {
  SequenceBound bound;
  duckdb::TernaryExecutor::Execute<T, T, duckdb::interval_t, duckdb::interval_t>(
      arguments.data[0], arguments.data[1], arguments.data[2], result, arguments.size(),
      [&](T start, T stop, duckdb::interval_t step) {
        // The shortest month, for the most entries.
        const hugeint_t days = hugeint_t(step.months) * hugeint_t(28) + hugeint_t(step.days);
        const hugeint_t micros =
            days * hugeint_t(duckdb::Interval::MICROS_PER_DAY) + hugeint_t(step.micros);
        if (micros == hugeint_t(0)) throw duckdb::InvalidInputException("step must not be zero");
        const hugeint_t entries = (hugeint_t(stop.value) - hugeint_t(start.value)) / micros;
        bound.add(entries < hugeint_t(0) ? hugeint_t(0) : entries);
        return step;
      });
}

int64_t step_towards(int64_t start, int64_t stop) { return start <= stop ? 1 : -1; }

unique_ptr<Expression> time_sequence(ClientContext& context, Arguments arguments) {
  const bool dates = arguments[0]->return_type.id() == LogicalTypeId::DATE;
  const bool zoned = arguments[0]->return_type.id() == LogicalTypeId::TIMESTAMP_TZ;
  const LogicalType type = zoned ? LogicalType::TIMESTAMP_TZ : LogicalType::TIMESTAMP;
  if (arguments.size() == 2)
    arguments.push_back(
        duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::INTERVAL(0, 1, 0)));
  for (size_t i = 0; i < 2; ++i) arguments[i] = as(context, std::move(arguments[i]), type);
  ScalarFunction check("check_sequence", {type, type, LogicalType::INTERVAL}, LogicalType::INTERVAL,
                       zoned ? check_time_sequence<duckdb::timestamp_tz_t>
                             : check_time_sequence<duckdb::timestamp_t>);
  arguments[2] = call(context, std::move(check),
                      list_of(arguments[0]->Copy(), arguments[1]->Copy(), std::move(arguments[2])));
  auto sequence = call(context, "generate_series", std::move(arguments));
  return dates ? as(context, std::move(sequence), LogicalType::LIST(LogicalType::DATE))
               : std::move(sequence);
}

// sequence(start, stop[, step]): by one towards stop.
unique_ptr<Expression> bind_sequence(FunctionBindExpressionInput& input) {
  auto& context = input.context;
  auto& given = input.children;
  if (given.size() < 2 || given.size() > 3)
    throw duckdb::BinderException("No function matches sequence with these arguments");
  if (given[0]->return_type.IsTemporal()) return time_sequence(context, std::move(given));
  const LogicalType type = LogicalType::BIGINT;
  for (auto& argument : given) argument = as(context, std::move(argument), type);
  auto step = given.size() == 3 ? std::move(given[2])
                                : call(context,
                                       ScalarFunction("step_towards", {type, type}, type,
                                                      binary_kernel<int64_t, step_towards>),
                                       list_of(given[0]->Copy(), given[1]->Copy()));
  auto checked =
      call(context, ScalarFunction("check_sequence", {type, type, type}, type, check_sequence),
           list_of(given[0]->Copy(), given[1]->Copy(), std::move(step)));
  return call(context, "generate_series",
              list_of(std::move(given[0]), std::move(given[1]), std::move(checked)));
}

// For what uses an argument more than once.
template <duckdb::function_bind_expression_t Bind>
unique_ptr<Expression> shared(FunctionBindExpressionInput& input) {
  SharedArguments arguments(input.children);
  return arguments.finish(input.context, Bind(input));
}

// ---- The list -----------------------------------------------------------------------------------

struct Operator {
  const char* name;
  int arguments;  // -1: any number
  duckdb::function_bind_expression_t bind;
  bool by_name;  // also a function of Trino, not only an operator or an extension of the grammar
};

constexpr Operator kOperators[] = {
    {"at_timezone", 2, bind_at_timezone, true},
    {"between", 3, bind_between, false},
    {"cardinality", 1, bind_cardinality, true},
    {"cast", 2, bind_cast, false},
    {"divide", 2, bind_divide, false},
    {"element_at", 2, bind_element_at, true},
    {"equal", 2, bind_equal, false},
    {"greater", 2, bind_greater, false},
    {"greater_or_equal", 2, bind_greater_or_equal, false},
    {"greatest", -1, shared<bind_greatest>, true},
    {"in", -1, bind_in, false},
    {"least", -1, shared<bind_least>, true},
    {"less", 2, bind_less, false},
    {"less_or_equal", 2, bind_less_or_equal, false},
    {"minus", 2, bind_minus, false},
    {"mod", 2, bind_modulus, true},
    {"modulus", 2, bind_modulus, false},
    {"multiply", 2, bind_multiply, false},
    {"not_equal", 2, bind_not_equal, false},
    {"plus", 2, bind_plus, false},
    {"sequence", -1, shared<bind_sequence>, true},
    {"subscript", 2, shared<bind_subscript>, false},
    {"timezone", 2, bind_timezone, true},
    {"try_cast", 2, bind_try_cast, false},
    {"typeof", 1, bind_typeof, true},
};

template <class T>
std::string number_text_of(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return std::signbit(value) ? "-0E0" : "0E0";
  if constexpr (std::is_same_v<T, double>) {  // which Java writes with two digits
    if (std::abs(value) == std::numeric_limits<double>::denorm_min())
      return value < 0 ? "-4.9E-324" : "4.9E-324";
  }
  // The shortest digits that read back the same, as d.dddE±n; of a real no more than seven.
  char digits[64];
  auto written =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  constexpr size_t kMostOfReal = 7;
  if (std::is_same_v<T, float> &&
      std::string_view(digits, written.ptr).find('e') > kMostOfReal + 1 + (value < 0 ? 1 : 0))
    written = std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific,
                            kMostOfReal - 1);
  const std::string text(digits, written.ptr);
  const size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  while (mantissa.find('.') != std::string::npos && mantissa.ends_with('0')) mantissa.pop_back();
  if (mantissa.ends_with('.')) mantissa.pop_back();
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return fmt::format("{}E{}", mantissa, std::stoi(text.substr(e + 1)));
}

}  // namespace

std::string trino_number(double value) { return number_text_of(value); }
std::string trino_number(float value) { return number_text_of(value); }

unique_ptr<Expression> to_varchar(ClientContext& context, unique_ptr<Expression> value) {
  if (value->return_type.IsJSONType()) return bind_json_to_varchar(context, std::move(value));
  switch (value->return_type.id()) {
    case LogicalTypeId::DOUBLE:
      return call(context,
                  ScalarFunction("to_varchar", {LogicalType::DOUBLE}, LogicalType::VARCHAR,
                                 number_text<double>),
                  list_of(std::move(value)));
    case LogicalTypeId::FLOAT:
      return call(context,
                  ScalarFunction("to_varchar", {LogicalType::FLOAT}, LogicalType::VARCHAR,
                                 number_text<float>),
                  list_of(std::move(value)));
    case LogicalTypeId::TIMESTAMP:
      return call(context, "strftime",
                  list_of(std::move(value), constant(duckdb::Value("%Y-%m-%d %H:%M:%S.%f"))));
    case LogicalTypeId::TIMESTAMP_TZ:
      return call(context, "strftime",
                  list_of(std::move(value), constant(duckdb::Value("%Y-%m-%d %H:%M:%S.%f %Z"))));
    default: return as(context, std::move(value), LogicalType::VARCHAR);
  }
}

std::string_view operator_target(std::string_view name) {
  for (const Operator& own : kOperators) {
    if (own.by_name && own.name == name) return own.name;
  }
  return {};
}

void create_operators(ClientContext& context, duckdb::Catalog& catalog) {
  for (const Operator& own : kOperators) {
    duckdb::vector<LogicalType> types(static_cast<size_t>(std::max(own.arguments, 0)),
                                      LogicalType::ANY);
    ScalarFunction function(own.name, std::move(types), LogicalType::ANY, not_bound);
    if (own.arguments < 0) function.varargs = LogicalType::ANY;
    function.SetBindExpressionCallback(own.bind);
    create_function(context, catalog, std::move(function));
  }
}

std::optional<duckdb::Value> constant_offset(ClientContext& context, const Expression& zone) {
  duckdb::Value value;
  if (!zone.IsFoldable() || !duckdb::ExpressionExecutor::TryEvaluateScalar(context, zone, value) ||
      value.IsNull() || value.type().id() != LogicalTypeId::VARCHAR)
    return std::nullopt;
  const auto minutes = zone_offset(duckdb::StringValue::Get(value));
  if (!minutes) return std::nullopt;
  return duckdb::Value::INTERVAL(0, 0, int64_t{*minutes} * 60'000'000);
}

}  // namespace foz::sql
