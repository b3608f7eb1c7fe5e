// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Entropy comes in through a constructor, so that a simulation replays from its seed.
#pragma once

#include <cstdint>
#include <mutex>

#include "base/uuid.h"

namespace foz {

// SplitMix64 (Steele, Lea, Flood 2014): statistically sound, not for secrets. Thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  // Seeded from the operating system.
  static uint64_t system_seed();

  uint64_t next();
  // Uniform in [0, bound); bound > 0.
  uint64_t below(uint64_t bound) { return next() % bound; }
  // True with probability numerator / denominator.
  bool chance(uint64_t numerator, uint64_t denominator) { return below(denominator) < numerator; }
  // Version 4.
  Uuid uuid();

 private:
  std::mutex mutex_;
  uint64_t state_;
};

}  // namespace foz
