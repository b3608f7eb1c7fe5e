// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Choosing, matching and printing rows of Arrow batches.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace arrow {
class Array;
class RecordBatch;
class Schema;
}  // namespace arrow

namespace foz::pipeline {

using Batch = std::shared_ptr<arrow::RecordBatch>;

// The rows with these numbers, in this order; the batch itself when they are all of its rows.
Result<Batch> take_rows(const Batch& batch, const std::vector<int32_t>& rows);

// The columns of `schema`, by name without case, cast where a type differs; missing ones are null.
Result<Batch> conform(const Batch& batch, const std::shared_ptr<arrow::Schema>& schema);

// The column with this name, without case; null when there is none.
std::shared_ptr<arrow::Array> column_named(const arrow::RecordBatch& batch, std::string_view name);

// One row as a JSON object: binary as base64, timestamps in ISO 8601, decimals as strings. The same
// row gives the same text always.
std::string row_json(const arrow::RecordBatch& batch, int64_t row);

}  // namespace foz::pipeline
