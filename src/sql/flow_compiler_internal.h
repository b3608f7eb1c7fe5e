// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// From the text of a flow to levels of bound expressions: one level a SELECT, the innermost first.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sql/flow_build_internal.h"

namespace foz::sql {

// Reads a chunk of [row id, inputs…], gives a chunk of [row id, projections…].
struct Level {
  std::vector<Ex>
      filters;       // one after the other, each over the rows that the ones before let through
  Args projections;  // the row id first
};

struct NamedColumn {
  std::string name;
  LogicalType type;
};

struct Plan {
  std::pair<std::string, std::string> source;
  std::vector<int> source_columns;  // of the source that the first level reads, after the row id
  duckdb::vector<LogicalType> source_types;  // with the row id
  std::vector<Level> levels;
  std::vector<NamedColumn> outputs;
  size_t conditions = 0;  // expectations: BOOLEAN projections of the last level after the outputs
};

// Must run inside a transaction of the context. The error's place is in the file's coordinates.
std::expected<Plan, Diagnostic> compile(Build& build, const FlowText& text,
                                        const ResolveTable& resolve);

}  // namespace foz::sql
