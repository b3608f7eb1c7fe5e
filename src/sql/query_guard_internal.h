// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Looks after the queries that run.
//
// A query that finds no memory lets go of what it had, and begins again when another one has ended:
// only what finds none though it is alone needs too much. One that waits for its reader keeps what
// it has sorted and gathered; the one that has waited for longest is ended, once it has waited for
// long, when another query needs its memory.
//
// Queries are ended before the kernel ends the process. DuckDB keeps its buffers within its limit,
// but not all that queries allocate: strings of aggregates, what scans decode, what allocators hold
// back. Only the process's own memory shows that.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <thread>

#include "base/thread.h"
#include "sql/query_engine.h"

namespace foz::sql {

// How long a query's reader may stay away while another query finds no memory.
constexpr std::chrono::milliseconds kPatience{5000};
// And how many times longer a query waits for memory, and how often it begins again beside others.
constexpr int kPatienceForMemory = 12, kTries = 3;

// Anonymous memory of this process.
int64_t process_memory();

// Thread-safe. While queries run and the process is near its limit, ends the one that runs for
// longest, one after another; but only for what has come since no query ran, for ending queries
// gives nothing else back.
class QueryGuard {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // A limit of 0: ends none.
  explicit QueryGuard(int64_t limit_bytes, std::chrono::milliseconds patience = kPatience,
                      std::function<int64_t()> used = process_memory);
  ~QueryGuard();
  QueryGuard(const QueryGuard&) = delete;
  QueryGuard& operator=(const QueryGuard&) = delete;

  // Of a query, made by its thread.
  class Watch {
   public:
    // `end` is told why.
    Watch(QueryGuard& guard, std::function<void(QueryError)> end);
    // Waits for a call of `end` that is under way.
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    // It waits for its reader from now on, or no longer.
    void set_waiting(bool waiting);
    // The query found no memory, and holds none any more. True: another one's is free, and it may
    // begin again. False: it had all memory for itself, or waited for too long, or `unwanted` says
    // that nobody wants it.
    bool make_room(const std::function<bool()>& unwanted);

   private:
    friend class QueryGuard;
    QueryGuard& guard_;
    std::function<void(QueryError)> end_;  // empty once it was called
    std::optional<Time> waiting_since_;    // for its reader
    std::optional<Time> lacking_since_;    // the memory without which it cannot go on
    int tries_ = 0;                        // begun again
    bool holds_ = true;                    // memory, as far as anybody knows
    bool alone_ = true;                    // no other query held any since it began
    uint64_t number_ = 0;
    const ThreadRef thread_ = ThreadRef::current();
    bool stood_back_ = false;
    std::list<Watch*>::iterator place_;
  };

 private:
  void run();
  // Under the mutex.
  // Queries do so themselves between two tasks; but one task may last for minutes.
  void let_stand_back();
  bool end_one();  // false when there is no need, or nobody
  void begin(Watch& query);
  // Whether others may hold memory; whether no other that lacks it comes first.
  bool others_hold(const Watch& query) const;
  bool is_next(const Watch& query) const;
  std::list<Watch*>::iterator longest_waiting();
  // The one that has waited for its reader for longest, when that is long; returns when it is gone.
  bool end_waiting(std::unique_lock<std::mutex>& lock);

  const int64_t limit_bytes_;
  const std::chrono::milliseconds patience_;
  const std::function<int64_t()> used_;
  std::mutex mutex_;
  std::condition_variable changed_;  // a query ended, for those that lack memory
  std::condition_variable wake_;     // of the thread that looks, and so not of every short query
  std::list<Watch*> watches_;        // the one that runs for longest first
  uint64_t count_ = 0;               // of those that there ever were
  bool asleep_ = true;               // nothing ran when the thread looked last
  int64_t idle_bytes_ = 0;           // then
  bool freed_ = false;               // a query has ended since one that lacked memory began again
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace foz::sql
