// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// FOR VERSION AS OF and FOR TIMESTAMP AS OF: which snapshot of a table is meant.
// https://trino.io/docs/current/connector/delta-lake.html#time-travel-queries
#pragma once

#include "duckdb.hpp"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

// Finds the versions that stand for instants. Throws a QueryError or DuckDB's exceptions.
void find_versions(duckdb::Connection& connection, const TreeInput& input, RewrittenText& text);

// kNotFound names the versions that there are.
Result<delta::SnapshotPtr> snapshot_at(const table::TableView& view, int64_t version);

}  // namespace foz::sql
