// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The operators + - * / %.
// https://trino.io/docs/current/functions/decimal.html#binary-arithmetic-decimal-operators

#include "sql/trino_arithmetic_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "duckdb/common/types/interval.hpp"
#include "sql/lake_types_internal.h"
#include "sql/trino_kernel_internal.h"

namespace foz::sql {

using duckdb::ClientContext;
using duckdb::hugeint_t;
using duckdb::interval_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

[[noreturn]] void mismatch(const char* symbol, const Arguments& operands) {
  refuse("TYPE_MISMATCH", 58,
         fmt::format("Cannot apply operator: {} {} {}", trino_type(operands[0]->return_type),
                     symbol, trino_type(operands[1]->return_type)),
         symbol, operands);
}

// ---- Integers -----------------------------------------------------------------------------------

struct Divide {
  template <class T>
  static T apply(T a, T b) {
    if (b == T(0)) division_by_zero();
    if (b == T(-1) && a == std::numeric_limits<T>::min()) out_of_range("integer division overflow");
    return static_cast<T>(a / b);
  }
};
struct Modulus {
  template <class T>
  static T apply(T a, T b) {
    if (b == T(0)) division_by_zero();
    return b == T(-1) ? T(0) : static_cast<T>(a % b);
  }
};

// Calls with the same name and arguments are evaluated once: every operation has its own name.
template <class Op>
BoundExpression integers(ClientContext& context, const LogicalType& type, Arguments operands) {
  const char* name = std::is_same_v<Op, Divide> ? "divide" : "modulus";
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return run_kernel<&Op::template apply<int8_t>>(context, name, type, std::move(operands));
    case LogicalTypeId::SMALLINT:
      return run_kernel<&Op::template apply<int16_t>>(context, name, type, std::move(operands));
    case LogicalTypeId::INTEGER:
      return run_kernel<&Op::template apply<int32_t>>(context, name, type, std::move(operands));
    default:
      return run_kernel<&Op::template apply<int64_t>>(context, name, type, std::move(operands));
  }
}

// ---- Decimals -----------------------------------------------------------------------------------

struct Precision {
  int width, scale;
};

// An integer has the precision of its type, as in Trino.
Precision precision_of(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::DECIMAL:
      return {duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
    case LogicalTypeId::TINYINT: return {3, 0};
    case LogicalTypeId::SMALLINT: return {5, 0};
    case LogicalTypeId::INTEGER: return {10, 0};
    case LogicalTypeId::SQLNULL: return {1, 0};
    default: return {19, 0};
  }
}

LogicalType decimal(int width, int scale) {
  return LogicalType::DECIMAL(static_cast<uint8_t>(std::clamp(width, 1, 38)),
                              static_cast<uint8_t>(std::min(scale, 38)));
}

// Half away from zero.
hugeint_t divide_decimals(hugeint_t a, hugeint_t b) {
  if (b == hugeint_t(0)) division_by_zero();
  hugeint_t quotient = a / b;
  hugeint_t rest = a % b;
  if (rest < hugeint_t(0)) rest = -rest;
  const hugeint_t divisor = b < hugeint_t(0) ? -b : b;
  if (rest >= divisor - rest)
    quotient += (a < hugeint_t(0)) == (b < hugeint_t(0)) ? hugeint_t(1) : hugeint_t(-1);
  return quotient;
}
hugeint_t modulus_decimals(hugeint_t a, hugeint_t b) {
  if (b == hugeint_t(0)) division_by_zero();
  return a % b;
}
hugeint_t multiply_decimals(hugeint_t a, hugeint_t b) {
  hugeint_t out;
  if (!duckdb::Hugeint::TryMultiply(a, b, out)) out_of_range("Decimal overflow");
  return out;
}

// The kernel sees the unscaled numbers: both sides and the result are DECIMAL(38, …), stored as
// 128-bit integers.
template <auto F>
BoundExpression wide(ClientContext& context, const char* name, Arguments operands, int scale_a,
                     int scale_b, int scale, int width) {
  operands[0] = as(context, std::move(operands[0]), decimal(38, scale_a));
  operands[1] = as(context, std::move(operands[1]), decimal(38, scale_b));
  auto out = run_kernel<F>(context, name, decimal(38, scale), std::move(operands));
  return as(context, std::move(out), decimal(width, scale));
}

BoundExpression decimals(ClientContext& context, char symbol, Arguments operands) {
  const auto [pa, sa] = precision_of(operands[0]->return_type);
  const auto [pb, sb] = precision_of(operands[1]->return_type);
  const int scale = std::max(sa, sb);
  if (symbol == '/')  // the unscaled quotient has the numerator's scale less the denominator's
    return wide<divide_decimals>(context, "divide", std::move(operands), std::min(scale + sb, 38),
                                 sb, scale, std::max(pa + sb + std::max(0, sb - sa), scale));
  if (symbol == '%')
    return wide<modulus_decimals>(context, "modulus", std::move(operands), scale, scale, scale,
                                  std::min(pa - sa, pb - sb) + scale);
  if (symbol == '*') {
    if (sa + sb > 38) out_of_range("DECIMAL scale must be in range [0, precision (38)]");
    if (pa + pb > 18)
      return wide<multiply_decimals>(context, "multiply", std::move(operands), sa, sb, sa + sb,
                                     pa + pb);
  }
  operands[0] = as(context, std::move(operands[0]), decimal(pa, sa));
  operands[1] = as(context, std::move(operands[1]), decimal(pb, sb));
  const LogicalType type = symbol == '*' ? decimal(pa + pb, sa + sb)
                                         : decimal(std::max(pa - sa, pb - sb) + scale + 1, scale);
  return as(context, call(context, std::string(1, symbol), std::move(operands), true), type);
}

