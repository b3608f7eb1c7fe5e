// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// When tails become commits. Freshness comes from the tail, so that a commit can wait until it
// fills a file; what a restart would have to replay and what memory holds say when it must not.
#include <algorithm>

#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

const std::map<std::string, PartMove> kNoMoves;
// A commit says where each of its inputs stands: so many of them cost as much as a commit itself.
constexpr int64_t kMovesOfCommit = 100;
// Of the bounds on memory and replay: what would not help to get below them waits for its time.
constexpr double kLeastHelp = 1.0 / 16;

// The tick thread writes where they have landed into the index, at some millions a second.
constexpr int64_t kMostChanges = 500'000;

}  // namespace

LiveTables::Impl::Time LiveTables::Impl::due(const TableState& table) const {
  const CommitPolicy& policy = options.policy;
  const int64_t bytes = table.open.tail ? table.open.tail->bytes : 0;
  const int64_t rows = table.open.tail ? table.open.tail->rows : 0;
  const int64_t most_rows =
      table.keyed ? std::min(policy.seal_rows, kMostChanges) : policy.seal_rows;
  const bool full = bytes >= policy.seal_bytes || rows >= most_rows;
  if (full || table.seal_now) return Time::min();
  if (bytes < policy.fill_bytes) return table.open.since + policy.slow_interval;
  const auto moves = static_cast<int64_t>(table.open.moves.size());
  return table.open.since + std::min(policy.interval * (kMovesOfCommit + moves) / kMovesOfCommit,
                                     policy.slow_interval);
}

// What of a group may seal now. Left out are tables that have read only a part of an upstream's
// tail, tables whose upstream or quarantine must commit something first and cannot, and blocked
// ones. While any other commits, none.
LiveTables::Impl::Plan LiveTables::Impl::plan(const std::vector<TableId>& group) const {
  Plan plan;
  std::vector<TableId> may;
  int64_t moves = 0;
  for (const TableId id : group) {
    const TableState& table = state(id);
    if (table.busy && table.blocked.empty()) return {};
    bool good = !table.busy && !table.merging && table.blocked.empty();
    const auto settled = [&](TableId first) {
      const TableState& other = state(first);
      return !other.busy && (other.open.empty() || std::ranges::find(may, first) != may.end());
    };
    for (const TableId first : table.first) good &= settled(first);
    const bool follows =
        !table.upstream.empty();  // else it may have moves of a thousand partitions
    for (const auto& [app_id, move] : follows ? table.open.moves : kNoMoves) {
      if (!move.upstream) continue;
      good &= move.read_publishes == state(*move.upstream).publishes && settled(*move.upstream);
    }
    if (!good) continue;
    may.push_back(id);
    if (table.open.empty()) continue;
    plan.members.push_back(id);
    plan.since = std::min(plan.since, table.open.since);
    plan.due = std::min(plan.due, due(table));
    plan.input_rows += table.open.counts.input;
    if (table.open.tail) plan.open_bytes += table.open.tail->bytes;
    moves += static_cast<int64_t>(table.open.moves.size());
  }
  plan.cost = static_cast<double>(plan.members.size()) +
              static_cast<double>(moves) / static_cast<double>(kMovesOfCommit);
  return plan;
}

// Only groups that something happened to are planned anew: ticks come hundreds of times a second,
// and touch few of many tables.
void LiveTables::Impl::replan() {
  for (const size_t group : std::exchange(stale, {})) {
    agenda.erase({plans[group].due, group});
    sealable -= share(plans[group]);
    plans[group] = plan(groups[group]);
    sealable += share(plans[group]);
    if (!plans[group].members.empty()) agenda.emplace(plans[group].due, group);
  }
  if (agenda.empty()) sealable = 0;  // of rounding
}

void LiveTables::Impl::touch(TableId table) {
  if (const auto at = group_of.find(table); at != group_of.end()) stale.insert(at->second);
}

