// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_function_list_internal.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sql/trino_aggregates_internal.h"
#include "sql/trino_themes_internal.h"
#include "sql/trino_tokens_internal.h"

namespace foz::sql {

namespace {

constexpr std::string_view kScalar = "scalar", kAggregate = "aggregate", kWindow = "window";

// Those whose calls are bound without a signature; all of it as Trino shows it.
struct Described {
  std::string_view name, arguments, returns;
  std::string_view kind = kScalar;
};
constexpr Described kDescribed[] = {
    {"all_match", "array(t), function(t,boolean)", "boolean"},
    {"any_match", "array(t), function(t,boolean)", "boolean"},
    {"any_value", "t", "t", kAggregate},
    {"approx_distinct", "t", "bigint", kAggregate},
    {"approx_most_frequent", "bigint, t, bigint", "map(t,bigint)", kAggregate},
    {"arbitrary", "t", "t", kAggregate},
    {"array_agg", "t", "array(t)", kAggregate},
    {"array_histogram", "array(t)", "map(t,bigint)"},
    {"array_sort", "array(e)", "array(e)"},
    {"array_sort", "array(t), function(t,t,integer)", "array(t)"},
    {"at_timezone", "timestamp(p) with time zone, varchar(x)", "timestamp(p) with time zone"},
    {"cardinality", "array(e)", "bigint"},
    {"cardinality", "map(k,v)", "bigint"},
    {"checksum", "t", "varbinary", kAggregate},
    {"count", "", "bigint", kAggregate},
    {"count", "t", "bigint", kAggregate},
    {"count_if", "boolean", "bigint", kAggregate},
    {"cume_dist", "", "double", kWindow},
    {"current_timezone", "", "varchar"},
    {"date_format", "timestamp(p), varchar(x)", "varchar"},
    {"date_format", "timestamp(p) with time zone, varchar(x)", "varchar"},
    {"date_parse", "varchar(x), varchar(y)", "timestamp(3)"},
    {"dense_rank", "", "bigint", kWindow},
    {"element_at", "array(e), bigint", "e"},
    {"element_at", "map(k,v), k", "v"},
    {"filter", "array(t), function(t,boolean)", "array(t)"},
    {"first_value", "t", "t", kWindow},
    {"flatten", "array(array(e))", "array(e)"},
    {"format_datetime", "timestamp(p), varchar(x)", "varchar"},
    {"format_datetime", "timestamp(p) with time zone, varchar(x)", "varchar"},
    {"geometric_mean", "double", "double", kAggregate},
    {"greatest", "e", "e"},
    {"histogram", "t", "map(t,bigint)", kAggregate},
    {"lag", "t", "t", kWindow},
    {"lag", "t, bigint", "t", kWindow},
    {"lag", "t, bigint, t", "t", kWindow},
    {"last_value", "t", "t", kWindow},
    {"lead", "t", "t", kWindow},
    {"lead", "t, bigint", "t", kWindow},
    {"lead", "t, bigint, t", "t", kWindow},
    {"least", "e", "e"},
    {"map", "", "map(unknown,unknown)"},
    {"map", "array(k), array(v)", "map(k,v)"},
    {"map_agg", "k, v", "map(k,v)", kAggregate},
    {"map_entries", "map(k,v)", "array(row(k,v))"},
    {"map_filter", "map(k,v), function(k,v,boolean)", "map(k,v)"},
    {"map_from_entries", "array(row(k,v))", "map(k,v)"},
    {"map_keys", "map(k,v)", "array(k)"},
    {"map_union", "map(k,v)", "map(k,v)", kAggregate},
    {"map_values", "map(k,v)", "array(v)"},
    {"map_zip_with", "map(k,v1), map(k,v2), function(k,v1,v2,v3)", "map(k,v3)"},
    {"max_by", "v, k", "v", kAggregate},
    {"min_by", "v, k", "v", kAggregate},
    {"mod", "bigint, bigint", "bigint"},
    {"mod", "decimal(a_precision,a_scale), decimal(b_precision,b_scale)",
     "decimal(r_precision,r_scale)"},
    {"mod", "double, double", "double"},
    {"mod", "integer, integer", "integer"},
    {"mod", "real, real", "real"},
    {"mod", "smallint, smallint", "smallint"},
    {"mod", "tinyint, tinyint", "tinyint"},
    {"multimap_agg", "k, v", "map(k,array(v))", kAggregate},
    {"multimap_from_entries", "array(row(k,v))", "map(k,array(v))"},
    {"none_match", "array(t), function(t,boolean)", "boolean"},
    {"now", "", "timestamp(3) with time zone"},
    {"nth_value", "t, bigint", "t", kWindow},
    {"ntile", "bigint", "bigint", kWindow},
    {"parse_datetime", "varchar(x), varchar(y)", "timestamp(3) with time zone"},
    {"percent_rank", "", "double", kWindow},
    {"rank", "", "bigint", kWindow},
    {"reduce", "array(t), s, function(s,t,s), function(s,r)", "r"},
    {"reduce_agg", "t, s, function(s,t,s), function(s,s,s)", "s", kAggregate},
    {"regexp_replace", "varchar, joniregexp, function(array(varchar),varchar(x))", "varchar"},
    {"row_number", "", "bigint", kWindow},
    {"sequence", "bigint, bigint", "array(bigint)"},
    {"sequence", "bigint, bigint, bigint", "array(bigint)"},
    {"sequence", "date, date", "array(date)"},
    {"sequence", "date, date, interval day to second", "array(date)"},
    {"sequence", "date, date, interval year to month", "array(date)"},
    {"sequence", "timestamp(p), timestamp(p), interval day to second", "array(timestamp(p))"},
    {"sequence", "timestamp(p), timestamp(p), interval year to month", "array(timestamp(p))"},
    {"timezone", "timestamp(p) with time zone", "varchar"},
    {"transform", "array(t), function(t,u)", "array(u)"},
    {"transform_keys", "map(k1,v), function(k1,v,k2)", "map(k2,v)"},
    {"transform_values", "map(k,v1), function(k,v1,v2)", "map(k,v2)"},
    {"typeof", "t", "varchar"},
    {"uuid", "", "uuid"},
    {"version", "", "varchar"},
    {"zip", "array(t1), array(t2)", "array(row(t1,t2))"},
    {"zip_with", "array(t), array(u), function(t,u,r)", "array(r)"},
};

// Functions to the tables, and no functions in Trino's grammar.
constexpr std::string_view kSyntax[] = {"json_array", "json_exists", "json_object",
                                        "json_query", "json_value",  "position"};
constexpr std::string_view kRandom[] = {"now", "rand", "random", "shuffle", "uuid"};

// The types that a word of a signature stands for; one: what it is.
std::vector<std::string_view> choices_of(std::string_view word) {
  if (word == "integral") return {"bigint", "integer", "smallint", "tinyint"};
  if (word == "floating") return {"double", "real"};
  std::vector<std::string_view> choices;
  for (size_t begin = 0; begin <= word.size();) {
    const size_t bar = std::min(word.find('|', begin), word.size());
    choices.push_back(word.substr(begin, bar - begin));
    begin = bar + 1;
  }
  return choices;
}

// As Trino spells it.
std::string_view spelt(std::string_view word) {
  static constexpr std::pair<std::string_view, std::string_view> kSpelt[] = {
      {"any", "T"},
      {"O", "E"},
      {"decimal", "decimal(p,s)"},
      {"time", "time(p)"},
      {"timestamp", "timestamp(p)"},
      {"timestamptz", "timestamp(p) with time zone"},
      {"interval", "interval day to second"}};
  for (const auto& [own, trino] : kSpelt) {
    if (own == word) return trino;
  }
  return word;
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '|';
}

// One text for each choice of types, spelt from `at` on: the same word means the same type wherever
// it stands.
std::vector<std::string> spelt_signatures(std::string signature, size_t at = 0) {
  while (at < signature.size()) {
    if (!is_letter(signature[at])) {
      ++at;
      continue;
    }
    size_t end = at;
    while (end < signature.size() && is_letter(signature[end])) ++end;
    const std::string word = signature.substr(at, end - at);
    const auto choices = choices_of(word);
    if (choices.size() == 1) {
      const std::string_view text = spelt(word);
      signature.replace(at, word.size(), text);
      at += text.size();
      continue;
    }
    std::vector<std::string> all;
    for (const std::string_view choice : choices) {
      std::string one = signature;
      for (size_t found = at; (found = one.find(word, found)) != std::string::npos;
           found += choice.size())
        one.replace(found, word.size(), choice);
      for (auto& made : spelt_signatures(std::move(one), at)) all.push_back(std::move(made));
    }
    return all;
  }
  return {signature};
}

// "map(K, V), K" as "map(k,v), k".
std::string shown(std::string_view types) {
  std::string text;
  int depth = 0;
  for (const char c : types) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ' ' && text.ends_with(',') && depth > 0) continue;
    text += c;
  }
  return lower_case(text);
}

