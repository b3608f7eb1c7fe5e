// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Trino's functions on DuckDB: other names, and macros where the meaning differs.
// https://trino.io/docs/current/functions.html

#include <algorithm>

#include "sql/trino_operators_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

namespace {

struct Rename {
  std::string_view trino, duckdb;
};

// Sorted by Trino's name. Same arguments, same meaning.
constexpr Rename kRenames[] = {
    {"approx_distinct", "approx_count_distinct"},
    {"approx_percentile", "approx_quantile"},
    {"arbitrary", "any_value"},
    {"array_except", "list_except"},
    {"array_intersect", "list_intersect"},
    {"array_max", "list_max"},
    {"array_min", "list_min"},
    {"array_sort", "list_sort"},
    {"bool_and", "bool_and"},
    {"codepoint", "unicode"},
    {"contains", "list_contains"},
    {"date_diff", "date_sub"},
    {"day_of_month", "day"},
    {"day_of_week", "isodow"},
    {"day_of_year", "dayofyear"},
    {"dow", "isodow"},
    {"doy", "dayofyear"},
    {"every", "bool_and"},
    {"filter", "list_filter"},
    {"format", "printf"},
    {"from_base64", "from_base64"},
    {"from_hex", "unhex"},
    {"geometric_mean", "geomean"},
    {"hamming_distance", "hamming"},
    {"is_finite", "isfinite"},
    {"is_infinite", "isinf"},
    {"is_nan", "isnan"},
    {"last_day_of_month", "last_day"},
    {"levenshtein_distance", "levenshtein"},
    {"regexp_like", "regexp_matches"},
    {"regexp_split", "string_split_regex"},
    {"split", "string_split"},
    {"to_hex", "hex"},
    {"to_utf8", "encode"},
    {"transform", "list_transform"},
    {"week_of_year", "week"},
    {"year_of_week", "isoyear"},
    {"yow", "isoyear"},
    {"zip", "list_zip"},
};

struct Macro {
  std::string_view name;
  std::string_view definition;  // "(a, b) AS …", one for each number of arguments
};

// Sorted by name.
constexpr Macro kMacros[] = {
    {"all_match",
     "(kept, items) AS CASE WHEN items IS NULL THEN NULL ELSE len(kept) = len(items) END"},
    {"any_match", "(kept, items) AS CASE WHEN items IS NULL THEN NULL ELSE len(kept) > 0 END"},
    {"array_distinct",
     "(a) AS CASE WHEN list_count(a) < len(a) THEN list_append(list_distinct(a), NULL) ELSE "
     "list_distinct(a) END"},
    {"array_join",
     "(a, d) AS array_to_string(a, d), (a, d, n) AS array_to_string(list_transform(a, lambda x: "
     "coalesce(CAST(x AS VARCHAR), n)), d)"},
    {"array_position", "(a, x) AS coalesce(list_position(a, x), 0)"},
    {"array_union", "(a, b) AS list_distinct(list_concat(a, b))"},
    {"arrays_overlap", "(a, b) AS list_has_any(a, b)"},
    {"bitwise_and", "(a, b) AS CAST(a AS BIGINT) & CAST(b AS BIGINT)"},
    {"bitwise_left_shift", "(a, n) AS a << n"},
    {"bitwise_not", "(a) AS ~CAST(a AS BIGINT)"},
    {"bitwise_or", "(a, b) AS CAST(a AS BIGINT) | CAST(b AS BIGINT)"},
    {"bitwise_right_shift", "(a, n) AS a >> n"},
    {"bitwise_xor", "(a, b) AS xor(CAST(a AS BIGINT), CAST(b AS BIGINT))"},
    {"current_timezone", "() AS current_setting('TimeZone')"},
    {"e", "() AS exp(1.0)"},
    {"from_iso8601_date", "(s) AS CAST(s AS DATE)"},
    {"from_iso8601_timestamp", "(s) AS CAST(s AS TIMESTAMPTZ)"},
    {"from_unixtime",
     "(s) AS to_timestamp(CAST(s AS DOUBLE)), (s, zone) AS to_timestamp(CAST(s AS DOUBLE))"},
    {"from_unixtime_nanos", "(n) AS make_timestamptz(CAST(n AS BIGINT) // 1000)"},
    {"histogram",
     "(x) AS map(map_keys(system.main.histogram(x)), "
     "CAST(map_values(system.main.histogram(x)) AS BIGINT[]))"},
    {"infinity", "() AS CAST('inf' AS DOUBLE)"},
    {"is_json_scalar", "(j) AS json_type(j) NOT IN ('ARRAY', 'OBJECT')"},
    {"json_array_contains",
     "(j, x) AS list_contains(json_extract_string(j, '$[*]'), CAST(x AS VARCHAR))"},
    {"json_array_get", "(j, i) AS json_extract(j, CAST(i AS BIGINT))"},
    {"json_array_length",
     "(j) AS CASE WHEN json_valid(j) THEN CASE json_type(j) WHEN 'ARRAY' THEN "
     "CAST(system.main.json_array_length(j) AS BIGINT) END END"},
    {"json_extract", "(j, p) AS CASE WHEN json_valid(j) THEN system.main.json_extract(j, p) END"},
    {"json_extract_scalar",
     "(j, p) AS CASE WHEN json_valid(j) THEN CASE WHEN json_type(j, p) IN ('ARRAY', 'OBJECT') "
     "THEN NULL ELSE json_extract_string(j, p) END END"},
    {"json_format", "(j) AS CAST(j AS VARCHAR)"},
    {"json_parse", "(s) AS CAST(s AS JSON)"},
    {"json_size",
     "(j, p) AS CASE WHEN json_valid(j) THEN CASE json_type(j, p) WHEN 'ARRAY' THEN "
     "CAST(system.main.json_array_length(j, p) AS BIGINT) WHEN 'OBJECT' THEN CAST(len(json_keys(j, "
     "p)) AS BIGINT) ELSE CASE WHEN json_type(j, p) IS NULL THEN NULL ELSE 0 END END END"},
    {"map_agg", "(k, v) AS map(list(k), list(v))"},
    {"md5", "(b) AS unhex(system.main.md5(b))"},
    {"millisecond", "(x) AS system.main.millisecond(x) % 1000"},
    {"nan", "() AS CAST('nan' AS DOUBLE)"},
    {"none_match", "(kept, items) AS CASE WHEN items IS NULL THEN NULL ELSE len(kept) = 0 END"},
    {"parse_datetime", "(s, f) AS CAST(strptime(s, f) AS TIMESTAMPTZ)"},
    {"random",
     "() AS system.main.random(), (n) AS CAST(floor(system.main.random() * n) AS BIGINT), "
     "(a, b) AS a + CAST(floor(system.main.random() * (b - a)) AS BIGINT)"},
    {"regexp_count", "(s, p) AS CAST(len(regexp_extract_all(s, p)) AS BIGINT)"},
    {"regexp_extract",
     "(s, p) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p) END, "
     "(s, p, g) AS CASE WHEN regexp_matches(s, p) THEN system.main.regexp_extract(s, p, g) END"},
    {"regexp_replace",
     "(s, p) AS system.main.regexp_replace(s, p, '', 'g'), "
     "(s, p, r) AS system.main.regexp_replace(s, p, system.main.regexp_replace(r, '\\$(\\d)', "
     "'\\\\\\1', 'g'), 'g')"},
    {"replace",
     "(s, a) AS system.main.replace(s, a, ''), (s, a, b) AS system.main.replace(s, a, b)"},
    {"sha1", "(b) AS unhex(system.main.sha1(b))"},
    {"sha256", "(b) AS unhex(system.main.sha256(b))"},
    {"slice", "(a, s, n) AS list_slice(a, s, s + n - 1)"},
    {"split_part",
     "(s, d, i) AS CASE WHEN i > len(string_split(s, d)) THEN NULL ELSE system.main.split_part(s, "
     "d, i) END"},
    {"substr",
     "(s, b) AS CASE WHEN b = 0 OR -b > length(s) THEN '' ELSE system.main.substr(s, b) END, "
     "(s, b, n) AS CASE WHEN b = 0 OR -b > length(s) THEN '' ELSE system.main.substr(s, b, n) END"},
    {"substring",
     "(s, b) AS CASE WHEN b = 0 OR -b > length(s) THEN '' ELSE system.main.substring(s, b) END, "
     "(s, b, n) AS CASE WHEN b = 0 OR -b > length(s) THEN '' ELSE system.main.substring(s, b, n) "
     "END"},
    {"to_milliseconds", "(i) AS CAST(epoch(i) * 1000 AS BIGINT)"},
    {"to_unixtime", "(t) AS epoch(CAST(t AS TIMESTAMPTZ))"},
    {"truncate", "(x) AS trunc(x), (x, n) AS trunc(x * power(10, n)) / power(10, n)"},
    {"url_extract_host",
     "(u) AS nullif(system.main.regexp_extract(u, "
     "'^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?([^:/?#]+)', 1), '')"},
    {"url_extract_parameter",
     "(u, n) AS nullif(system.main.regexp_extract(u, '[?&]' || regexp_escape(n) || '=([^&#]*)', "
     "1), '')"},
    {"url_extract_path",
     "(u) AS system.main.regexp_extract(u, '^(?:[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*)?([^?#]*)', 1)"},
    {"url_extract_protocol",
     "(u) AS system.main.regexp_extract(u, '^([A-Za-z][A-Za-z0-9+.-]*):', 1)"},
    {"url_extract_query", "(u) AS system.main.regexp_extract(u, '[?]([^#]*)', 1)"},
    {"version", "() AS '476'"},
    {"with_timezone", "(t, zone) AS timezone(zone, CAST(t AS TIMESTAMP))"},
};

}  // namespace

FunctionTarget function_target(std::string_view name) {
  const auto rename = std::ranges::lower_bound(kRenames, name, {}, &Rename::trino);
  if (rename != std::end(kRenames) && rename->trino == name) return {rename->duckdb, false};
  const auto macro = std::ranges::lower_bound(kMacros, name, {}, &Macro::name);
  if (macro != std::end(kMacros) && macro->name == name) return {macro->name, true};
  if (const std::string_view own = operator_target(name); !own.empty()) return {own, true};
  return {};
}

void create_functions(duckdb::Connection& connection) {
  static_assert(std::ranges::is_sorted(kRenames, {}, &Rename::trino));
  static_assert(std::ranges::is_sorted(kMacros, {}, &Macro::name));
  const auto run = [&](const std::string& sql) {
    auto result = connection.Query(sql);
    if (result->HasError()) result->ThrowError();
  };
  run("CREATE SCHEMA memory.trino");
  create_operators(connection);
  for (const auto& [name, definition] : kMacros)
    run("CREATE MACRO memory.trino." + std::string(name) + std::string(definition));
}

}  // namespace foz::sql
