// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/lambda.html

#include "sql/trino_lambdas_internal.h"

#include <algorithm>
#include <optional>

#include "duckdb/parser/expression/case_expression.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/lambda_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "sql/trino_tokens_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

using duckdb::FunctionExpression;
using duckdb::LambdaExpression;
using duckdb::ParsedExpression;
using Parsed = duckdb::unique_ptr<ParsedExpression>;
using ParsedList = duckdb::vector<Parsed>;

namespace {

// No name that a client can write.
constexpr char kElement[] =
    "\x01"
    "e";

template <class... E>
ParsedList list_of(E... expressions) {
  ParsedList list;
  (list.push_back(std::move(expressions)), ...);
  return list;
}

Parsed call(const char* name, ParsedList arguments) {
  return duckdb::make_uniq<FunctionExpression>("system", "main", name, std::move(arguments));
}
Parsed own_call(const char* name, ParsedList arguments) {
  return duckdb::make_uniq<FunctionExpression>(kFunctionCatalog, kFunctionSchema, name,
                                               std::move(arguments));
}
Parsed column(const std::string& name) {
  return duckdb::make_uniq<duckdb::ColumnRefExpression>(name);
}
Parsed text(const char* value) {
  return duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(value));
}
Parsed number(int64_t value) {
  return duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(value));
}

Parsed copy(const ParsedExpression& expression, size_t& left) {
  const size_t bytes = expression.ToString().size();
  if (bytes > left) throw user_error("QUERY_TEXT_TOO_LARGE", 35, "the query is too large");
  left -= bytes;
  return expression.Copy();
}

struct Lambda {
  std::vector<std::string> names;
  Parsed body;
};

// nullopt for what is no lambda of `count` arguments.
std::optional<Lambda> lambda_of(ParsedExpression& expression, size_t count, size_t& left) {
  if (expression.GetExpressionClass() != duckdb::ExpressionClass::LAMBDA) return std::nullopt;
  auto& written = expression.Cast<LambdaExpression>();
  std::string error;
  Lambda out;
  for (const auto& name : written.ExtractColumnRefExpressions(error))
    out.names.push_back(name.get().Cast<duckdb::ColumnRefExpression>().column_names.back());
  if (!error.empty() || out.names.size() != count) return std::nullopt;
  out.body = copy(*written.expr, left);
  return out;
}

// The body with another expression for an argument.
void put(Parsed& at, const std::string& name, const ParsedExpression& instead, size_t& left) {
  if (at->GetExpressionClass() == duckdb::ExpressionClass::COLUMN_REF) {
    auto& names = at->Cast<duckdb::ColumnRefExpression>().column_names;
    if (!duckdb::StringUtil::CIEquals(names[0], name)) return;
    Parsed value = copy(instead, left);
    for (size_t i = 1; i < names.size(); ++i)  // fields of a row
      value = call("struct_extract", list_of(std::move(value), text(names[i].c_str())));
    at = std::move(value);
    return;
  }
  if (at->GetExpressionClass() == duckdb::ExpressionClass::LAMBDA) {
    std::string error;
    auto& inner = at->Cast<LambdaExpression>();
    for (const auto& own : inner.ExtractColumnRefExpressions(error)) {
      if (duckdb::StringUtil::CIEquals(
              own.get().Cast<duckdb::ColumnRefExpression>().column_names.back(), name))
        return;
    }
    return put(inner.expr, name, instead, left);
  }
  duckdb::ParsedExpressionIterator::EnumerateChildren(
      *at, [&](Parsed& child) { put(child, name, instead, left); });
}

Parsed lambda(std::string name, Parsed body) {
  return duckdb::make_uniq<LambdaExpression>(duckdb::vector<std::string>{std::move(name)},
                                             std::move(body));
}

// Of a map's entry.
Parsed of_entries(Lambda function, size_t& left) {
  put(function.body, function.names[0],
      *call("struct_extract", list_of(column(kElement), text("key"))), left);
  put(function.body, function.names[1],
      *call("struct_extract", list_of(column(kElement), text("value"))), left);
  return lambda(kElement, std::move(function.body));
}

Parsed entries(const ParsedExpression& map, size_t& left) {
  return call("map_entries", list_of(copy(map, left)));
}

Parsed map_filter(ParsedList& given, size_t& left) {
  auto keep = lambda_of(*given[1], 2, left);
  if (!keep) return nullptr;
  return call("map_from_entries",
              list_of(call("list_filter",
                           list_of(entries(*given[0], left), of_entries(std::move(*keep), left)))));
}

Parsed transform_values(ParsedList& given, size_t& left) {
  auto function = lambda_of(*given[1], 2, left);
  if (!function) return nullptr;
  auto values = call("list_transform",
                     list_of(entries(*given[0], left), of_entries(std::move(*function), left)));
  return call("map", list_of(call("map_keys", list_of(std::move(given[0]))), std::move(values)));
}

Parsed transform_keys(ParsedList& given, size_t& left) {
  auto function = lambda_of(*given[1], 2, left);
  if (!function) return nullptr;
  auto keys = call("list_transform",
                   list_of(entries(*given[0], left), of_entries(std::move(*function), left)));
  return call("map", list_of(std::move(keys), call("map_values", list_of(std::move(given[0])))));
}

Parsed zip_with(ParsedList& given, size_t& left) {
  auto function = lambda_of(*given[2], 2, left);
  if (!function) return nullptr;
  for (int i = 0; i < 2; ++i)
    put(function->body, function->names[static_cast<size_t>(i)],
        *call("struct_extract", list_of(column(kElement), number(i + 1))), left);
  return call("list_transform",
              list_of(call("list_zip", list_of(std::move(given[0]), std::move(given[1]))),
                      lambda(kElement, std::move(function->body))));
}

