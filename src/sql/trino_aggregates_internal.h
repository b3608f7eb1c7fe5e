// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>
#include <utility>
#include <vector>

#include "duckdb.hpp"

namespace foz::sql {

// Makes Trino's aggregates in schema `trino`; throws DuckDB's exceptions.
void create_aggregates(duckdb::ClientContext& context, duckdb::Catalog& catalog);

// Names and signatures, as TrinoFunction has them.
std::vector<std::pair<std::string_view, std::string_view>> aggregate_signatures();

// Its name when it is one of them, else empty.
std::string_view own_aggregate(std::string_view name);

}  // namespace foz::sql
