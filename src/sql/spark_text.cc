// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/spark_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "delta/types.h"

namespace foz::sql::spark {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool equals_lower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(
      text, lower, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

// Digits from the front of `text`, at least `min` and at most `max` of them.
bool take_digits(std::string_view& text, size_t min, size_t max, int64_t& value) {
  size_t count = 0;
  value = 0;
  while (count < text.size() && count < max && is_digit(text[count]))
    value = value * 10 + (text[count++] - '0');
  if (count < min || (count < text.size() && is_digit(text[count]))) return false;
  text.remove_prefix(count);
  return true;
}

bool take(std::string_view& text, char c) {
  if (!text.starts_with(c)) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto blank = [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == 0x7f; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

bool read_integer(std::string_view text, int64_t& value) {
  text = trim(text);
  if (text.starts_with('+')) {
    text.remove_prefix(1);
    if (text.starts_with('-')) return false;
  }
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && at == end;
}

bool read_double(std::string_view text, double& value) {
  text = trim(text);
  const bool sign = text.starts_with('+') || text.starts_with('-');
  const std::string_view magnitude = text.substr(sign ? 1 : 0);
  const double factor = text.starts_with('-') ? -1 : 1;
  if (equals_lower(magnitude, "inf") || equals_lower(magnitude, "infinity")) {
    value = factor * std::numeric_limits<double>::infinity();
    return true;
  }
  if (equals_lower(text, "nan")) {
    value = std::numeric_limits<double>::quiet_NaN();
    return true;
  }
  std::string_view number = magnitude;
  if (!number.empty() && std::string_view("dDfF").find(number.back()) != std::string_view::npos)
    number.remove_suffix(1);
  if (number.empty() || (!is_digit(number.front()) && number.front() != '.')) return false;
  const char* end = number.data() + number.size();
  const auto [at, error] = std::from_chars(number.data(), end, value);
  if (at != end) return false;
  if (error == std::errc::result_out_of_range) {  // to zero or infinity, as Java
    const bool tiny =
        number.find("e-") != std::string_view::npos || number.find("E-") != std::string_view::npos;
    value = tiny ? 0 : std::numeric_limits<double>::infinity();
  } else if (error != std::errc()) {
    return false;
  }
  value *= factor;
  return true;
}

bool read_boolean(std::string_view text, bool& value) {
  text = trim(text);
  for (std::string_view yes : {"t", "true", "y", "yes", "1"}) {
    if (equals_lower(text, yes)) return value = true;
  }
  for (std::string_view no : {"f", "false", "n", "no", "0"}) {
    if (!equals_lower(text, no)) continue;
    value = false;
    return true;
  }
  return false;
}

bool read_decimal(std::string_view text, int precision, int scale, int128& value) {
  text = trim(text);
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int64_t exponent = 0;
  if (const size_t e = text.find_first_of("eE"); e != std::string_view::npos) {
    if (!read_integer(text.substr(e + 1), exponent) || exponent < -10000 || exponent > 10000)
      return false;
    text = text.substr(0, e);
  }
  // value = digits × 10^(exponent - fraction): keep those at or above 10^-scale and the next one,
  // to round.
  const size_t point = text.find('.');
  const auto whole = static_cast<int64_t>(point == std::string_view::npos ? text.size() : point);
  const int64_t keep = whole + exponent + scale;  // how many of the digits
  int128 result = 0, limit = 1;
  for (int i = 0; i < precision; i++) limit *= 10;
  int64_t seen = 0;
  bool round_up = false;
  for (char c : text) {
    if (c == '.' && seen == whole && text.find('.', point + 1) == std::string_view::npos) continue;
    if (!is_digit(c)) return false;
    if (seen < keep) {
      if (result >= limit / 10) return false;
      result = result * 10 + (c - '0');
    } else if (seen == keep) {
      round_up = c >= '5';
    }
    seen++;
  }
  if (seen == 0) return false;
  for (; seen < keep && result != 0; seen++) {
    if (result >= limit / 10) return false;
    result *= 10;
  }
  result += round_up;
  if (result >= limit) return false;
  value = negative ? -result : result;
  return true;
}

int64_t days_from_civil(int64_t year, int month, int day) {
  year -= month <= 2;
  const int64_t era = floor_div(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719468;
}

Civil civil_from_days(int64_t days) {
  days += 719468;
  const int64_t era = floor_div(days, 146097);
  const int64_t day_of_era = days - era * 146097;
  const int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t mp = (5 * day_of_year + 2) / 153;
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {year_of_era + era * 400 + (month <= 2), month,
          static_cast<int>(day_of_year - (153 * mp + 2) / 5 + 1)};
}

int days_in_month(int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return kDays[month - 1] + (month == 2 && leap);
}

namespace {

// [+-]yyyy[-[m]m[-[d]d]]; `full`: down to the day.
bool take_date(std::string_view& text, int64_t& days, bool& full) {
  const bool negative = take(text, '-');
  if (!negative) take(text, '+');
  int64_t year = 0, month = 1, day = 1;
  full = false;
  if (!take_digits(text, 4, 6, year)) return false;
  if (negative) year = -year;
  if (take(text, '-')) {
    if (!take_digits(text, 1, 2, month)) return false;
    if (take(text, '-')) {
      if (!take_digits(text, 1, 2, day)) return false;
      full = true;
    }
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in_month(year, static_cast<int>(month)))
    return false;
  days = days_from_civil(year, static_cast<int>(month), static_cast<int>(day));
  return true;
}

// [h]h[:[m]m[:[s]s[.f…]]]; digits after the sixth are cut.
bool take_time(std::string_view& text, int64_t& micros) {
  int64_t hour = 0, minute = 0, second = 0, fraction = 0;
  if (!take_digits(text, 1, 2, hour)) return false;
  const bool minutes = take(text, ':');
  if (minutes && !take_digits(text, 1, 2, minute)) return false;
  if (minutes && take(text, ':')) {
    if (!take_digits(text, 1, 2, second)) return false;
    if (take(text, '.')) {
      int64_t unit = 100'000;
      while (!text.empty() && is_digit(text.front())) {
        fraction += (text.front() - '0') * unit;
        unit /= 10;
        text.remove_prefix(1);
      }
    }
  }
  if (hour > 23 || minute > 59 || second > 59) return false;
  micros = (hour * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

bool read_timestamp(std::string_view text, int64_t& micros, bool shift) {
  text = trim(text);
  int64_t days = 0, time = 0, zone = 0;
  bool full = false;
  if (!take_date(text, days, full)) return false;
  if (full && (take(text, 'T') || take(text, ' '))) {
    if (!text.empty() && !take_time(text, time)) return false;
    if (!text.empty() && !read_zone(trim(text), zone)) return false;
  } else if (!text.empty()) {
    return false;
  }
  if (__builtin_mul_overflow(days, kMicrosPerDay, &micros)) return false;
  return !__builtin_add_overflow(micros, time - (shift ? zone * kMicrosPerSecond : 0), &micros);
}

}  // namespace

bool read_date(std::string_view text, int32_t& days) {
  text = trim(text);
  int64_t value = 0;
  bool full = false;
  if (!take_date(text, value, full)) return false;
  if (!text.empty() && !(full && (text.front() == ' ' || text.front() == 'T'))) return false;
  days = static_cast<int32_t>(value);
  return true;
}

bool read_timestamp(std::string_view text, int64_t& micros) {
  return read_timestamp(text, micros, true);
}
bool read_timestamp_ntz(std::string_view text, int64_t& micros) {
  return read_timestamp(text, micros, false);
}

bool read_zone(std::string_view text, int64_t& seconds_east) {
  seconds_east = 0;
  if (text == "Z") return true;
  for (std::string_view prefix : {"UTC", "GMT", "UT"}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    if (text.empty()) return true;
    break;
  }
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return false;
  text.remove_prefix(1);
  int64_t hours = 0, minutes = 0, seconds = 0;
  if (text.size() == 4 && text.find(':') == std::string_view::npos) {  // +0200
    std::string_view front = text.substr(0, 2), back = text.substr(2);
    if (!take_digits(front, 2, 2, hours) || !take_digits(back, 2, 2, minutes)) return false;
  } else {
    if (!take_digits(text, 1, 2, hours)) return false;
    if (take(text, ':') && !take_digits(text, 1, 2, minutes)) return false;
    if (take(text, ':') && !take_digits(text, 1, 2, seconds)) return false;
    if (!text.empty()) return false;
  }
  if (hours > 18 || minutes > 59 || seconds > 59 || (hours == 18 && minutes + seconds > 0))
    return false;
  seconds_east = (hours * 3600 + minutes * 60 + seconds) * (west ? -1 : 1);
  return true;
}

namespace {

// Java's Double.toString: shortest digits, in plain form for 10^-3 <= |value| < 10^7.
template <class T>
std::string write_floating(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  char buffer[64];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific);
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  const size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits += text.substr(2, e - 2);
  int64_t exponent = 0;
  read_integer(text.substr(e + 1), exponent);
  const std::string sign = value < 0 ? "-" : "";
  if (exponent < -3 || exponent >= 7) {
    return fmt::format("{}{}.{}E{}", sign, digits[0], digits.size() > 1 ? digits.substr(1) : "0",
                       exponent);
  }
  if (exponent < 0)
    return fmt::format("{}0.{}{}", sign, std::string(static_cast<size_t>(-exponent - 1), '0'),
                       digits);
  const auto whole = static_cast<size_t>(exponent) + 1;
  if (digits.size() < whole) digits.append(whole - digits.size(), '0');
  return fmt::format("{}{}.{}", sign, digits.substr(0, whole),
                     digits.size() > whole ? digits.substr(whole) : "0");
}

}  // namespace

std::string write_double(double value) { return write_floating(value); }
std::string write_float(float value) { return write_floating(value); }

std::string write_date(int64_t days) {
  const Civil civil = civil_from_days(days);
  const char* sign = civil.year < 0 ? "-" : civil.year > 9999 ? "+" : "";
  return fmt::format("{}{:04}-{:02}-{:02}", sign, std::abs(civil.year), civil.month, civil.day);
}

std::string write_timestamp(int64_t micros) {
  const int64_t days = floor_div(micros, kMicrosPerDay), time = floor_mod(micros, kMicrosPerDay);
  const int64_t seconds = time / kMicrosPerSecond, fraction = time % kMicrosPerSecond;
  auto text = fmt::format("{} {:02}:{:02}:{:02}", write_date(days), seconds / 3600,
                          seconds / 60 % 60, seconds % 60);
  if (fraction != 0) {
    text += fmt::format(".{:06}", fraction);
    while (text.back() == '0') text.pop_back();
  }
  return text;
}

std::string_view type_name(delta::TypeKind kind) {
  switch (kind) {
    case delta::TypeKind::kString: return "STRING";
    case delta::TypeKind::kLong: return "BIGINT";
    case delta::TypeKind::kInteger: return "INT";
    case delta::TypeKind::kShort: return "SMALLINT";
    case delta::TypeKind::kByte: return "TINYINT";
    case delta::TypeKind::kFloat: return "FLOAT";
    case delta::TypeKind::kDouble: return "DOUBLE";
    case delta::TypeKind::kDecimal: return "DECIMAL";
    case delta::TypeKind::kBoolean: return "BOOLEAN";
    case delta::TypeKind::kBinary: return "BINARY";
    case delta::TypeKind::kDate: return "DATE";
    case delta::TypeKind::kTimestamp: return "TIMESTAMP";
    case delta::TypeKind::kTimestampNtz: return "TIMESTAMP_NTZ";
    case delta::TypeKind::kVoid: return "VOID";
    case delta::TypeKind::kVariant: return "VARIANT";
    case delta::TypeKind::kStruct: return "STRUCT";
    case delta::TypeKind::kArray: return "ARRAY";
    case delta::TypeKind::kMap: return "MAP";
  }
  return "";
}

}  // namespace foz::sql::spark
