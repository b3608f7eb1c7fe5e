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
#include "sql/query_types_internal.h"

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

// `source` is the client's text, `typed` what was made of it.
Description describe_input(std::string_view source, const RewrittenText& typed);
// `columns` as the text tells them. Throws DuckDB's exceptions.
Description describe_output(duckdb::PreparedStatement& prepared,
                            const std::vector<TypedColumn>& columns,
                            const std::vector<ColumnOrigin>& origins);
// Of EXPLAIN (TYPE VALIDATE), for a query that could be planned.
Description describe_valid();

}  // namespace foz::sql
