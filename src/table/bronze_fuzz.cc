// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as record batches: the decoder ends, stays inside, and its rows are valid, with offsets
// in the range asked for.
#include <arrow/array.h>
#include <arrow/record_batch.h>

#include "table/bronze.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  const auto owner = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  const log::Offset from(1), to(1000);
  table::BronzeDecoder decoder("topic");
  const auto appended = decoder.append(log::PartitionId(0), {owner, as_bytes(*owner)}, from, to);
  const int64_t rows = decoder.rows();
  CHECK(appended.has_value() || rows == 0);
  const auto finished = decoder.finish();
  CHECK(finished.has_value());
  CHECK((*finished)->ValidateFull().ok());
  CHECK((*finished)->num_rows() == rows);
  const auto& offsets =
      static_cast<const arrow::Int64Array&>(*(*finished)->GetColumnByName("offset"));
  for (int64_t row = 0; row < rows; ++row) {
    CHECK(offsets.Value(row) >= from.value() && offsets.Value(row) < to.value());
  }
  return 0;
}
