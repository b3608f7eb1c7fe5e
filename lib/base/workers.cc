// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/workers.h"

#include <utility>

#include "base/thread.h"

namespace foz {

Workers::Workers(const char* name, int threads, std::function<void()> prepare) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this, name, prepare] { run(name, prepare); });
  }
}

void Workers::submit(Work work) {
  {
    const std::lock_guard lock(mutex_);
    works_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void Workers::run_here() {
  if (!threads_.empty()) return;
  for (auto works = std::exchange(works_, {}); auto& work : works) work();
}

size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return works_.size();
}

void Workers::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  threads_.clear();
  works_.clear();
}

void Workers::run(const char* name, const std::function<void()>& prepare) {
  name_thread(name);
  if (prepare) prepare();
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !works_.empty(); });
    if (stopping_) return;
    Work work = std::move(works_.front());
    works_.pop_front();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
}

}  // namespace foz
