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
#include "sql/query_error_internal.h"
#include "sql/query_guard_internal.h"
#include "sql/query_workers_internal.h"

#ifdef __SANITIZE_ADDRESS__
extern "C" size_t __sanitizer_get_current_allocated_bytes();
#endif

namespace foz::sql {
namespace {

constexpr std::chrono::milliseconds kLookEvery{20};
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

QueryGuard::QueryGuard(int64_t limit_bytes, std::chrono::milliseconds patience,
                       std::function<int64_t()> used)
    : limit_bytes_(limit_bytes),
      patience_(patience),
      used_(std::move(used)),
      thread_([this] { run(); }) {}

QueryGuard::~QueryGuard() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  wake_.notify_one();
  thread_.join();
}

QueryGuard::Watch::Watch(QueryGuard& guard, std::function<void(QueryError)> end)
    : guard_(guard), end_(std::move(end)) {
  const std::lock_guard lock(guard_.mutex_);
  place_ = guard_.watches_.insert(guard_.watches_.end(), this);
  number_ = ++guard_.count_;
  guard_.begin(*this);
  if (std::exchange(guard_.asleep_, false)) {
    if (guard_.limit_bytes_ > 0) guard_.idle_bytes_ = guard_.used_();
    guard_.wake_.notify_one();
  }
}

QueryGuard::Watch::~Watch() {
  const std::lock_guard lock(guard_.mutex_);
  guard_.watches_.erase(place_);
  if (holds_) guard_.freed_ = true;
  guard_.changed_.notify_all();
  // The allocator keeps what a large query had; the next one may need it elsewhere.
  if (!end_) malloc_trim(0);
}

void QueryGuard::Watch::set_waiting(bool waiting) {
  const std::lock_guard lock(guard_.mutex_);
  waiting_since_ = waiting ? std::optional(std::chrono::steady_clock::now()) : std::nullopt;
}

bool QueryGuard::Watch::make_room(const std::function<bool()>& unwanted) {
  std::unique_lock lock(guard_.mutex_);
  if (alone_) return false;
  holds_ = false;
  if (!lacking_since_) lacking_since_ = std::chrono::steady_clock::now();
  const Time until = *lacking_since_ + kPatienceForMemory * guard_.patience_;
  while (!guard_.stopping_ && !unwanted() && std::chrono::steady_clock::now() < until) {
    if (guard_.is_next(*this)) {
      const bool beside = guard_.freed_ && tries_ < kTries;
      if (beside || !guard_.others_hold(*this) || guard_.end_waiting(lock)) {
        guard_.freed_ = false;
        ++tries_;
        guard_.begin(*this);
        return true;
      }
    }
    guard_.changed_.wait_for(lock, kLookEvery);
  }
  lacking_since_.reset();
  return false;
}

void QueryGuard::begin(Watch& query) {
  query.holds_ = query.alone_ = true;
  for (Watch* other : watches_) {
    if (other != &query && other->holds_) query.alone_ = other->alone_ = false;
  }
}

bool QueryGuard::others_hold(const Watch& query) const {
  return std::ranges::any_of(watches_,
                             [&](const Watch* one) { return one != &query && one->holds_; });
}

bool QueryGuard::is_next(const Watch& query) const {
  const auto place = [](const Watch& one) {
    return std::pair(one.tries_ >= kTries, one.lacking_since_);
  };
  return std::ranges::none_of(
      watches_, [&](const Watch* one) { return !one->holds_ && place(*one) < place(query); });
}

bool QueryGuard::end_waiting(std::unique_lock<std::mutex>& lock) {
  const auto longest = longest_waiting();
  if (longest == watches_.end() ||
      std::chrono::steady_clock::now() - *(*longest)->waiting_since_ < patience_)
    return false;
  Watch* const ended = *longest;
  const uint64_t number = ended->number_;
  log_warn("sql", "a query whose reader stays away is ended: another one needs its memory");
  std::exchange(ended->end_, nullptr)(abandoned_error());
  changed_.wait(
      lock, [&] { return std::ranges::find(watches_, number, &Watch::number_) == watches_.end(); });
  return true;
}

std::list<QueryGuard::Watch*>::iterator QueryGuard::longest_waiting() {
  auto longest = watches_.end();
  for (auto at = watches_.begin(); at != watches_.end(); ++at) {
    if (!(*at)->end_ || !(*at)->waiting_since_) continue;
    if (longest == watches_.end() || (*at)->waiting_since_ < (*longest)->waiting_since_)
      longest = at;
  }
  return longest;
}

void QueryGuard::run() {
  name_thread("query-guard");
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (watches_.empty()) {
      asleep_ = true;
      wake_.wait(lock, [&] { return stopping_ || !asleep_; });
    } else {
      let_stand_back();
      wake_.wait_for(lock, end_one() ? kAfterEnding : kLookEvery, [&] { return stopping_; });
    }
  }
}

void QueryGuard::let_stand_back() {
  for (Watch* watch : watches_) {
    if (watch->stood_back_ || watch->thread_.cpu_time() < kLookEvery) continue;
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
  std::exchange((*longest)->end_, nullptr)(exhausted_error());
  return true;
}

}  // namespace foz::sql
