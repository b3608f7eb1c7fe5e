// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// DuckDB's failures as Trino names them.
// https://github.com/trinodb/trino/blob/master/core/trino-spi/src/main/java/io/trino/spi/StandardErrorCode.java
#pragma once

#include <string>

#include "duckdb.hpp"
#include "sql/query_engine.h"
#include "sql/trino_statement_internal.h"

namespace foz::sql {

// `statement` finds the place in its source when DuckDB tells one.
QueryError to_query_error(const duckdb::ErrorData& error, const TrinoStatement& statement);

// The instance is not to be trusted after this one.
bool ends_instance(const duckdb::ErrorData& error);

QueryError internal_error(std::string message);
QueryError canceled_error();
// Ended by the memory guard.
QueryError exhausted_error();
// Of a query whose reader stays away while another one needs its memory.
QueryError abandoned_error();
// Whether DuckDB found no memory for what it keeps; not that a function refuses to make so much.
bool lacks_memory(const duckdb::ErrorData& error);

}  // namespace foz::sql
