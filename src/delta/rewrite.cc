// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/rewrite_internal.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>
#include <fmt/format.h>

#include <algorithm>

#include "delta/column_mapping_internal.h"
#include "delta/data_file_internal.h"
#include "delta/data_file_writer_internal.h"
#include "delta/divided_rows_internal.h"
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

using Batch = std::shared_ptr<arrow::RecordBatch>;
using ReadRows = std::function<Status(const VisitBatch& visit)>;

// Many ranges make many small files on the way.
constexpr size_t kMostRanges = 64;
constexpr int64_t kSampleRows = 1 << 16;
// Sorted rows take about so many times the bytes that they have in a file.
constexpr int64_t kExpansion = 4;

class Rewrite {
 public:
  Rewrite(const Table& table, const Snapshot& snapshot, const OptimizeOptions& options,
          Random& random, const Clock& clock, const OnFile& on_file)
      : table_(table),
        snapshot_(snapshot),
        options_(options),
        random_(random),
        clock_(clock),
        on_file_(on_file) {}

  Result<MergedFiles> run(const Bin& bin) {
    TRY(plan(bin));
    merged_.in_order = options_.order_by.empty() && options_.cluster_by.empty();
    TRY(write(bin.files, bin.bytes, [&](const VisitBatch& visit) { return read(bin, visit); }));
    for (const AddFile& file : merged_.into) {
      const auto rows = physical_rows(file);
      CHECK(rows.has_value());  // a writer of ours counts them
      merged_.rows.push_back(*rows);
    }
    return std::move(merged_);
  }

 private:
  Status plan(const Bin& bin) {
    write_.rules_checked = true;  // when the rows were first written
    if (options_.merge_tags) write_.tags = options_.merge_tags(bin.files);
    if (!options_.cluster_by.empty()) {
      write_.tags[kClusterTag] =
          !bin.cluster.empty() ? bin.cluster
                               : cluster_columns(options_.cluster_by) + random_.uuid().to_string();
    }
    const ColumnMapping mapping = TRY(column_mapping(snapshot_));
    const auto& partitions = snapshot_.metadata().partition_columns;
    for (const Field& field : snapshot_.schema().fields) {
      if (std::ranges::find(partitions, field.name) == partitions.end()) {
        columns_.push_back(field.name);
        continue;
      }
      write_.partition_values[field.name] =
          partition_text(*bin.files.front(), physical_name(field, mapping), field.name);
    }
    if (row_tracking_enabled(snapshot_.protocol(), snapshot_.metadata())) {
      write_.keep_row_ids = true;
      columns_.insert(columns_.end(), {kRowId, kRowCommitVersion});
    }
    return {};
  }

  // The rows that are to be rewritten, and where they come from.
  Status read(const Bin& bin, const VisitBatch& visit) {
    int64_t rows_before = 0;
    for (const auto& file : bin.files) {
      MovedRows& moved = merged_.from.emplace_back(file);
      moved.first = rows_before;
      const LeaveOut deleted = [&](int64_t rows) -> Result<std::optional<DeletedRows>> {
        moved.rows = rows;
        if (!file->deletion_vector) return std::optional<DeletedRows>();
        auto gone =
            TRY(load_deletion_vector(table_.store(), table_.root(), *file->deletion_vector, rows));
        moved.gone.assign(gone.words().begin(), gone.words().end());
        return std::optional(std::move(gone));
      };
      TRY(read_chosen_rows(table_, snapshot_, *file, columns_, deleted, [&](Batch rows) {
        rows_before += rows->num_rows();
        return visit(std::move(rows));
      }));
      TRY(on_file_(file.get()));
    }
    return {};
  }

  // More rows than can be sorted at once are divided first, as often as it takes.
  Status write(const DataFiles& files, int64_t bytes, const ReadRows& read_rows) {
    const RowRanges ranges = TRY(ranges_of(files, bytes));
    if (ranges.count() == 1) {
      Rewriter rewriter(table_, snapshot_, write_, options_, random_, clock_);
      TRY(read_rows([&](Batch rows) { return rewriter.add(std::move(rows)); }));
      std::ranges::move(TRY(rewriter.finish()), std::back_inserter(merged_.into));
      return on_file_(nullptr);
    }
    DividedRows divided(table_, snapshot_, write_, ranges, options_.sort_bytes, random_, clock_);
    TRY(read_rows([&](const Batch& rows) { return divided.add(rows); }));
    for (const DataFiles& range : TRY(divided.finish())) {
      int64_t range_bytes = 0;
      for (const auto& file : range) range_bytes += file->size;
      TRY(write(range, range_bytes, [&](const VisitBatch& visit) -> Status {
        for (const auto& file : range) {
          TRY(read_data_file(table_, snapshot_, *file, columns_, visit));
          TRY(on_file_(nullptr));
        }
        return {};
      }));
      divided.drop(range);
    }
    return {};
  }

  Result<RowRanges> ranges_of(const DataFiles& files, int64_t bytes) const {
    const auto most = static_cast<size_t>(bytes / sorted_bytes(options_) + 1);
    if (options_.cluster_by.empty() || most == 1) return RowRanges();
    int64_t rows = 0, row = 0;
    for (const auto& file : files) rows += physical_rows(*file).value_or(0);
    const int64_t every = rows / kSampleRows + 1;
    std::vector<Batch> sample;
    for (const auto& file : files) {
      TRY(read_data_file(table_, snapshot_, *file, options_.cluster_by, [&](Batch batch) -> Status {
        arrow::Int64Builder chosen;
        for (int64_t i = 0; i < batch->num_rows(); ++i) {
          if (row++ % every == 0) TRY_ARROW(chosen.Append(i));
        }
        const auto taken = TRY_ARROW(
            arrow::compute::Take(arrow::Datum(batch), arrow::Datum(TRY_ARROW(chosen.Finish()))));
        sample.push_back(taken.record_batch());
        return {};
      }));
      TRY(on_file_(nullptr));
    }
    if (sample.empty()) return RowRanges();
    return RowRanges::of(*TRY_ARROW(arrow::ConcatenateRecordBatches(sample)), options_.cluster_by,
                         std::min(most, kMostRanges));
  }

  const Table& table_;
  const Snapshot& snapshot_;
  const OptimizeOptions& options_;
  Random& random_;
  const Clock& clock_;
  const OnFile& on_file_;
  WriteOptions write_;
  std::vector<std::string> columns_;
  MergedFiles merged_;
};

}  // namespace

std::string cluster_columns(const std::vector<std::string>& columns) {
  return fmt::format("{}#", fmt::join(columns, ","));
}

int64_t sorted_bytes(const OptimizeOptions& options) {
  return std::min(options.target_bytes, std::max<int64_t>(1, options.sort_bytes / kExpansion));
}

Result<MergedFiles> rewrite(const Table& table, const Snapshot& snapshot, const Bin& bin,
                            const OptimizeOptions& options, Random& random, const Clock& clock,
                            const OnFile& on_file) {
  return Rewrite(table, snapshot, options, random, clock, on_file).run(bin);
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
