// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A small table for tests: id LONG NOT NULL, name STRING, price DOUBLE.
#pragma once

#include <arrow/api.h>

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "delta/data_file.h"
#include "delta/table.h"

namespace foz::delta {

inline Schema sample_schema() {
  return Schema{{{"id", {.kind = TypeKind::kLong}, false, {}},
                 {"name", {.kind = TypeKind::kString}, true, {}},
                 {"price", {.kind = TypeKind::kDouble}, true, {}}}};
}

// Rows first, first + 1, …; every third name is null.
inline std::shared_ptr<arrow::RecordBatch> sample_rows(int64_t first, int64_t count) {
  arrow::Int64Builder id;
  arrow::StringBuilder name;
  arrow::DoubleBuilder price;
  for (int64_t i = first; i < first + count; ++i) {
    CHECK(id.Append(i).ok());
    CHECK((i % 3 == 0 ? name.AppendNull() : name.Append("n" + std::to_string(i))).ok());
    CHECK(price.Append(static_cast<double>(i) / 4).ok());
  }
  const auto schema = to_arrow(sample_schema()).value();
  return arrow::RecordBatch::Make(
      schema, count,
      {id.Finish().ValueOrDie(), name.Finish().ValueOrDie(), price.Finish().ValueOrDie()});
}

}  // namespace foz::delta
