// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/clock.h"

namespace foz {

int64_t SystemClock::now_us() const {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::chrono::steady_clock::time_point SystemClock::steady() const {
  return std::chrono::steady_clock::now();
}

}  // namespace foz
