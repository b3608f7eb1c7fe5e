// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Interactive SQL over live tables: Trino's dialect on DuckDB, every query over one root.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "table/view.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace foz::sql {

inline constexpr char kCatalog[] = "lake";

struct QueryEngineOptions {
  int64_t memory_bytes = 1LL << 30;
  int64_t process_limit_bytes = 0;  // near it queries are ended, whatever they account for; 0: none
  int threads = 2;
  std::string spill_directory;  // empty: no spilling
  int max_running = 16;         // further queries wait
  std::chrono::milliseconds max_wait{60000};
};

class Runtime;  // sql/runtime.h

enum class TransactionState { kOpen, kAborted, kUnknown };

struct QuerySession {
  std::string user = "foz";
  std::string catalog = kCatalog;
  std::string schema;  // where unqualified names are looked up; empty: none
  std::string time_zone = "UTC";
  std::map<std::string, std::string> prepared = {};    // statements that the client keeps, by name
  std::map<std::string, std::string> properties = {};  // as the client sets them, by name
  // Whether the client understands transactions, and the one that it is in; empty: none.
  bool transactions = false;
  std::string transaction = {};
  TransactionState transaction_state = TransactionState::kOpen;
  // Who executes statements, for system.runtime; must outlive the cursor. Null: nothing is known.
  const Runtime* runtime = nullptr;
  std::string query_id = {};  // by which the runtime knows this statement
};

// As Trino names errors: https://trino.io/docs/current/develop/client-protocol.html
struct QueryError {
  std::string message;
  std::string name =
      "GENERIC_INTERNAL_ERROR";  // "SYNTAX_ERROR", "TABLE_NOT_FOUND", "DIVISION_BY_ZERO" …
  std::string type =
      "INTERNAL_ERROR";  // USER_ERROR, INTERNAL_ERROR, EXTERNAL, INSUFFICIENT_RESOURCES
  int code = 65536;
  int line = 0, column = 0;  // 0: no position
};

template <class T>
using QueryResult = std::expected<T, QueryError>;

// What a statement without rows asks the client to change in its session.
struct SessionUpdate {
  std::string update_type;  // "USE" …; empty: a query
  std::string set_catalog, set_schema;
  std::string set_time_zone;
  std::string prepared_name, prepared_sql;    // to keep
  std::string deallocated_name;               // to forget
  std::string property_name, property_value;  // SET SESSION
  std::string reset_property;                 // RESET SESSION
  std::string role;                           // SET ROLE: "NONE", "ALL" or "ROLE{name}"
  bool starts_transaction = false, ends_transaction = false;
  std::string isolation_level = "READ UNCOMMITTED";  // of the transaction that starts
  bool read_only = false;                            // so it is
  // Id of a query of the endpoint that the statement wants to end, and what it is told.
  std::string killed_query, kill_message;
};

// The rows of one statement, pulled batch by batch; one thread at a time. Holds its root until
// destroyed.
class Cursor {
 public:
  virtual ~Cursor() = default;
  virtual const std::shared_ptr<arrow::Schema>& schema() const = 0;
  // Trino's name of each column's type: "bigint", "timestamp(6)", "varchar", "row(a bigint)" …
  virtual const std::vector<std::string>& types() const = 0;
  // Null after the last batch.
  virtual QueryResult<std::shared_ptr<arrow::RecordBatch>> next() = 0;
  // Waits until next() has an answer at hand; false when the time is over.
  virtual bool ready(std::chrono::milliseconds wait) = 0;
  // From any thread: next() then fails with USER_CANCELED.
  virtual void cancel() = 0;
  // The statement had no rows if its update_type says so.
  virtual const SessionUpdate& session_update() const = 0;
};

// Thread-safe. Statements: SELECT (WITH, VALUES, TABLE), FOR VERSION AS OF, SHOW
// CATALOGS|SCHEMAS|TABLES|COLUMNS, DESCRIBE, EXPLAIN, USE, SET TIME ZONE, PREPARE, EXECUTE
// [IMMEDIATE], DEALLOCATE PREPARE; everything else is NOT_SUPPORTED by name.
class QueryEngine {
 public:
  virtual ~QueryEngine() = default;
  // `root` is asked once per query. Metrics and clock must outlive the engine.
  using PinRoot = std::function<std::shared_ptr<const table::Root>()>;
  static Result<std::unique_ptr<QueryEngine>> make(QueryEngineOptions options, PinRoot root,
                                                   const Clock& clock, Metrics& metrics);
  // A `stop` ends the wait at once, with USER_CANCELED or a cursor that is canceled and that has
  // nothing to tell but its session_update().
  virtual QueryResult<std::unique_ptr<Cursor>> execute(std::string_view sql,
                                                       const QuerySession& session,
                                                       std::stop_token stop = {}) = 0;
};

// Whether a word, in lower case, is an identifier of Trino's SQL only in quotes.
bool is_reserved_word(std::string_view word);

}  // namespace foz::sql
