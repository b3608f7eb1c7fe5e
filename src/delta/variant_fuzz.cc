// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any bytes as a variant: the first one says how long its metadata is. And as JSON text, of which
// a variant is made, and one of its text. Doubles become decimals and those lose zeros at the end
// ("1e2", "100.0", "100"), after which nothing changes any more.
#include <cstddef>
#include <cstdint>

#include "delta/variant_internal.h"

using namespace foz;
using namespace foz::delta;

namespace {

void read_variant(std::string_view metadata, std::string_view value) {
  std::string out;
  const bool written = append_variant(metadata, value, out).has_value();
  const bool right = check_variant(metadata, value).has_value();
  CHECK(right || !written);
  (void)variant_object(value).has_value();
}

std::string text_of(const Result<Variant>& variant) {
  std::string text;
  CHECK(variant && append_variant(variant->metadata, variant->value, text));
  return text;
}

void read_json(std::string_view json) {
  const auto variant = parse_variant(json);
  if (!variant) return;
  const std::string settled = text_of(parse_variant(text_of(variant)));
  const auto again = parse_variant(settled);
  CHECK(text_of(again) == settled);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string_view metadata = text.substr(0, data[0]);
  read_variant(metadata, text.substr(metadata.size()));
  read_json(text);
  return 0;
}
