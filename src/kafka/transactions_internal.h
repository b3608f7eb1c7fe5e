// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// All transactional producers of the broker: KIP-98's coordinator, transaction version 1.
//
//            partitions or offsets added            commit or abort
//   Empty ───────────────────────────▶ Ongoing ─────────────────────▶ CompleteCommit, CompleteAbort
//                                         ▲                                   │
//                                         └───────────────────────────────────┘
//
// Kafka's two states between (PrepareCommit, PrepareAbort) do not exist: the end of a transaction,
// its markers in all partitions and the offsets that it commits are one append, which is in the
// journal wholly or not at all. What must outlive the process is the topic __transaction_state: of
// each transactional id its newest record counts.
//
// Invariants
//  - A change is seen, and answered, once its record is durable; an id has one change on its way.
//  - No batch of a transaction comes behind its marker: Produce asks, and appends, under the lock
//    under which the end is appended (hold()).
//  - The topic is bounded: when little of it counts any more, what counts is appended again, and
//  what
//    lies before the oldest record that counts goes.
//  - Memory is bounded: ids, and bytes over all. An id that was not used for a week is forgotten.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "kafka/coordinator_internal.h"
#include "kafka/transaction_records_internal.h"

namespace foz::kafka {

struct TransactionOptions {
  std::chrono::milliseconds max_timeout = std::chrono::minutes(15);
  std::chrono::milliseconds expiration = std::chrono::days(7);
  size_t max_ids = 100000;
  size_t max_bytes = 64u << 20;
  // The topic is compacted when it is longer than this, and than four times what counts of it.
  int64_t least_bytes_to_compact = 4 << 20;
};

// By Kafka's codes, as they are stored.
enum class TransactionState : int8_t {
  kEmpty = 0,
  kOngoing = 1,
  kCompleteCommit = 4,
  kCompleteAbort = 5,
};
std::string_view to_string(TransactionState state);

struct ProducerIdentity {
  int64_t id = -1;
  int16_t epoch = -1;
  bool operator==(const ProducerIdentity&) const = default;
};

// By topic.
using TransactionPartitions = std::map<std::string, std::set<int32_t>>;

// What is stored of a transactional id, but for pending offsets.
struct Transaction {
  ProducerIdentity producer;
  int16_t last_epoch = -1;  // before it was raised; known until a restart
  int32_t timeout_ms = 0;
  TransactionState state = TransactionState::kEmpty;
  TransactionPartitions partitions;  // with __consumer_offsets when it commits offsets
  int64_t started_ms = -1;
  int64_t updated_ms = 0;
};

// Thread-safe. Made with open() only; outlives its users in the hands of the log, which must
// outlive them in turn.
class TransactionCoordinator : public std::enable_shared_from_this<TransactionCoordinator> {
 public:
  // Reads the topic, if there is one. All of them must outlive close().
  static Result<std::shared_ptr<TransactionCoordinator>> open(TransactionOptions options,
                                                              log::Log& log,
                                                              std::shared_ptr<Coordinator> groups,
                                                              const Clock& clock, Metrics& metrics);
  TransactionCoordinator(TransactionOptions options, log::Log& log,
                         std::shared_ptr<Coordinator> groups, const Clock& clock, Metrics& metrics);
  // From now on nothing is begun.
  void close();

  // Until the topic is there, nothing is served: COORDINATOR_NOT_AVAILABLE.
  bool ready() const;
  // Makes it; waits for the disk.
  Status make_topic();

  // --- producers. `done` is called once, at once or from another thread.
  using Done = std::move_only_function<void(ErrorNumber)>;
  using Initialized = std::move_only_function<void(ErrorNumber, ProducerIdentity)>;
  // Ends what a former producer of the id left open, and fences it. `expected`: what the caller
  // had, if it is no new producer; `fresh_id`: a producer id never given out before.
  void init(const std::string& id, int32_t timeout_ms, ProducerIdentity expected, int64_t fresh_id,
            Initialized done);
  // Into the transaction, which begins with it if none is ongoing.
  void add(const std::string& id, ProducerIdentity producer,
           const TransactionPartitions& partitions, Done done);
  // To commit with the transaction.
  void add_offsets(const std::string& id, ProducerIdentity producer, const std::string& group,
                   std::vector<Coordinator::NewOffset> offsets, Done done);
  void end(const std::string& id, ProducerIdentity producer, bool commit, Done done);

