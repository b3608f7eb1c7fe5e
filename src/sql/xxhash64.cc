// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/xxhash64.h"

#include <bit>
#include <cstring>

namespace foz::sql {

namespace {

constexpr uint64_t kPrime1 = 0x9E3779B185EBCA87, kPrime2 = 0xC2B2AE3D27D4EB4F,
                   kPrime3 = 0x165667B19E3779F9, kPrime4 = 0x85EBCA77C2B2AE63,
                   kPrime5 = 0x27D4EB2F165667C5;

template <class T>
T load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof(T));
  return value;
}

uint64_t round(uint64_t lane, uint64_t input) {
  return std::rotl(lane + input * kPrime2, 31) * kPrime1;
}
uint64_t merge(uint64_t hash, uint64_t lane) { return (hash ^ round(0, lane)) * kPrime1 + kPrime4; }
uint64_t eight(uint64_t hash, uint64_t input) {
  return std::rotl(hash ^ round(0, input), 27) * kPrime1 + kPrime4;
}
uint64_t four(uint64_t hash, uint64_t input) {
  return std::rotl(hash ^ (input * kPrime1), 23) * kPrime2 + kPrime3;
}

uint64_t avalanche(uint64_t hash) {
  hash = (hash ^ (hash >> 33)) * kPrime2;
  hash = (hash ^ (hash >> 29)) * kPrime3;
  return hash ^ (hash >> 32);
}

}  // namespace

uint64_t xxhash64(std::string_view bytes, uint64_t seed) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  uint64_t hash = seed + kPrime5;
  if (bytes.size() >= 32) {
    uint64_t lanes[] = {seed + kPrime1 + kPrime2, seed + kPrime2, seed, seed - kPrime1};
    for (; end - at >= 32; at += 32) {
      for (int i = 0; i < 4; i++) lanes[i] = round(lanes[i], load<uint64_t>(at + 8 * i));
    }
    hash = std::rotl(lanes[0], 1) + std::rotl(lanes[1], 7) + std::rotl(lanes[2], 12) +
           std::rotl(lanes[3], 18);
    for (uint64_t lane : lanes) hash = merge(hash, lane);
  }
  hash += bytes.size();
  for (; end - at >= 8; at += 8) hash = eight(hash, load<uint64_t>(at));
  for (; end - at >= 4; at += 4) hash = four(hash, load<uint32_t>(at));
  for (; at < end; at++)
    hash = std::rotl(hash ^ (static_cast<unsigned char>(*at) * kPrime5), 11) * kPrime1;
  return avalanche(hash);
}

uint64_t xxhash64_int(int32_t value, uint64_t seed) {
  return avalanche(four(seed + kPrime5 + 4, static_cast<uint32_t>(value)));
}

uint64_t xxhash64_long(int64_t value, uint64_t seed) {
  return avalanche(eight(seed + kPrime5 + 8, static_cast<uint64_t>(value)));
}

}  // namespace foz::sql
