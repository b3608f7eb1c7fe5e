// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Spark SQL's tokens. https://spark.apache.org/docs/latest/sql-ref-literals.html and
// SqlBaseLexer.g4
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/diagnostic.h"

namespace foz::sql {

// Bytes [begin, end) of a statement's text.
struct Span {
  size_t begin = 0, end = 0;
};

// Why a statement is refused. Thrown inside this room only, while a statement is prepared: parser
// and compiler are deep recursions with one way out.
struct Refused {
  Span span;
  std::string message;
};

// In the coordinates of the file: `text` begins at (line, column) there.
Diagnostic locate(std::string_view text, int line, int column, const Refused& refused);

enum class TokenKind { kName, kQuotedName, kString, kInteger, kDecimal, kDouble, kSymbol, kEnd };

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
  std::string text;   // names as written, strings unescaped, numbers without suffix, symbols
  std::string upper;  // names in upper case, to compare with keywords; a number's suffix
};

// Ends with kEnd. Throws Refused.
std::vector<Token> tokenize(std::string_view text);

}  // namespace foz::sql
