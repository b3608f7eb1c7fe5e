// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Time comes in through a constructor, so that a test or a simulation owns it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace foz {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds and microseconds since the Unix epoch, UTC; may step.
  virtual int64_t now_us() const = 0;
  int64_t now_ms() const { return now_us() / 1000; }
  // For durations and deadlines; never steps back.
  virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  int64_t now_us() const override;
  std::chrono::steady_clock::time_point steady() const override;
};

// Stands still until it is moved.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(int64_t start_us) : now_us_(start_us) {}
  int64_t now_us() const override { return now_us_; }
  std::chrono::steady_clock::time_point steady() const override {
    return std::chrono::steady_clock::time_point(std::chrono::microseconds(now_us_.load()));
  }
  void advance_us(int64_t by) { now_us_ += by; }
  void advance_ms(int64_t by) { now_us_ += by * 1000; }

 private:
  std::atomic<int64_t> now_us_;
};

}  // namespace foz
