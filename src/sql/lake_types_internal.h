// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The three type systems that meet in a query: Delta's, DuckDB's and Trino's.
#pragma once

#include <string>

#include "delta/types.h"
#include "duckdb.hpp"

namespace foz::sql {

// Throws duckdb::NotImplementedException for a type that DuckDB cannot read.
duckdb::LogicalType to_duckdb(const delta::DataType& type);

// The type in which a result column leaves the engine: Trino has no unsigned, 128-bit or enumerated
// types.
duckdb::LogicalType result_type(const duckdb::LogicalType& type);

// Of the types of numbers, by what becomes what without a cast: 1 to 4 integers, 5 decimals, 6 and
// 7 floating ones; 0: no number.
int numeric_rank(duckdb::LogicalTypeId id);

// TIMESTAMP WITH TIME ZONE that calls itself of `digits` fractional digits.
duckdb::LogicalType instant_type(int digits);

// "bigint", "timestamp(6) with time zone", "row(\"a\" bigint, \"b\" array(varchar))" …
std::string trino_type(const duckdb::LogicalType& type);
// As Trino shows it in its tables: names of fields without quotes.
std::string display_type(const duckdb::LogicalType& type);
// As Trino writes it into a statement: "decimal(18, 4)", "ROW(a bigint, \"B b\" varchar)".
std::string written_type(const duckdb::LogicalType& type);

}  // namespace foz::sql
