// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The tick thread's way in: rows and moves of a tick into the open parts of tails, and tails out
// again.
#include <arrow/array/array_base.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>

#include "base/logging.h"
#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

constexpr size_t kSweptSlots = 16384;  // of a key index, in less than a millisecond

void add(RowCounts& to, const RowCounts& more, int64_t sign = 1) {
  to.input += sign * more.input;
  to.written += sign * more.written;
  to.filtered += sign * more.filtered;
  to.dropped += sign * more.dropped;
  to.duplicates += sign * more.duplicates;
  to.quarantined += sign * more.quarantined;
}

// The rows as columns of the table, by name; missing nullable ones are null. Null: they do not fit.
std::shared_ptr<arrow::RecordBatch> conforming(const std::shared_ptr<arrow::RecordBatch>& rows,
                                               const std::shared_ptr<arrow::Schema>& schema) {
  if (rows->schema() == schema || rows->schema()->Equals(*schema, false)) return rows;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  int used = 0;
  for (const auto& field : schema->fields()) {
    if (auto column = rows->GetColumnByName(field->name())) {
      if (!column->type()->Equals(*field->type())) return nullptr;
      ++used;
      columns.push_back(std::move(column));
    } else {
      if (!field->nullable()) return nullptr;
      auto nulls = arrow::MakeArrayOfNull(field->type(), rows->num_rows());
      if (!nulls.ok()) return nullptr;
      columns.push_back(*std::move(nulls));
    }
  }
  if (used != rows->num_columns()) return nullptr;
  return arrow::RecordBatch::Make(schema, rows->num_rows(), std::move(columns));
}

}  // namespace

void LiveTables::Impl::publish(std::vector<TableRows> tick) {
  Ids surprised, unfit, changed;
  for (TableRows& rows : tick) {
    TableState& table = state(rows.table);
    CHECK(table.ensured);
    if (!table.blocked.empty()) continue;
    if (!follows(table, rows)) surprised.insert(table.id);
    for (TailBatch& batch : rows.batches) {
      batch.rows = conforming(batch.rows, table.schema);
      if (!batch.rows) unfit.insert(table.id);
    }
  }
  std::lock_guard lock(mutex);
  Ids fallen = downfall(surprised);
  fall(surprised, "positions do not follow those before", pending_events, changed);
  // A replay would bring the same rows: it waits until others have mended the table.
  for (const TableId id : unfit) {
    fallen.merge(downfall({id}));
    block(state(id), "its columns no longer fit what is written to it", pending_events, changed);
  }
  const auto taken = [&](const TableRows& rows) {
    return state(rows.table).blocked.empty() && !fallen.contains(rows.table);
  };
  for (TableRows& rows : tick) {
    if (!taken(rows)) continue;
    take_in(state(rows.table), rows);
    if (!rows.batches.empty() || !rows.deletes.empty()) changed.insert(rows.table);
  }
  // Behind all rows: a move says that its table has read what this tick adds to the upstream.
  for (const TableRows& rows : tick) {
    if (taken(rows)) take_moves(state(rows.table), rows);
  }
  replan();
  swap_root(changed);
  const int64_t now_us = clock.now_us();
  for (const TableRows& rows : tick) {
    if (!taken(rows) || rows.arrived_us == 0) continue;
    int64_t count = 0;
    for (const TailBatch& batch : rows.batches) count += batch.rows->num_rows();
    if (count == 0) continue;
    state(rows.table)
        .freshness->observe(static_cast<double>(now_us - rows.arrived_us) * 1e-6, count);
  }
  tail_gauge.set(static_cast<double>(tail_bytes()));
}

// Whether the moves begin where the last ones ended.
bool LiveTables::Impl::follows(const TableState& table, const TableRows& rows) const {
  std::map<std::string_view, int64_t> reached;
  for (const Move& move : rows.moves) {
    if (move.upstream) {
      const auto up = group_of.find(*move.upstream);
      if (up == group_of.end() || up->second != group_of.at(table.id)) return false;
      continue;
    }
    std::optional<int64_t> last;
    if (const auto same_tick = reached.find(move.app_id); same_tick != reached.end()) {
      last = same_tick->second;
    } else if (const auto open = table.open.moves.find(move.app_id);
               open != table.open.moves.end()) {
      if (open->second.upstream) return false;
      last = open->second.next;
    } else if (const auto sealed = table.sealed_moves.find(move.app_id);
               sealed != table.sealed_moves.end() && !sealed->second.upstream) {
      last = sealed->second.next;
    } else {
      last = table.snapshot->transaction_version(move.app_id);
    }
    if (last != move.from) return false;
    reached[move.app_id] = move.to;
  }
  return true;
}