// "varchar, bigint -> varchar" as rows of the list.
void add(std::vector<ListedFunction>& list, std::string_view name, std::string_view signature,
         std::string_view kind, std::string_view description) {
  std::string text(signature);
  for (size_t dots; (dots = text.find("...")) != std::string::npos;) text.erase(dots, 3);
  const bool random = std::ranges::find(kRandom, name) != std::end(kRandom);
  for (const std::string& made : spelt_signatures(text)) {
    const size_t arrow = made.find("->");
    std::string arguments = made.substr(0, arrow), returns = made.substr(arrow + 3);
    while (arguments.ends_with(' ')) arguments.pop_back();
    if (returns == "?") {
      // What the first argument is; of aggregates with a second one, an array of it.
      const size_t comma = arguments.find(", ");
      returns = arguments.substr(0, comma);
      if (kind == kAggregate && comma != std::string::npos) returns = "array(" + returns + ")";
    }
    list.push_back(
        {std::string(name), shown(returns), shown(arguments), kind, !random, description});
  }
}

// The arguments of a signature as they are written.
std::vector<std::string_view> arguments_of(std::string_view signature) {
  std::vector<std::string_view> arguments;
  signature = signature.substr(0, signature.find("->"));
  int depth = 0;
  size_t begin = 0;
  for (size_t i = 0; i <= signature.size(); ++i) {
    if (i < signature.size() && signature[i] == '(') ++depth;
    if (i < signature.size() && signature[i] == ')') --depth;
    if (i < signature.size() && (signature[i] != ',' || depth > 0)) continue;
    std::string_view one = signature.substr(begin, i - begin);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) arguments.push_back(one);
    begin = i + 1;
  }
  return arguments;
}

}  // namespace

