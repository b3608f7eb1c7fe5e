// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_function_list_internal.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "sql/trino_aggregates_internal.h"
#include "sql/trino_themes_internal.h"

namespace foz::sql {

namespace {

constexpr std::string_view kScalar = "scalar", kAggregate = "aggregate", kWindow = "window";

// Those whose calls are bound without a signature; all of it as Trino shows it.
struct Described {
  std::string_view name, arguments, returns;
  std::string_view kind = kScalar;
};
constexpr Described kDescribed[] = {
    {"all_match", "array(T), function(T,boolean)", "boolean"},
    {"any_match", "array(T), function(T,boolean)", "boolean"},
    {"any_value", "T", "T", kAggregate},
    {"approx_distinct", "T", "bigint", kAggregate},
    {"approx_most_frequent", "bigint, T, bigint", "map(T,bigint)", kAggregate},
    {"arbitrary", "T", "T", kAggregate},
    {"array_agg", "T", "array(T)", kAggregate},
    {"array_histogram", "array(T)", "map(T,bigint)"},
    {"array_sort", "array(E)", "array(E)"},
    {"array_sort", "array(T), function(T,T,integer)", "array(T)"},
    {"at_timezone", "timestamp(p) with time zone, varchar(x)", "timestamp(p) with time zone"},
    {"cardinality", "array(E)", "bigint"},
    {"cardinality", "map(K,V)", "bigint"},
    {"checksum", "T", "varbinary", kAggregate},
    {"count", "", "bigint", kAggregate},
    {"count", "T", "bigint", kAggregate},
    {"count_if", "boolean", "bigint", kAggregate},
    {"cume_dist", "", "double", kWindow},
    {"current_timezone", "", "varchar"},
    {"date_format", "timestamp(p), varchar(x)", "varchar"},
    {"date_format", "timestamp(p) with time zone, varchar(x)", "varchar"},
    {"date_parse", "varchar(x), varchar(y)", "timestamp(3)"},
    {"dense_rank", "", "bigint", kWindow},
    {"element_at", "array(E), bigint", "E"},
    {"element_at", "map(K,V), K", "V"},
    {"filter", "array(T), function(T,boolean)", "array(T)"},
    {"first_value", "T", "T", kWindow},
    {"flatten", "array(array(E))", "array(E)"},
    {"format_datetime", "timestamp(p), varchar(x)", "varchar"},
    {"format_datetime", "timestamp(p) with time zone, varchar(x)", "varchar"},
    {"geometric_mean", "double", "double", kAggregate},
    {"greatest", "E", "E"},
    {"histogram", "T", "map(T,bigint)", kAggregate},
    {"lag", "T", "T", kWindow},
    {"lag", "T, bigint", "T", kWindow},
    {"lag", "T, bigint, T", "T", kWindow},
    {"last_value", "T", "T", kWindow},
    {"lead", "T", "T", kWindow},
    {"lead", "T, bigint", "T", kWindow},
    {"lead", "T, bigint, T", "T", kWindow},
    {"least", "E", "E"},
    {"map", "", "map(unknown,unknown)"},
    {"map", "array(K), array(V)", "map(K,V)"},
    {"map_agg", "K, V", "map(K,V)", kAggregate},
    {"map_entries", "map(K,V)", "array(row(K, V))"},
    {"map_filter", "map(K,V), function(K,V,boolean)", "map(K,V)"},
    {"map_from_entries", "array(row(K, V))", "map(K,V)"},
    {"map_keys", "map(K,V)", "array(K)"},
    {"map_union", "map(K,V)", "map(K,V)", kAggregate},
    {"map_values", "map(K,V)", "array(V)"},
    {"map_zip_with", "map(K,V1), map(K,V2), function(K,V1,V2,V3)", "map(K,V3)"},
    {"max_by", "V, K", "V", kAggregate},
    {"min_by", "V, K", "V", kAggregate},
    {"mod", "bigint, bigint", "bigint"},
    {"mod", "decimal(a_precision,a_scale), decimal(b_precision,b_scale)",
     "decimal(r_precision,r_scale)"},
    {"mod", "double, double", "double"},
    {"mod", "integer, integer", "integer"},
    {"mod", "real, real", "real"},
    {"mod", "smallint, smallint", "smallint"},
    {"mod", "tinyint, tinyint", "tinyint"},
    {"multimap_agg", "K, V", "map(K,array(V))", kAggregate},
    {"multimap_from_entries", "array(row(K, V))", "map(K,array(V))"},
    {"none_match", "array(T), function(T,boolean)", "boolean"},
    {"now", "", "timestamp(3) with time zone"},
    {"nth_value", "T, bigint", "T", kWindow},
    {"ntile", "bigint", "bigint", kWindow},
    {"parse_datetime", "varchar(x), varchar(y)", "timestamp(3) with time zone"},
    {"percent_rank", "", "double", kWindow},
    {"rank", "", "bigint", kWindow},
    {"reduce", "array(T), S, function(S,T,S), function(S,R)", "R"},
    {"reduce_agg", "T, S, function(S,T,S), function(S,S,S)", "S", kAggregate},
    {"regexp_replace", "varchar, JoniRegExp, function(array(varchar),varchar(x))", "varchar"},
    {"row_number", "", "bigint", kWindow},
    {"sequence", "bigint, bigint", "array(bigint)"},
    {"sequence", "bigint, bigint, bigint", "array(bigint)"},
    {"sequence", "date, date", "array(date)"},
    {"sequence", "date, date, interval day to second", "array(date)"},
    {"sequence", "date, date, interval year to month", "array(date)"},
    {"sequence", "timestamp(p), timestamp(p), interval day to second", "array(timestamp(p))"},
    {"sequence", "timestamp(p), timestamp(p), interval year to month", "array(timestamp(p))"},
    {"timezone", "timestamp(p) with time zone", "varchar"},
    {"transform", "array(T), function(T,U)", "array(U)"},
    {"transform_keys", "map(K1,V), function(K1,V,K2)", "map(K2,V)"},
    {"transform_values", "map(K,V1), function(K,V1,V2)", "map(K,V2)"},
    {"typeof", "T", "varchar"},
    {"uuid", "", "uuid"},
    {"version", "", "varchar"},
    {"zip", "array(T1), array(T2)", "array(row(T1, T2))"},
    {"zip_with", "array(T), array(U), function(T,U,R)", "array(R)"},
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

// "varchar, bigint -> varchar" as rows of the list.
void add(std::vector<ListedFunction>& list, std::string_view name, std::string_view signature,
         std::string_view kind) {
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
    list.push_back({std::string(name), std::move(returns), std::move(arguments), kind, !random});
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
      for (const auto& overload : overloads) add(*list, name, overload.signature, kScalar);
    }
    for (const auto& [name, signature] : aggregate_signatures())
      add(*list, name, signature, kAggregate);
    for (const Described& one : kDescribed)
      list->push_back({std::string(one.name), std::string(one.returns), std::string(one.arguments),
                       one.kind, std::ranges::find(kRandom, one.name) == std::end(kRandom)});
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
