// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The durable log: topics of partitions of record batches, behind one journal with one sync for all
// of them.
//
// Invariants
//  - What append has reported is on disk: the frame that holds it was synced before the report.
//  - A frame is atomic over partitions: after a crash all of its batches are there or none.
//  - Offsets of a partition have no gap and no repetition; a reader never sees beyond the durable
//  end.
//  - A torn end of the journal is cut at recovery; damage anywhere else is refused with kCorrupt,
//  naming file and byte.
//  - Retention never removes what `pin` still holds, and neither do delete_records and
//  delete_topic.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "log/record_batch.h"
#include "log/types.h"
#include "store/disk.h"

namespace foz::log {

struct LogOptions {
  std::string directory;
  int64_t journal_bytes = 512LL << 20;    // room for a whole round of paced segment syncs
  int64_t tail_cache_bytes = 64LL << 20;  // newest batches kept in memory over all partitions
  int64_t min_free_disk_bytes = 1LL
                                << 30;  // below it appends are refused with kOverloaded (retriable)
  std::chrono::milliseconds checkpoint_interval{10000};
  std::chrono::microseconds segment_sync_pace{500};
};

// Batches of one partition for one append: whole, checked batches back to back, as a producer sent
// them.
struct AppendPart {
  TopicPartition where;
  std::string batches;
};

// Of one AppendPart. `error` is set when the part was refused (kInvalid: a batch breaks a rule, or
// is too large; kCorrupt: its CRC does not match; kNotFound: no such partition; kConflict: a
// producer sequence rule, see `sequence`); parts are independent of each other.
enum class SequenceOutcome { kAccepted, kDuplicate, kOutOfOrder, kFenced, kUnknownProducer };
struct AppendOutcome {
  Offset base_offset;  // of a duplicate: where the first one stands
  Offset log_start;
  int64_t append_time_ms = -1;  // set when the topic stamps batches itself
  SequenceOutcome sequence = SequenceOutcome::kAccepted;
  std::optional<Error> error;
};

// Immutable bytes that stay alive as long as someone holds them.
struct BatchSlice {
  std::shared_ptr<const std::string> owner;
  Bytes bytes;  // whole batches back to back
};

// In one partition.
struct AbortedTransaction {
  int64_t producer_id = 0;
  Offset first;
  Offset last;  // its marker; beyond everything when none will come: the topic was deleted
};

// Which transactional batches of a read are those of aborted transactions. Asked in offset order.
class AbortedBatches {
 public:
  explicit AbortedBatches(std::vector<AbortedTransaction> list) : list_(std::move(list)) {}
  bool contains(const BatchHeader& header);

 private:
  std::vector<AbortedTransaction> list_;
  size_t next_ = 0;
  std::unordered_map<int64_t, Offset> last_;
};

enum class Isolation { kUncommitted, kCommitted };

struct ReadResult {
  std::vector<BatchSlice>
      slices;   // in offset order; the first batch may begin before the offset asked for
  Offset next;  // after the last batch returned; the offset asked for when there is none
  Offset durable_end;
  Offset log_start;
  Offset visible_start;
  Offset last_stable;
  // Of a committed read: aborted transactions with records in it, by where they begin. Their
  // batches are in the slices.
  std::vector<AbortedTransaction> aborted = {};
};

struct PartitionOffsets {
  Offset log_start;
  Offset durable_end;    // one past the last durable record
  Offset visible_start;  // where consumers begin: log_start, or beyond it after delete_records
  // Below it every transaction is decided; never falls. Of a deleted topic, whose open transactions
  // count as aborted, it is the durable end.
  Offset last_stable;
  size_t aborted_transactions = 0;  // that memory holds
};

// Thread-safe. Owns the journal thread and a background thread for segments and retention.
class Log {
 public:
  // Recovers what the directory holds. The disk, clock, random and metrics must outlive the log.
  static Result<std::unique_ptr<Log>> open(LogOptions options, store::Disk& disk,
                                           const Clock& clock, Random& random, Metrics& metrics);
  // Finishes queued appends, writes a checkpoint and closes.
  ~Log();

