// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_tree_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "duckdb/parser/expression/between_expression.hpp"
#include "duckdb/parser/expression/cast_expression.hpp"
#include "duckdb/parser/expression/columnref_expression.hpp"
#include "duckdb/parser/expression/comparison_expression.hpp"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "duckdb/parser/expression/function_expression.hpp"
#include "duckdb/parser/expression/operator_expression.hpp"
#include "duckdb/parser/expression/subquery_expression.hpp"
#include "duckdb/parser/expression/window_expression.hpp"
#include "duckdb/parser/parsed_expression_iterator.hpp"
#include "duckdb/parser/query_node/list.hpp"
#include "duckdb/parser/statement/select_statement.hpp"
#include "duckdb/parser/tableref/list.hpp"
#include "sql/lake_catalog_internal.h"
#include "sql/table_details_internal.h"
#include "sql/trino_lambdas_internal.h"

namespace foz::sql {

using duckdb::FunctionExpression;
using duckdb::ParsedExpression;
using duckdb::unique_ptr;

namespace {

bool same(std::string_view a, std::string_view b) {
  return duckdb::StringUtil::CIEquals(std::string(a), std::string(b));
}

constexpr size_t kDeepest = 300;  // of expressions and subqueries

class TreeRewriter {
 public:
  explicit TreeRewriter(const TreeInput& input)
      : input_(input), traveled_(input.statement.query.versions.size()) {}

  void statement(duckdb::SelectStatement& select) {
    node(*select.node, {});
    name_columns(*select.node);
    const auto& versions = input_.statement.query.versions;
    for (size_t i = 0; i < versions.size(); ++i) {
      if (!traveled_[i])
        throw error_at(input_.source, versions[i].source, "SYNTAX_ERROR", 1,
                       "FOR … AS OF stands behind the name of a table, before its alias");
    }
  }

 private:
  using Scope = std::set<std::string>;  // names of common table expressions, lower case

  [[noreturn]] void fail(duckdb::optional_idx at, std::string name, int code,
                         std::string_view message) const {
    const size_t offset = at.IsValid() ? input_.source_offset(at.GetIndex()) : 0;
    throw error_at(input_.source, offset, std::move(name), code, message);
  }

  struct Depth {
    explicit Depth(TreeRewriter& rewriter) : depth(rewriter.depth_) {
      if (++depth > kDeepest) {
        --depth;
        rewriter.fail({}, "STACK_OVERFLOW", 79, "the statement is nested too deeply");
      }
    }
    ~Depth() { --depth; }
    size_t& depth;
  };

  // ---- Queries and tables -----------------------------------------------------------------------

  void node(duckdb::QueryNode& query, Scope scope) {
    const Depth depth(*this);
    frames_.emplace_back();
    inner_node(query, std::move(scope));
    frames_.pop_back();
  }

  void inner_node(duckdb::QueryNode& query, Scope scope) {
    for (auto& [name, expression] : query.cte_map.map) {
      const std::string lower = duckdb::StringUtil::Lower(name);
      duckdb::QueryNode& inner = *expression->query->node;
      Scope inside = scope;
      if (inner.type == duckdb::QueryNodeType::RECURSIVE_CTE_NODE) inside.insert(lower);
      node(inner, inside);
      scope.insert(lower);
    }
    switch (query.type) {
      case duckdb::QueryNodeType::SELECT_NODE: {
        auto& select = query.Cast<duckdb::SelectNode>();
        if (select.from_table) table(*select.from_table, scope);
        for (auto& item : select.select_list) expression(item, scope);
        for (auto& group : select.groups.group_expressions) expression(group, scope);
        if (select.where_clause) expression(select.where_clause, scope);
        if (select.having) expression(select.having, scope);
        if (select.qualify) expression(select.qualify, scope);
        break;
      }
      case duckdb::QueryNodeType::SET_OPERATION_NODE:
        for (auto& child : query.Cast<duckdb::SetOperationNode>().children) node(*child, scope);
        break;
      case duckdb::QueryNodeType::RECURSIVE_CTE_NODE: {
        auto& recursive = query.Cast<duckdb::RecursiveCTENode>();
        node(*recursive.left, scope);
        node(*recursive.right, scope);
        break;
      }
      default: fail({}, "NOT_SUPPORTED", 13, "this statement is not supported");
    }
    duckdb::ParsedExpressionIterator::EnumerateQueryNodeModifiers(
        query, [&](unique_ptr<ParsedExpression>& child) { expression(child, scope); });
  }

