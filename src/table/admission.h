// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A row is checked when it enters the tail, so that a commit can fail only for I/O or a race.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "table/view.h"

namespace foz::table {

struct Rejected {
  int64_t row;
  std::string reason;
};

// Rows of `batch` that the table must not take: NULL in a NOT NULL column, text that is not UTF-8,
// a timestamp or date outside years 1 to 9999. In row order.
std::vector<Rejected> rejected_rows(const TableView& table, const arrow::RecordBatch& batch);

}  // namespace foz::table
