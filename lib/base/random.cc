// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/random.h"

#include <random>

namespace foz {

uint64_t Random::system_seed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

uint64_t Random::next() {
  std::lock_guard lock(mutex_);
  uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

Uuid Random::uuid() {
  Uuid uuid;
  const uint64_t halves[2] = {next(), next()};
  std::memcpy(uuid.bytes.data(), halves, sizeof halves);
  uuid.bytes[6] = static_cast<uint8_t>((uuid.bytes[6] & 0x0f) | 0x40);
  uuid.bytes[8] = static_cast<uint8_t>((uuid.bytes[8] & 0x3f) | 0x80);
  return uuid;
}

}  // namespace foz
