// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// CAST and TRY_CAST: between types that Trino converts, and of text only what Trino reads.
// https://trino.io/docs/current/functions/conversion.html

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "duckdb/common/exception/conversion_exception.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/function/cast/default_casts.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "sql/lake_types_internal.h"
#include "sql/trino_arithmetic_internal.h"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_literals_internal.h"
#include "sql/trino_operators_internal.h"

namespace foz::sql {

using duckdb::ClientContext;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

// ---- Which types --------------------------------------------------------------------------------

bool is_number(const LogicalType& type) {
  return is_float(type) || type.IsIntegral() || type.id() == LogicalTypeId::DECIMAL;
}
bool is_day_or_instant(const LogicalType& type) {
  return type.id() == LogicalTypeId::DATE || type.id() == LogicalTypeId::TIMESTAMP ||
         type.id() == LogicalTypeId::TIMESTAMP_TZ || type.id() == LogicalTypeId::TIMESTAMP_SEC ||
         type.id() == LogicalTypeId::TIMESTAMP_MS || type.id() == LogicalTypeId::TIMESTAMP_NS;
}
bool is_time(const LogicalType& type) {
  return type.id() == LogicalTypeId::TIME || type.id() == LogicalTypeId::TIME_TZ;
}

bool converts(const LogicalType& from, const LogicalType& to) {
  if (from.id() == LogicalTypeId::SQLNULL || from == to) return true;
  if (from.IsJSONType() || to.IsJSONType())
    return from.id() != LogicalTypeId::BLOB && to.id() != LogicalTypeId::BLOB;
  const bool from_number = is_number(from) || from.id() == LogicalTypeId::BOOLEAN;
  const bool to_number = is_number(to) || to.id() == LogicalTypeId::BOOLEAN;
  if (from.IsNested() || to.IsNested()) {
    if (from.id() != to.id()) return false;
    if (from.id() == LogicalTypeId::LIST)
      return converts(duckdb::ListType::GetChildType(from), duckdb::ListType::GetChildType(to));
    if (from.id() == LogicalTypeId::MAP)
      return converts(duckdb::MapType::KeyType(from), duckdb::MapType::KeyType(to)) &&
             converts(duckdb::MapType::ValueType(from), duckdb::MapType::ValueType(to));
    return true;
  }
  if (to.id() == LogicalTypeId::VARCHAR) return from.id() != LogicalTypeId::BLOB;
  if (from.id() == LogicalTypeId::VARCHAR)
    return to_number || is_day_or_instant(to) || is_time(to) || to.id() == LogicalTypeId::UUID ||
           to.id() == LogicalTypeId::INTERVAL || to.id() == LogicalTypeId::BLOB;
  if (from_number || to_number) return from_number && to_number;
  if (is_day_or_instant(from)) return is_day_or_instant(to) || is_time(to);
  if (is_time(from))
    return is_time(to) || to.id() == LogicalTypeId::TIMESTAMP ||
           to.id() == LogicalTypeId::TIMESTAMP_TZ;
  return from.id() == to.id();
}

// ---- Text that is read
// ----------------------------------------------------------------------------

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

template <class T>
std::optional<T> integer_of(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('+') && text.size() > 1 && text[1] != '-') text.remove_prefix(1);
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <class T>
std::optional<T> floating_of(std::string_view text) {
  text = trimmed(text);
  if (text == "NaN") return std::numeric_limits<T>::quiet_NaN();
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  T value = 0;
  if (text == "Infinity") {
    value = std::numeric_limits<T>::infinity();
  } else {
    // No words, and no second sign.
    if (text.empty() || (text[0] != '.' && (text[0] < '0' || text[0] > '9'))) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return std::nullopt;
    if (error == std::errc::result_out_of_range) {
      const std::string copy(text);
      value = static_cast<T>(std::strtod(copy.c_str(), nullptr));
    }
  }
  return negative ? -value : value;
}

std::optional<bool> boolean_of(std::string_view text) {
  const std::string lower = duckdb::StringUtil::Lower(std::string(text));
  if (lower == "true" || lower == "t" || lower == "1") return true;
  if (lower == "false" || lower == "f" || lower == "0") return false;
  return std::nullopt;
}

// Numbers with up to so many digits, each behind its separator.
bool is_numbers(std::string_view& text, std::string_view separators, size_t most_of_first) {
  for (size_t i = 0; i <= separators.size(); ++i) {
    if (i > 0) {
      if (!text.starts_with(separators[i - 1])) return false;
      text.remove_prefix(1);
    }
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    if (digits == 0 || digits > (i == 0 ? most_of_first : 2)) return false;
    text.remove_prefix(digits);
  }
  return true;
}

std::optional<std::string_view> date_text(std::string_view text) {
  const std::string_view whole = trimmed(text);
  std::string_view rest = whole;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  return is_numbers(rest, "--", 9) && rest.empty() ? std::optional(whole) : std::nullopt;
}

// A date, and behind a blank a time of the clock, and perhaps a zone.
std::optional<std::string_view> timestamp_text(std::string_view text) {
  const std::string_view whole = trimmed(text);
  std::string_view rest = whole;
  if (rest.starts_with('-') || rest.starts_with('+')) rest.remove_prefix(1);
  if (!is_numbers(rest, "--", 9)) return std::nullopt;
  if (rest.empty()) return whole;
  if (!rest.starts_with(' ')) return std::nullopt;
  rest.remove_prefix(1);
  if (rest.empty() || rest[0] < '0' || rest[0] > '9') return whole;  // a zone
  if (rest.starts_with("24") || !is_numbers(rest, ":", 2)) return std::nullopt;
  if (rest.starts_with(':') && !(rest.remove_prefix(1), is_numbers(rest, "", 2)))
    return std::nullopt;
  return whole;
}

std::optional<std::string> timestamptz_text(std::string_view text) {
  const auto whole = timestamp_text(text);
  return whole ? std::optional(with_offset_behind(*whole)) : std::nullopt;
}

template <auto Read, bool Try>
auto read_text(std::string_view text) {
  auto value = Read(text);
  if (!value && !Try) throw duckdb::ConversionException("Cannot cast '%s'", std::string(text));
  return value;
}

template <auto Read>
BoundExpression read(ClientContext& context, const char* name, BoundExpression text,
                     const LogicalType& type, bool tries) {
  auto arguments = list_of(std::move(text));
  return tries ? run_kernel<read_text<Read, true>>(context, name, type, std::move(arguments))
               : run_kernel<read_text<Read, false>>(context, name, type, std::move(arguments));
}

// nullptr: as DuckDB reads it.
BoundExpression from_text(ClientContext& context, BoundExpression& text, const LogicalType& type,
                          bool tries) {
  const auto converted = [&](auto checked) {
    return duckdb::BoundCastExpression::AddCastToType(context, std::move(checked), type, tries);
  };
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
      return read<integer_of<int8_t>>(context, "to_tinyint", std::move(text), type, tries);
    case LogicalTypeId::SMALLINT:
      return read<integer_of<int16_t>>(context, "to_smallint", std::move(text), type, tries);
    case LogicalTypeId::INTEGER:
      return read<integer_of<int32_t>>(context, "to_integer", std::move(text), type, tries);
    case LogicalTypeId::BIGINT:
      return read<integer_of<int64_t>>(context, "to_bigint", std::move(text), type, tries);
    case LogicalTypeId::FLOAT:
      return read<floating_of<float>>(context, "to_real", std::move(text), type, tries);
    case LogicalTypeId::DOUBLE:
      return read<floating_of<double>>(context, "to_double", std::move(text), type, tries);
    case LogicalTypeId::BOOLEAN:
      return read<boolean_of>(context, "to_boolean", std::move(text), type, tries);
    case LogicalTypeId::DATE:
      return converted(
          read<date_text>(context, "date_text", std::move(text), LogicalType::VARCHAR, tries));
    case LogicalTypeId::TIMESTAMP_TZ:
      return converted(read<timestamptz_text>(context, "timestamptz_text", std::move(text),
                                              LogicalType::VARCHAR, tries));
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_SEC:
      return converted(read<timestamp_text>(context, "timestamp_text", std::move(text),
                                            LogicalType::VARCHAR, tries));
    default: return nullptr;
  }
}

