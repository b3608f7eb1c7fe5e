// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The log's inside. Two threads: the journal's, which alone gives offsets, writes frames and
// changes topics (group_commit.cc), and the maintenance thread, which writes segments behind, syncs
// them one at a time, writes checkpoints and removes what retention gives up (maintenance.cc).
// recovery.cc opens.
//
// Locks, outer before inner: work_mutex, then topics_mutex, then cache_mutex, then a partition's;
// queue_mutex, wake_mutex and subscribers' are leaves.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "log/frame_internal.h"
#include "log/journal_internal.h"
#include "log/log.h"
#include "log/partition_internal.h"
#include "log/segment_internal.h"

namespace foz::log {

struct Log::Impl {
  Impl(LogOptions given, store::Disk& on, const Clock& by, Random& from, Metrics& into);
  ~Impl();

  // --- topics.cc's rules, kept by the journal's thread
  struct TopicEntry {
    std::shared_ptr<const Topic> topic;
    std::vector<std::shared_ptr<Partition>> partitions;
    bool hidden = false;  // deleted for clients; the lake may still need its records
    bool let_go = false;  // the lake needs nothing more of it
  };
  // Whether so many more may be made; kInvalid. Under topics_mutex.
  Status check_partitions(int64_t more) const;
  Result<Topic> make_topic(Topic topic, const std::vector<Offset>& starts);
  Status remove_topic(TopicId id);
  std::shared_ptr<const Topic> live_topic(TopicId id) const;
  Status change_topic(TopicId id, std::move_only_function<Status(Topic&)>& change);
  // The same from any thread, waiting.
  Status alter(TopicId id, std::move_only_function<Status(Topic&)> change);
  // These take effect where they are called; the journal has them.
  void apply_altered(const Topic& topic);
  void apply_hidden(TopicId id);
  void apply_removed(const std::vector<TopicId>& ids);
  Status remove_let_go();
  Result<std::vector<Result<Offset>>> delete_before(const std::vector<Deletion>& deletions);
  TopicEntry entry_of(Topic topic, const std::vector<Offset>& starts);
  void index_name(const Topic& topic);
  void forget_name(const Topic& topic);
  std::shared_ptr<Partition> find(TopicPartition where) const;
  std::vector<std::shared_ptr<Partition>> all_partitions() const;

  // --- the queue: group_commit.cc
  struct Part {
    std::shared_ptr<Partition> partition;
    std::string batches;
    std::optional<Placed> placed;
  };
  struct Request {
    std::vector<Part> parts;
    std::vector<AppendOutcome> outcomes;
    AppendDone done;
    int64_t bytes = 0;
    std::move_only_function<void()>
        control;  // instead: runs on the journal's thread, between frames
  };
  Status append(std::vector<AppendPart> parts, AppendDone done);
  Status check_room(int64_t bytes);
  Request prepare(std::vector<AppendPart> parts, AppendDone done, int64_t bytes) const;
  Status check_disk_mark(int64_t bytes);
  Status push(Request request);
  // Runs `work` on the journal's thread and waits for what it returns.
  template <class T>
  Result<T> on_journal_thread(std::move_only_function<Result<T>()> work);

  void commit_loop();
  void take(std::deque<Request>& requests);
  void place(Request& request);
  void finish_frame();
  std::vector<TopicPartition> publish_frame(const JournalPosition& position);
  void retract_frame();
  // A frame of its own for a topic or an offset; `apply` gives it effect once it is durable.
  Status write_entries(const std::vector<FrameEntry>& entries,
                       std::move_only_function<void()> apply);
  Result<JournalPosition> write_frame();
  void set_published(const JournalPosition& position);
  void fail(const Error& error);
  std::optional<Error> failure() const;
  bool is_closing() const;

  // --- the cache
  void remember(const std::shared_ptr<Partition>& partition, int64_t bytes);
  void shrink_cache();

