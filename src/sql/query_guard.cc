// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <string>
#include <utility>

#include "base/logging.h"
#include "base/thread.h"
#include "sql/query_guard_internal.h"

#ifdef __SANITIZE_ADDRESS__
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace foz::sql {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
constexpr std::chrono::milliseconds kQuick{20};         // of the processor's time
constexpr std::chrono::milliseconds kAfterEnding{200};  // what it held comes back meanwhile
constexpr int64_t kSpare = 8;                           // of the limit

}  // namespace

int64_t process_memory() {
#ifdef __SANITIZE_ADDRESS__
  // What is freed stays resident for a while, to be found out when it is used.
  return static_cast<int64_t>(__sanitizer_get_current_allocated_bytes());
#endif
  int64_t total = 0, resident = 0, shared = 0;
  std::ifstream("/proc/self/statm") >> total >> resident >> shared;
  return (resident - shared) * sysconf(_SC_PAGESIZE);
}

QueryGuard::QueryGuard(int64_t limit_bytes, std::function<int64_t()> used)
    : limit_bytes_(limit_bytes), used_(std::move(used)), thread_([this] { run(); }) {}

QueryGuard::~QueryGuard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

QueryGuard::Watch::Watch(QueryGuard& guard, std::function<void()> end)
    : guard_(guard), end_(std::move(end)) {
  const std::lock_guard lock(guard_.mutex_);
  if (guard_.watches_.empty() && guard_.limit_bytes_ > 0) guard_.idle_bytes_ = guard_.used_();
  place_ = guard_.watches_.insert(guard_.watches_.end(), this);
  guard_.changed_.notify_all();
}

QueryGuard::Watch::~Watch() {
  const std::lock_guard lock(guard_.mutex_);
  guard_.watches_.erase(place_);
  // The allocator keeps what a large query had; the next one may need it elsewhere.
  if (!end_) malloc_trim(0);
}

void QueryGuard::run() {
  name_thread("query-guard");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watches_.empty()) {
      changed_.wait(lock, [&] { return stopping_ || !watches_.empty(); });
    } else {
      let_stand_back();
      const auto pause = end_one() ? kAfterEnding : kLookEvery;
      changed_.wait_for(lock, pause, [&] { return stopping_; });
    }
  }
}

void QueryGuard::let_stand_back() {
  for (Watch* watch : watches_) {
    if (watch->stood_back_ || watch->thread_.cpu_time() < kQuick) continue;
    watch->thread_.stand_back(kQueryNice);
    watch->stood_back_ = true;
  }
}

bool QueryGuard::end_one() {
  if (limit_bytes_ <= 0) return false;
  const int64_t used = used_();
  const int64_t spare = limit_bytes_ / kSpare;
  if (used <= limit_bytes_ - spare || used - idle_bytes_ <= spare) return false;
  const auto longest =
      std::ranges::find_if(watches_, [](const Watch* one) { return one->end_ != nullptr; });
  if (longest == watches_.end()) return false;
  log_warn("sql", "a query is ended: the process is near its memory limit",
           {{"used_bytes", std::to_string(used)}, {"limit_bytes", std::to_string(limit_bytes_)}});
  std::exchange((*longest)->end_, nullptr)();
  return true;
}

}  // namespace foz::sql
