// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/spark_lexer_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "sql/utf8_internal.h"

namespace foz::sql {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80) != 0;
}
bool is_name(char c) { return is_letter(c) || is_digit(c); }

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  std::vector<Token> run() {
    for (skip_blank(); at_ < text_.size(); skip_blank()) tokens_.push_back(next());
    tokens_.push_back({TokenKind::kEnd, {text_.size(), text_.size()}, "", ""});
    return std::move(tokens_);
  }

 private:
  char peek(size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }

  void skip_blank() {
    while (at_ < text_.size()) {
      if (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r') {
        at_++;
      } else if (peek() == '-' && peek(1) == '-') {
        at_ = std::min(text_.find('\n', at_), text_.size());
      } else if (peek() == '/' && peek(1) == '*') {
        const size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) throw Refused{{at_, at_ + 2}, "comment is not closed"};
        at_ = end + 2;
      } else {
        return;
      }
    }
  }

  Token next() {
    const char c = peek();
    if (c == '\'' || c == '"') return string(false);
    if ((c == 'r' || c == 'R') && (peek(1) == '\'' || peek(1) == '"')) return string(true);
    if (c == '`') return quoted_name();
    if (is_digit(c) || (c == '.' && is_digit(peek(1)) && !after_name())) return number();
    if (is_letter(c)) return name();
    return symbol();
  }

  // In `a.1` the dot is a field access's, not a number's.
  bool after_name() const {
    return !tokens_.empty() && tokens_.back().span.end == at_ &&
           (tokens_.back().kind == TokenKind::kName ||
            tokens_.back().kind == TokenKind::kQuotedName);
  }

  Token make(TokenKind kind, size_t begin, std::string text) const {
    return {kind, {begin, at_}, std::move(text), ""};
  }

  Token name() {
    const size_t begin = at_;
    while (is_name(peek())) at_++;
    Token token = make(TokenKind::kName, begin, std::string(text_.substr(begin, at_ - begin)));
    token.upper = token.text;
    for (char& c : token.upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return token;
  }

  Token quoted_name() {
    const size_t begin = at_++;
    std::string value;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c != '`') {
        value += c;
      } else if (peek() == '`') {
        value += text_[at_++];
      } else {
        return make(TokenKind::kQuotedName, begin, std::move(value));
      }
    }
    throw Refused{{begin, begin + 1}, "quoted name is not closed"};
  }

  Token string(bool raw) {
    const size_t begin = at_;
    at_ += raw;
    const char quote = text_[at_++];
    std::string value;
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == quote) {
        if (raw || peek() != quote) return make(TokenKind::kString, begin, std::move(value));
        value += text_[at_++];
      } else if (c == '\\' && !raw) {
        escape(value);
      } else {
        value += c;
      }
    }
    throw Refused{{begin, begin + 1}, "string is not closed"};
  }

  // After the backslash, as Spark's unescapeSQLString.
  void escape(std::string& value) {
    if (at_ >= text_.size()) return;
    const char c = text_[at_++];
    if (c == 'u' && code_point(4, value)) return;
    if (c == 'U' && code_point(8, value)) return;
    if (c >= '0' && c <= '1' && peek() >= '0' && peek() <= '7' && peek(1) >= '0' &&
        peek(1) <= '7') {
      append_character(
          value, static_cast<uint32_t>((c - '0') * 64 + (peek() - '0') * 8 + (peek(1) - '0')));
      at_ += 2;
      return;
    }
    switch (c) {
      case '0': value += '\0'; return;
      case 'b': value += '\b'; return;
      case 'n': value += '\n'; return;
      case 'r': value += '\r'; return;
      case 't': value += '\t'; return;
      case 'Z': value += '\x1a'; return;
      case '%':
      case '_': value += '\\'; [[fallthrough]];  // kept for LIKE
      default: value += c; return;
    }
  }

  bool code_point(size_t digits, std::string& value) {
    if (at_ + digits > text_.size()) return false;
    uint32_t code = 0;
    for (size_t i = 0; i < digits; i++) {
      const char c = text_[at_ + i];
      const char lower = static_cast<char>(c | 0x20);
      const bool letter = lower >= 'a' && lower <= 'f';
      if (!is_digit(c) && !letter) return false;
      code = code * 16 + static_cast<uint32_t>(is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    at_ += digits;
    append_character(value, code);
    return true;
  }

  Token number() {
    const size_t begin = at_;
    TokenKind kind = TokenKind::kInteger;
    while (is_digit(peek())) at_++;
    if (peek() == '.' && !is_letter(peek(1))) {
      kind = TokenKind::kDecimal;
      at_++;
      while (is_digit(peek())) at_++;
    }
    const size_t sign = peek(1) == '+' || peek(1) == '-' ? 1 : 0;
    if ((peek() == 'e' || peek() == 'E') && is_digit(peek(1 + sign))) {
      kind = TokenKind::kDouble;
      at_ += 2 + sign;
      while (is_digit(peek())) at_++;
    }
    std::string digits(text_.substr(begin, at_ - begin));
    const size_t suffix = at_;
    while (is_name(peek())) at_++;
    Token token = make(kind, begin, std::move(digits));
    token.upper = std::string(text_.substr(suffix, at_ - suffix));
    for (char& c : token.upper) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    const bool integral = token.upper == "L" || token.upper == "S" || token.upper == "Y";
    const bool known = token.upper.empty() || token.upper == "D" || token.upper == "F" ||
                       token.upper == "BD" || (integral && kind == TokenKind::kInteger);
    if (!known)
      throw Refused{token.span,
                    fmt::format("{} is not a number", text_.substr(begin, at_ - begin))};
    return token;
  }

  Token symbol() {
    const size_t begin = at_;
    for (std::string_view symbol :
         {"<=>", "<=", ">=", "<>", "!=", "==", "||", "::", "->", "=>", "|>"}) {
      if (text_.substr(at_, symbol.size()) != symbol) continue;
      at_ += symbol.size();
      return make(TokenKind::kSymbol, begin, std::string(symbol));
    }
    const char c = text_[at_++];
    if (std::string_view("()[],.;*/%+-=<>!:&|^~?").find(c) == std::string_view::npos || c == '\0') {
      throw Refused{{begin, at_},
                    fmt::format("unexpected character {:?}", std::string_view(&c, 1))};
    }
    return make(TokenKind::kSymbol, begin, std::string(1, c));
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view text) { return Lexer(text).run(); }

}  // namespace foz::sql
