// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows as a Parquet file for whoever wants one, outside of any table.
#pragma once

#include <memory>
#include <vector>

#include "base/result.h"

namespace arrow {
class RecordBatch;
class Schema;
namespace io {
class OutputStream;
}
}  // namespace arrow

namespace foz::delta {

// Holds one row group in memory.
class ParquetRows {
 public:
  static Result<std::unique_ptr<ParquetRows>> open(const std::shared_ptr<arrow::Schema>& schema,
                                                   std::shared_ptr<arrow::io::OutputStream> out);
  ~ParquetRows();
  Status write(std::shared_ptr<arrow::RecordBatch> rows);
  Status finish();

 private:
  struct Impl;
  explicit ParquetRows(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::delta
