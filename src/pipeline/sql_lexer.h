// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Cuts the text of a pipeline file into Spark SQL tokens with positions: enough to find statements
// and their clauses. The SELECT inside is handed on as text; the flow engine parses it.
// https://spark.apache.org/docs/latest/sql-ref-literals.html
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/project.h"

namespace foz::pipeline {

enum class TokenKind {
  kWord,    // identifier or keyword
  kQuoted,  // `identifier`
  kString,  // 'text', "text", r'text'
  kNumber,
  kSymbol,  // one character
  kBroken,  // a literal or comment that never ends; always the last but kEnd
  kEnd,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // as written, quotes included
  size_t begin = 0;       // byte offset
  int line = 1, column = 1;

  size_t end() const { return begin + text.size(); }
  int length() const;  // in characters, of its first line
  bool is(char symbol) const { return kind == TokenKind::kSymbol && text[0] == symbol; }
  bool is(std::string_view keyword) const;  // without case; a quoted identifier is no keyword
  bool is_name() const { return kind == TokenKind::kWord || kind == TokenKind::kQuoted; }
};

// Ends with kEnd. Views into `text`. Comments (-- and nested /* */) are passed over.
std::vector<Token> tokenize(std::string_view text);

// Goes through the tokens of a text, and stays at the last.
class TokenCursor {
 public:
  explicit TokenCursor(std::string_view text) : tokens_(tokenize(text)) {}

  const Token& peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  const Token& next() {
    const Token& token = peek();
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool take(char symbol) { return peek().is(symbol) ? (next(), true) : false; }
  bool take(std::string_view keyword) { return peek().is(keyword) ? (next(), true) : false; }
  // The one before; only after a next().
  const Token& last() const { return tokens_[at_ - 1]; }

 private:
  std::vector<Token> tokens_;
  size_t at_ = 0;
};

// What a kString or a name stands for.
std::string string_value(std::string_view literal);
std::string name_value(const Token& token);

// ASCII only, as SQL keywords and our table names are.
std::string lower(std::string_view text);

// The line (counted from 1) without its end; empty beyond the text.
std::string_view line_of(std::string_view text, int line);

}  // namespace foz::pipeline
