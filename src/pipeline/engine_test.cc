// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "pipeline/engine.h"

#include "pipeline/pipeline_fixture.h"

namespace foz::pipeline {
namespace {

// The engine with its thread, in place of the lab's ticks by hand.
struct Running {
  explicit Running(const std::string& sql) : lab(Lab::Closed{}, "", 1) {
    lab.table_options.committer_threads = 1;
    project = sql;
    open();
  }
  void open() {
    log = log::Log::open(lab.log_options, lab.disk, clock, lab.random, metrics).value();
    tables =
        table::LiveTables::open(lab.table_options, *lab.store, clock, lab.random, metrics).value();
    auto parsed = parse_pipeline_file("pipelines/a.sql", project);
    engine = Engine::start({}, Project{std::move(parsed.tables)}, *log, *tables, *lab.engine, clock,
                           metrics)
                 .value();
  }
  void produce(const std::string& topic, const std::vector<std::string>& values) {
    std::vector<log::NewRecord> records;
    for (const std::string& value : values)
      records.push_back({.timestamp_ms = clock.now_ms(), .value = value});
    auto found = log->find_topic(topic);
    if (!found) found = log->create_topic(topic, 1, {}).value();
    std::vector<log::AppendPart> parts;
    parts.push_back({{found->id, log::PartitionId(0)}, log::build_batch(records).value()});
    CHECK(log->append_and_wait(std::move(parts)).has_value());
  }

  Lab lab;
  std::string project;
  SystemClock clock;
  Metrics metrics;
  std::unique_ptr<log::Log> log;
  std::unique_ptr<table::LiveTables> tables;
  std::unique_ptr<Engine> engine;
};

TEST(Engine, StartsReadsStopsAndStartsAgain) {
  Running running(
      "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;"
      "CREATE STREAMING TABLE b AS SELECT * FROM STREAM silver.a;");
  ASSERT_TRUE(running.engine->wait_ready(std::chrono::seconds(20)).has_value());
  running.produce("t", {"a:1", "b:2"});
  ASSERT_TRUE(running.engine->stop(std::chrono::seconds(20)).has_value());
  running.engine.reset();
  running.tables.reset();
  running.log.reset();
  running.open();
  ASSERT_TRUE(running.engine->wait_ready(std::chrono::seconds(20)).has_value());
  EXPECT_TRUE(running.engine->ready());
  const auto view = running.tables->root()->find("silver", "b");
  for (const FlowStatus& flow : running.engine->flows()) {
    EXPECT_TRUE(flow.state == "running") << flow.name << " is " << flow.state << ": " << flow.error;
    EXPECT_EQ(flow.lag_records, 0);
  }
  ASSERT_NE(view, nullptr);
  const int64_t committed = view->snapshot->row_count().value_or(-1);
  EXPECT_EQ(committed + (view->open ? view->open->rows : 0), 2);
}

}  // namespace
}  // namespace foz::pipeline
