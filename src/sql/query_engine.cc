// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_engine.h"

#include <fmt/format.h>

#include <condition_variable>
#include <mutex>

#include "base/logging.h"
#include "sql/query_cursor_internal.h"
#include "sql/query_error_internal.h"
#include "sql/query_instance_internal.h"

namespace foz::sql {

namespace {

class DuckQueryEngine final : public QueryEngine {
 public:
  DuckQueryEngine(QueryEngineOptions options, PinRoot root, const Clock& clock, Metrics& metrics)
      : options_(std::move(options)),
        pin_root_(std::move(root)),
        clock_(clock),
        metrics_(metrics),
        queries_(metrics.counter("foz_queries_total", "SQL statements that began.")),
        failures_(metrics.counter("foz_query_failures_total",
                                  "SQL statements that failed before their first row.")),
        running_gauge_(metrics.gauge("foz_queries_running", "Queries that execute now.")),
        planning_(metrics.histogram("foz_query_planning_seconds",
                                    "From a statement's arrival to its columns.")) {}

  Status start() {
    try {
      instance_ = std::make_shared<QueryInstance>(options_, metrics_);
      return {};
    } catch (const std::exception& exception) {
      return Error(ErrorCode::kInternal, duckdb::ErrorData(exception).Message())
          .within("query engine");
    }
  }

  QueryResult<std::unique_ptr<Cursor>> execute(std::string_view sql,
                                               const QuerySession& session) override {
    queries_.add();
    const auto begin = clock_.steady();
    auto cursor = begin_query(sql, session);
    if (!cursor.has_value()) failures_.add();
    planning_.observe(std::chrono::duration<double>(clock_.steady() - begin).count());
    return cursor;
  }

 private:
  QueryResult<std::unique_ptr<Cursor>> begin_query(std::string_view sql,
                                                   const QuerySession& session) {
    auto statement = read_statement(sql, session);
    if (!statement.has_value()) return std::unexpected(statement.error());
    if (!admit()) {
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
    plan.done = [this] { leave(); };
    try {
      plan.instance = instance();
    } catch (const std::exception& exception) {
      leave();
      return std::unexpected(internal_error(duckdb::ErrorData(exception).Message()));
    }
    plan.root = pin_root_();
    plan.session = session;
    plan.client_sql = std::string(sql);
    plan.statement = std::move(*statement);
    auto cursor = std::make_unique<QueryCursor>(std::move(plan));
    if (auto error = cursor->wait_planned()) return std::unexpected(*error);
    return cursor;
  }

  bool admit() {
    std::unique_lock lock(mutex_);
    if (!left_.wait_for(lock, options_.max_wait, [&] { return running_ < options_.max_running; }))
      return false;
    running_gauge_.set(++running_);
    return true;
  }

  void leave() {
    std::lock_guard lock(mutex_);
    running_gauge_.set(--running_);
    left_.notify_one();
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
  Counter& queries_;
  Counter& failures_;
  Gauge& running_gauge_;
  Histogram& planning_;

  std::mutex instance_mutex_;
  std::shared_ptr<QueryInstance> instance_;

  std::mutex mutex_;
  std::condition_variable left_;
  int running_ = 0;
};

}  // namespace

Result<std::unique_ptr<QueryEngine>> QueryEngine::make(QueryEngineOptions options, PinRoot root,
                                                       const Clock& clock, Metrics& metrics) {
  auto engine =
      std::make_unique<DuckQueryEngine>(std::move(options), std::move(root), clock, metrics);
  TRY(engine->start());
  return engine;
}

}  // namespace foz::sql
