// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// All consumer groups of the broker, and the offsets that they committed. What must outlive the
// process is the topic __consumer_offsets: of each key its newest record counts.
//
// Invariants
//  - Memory holds what the log holds: a change is seen, and answered, once its record is durable;
//    changes of a key become seen in the order of their records.
//  - The topic is bounded: when little of it counts any more, what counts is appended again, key by
//    key, and everything before the oldest record that counts goes. Whatever is there after a crash
//    in between, the newest record of each key is the same.
//  - Memory is bounded: groups, members of a group, bytes over all.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "kafka/groups_internal.h"
#include "log/log.h"

namespace foz::kafka {

struct CoordinatorOptions {
  GroupLimits group;
  size_t max_groups = 100000;
  size_t max_bytes = 128u << 20;
  // After a group is empty (Kafka: offsets.retention.minutes); of a group that never had members,
  // after each commit.
  std::chrono::milliseconds offsets_retention = std::chrono::days(7);
  std::chrono::milliseconds sweep_interval = std::chrono::minutes(10);
  // The topic is compacted when it is longer than this, and than four times what counts of it.
  int64_t least_bytes_to_compact = 4 << 20;
};

// Group ids are part of every record of theirs.
inline constexpr size_t kMaxGroupIdBytes = 255;

// Thread-safe. Made with open() only; outlives its users in the hands of the log, which must
// outlive them in turn.
class Coordinator : public std::enable_shared_from_this<Coordinator> {
 public:
  using Time = Group::Time;

  // Reads the topic, if there is one. Log, clock and metrics must outlive close().
  static Result<std::shared_ptr<Coordinator>> open(CoordinatorOptions options, log::Log& log,
                                                   const Clock& clock, Metrics& metrics,
                                                   uint64_t seed);
  Coordinator(CoordinatorOptions options, log::Log& log, const Clock& clock, Metrics& metrics,
              uint64_t seed);
  // From now on nothing is begun.
  void close();

  // Until the topic is there, nothing but reading is served: COORDINATOR_NOT_AVAILABLE.
  bool ready() const;
  // Makes it; waits for the disk.
  Status make_topic();

  // --- members. What ends later is called from any thread.
  void join(JoinGroupRequest request, const Caller& caller, Group::Joined done);
  void sync(SyncGroupRequest request, Group::Synced done);
  ErrorNumber heartbeat(const HeartbeatRequest& request);
  LeaveGroupResponse leave(const LeaveGroupRequest& request, int16_t version);

  // --- offsets
  struct Committed {
    OffsetCommitValue value;
    int64_t stored_at = -1;  // where in the topic its record is; -1: there is none
    int32_t in_flight = 0;   // records of this key on their way
  };
  struct NewOffset {
    std::string topic;
    int32_t partition = 0;
    OffsetCommitValue value;
  };
  // `request` says who commits; the offsets are those of topics that exist. `done` is called once,
  // when they are durable or refused.
  using Done = std::move_only_function<void(ErrorNumber)>;
  void commit(const OffsetCommitRequest& request, std::vector<NewOffset> offsets, Done done);
  // May this request's offsets be committed, once the transaction that they are part of is?
  // `as_member`: the request says which member it is, or that it is none.
  ErrorNumber may_commit(const OffsetCommitRequest& request, bool as_member);
  // Offsets of a transaction, as further parts of the append that ends it; land() tells what came
  // of them. Nothing when the topic is not there.
  struct Staged;
  std::unique_ptr<Staged> stage(const std::string& group, std::vector<NewOffset> offsets,
                                std::vector<log::AppendPart>& parts);
  void land(std::unique_ptr<Staged> staged,
            const Result<std::vector<log::AppendOutcome>>& outcomes);
  // Calls `each(topic, partition, value)` for the offsets of a group.
  using EachOffset =
      std::function<void(const std::string&, int32_t, const OffsetCommitValue& value)>;
  void each_offset(const std::string& group, const EachOffset& each) const;
  std::optional<OffsetCommitValue> offset(const std::string& group, const std::string& topic,
                                          int32_t partition) const;

  // --- administration
  // Nothing when there is no such group.
  std::optional<DescribeGroupsResponse::DescribedGroup> describe(const std::string& group) const;
  std::vector<ListGroupsResponse::ListedGroup> list() const;
  // Of one group: kNone and `done` later, or why not.
  void remove(const std::string& group, Done done);
  // Refused while the group has members: which topics they read is not ours to know.
  void remove_offsets(const std::string& group,
                      const std::vector<std::pair<std::string, int32_t>>& partitions, Done done);

  // --- time
  // Does what is due; when to come again.
  Time tick();
  // The same for ever, on the caller's thread.
  void run(const std::stop_token& stop);
  void topics_changed();

