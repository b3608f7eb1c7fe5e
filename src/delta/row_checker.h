// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a table asks of each row that is written: CHECK constraints, column invariants, generated
// columns, defaults and identities. This room knows which expressions there are; an engine that
// implements RowChecker knows what they mean.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/snapshot.h"

namespace arrow {
class Array;
class RecordBatch;
}  // namespace arrow

namespace foz::delta {

struct RowExpression {
  std::string sql;  // Spark's dialect, over the table's column names
  DataType type;    // of the result
};

// Thread-safe.
class RowChecker {
 public:
  virtual ~RowChecker() = default;
  // For each expression an array of its type with one value a row. `rows` has the table's columns,
  // or fewer: then no expression needs the others. kUnsupported names SQL that the engine does not
  // have, kInvalid a row for which an expression fails.
  virtual Result<std::vector<std::shared_ptr<arrow::Array>>> evaluate(
      const std::vector<RowExpression>& expressions,
      const std::shared_ptr<arrow::RecordBatch>& rows) const = 0;
};

struct RowRules {
  // A row passes when the expression is true: null fails, as in Spark.
  struct Check {
    std::string name;  // of the constraint, or of the column for an invariant
    std::string sql;
  };
  struct ColumnValue {
    std::string column;
    std::string sql;
  };
  struct Identity {
    std::string column;
    int64_t start = 1, step = 1;
    std::optional<int64_t> high_water;
    bool allow_explicit = false;
  };
  std::vector<Check> checks;
  std::vector<ColumnValue> generated, defaults;
  std::vector<Identity> identities;

  // Nothing that only an engine can do.
  bool plain() const { return checks.empty() && generated.empty() && defaults.empty(); }
};

// kCorrupt: the metadata of a column is damaged.
Result<RowRules> row_rules(const Metadata& metadata, const Schema& schema);
// kUnsupported names a rule that only an engine can see to.
Status check_plain(const RowRules& rules);

// Rows made whole: columns that `rows` lacks are generated, given their default or numbered (else
// null), the columns are in the table's order, and every rule holds. kInvalid names the rule that a
// row breaks; kUnsupported: the table has rules and there is no checker.
struct CompleteRows {
  std::vector<std::shared_ptr<arrow::RecordBatch>> batches;
  // Set when identity values were given out: the commit must carry it.
  std::optional<Metadata> metadata;
};
enum class RowsAre { kNew, kChanged };  // changed rows have their identity already
Result<CompleteRows> complete_rows(const Snapshot& snapshot,
                                   const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows,
                                   const RowChecker* checker, RowsAre are = RowsAre::kNew);

}  // namespace foz::delta
