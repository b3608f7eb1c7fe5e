// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/binary.html

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "duckdb/common/crypto/md5.hpp"
#include "sql/sha2.h"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_themes_internal.h"
#include "sql/utf8_internal.h"
#include "sql/xxhash64.h"

namespace foz::sql {

namespace {

// ---- UTF-8 --------------------------------------------------------------------------------------

std::string from_utf8_with(std::string_view bytes, std::string_view replacement) {
  if (count_characters(replacement) > 1)
    invalid_argument("Replacement character string must empty or a single character");
  return valid_utf8(bytes, replacement);
}
std::string from_utf8(std::string_view bytes) { return valid_utf8(bytes); }
std::string_view to_utf8(std::string_view text) { return text; }

// ---- Digits for bytes ---------------------------------------------------------------------------

std::string to_hex(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

int hex_digit(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}
std::string from_hex(std::string_view text) {
  if (text.size() % 2) invalid_argument(fmt::format("invalid input length {}", text.size()));
  std::string out;
  for (size_t i = 0; i < text.size(); i += 2) {
    const int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0)
      invalid_argument(fmt::format("Invalid hex character: {}", text.substr(i, 2)));
    out += static_cast<char>(high * 16 + low);
  }
  return out;
}

// Digits of `Bits` bits, padded with '=' to groups of `Group`.
template <int Bits, size_t Group>
std::string to_digits(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  uint32_t left = 0;
  int bits = 0;
  for (const char c : bytes) {
    left = (left << 8) | static_cast<unsigned char>(c);
    for (bits += 8; bits >= Bits; bits -= Bits)
      out += alphabet[(left >> (bits - Bits)) & ((1u << Bits) - 1)];
  }
  if (bits > 0) out += alphabet[(left << (Bits - bits)) & ((1u << Bits) - 1)];
  while (out.size() % Group) out += '=';
  return out;
}
template <int Bits>
std::string from_digits(std::string_view text, std::string_view alphabet, std::string_view name) {
  while (text.ends_with('=')) text.remove_suffix(1);
  std::string out;
  uint32_t left = 0;
  int bits = 0;
  for (const char c : text) {
    const size_t digit = alphabet.find(c);
    if (digit == std::string_view::npos)
      invalid_argument(fmt::format("Illegal {} character: '{}'", name, c));
    left = (left << Bits) | static_cast<uint32_t>(digit);
    bits += Bits;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(left >> bits);
  }
  if (bits >= Bits) invalid_argument(fmt::format("{} input ends inside of a byte", name));
  return out;
}

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

std::string to_base64(std::string_view bytes) { return to_digits<6, 4>(bytes, kBase64); }
std::string to_base64url(std::string_view bytes) { return to_digits<6, 4>(bytes, kBase64Url); }
std::string to_base32(std::string_view bytes) { return to_digits<5, 8>(bytes, kBase32); }
std::string from_base64(std::string_view text) { return from_digits<6>(text, kBase64, "base64"); }
std::string from_base64url(std::string_view text) {
  return from_digits<6>(text, kBase64Url, "base64");
}
std::string from_base32(std::string_view text) { return from_digits<5>(text, kBase32, "base32"); }

// ---- Numbers as bytes ---------------------------------------------------------------------------

template <class T>
std::string big_endian(T value) {
  std::string out(sizeof(T), 0);
  for (size_t i = sizeof(T); i-- > 0; value = static_cast<T>(uint64_t(value) >> 8))
    out[i] = static_cast<char>(value & 0xff);
  return out;
}
template <class T>
T from_big_endian(std::string_view bytes) {
  if (bytes.size() != sizeof(T))
    invalid_argument(
        fmt::format("expected {}-byte input, but got instead: {} bytes", sizeof(T), bytes.size()));
  uint64_t value = 0;
  for (const char c : bytes) value = (value << 8) | static_cast<unsigned char>(c);
  return static_cast<T>(value);
}
std::string to_ieee754_64(double value) { return big_endian(std::bit_cast<int64_t>(value)); }
std::string to_ieee754_32(float value) { return big_endian(std::bit_cast<int32_t>(value)); }
double from_ieee754_64(std::string_view bytes) {
  return std::bit_cast<double>(from_big_endian<int64_t>(bytes));
}
float from_ieee754_32(std::string_view bytes) {
  return std::bit_cast<float>(from_big_endian<int32_t>(bytes));
}

// ---- Digests ------------------------------------------------------------------------------------

int64_t crc32(std::string_view bytes) {
  uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return static_cast<int64_t>(~crc);
}

std::string xxhash(std::string_view bytes) {
  return big_endian(static_cast<int64_t>(xxhash64(bytes, 0)));
}

// checksum() is the sum of what the values' hashes are, NULL being 1, times a prime.
int64_t number_hash(int64_t value) { return static_cast<int64_t>(xxhash64_long(value, 0)); }
int64_t double_hash(double value) { return number_hash(std::bit_cast<int64_t>(value)); }
int64_t bytes_hash(std::string_view bytes) { return static_cast<int64_t>(xxhash64(bytes, 0)); }
int64_t date_hash(duckdb::date_t date) { return number_hash(date.days); }
std::string checksum_bytes(duckdb::hugeint_t sum) {
  std::string out = big_endian(static_cast<int64_t>(sum.lower * 0x9e3779b185ebca87));
  std::ranges::reverse(out);
  return out;
}
BoundExpression checksum_of_sum(TrinoCall& made) {
  return run_kernel<checksum_bytes>(made.context, "checksum_bytes", made.result,
                                    std::move(made.arguments));
}

std::string md5(std::string_view bytes) {
  duckdb::MD5Context context;
  context.Add(reinterpret_cast<duckdb::const_data_ptr_t>(bytes.data()), bytes.size());
  std::string out(16, 0);
  context.Finish(reinterpret_cast<duckdb::data_ptr_t>(out.data()));
  return out;
}

template <int Bits>
std::string sha2(std::string_view bytes) {
  return from_hex(sha2_hex(bytes, Bits));
}

// FIPS 180-4, 6.1
std::string sha1(std::string_view bytes) {
  std::array<uint32_t, 5> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::string padded(bytes);
  padded += '\x80';
  while (padded.size() % 64 != 56) padded += '\0';
  padded += big_endian(static_cast<int64_t>(bytes.size() * 8));
  for (size_t block = 0; block < padded.size(); block += 64) {
    std::array<uint32_t, 80> words{};
    for (size_t i = 0; i < 16; ++i)
      words[i] = static_cast<uint32_t>(
          from_big_endian<int32_t>(std::string_view(padded).substr(block + i * 4, 4)));
    for (size_t i = 16; i < 80; ++i)
      words[i] = std::rotl(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
    auto [a, b, c, d, e] = state;
    for (size_t i = 0; i < 80; ++i) {
      const uint32_t mixed = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                             : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                             : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                      : (b ^ c ^ d) + 0xca62c1d6;
      const uint32_t next = std::rotl(a, 5) + mixed + e + words[i];
      e = d, d = c, c = std::rotl(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
  }
  std::string out;
  for (const uint32_t word : state) out += big_endian(static_cast<int32_t>(word));
  return out;
}

// RFC 2104
template <std::string (*Digest)(std::string_view), size_t Block>
std::string hmac(std::string_view bytes, std::string_view key) {
  std::string padded = key.size() > Block ? Digest(key) : std::string(key);
  padded.resize(Block, '\0');
  std::string inner = padded, outer = padded;
  for (char& c : inner) c ^= 0x36;
  for (char& c : outer) c ^= 0x5c;
  return Digest(outer + Digest(inner.append(bytes)));
}

// MurmurHash3_x64_128 without a seed.
std::string murmur3(std::string_view bytes) {
  constexpr uint64_t kC1 = 0x87c37b91114253d5, kC2 = 0x4cf5ad432745937f;
  uint64_t h1 = 0, h2 = 0;
  const auto mix1 = [&](uint64_t k) { h1 ^= std::rotl(k * kC1, 31) * kC2; };
  const auto mix2 = [&](uint64_t k) { h2 ^= std::rotl(k * kC2, 33) * kC1; };
  const auto word = [&](size_t at, size_t size) {
    uint64_t out = 0;
    std::memcpy(&out, bytes.data() + at, size);
    return out;
  };
  size_t at = 0;
  for (; at + 16 <= bytes.size(); at += 16) {
    mix1(word(at, 8));
    h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
    mix2(word(at + 8, 8));
    h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
  }
  const size_t left = bytes.size() - at;
  if (left > 8) mix2(word(at + 8, left - 8));
  if (left > 0) mix1(word(at, std::min<size_t>(left, 8)));
  const auto finish = [](uint64_t h) {
    h = (h ^ (h >> 33)) * 0xff51afd7ed558ccd;
    h = (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53;
    return h ^ (h >> 33);
  };
  h1 ^= bytes.size(), h2 ^= bytes.size();
  h1 += h2, h2 += h1;
  h1 = finish(h1), h2 = finish(h2);
  h1 += h2, h2 += h1;
  std::string out(16, 0);
  std::memcpy(out.data(), &h1, 8);
  std::memcpy(out.data() + 8, &h2, 8);
  return out;
}

constexpr TrinoFunction kFunctions[] = {
    {"$checksum_bytes", "decimal -> varbinary", checksum_of_sum},
    {"$checksum_hash", "bigint -> bigint", kernel<number_hash>},
    {"$checksum_hash", "date -> bigint", kernel<date_hash>},
    {"$checksum_hash", "double -> bigint", kernel<double_hash>},
    {"$checksum_hash", "varchar -> bigint", kernel<bytes_hash>},
    {"$checksum_hash", "varbinary -> bigint", kernel<bytes_hash>},
    {"crc32", "varbinary -> bigint", kernel<crc32>},
    {"from_base32", "varchar -> varbinary", kernel<from_base32>},
    {"from_base64", "varchar -> varbinary", kernel<from_base64>},
    {"from_base64url", "varchar -> varbinary", kernel<from_base64url>},
    {"from_big_endian_32", "varbinary -> integer", kernel<from_big_endian<int32_t>>},
    {"from_big_endian_64", "varbinary -> bigint", kernel<from_big_endian<int64_t>>},
    {"from_hex", "varchar -> varbinary", kernel<from_hex>},
    {"from_ieee754_32", "varbinary -> real", kernel<from_ieee754_32>},
    {"from_ieee754_64", "varbinary -> double", kernel<from_ieee754_64>},
    {"from_utf8", "varbinary -> varchar", kernel<from_utf8>},
    {"from_utf8", "varbinary, varchar -> varchar", kernel<from_utf8_with>},
    {"hmac_md5", "varbinary, varbinary -> varbinary", kernel<hmac<md5, 64>>},
    {"hmac_sha1", "varbinary, varbinary -> varbinary", kernel<hmac<sha1, 64>>},
    {"hmac_sha256", "varbinary, varbinary -> varbinary", kernel<hmac<sha2<256>, 64>>},
    {"hmac_sha512", "varbinary, varbinary -> varbinary", kernel<hmac<sha2<512>, 128>>},
    {"md5", "varbinary -> varbinary", kernel<md5>},
    {"murmur3", "varbinary -> varbinary", kernel<murmur3>},
    {"sha1", "varbinary -> varbinary", kernel<sha1>},
    {"sha256", "varbinary -> varbinary", kernel<sha2<256>>},
    {"sha512", "varbinary -> varbinary", kernel<sha2<512>>},
    {"to_base32", "varbinary -> varchar", kernel<to_base32>},
    {"to_base64", "varbinary -> varchar", kernel<to_base64>},
    {"to_base64url", "varbinary -> varchar", kernel<to_base64url>},
    {"to_big_endian_32", "integer -> varbinary", kernel<big_endian<int32_t>>},
    {"to_big_endian_64", "bigint -> varbinary", kernel<big_endian<int64_t>>},
    {"to_hex", "varbinary -> varchar", kernel<to_hex>},
    {"to_ieee754_32", "real -> varbinary", kernel<to_ieee754_32>},
    {"to_ieee754_64", "double -> varbinary", kernel<to_ieee754_64>},
    {"to_utf8", "varchar -> varbinary", kernel<to_utf8>},
    {"xxhash64", "varbinary -> varbinary", kernel<xxhash>},
};

}  // namespace

std::span<const TrinoFunction> binary_functions() { return kFunctions; }

}  // namespace foz::sql
