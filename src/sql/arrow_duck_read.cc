// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Arrow arrays shown as DuckDB vectors. https://arrow.apache.org/docs/format/Columnar.html

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/bit_util.h>
#include <arrow/util/bitmap_ops.h>

#include <cstring>

#include "duckdb/common/types/hugeint.hpp"
#include "sql/arrow_duck_internal.h"

namespace foz::sql {

using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::string_t;
using duckdb::Vector;

namespace {

// Only a chunk's own columns may point elsewhere: children of lists grow in place.
enum class Place { kColumn, kChild };
void show(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out, Place place);

void show_validity(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out) {
  if (!array.MayHaveNulls() || array.buffers[0] == nullptr || count == 0) return;
  auto& validity = FlatVector::Validity(out);
  validity.Initialize(count);
  arrow::internal::CopyBitmap(array.buffers[0]->data(), array.offset + begin,
                              static_cast<int64_t>(count),
                              reinterpret_cast<uint8_t*>(validity.GetData()), 0);
}

template <class T>
void show_fixed(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out,
                Place place) {
  const T* values = array.GetValues<T>(1) + begin;
  if (place == Place::kColumn) {
    FlatVector::SetData(out, reinterpret_cast<duckdb::data_ptr_t>(const_cast<T*>(values)));
  } else if (count > 0) {
    std::memcpy(FlatVector::GetData(out), values, count * sizeof(T));
  }
}

void show_bools(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out) {
  const uint8_t* bits = array.buffers[1]->data();
  const auto first = static_cast<uint64_t>(array.offset + begin);
  auto* values = FlatVector::GetData<bool>(out);
  for (idx_t i = 0; i < count; i++) {
    values[i] = arrow::bit_util::GetBit(bits, first + i);
  }
}

template <class Offset>
void show_strings(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out) {
  if (count == 0) return;
  const Offset* offsets = array.GetValues<Offset>(1) + begin;
  const char* bytes =
      array.buffers[2] == nullptr ? "" : reinterpret_cast<const char*>(array.buffers[2]->data());
  auto* values = FlatVector::GetData<string_t>(out);
  for (idx_t i = 0; i < count; i++) {
    values[i] = string_t(bytes + offsets[i], static_cast<uint32_t>(offsets[i + 1] - offsets[i]));
  }
}

template <class T>
void show_decimals(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out) {
  const uint8_t* words = array.buffers[1]->data() + (array.offset + begin) * 16;
  T* values = FlatVector::GetData<T>(out);
  for (idx_t i = 0; i < count; i++)
    std::memcpy(&values[i], words + i * 16, sizeof(T));  // little-endian, two's complement
}

void show_decimals(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out) {
  switch (out.GetType().InternalType()) {
    case duckdb::PhysicalType::INT16: return show_decimals<int16_t>(array, begin, count, out);
    case duckdb::PhysicalType::INT32: return show_decimals<int32_t>(array, begin, count, out);
    case duckdb::PhysicalType::INT64: return show_decimals<int64_t>(array, begin, count, out);
    default: return show_decimals<duckdb::hugeint_t>(array, begin, count, out);
  }
}

// Lists and maps: a map is a list of (key, value) structs in both.
void show_lists(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out) {
  if (count == 0) return duckdb::ListVector::SetListSize(out, 0);
  const int32_t* offsets = array.GetValues<int32_t>(1) + begin;
  auto* entries = FlatVector::GetData<duckdb::list_entry_t>(out);
  for (idx_t i = 0; i < count; i++) {
    entries[i].offset = static_cast<idx_t>(offsets[i] - offsets[0]);
    entries[i].length = static_cast<idx_t>(offsets[i + 1] - offsets[i]);
  }
  const auto children = static_cast<idx_t>(offsets[count] - offsets[0]);
  duckdb::ListVector::Reserve(out, children);
  show(*array.child_data[0], offsets[0], children, duckdb::ListVector::GetEntry(out),
       Place::kChild);
  duckdb::ListVector::SetListSize(out, children);
}

// A field of a struct that is NULL is NULL in DuckDB; in Arrow it may hold anything.
void show_structs(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out,
                  Place place) {
  auto& fields = duckdb::StructVector::GetEntries(out);
  for (size_t f = 0; f < fields.size(); f++) {
    show(*array.child_data[f], array.offset + begin, count, *fields[f], place);
  }
  const auto& validity = FlatVector::Validity(out);
  if (validity.AllValid()) return;
  for (idx_t i = 0; i < count; i++) {
    if (validity.RowIsValid(i)) continue;
    for (auto& field : fields) FlatVector::SetNull(*field, i, true);
  }
}

void show_nulls(idx_t count, Vector& out) {
  auto& validity = FlatVector::Validity(out);
  validity.Initialize(count);
  validity.SetAllInvalid(count);
}

void show(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out, Place place) {
  show_validity(array, begin, count, out);
  switch (array.type->id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return show_strings<int32_t>(array, begin, count, out);
    case arrow::Type::LARGE_STRING:
    case arrow::Type::LARGE_BINARY: return show_strings<int64_t>(array, begin, count, out);
    case arrow::Type::INT8: return show_fixed<int8_t>(array, begin, count, out, place);
    case arrow::Type::INT16: return show_fixed<int16_t>(array, begin, count, out, place);
    case arrow::Type::INT32:
    case arrow::Type::DATE32: return show_fixed<int32_t>(array, begin, count, out, place);
    case arrow::Type::INT64:
    case arrow::Type::TIMESTAMP: return show_fixed<int64_t>(array, begin, count, out, place);
    case arrow::Type::FLOAT: return show_fixed<float>(array, begin, count, out, place);
    case arrow::Type::DOUBLE: return show_fixed<double>(array, begin, count, out, place);
    case arrow::Type::BOOL: return show_bools(array, begin, count, out);
    case arrow::Type::DECIMAL128: return show_decimals(array, begin, count, out);
    case arrow::Type::LIST:
    case arrow::Type::MAP: return show_lists(array, begin, count, out);
    case arrow::Type::STRUCT:
      if (array.child_data.empty()) return show_nulls(count, out);
      return show_structs(array, begin, count, out, place);
    case arrow::Type::NA: return show_nulls(count, out);
    default: CHECK(false && "duck_type() has refused this type");
  }
}

}  // namespace

void show_rows(const arrow::ArrayData& array, int64_t begin, idx_t count, Vector& out) {
  show(array, begin, count, out, Place::kColumn);
}

void show_rows(const arrow::RecordBatch& batch, int64_t begin, idx_t count,
               std::span<const int> columns, duckdb::DataChunk& out) {
  for (size_t i = 0; i < columns.size(); i++) {
    show_rows(*batch.column_data(columns[i]), begin, count, out.data[i]);
  }
  out.SetCardinality(count);
}

}  // namespace foz::sql
