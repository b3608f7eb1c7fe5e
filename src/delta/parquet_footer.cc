// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/parquet_footer_internal.h"

#include <arrow/util/key_value_metadata.h>
#include <algorithm>

#include "delta/seal_internal.h"

namespace foz::delta {
namespace {

constexpr std::string_view kKey = "foz.footer.crc32c";
// Behind the key in Thrift's compact form: a text, of eight bytes.
constexpr std::string_view kBefore = "foz.footer.crc32c\x18\x08";
constexpr std::string_view kCreatedByUs =
    "\x03"
    "foz";
constexpr size_t kTail = 8;  // the footer's length and "PAR1"

// Where the digits stand; npos when there are none.
size_t seal_at(std::string_view footer) {
  const size_t key = footer.rfind(kBefore);
  if (key == std::string_view::npos) return key;
  const size_t at = key + kBefore.size();
  if (footer.size() - at < kUnsealed.size()) return std::string_view::npos;
  const bool ours = footer.substr(at + kUnsealed.size()).contains(kCreatedByUs);
  return ours ? at : std::string_view::npos;
}

}  // namespace

std::shared_ptr<const arrow::KeyValueMetadata> footer_seal() {
  return arrow::key_value_metadata({std::string(kKey)}, {std::string(kUnsealed)});
}

void seal_footer(std::span<std::byte> file) {
  const auto length = load_little<uint32_t>(file.data() + file.size() - kTail);
  const auto footer = file.last(length + kTail).first(length);
  const size_t at = seal_at(as_text(footer));
  CHECK(at != std::string_view::npos);
  const std::string seal = seal_of(footer, at);
  std::ranges::copy(as_bytes(seal), footer.subspan(at).begin());
}

Status check_footer(Bytes footer) {
  const size_t at = seal_at(as_text(footer));
  if (at == std::string_view::npos) return {};
  if (as_text(footer).substr(at, kUnsealed.size()) == seal_of(footer, at)) return {};
  return Error(ErrorCode::kCorrupt, "the file's footer has another checksum than it says");
}

}  // namespace foz::delta
