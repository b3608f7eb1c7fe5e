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
bool is_date(std::string_view text);
// An integer of `bits` bits.
bool is_integer(std::string_view text, int bits);
bool is_uuid(std::string_view text);

// As DuckDB spells the type; nullopt for one that is none, or has other parameters.
std::optional<std::string> duckdb_type(const ast::Type& type);
// As Trino spells it.
std::string type_text(const ast::Type& type);

}  // namespace foz::sql
