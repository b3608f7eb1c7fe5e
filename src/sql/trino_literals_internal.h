// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What Trino takes as literals of its types, and how many digits they have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sql/trino_ast_internal.h"

namespace foz::sql {

struct IntervalValue {
  bool months = false;  // else milliseconds
  int64_t value = 0;
};

// INTERVAL '…' fields ("day", "day to second" …); nullopt for text of another form.
std::optional<IntervalValue> interval_value(std::string_view text, std::string_view fields);

struct DecimalValue {
  std::string text;  // without superfluous zeros in front
  int precision = 1, scale = 0;
};
// [-]digits[.digits] of at most 38 digits.
std::optional<DecimalValue> decimal_value(std::string_view text);

struct TimeValue {
  bool zoned = false;
  int precision = 0;  // digits behind the second
};
std::optional<TimeValue> time_value(std::string_view text);
std::optional<TimeValue> timestamp_value(std::string_view text);
// Minutes east of UTC of a zone that is no more than an offset: "+5", "-05:30", "UTC+05:30", "Z".
std::optional<int> zone_offset(std::string_view zone);
// A timestamp's text as DuckDB reads it, which wants an offset right behind the time.
std::string with_offset_behind(std::string_view timestamp);
bool is_date(std::string_view text);
// An integer of `bits` bits.
bool is_integer(std::string_view text, int bits);
bool is_uuid(std::string_view text);

// As DuckDB spells the type; nullopt for one that is none, or has other parameters.
std::optional<std::string> duckdb_type(const ast::Type& type);
// As Trino spells it.
std::string type_text(const ast::Type& type);

}  // namespace foz::sql