// How much of the bounds on replay and memory it takes.
double LiveTables::Impl::share(const Plan& plan) const {
  return static_cast<double>(plan.open_bytes) / static_cast<double>(options.tail_budget_bytes) +
         static_cast<double>(plan.input_rows) / static_cast<double>(options.policy.replay_rows);
}

// Replay after a crash would take too long, or memory runs short, and sealing would help.
bool LiveTables::Impl::pressed() const {
  return sealable > kLeastHelp && (open_input_rows > options.policy.replay_rows ||
                                   open_bytes > options.tail_budget_bytes / 2);
}

LiveTables::Impl::Time LiveTables::Impl::seal_at() const {
  if (agenda.empty()) return Time::max();
  const Time first = agenda.begin()->first;
  if (first == Time::min() || pressed()) return Time::min();
  return std::max(first, budget.open_at());
}

// Of those that are due, the one that waits longest beyond its time and for most bytes: none is
// passed over for ever.
size_t LiveTables::Impl::most_urgent(Time now) const {
  double most = -1;
  size_t found = agenda.begin()->second;
  for (const auto& [due, group] : agenda) {
    if (due > now) break;
    const Plan& one = plans[group];
    const std::chrono::duration<double> age = now - one.since;
    const std::chrono::duration<double> wanted = due - one.since;
    const double urgency =
        age / std::max(wanted, std::chrono::duration<double>(1)) +
        static_cast<double>(one.open_bytes) / static_cast<double>(options.policy.fill_bytes);
    if (urgency <= most) continue;
    most = urgency;
    found = group;
  }
  return found;
}

void LiveTables::Impl::seal_due(bool all, Ids& changed) {
  const Time now = clock.steady();
  const auto seal_group = [&](size_t group) {
    budget.pay(plans[group].cost, now);
    seal(plans[group].members, changed);
    replan();
  };
  replan();
  while (!agenda.empty() && (all || agenda.begin()->first == Time::min())) {
    seal_group(agenda.begin()->second);
  }
  // The largest first, until the rest is small enough.
  while (!agenda.empty() && pressed()) {
    seal_group(std::ranges::max_element(agenda, {}, [&](const auto& one) {
                 return share(plans[one.second]);
               })->second);
  }
  while (!agenda.empty() && agenda.begin()->first <= now && budget.open_at() <= now) {
    seal_group(most_urgent(now));
  }
}

void LiveTables::Impl::seal(const std::vector<TableId>& members, Ids& changed) {
  auto job = std::make_unique<CommitJob>();
  job->seal = ++seals;
  std::map<TableId, size_t> place;
  for (const TableId id : members) {
    TableState& table = state(id);
    SealedPart sealed;
    sealed.id = id;
    sealed.name = table.name;
    sealed.role = table.role;
    sealed.table = table.table;
    sealed.base = table.snapshot;
    tally(table, -1);
    sealed.part = std::exchange(table.open, Part());
    for (auto& [app_id, move] : sealed.part.moves) {
      if (!move.upstream) continue;
      move.expected = table.snapshot->transaction_version(app_id);
      if (const auto up = place.find(*move.upstream); up != place.end()) {
        sealed.needs.push_back(up->second);
      } else {
        move.next = state(*move.upstream).snapshot->version().value();
        move.upstream.reset();
      }
    }
    for (const TableId first : table.first) {
      if (const auto at = place.find(first); at != place.end()) sealed.needs.push_back(at->second);
    }
    if (table.keyed) table.keyed->seal(sealed);
    table.sealed = sealed.part.tail;
    table.sealed_moves = sealed.part.moves;
    table.sealed_counts = sealed.part.counts;
    table.busy = true;
    table.seal_now = false;
    table.seal = job->seal;
    tally(table, 1);
    touch(id);
    changed.insert(id);
    place[id] = job->parts.size();
    job->parts.push_back(std::move(sealed));
  }
  submit(std::move(job));
}

}  // namespace foz::table
