// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows in an order that lets readers pass over row groups and files.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/types.h"

namespace foz::delta {

// kUnsupported names a column that has no order, kInvalid one that the table does not have.
Status check_orderable(const Schema& schema, const std::vector<std::string>& columns);

// Indices that sort a column's values, nulls last; equal ones stay as they stand.
Result<std::shared_ptr<arrow::UInt64Array>> sorted_places(const arrow::Array& column);

// By the first column, then the second; nulls last. The same batch when it is in order already.
Result<std::shared_ptr<arrow::RecordBatch>> ordered(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                    const std::vector<std::string>& columns);

// Rows' places on a Z-order curve (Morton code), a column at a time. Codes begin at 0, and places
// in the column are below 2^`width`.
void interleave(std::span<const uint64_t> places, int width, size_t column, size_t columns,
                std::vector<uint64_t>& codes);

// Along the Z-order curve of the columns' ranks among these rows: rows that are near in all columns
// stand near each other, whatever the values' types and spread.
Result<std::shared_ptr<arrow::RecordBatch>> z_ordered(
    const std::shared_ptr<arrow::RecordBatch>& rows, const std::vector<std::string>& columns);

}  // namespace foz::delta
