// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The tree of a statement's query, made to give what is written: values of the table's columns, in
// the table's types, and behind them where the rows are that go.
#pragma once

#include <string>
#include <vector>

#include "delta/types.h"
#include "duckdb.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "sql/trino_write_ast_internal.h"

namespace foz::sql {

using SelectPtr = duckdb::unique_ptr<duckdb::SelectStatement>;

// The result's columns are the `columns`.
SelectPtr insert_tree(SelectPtr query, const std::vector<const delta::Field*>& columns);
// file, row.
SelectPtr delete_tree(SelectPtr query);
// file, each once.
SelectPtr files_tree(SelectPtr query);
// All columns of the table; file, row. In the order of places. `set` has for each column of the
// table the place of its new value in the query, or -1.
SelectPtr update_tree(SelectPtr query, const delta::Schema& schema, const std::vector<int>& set);
// All columns of the table; file, row, number of the case. In the order of places. `set` is that of
// each case (-1: the value is null for INSERT, the old one for UPDATE), `conditions` the place of
// its condition, or -1.
SelectPtr merge_tree(SelectPtr query, const delta::Schema& schema,
                     const std::vector<ast::MergeCase>& cases,
                     const std::vector<std::vector<int>>& set, const std::vector<int>& conditions);

}  // namespace foz::sql
