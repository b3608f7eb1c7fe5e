// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Executes statements that write.
//
// One that changes rows has the tail of its table committed first, plans over the newest snapshot
// with the places of rows as hidden columns, writes files as rows come, and commits optimistically.
// After a lost race that it cannot live with it runs again as a whole. Then it waits until the root
// shows what it did.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "duckdb.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "sql/query_cursor_internal.h"
#include "sql/trino_tree_internal.h"
#include "sql/trino_write_ast_internal.h"
#include "table/live_tables.h"

namespace foz::sql {

struct WriteInput {
  duckdb::Connection& connection;
  const QueryPlan& plan;
  QueryHelp& help;
  std::stop_token stop;  // nobody wants it any more

  const ast::Write& write() const { return *plan.write; }
  // At the statement's first token.
  QueryError error(std::string name, int code, std::string_view message) const {
    return error_at(plan.statement.source, write().offset, std::move(name), code, message);
  }
  void check_canceled() const;
  // With the stream.
  table::Patience patience() const;
};

// Whether the client is told a number of rows.
bool writes_rows(const ast::Write& write);

// That number. Throws QueryError and DuckDB's exceptions; then nothing was committed.
int64_t run_write(const WriteInput& input);

// ---- Its parts ----------------------------------------------------------------------------------

// As Trino names what stands against writing.
QueryError write_error(const Error& error);
template <class T>
T must(Result<T> result) {
  if (!result.has_value()) throw write_error(result.error());
  return std::move(*result);
}
inline void must(const Status& status) {
  if (!status.has_value()) throw write_error(status.error());
}

// Where a statement wants to write: names in lower case, as Trino has them.
struct TargetName {
  std::string schema, table;
};
// CATALOG_NOT_FOUND, MISSING_SCHEMA_NAME and the like.
TargetName target_name(const WriteInput& input, const ast::QualifiedName& names);
// TABLE_NOT_FOUND, or NOT_SUPPORTED for a table of the system.
std::shared_ptr<const table::TableView> target_view(const WriteInput& input,
                                                    const ast::QualifiedName& names);

// Table and newest snapshot to write to.
struct OpenTarget {
  std::shared_ptr<const table::TableView> view;
  delta::Table table;
  delta::SnapshotPtr snapshot;
};
OpenTarget open_target(const WriteInput& input, std::shared_ptr<const table::TableView> view);

// Commits, and waits until the root shows it. False: the race was lost, and the statement has to
// look again. The files of `writer` stay when they are committed, or may be.
class LakeWriter;
bool commit_and_show(const WriteInput& input, OpenTarget& target, delta::CommitRequest request,
                     LakeWriter* writer = nullptr);
// Calls `attempt` again while it returns false; TRANSACTION_CONFLICT after some times.
void until_committed(const WriteInput& input, const std::function<bool()>& attempt);

// CREATE, DROP, ALTER, COMMENT, EXECUTE and CALL (query_tables.cc).
int64_t run_table_statement(const WriteInput& input);

using PartitionValues = std::map<std::string, std::optional<std::string>>;
// Of the files with rows that the statement's WHERE leaves.
std::set<PartitionValues> partitions_of(const WriteInput& input, const OpenTarget& target);

// The statement's query over a root, which is pinned.
struct WrittenQuery {
  duckdb::unique_ptr<duckdb::SelectStatement> tree;
  std::vector<TypedColumn> columns;
  TablesRead reads;
};
WrittenQuery read_query(const WriteInput& input, std::shared_ptr<const table::Root> root);

// Pulls its rows into `writer`, whose snapshot has the table's columns.
void insert_query(const WriteInput& input, WrittenQuery query, const OpenTarget& target,
                  const std::vector<std::string>& columns, LakeWriter& writer);

}  // namespace foz::sql
