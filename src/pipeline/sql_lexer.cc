// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "pipeline/sql_lexer.h"

#include <algorithm>

namespace foz::pipeline {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool in_word(char c) { return starts_word(c) || is_digit(c); }
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }
char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Walks the text and keeps the position of the next byte in lines and characters.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    for (;;) {
      if (!skip_blanks(tokens)) break;
      if (at_ == text_.size()) break;
      tokens.push_back(next());
      if (tokens.back().kind == TokenKind::kBroken) break;
    }
    tokens.push_back({TokenKind::kEnd, text_.substr(text_.size()), at_, line_, column_});
    return tokens;
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool done() const { return at_ >= text_.size(); }
  void step() {
    const char c = text_[at_++];
    if (c == '\n') {
      ++line_;
      column_ = 1;
    } else if (done() || !continues_character(text_[at_])) {
      ++column_;
    }
  }

  // False when a comment never ends: it is then the last token.
  bool skip_blanks(std::vector<Token>& tokens) {
    for (;;) {
      if (done()) return true;
      if (is_space(peek())) {
        step();
      } else if (peek() == '-' && peek(1) == '-') {
        while (!done() && peek() != '\n') step();
      } else if (peek() == '/' && peek(1) == '*') {
        Token comment{TokenKind::kBroken, {}, at_, line_, column_};
        if (!skip_comment()) {
          comment.text = text_.substr(comment.begin);
          tokens.push_back(comment);
          return false;
        }
      } else {
        return true;
      }
    }
  }

  bool skip_comment() {
    int depth = 0;
    do {
      if (done()) return false;
      if (peek() == '/' && peek(1) == '*') {
        ++depth;
        step();
      } else if (peek() == '*' && peek(1) == '/') {
        --depth;
        step();
      }
      step();
    } while (depth > 0);
    return true;
  }

  Token next() {
    Token token{TokenKind::kSymbol, {}, at_, line_, column_};
    const char c = peek();
    if (c == '\'' || c == '"') {
      token.kind = quoted(c, true) ? TokenKind::kString : TokenKind::kBroken;
    } else if ((c == 'r' || c == 'R') && (peek(1) == '\'' || peek(1) == '"')) {
      step();
      token.kind = quoted(peek(), false) ? TokenKind::kString : TokenKind::kBroken;
    } else if (c == '`') {
      token.kind = quoted('`', false) ? TokenKind::kQuoted : TokenKind::kBroken;
    } else if (starts_word(c)) {
      token.kind = TokenKind::kWord;
      while (!done() && in_word(peek())) step();
    } else if (is_digit(c)) {
      token.kind = TokenKind::kNumber;
      while (!done() && (in_word(peek()) || (peek() == '.' && is_digit(peek(1))))) step();
    } else {
      step();
    }
    token.text = text_.substr(token.begin, at_ - token.begin);
    return token;
  }

  // A doubled quote stands for one; false at the end of the text.
  bool quoted(char quote, bool escapes) {
    step();
    for (;;) {
      if (done()) return false;
      if (escapes && peek() == '\\') {
        step();
        if (done()) return false;
      } else if (peek() == quote) {
        step();
        if (peek() != quote || done()) return true;
      }
      step();
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1, column_ = 1;
};

void append_utf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xe0 | (code >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

// The code of \uXXXX at the front of `text`; -1 when it is not one.
int32_t unicode_escape(std::string_view text) {
  if (text.size() < 5 || text[0] != 'u') return -1;
  int32_t code = 0;
  for (const char c : text.substr(1, 4)) {
    const char l = lower_char(c);
    if (is_digit(l)) {
      code = code * 16 + (l - '0');
    } else if (l >= 'a' && l <= 'f') {
      code = code * 16 + (l - 'a' + 10);
    } else {
      return -1;
    }
  }
  return code;
}

// Appends what the escape at the front of `text` (after the backslash) means; how many bytes it
// took.
size_t append_escape(std::string& out, std::string_view text) {
  if (const int32_t code = unicode_escape(text); code >= 0) {
    append_utf8(out, static_cast<uint32_t>(code));
    return 5;
  }
  switch (text[0]) {
    case 'n': out.push_back('\n'); break;
    case 't': out.push_back('\t'); break;
    case 'r': out.push_back('\r'); break;
    case 'b': out.push_back('\b'); break;
    case '0': out.push_back('\0'); break;
    case 'Z': out.push_back('\x1a'); break;
    case '%': out.append("\\%"); break;
    case '_': out.append("\\_"); break;
    default: out.push_back(text[0]);
  }
  return 1;
}

}  // namespace

int Token::length() const {
  int characters = 0;
  for (const char c : text.substr(0, text.find('\n'))) characters += !continues_character(c);
  return std::max(characters, 1);
}

bool Token::is(std::string_view keyword) const {
  return kind == TokenKind::kWord && std::ranges::equal(text, keyword, [](char a, char b) {
           return lower_char(a) == lower_char(b);
         });
}

std::vector<Token> tokenize(std::string_view text) { return Scanner(text).run(); }

std::string string_value(std::string_view literal) {
  bool raw = literal[0] == 'r' || literal[0] == 'R';
  if (raw) literal.remove_prefix(1);
  const char quote = literal[0];
  raw |= quote == '`';
  literal = literal.substr(1, literal.size() - 2);
  std::string out;
  for (size_t i = 0; i < literal.size(); ++i) {
    if (literal[i] == '\\' && !raw && i + 1 < literal.size()) {
      i += append_escape(out, literal.substr(i + 1));
    } else {
      out.push_back(literal[i]);
      if (literal[i] == quote) ++i;  // doubled
    }
  }
  return out;
}

std::string name_value(const Token& token) {
  return token.kind == TokenKind::kQuoted ? string_value(token.text) : std::string(token.text);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower_char);
  return out;
}

std::string_view line_of(std::string_view text, int line) {
  for (; line > 1; --line) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

}  // namespace foz::pipeline
