// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A data file's rows, pulled batch by batch: what read_data_file() pushes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "delta/data_file.h"

namespace foz::delta {

// The footer has statistics for parts of a file, and the parts that `wants` does not are left out.
// Table and snapshot must outlive it.
class DataFileRows {
 public:
  static Result<DataFileRows> open(const Table& table, const Snapshot& snapshot,
                                   const AddFile& file, const std::vector<std::string>& columns,
                                   WantsRows wants = {});
  DataFileRows(DataFileRows&&) noexcept;
  ~DataFileRows();

  // Null at the end.
  Result<std::shared_ptr<arrow::RecordBatch>> next();

 private:
  struct Impl;
  explicit DataFileRows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::delta
