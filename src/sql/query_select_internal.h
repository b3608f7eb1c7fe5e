// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// From the rewritten text of a query to the tree that DuckDB binds.
#pragma once

#include <vector>

#include "duckdb.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "sql/query_types_internal.h"

namespace foz::sql {

// `columns`: those of the result as the text tells them. Throws a QueryError or DuckDB's
// exceptions.
duckdb::unique_ptr<duckdb::SelectStatement> parse_select(duckdb::Connection& connection,
                                                         const TreeInput& input,
                                                         RewrittenText& text,
                                                         std::vector<TypedColumn>& columns);

}  // namespace foz::sql
