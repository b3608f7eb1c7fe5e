// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The scan of one table view: DuckDB's Parquet scan over the snapshot's files, with the tail's
// batches as further "files" whose reader is ours, as it is for files whose variants are asked for
// and for those that DuckDB would read differently (lake_facts_internal.h). The files are looked up
// when the scan begins and its filters are known.
// Every part gets the same projection and must apply the same pushed filters.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "delta/scan_plan.h"
#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_data.hpp"
#include "duckdb/function/table_function.hpp"
#include "sql/lake_files_internal.h"
#include "table/view.h"

namespace duckdb {
class BaseFileReader;
struct MultiFileReaderData;
class TableFilter;
class TableFilterSet;
}  // namespace duckdb

namespace foz::sql {

// What all scans of an instance share. `files` is owned by the instance's file system.
struct LakeServices {
  LakeFiles* files = nullptr;
  Counter* files_opened = nullptr;
  Counter* files_pruned = nullptr;
};

// A data file, or up to kTailRows rows of a tail batch.
struct ScanPart {
  static constexpr int64_t kTailRows = 60 * 2048;

  std::shared_ptr<const delta::AddFile> file;
  int64_t number = 0;  // of the file, in the order of Snapshot::each_file
  std::string url;
  std::shared_ptr<arrow::RecordBatch> rows;
  std::shared_ptr<const std::vector<bool>> gone;  // of all rows of the batch; null: none
  int64_t first_row = 0, row_count = 0;
};
using ScanPartPtr = std::shared_ptr<const ScanPart>;

// Hidden columns of a table that a statement changes, each BIGINT: which of the snapshot's files a
// row is in, and its physical number there.
inline constexpr char kFileColumn[] =
    "\x01"
    "file";
inline constexpr char kRowColumn[] = "\x01row";

// And of each column that holds variants its text of the form VariantText::kWhole, for rows that
// are written again.
std::string whole_column(const std::string& column);
inline constexpr duckdb::column_t kWholeIdentifier =
    (duckdb::column_t{1} << 63) + 100'000;  // among DuckDB's hidden columns

// Immutable once made. Holds the view, and so its batches, for as long as a plan lives.
struct LakeScan final : duckdb::TableFunctionInfo {
  std::shared_ptr<const delta::Table> table;
  delta::SnapshotPtr snapshot;  // null: all rows are in the tail
  std::string name;
  std::shared_ptr<LakeServices> services;

  duckdb::vector<duckdb::MultiFileColumnDefinition>
      columns;  // with the names or ids that they have in files
  bool by_field_id = false;
  duckdb::vector<std::string> names;
  duckdb::vector<duckdb::LogicalType> types;
  std::vector<std::string>
      partition_keys;   // for each column its key in partitionValues; empty: not one
  bool places = false;  // kFileColumn and kRowColumn may be asked for
  duckdb::TableCatalogEntry* table_entry = nullptr;  // DuckDB asks it for hidden columns
  std::vector<ScanPartPtr> tail;                     // read behind the files
  uint64_t tail_rows = 0;
  std::shared_ptr<const table::HiddenRows> hidden;  // of the snapshot; null: none

  bool holds_variants(duckdb::column_t column) const;
  // Of a hidden column whole_column(); nullopt when it is none.
  std::optional<size_t> column_of_whole(duckdb::column_t id) const;
  // Those of file_columns(), and with `places` also where rows are.
  duckdb::virtual_column_map_t hidden_columns() const;
  // What all rows of the part have in a partition column or a hidden one; nullopt: rows differ.
  // Throws for a partition's text that is not of the column's type.
  std::optional<duckdb::Value> value_of_part(const ScanPart& part, duckdb::column_t column) const;
  // Of snapshot and tail; nullopt when the statistics do not say it.
  std::optional<uint64_t> row_count() const;
  size_t schema_hash = 0;

  // A partition value as the column's type; throws for text that is not of the type.
  duckdb::Value partition_value(const delta::AddFile& file, size_t column) const;
};

// With `tail` also the rows that are not in the snapshot. Throws DuckDB's exceptions.
duckdb::shared_ptr<LakeScan> make_scan(std::shared_ptr<LakeServices> services,
                                       const table::TableView& view, delta::SnapshotPtr snapshot,
                                       bool tail);

// DuckDB's parquet_scan over the parts.
duckdb::TableFunction bind_scan(duckdb::ClientContext& context, duckdb::shared_ptr<LakeScan> scan,
                                duckdb::unique_ptr<duckdb::FunctionData>& bind_data);

// Lets in the files that may hold rows that pass `filters` (by column of the scan). All must
// outlive it.
delta::ScanFilter pushed_filter(const LakeScan& scan,
                                const duckdb::vector<duckdb::column_t>& column_ids,
                                const duckdb::TableFilterSet& filters);

// Whether rows of the part may pass the filters of hidden columns.
bool may_match(duckdb::ClientContext& context, const LakeScan& scan, const ScanPart& part,
               const duckdb::vector<duckdb::column_t>& column_ids,
               const duckdb::TableFilterSet& filters);

// Whether some of the rows that have these statistics may pass the filter of a column.
bool may_match(const LakeScan& scan, const delta::FileStatistics& rows, size_t column,
               const duckdb::TableFilter& filter);

// The text of a partition value as a value of the column's type; nullopt when it is none.
std::optional<duckdb::Value> partition_value(const std::optional<std::string>& text,
                                             const duckdb::LogicalType& type);

// A bound of a file's statistics as a value of the column's type; nullopt when it is none.
std::optional<duckdb::Value> bound_value(const std::optional<std::string>& json,
                                         const duckdb::LogicalType& type);

// Of a tail part, or of a file that the delta room reads.
duckdb::shared_ptr<duckdb::BaseFileReader> make_rows_reader(const duckdb::OpenFileInfo& file,
                                                            duckdb::shared_ptr<LakeScan> scan,
                                                            ScanPartPtr part);

}  // namespace foz::sql
