// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What keeps tables small and fast without anybody's asking: checkpoints, compaction and clean-up
// of the log, merged files, vacuum.
//
// Upkeep works on a snapshot, off the tick thread, and commits as any writer does. Its commit
// changes no row: a seal that meets it goes on behind it, it goes on behind a seal, and following
// other writers takes its snapshot over without touching a tail.
//
// Of a keyed table the new files are written first, while parts are sealed and delete rows of the
// old ones. Then, between two seals, they are committed: what went meanwhile is deleted in them,
// and the index knows where the others are without reading a key.
#include <algorithm>
#include <utility>

#include "base/logging.h"
#include "table/file_layout.h"
#include "table/live_tables_internal.h"
#include "table/tombstones_internal.h"

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
// Of a keyed table's rows: a scan reads them in vain. Below the second share upkeep leaves it.
constexpr double kMostDeleted = 0.05;
constexpr double kFewDeleted = 0.04;
constexpr std::chrono::minutes kAfterFailure{1};
// Tombstones are pruned each such part of the time for which they are kept.
constexpr int64_t kPruneParts = 8;
constexpr std::chrono::minutes kFirstVacuum{60};

void log_merged(const std::string& name, const delta::OptimizeResult& merged) {
  log_info("table", "merged small files",
           {{"table", name},
            {"files", std::to_string(merged.files_removed)},
            {"into", std::to_string(merged.files_added)},
            {"bytes", std::to_string(merged.bytes_added)}});
}

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
    if (!options.upkeep.enabled) return;
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

void LiveTables::Impl::merge_files(delta::Table& table, const std::string& name,
                                   const delta::SnapshotPtr& snapshot, bool keyed,
                                   const delta::OnProgress& go_on, Upkeep& done) {
  delta::OptimizeOptions layout = file_layout(*snapshot);
  layout.target_bytes = options.upkeep.target_bytes;
  layout.sort_bytes = options.upkeep.sort_bytes;
  layout.most_bytes = options.upkeep.most_bytes;
  layout.min_files = options.upkeep.new_files / 2;
  layout.balanced = true;
  const auto failed = [&](const Error& error) {
    done.failed = true;
    if (!stopping) warn("cannot merge small files", name, error);
  };
  if (keyed) {
    // All of them change all the time.
    layout.target_bytes = std::min(layout.target_bytes, kKeyedFileBytes);
    layout.most_bytes = layout.target_bytes;
    layout.purge_share = 1;
    layout.deleted_share = kFewDeleted;
    auto merged = delta::write_merged(table, snapshot, layout, random, clock, go_on);
    if (!merged) return failed(merged.error());
    done.settled_files = snapshot->file_count();
    for (const delta::MergedFiles& one : *merged) {
      done.settled_files -= one.from.size();
      done.settled_files += one.into.size();
    }
    done.merged = *std::move(merged);
    done.deleted_rows += deleted_rows_of(*snapshot);
    return;
  }
  const auto merged = delta::optimize(table, snapshot, layout, random, clock, go_on);
  if (!merged) return failed(merged.error());
  done.settled_files = merged->snapshot->file_count();
  log_merged(name, *merged);
}

// From 1 on it is looked after.
double LiveTables::Impl::need_of(const TableState& table) const {
  const size_t files = table.snapshot->file_count();
  const size_t fresh = files - std::min(files, table.settled_files);
  const double by_files = static_cast<double>(fresh) /
                          static_cast<double>(std::max<size_t>(1, options.upkeep.new_files));
  if (!table.keyed) return by_files;
  const auto deleted = static_cast<double>(table.deleted_rows);
  const double rows = static_cast<double>(table.snapshot->row_count().value_or(0)) + deleted;
  return std::max(by_files, rows > 0 ? deleted / rows / kMostDeleted : 0);
}

// False: there are none that may be forgotten. What its table has stored is not read again, so that
// no change comes late any more which came in time.
bool LiveTables::Impl::forget_deletions() {
  const Time now = clock.steady();
  TableState* chosen = nullptr;
  double most = 0;  // of how much of its time has passed since it was due
  for (TableState& table : tables) {
    if (!table.keyed || !table.tombstones || table.forget_after_ms == 0) continue;
    const TableState& tombstones = state(*table.tombstones);
    const int64_t due_ms =
        tombstones.pruned_to_ms + table.forget_after_ms + table.forget_after_ms / kPruneParts;
    if (table.complete_ms < due_ms || !tombstones.blocked.empty() || now < tombstones.next_merge) {
      continue;
    }
    const double over = static_cast<double>(table.complete_ms - due_ms) /
                        static_cast<double>(table.forget_after_ms);
    if (chosen && over <= most) continue;
    chosen = &table;
    most = over;
  }
  if (!chosen) return false;
  const TableState& tombstones = state(*chosen->tombstones);
  const int64_t before_ms = chosen->complete_ms - chosen->forget_after_ms;
  keeping_up = true;
  keepers.submit([this, before_ms, id = tombstones.id, name = tombstones.name.to_string(),
                  delta_table = tombstones.table, snapshot = tombstones.snapshot,
                  settled = tombstones.settled_files] {
    const auto start = clock.steady();
    Upkeep done{.id = id, .settled_files = settled};
    const auto go_on = [this](const delta::Progress&) -> Status {
      if (stopping) return Error(ErrorCode::kCancelled, "foz stops");
      return {};
    };
    const auto pruned = prune_tombstones(*delta_table, snapshot, before_ms, random, clock, go_on);
    if (!pruned) {
      done.failed = true;
      if (!stopping) warn("cannot prune deletions", name, pruned.error());
    } else {
      done.pruned_to_ms = before_ms;
      if (pruned->rows > 0) {
        log_info("table", "pruned deletions",
                 {{"table", name}, {"rows", std::to_string(pruned->rows)}});
      }
    }
    done.seconds = std::chrono::duration<double>(clock.steady() - start).count();
    report([this, &done] { kept_up.push_back(std::move(done)); });
  });
  return true;
}

