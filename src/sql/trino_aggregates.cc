// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Aggregates whose result has another type in Trino than in DuckDB, and those with other arguments.
// https://trino.io/docs/current/functions/aggregate.html

#include "sql/trino_aggregates_internal.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <vector>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/catalog/catalog_entry/aggregate_function_catalog_entry.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/function/aggregate_function.hpp"
#include "duckdb/parser/parsed_data/create_aggregate_function_info.hpp"
#include "sql/lake_types_internal.h"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_signature_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

using duckdb::AggregateFunction;
using duckdb::AggregateInputData;
using duckdb::ClientContext;
using duckdb::hugeint_t;
using duckdb::idx_t;
using duckdb::interval_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Vector;

namespace {

// A call whose arguments have the types of the signature; the function may drop and add some.
struct AggregateCall {
  ClientContext& context;
  Arguments& arguments;
  LogicalType result;
};

struct TrinoAggregate {
  std::string_view name;
  std::string_view signature;  // as in TrinoFunction
  AggregateFunction (*make)(AggregateCall&);
};

// ---- DuckDB's aggregates ------------------------------------------------------------------------

AggregateFunction duckdb_aggregate(AggregateCall& made, const char* name) {
  duckdb::vector<LogicalType> types;
  for (const auto& argument : made.arguments) types.push_back(argument->return_type);
  auto& entry = duckdb::Catalog::GetEntry<duckdb::AggregateFunctionCatalogEntry>(
      made.context, SYSTEM_CATALOG, DEFAULT_SCHEMA, name);
  return entry.functions.GetFunctionByArguments(made.context, types);
}

template <FunctionName Name>
AggregateFunction same_aggregate(AggregateCall& made) {
  return duckdb_aggregate(made, Name.text);
}

// With a result of a narrower type.
template <FunctionName Name, class From, class To>
struct Narrowed {
  static inline duckdb::aggregate_finalize_t original = nullptr;

  static To narrow(From value) {
    if constexpr (std::is_same_v<From, hugeint_t>) {
      int64_t out = 0;
      if (!duckdb::Hugeint::TryCast(value, out)) out_of_range("bigint addition overflow");
      return out;
    } else {
      return static_cast<To>(value);
    }
  }

  static void finalize(Vector& states, AggregateInputData& input, Vector& result, idx_t count,
                       idx_t offset) {
    Vector wide(std::is_same_v<From, hugeint_t> ? LogicalType::HUGEINT : LogicalType::DOUBLE,
                count + offset);
    const bool constant = states.GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR;
    original(states, input, wide, count, offset);
    result.SetVectorType(constant ? duckdb::VectorType::CONSTANT_VECTOR
                                  : duckdb::VectorType::FLAT_VECTOR);
    if (constant) {
      if (duckdb::ConstantVector::IsNull(wide)) {
        duckdb::ConstantVector::SetNull(result, true);
      } else {
        *duckdb::ConstantVector::GetData<To>(result) =
            narrow(*duckdb::ConstantVector::GetData<From>(wide));
      }
      return;
    }
    for (idx_t i = offset; i < offset + count; ++i) {
      if (duckdb::FlatVector::IsNull(wide, i)) {
        duckdb::FlatVector::SetNull(result, i, true);
      } else {
        duckdb::FlatVector::GetData<To>(result)[i] =
            narrow(duckdb::FlatVector::GetData<From>(wide)[i]);
      }
    }
  }

