// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The keys that a keyed table has deleted, as rows of a table of their own: the key's columns,
// kSequenceColumn, kOriginColumn and kDeletedAtColumn.
#pragma once

#include "table/files_change_internal.h"

namespace foz::table {

// Gives entries without a place but when they were deleted. A row that does not say it is as old as
// its file.
Status read_tombstones(const delta::Table& table, const delta::Snapshot& snapshot,
                       const delta::AddFile& file, const KeySpec& spec, const VisitKey& visit);

struct PrunedTombstones {
  delta::SnapshotPtr snapshot;
  int64_t rows = 0;
};
// Takes away those from before a time. kConflict: another writer changed the same files.
Result<PrunedTombstones> prune_tombstones(delta::Table& table, delta::SnapshotPtr snapshot,
                                          int64_t before_ms, Random& random, const Clock& clock,
                                          const delta::OnProgress& go_on);

}  // namespace foz::table
