// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_travel_internal.h"

#include <fmt/format.h>

#include "delta/history.h"
#include "duckdb/main/materialized_query_result.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/parser.hpp"
#include "duckdb/parser/query_node/select_node.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "sql/lake_types_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

struct Pointer {
  LogicalType type;
  duckdb::Value instant;  // by the session's zone where it has none
  duckdb::Value present;  // of the statement
};

Pointer evaluate(duckdb::Connection& connection, const TreeInput& input,
                 const RewrittenText::TableVersion& wanted) {
  TrinoStatement asking;
  asking.query.sql = "SELECT " + wanted.instant;
  asking.internal = true;
  duckdb::Parser parser(connection.context->GetParserOptions());
  parser.ParseQuery(asking.query.sql);
  auto select = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(
      std::move(parser.statements.at(0)));
  if (auto error = rewrite_tree(*select, {input.root, input.session, input.source, asking}))
    throw *error;
  auto& items = select->node->Cast<duckdb::SelectNode>().select_list;
  items.push_back(duckdb::make_uniq<duckdb::CastExpression>(LogicalType::TIMESTAMP_TZ,
                                                            items.at(0)->Copy(), true));
  items.push_back(duckdb::make_uniq<duckdb::FunctionExpression>(
      "get_current_timestamp", duckdb::vector<duckdb::unique_ptr<duckdb::ParsedExpression>>()));
  select->query.clear();
  auto result = connection.Query(std::move(select));
  if (result->HasError()) result->ThrowError();
  return {result->types[0], result->GetValue(1, 0), result->GetValue(2, 0)};
}

bool is_instant(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS:
    case LogicalTypeId::TIMESTAMP_TZ: return true;
    default: return false;
  }
}

}  // namespace

void find_versions(duckdb::Connection& connection, const TreeInput& input, RewrittenText& text) {
  for (auto& wanted : text.versions) {
    if (wanted.instant.empty()) continue;
    const auto view = input.root.find(wanted.schema, wanted.table);
    if (!view || !view->snapshot) continue;  // whoever looks for the table says so
    const auto refuse = [&](const std::string& message) {
      throw error_at(input.source, wanted.source, "INVALID_ARGUMENTS", 76, message);
    };
    const auto [type, instant, present] = evaluate(connection, input, wanted);
    if (!is_instant(type) && type.id() != LogicalTypeId::SQLNULL && wanted.instant != "NULL")
      throw error_at(input.source, wanted.source, "TYPE_MISMATCH", 58,
                     fmt::format("Type {} invalid. Temporal pointers must be of type Timestamp, "
                                 "Timestamp with Time Zone, or Date.",
                                 display_type(type)));
    if (instant.IsNull()) refuse("Pointer value cannot be NULL");
    const auto micros = instant.GetValue<duckdb::timestamp_tz_t>();
    if (micros.value > present.GetValue<duckdb::timestamp_tz_t>().value)
      refuse(fmt::format("Pointer value '{} UTC' is not in the past",
                         duckdb::Timestamp::ToString(duckdb::timestamp_t(micros.value))));
    const int64_t millis = micros.value / 1000 - (micros.value % 1000 < 0 ? 1 : 0);
    const auto found = delta::version_at(*view->table, millis, delta::AfterLast::kTakeLast);
    if (!found.has_value() && found.error().code() == ErrorCode::kNotFound)
      throw user_error("INVALID_ARGUMENTS", 76,
                       fmt::format("No temporal version history at or before {}: {}",
                                   duckdb::Timestamp::ToString(duckdb::timestamp_t(micros.value)),
                                   found.error().message()));
    if (!found.has_value()) throw duckdb::IOException("%s", found.error().message());
    wanted.version = found->version.value();
  }
}

Result<delta::SnapshotPtr> TravelledSnapshots::at(const table::TableView& view, int64_t version) {
  if (view.snapshot->version() == delta::Version(version)) return view.snapshot;
  const auto known = loaded_.find({view.id, version});
  if (known != loaded_.end()) return known->second;
  auto snapshot = TRY(view.table->at(delta::Version(version)));
  loaded_.emplace(std::pair(view.id, version), snapshot);
  return snapshot;
}

}  // namespace foz::sql
