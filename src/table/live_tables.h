// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Live tables: what arrives is visible at once in a hot tail, and follows into Delta in commits of
// a good size. The door of this room.
//
// Invariants
//  - publish() swaps one root: all tables of a tick appear together.
//  - A Delta commit carries the positions (`txn`) up to which its rows had been read. It is valid
//  only if each stored
//    position equals the one at which the sealed tail began; else the tail is discarded, and the
//    flow replays.
//  - Seal groups (tables connected by `upstream` and `quarantine`) seal at one tick border and have
//  at most one sealed
//    part; they commit quarantine before target and upstream before downstream. A downstream commit
//    stores the version that its upstream just won; if another writer changed the upstream in
//    between, or a member's commit was discarded, everything downstream is discarded and replays
//    from its stored versions.
//  - A store that fails keeps the sealed part and retries with back-off; a table that cannot be
//  written is blocked by
//    name, with what is downstream of it; the others go on.
//  - Commits of all tables together stay within a budget; the more urgent by age and bytes come
//  first.
//  - All tails together stay within `tail_budget_bytes`: room() says when to stop reading.
//  - Upkeep (small files merged, log and old files removed) is another writer that changes no row:
//  its commits and those of tails pass each other, and no tail is discarded for it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "delta/table.h"
#include "log/log.h"
#include "store/object_store.h"
#include "table/view.h"

namespace foz::table {

// The order of changes to a key, in each row of a keyed table: the greater sequence counts, and of
// equal ones the greater origin.
inline constexpr char kSequenceColumn[] = "__foz_sequence";
inline constexpr char kOriginColumn[] = "__foz_origin";
// Of a table that remembers deletions: when, a timestamp.
inline constexpr char kDeletedAtColumn[] = "__foz_deleted_at";

// Nothing is wrong with what was asked: the same may succeed later.
constexpr bool passes(ErrorCode code) {
  return code == ErrorCode::kUnavailable || code == ErrorCode::kAmbiguous ||
         code == ErrorCode::kOverloaded || code == ErrorCode::kCancelled;
}

struct CommitPolicy {
  std::chrono::milliseconds interval{10000};  // age of the oldest row of a tail that fills files
  std::chrono::milliseconds slow_interval{300000};  // what it stretches to for a trickle
  int64_t fill_bytes = 32LL << 20;                  // of tail memory: fills a file
  int64_t seal_bytes = 128LL << 20;                 // of tail memory: commits early
  int64_t seal_rows = 4'000'000;
  int64_t file_bytes = 256LL << 20;  // of tail memory in one file
  int64_t replay_rows = 3'000'000;   // input rows of all tails: what a restart replays within 10 s
  // Of all tables together, but for those that a bound above lets commit early; one that moves many
  // positions counts for more than one. Beyond it intervals grow.
  double commits_per_second = 20;
};

// Upkeep of the tables of flows, one table at a time.
struct UpkeepPolicy {
  bool enabled = true;
  size_t new_files = 48;                      // so many since the last time, and they are merged
  int64_t target_bytes = int64_t{128} << 20;  // of a file, which is made in memory
  int64_t sort_bytes = int64_t{256} << 20;    // as delta::OptimizeOptions has it
  int64_t most_bytes = int64_t{2} << 30;      // read at a time
  double share = 0.25;                        // of one thread's time
  std::chrono::milliseconds vacuum_interval{std::chrono::hours(24)};
};

struct LiveTablesOptions {
  CommitPolicy policy;
  UpkeepPolicy upkeep;
  int64_t tail_budget_bytes = 1LL << 30;
  std::chrono::milliseconds refresh_interval{5000};  // how soon other writers' commits are seen
  // 0: at_border() itself does what the border before it began. For tests and simulations.
  int committer_threads = 1;  // for large tails; small ones have some of their own
  int committer_nice = 5;     // how far committing stands back behind the tick thread
  int checkpoint_every = 50;  // commits; of a table with many files more
  // What the index of one keyed table takes of memory; the rest lies in `index_folder` (empty: in
  // memory too).
  int64_t index_bytes = 1LL << 30;
  std::string index_folder = {};
};

struct TableSpec {
  TableName name;
  Role role = Role::kSilver;
  std::shared_ptr<arrow::Schema> schema;
  std::map<std::string, std::string> properties;  // of the Delta table when it is made
  std::string description;
  std::vector<TableId> upstream;      // live tables that its flow reads
  std::optional<TableId> quarantine;  // of the same flow: commits first
  // Of a keyed table, whose rows have kSequenceColumn and kOriginColumn too, and of whose deletions
  // `tombstones` keeps the keys, these two columns and kDeletedAtColumn: commits first as well. A
  // deletion that it does not keep is known until the end of the process.
  std::vector<std::string> keys = {};
  std::optional<TableId> tombstones = {};
  // Once everything that came within this time of a deletion has been stored, the deletion may be
  // forgotten; it is before an eighth more is over, while changes come. 0: never.
  int64_t forget_after_ms = 0;
};

// A position of an input moved from `from` (nullopt: never read) to `to` by the rows of this tick.
// With `upstream` set the rows came from that table's tail: after this tick the flow has read all
// of it, with what this tick adds to it. The position becomes the version with which the upstream's
// seal commits; `from` and `to` are not looked at. A flow that did not keep up with its upstream's
// tail is left out of a seal, until it moves again.
struct Move {
  std::string app_id;
  std::optional<int64_t> from;
  int64_t to = 0;
  std::optional<TableId> upstream;
};

// How long another writer in this process waits for the tick thread.
struct Patience {
  std::chrono::milliseconds limit;
  std::stop_token stop = {};
};

// input = written + filtered + dropped + duplicates + quarantined, of the flow that writes the
// table.
struct RowCounts {
  int64_t input = 0, written = 0, filtered = 0, dropped = 0, duplicates = 0, quarantined = 0;
};

// What one tick adds to one table. The rows were admitted (see admission.h) and have the table's
// columns by name; nullable ones may be missing. Moves follow those before: a move that does not
// discards the tail, as any surprise does.
struct TableRows {
  TableId table;
  std::vector<TailBatch> batches;
  std::vector<Move> moves;
  RowCounts counts;
  // Of a keyed table: keys whose rows go, with kSequenceColumn and kOriginColumn.
  std::vector<std::shared_ptr<arrow::RecordBatch>> deletes = {};
  int64_t arrived_us = 0;  // when the newest of its input records became durable; 0 when replayed
  // With these rows its flow has read everything that had come by then; 0: that is not known.
  int64_t complete_ms = 0;
};

struct Event {
  enum class Kind {
    kCommitted,
    kDiscarded,  // its tail is gone, or its upstream was changed by others: replay from positions()
    kBlocked,    // its open tail is gone too, and publish() takes nothing for it until it is
                 // unblocked
    kUnblocked,  // replay from positions()
  };
  Kind kind;
  TableId table;
  std::string reason;
};

// root(), the reading calls and those of other writers: any thread. Everything else: the tick
// thread alone.
class LiveTables {
 public:
  // Finds the tables that the lake holds already (folders SCHEMA/TABLE with a _delta_log):
  // Role::kForeign until ensured.
  static Result<std::unique_ptr<LiveTables>> open(LiveTablesOptions options,
                                                  store::ObjectStore& store, const Clock& clock,
                                                  Random& random, Metrics& metrics);
  ~LiveTables();

