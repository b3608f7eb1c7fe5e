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

// Sorted. https://trino.io/docs/current/language/reserved.html
constexpr std::string_view kReserved[] = {"alter",        "and",
                                          "as",           "between",
                                          "by",           "case",
                                          "cast",         "constraint",
                                          "create",       "cross",
                                          "cube",         "current_catalog",
                                          "current_date", "current_path",
                                          "current_role", "current_schema",
                                          "current_time", "current_timestamp",
                                          "current_user", "deallocate",
                                          "delete",       "describe",
                                          "distinct",     "drop",
                                          "else",         "end",
                                          "escape",       "except",
                                          "execute",      "exists",
                                          "extract",      "false",
                                          "for",          "from",
                                          "full",         "group",
                                          "grouping",     "having",
                                          "in",           "inner",
                                          "insert",       "intersect",
                                          "into",         "is",
                                          "join",         "json_array",
                                          "json_exists",  "json_object",
                                          "json_query",   "json_table",
                                          "json_value",   "left",
                                          "like",         "listagg",
                                          "localtime",    "localtimestamp",
                                          "natural",      "normalize",
                                          "not",          "null",
                                          "on",           "or",
                                          "order",        "outer",
                                          "prepare",      "recursive",
                                          "right",        "rollup",
                                          "select",       "skip",
                                          "table",        "then",
                                          "trim",         "true",
                                          "uescape",      "union",
                                          "unnest",       "using",
                                          "values",       "when",
                                          "where",        "with"};
static_assert(std::ranges::is_sorted(kReserved));

class Lexer {
 public:
  explicit Lexer(std::string_view sql) : sql_(sql) {}

