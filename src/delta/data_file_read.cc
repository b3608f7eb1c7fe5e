// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/buffer.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type_traits.h>
#include <arrow/util/bit_run_reader.h>
#include <arrow/util/bitmap_ops.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "delta/calendar_internal.h"
#include "delta/coerce_internal.h"
#include "delta/data_file_columns_internal.h"
#include "delta/data_file_internal.h"
#include "delta/data_file_rows.h"
#include "delta/parquet_source_internal.h"
#include "delta/paths_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

// Leaf columns of the file that the outputs need.
Result<std::vector<int>> select_leaves(const parquet::arrow::SchemaManifest& manifest,
                                       const std::vector<OutputColumn>& outputs,
                                       const Snapshot& snapshot) {
  arrow::FieldVector fields;
  for (const auto& top : manifest.schema_fields) fields.push_back(top.field);
  if (TRY(column_mapping(snapshot)) == ColumnMapping::kId && !has_field_ids(fields)) {
    return Error(ErrorCode::kCorrupt, "the table maps columns by field id and the file has none");
  }
  std::vector<int> leaves;
  for (const OutputColumn& output : outputs) {
    if (!output.field) continue;
    const int at = find_field(fields, *output.field, output.mapping);
    if (at >= 0) {
      collect_leaves(manifest.schema_fields[static_cast<size_t>(at)], leaves);
    }
  }
  std::sort(leaves.begin(), leaves.end());
  leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
  return leaves;
}

struct RowRun {
  int64_t first, rows;
};

// Of a column of texts or bytes without nulls. Arrow's filter, which looks at each row, takes twice
// as long, and where keys change such columns are most of what a scan copies.
Result<std::shared_ptr<arrow::Array>> runs_of(const arrow::BinaryArray& column,
                                              const std::vector<RowRun>& runs, int64_t rows) {
  const int32_t* begins = column.raw_value_offsets();
  int64_t bytes = 0;
  for (const RowRun& run : runs) bytes += begins[run.first + run.rows] - begins[run.first];
  std::shared_ptr<arrow::Buffer> offsets =
      TRY_ARROW(arrow::AllocateBuffer((rows + 1) * static_cast<int64_t>(sizeof(int32_t))));
  std::shared_ptr<arrow::Buffer> values = TRY_ARROW(arrow::AllocateBuffer(bytes));
  auto* begin = offsets->mutable_data_as<int32_t>();
  uint8_t* to = values->mutable_data();
  int32_t end = 0;
  for (const RowRun& run : runs) {
    const int32_t from = begins[run.first], size = begins[run.first + run.rows] - from;
    for (int64_t i = 0; i < run.rows; ++i) *begin++ = begins[run.first + i] - from + end;
    if (size > 0) std::memcpy(to + end, column.raw_data() + from, static_cast<size_t>(size));
    end += size;
  }
  *begin = end;
  return arrow::MakeArray(arrow::ArrayData::Make(
      column.type(), rows, {nullptr, std::move(offsets), std::move(values)}, /*null_count=*/0));
}

// The rows that are left; null when none is.
Result<std::shared_ptr<arrow::RecordBatch>> without_deleted(
    std::shared_ptr<arrow::RecordBatch> batch, const DeletedRows& deleted, int64_t first_row) {
  const int64_t rows = batch->num_rows();
  // Bits of a word stand in memory as Arrow's do.
  static_assert(std::endian::native == std::endian::little);
  const auto* bits = reinterpret_cast<const uint8_t*>(deleted.words().data());
  const int64_t gone = arrow::internal::CountSetBits(bits, first_row, rows);
  if (gone == 0) return batch;
  if (gone == rows) return std::shared_ptr<arrow::RecordBatch>();
  const auto mask = std::make_shared<arrow::BooleanArray>(
      rows, TRY_ARROW(arrow::internal::InvertBitmap(arrow::default_memory_pool(), bits, first_row,
                                                    rows)));
  std::vector<RowRun> runs;
  arrow::internal::VisitSetBitRunsVoid(
      mask->values()->data(), 0, rows,
      [&](int64_t first, int64_t count) { runs.push_back({first, count}); });
  // Column by column, which copies runs of rows; a batch is gathered row by row.
  arrow::ArrayVector columns;
  for (const auto& column : batch->columns()) {
    const bool text = arrow::is_binary_like(column->type_id()) && column->null_count() == 0;
    columns.push_back(
        text ? TRY(runs_of(static_cast<const arrow::BinaryArray&>(*column), runs, rows - gone))
             : TRY_ARROW(arrow::compute::Filter(column, mask)).make_array());
  }
  return arrow::RecordBatch::Make(batch->schema(), rows - gone, std::move(columns));
}

