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
  kWord,     // identifier or keyword
  kQuoted,   // "identifier"
  kString,   // 'text'
  kUnicode,  // U&'text'
  kBinary,   // X'digits'
  kInteger,
  kDecimal,
  kDouble,
  kSymbol,           // one or two characters
  kParameter,        // ?
  kDigitIdentifier,  // 1a: always an error
  kBackquoted,       // `a`: always an error
  kUnrecognized,     // one character that no token has
  kEnd,
};

struct TrinoToken {
  TrinoTokenKind kind;
  std::string_view text;  // as written, in the client's text
  size_t offset = 0;

  bool is(std::string_view word) const;  // without case; only kWord and kSymbol
  // A word that is an identifier only in quotes.
  bool reserved() const;
  // The identifier that a kWord (as written) or kQuoted names.
  std::string identifier() const;
  // The value of a kString.
  std::string string_value() const;
};

// Ends with a kEnd token. Comments are left out.
std::vector<TrinoToken> tokenize_trino(std::string_view sql);

std::string lower_case(std::string_view text);

// Line and column of a byte, from 1; columns count characters.
void set_position(QueryError& error, std::string_view sql, size_t offset);
// "line 1:15: message", a USER_ERROR at a byte of the text.
QueryError error_at(std::string_view sql, size_t offset, std::string name, int code,
                    std::string_view message);
// Without a place.
QueryError user_error(std::string name, int code, std::string message);
QueryError syntax_error(std::string_view sql, const TrinoToken& at);

}  // namespace foz::sql
