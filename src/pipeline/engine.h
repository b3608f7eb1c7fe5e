// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The tick thread: cuts all inputs once, runs every ready flow in topological order, publishes one
// root. Bronze is its first flow. It sleeps until the log moves, a commit ends or a seal is due.
//
// Invariants
//  - Input = target + filtered + dropped + duplicates + quarantined, for every range of every
//  input.
//  - A flow's position moves only with the rows that it covers, in the same publish.
//  - A bad row never stops a flow; a flow that fails stops alone, by name, with what is downstream
//  of it.
//  - "Discard the tail and replay" is the one answer to every surprise.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "log/log.h"
#include "pipeline/project.h"
#include "sql/flow_engine.h"
#include "table/live_tables.h"

namespace foz::pipeline {

struct EngineOptions {
  int64_t tick_bytes = 8LL << 20;  // of one input in one tick: bounds a tick's time and memory
};

struct FlowStatus {
  std::string name;    // of its target: "silver.flights"
  std::string source;  // "bronze.flights"
  std::string state;   // "running", "catching up", "blocked", "failed"
  std::string error;
  int64_t lag_records = 0;  // durable input records that it has not read
  table::RowCounts counts;  // since start
  std::vector<std::pair<std::string, int64_t>> violations;  // by expectation, since start
  double tick_ms = 0;                                       // of its last run
};

// Log, tables, flow engine, clock and metrics must outlive it.
class Engine {
 public:
  // Ensures every table, takes back topics a new log has lost, and begins to replay. Runs its own
  // thread.
  static Result<std::unique_ptr<Engine>> start(EngineOptions options, Project project,
                                               log::Log& log, table::LiveTables& tables,
                                               sql::FlowEngine& flows, const Clock& clock,
                                               Metrics& metrics);
  // Stops without committing.
  ~Engine();

  // Waits until tails have reached the log end found at start; kUnavailable names what is behind.
  Status wait_ready(std::chrono::milliseconds limit);
  bool ready() const;
  // Stops reading, commits everything, ends the thread. kUnavailable names what could not be
  // committed in time (it will be replayed at the next start).
  Status stop(std::chrono::milliseconds limit);

  std::vector<FlowStatus> flows() const;
  // Sets the gauges of every flow, before a scrape.
  void sample(Metrics& metrics) const;

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::pipeline
