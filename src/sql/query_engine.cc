// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_engine.h"

#include <arrow/type.h>
#include <fmt/format.h>

#include <mutex>

#include "base/logging.h"
#include "sql/lake_writing.h"
#include "sql/query_cursor_internal.h"
#include "sql/query_error_internal.h"
#include "sql/query_instance_internal.h"
#include "sql/row_checks_internal.h"
#include "sql/session_properties.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

namespace {

// Of a statement that only asks the client to change its session.
class UpdateCursor final : public Cursor {
 public:
  explicit UpdateCursor(SessionUpdate update) : update_(std::move(update)) {}
  const std::shared_ptr<arrow::Schema>& schema() const override { return schema_; }
  const std::vector<std::string>& types() const override { return types_; }
  QueryResult<std::shared_ptr<arrow::RecordBatch>> next() override { return nullptr; }
  bool ready(std::chrono::milliseconds) override { return true; }
  void cancel() override {}
  const SessionUpdate& session_update() const override { return update_; }

 private:
  const SessionUpdate update_;
  const std::shared_ptr<arrow::Schema> schema_ = arrow::schema({});
  const std::vector<std::string> types_;
};

std::optional<QueryError> check_transaction(const SessionUpdate& update,
                                            const QuerySession& session) {
  if (update.starts_transaction) {
    if (!session.transactions)
      return user_error("INCOMPATIBLE_CLIENT", 27, "Client does not support transactions");
    if (!session.transaction.empty())
      return user_error("NOT_SUPPORTED", 13, "Nested transactions not supported");
    return std::nullopt;
  }
  if (session.transaction.empty()) {
    if (update.ends_transaction)
      return user_error("NOT_IN_TRANSACTION", 21, "No transaction in progress");
    return std::nullopt;
  }
  if (update.ends_transaction) return std::nullopt;
  switch (session.transaction_state) {
    case TransactionState::kOpen: return std::nullopt;
    case TransactionState::kAborted:
      return user_error("TRANSACTION_ALREADY_ABORTED", 22,
                        "Current transaction is aborted, commands ignored until end of transaction "
                        "block");
    case TransactionState::kUnknown: break;
  }
  return user_error("UNKNOWN_TRANSACTION", 20,
                    fmt::format("Unknown transaction ID: {}. Possibly expired? Commands ignored "
                                "until end of transaction block",
                                session.transaction));
}

class DuckQueryEngine final : public QueryEngine {
 public:
  DuckQueryEngine(QueryEngineOptions options, PinRoot root, const Clock& clock, Metrics& metrics,
                  std::optional<LakeWriting> writing)
      : options_(std::move(options)),
        pin_root_(std::move(root)),
        clock_(clock),
        metrics_(metrics),
        writing_(writing),
        queries_(metrics.counter("foz_queries_total", "SQL statements that began.")),
        failures_(metrics.counter("foz_query_failures_total",
                                  "SQL statements that failed before their first row.")),
        planning_(metrics.histogram("foz_query_planning_seconds",
                                    "From a statement's arrival to its columns.")),
        admission_(options_.max_running,
                   metrics.gauge("foz_queries_running", "Queries that execute now.")),
        guard_(options_.process_limit_bytes) {}

  Status start() {
    try {
      instance_ = std::make_shared<QueryInstance>(options_, metrics_);
      return {};
    } catch (const std::exception& exception) {
      return Error(ErrorCode::kInternal, duckdb::ErrorData(exception).Message())
          .within("query engine");
    }
  }

  QueryResult<std::unique_ptr<Cursor>> execute(std::string_view sql, const QuerySession& session,
                                               std::stop_token stop) override {
    queries_.add();
    const auto begin = clock_.steady();
    auto cursor = begin_query(sql, session, stop);
    if (!cursor.has_value()) failures_.add();
    planning_.observe(std::chrono::duration<double>(clock_.steady() - begin).count());
    return cursor;
  }

