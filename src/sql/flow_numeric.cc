// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Operators and functions of numbers. https://spark.apache.org/docs/latest/api/sql/

#include <fmt/format.h>

#include <cmath>

#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "sql/flow_arithmetic_internal.h"
#include "sql/spark_text.h"

namespace foz::sql {

using duckdb::Value;
using duckdb::Vector;

namespace {

Ex operator_(Build& build, const Expr& call, Args& args) {
  if (call.text == "+" || call.text == "-") {
    if (Ex time = time_arithmetic(build, call, args)) return time;
  }
  const std::string_view symbol = call.text == "mod" ? "%" : std::string_view(call.text);
  return arithmetic(build, call.span, symbol[0], symbol, std::move(args[0]), std::move(args[1]),
                    OnError::kNote);
}

template <char kOp>
Ex try_operator(Build& build, const Expr& call, Args& args) {
  return arithmetic(build, call.span, kOp, call.text, std::move(args[0]), std::move(args[1]),
                    OnError::kNull);
}

Ex div(Build& build, const Expr& call, Args& args) {
  return integral_division(build, call.span, std::move(args[0]), std::move(args[1]),
                           OnError::kNote);
}

Ex number(Build& build, const Expr& call, Ex ex) {
  if (is_string(ex) || ex->return_type.id() == LogicalTypeId::SQLNULL) {
    ex = build.cast(call.span, std::move(ex), LogicalType::DOUBLE, OnError::kNote);
  }
  if (!is_numeric(ex->return_type)) {
    Build::refuse(call.span, fmt::format("{} takes a number, not a {}", call.text,
                                         spark_name(ex->return_type)));
  }
  return ex;
}

// The sign changed, or made positive.
template <class T>
Kernel sign_kernel(RowErrors* errors, const std::string& name, bool absolute,
                   const std::string& type) {
  return checked_rows<T, T>(
      errors,
      [absolute](Vector&, T& out, T in) {
        if (absolute && in >= 0) return out = in, true;
        return !__builtin_sub_overflow(T{0}, in, &out);
      },
      [name, type](T in) { return fmt::format("{}({}) failed: {} overflow", name, in, type); });
}

Ex change_sign(Build& build, const Expr& call, Args& args) {
  Args one;
  one.push_back(number(build, call, std::move(args[0])));
  const LogicalType type = one[0]->return_type;
  const bool absolute = call.text == "abs";
  if (!is_integral(type)) return build.builtin(call.span, absolute ? "abs" : "-", std::move(one));
  RowErrors* errors = build.errors(OnError::kNote);
  const std::string name = absolute ? "abs" : "-", shown_type = spark_name(type);
  Kernel kernel = type.id() == LogicalTypeId::TINYINT
                      ? sign_kernel<int8_t>(errors, name, absolute, shown_type)
                  : type.id() == LogicalTypeId::SMALLINT
                      ? sign_kernel<int16_t>(errors, name, absolute, shown_type)
                  : type.id() == LogicalTypeId::INTEGER
                      ? sign_kernel<int32_t>(errors, name, absolute, shown_type)
                      : sign_kernel<int64_t>(errors, name, absolute, shown_type);
  return build.checked(call.text, type, std::move(one), std::move(kernel));
}

// Half up in decimal digits, as Java's BigDecimal of Double.toString.
double round_double(double value, int scale) {
  if (!std::isfinite(value) || std::abs(value) >= 1e18) return value;
  spark::int128 digits = 0;
  if (scale > 18 || !spark::read_decimal(fmt::format("{}", value), 38, std::max(scale, 0), digits))
    return value;
  if (scale < 0) {
    const double unit = std::pow(10.0, -scale);
    return std::copysign(std::floor(std::abs(value) / unit + 0.5) * unit, value);
  }
  double result = 0;
  std::string text = fmt::format("{}e{}", fmt::format("{}", static_cast<double>(digits)), -scale);
  if (digits < (spark::int128{1} << 62) && digits > -(spark::int128{1} << 62)) {
    text = fmt::format("{}e{}", static_cast<int64_t>(digits), -scale);
  }
  return spark::read_double(text, result) ? result : value;
}

Ex round(Build& build, const Expr& call, Args& args) {
  Ex value = number(build, call, std::move(args[0]));
  int scale = 0;
  if (args.size() > 1) {
    const auto constant = Build::value_of(args[1]);
    if (!constant || constant->IsNull() || !is_integral(constant->type())) {
      Build::refuse(call.args[1]->span, "the number of digits must be a constant integer");
    }
    scale = constant->GetValue<int32_t>();
    if (scale < -18 || scale > 38)
      Build::refuse(call.args[1]->span, "the number of digits is out of range");
  }
  const LogicalType type = value->return_type;
  if (is_integral(type) && scale >= 0) return value;
  if (type.id() == LogicalTypeId::DECIMAL && scale >= 0) {
    const int precision = duckdb::DecimalType::GetWidth(type),
              digits = duckdb::DecimalType::GetScale(type);
    const int kept = std::min(digits, scale);
    const int size = std::min(precision - digits + 1 + kept, 38);
    return build.cast(call.span, std::move(value),
                      LogicalType::DECIMAL(static_cast<uint8_t>(size), static_cast<uint8_t>(kept)),
                      OnError::kNote);
  }
  if (!type.IsFloating()) Build::refuse(call.span, "round to tens and hundreds needs a DOUBLE");
  Args one;
  one.push_back(build.cast(call.span, std::move(value), LogicalType::DOUBLE, OnError::kNote));
  auto rounded = build.call("round", LogicalType::DOUBLE, std::move(one),
                            rows<double, double>([scale](Vector&, double& out, double in) {
                              out = round_double(in, scale);
                              return true;
                            }));
  return build.cast(call.span, std::move(rounded), type, OnError::kNote);
}

Ex floor_ceil(Build& build, const Expr& call, Args& args) {
  Args one;
  one.push_back(number(build, call, std::move(args[0])));
  const LogicalType type = one[0]->return_type;
  const bool up = call.text != "floor";
  if (is_integral(type))
    return build.cast(call.span, std::move(one[0]), LogicalType::BIGINT, OnError::kNote);
  if (type.id() == LogicalTypeId::DECIMAL) {
    const int precision = duckdb::DecimalType::GetWidth(type),
              scale = duckdb::DecimalType::GetScale(type);
    auto whole = build.builtin(call.span, up ? "ceil" : "floor", std::move(one));
    const int size = std::min(precision - scale + 1, 38);
    return build.cast(call.span, std::move(whole),
                      LogicalType::DECIMAL(static_cast<uint8_t>(size), 0), OnError::kNote);
  }
  one[0] = build.cast(call.span, std::move(one[0]), LogicalType::DOUBLE, OnError::kNote);
  auto whole = build.call(call.text, LogicalType::DOUBLE, std::move(one),
                          rows<double, double>([up](Vector&, double& out, double in) {
                            out = up ? std::ceil(in) : std::floor(in);
                            return true;
                          }));
  return build.cast(call.span, std::move(whole), LogicalType::BIGINT, OnError::kNote);
}

// DOUBLE of DOUBLE; logarithms of what has none are NULL, as in Spark.
template <double (*kFunction)(double), bool kPositive = false>
Ex of_double(Build& build, const Expr& call, Args& args) {
  args[0] = build.implicit(call.span, std::move(args[0]), LogicalType::DOUBLE);
  return build.call(call.text, LogicalType::DOUBLE, std::move(args),
                    rows<double, double>([](Vector&, double& out, double in) {
                      if (kPositive && in <= 0) return false;
                      out = kFunction(in);
                      return true;
                    }));
}

double sign(double value) { return value > 0 ? 1 : value < 0 ? -1 : value; }
double sqrt(double value) { return std::sqrt(value); }
double exp(double value) { return std::exp(value); }
double ln(double value) { return std::log(value); }
double log10(double value) { return std::log10(value); }
double log2(double value) { return std::log2(value); }
double sin(double value) { return std::sin(value); }
double cos(double value) { return std::cos(value); }
double tan(double value) { return std::tan(value); }
double atan(double value) { return std::atan(value); }
double radians(double value) { return value / 180.0 * M_PI; }
double degrees(double value) { return value * 180.0 / M_PI; }

template <double (*kFunction)(double, double)>
Ex of_doubles(Build& build, const Expr& call, Args& args) {
  for (Ex& arg : args) arg = build.implicit(call.span, std::move(arg), LogicalType::DOUBLE);
  return build.call(call.text, LogicalType::DOUBLE, std::move(args),
                    rows<double, double, double>([](Vector&, double& out, double a, double b) {
                      out = kFunction(a, b);
                      return true;
                    }));
}
double power(double a, double b) { return std::pow(a, b); }
double atan2(double a, double b) { return std::atan2(a, b); }

constexpr Function kFunctions[] = {
    {"+", 2, 2, operator_},
    {"-", 2, 2, operator_},
    {"*", 2, 2, operator_},
    {"/", 2, 2, operator_},
    {"%", 2, 2, operator_},
    {"mod", 2, 2, operator_},
    {"div", 2, 2, div},
    {"try_add", 2, 2, try_operator<'+'>},
    {"try_subtract", 2, 2, try_operator<'-'>},
    {"try_multiply", 2, 2, try_operator<'*'>},
    {"try_divide", 2, 2, try_operator<'/'>},
    {"try_mod", 2, 2, try_operator<'%'>},
    {"negative", 1, 1, change_sign},
    {"abs", 1, 1, change_sign},
    {"round", 1, 2, round},
    {"floor", 1, 1, floor_ceil},
    {"ceil", 1, 1, floor_ceil},
    {"ceiling", 1, 1, floor_ceil},
    {"pow", 2, 2, of_doubles<power>},
    {"power", 2, 2, of_doubles<power>},
    {"atan2", 2, 2, of_doubles<atan2>},
    {"sqrt", 1, 1, of_double<sqrt>},
    {"exp", 1, 1, of_double<exp>},
    {"ln", 1, 1, of_double<ln, true>},
    {"log10", 1, 1, of_double<log10, true>},
    {"log2", 1, 1, of_double<log2, true>},
    {"sin", 1, 1, of_double<sin>},
    {"cos", 1, 1, of_double<cos>},
    {"tan", 1, 1, of_double<tan>},
    {"atan", 1, 1, of_double<atan>},
    {"radians", 1, 1, of_double<radians>},
    {"degrees", 1, 1, of_double<degrees>},
    {"sign", 1, 1, of_double<sign>},
    {"signum", 1, 1, of_double<sign>},
};

}  // namespace

std::span<const Function> arithmetic_functions() { return kFunctions; }

}  // namespace foz::sql
