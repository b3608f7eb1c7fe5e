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
// What the parser writes as a call, beside operators' symbols and names of several words.
constexpr std::string_view kSyntax[] = {"and",     "between", "case", "div", "in",
                                        "isfalse", "istrue",  "not",  "or"};
constexpr std::string_view kGenerators[] = {"explode", "explode_outer", "posexplode", "inline",
                                            "stack"};

struct Group {
  std::string_view name;
  std::span<const Function> (*functions)();
};
constexpr Group kGroups[] = {
    {"logic", logic_functions},
    {"arithmetic", arithmetic_functions},
    {"text", string_functions},
    {"JSON", json_functions},
    {"time", time_functions},
    {"hash", hash_functions},
    {"collections", collection_functions},
};

}  // namespace

const Function* find_function(std::string_view name) {
  for (const Group& group : kGroups) {
    const auto functions = group.functions();
    const auto found = std::ranges::find(functions, name, &Function::name);
    if (found != functions.end()) return &*found;
  }
  return nullptr;
}

std::vector<FlowFunction> flow_functions() {
  std::vector<FlowFunction> all;
  for (const Group& group : kGroups) {
    for (const Function& each : group.functions()) {
      const bool word = std::ranges::all_of(each.name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
      });
      if (!word || std::ranges::find(kSyntax, each.name) != std::end(kSyntax)) continue;
      all.push_back({group.name, each.name, each.min_args,
                     each.max_args == kAnyArgs ? std::nullopt : std::optional(each.max_args)});
    }
  }
  return all;
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
  for (const Group& group : kGroups) {
    for (const auto& function : group.functions()) {
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
