// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Spark's data types and literals. https://spark.apache.org/docs/latest/sql-ref-datatypes.html

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <limits>

#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/common/types/interval.hpp"
#include "sql/spark_parser_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

namespace {

constexpr int kMaxTypeNesting = 60;
constexpr int kMaxPrecision = 38;

std::optional<LogicalType> simple_type(std::string_view name) {
  if (name == "STRING" || name == "VARCHAR" || name == "CHAR")
    return LogicalType(LogicalType::VARCHAR);
  if (name == "INT" || name == "INTEGER") return LogicalType(LogicalType::INTEGER);
  if (name == "BIGINT" || name == "LONG") return LogicalType(LogicalType::BIGINT);
  if (name == "SMALLINT" || name == "SHORT") return LogicalType(LogicalType::SMALLINT);
  if (name == "TINYINT" || name == "BYTE") return LogicalType(LogicalType::TINYINT);
  if (name == "BOOLEAN") return LogicalType(LogicalType::BOOLEAN);
  if (name == "FLOAT" || name == "REAL") return LogicalType(LogicalType::FLOAT);
  if (name == "DOUBLE") return LogicalType(LogicalType::DOUBLE);
  if (name == "BINARY") return LogicalType(LogicalType::BLOB);
  if (name == "DATE") return LogicalType(LogicalType::DATE);
  if (name == "TIMESTAMP" || name == "TIMESTAMP_LTZ") return LogicalType(LogicalType::TIMESTAMP_TZ);
  if (name == "TIMESTAMP_NTZ") return LogicalType(LogicalType::TIMESTAMP);
  return std::nullopt;
}

std::optional<int> small_number(const Token& token) {
  int value = 0;
  const char* end = token.text.data() + token.text.size();
  const auto [at, error] = std::from_chars(token.text.data(), end, value);
  if (token.kind != TokenKind::kInteger || error != std::errc() || at != end) return std::nullopt;
  return value;
}

}  // namespace

LogicalType TokenReader::type() {
  const Token name = take();
  const auto refuse = [&](std::string message) { throw Refused{name.span, std::move(message)}; };
  if (name.kind != TokenKind::kName) refuse(fmt::format("expected a type, found '{}'", name.text));
  if (++type_nesting_ > kMaxTypeNesting) refuse("type is nested too deeply");
  LogicalType result;
  if (name.upper == "ARRAY") {
    expect_symbol("<");
    result = LogicalType::LIST(type());
    expect_symbol(">");
  } else if (name.upper == "MAP") {
    expect_symbol("<");
    auto key = type();
    expect_symbol(",");
    result = LogicalType::MAP(std::move(key), type());
    expect_symbol(">");
  } else if (name.upper == "STRUCT") {
    expect_symbol("<");
    result = columns();
    expect_symbol(">");
  } else if (name.upper == "DECIMAL" || name.upper == "DEC" || name.upper == "NUMERIC") {
    int precision = 10, scale = 0;
    if (accept_symbol("(")) {
      const auto p = small_number(take());
      const auto s = accept_symbol(",") ? small_number(take()) : std::optional(0);
      if (!p || !s || *p < 1 || *p > kMaxPrecision || *s < 0 || *s > *p) {
        refuse("DECIMAL needs 1 <= precision <= 38 and 0 <= scale <= precision");
      }
      precision = *p;
      scale = *s;
      expect_symbol(")");
    }
    result = LogicalType::DECIMAL(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale));
  } else if (auto simple = simple_type(name.upper)) {
    result = *simple;
    const bool has_length = name.upper == "VARCHAR" || name.upper == "CHAR";
    if (has_length && accept_symbol("(")) {
      take();
      expect_symbol(")");
    }
  } else {
    refuse(fmt::format("unknown type {}", name.text));
  }
  type_nesting_--;
  return result;
}