  void table(duckdb::TableRef& reference, const Scope& scope) {
    const Depth depth(*this);
    switch (reference.type) {
      case duckdb::TableReferenceType::BASE_TABLE:
        return base_table(reference.Cast<duckdb::BaseTableRef>(), scope);
      case duckdb::TableReferenceType::JOIN: {
        auto& join = reference.Cast<duckdb::JoinRef>();
        table(*join.left, scope);
        table(*join.right, scope);
        if (join.condition) expression(join.condition, scope);
        return;
      }
      case duckdb::TableReferenceType::SUBQUERY:
        return node(*reference.Cast<duckdb::SubqueryRef>().subquery->node, scope);
      case duckdb::TableReferenceType::EXPRESSION_LIST:
        for (auto& row : reference.Cast<duckdb::ExpressionListRef>().values) {
          for (auto& value : row) expression(value, scope);
        }
        return;
      case duckdb::TableReferenceType::TABLE_FUNCTION: {
        auto& function = *reference.Cast<duckdb::TableFunctionRef>().function;
        const auto& name = function.Cast<FunctionExpression>().function_name;
        // Everything else would reach files or the engine itself.
        if (!same(name, "unnest") && !(input_.statement.internal && same(name, "duckdb_functions")))
          fail(reference.query_location, "FUNCTION_NOT_FOUND", 6,
               fmt::format("Table function '{}' not registered", name));
        duckdb::ParsedExpressionIterator::EnumerateChildren(
            function, [&](unique_ptr<ParsedExpression>& child) { expression(child, scope); });
        return;
      }
      case duckdb::TableReferenceType::EMPTY_FROM: return;
      default:
        fail(reference.query_location, "NOT_SUPPORTED", 13, "this FROM clause is not supported");
    }
  }

  void base_table(duckdb::BaseTableRef& reference, const Scope& scope) {
    if (reference.catalog_name.empty() && reference.schema_name.empty() &&
        scope.contains(duckdb::StringUtil::Lower(reference.table_name)))
      return;
    RequiredName name{reference.catalog_name, reference.schema_name, reference.table_name, 0};
    if (reference.query_location.IsValid()) {
      const size_t place = reference.query_location.GetIndex();
      name.offset = input_.source_offset(place);
      travel(reference, place);
    }
    if (name.catalog.empty()) name.catalog = input_.session.catalog;
    if (name.schema.empty()) name.schema = input_.session.schema;
    if (auto missing = check_exists(name, input_)) throw *missing;
    reference.schema_name =
        same(name.catalog, "system") ? "$" + duckdb::StringUtil::Lower(name.schema) : name.schema;
    reference.catalog_name = kCatalog;
    if (input_.reads)
      input_.reads->emplace(duckdb::StringUtil::Lower(name.schema),
                            duckdb::StringUtil::Lower(name.table));
    if (reference.alias.empty()) name_table(reference);
  }

  void travel(duckdb::BaseTableRef& reference, size_t place) {
    const auto& versions = input_.statement.query.versions;
    const auto found =
        std::ranges::lower_bound(versions, place, {}, &RewrittenText::TableVersion::offset);
    if (found == versions.end() || found->offset != place) return;
    traveled_[static_cast<size_t>(found - versions.begin())] = true;
    reference.at_clause = duckdb::make_uniq<duckdb::AtClause>(
        "VERSION",
        duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(found->version)));
  }

  // A table without an alias may be called by its qualified name; DuckDB knows it by the alias that
  // it gets here.
  void name_table(duckdb::BaseTableRef& reference) {
    auto& frame = frames_.back();
    const bool taken = std::ranges::any_of(
        frame, [&](const NamedTable& table) { return same(table.table, reference.table_name); });
    reference.alias =
        taken ? reference.schema_name + "." + reference.table_name : reference.table_name;
    frame.push_back({reference.schema_name, reference.table_name, reference.alias});
  }

  // schema.table.column and catalog.schema.table.column, of the innermost query that has the table.
  void qualified_column(duckdb::vector<std::string>& names) const {
    const bool catalog = names.size() >= 4 && same(names[0], kCatalog);
    const size_t at = catalog ? 1 : 0;
    if (names.size() < at + 3) return;
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) {
      for (const NamedTable& table : *frame) {
        if (!same(names[at], table.schema) || !same(names[at + 1], table.table)) continue;
        names.erase(names.begin(), names.begin() + static_cast<ptrdiff_t>(at) + 1);
        names[0] = table.alias;
        return;
      }
    }
  }

  // ---- Expressions ------------------------------------------------------------------------------

