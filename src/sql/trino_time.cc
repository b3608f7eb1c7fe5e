// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/datetime.html

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "duckdb/common/types/date.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/types/timestamp.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_operators_internal.h"
#include "sql/trino_themes_internal.h"

namespace foz::sql {

using duckdb::Interval;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

// ---- Units --------------------------------------------------------------------------------------

constexpr std::string_view kUnits[] = {"millisecond", "second", "minute",  "hour", "day",
                                       "week",        "month",  "quarter", "year"};
constexpr size_t kFirstOfDates = 4, kFirstOfIntervals = 4;

// The unit that a constant first argument names, for a value of type `type`.
std::string unit_of(TrinoCall& made, const LogicalType& type) {
  if (!made[0]->IsFoldable())
    throw duckdb::NotImplementedException("%s takes a constant unit", made.name);
  const duckdb::Value value = duckdb::ExpressionExecutor::EvaluateScalar(made.context, *made[0]);
  const std::string unit = value.IsNull() ? "" : duckdb::StringUtil::Lower(value.ToString());
  const auto found = std::ranges::find(kUnits, std::string_view(unit));
  const auto at = static_cast<size_t>(found - std::begin(kUnits));
  const bool date = type.id() == LogicalTypeId::DATE, time = type.id() == LogicalTypeId::TIME;
  if (found == std::end(kUnits) || (date && at < kFirstOfDates) ||
      (time && at >= kFirstOfIntervals))
    invalid_argument(fmt::format("'{}' is not a valid {} field", unit,
                                 date   ? "DATE"
                                 : time ? "TIME"
                                        : "TIMESTAMP"));
  return unit;
}

BoundExpression date_add(TrinoCall& made) {
  const LogicalType type = made.type(2);
  const std::string unit = unit_of(made, type);
  auto count = std::move(made[1]);
  if (unit == "millisecond") count = as(made.context, std::move(count), LogicalType::DOUBLE);
  auto interval = call(made.context, "to_" + unit + "s", list_of(std::move(count)));
  auto sum = call(made.context, "+", list_of(std::move(made[2]), std::move(interval)), true);
  return as(made.context, std::move(sum), type);
}

BoundExpression date_diff(TrinoCall& made) {
  (void)unit_of(made, made.type(1));
  return call(made.context, "date_sub", std::move(made.arguments));
}

duckdb::dtime_t trunc_time(duckdb::dtime_t time, int64_t unit) {
  return duckdb::dtime_t(time.micros / unit * unit);
}
BoundExpression date_trunc(TrinoCall& made) {
  const LogicalType type = made.type(1);
  const std::string unit = unit_of(made, type);
  if (type.id() == LogicalTypeId::TIME) {
    const int64_t micros = unit == "hour"     ? Interval::MICROS_PER_HOUR
                           : unit == "minute" ? Interval::MICROS_PER_MINUTE
                           : unit == "second" ? Interval::MICROS_PER_SEC
                                              : Interval::MICROS_PER_MSEC;
    return run_kernel<trunc_time>(
        made.context, "date_trunc", type,
        list_of(std::move(made[1]), constant(duckdb::Value::BIGINT(micros))));
  }
  return as(made.context, call(made.context, "date_trunc", std::move(made.arguments)), type);
}

// ---- Fields -------------------------------------------------------------------------------------

int64_t milliseconds_of_second(int64_t milliseconds) { return milliseconds % 1000; }
BoundExpression millisecond(TrinoCall& made) {
  auto all = as(made.context, call(made.context, "millisecond", std::move(made.arguments)),
                LogicalType::BIGINT);
  return run_kernel<milliseconds_of_second>(made.context, "millisecond", LogicalType::BIGINT,
                                            list_of(std::move(all)));
}

int64_t to_milliseconds(duckdb::interval_t interval) {
  return Interval::GetMicro(interval) / Interval::MICROS_PER_MSEC;
}

// ---- Seconds ------------------------------------------------------------------------------------

BoundExpression from_unixtime(TrinoCall& made) {
  return call(made.context, "to_timestamp", list_of(std::move(made[0])));
}
int64_t to_micros(int64_t nanos) { return nanos / 1000 - (nanos % 1000 < 0 ? 1 : 0); }
BoundExpression from_unixtime_nanos(TrinoCall& made) {
  auto micros = run_kernel<to_micros>(made.context, "micros", LogicalType::BIGINT,
                                      list_of(std::move(made[0])));
  return call(made.context, "make_timestamptz", list_of(std::move(micros)));
}
BoundExpression to_unixtime(TrinoCall& made) {
  return call(made.context, "epoch", std::move(made.arguments));
}

std::string human_readable_seconds(double value) {
  if (!std::isfinite(value)) invalid_argument(fmt::format("Invalid argument found: {}", value));
  static constexpr std::pair<std::string_view, int64_t> kParts[] = {
      {"week", 604800}, {"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
  if (std::abs(value) > 1e18) out_of_range("seconds are out of range");
  auto left = static_cast<int64_t>(std::round(std::abs(value)));
  std::string out;
  for (const auto& [name, size] : kParts) {
    const int64_t count = left / size;
    left %= size;
    if (count > 0)
      out += fmt::format("{}{} {}{}", out.empty() ? "" : ", ", count, name, count == 1 ? "" : "s");
  }
  return out.empty() ? "0 seconds" : out;
}

duckdb::interval_t parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kParts[] = {
      {"ns", 1e-3}, {"us", 1}, {"ms", 1e3}, {"s", 1e6}, {"m", 6e7}, {"h", 3.6e9}, {"d", 8.64e10}};
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto found = std::ranges::find(kParts, unit, &std::pair<std::string_view, double>::first);
  if (error != std::errc() || number < 0 || found == std::end(kParts))
    invalid_argument(fmt::format("duration is not a valid data duration string: {}", text));
  const double micros = std::round(number * found->second / 1000) * 1000;
  if (!(micros < 9e18)) out_of_range("duration is out of range");
  const auto whole = static_cast<int64_t>(micros);
  if (whole / Interval::MICROS_PER_DAY > std::numeric_limits<int32_t>::max())
    out_of_range("duration is out of range");
  return {0, static_cast<int32_t>(whole / Interval::MICROS_PER_DAY),
          whole % Interval::MICROS_PER_DAY};
}

// ---- ISO 8601 -----------------------------------------------------------------------------------

// "2020-02-29", "2020-W09-6", "2020-060", "2020-02", "2020".
duckdb::date_t from_iso8601_date(std::string_view text) {
  const auto number = [&](size_t at, size_t size) {
    int32_t out = 0;
    if (at + size > text.size()) return -1;
    const char* begin = text.data() + at;
    const auto [end, error] = std::from_chars(begin, begin + size, out);
    return error == std::errc() && end == begin + size && *begin != '-' ? out : -1;
  };
  const auto bad = [&] { invalid_argument(fmt::format("Invalid format: \"{}\"", text)); };
  const int32_t year = number(0, 4);
  if (year < 0 || (text.size() > 4 && text[4] != '-')) bad();
  duckdb::date_t out;
  if (text.size() > 5 && text[5] == 'W') {
    const int32_t week = number(6, 2);
    const int32_t day = text.size() == 8 ? 1 : number(9, 1);
    if (week < 1 || week > 53 || day < 1 || day > 7 ||
        (text.size() != 8 && (text.size() != 10 || text[8] != '-')))
      bad();
    // The fourth of January is in the first week.
    const duckdb::date_t fourth = duckdb::Date::FromDate(year, 1, 4);
    const int32_t monday = fourth.days - (duckdb::Date::ExtractISODayOfTheWeek(fourth) - 1);
    return duckdb::date_t(monday + (week - 1) * 7 + day - 1);
  }
  if (text.size() == 8) {
    const int32_t day = number(5, 3);
    if (day < 1 || day > (duckdb::Date::IsLeapYear(year) ? 366 : 365)) bad();
    return duckdb::date_t(duckdb::Date::FromDate(year, 1, 1).days + day - 1);
  }
  const int32_t month = text.size() > 4 ? number(5, 2) : 1;
  const int32_t day = text.size() > 7 ? number(8, 2) : 1;
  const bool shape = text.size() == 4 || text.size() == 7 || (text.size() == 10 && text[7] == '-');
  if (!shape || !duckdb::Date::TryFromDate(year, month, day, out)) bad();
  return out;
}

// A date, and behind T a time with an offset.
void check_iso8601(std::string_view text) {
  const size_t at = text.find('T');
  (void)from_iso8601_date(text.substr(0, at));
  if (at == std::string_view::npos) return;
  const std::string_view time = text.substr(at + 1);
  if (time.empty() || time.find_first_not_of("0123456789:.,+-Z") != std::string_view::npos)
    invalid_argument(fmt::format("Invalid format: \"{}\"", text));
}
std::string iso8601_as_text(std::string_view text) {
  check_iso8601(text);
  const size_t at = text.find('T');
  const duckdb::date_t date = from_iso8601_date(text.substr(0, at));
  std::string time(at == std::string_view::npos ? "00" : text.substr(at + 1));
  const size_t zone = time.find_first_of("+-Z");
  std::string offset = zone == std::string::npos ? "" : time.substr(zone);
  time.resize(std::min(time.size(), zone));
  if (time.size() == 2) time += ":00";
  std::ranges::replace(time, ',', '.');
  return duckdb::Date::ToString(date) + " " + time + offset;
}
BoundExpression from_iso8601_timestamp(TrinoCall& made) {
  auto text = run_kernel<iso8601_as_text>(made.context, "iso8601", LogicalType::VARCHAR,
                                          list_of(std::move(made[0])));
  return as(made.context, std::move(text), LogicalType::TIMESTAMP_TZ);
}

std::string iso_date(duckdb::date_t date) { return duckdb::Date::ToString(date); }
std::string iso_time(int64_t micros, std::string_view zone) {
  const duckdb::timestamp_t time(micros);
  if (!duckdb::Timestamp::IsFinite(time)) return duckdb::Timestamp::ToString(time);
  const std::string fraction = micros % 1000
                                   ? fmt::format(".{:06}", ((micros % 1000000) + 1000000) % 1000000)
                                   : fmt::format(".{:03}", ((micros / 1000 % 1000) + 1000) % 1000);
  const std::string text = duckdb::Timestamp::ToString(time);
  return fmt::format("{}T{}{}{}", text.substr(0, 10), text.substr(11, 8), fraction, zone);
}
std::string iso_timestamp(duckdb::timestamp_t time) { return iso_time(time.value, ""); }
std::string iso_timestamptz(duckdb::timestamp_tz_t time) { return iso_time(time.value, "Z"); }

BoundExpression date_of(TrinoCall& made) {
  return as(made.context, std::move(made[0]), LogicalType::DATE);
}
BoundExpression with_timezone(TrinoCall& made) {
  if (const auto offset = constant_offset(made.context, *made[1])) {
    auto utc = call(made.context, "-", list_of(std::move(made[0]), constant(*offset)), true);
    return call(made.context, "timezone", list_of(constant("UTC"), std::move(utc)));
  }
  std::swap(made[0], made[1]);
  return call(made.context, "timezone", std::move(made.arguments));
}

constexpr TrinoFunction kFunctions[] = {
    {"date", "date|timestamp|timestamptz|varchar -> date", date_of},
    {"date_add", "varchar, bigint, date -> date", date_add},
    {"date_add", "varchar, bigint, time -> time", date_add},
    {"date_add", "varchar, bigint, timestamp -> timestamp", date_add},
    {"date_add", "varchar, bigint, timestamptz -> timestamptz", date_add},
    {"date_diff", "varchar, date, date -> bigint", date_diff},
    {"date_diff", "varchar, time, time -> bigint", date_diff},
    {"date_diff", "varchar, timestamp, timestamp -> bigint", date_diff},
    {"date_diff", "varchar, timestamptz, timestamptz -> bigint", date_diff},
    {"date_trunc", "varchar, date -> date", date_trunc},
    {"date_trunc", "varchar, time -> time", date_trunc},
    {"date_trunc", "varchar, timestamp -> timestamp", date_trunc},
    {"date_trunc", "varchar, timestamptz -> timestamptz", date_trunc},
    {"day", "date|timestamp|timestamptz|interval -> bigint", same_as<"day">},
    {"day_of_month", "date|timestamp|timestamptz|interval -> bigint", same_as<"day">},
    {"day_of_week", "date|timestamp|timestamptz -> bigint", same_as<"isodow">},
    {"day_of_year", "date|timestamp|timestamptz -> bigint", same_as<"dayofyear">},
    {"dow", "date|timestamp|timestamptz -> bigint", same_as<"isodow">},
    {"doy", "date|timestamp|timestamptz -> bigint", same_as<"dayofyear">},
    {"from_iso8601_date", "varchar -> date", kernel<from_iso8601_date>},
    {"from_iso8601_timestamp", "varchar -> timestamptz", from_iso8601_timestamp},
    {"from_iso8601_timestamp_nanos", "varchar -> timestamptz", from_iso8601_timestamp},
    {"from_unixtime", "double -> timestamptz", from_unixtime},
    {"from_unixtime", "double, varchar -> timestamptz", from_unixtime},
    {"from_unixtime", "double, bigint, bigint -> timestamptz", from_unixtime},
    {"from_unixtime_nanos", "bigint -> timestamptz", from_unixtime_nanos},
    {"hour", "time|timestamp|timestamptz|interval -> bigint", same_as<"hour">},
    {"human_readable_seconds", "double -> varchar", kernel<human_readable_seconds>},
    {"last_day_of_month", "date|timestamp|timestamptz -> date", same_as<"last_day">},
    {"millisecond", "time|timestamp|timestamptz|interval -> bigint", millisecond},
    {"minute", "time|timestamp|timestamptz|interval -> bigint", same_as<"minute">},
    {"month", "date|timestamp|timestamptz|interval -> bigint", same_as<"month">},
    {"parse_duration", "varchar -> interval", kernel<parse_duration>},
    {"quarter", "date|timestamp|timestamptz -> bigint", same_as<"quarter">},
    {"second", "time|timestamp|timestamptz|interval -> bigint", same_as<"second">},
    {"timezone_hour", "timestamptz -> bigint", same_as<"timezone_hour">},
    {"timezone_minute", "timestamptz -> bigint", same_as<"timezone_minute">},
    {"to_iso8601", "date -> varchar", kernel<iso_date>},
    {"to_iso8601", "timestamp -> varchar", kernel<iso_timestamp>},
    {"to_iso8601", "timestamptz -> varchar", kernel<iso_timestamptz>},
    {"to_milliseconds", "interval -> bigint", kernel<to_milliseconds>},
    {"to_unixtime", "timestamptz -> double", to_unixtime},
    {"week", "date|timestamp|timestamptz -> bigint", same_as<"week">},
    {"week_of_year", "date|timestamp|timestamptz -> bigint", same_as<"week">},
    {"with_timezone", "timestamp, varchar -> timestamptz", with_timezone},
    {"year", "date|timestamp|timestamptz|interval -> bigint", same_as<"year">},
    {"year_of_week", "date|timestamp|timestamptz -> bigint", same_as<"isoyear">},
    {"yow", "date|timestamp|timestamptz -> bigint", same_as<"isoyear">},
};

}  // namespace

std::span<const TrinoFunction> date_functions() { return kFunctions; }

}  // namespace foz::sql
