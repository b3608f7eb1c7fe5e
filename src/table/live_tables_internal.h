// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The state behind LiveTables. The tick thread alone changes it, under `mutex`; committers and
// followers work on copies and hand back results, which the tick thread takes in at a border.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <set>

#include "base/workers.h"
#include "delta/maintenance.h"
#include "table/committer_internal.h"
#include "table/live_tables.h"

namespace foz::table {

// What stands in the root for a schema that exists without a table.
struct TableState;
TableState schema_alone(const std::string& schema);

// An object of this name makes a folder a schema, though it have no table.
inline constexpr const char* kSchemaMark = ".schema";

struct TableState {
  TableId id;
  TableName name;
  Role role = Role::kForeign;
  std::shared_ptr<delta::Table> table;
  delta::SnapshotPtr snapshot;
  std::shared_ptr<arrow::Schema> schema;
  std::string blocked;

  // Of its flow; meaningful once ensured.
  bool ensured = false;
  std::vector<TableId> upstream;
  std::vector<TableId> first;  // of the same flow: commit before it
  std::unique_ptr<Keyed> keyed;
  std::optional<TableId> tombstones;
  int64_t forget_after_ms = 0;
  int64_t complete_ms = 0;  // as TableRows has it, of what is committed
  bool merging = false;     // upkeep commits merged files, whose rows a seal would delete

  Part open;
  std::shared_ptr<const Tail> sealed;
  std::map<std::string, PartMove> sealed_moves;
  RowCounts sealed_counts;
  bool busy = false;              // a sealed part of it is in a job
  bool seal_now = false;          // its columns are to change
  uint64_t seal = 0;              // number of the last seal that it was in
  int64_t publishes = 0;          // of rows, since start
  int quiet_rounds = 0;           // in which nobody else wrote to it
  size_t settled_files = 0;       // that upkeep has looked at
  int64_t deleted_rows = 0;       // in its files, of a keyed table
  delta::Version log_kept_to{0};  // up to here keep_log has done what was due
  std::chrono::steady_clock::time_point next_merge, next_vacuum;
  int64_t pruned_to_ms = 0;  // tombstones from before are gone

  int64_t commits = 0, discards = 0;
  RowCounts counts;
  double last_commit_s = 0;
  Histogram* freshness = nullptr;
  Histogram* commit_seconds = nullptr;
  Counter* rows_written = nullptr;
  Counter* bytes_written = nullptr;
  Counter* commits_made = nullptr;
  Counter* discards_made = nullptr;
  Counter* late_changes = nullptr;  // of a keyed table, as is the next
  Gauge* deletions = nullptr;
};

// What following another writer has found.
struct Followed {
  TableId id;
  delta::SnapshotPtr known;
  Result<delta::SnapshotPtr> latest;
  std::optional<FilesChange> files;  // of a keyed table
  bool rows_changed = false;
  bool metadata_changed = false;
};

// What upkeep has done to a table.
struct Upkeep {
  TableId id;
  size_t settled_files = 0;
  bool failed = false;
  double seconds = 0;
  // Of a keyed table: what is to be committed, of which snapshot, and then what that has changed.
  std::vector<delta::MergedFiles> merged = {};
  delta::SnapshotPtr base = {};
  std::optional<FilesChange> files = {};
  int64_t deleted_rows = 0;  // more than when it began
  int64_t pruned_to_ms = 0;  // of tombstones
};

// What all tables together may spend on commits: a purse that fills steadily up to what a second
// brings.
class CommitBudget {
 public:
  using Time = std::chrono::steady_clock::time_point;
  CommitBudget(double per_second, Time now) : second_(1 / per_second), paid_until_(now) {}

  // From when on somebody may pay.
  Time open_at() const { return paid_until_; }
  void pay(double cost, Time now) {
    const auto seconds = std::chrono::duration<double>(cost * second_);
    paid_until_ = std::max(paid_until_, now - kSaved) +
                  std::chrono::duration_cast<std::chrono::nanoseconds>(seconds);
    paid_until_ = std::min(paid_until_, now + kMostDebt);
  }

