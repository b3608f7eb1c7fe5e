// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Recursive descent with Spark's precedences (SqlBaseParser.g4: query, booleanExpression,
// valueExpression, primaryExpression). Clauses that a row-wise stream cannot have are refused by
// name.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "sql/spark_parser_internal.h"

namespace foz::sql {

namespace {

constexpr int kMaxNesting = 100;  // of parentheses and subqueries
constexpr int kMaxDepth = 400;    // of an expression's tree

struct Unsupported {
  std::string_view word, message;
};

// After a SELECT's own clauses, or in place of them.
constexpr Unsupported kClauses[] = {
    {"GROUP", "GROUP BY is not supported in a row-wise flow"},
    {"HAVING", "HAVING is not supported in a row-wise flow"},
    {"ORDER", "ORDER BY is not supported in a flow: a stream has no end to sort"},
    {"SORT", "SORT BY is not supported in a flow: a stream has no end to sort"},
    {"CLUSTER", "CLUSTER BY is not supported in a flow"},
    {"DISTRIBUTE", "DISTRIBUTE BY is not supported in a flow"},
    {"LIMIT", "LIMIT is not supported in a flow: a stream has no end"},
    {"OFFSET", "OFFSET is not supported in a flow: a stream has no end"},
    {"UNION", "UNION is not supported in a flow: write one flow for each source"},
    {"EXCEPT", "EXCEPT is not supported in a flow"},
    {"MINUS", "MINUS is not supported in a flow"},
    {"INTERSECT", "INTERSECT is not supported in a flow"},
    {"JOIN", "JOIN is not supported in a row-wise flow"},
    {"INNER", "JOIN is not supported in a row-wise flow"},
    {"LEFT", "JOIN is not supported in a row-wise flow"},
    {"RIGHT", "JOIN is not supported in a row-wise flow"},
    {"FULL", "JOIN is not supported in a row-wise flow"},
    {"CROSS", "JOIN is not supported in a row-wise flow"},
    {"SEMI", "JOIN is not supported in a row-wise flow"},
    {"ANTI", "JOIN is not supported in a row-wise flow"},
    {"NATURAL", "JOIN is not supported in a row-wise flow"},
    {"LATERAL", "LATERAL VIEW is not supported in a flow"},
    {"WINDOW", "WINDOW is not supported in a row-wise flow"},
    {"QUALIFY", "QUALIFY is not supported in a row-wise flow"},
    {"PIVOT", "PIVOT is not supported in a row-wise flow"},
    {"UNPIVOT", "UNPIVOT is not supported in a row-wise flow"},
    {"TABLESAMPLE", "TABLESAMPLE is not supported in a flow"},
    {"WATERMARK", "WATERMARK is not supported in a row-wise flow"},
};

// No column's name without backticks.
constexpr std::string_view kReserved[] = {"SELECT", "FROM", "WHERE", "AS",  "AND",
                                          "OR",     "WHEN", "THEN",  "ELSE"};

const Unsupported* unsupported_clause(const Token& token) {
  if (token.kind != TokenKind::kName) return nullptr;
  const auto* found = std::ranges::find(kClauses, token.upper, &Unsupported::word);
  return found == std::end(kClauses) ? nullptr : found;
}

// Words that end an expression and so are no alias without AS.
bool ends_item(const Token& token) {
  return token.upper == "FROM" || token.upper == "WHERE" || unsupported_clause(token) != nullptr;
}

}  // namespace

std::string TokenReader::shown() const {
  const Token& token = peek();
  if (token.kind == TokenKind::kEnd) return "the end";
  return fmt::format("'{}'", text_.substr(token.span.begin, token.span.end - token.span.begin));
}

bool TokenReader::accept_symbol(std::string_view symbol) {
  if (!is_symbol(symbol)) return false;
  at_++;
  return true;
}

bool TokenReader::accept_word(std::string_view word) {
  if (!is_word(word)) return false;
  at_++;
  return true;
}

void TokenReader::expect_symbol(std::string_view symbol) {
  if (!accept_symbol(symbol)) fail(fmt::format("expected '{}', found {}", symbol, shown()));
}

void TokenReader::expect_word(std::string_view word) {
  if (!accept_word(word)) fail(fmt::format("expected {}, found {}", word, shown()));
}

std::string TokenReader::expect_name(std::string_view what) {
  if (!is_name()) fail(fmt::format("expected {}, found {}", what, shown()));
  return take().text;
}

void TokenReader::expect_end() {
  if (const auto* clause = unsupported_clause(peek())) fail(std::string(clause->message));
  if (peek().kind != TokenKind::kEnd) fail(fmt::format("unexpected {}", shown()));
}

namespace {

class Parser : public TokenReader {
 public:
  using TokenReader::TokenReader;

