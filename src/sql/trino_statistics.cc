// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Distributions and intervals.
// https://trino.io/docs/current/functions/math.html#statistical-functions

#include <cmath>
#include <numbers>

#include "sql/trino_kernel_internal.h"
#include "sql/trino_themes_internal.h"

namespace foz::sql {

namespace {

void check_probability(double p) {
  if (!(p > 0 && p < 1)) invalid_argument("p must be in the interval (0, 1)");
}

double normal_cdf(double mean, double deviation, double value) {
  if (!(deviation > 0)) invalid_argument("standardDeviation must be > 0");
  return 0.5 * std::erfc(-(value - mean) / (deviation * std::numbers::sqrt2));
}

// The point below which `p` of an increasing function from 0 to 1 lies.
template <class F>
double inverse(F cumulative, double p, double low, double high) {
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = low + (high - low) / 2;
    if (middle == low || middle == high) break;
    (cumulative(middle) < p ? low : high) = middle;
  }
  return low + (high - low) / 2;
}

double inverse_normal_cdf(double mean, double deviation, double p) {
  check_probability(p);
  if (!(deviation > 0)) invalid_argument("standardDeviation must be > 0");
  return mean + deviation * inverse([](double x) { return normal_cdf(0, 1, x); }, p, -40, 40);
}

// The regularized incomplete beta function by its continued fraction: DLMF 8.17.22.
double incomplete_beta(double a, double b, double x) {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incomplete_beta(b, a, 1 - x);
  const double front = std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) +
                                a * std::log(x) + b * std::log1p(-x)) /
                       a;
  constexpr double kTiny = 1e-300;
  double c = 1, d = 0, fraction = 1;
  for (int i = 0; i <= 1000; ++i) {
    const int m = i / 2;
    const double step = i == 0       ? 1
                        : i % 2 == 0 ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
                                     : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 + step * d;
    d = 1 / (std::abs(d) < kTiny ? kTiny : d);
    c = 1 + step / c;
    c = std::abs(c) < kTiny ? kTiny : c;
    fraction *= c * d;
    if (std::abs(1 - c * d) < 1e-15) break;
  }
  return front * (fraction - 1);
}

void check_shape(double a, double b) {
  if (!(a > 0 && b > 0)) invalid_argument("a, b must be > 0");
}
double beta_cdf(double a, double b, double value) {
  check_shape(a, b);
  if (!(value >= 0 && value <= 1)) invalid_argument("value must be in the interval [0, 1]");
  return incomplete_beta(a, b, value);
}
double inverse_beta_cdf(double a, double b, double p) {
  check_shape(a, b);
  if (!(p >= 0 && p <= 1)) invalid_argument("p must be in the interval [0, 1]");
  return inverse([&](double x) { return incomplete_beta(a, b, x); }, p, 0, 1);
}

double t_cdf(double x, double freedom) {
  if (!(freedom > 0)) invalid_argument("df must be greater than 0");
  const double tail = incomplete_beta(freedom / 2, 0.5, freedom / (freedom + x * x)) / 2;
  return x > 0 ? 1 - tail : tail;
}
double t_pdf(double x, double freedom) {
  if (!(freedom > 0)) invalid_argument("df must be greater than 0");
  return std::exp(std::lgamma((freedom + 1) / 2) - std::lgamma(freedom / 2)) /
         std::sqrt(freedom * std::numbers::pi) * std::pow(1 + x * x / freedom, -(freedom + 1) / 2);
}

// https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
template <bool Upper>
double wilson_interval(int64_t successes, int64_t trials, double z) {
  if (successes < 0) invalid_argument("number of successes must not be negative");
  if (trials <= 0) invalid_argument("number of trials must be positive");
  if (successes > trials)
    invalid_argument("number of successes must not be larger than number of trials");
  if (z < 0) invalid_argument("z-score must not be negative");
  const auto s = static_cast<double>(successes), n = static_cast<double>(trials);
  const double p = s / n;
  const double middle = p + z * z / (2 * n);
  const double width = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
  return (Upper ? middle + width : middle - width) / (1 + z * z / n);
}

constexpr TrinoFunction kFunctions[] = {
    {"beta_cdf", "double, double, double -> double", kernel<beta_cdf>},
    {"inverse_beta_cdf", "double, double, double -> double", kernel<inverse_beta_cdf>},
    {"inverse_normal_cdf", "double, double, double -> double", kernel<inverse_normal_cdf>},
    {"normal_cdf", "double, double, double -> double", kernel<normal_cdf>},
    {"t_cdf", "double, double -> double", kernel<t_cdf>},
    {"t_pdf", "double, double -> double", kernel<t_pdf>},
    {"wilson_interval_lower", "bigint, bigint, double -> double", kernel<wilson_interval<false>>},
    {"wilson_interval_upper", "bigint, bigint, double -> double", kernel<wilson_interval<true>>},
};

}  // namespace

std::span<const TrinoFunction> statistics_functions() { return kFunctions; }

}  // namespace foz::sql
