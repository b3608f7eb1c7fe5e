// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What Delta tables ask of rows in Spark's dialect, evaluated as flows are: constraints,
// invariants, generated columns, defaults.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "delta/row_checker.h"
#include "sql/flow_engine.h"

namespace foz::sql {

class SparkRowChecker final : public delta::RowChecker {
 public:
  Result<std::vector<std::shared_ptr<arrow::Array>>> evaluate(
      const std::vector<delta::RowExpression>& expressions,
      const std::shared_ptr<arrow::RecordBatch>& rows) const override;

 private:
  mutable std::mutex mutex_;
  mutable std::unique_ptr<FlowEngine> engine_;  // made when it is first needed
};

}  // namespace foz::sql
