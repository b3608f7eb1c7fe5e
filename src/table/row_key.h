// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What rows have in common that are one row at different times: a hash of their key columns.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace arrow {
class DataType;
class RecordBatch;
}  // namespace arrow

namespace foz::table {

// 128 bits of SipHash: two keys that fall together would lose a row, so nobody must be able to
// construct them.
struct KeyHash {
  uint64_t low = 0, high = 0;
  bool operator==(const KeyHash&) const = default;
};
KeyHash sip_hash_128(std::string_view bytes, const std::array<uint64_t, 2>& secret);

bool can_be_key(const arrow::DataType& type);

// The key of each row: canonical bytes of the named columns, so that a row read back from its table
// has the same. NULL equals NULL, -0.0 equals 0.0. kInvalid names a column that is missing or
// nested.
Result<std::vector<KeyHash>> row_keys(const arrow::RecordBatch& batch,
                                      const std::vector<std::string>& columns,
                                      const std::array<uint64_t, 2>& secret);

}  // namespace foz::table
