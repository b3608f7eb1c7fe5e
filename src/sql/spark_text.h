// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Values as Spark reads them from text and writes them as text (org.apache.spark.sql.catalyst.util:
// Cast in ANSI mode, SparkDateTimeUtils). Time zones: offsets and UTC, not region names; the
// session's zone is UTC.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace foz::delta {
enum class TypeKind;
}

namespace foz::sql::spark {

__extension__ typedef __int128 int128;

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;

// Without surrounding blanks and control characters.
std::string_view trim(std::string_view text);

bool read_integer(std::string_view text, int64_t& value);  // "12", "+3"; no fraction
bool read_double(std::string_view text, double& value);    // "1e5", "NaN", "-Infinity", "1.0d"
bool read_boolean(std::string_view text, bool& value);     // t true y yes 1 / f false n no 0
// Rounded half up to `scale`; false when it does not fit `precision` digits.
bool read_decimal(std::string_view text, int precision, int scale, int128& value);
bool read_date(std::string_view text,
               int32_t& days);  // "2024", "2024-1", "2024-01-05", "2024-01-05T…"
bool read_timestamp(std::string_view text,
                    int64_t& micros);  // "2024-01-05 10:20:30.5+02:00", a date, a year
// The same without a shift by the zone that the text names.
bool read_timestamp_ntz(std::string_view text, int64_t& micros);
bool read_zone(std::string_view text, int64_t& seconds_east);  // "Z", "UTC", "+02:00", "GMT-3"

std::string write_double(double value);  // as Java: 1.0, 1.0E10, 0.001, NaN
std::string write_float(float value);
std::string write_date(int64_t days);
std::string write_timestamp(int64_t micros);  // "2024-01-05 10:20:30.5"

// "BIGINT"; of nested types the first word.
std::string_view type_name(delta::TypeKind kind);

// The proleptic Gregorian calendar.
int64_t days_from_civil(int64_t year, int month, int day);
struct Civil {
  int64_t year;
  int month, day;
};
Civil civil_from_days(int64_t days);
int days_in_month(int64_t year, int month);

constexpr int64_t floor_div(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
constexpr int64_t floor_mod(int64_t a, int64_t b) { return a - floor_div(a, b) * b; }

}  // namespace foz::sql::spark
