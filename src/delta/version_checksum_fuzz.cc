// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as a version checksum, held against an empty table.
#include <cstddef>
#include <cstdint>

#include "delta/version_checksum_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::delta;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  State state;
  state.shape = std::make_shared<Shape>();
  if (const auto checksum = parse_checksum(text)) (void)compare(*checksum, state).has_value();
  return 0;
}
