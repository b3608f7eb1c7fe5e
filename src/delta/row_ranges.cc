// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/row_ranges_internal.h"

#include <arrow/array.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/array/concatenate.h>
#include <arrow/compute/api_vector.h>
#include <arrow/record_batch.h>

#include <algorithm>
#include <bit>

#include "delta/parquet_source_internal.h"
#include "delta/row_order_internal.h"

namespace foz::delta {
namespace {

// A row's place in a column is how many of these are not above its value.
constexpr int64_t kQuantiles = 1023;

Result<std::shared_ptr<arrow::Array>> quantiles_of(const arrow::Array& column) {
  const auto sorted = TRY(sorted_places(column));
  arrow::UInt64Builder chosen;
  const int64_t count = std::min(kQuantiles, sorted->length());
  for (int64_t i = 0; i < count; ++i) {
    TRY_ARROW(chosen.Append(sorted->Value(i * sorted->length() / count)));
  }
  return TRY_ARROW(arrow::compute::Take(column, *TRY_ARROW(chosen.Finish())));
}

Result<std::vector<uint64_t>> places_of(const arrow::Array& column,
                                        const std::shared_ptr<arrow::Array>& quantiles) {
  const auto both = TRY_ARROW(arrow::Concatenate({quantiles, arrow::MakeArray(column.data())}));
  const auto sorted = TRY(sorted_places(*both));
  std::vector<uint64_t> places(static_cast<size_t>(column.length()));
  const auto first = static_cast<uint64_t>(quantiles->length());
  uint64_t passed = 0;
  for (int64_t i = 0; i < sorted->length(); ++i) {
    const uint64_t at = sorted->Value(i);
    if (at < first) {
      ++passed;
    } else {
      places[at - first] = passed;
    }
  }
  return places;
}

}  // namespace

Result<RowRanges> RowRanges::of(const arrow::RecordBatch& sample, std::vector<std::string> columns,
                                size_t most) {
  RowRanges ranges;
  ranges.columns_ = std::move(columns);
  for (const std::string& name : ranges.columns_) {
    ranges.quantiles_.push_back(TRY(quantiles_of(*sample.GetColumnByName(name))));
  }
  auto codes = TRY(ranges.codes(sample));
  std::ranges::sort(codes);
  for (size_t i = 1; i < most && !codes.empty(); ++i) {
    const uint64_t bound = codes[i * codes.size() / most];
    const uint64_t below = ranges.bounds_.empty() ? codes.front() : ranges.bounds_.back();
    if (bound > below) ranges.bounds_.push_back(bound);
  }
  return ranges;
}

Result<std::vector<size_t>> RowRanges::of_rows(const arrow::RecordBatch& rows) const {
  std::vector<size_t> out;
  out.reserve(static_cast<size_t>(rows.num_rows()));
  for (const uint64_t code : TRY(codes(rows))) {
    out.push_back(static_cast<size_t>(std::ranges::upper_bound(bounds_, code) - bounds_.begin()));
  }
  return out;
}

Result<std::vector<uint64_t>> RowRanges::codes(const arrow::RecordBatch& rows) const {
  std::vector<uint64_t> codes(static_cast<size_t>(rows.num_rows()));
  for (size_t i = 0; i < columns_.size(); ++i) {
    const auto places = TRY(places_of(*rows.GetColumnByName(columns_[i]), quantiles_[i]));
    interleave(places, std::bit_width(static_cast<uint64_t>(kQuantiles)), i, columns_.size(),
               codes);
  }
  return codes;
}

}  // namespace foz::delta