  // --- subscribers
  struct Subscriber {
    std::recursive_mutex mutex;
    Moved moved;  // empty once it has left
  };
  void tell(const std::vector<TopicPartition>& moved);

  // --- maintenance.cc
  void maintain();
  void wake();
  bool wait_for_work();
  Status work_once();
  Status write_behind();
  Status checkpoint_round(bool paced);
  Status sync_partition(Partition& partition);
  void pace();
  Status save_checkpoint(const JournalPosition& covered);
  void list_dirty(const std::shared_ptr<Partition>& partition);
  // What retention allows now, as entries for the journal.
  std::vector<FrameEntry> removable() const;
  Status apply_retention(const std::vector<FrameEntry>& entries);
  Status remove_files();
  Status enforce_retention();
  JournalPosition published_position() const;
  bool checkpoint_due() const;

  // --- recovery.cc
  Status recover();
  Status make_directories();
  Status begin_new();
  Status load(const std::string& payload);
  Status open_journal(JournalPosition position);
  Status replay(const std::vector<FrameEntry>& entries);
  Status replay_one(const FrameEntry& entry);
  Status trim_segments();
  Status check_segments();
  void start_threads();

  const LogOptions options;
  store::Disk& disk;
  const Clock& clock;
  Random& random;
  SegmentFiles files;
  std::unique_ptr<Journal> journal;
  uint64_t salt = 0;
  bool is_new = false;
  const int64_t pending_budget;
  const int64_t write_behind_mark;

  Counter& frames_written;
  Counter& bytes_appended;
  Counter& checkpoints_written;
  Histogram& commit_seconds;

  mutable std::shared_mutex topics_mutex;
  std::unordered_map<TopicId, TopicEntry> topics;
  std::map<std::string, TopicId, std::less<>> names;
  std::map<std::string, TopicId> lake_keys;  // of bronze topics
  std::atomic<uint64_t> generation{1};
  std::atomic<bool> something_let_go{false};

  mutable std::mutex queue_mutex;
  std::condition_variable queue_changed;
  std::deque<Request> queue;
  bool closing = false;
  std::optional<Error> failed;
  std::atomic<int64_t> queued_bytes{0};  // accepted, not yet durable
  std::atomic<int64_t> unwritten{0};     // durable, not yet in a segment

  std::mutex disk_mark_mutex;
  int64_t disk_free = 0;
  int64_t bytes_since_look = 0;
  std::chrono::steady_clock::time_point looked_at{};
  bool looked = false;

  // The journal's thread only.
  FrameBuilder frame;
  std::vector<Request> in_frame;

  std::mutex cache_mutex;
  std::deque<std::pair<std::shared_ptr<Partition>, int64_t>> cached;  // as they were appended
  int64_t cached_bytes = 0;

  std::mutex subscribers_mutex;
  std::vector<std::shared_ptr<Subscriber>> subscribers;

  std::mutex producer_ids_mutex;
  int64_t next_id = 0;
  std::atomic<int64_t> ids_below{0};  // durable

  // Guards the files against two kinds of maintenance at once.
  std::mutex work_mutex;
  std::vector<std::shared_ptr<Partition>> to_sync;  // under work_mutex
  std::vector<std::shared_ptr<Partition>>
      dropped;                // under wake_mutex: of deleted topics, files not yet removed
  uint64_t checkpointed = 0;  // sequence; under wake_mutex
  std::map<std::string, int64_t> sizes_found;  // while recovering: segment files

  mutable std::mutex wake_mutex;
  std::condition_variable wake_changed;
  bool woken = false;
  bool stopping = false;
  std::vector<std::shared_ptr<Partition>> dirty;  // have unwritten batches
  JournalPosition published;
  std::chrono::steady_clock::time_point checkpoint_at{};
  std::chrono::steady_clock::time_point retention_at{};

  std::thread journal_thread;
  std::thread maintenance_thread;
};

}  // namespace foz::log
