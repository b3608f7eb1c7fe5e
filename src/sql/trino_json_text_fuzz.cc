// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any text is JSON or is not; what is written of it is JSON, and the same when it is read again.
// Before the first NUL stands a path.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sql/trino_json_text_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::sql;
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const size_t split = all.find('\0');
  const std::string_view path = all.substr(0, split);
  const std::string_view text = split == std::string_view::npos ? all : all.substr(split + 1);
  for (const bool sorted : {false, true}) {
    const JsonStyle style{.sorted = sorted, .plain_numbers = sorted};
    const auto once = json_normalized(text, style);
    if (!once) continue;
    CHECK(json_normalized(*once, style) == *once);
    CHECK(json_size(*once).has_value() ==
          (json_kind(*once) == JsonKind::kArray || json_kind(*once) == JsonKind::kObject));
  }
  for (const bool wildcards : {false, true}) {
    const auto steps = JsonSteps::read(path, wildcards);
    if (!steps) continue;
    if (!wildcards) {
      const auto found = steps->find(text);
      CHECK(!found || json_normalized(*found, {false, false}).has_value());
    }
    for (const std::string_view found : steps->find_all(text, wildcards))
      CHECK(json_normalized(found, {false, false}).has_value());
  }
  return 0;
}
