// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include <algorithm>

#include "delta/coerce_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/data_file.h"
#include "delta/deletion_vector_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/partition_value_internal.h"
#include "delta/paths_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

// One column of the result and where it comes from.
struct Output {
  const Field* field = nullptr;             // null: the row number
  std::shared_ptr<arrow::Scalar> constant;  // a partition value
  std::shared_ptr<arrow::Field> arrow_field;
};

Result<std::vector<Output>> plan_outputs(const Snapshot& snapshot, const AddFile& file,
                                         const std::vector<std::string>& columns,
                                         ColumnMapping mapping) {
  std::vector<Output> out;
  const auto& partitions = snapshot.metadata().partition_columns;
  const auto take = [&](const Field& field) -> Status {
    Output& output = out.emplace_back();
    output.field = &field;
    output.arrow_field = snapshot.arrow_schema()->GetFieldByName(field.name);
    const auto same = [&](const std::string& name) {
      return snapshot.schema().find(name) == &field;
    };
    if (std::none_of(partitions.begin(), partitions.end(), same)) return {};
    std::optional<std::string> text;
    auto value = file.partition_values.find(physical_name(field, mapping));
    if (value == file.partition_values.end()) value = file.partition_values.find(field.name);
    if (value != file.partition_values.end()) text = value->second;
    output.constant = TRY(partition_scalar(field.type, text).within(field.name));
    return {};
  };
  if (columns.empty()) {
    for (const Field& field : snapshot.schema().fields) TRY(take(field));
  }
  for (const std::string& name : columns) {
    if (name == kRowIndex) {
      out.push_back({nullptr, nullptr, arrow::field(kRowIndex, arrow::int64(), false)});
      continue;
    }
    const Field* field = snapshot.schema().find(name);
    if (!field) return invalid(fmt::format("the table has no column {}", name));
    TRY(take(*field));
  }
  return out;
}

bool has_field_ids(const arrow::FieldVector& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const std::shared_ptr<arrow::Field>& field) {
    return field->metadata() && field->metadata()->Contains("PARQUET:field_id");
  });
}

// Leaf columns of the file that the outputs need.
Result<std::vector<int>> select_leaves(const parquet::arrow::SchemaManifest& manifest,
                                       const std::vector<Output>& outputs, ColumnMapping mapping) {
  arrow::FieldVector fields;
  for (const auto& top : manifest.schema_fields) fields.push_back(top.field);
  if (mapping == ColumnMapping::kId && !has_field_ids(fields)) {
    return Error(ErrorCode::kCorrupt, "the table maps columns by field id and the file has none");
  }
  std::vector<int> leaves;
  for (const Output& output : outputs) {
    if (!output.field || output.constant || output.field->type.kind == TypeKind::kVoid) continue;
    const int at = find_field(fields, *output.field, mapping);
    if (at >= 0) collect_leaves(manifest.schema_fields[static_cast<size_t>(at)], leaves);
  }
  std::sort(leaves.begin(), leaves.end());
  leaves.erase(std::unique(leaves.begin(), leaves.end()), leaves.end());
  return leaves;
}

std::shared_ptr<arrow::Array> numbered(int64_t first, int64_t count) {
  auto buffer = *arrow::AllocateBuffer(count * 8);
  auto* values = reinterpret_cast<int64_t*>(buffer->mutable_data());
  for (int64_t i = 0; i < count; ++i) values[i] = first + i;
  return std::make_shared<arrow::Int64Array>(count,
                                             std::shared_ptr<arrow::Buffer>(std::move(buffer)));
}

Result<std::shared_ptr<arrow::Array>> make_column(const Output& output,
                                                  const arrow::RecordBatch& batch,
                                                  ColumnMapping mapping, int64_t first_row) {
  const int64_t rows = batch.num_rows();
  if (!output.field) return numbered(first_row, rows);
  if (output.constant) return TRY_ARROW(arrow::MakeArrayFromScalar(*output.constant, rows));
  const int at = output.field->type.kind == TypeKind::kVoid
                     ? -1
                     : find_field(batch.schema()->fields(), *output.field, mapping);
  if (at < 0) return TRY_ARROW(arrow::MakeArrayOfNull(output.arrow_field->type(), rows));
  return TRY(coerce(batch.column(at), output.field->type, mapping).within(output.field->name));
}

