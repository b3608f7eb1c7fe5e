// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_literals_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

#include "sql/trino_tokens_internal.h"

namespace foz::sql {

namespace {

// Reads text from the left; every step says whether it could.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool symbol(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  // At least `least` digits and at most `most`.
  bool number(int64_t& value, size_t least, size_t most) {
    size_t size = 0;
    value = 0;
    while (size < rest_.size() && size < most && is_digit(rest_[size])) {
      if (value > (INT64_MAX - 9) / 10) return false;
      value = value * 10 + (rest_[size++] - '0');
    }
    if (size < least) return false;
    rest_.remove_prefix(size);
    return true;
  }
  size_t digits() {
    size_t size = 0;
    while (size < rest_.size() && is_digit(rest_[size])) ++size;
    rest_.remove_prefix(size);
    return size;
  }
  bool blanks() {
    const size_t size = std::min(rest_.find_first_not_of(' '), rest_.size());
    rest_.remove_prefix(size);
    return size > 0;
  }
  bool ends() const { return rest_.empty(); }
  char front() const { return rest_.empty() ? '\0' : rest_[0]; }
  std::string_view rest() const { return rest_; }

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

 private:
  std::string_view rest_;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

bool read_date(Reader& reader) {
  int64_t year = 0, month = 0, day = 0;
  if (!reader.symbol('-')) reader.symbol('+');
  if (!reader.number(year, 1, 9) || !reader.symbol('-') || !reader.number(month, 1, 2) ||
      !reader.symbol('-') || !reader.number(day, 1, 2))
    return false;
  static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// HH:MM[:SS[.f]]
bool read_time(Reader& reader, int& precision) {
  int64_t hour = 0, minute = 0, second = 0;
  if (!reader.number(hour, 1, 2) || !reader.symbol(':') || !reader.number(minute, 1, 2))
    return false;
  if (reader.symbol(':')) {
    if (!reader.number(second, 1, 2)) return false;
    if (reader.symbol('.')) {
      const size_t digits = reader.digits();
      if (digits < 1 || digits > 12) return false;
      precision = static_cast<int>(digits);
    }
  }
  return hour < 24 && minute < 60 && second < 60;
}

// [+-]H[H][:MM], in minutes.
std::optional<int> read_offset(Reader& reader) {
  int64_t hours = 0, minutes = 0;
  const bool west = reader.symbol('-');
  if (!west && !reader.symbol('+')) return std::nullopt;
  if (!reader.number(hours, 1, 2)) return std::nullopt;
  if (reader.symbol(':') && !reader.number(minutes, 1, 2)) return std::nullopt;
  if (hours > 14 || minutes > 59) return std::nullopt;
  const int all = static_cast<int>(hours * 60 + minutes);
  return west ? -all : all;
}

constexpr int64_t kSecond = 1000, kMinute = 60 * kSecond, kHour = 60 * kMinute, kDay = 24 * kHour;

struct Field {
  std::string_view name;
  char before;  // its separator, behind another field
  int64_t unit;
};
constexpr std::array<Field, 4> kTimeFields = {
    {{"day", ' ', kDay}, {"hour", ' ', kHour}, {"minute", ':', kMinute}, {"second", ':', kSecond}}};

std::optional<IntervalValue> day_interval(Reader reader, std::string_view from,
                                          std::string_view to) {
  const auto find = [](std::string_view name) {
    return std::ranges::find(kTimeFields, name, &Field::name);
  };
  const auto first = find(from), last = find(to);
  if (first == kTimeFields.end() || last == kTimeFields.end() || last < first) return std::nullopt;
  IntervalValue made;
  const bool negative = reader.symbol('-');
  if (!negative) reader.symbol('+');
  for (auto field = first; field <= last; ++field) {
    int64_t value = 0, product = 0;
    if (field != first && !reader.symbol(field->before)) return std::nullopt;
    if (!reader.number(value, 1, 18) || __builtin_mul_overflow(value, field->unit, &product) ||
        __builtin_add_overflow(made.value, product, &made.value))
      return std::nullopt;
    if (field->name == "second" && reader.symbol('.')) {
      const std::string_view before = reader.rest();
      const size_t digits = reader.digits();
      if (digits < 1 || digits > 3) return std::nullopt;
      std::string millis(before.substr(0, digits));
      millis.resize(3, '0');
      made.value += std::stoi(millis);
    }
  }
  if (!reader.ends()) return std::nullopt;
  if (negative) made.value = -made.value;
  return made;
}

std::optional<IntervalValue> month_interval(Reader reader, std::string_view fields) {
  IntervalValue made;
  made.months = true;
  const bool negative = reader.symbol('-');
  if (!negative) reader.symbol('+');
  int64_t first = 0, second = 0;
  if (!reader.number(first, 1, 9)) return std::nullopt;
  if (fields == "year to month" && (!reader.symbol('-') || !reader.number(second, 1, 9)))
    return std::nullopt;
  if (!reader.ends()) return std::nullopt;
  made.value = fields == "month" ? first : first * 12 + second;
  if (made.value > INT32_MAX) return std::nullopt;
  if (negative) made.value = -made.value;
  return made;
}

}  // namespace

std::optional<IntervalValue> interval_value(std::string_view text, std::string_view fields) {
  const size_t to = fields.find(" to ");
  const std::string_view from = fields.substr(0, to);
  const std::string_view until = to == std::string_view::npos ? from : fields.substr(to + 4);
  if (from == "year" || from == "month") {
    if (fields != "year" && fields != "month" && fields != "year to month" &&
        fields != "month to month")
      return std::nullopt;
    return month_interval(Reader(trimmed(text)), from == "month" ? "month" : fields);
  }
  return day_interval(Reader(trimmed(text)), from, until);
}

std::optional<DecimalValue> decimal_value(std::string_view text) {
  text = trimmed(text);
  DecimalValue made;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    if (text[0] == '-') made.text = "-";
    text.remove_prefix(1);
  }
  const size_t point = text.find('.');
  std::string_view whole = text.substr(0, point);
  const std::string_view part =
      point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  const auto digits = [](std::string_view part_of) {
    return std::ranges::all_of(part_of, Reader::is_digit);
  };
  if ((whole.empty() && part.empty()) || !digits(whole) || !digits(part)) return std::nullopt;
  whole.remove_prefix(std::min(whole.find_first_not_of('0'), whole.size()));
  made.scale = static_cast<int>(std::min<size_t>(part.size(), 100));
  made.precision =
      std::max<int>(1, static_cast<int>(std::min<size_t>(whole.size() + part.size(), 100)));
  if (made.precision > 38) return std::nullopt;
  made.text += whole.empty() ? "0" : std::string(whole);
  if (!part.empty()) made.text += "." + std::string(part);
  return made;
}

bool is_date(std::string_view text) {
  Reader reader(trimmed(text));
  return read_date(reader) && reader.ends();
}

std::optional<TimeValue> time_value(std::string_view text) {
  Reader reader(trimmed(text));
  TimeValue made;
  if (!read_time(reader, made.precision)) return std::nullopt;
  if (reader.ends()) return made;
  reader.blanks();
  made.zoned = true;
  if (!read_offset(reader) || !reader.ends()) return std::nullopt;
  return made;
}

std::optional<TimeValue> timestamp_value(std::string_view text) {
  Reader reader(trimmed(text));
  TimeValue made;
  if (!read_date(reader)) return std::nullopt;
  if (reader.ends()) return made;
  if (!reader.blanks()) return std::nullopt;
  if (Reader::is_digit(reader.front())) {
    if (!read_time(reader, made.precision)) return std::nullopt;
    if (reader.ends()) return made;
    reader.blanks();
  }
  made.zoned = true;
  if (reader.front() == '+' || reader.front() == '-')
    return zone_offset(reader.rest()) ? std::optional(made) : std::nullopt;
  // The name of a zone: whether there is such a one is known where it is read.
  const std::string_view zone = reader.rest();
  const bool word = std::ranges::all_of(zone, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || Reader::is_digit(c) || c == '/' ||
           c == '_' || c == '-' || c == '+' || c == ':';
  });
  return word ? std::optional(made) : std::nullopt;
}

