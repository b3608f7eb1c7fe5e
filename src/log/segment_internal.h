// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Segments: files `<topic id>-<partition>-<base offset>.segment` of batches back to back, exactly
// as they were appended (base offset and leader epoch in place). Their index is sparse and lives in
// memory: written segments keep it as they grow, recovered ones build it by a walk over the batch
// headers when they are first read.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "log/record_batch.h"
#include "store/disk.h"

namespace foz::log {

inline constexpr int64_t kNoTimestamp = std::numeric_limits<int64_t>::min();

// Open segment files, the most recently used ones. Thread-safe.
class SegmentFiles {
 public:
  SegmentFiles(store::Disk& disk, std::string directory)
      : disk_(disk), directory_(std::move(directory)) {}

  static std::string name(const TopicPartition& where, Offset base);
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  const std::string& directory() const { return directory_; }

  Result<std::shared_ptr<store::File>> readable(const std::string& name);
  // Made when missing.
  Result<std::shared_ptr<store::File>> writable(const std::string& name);
  // Closes and removes; a file that is not there is as good.
  Status remove(const std::string& name);

 private:
  static constexpr size_t kMostOpen = 256;
  struct Open {
    std::string name;
    std::shared_ptr<store::File> file;
    bool writable = false;
  };
  Result<std::shared_ptr<store::File>> open(const std::string& name, bool writable);

  store::Disk& disk_;
  const std::string directory_;
  std::mutex mutex_;
  std::list<Open> recent_;  // newest first
  std::unordered_map<std::string, std::list<Open>::iterator> by_name_;
};

// Where batches stand in a segment: an entry for every so many bytes, fewer when there would be too
// many.
class SparseIndex {
 public:
  struct Entry {
    Offset offset;  // of the batch at `position`
    int64_t position = 0;
    int64_t newest_before_ms = kNoTimestamp;  // the greatest timestamp before it in the segment
  };
  void add(const BatchHeader& batch, int64_t position);
  // The last entry at or before `offset`; position 0 when there is none.
  int64_t position_for(Offset offset) const;
  // A position before which no timestamp reaches `timestamp_ms`.
  int64_t position_for_time(int64_t timestamp_ms) const;
  // Puts the index of the segment's front before this one of its end.
  void prepend(SparseIndex front);
  size_t memory_bytes() const { return entries_.capacity() * sizeof(Entry); }

 private:
  static constexpr size_t kMost = 2048;
  std::vector<Entry> entries_;
  int64_t interval_ = 64 << 10;
  int64_t newest_ms_ = kNoTimestamp;
};

// What a partition knows of one segment; guarded by the partition's mutex.
struct Segment {
  std::string name;
  Offset base;
  Offset next;  // after the last batch written
  int64_t size = 0;
  int64_t synced_size = 0;
  Offset synced_next;
  int64_t newest_ms = kNoTimestamp;  // greatest timestamp; for lookups by time
  // The same for retention, which believes no timestamp beyond the broker's clock + 1 h; and of its
  // first batch.
  int64_t newest_believed_ms = kNoTimestamp;
  int64_t first_believed_ms = kNoTimestamp;
  int64_t unindexed = 0;  // bytes at its front that the index does not know yet
  SparseIndex index;
};

// Calls `visit` for every batch header from byte `from` up to `to`, until it returns false.
// kCorrupt: no batch stands where one should, naming file and byte.
using VisitBatch = std::function<bool(const BatchHeader& batch, int64_t position)>;
Status walk_batches(const store::File& file, const std::string& path, int64_t from, int64_t to,
                    const VisitBatch& visit);

// Whole batches from byte `position`, at most about `max_bytes` but one at least, every CRC
// checked.
Result<std::shared_ptr<const std::string>> read_batches(const store::File& file,
                                                        const std::string& path, int64_t position,
                                                        int64_t to, size_t max_bytes);

}  // namespace foz::log