// The rows that are left; null when none is.
Result<std::shared_ptr<arrow::RecordBatch>> without_deleted(
    std::shared_ptr<arrow::RecordBatch> batch, const DeletedRows& deleted, int64_t first_row) {
  arrow::BooleanBuilder kept;
  TRY_ARROW(kept.Reserve(batch->num_rows()));
  int64_t left = 0;
  for (int64_t row = 0; row < batch->num_rows(); ++row) {
    const bool keep = !deleted.contains(first_row + row);
    left += keep;
    kept.UnsafeAppend(keep);
  }
  if (left == batch->num_rows()) return batch;
  if (left == 0) return std::shared_ptr<arrow::RecordBatch>();
  const auto mask = TRY_ARROW(kept.Finish());
  return TRY_ARROW(arrow::compute::Filter(batch, mask)).record_batch();
}

class FileScan {
 public:
  FileScan(std::vector<Output> outputs, ColumnMapping mapping, const VisitBatch& visit)
      : outputs_(std::move(outputs)), mapping_(mapping), visit_(visit) {
    arrow::FieldVector fields;
    for (const Output& output : outputs_) fields.push_back(output.arrow_field);
    schema_ = arrow::schema(std::move(fields));
  }

  Status run(parquet::arrow::FileReader& reader, const std::optional<DeletedRows>& deleted) {
    std::vector<int> groups(static_cast<size_t>(reader.num_row_groups()));
    for (size_t i = 0; i < groups.size(); ++i) groups[i] = static_cast<int>(i);
    const std::vector<int> leaves = TRY(select_leaves(reader.manifest(), outputs_, mapping_));
    const auto batches = TRY_ARROW(reader.GetRecordBatchReader(groups, leaves));
    int64_t first_row = 0;
    while (const auto batch = TRY_ARROW(batches->Next())) {
      arrow::ArrayVector columns;
      for (const Output& output : outputs_) {
        columns.push_back(TRY(make_column(output, *batch, mapping_, first_row)));
      }
      auto rows = arrow::RecordBatch::Make(schema_, batch->num_rows(), std::move(columns));
      if (deleted) rows = TRY(without_deleted(std::move(rows), *deleted, first_row));
      first_row += batch->num_rows();
      if (rows && rows->num_rows() > 0) TRY(visit_(std::move(rows)));
    }
    return {};
  }

 private:
  std::vector<Output> outputs_;
  ColumnMapping mapping_;
  const VisitBatch& visit_;
  std::shared_ptr<arrow::Schema> schema_;
};

}  // namespace

Result<std::string> object_path(const Table& table, const AddFile& file) {
  return resolve_path(table.store(), table.root(), file.path);
}

Status read_data_file(const Table& table, const Snapshot& snapshot, const AddFile& file,
                      const std::vector<std::string>& columns, const VisitBatch& visit) {
  const ColumnMapping mapping = TRY(column_mapping(snapshot.metadata()));
  std::vector<Output> outputs =
      TRY(plan_outputs(snapshot, file, columns, mapping).within(file.path));
  const std::string path = TRY(object_path(table, file));
  const auto reader = TRY(open_parquet(table.store(), path, file.size));
  return guard_parquet([&]() -> Status {
           std::optional<DeletedRows> deleted;
           if (file.deletion_vector) {
             deleted = TRY(load_deletion_vector(table.store(), table.root(), *file.deletion_vector,
                                                reader->parquet_reader()->metadata()->num_rows()));
           }
           return FileScan(std::move(outputs), mapping, visit).run(*reader, deleted);
         })
      .within(file.path);
}

Result<std::vector<bool>> deleted_rows(const Table& table, const AddFile& file) {
  const auto rows = statistics_rows(file.stats);
  if (!file.deletion_vector || !rows)
    return Error(ErrorCode::kCorrupt, "no numRecords beside the deletion vector").within(file.path);
  const DeletedRows deleted =
      TRY(load_deletion_vector(table.store(), table.root(), *file.deletion_vector, *rows)
              .within(file.path));
  std::vector<bool> gone(static_cast<size_t>(*rows));
  for (int64_t row = 0; row < *rows; ++row) gone[static_cast<size_t>(row)] = deleted.contains(row);
  return gone;
}

}  // namespace foz::delta
