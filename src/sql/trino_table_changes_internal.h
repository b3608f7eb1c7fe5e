// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The table function system.table_changes of Trino's Delta Lake connector.
// https://trino.io/docs/current/connector/delta-lake.html#table-changes
#pragma once

#include <string>
#include <string_view>

#include "sql/query_engine.h"
#include "sql/trino_ast_internal.h"

namespace foz::sql {

// Behind a table's name, and before a version: the changes of all versions behind that one. No
// client can write it by chance.
inline constexpr char kChangesDetail[] =
    "$\x01"
    "changes@";

struct ChangesArguments {
  std::string schema, table;
  int64_t since = -1;
};
// Of a relation that is a call of it. Throws a QueryError.
ChangesArguments changes_arguments(const ast::Relation& relation, std::string_view source,
                                   const QuerySession& session);

}  // namespace foz::sql
