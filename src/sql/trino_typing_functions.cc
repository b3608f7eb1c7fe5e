// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The types of functions' results: https://trino.io/docs/current/functions.html

#include <fmt/format.h>

#include <algorithm>

#include "sql/trino_function_list_internal.h"
#include "sql/trino_literals_internal.h"
#include "sql/trino_tokens_internal.h"
#include "sql/trino_typing_internal.h"

namespace foz::sql {

using ast::Expression;
using ast::ExpressionKind;

namespace {

// Sorted. The result is of the first argument's type.
constexpr std::string_view kLikeFirst[] = {"abs",
                                           "any_value",
                                           "arbitrary",
                                           "array_distinct",
                                           "array_remove",
                                           "array_sort",
                                           "filter",
                                           "first_value",
                                           "from_utf8",
                                           "lag",
                                           "last_value",
                                           "lead",
                                           "lower",
                                           "ltrim",
                                           "map_filter",
                                           "nth_value",
                                           "nullif",
                                           "regexp_extract",
                                           "reverse",
                                           "rtrim",
                                           "shuffle",
                                           "slice",
                                           "split_part",
                                           "substr",
                                           "substring",
                                           "trim",
                                           "try",
                                           "upper",
                                           "url_decode",
                                           "url_extract_host",
                                           "url_extract_path",
                                           "url_extract_protocol",
                                           "url_extract_query"};

struct Fixed {
  std::string_view name;
  std::string_view type;
};
// Sorted by name.
constexpr Fixed kFixed[] = {
    {"all_match", "boolean"},
    {"any_match", "boolean"},
    {"approx_distinct", "bigint"},
    {"array_join", "varchar"},
    {"array_position", "bigint"},
    {"arrays_overlap", "boolean"},
    {"bitwise_and", "bigint"},
    {"bitwise_not", "bigint"},
    {"bitwise_or", "bigint"},
    {"bitwise_xor", "bigint"},
    {"bool_and", "boolean"},
    {"bool_or", "boolean"},
    {"cardinality", "bigint"},
    {"codepoint", "integer"},
    {"contains", "boolean"},
    {"count", "bigint"},
    {"count_if", "bigint"},
    {"cume_dist", "double"},
    {"current_timezone", "varchar"},
    {"date", "date"},
    {"date_diff", "bigint"},
    {"date_format", "varchar"},
    {"day", "bigint"},
    {"day_of_month", "bigint"},
    {"day_of_week", "bigint"},
    {"day_of_year", "bigint"},
    {"dense_rank", "bigint"},
    {"dow", "bigint"},
    {"doy", "bigint"},
    {"e", "double"},
    {"every", "boolean"},
    {"exp", "double"},
    {"format", "varchar"},
    {"format_datetime", "varchar"},
    {"format_number", "varchar"},
    {"from_base64", "varbinary"},
    {"from_hex", "varbinary"},
    {"from_iso8601_date", "date"},
    {"hour", "bigint"},
    {"infinity", "double"},
    {"is_finite", "boolean"},
    {"is_infinite", "boolean"},
    {"is_json_scalar", "boolean"},
    {"is_nan", "boolean"},
    {"json_array_length", "bigint"},
    {"json_extract", "json"},
    {"json_format", "varchar"},
    {"json_parse", "json"},
    {"json_size", "bigint"},
    {"last_day_of_month", "date"},
    {"length", "bigint"},
    {"levenshtein_distance", "bigint"},
    {"listagg", "varchar"},
    {"ln", "double"},
    {"log10", "double"},
    {"log2", "double"},
    {"md5", "varbinary"},
    {"minute", "bigint"},
    {"month", "bigint"},
    {"nan", "double"},
    {"none_match", "boolean"},
    {"ntile", "bigint"},
    {"percent_rank", "double"},
    {"pi", "double"},
    {"pow", "double"},
    {"power", "double"},
    {"quarter", "bigint"},
    {"rank", "bigint"},
    {"regexp_count", "bigint"},
    {"regexp_like", "boolean"},
    {"row_number", "bigint"},
    {"second", "bigint"},
    {"sha1", "varbinary"},
    {"sha256", "varbinary"},
    {"sha512", "varbinary"},
    {"sqrt", "double"},
    {"starts_with", "boolean"},
    {"stddev", "double"},
    {"strpos", "bigint"},
    {"to_base64", "varchar"},
    {"to_hex", "varchar"},
    {"to_unixtime", "double"},
    {"to_utf8", "varbinary"},
    {"typeof", "varchar"},
    {"uuid", "uuid"},
    {"variance", "double"},
    {"version", "varchar"},
    {"week", "bigint"},
    {"week_of_year", "bigint"},
    {"year", "bigint"},
    {"year_of_week", "bigint"},
    {"yow", "bigint"},
};

// Of a function whose first argument is text: no longer than the function can make it.
MaybeType text_type(const std::string& name, const std::vector<MaybeType>& arguments) {
  const Type& first = *arguments[0];
  if (name == "lpad" || name == "rpad" || name == "translate") return type_of("varchar");
  if (name == "json_extract_scalar" || name == "url_extract_parameter") return first;
  if (name == "split" || name == "regexp_extract_all" || name == "regexp_split" ||
      name == "array_agg" || name == "repeat")
    return array_of(first);
  if (name == "histogram") return map_of(first, type_of("bigint"));
  if (name == "map_agg" && arguments.size() == 2 && arguments[1])
    return map_of(first, *arguments[1]);
  if (name != "replace" && name != "regexp_replace") return std::nullopt;
  if (arguments.size() == 2) return first;
  if (first.numbers.empty() || !arguments[1] || !arguments[2] || !is_text(*arguments[2]) ||
      arguments[2]->numbers.empty())
    return type_of("varchar");
  constexpr int64_t kMost = 2147483647;
  const int64_t x = first.numbers[0], z = arguments[2]->numbers[0];
  if (x > 40000 || z > 40000) return type_of("varchar");
  const int64_t grown = name == "replace" ? x + z * (x + 1) : x + std::max(x * z / 2, z) * (x + 1);
  return grown >= kMost ? type_of("varchar") : type_of("varchar", {grown});
}

MaybeType common_of(const std::vector<MaybeType>& arguments) {
  MaybeType type;
  for (const MaybeType& next : arguments) {
    if (!next) return std::nullopt;
    type = type ? common_type(*type, *next) : next;
    if (!type) return std::nullopt;
  }
  return type;
}

// Of what adds up, or takes the mean.
MaybeType sum_type(const std::string& name, const Type& type) {
  if (type.name == "decimal")
    return name == "avg" ? type : type_of("decimal", {38, type.numbers[1]});
  if (is_integer(type)) return type_of(name == "avg" ? "double" : "bigint");
  if (type.name == "double" || type.name == "real" || is_interval(type)) return type;
  return std::nullopt;
}

MaybeType rounded_type(const std::string& name, const std::vector<MaybeType>& arguments) {
  const Type& type = *arguments[0];
  if (type.name != "decimal") return is_numeric(type) ? MaybeType(type) : std::nullopt;
  const int64_t precision = type.numbers[0], scale = type.numbers[1];
  if (arguments.size() == 2 && name == "round")
    return type_of("decimal", {std::min<int64_t>(38, precision + 1), scale});
  if (arguments.size() == 2) return type;
  if (name == "truncate") return type_of("decimal", {std::max<int64_t>(1, precision - scale), 0});
  return type_of("decimal",
                 {std::min<int64_t>(38, precision - scale + std::min<int64_t>(1, scale)), 0});
}

MaybeType collection_type(const std::string& name, const std::vector<MaybeType>& arguments) {
  const Type& first = *arguments[0];
  const bool array = first.name == "array" && first.types.size() == 1;
  const bool map = first.name == "map" && first.types.size() == 2;
  if (name == "element_at" && (array || map)) return first.types[map ? 1 : 0];
  if ((name == "array_max" || name == "array_min") && array) return first.types[0];
  if (name == "flatten" && array) return first.types[0];
  if (name == "map_keys" && map) return array_of(first.types[0]);
  if (name == "map_values" && map) return array_of(first.types[1]);
  if (name == "histogram") return map_of(first, type_of("bigint"));
  if (name == "array_agg") return array_of(first);
  if (name == "map_entries" && map) {
    Type entry = type_of("row");
    entry.types = first.types;
    entry.fields.resize(2);
    return array_of(std::move(entry));
  }
  if (name == "map_agg" && arguments.size() == 2 && arguments[1])
    return map_of(first, *arguments[1]);
  if (name == "map" && array && arguments.size() == 2 && arguments[1] &&
      arguments[1]->name == "array" && arguments[1]->types.size() == 1)
    return map_of(first.types[0], arguments[1]->types[0]);
  if (name == "repeat") return array_of(first);
  if (name == "sequence") {
    if (is_integer(first)) return array_of(type_of("bigint"));
    return is_time(first) ? MaybeType(array_of(first)) : std::nullopt;
  }
  if (name == "concat" || name == "array_union" || name == "array_intersect" ||
      name == "array_except")
    return array ? common_of(arguments) : std::nullopt;
  return std::nullopt;
}

MaybeType time_type(const std::string& name, const std::vector<MaybeType>& arguments) {
  if (name == "now") return type_of("timestamp with time zone", {3});
  if (name == "from_unixtime" || name == "from_iso8601_timestamp" || name == "parse_datetime")
    return type_of("timestamp with time zone", {3});
  if (name == "from_unixtime_nanos" || name == "from_iso8601_timestamp_nanos")
    return type_of("timestamp with time zone", {9});
  if (name == "date_parse") return type_of("timestamp", {3});
  if (name == "date_trunc" || name == "date_add") return arguments.back();
  if ((name == "at_timezone" || name == "with_timezone") && !arguments.empty() && arguments[0] &&
      arguments[0]->name.starts_with("timestamp"))
    return type_of("timestamp with time zone",
                   {arguments[0]->numbers.empty() ? 3 : arguments[0]->numbers[0]});
  return std::nullopt;
}

}  // namespace

MaybeType function_type(const std::string& name, const std::vector<MaybeType>& arguments) {
  static_assert(std::ranges::is_sorted(kLikeFirst));
  static_assert(std::ranges::is_sorted(kFixed, {}, &Fixed::name));
  if (name == "map" && arguments.empty()) return map_of(type_of("unknown"), type_of("unknown"));
  const auto fixed = std::ranges::lower_bound(kFixed, std::string_view(name), {}, &Fixed::name);
  if (fixed != std::end(kFixed) && fixed->name == name) return type_of(fixed->type);
  if (auto time = time_type(name, arguments)) return time;
  if (arguments.empty() || !arguments[0]) return std::nullopt;
  const Type& first = *arguments[0];
  if (name == "from_utf8") return type_of("varchar");
  if (std::ranges::binary_search(kLikeFirst, std::string_view(name))) return first;
  if (name == "coalesce" || name == "greatest" || name == "least") return common_of(arguments);
  if ((name == "min" || name == "max") && arguments.size() == 1) return first;
  if (name == "min" || name == "max") return array_of(first);
  if ((name == "min_by" || name == "max_by") && arguments.size() == 2) return first;
  if (name == "sum" || name == "avg") return sum_type(name, first);
  if (name == "round" || name == "ceil" || name == "ceiling" || name == "floor" ||
      name == "truncate")
    return rounded_type(name, arguments);
  if (name == "mod" && arguments.size() == 2 && arguments[1])
    return arithmetic_type("%", first, *arguments[1]);
  if (name == "concat" &&
      std::ranges::all_of(arguments, [](const MaybeType& type) { return type && is_text(*type); }))
    return type_of("varchar");
  if (is_text(first)) return text_type(name, arguments);
  if (name == "json_extract_scalar" && first.name == "json") return type_of("varchar");
  if (name == "to_iso8601") {
    if (first.name == "date") return type_of("varchar", {16});
    const int64_t digits = first.numbers.empty() ? 0 : first.numbers[0];
    if (first.name.starts_with("timestamp"))
      return type_of("varchar",
                     {22 + (digits > 0 ? digits + 1 : 0) + (first.name.ends_with("zone") ? 6 : 0)});
  }
  return collection_type(name, arguments);
}

bool is_aggregate(std::string_view name) {
  // Sorted.
  static constexpr std::string_view kAggregates[] = {"any_value",
                                                     "approx_distinct",
                                                     "approx_percentile",
                                                     "arbitrary",
                                                     "array_agg",
                                                     "avg",
                                                     "bool_and",
                                                     "bool_or",
                                                     "checksum",
                                                     "corr",
                                                     "count",
                                                     "count_if",
                                                     "covar_pop",
                                                     "covar_samp",
                                                     "every",
                                                     "geometric_mean",
                                                     "histogram",
                                                     "kurtosis",
                                                     "listagg",
                                                     "map_agg",
                                                     "map_union",
                                                     "max",
                                                     "max_by",
                                                     "min",
                                                     "min_by",
                                                     "multimap_agg",
                                                     "skewness",
                                                     "stddev",
                                                     "stddev_pop",
                                                     "stddev_samp",
                                                     "sum",
                                                     "var_pop",
                                                     "var_samp",
                                                     "variance"};
  static_assert(std::ranges::is_sorted(kAggregates));
  return std::ranges::binary_search(kAggregates, name);
}

bool has_aggregate(const Expression& expression) {
  if (expression.kind == ExpressionKind::kCall &&
      (expression.call->over || is_aggregate(lower_case(expression.names.back().name))))
    return true;
  return std::ranges::any_of(expression.children,
                             [](const auto& child) { return has_aggregate(*child); });
}

void TrinoTyper::check_call(const Expression& expression, const std::string& name) const {
  const ast::Call& call = *expression.call;
  const bool ranks = name == "row_number" || name == "rank" || name == "dense_rank" ||
                     name == "percent_rank" || name == "cume_dist" || name == "ntile" ||
                     name == "lag" || name == "lead" || name == "first_value" ||
                     name == "last_value" || name == "nth_value";
  if (ranks && !call.over)
    fail(expression.offset, "MISSING_OVER", 66,
         fmt::format("Window function system.builtin.{} requires an OVER clause", name));
  if (!is_aggregate(name)) {
    // A function that is known here, and no aggregate.
    if (ranks || (!call.distinct && !call.filter) || !function_type(name, {type_of("varchar")}))
      return;
    fail(expression.offset, "FUNCTION_NOT_AGGREGATE", 72,
         call.distinct ? "DISTINCT is not supported for non-aggregation functions"
                       : "Filter is only valid for aggregation functions");
  }
  if (call.over) return;
  for (const auto& child : expression.children) {
    if (has_aggregate(*child))
      fail(expression.offset, "NESTED_AGGREGATION", 67,
           fmt::format("Cannot nest aggregations inside aggregation '{}'", name));
  }
}

MaybeType TrinoTyper::call(const Expression& expression) {
  const std::string name = lower_case(expression.names.back().name);
  check_call(expression, name);
  std::vector<MaybeType> arguments;
  for (const auto& child : expression.children) {
    if (child->kind != ExpressionKind::kLambda) {
      arguments.push_back(this->expression(*child));
      continue;
    }
    // Its arguments are elements of the array, if there is one and it takes one argument.
    Scope scope;
    const MaybeType& array = arguments.empty() ? MaybeType() : arguments[0];
    const bool element = array && array->name == "array" && array->types.size() == 1 &&
                         child->names.size() == 1 &&
                         (name == "transform" || name == "filter" || name.ends_with("_match"));
    for (const auto& argument : child->names)
      scope.lambda.push_back({argument.name, element ? MaybeType(array->types[0]) : std::nullopt});
    scopes_.push_back(std::move(scope));
    MaybeType result = this->expression(*child->children[0]);
    scopes_.pop_back();
    if (name == "transform" && result) return array_of(std::move(*result));
    arguments.emplace_back();
  }
  if (name == "typeof" && arguments.size() == 1 && arguments[0] &&
      !is_parameter(*expression.children[0]))
    hints_[expression.children[0].get()] = *arguments[0];
  const ast::Call& call = *expression.call;
  for (const auto& item : call.order) this->expression(*item.expression);
  if (call.filter) condition(*call.filter, "FILTER");
  if (call.over && !call.over->reference) windows(*call.over);
  if (name == "if") {
    want(*expression.children[0], type_of("boolean"));
    if (arguments[0] && arguments[0]->name != "boolean" && arguments[0]->name != "unknown")
      mismatch(expression.children[0]->offset, "IF condition must evaluate to a boolean (actual: " +
                                                   type_text(*arguments[0]) + ")");
    if (arguments.size() == 2 || !arguments[1] || !arguments[2]) return arguments[1];
    MaybeType both = common_type(*arguments[1], *arguments[2]);
    if (!both)
      mismatch(expression.offset, fmt::format("Result types for IF must be the same: {} vs {}",
                                              type_text(*arguments[1]), type_text(*arguments[2])));
    want_each(expression, 1, both);
    return both;
  }
  want_arguments(expression, name, arguments);
  if (name == "nullif" && arguments[0] && arguments[1] &&
      !common_type(*arguments[0], *arguments[1]))
    mismatch(expression.offset, fmt::format("Types are not comparable with NULLIF: {} vs {}",
                                            type_text(*arguments[0]), type_text(*arguments[1])));
  if (name == "listagg" && arguments[0] && !is_text(*arguments[0]) &&
      arguments[0]->name != "unknown")
    mismatch(expression.offset, fmt::format("Expected expression of varchar, but it has {} type",
                                            type_text(*arguments[0])));
  if (name == "coalesce") {
    MaybeType type = common(expression, arguments, "COALESCE operands");
    want_each(expression, 0, type);
    return type;
  }
  return function_type(name, arguments);
}

void TrinoTyper::want_arguments(const Expression& expression, const std::string& name,
                                std::vector<MaybeType>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (!is_parameter(*expression.children[i])) continue;
    MaybeType type = argument_type(name, i, arguments.size());
    if (!type) continue;
    // The result is as long as the text: Trino takes none at all for one without characters.
    if (i == 0 && type->name == "varchar" &&
        std::ranges::binary_search(kLikeFirst, std::string_view(name)))
      type->numbers = {0};
    want(*expression.children[i], type);
    arguments[i] = std::move(type);
  }
}

void TrinoTyper::windows(const ast::Window& window) {
  for (const auto& one : window.partition) expression(*one);
  for (const auto& item : window.order) expression(*item.expression);
  if (window.start.rows) expression(*window.start.rows);
  if (window.end && window.end->rows) expression(*window.end->rows);
}

}  // namespace foz::sql