void LiveTables::Impl::take_in(TableState& table, TableRows& rows) {
  if (table.open.empty()) table.open.since = clock.steady();
  tally(table, -1);
  bool any = false;
  if (table.keyed) {
    any = !rows.batches.empty() || !rows.deletes.empty();
    // Columns were looked at when the table was ensured.
    CHECK(take_changes(table, rows).has_value());
  }
  for (TailBatch& batch : table.keyed ? std::vector<TailBatch>() : rows.batches) {
    if (batch.rows->num_rows() == 0) continue;
    any = true;
    table.open.tail = with_rows(table.open.tail, batch);
  }
  if (any) ++table.publishes;
  table.open.complete_ms = std::max(table.open.complete_ms, rows.complete_ms);
  add(table.open.counts, rows.counts);
  add(table.counts, rows.counts);
  tally(table, 1);
  touch(table.id);
}

Status LiveTables::Impl::take_changes(TableState& table, const TableRows& rows) {
  const int64_t late = table.keyed->late();
  for (const TailBatch& batch : rows.batches) {
    TRY(table.keyed->put(batch.rows, table.open.tail, table.sealed));
  }
  for (const auto& keys : rows.deletes) {
    TRY(table.keyed->erase(*keys, table.open.tail, table.sealed));
  }
  table.late_changes->add(table.keyed->late() - late);
  table.keyed->sweep(kSweptSlots);
  table.deletions->set(static_cast<double>(table.keyed->deletions()));
  return {};
}

void LiveTables::Impl::take_moves(TableState& table, const TableRows& rows) {
  for (const Move& move : rows.moves) {
    const auto [at, fresh] = table.open.moves.try_emplace(move.app_id);
    if (fresh) at->second.expected = move.from;
    at->second.next = move.to;
    at->second.upstream = move.upstream;
    if (move.upstream) at->second.read_publishes = state(*move.upstream).publishes;
  }
}

LiveTables::Impl::Ids LiveTables::Impl::readers_of(TableId table) const {
  Ids readers;
  for (const TableId id : groups[group_of.at(table)]) {
    if (std::ranges::find(state(id).upstream, table) != state(id).upstream.end()) {
      readers.insert(id);
    }
  }
  return readers;
}

LiveTables::Impl::Ids LiveTables::Impl::downfall(Ids seeds) const {
  std::vector<TableId> frontier(seeds.begin(), seeds.end());
  const auto falls = [&](TableId id) {
    if (seeds.insert(id).second) frontier.push_back(id);
  };
  while (!frontier.empty()) {
    const TableState& table = state(frontier.back());
    frontier.pop_back();
    const auto group = group_of.find(table.id);
    if (group == group_of.end()) continue;
    for (const TableId first : table.first) falls(first);
    for (const TableId id : groups[group->second]) {
      if (std::ranges::find(state(id).first, table.id) != state(id).first.end()) falls(id);
    }
    for (const TableId id : readers_of(table.id)) falls(id);
  }
  return seeds;
}

void LiveTables::Impl::discard(TableState& table, std::string reason, bool with_sealed,
                               std::vector<Event>& events) {
  tally(table, -1);
  add(table.counts, table.open.counts, -1);
  let_go(table.open.tail);
  table.open = Part();
  if (table.keyed) table.keyed->discard_open(table.sealed);
  table.seal_now = false;
  if (with_sealed && table.busy) {
    add(table.counts, table.sealed_counts, -1);
    let_go(table.sealed);
    if (table.keyed) table.keyed->discard_sealed();
    table.sealed_moves.clear();
    table.busy = false;
  }
  tally(table, 1);
  touch(table.id);
  if (!with_sealed) return;
  ++table.discards;
  table.discards_made->add();
  log_info("table", "tail discarded", {{"table", table.name.to_string()}, {"reason", reason}});
  events.push_back({Event::Kind::kDiscarded, table.id, std::move(reason)});
}

void LiveTables::Impl::fall(const Ids& seeds, const std::string& reason, std::vector<Event>& events,
                            Ids& changed) {
  for (const TableId id : downfall(seeds)) {
    discard(state(id), reason, true, events);
    changed.insert(id);
  }
}

// A tail leaves the tables; queries may hold it for longer.
void LiveTables::Impl::let_go(std::shared_ptr<const Tail>& tail) {
  if (tail && tail->bytes > 0) pinned.push_back({tail->lease, tail->bytes});
  tail.reset();
}

}  // namespace foz::table
