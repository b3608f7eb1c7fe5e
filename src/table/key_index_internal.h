// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Where the row of each key lies in a table's files, and which change made it. A cache: the table
// says the same, and it is built anew at each start.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "table/row_key.h"

namespace foz::table {

// Of two changes of a key the greater counts.
struct ChangeOrder {
  int64_t sequence = INT64_MIN;
  int64_t origin = INT64_MIN;
  auto operator<=>(const ChangeOrder&) const = default;
};

// A row of a file, by the file's number. Of a key that was deleted: no file, and the second in
// which it was at the latest.
struct RowPlace {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t file = kNone, row = 0;
  static RowPlace deleted(int64_t ms) {
    return {kNone, static_cast<uint32_t>(std::clamp<int64_t>(ms / 1000 + 1, 1, UINT32_MAX))};
  }
  bool is_deleted() const { return file == kNone && row > 0; }
  uint64_t packed() const { return uint64_t{file} << 32 | row; }
  bool operator==(const RowPlace&) const = default;
};

struct KeyEntry {
  KeyHash key;
  ChangeOrder order;
  RowPlace place;  // none: the key was deleted
};

// Open addressing in shards, each of which grows by itself, so that no put waits for all of them:
// 40 bytes an entry, at most four fifths of the slots taken. The memory is mapped: up to `budget`
// bytes of it are the process's own, what is beyond lies in a file without a name in `folder`,
// which the system may write out. One thread.
class KeyIndex {
 public:
  KeyIndex(std::string folder, int64_t budget);
  ~KeyIndex();
  KeyIndex(const KeyIndex&) = delete;
  KeyIndex& operator=(const KeyIndex&) = delete;

  // Until the next put; null when there is none. Its place changes by a put alone.
  KeyEntry* find(const KeyHash& key);
  void put(const KeyEntry& entry);
  // Through all entries, bit by bit, while others are put. False: at the end. Those for which
  // `keep` is false go; it may change the order, and of a row the place. An entry is shown once at
  // least.
  struct Walk {
    size_t shard = 0, slot = 0, capacity = 0;
  };
  bool walk(Walk& walk, size_t slots, const std::function<bool(KeyEntry& entry)>& keep);
  size_t size() const { return size_; }
  // Those without a place.
  size_t deleted() const { return deleted_; }
  int64_t bytes() const { return bytes_; }

 private:
  struct Shard {
    KeyEntry* slots = nullptr;
    size_t capacity = 0, used = 0, mapped = 0;
  };
  static constexpr size_t kShards = 64;

  static size_t home_of(const Shard& shard, const KeyHash& key);
  static KeyEntry& slot_of(const Shard& shard, const KeyHash& key);
  void erase(Shard& shard, size_t slot);
  void grow(Shard& shard);
  void* map(size_t bytes);

  const std::string folder_;
  const int64_t budget_;
  int file_ = -1;
  int64_t file_bytes_ = 0;
  std::array<Shard, kShards> shards_;
  size_t size_ = 0, deleted_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace foz::table