LogicalType TokenReader::columns() {
  duckdb::child_list_t<LogicalType> fields;
  do {
    const Span span = peek().span;
    std::string name = expect_name("the name of a field");
    for (const auto& field : fields) {
      if (duckdb::StringUtil::CIEquals(field.first, name))
        throw Refused{span, fmt::format("field {} is there twice", name)};
    }
    accept_symbol(":");
    fields.emplace_back(std::move(name), type());
    if (accept_word("NOT")) expect_word("NULL");
    if (accept_word("COMMENT") && take().kind != TokenKind::kString)
      fail("expected the text of a comment");
  } while (accept_symbol(","));
  return LogicalType::STRUCT(std::move(fields));
}

LogicalType parse_type(std::string_view text) {
  TokenReader reader(text);
  auto type = reader.type();
  reader.expect_end();
  return type;
}

// As Spark: a table's columns, or the name of one type.
LogicalType parse_ddl(std::string_view text) {
  TokenReader reader(text);
  const bool one_type = reader.is_symbol("<", 1) || reader.peek(1).kind == TokenKind::kEnd;
  auto type = one_type ? reader.type() : reader.columns();
  reader.expect_end();
  return type;
}

std::string spark_name(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::SQLNULL: return "VOID";
    case LogicalTypeId::VARCHAR: return "STRING";
    case LogicalTypeId::BLOB: return "BINARY";
    case LogicalTypeId::INTEGER: return "INT";
    case LogicalTypeId::TIMESTAMP_TZ: return "TIMESTAMP";
    case LogicalTypeId::TIMESTAMP: return "TIMESTAMP_NTZ";
    case LogicalTypeId::LIST:
      return fmt::format("ARRAY<{}>", spark_name(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::MAP:
      return fmt::format("MAP<{}, {}>", spark_name(duckdb::MapType::KeyType(type)),
                         spark_name(duckdb::MapType::ValueType(type)));
    case LogicalTypeId::STRUCT: {
      std::string fields;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        fields += fmt::format("{}{}: {}", fields.empty() ? "" : ", ", name, spark_name(child));
      }
      return fmt::format("STRUCT<{}>", fields);
    }
    default: return type.ToString();
  }
}

