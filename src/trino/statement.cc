// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/statement_internal.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "base/json_writer.h"
#include "sql/session_properties.h"

namespace foz::trino {

namespace {

sql::QueryError internal(const Error& error) {
  sql::QueryError out;
  out.message = error.message();
  return out;
}

}  // namespace

Statement::Statement(StatementRequest request, const Clock& clock)
    : request_(std::move(request)),
      clock_(clock),
      created_(clock.steady()),
      created_us_(clock.now_us()),
      asked_us_(created_us_),
      last_asked_(created_) {}

Statement::~Statement() = default;

int64_t Statement::milliseconds_since(std::chrono::steady_clock::time_point from) const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady() - from).count();
}

// Under mutex_. The first error stays.
void Statement::set_error(sql::QueryError error) {
  if (error_) return;
  error_ = std::move(error);
  ended_us_ = clock_.now_us();
  elapsed_ms_ = milliseconds_since(created_);
  if (request_.on_failure) request_.on_failure();
}

void Statement::begin(sql::QueryEngine& engine, const Reap& reap, const Apply& apply) {
  {
    std::lock_guard lock(mutex_);
    if (error_) return;  // ended before it began
    planning_ = true;
    planning_since_ = clock_.steady();
    planning_us_ = clock_.now_us();
    queued_ms_ = milliseconds_since(created_);
  }
  auto cursor = engine.execute(request_.sql, request_.session, ending_.get_token());
  Applied applied;
  if (cursor.has_value()) applied = apply((*cursor)->session_update());
  std::shared_ptr<sql::Cursor> unwanted;
  std::lock_guard lock(mutex_);
  begun_ = true;
  planning_ms_ = milliseconds_since(planning_since_);
  if (!cursor.has_value()) return set_error(std::move(cursor.error()));
  update_ = (*cursor)->session_update();
  started_transaction_ = std::move(applied.started_transaction);
  unwanted = std::shared_ptr<sql::Cursor>(
      cursor->release(), [reap](sql::Cursor* last) { reap(std::unique_ptr<sql::Cursor>(last)); });
  if (applied.error) set_error(std::move(*applied.error));
  if (error_) return;
  for (const auto& name : unwanted->types()) {
    auto type = parse_type(name);
    if (!type.has_value()) return set_error(internal(type.error()));
    types_.push_back(std::move(*type));
  }
  columns_known_ = true;
  cursor_ = std::move(unwanted);
}

bool Statement::begun() const {
  std::lock_guard lock(mutex_);
  return begun_ || error_;
}

QueryRecord Statement::record() const {
  std::lock_guard lock(mutex_);
  QueryRecord record{{}, request_.client};
  sql::QueryInfo& info = record.info;
  info.id = request_.id;
  info.state = state();
  info.user = request_.session.user;
  info.source = request_.client.source;
  info.catalog = request_.session.catalog;
  info.schema = request_.session.schema;
  info.text = request_.sql;
  info.update_type = update_.update_type;
  info.transaction = request_.transaction;
  if (error_) {
    info.error_name = error_->name;
    info.error_type = error_->type;
    info.error_message = error_->message;
    info.error_code = error_->code;
  }
  info.created_us = created_us_;
  info.started_us = planning_us_;
  info.asked_us = asked_us_;
  info.ended_us = ended_us_;
  info.elapsed_ms = ended_us_ != 0 ? elapsed_ms_ : milliseconds_since(created_);
  info.queued_ms = planning_ || begun_ ? queued_ms_ : info.elapsed_ms;
  info.planning_ms = begun_ || !planning_ ? planning_ms_ : milliseconds_since(planning_since_);
  info.rows = rows_sent_;
  info.bytes = bytes_sent_;
  return record;
}

std::optional<sql::QueryError> Statement::overdue() const {
  sql::QueryError error;
  error.name = "EXCEEDED_TIME_LIMIT";
  error.type = "INSUFFICIENT_RESOURCES";
  error.code = 131075;
  const auto limit = [&](const char* property) {
    const auto entry = request_.session.properties.find(property);
    return entry == request_.session.properties.end() ? std::string("100.00d") : entry->second;
  };
  std::lock_guard lock(mutex_);
  if (finished_ || error_) return std::nullopt;
  if (milliseconds_since(created_) > sql::max_run_time(request_.session).count())
    error.message = "Query exceeded maximum time limit of " + limit("query_max_run_time");
  else if (planning_ &&
           milliseconds_since(planning_since_) > sql::max_execution_time(request_.session).count())
    error.message =
        "Query exceeded the maximum execution time limit of " + limit("query_max_execution_time");
  else
    return std::nullopt;
  return error;
}

