// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Places for queries that run. A query that waits for its reader gives its place to another, so
// that readers who stop cost memory, which is bounded, and nobody's turn.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "base/metrics.h"

namespace foz::sql {

// Thread-safe. The gauge must outlive it.
class Admission {
 public:
  Admission(int places, Gauge& running) : places_(places), gauge_(running) {}

  // A query begins, and has a place; false when none was free within `wait`, or before `stop`.
  bool enter(std::chrono::milliseconds wait, const std::stop_token& stop);
  // It ends, and leaves its place.
  void leave();
  // Between the two it may give its place away, and waits until it has one again.
  void pause();
  void resume(const std::stop_token& stop);  // to end, there is a place at once

 private:
  static constexpr int kOpenPerPlace = 8;  // queries that have begun, with a place or without

  void set_running(int running);

  const int places_;
  Gauge& gauge_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  int running_ = 0, open_ = 0;
};

}  // namespace foz::sql