BoundExpression numbers(ClientContext& context, char symbol, Arguments operands) {
  const LogicalType type = common_type(operands[0]->return_type, operands[1]->return_type);
  if (type.id() == LogicalTypeId::DECIMAL) return decimals(context, symbol, std::move(operands));
  for (auto& operand : operands) operand = as(context, std::move(operand), type);
  if (type.IsIntegral() && symbol == '/')
    return integers<Divide>(context, type, std::move(operands));
  if (type.IsIntegral() && symbol == '%')
    return integers<Modulus>(context, type, std::move(operands));
  return as(context, call(context, std::string(1, symbol), std::move(operands), true), type);
}

// ---- Dates and times ----------------------------------------------------------------------------

interval_t whole_days(interval_t interval) {
  if (interval.micros % duckdb::Interval::MICROS_PER_DAY)
    invalid_argument("Cannot add hour, minutes or seconds to a date");
  return interval;
}

interval_t between_times(duckdb::dtime_t a, duckdb::dtime_t b) {
  return {0, 0, a.micros - b.micros};
}

// nullptr when the operands are none for which the operator is.
BoundExpression times(ClientContext& context, char symbol, Arguments& operands) {
  const LogicalType ta = operands[0]->return_type, tb = operands[1]->return_type;
  const auto is = [](const LogicalType& type, std::initializer_list<LogicalTypeId> ids) {
    return std::ranges::find(ids, type.id()) != ids.end();
  };
  using enum LogicalTypeId;
  const std::string name(1, symbol);
  const bool adds = symbol == '+' || symbol == '-';
  if (ta.id() == INTERVAL && tb.id() == INTERVAL)
    return adds ? call(context, name, std::move(operands), true) : nullptr;
  if (!adds) {
    const bool left = ta.id() == INTERVAL && (tb.IsNumeric() || tb.id() == SQLNULL);
    const bool right = tb.id() == INTERVAL && ta.IsNumeric() && symbol == '*';
    if (symbol == '%' || !(left || right)) return nullptr;
    return call(context, name, std::move(operands), true);
  }
  const bool shifts = is(ta, {DATE, TIME, TIMESTAMP, TIMESTAMP_TZ}) && tb.id() == INTERVAL;
  const bool shifted =
      symbol == '+' && ta.id() == INTERVAL && is(tb, {DATE, TIME, TIMESTAMP, TIMESTAMP_TZ});
  if (shifts || shifted) {
    if (shifted) std::swap(operands[0], operands[1]);
    const LogicalType type = operands[0]->return_type;
    if (type.id() == DATE)
      operands[1] = run_kernel<whole_days>(context, "whole_days", LogicalType::INTERVAL,
                                           list_of(std::move(operands[1])));
    return as(context, call(context, name, std::move(operands), true), type);
  }
  if (symbol == '+') return nullptr;
  if (ta.id() == TIME && tb.id() == TIME)
    return run_kernel<between_times>(context, "between_times", LogicalType::INTERVAL,
                                     std::move(operands));
  const LogicalType type = common_type(ta, tb);
  if (!is(type, {DATE, TIMESTAMP, TIMESTAMP_TZ})) return nullptr;
  for (auto& operand : operands) operand = as(context, std::move(operand), type);
  auto difference = call(context, "-", std::move(operands), true);
  if (type.id() != DATE) return difference;
  return call(context, "to_days",
              list_of(as(context, std::move(difference), LogicalType::INTEGER)));
}

bool is_number(const LogicalType& type) {
  return type.IsNumeric() || type.id() == LogicalTypeId::SQLNULL;
}

template <char Symbol>
BoundExpression bind(duckdb::FunctionBindExpressionInput& input) {
  auto& context = input.context;
  Arguments operands = std::move(input.children);
  for (auto& operand : operands) {
    const auto place = operand->GetQueryLocation();
    const LogicalType type = result_type(operand->return_type);
    operand = as(context, std::move(operand), type);
    operand->SetQueryLocation(place);
  }
  if (is_number(operands[0]->return_type) && is_number(operands[1]->return_type))
    return numbers(context, Symbol, std::move(operands));
  if (auto out = times(context, Symbol, operands)) return out;
  mismatch(std::string(1, Symbol).c_str(), operands);
}

}  // namespace

BoundExpression bind_plus(duckdb::FunctionBindExpressionInput& input) { return bind<'+'>(input); }
BoundExpression bind_minus(duckdb::FunctionBindExpressionInput& input) { return bind<'-'>(input); }
BoundExpression bind_multiply(duckdb::FunctionBindExpressionInput& input) {
  return bind<'*'>(input);
}
BoundExpression bind_divide(duckdb::FunctionBindExpressionInput& input) { return bind<'/'>(input); }
BoundExpression bind_modulus(duckdb::FunctionBindExpressionInput& input) {
  return bind<'%'>(input);
}

}  // namespace foz::sql
