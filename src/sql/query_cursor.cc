// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_cursor_internal.h"

#include <arrow/array.h>
#include <arrow/builder.h>
#include <arrow/c/bridge.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include "base/thread.h"
#include "duckdb/common/arrow/arrow_converter.hpp"
#include "duckdb/main/client_data.hpp"
#include "duckdb/main/pending_query_result.hpp"
#include "duckdb/main/prepared_statement.hpp"
#include "duckdb/parser/statement/explain_statement.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "sql/lake_catalog_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/query_batches_internal.h"
#include "sql/query_describe_internal.h"
#include "sql/query_error_internal.h"
#include "sql/query_select_internal.h"
#include "sql/query_write_internal.h"
#include "sql/trino_literals_internal.h"

namespace foz::sql {

namespace {

std::string quoted(const std::string& text) {
  return "'" + duckdb::StringUtil::Replace(text, "'", "''") + "'";
}

// Of zones that are no more than an offset DuckDB has those of whole hours, named by POSIX's sign.
std::string zone_of(const QuerySession& session) {
  const auto offset = zone_offset(session.time_zone);
  if (!offset) return session.time_zone;
  if (*offset % 60 != 0)
    throw user_error(
        "NOT_SUPPORTED", 13,
        fmt::format("the session's zone {} is no whole hour: name the zone of a place, "
                    "such as Asia/Kolkata",
                    session.time_zone));
  return fmt::format("Etc/GMT{:+}", -*offset / 60);
}

void check(const arrow::Status& status) {
  if (!status.ok()) throw internal_error(status.ToString());
}

}  // namespace

QueryCursor::QueryCursor(QueryPlan plan)
    : plan_(std::move(plan)), help_(plan_.instance->workers()), thread_([this] { run(); }) {}

QueryCursor::~QueryCursor() {
  cancel();
  if (thread_.joinable()) thread_.join();
}

std::optional<QueryError> QueryCursor::wait_planned(const std::stop_token& stop) {
  const std::stop_callback stopping(stop, [this] { cancel(); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return planned_ || finished_ || canceled_; });
  return planned_ || !finished_ ? std::nullopt : error_;
}

QueryResult<std::shared_ptr<arrow::RecordBatch>> QueryCursor::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return canceled_ || finished_ || !batches_.empty(); });
  if (canceled_) return std::unexpected(canceled_error());
  if (batches_.empty()) {
    if (error_) return std::unexpected(*error_);
    return nullptr;
  }
  auto batch = std::move(batches_.front());
  batches_.pop_front();
  changed_.notify_all();
  return batch;
}

bool QueryCursor::ready(std::chrono::milliseconds wait) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, wait, [&] { return canceled_ || finished_ || !batches_.empty(); });
}

void QueryCursor::cancel() {
  {
    std::lock_guard lock(mutex_);
    canceled_ = true;
    if (connection_) connection_->Interrupt();
    changed_.notify_all();
  }
  unwanted_.request_stop();
}

void QueryCursor::fail(QueryError error) {
  std::lock_guard lock(mutex_);
  error_ = ended_ && !canceled_ ? *ended_ : std::move(error);
}

void QueryCursor::end(QueryError reason) {
  {
    std::lock_guard lock(mutex_);
    ended_ = std::move(reason);
    if (connection_) connection_->Interrupt();
    changed_.notify_all();
  }
  unwanted_.request_stop();
}