 private:
  static constexpr std::chrono::seconds kSaved{1};
  // What could not wait must not keep the others waiting for ever.
  static constexpr std::chrono::seconds kMostDebt{10};
  const double second_;  // of one unit
  Time paid_until_;
};

struct LiveTables::Impl {
  using Time = std::chrono::steady_clock::time_point;
  using Ids = std::set<TableId>;

  Impl(LiveTablesOptions given, store::ObjectStore& s, const Clock& c, Random& r, Metrics& m);

  const LiveTablesOptions options;
  store::ObjectStore& store;
  const Clock& clock;
  Random& random;
  Metrics& metrics;
  Gauge& tail_gauge;
  Gauge& waiting_gauge;

  // --- the tick thread's, read by others under the mutex
  mutable std::mutex mutex;
  std::deque<TableState> tables;             // by id
  std::vector<std::vector<TableId>> groups;  // what commits first stands first
  std::map<TableId, size_t> group_of;
  // Sums over all tables, which a tick need not add up anew.
  int64_t open_bytes = 0, open_input_rows = 0, sealed_bytes = 0;
  std::vector<Event> pending_events;                // for the next border
  std::vector<std::unique_ptr<CommitJob>> waiting;  // to be tried again
  size_t trying_again = 0;                          // of those, under way
  uint64_t seals = 0;
  CommitBudget budget;
  // What of a group may seal now, and when it wants to.
  struct Plan {
    std::vector<TableId> members;
    Time since = Time::max(), due = Time::max();
    int64_t open_bytes = 0, input_rows = 0;
    double cost = 0;  // of the budget
  };
  std::vector<Plan> plans;                   // of groups
  std::set<std::pair<Time, size_t>> agenda;  // groups with something to seal, by when it is due
  double sealable = 0;                       // sum of their shares
  std::set<size_t> stale;                    // groups to be planned anew
  Time next_follow;
  bool following = false;
  int follow_round = 0;
  bool keeping_up = false;
  bool pruned_last = false;
  std::optional<Upkeep> staged;  // of a keyed table: waits for its sealed part
  Time next_upkeep;
  // Memory of tails that are no longer shown, for as long as a query holds them.
  struct Pinned {
    std::weak_ptr<const void> lease;
    int64_t bytes;
  };
  mutable std::vector<Pinned> pinned;

  // --- what readers see
  mutable std::mutex root_mutex;
  std::shared_ptr<const Root> current;
  std::condition_variable root_moved;

  // --- results from workers
  mutable std::mutex results_mutex;
  std::vector<std::unique_ptr<CommitJob>> finished;
  std::vector<Followed> followed;
  bool follow_ended = false;
  std::vector<Upkeep> kept_up;
  std::vector<std::function<void()>> asked;  // by other writers, for the next border
  std::function<void()> wake;
  std::condition_variable progressed;
  std::atomic<bool> stopping = false;
  std::atomic<bool> ticks_are_over = false;

  // live_tables.cc
  TableState& state(TableId id) { return tables[static_cast<size_t>(id.value())]; }
  const TableState& state(TableId id) const { return tables[static_cast<size_t>(id.value())]; }
  // Gives them their ids, in order, and shows them.
  void add_tables(std::vector<TableState> fresh);
  void register_metrics(TableState& table);
  void set_snapshot(TableState& table, delta::SnapshotPtr snapshot);
  void swap_root(const Ids& changed);
  std::shared_ptr<const TableView> view_of(const TableState& table) const;
  int64_t tail_bytes() const { return open_bytes + sealed_bytes; }
  // Puts what a table holds into the sums, or takes it out with -1: around every change to it.
  void tally(const TableState& table, int64_t sign);
  // True when time was left.
  bool settle(const std::function<bool()>& done, std::chrono::milliseconds limit);

