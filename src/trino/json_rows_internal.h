// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows as the client protocol writes them: an array of arrays, straight from Arrow.
//
//   bigint …               number
//   real, double           number, "NaN", "Infinity", "-Infinity"
//   decimal                string
//   varbinary              base64
//   date, time, timestamp  "2013-01-01 05:17:00.000000", with a zone "… UTC"
//   array, row             array
//   map                    object
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "trino/type_signature_internal.h"

namespace arrow {
class Array;
class RecordBatch;
}  // namespace arrow

namespace foz::trino {

class ValueWriter;

// Writes the rows of one batch, which it holds.
class RowWriter {
 public:
  // kUnsupported for a column whose Arrow type has no text.
  static Result<RowWriter> make(std::shared_ptr<arrow::RecordBatch> batch,
                                const std::vector<Type>& types, bool parametric_datetime);
  RowWriter(RowWriter&&) noexcept;
  RowWriter& operator=(RowWriter&&) noexcept;
  ~RowWriter();

  bool done() const { return row_ == rows_; }
  // Appends rows, with commas before each but the first of `out`, until `out` has `limit` bytes;
  // returns how many.
  int64_t write(std::string& out, size_t limit);

 private:
  RowWriter();
  std::shared_ptr<arrow::RecordBatch> batch_;
  std::vector<std::unique_ptr<ValueWriter>> columns_;
  int64_t row_ = 0, rows_ = 0;
};

}  // namespace foz::trino