  // --- Produce: what check() allows while this is held, and is appended before it is let go, comes
  // before the transaction's end.
  using Hold = std::shared_lock<std::shared_mutex>;
  Hold hold() const { return Hold(mutex_); }
  ErrorNumber check(const std::optional<std::string>& id, ProducerIdentity producer,
                    const std::string& topic, int32_t partition) const;

  // Whether an open transaction is about to change it.
  bool has_pending(const std::string& group, const std::string& topic, int32_t partition) const;

  // --- administration
  std::optional<Transaction> describe(const std::string& id) const;
  using Each = std::function<void(const std::string& id, const Transaction& transaction)>;
  void each(const Each& each) const;

  // --- time
  // Aborts what ran out of time, and does what else is due; when to come again, by the wall clock.
  int64_t tick();
  // The same for ever, on the caller's thread.
  void run(const std::stop_token& stop);
  void topics_changed();

 private:
  using OffsetKey = std::pair<std::string, int32_t>;  // topic and partition
  using GroupOffsets = std::map<OffsetKey, OffsetCommitValue>;
  struct Entry {
    Transaction now;
    std::map<std::string, GroupOffsets> offsets;  // pending, by group
    bool stored = false;                          // there is a record of it
    bool changing = false;
    bool ending = false;       // and the change takes no more batches
    int64_t needed_from = -1;  // the first record of the topic that counts for it
    int64_t deadline_ms = -1;  // scheduled for then
    size_t bytes = 0;          // as it is in the total
  };
  using Entries = std::map<std::string, Entry>;
  using Place = Entries::value_type;  // stays while it is changing

  // All of them with the mutex held.
  Place* find(const std::string& id);
  const Entry* find(const std::string& id) const;
  ErrorNumber check_producer(const Entry& entry, ProducerIdentity producer) const;
  static log::AppendPart part_of(const log::TopicPartition& topic,
                                 std::vector<log::NewRecord> records);
  log::NewRecord record_of(const std::string& id, const Transaction& transaction) const;
  log::NewRecord record_of(const std::string& id, const std::string& group, const OffsetKey& key,
                           const OffsetCommitValue& value) const;
  static TransactionLogValue value_of(const Transaction& transaction);
  // Appends the parts, of which the first is the topic's, with what `staged` says of them. `landed`
  // is called with the mutex held, and gets the offset of the topic's first record or nothing.
  using Landed = std::move_only_function<void(std::optional<int64_t>)>;
  using AllStaged = std::vector<std::unique_ptr<Coordinator::Staged>>;
  void append(std::vector<log::AppendPart> parts, AllStaged staged, Landed landed);
  void store(Place& place, Transaction next, std::vector<log::AppendPart> more, AllStaged staged,
             Done done);
  // Appends the end of the ongoing transaction; then the id is as `next` says.
  void end(Place& place, Transaction next, bool commit, int16_t marker_epoch, Done done);
  void settle(Place& place);
  void report(const std::string* reason);
  void abort_due(int64_t now_ms);
  void wake_by(int64_t when_ms);

  // --- replay, expiry and compaction (transactions_storage.cc)
  Status replay();
  void replay_record(const log::Record& record);
  void drop_pending(Place& place);
  void expire(int64_t now_ms);
  void forget(Place& place);
  bool worth_compacting() const;
  void compact_some();
  int64_t oldest_that_counts() const;

  const TransactionOptions options_;
  log::Log& log_;
  const std::shared_ptr<Coordinator> groups_;
  const Clock& clock_;
  Gauge& ongoing_count_;
  Counter& committed_;
  Counter& aborted_;

  mutable std::shared_mutex mutex_;
  std::condition_variable_any changed_;
  bool closed_ = false;
  bool failing_ = false;  // the last append
  std::optional<log::TopicPartition> topic_;
  Entries entries_;
  size_t bytes_ = 0;
  std::map<std::string, std::set<std::string>> pending_;  // group -> ids with offsets for it
  std::set<std::pair<int64_t, std::string>> deadlines_;
  int64_t planned_ms_ = 0;  // when tick() comes again
  int64_t next_sweep_ms_ = 0;
  int64_t topic_bytes_ = 0;
  int64_t records_end_ = 0;
  // Compaction walks the ids in their order.
  bool compacting_ = false;
  bool slice_in_flight_ = false;
  std::string compacted_up_to_;
  int64_t bytes_before_ = 0;       // of the topic, when it began
  std::optional<int64_t> cut_at_;  // and then lets go what lies below this
};

}  // namespace foz::kafka