std::optional<int> zone_offset(std::string_view zone) {
  std::string name = lower_case(zone);
  if (name == "z") return 0;
  for (const std::string_view prefix : {"utc", "gmt", "ut"}) {
    if (!name.starts_with(prefix)) continue;
    name.erase(0, prefix.size());
    break;
  }
  Reader reader(name);
  const auto offset = read_offset(reader);
  return reader.ends() ? offset : std::nullopt;
}

std::string with_offset_behind(std::string_view timestamp) {
  timestamp = trimmed(timestamp);
  Reader reader(timestamp);
  int precision = 0;
  if (!read_date(reader)) return std::string(timestamp);
  reader.blanks();
  const bool timed = Reader::is_digit(reader.front());
  if (timed && !read_time(reader, precision)) return std::string(timestamp);
  const auto time = trimmed(timestamp.substr(0, timestamp.size() - reader.rest().size()));
  reader.blanks();
  const auto offset = zone_offset(reader.rest());
  if (!offset) return std::string(timestamp);
  const bool seconds = std::ranges::count(time, ':') == 2;
  return fmt::format("{}{}{}{:02}:{:02}", time,
                     seconds ? ""
                     : timed ? ":00"
                             : " 00:00:00",
                     *offset < 0 ? '-' : '+', std::abs(*offset) / 60, std::abs(*offset) % 60);
}

