// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A Z-order curve cut into ranges that hold about as many rows each, so that more rows than memory
// has room for can be put in its order: first by range, then within each.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace foz::delta {

class RowRanges {
 public:
  RowRanges() = default;  // one for all rows
  // At most `most` ranges, as the rows of `sample` lie; fewer where many of them are alike. Each
  // range holds a row of the sample.
  static Result<RowRanges> of(const arrow::RecordBatch& sample, std::vector<std::string> columns,
                              size_t most);

  size_t count() const { return bounds_.size() + 1; }

  // The range of each row, from 0.
  Result<std::vector<size_t>> of_rows(const arrow::RecordBatch& rows) const;

 private:
  Result<std::vector<uint64_t>> codes(const arrow::RecordBatch& rows) const;

  std::vector<std::string> columns_;
  arrow::ArrayVector quantiles_;  // of each column, in order
  std::vector<uint64_t> bounds_;  // the first code of each range but the first
};

}  // namespace foz::delta
