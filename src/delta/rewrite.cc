// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/rewrite_internal.h"

#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <algorithm>

#include "delta/column_mapping_internal.h"
#include "delta/data_file_internal.h"
#include "delta/data_file_writer_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/replay_internal.h"
#include "delta/row_order_internal.h"
#include "delta/row_tracking_internal.h"

namespace foz::delta {
namespace {

// Of Arrow memory: what a row group is made of where rows are not sorted.
constexpr int64_t kGroupBytes = 64 << 20;

class Rewriter {
 public:
  Rewriter(const Table& table, const Snapshot& snapshot, const WriteOptions& write,
           const OptimizeOptions& options, Random& random, const Clock& clock)
      : table_(table),
        snapshot_(snapshot),
        write_(write),
        options_(options),
        random_(random),
        clock_(clock) {}

  Status add(std::shared_ptr<arrow::RecordBatch> rows) {
    pending_bytes_ += TRY_ARROW(arrow::util::ReferencedBufferSize(*rows));
    pending_rows_ += rows->num_rows();
    pending_.push_back(std::move(rows));
    if (sorts()) return pending_bytes_ < options_.sort_bytes ? Status() : finish_run();
    const bool full = pending_bytes_ >= kGroupBytes || pending_rows_ >= write_.row_group_rows;
    return full ? flush() : Status();
  }

  Result<std::vector<AddFile>> finish() {
    TRY(finish_run());
    return std::move(files_);
  }

 private:
  bool sorts() const { return !options_.order_by.empty() || !options_.cluster_by.empty(); }

  // Rows that are sorted are a file of their own.
  Status finish_run() {
    if (sorts() && !pending_.empty()) TRY(sort());
    TRY(flush());
    return finish_file();
  }

  Status sort() {
    auto rows = TRY_ARROW(arrow::ConcatenateRecordBatches(pending_));
    pending_.clear();
    rows = options_.order_by.empty() ? TRY(z_ordered(rows, options_.cluster_by))
                                     : TRY(ordered(rows, options_.order_by));
    pending_.push_back(std::move(rows));
    return {};
  }

  Status flush() {
    if (pending_.empty()) return {};
    if (!writer_) writer_.emplace(TRY(DataFileWriter::open(table_, snapshot_, write_)));
    TRY(writer_->write(pending_));
    pending_.clear();
    pending_bytes_ = pending_rows_ = 0;
    return TRY(writer_->bytes()) < options_.target_bytes ? Status() : finish_file();
  }

  Status finish_file() {
    if (!writer_) return {};
    AddFile& file = files_.emplace_back(TRY(writer_->finish(random_, clock_)));
    file.data_change = false;
    if (!options_.cluster_by.empty()) file.clustering_provider = "foz";
    writer_.reset();
    return {};
  }

  const Table& table_;
  const Snapshot& snapshot_;
  const WriteOptions& write_;
  const OptimizeOptions& options_;
  Random& random_;
  const Clock& clock_;
  std::vector<std::shared_ptr<arrow::RecordBatch>> pending_;
  int64_t pending_bytes_ = 0, pending_rows_ = 0;
  std::optional<DataFileWriter> writer_;
  std::vector<AddFile> files_;
};

}  // namespace

std::string clustered_tag(const std::vector<std::string>& columns) {
  return fmt::format("{}", fmt::join(columns, ","));
}

Result<MergedFiles> rewrite(const Table& table, const Snapshot& snapshot, const Bin& bin,
                            const OptimizeOptions& options, Random& random, const Clock& clock) {
  WriteOptions write;
  write.plain_columns = options.plain_columns;
  write.rules_checked = true;  // when the rows were first written
  if (options.merge_tags) write.tags = options.merge_tags(bin.files);
  if (!options.cluster_by.empty()) write.tags[kClusteredTag] = clustered_tag(options.cluster_by);
  const ColumnMapping mapping = TRY(column_mapping(snapshot.metadata()));
  const auto& partitions = snapshot.metadata().partition_columns;
  std::vector<std::string> columns;
  for (const Field& field : snapshot.schema().fields) {
    if (std::ranges::find(partitions, field.name) == partitions.end()) {
      columns.push_back(field.name);
      continue;
    }
    const auto& values = bin.files.front()->partition_values;
    auto value = values.find(physical_name(field, mapping));
    if (value == values.end()) value = values.find(field.name);
    write.partition_values[field.name] = value == values.end() ? std::nullopt : value->second;
  }
  if (row_tracking_enabled(snapshot.protocol(), snapshot.metadata())) {
    write.keep_row_ids = true;
    columns.insert(columns.end(), {kRowId, kRowCommitVersion});
  }
  Rewriter rewriter(table, snapshot, write, options, random, clock);
  MergedFiles merged;
  merged.in_order = options.order_by.empty() && options.cluster_by.empty();
  int64_t rows_before = 0;
  for (const auto& file : bin.files) {
    MovedRows& moved = merged.from.emplace_back(file);
    moved.first = rows_before;
    const LeaveOut deleted = [&](int64_t rows) -> Result<std::optional<DeletedRows>> {
      moved.rows = rows;
      if (!file->deletion_vector) return std::optional<DeletedRows>();
      auto gone =
          TRY(load_deletion_vector(table.store(), table.root(), *file->deletion_vector, rows));
      moved.gone.assign(gone.words().begin(), gone.words().end());
      return std::optional(std::move(gone));
    };
    TRY(read_chosen_rows(table, snapshot, *file, columns, deleted,
                         [&](std::shared_ptr<arrow::RecordBatch> rows) {
                           rows_before += rows->num_rows();
                           return rewriter.add(std::move(rows));
                         }));
  }
  merged.into = TRY(rewriter.finish());
  for (const AddFile& file : merged.into) {
    const auto rows = physical_rows(file);
    CHECK(rows.has_value());  // a writer of ours counts them
    merged.rows.push_back(*rows);
  }
  return merged;
}

RemoveFile removal_of(const AddFile& file, bool data_change) {
  RemoveFile remove;
  remove.path = file.path;
  remove.data_change = data_change;
  remove.extended_file_metadata = true;
  remove.partition_values = file.partition_values;
  remove.size = file.size;
  remove.tags = file.tags;
  remove.deletion_vector = file.deletion_vector;
  remove.base_row_id = file.base_row_id;
  remove.default_row_commit_version = file.default_row_commit_version;
  return remove;
}

}  // namespace foz::delta
