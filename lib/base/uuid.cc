// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "base/uuid.h"

namespace foz {
namespace {

constexpr char kHex[] = "0123456789abcdef";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool dash_follows(size_t byte) { return byte == 3 || byte == 5 || byte == 7 || byte == 9; }

}  // namespace

std::string Uuid::to_string() const {
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    text.push_back(kHex[bytes[i] >> 4]);
    text.push_back(kHex[bytes[i] & 15]);
    if (dash_follows(i)) text.push_back('-');
  }
  return text;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  const Error wrong = invalid("not a UUID: '" + std::string(text.substr(0, 64)) + "'");
  if (text.size() != 36) return wrong;
  Uuid uuid;
  size_t at = 0;
  for (size_t i = 0; i < uuid.bytes.size(); ++i) {
    const int high = hex_digit(text[at]);
    const int low = hex_digit(text[at + 1]);
    if (high < 0 || low < 0) return wrong;
    uuid.bytes[i] = static_cast<uint8_t>(high * 16 + low);
    at += 2;
    if (dash_follows(i) && text[at++] != '-') return wrong;
  }
  return uuid;
}

}  // namespace foz
