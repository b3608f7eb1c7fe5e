// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// FOR VERSION AS OF and FOR TIMESTAMP AS OF: which snapshot of a table is meant.
// https://trino.io/docs/current/connector/delta-lake.html#time-travel-queries
#pragma once

#include <map>
#include <utility>

#include "duckdb.hpp"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

// Finds the versions that stand for instants. Throws a QueryError or DuckDB's exceptions.
void find_versions(duckdb::Connection& connection, const TreeInput& input, RewrittenText& text);

// Older snapshots that one statement reads: names and types are looked up in them, then rows are
// read. Of one thread.
class TravelledSnapshots {
 public:
  // kNotFound names the versions that there are.
  Result<delta::SnapshotPtr> at(const table::TableView& view, int64_t version);

 private:
  std::map<std::pair<table::TableId, int64_t>, delta::SnapshotPtr> loaded_;
};

}  // namespace foz::sql
