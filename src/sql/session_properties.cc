// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/session_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace foz::sql {

namespace {

constexpr std::string_view kMaxRecursionDepth = "max_recursion_depth";
constexpr std::string_view kMaxRunTime = "query_max_run_time";
constexpr std::string_view kMaxExecutionTime = "query_max_execution_time";

constexpr std::string_view kVacuumMinRetention = "lake.vacuum_min_retention";

constexpr SessionProperty kProperties[] = {
    {kMaxRecursionDepth, "10", "integer",
     "Maximum recursion depth for recursive common table expression"},
    {kMaxExecutionTime, "100.00d", "varchar", "Maximum execution time of a query"},
    {kMaxRunTime, "100.00d", "varchar", "Maximum run time of a query (includes the queueing time)"},
    {"time_zone_id", "", "varchar", "Time Zone Id for the current session"},
    {kVacuumMinRetention, "7.00d", "varchar", "Minimal retention period for vacuum procedure"},
};

QueryError invalid_property(std::string message) {
  QueryError error;
  error.name = "INVALID_SESSION_PROPERTY";
  error.type = "USER_ERROR";
  error.code = 14;
  error.message = std::move(message);
  return error;
}

bool whole_number(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

std::chrono::milliseconds duration_of(const QuerySession& session, std::string_view name) {
  const auto entry = session.properties.find(std::string(name));
  std::optional<std::chrono::milliseconds> duration;
  if (entry != session.properties.end()) duration = parse_duration(entry->second);
  return duration.value_or(std::chrono::days(100));
}

}  // namespace

std::span<const SessionProperty> session_properties() { return kProperties; }

std::optional<QueryError> check_session_property_exists(std::string_view name) {
  if (std::ranges::find(kProperties, name, &SessionProperty::name) != std::end(kProperties))
    return std::nullopt;
  return invalid_property(fmt::format("Session property '{}' does not exist", name));
}

std::string session_properties_table(const QuerySession& session) {
  std::string rows;
  const auto add = [&](std::string_view text, std::string_view behind) {
    rows += '\'';
    for (const char c : text) rows += c == '\'' ? "''" : std::string(1, c);
    rows += '\'';
    rows += behind;
  };
  for (const auto& property : kProperties) {
    const auto set = session.properties.find(std::string(property.name));
    rows += rows.empty() ? "(" : ", (";
    add(property.name, ", ");
    add(set == session.properties.end() ? property.default_value : set->second, ", ");
    add(property.default_value, ", ");
    add(property.type, ", ");
    add(property.description, ")");
  }
  return "(VALUES " + rows + ") s(\"Name\", \"Value\", \"Default\", \"Type\", \"Description\")";
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr std::pair<std::string_view, double> kUnits[] = {
      {"ns", 1e-6}, {"us", 1e-3},  {"ms", 1},     {"s", 1e3},
      {"m", 60e3},  {"h", 3600e3}, {"d", 86400e3}};
  const auto trim = [](std::string_view& part) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
  };
  trim(text);
  const size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  double amount = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, amount);
  if (digits == 0 || error != std::errc() || end != text.data() + digits) return std::nullopt;
  std::string_view unit = text.substr(digits);
  trim(unit);
  const auto known = std::ranges::find(kUnits, unit, &std::pair<std::string_view, double>::first);
  if (known == std::end(kUnits)) return std::nullopt;
  const double millis = amount * known->second;
  if (millis > 1e15) return std::nullopt;  // more than any clock tells
  return std::chrono::milliseconds(static_cast<int64_t>(millis));
}

std::optional<QueryError> check_session_property(std::string_view name, std::string_view value,
                                                 std::string_view value_type) {
  if (auto error = check_session_property_exists(name)) return error;
  const auto known = std::ranges::find(kProperties, name, &SessionProperty::name);
  if (!value_type.empty() && !value_type.starts_with(known->type))
    return invalid_property(
        fmt::format("Unable to set session property '{}' to '{}': Cannot cast type {} to {}", name,
                    value, value_type, known->type));
  int depth = 0;
  if (name == kMaxRecursionDepth && !whole_number(value, depth))
    return invalid_property(fmt::format("{} must be a whole number, not '{}'", name, value));
  const bool duration =
      name == kMaxRunTime || name == kMaxExecutionTime || name == kVacuumMinRetention;
  if (duration && !parse_duration(value))
    return invalid_property(
        fmt::format("{} is invalid: {}; durations are written like 10m or 1.5h", name, value));
  return std::nullopt;
}

std::optional<QueryError> check_session_properties(const QuerySession& session) {
  for (const auto& [name, value] : session.properties) {
    if (auto error = check_session_property(name, value)) return error;
  }
  return std::nullopt;
}

int max_recursion_depth(const QuerySession& session) {
  int depth = 10;  // Trino's own default
  const auto set = session.properties.find(std::string(kMaxRecursionDepth));
  if (set != session.properties.end()) whole_number(set->second, depth);
  return depth;
}

std::chrono::milliseconds max_run_time(const QuerySession& session) {
  return duration_of(session, kMaxRunTime);
}
std::chrono::milliseconds max_execution_time(const QuerySession& session) {
  return duration_of(session, kMaxExecutionTime);
}

std::optional<std::chrono::milliseconds> vacuum_min_retention(const QuerySession& session) {
  const auto entry = session.properties.find(std::string(kVacuumMinRetention));
  return entry == session.properties.end() ? std::nullopt : parse_duration(entry->second);
}

}  // namespace foz::sql
