// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://www.rfc-editor.org/rfc/rfc3629

#include "sql/utf8_internal.h"

namespace foz::sql {

namespace {

// How many bytes a UTF-8 character at the front has; 0 and, in `invalid`, how many do not belong to
// one.
size_t character_bytes(std::string_view text, size_t& invalid) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  invalid = 1;
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (; invalid < length; ++invalid) {
    if (invalid >= text.size() || (byte(invalid) & 0xc0) != 0x80) return 0;
    if (invalid > 1) continue;
    const unsigned char second = byte(1);
    // Overlong, surrogates, beyond U+10FFFF.
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return 0;
  }
  return length;
}

}  // namespace

std::string valid_utf8(std::string_view bytes, std::string_view replacement) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    size_t invalid = 0;
    const size_t length = character_bytes(bytes, invalid);
    text += length ? bytes.substr(0, length) : replacement;
    bytes.remove_prefix(length ? length : invalid);
  }
  return text;
}

}  // namespace foz::sql
