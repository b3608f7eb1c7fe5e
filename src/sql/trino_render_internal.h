// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A query of Trino's grammar as text that DuckDB parses. What only looks different is written
// differently here; what means something else is rewritten in the parsed tree
// (trino_tree_internal.h).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/query_engine.h"
#include "sql/trino_ast_internal.h"
#include "sql/trino_statement_internal.h"
#include "sql/trino_types_internal.h"

namespace foz::sql {

// Parameters that have no value are NULL.
QueryResult<RewrittenText> render_query(const ast::Query& query, std::string_view source,
                                        const QuerySession& session, const TypeHints& hints = {});

// "name" and 'text'.
std::string quoted_name(std::string_view name);
// A name in quotes where it must be.
std::string written_name(std::string_view name);
std::string string_literal(std::string_view text);

// The renderer itself; its functions throw a QueryError.
class TrinoRenderer {
 public:
  TrinoRenderer(std::string_view source, const QuerySession& session, const TypeHints& hints)
      : source_(source), session_(session), hints_(hints) {}

  RewrittenText run(const ast::Query& query);

 private:
  // ---- Queries and relations (trino_render.cc) ----
  void query(const ast::Query& query, bool outermost = false);
  void with(const ast::Query& query);
  void common_table(const ast::Query& query, const ast::NamedQuery& named);
  void body(const ast::QueryBody& body, bool outermost);
  void set_operation(const ast::QueryBody& body, bool outermost);
  void select(const ast::Select& select, const ast::Query* ties = nullptr);
  void select_item(const ast::SelectItem& item, size_t index);
  void group_by(const ast::Select& select);
  void grouping_sets(const ast::GroupingElement& element, const char* word);
  void values(const ast::QueryBody& body);
  void order_by(const std::vector<ast::SortItem>& items);
  void count(const ast::Expression& count);
  void ties(const ast::Query& query);
  const ast::Expression& sorted_by(const ast::SortItem& item, const ast::Select& select) const;
  void relation(const ast::Relation& relation);
  void join(const ast::Relation& relation);
  void table(const ast::QualifiedName& names, const ast::Relation* relation);
  void version(const ast::Relation& relation);
  void table_changes(const ast::Relation& relation);
  void unnest(const ast::Relation& relation);
  // How many columns the argument of UNNEST becomes, and whether it takes a query to unnest it.
  size_t unnested_columns(const ast::Expression& argument, bool& nested) const;
  void unnest_argument(const ast::Expression& argument, size_t& column);
  void sample(const ast::Relation& relation);
  // " AS alias(columns)"; without columns of its own, unnamed ones if there are `unnamed`.
  void alias(const ast::Relation& relation, size_t unnamed = 0);
  void columns(const std::vector<ast::Identifier>& names);
  void unnamed_columns(size_t count);

  // ---- WITH RECURSIVE (trino_render_recursive.cc) ----
  static bool is_recursive(const ast::Query& query, const ast::NamedQuery& named);
  void recursive(const ast::NamedQuery& named);
  // What a table of WITH is called inside of its own step; empty: by its name.
  std::string renamed(const ast::QualifiedName& names) const;

  // ---- Expressions (trino_render_expressions.cc) ----
  void expression(const ast::Expression& expression);
  void form(const ast::Expression& expression);
  // In brackets unless it binds at least as tightly.
  void operand(const ast::Expression& expression, int least);
  void operands(const ast::Expression& expression, size_t from);
  void joined(const ast::Expression& expression, const char* word, int binds);
  void binary(const ast::Expression& expression);
  void predicate(const ast::Expression& expression);
  void in(const ast::Expression& expression);
  void call(const ast::Expression& expression);
  void call_tail(const ast::Expression& expression);
  void window(const ast::Window& window);
  void frame_bound(const ast::FrameBound& bound);
  void case_when(const ast::Expression& expression);
  void cast(const ast::Expression& expression);
  void lambda(const ast::Expression& expression);
  void zone(const ast::Expression& expression);
  void function(const ast::Expression& expression, std::string_view name);
  void subquery(const ast::Query& query);

  // ---- JSON_VALUE and the like (trino_render_json.cc) ----
  void json(const ast::Expression& expression);
  void json_value(const ast::Expression& expression, const std::string& path);
  void json_query(const ast::Expression& expression, const std::string& path);
  void json_object(const ast::Expression& expression);
  void json_array(const ast::Expression& expression);

  // ---- Literals (trino_render_literals.cc) ----
  void literal(const ast::Expression& expression);
  void typed(const ast::Expression& expression);
  void interval(const ast::Expression& expression);
  void current(const ast::Expression& expression);

  // What follows is of this place in the source.
  void place(size_t offset) { out_.places.emplace_back(out_.sql.size(), offset); }
  void text(std::string_view text) {
    out_.sql += text;
    // What is written twice, inside of what is written twice …
    if (out_.sql.size() > kLongest) fail(0, "QUERY_TEXT_TOO_LARGE", 35, "the query is too large");
  }
  void name(const ast::Identifier& name);
  [[noreturn]] void fail(size_t offset, std::string name, int code, std::string_view message) const;
  [[noreturn]] void not_supported(size_t offset, std::string_view what) const;

  static constexpr size_t kLongest = 16000000;

  std::string_view source_;
  const QuerySession& session_;
  const TypeHints& hints_;
  RewrittenText out_;
  // Tables of WITH, lower case, and their names in the step that is rendered; empty: hidden by
  // another of the same name.
  std::vector<std::pair<std::string, std::string>> renamed_;
};

}  // namespace foz::sql
