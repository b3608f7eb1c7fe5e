// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include "sql/trino_parser_internal.h"

namespace foz::sql {

using ast::BodyKind;
using ast::BodyPtr;
using ast::ExpressionKind;
using ast::ExpressionPtr;
using ast::QueryPtr;

// Also at a bracket, in which a query may stand.
bool TrinoParser::at_query() const { return at_any({"select", "with", "values", "table", "("}); }

bool TrinoParser::continues_query() const {
  return at_any({"union", "intersect", "except", "order"}) ||
         (at_any({"limit", "offset", "fetch"}) && at_clause());
}

// `inner` stood in brackets; the rest of the query that it begins follows.
QueryPtr TrinoParser::continue_query(QueryPtr inner, size_t offset) {
  auto first = std::make_unique<ast::QueryBody>();
  first->kind = BodyKind::kQuery;
  first->offset = offset;
  first->query = std::move(inner);
  return query_without_with(std::move(first));
}

QueryPtr TrinoParser::query_in_brackets() { return query(); }

QueryPtr TrinoParser::query() {
  const Depth depth(*this);
  if (!at("with")) return query_without_with();
  const size_t offset = take().offset;
  if (at("session") && at_identifier(1))
    throw error_at(sql_, peek().offset, "NOT_SUPPORTED", 13, "WITH SESSION is not supported");
  if (at("function") && at_identifier(1))
    throw error_at(sql_, peek().offset, "NOT_SUPPORTED", 13, "WITH FUNCTION is not supported");
  const bool recursive = accept("recursive");
  std::vector<ast::NamedQuery> with;
  do {
    ast::NamedQuery named;
    named.name = identifier();
    if (at("(")) named.columns = identifiers_in_brackets();
    expect("as");
    expect("(");
    named.query = query();
    expect(")");
    with.push_back(std::move(named));
  } while (accept(","));
  auto made = query_without_with();
  made->offset = offset;
  made->recursive = recursive;
  made->with = std::move(with);
  return made;
}

QueryPtr TrinoParser::query_without_with(BodyPtr first) {
  auto made = std::make_unique<ast::Query>();
  made->offset = first ? first->offset : peek().offset;
  made->body = body(std::move(first));
  if (at("order")) {
    take();
    expect("by");
    made->order = sort_items();
  }
  if (accept("offset")) {
    made->skip = row_count();
    if (at_any({"row", "rows"})) take();
  }
  made->limit_offset = peek().offset;
  if (accept("limit")) {
    if (!accept("all")) made->limit = row_count();
  } else if (accept("fetch")) {
    if (!at_any({"first", "next"})) fail();
    const size_t place = take().offset;
    if (at_any({"row", "rows"})) {
      made->limit = make(ExpressionKind::kInteger, place, std::string("1"));
    } else {
      made->limit = row_count();
    }
    if (!at_any({"row", "rows"})) fail();
    take();
    if (!accept("only")) {
      expect("with");
      expect("ties");
      made->with_ties = true;
    }
  }
  return made;
}

ExpressionPtr TrinoParser::row_count() {
  if (at(TrinoTokenKind::kParameter)) return parameter();
  if (!at(TrinoTokenKind::kInteger)) fail();
  return number(false);
}

// ---- Set operations -----------------------------------------------------------------------------

BodyPtr TrinoParser::combine(BodyPtr left, const TrinoToken& operation, bool all,
                             BodyPtr right) const {
  const std::string name = lower_case(operation.text);
  if (left->kind != BodyKind::kSetOperation || left->operation != name || left->all != all) {
    auto made = std::make_unique<ast::QueryBody>();
    made->kind = BodyKind::kSetOperation;
    made->offset = operation.offset;
    made->operation = name;
    made->all = all;
    made->children.push_back(std::move(left));
    left = std::move(made);
  }
  left->children.push_back(std::move(right));
  return left;
}

BodyPtr TrinoParser::body(BodyPtr first) {
  auto left = intersection(std::move(first));
  for (int chain = 0; at_any({"union", "except"});) {
    const TrinoToken& operation = take();
    const bool all = accept("all");
    if (!all) accept("distinct");
    if (left->kind != BodyKind::kSetOperation || left->operation != lower_case(operation.text) ||
        left->all != all) {
      if (++chain > kDeepest) overflow();
    }
    left = combine(std::move(left), operation, all, intersection(nullptr));
  }
  return left;
}

BodyPtr TrinoParser::intersection(BodyPtr first) {
  auto left = first ? std::move(first) : body_primary();
  for (int chain = 0; at("intersect");) {
    const TrinoToken& operation = take();
    const bool all = accept("all");
    if (!all) accept("distinct");
    if (++chain > kDeepest) overflow();
    left = combine(std::move(left), operation, all, body_primary());
  }
  return left;
}

BodyPtr TrinoParser::body_primary() {
  if (++queries_ > kMostQueries) too_large();
  if (at("select")) return select();
  auto made = std::make_unique<ast::QueryBody>();
  made->offset = peek().offset;
  if (accept("table")) {
    made->kind = BodyKind::kTable;
    made->names = qualified_name();
  } else if (accept("values")) {
    made->kind = BodyKind::kValues;
    made->rows = expressions();
  } else {
    const Depth depth(*this);
    expect("(");
    made->kind = BodyKind::kQuery;
    made->query = query_without_with();
    expect(")");
  }
  return made;
}

// ---- SELECT -------------------------------------------------------------------------------------

BodyPtr TrinoParser::select() {
  auto made = std::make_unique<ast::QueryBody>();
  made->offset = take().offset;
  made->select = std::make_unique<ast::Select>();
  ast::Select& select = *made->select;
  if (accept("distinct")) {
    select.distinct = true;
  } else if (at("all") && !at_any({",", ".", "from", ")", "as", "="}, 1) &&
             !at(TrinoTokenKind::kEnd, 1)) {
    take();
  }
  do select.items.push_back(select_item());
  while (accept(",") && select.items.size() < kWidest);
  if (select.items.size() >= kWidest) too_large();
  if (accept("from")) {
    do select.from.push_back(relation());
    while (accept(","));
  }
  if (accept("where")) select.where = expression();
  if (at("group")) {
    take();
    expect("by");
    if (accept("distinct")) {
      select.distinct_groups = true;
    } else if (at("all") && !at_any({",", ".", ")", "having", "order"}, 1) &&
               !at(TrinoTokenKind::kEnd, 1)) {
      take();
    }
    select.groups = grouping_elements();
  }
  if (accept("having")) select.having = expression();
  if (at("window") && at_clause()) {
    take();
    do {
      ast::NamedWindow named;
      named.name = identifier();
      expect("as");
      expect("(");
      named.window = window();
      expect(")");
      select.windows.push_back(std::move(named));
    } while (accept(","));
  }
  return made;
}

ast::SelectItem TrinoParser::select_item() {
  ast::SelectItem made;
  made.offset = peek().offset;
  if (accept("*")) {
    made.star = true;
    return made;
  }
  made.expression = expression();
  if (at(".") && at("*", 1)) {
    next_ += 2;
    made.star = true;
    if (accept("as")) made.columns = identifiers_in_brackets();
    return made;
  }
  made.alias = alias();
  return made;
}

std::vector<ast::SortItem> TrinoParser::sort_items() {
  std::vector<ast::SortItem> made;
  do {
    ast::SortItem item;
    item.expression = expression();
    if (at_any({"asc", "desc"})) item.descending = take().is("desc");
    if (accept("nulls")) {
      if (!at_any({"first", "last"})) fail();
      item.nulls_first = take().is("first");
    }
    made.push_back(std::move(item));
  } while (accept(","));
  return made;
}

std::vector<ast::GroupingElement> TrinoParser::grouping_elements() {
  std::vector<ast::GroupingElement> made;
  do made.push_back(grouping_element());
  while (accept(","));
  return made;
}

ast::GroupingElement TrinoParser::grouping_element() {
  ast::GroupingElement made;
  made.offset = peek().offset;
  if (at_any({"rollup", "cube"})) {
    made.kind = take().is("rollup") ? ast::GroupingElement::kRollup : ast::GroupingElement::kCube;
    expect("(");
    if (!at(")")) {
      do made.sets.push_back(grouping_set());
      while (accept(","));
    }
    expect(")");
  } else if (at_words({"grouping", "sets"})) {
    next_ += 2;
    made.kind = ast::GroupingElement::kSets;
    expect("(");
    do made.sets.push_back(grouping_set());
    while (accept(","));
    expect(")");
  } else if (at("auto") && !at_any({".", "(", "[", "->", "+", "-", "*", "/", "%", "||"}, 1)) {
    take();
    made.kind = ast::GroupingElement::kAuto;
  } else {
    made.sets.push_back(grouping_set());
  }
  return made;
}

// (a, b) is a set of two expressions, and no row.
std::vector<ExpressionPtr> TrinoParser::grouping_set() {
  if (at_words({"(", ")"}) && !at("->", 2)) {
    next_ += 2;
    return {};
  }
  const bool bracket = at("(");
  std::vector<ExpressionPtr> made;
  auto one = expression();
  if (bracket && one->kind == ExpressionKind::kRow && !one->bracketed)
    return std::move(one->children);
  made.push_back(std::move(one));
  return made;
}

// ---- Relations ----------------------------------------------------------------------------------

bool TrinoParser::at_clause() const {
  const bool number = at(TrinoTokenKind::kInteger, 1) || at(TrinoTokenKind::kParameter, 1);
  if (at("limit")) return number || at("all", 1);
  if (at("offset")) return number;
  if (at("fetch")) return at_any({"first", "next"}, 1);
  if (at("window")) return at_identifier(1) && at_words({"as", "("}, 2);
  if (at("tablesample")) return at_any({"bernoulli", "system"}, 1) && at("(", 2);
  if (at("match_recognize"))
    return at("(", 1) &&
           at_any({"partition", "order", "measures", "one", "all", "after", "initial", "seek",
                   "pattern"},
                  2) &&
           !at_any({",", ")"}, 3);
  return false;
}

std::optional<ast::Identifier> TrinoParser::alias() {
  if (accept("as")) return identifier();
  if (!at_identifier() || at_clause()) return std::nullopt;
  return identifier();
}

ast::RelationPtr TrinoParser::relation() {
  const Depth depth(*this);
  auto left = sampled_relation();
  while (at_any({"cross", "inner", "left", "right", "full", "join", "natural"})) {
    const int height = left->height + 1;
    if (height > kDeepest) overflow();
    left = join(std::move(left));
    left->height = height;
  }
  return left;
}

ast::RelationPtr TrinoParser::join(ast::RelationPtr left) {
  auto made = std::make_unique<ast::Relation>();
  made->kind = ast::RelationKind::kJoin;
  made->offset = left->offset;
  made->left = std::move(left);
  if (accept("cross")) {
    expect("join");
    made->join = "cross";
    made->right = sampled_relation();
    return made;
  }
  const bool natural = accept("natural");
  made->join = "inner";
  if (at_any({"left", "right", "full"})) {
    made->join = lower_case(take().text);
    accept("outer");
  } else {
    accept("inner");
  }
  expect("join");
  if (natural) {
    made->join = "natural";
    made->right = sampled_relation();
    return made;
  }
  made->right = relation();
  if (accept("on")) {
    made->on = expression();
  } else {
    if (!accept("using")) fail();
    made->use = identifiers_in_brackets();
  }
  return made;
}

ast::RelationPtr TrinoParser::sampled_relation() {
  auto made = relation_primary();
  if (auto name = alias()) {
    if (made->alias)  // ((a AS b) AS c)
      throw error_at(sql_, name->offset, "NOT_SUPPORTED", 13,
                     "a second alias of a relation in brackets is not supported");
    made->alias = std::move(name);
    if (at("(")) made->columns = identifiers_in_brackets();
  }
  if (at("match_recognize") && at_clause())
    throw error_at(sql_, peek().offset, "NOT_SUPPORTED", 13, "MATCH_RECOGNIZE is not supported");
  if (at("tablesample") && at_clause()) {
    take();
    made->sample = lower_case(take().text);
    expect("(");
    made->percentage = expression();
    expect(")");
  }
  return made;
}

ast::RelationPtr TrinoParser::relation_primary() {
  if (++queries_ > kMostQueries) too_large();
  auto made = std::make_unique<ast::Relation>();
  made->offset = peek().offset;
  if (at("(")) return relation_in_brackets();
  if (at_words({"lateral", "("})) {
    next_ += 2;
    made->kind = ast::RelationKind::kLateral;
    made->query = query();
    expect(")");
  } else if (accept("unnest")) {
    made->kind = ast::RelationKind::kUnnest;
    expect("(");
    made->arguments = expressions();
    expect(")");
    made->ordinality = accept("with");
    if (made->ordinality) expect("ordinality");
  } else if (accept("table")) {
    made->kind = ast::RelationKind::kFunction;
    expect("(");
    made->names = qualified_name();
    if (!at("(")) fail();
    const auto& names = made->names;
    if (names.size() < 2 || lower_case(names.back().name) != "table_changes" ||
        lower_case(names[names.size() - 2].name) != "system")
      throw error_at(sql_, names[0].offset, "FUNCTION_NOT_FOUND", 6,
                     fmt::format("Table function '{}' not registered", names.back().name));
    made->given = arguments();
    expect(")");
  } else if (at_words({"json_table", "("})) {
    throw error_at(sql_, made->offset, "NOT_SUPPORTED", 13, "JSON_TABLE is not supported");
  } else {
    made->names = qualified_name();
    period(*made);
  }
  return made;
}

// (query) or (relation): a bracket that holds a bracket may be the begin of either.
ast::RelationPtr TrinoParser::relation_in_brackets() {
  const Depth depth(*this);
  const size_t offset = take().offset;
  const auto subquery = [&](QueryPtr query) {
    auto made = std::make_unique<ast::Relation>();
    made->kind = ast::RelationKind::kSubquery;
    made->offset = offset;
    made->query = std::move(query);
    expect(")");
    return made;
  };
  if (at_any({"select", "with", "values"}) || (at("table") && !at("(", 1)))
    return subquery(query());
  auto inner = relation();
  const bool bare =
      inner->kind == ast::RelationKind::kSubquery && !inner->alias && inner->sample.empty();
  if (bare && continues_query()) return subquery(continue_query(std::move(inner->query), offset));
  expect(")");
  inner->bracketed = true;
  return inner;
}

void TrinoParser::period(ast::Relation& table) {
  if (!at("for")) return;
  table.period_offset = take().offset;
  if (!at_any({"timestamp", "version"})) fail();
  table.period = lower_case(take().text);
  expect("as");
  expect("of");
  table.period_end = value();
}

}  // namespace foz::sql
