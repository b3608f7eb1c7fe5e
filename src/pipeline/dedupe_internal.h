// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The keys that a flow has seen within its horizon. A key is remembered while the newest time seen
// is at most the horizon ahead of the key's own; of rows with a remembered key none passes.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "pipeline/arrow_rows_internal.h"

namespace foz::pipeline {

// 128 bits of SipHash: two keys that fall together would lose a row, so nobody must be able to
// construct them.
struct KeyHash {
  uint64_t low = 0, high = 0;
  bool operator==(const KeyHash&) const = default;
};
KeyHash sip_hash_128(std::string_view bytes, const std::array<uint64_t, 2>& secret);

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

// The key of each row: canonical bytes of the named columns, so that a row read back from its table
// has the same. NULL equals NULL, -0.0 equals 0.0. kInvalid names a column that is missing or
// nested.
Result<std::vector<KeyHash>> row_keys(const arrow::RecordBatch& batch,
                                      const std::vector<std::string>& columns,
                                      const std::array<uint64_t, 2>& secret);

}  // namespace foz::pipeline
