// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as a bitmap, and any text as Z85.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "delta/deletion_vector_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  using namespace foz::delta;
  constexpr int64_t kRows = 200'000;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  DeletedRows rows(kRows);
  (void)decode_bitmap(as_bytes(text), rows).has_value();
  CHECK(rows.count() <= kRows);
  DeletedRows again(kRows);
  CHECK(decode_bitmap(as_bytes(encode_bitmap(rows)), again).has_value());
  CHECK(std::ranges::equal(again.words(), rows.words()));
  if (const auto bytes = decode_z85(text)) {
    DeletedRows inner(kRows);
    (void)decode_bitmap(as_bytes(*bytes), inner).has_value();
  }
  (void)vector_path({.storage_type = "u", .path_or_inline = std::string(text)}).has_value();
  return 0;
}
