// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/whole_files.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include <algorithm>

#include "delta/clustering_internal.h"
#include "delta/column_mapping.h"
#include "delta/features_internal.h"
#include "delta/new_table_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/partition_write_internal.h"
#include "delta/replay_internal.h"
#include "delta/rewrite_internal.h"
#include "delta/row_tracking_internal.h"

namespace foz::delta {
namespace {

constexpr int64_t kFileBytes = int64_t{64} << 20;  // of rows in memory

// What stays of one file.
class Remainder {
 public:
  Remainder(const RowWriter& writer, bool tracks, std::vector<AddFile>& adds)
      : writer_(writer), tracks_(tracks), adds_(adds) {}

  Status run(const AddFile& file, std::vector<int64_t> gone) {
    tags_ = file.tags;
    std::ranges::sort(gone);
    std::vector<std::string> columns;
    for (const Field& field : writer_.base->schema().fields) columns.push_back(field.name);
    if (tracks_) {
      columns.emplace_back(kRowId);
      columns.emplace_back(kRowCommitVersion);
    }
    columns.emplace_back(kRowIndex);
    TRY(read_data_file(writer_.table, *writer_.base, file, columns,
                       [&](const std::shared_ptr<arrow::RecordBatch>& batch) -> Status {
                         return take(batch, gone);
                       }));
    return flush();
  }

 private:
  Status take(const std::shared_ptr<arrow::RecordBatch>& batch, const std::vector<int64_t>& gone) {
    const int last = batch->num_columns() - 1;
    const auto& numbers = static_cast<const arrow::Int64Array&>(*batch->column(last));
    arrow::BooleanBuilder stays;
    TRY_ARROW(stays.Reserve(batch->num_rows()));
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      stays.UnsafeAppend(!std::ranges::binary_search(gone, numbers.Value(row)));
    }
    const auto mask = TRY_ARROW(stays.Finish());
    const auto rows = TRY_ARROW(batch->RemoveColumn(last));
    pending_.push_back(TRY_ARROW(arrow::compute::Filter(rows, mask)).record_batch());
    bytes_ += arrow::util::TotalBufferSize(*pending_.back());
    return bytes_ < kFileBytes ? Status() : flush();
  }

  Status flush() {
    std::erase_if(pending_, [](const auto& batch) { return batch->num_rows() == 0; });
    WriteOptions options = writer_.options;
    options.keep_row_ids = tracks_;
    options.tags = tags_;
    auto files = TRY(write_partitions(writer_, pending_, std::move(options)));
    std::ranges::move(files, std::back_inserter(adds_));
    pending_.clear();
    bytes_ = 0;
    return {};
  }

  const RowWriter& writer_;
  const bool tracks_;
  std::vector<AddFile>& adds_;
  std::map<std::string, std::string> tags_;
  Batches pending_;
  int64_t bytes_ = 0;
};

}  // namespace

bool has_deletion_vectors(const Snapshot& snapshot) {
  return has_writer_feature(snapshot.protocol(), "deletionVectors") &&
         is_true(snapshot.metadata().configuration, "delta.enableDeletionVectors");
}

bool has_change_feed(const Snapshot& snapshot) {
  return change_feed_enabled(snapshot.protocol(), snapshot.metadata());
}

Status copy_on_write(const RowWriter& writer, CommitRequest& request) {
  const Snapshot& base = *writer.base;
  const bool tracks = row_tracking_enabled(base.protocol(), base.metadata());
  for (RowDeletion& deletion : request.deletions) {
    const auto file = state_of(base).files.find(FileKey::any_vector_of(deletion.path));
    if (!file) return invalid("file " + deletion.path + " is not in the table");
    TRY(Remainder(writer, tracks, request.adds).run(*file, std::move(deletion.rows)));
    request.removes.push_back(removal_of(*file, true));
  }
  request.deletions.clear();
  return {};
}

Result<SnapshotPtr> create_with_files(const Table& table, const Snapshot& shape,
                                      std::vector<AddFile> files, Random& random,
                                      const Clock& clock) {
  CommitRequest request;
  request.operation = "CREATE TABLE AS SELECT";
  request.protocol = shape.protocol();
  request.metadata = shape.metadata();
  request.adds = std::move(files);
  return commit_first(table, request, random, clock);
}

Result<CommitRequest> replacement(const Snapshot& old, const Snapshot& shape) {
  for (const Snapshot* each : {&old, &shape}) {
    if (TRY(column_mapping(*each)) != ColumnMapping::kNone) {
      return Error(
          ErrorCode::kUnsupported,
          "a table whose columns are mapped cannot be replaced: drop it, and make it anew");
    }
  }
  CommitRequest request;
  auto features = features_asked_for(shape.metadata(), shape.schema());
  if (auto domain = clustering_change(old, shape)) {
    features.insert("clustering");
    request.domains.push_back(std::move(*domain));
  }
  Protocol protocol = TRY(raised(old.protocol(), features));
  if (protocol != old.protocol()) request.protocol = std::move(protocol);
  request.metadata = shape.metadata();
  request.metadata->id = old.metadata().id;
  old.each_file([&](const std::shared_ptr<const AddFile>& file) {
    request.removes.push_back(removal_of(*file, true));
    return true;
  });
  return request;
}

}  // namespace foz::delta