  // beside.cc
  void show(std::shared_ptr<const Root> root);
  std::shared_ptr<const Root> root() const;
  // Waits for a root that `good` accepts.
  Result<std::shared_ptr<const Root>> wait_root(const std::function<bool(const Root&)>& good,
                                                Time until, const std::stop_token& stop,
                                                const std::string& what);
  void ask(std::function<void()> work);
  // Runs at the next border, by the tick thread; kLate: even when nobody waits for it any more.
  enum class Run { kInTime, kLate };
  Status at_a_border(std::function<Status()> work, const Patience& patience, Run run);

  // ensure.cc
  Result<TableId> ensure(const TableSpec& spec);
  Status open_or_create(TableState& table, const TableSpec& spec);
  Status evolve(TableState& table, const TableSpec& spec);
  Status load_keys(TableState& table, const TableSpec& spec);
  Status regroup();

  // publish.cc
  void publish(std::vector<TableRows> tick);
  bool follows(const TableState& table, const TableRows& rows) const;
  void take_in(TableState& table, TableRows& rows);
  Status take_changes(TableState& table, const TableRows& rows);
  void take_moves(TableState& table, const TableRows& rows);
  // Tables whose flows read this one.
  Ids readers_of(TableId table) const;
  // The tables whose tails go with those of `seeds`: siblings by quarantine, and everything
  // downstream.
  Ids downfall(Ids seeds) const;
  void discard(TableState& table, std::string reason, bool with_sealed, std::vector<Event>& events);
  void let_go(std::shared_ptr<const Tail>& tail);

  // border.cc
  std::vector<Event> at_border(bool all);
  void take_results(std::vector<Event>& events, Ids& changed);
  void take_job(std::unique_ptr<CommitJob> job, std::vector<Event>& events, Ids& changed);
  // Of a keyed table. False: its snapshot is another one by now.
  bool take_files(TableState& table, const FilesChange& change);
  // The same of upkeep's commits, when no others came in between.
  bool take_merged(TableState& table, const FilesChange& change);
  bool try_with_new_files(TableState& table, SealedPart& sealed);
  void take_committed(SealedPart& sealed, std::vector<Event>& events);
  void block(TableState& table, const std::string& reason, std::vector<Event>& events,
             Ids& changed);
  void unblock(TableState& table, std::vector<Event>& events);
  void keep_for_retry(std::unique_ptr<CommitJob> job);
  void take_followed(Followed found, std::vector<Event>& events, Ids& changed);
  void fall(const Ids& seeds, const std::string& reason, std::vector<Event>& events, Ids& changed);
  void submit(std::unique_ptr<CommitJob> job);
  void follow_others();
  // With `compare` also at what has changed since, with `keys` at the keys of other files.
  static Followed look(TableId id, const delta::Table& table, const delta::SnapshotPtr& known,
                       bool compare, const std::optional<KeySpec>& keys);
  void report(const std::function<void()>& put);

  // upkeep.cc
  // Of the log, after a commit: what became due since the last one, whoever made the versions.
  void keep_log(TableState& table);
  void keep_up();
  double need_of(const TableState& table) const;
  bool forget_deletions();
  void merge_files(delta::Table& table, const std::string& name, const delta::SnapshotPtr& snapshot,
                   bool keyed, const delta::OnProgress& go_on, Upkeep& done);
  void swap_staged();
  void take_upkeep(Upkeep done, Ids& changed);
  void end_upkeep(const Upkeep& done);
  // The least version that a flow has read to; nullopt: no flow reads it.
  std::optional<delta::Version> followed_to(const TableState& table) const;

  // seal.cc
  Plan plan(const std::vector<TableId>& group) const;
  // Time::min(): at once, whatever the budget says.
  Time due(const TableState& table) const;
  // Its group is to be planned anew, which replan() does before the mutex is free again.
  void touch(TableId table);
  void replan();
  double share(const Plan& plan) const;
  bool pressed() const;
  // When seal_due() has something to do.
  Time seal_at() const;
  size_t most_urgent(Time now) const;
  void seal_due(bool all, Ids& changed);
  void seal(const std::vector<TableId>& members, Ids& changed);

  // Last: their threads end before what they use.
  Workers committers, small_committers;
  Workers followers;
  Workers keepers;
};

}  // namespace foz::table