// One table: the one that needs it most, or one whose vacuum is due.
void LiveTables::Impl::keep_up() {
  const UpkeepPolicy& upkeep = options.upkeep;
  const Time now = clock.steady();
  next_upkeep = now + kRest;
  if (!upkeep.enabled) return;
  // Every other time at most: files are merged whatever the time is for which deletions are kept.
  pruned_last = !pruned_last && forget_deletions();
  if (pruned_last) return;
  TableState* chosen = nullptr;
  double most = 0;
  bool vacuum = false;
  for (TableState& table : tables) {
    if (!table.ensured || !table.snapshot || !table.blocked.empty()) continue;
    if (table.next_vacuum == Time()) {
      table.next_vacuum = now + kFirstVacuum + std::chrono::minutes(table.id.value() % 60);
    }
    const double need = need_of(table);
    if (need >= 1 && now >= table.next_merge && need > most) {
      chosen = &table;
      most = need;
      vacuum = false;
    } else if (!chosen && now >= table.next_vacuum) {
      chosen = &table;
      vacuum = true;
    }
  }
  if (!chosen) return;
  keeping_up = true;
  if (vacuum) chosen->next_vacuum = now + upkeep.vacuum_interval;
  keepers.submit([this, vacuum, keyed = chosen->keyed != nullptr, id = chosen->id,
                  name = chosen->name.to_string(), delta_table = chosen->table,
                  snapshot = chosen->snapshot, read_to = followed_to(*chosen),
                  settled = chosen->settled_files, deleted = chosen->deleted_rows] {
    const auto start = clock.steady();
    const auto go_on = [this](const delta::Progress&) -> Status {
      if (stopping) return Error(ErrorCode::kCancelled, "foz stops");
      return {};
    };
    Upkeep done{.id = id, .settled_files = settled, .base = snapshot};
    if (vacuum) {
      const auto gone =
          delta::vacuum(*delta_table, snapshot, {.followed_to = read_to}, clock, go_on);
      if (!gone) {
        if (!stopping) warn("cannot vacuum", name, gone.error());
      } else if (!gone->empty()) {
        log_info("table", "vacuumed", {{"table", name}, {"files", std::to_string(gone->size())}});
      }
    } else {
      done.deleted_rows = -deleted;
      merge_files(*delta_table, name, snapshot, keyed, go_on, done);
      if (done.failed) done.deleted_rows = 0;
    }
    done.seconds = std::chrono::duration<double>(clock.steady() - start).count();
    report([this, &done] { kept_up.push_back(std::move(done)); });
  });
}

// What was merged of a keyed table takes its place while none of its parts commits.
void LiveTables::Impl::swap_staged() {
  if (!staged) return;
  TableState& table = state(staged->id);
  if (table.busy && table.blocked.empty()) return;
  Upkeep done = *std::exchange(staged, std::nullopt);
  if (!table.blocked.empty() || done.base->metadata() != table.snapshot->metadata() ||
      done.base->protocol() != table.snapshot->protocol()) {
    done.merged.clear();
    done.failed = true;
    return end_upkeep(done);
  }
  done.deleted_rows = -table.deleted_rows;
  table.merging = true;
  touch(table.id);
  keepers.submit([this, done = std::move(done), delta_table = table.table,
                  snapshot = table.snapshot, keys = table.keyed->spec(),
                  name = table.name.to_string()]() mutable {
    const auto start = clock.steady();
    const auto swapped = delta::swap_merged(*delta_table, snapshot, done.merged, random);
    if (!swapped) {
      done.failed = true;
      warn("cannot commit merged files", name, swapped.error());
    } else if (swapped->commits > 0) {
      log_merged(name, *swapped);
      done.deleted_rows += deleted_rows_of(*swapped->snapshot);
      // Followed as others' commits are when they cannot be read now.
      auto files = read_files_change(*delta_table, snapshot, swapped->snapshot, keys, done.merged);
      if (files) done.files = *std::move(files);
    }
    if (!done.files) done.deleted_rows = 0;
    done.merged.clear();
    done.seconds += std::chrono::duration<double>(clock.steady() - start).count();
    report([this, &done] { kept_up.push_back(std::move(done)); });
  });
}

void LiveTables::Impl::take_upkeep(Upkeep done, Ids& changed) {
  TableState& table = state(done.id);
  if (!done.merged.empty()) {
    staged = std::move(done);
    return;
  }
  if (std::exchange(table.merging, false)) {
    touch(table.id);
    if (done.files && take_merged(table, *done.files)) changed.insert(table.id);
  }
  end_upkeep(done);
}

void LiveTables::Impl::end_upkeep(const Upkeep& done) {
  keeping_up = false;
  TableState& table = state(done.id);
  table.deleted_rows += done.deleted_rows;
  table.settled_files = done.settled_files;
  if (done.pruned_to_ms > table.pruned_to_ms) {
    table.pruned_to_ms = done.pruned_to_ms;
    // Not before: what the lake remembers would be known again after a start.
    for (TableState& keyed : tables) {
      if (keyed.tombstones == done.id) keyed.keyed->forget_before(done.pruned_to_ms);
    }
  }
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
