// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/rows.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <fmt/format.h>

#include "delta/data_file_writer_internal.h"
#include "delta/features_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/partition_write_internal.h"
#include "delta/replay_internal.h"
#include "delta/rewrite_internal.h"
#include "delta/row_tracking_internal.h"

namespace foz::delta {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

int64_t rows_in(const Batches& batches) {
  int64_t rows = 0;
  for (const Batch& batch : batches) rows += batch->num_rows();
  return rows;
}

Result<Batch> with_column(const Batch& batch, const char* name,
                          std::shared_ptr<arrow::Array> column) {
  return TRY_ARROW(batch->AddColumn(batch->num_columns(), name, std::move(column)));
}

Result<std::vector<AddFile>> write_files(const RowWriter& writer, const Batches& rows,
                                         bool keep_row_ids, bool change_file) {
  WriteOptions options = writer.options;
  options.keep_row_ids = keep_row_ids;
  options.change_file = change_file;
  return write_partitions(writer, rows, std::move(options));
}

// The rows of one change, and what readers of the change data feed shall see.
class ChangeWriter {
 public:
  ChangeWriter(const RowWriter& writer, const RowChanges& changes)
      : writer_(writer), changes_(changes), base_(*writer.base) {}

  Result<CommitRequest> run() {
    const Metadata& metadata = base_.metadata();
    tracks_ = row_tracking_enabled(base_.protocol(), metadata);
    // Where rows only come, readers take them from the data files.
    feeds_ = change_feed_enabled(base_.protocol(), metadata) &&
             (changes_.among_changes || !changes_.deleted.empty() || !changes_.updated.empty());
    CompleteRows inserted = TRY(complete_rows(base_, changes_.inserted, writer_.checker));
    CompleteRows after =
        TRY(complete_rows(base_, changes_.after, writer_.checker, RowsAre::kChanged));
    TRY(read_old_rows());
    TRY(check_updates());
    CommitRequest request;
    request.metadata = std::move(inserted.metadata);
    request.adds = TRY(write_rows(inserted.batches, after.batches));
    TRY(feed(inserted.batches, "insert"));
    TRY(feed(after.batches, "update_postimage"));
    for (const AddFile& file : TRY(write_files(writer_, feed_, false, true))) {
      request.change_files.push_back({file.path, file.partition_values, file.size});
    }
    describe(request);
    return request;
  }

 private:
  Result<std::shared_ptr<const AddFile>> find(const std::string& path) const {
    auto file = state_of(base_).files.find(FileKey::any_vector_of(path));
    if (!file) {
      return invalid(fmt::format("file {} is not in version {}", path, base_.version().value()));
    }
    return file;
  }

  // What went, for the feed, and the ids of rows that stay under another shape.
  Status read_old_rows() {
    int64_t updates = 0;
    for (const RowDeletion& each : changes_.updated) {
      updates += static_cast<int64_t>(each.rows.size());
    }
    ids_.assign(tracks_ ? static_cast<size_t>(updates) : 0, 0);
    size_t first = 0;
    for (const RowDeletion& each : changes_.updated) {
      if (feeds_ || tracks_) TRY(read_file(each, "update_preimage", &first));
      first += each.rows.size();
    }
    if (!feeds_) return {};
    for (const RowDeletion& each : changes_.deleted) TRY(read_file(each, "delete", nullptr));
    return {};
  }

  Status read_file(const RowDeletion& wanted, const char* change, const size_t* first_id) {
    const auto file = TRY(find(wanted.path));
    std::map<int64_t, size_t> places;
    for (size_t i = 0; i < wanted.rows.size(); ++i) places.emplace(wanted.rows[i], i);
    std::vector<std::string> columns;
    if (feeds_) {
      for (const Field& field : base_.schema().fields) columns.push_back(field.name);
    }
    const bool ids = tracks_ && first_id;
    columns.emplace_back(kRowIndex);
    if (ids) columns.emplace_back(kRowId);
    return read_data_file(writer_.table, base_, *file, columns, [&](Batch batch) -> Status {
      const int at = static_cast<int>(columns.size()) - (ids ? 2 : 1);
      const auto& index = static_cast<const arrow::Int64Array&>(*batch->column(at));
      arrow::BooleanBuilder chosen;
      TRY_ARROW(chosen.Reserve(batch->num_rows()));
      int64_t count = 0;
      for (int64_t row = 0; row < batch->num_rows(); ++row) {
        const auto place = places.find(index.Value(row));
        chosen.UnsafeAppend(place != places.end());
        if (place == places.end()) continue;
        ++count;
        if (!ids) continue;
        const auto& id = static_cast<const arrow::Int64Array&>(*batch->column(at + 1));
        ids_[*first_id + place->second] = id.Value(row);
      }
      if (!feeds_ || count == 0) return {};
      const auto mask = TRY_ARROW(chosen.Finish());
      auto rows = TRY_ARROW(arrow::compute::Filter(batch, mask)).record_batch();
      while (rows->num_columns() > at) rows = TRY_ARROW(rows->RemoveColumn(at));
      return feed({rows}, change);
    });
  }

  Status check_updates() const {
    size_t named = 0;
    for (const RowDeletion& each : changes_.updated) named += each.rows.size();
    const int64_t given = rows_in(changes_.after);
    if (static_cast<int64_t>(named) == given) return {};
    return invalid(fmt::format("{} rows are to be changed and {} are given", named, given));
  }

