// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Executes the SELECT of a streaming flow, tick by tick: Spark SQL's common core on DuckDB,
// prepared once.
//
// Semantics are Spark's ANSI default: what would fail a statement there fails one row here. The
// parsed SQL is rewritten so that every fallible operation (casts, arithmetic, dates, array access)
// is a checked function whose first argument is the hidden row id; it gives NULL and notes (row,
// reason), and a noted row comes back in `errors` whatever WHERE says.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/diagnostic.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace foz::sql {

enum class OnViolation { kKeep, kDrop, kFail, kQuarantine };

struct Expectation {
  std::string name;
  std::string condition;  // Spark SQL over the output columns; a row passes when it is TRUE
  OnViolation on_violation = OnViolation::kKeep;
  int line = 1, column = 1;  // of the condition in its file
};

struct FlowText {
  std::string select;  // from SELECT or WITH to the end
  int line = 1,
      column = 1;  // where it begins in its file: diagnostics are given in the file's coordinates
  std::vector<Expectation> expectations;
};

// The schema of a table that a flow names; nullopt when there is none.
using ResolveTable = std::function<std::optional<std::shared_ptr<arrow::Schema>>(
    std::string_view schema, std::string_view name)>;

struct RowError {
  int64_t row;  // of the input batch
  std::string reason;
};

struct FlowOutput {
  std::shared_ptr<arrow::RecordBatch>
      rows;                         // rows that passed WHERE and had no error, in input order
  std::vector<int32_t> input_rows;  // for each of them, its row in the input batch
  std::vector<RowError> errors;     // at most one a row, by row
  // For each expectation, the output rows (indexes into `rows`) that do not satisfy it. The caller
  // acts on them.
  std::vector<std::vector<int32_t>> violations;
};

// A function that flows may call, for the reference.
struct FlowFunction {
  std::string_view group, name;
  size_t min_args;
  std::optional<size_t> max_args;  // nullopt: as many as one likes
};
std::vector<FlowFunction> flow_functions();

// One prepared flow; used by the tick thread alone.
class FlowStatement {
 public:
  virtual ~FlowStatement() = default;
  // The one stream it reads ("FROM STREAM bronze.flights"), as (schema, table).
  virtual const std::pair<std::string, std::string>& source() const = 0;
  virtual const std::shared_ptr<arrow::Schema>& output_schema() const = 0;
  // `input` has the source's schema. An error means a defect or exhausted memory, never a bad row.
  virtual Result<FlowOutput> run(const std::shared_ptr<arrow::RecordBatch>& input) = 0;
};

// One DuckDB instance for all flows: one thread, a small budget.
class FlowEngine {
 public:
  virtual ~FlowEngine() = default;
  static Result<std::unique_ptr<FlowEngine>> make(int64_t memory_bytes);
  // What cannot run as a row-wise stream (aggregates, windows, joins of streams, volatile
  // functions, unknown functions or columns, wrong types) is refused with a diagnostic.
  virtual std::expected<std::unique_ptr<FlowStatement>, Diagnostic> prepare(
      const FlowText& text, const ResolveTable& resolve) = 0;
};

}  // namespace foz::sql
