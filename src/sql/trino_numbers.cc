// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/math.html and bitwise.html

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "sql/trino_kernel_internal.h"
#include "sql/trino_themes_internal.h"

namespace foz::sql {

using duckdb::hugeint_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

// ---- Functions of any integer or floating type
// ----------------------------------------------------

// Op::apply<T> over the type of the first argument; the result is of that type.
template <class Op>
BoundExpression integral(TrinoCall& made) {
  made.result = made.type(0);
  switch (made.type(0).id()) {
    case LogicalTypeId::TINYINT: return kernel<&Op::template apply<int8_t>>(made);
    case LogicalTypeId::SMALLINT: return kernel<&Op::template apply<int16_t>>(made);
    case LogicalTypeId::INTEGER: return kernel<&Op::template apply<int32_t>>(made);
    default: return kernel<&Op::template apply<int64_t>>(made);
  }
}
template <class Op>
BoundExpression floating(TrinoCall& made) {
  made.result = made.type(0);
  return made.type(0).id() == LogicalTypeId::FLOAT ? kernel<&Op::template apply<float>>(made)
                                                   : kernel<&Op::template apply<double>>(made);
}

BoundExpression unchanged(TrinoCall& made) { return std::move(made[0]); }

struct Absolute {
  template <class T>
  static T apply(T value) {
    if constexpr (std::is_integral_v<T>) {
      if (value == std::numeric_limits<T>::min())
        out_of_range(fmt::format("Value {} is out of range for abs", value));
    }
    return static_cast<T>(std::abs(value));
  }
};
struct Sign {
  template <class T>
  static T apply(T value) {
    if (value == T(0) || value != value) return value;  // zero keeps its sign
    return value > T(0) ? T(1) : T(-1);
  }
};
struct Ceiling {
  template <class T>
  static T apply(T value) {
    return std::ceil(value);
  }
};
struct Floor {
  template <class T>
  static T apply(T value) {
    return std::floor(value);
  }
};
struct Truncated {
  template <class T>
  static T apply(T value) {
    return std::trunc(value);
  }
};

// Halves away from zero.
struct Rounded {
  template <class T>
  static T apply(T value) {
    return std::round(value);
  }
};
template <double (*Round)(double)>
struct RoundedTo {
  template <class T>
  static T apply(T value, int64_t digits) {
    if constexpr (std::is_integral_v<T>) {
      if (digits >= 0) return value;
      if (digits < -18) return 0;
      int64_t factor = 1;
      for (; digits < 0; ++digits) factor *= 10;
      const int64_t whole = int64_t(value) / factor * factor;
      const int64_t left = int64_t(value) - whole;
      const int64_t step = Round(double(left) / double(factor)) == 0 ? 0
                           : left < 0                                ? -factor
                                                                     : factor;
      int64_t out = 0;
      if (__builtin_add_overflow(whole, step, &out) || out != int64_t(T(out)))
        out_of_range(fmt::format("round out of range: {}", value));
      return T(out);
    } else {
      if (!std::isfinite(value) || digits > 320) return value;
      const double factor = std::pow(10.0, double(digits));
      const double scaled = double(value) * factor;
      if (factor == 0) return T(0);
      if (!std::isfinite(scaled) || std::abs(scaled) > 9007199254740992.0) return value;
      return T(Round(scaled) / factor);
    }
  }
};
double half_away(double value) { return std::round(value); }
double towards_zero(double value) { return std::trunc(value); }

// ---- Decimals -----------------------------------------------------------------------------------

hugeint_t power_of_ten(int digits) {
  hugeint_t out = 1;
  while (digits-- > 0) out *= hugeint_t(10);
  return out;
}

enum class Rounding { kHalfAway, kTruncate, kFloor, kCeiling };

template <Rounding Kind>
hugeint_t round_unscaled(hugeint_t value, hugeint_t factor) {
  hugeint_t quotient = value / factor;
  const hugeint_t rest = value % factor;
  const hugeint_t zero(0), one(1);
  if (rest == zero || Kind == Rounding::kTruncate) return quotient;
  const bool negative = rest < zero;
  const hugeint_t size = negative ? -rest : rest;
  if (Kind == Rounding::kHalfAway && size < factor - size) return quotient;
  if (Kind == Rounding::kFloor && !negative) return quotient;
  if (Kind == Rounding::kCeiling && negative) return quotient;
  return negative ? quotient - one : quotient + one;
}

template <Rounding Kind>
hugeint_t to_whole(hugeint_t value, int32_t scale) {
  return round_unscaled<Kind>(value, power_of_ten(scale));
}
template <Rounding Kind>
hugeint_t to_digits(hugeint_t value, int32_t scale, int64_t digits) {
  if (digits >= scale) return value;
  if (scale - digits > 38) return 0;
  const hugeint_t factor = power_of_ten(static_cast<int>(scale - digits));
  hugeint_t out;
  if (!duckdb::Hugeint::TryMultiply(round_unscaled<Kind>(value, factor), factor, out))
    out_of_range("decimal overflow");
  return out;
}
hugeint_t absolute(hugeint_t value) { return value < hugeint_t(0) ? -value : value; }
hugeint_t sign(hugeint_t value) {
  return value == hugeint_t(0) ? value : hugeint_t(value < hugeint_t(0) ? -1 : 1);
}

struct Precision {
  int width, scale;
};
Precision precision(const LogicalType& type) {
  return {duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
}
LogicalType decimal(int width, int scale) {
  return LogicalType::DECIMAL(static_cast<uint8_t>(std::clamp(width, 1, 38)),
                              static_cast<uint8_t>(scale));
}

// The unscaled value, and its scale for kernels that ask.
Arguments unscaled(TrinoCall& made, bool with_scale) {
  const int scale = precision(made.type(0)).scale;
  Arguments out = list_of(as(made.context, std::move(made[0]), decimal(38, scale)));
  if (with_scale) out.push_back(constant(duckdb::Value::INTEGER(scale)));
  for (size_t i = 1; i < made.size(); ++i) out.push_back(std::move(made[i]));
  return out;
}

template <Rounding Kind>
BoundExpression decimal_to_whole(TrinoCall& made) {
  const auto [width, scale] = precision(made.type(0));
  const int more = Kind == Rounding::kTruncate ? 0 : std::min(scale, 1);
  auto out = run_kernel<to_whole<Kind>>(made.context, made.name.c_str(), decimal(38, 0),
                                        unscaled(made, true));
  return as(made.context, std::move(out), decimal(width - scale + more, 0));
}
template <Rounding Kind>
BoundExpression decimal_to_digits(TrinoCall& made) {
  const auto [width, scale] = precision(made.type(0));
  auto out = run_kernel<to_digits<Kind>>(made.context, made.name.c_str(), decimal(38, scale),
                                         unscaled(made, true));
  return as(made.context, std::move(out),
            decimal(width + (Kind == Rounding::kHalfAway ? 1 : 0), scale));
}
BoundExpression decimal_abs(TrinoCall& made) {
  const LogicalType type = made.type(0);
  auto out = run_kernel<absolute>(made.context, "abs", decimal(38, precision(type).scale),
                                  unscaled(made, false));
  return as(made.context, std::move(out), type);
}
BoundExpression decimal_sign(TrinoCall& made) {
  auto out = run_kernel<sign>(made.context, "sign", decimal(38, 0), unscaled(made, false));
  return as(made.context, std::move(out), decimal(1, 0));
}

// ---- Bits ---------------------------------------------------------------------------------------

int64_t bits_and(int64_t a, int64_t b) { return a & b; }
int64_t bits_or(int64_t a, int64_t b) { return a | b; }
int64_t bits_xor(int64_t a, int64_t b) { return a ^ b; }
int64_t bits_not(int64_t a) { return ~a; }

struct ShiftLeft {
  template <class T>
  static T apply(T value, int64_t n) {
    const auto bits = static_cast<std::make_unsigned_t<T>>(value);
    return n < 0 || n >= int64_t(sizeof(T) * 8) ? T(0) : static_cast<T>(uint64_t(bits) << n);
  }
};
struct ShiftRight {
  template <class T>
  static T apply(T value, int64_t n) {
    const auto bits = static_cast<std::make_unsigned_t<T>>(value);
    return n < 0 || n >= int64_t(sizeof(T) * 8) ? T(0) : static_cast<T>(bits >> n);
  }
};
struct ShiftRightArithmetic {
  template <class T>
  static T apply(T value, int64_t n) {
    return static_cast<T>(value >>
                          std::clamp<int64_t>(n < 0 ? 63 : n, 0, int64_t(sizeof(T)) * 8 - 1));
  }
};

int64_t bit_count(int64_t value, int64_t bits) {
  if (bits <= 1 || bits > 64)
    invalid_argument(
        fmt::format("Bits specified in bit_count must be between 2 and 64, got {}", bits));
  const uint64_t mask = bits == 64 ? ~0ULL : (1ULL << bits) - 1;
  const int64_t low = bits == 64 ? std::numeric_limits<int64_t>::min() : -(1LL << (bits - 1));
  const int64_t high = bits == 64 ? std::numeric_limits<int64_t>::max() : (1LL << (bits - 1)) - 1;
  if (value < low || value > high)
    invalid_argument(
        fmt::format("Number must be representable with the bits specified. {} cannot be "
                    "represented with {} bits",
                    value, bits));
  return std::popcount(static_cast<uint64_t>(value) & mask);
}

// ---- Bases --------------------------------------------------------------------------------------

void check_radix(int64_t radix) {
  if (radix < 2 || radix > 36) invalid_argument("Radix must be between 2 and 36");
}

std::string to_base(int64_t value, int64_t radix) {
  check_radix(radix);
  std::string out;
  uint64_t left = value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value);
  do {
    out += "0123456789abcdefghijklmnopqrstuvwxyz"[left % static_cast<uint64_t>(radix)];
    left /= static_cast<uint64_t>(radix);
  } while (left);
  if (value < 0) out += '-';
  return {out.rbegin(), out.rend()};
}

int64_t from_base(std::string_view text, int64_t radix) {
  check_radix(radix);
  const auto bad = [&] {
    invalid_argument(fmt::format("Not a valid base-{} number: {}", radix, text));
  };
  const bool negative = text.starts_with('-');
  const size_t begin = negative || text.starts_with('+') ? 1 : 0;
  if (begin == text.size()) bad();
  int64_t out = 0;
  for (const char c : text.substr(begin)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 10
                      : c >= 'A' && c <= 'Z' ? c - 'A' + 10
                                             : 99;
    if (digit >= radix || __builtin_mul_overflow(out, radix, &out) ||
        __builtin_add_overflow(out, negative ? -digit : digit, &out))
      bad();
  }
  return out;
}

// ---- Floating point -----------------------------------------------------------------------------

template <double (*F)(double)>
double real_function(double value) {
  return F(value);
}
double degrees(double x) { return x * 180 / std::numbers::pi; }
double radians(double x) { return x / 180 * std::numbers::pi; }
double log_of(double base, double x) { return std::log(x) / std::log(base); }
double power(double base, double exponent) { return std::pow(base, exponent); }
double atan2(double y, double x) { return std::atan2(y, x); }
double pi() { return std::numbers::pi; }
double e() { return std::numbers::e; }
double infinity() { return std::numeric_limits<double>::infinity(); }
double nan() { return std::numeric_limits<double>::quiet_NaN(); }
bool is_nan(double x) { return std::isnan(x); }
bool is_finite(double x) { return std::isfinite(x); }
bool is_infinite(double x) { return std::isinf(x); }

int64_t width_bucket(double operand, double low, double high, int64_t buckets) {
  if (buckets <= 0) invalid_argument("bucketCount must be greater than 0");
  if (std::isnan(operand)) invalid_argument("operand must not be NaN");
  if (!std::isfinite(low)) invalid_argument("first bound must be finite");
  if (!std::isfinite(high)) invalid_argument("second bound must be finite");
  if (low == high) invalid_argument("bounds cannot equal each other");
  const bool down = low > high;
  if (down ? operand > low : operand < low) return 0;
  if (down ? operand <= high : operand >= high) {
    if (buckets == std::numeric_limits<int64_t>::max())
      out_of_range("Bucket for value is out of range");
    return buckets + 1;
  }
  return static_cast<int64_t>(double(buckets) * (operand - low) / (high - low) + 1);
}

double bounded_random(double fraction, int64_t low, int64_t high) {
  if (high <= low)
    invalid_argument(low == 0 ? "bound must be positive" : "min must be less than max");
  return std::min(std::floor(fraction * double(high - low)) + double(low), double(high) - 1);
}
BoundExpression random(TrinoCall& made) {
  auto fraction = call(made.context, "random", {});
  if (made.size() == 0) return fraction;
  const LogicalType type = made.type(0);
  auto low = made.size() == 2 ? std::move(made[0]) : constant(duckdb::Value::BIGINT(0));
  auto high = std::move(made.arguments.back());
  auto out = run_kernel<bounded_random>(
      made.context, "random", LogicalType::DOUBLE,
      list_of(std::move(fraction), as(made.context, std::move(low), LogicalType::BIGINT),
              as(made.context, std::move(high), LogicalType::BIGINT)));
  return as(made.context, std::move(out), type);
}

constexpr TrinoFunction kFunctions[] = {
    {"abs", "integral -> ?", integral<Absolute>},
    {"abs", "decimal -> ?", decimal_abs},
    {"abs", "floating -> ?", floating<Absolute>},
    {"acos", "double -> double", kernel<real_function<std::acos>>},
    {"asin", "double -> double", kernel<real_function<std::asin>>},
    {"atan", "double -> double", kernel<real_function<std::atan>>},
    {"atan2", "double, double -> double", kernel<atan2>},
    {"bit_count", "bigint, bigint -> bigint", kernel<bit_count>},
    {"bitwise_and", "bigint, bigint -> bigint", kernel<bits_and>},
    {"bitwise_left_shift", "integral, bigint -> ?", integral<ShiftLeft>},
    {"bitwise_not", "bigint -> bigint", kernel<bits_not>},
    {"bitwise_or", "bigint, bigint -> bigint", kernel<bits_or>},
    {"bitwise_right_shift", "integral, bigint -> ?", integral<ShiftRight>},
    {"bitwise_right_shift_arithmetic", "integral, bigint -> ?", integral<ShiftRightArithmetic>},
    {"bitwise_xor", "bigint, bigint -> bigint", kernel<bits_xor>},
    {"cbrt", "double -> double", kernel<real_function<std::cbrt>>},
    {"ceil", "integral -> ?", unchanged},
    {"ceil", "decimal -> ?", decimal_to_whole<Rounding::kCeiling>},
    {"ceil", "floating -> ?", floating<Ceiling>},
    {"ceiling", "integral -> ?", unchanged},
    {"ceiling", "decimal -> ?", decimal_to_whole<Rounding::kCeiling>},
    {"ceiling", "floating -> ?", floating<Ceiling>},
    {"cos", "double -> double", kernel<real_function<std::cos>>},
    {"cosh", "double -> double", kernel<real_function<std::cosh>>},
    {"degrees", "double -> double", kernel<degrees>},
    {"e", "-> double", kernel<e>},
    {"exp", "double -> double", kernel<real_function<std::exp>>},
    {"floor", "integral -> ?", unchanged},
    {"floor", "decimal -> ?", decimal_to_whole<Rounding::kFloor>},
    {"floor", "floating -> ?", floating<Floor>},
    {"from_base", "varchar, bigint -> bigint", kernel<from_base>},
    {"infinity", "-> double", kernel<infinity>},
    {"is_finite", "double -> boolean", kernel<is_finite>},
    {"is_infinite", "double -> boolean", kernel<is_infinite>},
    {"is_nan", "double -> boolean", kernel<is_nan>},
    {"ln", "double -> double", kernel<real_function<std::log>>},
    {"log", "double, double -> double", kernel<log_of>},
    {"log10", "double -> double", kernel<real_function<std::log10>>},
    {"log2", "double -> double", kernel<real_function<std::log2>>},
    {"nan", "-> double", kernel<nan>},
    {"pi", "-> double", kernel<pi>},
    {"pow", "double, double -> double", kernel<power>},
    {"power", "double, double -> double", kernel<power>},
    {"radians", "double -> double", kernel<radians>},
    {"rand", "-> double", random},
    {"rand", "integral -> ?", random},
    {"rand", "integral, integral -> ?", random},
    {"random", "-> double", random},
    {"random", "integral -> ?", random},
    {"random", "integral, integral -> ?", random},
    {"round", "integral -> ?", unchanged},
    {"round", "integral, bigint -> ?", integral<RoundedTo<half_away>>},
    {"round", "decimal -> ?", decimal_to_whole<Rounding::kHalfAway>},
    {"round", "decimal, bigint -> ?", decimal_to_digits<Rounding::kHalfAway>},
    {"round", "floating -> ?", floating<Rounded>},
    {"round", "floating, bigint -> ?", floating<RoundedTo<half_away>>},
    {"sign", "integral -> ?", integral<Sign>},
    {"sign", "decimal -> ?", decimal_sign},
    {"sign", "floating -> ?", floating<Sign>},
    {"sin", "double -> double", kernel<real_function<std::sin>>},
    {"sinh", "double -> double", kernel<real_function<std::sinh>>},
    {"sqrt", "double -> double", kernel<real_function<std::sqrt>>},
    {"tan", "double -> double", kernel<real_function<std::tan>>},
    {"tanh", "double -> double", kernel<real_function<std::tanh>>},
    {"to_base", "bigint, bigint -> varchar", kernel<to_base>},
    {"truncate", "decimal -> ?", decimal_to_whole<Rounding::kTruncate>},
    {"truncate", "decimal, bigint -> ?", decimal_to_digits<Rounding::kTruncate>},
    {"truncate", "floating -> ?", floating<Truncated>},
    {"truncate", "floating, bigint -> ?", floating<RoundedTo<towards_zero>>},
    {"width_bucket", "double, double, double, bigint -> bigint", kernel<width_bucket>},
};

}  // namespace

std::span<const TrinoFunction> number_functions() { return kFunctions; }

}  // namespace foz::sql
