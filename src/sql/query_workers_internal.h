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

  // While one of these lives, the workers take tasks, of whichever query.
  class Call {
   public:
    explicit Call(QueryWorkers& workers);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    QueryWorkers& workers_;
  };

 private:
  void run();  // of each thread

  duckdb::TaskScheduler& scheduler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int calls_ = 0;
  bool stopping_ = false;
  duckdb::atomic<bool> working_{true};
  std::vector<std::thread> threads_;
};

}  // namespace foz::sql
