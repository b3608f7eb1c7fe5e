// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Between two ticks: what committers and followers have found is taken in, and what is due is
// handed out.
#include <algorithm>

#include "base/logging.h"
#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

constexpr std::chrono::milliseconds kFirstRetry{100};
constexpr int kMostDoublings = 7;  // 12.8 s
constexpr std::chrono::milliseconds kBlockedRetry{10000};
constexpr int kMostQuietRounds = 12;
constexpr int64_t kSmallJob = 4LL << 20;  // of tail memory
constexpr int kBlockedShare = 4;          // blocked tables hold at most a fourth of the budget

bool same_positions(const delta::Snapshot& a, const delta::Snapshot& b) {
  const auto positions = [](const delta::Snapshot& snapshot) {
    std::map<std::string, int64_t> ours;
    for (const auto& transaction : snapshot.transactions()) {
      if (transaction.app_id.starts_with("foz/")) {
        ours.emplace(transaction.app_id, transaction.version);
      }
    }
    return ours;
  };
  return positions(a) == positions(b);
}

}  // namespace

std::vector<Event> LiveTables::Impl::at_border(bool all) {
  committers.run_here();
  small_committers.run_here();
  followers.run_here();
  keepers.run_here();
  std::vector<std::function<void()>> works;
  {
    std::lock_guard lock(results_mutex);
    works = std::exchange(asked, {});
  }
  for (const auto& work : works) work();
  std::vector<Event> events;
  Ids changed;
  {
    std::lock_guard lock(mutex);
    events = std::exchange(pending_events, {});
    take_results(events, changed);
    const Time now = clock.steady();
    for (auto& job : std::exchange(waiting, {})) {
      if (job->retry_at <= now) {
        job->again = true;
        ++trying_again;
        submit(std::move(job));
      } else {
        waiting.push_back(std::move(job));
      }
    }
    swap_staged();
    seal_due(all, changed);
    if (!following && now >= next_follow) follow_others();
    if (!keeping_up && now >= next_upkeep) keep_up();
    swap_root(changed);
    tail_gauge.set(static_cast<double>(tail_bytes()));
    waiting_gauge.set(static_cast<double>(waiting.size() + trying_again));
  }
  return events;
}

void LiveTables::Impl::take_results(std::vector<Event>& events, Ids& changed) {
  std::vector<std::unique_ptr<CommitJob>> jobs;
  std::vector<Followed> found;
  std::vector<Upkeep> done;
  {
    std::lock_guard lock(results_mutex);
    jobs = std::exchange(finished, {});
    found = std::exchange(followed, {});
    done = std::exchange(kept_up, {});
    if (std::exchange(follow_ended, false)) {
      following = false;
      next_follow = clock.steady() + options.refresh_interval;
    }
  }
  for (auto& job : jobs) take_job(std::move(job), events, changed);
  for (auto& one : found) take_followed(std::move(one), events, changed);
  for (Upkeep& one : done) take_upkeep(std::move(one), changed);
}

void LiveTables::Impl::take_job(std::unique_ptr<CommitJob> job, std::vector<Event>& events,
                                Ids& changed) {
  using State = SealedPart::State;
  if (std::exchange(job->again, false)) --trying_again;
  Ids fallen;
  std::vector<const SealedPart*> newly_blocked;
  for (SealedPart& sealed : job->parts) {
    TableState& table = state(sealed.id);
    if (sealed.taken_in) continue;
    if (!table.busy || table.seal != job->seal) {
      // Its tail was discarded meanwhile. What it committed stands, but may long have been followed
      // as others' versions are, and newer ones too.
      sealed.taken_in = true;
      if (sealed.state != State::kCommitted || table.busy) continue;
      if (sealed.after->version() <= table.snapshot->version()) continue;
      if (table.keyed && table.snapshot != sealed.base) continue;
      if (table.keyed) table.keyed->land(sealed);
      set_snapshot(table, sealed.after);
      fallen.insert(table.id);
      continue;
    }
    changed.insert(table.id);
    switch (sealed.state) {
      case State::kWaiting: break;
      case State::kCommitted:
        take_committed(sealed, events);
        if (!sealed.foreign_change) break;
        fallen.merge(readers_of(table.id));
        break;
      case State::kConflict:
        unblock(table, events);
        if (table.keyed && try_with_new_files(table, sealed)) {
          job->attempts = 1;  // soon: the next of many commits of others is not far
          break;
        }
        if (table.keyed) {
          if (sealed.followed) take_files(table, *sealed.followed);
        } else if (sealed.after) {
          set_snapshot(table, sealed.after);
        }
        fallen.insert(table.id);
        log_warn("table", "a commit lost to another writer; its rows are replayed",
                 {{"table", table.name.to_string()}, {"reason", sealed.reason}});
        break;
      case State::kUpset: fallen.insert(table.id); break;
      case State::kBlocked:
        if (table.blocked.empty()) newly_blocked.push_back(&sealed);
        break;
    }
  }
  fall(fallen, "another writer changed the table or one that it reads", events, changed);
  for (const SealedPart* sealed : newly_blocked) {
    TableState& table = state(sealed->id);
    if (table.busy && table.seal == job->seal) block(table, sealed->reason, events, changed);
  }
  keep_for_retry(std::move(job));
}

