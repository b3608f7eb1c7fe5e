// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Looks after the queries that run.
//
// One that is quick answers as fast as the stream brings rows; one that lasts gives way to it.
//
// Queries are ended before the kernel ends the process. DuckDB keeps its buffers within its limit,
// but not all that queries allocate: strings of aggregates, what scans decode, what allocators hold
// back. Only the process's own memory shows that.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <thread>

#include "base/thread.h"

namespace foz::sql {

// How far queries that last stand back.
constexpr int kQueryNice = 10;

// Anonymous memory of this process.
int64_t process_memory();

// Thread-safe. While queries run and the process is near its limit, ends the one that runs for
// longest, one after another; but only for what has come since no query ran, for ending queries
// gives nothing else back.
class QueryGuard {
 public:
  // A limit of 0: ends none.
  explicit QueryGuard(int64_t limit_bytes, std::function<int64_t()> used = process_memory);
  ~QueryGuard();
  QueryGuard(const QueryGuard&) = delete;
  QueryGuard& operator=(const QueryGuard&) = delete;

  // Of a query, made by its thread.
  class Watch {
   public:
    Watch(QueryGuard& guard, std::function<void()> end);
    // Waits for a call of `end` that is under way.
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class QueryGuard;
    QueryGuard& guard_;
    std::function<void()> end_;  // empty once it was called
    const ThreadRef thread_ = ThreadRef::current();
    bool stood_back_ = false;
    std::list<Watch*>::iterator place_;
  };

 private:
  void run();
  // Under the mutex.
  void let_stand_back();
  bool end_one();  // false when there is no need, or nobody

  const int64_t limit_bytes_;
  const std::function<int64_t()> used_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::list<Watch*> watches_;  // the one that runs for longest first
  int64_t idle_bytes_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace foz::sql