const std::vector<ListedFunction>& listed_functions() {
  static const auto* const kList = [] {
    auto* list = new std::vector<ListedFunction>;
    for (const auto& [name, overloads] : functions_by_name()) {
      const bool hidden =
          name.starts_with('$') || std::ranges::find(kSyntax, name) != std::end(kSyntax);
      if (hidden) continue;
      for (const auto& overload : overloads)
        add(*list, name, overload.signature, kScalar, overload.description);
    }
    for (const auto& [name, signature] : aggregate_signatures())
      add(*list, name, signature, kAggregate, {});
    for (const Described& one : kDescribed)
      list->push_back({std::string(one.name),
                       std::string(one.returns),
                       std::string(one.arguments),
                       one.kind,
                       std::ranges::find(kRandom, one.name) == std::end(kRandom),
                       {}});
    const auto order = [](const ListedFunction& one) {
      return std::tie(one.name, one.kind, one.arguments, one.returns);
    };
    std::ranges::sort(*list, {}, order);
    const auto twice = std::ranges::unique(*list, {}, order);
    list->erase(twice.begin(), twice.end());
    return list;
  }();
  return *kList;
}

MaybeType argument_type(std::string_view name, size_t index, size_t count) {
  static constexpr std::string_view kTypes[] = {"bigint",  "boolean", "date",      "double",
                                                "integer", "json",    "real",      "smallint",
                                                "tinyint", "uuid",    "varbinary", "varchar"};
  const auto overloads = functions_by_name().find(name);
  if (overloads == functions_by_name().end()) return std::nullopt;
  std::string_view found;
  for (const auto& overload : overloads->second) {
    auto arguments = arguments_of(overload.signature);
    if (!arguments.empty() && arguments.back().ends_with("...")) {
      arguments.back().remove_suffix(3);
      if (arguments.size() == count + 1) arguments.pop_back();
      while (arguments.size() < count) arguments.push_back(arguments.back());
    }
    if (arguments.size() != count) continue;
    if (!found.empty() && found != arguments[index]) return std::nullopt;
    found = arguments[index];
  }
  if (std::ranges::find(kTypes, found) == std::end(kTypes)) return std::nullopt;
  return type_of(found);
}

}  // namespace foz::sql
