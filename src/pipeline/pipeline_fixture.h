// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// For the tests of this room: a log on a simulated disk, a lake in memory, flows of a toy language,
// and ticks by hand.
#pragma once

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "delta/data_file.h"
#include "pipeline/sql_lexer.h"
#include "pipeline/ticker_internal.h"
#include "store/fault_store.h"
#include "store/simulated_disk.h"
#include "table/bronze.h"

namespace foz::pipeline {

// "SELECT … FROM STREAM x": over a topic, values "ID:N" become (id STRING, n BIGINT); N that is no
// number is an error of the row, and N below zero is filtered. Over a table, n becomes n + 1000.
// Conditions are "n < K".
class ToyFlow final : public sql::FlowStatement {
 public:
  ToyFlow(std::pair<std::string, std::string> source, std::vector<int64_t> limits)
      : source_(std::move(source)), limits_(std::move(limits)) {}
  static std::shared_ptr<arrow::Schema> schema() {
    static const auto made =
        arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("n", arrow::int64())});
    return made;
  }
  const std::pair<std::string, std::string>& source() const override { return source_; }
  const std::shared_ptr<arrow::Schema>& output_schema() const override {
    static const auto made = schema();
    return made;
  }
  Result<sql::FlowOutput> run(const Batch& input) override {
    sql::FlowOutput out;
    out.violations.resize(limits_.size());
    arrow::StringBuilder ids;
    arrow::Int64Builder ns;
    const bool over_topic = source_.first == table::kBronzeSchema;
    for (int64_t row = 0; row < input->num_rows(); ++row) {
      std::string id;
      int64_t n = 0;
      if (over_topic) {
        const auto values =
            std::static_pointer_cast<arrow::BinaryArray>(input->GetColumnByName("value"));
        const std::string text = values->GetString(row);
        const size_t colon = std::min(text.find(':'), text.size());
        id = text.substr(0, colon);
        const std::string digits = text.substr(std::min(colon + 1, text.size()));
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), n);
        if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size()) {
          out.errors.push_back({row, "no number: " + digits});
          continue;
        }
        if (n < 0) continue;
      } else {
        id = std::static_pointer_cast<arrow::StringArray>(input->GetColumnByName("id"))
                 ->GetString(row);
        n = std::static_pointer_cast<arrow::Int64Array>(input->GetColumnByName("n"))->Value(row) +
            1000;
      }
      for (size_t i = 0; i < limits_.size(); ++i) {
        if (n >= limits_[i])
          out.violations[i].push_back(static_cast<int32_t>(out.input_rows.size()));
      }
      out.input_rows.push_back(static_cast<int32_t>(row));
      CHECK(ids.Append(id).ok() && ns.Append(n).ok());
    }
    out.rows = arrow::RecordBatch::Make(schema(), static_cast<int64_t>(out.input_rows.size()),
                                        {*ids.Finish(), *ns.Finish()});
    return out;
  }

 private:
  std::pair<std::string, std::string> source_;
  std::vector<int64_t> limits_;
};

class ToyEngine final : public sql::FlowEngine {
 public:
  std::expected<std::unique_ptr<sql::FlowStatement>, sql::Diagnostic> prepare(
      const sql::FlowText& text, const sql::ResolveTable& resolve) override {
    const auto tokens = tokenize(text.select);
    size_t at = 0;
    while (at < tokens.size() && !tokens[at].is("stream")) ++at;
    if (at + 3 >= tokens.size())
      return std::unexpected(sql::Diagnostic{"no stream", text.line, text.column});
    std::pair source{name_value(tokens[at + 1]), name_value(tokens[at + 3])};
    if (!resolve(source.first, source.second)) {
      return std::unexpected(sql::Diagnostic{"unknown table " + source.first + "." + source.second,
                                             text.line, text.column});
    }
    std::vector<int64_t> limits;
    for (const sql::Expectation& expectation : text.expectations) {
      limits.push_back(std::stoll(expectation.condition.substr(4)));
    }
    return std::make_unique<ToyFlow>(source, limits);
  }
};

