// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/data_file_columns_internal.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <fmt/format.h>

#include <algorithm>

#include "delta/coerce_internal.h"
#include "delta/data_file_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/partition_value_internal.h"
#include "delta/row_tracking_internal.h"

namespace foz::delta {
namespace {

// Shares the snapshot's field, which outlives the reading.
std::shared_ptr<const Field> borrowed(const Field& field) {
  return {std::shared_ptr<void>(), &field};
}

Result<OutputColumn> table_column(const Snapshot& snapshot, const AddFile& file, const Field& field,
                                  ColumnMapping mapping) {
  OutputColumn out;
  out.arrow_field = snapshot.arrow_schema()->GetFieldByName(field.name);
  const auto& partitions = snapshot.metadata().partition_columns;
  const auto same = [&](const std::string& name) { return snapshot.schema().find(name) == &field; };
  if (std::none_of(partitions.begin(), partitions.end(), same)) {
    out.mapping = mapping;
    if (field.type.kind != TypeKind::kVoid) out.field = borrowed(field);
    return out;
  }
  const auto text = partition_text(file, physical_name(field, mapping), field.name);
  out.constant = TRY(partition_scalar(field.type, text).within(field.name));
  return out;
}

// Row tracking: the file's hidden column where it has one and a value in it, else what the log
// says.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#reader-requirements-for-row-tracking
Result<OutputColumn> row_tracking_column(const Snapshot& snapshot, const AddFile& file,
                                         const std::string& name) {
  if (!row_tracking_enabled(snapshot.protocol(), snapshot.metadata())) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: the table does not track rows (delta.enableRowTracking)", name));
  }
  const bool is_id = name == kRowId;
  OutputColumn out;
  out.arrow_field = arrow::field(name, arrow::int64(), false);
  if (const auto hidden = snapshot.property(is_id ? kRowIdColumn : kRowVersionColumn)) {
    out.field =
        std::make_shared<Field>(Field{*hidden, DataType{.kind = TypeKind::kLong}, true, {}});
  }
  const auto& standing_in = is_id ? file.base_row_id : file.default_row_commit_version;
  if (!standing_in) {
    return Error(ErrorCode::kCorrupt, fmt::format("the log has no {} for the file",
                                                  is_id ? "baseRowId" : "defaultRowCommitVersion"));
  }
  if (is_id) {
    out.first_number = standing_in;
  } else {
    out.constant = std::make_shared<arrow::Int64Scalar>(*standing_in);
  }
  return out;
}

std::shared_ptr<arrow::Array> numbered(int64_t first, int64_t count) {
  auto buffer = *arrow::AllocateBuffer(count * 8);
  auto* values = reinterpret_cast<int64_t*>(buffer->mutable_data());
  for (int64_t i = 0; i < count; ++i) values[i] = first + i;
  return std::make_shared<arrow::Int64Array>(count,
                                             std::shared_ptr<arrow::Buffer>(std::move(buffer)));
}

// Of two columns of int64, `first` where it has a value.
Result<std::shared_ptr<arrow::Array>> first_present(const std::shared_ptr<arrow::Array>& first,
                                                    const std::shared_ptr<arrow::Array>& second) {
  if (first->null_count() == 0) return first;
  const auto& a = static_cast<const arrow::Int64Array&>(*first);
  const auto& b = static_cast<const arrow::Int64Array&>(*second);
  arrow::Int64Builder out;
  TRY_ARROW(out.Reserve(a.length()));
  for (int64_t i = 0; i < a.length(); ++i) out.UnsafeAppend(a.IsValid(i) ? a.Value(i) : b.Value(i));
  return TRY_ARROW(out.Finish());
}

}  // namespace

Result<std::vector<OutputColumn>> plan_columns(const Snapshot& snapshot, const AddFile& file,
                                               const std::vector<std::string>& columns) {
  const ColumnMapping mapping = TRY(column_mapping(snapshot));
  std::vector<OutputColumn> out;
  if (columns.empty()) {
    for (const Field& field : snapshot.schema().fields)
      out.push_back(TRY(table_column(snapshot, file, field, mapping)));
  }
  for (const std::string& name : columns) {
    if (name == kRowIndex) {
      out.push_back({.arrow_field = arrow::field(name, arrow::int64(), false), .first_number = 0});
    } else if (name == kRowId || name == kRowCommitVersion) {
      out.push_back(TRY(row_tracking_column(snapshot, file, name)));
    } else if (name == kChangeType) {
      out.push_back({.arrow_field = arrow::field(name, arrow::utf8()),
                     .field = std::make_shared<Field>(Field{name, DataType{}, true, {}})});
    } else if (const Field* field = snapshot.schema().find(name)) {
      out.push_back(TRY(table_column(snapshot, file, *field, mapping)));
    } else {
      return invalid(fmt::format("the table has no column {}", name));
    }
  }
  return out;
}

Result<std::shared_ptr<arrow::Array>> make_column(const OutputColumn& output,
                                                  const arrow::RecordBatch& batch,
                                                  int64_t first_row) {
  const int64_t rows = batch.num_rows();
  std::shared_ptr<arrow::Array> standing_in;
  if (output.constant) standing_in = TRY_ARROW(arrow::MakeArrayFromScalar(*output.constant, rows));
  if (output.first_number) standing_in = numbered(*output.first_number + first_row, rows);
  const int at =
      output.field ? find_field(batch.schema()->fields(), *output.field, output.mapping) : -1;
  if (at < 0) {
    if (standing_in) return standing_in;
    return TRY_ARROW(arrow::MakeArrayOfNull(output.arrow_field->type(), rows));
  }
  auto column =
      TRY(coerce(batch.column(at), output.field->type, output.mapping).within(output.field->name));
  if (standing_in) return first_present(column, standing_in);
  return column;
}

}  // namespace foz::delta
