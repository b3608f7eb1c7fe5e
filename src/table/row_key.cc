// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/row_key.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/bytes.h"

namespace foz::table {

namespace {

// SipHash-1-3 with 128 bits of output (Aumasson, Bernstein 2012): https://github.com/veorq/SipHash
struct SipState {
  uint64_t v0, v1, v2, v3;
  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
};

// Appends the canonical bytes of one value: a tag, then fixed width or length and bytes.
using AppendValue = void (*)(ByteWriter&, const arrow::Array&, int64_t row);

template <class Array>
void append_number(ByteWriter& out, const arrow::Array& array, int64_t row) {
  out.little(static_cast<int64_t>(static_cast<const Array&>(array).Value(row)));
}

template <class Array>
void append_float(ByteWriter& out, const arrow::Array& array, int64_t row) {
  auto value = static_cast<double>(static_cast<const Array&>(array).Value(row));
  if (value == 0) value = 0;  // -0.0
  if (std::isnan(value)) value = std::nan("");
  out.little(std::bit_cast<int64_t>(value));
}

template <class Array>
void append_bytes(ByteWriter& out, const arrow::Array& array, int64_t row) {
  const std::string_view value = static_cast<const Array&>(array).GetView(row);
  out.unsigned_varlong(value.size());
  out.text(value);
}

AppendValue appender_of(arrow::Type::type type) {
  switch (type) {
    case arrow::Type::BOOL: return append_number<arrow::BooleanArray>;
    case arrow::Type::INT8: return append_number<arrow::Int8Array>;
    case arrow::Type::INT16: return append_number<arrow::Int16Array>;
    case arrow::Type::INT32: return append_number<arrow::Int32Array>;
    case arrow::Type::INT64: return append_number<arrow::Int64Array>;
    case arrow::Type::DATE32: return append_number<arrow::Date32Array>;
    case arrow::Type::TIMESTAMP: return append_number<arrow::TimestampArray>;
    case arrow::Type::FLOAT: return append_float<arrow::FloatArray>;
    case arrow::Type::DOUBLE: return append_float<arrow::DoubleArray>;
    case arrow::Type::STRING: return append_bytes<arrow::StringArray>;
    case arrow::Type::BINARY: return append_bytes<arrow::BinaryArray>;
    case arrow::Type::LARGE_STRING: return append_bytes<arrow::LargeStringArray>;
    case arrow::Type::LARGE_BINARY: return append_bytes<arrow::LargeBinaryArray>;
    case arrow::Type::DECIMAL128: return append_bytes<arrow::FixedSizeBinaryArray>;
    default: return nullptr;
  }
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  };
  return std::ranges::equal(a, b, {}, lower, lower);
}

std::shared_ptr<arrow::Array> column_of(const arrow::RecordBatch& batch, const std::string& name) {
  if (auto exact = batch.GetColumnByName(name)) return exact;
  for (int i = 0; i < batch.num_columns(); ++i) {
    if (same_name(batch.schema()->field(i)->name(), name)) return batch.column(i);
  }
  return nullptr;
}

}  // namespace

KeyHash sip_hash_128(std::string_view bytes, const std::array<uint64_t, 2>& secret) {
  SipState s{0x736f6d6570736575 ^ secret[0], 0x646f72616e646f6d ^ secret[1] ^ 0xee,
             0x6c7967656e657261 ^ secret[0], 0x7465646279746573 ^ secret[1]};
  const auto absorb = [&](uint64_t word) {
    s.v3 ^= word;
    s.round();
    s.v0 ^= word;
  };
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    absorb(word);
  }
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  for (size_t i = 0; at + i < bytes.size(); ++i) {
    last |= static_cast<uint64_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  }
  absorb(last);
  KeyHash hash;
  s.v2 ^= 0xee;
  for (int i = 0; i < 3; ++i) s.round();
  hash.low = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  s.v1 ^= 0xdd;
  for (int i = 0; i < 3; ++i) s.round();
  hash.high = s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  return hash;
}

bool can_be_key(const arrow::DataType& type) { return appender_of(type.id()) != nullptr; }

Result<std::vector<KeyHash>> row_keys(const arrow::RecordBatch& batch,
                                      const std::vector<std::string>& columns,
                                      const std::array<uint64_t, 2>& secret) {
  struct Column {
    std::shared_ptr<arrow::Array> values;
    AppendValue append;
  };
  std::vector<Column> sources;
  for (const std::string& name : columns) {
    std::shared_ptr<arrow::Array> column = column_of(batch, name);
    if (!column) return invalid("no column \"" + name + "\" to make a key of");
    const AppendValue append = appender_of(column->type_id());
    if (!append)
      return invalid("column \"" + name + "\" of type " + column->type()->ToString() +
                     " cannot be a key");
    sources.push_back({std::move(column), append});
  }
  std::vector<KeyHash> keys(static_cast<size_t>(batch.num_rows()));
  ByteWriter bytes;
  for (size_t row = 0; row < keys.size(); ++row) {
    const size_t start = bytes.size();
    for (const Column& column : sources) {
      const bool is_null = column.values->IsNull(static_cast<int64_t>(row));
      bytes.little(static_cast<uint8_t>(is_null));
      if (!is_null) column.append(bytes, *column.values, static_cast<int64_t>(row));
    }
    keys[row] = sip_hash_128(std::string_view(bytes.buffer()).substr(start), secret);
  }
  return keys;
}

}  // namespace foz::table
