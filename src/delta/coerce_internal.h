// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Columns as a Parquet file has them, made into the types and names that the table's schema says.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>

#include "delta/column_mapping_internal.h"
#include "delta/types.h"

namespace foz::delta {

// Position of the field in `names` that holds `wanted`: by field id under id mapping, else by
// physical name, without case where no exact name fits. -1: the file has no such column.
int find_field(const std::vector<std::shared_ptr<arrow::Field>>& fields, const Field& wanted,
               ColumnMapping mapping);
bool has_field_ids(const std::vector<std::shared_ptr<arrow::Field>>& fields);

// Lossless changes only (wider integers and decimals, timestamp units, INT96, views and
// dictionaries decoded); fields that the file lacks are null. kCorrupt names both types when the
// file holds something else.
Result<std::shared_ptr<arrow::Array>> coerce(const std::shared_ptr<arrow::Array>& array,
                                             const DataType& wanted, ColumnMapping mapping);

// The array's own validity bits from bit 0 on; null when every value is valid.
Result<std::shared_ptr<arrow::Buffer>> own_validity(const arrow::Array& array);

// The arrow type of a schema type.
Result<std::shared_ptr<arrow::DataType>> to_arrow(const DataType& type);

}  // namespace foz::delta