class Lab {
 public:
  explicit Lab(std::string sql = "", uint64_t seed = 1) : Lab(Closed{}, std::move(sql), seed) {
    open();
  }
  // Not opened yet.
  struct Closed {};
  Lab(Closed, std::string sql, uint64_t seed) : random(seed), disk(random), sql_(std::move(sql)) {
    log_options.directory = "/data/log";
    log_options.journal_bytes = 4 << 20;
    log_options.min_free_disk_bytes = 0;
    log_options.segment_sync_pace = std::chrono::microseconds(0);
    table_options.committer_threads = 0;
    table_options.policy.interval = std::chrono::seconds(10);
    table_options.policy.slow_interval = std::chrono::seconds(20);
  }

  Status try_open() {
    metrics = std::make_unique<Metrics>();
    log = TRY(log::Log::open(log_options, disk, clock, random, *metrics));
    tables = TRY(table::LiveTables::open(table_options, *store, clock, random, *metrics));
    subscription =
        log->subscribe([this](const auto& moved) { inbox.moved(moved, clock.now_us()); });
    auto parsed = parse_pipeline_file("pipelines/lab.sql", sql_);
    CHECK(parsed.diagnostics.empty());
    Project project{std::move(parsed.tables)};
    ticker = TRY(
        Ticker::start(engine_options, std::move(project), *log, *tables, *engine, clock, *metrics));
    return {};
  }
  void open() {
    const Status done = try_open();
    if (!done) ADD_FAILURE() << done.error().message();
    CHECK(done.has_value());
  }
  // The process ends at once; nothing is committed.
  void close() {
    subscription.reset();
    ticker.reset();
    tables.reset();
    log.reset();
    inbox.take();
  }
  void restart() {
    close();
    open();
  }
  void use(std::string sql) { sql_ = std::move(sql); }

  log::Topic topic(const std::string& name, int32_t partitions = 1) {
    if (auto found = log->find_topic(name)) return *found;
    auto made = log->create_topic(name, partitions, {});
    CHECK(made.has_value());
    return *made;
  }
  // False: it was not acknowledged.
  bool try_produce(const std::string& name, const std::vector<std::string>& values,
                   int32_t partition = 0, int64_t timestamp_ms = -1) {
    std::vector<log::NewRecord> records;
    for (const std::string& value : values) {
      records.push_back({.timestamp_ms = timestamp_ms >= 0 ? timestamp_ms : clock.now_ms(),
                         .key = "k",
                         .value = value});
    }
    std::vector<log::AppendPart> parts;
    parts.push_back(
        {{topic(name).id, log::PartitionId(partition)}, log::build_batch(records).value()});
    auto outcomes = log->append_and_wait(std::move(parts));
    return outcomes.has_value() && !(*outcomes)[0].error;
  }
  void produce(const std::string& name, const std::vector<std::string>& values,
               int32_t partition = 0, int64_t timestamp_ms = -1) {
    CHECK(try_produce(name, values, partition, timestamp_ms));
  }

  // Ticks until there is nothing more to do.
  void run() {
    for (int i = 0; i < 10'000; ++i) {
      if (!ticker->tick(inbox.take())) return;
    }
    FAIL() << "it never rests";
  }
  // Everything into Delta.
  void commit() {
    run();
    const Status done = tables->drain(std::chrono::seconds(1));
    EXPECT_TRUE(done.has_value()) << done.error().message();
    run();
  }

