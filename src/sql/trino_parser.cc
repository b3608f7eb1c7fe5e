// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_parser_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sql/utf8_internal.h"

namespace foz::sql {

namespace {

// Of \0041 and \+000041 in U&''.
bool is_escapable(uint32_t code) {
  return code != 0 && code <= 0x10ffff && !(code >= 0xd800 && code < 0xe000);
}

}  // namespace

TrinoParser::TrinoParser(std::string_view sql, std::vector<TrinoToken> tokens,
                         const ParameterTokens* values)
    : sql_(sql), tokens_(std::move(tokens)), values_(values) {}

ParsedTrino TrinoParser::parse() {
  ParsedTrino parsed;
  parsed.statement = statement();
  parsed.write = std::move(write_);
  // The client's own end of a statement.
  while (at(";") && next_ + 1 < tokens_.size() && (at(";", 1) || at(TrinoTokenKind::kEnd, 1)))
    ++next_;
  if (!at(TrinoTokenKind::kEnd)) fail();
  parsed.parameters = parameters_;
  return parsed;
}

QueryResult<ParsedTrino> parse_trino(std::string_view sql, const ParameterTokens* values) {
  try {
    return TrinoParser(sql, tokenize_trino(sql), values).parse();
  } catch (QueryError& error) {
    return std::unexpected(std::move(error));
  }
}

// ---- Tokens -------------------------------------------------------------------------------------

const TrinoToken& TrinoParser::peek(size_t ahead) const {
  return tokens_[std::min(next_ + ahead, tokens_.size() - 1)];
}

bool TrinoParser::at_words(std::initializer_list<std::string_view> words, size_t ahead) const {
  for (const auto word : words) {
    if (!at(word, ahead++)) return false;
  }
  return true;
}

bool TrinoParser::at_any(std::initializer_list<std::string_view> words, size_t ahead) const {
  return std::ranges::any_of(words, [&](auto word) { return at(word, ahead); });
}

bool TrinoParser::accept(std::string_view word) {
  if (!at(word)) return false;
  ++next_;
  return true;
}

bool TrinoParser::accept_words(std::initializer_list<std::string_view> words) {
  if (!at_words(words)) return false;
  next_ += words.size();
  return true;
}

const TrinoToken& TrinoParser::expect(std::string_view word) {
  if (!at(word)) fail();
  return take();
}

void TrinoParser::fail(const TrinoToken& token) const {
  if (token.kind == TrinoTokenKind::kDigitIdentifier)
    refuse(token.offset,
           "identifiers must not start with a digit; surround the identifier with double quotes");
  if (token.kind == TrinoTokenKind::kBackquoted)
    refuse(token.offset,
           "backquoted identifiers are not supported; use double quotes to quote identifiers");
  throw syntax_error(sql_, token);
}

void TrinoParser::refuse(size_t offset, std::string_view message) const {
  throw error_at(sql_, offset, "SYNTAX_ERROR", 1, message);
}

void TrinoParser::overflow() const {
  throw error_at(sql_, peek().offset, "STACK_OVERFLOW", 79, "the statement is nested too deeply");
}

void TrinoParser::too_large() const {
  throw error_at(sql_, peek().offset, "QUERY_TEXT_TOO_LARGE", 35, "the query is too large");
}

// ---- Names --------------------------------------------------------------------------------------

bool TrinoParser::at_identifier(size_t ahead) const {
  const TrinoToken& token = peek(ahead);
  switch (token.kind) {
    case TrinoTokenKind::kWord: return !token.reserved();
    case TrinoTokenKind::kQuoted:
    case TrinoTokenKind::kDigitIdentifier:
    case TrinoTokenKind::kBackquoted: return true;
    default: return false;
  }
}

ast::Identifier TrinoParser::identifier() {
  if (!at_identifier()) fail();
  const TrinoToken& token = take();
  if (token.kind == TrinoTokenKind::kDigitIdentifier || token.kind == TrinoTokenKind::kBackquoted)
    fail(token);
  ast::Identifier made{token.identifier(), token.kind == TrinoTokenKind::kQuoted, token.offset};
  if (made.name.empty()) refuse(token.offset, "Zero-length delimited identifier not allowed");
  return made;
}

ast::QualifiedName TrinoParser::qualified_name() {
  ast::QualifiedName names;
  names.push_back(identifier());
  while (accept(".")) names.push_back(identifier());
  return names;
}

std::vector<ast::Identifier> TrinoParser::identifiers_in_brackets() {
  std::vector<ast::Identifier> names;
  expect("(");
  do names.push_back(identifier());
  while (accept(","));
  expect(")");
  return names;
}

// ---- Text ---------------------------------------------------------------------------------------

bool TrinoParser::at_string() const {
  return at(TrinoTokenKind::kString) || at(TrinoTokenKind::kUnicode);
}

std::string TrinoParser::string() {
  if (!at_string()) fail();
  const TrinoToken& token = take();
  return token.kind == TrinoTokenKind::kString ? token.string_value() : unicode_string(token);
}

// U&'d!0061t!+000061' UESCAPE '!'
std::string TrinoParser::unicode_string(const TrinoToken& token) {
  char escape = '\\';
  if (accept("uescape")) {
    if (!at(TrinoTokenKind::kString)) fail();
    const TrinoToken& given = take();
    const std::string character = given.string_value();
    if (character.size() != 1) refuse(given.offset, "Empty Unicode escape character");
    escape = character[0];
  }
  const std::string_view text = token.text.substr(3, token.text.size() - 4);
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if (text[i] == '\'') {
      out += text[i++];
    } else if (text[i] != escape) {
      out += text[i];
    } else if (doubled) {
      out += text[i++];
    } else {
      const bool six = i + 1 < text.size() && text[i + 1] == '+';
      const size_t length = six ? 6 : 4;
      const std::string_view hex = text.substr(std::min(i + (six ? 2 : 1), text.size()), length);
      uint32_t code = 0;
      const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), code, 16);
      if (error != std::errc() || end != hex.data() + hex.size() || hex.size() != length)
        refuse(token.offset, "Incomplete escape sequence");
      if (!is_escapable(code)) refuse(token.offset, "Invalid escaped character");
      append_character(out, code);
      i += six ? 7 : 4;
    }
  }
  return out;
}

