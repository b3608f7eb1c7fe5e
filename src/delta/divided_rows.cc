// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/divided_rows_internal.h"

#include <arrow/array/builder_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/util/byte_size.h>

#include "delta/data_file_internal.h"
#include "delta/parquet_source_internal.h"

namespace foz::delta {

DividedRows::DividedRows(const Table& table, const Snapshot& snapshot, const WriteOptions& options,
                         RowRanges ranges, int64_t bytes, Random& random, const Clock& clock)
    : table_(table),
      snapshot_(snapshot),
      options_(options),
      ranges_(std::move(ranges)),
      most_bytes_(bytes / static_cast<int64_t>(ranges_.count())),
      random_(random),
      clock_(clock),
      rows_(ranges_.count()) {}

DividedRows::~DividedRows() {
  for (const Range& range : rows_) drop(range.files);
}

Status DividedRows::add(const std::shared_ptr<arrow::RecordBatch>& rows) {
  std::vector<arrow::UInt64Builder> chosen(rows_.size());
  uint64_t row = 0;
  for (const size_t range : TRY(ranges_.of_rows(*rows))) {
    TRY_ARROW(chosen[range].Append(row++));
  }
  for (size_t i = 0; i < rows_.size(); ++i) {
    if (chosen[i].length() == 0) continue;
    auto part = TRY_ARROW(arrow::compute::Take(arrow::Datum(rows),
                                               arrow::Datum(TRY_ARROW(chosen[i].Finish())),
                                               arrow::compute::TakeOptions::NoBoundsCheck()))
                    .record_batch();
    Range& range = rows_[i];
    range.pending_bytes += TRY_ARROW(arrow::util::ReferencedBufferSize(*part));
    range.pending.push_back(std::move(part));
    if (range.pending_bytes >= most_bytes_) TRY(flush(range));
  }
  return {};
}

Result<std::vector<DataFiles>> DividedRows::finish() {
  std::vector<DataFiles> out;
  for (Range& range : rows_) {
    TRY(flush(range));
    TRY(finish_file(range));
    out.push_back(range.files);
  }
  return out;
}

void DividedRows::drop(const DataFiles& range) const {
  for (const auto& file : range) {
    if (const auto path = object_path(table_, *file)) (void)table_.store().remove(*path);
  }
}

Status DividedRows::flush(Range& range) {
  if (range.pending.empty()) return {};
  if (!range.writer) {
    range.writer.emplace(TRY(DataFileWriter::open(table_, snapshot_, options_)));
  }
  TRY(range.writer->write(range.pending));
  range.pending.clear();
  range.pending_bytes = 0;
  return TRY(range.writer->bytes()) < most_bytes_ ? Status() : finish_file(range);
}

Status DividedRows::finish_file(Range& range) {
  if (!range.writer) return {};
  AddFile file = TRY(range.writer->finish(random_, clock_));
  range.writer.reset();
  if (options_.keep_row_ids) {
    // As a commit would have given it; each row brings its own.
    file.base_row_id = file.default_row_commit_version = 0;
  }
  range.files.push_back(std::make_shared<const AddFile>(std::move(file)));
  return {};
}

}  // namespace foz::delta
