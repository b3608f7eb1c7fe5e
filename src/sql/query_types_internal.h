// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the text of a query and the tables' columns tell about its result, over what DuckDB bound.
#pragma once

#include <string>
#include <vector>

#include "delta/types.h"
#include "duckdb.hpp"
#include "sql/query_engine.h"
#include "sql/query_travel_internal.h"
#include "sql/trino_tree_internal.h"
#include "sql/trino_typing_internal.h"

namespace foz::sql {

// The statement's columns, and errors of names and types. None for a query of ours. A query whose
// text depends on types is written again into `text`.
QueryResult<std::vector<TypedColumn>> type_statement(const TreeInput& input, RewrittenText& text,
                                                     TravelledSnapshots& travelled);

// Trino's type of a table's column.
Type type_of_column(const delta::DataType& type);

// A result column's name, as the query spells it, and Trino's name of its type: the exact one where
// it is known and of a kind with what DuckDB bound.
std::string column_name(const std::vector<TypedColumn>& exact, size_t column,
                        const std::string& bound);
std::string column_type(const std::vector<TypedColumn>& exact, size_t column,
                        const duckdb::LogicalType& bound);
// As typeof() tells it.
std::string column_display(const std::vector<TypedColumn>& exact, size_t column,
                           const duckdb::LogicalType& bound);

}  // namespace foz::sql
