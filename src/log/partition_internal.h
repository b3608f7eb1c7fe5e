// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One partition: its newest batches in memory (the tail), its segments on disk, its producers and
// its offsets.
//
//   log start ─ segments ─ synced end ─ written end ─ tail only ─ durable end ─ placed, not yet
//   durable ─ next offset
//
// The tail is contiguous up to the durable end and reaches back over what is written already, as
// long as the cache has room. Every method is thread-safe; the comments say which thread calls it.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "log/frame_internal.h"
#include "log/log.h"
#include "log/producers_internal.h"
#include "log/segment_internal.h"
#include "log/transactions_internal.h"

namespace foz::log {

// A timestamp further ahead of the broker's clock does not keep its record from retention for
// longer.
inline constexpr int64_t kBelievedAheadMs = 3'600'000;

// Calls `visit(header, batch)` for batches back to back that were checked when they came.
template <class Visit>
void each_batch(Bytes batches, Visit&& visit) {
  while (!batches.empty()) {
    const auto header = parse_batch_header(batches);
    CHECK(header && header->size() <= batches.size());
    visit(*header, batches.first(header->size()));
    batches = batches.subspan(header->size());
  }
}

// Batches of one append that have their offsets.
struct Placed {
  Offset base;
  Offset next;
  int64_t newest_ms = kNoTimestamp;
  bool transactional = false;  // some of them
};

class Partition {
 public:
  // `unwritten` counts, over all partitions, what cost() says of the durable batches that no
  // segment holds.
  Partition(TopicPartition where, std::shared_ptr<const Topic> topic, Offset start,
            std::atomic<int64_t>& unwritten);

  const TopicPartition& where() const { return where_; }
  std::shared_ptr<const Topic> topic() const;

  // --- the journal's thread
  // Checks sequences, gives offsets and writes them into `batches` (checked before). `outcome` says
  // what happened; nothing is returned for a duplicate or a refusal.
  std::optional<Placed> place(std::string& batches, int64_t now_ms, AppendOutcome& outcome);
  // The frame of everything placed since the last publish or retract is durable: readers may see
  // it.
  void publish(std::shared_ptr<const std::string> batches, const Placed& placed, int64_t now_ms);
  // The frame was not written: takes back everything placed since.
  void retract(int64_t now_ms);
  void set_log_start(Offset offset);
  void set_deleted_before(Offset offset);
  void set_topic(std::shared_ptr<const Topic> topic);
  // The topic was deleted, but the lake has not taken all of its records yet: no more come.
  void close();
  // Its records go: readers get kNotFound from now on.
  void drop();

  // --- any thread
  // `batches` were refused, unchecked as they came, and will be sent again.
  void refuse(std::string& batches, int64_t now_ms);

  // --- readers
  Result<ReadResult> read(SegmentFiles& files, Offset from, size_t max_bytes, Isolation isolation);
  bool in_memory(Offset from) const;
  Result<PartitionOffsets> offsets() const;
  Result<std::optional<Log::TimestampOffset>> offset_for_time(SegmentFiles& files,
                                                              int64_t timestamp_ms);
  void pin(Offset offset);
  int64_t disk_bytes() const;

  // --- the cache: takes the oldest batches out of memory if they are written; false when they are
  // not.
  bool evict_oldest();
  // What one batch string costs in memory.
  static int64_t cost(const std::string& batches) {
    return static_cast<int64_t>(batches.size()) + 160;
  }

  // --- maintenance, one thread at a time
  // Writes the tail's new part to segments.
  Status write_out(SegmentFiles& files);
  // Segments with bytes that were never synced.
  std::vector<std::string> unsynced() const;
  // After all of unsynced() were synced with nothing written since.
  void set_synced();
  // How far retention may remove records at this time; nothing when it may not.
  std::optional<Offset> removable(int64_t now_ms) const;
  // Takes out segments wholly below the log start; gives their files.
  std::vector<std::string> take_removed();
  void forget_silent_producers(int64_t now_ms);
  // For the checkpoint: everything up to the synced end.
  void encode(ByteWriter& out) const;

  // --- recovery
  Status decode(ByteReader& in);
  // A durable append found in the journal; true when the segments do not hold all of it already.
  Result<bool> recover(const BatchesEntry& entry, int64_t now_ms);
  // Synced sizes by file name.
  std::vector<std::pair<std::string, int64_t>> segment_sizes() const;

  // Set while it waits in the maintenance thread's list.
  std::atomic<bool> listed_dirty{false};

 private:
  struct TailEntry {
    Offset base;
    Offset next;
    int64_t newest_ms;
    int64_t believed_ms;
    std::shared_ptr<const std::string> batches;
  };
  // Batches bound for one segment.
  struct Run {
    Segment* segment = nullptr;
    std::vector<Bytes> slices;
    int64_t bytes = 0;
    int64_t believed_ms = kNoTimestamp;
  };

  bool take_sequences(Bytes batches, int64_t now_ms, AppendOutcome& outcome);
  void undo_sequences(size_t down_to, int64_t now_ms);
  Offset visible_start() const { return std::max(log_start_, deleted_before_); }
  Offset tail_start() const { return tail_.empty() ? written_end_ : tail_.front().base; }
  Offset last_stable() const;
  void apply_transactions(Bytes batches);
  // Batches that begin below `limit`.
  void read_tail(Offset from, Offset limit, size_t max_bytes, ReadResult& result) const;
  Status read_segment(SegmentFiles& files, Offset from, Offset limit, size_t max_bytes,
                      ReadResult& result, std::unique_lock<std::mutex>& lock);
  Status index_segment(SegmentFiles& files, Offset base, std::unique_lock<std::mutex>& lock);
  Segment* find_segment(Offset offset);
  const Segment* next_segment(Offset cursor, int64_t timestamp_ms) const;
  const TailEntry* next_in_tail(Offset cursor, int64_t timestamp_ms) const;
  void start_segment(const BatchHeader& batch, int64_t believed_ms);
  Status write_run(SegmentFiles& files, Run& run);
  void set_written(Offset end);

  const TopicPartition where_;
  std::atomic<int64_t>& unwritten_;

  mutable std::mutex mutex_;
  std::shared_ptr<const Topic> topic_;
  bool closed_ = false;
  bool dropped_ = false;
  Offset log_start_;
  Offset deleted_before_;  // by delete_records; below log_start_ it says nothing
  Offset synced_end_;
  Offset written_end_;
  Offset durable_end_;
  Offset next_offset_;
  std::optional<Offset> pin_;
  std::deque<TailEntry> tail_;
  std::deque<Segment> segments_;
  Producers producers_;
  std::unique_ptr<Transactions> transactions_;  // null while there never was one
  // The placed, not yet durable batches in their order, each with its producer's state before.
  std::vector<std::pair<BatchHeader, std::optional<ProducerState>>> undo_;
};

// Whether `batches` are whole, sound and fit for the topic; gives the parts' error. Sets base
// offsets to 0.
Status check_append(std::string& batches, const TopicConfig& config);

}  // namespace foz::log
