// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// For tests: the order-independent checksum "dcs1" of a table's rows, in which other readers'
// results are kept. For each row the values are written as text and joined by "|"; the first 16
// bytes of each text's SHA-256 are added up.
#pragma once

#include <arrow/type_fwd.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "delta/types.h"

namespace foz::delta {

std::array<uint8_t, 32> sha256(std::string_view text);
std::string hex(const uint8_t* bytes, size_t count);

class ContentChecksum {
 public:
  // The batch has the columns of the schema.
  void add(const arrow::RecordBatch& batch, const Schema& schema);
  int64_t rows() const { return rows_; }
  std::string text() const;

 private:
  int64_t rows_ = 0;
  uint64_t high_ = 0, low_ = 0;
};

}  // namespace foz::delta