// Before the root is swapped: what the tails hide is of the new snapshot.
bool LiveTables::Impl::take_files(TableState& table, const FilesChange& change) {
  if (table.snapshot != change.from) return false;
  table.keyed->follow(change);
  set_snapshot(table, change.to);
  return true;
}

bool LiveTables::Impl::take_merged(TableState& table, const FilesChange& change) {
  return same_positions(*change.from, *change.to) &&
         change.from->metadata() == change.to->metadata() && take_files(table, change);
}

// Others changed files, and nothing else stands in the way: the same rows, found anew, are tried
// again.
bool LiveTables::Impl::try_with_new_files(TableState& table, SealedPart& sealed) {
  if (!sealed.files_alone || !sealed.followed) return false;
  const auto change = *std::exchange(sealed.followed, std::nullopt);
  if (!same_positions(*change.from, *change.to) || !take_files(table, change)) return false;
  sealed.base = change.to;
  sealed.hidden = table.keyed->hidden_by_sealed();
  sealed.state = SealedPart::State::kWaiting;
  return true;
}

void LiveTables::Impl::take_committed(SealedPart& sealed, std::vector<Event>& events) {
  TableState& table = state(sealed.id);
  sealed.taken_in = true;
  table.busy = false;
  table.sealed_moves.clear();
  table.complete_ms = std::max(table.complete_ms, sealed.part.complete_ms);
  if (table.keyed && sealed.after != table.snapshot) {
    table.keyed->land(sealed);
    table.deleted_rows += sealed.hidden->rows;
    table.deletions->set(static_cast<double>(table.keyed->deletions()));
  } else if (table.keyed) {
    table.keyed->discard_sealed();
  }
  const int64_t rows = table.sealed ? table.sealed->rows : 0;
  tally(table, -1);
  let_go(table.sealed);
  tally(table, 1);
  touch(table.id);
  unblock(table, events);
  if (sealed.after == table.snapshot) return;  // it had nothing to say
  set_snapshot(table, sealed.after);
  ++table.commits;
  table.last_commit_s = sealed.seconds;
  table.commit_seconds->observe(sealed.seconds);
  table.rows_written->add(rows);
  table.bytes_written->add(sealed.file_bytes);
  table.commits_made->add();
  events.push_back({Event::Kind::kCommitted, table.id, ""});
  keep_log(table);
}

// The sealed part stays, and is tried again: that it succeeds is how the table becomes unblocked.
// But for blocked tables that hold too much of the budget: memory is for those that can be written,
// and what the table says when it is looked at next unblocks it.
void LiveTables::Impl::block(TableState& table, const std::string& reason,
                             std::vector<Event>& events, Ids& changed) {
  table.blocked = reason;
  touch(table.id);
  table.quiet_rounds = 0;
  log_error("table", "a table is blocked", {{"table", table.name.to_string()}, {"reason", reason}});
  events.push_back({Event::Kind::kBlocked, table.id, reason});
  changed.insert(table.id);
  int64_t held = 0;
  for (const TableState& other : tables) {
    if (other.sealed && !other.blocked.empty()) held += other.sealed->bytes;
  }
  const bool too_much = held > options.tail_budget_bytes / kBlockedShare;
  for (const TableId id : downfall({table.id})) {
    TableState& other = state(id);
    discard(other, table.name.to_string() + " is blocked", id != table.id || too_much, events);
    changed.insert(id);
  }
}

void LiveTables::Impl::unblock(TableState& table, std::vector<Event>& events) {
  if (table.blocked.empty()) return;
  table.blocked.clear();
  touch(table.id);
  log_info("table", "the table is no longer blocked", {{"table", table.name.to_string()}});
  events.push_back({Event::Kind::kUnblocked, table.id, ""});
}

// What is left of a job waits for its next attempt: a blocked table by itself, so that the others
// need not wait for it.
void LiveTables::Impl::keep_for_retry(std::unique_ptr<CommitJob> job) {
  const Time now = clock.steady();
  bool left = false;
  for (SealedPart& sealed : job->parts) {
    const TableState& table = state(sealed.id);
    if (sealed.taken_in) continue;
    if (!table.busy || table.seal != job->seal) {
      sealed.taken_in = true;
      sealed.state = SealedPart::State::kUpset;  // nobody asks for it any more
    } else if (!table.blocked.empty()) {
      auto alone = std::make_unique<CommitJob>();
      alone->seal = job->seal;
      alone->retry_at = now + kBlockedRetry;
      alone->parts.push_back(std::move(sealed));
      alone->parts.front().needs.clear();
      sealed.taken_in = true;
      sealed.state = SealedPart::State::kUpset;
      waiting.push_back(std::move(alone));
    } else {
      left = true;
      log_warn("table", "commit is tried again",
               {{"table", table.name.to_string()}, {"reason", sealed.reason}});
    }
  }
  if (!left) return;
  const auto delay = kFirstRetry * (1 << std::min(job->attempts - 1, kMostDoublings));
  job->retry_at = now + delay + delay * static_cast<int>(random.below(250)) / 1000;
  waiting.push_back(std::move(job));
}

