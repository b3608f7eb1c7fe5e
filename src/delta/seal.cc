// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/seal_internal.h"

#include <fmt/format.h>

#include "base/crc32c.h"

namespace foz::delta {
namespace {

// commitInfo is the first line. npos when it has no seal.
size_t commit_seal_at(std::string_view text) {
  const std::string before = fmt::format("\"{}\":\"", kCommitSeal);
  const size_t key = text.substr(0, text.find('\n')).rfind(before);
  if (key == std::string_view::npos) return key;
  const size_t at = key + before.size();
  return text.size() - at < kUnsealed.size() ? std::string_view::npos : at;
}

}  // namespace

std::string seal_of(Bytes bytes, size_t at) {
  uint32_t crc = crc32c(bytes.first(at));
  crc = crc32c(as_bytes(kUnsealed), crc);
  crc = crc32c(bytes.subspan(at + kUnsealed.size()), crc);
  return fmt::format("{:08x}", crc);
}

void seal_commit(std::string& text) {
  const size_t at = commit_seal_at(text);
  if (at != std::string::npos) text.replace(at, kUnsealed.size(), seal_of(as_bytes(text), at));
}

Status check_commit(std::string_view text) {
  const size_t at = commit_seal_at(text);
  if (at == std::string_view::npos ||
      text.substr(at, kUnsealed.size()) == seal_of(as_bytes(text), at)) {
    return {};
  }
  return Error(ErrorCode::kCorrupt,
               fmt::format("the commit is not as it was written: its checksum ({} in commitInfo) "
                           "is of other bytes; put back the object from a copy of the store",
                           kCommitSeal));
}

}  // namespace foz::delta
