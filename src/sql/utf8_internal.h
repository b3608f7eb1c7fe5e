// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Text by its code points, as Trino counts it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace foz::sql {

inline bool continues_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

// Code points.
inline int64_t count_characters(std::string_view text) {
  int64_t count = 0;
  for (const char byte : text) count += !continues_character(byte);
  return count;
}

// The bytes of the first character; 0 of nothing.
inline size_t first_character(std::string_view text) {
  size_t size = text.empty() ? 0 : 1;
  while (size < text.size() && continues_character(text[size])) ++size;
  return size;
}

// The byte behind the first `count` characters, at most the end.
inline size_t skip_characters(std::string_view text, int64_t count) {
  size_t at = 0;
  for (; count > 0 && at < text.size(); --count) at += first_character(text.substr(at));
  return at;
}

// The code point of valid UTF-8 at the front.
inline uint32_t code_point(std::string_view character) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.empty()) return 0;
  if (character.size() == 1 || byte(0) < 0xc0) return byte(0);
  const size_t size = first_character(character);
  uint32_t code = byte(0) & (size == 2 ? 0x1fu : size == 3 ? 0x0fu : 0x07u);
  for (size_t i = 1; i < size; ++i) code = (code << 6) | (byte(i) & 0x3fu);
  return code;
}

inline void append_character(std::string& out, uint32_t code) {
  const auto add = [&](uint32_t byte) { out += static_cast<char>(byte); };
  if (code < 0x80) {
    add(code);
  } else if (code < 0x800) {
    add(0xc0 | (code >> 6)), add(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    add(0xe0 | (code >> 12)), add(0x80 | ((code >> 6) & 0x3f)), add(0x80 | (code & 0x3f));
  } else {
    add(0xf0 | (code >> 18)), add(0x80 | ((code >> 12) & 0x3f)), add(0x80 | ((code >> 6) & 0x3f));
    add(0x80 | (code & 0x3f));
  }
}

// The text with `replacement` (U+FFFD) for each run of bytes that is no character.
std::string valid_utf8(std::string_view bytes, std::string_view replacement = "\xef\xbf\xbd");

}  // namespace foz::sql