  std::unique_ptr<Query> query() {
    const Nesting nesting(*this);
    auto query = std::make_unique<Query>();
    if (accept_word("WITH")) {
      do {
        auto& with = query->with.emplace_back();
        with.name = expect_name("the name of a common table expression");
        accept_word("AS");
        expect_symbol("(");
        with.query = this->query();
        expect_symbol(")");
      } while (accept_symbol(","));
    }
    expect_word("SELECT");
    if (is_word("DISTINCT")) fail("DISTINCT is not supported in a flow: use foz.dedupe.keys");
    accept_word("ALL");
    do query->items.push_back(item());
    while (accept_symbol(","));
    if (!is_word("FROM"))
      fail(fmt::format("expected FROM STREAM and the name of a table, found {}", shown()));
    take();
    query->from = source();
    if (is_symbol(",")) fail("JOIN is not supported in a row-wise flow");
    if (accept_word("WHERE")) query->where = expression();
    if (const auto* clause = unsupported_clause(peek())) fail(std::string(clause->message));
    return query;
  }

  std::unique_ptr<Expr> expression() {
    const Nesting nesting(*this);
    return disjunction();
  }

 private:
  struct Nesting {
    explicit Nesting(Parser& owner) : parser(owner) {
      if (++parser.nesting_ > kMaxNesting) parser.fail("nested too deeply");
    }
    ~Nesting() { parser.nesting_--; }
    Parser& parser;
  };

  std::unique_ptr<Expr> item() {
    auto item = expression();
    if (item->kind == ExprKind::kStar) return item;
    if (accept_word("AS")) {
      item->alias = expect_name("an alias");
    } else if (is_name() && !ends_item(peek())) {
      item->alias = take().text;
    }
    return item;
  }

  Source source() {
    Source source;
    source.span = peek().span;
    if (accept_symbol("(")) {
      source.query = query();
      expect_symbol(")");
    } else if (is_word("STREAM") && (is_symbol("(", 1) || is_name(1)) && !is_word("AS", 1) &&
               !ends_item(peek(1))) {
      take();
      source.stream = true;
      const bool parenthesis = accept_symbol("(");
      table_name(source);
      if (parenthesis) expect_symbol(")");
    } else {
      table_name(source);
    }
    if (accept_word("AS")) {
      source.alias = expect_name("an alias");
    } else if (is_name() && !ends_item(peek())) {
      source.alias = take().text;
    }
    return source;
  }

  void table_name(Source& source) {
    source.span = peek().span;
    do source.table.push_back(expect_name("the name of a table"));
    while (accept_symbol("."));
    source.span.end = last().end;
  }

  std::unique_ptr<Expr> make(ExprKind kind, size_t begin) const {
    auto expr = std::make_unique<Expr>();
    expr->kind = kind;
    expr->span = {begin, last().end};
    return expr;
  }

  template <class... Args>
  std::unique_ptr<Expr> call(size_t begin, std::string name, Args... args) {
    auto expr = make(ExprKind::kCall, begin);
    expr->text = std::move(name);
    (adopt(*expr, std::move(args)), ...);
    return expr;
  }

  void adopt(Expr& parent, std::unique_ptr<Expr> child) {
    parent.depth = std::max(parent.depth, child->depth + 1);
    if (parent.depth > kMaxDepth) fail("expression is nested too deeply");
    parent.args.push_back(std::move(child));
  }

  // a OR b OR c is one call of three, so that long chains stay flat.
  std::unique_ptr<Expr> disjunction() {
    auto left = conjunction();
    if (!is_word("OR")) return left;
    const size_t begin = left->span.begin;
    auto chain = call(begin, "or", std::move(left));
    while (accept_word("OR")) adopt(*chain, conjunction());
    chain->span.end = last().end;
    return chain;
  }

  std::unique_ptr<Expr> conjunction() {
    auto left = negation();
    if (!is_word("AND")) return left;
    const size_t begin = left->span.begin;
    auto chain = call(begin, "and", std::move(left));
    while (accept_word("AND")) adopt(*chain, negation());
    chain->span.end = last().end;
    return chain;
  }

  std::unique_ptr<Expr> negation() {
    const size_t begin = peek().span.begin;
    if (is_word("EXISTS") && is_symbol("(", 1))
      fail("a subquery in an expression is not supported in a flow");
    if (!accept_word("NOT") && !accept_symbol("!")) return predicate();
    const Nesting nesting(*this);
    auto operand = negation();
    return call(begin, "not", std::move(operand));
  }

