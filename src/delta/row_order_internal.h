// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows in an order that lets readers pass over row groups and files.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/types.h"

namespace foz::delta {

// kUnsupported names a column that has no order, kInvalid one that the table does not have.
Status check_orderable(const Schema& schema, const std::vector<std::string>& columns);

// By the first column, then the second; nulls last. The same batch when it is in order already.
Result<std::shared_ptr<arrow::RecordBatch>> ordered(const std::shared_ptr<arrow::RecordBatch>& rows,
                                                    const std::vector<std::string>& columns);

// Along a Z-order curve (Morton code) of the columns' ranks among these rows: rows that are near in
// all columns stand near each other, whatever the values' types and spread.
Result<std::shared_ptr<arrow::RecordBatch>> z_ordered(
    const std::shared_ptr<arrow::RecordBatch>& rows, const std::vector<std::string>& columns);

}  // namespace foz::delta
