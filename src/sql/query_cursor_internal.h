// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A running query: a thread of its own plans and executes it, at most kAhead batches ahead of who
// reads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "delta/row_checker.h"
#include "sql/lake_writing.h"
#include "sql/query_admission_internal.h"
#include "sql/query_engine.h"
#include "sql/query_guard_internal.h"
#include "sql/query_instance_internal.h"
#include "sql/query_types_internal.h"
#include "sql/trino_statement_internal.h"
#include "sql/trino_statement_writes_internal.h"

namespace foz::sql {

struct QueryPlan {
  std::shared_ptr<QueryInstance> instance;
  std::shared_ptr<const table::Root> root;
  QuerySession session;
  TrinoStatement statement;
  QueryGuard* guard;
  WritePtr write = nullptr;
  // Of statements that write; null: the lake is read only.
  const LakeWriting* writing = nullptr;
  const delta::RowChecker* checker = nullptr;
  const Clock* clock = nullptr;
  Admission* admission;  // it has a place, and leaves when it has let go of the instance
};

class QueryCursor final : public Cursor {
 public:
  explicit QueryCursor(QueryPlan plan);
  ~QueryCursor() override;

  // Waits until the columns are known, or the query failed, or was canceled by `stop`.
  std::optional<QueryError> wait_planned(const std::stop_token& stop);

  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<std::string>& types() const override { return types_; }
  QueryResult<std::shared_ptr<arrow::RecordBatch>> next() override;
  bool ready(std::chrono::milliseconds wait) override;
  void cancel() override;
  const SessionUpdate& session_update() const override { return plan_.statement.update; }

 private:
  static constexpr size_t kAhead = 2;

  void run();  // of the thread
  // The query from its begin. An error when it found no memory and may be begun again.
  std::optional<duckdb::ErrorData> attempt();
  void execute(duckdb::Connection& connection);
  void write(duckdb::Connection& connection);
  duckdb::unique_ptr<duckdb::SQLStatement> parse(duckdb::Connection& connection);
  void describe(duckdb::Connection& connection, duckdb::unique_ptr<duckdb::SQLStatement> statement);
  // Columns are known before the first row is: a client may be told.
  void tell_columns(duckdb::Connection& connection, const duckdb::PendingQueryResult& pending);
  void pull(duckdb::Connection& connection, duckdb::QueryResult& result);
  // Waits for room, without a place; false when nobody wants more.
  bool deliver(std::shared_ptr<arrow::RecordBatch> batch);
  void fail(QueryError error);
  // From the guard, which says why.
  void end(QueryError reason);

  QueryPlan plan_;
  QueryHelp help_;
  std::shared_ptr<arrow::Schema> schema_;  // written before planned_
  std::vector<std::string> types_;
  duckdb::vector<duckdb::LogicalType> result_types_;
  std::vector<TypedColumn> columns_;  // as the query's text tells them

  std::stop_source unwanted_;  // asked behind canceled_ and ended_
  std::mutex mutex_;
  std::condition_variable changed_;
  bool planned_ = false, finished_ = false, canceled_ = false;
  bool delivered_ = false;           // of the thread
  std::optional<QueryError> ended_;  // by the guard
  std::optional<QueryError> error_;
  std::deque<std::shared_ptr<arrow::RecordBatch>> batches_;
  duckdb::Connection* connection_ = nullptr;  // to interrupt
  QueryGuard::Watch* watch_ = nullptr;        // of the thread

  std::thread thread_;
};

}  // namespace foz::sql
