// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The table beside a flow's target that keeps the rows it could not take: bytes, reason and origin,
// so that they can be replayed after the fix.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "log/types.h"
#include "pipeline/arrow_rows_internal.h"
#include "table/view.h"

namespace foz::pipeline {

inline constexpr char kQuarantineSuffix[] = "__quarantine";

// reason, expectation, flow, topic, topic_id, partition, offset, timestamp, key, value, input.
std::shared_ptr<arrow::Schema> quarantine_schema();

struct BadRow {
  int32_t row;  // of the input batch
  std::string reason;
  const std::string* expectation = nullptr;  // null: the row failed by itself
};

// A batch that a flow reads, and where its rows came from.
struct FlowInput {
  Batch rows;
  const log::Topic* topic = nullptr;              // null: rows of a table
  std::shared_ptr<const table::Origins> origins;  // of a table's rows, where they are known
  const std::unordered_map<log::TopicId, std::string>* topic_names = nullptr;  // for `origins`
};

// Rows for the quarantine table, in the order of `bad`.
Result<Batch> quarantine_rows(const std::string& flow, const FlowInput& input,
                              const std::vector<BadRow>& bad);

// What a quarantine holds of a range that its target does not hold yet: after a crash between their
// two commits these rows must not be looked at again, whatever the flow would say of them now.
class Quarantined {
 public:
  bool empty() const { return by_origin_.empty() && by_content_.empty(); }
  // Takes in rows of the quarantine table.
  Status add(const arrow::RecordBatch& rows);
  // Input rows that are in it. Each row of a table counts once.
  std::vector<bool> take(const FlowInput& input);

 private:
  std::unordered_map<log::TopicPartition, std::unordered_set<int64_t>> by_origin_;
  std::unordered_map<std::string, int64_t> by_content_;
};

}  // namespace foz::pipeline