  void expression(unique_ptr<ParsedExpression>& at, const Scope& scope) {
    const Depth depth(*this);
    if (at->GetExpressionClass() == duckdb::ExpressionClass::SUBQUERY)
      node(*at->Cast<duckdb::SubqueryExpression>().subquery->node, scope);
    duckdb::ParsedExpressionIterator::EnumerateChildren(
        *at, [&](unique_ptr<ParsedExpression>& child) { expression(child, scope); });
    switch (at->GetExpressionClass()) {
      case duckdb::ExpressionClass::FUNCTION: return function(at);
      case duckdb::ExpressionClass::WINDOW: {
        auto& window = at->Cast<duckdb::WindowExpression>();
        const FunctionTarget target =
            function_target(duckdb::StringUtil::Lower(window.function_name));
        if (target.name.empty()) return;
        if (target.own) {
          window.catalog = kFunctionCatalog;
          window.schema = kFunctionSchema;
        }
        window.function_name = std::string(target.name);
        return;
      }
      case duckdb::ExpressionClass::CAST: return cast(at);
      case duckdb::ExpressionClass::COMPARISON: return comparison(at);
      case duckdb::ExpressionClass::BETWEEN: return between(at);
      case duckdb::ExpressionClass::OPERATOR: return operation(at);
      case duckdb::ExpressionClass::COLUMN_REF: return column_reference(at);
      default: return;
    }
  }

  static void make_own(FunctionExpression& call, std::string_view name) {
    call.catalog = kFunctionCatalog;
    call.schema = kFunctionSchema;
    call.function_name = std::string(name);
    call.is_operator = false;
  }

  static unique_ptr<ParsedExpression> own_call(
      std::string_view name, duckdb::vector<unique_ptr<ParsedExpression>> arguments,
      const ParsedExpression& instead_of) {
    auto call = duckdb::make_uniq<FunctionExpression>(std::string(name), std::move(arguments));
    make_own(*call, name);
    call->SetQueryLocation(instead_of.GetQueryLocation());
    call->SetAlias(instead_of.GetAlias());
    return call;
  }

  void function(unique_ptr<ParsedExpression>& at) {
    auto& call = at->Cast<FunctionExpression>();
    if (!call.catalog.empty() || !(call.schema.empty() || same(call.schema, DEFAULT_SCHEMA) ||
                                   same(call.schema, "pg_catalog")))
      return;
    const std::string name = duckdb::StringUtil::Lower(call.function_name);
    if (call.is_operator) {
      if (call.children.size() != 2) return;
      if (name == "/") make_own(call, "divide");
      if (name == "%") make_own(call, "modulus");
      if (name == "+") make_own(call, "plus");
      if (name == "-") make_own(call, "minus");
      if (name == "*") make_own(call, "multiply");
      if (name == "||") make_own(call, "concat");
      if (name == "~~" || name == "!~~") like(at, name == "!~~");
      return;
    }
    if (name == "like_escape" || name == "not_like_escape") return like(at, name[0] == 'n');
    if (!input_.statement.internal && !is_trino_function(name))
      fail(call.GetQueryLocation(), "FUNCTION_NOT_FOUND", 6,
           fmt::format("Function '{}' not registered", name));
    if (name == "date_format" || name == "date_parse" || name == "format_datetime" ||
        name == "parse_datetime")
      return date_pattern(call, name);
    if (name == "date_part" && !call.children.empty()) return extract(call);
    if (rewrite_lambda_call(at, name, copies_left_)) return;
    if (name == "reduce" && call.children.size() == 4) return reduce(at);
    if (name == "approx_distinct" && call.children.size() == 2)
      call.children.pop_back();  // the error bound
    const FunctionTarget target = function_target(name);
    if (target.name.empty()) return;
    if (target.own) {
      make_own(call, target.name);
    } else {
      call.schema.clear();
      call.function_name = std::string(target.name);
    }
  }

  // DuckDB finds constant text between percents quickly; of every other pattern it tries all ways
  // in which it may match, and there may be more than anybody can wait for.
  static void like(unique_ptr<ParsedExpression>& at, bool negated) {
    auto& given = at->Cast<FunctionExpression>().children;
    const auto kind = given[1]->GetExpressionClass();
    const bool plain =
        kind == duckdb::ExpressionClass::PARAMETER ||  // to be described, not executed
        (kind == duckdb::ExpressionClass::CONSTANT &&
         given[1]->Cast<duckdb::ConstantExpression>().value.ToString().find('_') ==
             std::string::npos);
    if (given.size() == 2 && plain) return;
    auto call = own_call("$like", std::move(given), *at);
    if (negated) {
      auto negation = duckdb::make_uniq<duckdb::OperatorExpression>(
          duckdb::ExpressionType::OPERATOR_NOT, std::move(call));
      negation->SetQueryLocation(at->GetQueryLocation());
      negation->SetAlias(at->GetAlias());
      call = std::move(negation);
    }
    at = std::move(call);
  }

