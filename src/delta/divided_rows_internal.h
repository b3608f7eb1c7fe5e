// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows on their way into order, laid down by ranges of a Z-order curve in data files that no commit
// names. They go with this object; those of a process that was killed are vacuum's.
#pragma once

#include <optional>
#include <vector>

#include "delta/data_file_writer_internal.h"
#include "delta/rewrite_internal.h"
#include "delta/row_ranges_internal.h"

namespace foz::delta {

// Memory: `bytes` of rows and `bytes` of files. Table, snapshot and options must outlive it.
class DividedRows {
 public:
  DividedRows(const Table& table, const Snapshot& snapshot, const WriteOptions& options,
              RowRanges ranges, int64_t bytes, Random& random, const Clock& clock);
  DividedRows(const DividedRows&) = delete;
  DividedRows& operator=(const DividedRows&) = delete;
  ~DividedRows();

  Status add(const std::shared_ptr<arrow::RecordBatch>& rows);
  // No row comes any more. The files of each range, in the order of the curve.
  Result<std::vector<DataFiles>> finish();
  // The range is read.
  void drop(const DataFiles& range) const;

 private:
  struct Range {
    std::vector<std::shared_ptr<arrow::RecordBatch>> pending;
    int64_t pending_bytes = 0;
    std::optional<DataFileWriter> writer;
    DataFiles files;
  };
  Status flush(Range& range);
  Status finish_file(Range& range);

  const Table& table_;
  const Snapshot& snapshot_;
  const WriteOptions& options_;
  const RowRanges ranges_;
  const int64_t most_bytes_;  // of a range
  Random& random_;
  const Clock& clock_;
  std::vector<Range> rows_;
};

}  // namespace foz::delta
