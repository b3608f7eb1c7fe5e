// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The parsed statement made to mean what it means in Trino: every table name resolved against the
// root, operators and functions replaced by those of trino_functions.cc, columns named as Trino
// names them.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "duckdb.hpp"
#include "sql/query_engine.h"
#include "sql/trino_statement_internal.h"
#include "table/view.h"

namespace foz::sql {

// Schema and name of each, in lower case.
using TablesRead = std::set<std::pair<std::string, std::string>>;

struct TreeInput {
  const table::Root& root;
  const QuerySession& session;
  std::string_view source;
  const TrinoStatement& statement;
  TablesRead* reads = nullptr;  // filled with the tables that the statement reads

  // Where an error at a byte of the rewritten text is in the source.
  size_t source_offset(size_t offset) const { return statement.query.source_offset(offset); }
};

std::optional<QueryError> rewrite_tree(duckdb::SelectStatement& select, const TreeInput& input);

// CATALOG_NOT_FOUND, SCHEMA_NOT_FOUND or TABLE_NOT_FOUND at `offset` of the source.
std::optional<QueryError> check_exists(const RequiredName& name, const TreeInput& input);

// Where the engine's own functions live.
inline constexpr char kFunctionCatalog[] = "memory";
inline constexpr char kFunctionSchema[] = "trino";

// Makes them in an instance; throws DuckDB's exceptions.
void create_functions(duckdb::Connection& connection);
// The function of schema `trino`, or DuckDB's own, that `name` (lower case) means; empty: the name
// as it is.
struct FunctionTarget {
  std::string_view name;
  bool own = false;
};
FunctionTarget function_target(std::string_view name);

// Whether a query may call it. Everything else that DuckDB has is not there.
bool is_trino_function(std::string_view name);

// The pattern of date_format or date_parse (MySQL's), or of format_datetime (Joda's), for strftime;
// nullopt for one with letters that have no counterpart.
std::optional<std::string> mysql_to_strftime(std::string_view pattern, bool parses);
std::optional<std::string> joda_to_strftime(std::string_view pattern);

}  // namespace foz::sql