Parsed map_zip_with(ParsedList& given, size_t& left) {
  auto function = lambda_of(*given[2], 3, left);
  if (!function) return nullptr;
  const auto keys =
      own_call("array_union", list_of(call("map_keys", list_of(copy(*given[0], left))),
                                      call("map_keys", list_of(copy(*given[1], left)))));
  for (size_t i = 0; i < 2; ++i)
    put(function->body, function->names[i + 1],
        *call("map_extract_value", list_of(std::move(given[i]), column(function->names[0]))), left);
  auto values =
      call("list_transform",
           list_of(copy(*keys, left), lambda(function->names[0], std::move(function->body))));
  return call("map", list_of(copy(*keys, left), std::move(values)));
}

// Over all values that are not NULL, in one go: the function that joins partial results is not
// used.
Parsed reduce_agg(ParsedList& given, size_t& left) {
  if (!lambda_of(*given[2], 2, left)) return nullptr;
  auto values = duckdb::make_uniq<FunctionExpression>("system", "main", "list",
                                                      list_of(copy(*given[0], left)));
  auto present = duckdb::make_uniq<duckdb::OperatorExpression>(
      duckdb::ExpressionType::OPERATOR_IS_NOT_NULL, std::move(given[0]));
  values->filter = std::move(present);
  return call("list_reduce",
              list_of(Parsed(std::move(values)), std::move(given[2]), std::move(given[1])));
}

// The answers for all elements, for functions of an array of booleans.
template <const char* Name>
Parsed match(ParsedList& given, size_t& left) {
  if (!lambda_of(*given[1], 1, left)) return nullptr;
  return own_call(
      Name, list_of(call("list_transform", list_of(std::move(given[0]), std::move(given[1])))));
}
constexpr char kAllTrue[] = "$all_true", kAnyTrue[] = "$any_true", kNoneTrue[] = "$none_true";

Parsed array_sort(ParsedList& given, size_t& left) {
  if (!lambda_of(*given[1], 2, left)) return nullptr;
  return own_call(kSortBy, std::move(given));
}

// The text before each match with what the function makes of the match's groups, and the rest.
Parsed regexp_replace(ParsedList& given, size_t& left) {
  auto function = lambda_of(*given[2], 1, left);
  if (!function) return nullptr;
  const auto part = [](int64_t at) {
    return call("list_extract", list_of(column(kElement), number(at)));
  };
  put(function->body, function->names[0],
      *call("list_slice", list_of(column(kElement), number(3), number(INT32_MAX))), left);
  auto made = duckdb::make_uniq<duckdb::CaseExpression>();
  made->case_checks.emplace_back();
  made->case_checks[0].when_expr = duckdb::make_uniq<duckdb::OperatorExpression>(
      duckdb::ExpressionType::OPERATOR_IS_NOT_NULL, part(2));
  made->case_checks[0].then_expr = std::move(function->body);
  made->else_expr = text("");
  // Its concat leaves out NULL, as Trino does here.
  auto texts =
      call("list_transform",
           list_of(own_call("$regexp_pieces", list_of(std::move(given[0]), std::move(given[1]))),
                   lambda(kElement, call("concat", list_of(part(1), Parsed(std::move(made)))))));
  return own_call("array_join", list_of(std::move(texts), text("")));
}

struct LambdaFunction {
  std::string_view name;
  size_t arguments;
  Parsed (*rewrite)(ParsedList&, size_t&);
};

// The same without a lambda expression of the client's.
Parsed multimap_from_entries(ParsedList& given, size_t& left) {
  const auto parts = [&](int64_t part) {
    return call(
        "list_transform",
        list_of(copy(*given[0], left),
                lambda(kElement, call("struct_extract", list_of(column(kElement), number(part))))));
  };
  return own_call("$multimap", list_of(parts(1), parts(2)));
}

Parsed array_histogram(ParsedList& given, size_t& left) {
  const auto counts = [&] {
    return call("list_aggregate", list_of(copy(*given[0], left), text("histogram")));
  };
  auto values = duckdb::make_uniq<duckdb::CastExpression>(
      duckdb::LogicalType::LIST(duckdb::LogicalType::BIGINT),
      call("map_values", list_of(counts())));
  return call("map", list_of(call("map_keys", list_of(counts())), Parsed(std::move(values))));
}

constexpr LambdaFunction kFunctions[] = {
    {"all_match", 2, match<kAllTrue>},
    {"any_match", 2, match<kAnyTrue>},
    {"array_histogram", 1, array_histogram},
    {"array_sort", 2, array_sort},
    {"map_filter", 2, map_filter},
    {"map_zip_with", 3, map_zip_with},
    {"multimap_from_entries", 1, multimap_from_entries},
    {"none_match", 2, match<kNoneTrue>},
    {"reduce_agg", 4, reduce_agg},
    {"regexp_replace", 3, regexp_replace},
    {"transform_keys", 2, transform_keys},
    {"transform_values", 2, transform_values},
    {"zip_with", 3, zip_with},
};

}  // namespace

bool takes_lambda(std::string_view name) {
  return std::ranges::find(kFunctions, name, &LambdaFunction::name) != std::end(kFunctions);
}

bool rewrite_lambda_call(Parsed& at, std::string_view name, size_t& left) {
  const auto found = std::ranges::find(kFunctions, name, &LambdaFunction::name);
  auto& given = at->Cast<FunctionExpression>().children;
  if (found == std::end(kFunctions) || given.size() != found->arguments) return false;
  Parsed rewritten = found->rewrite(given, left);
  if (!rewritten) return false;
  rewritten->SetQueryLocation(at->GetQueryLocation());
  rewritten->SetAlias(at->GetAlias());
  at = std::move(rewritten);
  return true;
}

}  // namespace foz::sql
