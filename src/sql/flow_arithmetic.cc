// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// + - * / % DIV and the numeric functions, as Spark's ANSI mode: overflow and division by zero fail
// the row. https://spark.apache.org/docs/latest/sql-ref-ansi-compliance.html#arithmetic-operations

#include <arrow/util/basic_decimal.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "duckdb/common/types/decimal.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "sql/flow_arithmetic_internal.h"
#include "sql/spark_text.h"

namespace foz::sql {

using duckdb::hugeint_t;
using duckdb::Vector;

namespace {

enum class Fault { kNone, kOverflow, kZero };

template <class T>
std::string number(const T& value) {
  if constexpr (std::is_same_v<T, double>) {
    return spark::write_double(value);
  } else if constexpr (std::is_same_v<T, float>) {
    return spark::write_float(value);
  } else {
    return fmt::format("{}", value);
  }
}

template <class T>
Fault apply(char op, T a, T b, T& out) {
  if constexpr (std::is_floating_point_v<T>) {
    if ((op == '/' || op == '%') && b == 0) return Fault::kZero;
    out = op == '+'   ? a + b
          : op == '-' ? a - b
          : op == '*' ? a * b
          : op == '/' ? a / b
                      : std::fmod(a, b);
    return Fault::kNone;
  } else {
    bool overflow = false;
    switch (op) {
      case '+': overflow = __builtin_add_overflow(a, b, &out); break;
      case '-': overflow = __builtin_sub_overflow(a, b, &out); break;
      case '*': overflow = __builtin_mul_overflow(a, b, &out); break;
      default:
        if (b == 0) return Fault::kZero;
        if (op == '%') {
          out = b == -1 ? T{0} : static_cast<T>(a % b);
        } else {
          overflow = a == std::numeric_limits<T>::min() && b == -1;
          if (!overflow) out = static_cast<T>(a / b);
        }
    }
    return overflow ? Fault::kOverflow : Fault::kNone;
  }
}

template <class T, char kOp>
Kernel arithmetic_kernel(RowErrors* errors, std::string_view symbol, std::string type) {
  return checked_rows<T, T, T>(
      errors, [](Vector&, T& out, T a, T b) { return apply<T>(kOp, a, b, out) == Fault::kNone; },
      [symbol = std::string(symbol), type](T a, T b) {
        T out{};
        const bool zero = apply<T>(kOp, a, b, out) == Fault::kZero;
        return fmt::format("{} {} {} failed: {}", number(a), symbol, number(b),
                           zero ? "division by zero" : type + " overflow");
      });
}

template <class T>
Ex arithmetic(Build& build, char op, std::string_view symbol, Args args, OnError on_error) {
  const LogicalType type = args[0]->return_type;
  RowErrors* errors = build.errors(on_error);
  const std::string name = spark_name(type);
  Kernel kernel = op == '+'   ? arithmetic_kernel<T, '+'>(errors, symbol, name)
                  : op == '-' ? arithmetic_kernel<T, '-'>(errors, symbol, name)
                  : op == '*' ? arithmetic_kernel<T, '*'>(errors, symbol, name)
                  : op == '/' ? arithmetic_kernel<T, '/'>(errors, symbol, name)
                              : arithmetic_kernel<T, '%'>(errors, symbol, name);
  return build.checked(std::string(symbol), type, std::move(args), std::move(kernel));
}

// --- decimals

struct Size {
  int precision, scale;
};

// DecimalType.adjustPrecisionScale: keeps the whole digits, and at least six of the fraction.
Size adjusted(int precision, int scale) {
  if (precision <= 38) return {precision, scale};
  const int whole = precision - scale;
  return {38, std::max(38 - whole, std::min(scale, 6))};
}

Size size_of(const LogicalType& type) {
  return {duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
}

Size result_size(char op, Size a, Size b) {
  const int whole = std::max(a.precision - a.scale, b.precision - b.scale),
            scale = std::max(a.scale, b.scale);
  switch (op) {
    case '*': return adjusted(a.precision + b.precision + 1, a.scale + b.scale);
    case '/': {
      const int fraction = std::max(6, a.scale + b.precision + 1);
      return adjusted(a.precision - a.scale + b.scale + fraction, fraction);
    }
    case '%':
      return adjusted(std::min(a.precision - a.scale, b.precision - b.scale) + scale, scale);
    default: return adjusted(whole + scale + 1, scale);
  }
}

// What lies between: products and scaled quotients of 38 digits have up to 76.
using Wide = arrow::BasicDecimal256;
constexpr int kWidest = 76;

Wide wide(const hugeint_t& value) { return Wide(arrow::BasicDecimal128(value.upper, value.lower)); }
hugeint_t huge(const Wide& value) {  // of at most 38 digits
  const auto words = value.little_endian_array();
  return hugeint_t(static_cast<int64_t>(words[1]), words[0]);
}

// value × 10^by, rounded half up; false on overflow.
bool rescale(Wide& value, int by) {
  if (by > 0) {
    if (by > kWidest || !value.FitsInPrecision(kWidest - by)) return value == Wide(0);
    value = value.IncreaseScaleBy(by);
  } else if (by < 0) {
    value = -by > kWidest ? Wide(0) : value.ReduceScaleBy(-by, true);
  }
  return true;
}

struct DecimalOperation {
  char op;
  Size a, b, result;

  Fault operator()(const hugeint_t& left, const hugeint_t& right, hugeint_t& out) const {
    Wide x = wide(left), y = wide(right), value;
    if ((op == '/' || op == '%') && y == Wide(0)) return Fault::kZero;
    bool ok = true;
    if (op == '*') {
      value = x * y;
      ok = rescale(value, result.scale - a.scale - b.scale);
    } else if (op == '/') {
      const int shift = result.scale - a.scale + b.scale;
      // What does not fit has a quotient that does not either.
      ok = rescale(shift >= 0 ? x : y, std::abs(shift));
      if (ok) value = rounded_quotient(x, y);
    } else {
      const int scale = std::max(a.scale, b.scale);
      ok = rescale(x, scale - a.scale) && rescale(y, scale - b.scale);
      value = op == '+' ? x + y : op == '-' ? x + -y : x % y;
      ok = ok && rescale(value, result.scale - scale);
    }
    if (!ok || !value.FitsInPrecision(result.precision)) return Fault::kOverflow;
    out = huge(value);
    return Fault::kNone;
  }

 private:
  static Wide rounded_quotient(const Wide& x, const Wide& y) {
    Wide quotient, rest;
    x.Divide(y, &quotient, &rest);
    const Wide r = Wide::Abs(rest), d = Wide::Abs(y);
    if (r + r >= d) quotient += (x < Wide(0)) == (y < Wide(0)) ? Wide(1) : Wide(-1);
    return quotient;
  }
};

Ex decimal_arithmetic(Build& build, char op, std::string_view symbol, Args args, OnError on_error) {
  DecimalOperation operation{op, size_of(args[0]->return_type), size_of(args[1]->return_type), {}};
  operation.result = result_size(op, operation.a, operation.b);
  const auto text = [](const hugeint_t& value, Size size) {
    return duckdb::Decimal::ToString(value, 38, static_cast<uint8_t>(size.scale));
  };
  const auto type = [](Size size) {
    return LogicalType::DECIMAL(static_cast<uint8_t>(size.precision),
                                static_cast<uint8_t>(size.scale));
  };
  auto kernel = checked_rows<hugeint_t, hugeint_t, hugeint_t>(
      build.errors(on_error),
      [operation](Vector&, hugeint_t& out, const hugeint_t& x, const hugeint_t& y) {
        return operation(x, y, out) == Fault::kNone;
      },
      [operation, symbol = std::string(symbol), text, name = spark_name(type(operation.result))](
          const hugeint_t& x, const hugeint_t& y) {
        hugeint_t value;
        const bool zero = operation(x, y, value) == Fault::kZero;
        return fmt::format("{} {} {} failed: {}", text(x, operation.a), symbol,
                           text(y, operation.b), zero ? "division by zero" : name + " overflow");
      });
  for (size_t i = 0; i < 2; i++) {
    const Size size = i == 0 ? operation.a : operation.b;
    args[i] = duckdb::BoundCastExpression::AddCastToType(build.context(), std::move(args[i]),
                                                         type({38, size.scale}));
  }
  auto result = build.checked(std::string(symbol), type({38, operation.result.scale}),
                              std::move(args), std::move(kernel));
  return duckdb::BoundCastExpression::AddCastToType(build.context(), std::move(result),
                                                    type(operation.result));
}

// The smallest DECIMAL of a literal, that of its type otherwise.
Ex to_decimal(Build& build, Span span, Ex ex) {
  if (!is_integral(ex->return_type)) return ex;
  LogicalType type = decimal_for(ex->return_type);
  if (const auto value = Build::value_of(ex); value && !value->IsNull()) {
    const std::string digits = value->ToString();
    type = LogicalType::DECIMAL(static_cast<uint8_t>(digits.size() - digits.starts_with('-')), 0);
  }
  return build.cast(span, std::move(ex), type, OnError::kNote);
}

Ex typed(Build& build, char op, std::string_view symbol, Args args, OnError on_error) {
  switch (args[0]->return_type.id()) {
    case LogicalTypeId::TINYINT:
      return arithmetic<int8_t>(build, op, symbol, std::move(args), on_error);
    case LogicalTypeId::SMALLINT:
      return arithmetic<int16_t>(build, op, symbol, std::move(args), on_error);
    case LogicalTypeId::INTEGER:
      return arithmetic<int32_t>(build, op, symbol, std::move(args), on_error);
    case LogicalTypeId::BIGINT:
      return arithmetic<int64_t>(build, op, symbol, std::move(args), on_error);
    case LogicalTypeId::FLOAT:
      return arithmetic<float>(build, op, symbol, std::move(args), on_error);
    default: return arithmetic<double>(build, op, symbol, std::move(args), on_error);
  }
}

}  // namespace

Ex arithmetic(Build& build, Span span, char op, std::string_view symbol, Ex a, Ex b,
              OnError on_error) {
  const auto id = [](const Ex& ex) { return ex->return_type.id(); };
  if (is_string(a) != is_string(b)) {
    Ex& text = is_string(a) ? a : b;
    const auto type = Build::common_type(a->return_type, b->return_type);
    if (type && is_numeric(*type)) text = build.cast(span, std::move(text), *type, OnError::kNote);
  }
  if (id(a) == LogicalTypeId::SQLNULL)
    a = build.cast(span, std::move(a), b->return_type, OnError::kNote);
  if (id(b) == LogicalTypeId::SQLNULL)
    b = build.cast(span, std::move(b), a->return_type, OnError::kNote);
  if (id(a) == LogicalTypeId::SQLNULL)
    a = build.cast(span, std::move(a), LogicalType::INTEGER, OnError::kNote);
  if (id(b) == LogicalTypeId::SQLNULL)
    b = build.cast(span, std::move(b), LogicalType::INTEGER, OnError::kNote);
  if (!is_numeric(a->return_type) || !is_numeric(b->return_type)) {
    Build::refuse(span, fmt::format("{} {} {} is not possible", spark_name(a->return_type), symbol,
                                    spark_name(b->return_type)));
  }
  const bool floating = Build::common_type(a->return_type, b->return_type)->IsFloating();
  const bool decimal =
      !floating && (id(a) == LogicalTypeId::DECIMAL || id(b) == LogicalTypeId::DECIMAL);
  if (decimal) {
    a = to_decimal(build, span, std::move(a));
    b = to_decimal(build, span, std::move(b));
    return decimal_arithmetic(build, op, symbol, list(std::move(a), std::move(b)), on_error);
  }
  auto type = *Build::common_type(a->return_type, b->return_type);
  if (op == '/') type = LogicalType::DOUBLE;
  a = build.cast(span, std::move(a), type, OnError::kNote);
  b = build.cast(span, std::move(b), type, OnError::kNote);
  return typed(build, op, symbol, list(std::move(a), std::move(b)), on_error);
}

// DIV: a BIGINT, of integers or decimals.
Ex integral_division(Build& build, Span span, Ex a, Ex b, OnError on_error) {
  const LogicalType type = LogicalType::BIGINT;
  if (!is_numeric(a->return_type) || !is_numeric(b->return_type) || a->return_type.IsFloating() ||
      b->return_type.IsFloating()) {
    Build::refuse(span, fmt::format("{} DIV {} is not possible", spark_name(a->return_type),
                                    spark_name(b->return_type)));
  }
  if (is_integral(a->return_type) && is_integral(b->return_type)) {
    a = build.cast(span, std::move(a), type, on_error);
    b = build.cast(span, std::move(b), type, on_error);
    // For integers apply('/') truncates.
    return arithmetic<int64_t>(build, '/', "DIV", list(std::move(a), std::move(b)), on_error);
  }
  auto quotient = arithmetic(build, span, '/', "DIV", std::move(a), std::move(b), on_error);
  return build.cast(span, std::move(quotient), type, on_error);
}

}  // namespace foz::sql
