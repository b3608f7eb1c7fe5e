// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A data file that is written bit by bit: what write_data_file() does at once.
#pragma once

#include <memory>
#include <vector>

#include "delta/data_file.h"

namespace foz::delta {

// Holds what is compressed so far. Table, snapshot and options must outlive it.
class DataFileWriter {
 public:
  static Result<DataFileWriter> open(const Table& table, const Snapshot& snapshot,
                                     const WriteOptions& options);
  DataFileWriter(DataFileWriter&&) noexcept;
  ~DataFileWriter();

  // One row group, or more where it has more rows than one may have.
  Status write(const std::vector<std::shared_ptr<arrow::RecordBatch>>& batches);
  Result<int64_t> bytes() const;
  // Puts it into the store.
  Result<AddFile> finish(Random& random, const Clock& clock);

 private:
  struct Impl;
  explicit DataFileWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::delta
