// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "delta/calendar_internal.h"
#include "delta/coerce_internal.h"
#include "delta/data_file_columns_internal.h"
#include "delta/data_file_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/paths_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

bool has_field_ids(const arrow::FieldVector& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const std::shared_ptr<arrow::Field>& field) {
    return field->metadata() && field->metadata()->Contains("PARQUET:field_id");
  });
}

// Leaf columns of the file that the outputs need.
Result<std::vector<int>> select_leaves(const parquet::arrow::SchemaManifest& manifest,
                                       const std::vector<OutputColumn>& outputs,
                                       const Snapshot& snapshot) {
  arrow::FieldVector fields;
  for (const auto& top : manifest.schema_fields) fields.push_back(top.field);
  if (TRY(column_mapping(snapshot.metadata())) == ColumnMapping::kId && !has_field_ids(fields)) {
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
  return TRY_ARROW(arrow::compute::Filter(batch, mask)).record_batch();
}

class FileScan {
 public:
  FileScan(std::vector<OutputColumn> outputs, const VisitBatch& visit)
      : outputs_(std::move(outputs)), visit_(visit) {
    arrow::FieldVector fields;
    for (const OutputColumn& output : outputs_) fields.push_back(output.arrow_field);
    schema_ = arrow::schema(std::move(fields));
  }

  Status run(const Snapshot& snapshot, parquet::arrow::FileReader& reader,
             const std::optional<DeletedRows>& deleted) {
    const auto leaves = TRY(select_leaves(reader.manifest(), outputs_, snapshot));
    const auto metadata = reader.parquet_reader()->metadata();
    const JulianMarks julian = julian_marks(*metadata);
    int64_t first_row = 0;
    // A group at a time: all that a batch reader reads of the file it reads at once.
    for (int group = 0; group < reader.num_row_groups(); ++group) {
      const auto batches = TRY_ARROW(reader.GetRecordBatchReader({group}, leaves));
      while (const auto batch = TRY_ARROW(batches->Next())) {
        if (batch->num_rows() > metadata->num_rows() - first_row) return other_rows(*metadata);
        TRY(take(*batch, julian, deleted, first_row));
        first_row += batch->num_rows();
      }
    }
    return first_row == metadata->num_rows() ? Status() : other_rows(*metadata);
  }

 private:
  static Error other_rows(const parquet::FileMetaData& metadata) {
    return Error(
        ErrorCode::kCorrupt,
        fmt::format("the file has other rows than the {} that it says", metadata.num_rows()));
  }

  Status take(const arrow::RecordBatch& batch, const JulianMarks& julian,
              const std::optional<DeletedRows>& deleted, int64_t first_row) {
    arrow::ArrayVector columns;
    for (const OutputColumn& output : outputs_) {
      auto column = TRY(make_column(output, batch, first_row));
      if (output.field) column = TRY(to_gregorian(column, output.field->type, julian));
      columns.push_back(std::move(column));
    }
    auto rows = arrow::RecordBatch::Make(schema_, batch.num_rows(), std::move(columns));
    if (deleted) rows = TRY(without_deleted(std::move(rows), *deleted, first_row));
    return rows && rows->num_rows() > 0 ? visit_(std::move(rows)) : Status();
  }

  std::vector<OutputColumn> outputs_;
  const VisitBatch& visit_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<std::string> object_path(const Table& table, const AddFile& file) {
  return resolve_path(table.store(), table.root(), file.path);
}

Status read_chosen_rows(const Table& table, const Snapshot& snapshot, const AddFile& file,
                        const std::vector<std::string>& columns, const LeaveOut& leave_out,
                        const VisitBatch& visit) {
  auto outputs = TRY(plan_columns(snapshot, file, columns).within(file.path));
  const std::string path = TRY(object_path(table, file));
  const auto reader = TRY(open_parquet(table.store(), path, file.size));
  return guard_parquet([&]() -> Status {
           const int64_t rows = reader->parquet_reader()->metadata()->num_rows();
           if (const auto counted = statistics_rows(file.stats); counted && *counted != rows) {
             return Error(ErrorCode::kCorrupt,
                          fmt::format("the file has {} rows and the log says {}", rows, *counted));
           }
           const auto left_out = TRY(leave_out(rows));
           if (left_out && left_out->count() == rows) return {};
           return FileScan(std::move(outputs), visit).run(snapshot, *reader, left_out);
         })
      .within(file.path);
}

Status read_data_file(const Table& table, const Snapshot& snapshot, const AddFile& file,
                      const std::vector<std::string>& columns, const VisitBatch& visit) {
  const LeaveOut deleted = [&](int64_t rows) -> Result<std::optional<DeletedRows>> {
    if (!file.deletion_vector) return std::optional<DeletedRows>();
    return std::optional(
        TRY(load_deletion_vector(table.store(), table.root(), *file.deletion_vector, rows)));
  };
  return read_chosen_rows(table, snapshot, file, columns, deleted, visit);
}

Result<std::vector<bool>> deleted_rows(const Table& table, const AddFile& file) {
  const auto rows = statistics_rows(file.stats);
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
