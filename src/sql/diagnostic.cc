// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/spark_lexer_internal.h"

namespace foz::sql {

namespace {

size_t characters(std::string_view utf8) {
  size_t count = 0;
  for (char c : utf8) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace

Diagnostic locate(std::string_view text, int line, int column, const Refused& refused) {
  const size_t begin = std::min(refused.span.begin, text.size());
  const size_t end = std::min(std::max(refused.span.end, begin), text.size());
  size_t line_begin = 0;
  for (size_t i = 0; i < begin; i++) {
    if (text[i] != '\n') continue;
    line++;
    column = 1;
    line_begin = i + 1;
  }
  Diagnostic diagnostic{refused.message, line, column, 1};
  diagnostic.column += static_cast<int>(characters(text.substr(line_begin, begin - line_begin)));
  std::string_view marked = text.substr(begin, end - begin);
  marked = marked.substr(0, marked.find('\n'));
  diagnostic.length = std::max(1, static_cast<int>(characters(marked)));
  return diagnostic;
}

}  // namespace foz::sql