  std::unique_ptr<Expr> predicate() {
    auto left = comparison();
    const size_t begin = left->span.begin;
    while (true) {
      if (accept_word("IS")) {
        left = is_predicate(std::move(left));
        continue;
      }
      const bool negated = is_word("NOT");
      const size_t ahead = negated ? 1 : 0;
      const bool matches = is_word("BETWEEN", ahead) || is_word("IN", ahead) ||
                           is_word("LIKE", ahead) || is_word("ILIKE", ahead) ||
                           is_word("RLIKE", ahead) || is_word("REGEXP", ahead);
      if (!matches) return left;
      if (negated) take();
      left = membership(std::move(left));
      if (negated) left = call(begin, "not", std::move(left));
    }
  }

  std::unique_ptr<Expr> membership(std::unique_ptr<Expr> left) {
    const size_t begin = left->span.begin;
    const std::string word = take().upper;
    if (word == "BETWEEN") {
      auto low = comparison();
      expect_word("AND");
      auto high = comparison();
      return call(begin, "between", std::move(left), std::move(low), std::move(high));
    }
    if (word == "IN") {
      expect_symbol("(");
      if (is_word("SELECT") || is_word("WITH"))
        fail("a subquery in an expression is not supported in a flow");
      auto in = call(begin, "in", std::move(left));
      do adopt(*in, expression());
      while (accept_symbol(","));
      expect_symbol(")");
      in->span.end = last().end;
      return in;
    }
    auto pattern = additive();
    if (word == "RLIKE" || word == "REGEXP")
      return call(begin, "rlike", std::move(left), std::move(pattern));
    auto like = call(begin, word == "LIKE" ? "like" : "ilike", std::move(left), std::move(pattern));
    if (accept_word("ESCAPE")) adopt(*like, primary());
    like->span.end = last().end;
    return like;
  }

  std::unique_ptr<Expr> is_predicate(std::unique_ptr<Expr> left) {
    const size_t begin = left->span.begin;
    const bool negated = accept_word("NOT");
    std::unique_ptr<Expr> result;
    if (accept_word("NULL") || accept_word("UNKNOWN")) {
      result = call(begin, "isnull", std::move(left));
    } else if (accept_word("TRUE")) {
      result = call(begin, "istrue", std::move(left));
    } else if (accept_word("FALSE")) {
      result = call(begin, "isfalse", std::move(left));
    } else if (accept_word("DISTINCT")) {
      expect_word("FROM");
      auto right = comparison();
      result = call(begin, "<=>", std::move(left), std::move(right));
      return negated ? std::move(result) : call(begin, "not", std::move(result));
    } else {
      fail(fmt::format("expected NULL, TRUE, FALSE or DISTINCT FROM, found {}", shown()));
    }
    return negated ? call(begin, "not", std::move(result)) : std::move(result);
  }

  // One level of left-associative binary operators.
  template <class Next>
  std::unique_ptr<Expr> binary(std::initializer_list<std::string_view> symbols, Next&& next) {
    auto left = next();
    while (true) {
      const auto* symbol =
          std::ranges::find_if(symbols, [&](std::string_view s) { return is_symbol(s); });
      const bool div = *symbols.begin() == "*" && is_word("DIV");
      if (symbol == symbols.end() && !div) return left;
      std::string name = div ? "div" : std::string(*symbol);
      if (name == "==") name = "=";
      if (name == "<>") name = "!=";
      take();
      auto right = next();
      const size_t begin = left->span.begin;
      left = call(begin, std::move(name), std::move(left), std::move(right));
    }
  }

  std::unique_ptr<Expr> comparison() {
    return binary({"=", "==", "<=>", "!=", "<>", "<=", "<", ">=", ">"}, [&] { return bit_or(); });
  }
  std::unique_ptr<Expr> bit_or() {
    return binary({"|"}, [&] {
      return binary({"^"}, [&] { return binary({"&"}, [&] { return additive(); }); });
    });
  }
  std::unique_ptr<Expr> additive() {
    return binary({"+", "-", "||"},
                  [&] { return binary({"*", "/", "%"}, [&] { return unary(); }); });
  }

  std::unique_ptr<Expr> unary() {
    const size_t begin = peek().span.begin;
    while (accept_symbol("+")) continue;
    if (accept_symbol("~")) fail("operator ~ is not supported");
    if (!accept_symbol("-")) return postfix();
    const Nesting nesting(*this);
    const bool number = peek().kind == TokenKind::kInteger || peek().kind == TokenKind::kDecimal ||
                        peek().kind == TokenKind::kDouble;
    if (number && !is_symbol("[", 1) && !is_symbol("::", 1)) return literal_number(begin, true);
    auto operand = unary();
    return call(begin, "negative", std::move(operand));
  }