 private:
  struct Entry {
    explicit Entry(const Coordinator& of) : group(of.clock_, of.random_, of.options_.group) {}
    Group group;
    std::map<std::string, std::map<int32_t, Committed>> offsets;
    size_t offset_count = 0;
    size_t offset_bytes = 0;
    std::string stored;      // the value of the group's own record
    int64_t stored_at = -1;  // as for offsets
    int32_t own_in_flight = 0;
    int32_t in_flight = 0;  // records of all keys on their way: the entry stays
    Time scheduled = Time::max();
    // As they are in the totals.
    GroupState counted_state = GroupState::kEmpty;
    size_t counted_members = 0;
    size_t counted_bytes = 0;
    int64_t counted_rebalances = 0;
  };
  using Entries = std::map<std::string, Entry>;
  using Place = Entries::value_type;  // id and entry: stable while something is in flight

  // A new value of a key: an offset, or of a group's own record (`of_group`). None: the key goes.
  struct Change {
    bool of_group = false;
    std::string topic = {};
    int32_t partition = 0;
    std::optional<OffsetCommitValue> offset = {};
    std::string group_value = {};
  };
  struct Counts {
    explicit Counts(Metrics& metrics);
    std::array<Gauge*, kGroupStates> groups;
    Gauge& members;
    Counter& rebalances;
    Counter& commits;
  };

  // All of them with the mutex held.
  Place& place(const std::string& group);
  Place* find(const std::string& group);
  const Entry* find(const std::string& group) const;
  bool is_full() const;
  void settle(Place& place);
  void count(Entry& entry);
  void forget_if_unused(Place& place);
  void schedule(Place& place);
  void wake_by(Time when);
  // In the order of the log; `done` gets true once durable, at once false if it cannot be.
  using Appended = std::move_only_function<void(bool durable)>;
  void append(Place& place, std::vector<Change> changes, Appended done);
  // Counts the changes as on their way; false when they cannot be written.
  bool add_parts(Place& place, const std::vector<Change>& changes,
                 std::vector<log::AppendPart>& parts);
  void apply(Place& place, const Change& change, int64_t offset);
  bool land(Place& place, const std::vector<Change>& changes,
            const Result<std::vector<log::AppendOutcome>>& outcomes, size_t first_part = 0);
  void report(const Place& place, const Error* error);
  int32_t& in_flight(Entry& entry, const Change& change);
  Committed& committed(Entry& entry, const std::string& topic, int32_t partition);
  void drop_if_gone(Entry& entry, const std::string& topic, int32_t partition);
  void store_group(Place& place, Group::Store store);

  // --- replay, sweeps and compaction (coordinator_storage.cc)
  using TopicIds = std::map<std::string, std::optional<log::TopicId>>;
  Status replay();
  Status replay_batch(Bytes batch, std::map<std::string, GroupMetadataValue>& groups);
  void replay_record(const log::Record& record, std::map<std::string, GroupMetadataValue>& groups);
  Time sweep(Time now);
  Time next_sweep() const;
  void sweep_some();
  void lose_topic();
  void append_swept(Place& place, std::vector<Change> changes);
  std::vector<Change> outdated(const Entry& entry, TopicIds& topics) const;
  bool must_move(int64_t stored_at, int32_t in_flight) const;
  std::vector<Change> offsets_to_move(const Entry& entry) const;
  std::vector<Change> group_to_move(const Entry& entry) const;
  bool worth_compacting() const;
  int64_t oldest_that_counts() const;

  const CoordinatorOptions options_;
  log::Log& log_;
  const Clock& clock_;
  mutable Random random_;
  Counts counts_;

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool closed_ = false;
  bool failing_ = false;  // the last append
  std::optional<log::TopicPartition> topic_;
  Entries groups_;
  size_t bytes_ = 0;  // of all groups and offsets
  std::array<size_t, kGroupStates> states_{};
  size_t members_ = 0;
  std::set<std::pair<Time, std::string>> schedule_;
  Time planned_ = Time::max();  // when tick() comes again
  Time next_sweep_{};
  enum class Sweep { kNone, kWalking, kEnding } sweep_ = Sweep::kNone;
  std::string swept_up_to_;
  Time swept_at_{};
  int32_t swept_in_flight_ = 0;  // appends of the sweep
  // The topic: its records, and how many bytes of them.
  int64_t records_begin_ = 0;
  int64_t records_end_ = 0;
  int64_t topic_bytes_ = 0;
  int64_t move_below_ = 0;         // this sweep appends what lies below again
  int64_t bytes_below_ = 0;        // of what lies there
  std::optional<int64_t> cut_at_;  // and then lets go what lies below this
  bool rewrite_ = false;           // the next sweep appends everything again
};

struct Coordinator::Staged {
  Place* place = nullptr;
  std::vector<Change> changes;
  size_t first_part = 0;
};

}  // namespace foz::kafka
