// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as the tag of a file's offsets: what is understood holds at least what was known.
#include <cstddef>

#include "base/result.h"
#include "table/file_layout_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::table;
  const std::string_view tag(reinterpret_cast<const char*>(data), size);
  OffsetRanges once{{"t/0", {10, 20}}};
  if (!widen(once, tag)) return 0;
  CHECK(once["t/0"].first <= 10 && once["t/0"].second >= 20);
  OffsetRanges twice = once;
  CHECK(widen(twice, tag) && twice == once);
  return 0;
}
