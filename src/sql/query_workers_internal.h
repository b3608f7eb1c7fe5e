// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Threads that help queries which last; those give way to the stream, as these threads do. A short
// query runs on its own thread alone: a task of it on a thread that stands back would keep it
// waiting for longer than it saves.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "duckdb.hpp"

namespace duckdb {
class TaskScheduler;
}

namespace foz::sql {

// How far queries that last stand back, and the workers.
constexpr int kQueryNice = 10;

// Thread-safe.
class QueryWorkers {
 public:
  QueryWorkers(duckdb::TaskScheduler& scheduler, int count);
  ~QueryWorkers();
  QueryWorkers(const QueryWorkers&) = delete;
  QueryWorkers& operator=(const QueryWorkers&) = delete;

 private:
  friend class QueryHelp;
  // Between the two the workers take tasks, of whichever query.
  void call();
  void release();
  void run();  // of each thread

  duckdb::TaskScheduler& scheduler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int calls_ = 0;
  bool stopping_ = false;
  duckdb::atomic<bool> working_{true};
  std::vector<std::thread> threads_;
};

// What one query has of the workers; used by the query's thread alone.
class QueryHelp {
 public:
  explicit QueryHelp(QueryWorkers& workers) : workers_(workers) {}
  ~QueryHelp() { end(); }
  QueryHelp(const QueryHelp&) = delete;
  QueryHelp& operator=(const QueryHelp&) = delete;

  // Runs the query until it has rows, or has none. Throws DuckDB's exceptions.
  duckdb::unique_ptr<duckdb::QueryResult> first_result(duckdb::PendingQueryResult& pending);
  // Between two steps: a query that has used some of the processor's time calls the workers, and
  // stands back.
  void consider();
  void end();

 private:
  QueryWorkers& workers_;
  bool called_ = false;
};

}  // namespace foz::sql
