// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A lake in memory behind a network that may fail, and its live tables: for the tests of this room.
#pragma once

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "delta/data_file.h"
#include "delta/table.h"
#include "store/fault_store.h"
#include "table/bronze.h"
#include "table/live_tables.h"

namespace foz::table {

// Ids and how often each occurs.
using IdCounts = std::map<int64_t, int>;

inline std::shared_ptr<arrow::Schema> id_schema() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8())});
}

inline std::shared_ptr<arrow::RecordBatch> rows_of(const std::vector<int64_t>& ids) {
  arrow::Int64Builder id;
  arrow::StringBuilder text;
  for (const int64_t value : ids) {
    CHECK(id.Append(value).ok());
    CHECK(text.Append("row " + std::to_string(value)).ok());
  }
  return arrow::RecordBatch::Make(id_schema(), static_cast<int64_t>(ids.size()),
                                  {*id.Finish(), *text.Finish()});
}

inline std::vector<int64_t> range(int64_t from, int64_t to) {
  std::vector<int64_t> ids;
  for (int64_t id = from; id < to; ++id) ids.push_back(id);
  return ids;
}

inline IdCounts counts_of(const std::vector<int64_t>& ids) {
  IdCounts counts;
  for (const int64_t id : ids) ++counts[id];
  return counts;
}

inline void count_rows(const arrow::RecordBatch& rows, IdCounts& counts) {
  const auto ids = std::static_pointer_cast<arrow::Int64Array>(rows.GetColumnByName("id"));
  const auto texts = std::static_pointer_cast<arrow::StringArray>(rows.GetColumnByName("text"));
  for (int64_t i = 0; i < rows.num_rows(); ++i) {
    CHECK(texts->GetView(i) == "row " + std::to_string(ids->Value(i)));
    ++counts[ids->Value(i)];
  }
}

inline IdCounts committed(const delta::Table& table, const delta::SnapshotPtr& snapshot) {
  IdCounts counts;
  snapshot->each_file([&](const auto& file) {
    const auto read = delta::read_data_file(table, *snapshot, *file, {}, [&](auto rows) -> Status {
      count_rows(*rows, counts);
      return {};
    });
    CHECK(read.has_value());
    return true;
  });
  return counts;
}

// What a query sees that reads files through `files`.
inline IdCounts visible(const TableView& view, const delta::Table& files) {
  IdCounts counts = committed(files, view.snapshot);
  for (const auto& tail : {view.sealed, view.open}) {
    if (!tail) continue;
    for (const auto& batch : tail->batches) count_rows(*batch.rows, counts);
  }
  return counts;
}

struct SmallLake {
  explicit SmallLake(uint64_t seed = 1,
                     std::unique_ptr<store::ObjectStore> under = store::make_memory_store())
      : memory(std::move(under)), random(seed) {
    // The tick thread does everything itself, one border later: a test sees each step.
    options.committer_threads = 0;
    options.policy.interval = std::chrono::seconds(1);
    options.policy.slow_interval = std::chrono::seconds(2);
    options.refresh_interval = std::chrono::seconds(1);
    options.checkpoint_every = 10;
  }

  void open() {
    live.reset();
    auto opened = LiveTables::open(options, store, clock, random, metrics);
    CHECK(opened.has_value());
    live = *std::move(opened);
  }

  TableId ensure(const std::string& name, std::vector<TableId> upstream = {},
                 std::optional<TableId> quarantine = {}, Role role = Role::kSilver) {
    TableSpec spec;
    spec.name = {"silver", name};
    spec.role = role;
    spec.schema = id_schema();
    spec.upstream = std::move(upstream);
    spec.quarantine = quarantine;
    auto id = live->ensure(spec);
    CHECK(id.has_value());
    return *id;
  }

  std::shared_ptr<const TableView> view(TableId id) const {
    return live->root()->tables[static_cast<size_t>(id.value())];
  }
  // Whatever the network does.
  IdCounts seen(const TableView& table) {
    return visible(table, delta::Table(*memory, table.table->root(), clock, random));
  }
  IdCounts seen(TableId id) { return seen(*view(id)); }

  // As any other Delta reader finds it.
  IdCounts stored(const std::string& name) {
    const delta::Table table(*memory, "silver/" + name, clock, random);
    const auto snapshot = table.latest();
    CHECK(snapshot.has_value());
    return committed(table, *snapshot);
  }

  // Another process appends rows, and may move positions. False: one stands elsewhere.
  bool try_foreign_append(const std::string& name, const std::vector<int64_t>& ids,
                          std::vector<delta::PositionMove> moves) {
    delta::Table table(*memory, "silver/" + name, clock, random);
    const auto snapshot = table.latest().value();
    delta::CommitRequest request;
    request.adds.push_back(
        delta::write_data_file(table, *snapshot, {rows_of(ids)}, {}, random, clock).value());
    request.positions = std::move(moves);
    return std::holds_alternative<delta::Committed>(table.commit(snapshot, request).value());
  }
  void foreign_append(const std::string& name, const std::vector<int64_t>& ids,
                      std::vector<delta::PositionMove> moves = {}) {
    CHECK(try_foreign_append(name, ids, std::move(moves)));
  }

  std::unique_ptr<store::ObjectStore> memory;
  Random random;
  store::FaultStore store{*memory, random};
  ManualClock clock{1'700'000'000'000'000};
  Metrics metrics;
  LiveTablesOptions options;
  std::unique_ptr<LiveTables> live;
};

inline std::vector<Event::Kind> kinds(const std::vector<Event>& events) {
  std::vector<Event::Kind> list;
  for (const Event& event : events) list.push_back(event.kind);
  return list;
}

// One tick of one table: rows [from, to) of the input `app_id`.
inline TableRows tick_rows(TableId table, const std::string& app_id, std::optional<int64_t> from,
                           int64_t to) {
  TableRows rows;
  rows.table = table;
  rows.batches.push_back({rows_of(range(from.value_or(0), to)), nullptr});
  rows.moves.push_back({app_id, from, to, {}});
  rows.counts.input = rows.counts.written = to - from.value_or(0);
  return rows;
}

}  // namespace foz::table
