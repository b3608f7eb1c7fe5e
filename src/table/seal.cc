// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// When tails become commits. Freshness comes from the tail, so that a commit can wait until it
// fills a file; what a restart would have to replay and what memory holds say when it must not.
#include <algorithm>

#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

constexpr int64_t kMovesOfInterval = 100;  // a commit says where each of them stands

}  // namespace

LiveTables::Impl::Time LiveTables::Impl::due(const TableState& table) const {
  const CommitPolicy& policy = options.policy;
  const int64_t bytes = table.open.tail ? table.open.tail->bytes : 0;
  const int64_t rows = table.open.tail ? table.open.tail->rows : 0;
  const bool full = bytes >= policy.seal_bytes || rows >= policy.seal_rows;
  if (full || table.seal_now) return table.open.since;
  if (bytes < policy.fill_bytes) return table.open.since + policy.slow_interval;
  const auto moves = static_cast<int64_t>(table.open.moves.size());
  return table.open.since +
         std::min(policy.interval * (kMovesOfInterval + moves) / kMovesOfInterval,
                  policy.slow_interval);
}

// What of a group may seal now. Left out are tables that have read only a part of an upstream's
// tail, tables whose upstream or quarantine must commit something first and cannot, and blocked
// ones. While any other commits, none.
LiveTables::Impl::Plan LiveTables::Impl::plan(const std::vector<TableId>& group) const {
  Plan plan;
  Ids may;
  for (const TableId id : group) {
    const TableState& table = state(id);
    if (table.busy && table.blocked.empty()) return {};
    bool good = !table.busy && table.blocked.empty();
    const auto settled = [&](TableId first) {
      const TableState& other = state(first);
      return !other.busy && (other.open.empty() || may.contains(first));
    };
    if (table.quarantine) good &= settled(*table.quarantine);
    for (const auto& [app_id, move] : table.open.moves) {
      if (!move.upstream) continue;
      good &= move.read_publishes == state(*move.upstream).publishes && settled(*move.upstream);
    }
    if (!good) continue;
    may.insert(id);
    if (table.open.empty()) continue;
    plan.members.push_back(id);
    plan.due = std::min(plan.due, due(table));
    plan.input_rows += table.open.counts.input;
    if (table.open.tail) plan.open_bytes += table.open.tail->bytes;
  }
  return plan;
}

// Replay after a crash would take too long, or memory runs short.
bool LiveTables::Impl::pressed() const {
  int64_t input_rows = 0, bytes = 0;
  for (const TableId id : active) {
    const TableState& table = state(id);
    input_rows += table.open.counts.input;
    if (table.open.tail) bytes += table.open.tail->bytes;
  }
  return input_rows > options.policy.replay_rows || bytes > options.tail_budget_bytes / 2;
}

void LiveTables::Impl::seal_due(bool all, Ids& changed) {
  const Time now = clock.steady();
  std::set<size_t> candidates;
  for (const TableId id : active) candidates.insert(group_of.at(id));
  std::vector<Plan> later;
  for (const size_t group : candidates) {
    Plan found = plan(groups[group]);
    if (found.members.empty()) continue;
    if (all || found.due <= now) {
      seal(found.members, changed);
    } else {
      later.push_back(std::move(found));
    }
  }
  // The largest first, until the rest is small enough.
  while (!later.empty() && pressed()) {
    const auto largest = std::ranges::max_element(later, {}, [&](const Plan& one) {
      return static_cast<double>(one.open_bytes) / static_cast<double>(options.tail_budget_bytes) +
             static_cast<double>(one.input_rows) / static_cast<double>(options.policy.replay_rows);
    });
    seal(largest->members, changed);
    later.erase(largest);
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
    if (table.quarantine) {
      if (const auto at = place.find(*table.quarantine); at != place.end()) {
        sealed.needs.push_back(at->second);
      }
    }
    table.sealed = sealed.part.tail;
    table.sealed_moves = sealed.part.moves;
    table.sealed_counts = sealed.part.counts;
    table.busy = true;
    table.seal_now = false;
    table.seal = job->seal;
    active.erase(id);
    changed.insert(id);
    place[id] = job->parts.size();
    job->parts.push_back(std::move(sealed));
  }
  submit(std::move(job));
}

}  // namespace foz::table