  static AggregateFunction make(AggregateCall& made) {
    for (auto& argument : made.arguments) {
      if (argument->return_type.id() == LogicalTypeId::FLOAT)
        argument = as(made.context, std::move(argument), LogicalType::DOUBLE);
    }
    AggregateFunction function = duckdb_aggregate(made, Name.text);
    if (function.GetReturnType() == made.result) return function;
    original = function.finalize;
    function.finalize = finalize;
    function.SetReturnType(made.result);
    // What rewrites the function of DuckDB must not find this one.
    function.name = "trino_" + function.name;
    function.statistics = nullptr;
    function.window = nullptr;
    function.window_init = nullptr;
    return function;
  }
};

template <FunctionName Name>
AggregateFunction to_real(AggregateCall& made) {
  return Narrowed<Name, double, float>::make(made);
}
template <FunctionName Name>
AggregateFunction to_bigint(AggregateCall& made) {
  return Narrowed<Name, hugeint_t, int64_t>::make(made);
}

// ---- Sums of decimals and intervals
// ---------------------------------------------------------------

struct DecimalState {
  hugeint_t sum;
  int64_t count;
};

// What takes one value after the other, and no NULL.
struct OneByOne {
  template <class Input, class State, class Op>
  static void ConstantOperation(State& state, const Input& input,
                                duckdb::AggregateUnaryInput& unary, idx_t count) {
    for (idx_t i = 0; i < count; ++i) Op::template Operation<Input, State, Op>(state, input, unary);
  }
  static bool IgnoreNull() { return true; }
};

struct DecimalAverage : OneByOne {
  template <class State>
  static void Initialize(State& state) {
    state = {hugeint_t(0), 0};
  }
  template <class Input, class State, class Op>
  static void Operation(State& state, const Input& input, duckdb::AggregateUnaryInput&) {
    if (!duckdb::Hugeint::TryAddInPlace(state.sum, input)) out_of_range("Decimal overflow");
    ++state.count;
  }
  template <class State, class Op>
  static void Combine(const State& source, State& target, AggregateInputData&) {
    if (!duckdb::Hugeint::TryAddInPlace(target.sum, source.sum)) out_of_range("Decimal overflow");
    target.count += source.count;
  }
  // Half away from zero.
  template <class Result, class State>
  static void Finalize(State& state, Result& target, duckdb::AggregateFinalizeData& data) {
    if (state.count == 0) return data.ReturnNull();
    const hugeint_t count(state.count);
    hugeint_t quotient = state.sum / count, rest = state.sum % count;
    const bool negative = rest < hugeint_t(0);
    if (negative) rest = -rest;
    if (rest >= count - rest) quotient += hugeint_t(negative ? -1 : 1);
    if constexpr (std::is_same_v<Result, hugeint_t>) {
      target = quotient;
    } else {
      target = duckdb::Hugeint::Cast<Result>(quotient);
    }
  }
};

template <class Result>
AggregateFunction decimal_average(const LogicalType& input, const LogicalType& type) {
  auto function =
      AggregateFunction::UnaryAggregate<DecimalState, hugeint_t, Result, DecimalAverage>(input,
                                                                                         type);
  function.name = "trino_avg";
  return function;
}

AggregateFunction avg_of_decimals(AggregateCall& made) {
  const LogicalType type = made.arguments[0]->return_type;
  const LogicalType wide = LogicalType::DECIMAL(38, duckdb::DecimalType::GetScale(type));
  made.arguments[0] = as(made.context, std::move(made.arguments[0]), wide);
  switch (type.InternalType()) {
    case duckdb::PhysicalType::INT16: return decimal_average<int16_t>(wide, type);
    case duckdb::PhysicalType::INT32: return decimal_average<int32_t>(wide, type);
    case duckdb::PhysicalType::INT64: return decimal_average<int64_t>(wide, type);
    default: return decimal_average<hugeint_t>(wide, type);
  }
}

struct IntervalState {
  int64_t months, micros, count;
};

template <bool Average>
struct IntervalSum : OneByOne {
  template <class State>
  static void Initialize(State& state) {
    state = {0, 0, 0};
  }
  static void add(IntervalState& state, int64_t months, int64_t micros, int64_t count) {
    if (__builtin_add_overflow(state.months, months, &state.months) ||
        __builtin_add_overflow(state.micros, micros, &state.micros))
      out_of_range("interval addition overflow");
    state.count += count;
  }
  template <class Input, class State, class Op>
  static void Operation(State& state, const Input& input, duckdb::AggregateUnaryInput&) {
    int64_t days = 0, micros = 0;
    if (__builtin_mul_overflow(int64_t(input.days), duckdb::Interval::MICROS_PER_DAY, &days) ||
        __builtin_add_overflow(days, input.micros, &micros))
      out_of_range("interval addition overflow");
    add(state, input.months, micros, 1);
  }
  template <class State, class Op>
  static void Combine(const State& source, State& target, AggregateInputData&) {
    add(target, source.months, source.micros, source.count);
  }
  template <class Result, class State>
  static void Finalize(State& state, Result& target, duckdb::AggregateFinalizeData& data) {
    if (state.count == 0) return data.ReturnNull();
    const int64_t divisor = Average ? state.count : 1;
    const int64_t months = state.months / divisor, micros = state.micros / divisor;
    const int64_t days = micros / duckdb::Interval::MICROS_PER_DAY;
    if (months != int32_t(months) || days != int32_t(days))
      out_of_range("interval addition overflow");
    target = interval_t{int32_t(months), int32_t(days), micros % duckdb::Interval::MICROS_PER_DAY};
  }
};

template <bool Average>
AggregateFunction of_intervals(AggregateCall&) {
  auto function = AggregateFunction::UnaryAggregate<IntervalState, interval_t, interval_t,
                                                    IntervalSum<Average>>(LogicalType::INTERVAL,
                                                                          LogicalType::INTERVAL);
  function.name = Average ? "trino_avg_interval" : "trino_sum_interval";
  return function;
}

// ---- The least and the greatest -----------------------------------------------------------------

// Nothing is more or less than NaN.
template <class T>
std::optional<T> without_nan(T value) {
  return std::isnan(value) ? std::nullopt : std::optional(value);
}
template <FunctionName Name>
AggregateFunction extreme(AggregateCall& made) {
  auto& value = made.arguments[0];
  const LogicalType type = value->return_type;
  if (type.id() == LogicalTypeId::FLOAT)
    value = run_kernel<without_nan<float>>(made.context, "without_nan", type,
                                           list_of(std::move(value)));
  if (type.id() == LogicalTypeId::DOUBLE)
    value = run_kernel<without_nan<double>>(made.context, "without_nan", type,
                                            list_of(std::move(value)));
  return duckdb_aggregate(made, Name.text);
}

AggregateFunction approx_percentile(AggregateCall& made) {
  auto& percentile = made.arguments[1];
  const bool many = percentile->return_type.id() == LogicalTypeId::LIST;
  percentile = as(made.context, std::move(percentile),
                  many ? LogicalType::LIST(LogicalType::FLOAT) : LogicalType::FLOAT);
  return duckdb_aggregate(made, "approx_quantile");
}

AggregateFunction listagg(AggregateCall& made) {
  if (made.arguments.size() == 1) made.arguments.push_back(constant(duckdb::Value("")));
  return duckdb_aggregate(made, "string_agg");
}

constexpr TrinoAggregate kAggregates[] = {
    {"approx_percentile", "bigint, double -> bigint", approx_percentile},
    {"approx_percentile", "double, double -> double", approx_percentile},
    {"approx_percentile", "bigint, array(double) -> ?", approx_percentile},
    {"approx_percentile", "double, array(double) -> ?", approx_percentile},
    {"avg", "bigint -> double", same_aggregate<"avg">},
    {"avg", "decimal -> ?", avg_of_decimals},
    {"avg", "real -> real", to_real<"avg">},
    {"avg", "double -> double", same_aggregate<"avg">},
    {"avg", "interval -> interval", of_intervals<true>},
    {"bitwise_and_agg", "bigint -> bigint", same_aggregate<"bit_and">},
    {"bitwise_or_agg", "bigint -> bigint", same_aggregate<"bit_or">},
    {"bitwise_xor_agg", "bigint -> bigint", same_aggregate<"bit_xor">},
    {"bool_and", "boolean -> boolean", same_aggregate<"bool_and">},
    {"bool_or", "boolean -> boolean", same_aggregate<"bool_or">},
    {"corr", "real, real -> real", to_real<"corr">},
    {"corr", "double, double -> double", same_aggregate<"corr">},
    {"covar_pop", "real, real -> real", to_real<"covar_pop">},
    {"covar_pop", "double, double -> double", same_aggregate<"covar_pop">},
    {"covar_samp", "real, real -> real", to_real<"covar_samp">},
    {"covar_samp", "double, double -> double", same_aggregate<"covar_samp">},
    {"every", "boolean -> boolean", same_aggregate<"bool_and">},
    {"kurtosis", "double -> double", same_aggregate<"kurtosis">},
    {"listagg", "varchar -> varchar", listagg},
    {"listagg", "varchar, varchar -> varchar", listagg},
    {"max", "O -> O", extreme<"max">},
    {"max", "O, bigint -> ?", extreme<"max">},
    {"min", "O -> O", extreme<"min">},
    {"min", "O, bigint -> ?", extreme<"min">},
    {"regr_intercept", "real, real -> real", to_real<"regr_intercept">},
    {"regr_intercept", "double, double -> double", same_aggregate<"regr_intercept">},
    {"regr_slope", "real, real -> real", to_real<"regr_slope">},
    {"regr_slope", "double, double -> double", same_aggregate<"regr_slope">},
    {"skewness", "double -> double", same_aggregate<"skewness">},
    {"stddev", "double -> double", same_aggregate<"stddev_samp">},
    {"stddev_pop", "double -> double", same_aggregate<"stddev_pop">},
    {"stddev_samp", "double -> double", same_aggregate<"stddev_samp">},
    {"sum", "bigint -> bigint", to_bigint<"sum">},
    {"sum", "decimal -> ?", same_aggregate<"sum">},
    {"sum", "real -> real", to_real<"sum">},
    {"sum", "double -> double", same_aggregate<"sum">},
    {"sum", "interval -> interval", of_intervals<false>},
    {"var_pop", "double -> double", same_aggregate<"var_pop">},
    {"var_samp", "double -> double", same_aggregate<"var_samp">},
    {"variance", "double -> double", same_aggregate<"var_samp">},
};

// ---- Binding ------------------------------------------------------------------------------------

using Overloads = std::vector<TrinoAggregate>;

const std::map<std::string_view, Overloads>& aggregates() {
  static const auto* const kByName = [] {
    auto* out = new std::map<std::string_view, Overloads>;
    for (const TrinoAggregate& aggregate : kAggregates) (*out)[aggregate.name].push_back(aggregate);
    return out;
  }();
  return *kByName;
}

duckdb::unique_ptr<duckdb::FunctionData> bind_aggregate(ClientContext& context,
                                                        AggregateFunction& function,
                                                        Arguments& arguments) {
  const auto known = aggregates().find(function.name);
  if (known == aggregates().end()) throw duckdb::InternalException("no such aggregate");
  duckdb::vector<LogicalType> types;
  std::string given;
  for (const auto& argument : arguments) {
    types.push_back(result_type(argument->return_type));
    given += (given.empty() ? "" : ", ") + trino_type(types.back());
  }
  const TrinoAggregate* best = nullptr;
  std::optional<SignatureMatch> found;
  for (const TrinoAggregate& overload : known->second) {
    auto match = match_signature(overload.signature, types);
    if (!match || (found && found->cost <= match->cost)) continue;
    found = std::move(match);
    best = &overload;
  }
  if (!best)
    refuse("FUNCTION_NOT_FOUND", 6,
           fmt::format("Unexpected parameters ({}) for function {}", given, known->first),
           known->first, arguments);
  for (size_t i = 0; i < arguments.size(); ++i)
    arguments[i] = as(context, std::move(arguments[i]), found->targets[i]);
  AggregateCall made{context, arguments, found->result};
  function = best->make(made);
  return function.bind ? function.bind(context, function, arguments) : nullptr;
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> aggregate_signatures() {
  std::vector<std::pair<std::string_view, std::string_view>> made;
  for (const TrinoAggregate& one : kAggregates) made.emplace_back(one.name, one.signature);
  return made;
}

std::string_view own_aggregate(std::string_view name) {
  const auto known = aggregates().find(name);
  return known == aggregates().end() ? std::string_view() : known->first;
}

void create_aggregates(ClientContext& context, duckdb::Catalog& catalog) {
  for (const auto& [name, overloads] : aggregates()) {
    AggregateFunction function(
        std::string(name), {}, LogicalType::ANY, nullptr, nullptr, nullptr, nullptr, nullptr,
        duckdb::FunctionNullHandling::DEFAULT_NULL_HANDLING, nullptr, bind_aggregate);
    function.varargs = LogicalType::ANY;
    duckdb::CreateAggregateFunctionInfo info(std::move(function));
    info.schema = kFunctionSchema;
    info.internal = false;
    catalog.CreateFunction(context, info);
  }
}

}  // namespace foz::sql
