// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as the name of a file in folders COLUMN=VALUE.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "delta/convert_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view name(reinterpret_cast<const char*>(data), size);
  const auto partitions = foz::delta::folder_partitions(name);
  if (!partitions) return 0;
  CHECK(std::cmp_less_equal(partitions->size(), std::ranges::count(name, '/')));
  for (const auto& each : *partitions)
    CHECK(each.column.size() + each.value.value_or("").size() < size);
  return 0;
}
