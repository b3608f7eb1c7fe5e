// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// DESCRIBE INPUT and DESCRIBE OUTPUT: a prepared query is planned and told about, and not run.
// https://trino.io/docs/current/sql/describe-output.html
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/parser/statement/select_statement.hpp"

namespace arrow {
class RecordBatch;
}

namespace foz::sql {

struct Description {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::vector<std::string> types;
};

// Where a column of the result comes from; empty when it is made.
struct ColumnOrigin {
  std::string catalog, schema, table;
  bool aliased = false;
};
// Of a query over one table; of any other they are empty.
std::vector<ColumnOrigin> column_origins(const duckdb::SelectStatement& select);

// Throws DuckDB's exceptions.
Description describe_input(duckdb::PreparedStatement& prepared);
Description describe_output(duckdb::PreparedStatement& prepared,
                            const std::vector<ColumnOrigin>& origins);

}  // namespace foz::sql
