// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Operators, from the loosest to the tightest.

#include "sql/trino_parser_internal.h"

namespace foz::sql {

using ast::ExpressionKind;
using ast::ExpressionPtr;

ExpressionPtr TrinoParser::make(ExpressionKind kind, size_t offset, std::string text) const {
  auto made = std::make_unique<ast::Expression>();
  made->kind = kind;
  made->offset = made->begin = offset;
  made->text = std::move(text);
  return made;
}

ExpressionPtr TrinoParser::make(ExpressionKind kind, size_t offset, ExpressionPtr child) const {
  auto made = make(kind, offset);
  made->begin = child->begin;
  add(*made, std::move(child));
  return made;
}

void TrinoParser::add(ast::Expression& parent, ExpressionPtr child) const {
  parent.height = std::max(parent.height, child->height + 1);
  if (parent.height > kDeepest) overflow();
  const bool list = parent.kind == ExpressionKind::kIn || parent.kind == ExpressionKind::kArray;
  if (!list && parent.children.size() >= kWidest) too_large();
  parent.children.push_back(std::move(child));
}

ExpressionPtr TrinoParser::expression() {
  const Depth depth(*this);
  auto left = conjunction();
  while (at("or")) {
    const size_t offset = take().offset;
    if (left->kind != ExpressionKind::kOr || left->bracketed)
      left = make(ExpressionKind::kOr, offset, std::move(left));
    add(*left, conjunction());
  }
  return left;
}

ExpressionPtr TrinoParser::conjunction() {
  auto left = negation();
  while (at("and")) {
    const size_t offset = take().offset;
    if (left->kind != ExpressionKind::kAnd || left->bracketed)
      left = make(ExpressionKind::kAnd, offset, std::move(left));
    add(*left, negation());
  }
  return left;
}

ExpressionPtr TrinoParser::negation() {
  if (!at("not")) return predicated();
  const Depth depth(*this);
  const size_t offset = take().offset;
  auto made = make(ExpressionKind::kNot, offset);
  add(*made, negation());
  return made;
}

ExpressionPtr TrinoParser::predicated() {
  auto left = value();
  return predicate(std::move(left));
}

// One predicate at most stands behind a value.
ExpressionPtr TrinoParser::predicate(ExpressionPtr left) {
  const TrinoToken& first = peek();
  if (at_any({"=", "<>", "!=", "<", "<=", ">", ">="})) {
    const std::string operation(take().text == "!=" ? "<>" : first.text);
    if (at_any({"all", "some", "any"}) && at("(", 1)) {
      auto made = make(ExpressionKind::kQuantified, first.offset, std::move(left));
      made->text = operation;
      made->fields = at("all") ? "all" : "any";
      next_ += 2;
      made->query = query_in_brackets();
      expect(")");
      return made;
    }
    auto made = make(ExpressionKind::kComparison, first.offset, std::move(left));
    made->text = operation;
    add(*made, value());
    return made;
  }
  if (at("is")) {
    take();
    const bool negated = accept("not");
    const bool distinct = at("distinct");
    if (!distinct && !at("null")) fail();
    take();
    auto made = make(distinct ? ExpressionKind::kDistinct : ExpressionKind::kIsNull, first.offset,
                     std::move(left));
    made->negated = negated;
    if (distinct) {
      expect("from");
      add(*made, value());
    }
    return made;
  }
  const bool negated = at("not");
  if (negated && !at_any({"between", "in", "like"}, 1)) {
    take();
    fail();
  }
  if (negated) take();
  ExpressionPtr made;
  if (accept("between")) {
    made = make(ExpressionKind::kBetween, first.offset, std::move(left));
    add(*made, value());
    expect("and");
    add(*made, value());
  } else if (accept("like")) {
    made = make(ExpressionKind::kLike, first.offset, std::move(left));
    add(*made, value());
    if (accept("escape")) add(*made, value());
  } else if (accept("in")) {
    made = in_predicate(make(ExpressionKind::kIn, first.offset, std::move(left)));
  } else {
    return left;
  }
  made->negated = negated;
  return made;
}

ExpressionPtr TrinoParser::in_predicate(ExpressionPtr made) {
  expect("(");
  if (at_query() && !at("(")) {
    made->query = query();
    expect(")");
    return made;
  }
  const size_t offset = peek().offset;
  auto first = expression();
  if (first->kind == ExpressionKind::kSubquery && continues_query()) {
    made->query = continue_query(std::move(first->query), offset);
  } else {
    add(*made, std::move(first));
    while (accept(",")) add(*made, expression());
  }
  expect(")");
  return made;
}

// 1: sums and ||; 2: products.
ExpressionPtr TrinoParser::value(int precedence) {
  auto left = unary();
  while (true) {
    const int binds = at_any({"+", "-"}) ? 2 : at_any({"*", "/", "%"}) ? 3 : at("||") ? 1 : 0;
    if (binds == 0 || binds <= precedence) return left;
    const TrinoToken& operation = take();
    left = make(ExpressionKind::kArithmetic, operation.offset, std::move(left));
    left->text = operation.text;
    add(*left, value(binds));
  }
}

ExpressionPtr TrinoParser::unary() {
  const bool negative = at("-");
  if (!negative && !at("+")) return zone(postfix());
  const bool literal =
      negative && (at(TrinoTokenKind::kInteger, 1) || at(TrinoTokenKind::kDecimal, 1) ||
                   at(TrinoTokenKind::kDouble, 1));
  if (literal) return zone(postfix());
  const Depth depth(*this);
  auto made = make(negative ? ExpressionKind::kNegative : ExpressionKind::kPositive, take().offset);
  add(*made, unary());
  return made;
}

ExpressionPtr TrinoParser::zone(ExpressionPtr left) {
  while (at_words({"at", "time"})) {
    const size_t offset = take().offset;
    take();
    expect("zone");
    left = make(ExpressionKind::kAtTimeZone, offset, std::move(left));
    if (at_interval()) {
      add(*left, interval());
    } else {
      const size_t place = peek().offset;
      add(*left, make(ExpressionKind::kString, place, string()));
    }
  }
  return left;
}

ExpressionPtr TrinoParser::postfix() {
  auto left = primary();
  while (true) {
    if (at("[")) {
      take();
      const size_t begin = left->begin;
      left = make(ExpressionKind::kSubscript, begin, std::move(left));
      const Depth depth(*this);
      add(*left, value());
      expect("]");
    } else if (at(".") && !at("*", 1)) {
      take();
      const size_t begin = left->begin;
      left = make(ExpressionKind::kField, begin, std::move(left));
      left->names.push_back(identifier());
    } else {
      return left;
    }
  }
}

std::vector<ExpressionPtr> TrinoParser::expressions() {
  std::vector<ExpressionPtr> made;
  do made.push_back(expression());
  while (accept(","));
  return made;
}

}  // namespace foz::sql
