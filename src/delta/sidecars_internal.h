// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The files that v2 checkpoints share: one that still says the truth is named again, not written.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#v2-spec
#pragma once

#include <string>
#include <vector>

#include "delta/checkpoint_file_internal.h"
#include "delta/log_files_internal.h"
#include "delta/replay_internal.h"

namespace foz {
class Random;
}

namespace foz::delta {

struct Sidecars {
  std::vector<SidecarFile> files;
  int64_t actions = 0, bytes = 0;
};

// Sidecars that together hold the files of the state and the tombstones from `oldest_ms` on. Reuses
// those of the newest checkpoint before it where the commits in between can be read. Called inside
// guard_parquet().
Result<Sidecars> write_sidecars(store::ObjectStore& store, const std::string& root,
                                const State& state, int64_t oldest_ms, Random& random);

// What a checkpoint names; none when it is classic.
Result<std::vector<SidecarFile>> sidecars_of(const store::ObjectStore& store,
                                             const CheckpointFiles& checkpoint);

}  // namespace foz::delta
