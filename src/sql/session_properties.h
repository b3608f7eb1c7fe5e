// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The session properties that mean something here: SHOW SESSION, SET SESSION, X-Trino-Session.
// https://trino.io/docs/current/admin/properties-query-management.html
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "sql/query_engine.h"

namespace foz::sql {

struct SessionProperty {
  std::string_view name, default_value, type, description;
};
std::span<const SessionProperty> session_properties();
// SHOW SESSION as a table for FROM: Name, Value, Default, Type, Description.
std::string session_properties_table(const QuerySession& session);

// INVALID_SESSION_PROPERTY for one that does not exist.
std::optional<QueryError> check_session_property_exists(std::string_view name);
// The same, also for a value that it cannot have; without
// a place. `value_type` is the type of the value's expression; empty: a header's text.
std::optional<QueryError> check_session_property(std::string_view name, std::string_view value,
                                                 std::string_view value_type = {});
// The first that is wrong in what a client sent.
std::optional<QueryError> check_session_properties(const QuerySession& session);

// A duration as Trino writes it: "10m", "1.5 h".
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The value in a session whose properties were checked.
int max_recursion_depth(const QuerySession& session);
std::chrono::milliseconds max_run_time(const QuerySession& session);        // with queueing
std::chrono::milliseconds max_execution_time(const QuerySession& session);  // without
// nullopt: the table's own.
std::optional<std::chrono::milliseconds> vacuum_min_retention(const QuerySession& session);

}  // namespace foz::sql
