// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Changes of rows: what goes by file and row number, what comes as batches. Each function writes
// the data files and the files of the change data feed (where the table has one), and returns the
// request that commits them; the caller may add positions to it.
#pragma once

#include <memory>
#include <vector>

#include "delta/data_file.h"
#include "delta/row_checker.h"
#include "delta/scan_plan.h"
#include "delta/table.h"

namespace foz::delta {

using Batches = std::vector<std::shared_ptr<arrow::RecordBatch>>;

struct RowChanges {
  std::vector<RowDeletion> deleted = {};
  // Rows that `after` replaces: its first row is for the first number of the first file, and so on.
  std::vector<RowDeletion> updated = {};
  Batches after = {};
  Batches inserted = {};
  // Rows go in another part of the same commit: what comes is for the change data feed, too.
  bool among_changes = false;
};

struct RowWriter {
  const Table& table;
  const SnapshotPtr& base;
  Random& random;
  const Clock& clock;
  WriteOptions options = {};
  const RowChecker* checker = nullptr;
};

// Batches may lack columns that the table generates, and are split by partition.
Result<CommitRequest> append_rows(const RowWriter& writer, const Batches& rows);
Result<CommitRequest> change_rows(const RowWriter& writer, const RowChanges& changes);
// Takes away every file that the filter meets and puts `rows` in their place. kInvalid: a row does
// not meet the filter.
Result<CommitRequest> replace_rows(const RowWriter& writer, const PartitionFilter& filter,
                                   const Batches& rows);

}  // namespace foz::delta
