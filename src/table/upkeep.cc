// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What keeps tables small and fast without anybody's asking: checkpoints, compaction and clean-up
// of the log, merged files, vacuum.
//
// Upkeep works on a snapshot, off the tick thread, and commits as any writer does. Its commit
// changes no row: a seal that meets it goes on behind it, it goes on behind a seal, and following
// other writers takes its snapshot over without touching a tail.
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "table/file_layout.h"
#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

// A checkpoint costs what a table has files: it is written when as many commits follow it as it has
// hundreds of files.
constexpr int64_t kFilesOfCommit = 100;
constexpr int64_t kMostCommits = 1000;
// Commits that become one file of the log, and those files one again.
constexpr int64_t kCompacted = 16;
constexpr int64_t kCompactedAgain = 256;
constexpr std::chrono::seconds kRest{1};
constexpr int64_t kKeyedFileBytes = int64_t{32} << 20;
constexpr std::chrono::seconds kLongestWait{20};  // of a keyed table's tail for a merge
constexpr std::chrono::minutes kAfterFailure{1};
constexpr std::chrono::minutes kFirstVacuum{60};

void warn(const char* what, const std::string& name, const Error& error) {
  log_warn("table", what, {{"table", name}, {"reason", error.message()}});
}

// Versions (before, after] end a run of `length`, which ends at the version returned.
std::optional<delta::Version> run_end(delta::Version before, delta::Version after, int64_t length) {
  const int64_t runs = (after.value() + 1) / length;
  if (runs == (before.value() + 1) / length) return std::nullopt;
  return delta::Version{runs * length - 1};
}

}  // namespace

// Harmless when it fails, for the next one comes.
void LiveTables::Impl::keep_log(TableState& table) {
  const delta::Version after = table.snapshot->version();
  const delta::Version before = std::exchange(table.log_kept_to, after);
  const int64_t files = static_cast<int64_t>(table.snapshot->file_count());
  const int64_t every =
      std::max<int64_t>(options.checkpoint_every, std::min(files / kFilesOfCommit, kMostCommits));
  const bool checkpoint =
      options.checkpoint_every > 0 && after.value() / every != before.value() / every;
  std::vector<std::pair<delta::Version, delta::Version>> runs;
  for (const int64_t length : {kCompacted, kCompactedAgain}) {
    if (!options.upkeep.enabled) break;
    if (const auto end = run_end(before, after, length))
      runs.emplace_back(*end + (1 - length), *end);
  }
  if (!checkpoint && runs.empty()) return;
  followers.submit([this, delta_table = table.table, snapshot = table.snapshot,
                    name = table.name.to_string(), runs = std::move(runs), checkpoint,
                    read_to = followed_to(table)] {
    // A version whose commit was merged or written out has one, too: a reader that knows it need
    // not look further back for metadata and protocol.
    if (const auto done = delta_table->checksum(snapshot); !done) {
      warn("cannot write a version checksum", name, done.error());
    }
    for (const auto& [from, to] : runs) {
      if (stopping) return;
      const auto done = delta::compact_log(*delta_table, from, to);
      if (!done) warn("cannot compact the log", name, done.error());
    }
    if (!checkpoint || stopping) return;
    if (const auto done = delta_table->checkpoint(snapshot); !done) {
      return warn("cannot write a checkpoint; the next commits try again", name, done.error());
    }
    if (!options.upkeep.enabled || snapshot->property("delta.enableExpiredLogCleanup") == "false") {
      return;
    }
    const auto gone = delta::clean_log(*delta_table, *snapshot, {.followed_to = read_to}, clock);
    if (!gone) {
      warn("cannot clean the log; the next checkpoint tries again", name, gone.error());
    } else if (!gone->empty()) {
      log_info("table", "cleaned the log",
               {{"table", name}, {"files", std::to_string(gone->size())}});
    }
  });
}

std::optional<delta::Version> LiveTables::Impl::followed_to(const TableState& table) const {
  std::optional<delta::Version> least;
  const std::string suffix = "/" + table.snapshot->metadata().id;
  for (const TableId id : readers_of(table.id)) {
    delta::Version read_to{0};
    if (const auto& reader = state(id).snapshot) {
      for (const auto& transaction : reader->transactions()) {
        if (transaction.app_id.ends_with(suffix)) {
          read_to = std::max(read_to, delta::Version{transaction.version});
        }
      }
    }
    least = std::min(least.value_or(read_to), read_to);
  }
  return least;
}

