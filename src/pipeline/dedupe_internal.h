// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The keys that a flow has seen within its horizon. A key is remembered while the newest time seen
// is at most the horizon ahead of the key's own; of rows with a remembered key none passes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "table/row_key.h"

namespace foz::pipeline {

using table::KeyHash;

// Open addressing in one flat array: 24 bytes a slot. One thread.
class KeyWindow {
 public:
  static constexpr size_t kMaxKeys = 32'000'000;  // of one flow: 1.5 GB

  explicit KeyWindow(int64_t horizon_ms, size_t max_keys = kMaxKeys)
      : horizon_ms_(horizon_ms), max_keys_(max_keys) {
    clear();
  }

  void clear();
  // Time passes also with rows that carry no key.
  void advance(int64_t time_ms) { newest_ms_ = std::max(newest_ms_, time_ms); }
  bool remembers(const KeyHash& key) const;
  // False when it is full (to 15/16, so that room is looked for seldom) of keys within the horizon.
  bool insert(const KeyHash& key, int64_t time_ms);
  size_t size() const { return used_; }

 private:
  struct Slot {
    KeyHash key;
    int64_t time_ms = kEmpty;
  };
  static constexpr int64_t kEmpty = INT64_MIN;
  bool expired(int64_t time_ms) const {
    return newest_ms_ != INT64_MIN && time_ms < newest_ms_ - horizon_ms_;
  }
  size_t find(const KeyHash& key) const;
  void rebuild();

  int64_t horizon_ms_;
  size_t max_keys_;
  int64_t newest_ms_ = INT64_MIN;
  std::vector<Slot> slots_;
  size_t used_ = 0;
};

}  // namespace foz::pipeline