// The whole life of the query; DuckDB's exceptions end here.
void QueryCursor::run() {
  name_thread("query");
  run_promptly();
  try {
    QueryGuard::Watch watch(*plan_.guard, [this](QueryError reason) { end(std::move(reason)); });
    watch_ = &watch;
    while (const auto lacking = attempt()) {
      plan_.admission->pause();
      const bool room = watch.make_room([this] { return unwanted_.stop_requested(); });
      if (!room) unwanted_.request_stop();  // what ends waits for no place
      plan_.admission->resume(unwanted_.get_token());
      if (room) continue;
      fail(to_query_error(*lacking, plan_.statement));
      break;
    }
  } catch (const std::exception& exception) {
    plan_.instance->mark_broken();
    fail(internal_error(exception.what()));
  }
  help_.end();
  plan_.instance.reset();
  plan_.root.reset();
  plan_.admission->leave();
  std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

std::optional<duckdb::ErrorData> QueryCursor::attempt() {
  duckdb::Connection connection(plan_.instance->database());
  {
    std::lock_guard lock(mutex_);
    connection_ = &connection;
  }
  std::optional<duckdb::ErrorData> lacking;
  try {
    execute(connection);
  } catch (const QueryError& error) {
    fail(error);
  } catch (const std::exception& exception) {
    const duckdb::ErrorData error(exception);
    if (ends_instance(error)) plan_.instance->mark_broken();
    if (lacks_memory(error) && !delivered_)
      lacking = error;
    else
      fail(to_query_error(error, plan_.statement));
  }
  {
    std::lock_guard lock(mutex_);
    connection_ = nullptr;
  }
  // A task that has just begun holds the context for a moment. Were it then the last to do so, it
  // would end the query, and wait there for all of the query's tasks: for itself.
  connection.context->Destroy();
  return lacking;
}

duckdb::unique_ptr<duckdb::SQLStatement> QueryCursor::parse(duckdb::Connection& connection) {
  const TreeInput input{*plan_.root, plan_.session, plan_.statement.source, plan_.statement};
  auto select = parse_select(connection, input, plan_.statement.query, columns_);
  if (plan_.statement.explain)
    return duckdb::make_uniq<duckdb::ExplainStatement>(std::move(select));
  return select;
}

// One row says how many rows were written; what is done to tables has no columns.
void QueryCursor::write(duckdb::Connection& connection) {
  const bool rows = writes_rows(*plan_.write);
  if (rows) types_ = {"bigint"};
  schema_ = rows ? arrow::schema({arrow::field("rows", arrow::int64())}) : arrow::schema({});
  {
    std::lock_guard lock(mutex_);
    planned_ = true;
    changed_.notify_all();
  }
  const int64_t count = run_write({connection, plan_, help_, unwanted_.get_token()});
  if (!rows) return;
  arrow::Int64Builder builder;
  check(builder.Append(count));
  std::shared_ptr<arrow::Array> column;
  check(builder.Finish(&column));
  deliver(arrow::RecordBatch::Make(schema_, 1, {column}));
}

void QueryCursor::execute(duckdb::Connection& connection) {
  if (plan_.session.time_zone != "UTC") {
    auto zone = connection.Query("SET SESSION TimeZone = " + quoted(zone_of(plan_.session)));
    if (zone->HasError()) zone->ThrowError();
  }
  if (plan_.write) return write(connection);
  connection.context->registered_state->Insert(
      PinnedRoot::kKey, duckdb::make_shared_ptr<PinnedRoot>(plan_.root, plan_.session));
  auto statement = parse(connection);
  if (plan_.statement.describe != TrinoStatement::Describe::kNothing)
    return describe(connection, std::move(statement));
  auto pending =
      connection.PendingQuery(std::move(statement), duckdb::QueryResultOutputType::ALLOW_STREAMING);
  if (pending->HasError()) pending->ThrowError();
  {
    // An interrupt before this point was forgotten when the query began.
    std::lock_guard lock(mutex_);
    if (canceled_) return;
    if (ended_) throw QueryError(*ended_);
  }
  if (!planned_) tell_columns(connection, *pending);
  pull(connection, *help_.first_result(*pending));
}

void QueryCursor::tell_columns(duckdb::Connection& connection,
                               const duckdb::PendingQueryResult& pending) {
  auto properties = connection.context->GetClientProperties();
  properties.time_zone = "UTC";
  if (!plan_.statement.explain) {
    duckdb::vector<duckdb::string> names;
    if (columns_.size() != pending.types.size()) columns_.clear();
    for (size_t i = 0; i < pending.types.size(); ++i) {
      result_types_.push_back(result_type(pending.types[i]));
      types_.push_back(column_type(columns_, i, result_types_.back()));
      names.push_back(column_name(columns_, i, pending.names[i]));
    }
    ArrowSchema exported;
    duckdb::ArrowConverter::ToArrowSchema(&exported, result_types_, names, properties);
    auto schema = arrow::ImportSchema(&exported);
    check(schema.status());
    schema_ = std::move(*schema);
  } else {
    types_ = {"varchar"};
    schema_ = arrow::schema({arrow::field("Query Plan", arrow::utf8())});
  }
  std::lock_guard lock(mutex_);
  planned_ = true;
  changed_.notify_all();
}

void QueryCursor::describe(duckdb::Connection& connection,
                           duckdb::unique_ptr<duckdb::SQLStatement> statement) {
  const auto origins = column_origins(statement->Cast<duckdb::SelectStatement>());
  auto prepared = connection.Prepare(std::move(statement));
  if (prepared->HasError()) prepared->error.Throw();
  Description description;
  switch (plan_.statement.describe) {
    case TrinoStatement::Describe::kInput:
      description = describe_input(plan_.statement.source, plan_.statement.query);
      break;
    case TrinoStatement::Describe::kOutput:
      description = describe_output(*prepared, columns_, origins);
      break;
    default: description = describe_valid();
  }
  types_ = std::move(description.types);
  schema_ = description.rows->schema();
  {
    std::lock_guard lock(mutex_);
    planned_ = true;
    changed_.notify_all();
  }
  deliver(std::move(description.rows));
}

void QueryCursor::pull(duckdb::Connection& connection, duckdb::QueryResult& result) {
  if (plan_.statement.explain) {
    arrow::StringBuilder plan;
    while (auto chunk = result.Fetch()) {
      for (duckdb::idx_t row = 0; row < chunk->size(); ++row)
        check(plan.Append(chunk->GetValue(1, row).ToString()));
    }
    std::shared_ptr<arrow::Array> text;
    check(plan.Finish(&text));
    deliver(arrow::RecordBatch::Make(schema_, text->length(), {text}));
    return;
  }
  pull_batches(*connection.context, result, result_types_, schema_,
               [this](auto batch) { return deliver(std::move(batch)); });
}

bool QueryCursor::deliver(std::shared_ptr<arrow::RecordBatch> batch) {
  help_.consider();
  std::unique_lock lock(mutex_);
  const auto room = [&] { return canceled_ || ended_ || batches_.size() < kAhead; };
  if (!room()) {
    lock.unlock();
    help_.end();
    plan_.admission->pause();
    watch_->set_waiting(true);
    lock.lock();
    changed_.wait(lock, room);
    lock.unlock();
    watch_->set_waiting(false);
    plan_.admission->resume(unwanted_.get_token());
    lock.lock();
  }
  if (canceled_) return false;
  if (ended_) throw QueryError(*ended_);
  delivered_ = true;
  batches_.push_back(std::move(batch));
  changed_.notify_all();
  return true;
}

}  // namespace foz::sql
