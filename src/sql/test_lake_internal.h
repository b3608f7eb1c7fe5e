// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A lake in memory for tests: Delta tables with files of one's choice, and tails behind them.
#pragma once

#include <arrow/api.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "delta/data_file.h"
#include "delta/table.h"
#include "sql/query_engine.h"
#include "store/object_store.h"
#include "table/view.h"

namespace foz::sql {

using Batch = std::shared_ptr<arrow::RecordBatch>;

// Rows (id BIGINT, name VARCHAR, price DOUBLE, day DATE, at TIMESTAMP WITH TIME ZONE): first, first
// + 1, …; every 7th name and every 11th price is null.
inline std::shared_ptr<arrow::Schema> sample_schema() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("name", arrow::utf8()),
                        arrow::field("price", arrow::float64()),
                        arrow::field("day", arrow::date32()),
                        arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))});
}

inline Batch sample_rows(int64_t first, int64_t count) {
  arrow::Int64Builder id;
  arrow::StringBuilder name;
  arrow::DoubleBuilder price;
  arrow::Date32Builder day;
  arrow::TimestampBuilder at(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                             arrow::default_memory_pool());
  for (int64_t i = first; i < first + count; ++i) {
    CHECK(id.Append(i).ok());
    CHECK((i % 7 == 0 ? name.AppendNull() : name.Append("n" + std::to_string(i % 100))).ok());
    CHECK((i % 11 == 0 ? price.AppendNull() : price.Append(static_cast<double>(i) / 8)).ok());
    CHECK(day.Append(static_cast<int32_t>(15706 + i / 100)).ok());  // from 2013-01-01
    CHECK(at.Append(1357016400000000 + i * 60000000)
              .ok());  // from 2013-01-01 05:00:00, a minute each
  }
  return arrow::RecordBatch::Make(
      sample_schema(), count,
      {id.Finish().ValueOrDie(), name.Finish().ValueOrDie(), price.Finish().ValueOrDie(),
       day.Finish().ValueOrDie(), at.Finish().ValueOrDie()});
}

class TestLake {
 public:
  // Makes an empty table.
  void create(const std::string& schema, const std::string& name,
              const std::shared_ptr<arrow::Schema>& columns = sample_schema(),
              std::vector<std::string> partition_columns = {}) {
    Entry entry;
    entry.name = {schema, name};
    entry.table = std::make_shared<delta::Table>(*store, schema + "/" + name, clock, random);
    delta::CreateOptions options;
    options.schema = delta::from_arrow(*columns).value();
    options.partition_columns = std::move(partition_columns);
    entry.snapshot = entry.table->create(options).value();
    tables_.push_back(std::move(entry));
  }

  // Commits one file for each batch, in one version.
  void commit(const std::string& name, const std::vector<Batch>& files,
              const std::map<std::string, std::optional<std::string>>& partition = {}) {
    Entry& entry = find(name);
    delta::CommitRequest request;
    for (const auto& rows : files) {
      delta::WriteOptions options;
      options.partition_values = partition;
      auto file =
          delta::write_data_file(*entry.table, *entry.snapshot, {rows}, options, random, clock);
      if (!file.has_value()) throw std::runtime_error(file.error().message());
      request.adds.push_back(std::move(*file));
    }
    entry.snapshot =
        std::get<delta::Committed>(entry.table->commit(entry.snapshot, request).value()).snapshot;
  }
  void seal(const std::string& name, const Batch& rows) { add(find(name).sealed, rows); }
  void append(const std::string& name, const Batch& rows) { add(find(name).open, rows); }

  // As a keyed table: hides rows `from` to `to` of every file, and takes them out of the open tail.
  void replace(const std::string& name, int64_t from, int64_t to) {
    Entry& entry = find(name);
    auto numbers = std::make_shared<table::FileNumbers>();
    auto run = std::make_shared<std::vector<uint64_t>>();
    std::vector<int64_t> places;
    for (int64_t row = from; row < to; ++row) places.push_back(row);
    entry.snapshot->each_file([&](const auto& file) {
      const auto number = static_cast<uint32_t>(numbers->size());
      numbers->emplace(file->path, number);
      for (const int64_t row : places) {
        run->push_back(uint64_t{number} << 32 | static_cast<uint64_t>(row));
      }
      return true;
    });
    auto hidden = std::make_shared<table::HiddenRows>();
    hidden->files = std::move(numbers);
    hidden->rows = static_cast<int64_t>(run->size());
    hidden->runs = {std::move(run)};
    entry.hidden = std::move(hidden);
    entry.open = table::without(entry.open, places);
  }

