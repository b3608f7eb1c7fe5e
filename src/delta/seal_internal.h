// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Checksums in the bytes that they are of, where the protocol has none: in a Parquet footer
// (parquet_footer_internal.h) and in the text of a commit. A seal is eight hex digits, the CRC-32C
// of all bytes with zeros in its place.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace foz::delta {

constexpr std::string_view kUnsealed = "00000000";
// What belongs at `at`.
std::string seal_of(Bytes bytes, size_t at);

// The field of commitInfo that holds a commit's seal; a changed byte in a commit would else move a
// row to another partition, or take a file away that is not gone.
constexpr std::string_view kCommitSeal = "fozCrc32c";
// Fills in the seal; without the field nothing happens.
void seal_commit(std::string& text);
// kCorrupt when the text has a seal that is of other bytes.
Status check_commit(std::string_view text);

}  // namespace foz::delta
