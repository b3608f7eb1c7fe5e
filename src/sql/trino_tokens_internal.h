// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Trino's lexical grammar: tokens with their places in the client's text.
// https://github.com/trinodb/trino/blob/master/core/trino-grammar/src/main/antlr4/io/trino/grammar/sql/SqlBase.g4
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/query_engine.h"

namespace foz::sql {

enum class TrinoTokenKind {
  kWord,    // identifier or keyword
  kQuoted,  // "identifier"
  kString,  // 'text', also with a prefix: X'', U&''
  kNumber,
  kSymbol,     // one or two characters
  kParameter,  // ?
  kEnd,
};

struct TrinoToken {
  TrinoTokenKind kind;
  std::string_view text;  // as written, in the client's text
  size_t offset = 0;

  bool is(std::string_view word) const;  // without case; only kWord and kSymbol
  // The identifier that a kWord (lower case) or kQuoted (as quoted) names.
  std::string identifier() const;
  // The value of a kString without prefix.
  std::string string_value() const;
};

// Ends with a kEnd token. Comments are left out. SYNTAX_ERROR for an open quote or comment, or a
// character of no token.
QueryResult<std::vector<TrinoToken>> tokenize_trino(std::string_view sql);

// Line and column of a byte, from 1; columns count characters.
void set_position(QueryError& error, std::string_view sql, size_t offset);
// "line 1:15: message", a USER_ERROR at a byte of the text.
QueryError error_at(std::string_view sql, size_t offset, std::string name, int code,
                    std::string_view message);
QueryError syntax_error(std::string_view sql, const TrinoToken& at);

}  // namespace foz::sql