  Status feed(const Batches& rows, const char* change) {
    if (!feeds_) return {};
    for (const Batch& batch : rows) {
      auto type = TRY_ARROW(
          arrow::MakeArrayFromScalar(arrow::StringScalar(std::string(change)), batch->num_rows()));
      feed_.push_back(TRY(with_column(batch, kChangeType, std::move(type))));
    }
    return {};
  }

  // Changed rows keep their ids, new ones and all versions are the file's.
  Result<std::vector<AddFile>> write_rows(const Batches& inserted, const Batches& after) {
    const bool keep = tracks_ && !after.empty();
    if (!keep) {
      Batches all = inserted;
      all.insert(all.end(), after.begin(), after.end());
      return write_files(writer_, all, false, false);
    }
    Batches all;
    const auto take = [&](const Batch& batch, std::shared_ptr<arrow::Array> ids) -> Status {
      auto versions = TRY_ARROW(arrow::MakeArrayOfNull(arrow::int64(), batch->num_rows()));
      Batch rows = TRY(with_column(batch, kRowId, std::move(ids)));
      all.push_back(TRY(with_column(rows, kRowCommitVersion, std::move(versions))));
      return {};
    };
    for (const Batch& batch : inserted) {
      TRY(take(batch, TRY_ARROW(arrow::MakeArrayOfNull(arrow::int64(), batch->num_rows()))));
    }
    size_t first = 0;
    for (const Batch& batch : after) {
      arrow::Int64Builder ids;
      TRY_ARROW(ids.AppendValues(ids_.data() + first, batch->num_rows()));
      first += static_cast<size_t>(batch->num_rows());
      TRY(take(batch, TRY_ARROW(ids.Finish())));
    }
    return write_files(writer_, all, true, false);
  }

  void describe(CommitRequest& request) const {
    std::map<std::string, std::vector<int64_t>> by_file;
    int64_t deleted = 0, updated = 0;
    for (const RowDeletion& each : changes_.deleted) {
      auto& rows = by_file[each.path];
      rows.insert(rows.end(), each.rows.begin(), each.rows.end());
      deleted += static_cast<int64_t>(each.rows.size());
    }
    for (const RowDeletion& each : changes_.updated) {
      auto& rows = by_file[each.path];
      rows.insert(rows.end(), each.rows.begin(), each.rows.end());
      updated += static_cast<int64_t>(each.rows.size());
    }
    for (auto& [path, rows] : by_file) {
      if (!rows.empty()) request.deletions.push_back({path, std::move(rows)});
    }
    const int64_t inserted = rows_in(changes_.inserted);
    int64_t bytes = 0;
    for (const AddFile& add : request.adds) bytes += add.size;
    if (deleted + updated == 0) {
      request.operation = "WRITE";
      request.operation_parameters = {{"mode", "\"Append\""}};
      request.operation_metrics = {{"numFiles", static_cast<int64_t>(request.adds.size())},
                                   {"numOutputRows", inserted},
                                   {"numOutputBytes", bytes}};
      return;
    }
    const auto count = [](const auto& list) { return static_cast<int64_t>(list.size()); };
    request.operation = "MERGE";
    request.operation_metrics = {{"numAddedFiles", count(request.adds)},
                                 {"numAddedChangeFiles", count(request.change_files)},
                                 {"numDeletionVectorsUpdated", count(request.deletions)},
                                 {"numOutputRows", updated + inserted},
                                 {"numTargetRowsInserted", inserted},
                                 {"numTargetRowsUpdated", updated},
                                 {"numTargetRowsDeleted", deleted}};
    if (updated + inserted == 0) {
      request.operation = "DELETE";
      request.operation_metrics["numDeletedRows"] = deleted;
    } else if (deleted + inserted == 0) {
      request.operation = "UPDATE";
      request.operation_metrics["numUpdatedRows"] = updated;
    }
  }

  const RowWriter& writer_;
  const RowChanges& changes_;
  const Snapshot& base_;
  bool tracks_ = false, feeds_ = false;
  std::vector<int64_t> ids_;  // of updated rows, in the order in which they are named
  Batches feed_;
};

}  // namespace

Result<CommitRequest> append_rows(const RowWriter& writer, const Batches& rows) {
  return change_rows(writer, {.inserted = rows});
}

Result<CommitRequest> change_rows(const RowWriter& writer, const RowChanges& changes) {
  return ChangeWriter(writer, changes).run();
}

Result<CommitRequest> replace_rows(const RowWriter& writer, const PartitionFilter& filter,
                                   const Batches& rows) {
  const ScanFilter planned = TRY(scan_filter(*writer.base, filter));
  const FileFilter matches = TRY(file_filter(*writer.base, planned));
  CommitRequest request = TRY(append_rows(writer, rows));
  for (const AddFile& add : request.adds) {
    if (!matches(add)) {
      return invalid("a row lies outside of the partitions that are to be replaced");
    }
  }
  TRY(plan_scan(*writer.base, planned, [&](int64_t, const std::shared_ptr<const AddFile>& file) {
    request.removes.push_back(removal_of(*file, true));
    return true;
  }));
  request.read.matches = matches;
  request.operation_parameters = {{"mode", "\"Overwrite\""}};
  request.operation_metrics["numRemovedFiles"] = static_cast<int64_t>(request.removes.size());
  return request;
}

}  // namespace foz::delta
