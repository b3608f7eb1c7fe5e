// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/api.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "base/bytes.h"
#include "delta/content_checksum_internal.h"
#include "delta/variant.h"

namespace foz::delta {
namespace {

// FIPS 180-4, 4.2.2.
constexpr std::array<uint32_t, 64> kRound = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

void sha256_block(std::array<uint32_t, 8>& state, const std::byte* block) {
  std::array<uint32_t, 64> w{};
  for (size_t i = 0; i < 16; ++i) w[i] = load_big<uint32_t>(block + 4 * i);
  for (size_t i = 16; i < 64; ++i) {
    const uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    const uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  std::array<uint32_t, 8> s = state;
  for (size_t i = 0; i < 64; ++i) {
    const uint32_t e1 = std::rotr(s[4], 6) ^ std::rotr(s[4], 11) ^ std::rotr(s[4], 25);
    const uint32_t t1 = s[7] + e1 + ((s[4] & s[5]) ^ (~s[4] & s[6])) + kRound[i] + w[i];
    const uint32_t e0 = std::rotr(s[0], 2) ^ std::rotr(s[0], 13) ^ std::rotr(s[0], 22);
    const uint32_t t2 = e0 + ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
    s = {t1 + t2, s[0], s[1], s[2], s[3] + t1, s[4], s[5], s[6]};
  }
  for (size_t i = 0; i < 8; ++i) state[i] += s[i];
}

template <class Array>
const Array& as(const arrow::Array& array) {
  return static_cast<const Array&>(array);
}

void encode(const arrow::Array& array, const DataType& type, int64_t row, std::string& out);

void encode_fields(const arrow::StructArray& array, const DataType& type, int64_t row,
                   std::string& out) {
  out.push_back('{');
  for (size_t i = 0; i < type.fields.size(); ++i) {
    if (i > 0) out.push_back(',');
    encode(*array.field(static_cast<int>(i)), type.fields[i].type, row, out);
  }
  out.push_back('}');
}

void encode_elements(const arrow::ListArray& array, const DataType& type, int64_t row,
                     std::string& out) {
  out.push_back('[');
  for (auto i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
    if (i > array.value_offset(row)) out.push_back(',');
    encode(*array.values(), *type.element, i, out);
  }
  out.push_back(']');
}

void encode_entries(const arrow::MapArray& array, const DataType& type, int64_t row,
                    std::string& out) {
  std::vector<std::string> entries;
  for (auto i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
    std::string& entry = entries.emplace_back();
    encode(*array.keys(), *type.key, i, entry);
    entry.push_back('=');
    encode(*array.items(), *type.element, i, entry);
  }
  std::sort(entries.begin(), entries.end());
  out.append(fmt::format("({})", fmt::join(entries, ",")));
}

void encode(const arrow::Array& array, const DataType& type, int64_t row, std::string& out) {
  if (type.kind == TypeKind::kVoid || array.IsNull(row)) return out.push_back('~');
  const auto put = [&](const std::string& text) { out.append(text); };
  switch (type.kind) {
    case TypeKind::kBoolean:
      return out.push_back(as<arrow::BooleanArray>(array).Value(row) ? 't' : 'F');
    case TypeKind::kByte:
      return put(fmt::format("i{}", int{as<arrow::Int8Array>(array).Value(row)}));
    case TypeKind::kShort: return put(fmt::format("i{}", as<arrow::Int16Array>(array).Value(row)));
    case TypeKind::kInteger:
      return put(fmt::format("i{}", as<arrow::Int32Array>(array).Value(row)));
    case TypeKind::kLong: return put(fmt::format("i{}", as<arrow::Int64Array>(array).Value(row)));
    case TypeKind::kFloat: {
      const float value = as<arrow::FloatArray>(array).Value(row);
      return put(
          fmt::format("f{:08x}", std::isnan(value) ? 0x7fc00000u : std::bit_cast<uint32_t>(value)));
    }
    case TypeKind::kDouble: {
      const double value = as<arrow::DoubleArray>(array).Value(row);
      return put(fmt::format(
          "f{:016x}", std::isnan(value) ? 0x7ff8000000000000u : std::bit_cast<uint64_t>(value)));
    }
    case TypeKind::kDecimal: {
      const arrow::Decimal128 value(as<arrow::Decimal128Array>(array).GetValue(row));
      return put(fmt::format("d{}@{}", value.ToIntegerString(), type.scale));
    }
    case TypeKind::kDate: return put(fmt::format("D{}", as<arrow::Date32Array>(array).Value(row)));
    case TypeKind::kTimestamp:
      return put(fmt::format("T{}", as<arrow::TimestampArray>(array).Value(row)));
    case TypeKind::kTimestampNtz:
      return put(fmt::format("N{}", as<arrow::TimestampArray>(array).Value(row)));
    case TypeKind::kVariant: {
      const auto& variants = as<arrow::StructArray>(array);
      std::string text;
      const auto bytes = [&](int i) {
        return as<arrow::BinaryArray>(*variants.field(i)).GetView(row);
      };
      CHECK(append_variant(bytes(0), bytes(1), text));
      return put(fmt::format("s{}:{}", text.size(), text));
    }
    case TypeKind::kString: {
      const auto text = as<arrow::StringArray>(array).GetView(row);
      return put(fmt::format("s{}:{}", text.size(), text));
    }
    case TypeKind::kBinary: {
      const auto bytes = as<arrow::BinaryArray>(array).GetView(row);
      return put("x" + hex(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
    }
    case TypeKind::kStruct: return encode_fields(as<arrow::StructArray>(array), type, row, out);
    case TypeKind::kArray: return encode_elements(as<arrow::ListArray>(array), type, row, out);
    case TypeKind::kMap: return encode_entries(as<arrow::MapArray>(array), type, row, out);
    default: CHECK(false);
  }
}

}  // namespace

std::array<uint8_t, 32> sha256(std::string_view text) {
  std::array<uint32_t, 8> state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::string padded(text);
  padded.push_back('\x80');
  while (padded.size() % 64 != 56) padded.push_back('\0');
  ByteWriter length;
  length.big(static_cast<uint64_t>(text.size()) * 8);
  padded.append(length.buffer());
  for (size_t at = 0; at < padded.size(); at += 64)
    sha256_block(state, as_bytes(padded).data() + at);
  std::array<uint8_t, 32> out{};
  for (size_t i = 0; i < 8; ++i)
    store_big(reinterpret_cast<std::byte*>(out.data()) + 4 * i, state[i]);
  return out;
}

std::string hex(const uint8_t* bytes, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out.append(fmt::format("{:02x}", bytes[i]));
  return out;
}

void ContentChecksum::add(const arrow::RecordBatch& batch, const Schema& schema) {
  std::string text;
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    text.clear();
    for (size_t i = 0; i < schema.fields.size(); ++i) {
      if (i > 0) text.push_back('|');
      encode(*batch.column(static_cast<int>(i)), schema.fields[i].type, row, text);
    }
    const auto digest = sha256(text);
    const auto* bytes = reinterpret_cast<const std::byte*>(digest.data());
    const auto low = load_big<uint64_t>(bytes + 8);
    low_ += low;
    high_ += load_big<uint64_t>(bytes) + (low_ < low ? 1 : 0);
    ++rows_;
  }
}

std::string ContentChecksum::text() const { return fmt::format("{:016x}{:016x}", high_, low_); }

TEST(ContentChecksum, Sha256HasThePublishedValues) {
  EXPECT_EQ(hex(sha256("").data(), 4), "e3b0c442");
  EXPECT_EQ(hex(sha256("abc").data(), 32),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256(std::string(119, 'a')).data(), 4), "31eba51c");
}

}  // namespace foz::delta
