// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One statement on the server: pages numbered by tokens, each made when it is first asked for and
// kept until the next is.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "sql/query_engine.h"
#include "trino/json_rows_internal.h"
#include "trino/query_list_internal.h"
#include "trino/type_signature_internal.h"

namespace foz::trino {

struct StatementRequest {
  std::string id, slug;
  std::string sql;
  sql::QuerySession session;
  ClientDescription client;
  bool parametric_datetime = false;
  std::string transaction;           // the client's, or one for this statement alone
  std::function<void()> on_failure;  // called once, under the statement's mutex
};

// What is done for a statement before its client hears of it.
struct Applied {
  std::optional<sql::QueryError> error;
  std::string started_transaction;
};

struct Page {
  int status = 200;
  std::string body;
  sql::SessionUpdate update = {};  // for the headers of the last page
  std::string started_transaction = {};
};

// Thread-safe; a page is made by one thread at a time.
class Statement {
 public:
  Statement(StatementRequest request, const Clock& clock);
  ~Statement();

  const std::string& id() const { return request_.id; }
  const std::string& slug() const { return request_.slug; }

  // Plans and begins the query: may wait for other queries to end, until end(). To destroy a cursor
  // may take long, so whoever needs it last gives it to `reap`, from any thread.
  using Reap = std::function<void(std::unique_ptr<sql::Cursor>)>;
  // `apply` does what the statement asks of the server.
  using Apply = std::function<Applied(const sql::SessionUpdate&)>;
  void begin(sql::QueryEngine& engine, const Reap& reap, const Apply& apply);
  bool begun() const;

  // The page of `token`, with `base` before its URIs: the same again for the last token, the next
  // one within `wait` (without rows when there are none yet), 410 for any other.
  Page page(int64_t token, const std::string& base, size_t page_bytes,
            std::chrono::milliseconds wait);
  // A page that says that the query waits.
  Page queued_page(const std::string& base);

  // The client lives, though it reads nothing.
  void touch();
  // Ends the query without waiting for it; who asks for pages gets `error`.
  void end(sql::QueryError error);

  QueryRecord record() const;
  const std::string& transaction() const { return request_.transaction; }
  int64_t created_us() const { return created_us_; }
  // The time that the session allows is over.
  std::optional<sql::QueryError> overdue() const;

  std::chrono::steady_clock::time_point last_asked() const;
  bool over() const;          // its last page was given, or it failed or was ended
  size_t held_bytes() const;  // of its text and the page that is kept

 private:
  void fill(std::string& rows, size_t page_bytes, std::chrono::milliseconds wait);
  void note_update_count(const arrow::RecordBatch& rows);
  void set_error(sql::QueryError error);
  int64_t milliseconds_since(std::chrono::steady_clock::time_point from) const;
  std::string render(const std::string& base, const std::string& rows);
  void write_columns(JsonWriter& json) const;
  void write_stats(JsonWriter& json) const;
  static void write_error(JsonWriter& json, const sql::QueryError& error);
  const char* state() const;

  const StatementRequest request_;
  const Clock& clock_;
  const std::chrono::steady_clock::time_point created_;
  const int64_t created_us_;

  std::stop_source ending_;   // of what begin() waits for
  std::mutex making_;         // held while a page is made
  mutable std::mutex mutex_;  // guards the rest; never held while the engine works
  std::shared_ptr<sql::Cursor> cursor_;
  std::vector<Type> types_;
  std::optional<RowWriter> rows_;  // of the batch that is being sent
  std::optional<sql::QueryError> error_;
  sql::SessionUpdate update_;
  std::optional<int64_t> update_count_;
  std::string started_transaction_;
  bool planning_ = false, begun_ = false, columns_known_ = false, exhausted_ = false,
       finished_ = false;
  int64_t last_token_ = 0;  // 0 was the answer to the statement itself
  std::optional<Page> last_page_;
  int64_t rows_sent_ = 0, bytes_sent_ = 0;
  int64_t queued_ms_ = 0, planning_ms_ = 0, elapsed_ms_ = 0;  // each when it is over
  int64_t planning_us_ = 0, asked_us_ = 0, ended_us_ = 0;     // since the epoch
  std::chrono::steady_clock::time_point planning_since_, last_asked_;
};

}  // namespace foz::trino