  void date_pattern(FunctionExpression& call, const std::string& name) {
    if (call.children.size() != 2 ||
        call.children[1]->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT)
      fail(call.GetQueryLocation(), "NOT_SUPPORTED", 13,
           fmt::format("{} takes a value and a constant pattern", name));
    auto& constant = call.children[1]->Cast<duckdb::ConstantExpression>();
    const std::string pattern = constant.value.ToString();
    const bool mysql = name.starts_with("date_");
    const auto converted =
        mysql ? mysql_to_strftime(pattern, name == "date_parse") : joda_to_strftime(pattern);
    if (!converted)
      fail(call.GetQueryLocation(), "INVALID_FUNCTION_ARGUMENT", 7,
           fmt::format("{}: pattern '{}' is not supported", name, pattern));
    constant.value = duckdb::Value(*converted);
    call.schema.clear();
    call.function_name =
        name == "date_format" || name == "format_datetime" ? "strftime" : "strptime";
    if (name == "parse_datetime") make_own(call, "parse_datetime");
  }

  // EXTRACT(DOW FROM x): Monday is 1, Sunday 7.
  static void extract(FunctionExpression& call) {
    if (call.children[0]->GetExpressionClass() != duckdb::ExpressionClass::CONSTANT) return;
    auto& field = call.children[0]->Cast<duckdb::ConstantExpression>().value;
    if (field.IsNull()) return;
    const std::string name = duckdb::StringUtil::Lower(field.ToString());
    if (name == "dow" || name == "day_of_week") field = duckdb::Value("isodow");
    if (name == "day_of_year") field = duckdb::Value("doy");
    if (name == "day_of_month") field = duckdb::Value("day");
    if (name == "yow" || name == "year_of_week") field = duckdb::Value("isoyear");
  }

  // reduce(array, start, step, last): the last step is a transformation of one element.
  static void reduce(unique_ptr<ParsedExpression>& at) {
    auto& given = at->Cast<FunctionExpression>().children;
    duckdb::vector<unique_ptr<ParsedExpression>> steps, folded, transformed, extracted;
    steps.push_back(std::move(given[0]));
    steps.push_back(std::move(given[2]));
    steps.push_back(std::move(given[1]));
    folded.push_back(duckdb::make_uniq<FunctionExpression>("list_reduce", std::move(steps)));
    transformed.push_back(duckdb::make_uniq<FunctionExpression>("list_value", std::move(folded)));
    transformed.push_back(std::move(given[3]));
    extracted.push_back(
        duckdb::make_uniq<FunctionExpression>("list_transform", std::move(transformed)));
    extracted.push_back(duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value::BIGINT(1)));
    auto result = duckdb::make_uniq<FunctionExpression>("list_extract", std::move(extracted));
    result->SetQueryLocation(at->GetQueryLocation());
    result->SetAlias(at->GetAlias());
    at = std::move(result);
  }

  void cast(unique_ptr<ParsedExpression>& at) {
    auto& cast = at->Cast<duckdb::CastExpression>();
    const bool tries = cast.try_cast;
    duckdb::vector<unique_ptr<ParsedExpression>> arguments;
    arguments.push_back(std::move(cast.child));
    arguments.push_back(duckdb::make_uniq<duckdb::CastExpression>(
        cast.cast_type, duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value())));
    at = own_call(tries ? "try_cast" : "cast", std::move(arguments), *at);
  }

  void operation(unique_ptr<ParsedExpression>& at) {
    auto& children = at->Cast<duckdb::OperatorExpression>().children;
    if (at->GetExpressionType() == duckdb::ExpressionType::ARRAY_EXTRACT)
      at = own_call("subscript", std::move(children), *at);
    else if (at->GetExpressionType() == duckdb::ExpressionType::COMPARE_IN)
      at = own_call("in", std::move(children), *at);
  }

  void comparison(unique_ptr<ParsedExpression>& at) {
    static constexpr std::pair<duckdb::ExpressionType, const char*> kOperators[] = {
        {duckdb::ExpressionType::COMPARE_EQUAL, "equal"},
        {duckdb::ExpressionType::COMPARE_NOTEQUAL, "not_equal"},
        {duckdb::ExpressionType::COMPARE_LESSTHAN, "less"},
        {duckdb::ExpressionType::COMPARE_LESSTHANOREQUALTO, "less_or_equal"},
        {duckdb::ExpressionType::COMPARE_GREATERTHAN, "greater"},
        {duckdb::ExpressionType::COMPARE_GREATERTHANOREQUALTO, "greater_or_equal"}};
    for (const auto& [type, name] : kOperators) {
      if (at->GetExpressionType() != type) continue;
      auto& compared = at->Cast<duckdb::ComparisonExpression>();
      duckdb::vector<unique_ptr<ParsedExpression>> operands;
      operands.push_back(std::move(compared.left));
      operands.push_back(std::move(compared.right));
      at = own_call(name, std::move(operands), *at);
      return;
    }
  }

  void between(unique_ptr<ParsedExpression>& at) {
    auto& given = at->Cast<duckdb::BetweenExpression>();
    duckdb::vector<unique_ptr<ParsedExpression>> operands;
    operands.push_back(std::move(given.input));
    operands.push_back(std::move(given.lower));
    operands.push_back(std::move(given.upper));
    at = own_call("between", std::move(operands), *at);
  }

  void column_reference(unique_ptr<ParsedExpression>& at) const {
    auto& column = at->Cast<duckdb::ColumnRefExpression>();
    qualified_column(column.column_names);
  }

  // ---- Column names -----------------------------------------------------------------------------

  static void name_columns(duckdb::QueryNode& query) {
    if (query.type == duckdb::QueryNodeType::SET_OPERATION_NODE) {
      auto& children = query.Cast<duckdb::SetOperationNode>().children;
      if (!children.empty()) name_columns(*children.front());
    }
    if (query.type != duckdb::QueryNodeType::SELECT_NODE) return;
    for (auto& item : query.Cast<duckdb::SelectNode>().select_list) {
      const auto kind = item->GetExpressionClass();
      if (!item->GetAlias().empty() || kind == duckdb::ExpressionClass::COLUMN_REF ||
          kind == duckdb::ExpressionClass::STAR)
        continue;
      item->SetAlias(kUnnamed);
    }
  }

  struct NamedTable {
    std::string schema, table, alias;
  };

  const TreeInput& input_;
  std::vector<bool> traveled_;                   // of each version: its table was found
  std::vector<std::vector<NamedTable>> frames_;  // of the queries around, the innermost last
  size_t depth_ = 0;
  size_t copies_left_ = 1 << 20;  // bytes of text
};

}  // namespace

