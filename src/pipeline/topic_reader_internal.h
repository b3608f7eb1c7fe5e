// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Reads a topic from the log, and what lies below its start from bronze, as bronze rows.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "log/log.h"
#include "pipeline/arrow_rows_internal.h"
#include "table/bronze.h"

namespace foz::pipeline {

// Where a reader stands in a partition.
struct Cursor {
  std::optional<int64_t>
      from;          // the position that its table holds, tail included; nullopt: never read
  int64_t next = 0;  // what it reads next; beyond `from` only across a gap
};

// What of a cut is no row: records of aborted transactions, and the broker's own batches.
struct PassedOver {
  int64_t aborted_records = 0;
  int64_t control_batches = 0;
};

// Rows of the partitions' ranges [from, to).
struct Cut {
  std::vector<int64_t> from, to;
  Batch rows;  // null when every range is empty
  int64_t bytes = 0;
  PassedOver passed = {};
};

class TopicReader {
 public:
  TopicReader(const log::Log& log, log::Topic topic)
      : log_(log),
        topic_(std::move(topic)),
        decoder_(std::make_unique<table::BronzeDecoder>(topic_.name)) {}

  // From the log, from `from` up to at most `limits`, at most about `max_bytes` of decoded rows and
  // batches. Only what is committed; where transactions are open, not beyond.
  Result<Cut> read(std::vector<int64_t> from, const std::vector<int64_t>& limits,
                   int64_t max_bytes);
  // From the bronze table, below the log's start; at most `max_rows`.
  struct OldRows {
    Batch rows;  // null when there are none
    int64_t next = 0;
  };
  Result<OldRows> read_old(const table::Root& root, log::PartitionId partition, int64_t from,
                           int64_t to, int64_t max_rows) const;
  // The timestamp of one record, in the log or below it; nullopt when it is in neither, or none
  // that a reader gets.
  std::optional<int64_t> timestamp_ms(const table::Root& root, log::PartitionId partition,
                                      int64_t offset) const;

 private:
  Result<int64_t> read_partition(log::PartitionId partition, int64_t from, int64_t limit,
                                 int64_t max_bytes, Cut& cut);

  const log::Log& log_;
  log::Topic topic_;
  std::unique_ptr<table::BronzeDecoder> decoder_;
};

// The rows of a cut that a reader has not had yet: those at or beyond `next`, by partition.
Result<Batch> rows_from(const Cut& cut, const std::vector<int64_t>& next);

}  // namespace foz::pipeline
