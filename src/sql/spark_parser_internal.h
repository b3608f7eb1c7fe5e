// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the parser of statements and the parser of types share: tokens one by one, types and
// literals.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/spark_ast_internal.h"

namespace foz::sql {

class TokenReader {
 public:
  explicit TokenReader(std::string_view text) : text_(text), tokens_(tokenize(text)) {}

  const Token& peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& take() { return tokens_[std::min(at_++, tokens_.size() - 1)]; }
  // Of the token taken last.
  Span last() const { return at_ == 0 ? Span{} : tokens_[std::min(at_, tokens_.size()) - 1].span; }

  bool is_symbol(std::string_view symbol, size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kSymbol && peek(ahead).text == symbol;
  }
  bool is_word(std::string_view word, size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kName && peek(ahead).upper == word;
  }
  bool is_name(size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kName || peek(ahead).kind == TokenKind::kQuotedName;
  }
  bool is_number(size_t ahead = 0) const {
    return peek(ahead).kind == TokenKind::kInteger || peek(ahead).kind == TokenKind::kDecimal ||
           peek(ahead).kind == TokenKind::kDouble;
  }
  bool accept_symbol(std::string_view symbol);
  bool accept_word(std::string_view word);
  void expect_symbol(std::string_view symbol);
  void expect_word(std::string_view word);
  std::string expect_name(std::string_view what);
  void expect_end();
  std::string shown() const;  // the next token, for messages
  [[noreturn]] void fail(std::string message) const {
    throw Refused{peek().span, std::move(message)};
  }

  // INT, DECIMAL(10, 2), ARRAY<…>, MAP<…>, STRUCT<…>, from the next token on.
  duckdb::LogicalType type();
  // "a INT, b: STRING NOT NULL COMMENT 'x'", up to a token that cannot go on.
  duckdb::LogicalType columns();
  // What follows INTERVAL.
  duckdb::Value interval();

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  size_t at_ = 0;
  int type_nesting_ = 0;
};

// A numeric token's value in Spark's type: INT, BIGINT, DECIMAL(p, s), DOUBLE or what its suffix
// says.
std::optional<duckdb::Value> number_value(const Token& token, bool negative);

}  // namespace foz::sql
