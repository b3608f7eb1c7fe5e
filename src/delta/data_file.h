// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Data files: Parquet written with statistics, and read back as the table's logical columns.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace foz::delta {

struct WriteOptions {
  int zstd_level = 1;
  int64_t row_group_rows = 1 << 20;
  std::map<std::string, std::string> tags;
  std::map<std::string, std::optional<std::string>> partition_values;
  // What tables ask of rows beside types and NOT NULL has been seen to: by complete_rows(), or when
  // the rows were first written. Else tables with such rules are refused (kUnsupported).
  bool rules_checked = false;
  // Behind the table's columns batches have kRowId and kRowCommitVersion, as rows had them before
  // they were written anew (null: new). For tables that track rows.
  bool keep_row_ids = false;
  // A file of the change data feed: behind the table's columns batches have kChangeType.
  bool change_file = false;
};
inline constexpr const char* kChangeType = "_change_type";

// Writes one Parquet file (zstd) under the table's root with a fresh name and durable content, and
// returns its action with numRecords, minValues, maxValues and nullCount. `batches` have the
// table's arrow schema, without partition columns.
Result<AddFile> write_data_file(const Table& table, const Snapshot& snapshot,
                                const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches,
                                const WriteOptions& options, Random& random, const Clock& clock);

// Reads a file as batches of the snapshot's arrow schema (missing columns are null, partition
// columns filled in, deleted rows left out, column mapping applied), restricted to `columns` in
// that order (empty: all). Stops when `visit` fails, with its error. More columns may be asked for,
// each int64: kRowIndex, a row's physical number in the file, and of a table that tracks rows
// kRowId, which stays with a row for good, and kRowCommitVersion, the version that last wrote it.
inline constexpr const char* kRowIndex = "_metadata.row_index";
inline constexpr const char* kRowId = "_metadata.row_id";
inline constexpr const char* kRowCommitVersion = "_metadata.row_commit_version";
using VisitBatch = std::function<Status(std::shared_ptr<arrow::RecordBatch> batch)>;
Status read_data_file(const Table& table, const Snapshot& snapshot, const AddFile& file,
                      const std::vector<std::string>& columns, const VisitBatch& visit);

// For each physical row of a file with a deletion vector, whether it is gone. `rows` as its footer
// says; nullopt: as the log does (kCorrupt when it does not, as the protocol demands).
Result<std::vector<bool>> deleted_rows(const Table& table, const AddFile& file,
                                       std::optional<int64_t> rows = std::nullopt);

// The object path of a file in the store ("%20" decoded once, joined to the root); kUnsupported for
// another store's URL.
Result<std::string> object_path(const Table& table, const AddFile& file);

// Parsed per-file statistics of top-level columns, by logical name: what pruning needs. Bounds are
// wide where the protocol allows it (timestamps are cut to milliseconds: max is raised by 999 µs;
// strings may be cut).
struct ColumnBounds {
  std::optional<std::string> min_json, max_json;  // JSON scalars, in the log's form
  std::optional<int64_t> null_count;
};
struct FileStatistics {
  std::optional<int64_t> rows;
  std::map<std::string, ColumnBounds> columns;
};
// Whether some of the rows that have these statistics are asked for.
using WantsRows = std::function<bool(const FileStatistics& rows)>;
// Empty where the file has none; kCorrupt when they are no JSON object.
Result<FileStatistics> parse_statistics(const Snapshot& snapshot, const AddFile& file);

}  // namespace foz::delta
