// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows split by partition, and what the log and the folders say of a partition.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#partition-value-serialization
#pragma once

#include <arrow/type_fwd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "delta/rows.h"
#include "delta/snapshot.h"

namespace foz::delta {

// By logical name; nullopt is null, and so is the empty text.
using PartitionValues = std::map<std::string, std::optional<std::string>>;

// A value as the log writes it: timestamps in UTC with "Z". kUnsupported: bytes that are no text.
Result<std::optional<std::string>> partition_text(const arrow::Array& array, int64_t row);

// Rows of one partition, without the partition columns.
struct PartitionRows {
  PartitionValues values;
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
};
// Batches have all columns of the table, and may have more behind them, which are kept.
Result<std::vector<PartitionRows>> split_by_partition(
    const Snapshot& snapshot, const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows);

// Writes rows that meet the table's rules, one file a partition.
Result<std::vector<AddFile>> write_partitions(
    const RowWriter& writer, const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows,
    WriteOptions options);

// The folder of a file, "" or ending in "/": "day=2026-01-31/" as Hive names it (values escaped),
// random letters where the table asks for them, none where columns are mapped or a name grows too
// long. Nobody reads values from it.
std::string file_folder(const Snapshot& snapshot, const PartitionValues& values, Random& random);

}  // namespace foz::delta
