// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One flow's rows: a batch in, rows for its target and its quarantine out, every input row
// accounted for. Expectations come first, then admission, then deduplication: a row that its table
// refuses claims no key.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/auto_cdc_internal.h"
#include "pipeline/dedupe_internal.h"
#include "pipeline/project.h"
#include "pipeline/quarantine_internal.h"
#include "sql/flow_engine.h"
#include "table/live_tables.h"

namespace foz::pipeline {

struct FlowRows {
  std::vector<table::TailBatch> target, quarantine;
  std::vector<Batch> deletes;  // of AUTO CDC: the keys that go, as tombstones
  table::RowCounts counts;
};

// What a record's timestamp may be ahead of the clock; a producer's wrong clock must not forget
// everybody's keys.
inline constexpr int64_t kMaxAheadMs = 3'600'000;

class FlowRunner {
 public:
  FlowRunner(StreamingTable spec, std::unique_ptr<sql::FlowStatement> statement);

  const StreamingTable& spec() const { return spec_; }
  const std::string& name() const { return name_; }
  const sql::FlowStatement& statement() const { return *statement_; }
  // The columns of its table.
  std::shared_ptr<arrow::Schema> table_schema() const;
  // Of AUTO CDC over a table: rows are newer than any with a lesser number.
  void set_next_origin(int64_t next) { next_origin_ = next; }
  bool deduplicates() const { return window_.has_value(); }
  // Rows say where they came from: for a flow that reads the target.
  void keep_origins() { keeps_origins_ = true; }

  // Appends to `out`. An error stops the flow: a broken expectation ON VIOLATION FAIL UPDATE
  // (kInvalid), or a defect.
  Status run(const FlowInput& input, const table::TableView& target, int64_t now_ms, FlowRows& out);

  // After a discard: forgets every key, and takes them back from what the table holds. `newest_ms`
  // is a time that the flow had reached; nullopt: not known. The state must be restored before the
  // next run.
  void forget() { restored_ = false; }
  bool restored() const { return restored_; }
  Status restore(const table::TableView& target, std::optional<int64_t> newest_ms);

  // Rows that are in quarantine already, of a range that the target does not hold yet.
  Quarantined& quarantined() { return quarantined_; }

  // By expectation, since start.
  const std::vector<std::pair<std::string, int64_t>>& violations() const { return violations_; }

 private:
  struct Judged;
  Status judge(const FlowInput& input, const sql::FlowOutput& output, Judged& judged);
  // Keys that are missing, and rows that the table refuses.
  Status admit(const FlowInput& input, const sql::FlowOutput& output,
               const table::TableView& target, Batch& rows, Judged& judged);
  Status keep(const FlowInput& input, const sql::FlowOutput& output, const Batch& rows,
              const Judged& judged, FlowRows& out) const;
  Status deduplicate(const FlowInput& input, const sql::FlowOutput& output, const Batch& rows,
                     int64_t now_ms, Judged& judged, table::RowCounts& counts);
  std::string describe(const FlowInput& input, int32_t row) const;

  StreamingTable spec_;
  std::string name_;
  std::unique_ptr<sql::FlowStatement> statement_;
  std::optional<KeyWindow> window_;
  std::array<uint64_t, 2> secret_{};
  bool restored_ = false;
  int64_t last_run_ms_ = 0;  // bounds the times of what tails hold
  bool keeps_origins_ = false;
  int64_t next_origin_ = 0;
  Quarantined quarantined_;
  std::vector<std::pair<std::string, int64_t>> violations_;
};

}  // namespace foz::pipeline
