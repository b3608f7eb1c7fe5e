// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// format() with Java's conversions.
// https://docs.oracle.com/en/java/javase/24/docs/api/java.base/java/util/Formatter.html

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/time.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_themes_internal.h"
#include "sql/utf8_internal.h"

namespace foz::sql {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

namespace {

constexpr size_t kWidest = 10000;
constexpr size_t kMostBytes = 16 << 20;

struct Conversion {
  std::string flags;
  size_t width = 0;
  std::optional<size_t> precision;
  char letter = 0, time = 0;

  bool has(char flag) const { return flags.find(flag) != std::string::npos; }
};

[[noreturn]] void bad_format(std::string_view format, std::string_view why) {
  invalid_argument(fmt::format("Invalid format string: {} ({})", format, why));
}

// Digits with a point, without an exponent.
std::string plain_digits(const Value& value) {
  if (!is_float(value.type())) return value.ToString();
  const double number = value.GetValue<double>();
  char digits[512];
  const auto written =
      value.type().id() == LogicalTypeId::FLOAT
          ? std::to_chars(digits, digits + sizeof digits, value.GetValue<float>(),
                          std::chars_format::fixed)
          : std::to_chars(digits, digits + sizeof digits, number, std::chars_format::fixed);
  return {digits, written.ptr};
}

// So many digits behind the point, halves away from zero as they are written.
std::string rounded(std::string text, size_t precision) {
  const bool negative = text.starts_with('-');
  if (negative) text.erase(0, 1);
  const size_t point = std::min(text.find('.'), text.size());
  std::string digits = text.substr(0, point);
  std::string fraction = point < text.size() ? text.substr(point + 1) : "";
  const bool up = fraction.size() > precision && fraction[precision] >= '5';
  fraction.resize(precision, '0');
  std::string all = digits + fraction;
  if (up) {
    size_t i = all.size();
    while (i > 0 && all[i - 1] == '9') all[--i] = '0';
    if (i > 0) {
      ++all[i - 1];
    } else {
      all.insert(0, 1, '1');
    }
  }
  if (precision > 0) all.insert(all.size() - precision, 1, '.');
  return (negative ? "-" : "") + all;
}

void group_thousands(std::string& text) {
  const size_t begin = text.find_first_of("0123456789");
  size_t at = std::min(text.find('.'), text.size());
  while (begin != std::string::npos && at > begin + 3) text.insert(at -= 3, 1, ',');
}

std::string text_of(const Value& value) {
  if (value.IsNull()) return "null";
  if (!is_float(value.type())) return value.ToString();
  const double number = value.GetValue<double>();
  if (std::isnan(number)) return "NaN";
  if (std::isinf(number)) return number > 0 ? "Infinity" : "-Infinity";
  std::string text = plain_digits(value);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string date_part(const Value& value, char field, std::string_view format) {
  duckdb::timestamp_t at;
  if (value.type().id() == LogicalTypeId::DATE) {
    at = duckdb::Timestamp::FromDatetime(value.GetValue<duckdb::date_t>(), duckdb::dtime_t(0));
  } else if (value.type().id() == LogicalTypeId::TIMESTAMP ||
             value.type().id() == LogicalTypeId::TIMESTAMP_TZ) {
    at = duckdb::timestamp_t(value.GetValue<duckdb::timestamp_t>().value);
  } else {
    bad_format(format, "t takes a date or time");
  }
  duckdb::date_t date;
  duckdb::dtime_t time;
  duckdb::Timestamp::Convert(at, date, time);
  int32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, micros = 0;
  duckdb::Date::Convert(date, year, month, day);
  duckdb::Time::Convert(time, hour, minute, second, micros);
  switch (field) {
    case 'Y': return fmt::format("{:04}", year);
    case 'y': return fmt::format("{:02}", year % 100);
    case 'm': return fmt::format("{:02}", month);
    case 'd': return fmt::format("{:02}", day);
    case 'e': return std::to_string(day);
    case 'H': return fmt::format("{:02}", hour);
    case 'M': return fmt::format("{:02}", minute);
    case 'S': return fmt::format("{:02}", second);
    case 'L': return fmt::format("{:03}", micros / 1000);
    case 'F': return fmt::format("{:04}-{:02}-{:02}", year, month, day);
    case 'T': return fmt::format("{:02}:{:02}:{:02}", hour, minute, second);
    case 'R': return fmt::format("{:02}:{:02}", hour, minute);
    default: bad_format(format, "unknown field of a time");
  }
}

std::string converted(const Value& value, const Conversion& how, std::string_view format) {
  const bool upper = how.letter >= 'A' && how.letter <= 'Z';
  const auto letter = static_cast<char>(how.letter | 0x20);
  std::string text;
  if (letter == 'b') {
    text = value.IsNull()                                ? "false"
           : value.type().id() == LogicalTypeId::BOOLEAN ? value.ToString()
                                                         : "true";
  } else if (value.IsNull() || letter == 's') {
    text = text_of(value);
    if (how.precision) text.resize(skip_characters(text, static_cast<int64_t>(*how.precision)));
  } else if (letter == 't') {
    text = date_part(value, how.time, format);
  } else if (letter == 'c') {
    if (value.type().IsIntegral()) {
      const auto code = value.GetValue<int64_t>();
      if (code < 0 || code > 0x10ffff) bad_format(format, "no character");
      append_character(text, static_cast<uint32_t>(code));
    } else {
      text = value.ToString();
      if (count_characters(text) != 1) bad_format(format, "c takes one character");
    }
  } else if (letter == 'd' || letter == 'x' || letter == 'o') {
    if (!value.type().IsIntegral()) bad_format(format, fmt::format("{} takes an integer", letter));
    if (letter == 'd') {
      text = value.ToString();
      if (how.has(',')) group_thousands(text);
    } else {
      auto bits = static_cast<uint64_t>(value.GetValue<int64_t>());
      if (value.type().id() != LogicalTypeId::BIGINT) bits &= 0xffffffff;
      text = letter == 'x' ? fmt::format("{:x}", bits) : fmt::format("{:o}", bits);
    }
  } else {
    if (!is_float(value.type()) && value.type().id() != LogicalTypeId::DECIMAL)
      bad_format(format, fmt::format("{} takes a number with a fraction", letter));
    const double number = value.DefaultCastAs(LogicalType::DOUBLE).GetValue<double>();
    const size_t precision = how.precision.value_or(6);
    if (!std::isfinite(number)) {
      text = text_of(value);
    } else if (letter == 'f') {
      text = rounded(plain_digits(value), precision);
      if (how.has(',')) group_thousands(text);
    } else if (letter == 'e') {
      text = fmt::format("{:.{}e}", number, precision);
    } else {
      text = fmt::format("{:.{}g}", number, precision);
    }
  }
  const bool number = std::string_view("dfeg").find(letter) != std::string_view::npos;
  if (number && !text.starts_with('-')) {
    if (how.has('+')) text.insert(0, 1, '+');
    if (how.has(' ')) text.insert(0, 1, ' ');
  }
  const auto length = static_cast<size_t>(count_characters(text));
  if (length < how.width) {
    const std::string padding(how.width - length, how.has('0') ? '0' : ' ');
    const size_t sign = how.has('0') && !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    how.has('-') ? text += padding : text.insert(sign, padding);
  }
  return upper ? duckdb::StringUtil::Upper(text) : text;
}

std::string format_row(std::string_view format, const std::vector<Value>& values) {
  std::string out;
  size_t next = 0;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%') {
      out += format[i];
      continue;
    }
    Conversion how;
    const auto digits = [&] {
      size_t number = 0;
      const size_t begin = i + 1;
      while (i + 1 < format.size() && format[i + 1] >= '0' && format[i + 1] <= '9' &&
             number <= kWidest)
        number = number * 10 + static_cast<size_t>(format[++i] - '0');
      if (number > kWidest) bad_format(format, "a width is too large");
      return i + 1 > begin ? std::optional(number) : std::nullopt;
    };
    const size_t before = i;
    std::optional<size_t> index = digits();
    if (index && i + 1 < format.size() && format[i + 1] == '$') {
      ++i;
    } else {
      index.reset();
      i = before;
    }
    while (i + 1 < format.size() &&
           std::string_view("-+ 0,#(").find(format[i + 1]) != std::string_view::npos)
      how.flags += format[++i];
    how.width = digits().value_or(0);
    if (i + 1 < format.size() && format[i + 1] == '.') {
      ++i;
      how.precision = digits();
      if (!how.precision) bad_format(format, "a precision is missing");
    }
    if (++i >= format.size()) bad_format(format, "a conversion is missing");
    how.letter = format[i];
    if (how.letter == '%' || how.letter == 'n') {
      out += how.letter == '%' ? '%' : '\n';
      continue;
    }
    if (std::string_view("bBcCdeEfgGosStTxX").find(how.letter) == std::string_view::npos)
      bad_format(format, "unknown conversion");
    if ((how.letter | 0x20) == 't') {
      if (++i >= format.size()) bad_format(format, "a field of the time is missing");
      how.time = format[i];
    }
    const size_t at = index ? *index - 1 : next++;
    if (at >= values.size()) bad_format(format, "an argument is missing");
    out += converted(values[at], how, format);
    if (out.size() > kMostBytes)
      throw duckdb::OutOfMemoryException("the formatted text is too long");
  }
  return out;
}

void format_rows(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < input.size(); ++row) {
    kernels::check_interrupt(state);
    const Value format = input.data[0].GetValue(row);
    if (format.IsNull()) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    std::vector<Value> values;
    for (idx_t i = 1; i < input.ColumnCount(); ++i) values.push_back(input.data[i].GetValue(row));
    kernels::write(result, row, format_row(duckdb::StringValue::Get(format), values));
  }
}

BoundExpression format(TrinoCall& made) {
  for (size_t i = 1; i < made.size(); ++i) {
    if (made.type(i).IsNested())
      throw duckdb::NotImplementedException("Type not supported for formatting");
  }
  auto function = kernel_function("format", made.arguments, LogicalType::VARCHAR, format_rows);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  return call(made.context, std::move(function), std::move(made.arguments));
}

constexpr TrinoFunction kFunctions[] = {
    {"format", "varchar, any, any... -> varchar", format},
};

}  // namespace

std::span<const TrinoFunction> format_functions() { return kFunctions; }

}  // namespace foz::sql
