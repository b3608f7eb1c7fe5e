// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_admission_internal.h"

namespace foz::sql {

bool Admission::enter(std::chrono::milliseconds wait, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const auto free = [&] { return running_ < places_ && open_ < kOpenPerPlace * places_; };
  if (!changed_.wait_for(lock, stop, wait, free) || stop.stop_requested()) return false;
  ++open_;
  set_running(running_ + 1);
  return true;
}

void Admission::leave() {
  std::lock_guard lock(mutex_);
  --open_;
  set_running(running_ - 1);
}

void Admission::pause() {
  std::lock_guard lock(mutex_);
  set_running(running_ - 1);
}

void Admission::resume(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, stop, [&] { return running_ < places_; });
  set_running(running_ + 1);
}

void Admission::set_running(int running) {
  running_ = running;
  gauge_.set(running);
  changed_.notify_all();
}

}  // namespace foz::sql
