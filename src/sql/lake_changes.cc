// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_changes_internal.h"

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <charconv>

#include "delta/change_feed.h"
#include "delta/variant.h"
#include "sql/lake_columns_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/trino_call_internal.h"

namespace foz::sql {

using duckdb::LogicalType;

namespace {

constexpr int64_t kMostBytes = int64_t{256} << 20;

void add_column(LakeScan& scan, duckdb::MultiFileColumnDefinition column) {
  scan.names.push_back(column.name);
  scan.types.push_back(column.type);
  scan.partition_keys.emplace_back();  // the feed fills their values in
  scan.columns.push_back(std::move(column));
}

void set_columns(LakeScan& scan, const delta::Schema& schema) {
  for (auto& column : table_columns(schema)) add_column(scan, std::move(column));
  add_column(scan, {"_change_type", LogicalType::VARCHAR});
  add_column(scan, {"_commit_version", LogicalType::BIGINT});
  add_column(scan, {"_commit_timestamp", instant_type(3)});
}

[[noreturn]] void fail(const Error& error) {
  if (error.code() == ErrorCode::kOverloaded)
    throw duckdb::OutOfMemoryException("%s", error.message());
  if (error.code() == ErrorCode::kInvalid || error.code() == ErrorCode::kNotFound)
    refuse("INVALID_FUNCTION_ARGUMENT", 7, error.message(), "", {});
  throw duckdb::IOException("%s", error.message());
}

}  // namespace

int64_t changes_since(std::string_view kind) {
  int64_t since = -1;
  kind.remove_prefix(kind.find('@') + 1);
  std::from_chars(kind.data(), kind.data() + kind.size(), since);
  return since;
}

duckdb::shared_ptr<LakeScan> changes_scan(std::shared_ptr<LakeServices> services,
                                          const table::TableView& view, int64_t since) {
  const int64_t last = view.snapshot->version().value();
  if (since > last)
    refuse("INVALID_FUNCTION_ARGUMENT", 7,
           fmt::format("since_version: {} is higher then current table version: {}", since, last),
           "", {});
  auto scan = duckdb::make_shared_ptr<LakeScan>();
  scan->table = view.table;
  scan->name = "changes of " + view.name.to_string();
  scan->services = std::move(services);
  if (since == last) {
    set_columns(*scan, view.snapshot->schema());
    return scan;
  }
  const auto feed =
      delta::ChangeFeed::open(*view.table, delta::Version(since + 1), delta::Version(last));
  if (!feed.has_value()) fail(feed.error());
  set_columns(*scan, feed->table_schema());
  int64_t bytes = 0;
  const auto read = feed->read({}, [&](std::shared_ptr<arrow::RecordBatch> rows) -> Status {
    rows = TRY(delta::with_variant_text(std::move(rows), feed->table_schema()));
    bytes += arrow::util::TotalBufferSize(*rows);
    if (bytes > kMostBytes)
      return Error(ErrorCode::kOverloaded,
                   fmt::format("the changes behind version {} are more than {} MiB: ask for those "
                               "behind a later one",
                               since, kMostBytes >> 20));
    for (int64_t first = 0; first < rows->num_rows(); first += ScanPart::kTailRows) {
      ScanPart part;
      part.url = fmt::format("{}, part {}", scan->name, scan->tail.size());
      part.rows = rows;
      part.first_row = first;
      part.row_count = std::min(ScanPart::kTailRows, rows->num_rows() - first);
      scan->tail.push_back(std::make_shared<ScanPart>(std::move(part)));
    }
    scan->tail_rows += static_cast<uint64_t>(rows->num_rows());
    return {};
  });
  if (!read.has_value()) fail(read.error());
  return scan;
}

}  // namespace foz::sql
