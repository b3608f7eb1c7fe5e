// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/flow_functions_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "duckdb/common/string_util.hpp"
#include "sql/flow_arithmetic_internal.h"

namespace foz::sql {

namespace {

constexpr std::string_view kAggregates[] = {
    "count",
    "sum",
    "avg",
    "mean",
    "min",
    "max",
    "first",
    "last",
    "collect_list",
    "collect_set",
    "stddev",
    "variance",
    "approx_count_distinct",
    "any_value",
    "count_if",
    "max_by",
    "min_by",
    "percentile",
    "median",
    "array_agg",
    "bool_and",
    "bool_or",
    "every",
    "some",
    "any",
    "listagg",
    "string_agg",
    "mode",
};
constexpr std::string_view kWindows[] = {
    "row_number", "rank",         "dense_rank", "lag",         "lead",
    "ntile",      "percent_rank", "cume_dist",  "first_value", "last_value",
};
constexpr std::string_view kVolatile[] = {
    "rand",
    "random",
    "randn",
    "uuid",
    "shuffle",
    "monotonically_increasing_id",
    "spark_partition_id",
    "randstr",
    "uniform",
    "input_file_name",
};
constexpr std::string_view kGenerators[] = {"explode", "explode_outer", "posexplode", "inline",
                                            "stack"};

constexpr std::span<const Function> (*kTables[])() = {
    logic_functions, arithmetic_functions, string_functions,     json_functions,
    time_functions,  hash_functions,       collection_functions,
};

}  // namespace

const Function* find_function(std::string_view name) {
  for (const auto table : kTables) {
    const auto functions = table();
    const auto found = std::ranges::find(functions, name, &Function::name);
    if (found != functions.end()) return &*found;
  }
  return nullptr;
}

std::string unknown_function(const std::string& name) {
  const auto is_one_of = [&](auto& names) {
    return std::ranges::find(names, name) != std::end(names);
  };
  if (is_one_of(kAggregates))
    return fmt::format("aggregates are not supported in a row-wise flow: {}", name);
  if (is_one_of(kWindows))
    return fmt::format("window functions are not supported in a row-wise flow: {}", name);
  if (is_one_of(kGenerators))
    return fmt::format("{} makes rows and is not supported in a flow", name);
  if (is_one_of(kVolatile)) {
    return fmt::format("{} is not supported in a flow: a replay would give other rows", name);
  }
  std::string_view nearest;
  size_t best = 3;
  for (const auto table : kTables) {
    for (const auto& function : table()) {
      const size_t distance = duckdb::StringUtil::SimilarityScore(name, std::string(function.name));
      if (distance >= best) continue;
      best = distance;
      nearest = function.name;
    }
  }
  return fmt::format("there is no function {}{}", name,
                     nearest.empty() ? "" : fmt::format("; did you mean {}?", nearest));
}

}  // namespace foz::sql