// `keys`: of a keyed table, whose index wants to know where its rows are then.
void LiveTables::Impl::merge_files(delta::Table& table, const std::string& name,
                                   const delta::SnapshotPtr& snapshot,
                                   const std::optional<KeySpec>& keys,
                                   const delta::OnProgress& go_on, Upkeep& done) {
  delta::OptimizeOptions layout = file_layout(*snapshot);
  layout.target_bytes = options.upkeep.target_bytes;
  if (keys) {
    // Its tail waits meanwhile.
    layout.target_bytes = std::min(layout.target_bytes, kKeyedFileBytes);
    layout.most_bytes = layout.target_bytes;
  } else {
    layout.most_bytes = options.upkeep.most_bytes;
  }
  layout.min_files = options.upkeep.new_files / 2;
  layout.balanced = true;
  const auto merged = delta::optimize(table, snapshot, layout, random, clock, go_on);
  if (!merged) {
    done.failed = true;
    if (!stopping) warn("cannot merge small files", name, merged.error());
    return;
  }
  done.settled_files = merged->snapshot->file_count();
  if (keys && merged->snapshot != snapshot) {
    // Followed as others' commits are when they cannot be read now.
    auto files = read_files_change(table, snapshot, merged->snapshot, *keys);
    if (files) done.files = *std::move(files);
  }
  log_info("table", "merged small files",
           {{"table", name},
            {"files", std::to_string(merged->files_removed)},
            {"into", std::to_string(merged->files_added)},
            {"bytes", std::to_string(merged->bytes_added)}});
}

// One table: the one with the most new files, or one whose vacuum is due.
void LiveTables::Impl::keep_up() {
  const UpkeepPolicy& upkeep = options.upkeep;
  const Time now = clock.steady();
  next_upkeep = now + kRest;
  if (!upkeep.enabled) return;
  const auto new_files = [](const TableState& table) {
    const size_t files = table.snapshot->file_count();
    return files - std::min(files, table.settled_files);
  };
  TableState* chosen = nullptr;
  bool vacuum = false;
  for (TableState& table : tables) {
    if (!table.ensured || !table.snapshot || !table.blocked.empty()) continue;
    if (table.keyed && table.busy)
      continue;  // its seal deletes rows of files that a merge rewrites
    if (table.next_vacuum == Time()) {
      table.next_vacuum = now + kFirstVacuum + std::chrono::minutes(table.id.value() % 60);
    }
    const size_t fresh = new_files(table);
    if (fresh >= upkeep.new_files && now >= table.next_merge &&
        (!chosen || vacuum || fresh > new_files(*chosen))) {
      chosen = &table;
      vacuum = false;
    } else if (!chosen && now >= table.next_vacuum) {
      chosen = &table;
      vacuum = true;
    }
  }
  if (!chosen) return;
  keeping_up = true;
  if (vacuum) chosen->next_vacuum = now + upkeep.vacuum_interval;
  std::optional<KeySpec> keys;
  if (chosen->keyed && !vacuum) {
    chosen->merging = true;
    merging = chosen->id;
    touch(chosen->id);
    keys = chosen->keyed->spec();
  }
  keepers.submit([this, vacuum, keys = std::move(keys), id = chosen->id,
                  name = chosen->name.to_string(), delta_table = chosen->table,
                  snapshot = chosen->snapshot, read_to = followed_to(*chosen),
                  settled = chosen->settled_files] {
    const auto start = clock.steady();
    const auto go_on = [this](const delta::Progress&) -> Status {
      if (stopping) return Error(ErrorCode::kCancelled, "foz stops");
      return {};
    };
    Upkeep done{id, settled, false, 0, {}};
    if (vacuum) {
      const auto gone =
          delta::vacuum(*delta_table, snapshot, {.followed_to = read_to}, clock, go_on);
      if (!gone) {
        if (!stopping) warn("cannot vacuum", name, gone.error());
      } else if (!gone->empty()) {
        log_info("table", "vacuumed", {{"table", name}, {"files", std::to_string(gone->size())}});
      }
    } else {
      merge_files(*delta_table, name, snapshot, keys, go_on, done);
    }
    done.seconds = std::chrono::duration<double>(clock.steady() - start).count();
    report([this, &done] { kept_up.push_back(std::move(done)); });
  });
}

// A tail that has waited for long, or is large, goes first: what the merge has done of files whose
// rows it deletes is lost, and done another time.
void LiveTables::Impl::end_long_merges() {
  if (!merging) return;
  TableState& table = state(*merging);
  if (table.open.empty()) return;
  const bool large = table.open.tail && table.open.tail->bytes >= options.policy.seal_bytes / 2;
  if (!large && clock.steady() < table.open.since + kLongestWait) return;
  table.merging = false;
  merging.reset();
  touch(table.id);
}

void LiveTables::Impl::take_upkeep(const Upkeep& done, Ids& changed) {
  keeping_up = false;
  TableState& table = state(done.id);
  if (done.files || table.merging) {
    table.merging = false;
    merging.reset();
    touch(table.id);
    if (done.files && take_merged(table, *done.files)) changed.insert(table.id);
  }
  table.settled_files = done.settled_files;
  if (done.failed) table.next_merge = clock.steady() + kAfterFailure;
  // Followed soon, as any other writer's commit is.
  table.quiet_rounds = 0;
  const Time now = clock.steady();
  if (!following) next_follow = now;
  const std::chrono::duration<double> rest(done.seconds * (1 / options.upkeep.share - 1));
  next_upkeep = now + std::max<Time::duration>(
                          kRest, std::chrono::duration_cast<std::chrono::nanoseconds>(rest));
}

}  // namespace foz::table
