// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Functions whose meaning depends on their arguments' types: each is bound to an expression of
// DuckDB's own functions and of a few kernels.
#pragma once

#include <optional>
#include <string_view>

#include "duckdb.hpp"

namespace foz::sql {

// In a transaction that writes; throws DuckDB's exceptions.
void create_operators(duckdb::ClientContext& context, duckdb::Catalog& catalog);

// The operator function that a function of Trino means ("concat", "greatest" …); empty: none.
std::string_view operator_target(std::string_view name);

// As a cast to varchar writes it.
duckdb::unique_ptr<duckdb::Expression> to_varchar(duckdb::ClientContext& context,
                                                  duckdb::unique_ptr<duckdb::Expression> value);

// As Trino writes a double or real: 1.0E0, 1.5E10, NaN, Infinity.
std::string trino_number(double value);
std::string trino_number(float value);

// The interval that a constant zone lies east of UTC, when it is no more than an offset, which is
// no zone to DuckDB.
std::optional<duckdb::Value> constant_offset(duckdb::ClientContext& context,
                                             const duckdb::Expression& zone);

}  // namespace foz::sql