namespace {

std::optional<Value> decimal_value(const Token& token, bool negative) {
  // Digits without the point; the scale is what follows it.
  std::string digits;
  int scale = 0;
  bool point = false;
  for (char c : token.text) {
    if (c == '.') {
      point = true;
    } else if (c == 'e' || c == 'E') {
      return std::nullopt;
    } else {
      digits += c;
      scale += point;
    }
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  const int precision = std::max({static_cast<int>(digits.size()), scale, 1});
  if (precision > kMaxPrecision) return std::nullopt;
  duckdb::hugeint_t number(0);
  for (char c : digits) number = number * duckdb::hugeint_t(10) + duckdb::hugeint_t(c - '0');
  if (negative) number = -number;
  Value value = Value::DECIMAL(number, kMaxPrecision, static_cast<uint8_t>(scale));
  return value.DefaultCastAs(
      LogicalType::DECIMAL(static_cast<uint8_t>(precision), static_cast<uint8_t>(scale)));
}

std::optional<Value> floating_value(const Token& token, bool negative) {
  double value = 0;
  std::from_chars(token.text.data(), token.text.data() + token.text.size(), value);
  if (negative) value = -value;
  if (token.upper == "F") return Value::FLOAT(static_cast<float>(value));
  return Value::DOUBLE(value);
}

template <class T>
std::optional<T> integer_value(const std::string& text) {
  T value = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

}  // namespace

std::optional<Value> number_value(const Token& token, bool negative) {
  if (token.upper == "D" || token.upper == "F") return floating_value(token, negative);
  if (token.upper == "BD") return decimal_value(token, negative);
  if (token.kind == TokenKind::kDouble) return floating_value(token, negative);
  if (token.kind == TokenKind::kDecimal) return decimal_value(token, negative);
  const std::string text = (negative ? "-" : "") + token.text;
  if (token.upper == "Y") {
    const auto value = integer_value<int8_t>(text);
    return value ? std::optional(Value::TINYINT(*value)) : std::nullopt;
  }
  if (token.upper == "S") {
    const auto value = integer_value<int16_t>(text);
    return value ? std::optional(Value::SMALLINT(*value)) : std::nullopt;
  }
  const auto value = integer_value<int64_t>(text);
  if (token.upper == "L") return value ? std::optional(Value::BIGINT(*value)) : std::nullopt;
  if (!value) return decimal_value(token, negative);
  if (*value >= std::numeric_limits<int32_t>::min() &&
      *value <= std::numeric_limits<int32_t>::max()) {
    return Value::INTEGER(static_cast<int32_t>(*value));
  }
  return Value::BIGINT(*value);
}

namespace {

struct Unit {
  std::string_view name;
  int32_t months, days;
  int64_t micros;
};
constexpr Unit kUnits[] = {
    {"YEAR", 12, 0, 0},
    {"MONTH", 1, 0, 0},
    {"WEEK", 0, 7, 0},
    {"DAY", 0, 1, 0},
    {"HOUR", 0, 0, 3'600'000'000},
    {"MINUTE", 0, 0, 60'000'000},
    {"SECOND", 0, 0, 1'000'000},
    {"MILLISECOND", 0, 0, 1000},
    {"MICROSECOND", 0, 0, 1},
};

const Unit* find_unit(std::string_view upper) {
  for (const Unit& unit : kUnits) {
    if (upper == unit.name || (upper.size() == unit.name.size() + 1 &&
                               upper.starts_with(unit.name) && upper.back() == 'S')) {
      return &unit;
    }
  }
  return nullptr;
}

// Adds `number` of `unit`; fractions only of seconds. False: not a number, or out of range.
bool add_interval(std::string_view number, const Unit& unit, bool negative,
                  duckdb::interval_t& sum) {
  double value = 0;
  if (number.starts_with('+')) number.remove_prefix(1);
  const auto [at, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (error != std::errc() || at != number.data() + number.size() || number.empty()) return false;
  if (negative) value = -value;
  if (value != std::trunc(value) && unit.name != "SECOND") return false;
  const double months = sum.months + value * unit.months, days = sum.days + value * unit.days;
  const double micros =
      static_cast<double>(sum.micros) + std::round(value * static_cast<double>(unit.micros));
  if (!(std::abs(months) < 1e9) || !(std::abs(days) < 1e9) || !(std::abs(micros) < 9e18))
    return false;
  sum.months = static_cast<int32_t>(months);
  sum.days = static_cast<int32_t>(days);
  sum.micros = static_cast<int64_t>(micros);
  return true;
}

}  // namespace

// 1 DAY, '1' DAY, -'1' DAY, 1 DAY 2 HOURS, '1 day 2 hours'
Value TokenReader::interval() {
  duckdb::interval_t sum{};
  const Span begin = peek().span;
  const auto refuse = [&] {
    throw Refused{{begin.begin, last().end}, "not an interval: write it as INTERVAL '1' DAY"};
  };
  const auto word = [](const Token& token) { return find_unit(token.upper); };
  if (peek().kind == TokenKind::kString && word(peek(1)) == nullptr) {
    const std::string text = take().text;
    TokenReader inner(text);
    while (inner.peek().kind != TokenKind::kEnd) {
      const bool negative = inner.accept_symbol("-");
      const Token number = inner.take();
      const Unit* unit = word(inner.take());
      if (unit == nullptr || !add_interval(number.text, *unit, negative, sum)) refuse();
    }
    return Value::INTERVAL(sum);
  }
  do {
    const bool negative = accept_symbol("-");
    const Token number = take();
    const Unit* unit = word(take());
    if (unit == nullptr || !add_interval(number.text, *unit, negative, sum) || is_word("TO"))
      refuse();
  } while ((is_number() || peek().kind == TokenKind::kString) && word(peek(1)) != nullptr);
  return Value::INTERVAL(sum);
}

}  // namespace foz::sql