void LiveTables::Impl::submit(std::unique_ptr<CommitJob> job) {
  int64_t bytes = 0;
  for (const SealedPart& sealed : job->parts) {
    if (sealed.part.tail) bytes += sealed.part.tail->bytes;
  }
  // Large tails are written one at a time, for memory; small ones mostly wait for the store.
  Workers& lane = bytes > kSmallJob ? committers : small_committers;
  lane.submit([this, job = std::move(job)]() mutable {
    if (stopping) return;
    commit_parts(*job, {options.policy, clock, random});
    report([&] { finished.push_back(std::move(job)); });
  });
}

void LiveTables::Impl::report(const std::function<void()>& put) {
  std::function<void()> call;
  {
    std::lock_guard lock(results_mutex);
    put();
    call = wake;
  }
  progressed.notify_all();
  if (call) call();
}

// --- other writers

// Asks for the next version of every table whose own commits do not ask anyhow. Those that nobody
// else writes to are asked less and less often.
void LiveTables::Impl::follow_others() {
  struct Known {
    TableId id;
    std::shared_ptr<delta::Table> table;
    delta::SnapshotPtr snapshot;
    bool compare;
    std::optional<KeySpec> keys;
  };
  std::vector<Known> known;
  ++follow_round;
  for (const TableState& table : tables) {
    if (table.busy || table.merging || !table.snapshot) continue;
    if (follow_round % std::min(table.quiet_rounds + 1, kMostQuietRounds) != 0) continue;
    known.push_back({table.id, table.table, table.snapshot, table.ensured, std::nullopt});
    if (table.keyed) known.back().keys = table.keyed->spec();
  }
  following = true;
  followers.submit([this, known = std::move(known)] {
    for (const Known& one : known) {
      if (stopping) return;
      Followed found = look(one.id, *one.table, one.snapshot, one.compare, one.keys);
      std::lock_guard lock(results_mutex);
      followed.push_back(std::move(found));
    }
    report([this] { follow_ended = true; });
  });
}

Followed LiveTables::Impl::look(TableId id, const delta::Table& table,
                                const delta::SnapshotPtr& known, bool compare,
                                const std::optional<KeySpec>& keys) {
  Followed found{id, known, table.refresh(known), {}, false, false};
  const bool anew = found.latest && *found.latest != known &&
                    ((*found.latest)->metadata().id != known->metadata().id ||
                     (*found.latest)->version() <= known->version());
  if (anew) {
    found.rows_changed = found.metadata_changed = true;
  } else if (found.latest && *found.latest != known && compare) {
    const auto changes = table.changes(known->version(), (*found.latest)->version());
    found.rows_changed = !changes;  // unknown: take no risk
    for (const auto& version : changes ? *changes : std::vector<delta::VersionChanges>()) {
      found.rows_changed |= version.removed_rows || !version.added.empty();
      found.metadata_changed |= version.metadata;
    }
  }
  if (found.latest && *found.latest != known && keys) {
    auto files = read_files_change(table, known, *found.latest, *keys);
    if (files) {
      found.files = *std::move(files);
    } else {
      found.latest = std::move(files).error();
    }
  }
  return found;
}

void LiveTables::Impl::take_followed(Followed found, std::vector<Event>& events, Ids& changed) {
  TableState& table = state(found.id);
  // An own commit came in between, or may be part of what was found: it will say so itself.
  if (table.busy || table.merging || table.snapshot != found.known) return;
  if (!found.latest) {
    table.quiet_rounds = 0;
    if (!passes(found.latest.error().code()) && table.blocked.empty()) {
      block(table, found.latest.error().message(), events, changed);
    }
    return;
  }
  if (!table.blocked.empty()) {
    unblock(table, events);
    changed.insert(table.id);
  }
  if (*found.latest == found.known) {
    ++table.quiet_rounds;
    return;
  }
  table.quiet_rounds = 0;
  const bool moved = !same_positions(*found.known, **found.latest);
  if (table.keyed && !found.files) return;  // it became keyed meanwhile: next time
  if (table.keyed) table.keyed->follow(*found.files);
  set_snapshot(table, *std::move(found.latest));
  changed.insert(table.id);
  if (!table.ensured) return;
  if (moved || found.metadata_changed) {
    fall({table.id}, "another writer changed the table", events, changed);
    return;
  }
  if (!found.rows_changed) return;
  fall(readers_of(table.id), "another writer changed a table that it reads", events, changed);
}

}  // namespace foz::table
