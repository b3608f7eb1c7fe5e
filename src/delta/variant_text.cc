// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/variant_text_internal.h"

#include <arrow/util/base64.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>

#include "base/uuid.h"

namespace foz::delta {
namespace {

template <class Number>
void append_number(Number number, std::string& out) {
  if (std::isnan(number)) return void(out.append("\"NaN\""));
  if (std::isinf(number)) return void(out.append(number > 0 ? "\"Infinity\"" : "\"-Infinity\""));
  if (std::signbit(number)) out.push_back('-');
  number = std::abs(number);
  std::array<char, 64> buffer{};
  const bool plain = number == 0 || (number >= Number(1e-3) && number < Number(1e7));
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<size_t>(end.ptr - buffer.data()));
  const size_t e = std::min(text.find('e'), text.size());
  out.append(text.substr(0, e));
  if (text.substr(0, e).find('.') == std::string_view::npos) out.append(".0");
  if (e == text.size()) return;
  // "e+07" is "E7".
  std::string_view exponent = text.substr(e + 1);
  out.push_back('E');
  if (exponent.front() == '-') out.push_back('-');
  exponent.remove_prefix(1);
  while (exponent.size() > 1 && exponent.front() == '0') exponent.remove_prefix(1);
  out.append(exponent);
}

std::string day_text(int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// `fraction` of a second in `digits` decimal digits.
void append_time(int64_t seconds, int64_t fraction, int digits, bool zoned, std::string& out) {
  constexpr int64_t kDay = 86'400;
  const int64_t day = seconds / kDay - (seconds % kDay < 0 ? 1 : 0), rest = seconds - day * kDay;
  fmt::format_to(std::back_inserter(out), "\"{} {:02}:{:02}:{:02}", day_text(day), rest / 3600,
                 rest / 60 % 60, rest % 60);
  if (fraction > 0) {
    std::string text = fmt::format(".{:0{}}", fraction, digits);
    while (text.back() == '0') text.pop_back();
    out.append(text);
  }
  out.append(zoned ? "+00:00\"" : "\"");
}

}  // namespace

void append_java_number(double number, std::string& out) { append_number(number, out); }
void append_java_number(float number, std::string& out) { append_number(number, out); }

void append_decimal(std::string digits, int scale, std::string& out) {
  if (digits.front() == '-') {
    out.push_back('-');
    digits.erase(0, 1);
  }
  const auto places = static_cast<size_t>(scale);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  out.append(digits, 0, digits.size() - places);
  std::string fraction = digits.substr(digits.size() - places);
  while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  if (!fraction.empty()) out.append(".").append(fraction);
}

void append_variant_date(int32_t days, std::string& out) {
  fmt::format_to(std::back_inserter(out), "\"{}\"", day_text(days));
}

void append_variant_time(int64_t us, bool zoned, std::string& out) {
  const int64_t seconds = us / 1'000'000 - (us % 1'000'000 < 0 ? 1 : 0);
  append_time(seconds, us - seconds * 1'000'000, 6, zoned, out);
}

void append_variant_nanos(int64_t ns, bool zoned, std::string& out) {
  const int64_t seconds = ns / 1'000'000'000 - (ns % 1'000'000'000 < 0 ? 1 : 0);
  append_time(seconds, ns - seconds * 1'000'000'000, 9, zoned, out);
}

void append_variant_clock(int64_t us, std::string& out) {
  const int64_t seconds = us / 1'000'000;
  fmt::format_to(std::back_inserter(out), "\"{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60,
                 seconds % 60);
  if (us % 1'000'000 != 0) fmt::format_to(std::back_inserter(out), ".{:06}", us % 1'000'000);
  out.push_back('"');
}

void append_variant_binary(std::string_view bytes, std::string& out) {
  out.append("\"").append(arrow::util::base64_encode(bytes)).append("\"");
}

void append_variant_uuid(std::string_view bytes, std::string& out) {
  Uuid uuid;
  if (bytes.size() != uuid.bytes.size()) return;
  std::copy(bytes.begin(), bytes.end(), uuid.bytes.begin());
  out.append("\"").append(uuid.to_string()).append("\"");
}

}  // namespace foz::delta