class FileScan {
 public:
  // All rows but those that `leave_out` says.
  static Result<FileScan> open(const Table& table, const Snapshot& snapshot, const AddFile& file,
                               const std::vector<std::string>& columns, const LeaveOut& leave_out,
                               WantsRows wants = {}) {
    FileScan scan;
    scan.path_ = file.path;
    scan.snapshot_ = &snapshot;
    scan.wants_ = std::move(wants);
    scan.outputs_ = TRY(plan_columns(snapshot, file, columns).within(file.path));
    const std::string path = TRY(object_path(table, file));
    scan.reader_ = TRY(open_parquet(table.store(), path, file.size));
    TRY(guard_parquet([&] { return scan.begin(file, leave_out); }).within(file.path));
    return scan;
  }

  // Null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> next() {
    return guard_parquet([&] { return next_rows(); }).within(path_);
  }

 private:
  Status begin(const AddFile& file, const LeaveOut& leave_out) {
    rows_ = reader_->parquet_reader()->metadata()->num_rows();
    if (const auto counted = statistics_rows(file.stats); counted && *counted != rows_) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the file has {} rows and the log says {}", rows_, *counted));
    }
    left_out_ = TRY(leave_out(rows_));
    if (left_out_ && left_out_->count() == rows_) {
      reader_.reset();
      return {};
    }
    arrow::FieldVector fields;
    for (const OutputColumn& output : outputs_) fields.push_back(output.arrow_field);
    schema_ = arrow::schema(std::move(fields));
    leaves_ = TRY(select_leaves(reader_->manifest(), outputs_, *snapshot_));
    julian_ = julian_marks(*reader_->parquet_reader()->metadata());
    // Statistics are found by name, and count as the file does.
    const bool named = TRY(column_mapping(*snapshot_)) != ColumnMapping::kId;
    if (!named || julian_.any()) wants_ = nullptr;
    if (wants_) TRY_ARROW(reader_->GetSchema(&file_schema_));
    return {};
  }

  Result<bool> is_wanted(int group) const {
    if (!wants_) return true;
    const auto part = reader_->parquet_reader()->metadata()->Subset({group});
    const auto rows = WrittenRows::unknown(*file_schema_, part->num_columns());
    const AddFile file{.path = path_,
                       .stats = write_statistics(*part, *file_schema_, rows, StatisticsScope(-1))};
    return wants_(TRY(parse_statistics(*snapshot_, file)));
  }

  // A group at a time: all that a batch reader reads of the file it reads at once.
  Result<std::shared_ptr<arrow::RecordBatch>> next_rows() {
    while (reader_) {
      if (!batches_) {
        if (group_ == reader_->num_row_groups()) {
          reader_.reset();
          if (first_row_ != rows_) return other_rows();
          break;
        }
        const int group = group_++;
        if (!TRY(is_wanted(group))) {
          first_row_ += reader_->parquet_reader()->metadata()->RowGroup(group)->num_rows();
          continue;
        }
        batches_ = TRY_ARROW(reader_->GetRecordBatchReader({group}, leaves_));
      }
      const auto batch = TRY_ARROW(batches_->Next());
      if (!batch) {
        batches_.reset();
        continue;
      }
      if (batch->num_rows() > rows_ - first_row_) return other_rows();
      const auto rows = TRY(take(*batch));
      first_row_ += batch->num_rows();
      if (rows && rows->num_rows() > 0) return rows;
    }
    return std::shared_ptr<arrow::RecordBatch>();
  }

  Error other_rows() const {
    return Error(ErrorCode::kCorrupt,
                 fmt::format("the file has other rows than the {} that it says", rows_));
  }

  Result<std::shared_ptr<arrow::RecordBatch>> take(const arrow::RecordBatch& batch) const {
    arrow::ArrayVector columns;
    for (const OutputColumn& output : outputs_) {
      auto column = TRY(make_column(output, batch, first_row_));
      if (output.field) column = TRY(to_gregorian(column, output.field->type, julian_));
      columns.push_back(std::move(column));
    }
    auto rows = arrow::RecordBatch::Make(schema_, batch.num_rows(), std::move(columns));
    if (left_out_) rows = TRY(without_deleted(std::move(rows), *left_out_, first_row_));
    return rows;
  }

  std::string path_;
  const Snapshot* snapshot_ = nullptr;
  WantsRows wants_;  // null: all
  std::shared_ptr<arrow::Schema> file_schema_;
  std::vector<OutputColumn> outputs_;
  std::shared_ptr<arrow::Schema> schema_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;  // null when all is read
  std::unique_ptr<arrow::RecordBatchReader> batches_;   // of a row group; null: of the next
  std::vector<int> leaves_;
  JulianMarks julian_;
  std::optional<DeletedRows> left_out_;
  int group_ = 0;
  int64_t rows_ = 0, first_row_ = 0;
};

