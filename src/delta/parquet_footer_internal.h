// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A checksum of the footer in the footer: Parquet has them for pages only, and a changed byte in a
// footer can make a column another's, or none. It is the value of a key (seal_internal.h).
#pragma once

#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace arrow {
class KeyValueMetadata;
}

namespace foz::delta {

// What a file is given before it is closed,
std::shared_ptr<const arrow::KeyValueMetadata> footer_seal();
// and the whole file afterwards.
void seal_footer(std::span<std::byte> file);

// kCorrupt when a footer that we wrote has another checksum. Others' footers, and those that
// another writer took our key over to, are passed.
Status check_footer(Bytes footer);

}  // namespace foz::delta