bool Statement::over() const {
  std::lock_guard lock(mutex_);
  return finished_ || error_;
}

size_t Statement::held_bytes() const {
  std::lock_guard lock(mutex_);
  return request_.sql.size() + (last_page_ ? last_page_->body.size() : 0);
}

std::chrono::steady_clock::time_point Statement::last_asked() const {
  std::lock_guard lock(mutex_);
  return last_asked_;
}

void Statement::touch() {
  std::lock_guard lock(mutex_);
  last_asked_ = clock_.steady();
  asked_us_ = clock_.now_us();
}

void Statement::end(sql::QueryError error) {
  std::shared_ptr<sql::Cursor> cursor;
  {
    std::lock_guard lock(mutex_);
    if (finished_) return;
    set_error(std::move(error));
    cursor = cursor_;
  }
  ending_.request_stop();
  if (!cursor) return;
  cursor->cancel();  // a page that is being made returns now
  std::lock_guard making(making_);
  std::lock_guard lock(mutex_);
  cursor_.reset();
  rows_.reset();
}

Page Statement::queued_page(const std::string& base) {
  std::lock_guard lock(mutex_);
  last_asked_ = clock_.steady();
  asked_us_ = clock_.now_us();
  ++last_token_;
  last_page_ = Page{200, render(base, "")};
  return *last_page_;
}

Page Statement::page(int64_t token, const std::string& base, size_t page_bytes,
                     std::chrono::milliseconds wait) {
  std::lock_guard making(making_);
  {
    std::lock_guard lock(mutex_);
    last_asked_ = clock_.steady();
    asked_us_ = clock_.now_us();
    if (token == last_token_ && last_page_) return *last_page_;
    if (token != last_token_ + 1 || finished_) return Page{410, ""};
  }
  std::string rows;
  fill(rows, page_bytes, wait);
  std::shared_ptr<sql::Cursor> done;
  std::lock_guard lock(mutex_);
  ++last_token_;
  bytes_sent_ += static_cast<int64_t>(rows.size());
  finished_ = error_ || (exhausted_ && !rows_);
  if (finished_ && ended_us_ == 0) {
    ended_us_ = clock_.now_us();
    elapsed_ms_ = milliseconds_since(created_);
  }
  last_page_ = Page{200, render(base, rows)};
  last_asked_ = clock_.steady();
  if (finished_) {
    if (!error_ || update_.ends_transaction) last_page_->update = update_;
    if (!error_) last_page_->started_transaction = started_transaction_;
    done = std::move(cursor_);  // lets go of the root
    rows_.reset();
  }
  return *last_page_;
}

// Under making_. What the page carries: full, or the end, or what there is when the time is over.
void Statement::fill(std::string& rows, size_t page_bytes, std::chrono::milliseconds wait) {
  std::shared_ptr<sql::Cursor> cursor;
  {
    std::lock_guard lock(mutex_);
    cursor = cursor_;
  }
  if (!cursor) return;
  const auto fail = [&](sql::QueryError error) {
    std::lock_guard lock(mutex_);
    set_error(std::move(error));
  };
  const auto deadline = clock_.steady() + wait;
  while (rows.size() < page_bytes) {
    if (rows_) {
      rows_sent_ += rows_->write(rows, page_bytes);
      if (!rows_->done()) return;
      rows_.reset();
    }
    if (exhausted_) return;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - clock_.steady());
    // Rows that are there leave soon, so that a slow query shows its first ones.
    const auto patience = rows.empty() ? left : std::min(left, std::chrono::milliseconds(20));
    if (!cursor->ready(std::max(patience, std::chrono::milliseconds(0)))) return;
    auto batch = cursor->next();
    if (!batch.has_value()) return fail(std::move(batch.error()));
    if (!*batch) {
      std::lock_guard lock(mutex_);
      exhausted_ = true;
      return;
    }
    note_update_count(**batch);
    auto writer = RowWriter::make(std::move(*batch), types_, request_.parametric_datetime);
    if (!writer.has_value()) return fail(internal(writer.error()));
    rows_ = std::move(*writer);
  }
}

// A statement that wrote rows has one row that says how many.
void Statement::note_update_count(const arrow::RecordBatch& rows) {
  std::lock_guard lock(mutex_);
  if (update_.update_type.empty() || rows.num_columns() != 1 || rows.num_rows() != 1) return;
  if (rows.column(0)->type_id() != arrow::Type::INT64) return;
  update_count_ = static_cast<const arrow::Int64Array&>(*rows.column(0)).Value(0);
}