std::optional<QueryError> check_exists(const RequiredName& name, const TreeInput& input) {
  const auto missing = [&](const char* error, int code, const std::string& message) {
    return error_at(input.source, name.offset, error, code, message);
  };
  if (name.schema.empty() && !name.table.empty())
    return missing("MISSING_SCHEMA_NAME", 57,
                   "Schema must be specified when session schema is not set");
  if (name.catalog.empty())
    return missing("MISSING_CATALOG_NAME", 56,
                   "Catalog must be specified when session catalog is not set");
  const bool system = same(name.catalog, "system");
  if (!system && !same(name.catalog, kCatalog))
    return missing("CATALOG_NOT_FOUND", 44, fmt::format("Catalog '{}' not found", name.catalog));
  if (name.schema.empty()) return std::nullopt;
  const std::string schema = system ? "$" + name.schema : name.schema;
  const auto& described = system_tables();
  const bool has_schema =
      std::ranges::any_of(described,
                          [&](const auto& table) { return same(table.schema, schema); }) ||
      (!system && std::ranges::any_of(schema_names(input.root),
                                      [&](const auto& each) { return same(each, schema); }));
  if (!has_schema || (!system && schema[0] == '$'))
    return missing("SCHEMA_NOT_FOUND", 45, fmt::format("Schema '{}' does not exist", name.schema));
  if (name.table.empty() || find_system_table(schema, name.table) ||
      (!system && input.root.find(schema, name.table)))
    return std::nullopt;
  if (const auto detail = system ? std::nullopt : detail_of(name.table)) {
    const auto view = input.root.find(schema, detail->table);
    const bool partitions = detail->kind == "partitions";
    if (view && view->snapshot &&
        !(partitions && view->snapshot->metadata().partition_columns.empty()))
      return std::nullopt;
  }
  return missing(
      "TABLE_NOT_FOUND", 46,
      fmt::format("Table '{}.{}.{}' does not exist", name.catalog, name.schema, name.table));
}

std::optional<QueryError> rewrite_tree(duckdb::SelectStatement& select, const TreeInput& input) {
  try {
    TreeRewriter(input).statement(select);
  } catch (QueryError& error) {
    return std::move(error);
  }
  return std::nullopt;
}

}  // namespace foz::sql