bool is_integer(std::string_view text, int bits) {
  text = trimmed(text);
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  const int64_t most = static_cast<int64_t>((uint64_t{1} << (bits - 1)) - 1);
  return value >= -most - 1 && value <= most;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    const bool hex = Reader::is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

// ---- Types --------------------------------------------------------------------------------------

std::string type_text(const ast::Type& type) {
  if (type.name == "row") {
    std::string out = "row(";
    for (size_t i = 0; i < type.types.size(); ++i) {
      if (i > 0) out += ", ";
      if (type.fields[i]) out += "\"" + type.fields[i]->name + "\" ";
      out += type_text(type.types[i]);
    }
    return out + ")";
  }
  std::string out = type.name;
  std::string rest;
  if (const size_t zone = out.find(" with time zone"); zone != std::string::npos) {
    rest = out.substr(zone);
    out.resize(zone);
  }
  if (type.numbers.empty() && type.types.empty()) return out + rest;
  out += "(";
  for (size_t i = 0; i < type.numbers.size(); ++i)
    out += fmt::format("{}{}", i > 0 ? ", " : "", type.numbers[i]);
  for (size_t i = 0; i < type.types.size(); ++i)
    out += (i > 0 ? ", " : "") + type_text(type.types[i]);
  return out + ")" + rest;
}

namespace {

constexpr std::pair<std::string_view, std::string_view> kPlainTypes[] = {
    {"boolean", "BOOLEAN"},
    {"tinyint", "TINYINT"},
    {"smallint", "SMALLINT"},
    {"integer", "INTEGER"},
    {"bigint", "BIGINT"},
    {"real", "FLOAT"},
    {"double", "DOUBLE"},
    {"varbinary", "BLOB"},
    {"date", "DATE"},
    {"json", "JSON"},
    {"uuid", "UUID"},
    {"interval year to month", "INTERVAL"},
    {"interval day to second", "INTERVAL"},
};

std::optional<std::string> numbered_type(const ast::Type& type) {
  const auto number = [&](size_t i, int64_t otherwise) {
    return i < type.numbers.size() ? type.numbers[i] : otherwise;
  };
  if (type.name == "decimal") {
    const int64_t precision = number(0, 38), scale = number(1, 0);
    if (type.numbers.size() > 2 || precision < 1 || precision > 38 || scale > precision)
      return std::nullopt;
    return fmt::format("DECIMAL({},{})", precision, scale);
  }
  if (type.numbers.size() > 1) return std::nullopt;
  if (type.name == "varchar") return "VARCHAR";
  if (type.name == "char") return number(0, 1) <= 65536 ? std::optional("VARCHAR") : std::nullopt;
  const int64_t precision = number(0, 3);
  if (precision > 12) return std::nullopt;
  if (type.name == "timestamp") {
    // Three digits or fewer are a type of DuckDB too; without a number it is six for both.
    if (type.numbers.empty() || precision > 3) return "TIMESTAMP";
    return fmt::format("TIMESTAMP({})", precision);
  }
  if (type.name == "timestamp with time zone") return "TIMESTAMPTZ";
  if (type.name == "time") return "TIME";
  if (type.name == "time with time zone") return "TIMETZ";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> duckdb_type(const ast::Type& type) {
  const auto plain = std::ranges::find(kPlainTypes, std::string_view(type.name),
                                       &std::pair<std::string_view, std::string_view>::first);
  if (plain != std::end(kPlainTypes))
    return type.numbers.empty() && type.types.empty() ? std::optional(std::string(plain->second))
                                                      : std::nullopt;
  std::vector<std::string> inner;
  for (const ast::Type& parameter : type.types) {
    auto text = duckdb_type(parameter);
    if (!text) return std::nullopt;
    inner.push_back(std::move(*text));
  }
  if (inner.empty()) return numbered_type(type);
  if (!type.numbers.empty()) return std::nullopt;
  if (type.name == "array" && inner.size() == 1) return inner[0] + "[]";
  if (type.name == "map" && inner.size() == 2)
    return fmt::format("MAP({}, {})", inner[0], inner[1]);
  if (type.name != "row") return std::nullopt;
  std::string out = "STRUCT(";
  for (size_t i = 0; i < inner.size(); ++i) {
    std::string name = type.fields[i] ? type.fields[i]->name : fmt::format("field{}", i);
    for (size_t quote = 0; (quote = name.find('"', quote)) != std::string::npos; quote += 2)
      name.insert(quote, 1, '"');
    out += fmt::format("{}\"{}\" {}", i > 0 ? ", " : "", name, inner[i]);
  }
  return out + ")";
}

}  // namespace foz::sql
