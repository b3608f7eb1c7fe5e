// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Trino's functions on DuckDB: other names, and macros where the meaning differs.
// https://trino.io/docs/current/functions.html

#include <algorithm>
#include <map>
#include <vector>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/enums/database_modification_type.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/transaction/meta_transaction.hpp"
#include "sql/trino_aggregates_internal.h"
#include "sql/trino_call_internal.h"
#include "sql/trino_lambdas_internal.h"
#include "sql/trino_operators_internal.h"
#include "sql/trino_themes_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

namespace {

struct Rename {
  std::string_view trino, duckdb;
};

// Sorted by Trino's name. Same arguments, same meaning.
constexpr Rename kRenames[] = {
    {"approx_distinct", "approx_count_distinct"},
    {"arbitrary", "any_value"},
    {"array_sort", "list_sort"},
    {"filter", "list_filter"},
    {"geometric_mean", "geomean"},
    {"transform", "list_transform"},
    {"zip", "list_zip"},
};

// Functions that are the same in DuckDB, and those that a clause of SQL becomes when it is parsed.
constexpr std::string_view kPassed[] = {
    "any_value",
    "array_agg",
    "array_extract",
    "array_slice",
    "array_value",
    "avg",
    "coalesce",
    "count",
    "count_if",
    "count_star",
    "cume_dist",
    "current_date",
    "current_schemas",
    "date_part",
    "dense_rank",
    "first_value",
    "flatten",
    "get_current_time",
    "get_current_timestamp",
    "grouping",
    "grouping_id",
    "if",
    "ifnull",
    "ilike_escape",
    "list_sort",
    "lag",
    "last_value",
    "lead",
    "like_escape",
    "list_extract",
    "list_slice",
    "list_value",
    "map",
    "map_entries",
    "map_from_entries",
    "map_keys",
    "map_values",
    "max_by",
    "min_by",
    "not_ilike_escape",
    "not_like_escape",
    "now",
    "nth_value",
    "ntile",
    "nullif",
    "percent_rank",
    "rank",
    "row",
    "row_number",
    "struct_extract",
    "struct_pack",
    "timezone",
    "to_centuries",
    "to_days",
    "to_decades",
    "to_hours",
    "to_microseconds",
    "to_milliseconds",
    "to_minutes",
    "to_months",
    "to_quarters",
    "to_seconds",
    "to_weeks",
    "to_years",
    "trunc",
    "try",
    "unhex",
    "unnest",
    "uuid",
};

// Those that the tree makes something else of before it looks for their names.
constexpr std::string_view kRewritten[] = {"date_format", "date_parse", "format_datetime",
                                           "parse_datetime", "reduce"};

struct Macro {
  std::string_view name;
  std::string_view definition;  // "(a, b) AS …", one for each number of arguments
};

// Sorted by name.
constexpr Macro kMacros[] = {
    {"approx_most_frequent",
     "(n, x, c) AS memory.trino.\"$most_frequent\"(map_keys(system.main.histogram(x)), "
     "CAST(map_values(system.main.histogram(x)) AS BIGINT[]), CAST(n AS BIGINT))"},
    {"checksum",
     "(x) AS memory.trino.\"$checksum_bytes\"(sum(CAST(coalesce("
     "memory.trino.\"$checksum_hash\"(x), 1) AS DECIMAL(20, 0))))"},
    {"current_timezone", "() AS current_setting('TimeZone')"},
    {"histogram",
     "(x) AS map(map_keys(system.main.histogram(x)), "
     "CAST(map_values(system.main.histogram(x)) AS BIGINT[]))"},
    {"map_agg", "(k, v) AS memory.trino.\"$unique_map\"(list(k), list(v))"},
    {"map_union",
     "(m) AS memory.trino.\"$unique_map\"(flatten(list(map_keys(m))), "
     "flatten(list(map_values(m))))"},
    {"multimap_agg", "(k, v) AS memory.trino.\"$multimap\"(list(k), list(v))"},
    {"parse_datetime", "(s, f) AS CAST(strptime(s, f) AS TIMESTAMPTZ)"},
    {"version", "() AS '476'"},
};

// ---- The tables of the themes -------------------------------------------------------------------

using Overloads = std::vector<TrinoFunction>;

}  // namespace

