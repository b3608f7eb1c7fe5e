// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <utility>

#include "base/thread.h"
#include "table/workers_internal.h"

namespace foz::table {

Workers::Workers(const char* name, int threads, int nice) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this, name, nice] { run(name, nice); });
}

Workers::~Workers() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
}

void Workers::submit(std::move_only_function<void()> work) {
  {
    std::lock_guard lock(mutex_);
    works_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void Workers::run_here() {
  if (!threads_.empty()) return;
  for (auto works = std::exchange(works_, {}); auto& work : works) work();
}

void Workers::run(const char* name, int nice) {
  name_thread(name);
  if (nice != 0) stand_back(nice);
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !works_.empty(); });
    if (stopping_) return;
    auto work = std::move(works_.front());
    works_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace foz::table
