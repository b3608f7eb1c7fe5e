// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/tombstones_internal.h"

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "delta/data_file.h"
#include "delta/rows.h"
#include "delta/whole_files.h"
#include "table/keyed_internal.h"
#include "table/live_tables.h"

namespace foz::table {
namespace {

constexpr size_t kRowsOfCommit = size_t{1} << 20;

// When the rows of a file were deleted.
class Times {
 public:
  Times(const arrow::RecordBatch& rows, const delta::AddFile& file)
      : column_(std::dynamic_pointer_cast<arrow::TimestampArray>(
            rows.GetColumnByName(kDeletedAtColumn))),
        file_ms_(file.modification_time_ms) {}

  int64_t ms(int64_t row) const {
    return column_ && column_->IsValid(row) ? column_->Value(row) / 1000 : file_ms_;
  }

 private:
  std::shared_ptr<arrow::TimestampArray> column_;
  const int64_t file_ms_;
};

// Of one commit at most.
Result<std::vector<delta::RowDeletion>> rows_before(const delta::Table& table,
                                                    const delta::Snapshot& snapshot,
                                                    int64_t before_ms,
                                                    const delta::OnProgress& go_on) {
  std::vector<std::shared_ptr<const delta::AddFile>> files;
  snapshot.each_file([&](const auto& file) { return files.push_back(file), true; });
  std::vector<delta::RowDeletion> old;
  size_t rows = 0;
  for (const auto& file : files) {
    delta::RowDeletion deletion{file->path, {}};
    TRY(delta::read_data_file(table, snapshot, *file, {kDeletedAtColumn, delta::kRowIndex},
                              [&](const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
                                const Times times(*batch, *file);
                                const auto& numbers =
                                    static_cast<const arrow::Int64Array&>(*batch->column(1));
                                for (int64_t row = 0; row < batch->num_rows(); ++row) {
                                  if (times.ms(row) < before_ms)
                                    deletion.rows.push_back(numbers.Value(row));
                                }
                                return {};
                              }));
    TRY(go_on({}));
    rows += deletion.rows.size();
    if (!deletion.rows.empty()) old.push_back(std::move(deletion));
    if (rows >= kRowsOfCommit) break;
  }
  return old;
}

}  // namespace

Status read_tombstones(const delta::Table& table, const delta::Snapshot& snapshot,
                       const delta::AddFile& file, const KeySpec& spec, const VisitKey& visit) {
  return visit_keys(table, snapshot, file, spec, kDeletedAtColumn,
                    [&](const arrow::RecordBatch& rows, const std::vector<KeyHash>& keys,
                        const std::vector<ChangeOrder>& orders) {
                      const Times times(rows, file);
                      for (size_t row = 0; row < keys.size(); ++row) {
                        const int64_t ms = times.ms(static_cast<int64_t>(row));
                        visit({keys[row], orders[row], RowPlace::deleted(ms)});
                      }
                    });
}

Result<PrunedTombstones> prune_tombstones(delta::Table& table, delta::SnapshotPtr snapshot,
                                          int64_t before_ms, Random& random, const Clock& clock,
                                          const delta::OnProgress& go_on) {
  PrunedTombstones pruned{std::move(snapshot)};
  while (true) {
    auto old = TRY(rows_before(table, *pruned.snapshot, before_ms, go_on));
    if (old.empty()) return pruned;
    size_t rows = 0;
    for (const delta::RowDeletion& deletion : old) rows += deletion.rows.size();
    pruned.rows += static_cast<int64_t>(rows);
    const delta::RowWriter writer{table, pruned.snapshot, random, clock};
    auto request = TRY(delta::change_rows(writer, {.deleted = std::move(old)}));
    if (!delta::has_deletion_vectors(*pruned.snapshot)) TRY(delta::copy_on_write(writer, request));
    request.operation = "DELETE";
    request.operation_parameters = {
        {"predicate", fmt::format("\"[\\\"{} is over\\\"]\"", kDeletedAtColumn)}};
    auto outcome = TRY(table.commit(pruned.snapshot, request));
    if (const auto* conflict = std::get_if<delta::Conflict>(&outcome)) {
      return Error(ErrorCode::kConflict, conflict->message);
    }
    pruned.snapshot = std::get<delta::Committed>(outcome).snapshot;
    if (rows < kRowsOfCommit) return pruned;
  }
}

}  // namespace foz::table
