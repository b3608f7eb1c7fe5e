// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The checkpoint file: what recovery begins with. Little-endian.
//
//    0 magic "fozC"   4 version u32 = 3   8 CRC-32C of everything from 12   12 length u64 of what
//    follows
//   20 journal salt u64, sequence u64, file u32, byte i64: the last frame that need not be replayed
//      producer ids given out are below i64
//      topics u32, each: the topic, and for each partition what Partition::encode writes
//      from version 2: hidden topics u32, each its id
//      from version 3: partitions may have transactions
//
// A new one is written beside it, synced and renamed over it, and the folder synced, before the
// journal is trimmed.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "log/journal_internal.h"
#include "store/disk.h"

namespace foz::log {

struct CheckpointHead {
  uint64_t salt = 0;
  JournalPosition position;
  int64_t producer_ids_below = 0;
};

void encode_head(ByteWriter& out, const CheckpointHead& head);
CheckpointHead decode_head(ByteReader& in);

Status write_checkpoint(store::Disk& disk, const std::string& directory, std::string_view payload);
// Nothing when there is none. kCorrupt: it is not as written.
Result<std::optional<std::string>> read_checkpoint(store::Disk& disk, const std::string& directory);

// A log that was closed in order says so in the file "closed": the checkpoint covers the last frame
// there is, that of `sequence`, so that the journal need not be searched for damage behind it. The
// mark is gone, durably, before the log that found it writes anything.
Status mark_closed(store::Disk& disk, const std::string& directory, uint64_t sequence);
Result<bool> take_closed_mark(store::Disk& disk, const std::string& directory, uint64_t sequence);

}  // namespace foz::log
