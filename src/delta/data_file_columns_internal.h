// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What each column of a result is made of: a column of the file, a value of the log, or both.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/column_mapping_internal.h"
#include "delta/data_file.h"

namespace foz::delta {

// Where the file lacks the column, or holds a null for a value that it may hold, `constant` or the
// row's number from `first_number` on stands in; else null.
struct OutputColumn {
  std::shared_ptr<arrow::Field> arrow_field;
  std::shared_ptr<const Field> field = nullptr;  // in the file; null: not there
  ColumnMapping mapping = ColumnMapping::kNone;
  std::shared_ptr<arrow::Scalar> constant = nullptr;
  std::optional<int64_t> first_number = {};
};

Result<std::vector<OutputColumn>> plan_columns(const Snapshot& snapshot, const AddFile& file,
                                               const std::vector<std::string>& columns);

// `batch` are rows of the file from `first_row` on.
Result<std::shared_ptr<arrow::Array>> make_column(const OutputColumn& output,
                                                  const arrow::RecordBatch& batch,
                                                  int64_t first_row);

}  // namespace foz::delta
