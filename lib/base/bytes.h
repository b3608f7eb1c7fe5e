// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Reading and writing outside bytes with every length checked first. Big-endian is Kafka's order,
// little-endian Delta's and ours.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace foz {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::byte*>(text.data()), text.size()};
}
inline std::string_view as_text(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <std::integral T>
constexpr T byte_swap(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}

template <std::integral T>
T load_big(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return byte_swap(value);
}
template <std::integral T>
T load_little(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}
template <std::integral T>
void store_big(std::byte* at, T value) {
  value = byte_swap(value);
  std::memcpy(at, &value, sizeof value);
}
template <std::integral T>
void store_little(std::byte* at, T value) {
  std::memcpy(at, &value, sizeof value);
}
static_assert(std::endian::native == std::endian::little);

// A cursor over bytes that never reads past their end: the first short read or malformed varint
// makes it fail, later reads give zeros, and one look at ok() at the end (or before an allocation)
// suffices.
class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  bool ok() const { return ok_; }
  size_t remaining() const { return bytes_.size() - at_; }
  size_t position() const { return at_; }
  void fail() {
    ok_ = false;
    at_ = bytes_.size();
  }

  template <std::integral T>
  T big() {
    const std::byte* at = take(sizeof(T));
    return at ? load_big<T>(at) : T{};
  }
  template <std::integral T>
  T little() {
    const std::byte* at = take(sizeof(T));
    return at ? load_little<T>(at) : T{};
  }
  // Base-128, least group first, at most 5 and 10 bytes (Protocol Buffers' varint).
  uint32_t unsigned_varint() { return static_cast<uint32_t>(varint_bits(5)); }
  uint64_t unsigned_varlong() { return varint_bits(10); }
  // Zig-zag.
  int32_t varint() {
    const uint32_t raw = unsigned_varint();
    return static_cast<int32_t>((raw >> 1) ^ (~(raw & 1) + 1));
  }
  int64_t varlong() {
    const uint64_t raw = unsigned_varlong();
    return static_cast<int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
  }
  Bytes bytes(size_t count) {
    const std::byte* at = take(count);
    return at ? Bytes(at, count) : Bytes();
  }
  void skip(size_t count) { take(count); }

 private:
  const std::byte* take(size_t count) {
    if (count > remaining()) {
      fail();
      return nullptr;
    }
    const std::byte* at = bytes_.data() + at_;
    at_ += count;
    return at;
  }
  uint64_t varint_bits(int max_bytes) {
    uint64_t value = 0;
    for (int i = 0; i < max_bytes; ++i) {
      const auto group = static_cast<uint64_t>(big<uint8_t>());
      value |= (group & 0x7f) << (7 * i);
      if (!(group & 0x80)) return value;
    }
    fail();
    return 0;
  }

  Bytes bytes_;
  size_t at_ = 0;
  bool ok_ = true;
};

// Appends to a string that it owns.
class ByteWriter {
 public:
  template <std::integral T>
  void big(T value) {
    value = byte_swap(value);
    raw(&value, sizeof value);
  }
  template <std::integral T>
  void little(T value) {
    raw(&value, sizeof value);
  }
  void unsigned_varlong(uint64_t value) {
    while (value >= 0x80) {
      buffer_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    buffer_.push_back(static_cast<char>(value));
  }
  void unsigned_varint(uint32_t value) { unsigned_varlong(value); }
  void varint(int32_t value) { varlong(value); }
  void varlong(int64_t value) {
    unsigned_varlong((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void bytes(Bytes bytes) { raw(bytes.data(), bytes.size()); }
  void text(std::string_view text) { buffer_.append(text); }

  size_t size() const { return buffer_.size(); }
  // For lengths and checksums that are known only afterwards.
  std::byte* at(size_t position) { return reinterpret_cast<std::byte*>(buffer_.data()) + position; }
  const std::string& buffer() const { return buffer_; }
  std::string take() { return std::move(buffer_); }

 private:
  void raw(const void* data, size_t count) {
    buffer_.append(static_cast<const char*>(data), count);
  }
  std::string buffer_;
};

}  // namespace foz