 private:
  QueryResult<std::unique_ptr<Cursor>> begin_query(std::string_view sql,
                                                   const QuerySession& session,
                                                   const std::stop_token& stop) {
    if (auto error = check_session_properties(session)) return std::unexpected(*error);
    WritePtr write;
    auto statement = read_statement(sql, session, write);
    if (!statement.has_value()) return std::unexpected(statement.error());
    if (auto error = check_transaction(statement->update, session)) return std::unexpected(*error);
    if (!statement->update.update_type.empty() && !write)
      return update(std::move(*statement), session);
    if (!admission_.enter(options_.max_wait, stop)) {
      if (stop.stop_requested()) return std::unexpected(canceled_error());
      QueryError full;
      full.name = "QUERY_QUEUE_FULL";
      full.code = 131074;
      full.type = "INSUFFICIENT_RESOURCES";
      full.message =
          fmt::format("{} queries are running, and none ended within {} s", options_.max_running,
                      std::chrono::duration<double>(options_.max_wait).count());
      return std::unexpected(full);
    }
    QueryPlan plan;
    plan.admission = &admission_;
    plan.guard = &guard_;
    plan.write = std::move(write);
    plan.writing = writing_ ? &*writing_ : nullptr;
    plan.checker = &checker_;
    plan.clock = &clock_;
    try {
      plan.instance = instance();
    } catch (const std::exception& exception) {
      admission_.leave();
      return std::unexpected(internal_error(duckdb::ErrorData(exception).Message()));
    }
    plan.root = pin_root_();
    plan.session = session;
    plan.statement = std::move(*statement);
    auto cursor = std::make_unique<QueryCursor>(std::move(plan));
    if (auto error = cursor->wait_planned(stop)) return std::unexpected(*error);
    return cursor;
  }

  // Takes no place: it reads nothing.
  QueryResult<std::unique_ptr<Cursor>> update(TrinoStatement statement,
                                              const QuerySession& session) {
    const auto root = pin_root_();
    const TreeInput input{*root, session, statement.source, statement};
    for (const auto& name : statement.required) {
      auto missing = check_exists(name, input);
      if (!missing) continue;
      if (missing->name == "SCHEMA_NOT_FOUND")
        missing = user_error(
            "NOT_FOUND", 5, fmt::format("Schema does not exist: {}.{}", name.catalog, name.schema));
      if (missing->name == "CATALOG_NOT_FOUND")
        missing = user_error("CATALOG_NOT_FOUND", 44,
                             fmt::format("Catalog '{}' not found", name.catalog));
      return std::unexpected(*missing);
    }
    return std::make_unique<UpdateCursor>(std::move(statement.update));
  }

  std::shared_ptr<QueryInstance> instance() {
    std::lock_guard lock(instance_mutex_);
    if (instance_->broken()) {
      log_error("sql", "the query engine had a defect and is replaced");
      instance_ = std::make_shared<QueryInstance>(options_, metrics_);
    }
    return instance_;
  }

  const QueryEngineOptions options_;
  const PinRoot pin_root_;
  const Clock& clock_;
  Metrics& metrics_;
  const std::optional<LakeWriting> writing_;
  const SparkRowChecker checker_;
  Counter& queries_;
  Counter& failures_;
  Histogram& planning_;
  Admission admission_;
  QueryGuard guard_;

  std::mutex instance_mutex_;
  std::shared_ptr<QueryInstance> instance_;
};

}  // namespace

Result<std::unique_ptr<QueryEngine>> QueryEngine::make(QueryEngineOptions options, PinRoot root,
                                                       const Clock& clock, Metrics& metrics) {
  return make_query_engine(std::move(options), std::move(root), clock, metrics, std::nullopt);
}

Result<std::unique_ptr<QueryEngine>> make_query_engine(QueryEngineOptions options,
                                                       QueryEngine::PinRoot root,
                                                       const Clock& clock, Metrics& metrics,
                                                       std::optional<LakeWriting> writing) {
  auto engine = std::make_unique<DuckQueryEngine>(std::move(options), std::move(root), clock,
                                                  metrics, writing);
  TRY(engine->start());
  return engine;
}

}  // namespace foz::sql
