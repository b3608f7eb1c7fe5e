// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/cast.h>
#include <arrow/compute/initialize.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <fmt/format.h>

#include <chrono>

#include "base/json_writer.h"
#include "pipeline/arrow_rows_internal.h"
#include "pipeline/sql_lexer.h"

namespace foz::pipeline {

namespace {

Error arrow_error(const arrow::Status& status) {
  return Error(status.IsOutOfMemory() ? ErrorCode::kOverloaded : ErrorCode::kInternal,
               status.ToString());
}

std::string utc_time(int64_t value_us, bool zoned) {
  using namespace std::chrono;
  const sys_time<microseconds> time{microseconds(value_us)};
  const auto days = floor<std::chrono::days>(time);
  const year_month_day date{days};
  const hh_mm_ss clock{time - days};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}{}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     clock.subseconds().count(), zoned ? "Z" : "");
}

int64_t in_microseconds(int64_t value, arrow::TimeUnit::type unit) {
  switch (unit) {
    case arrow::TimeUnit::SECOND: return value * 1'000'000;
    case arrow::TimeUnit::MILLI: return value * 1000;
    case arrow::TimeUnit::MICRO: return value;
    case arrow::TimeUnit::NANO: return value / 1000;
  }
  return value;
}

void write_value(JsonWriter& out, const arrow::Array& array, int64_t row);

void write_list(JsonWriter& out, const arrow::Array& values, int64_t begin, int64_t end) {
  out.begin_array();
  for (int64_t i = begin; i < end; ++i) write_value(out, values, i);
  out.end_array();
}

void write_struct(JsonWriter& out, const arrow::StructArray& array, int64_t row) {
  out.begin_object();
  for (int i = 0; i < array.num_fields(); ++i) {
    out.key(array.struct_type()->field(i)->name());
    write_value(out, *array.field(i), row);
  }
  out.end_object();
}

template <class T>
const T& as(const arrow::Array& array) {
  return static_cast<const T&>(array);
}

void write_value(JsonWriter& out, const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return void(out.null());
  switch (array.type_id()) {
    case arrow::Type::BOOL: return void(out.boolean(as<arrow::BooleanArray>(array).Value(row)));
    case arrow::Type::INT8:
      return void(out.number(int64_t{as<arrow::Int8Array>(array).Value(row)}));
    case arrow::Type::INT16:
      return void(out.number(int64_t{as<arrow::Int16Array>(array).Value(row)}));
    case arrow::Type::INT32:
      return void(out.number(int64_t{as<arrow::Int32Array>(array).Value(row)}));
    case arrow::Type::INT64: return void(out.number(as<arrow::Int64Array>(array).Value(row)));
    case arrow::Type::FLOAT:
      return void(out.number(double{as<arrow::FloatArray>(array).Value(row)}));
    case arrow::Type::DOUBLE: return void(out.number(as<arrow::DoubleArray>(array).Value(row)));
    case arrow::Type::STRING: return void(out.string(as<arrow::StringArray>(array).GetView(row)));
    case arrow::Type::LARGE_STRING:
      return void(out.string(as<arrow::LargeStringArray>(array).GetView(row)));
    case arrow::Type::BINARY:
      return void(
          out.string(arrow::util::base64_encode(as<arrow::BinaryArray>(array).GetView(row))));
    case arrow::Type::LARGE_BINARY:
      return void(
          out.string(arrow::util::base64_encode(as<arrow::LargeBinaryArray>(array).GetView(row))));
    case arrow::Type::DATE32: {
      const int64_t day_us = as<arrow::Date32Array>(array).Value(row) * 86'400'000'000LL;
      return void(out.string(utc_time(day_us, false).substr(0, 10)));
    }
    case arrow::Type::TIMESTAMP: {
      const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
      const int64_t us = in_microseconds(as<arrow::TimestampArray>(array).Value(row), type.unit());
      return void(out.string(utc_time(us, !type.timezone().empty())));
    }
    case arrow::Type::LIST: {
      const auto& list = as<arrow::ListArray>(array);
      return write_list(out, *list.values(), list.value_offset(row), list.value_offset(row + 1));
    }
    case arrow::Type::MAP: {  // [{"key": …, "value": …}]: keys need not be text
      const auto& map = as<arrow::MapArray>(array);
      return write_list(out, *map.values(), map.value_offset(row), map.value_offset(row + 1));
    }
    case arrow::Type::STRUCT: return write_struct(out, as<arrow::StructArray>(array), row);
    default: {
      auto scalar = array.GetScalar(row);
      return void(out.string(scalar.ok() ? (*scalar)->ToString() : scalar.status().ToString()));
    }
  }
}

}  // namespace

Result<Batch> take_rows(const Batch& batch, const std::vector<int32_t>& rows) {
  if (static_cast<int64_t>(rows.size()) == batch->num_rows()) return batch;
  static const arrow::Status initialized = arrow::compute::Initialize();
  if (!initialized.ok()) return arrow_error(initialized);
  const auto indices = std::make_shared<arrow::Int32Array>(static_cast<int64_t>(rows.size()),
                                                           arrow::Buffer::Wrap(rows));
  auto taken = arrow::compute::Take(arrow::Datum(batch), arrow::Datum(indices),
                                    arrow::compute::TakeOptions::NoBoundsCheck());
  if (!taken.ok()) return arrow_error(taken.status());
  return taken->record_batch();
}

Result<Batch> conform(const Batch& batch, const std::shared_ptr<arrow::Schema>& schema) {
  if (batch->schema()->Equals(*schema, false)) return batch;
  std::vector<std::shared_ptr<arrow::Array>> columns;
  for (const auto& field : schema->fields()) {
    std::shared_ptr<arrow::Array> column = column_named(*batch, field->name());
    if (!column) {
      auto nulls = arrow::MakeArrayOfNull(field->type(), batch->num_rows());
      if (!nulls.ok()) return arrow_error(nulls.status());
      column = *std::move(nulls);
    } else if (!column->type()->Equals(*field->type())) {
      auto cast = arrow::compute::Cast(*column, field->type());
      if (!cast.ok()) return arrow_error(cast.status());
      column = *std::move(cast);
    }
    columns.push_back(std::move(column));
  }
  return arrow::RecordBatch::Make(schema, batch->num_rows(), std::move(columns));
}

std::shared_ptr<arrow::Array> column_named(const arrow::RecordBatch& batch, std::string_view name) {
  if (auto exact = batch.GetColumnByName(std::string(name))) return exact;
  const std::string wanted = lower(name);
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (lower(batch.schema()->field(i)->name()) == wanted) return batch.column(i);
  }
  return nullptr;
}

std::string row_json(const arrow::RecordBatch& batch, int64_t row) {
  JsonWriter out;
  out.begin_object();
  for (int i = 0; i < batch.num_columns(); ++i) {
    out.key(batch.schema()->field(i)->name());
    write_value(out, *batch.column(i), row);
  }
  out.end_object();
  return out.take();
}

}  // namespace foz::pipeline