  delta::Table& table(const std::string& name) { return *find(name).table; }
  delta::SnapshotPtr& snapshot(const std::string& name) { return find(name).snapshot; }

  // A new root with what there is now.
  void publish() {
    auto root = std::make_shared<table::Root>();
    auto ids = std::make_shared<std::unordered_map<std::string, table::TableId>>();
    for (const auto& entry : tables_) {
      auto view = std::make_shared<table::TableView>();
      view->id = table::TableId(static_cast<int32_t>(root->tables.size()));
      view->name = entry.name;
      view->table = entry.table;
      view->snapshot = entry.snapshot;
      view->schema = entry.snapshot->arrow_schema();
      view->sealed = entry.sealed;
      view->open = entry.open;
      view->hidden = entry.hidden;
      ids->emplace(entry.name.to_string(), view->id);
      root->tables.push_back(std::move(view));
    }
    root->ids = std::move(ids);
    std::lock_guard lock(mutex_);
    root->number = ++number_;
    root_ = std::move(root);
  }
  std::shared_ptr<const table::Root> root() {
    ++pins;
    std::lock_guard lock(mutex_);
    return root_;
  }

  std::unique_ptr<QueryEngine> engine(QueryEngineOptions options = {}) {
    options.memory_bytes = std::min<int64_t>(options.memory_bytes, 512 << 20);
    auto engine = QueryEngine::make(options, [this] { return root(); }, clock, metrics);
    if (!engine.has_value()) throw std::runtime_error(engine.error().message());
    return std::move(*engine);
  }

  int64_t files_opened() { return metrics.counter("foz_query_files_opened_total", "").value(); }

  SystemClock clock;
  Random random{7};
  Metrics metrics;
  std::unique_ptr<store::ObjectStore> store = store::make_memory_store();
  std::atomic<int> pins{0};

 private:
  struct Entry {
    table::TableName name;
    std::shared_ptr<delta::Table> table;
    delta::SnapshotPtr snapshot;
    std::shared_ptr<const table::Tail> sealed, open;
    std::shared_ptr<const table::HiddenRows> hidden;
  };

  Entry& find(const std::string& name) {
    for (auto& entry : tables_) {
      if (entry.name.to_string() == name) return entry;
    }
    CHECK(false && "table of the test lake");
    return tables_.front();
  }
  static void add(std::shared_ptr<const table::Tail>& tail, const Batch& rows) {
    tail = table::with_rows(tail, table::TailBatch{rows, nullptr});
  }

  std::vector<Entry> tables_;
  std::mutex mutex_;
  uint64_t number_ = 0;
  std::shared_ptr<const table::Root> root_ = std::make_shared<table::Root>();
};

// All rows of a statement as text: columns separated by '|', rows by '\n'; an error as "NAME:
// message".
inline std::string run(QueryEngine& engine, std::string_view sql,
                       const QuerySession& session = {}) {
  auto cursor = engine.execute(sql, session);
  if (!cursor.has_value()) return cursor.error().name + ": " + cursor.error().message;
  std::string out;
  while (true) {
    auto batch = (*cursor)->next();
    if (!batch.has_value()) return batch.error().name + ": " + batch.error().message;
    if (!*batch) return out;
    for (int64_t row = 0; row < (*batch)->num_rows(); ++row) {
      if (!out.empty()) out += '\n';
      for (int i = 0; i < (*batch)->num_columns(); ++i) {
        if (i > 0) out += '|';
        out += (*batch)->column(i)->GetScalar(row).ValueOrDie()->ToString();
      }
    }
  }
}

}  // namespace foz::sql
