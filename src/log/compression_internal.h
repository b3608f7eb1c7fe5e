// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The codecs of record batches, as Kafka's clients frame them.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "log/record_batch.h"

namespace foz::log {

// At most `limit` bytes come out; memory grows with what is really unpacked, never with what a
// length claims. kCorrupt: malformed or too long. `compression` is not kNone.
Result<std::string> unpack(Compression compression, Bytes packed, size_t limit);
Result<std::string> pack(Compression compression, Bytes plain);

}  // namespace foz::log