  std::unique_ptr<Expr> postfix() {
    auto expr = primary();
    const size_t begin = expr->span.begin;
    while (true) {
      if (accept_symbol("[")) {
        auto index = expression();
        expect_symbol("]");
        expr = call(begin, "[]", std::move(expr), std::move(index));
      } else if (accept_symbol("::")) {
        expr = cast(begin, std::move(expr), false);
      } else if (is_symbol(".") && expr->kind != ExprKind::kStar) {
        take();
        if (expr->kind == ExprKind::kColumn && accept_symbol("*"))
          return star(begin, std::move(expr->path));
        std::string name = expect_name("the name of a field");
        if (expr->kind == ExprKind::kColumn) {
          expr->path.push_back(std::move(name));
          expr->span.end = last().end;
        } else {
          auto field = make(ExprKind::kField, begin);
          field->text = std::move(name);
          adopt(*field, std::move(expr));
          expr = std::move(field);
        }
      } else {
        return expr;
      }
    }
  }

  std::unique_ptr<Expr> star(size_t begin, std::vector<std::string> path) {
    auto star = make(ExprKind::kStar, begin);
    star->path = std::move(path);
    if (is_word("EXCEPT") && is_symbol("(", 1)) {
      take();
      take();
      do star->except.push_back(expect_name("the name of a column"));
      while (accept_symbol(","));
      expect_symbol(")");
    }
    return star;
  }

  // The type that follows is the target.
  std::unique_ptr<Expr> cast(size_t begin, std::unique_ptr<Expr> operand, bool safe) {
    duckdb::LogicalType target = type();
    auto expr = make(ExprKind::kCast, begin);
    adopt(*expr, std::move(operand));
    expr->type = std::move(target);
    expr->safe = safe;
    return expr;
  }

  std::unique_ptr<Expr> primary() {
    const size_t begin = peek().span.begin;
    switch (peek().kind) {
      case TokenKind::kInteger:
      case TokenKind::kDecimal:
      case TokenKind::kDouble: return literal_number(begin, false);
      case TokenKind::kString: return literal_string();
      case TokenKind::kName:
      case TokenKind::kQuotedName: return named();
      default: break;
    }
    if (accept_symbol("*")) return star(begin, {});
    if (accept_symbol("(")) {
      if (is_word("SELECT") || is_word("WITH"))
        fail("a subquery in an expression is not supported in a flow");
      auto inner = expression();
      if (is_symbol(",")) fail("a row constructor is not supported: use struct()");
      expect_symbol(")");
      return inner;
    }
    fail(fmt::format("expected an expression, found {}", shown()));
  }

  std::unique_ptr<Expr> literal(size_t begin, duckdb::Value value) const {
    auto expr = make(ExprKind::kLiteral, begin);
    expr->value = std::move(value);
    return expr;
  }

  std::unique_ptr<Expr> literal_string() {
    const Span first = peek().span;
    std::string value;
    while (peek().kind == TokenKind::kString) value += take().text;
    return literal(first.begin, duckdb::Value(value));
  }

  std::unique_ptr<Expr> literal_number(size_t begin, bool negative) {
    const Token token = take();
    auto value = number_value(token, negative);
    if (!value) throw Refused{{begin, token.span.end}, "number is out of range"};
    return literal(begin, std::move(*value));
  }

  // A name may begin a literal, a special form, a call or a column.
  std::unique_ptr<Expr> named() {
    const size_t begin = peek().span.begin;
    const std::string& word = peek().upper;  // empty for a quoted name
    if (word == "NULL") return take(), literal(begin, duckdb::Value());
    if (word == "TRUE" || word == "FALSE") {
      const bool value = take().upper == "TRUE";
      return literal(begin, duckdb::Value::BOOLEAN(value));
    }
    if (std::ranges::find(kReserved, word) != std::end(kReserved))
      fail(fmt::format("expected an expression, found {}", shown()));
    if (word == "CASE") return case_expression();
    if (word == "INTERVAL" && !is_symbol(".", 1) &&
        (peek(1).kind == TokenKind::kString || is_number(1) || is_symbol("-", 1))) {
      take();
      auto value = interval();
      return literal(begin, std::move(value));
    }
    if (peek(1).kind == TokenKind::kString) {
      if (auto typed = typed_literal()) return typed;
    }
    if (is_symbol("(", 1)) return function_call();
    auto column = make(ExprKind::kColumn, begin);
    column->path.push_back(take().text);
    column->span.end = last().end;
    if (is_symbol("->")) fail("lambda functions are not supported in a flow");
    return column;
  }