// ---- Types --------------------------------------------------------------------------------------

ast::Type TrinoParser::type() {
  const Depth depth(*this);
  ast::Type made = type_without_suffix();
  while (accept("array")) {
    if (accept("[")) {
      if (!at(TrinoTokenKind::kInteger)) fail();
      take();
      expect("]");
    }
    const Depth suffix(*this);
    ast::Type outer;
    outer.name = "array";
    outer.offset = made.offset;
    outer.types.push_back(std::move(made));
    made = std::move(outer);
  }
  return made;
}

ast::Type TrinoParser::type_without_suffix() {
  ast::Type made;
  made.offset = peek().offset;
  if (at("timestamp")) return time_type("timestamp");
  if (at("time")) return time_type("time");
  if (at("interval")) return interval_type();
  if (accept_words({"double", "precision"})) {
    made.name = "double";
    return made;
  }
  if (at_words({"row", "("})) {
    next_ += 2;
    made.name = "row";
    do {
      // `name type`, or a type alone: a name is followed by what begins a type.
      const bool named = at_identifier() && at_identifier(1) &&
                         !at_words({"double", "precision"}) &&
                         !(at("array", 1) && !at("(", 2) && !at("<", 2)) && !at("interval") &&
                         !at_words({"with"}, 1);
      const bool timed = at_any({"time", "timestamp"}) && at("without", 1);
      made.fields.push_back(named && !timed ? std::optional(identifier()) : std::nullopt);
      made.types.push_back(type());
    } while (accept(","));
    expect(")");
    return made;
  }
  if (at_any({"array", "map"}) && at("<", 1)) {
    made.name = lower_case(take().text);
    take();
    made.types.push_back(type());
    if (made.name == "map") {
      expect(",");
      made.types.push_back(type());
    }
    expect(">");
    return made;
  }
  if (!at_identifier()) fail();
  made.name = lower_case(identifier().name);
  if (made.name == "int") made.name = "integer";
  if (accept("(")) {
    do {
      if (at(TrinoTokenKind::kInteger)) {
        const TrinoToken& token = take();
        int64_t number = 0;
        const auto [end, error] =
            std::from_chars(token.text.data(), token.text.data() + token.text.size(), number);
        if (error != std::errc() || end != token.text.data() + token.text.size())
          refuse(token.offset, fmt::format("Invalid numeric literal: {}", token.text));
        made.numbers.push_back(number);
      } else {
        made.types.push_back(type());
      }
    } while (accept(","));
    expect(")");
  }
  return made;
}

ast::Type TrinoParser::time_type(const char* name) {
  ast::Type made;
  made.offset = take().offset;
  made.name = name;
  if (accept("(")) {
    if (!at(TrinoTokenKind::kInteger)) fail();
    const TrinoToken& token = take();
    int64_t precision = 0;
    std::from_chars(token.text.data(), token.text.data() + token.text.size(), precision);
    made.numbers.push_back(precision);
    expect(")");
  }
  if (at_words({"with", "time"})) {
    next_ += 2;
    expect("zone");
    made.name += " with time zone";
  } else if (at_words({"without", "time"})) {
    next_ += 2;
    expect("zone");
  }
  return made;
}

ast::Type TrinoParser::interval_type() {
  ast::Type made;
  made.offset = take().offset;
  const auto field = [&] {
    if (!at_any({"year", "month", "day", "hour", "minute", "second"})) fail();
    return lower_case(take().text);
  };
  made.name = "interval " + field();
  if (accept("to")) made.name += " to " + field();
  return made;
}

}  // namespace foz::sql
