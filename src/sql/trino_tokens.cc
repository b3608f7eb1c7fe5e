// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_tokens_internal.h"

#include <fmt/format.h>

#include <algorithm>

namespace foz::sql {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  QueryResult<std::vector<TrinoToken>> run() {
    while (true) {
      if (!skip_space())
        return std::unexpected(
            syntax_error(sql_, {TrinoTokenKind::kSymbol, sql_.substr(at_, 2), at_}));
      if (at_ >= sql_.size()) break;
      const size_t begin = at_;
      const TrinoTokenKind kind = next();
      if (kind == TrinoTokenKind::kEnd)
        return std::unexpected(
            syntax_error(sql_, {TrinoTokenKind::kSymbol, sql_.substr(begin, 1), begin}));
      tokens_.push_back({kind, sql_.substr(begin, at_ - begin), begin});
    }
    tokens_.push_back({TrinoTokenKind::kEnd, {}, sql_.size()});
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  // False for a comment without an end.
  bool skip_space() {
    while (at_ < sql_.size()) {
      if (is_space(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ = std::min(sql_.find('\n', at_), sql_.size());
      } else if (peek() == '/' && peek(1) == '*') {
        const size_t end = sql_.find("*/", at_ + 2);
        if (end == std::string_view::npos) return false;
        at_ = end + 2;
      } else {
        break;
      }
    }
    return true;
  }

  // Advances behind one token; kEnd when there is none.
  TrinoTokenKind next() {
    const char c = peek();
    if ((c == 'x' || c == 'X') && peek(1) == '\'')
      return ++at_, quoted('\'', TrinoTokenKind::kString);
    if ((c == 'u' || c == 'U') && peek(1) == '&' && peek(2) == '\'')
      return at_ += 2, quoted('\'', TrinoTokenKind::kString);
    if (is_letter(c) || static_cast<unsigned char>(c) >= 0x80) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"') return quoted('"', TrinoTokenKind::kQuoted);
    if (c == '\'') return quoted('\'', TrinoTokenKind::kString);
    if (c == '?') return ++at_, TrinoTokenKind::kParameter;
    for (const std::string_view symbol : {"<>", "!=", "<=", ">=", "||", "->", "=>"}) {
      if (sql_.substr(at_, 2) == symbol) return at_ += 2, TrinoTokenKind::kSymbol;
    }
    if (std::string_view("()[],.;:+-*/%=<>|").find(c) == std::string_view::npos || c == '\0')
      return TrinoTokenKind::kEnd;
    return ++at_, TrinoTokenKind::kSymbol;
  }

  TrinoTokenKind word() {
    while (is_letter(peek()) || is_digit(peek()) || static_cast<unsigned char>(peek()) >= 0x80)
      ++at_;
    return TrinoTokenKind::kWord;
  }

  TrinoTokenKind number() {
    while (is_digit(peek()) || peek() == '_') ++at_;
    if (peek() == '.') {
      ++at_;
      while (is_digit(peek()) || peek() == '_') ++at_;
    }
    const size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      at_ += 1 + sign;
      while (is_digit(peek())) ++at_;
    }
    return TrinoTokenKind::kNumber;
  }

  TrinoTokenKind quoted(char quote, TrinoTokenKind kind) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] != quote) continue;
      if (peek(1) != quote) return ++at_, kind;
      ++at_;
    }
    return TrinoTokenKind::kEnd;
  }

  std::string_view sql_;
  size_t at_ = 0;
  std::vector<TrinoToken> tokens_;
};

}  // namespace

bool TrinoToken::is(std::string_view word) const {
  return (kind == TrinoTokenKind::kWord || kind == TrinoTokenKind::kSymbol) &&
         same_word(text, word);
}

std::string TrinoToken::identifier() const {
  std::string name;
  if (kind == TrinoTokenKind::kWord) {
    std::ranges::transform(text, std::back_inserter(name), lower);
  } else if (kind == TrinoTokenKind::kQuoted) {
    for (size_t i = 1; i + 1 < text.size(); ++i) {
      name += text[i];
      if (text[i] == text.front()) ++i;  // doubled
    }
  }
  return name;
}

std::string TrinoToken::string_value() const {
  std::string value;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    value += text[i];
    if (text[i] == '\'') ++i;
  }
  return value;
}

QueryResult<std::vector<TrinoToken>> tokenize_trino(std::string_view sql) {
  return Lexer(sql).run();
}

void set_position(QueryError& error, std::string_view sql, size_t offset) {
  error.line = 1;
  error.column = 1;
  for (size_t i = 0; i < std::min(offset, sql.size()); ++i) {
    if (sql[i] == '\n') {
      ++error.line;
      error.column = 1;
    } else if ((static_cast<unsigned char>(sql[i]) & 0xc0) != 0x80) {
      ++error.column;
    }
  }
}

QueryError error_at(std::string_view sql, size_t offset, std::string name, int code,
                    std::string_view message) {
  QueryError error;
  error.name = std::move(name);
  error.type = "USER_ERROR";
  error.code = code;
  set_position(error, sql, offset);
  error.message = fmt::format("line {}:{}: {}", error.line, error.column, message);
  return error;
}

QueryError syntax_error(std::string_view sql, const TrinoToken& at) {
  return error_at(
      sql, at.offset, "SYNTAX_ERROR", 1,
      fmt::format("mismatched input '{}'", at.kind == TrinoTokenKind::kEnd ? "<EOF>" : at.text));
}

}  // namespace foz::sql
