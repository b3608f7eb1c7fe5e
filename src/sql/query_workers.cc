// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_workers_internal.h"

#include <algorithm>
#include <chrono>

#include "base/thread.h"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/parallel/task_scheduler.hpp"

namespace foz::sql {
namespace {

constexpr std::chrono::milliseconds kShort{4};  // of the processor's time
constexpr std::chrono::microseconds kNoTasks{50};
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

void QueryWorkers::call() {
  const std::lock_guard lock(mutex_);
  if (calls_++ == 0) changed_.notify_all();
}

void QueryWorkers::release() {
  const std::lock_guard lock(mutex_);
  --calls_;
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

// DuckDB's own loop would ask for tasks without a pause while workers have them all.
duckdb::unique_ptr<duckdb::QueryResult> QueryHelp::first_result(
    duckdb::PendingQueryResult& pending) {
  using duckdb::PendingExecutionResult;
  while (true) {
    const PendingExecutionResult state = pending.ExecuteTask();
    if (pending.HasError()) pending.ThrowError();
    if (duckdb::PendingQueryResult::IsResultReady(state)) break;
    consider();
    if (state == PendingExecutionResult::BLOCKED) pending.WaitForTask();
    if (state == PendingExecutionResult::NO_TASKS_AVAILABLE) std::this_thread::sleep_for(kNoTasks);
  }
  auto result = pending.Execute();
  if (result->HasError()) result->ThrowError();
  return result;
}

void QueryHelp::consider() {
  if (called_ || ThreadRef::current().cpu_time() < kShort) return;
  stand_back(kQueryNice);
  workers_.call();
  called_ = true;
}

void QueryHelp::end() {
  if (called_) workers_.release();
  called_ = false;
}

}  // namespace foz::sql
