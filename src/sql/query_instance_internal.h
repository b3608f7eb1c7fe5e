// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One DuckDB for queries: its own memory limit and workers, the lake attached, nothing
// else in reach. It holds no state, so a defect in it costs the queries that run and no more: the
// next ones get a new one.
#pragma once

#include <atomic>
#include <memory>

#include "duckdb.hpp"
#include "sql/lake_scan_internal.h"
#include "sql/query_engine.h"
#include "sql/query_workers_internal.h"

namespace foz::sql {

class QueryInstance {
 public:
  // Throws DuckDB's exceptions.
  QueryInstance(const QueryEngineOptions& options, Metrics& metrics);

  duckdb::DatabaseInstance& database() { return *duckdb_->instance; }
  QueryWorkers& workers() { return *workers_; }
  // After an INTERNAL or FATAL error.
  void mark_broken() { broken_ = true; }
  bool broken() const { return broken_; }

 private:
  std::unique_ptr<duckdb::DuckDB> duckdb_;
  std::shared_ptr<LakeServices> services_;
  std::atomic<bool> broken_{false};
  std::unique_ptr<QueryWorkers> workers_;
};

}  // namespace foz::sql
