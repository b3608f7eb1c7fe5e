// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows written to a file in the format that was asked for.
#pragma once

#include <arrow/type_fwd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/result.h"

namespace foz::cli {

// Takes batches and writes them in one format.
class RowSink {
 public:
  virtual ~RowSink() = default;
  virtual Status write(const std::shared_ptr<arrow::RecordBatch>& batch) = 0;
  virtual Status finish() = 0;
};

// `format`: jsonl, csv, arrow (IPC stream) or parquet. The file must outlive the sink.
Result<std::unique_ptr<RowSink>> open_row_sink(const std::string& format, std::FILE* file,
                                               const std::shared_ptr<arrow::Schema>& schema);

}  // namespace foz::cli