  // --- topics
  // Durable when it returns. kAlreadyExists names the topic; kInvalid says what a legal name is
  // (Kafka's rule) or which existing topic would share its lake name. `id` is for a log rebuilt
  // over a surviving lake, with `starts` its offsets.
  Result<Topic> create_topic(std::string_view name, int32_t partitions, TopicConfig config,
                             std::optional<TopicId> id = {},
                             const std::vector<Offset>& starts = {});
  // Clients are done with it at once. The records of a bronze topic stay readable by its id, which
  // deleted_topics() tells, until the lake lets go of them.
  Status delete_topic(TopicId id);
  std::vector<Topic> deleted_topics() const;
  // The lake holds all of a deleted topic that it needs: its records go soon. Does not block.
  void let_go(TopicId id);
  // Up to so many in all; kInvalid unless that is more than there are.
  Status add_partitions(TopicId id, int32_t partitions);
  // kInvalid when it would begin or cease to be a bronze topic.
  Status alter_topic(TopicId id, TopicConfig config);
  std::vector<Topic> topics() const;
  std::optional<Topic> find_topic(std::string_view name) const;
  std::optional<Topic> find_topic(TopicId id) const;
  // Grows with every change to topics, so that callers can cache.
  uint64_t topics_generation() const;

  // --- producing
  // Takes all parts as one atomic frame. `done` is called once, from the journal thread, when every
  // accepted part is durable: it must not block. kOverloaded without a call when the queue's budget
  // or the disk mark is reached.
  using AppendDone = std::move_only_function<void(Result<std::vector<AppendOutcome>>)>;
  Status append(std::vector<AppendPart> parts, AppendDone done);
  // The same, waiting. For tests and tools.
  Result<std::vector<AppendOutcome>> append_and_wait(std::vector<AppendPart> parts);
  // A producer id never given before, also after a crash.
  Result<int64_t> next_producer_id();

  // --- reading
  // Batches from the one that holds `from`, up to the durable end, at most about `max_bytes` (at
  // least one batch). kNotFound: no such partition. kInvalid with "out of range": `from` lies
  // outside log start and durable end. A committed read ends at the last stable offset.
  Result<ReadResult> read(TopicPartition where, Offset from, size_t max_bytes,
                          Isolation isolation = Isolation::kUncommitted) const;
  // Whether read() from there asks no disk: it finds the batch in memory, or has nothing to read.
  bool in_memory(TopicPartition where, Offset from) const;
  Result<PartitionOffsets> offsets(TopicPartition where) const;
  // The first record with a timestamp at or after `timestamp_ms`: its offset and timestamp.
  struct TimestampOffset {
    Offset offset;
    int64_t timestamp_ms;
  };
  Result<std::optional<TimestampOffset>> offset_for_time(TopicPartition where,
                                                         int64_t timestamp_ms) const;
  // Calls `moved` from the journal thread after each frame that became durable, with the partitions
  // that grew, and after topics were made, altered or deleted (empty list). It must not
  // block. Returns a handle that stops it when destroyed.
  using Moved = std::function<void(const std::vector<TopicPartition>&)>;
  std::shared_ptr<void> subscribe(Moved moved);

  // --- retention
  // Consumers begin at `before` from then on, or where they begin already if that is further: which
  // it returns. Durable. What lies below goes when retention looks next, save what `pin` holds:
  // that stays readable for the inside. kInvalid with "out of range": `before` lies beyond the
  // durable end.
  Result<Offset> delete_records(TopicPartition where, Offset before);
  // Many, with one sync.
  struct Deletion {
    TopicPartition where;
    Offset before;
  };
  Result<std::vector<Result<Offset>>> delete_records(const std::vector<Deletion>& deletions);
  // Retention may remove records below `offset`; a bronze partition that was never pinned keeps
  // everything.
  void pin(TopicPartition where, Offset offset);
  // Removes what retention allows now; otherwise done in the background.
  Status enforce_retention();

  // True when nothing was ever written to this log before it was opened, neither a topic nor a
  // record: the lake may then know topics that this log must take back.
  bool is_new() const;

  // Why the log takes no more records, once its disk has failed: until it is opened again.
  std::optional<Error> failure() const;

  struct Stats {
    int64_t bytes = 0;  // of all segments and the journal
    int64_t memory_bytes = 0;
    int64_t queued_bytes = 0;
  };
  Stats stats() const;

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Dots and dashes become "_": the name of a topic's bronze table. Names that differ by case alone
// clash all the same.
std::string lake_name(std::string_view topic);

}  // namespace foz::log