const char* Statement::state() const {
  if (error_) return "FAILED";
  if (finished_) return "FINISHED";
  return begun_ ? "RUNNING" : planning_ ? "PLANNING" : "QUEUED";
}

// Under mutex_.
std::string Statement::render(const std::string& base, const std::string& rows) {
  JsonWriter json;
  json.begin_object();
  json.field("id", request_.id);
  json.field("infoUri", base + "/ui/query.html?" + request_.id);
  if (!finished_ && !error_) {
    json.field("nextUri",
               fmt::format("{}/v1/statement/{}/{}/{}/{}", base, begun_ ? "executing" : "queued",
                           request_.id, request_.slug, last_token_ + 1));
  }
  if (columns_known_ && !error_) {
    json.key("columns");
    write_columns(json);
    if (!rows.empty()) json.key("data").raw("[" + rows + "]");
  }
  json.key("stats");
  write_stats(json);
  if (error_) {
    json.key("error");
    write_error(json, *error_);
  }
  json.key("warnings").begin_array().end_array();
  if (!update_.update_type.empty()) json.field("updateType", update_.update_type);
  if (update_count_ && !error_) json.field("updateCount", *update_count_);
  json.end_object();
  return json.take();
}

void Statement::write_columns(JsonWriter& json) const {
  json.begin_array();
  if (cursor_) {
    const auto& schema = *cursor_->schema();
    for (size_t i = 0; i < types_.size(); ++i) {
      json.begin_object();
      json.field("name", schema.field(static_cast<int>(i))->name());
      json.field("type", to_string(types_[i], request_.parametric_datetime));
      json.key("typeSignature");
      write_signature(json, types_[i], request_.parametric_datetime);
      json.end_object();
    }
  }
  json.end_array();
}

void Statement::write_stats(JsonWriter& json) const {
  const int64_t elapsed = ended_us_ != 0 ? elapsed_ms_ : milliseconds_since(created_);
  const bool over = finished_ || error_;
  json.begin_object();
  json.field("state", state());
  json.field("queued", !planning_ && !over);
  json.field("scheduled", begun_);
  json.field("progressPercentage", over ? 100.0 : 0.0);
  json.field("runningPercentage", begun_ && !over ? 100.0 : 0.0);
  json.field("nodes", 1);
  json.field("totalSplits", 1);
  json.field("queuedSplits", begun_ || over ? 0 : 1);
  json.field("runningSplits", begun_ && !over ? 1 : 0);
  json.field("completedSplits", over ? 1 : 0);
  json.field("planningTimeMillis", planning_ms_);
  json.field("queuedTimeMillis", planning_ || over ? queued_ms_ : elapsed);
  for (const char* name :
       {"analysisTimeMillis", "cpuTimeMillis", "finishingTimeMillis", "physicalInputTimeMillis"})
    json.field(name, 0);
  json.field("wallTimeMillis", elapsed);
  json.field("elapsedTimeMillis", elapsed);
  json.field("processedRows", rows_sent_);
  json.field("processedBytes", bytes_sent_);
  for (const char* name : {"physicalInputBytes", "physicalWrittenBytes",
                           "internalNetworkInputBytes", "peakMemoryBytes", "spilledBytes"})
    json.field(name, 0);
  json.end_object();
}

void Statement::write_error(JsonWriter& json, const sql::QueryError& error) {
  json.begin_object();
  json.field("message", error.message);
  json.field("errorCode", error.code);
  json.field("errorName", error.name);
  json.field("errorType", error.type);
  if (error.line > 0) {
    json.key("errorLocation")
        .begin_object()
        .field("lineNumber", error.line)
        .field("columnNumber", error.column)
        .end_object();
  }
  json.key("failureInfo").begin_object();
  json.field("type", "io.trino.spi.TrinoException");
  json.field("message", error.message);
  json.key("suppressed").begin_array().end_array();
  json.key("stack").begin_array().end_array();
  if (error.line > 0) {
    json.key("errorLocation")
        .begin_object()
        .field("lineNumber", error.line)
        .field("columnNumber", error.column)
        .end_object();
  }
  json.key("errorInfo")
      .begin_object()
      .field("code", error.code)
      .field("name", error.name)
      .field("type", error.type)
      .end_object();
  json.end_object();
  json.end_object();
}

}  // namespace foz::trino