LeaveOut deleted_in(const Table& table, const AddFile& file) {
  return [&](int64_t rows) -> Result<std::optional<DeletedRows>> {
    if (!file.deletion_vector) return std::optional<DeletedRows>();
    return std::optional(
        TRY(load_deletion_vector(table.store(), table.root(), *file.deletion_vector, rows)));
  };
}

}  // namespace

Result<std::string> object_path(const Table& table, const AddFile& file) {
  return resolve_path(table.store(), table.root(), file.path);
}

Status read_chosen_rows(const Table& table, const Snapshot& snapshot, const AddFile& file,
                        const std::vector<std::string>& columns, const LeaveOut& leave_out,
                        const VisitBatch& visit) {
  FileScan scan = TRY(FileScan::open(table, snapshot, file, columns, leave_out));
  while (auto rows = TRY(scan.next())) TRY(visit(std::move(rows)));
  return {};
}

Status read_data_file(const Table& table, const Snapshot& snapshot, const AddFile& file,
                      const std::vector<std::string>& columns, const VisitBatch& visit) {
  return read_chosen_rows(table, snapshot, file, columns, deleted_in(table, file), visit);
}

struct DataFileRows::Impl {
  FileScan scan;
};

DataFileRows::DataFileRows(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataFileRows::DataFileRows(DataFileRows&&) noexcept = default;
DataFileRows::~DataFileRows() = default;

Result<DataFileRows> DataFileRows::open(const Table& table, const Snapshot& snapshot,
                                        const AddFile& file,
                                        const std::vector<std::string>& columns, WantsRows wants) {
  return DataFileRows(std::make_unique<Impl>(TRY(
      FileScan::open(table, snapshot, file, columns, deleted_in(table, file), std::move(wants)))));
}

Result<std::shared_ptr<arrow::RecordBatch>> DataFileRows::next() { return impl_->scan.next(); }

Result<std::vector<bool>> deleted_rows(const Table& table, const AddFile& file,
                                       std::optional<int64_t> rows) {
  if (!rows) rows = statistics_rows(file.stats);
  if (!file.deletion_vector || !rows)
    return Error(ErrorCode::kCorrupt, "no numRecords beside the deletion vector").within(file.path);
  // Memory is taken for each, before anybody has looked at the file.
  if (*rows < 0 || *rows > kMostFileRows) {
    return Error(ErrorCode::kCorrupt, fmt::format("numRecords {} cannot be", *rows))
        .within(file.path);
  }
  const DeletedRows deleted =
      TRY(load_deletion_vector(table.store(), table.root(), *file.deletion_vector, *rows)
              .within(file.path));
  std::vector<bool> gone(static_cast<size_t>(*rows));
  for (int64_t row = 0; row < *rows; ++row) gone[static_cast<size_t>(row)] = deleted.contains(row);
  return gone;
}

}  // namespace foz::delta