  std::shared_ptr<const table::TableView> view(const std::string& name) const {
    const size_t dot = name.find('.');
    return tables->root()->find(name.substr(0, dot), name.substr(dot + 1));
  }
  // Every visible batch: files by version, then tails.
  std::vector<Batch> batches(const std::string& name) const {
    std::vector<Batch> out;
    const auto at = view(name);
    if (!at) return out;
    const auto changes = at->table->changes(delta::Version(-1), at->snapshot->version());
    CHECK(changes.has_value());
    for (const delta::VersionChanges& change : *changes) {
      for (const auto& file : change.added) {
        const Status done =
            delta::read_data_file(*at->table, *at->snapshot, *file, {}, [&](Batch rows) -> Status {
              out.push_back(std::move(rows));
              return {};
            });
        CHECK(done.has_value());
      }
    }
    for (const auto& tail : {at->sealed, at->open}) {
      if (!tail) continue;
      for (const table::TailBatch& batch : tail->batches) out.push_back(batch.rows);
    }
    return out;
  }
  // "id:n" of every visible row of a silver table.
  std::vector<std::string> rows(const std::string& name) const {
    std::vector<std::string> out;
    for (const Batch& batch : batches(name)) {
      const auto ids = std::static_pointer_cast<arrow::StringArray>(batch->GetColumnByName("id"));
      const auto ns = std::static_pointer_cast<arrow::Int64Array>(batch->GetColumnByName("n"));
      for (int64_t i = 0; i < batch->num_rows(); ++i)
        out.push_back(ids->GetString(i) + ":" + std::to_string(ns->Value(i)));
    }
    return out;
  }
  // One column of every visible row as text; "null" where it is null.
  std::vector<std::string> column(const std::string& name, const std::string& column) const {
    std::vector<std::string> out;
    for (const Batch& batch : batches(name)) {
      const auto values = batch->GetColumnByName(column);
      for (int64_t i = 0; i < batch->num_rows(); ++i) {
        const auto scalar = *values->GetScalar(i);
        if (!scalar->is_valid) {
          out.push_back("null");
        } else if (arrow::is_base_binary_like(scalar->type->id())) {
          out.push_back(static_cast<const arrow::BaseBinaryScalar&>(*scalar).value->ToString());
        } else {
          out.push_back(scalar->ToString());
        }
      }
    }
    return out;
  }
  FlowStatus status(const std::string& name) const {
    for (const FlowStatus& flow : ticker->status()) {
      if (flow.name == name) return flow;
    }
    return {};
  }
  // input = written + filtered + dropped + duplicates + quarantined.
  void expect_balanced(const std::string& name) const {
    const table::RowCounts c = status(name).counts;
    EXPECT_EQ(c.input, c.written + c.filtered + c.dropped + c.duplicates + c.quarantined) << name;
  }
  // Another writer appends rows "id:n" to a silver table, and may move positions.
  void append_foreign(const std::string& name,
                      const std::vector<std::pair<std::string, int64_t>>& rows,
                      std::vector<delta::PositionMove> positions = {}) {
    const size_t dot = name.find('.');
    delta::Table table(*lake, name.substr(0, dot) + "/" + name.substr(dot + 1), clock, random);
    const auto snapshot = table.latest().value();
    arrow::StringBuilder ids;
    arrow::Int64Builder ns;
    for (const auto& [id, n] : rows) CHECK(ids.Append(id).ok() && ns.Append(n).ok());
    const Batch batch = arrow::RecordBatch::Make(
        snapshot->arrow_schema(), static_cast<int64_t>(rows.size()), {*ids.Finish(), *ns.Finish()});
    delta::CommitRequest request;
    request.positions = std::move(positions);
    request.adds.push_back(
        delta::write_data_file(table, *snapshot, {batch}, {}, random, clock).value());
    const auto outcome = table.commit(snapshot, request);
    CHECK(outcome.has_value() && std::holds_alternative<delta::Committed>(*outcome));
  }

  Random random;
  ManualClock clock{1'700'000'000'000'000};
  store::SimulatedDisk disk;
  std::unique_ptr<store::ObjectStore> lake = store::make_memory_store();
  std::unique_ptr<store::FaultStore> store = std::make_unique<store::FaultStore>(*lake, random);
  std::unique_ptr<Metrics> metrics;
  log::LogOptions log_options;
  table::LiveTablesOptions table_options;
  EngineOptions engine_options;
  std::unique_ptr<sql::FlowEngine> engine = std::make_unique<ToyEngine>();
  std::unique_ptr<log::Log> log;
  std::unique_ptr<table::LiveTables> tables;
  Inbox inbox;
  std::shared_ptr<void> subscription;
  std::unique_ptr<Ticker> ticker;

 private:
  std::string sql_;
};

}  // namespace foz::pipeline