  std::shared_ptr<const Root> root() const;

  // Opens the table, or makes it. A table that exists with other columns takes new nullable ones at
  // the end; kInvalid names what else differs. kUnavailable while it has a tail that must be
  // committed first, which is then done soon. Tables that are upstream or quarantine come first.
  Result<TableId> ensure(const TableSpec& spec);

  // Positions as stored in Delta at the newest version known here. That of an upstream may be
  // beyond the version which is shown of it, while another commit has yet to be heard of: its flow
  // waits, for the upstream's tail may hold what it has read.
  std::map<std::string, int64_t> positions(TableId table) const;

  // The greatest origin that a keyed table has met; -1: none.
  int64_t last_origin(TableId table) const;
  // Bytes that tails may still take.
  int64_t room() const;
  // Adds a tick to its tables and swaps the root.
  void publish(std::vector<TableRows> tick);

  // Between two ticks: takes in finished commits, then seals what is due (everything with `all`).
  // Events in order.
  std::vector<Event> at_border(bool all = false);
  // When at_border has something to do next; `wake` of on_work is called, from any thread, when
  // that becomes "now".
  std::chrono::steady_clock::time_point next_due() const;
  void on_work(std::function<void()> wake);
  // True while a sealed part of the table's group is being committed.
  bool committing(TableId table) const;
  // Seals and commits everything; kUnavailable names the tables that are left when the time is
  // over, or as soon as only blocked ones are.
  Status drain(std::chrono::milliseconds limit);

  // Rows that versions (from, to] added, for a flow that catches up behind the tail. `visit` also
  // gets the file's path and the row number in it of the batch's first row. kInvalid when a version
  // also removed rows.
  using VisitAdded =
      std::function<Status(std::shared_ptr<arrow::RecordBatch> rows, delta::Version version,
                           std::string_view file, int64_t first_row)>;
  Status read_added(TableId table, delta::Version from, delta::Version to,
                    const VisitAdded& visit) const;

  // --- For other writers in this process. They wait for the tick thread, which must be running:
  // kUnavailable says what for when the limit is over, kCancelled that they were stopped.
  // Has what the table's tail holds now committed, and gives the first root in which no tail holds
  // it.
  Result<std::shared_ptr<const Root>> settled(TableId table, const Patience& patience) const;
  // The first root that shows a version which was committed beside.
  Result<std::shared_ptr<const Root>> shown(TableId table, delta::Version version,
                                            const Patience& patience) const;
  // Shows a table that was made beside: Role::kForeign. It is in the lake, and is shown later when
  // nobody waits for it any more; so it is with schemas.
  Status adopt(const TableName& name, std::shared_ptr<delta::Table> table,
               delta::SnapshotPtr snapshot, const Patience& patience) const;
  // Takes it from the root, where an entry without a name stays; its files are the caller's.
  // kDenied: a flow writes it.
  Status forget(TableId table, const Patience& patience) const;
  // Schemas that exist without a table: an empty object in their folder says so, and an entry of
  // the root that has no table's name.
  Status make_schema(const std::string& name, const Patience& patience) const;
  Status drop_schema(const std::string& name, const Patience& patience) const;
  // No tick comes any more: who waits for one is told at once.
  void end_waits();

  struct Stats {
    TableName name;
    int64_t version = 0, files = 0, bytes = 0, tail_rows = 0, tail_bytes = 0, commits = 0,
            discards = 0;
    // Of a keyed table.
    int64_t keys = 0, index_bytes = 0, index_files = 0, late_changes = 0, remembered_deletions = 0;
    RowCounts counts;
    double freshness_p50_s = 0, freshness_p99_s = 0, last_commit_s = 0;
    std::string blocked;
  };
  std::vector<Stats> stats() const;

 private:
  struct Impl;
  explicit LiveTables(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::table
