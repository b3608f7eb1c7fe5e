// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/row_order_internal.h"

#include <arrow/array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/exec.h>
#include <arrow/compute/initialize.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <numeric>

#include "delta/parquet_source_internal.h"

namespace foz::delta {
namespace {

namespace compute = arrow::compute;

constexpr size_t kMostColumns = 8;

Status initialize() {
  static const arrow::Status initialized = compute::Initialize();
  TRY_ARROW(initialized);
  return {};
}

bool orderable(TypeKind kind) {
  switch (kind) {
    case TypeKind::kStruct:
    case TypeKind::kArray:
    case TypeKind::kMap:
    case TypeKind::kVariant:
    case TypeKind::kVoid: return false;
    default: return true;
  }
}

Result<std::shared_ptr<arrow::RecordBatch>> taken(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                  const std::shared_ptr<arrow::Array>& indices) {
  const auto& at = static_cast<const arrow::UInt64Array&>(*indices);
  int64_t in_place = 0;
  while (in_place < at.length() && at.Value(in_place) == static_cast<uint64_t>(in_place)) {
    ++in_place;
  }
  if (in_place == at.length()) return rows;
  return TRY_ARROW(compute::Take(arrow::Datum(rows), arrow::Datum(indices),
                                 compute::TakeOptions::NoBoundsCheck()))
      .record_batch();
}

// Each value's place among the distinct values of its column, from 0; null behind all.
Result<std::vector<uint64_t>> ranks(const arrow::Array& column) {
  const compute::RankOptions options(compute::SortOrder::Ascending, compute::NullPlacement::AtEnd,
                                     compute::RankOptions::Dense);
  const auto ranked =
      TRY_ARROW(compute::CallFunction("rank", {column.data()}, &options)).make_array();
  const auto& values = static_cast<const arrow::UInt64Array&>(*ranked);
  std::vector<uint64_t> out(static_cast<size_t>(values.length()));
  for (int64_t i = 0; i < values.length(); ++i) out[static_cast<size_t>(i)] = values.Value(i) - 1;
  return out;
}

}  // namespace

Status check_orderable(const Schema& schema, const std::vector<std::string>& columns) {
  if (columns.size() > kMostColumns) {
    return invalid(fmt::format("rows are ordered by at most {} columns", kMostColumns));
  }
  for (const std::string& name : columns) {
    const Field* field = schema.find(name);
    if (!field) return invalid(fmt::format("the table has no column {}", name));
    if (!orderable(field->type.kind)) {
      return Error(ErrorCode::kUnsupported, fmt::format("values of column {} have no order", name));
    }
  }
  return {};
}

void interleave(std::span<const uint64_t> places, int width, size_t column, size_t columns,
                std::vector<uint64_t>& codes) {
  const int bits = 64 / static_cast<int>(columns);
  if (width == 0) return;  // all rows are alike
  for (size_t row = 0; row < places.size(); ++row) {
    // From the top, so that each column splits the rows as often.
    const uint64_t value =
        width > bits ? places[row] >> (width - bits) : places[row] << (bits - width);
    for (int bit = 0; bit < bits; ++bit) {
      const size_t to = static_cast<size_t>(bit) * columns + (columns - 1 - column);
      codes[row] |= ((value >> bit) & 1) << to;
    }
  }
}

Result<std::shared_ptr<arrow::UInt64Array>> sorted_places(const arrow::Array& column) {
  TRY(initialize());
  return std::static_pointer_cast<arrow::UInt64Array>(
      TRY_ARROW(compute::SortIndices(column, compute::ArraySortOptions())));
}

Result<std::shared_ptr<arrow::RecordBatch>> ordered(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                    const std::vector<std::string>& columns) {
  TRY(initialize());
  std::vector<compute::SortKey> keys;
  for (const std::string& name : columns) keys.emplace_back(arrow::FieldRef(name));
  const compute::SortOptions options(keys);
  return taken(rows, TRY_ARROW(compute::SortIndices(arrow::Datum(rows), options)));
}

Result<std::shared_ptr<arrow::RecordBatch>> z_ordered(
    const std::shared_ptr<arrow::RecordBatch>& rows, const std::vector<std::string>& columns) {
  TRY(initialize());
  const auto count = static_cast<size_t>(rows->num_rows());
  std::vector<uint64_t> codes(count);
  for (size_t column = 0; column < columns.size(); ++column) {
    const auto places = TRY(ranks(*rows->GetColumnByName(columns[column])));
    const uint64_t most = places.empty() ? 0 : *std::ranges::max_element(places);
    interleave(places, static_cast<int>(std::bit_width(most)), column, columns.size(), codes);
  }
  std::vector<uint64_t> order(count);
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](uint64_t row) { return codes[row]; });
  const auto indices = std::make_shared<arrow::UInt64Array>(
      static_cast<int64_t>(count), arrow::Buffer::FromVector(std::move(order)));
  return taken(rows, indices);
}

}  // namespace foz::delta