  // DATE '…', TIMESTAMP '…', X'…': as casts of the text, whose errors are then the statement's.
  std::unique_ptr<Expr> typed_literal() {
    const size_t begin = peek().span.begin;
    const std::string word = peek().upper;
    if (word != "DATE" && word != "TIMESTAMP" && word != "TIMESTAMP_NTZ" &&
        word != "TIMESTAMP_LTZ" && word != "X") {
      return nullptr;
    }
    take();
    auto text = literal_string();
    if (word == "X") return call(begin, "unhex", std::move(text));
    auto expr = make(ExprKind::kCast, begin);
    expr->type = word == "DATE"            ? duckdb::LogicalType::DATE
                 : word == "TIMESTAMP_NTZ" ? duckdb::LogicalType::TIMESTAMP
                                           : duckdb::LogicalType::TIMESTAMP_TZ;
    adopt(*expr, std::move(text));
    return expr;
  }

  std::unique_ptr<Expr> case_expression() {
    const size_t begin = take().span.begin;
    auto result = call(begin, "case");
    // CASE x WHEN 1 …: the operand is the first argument.
    if (!is_word("WHEN")) {
      result->text = "case of";
      adopt(*result, expression());
    }
    if (!is_word("WHEN")) fail(fmt::format("expected WHEN, found {}", shown()));
    while (accept_word("WHEN")) {
      adopt(*result, expression());
      expect_word("THEN");
      adopt(*result, expression());
    }
    if (accept_word("ELSE")) {
      adopt(*result, expression());
    } else {
      adopt(*result, literal(last().begin, duckdb::Value()));
    }
    expect_word("END");
    result->span.end = last().end;
    return result;
  }

  std::unique_ptr<Expr> function_call() {
    const Token name = take();
    const size_t begin = name.span.begin;
    expect_symbol("(");
    if (name.upper == "CAST" || name.upper == "TRY_CAST") {
      auto operand = expression();
      expect_word("AS");
      auto expr = cast(begin, std::move(operand), name.upper == "TRY_CAST");
      expect_symbol(")");
      expr->span.end = last().end;
      return expr;
    }
    auto expr = call(begin, name.text);
    std::ranges::transform(expr->text, expr->text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    arguments(*expr);
    expect_symbol(")");
    expr->span.end = last().end;
    if (is_word("OVER")) fail("window functions are not supported in a row-wise flow");
    if (is_word("FILTER") && is_symbol("(", 1))
      fail("aggregates are not supported in a row-wise flow");
    return expr;
  }

  void arguments(Expr& call) {
    const std::string& name = call.text;
    if (is_symbol(")")) return;
    if (is_word("DISTINCT")) fail("DISTINCT is not supported in a flow");
    if (name == "extract" && is_name() && is_word("FROM", 1)) {
      adopt(call, literal(peek().span.begin, duckdb::Value(take().text)));
      take();
      return adopt(call, expression());
    }
    if (name == "trim" && (is_word("BOTH") || is_word("LEADING") || is_word("TRAILING"))) {
      const std::string side = take().upper;
      call.text = side == "BOTH" ? "btrim" : side == "LEADING" ? "trim leading" : "trim trailing";
      auto characters = is_word("FROM") ? literal(last().begin, duckdb::Value(" ")) : expression();
      expect_word("FROM");
      adopt(call, expression());
      return adopt(call, std::move(characters));
    }
    if (name == "position") return position_arguments(call);
    do {
      adopt(call, expression());
      if (accept_word("AS")) call.args.back()->alias = expect_name("an alias");
      if (is_symbol("=>")) fail("named arguments are not supported");
      if ((name == "substring" || name == "substr") && (is_word("FROM") || is_word("FOR"))) {
        take();
        adopt(call, expression());
        if (accept_word("FOR")) adopt(call, expression());
      }
    } while (accept_symbol(","));
  }

  void position_arguments(Expr& call) {
    adopt(call, additive());
    take_in_or_comma();
    adopt(call, expression());
    if (accept_symbol(",")) adopt(call, expression());
  }
  void take_in_or_comma() {
    if (!accept_word("IN")) expect_symbol(",");
  }

  int nesting_ = 0;
};

}  // namespace

std::unique_ptr<Query> parse_query(std::string_view text) {
  Parser parser(text);
  auto query = parser.query();
  parser.accept_symbol(";");
  parser.expect_end();
  return query;
}

std::unique_ptr<Expr> parse_expression(std::string_view text) {
  Parser parser(text);
  auto expression = parser.expression();
  parser.expect_end();
  return expression;
}

}  // namespace foz::sql
