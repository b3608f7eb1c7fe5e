// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The schema system.runtime: who executes statements, and what they are.

#include "sql/lake_types_internal.h"
#include "sql/runtime.h"
#include "sql/system_tables_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::Value;

namespace {

Value text_list(std::initializer_list<const char*> texts) {
  duckdb::vector<Value> values;
  for (const char* text : texts) values.emplace_back(text);
  return Value::LIST(LogicalType::VARCHAR, std::move(values));
}

SystemRows nodes(const SystemInput& input) {
  if (!input.session.runtime) return {};
  const NodeInfo node = input.session.runtime->node();
  return {{Value(node.id), Value(node.uri), Value(node.version), Value::BOOLEAN(true),
           Value("active")}};
}

// The one that asks is past its planning when its rows are read, though they are made before.
std::vector<QueryInfo> known_queries(const SystemInput& input) {
  auto known = input.session.runtime->queries();
  for (QueryInfo& query : known) {
    if (query.id == input.session.query_id && query.state == "PLANNING") query.state = "RUNNING";
  }
  return known;
}

SystemRows queries(const SystemInput& input) {
  SystemRows rows;
  if (!input.session.runtime) return rows;
  for (const QueryInfo& query : known_queries(input))
    rows.push_back({Value(query.id), Value(query.state), Value(query.user),
                    text_or_null(query.source), Value(query.text), text_list({"global"}),
                    Value::BIGINT(query.queued_ms), Value::BIGINT(0),
                    Value::BIGINT(query.planning_ms), instant_or_null(query.created_us),
                    instant_or_null(query.started_us), instant_or_null(query.asked_us),
                    instant_or_null(query.ended_us), text_or_null(query.error_type),
                    text_or_null(query.error_name)});
  return rows;
}

// A query is one task here.
SystemRows tasks(const SystemInput& input) {
  SystemRows rows;
  if (!input.session.runtime) return rows;
  const NodeInfo node = input.session.runtime->node();
  for (const QueryInfo& query : known_queries(input)) {
    if (query.started_us == 0) continue;
    const bool running = !query.over();
    const auto count = [](bool one) { return Value::BIGINT(one ? 1 : 0); };
    duckdb::vector<Value> row{Value(node.id),         Value(query.id + ".0.0.0"),
                              Value(query.id + ".0"), Value(query.id),
                              Value(query.state),     count(true),
                              count(false),           count(running),
                              count(!running)};
    for (int unknown = 0; unknown < 7; ++unknown) row.push_back(Value::BIGINT(0));
    row.push_back(Value::BIGINT(query.bytes));
    row.push_back(Value::BIGINT(query.rows));
    for (int unknown = 0; unknown < 2; ++unknown) row.push_back(Value::BIGINT(0));
    for (const int64_t at : {query.created_us, query.started_us, query.asked_us, query.ended_us})
      row.push_back(instant_or_null(at));
    rows.push_back(std::move(row));
  }
  return rows;
}

SystemRows transactions(const SystemInput& input) {
  SystemRows rows;
  if (!input.session.runtime) return rows;
  for (const TransactionInfo& open : input.session.runtime->transactions())
    rows.push_back({Value(open.id), Value(open.isolation_level), Value::BOOLEAN(open.read_only),
                    Value::BOOLEAN(open.auto_commit), instant_or_null(open.created_us),
                    Value::BIGINT(open.idle_seconds), Value(), text_list({kCatalog})});
  return rows;
}

void add_instants(SystemColumns& columns, std::initializer_list<const char*> names) {
  for (const char* name : names) columns.push_back({name, instant_type(3)});
}

}  // namespace

std::vector<SystemTable> runtime_tables() {
  const LogicalType texts = LogicalType::LIST(LogicalType::VARCHAR);
  auto of_nodes = text_columns({"node_id", "http_uri", "node_version", "coordinator", "state"});
  of_nodes[3].type = LogicalType::BOOLEAN;

  auto of_queries =
      text_columns({"query_id", "state", "user", "source", "query", "resource_group_id",
                    "queued_time_ms", "analysis_time_ms", "planning_time_ms"},
                   {"queued_time_ms", "analysis_time_ms", "planning_time_ms"});
  of_queries[5].type = texts;
  add_instants(of_queries, {"created", "started", "last_heartbeat", "end"});
  for (const char* name : {"error_type", "error_code"})
    of_queries.push_back({name, LogicalType::VARCHAR});

  auto of_tasks = text_columns({"node_id", "task_id", "stage_id", "query_id", "state"});
  for (const char* name :
       {"splits", "queued_splits", "running_splits", "completed_splits", "split_scheduled_time_ms",
        "split_cpu_time_ms", "split_blocked_time_ms", "raw_input_bytes", "raw_input_rows",
        "processed_input_bytes", "processed_input_rows", "output_bytes", "output_rows",
        "physical_input_bytes", "physical_written_bytes"})
    of_tasks.push_back({name, LogicalType::BIGINT});
  add_instants(of_tasks, {"created", "start", "last_heartbeat", "end"});

  SystemColumns of_transactions{
      {"transaction_id", LogicalType::VARCHAR},  {"isolation_level", LogicalType::VARCHAR},
      {"read_only", LogicalType::BOOLEAN},       {"auto_commit_context", LogicalType::BOOLEAN},
      {"create_time", instant_type(3)},          {"idle_time_secs", LogicalType::BIGINT},
      {"written_catalog", LogicalType::VARCHAR}, {"catalogs", texts}};

  SystemColumns of_rules{{"rule_name", LogicalType::VARCHAR},
                         {"invocations", LogicalType::BIGINT},
                         {"matches", LogicalType::BIGINT},
                         {"failures", LogicalType::BIGINT},
                         {"average_time", LogicalType::DOUBLE},
                         {"time_distribution_percentiles",
                          LogicalType::MAP(LogicalType::DOUBLE, LogicalType::DOUBLE)}};
  return {
      {"$runtime", "nodes", of_nodes, nodes},
      {"$runtime", "optimizer_rule_stats", of_rules, no_rows},  // another optimizer plans here
      {"$runtime", "queries", of_queries, queries},
      {"$runtime", "tasks", of_tasks, tasks},
      {"$runtime", "transactions", of_transactions, transactions},
  };
}

}  // namespace foz::sql