// ---- Text that is written
// -------------------------------------------------------------------------

std::string interval_text(duckdb::interval_t interval) {
  if (interval.months) {
    const int64_t months = std::abs(int64_t(interval.months));
    return fmt::format("{}{}-{}", interval.months < 0 ? "-" : "", months / 12, months % 12);
  }
  const int64_t millis =
      int64_t(interval.days) * 86400000 + interval.micros / duckdb::Interval::MICROS_PER_MSEC;
  const bool negative = millis < 0;
  const auto size = static_cast<uint64_t>(negative ? -millis : millis);
  return fmt::format("{}{} {:02}:{:02}:{:02}.{:03}", negative ? "-" : "", size / 86400000,
                     size / 3600000 % 24, size / 60000 % 60, size / 1000 % 60, size % 1000);
}

float real_of(double value) { return static_cast<float>(value); }

BoundExpression cast_value(duckdb::FunctionBindExpressionInput& input, bool tries) {
  auto& context = input.context;
  const LogicalType type = input.children[1]->return_type;
  const LogicalType from = result_type(input.children[0]->return_type);
  if (from.id() == LogicalTypeId::UNKNOWN) throw duckdb::ParameterNotResolvedException();
  input.children.pop_back();
  if (!converts(from, type))
    refuse("TYPE_MISMATCH", 58,
           fmt::format("Cannot cast {} to {}", trino_type(from), trino_type(type)),
           tries ? "TRY_CAST" : "CAST", input.children);
  auto value = as(context, std::move(input.children[0]), from);
  // DuckDB knows no cast from a type to its own other name.
  if (from.id() == LogicalTypeId::TIMESTAMP_TZ && type.id() == from.id())
    return duckdb::make_uniq<duckdb::BoundCastExpression>(
        std::move(value), type, duckdb::BoundCastInfo(duckdb::DefaultCasts::ReinterpretCast));
  if (type.IsJSONType() && !from.IsJSONType()) return cast_to_json(context, std::move(value));
  if (from.id() == LogicalTypeId::VARCHAR && !from.IsJSONType()) {
    if (auto checked = from_text(context, value, type, tries)) return checked;
  }
  if (type.id() == LogicalTypeId::VARCHAR && !type.IsJSONType()) {
    if (from.id() == LogicalTypeId::INTERVAL)
      return run_kernel<interval_text>(context, "interval_text", type, list_of(std::move(value)));
    return to_varchar(context, std::move(value));
  }
  if (from.id() == LogicalTypeId::DOUBLE && type.id() == LogicalTypeId::FLOAT)
    return run_kernel<real_of>(context, "real_of", type, list_of(std::move(value)));
  // Halves go away from zero.
  if (type.IsIntegral() && is_float(from))
    value = call(context, "round", list_of(std::move(value)));
  return duckdb::BoundCastExpression::AddCastToType(context, std::move(value), type, tries);
}

}  // namespace

BoundExpression bind_cast(duckdb::FunctionBindExpressionInput& input) {
  return cast_value(input, false);
}
BoundExpression bind_try_cast(duckdb::FunctionBindExpressionInput& input) {
  return cast_value(input, true);
}

}  // namespace foz::sql
