// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Literals, names, calls, and the forms that look like calls.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "sql/trino_parser_internal.h"

namespace foz::sql {

using ast::ExpressionKind;
using ast::ExpressionPtr;

ExpressionPtr TrinoParser::primary() {
  switch (peek().kind) {
    case TrinoTokenKind::kString:
    case TrinoTokenKind::kUnicode:
    case TrinoTokenKind::kBinary:
    case TrinoTokenKind::kInteger:
    case TrinoTokenKind::kDecimal:
    case TrinoTokenKind::kDouble: return literal();
    case TrinoTokenKind::kParameter: return parameter();
    case TrinoTokenKind::kSymbol:
      if (at("(")) return parenthesized();
      if (at("[")) return array();
      if (at("-")) {
        const size_t offset = take().offset;
        auto made = number(true);
        made->offset = made->begin = offset;
        return made;
      }
      fail();
    case TrinoTokenKind::kWord: return peek().reserved() ? keyword_primary() : word_primary();
    case TrinoTokenKind::kQuoted:
    case TrinoTokenKind::kDigitIdentifier:
    case TrinoTokenKind::kBackquoted: return word_primary();
    default: fail();
  }
}

ExpressionPtr TrinoParser::literal() {
  const TrinoToken& token = peek();
  if (at_string()) {
    auto made = make(ExpressionKind::kString, token.offset);
    made->text = string();
    return made;
  }
  if (!at(TrinoTokenKind::kBinary)) return number(false);
  take();
  std::string digits;
  for (const char c : token.text.substr(2, token.text.size() - 3)) {
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') digits += c;
  }
  if (digits.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos)
    refuse(token.offset, "Binary literal can only contain hexadecimal digits");
  if (digits.size() % 2)
    refuse(token.offset, "Binary literal must contain an even number of digits");
  return make(ExpressionKind::kBinary, token.offset, digits);
}

ExpressionPtr TrinoParser::number(bool negative) {
  const TrinoToken& token = take();
  const size_t place = negative ? tokens_[next_ - 2].offset : token.offset;
  std::string text;
  std::ranges::copy_if(token.text, std::back_inserter(text), [](char c) { return c != '_'; });
  if (token.kind != TrinoTokenKind::kInteger)
    return make(
        token.kind == TrinoTokenKind::kDecimal ? ExpressionKind::kDecimal : ExpressionKind::kDouble,
        token.offset, (negative ? "-" : "") + text);
  int base = 10;
  std::string_view digits = text;
  if (digits.size() > 1 && digits[0] == '0') {
    const char radix = static_cast<char>(digits[1] | 0x20);
    base = radix == 'x' ? 16 : radix == 'o' ? 8 : radix == 'b' ? 2 : 10;
    if (base != 10) digits.remove_prefix(2);
  }
  const std::string signed_digits = (negative ? "-" : "") + std::string(digits);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(
      signed_digits.data(), signed_digits.data() + signed_digits.size(), value, base);
  if (error != std::errc())
    refuse(place, fmt::format("Invalid numeric literal: {}{}", negative ? "-" : "", token.text));
  return make(ExpressionKind::kInteger, token.offset, fmt::format("{}", value));
}

ExpressionPtr TrinoParser::parameter() {
  const size_t offset = take().offset;
  const size_t number = parameters_++;
  if (!values_ || number >= values_->size()) {
    auto made = make(ExpressionKind::kNull, offset);
    made->text = "?";
    return made;
  }
  // Parsed in this place, so that errors of the value are errors of the parameter.
  std::vector<TrinoToken> tokens = (*values_)[number];
  for (TrinoToken& token : tokens) token.offset = offset;
  TrinoParser inner(sql_, std::move(tokens), nullptr);
  inner.depth_ = depth_;
  auto made = inner.expression();
  if (!inner.at(TrinoTokenKind::kEnd)) inner.fail();
  if (made->kind != ExpressionKind::kSubquery) made->bracketed = true;
  return made;
}

// ---- Brackets -----------------------------------------------------------------------------------

ExpressionPtr TrinoParser::subquery(size_t offset, ast::QueryPtr query) const {
  auto made = make(ExpressionKind::kSubquery, offset);
  made->query = std::move(query);
  return made;
}

bool TrinoParser::at_lambda_of_many() const {
  size_t i = 1;
  if (at(")", i)) return at("->", i + 1);
  while (at_identifier(i)) {
    if (at(")", i + 1)) return at("->", i + 2);
    if (!at(",", i + 1)) return false;
    i += 2;
  }
  return false;
}

ExpressionPtr TrinoParser::parenthesized() {
  if (at_lambda_of_many()) return lambda();
  const size_t offset = take().offset;
  if (at_query() && !at("(")) {
    auto inner = query();
    expect(")");
    return subquery(offset, std::move(inner));
  }
  auto first = expression();
  if (first->kind == ExpressionKind::kSubquery && continues_query()) {
    auto inner = continue_query(std::move(first->query), first->offset);
    expect(")");
    return subquery(offset, std::move(inner));
  }
  if (at(",")) {
    auto row = make(ExpressionKind::kRow, offset, std::move(first));
    row->begin = offset;
    while (accept(",")) add(*row, expression());
    expect(")");
    return row;
  }
  expect(")");
  first->bracketed = true;
  first->begin = offset;
  return first;
}

ExpressionPtr TrinoParser::lambda() {
  auto made = make(ExpressionKind::kLambda, peek().offset);
  if (accept("(")) {
    while (!at(")")) {
      made->names.push_back(identifier());
      accept(",");
    }
    expect(")");
  } else {
    made->names.push_back(identifier());
  }
  expect("->");
  add(*made, expression());
  return made;
}

// ---- Words --------------------------------------------------------------------------------------

bool TrinoParser::at_interval() const {
  if (!at("interval")) return false;
  size_t i = at_any({"+", "-"}, 1) ? 2 : 1;
  if (!at(TrinoTokenKind::kString, i) && !at(TrinoTokenKind::kUnicode, i)) return false;
  return at_any({"year", "month", "day", "hour", "minute", "second"}, i + 1);
}

ExpressionPtr TrinoParser::interval() {
  auto made = make(ExpressionKind::kInterval, take().offset);
  if (at_any({"+", "-"})) made->negated = take().text == "-";
  made->text = string();
  made->fields = lower_case(take().text);
  if (accept("to")) {
    if (!at_any({"year", "month", "day", "hour", "minute", "second"})) fail();
    made->fields += " to " + lower_case(take().text);
  }
  return made;
}

// [1, 2], with or without ARRAY before it.
ExpressionPtr TrinoParser::array() {
  auto made = make(ExpressionKind::kArray, take().offset);
  if (!at("]")) {
    do add(*made, expression());
    while (accept(","));
  }
  expect("]");
  return made;
}

// Of a word that is no keyword here, or a quoted name.
ExpressionPtr TrinoParser::word_primary() {
  const size_t offset = peek().offset;
  if (at_interval()) return interval();
  if (at("->", 1)) return lambda();
  if (at("[", 1) && at("array")) {
    take();
    auto made = array();
    made->offset = made->begin = offset;
    return made;
  }
  if (at("(", 1) && (at_any({"row", "try_cast", "position", "substring"}))) return special_form();
  const bool precise = at_words({"double", "precision"}) &&
                       (at(TrinoTokenKind::kString, 2) || at(TrinoTokenKind::kUnicode, 2));
  if (precise || at(TrinoTokenKind::kString, 1) || at(TrinoTokenKind::kUnicode, 1)) {
    auto made = make(ExpressionKind::kTyped, offset);
    made->type = std::make_unique<ast::Type>();
    made->type->offset = offset;
    made->type->name = lower_case(identifier().name);
    if (precise) take();
    if (made->type->name == "int") made->type->name = "integer";
    made->text = string();
    return made;
  }
  size_t end = 1;  // behind a qualified name
  while (at(".", end) && at_identifier(end + 1)) end += 2;
  if (at("(", end)) return call();
  auto made = make(ExpressionKind::kColumn, offset);
  made->names.push_back(identifier());
  return made;
}

ExpressionPtr TrinoParser::special_form() {
  const size_t offset = peek().offset;
  if (at("try_cast")) return cast();
  if (at("row")) {
    next_ += 2;
    auto made = make(ExpressionKind::kRow, offset);
    do add(*made, expression());
    while (accept(","));
    expect(")");
    return made;
  }
  const bool position = at("position");
  auto made = make(ExpressionKind::kCall, offset);
  made->call = std::make_unique<ast::Call>();
  made->names.push_back(identifier());
  expect("(");
  if (at(")")) fail();
  // Also functions with ordinary arguments: what is behind the first says which.
  auto first = position ? value() : expression();
  if (position && accept("in")) {
    made->names[0].name = "strpos";
    add(*made, value());
    add(*made, std::move(first));
  } else {
    add(*made, std::move(first));
    if (!position && accept("from")) {
      add(*made, value());
      if (accept("for")) add(*made, value());
    } else {
      while (accept(",")) add(*made, expression());
    }
  }
  expect(")");
  call_tail(*made);
  return made;
}

ExpressionPtr TrinoParser::keyword_primary() {
  const TrinoToken& token = peek();
  if (at("null")) return make(ExpressionKind::kNull, take().offset);
  if (at_any({"true", "false"}))
    return make(ExpressionKind::kBoolean, token.offset, lower_case(take().text));
  if (at("case")) return case_expression();
  if (at("cast")) return cast();
  if (at("listagg")) return listagg();
  if (at("trim")) return trim();
  if (at("extract")) return extract();
  if (at_any({"json_exists", "json_value", "json_query", "json_object", "json_array"}))
    return json_call();
  if (at_any({"current_date", "current_user", "current_catalog", "current_schema", "current_path"}))
    return make(ExpressionKind::kCurrent, token.offset, lower_case(take().text));
  if (at_any({"current_time", "current_timestamp", "localtime", "localtimestamp"})) {
    auto made = make(ExpressionKind::kCurrent, token.offset, lower_case(take().text));
    if (accept("(")) {
      if (!at(TrinoTokenKind::kInteger)) fail();
      made->fields = take().text;
      expect(")");
    }
    return made;
  }
  if (at("exists")) {
    take();
    auto made = make(ExpressionKind::kExists, token.offset);
    expect("(");
    made->query = query_in_brackets();
    expect(")");
    return made;
  }
  if (at("normalize")) {
    take();
    auto made = make(ExpressionKind::kNormalize, token.offset, std::string("NFC"));
    expect("(");
    add(*made, value());
    if (accept(",")) {
      if (!at_any({"nfd", "nfc", "nfkd", "nfkc"})) fail();
      made->text = take().text;
      for (char& letter : made->text)
        letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    }
    expect(")");
    return made;
  }
  if (at("grouping")) {
    take();
    auto made = make(ExpressionKind::kGrouping, token.offset);
    expect("(");
    if (!at(")")) {
      do {
        auto column = make(ExpressionKind::kColumn, peek().offset);
        column->names.push_back(identifier());
        while (accept(".")) {
          const size_t begin = column->begin;
          column = make(ExpressionKind::kField, begin, std::move(column));
          column->names.push_back(identifier());
        }
        add(*made, std::move(column));
      } while (accept(","));
    }
    expect(")");
    return made;
  }
  fail();
}

ExpressionPtr TrinoParser::case_expression() {
  auto made = make(ExpressionKind::kCase, take().offset);
  made->operand = !at("when");
  if (made->operand) add(*made, expression());
  if (!at("when")) fail();
  std::vector<ExpressionPtr> branches;
  while (accept("when")) {
    branches.push_back(expression());
    expect("then");
    branches.push_back(expression());
  }
  made->otherwise = accept("else");
  if (made->otherwise) add(*made, expression());
  expect("end");
  for (auto& branch : branches) add(*made, std::move(branch));
  return made;
}

ExpressionPtr TrinoParser::cast() {
  const TrinoToken& token = take();
  auto made = make(ExpressionKind::kCast, token.offset, token.is("cast") ? "" : "try");
  expect("(");
  add(*made, expression());
  expect("as");
  made->type = std::make_unique<ast::Type>(type());
  expect(")");
  return made;
}

ExpressionPtr TrinoParser::trim() {
  auto made = make(ExpressionKind::kTrim, take().offset, std::string("both"));
  expect("(");
  const bool specified = at_any({"leading", "trailing", "both"}) && !at_any({")", ","}, 1);
  if (specified) made->text = lower_case(take().text);
  if (specified && accept("from")) {
    add(*made, value());
    expect(")");
    return made;
  }
  auto first = value();
  if (accept("from")) {
    add(*made, value());
    add(*made, std::move(first));
  } else {
    if (specified) fail();
    add(*made, std::move(first));
    if (accept(",")) add(*made, value());
  }
  expect(")");
  return made;
}

ExpressionPtr TrinoParser::extract() {
  static constexpr std::string_view kFields[] = {
      "year", "quarter",       "month",       "week", "day",    "day_of_month", "day_of_week",
      "dow",  "day_of_year",   "doy",         "hour", "minute", "second",       "timezone_minute",
      "yow",  "timezone_hour", "year_of_week"};
  auto made = make(ExpressionKind::kExtract, take().offset);
  expect("(");
  const std::string written = identifier().name;
  expect("from");
  add(*made, value());
  expect(")");
  made->text = lower_case(written);
  if (std::ranges::find(kFields, made->text) == std::end(kFields))
    refuse(made->offset, "Invalid EXTRACT field " + written);
  return made;
}

// ---- Calls --------------------------------------------------------------------------------------

ExpressionPtr TrinoParser::call() {
  auto made = make(ExpressionKind::kCall, peek().offset);
  made->call = std::make_unique<ast::Call>();
  made->names = qualified_name();
  expect("(");
  if (at_words({"*", ")"})) {
    take();
    made->call->star = true;
  } else if (at("*")) {
    take();
    fail();
  } else if (!at(")") && !at("order")) {
    if (accept("distinct")) {
      made->call->distinct = true;
    } else if (at("all") && !at_any({",", ")", ".", "[", "=", "+", "-", "*", "/"}, 1)) {
      take();
    }
    do add(*made, expression());
    while (accept(","));
  }
  if (at("order")) {
    take();
    expect("by");
    made->call->order = sort_items();
  }
  expect(")");
  call_tail(*made);
  check_arguments(*made);
  return made;
}

void TrinoParser::call_tail(ast::Expression& made) {
  if (at_words({"filter", "("}) && at("where", 2)) {
    next_ += 3;
    made.call->filter = expression();
    expect(")");
  }
  if (at_any({"ignore", "respect"}) && at("nulls", 1) && at("over", 2)) {
    made.call->ignore_nulls = at("ignore");
    next_ += 2;
  }
  if (!at("over") || !(at("(", 1) || at_identifier(1))) return;
  take();
  made.call->over = std::make_unique<ast::Window>();
  if (at("(")) {
    take();
    *made.call->over = window();
    expect(")");
  } else {
    made.call->over->name = identifier();
    made.call->over->reference = true;
  }
}

void TrinoParser::check_arguments(const ast::Expression& made) const {
  if (made.names.size() != 1) return;
  const std::string name = lower_case(made.names[0].name);
  const size_t count = made.children.size();
  const bool form =
      name == "if" || name == "nullif" || name == "coalesce" || name == "try" || name == "format";
  if (!form) return;
  const auto invalid = [&] {
    refuse(made.offset, fmt::format("Invalid number of arguments for '{}' function", name));
  };
  const auto check = [&](bool wrong, const char* clause) {
    if (wrong) refuse(made.offset, fmt::format("{} not valid for '{}' function", clause, name));
  };
  if (name == "if" && count != 2 && count != 3) invalid();
  if (name == "nullif" && count != 2) invalid();
  if ((name == "coalesce" || name == "format") && count < 2)
    refuse(made.offset, fmt::format("The '{}' function must have at least two arguments", name));
  if (name == "try" && count != 1)
    refuse(made.offset, "The 'try' function must have exactly one argument");
  check(made.call->over != nullptr, "OVER clause");
  check(made.call->distinct, "DISTINCT");
  check(made.call->filter != nullptr, "FILTER");
}

ExpressionPtr TrinoParser::listagg() {
  auto made = make(ExpressionKind::kCall, peek().offset);
  made->call = std::make_unique<ast::Call>();
  made->names.push_back({"listagg", false, take().offset});
  expect("(");
  made->call->distinct = accept("distinct");
  add(*made, expression());
  const size_t place = peek().offset;
  if (accept(",")) {
    const size_t separator = peek().offset;
    add(*made, make(ExpressionKind::kString, separator, string()));
  } else {
    add(*made, make(ExpressionKind::kString, place, std::string()));
  }
  if (accept("on")) {
    expect("overflow");
    if (accept("truncate")) {
      if (at_string()) string();
      if (!at_any({"with", "without"})) fail();
      take();
      expect("count");
    } else {
      expect("error");
    }
  }
  expect(")");
  expect("within");
  expect("group");
  expect("(");
  expect("order");
  expect("by");
  made->call->order = sort_items();
  expect(")");
  if (at_words({"filter", "("}) && at("where", 2)) {
    next_ += 3;
    made->call->filter = expression();
    expect(")");
  }
  return made;
}

// ---- Windows ------------------------------------------------------------------------------------

ast::Window TrinoParser::window() {
  ast::Window made;
  const bool frame = at_any({"rows", "range", "groups"}) && !at(")", 1);
  if (at_identifier() && !at_words({"partition", "by"}) && !frame) made.name = identifier();
  if (accept_words({"partition", "by"})) made.partition = expressions();
  if (at("order")) {
    take();
    expect("by");
    made.order = sort_items();
  }
  if (at_any({"rows", "range", "groups"})) {
    made.unit = lower_case(take().text);
    if (accept("between")) {
      made.start = frame_bound();
      expect("and");
      made.end = frame_bound();
    } else {
      made.start = frame_bound();
    }
  }
  return made;
}

ast::FrameBound TrinoParser::frame_bound() {
  ast::FrameBound made;
  if (at("unbounded") && at_any({"preceding", "following"}, 1)) {
    take();
    made.kind = take().is("preceding") ? ast::FrameBound::kUnboundedPreceding
                                       : ast::FrameBound::kUnboundedFollowing;
  } else if (!accept_words({"current", "row"})) {
    made.rows = expression();
    if (!at_any({"preceding", "following"})) fail();
    made.kind = take().is("preceding") ? ast::FrameBound::kPreceding : ast::FrameBound::kFollowing;
  }
  return made;
}

}  // namespace foz::sql
