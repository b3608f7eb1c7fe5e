// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as `_last_checkpoint`, as a schema and as an interval.
#include <cstddef>
#include <cstdint>

#include "delta/checkpoint_internal.h"
#include "delta/properties_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz;
  using namespace foz::delta;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto version = parse_last_checkpoint(text)) CHECK(version->value() >= 0);
  CHECK(interval_ms(text).value_or(0) >= 0);
  if (const auto schema = parse_schema(text))
    CHECK(parse_schema(to_json(*schema)).value() == *schema);
  return 0;
}
