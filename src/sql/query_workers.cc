// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_workers_internal.h"

#include <algorithm>
#include <chrono>

#include "base/thread.h"
#include "duckdb/parallel/task_scheduler.hpp"

namespace foz::sql {
namespace {

constexpr duckdb::idx_t kTasksAtOnce = 16;
// Between two looks for tasks while there are none: DuckDB wakes only threads that it may keep.
constexpr std::chrono::microseconds kFirstPause{100}, kLongestPause{2000};

}  // namespace

QueryWorkers::QueryWorkers(duckdb::TaskScheduler& scheduler, int count) : scheduler_(scheduler) {
  for (int i = 0; i < count; ++i) threads_.emplace_back([this] { run(); });
}

QueryWorkers::~QueryWorkers() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    working_ = false;
  }
  changed_.notify_all();
  for (auto& thread : threads_) thread.join();
}

QueryWorkers::Call::Call(QueryWorkers& workers) : workers_(workers) {
  const std::lock_guard lock(workers_.mutex_);
  if (workers_.calls_++ == 0) workers_.changed_.notify_all();
}

QueryWorkers::Call::~Call() {
  const std::lock_guard lock(workers_.mutex_);
  --workers_.calls_;
}

void QueryWorkers::run() {
  name_thread("query-worker");
  stand_back(kQueryNice);
  auto pause = kFirstPause;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [&] { return stopping_ || calls_ > 0; });
    if (stopping_) return;
    lock.unlock();
    const bool worked = scheduler_.ExecuteTasks(&working_, kTasksAtOnce) > 0;
    lock.lock();
    pause = worked ? kFirstPause : std::min(2 * pause, kLongestPause);
    if (!worked) changed_.wait_for(lock, pause, [&] { return stopping_; });
  }
}

}  // namespace foz::sql
