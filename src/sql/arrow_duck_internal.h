// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows between Arrow and DuckDB, for the types that Delta has:
//
//   STRING VARCHAR utf8 | BINARY BLOB binary | BYTE … LONG | FLOAT DOUBLE | BOOLEAN
//   DECIMAL(p, s) decimal128 | DATE date32
//   TIMESTAMP TIMESTAMPTZ timestamp[us, UTC] | TIMESTAMP_NTZ TIMESTAMP timestamp[us]
//   ARRAY LIST list | STRUCT | MAP
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.h"
#include "duckdb/common/types.hpp"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/selection_vector.hpp"
#include "duckdb/common/types/vector.hpp"

namespace arrow {
class Array;
struct ArrayData;
class DataType;
class RecordBatch;
class Schema;
}  // namespace arrow

namespace foz::sql {

// Types without a counterpart in Delta: kUnsupported, by name.
Result<duckdb::LogicalType> duck_type(const arrow::DataType& type);
Result<std::shared_ptr<arrow::DataType>> arrow_type(const duckdb::LogicalType& type);
// All fields nullable, as a query's result is.
Result<std::shared_ptr<arrow::Schema>> arrow_schema(
    const duckdb::vector<duckdb::string>& names, const duckdb::vector<duckdb::LogicalType>& types);

// Makes `out`, a fresh or reset flat vector of duck_type(array.type), show rows [begin, begin +
// count) of `array`. Strings and fixed-width values point into Arrow's buffers: `array` must
// outlive every use of `out`. `count` may exceed STANDARD_VECTOR_SIZE only where `out` has the
// capacity.
void show_rows(const arrow::ArrayData& array, int64_t begin, duckdb::idx_t count,
               duckdb::Vector& out);

// The same for a whole chunk: out.data[i] shows column columns[i] of the batch; sets the
// cardinality.
void show_rows(const arrow::RecordBatch& batch, int64_t begin, duckdb::idx_t count,
               std::span<const int> columns, duckdb::DataChunk& out);

// Copies chunks, one after the other, into one record batch of `schema`, whose types are those of
// arrow_type (integers may be wider in DuckDB's result than in the schema only as HUGEINT for
// int64: what does not fit is an error).
class BatchBuilder {
 public:
  static Result<std::unique_ptr<BatchBuilder>> make(std::shared_ptr<arrow::Schema> schema,
                                                    std::span<const duckdb::LogicalType> types,
                                                    int64_t expected_rows = 0);
  ~BatchBuilder();

  // The first schema.num_fields() columns of `chunk`: all its rows, or those that `rows` selects.
  Status append(duckdb::DataChunk& chunk);
  Status append(duckdb::DataChunk& chunk, const duckdb::SelectionVector& rows, duckdb::idx_t count);

  int64_t num_rows() const { return num_rows_; }
  // Of all appended rows; the builder is then empty and can be used again.
  Result<std::shared_ptr<arrow::RecordBatch>> finish();

  class Column;

 private:
  BatchBuilder() = default;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<std::unique_ptr<Column>> columns_;
  int64_t num_rows_ = 0;
};

}  // namespace foz::sql