const std::map<std::string_view, Overloads>& functions_by_name() {
  static const auto* const kTables = [] {
    auto* out = new std::map<std::string_view, Overloads>;
    for (const auto theme :
         {array_functions(), binary_functions(), format_functions(), json_document_functions(),
          map_functions(), number_functions(), regexp_functions(), statistics_functions(),
          text_functions(), date_functions(), url_functions()}) {
      for (const TrinoFunction& function : theme) (*out)[function.name].push_back(function);
    }
    return out;
  }();
  return *kTables;
}

namespace {

// Which function a call is of.
struct CallInfo final : duckdb::ScalarFunctionInfo {
  explicit CallInfo(const Overloads& its_overloads) : overloads(its_overloads) {}
  const Overloads& overloads;
};
struct CallData final : duckdb::FunctionData {
  explicit CallData(const Overloads& its_overloads) : overloads(its_overloads) {}
  duckdb::unique_ptr<FunctionData> Copy() const override {
    return duckdb::make_uniq<CallData>(overloads);
  }
  bool Equals(const FunctionData& other) const override {
    return &other.Cast<CallData>().overloads == &overloads;
  }
  const Overloads& overloads;
};

duckdb::unique_ptr<duckdb::FunctionData> call_data(duckdb::ClientContext&,
                                                   duckdb::ScalarFunction& function, Arguments&) {
  return duckdb::make_uniq<CallData>(function.function_info->Cast<CallInfo>().overloads);
}
BoundExpression bind_table_call(duckdb::FunctionBindExpressionInput& input) {
  return bind_call(input.context, input.bind_data->Cast<CallData>().overloads,
                   std::move(input.children));
}
void create_table_functions(duckdb::ClientContext& context, duckdb::Catalog& catalog) {
  for (const auto& [name, overloads] : functions_by_name()) {
    duckdb::ScalarFunction function(std::string(name), {}, duckdb::LogicalType::ANY, not_bound,
                                    call_data);
    function.varargs = duckdb::LogicalType::ANY;
    function.function_info = duckdb::make_shared_ptr<CallInfo>(overloads);
    function.SetBindExpressionCallback(bind_table_call);
    create_function(context, catalog, std::move(function));
  }
}

}  // namespace

FunctionTarget function_target(std::string_view name) {
  const auto rename = std::ranges::lower_bound(kRenames, name, {}, &Rename::trino);
  if (rename != std::end(kRenames) && rename->trino == name) return {rename->duckdb, false};
  const auto macro = std::ranges::lower_bound(kMacros, name, {}, &Macro::name);
  if (macro != std::end(kMacros) && macro->name == name) return {macro->name, true};
  if (const auto own = functions_by_name().find(name); own != functions_by_name().end())
    return {own->first, true};
  if (const std::string_view own = own_aggregate(name); !own.empty()) return {own, true};
  if (const std::string_view own = operator_target(name); !own.empty()) return {own, true};
  return {};
}

bool is_trino_function(std::string_view name) {
  return (!function_target(name).name.empty() && !name.starts_with('$')) ||
         std::ranges::find(kPassed, name) != std::end(kPassed) ||
         std::ranges::find(kRewritten, name) != std::end(kRewritten) || takes_lambda(name);
}

void create_functions(duckdb::Connection& connection) {
  static_assert(std::ranges::is_sorted(kRenames, {}, &Rename::trino));
  static_assert(std::ranges::is_sorted(kMacros, {}, &Macro::name));
  const auto run = [&](const std::string& sql) {
    auto result = connection.Query(sql);
    if (result->HasError()) result->ThrowError();
  };
  run("CREATE SCHEMA memory.trino");
  auto& context = *connection.context;
  connection.BeginTransaction();
  auto& catalog = duckdb::Catalog::GetCatalog(context, kFunctionCatalog);
  duckdb::MetaTransaction::Get(context).ModifyDatabase(
      catalog.GetAttached(),
      duckdb::DatabaseModificationType(duckdb::DatabaseModificationType::CREATE_CATALOG_ENTRY));
  create_operators(context, catalog);
  create_table_functions(context, catalog);
  create_lambda_functions(context, catalog);
  create_aggregates(context, catalog);
  connection.Commit();
  for (const auto& [name, definition] : kMacros)
    run("CREATE MACRO memory.trino." + std::string(name) + std::string(definition));
}

}  // namespace foz::sql
