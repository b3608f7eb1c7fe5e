// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A 128-bit id: topics, commits, files.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace foz {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  bool is_nil() const { return *this == Uuid{}; }
  // "8-4-4-4-12" lower-case hexadecimal, RFC 9562.
  std::string to_string() const;
  static Result<Uuid> parse(std::string_view text);
};

}  // namespace foz

template <>
struct std::hash<foz::Uuid> {
  std::size_t operator()(const foz::Uuid& uuid) const noexcept {
    std::size_t value;
    std::memcpy(&value, uuid.bytes.data(), sizeof value);
    return value;
  }
};
