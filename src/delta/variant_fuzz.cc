// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as a variant: the first one says how long its metadata is.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "delta/variant_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::delta;
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view metadata = text.substr(0, data[0]);
  const std::string_view value = text.substr(metadata.size());
  std::string out;
  (void)append_variant(metadata, value, out).has_value();
  (void)variant_fields(metadata, value).has_value();
  return 0;
}