  std::vector<TrinoToken> run() {
    while (true) {
      skip_space();
      if (at_ >= sql_.size()) break;
      const size_t begin = at_;
      const TrinoTokenKind kind = next();
      if (kind == TrinoTokenKind::kUnrecognized) at_ = begin + character_size(sql_[begin]);
      at_ = std::min(at_, sql_.size());
      tokens_.push_back({kind, sql_.substr(begin, at_ - begin), begin});
    }
    tokens_.push_back({TrinoTokenKind::kEnd, {}, sql_.size()});
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const { return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0'; }

  static size_t character_size(char first) {
    const auto byte = static_cast<unsigned char>(first);
    return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
  }

  // A comment without an end is none.
  void skip_space() {
    while (at_ < sql_.size()) {
      if (is_space(peek())) {
        ++at_;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ = std::min(sql_.find_first_of("\r\n", at_), sql_.size());
      } else if (peek() == '/' && peek(1) == '*') {
        if (at_ >= open_comment_) return;
        const size_t end = sql_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          open_comment_ = at_;
          return;
        }
        at_ = end + 2;
      } else {
        break;
      }
    }
  }

  // Advances behind one token.
  TrinoTokenKind next() {
    const char c = peek();
    if ((c == 'x' || c == 'X') && peek(1) == '\'') return binary();
    if ((c == 'u' || c == 'U') && peek(1) == '&' && peek(2) == '\'') {
      const size_t begin = at_;
      at_ += 2;
      if (quoted('\'', TrinoTokenKind::kUnicode) == TrinoTokenKind::kUnicode)
        return TrinoTokenKind::kUnicode;
      at_ = begin;
      return word();
    }
    if (is_letter(c)) return word();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
    if (c == '"') return quoted('"', TrinoTokenKind::kQuoted);
    if (c == '\'') return quoted('\'', TrinoTokenKind::kString);
    if (c == '`') return quoted('`', TrinoTokenKind::kBackquoted);
    if (c == '?') return ++at_, TrinoTokenKind::kParameter;
    for (const std::string_view symbol : {"<>", "!=", "<=", ">=", "||", "->", "=>"}) {
      if (sql_.substr(at_, 2) == symbol) return at_ += 2, TrinoTokenKind::kSymbol;
    }
    if (std::string_view("()[],.;:+-*/%=<>|").find(c) == std::string_view::npos || c == '\0')
      return TrinoTokenKind::kUnrecognized;
    return ++at_, TrinoTokenKind::kSymbol;
  }

  TrinoTokenKind word() {
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    return TrinoTokenKind::kWord;
  }

  // X'…' has no doubled quotes.
  TrinoTokenKind binary() {
    const size_t end = sql_.find('\'', at_ + 2);
    if (end == std::string_view::npos) return word();
    at_ = end + 1;
    return TrinoTokenKind::kBinary;
  }

  void digits() {
    while (is_digit(peek()) || (peek() == '_' && is_digit(peek(1)))) ++at_;
  }

  // The longest of a number and an identifier that begins with a digit.
  TrinoTokenKind number() {
    const size_t begin = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    const size_t identifier_end = at_;
    at_ = begin;
    TrinoTokenKind kind = TrinoTokenKind::kInteger;
    const auto radix = [&](char small, std::string_view allowed) {
      if (peek() != '0' || lower(peek(1)) != small) return false;
      size_t end = at_ + 2;
      const auto in = [&](size_t i) {
        return i < sql_.size() && allowed.find(lower(sql_[i])) != std::string_view::npos;
      };
      while (in(end) || (end < sql_.size() && sql_[end] == '_' && in(end + 1))) ++end;
      if (end == at_ + 2) return false;
      at_ = end;
      return true;
    };
    if (!radix('x', "0123456789abcdef") && !radix('o', "01234567") && !radix('b', "01")) {
      digits();
      if (peek() == '.') {
        ++at_;
        if (is_digit(peek())) digits();
        kind = TrinoTokenKind::kDecimal;
      }
      const size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
      if (lower(peek()) == 'e' && is_digit(peek(1 + sign)) &&
          sql_.substr(begin, at_ - begin).find('_') == std::string_view::npos) {
        at_ += 1 + sign;
        while (is_digit(peek())) ++at_;
        kind = TrinoTokenKind::kDouble;
      }
    }
    if (identifier_end > at_) {
      at_ = identifier_end;
      kind = TrinoTokenKind::kDigitIdentifier;
    }
    return kind;
  }

  TrinoTokenKind quoted(char quote, TrinoTokenKind kind) {
    for (++at_; at_ < sql_.size(); ++at_) {
      if (sql_[at_] != quote) continue;
      if (peek(1) != quote) return ++at_, kind;
      ++at_;
    }
    return TrinoTokenKind::kUnrecognized;
  }

  std::string_view sql_;
  size_t at_ = 0;
  size_t open_comment_ = std::string_view::npos;
  std::vector<TrinoToken> tokens_;
};

}  // namespace

bool TrinoToken::is(std::string_view word) const {
  return (kind == TrinoTokenKind::kWord || kind == TrinoTokenKind::kSymbol) &&
         same_word(text, word);
}

bool is_reserved_word(std::string_view word) { return std::ranges::binary_search(kReserved, word); }

bool TrinoToken::reserved() const {
  return kind == TrinoTokenKind::kWord && is_reserved_word(lower_case(text));
}

std::string TrinoToken::identifier() const {
  std::string name;
  if (kind == TrinoTokenKind::kWord) {
    name = text;
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

std::vector<TrinoToken> tokenize_trino(std::string_view sql) { return Lexer(sql).run(); }

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
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

QueryError user_error(std::string name, int code, std::string message) {
  QueryError error;
  error.name = std::move(name);
  error.type = "USER_ERROR";
  error.code = code;
  error.message = std::move(message);
  return error;
}

QueryError syntax_error(std::string_view sql, const TrinoToken& at) {
  return error_at(
      sql, at.offset, "SYNTAX_ERROR", 1,
      fmt::format("mismatched input '{}'", at.kind == TrinoTokenKind::kEnd ? "<EOF>" : at.text));
}

}  // namespace foz::sql
