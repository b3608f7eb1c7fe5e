// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Checkpoints: the state of a version in files.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints
#pragma once

#include <string>

#include "delta/log_files_internal.h"
#include "delta/replay_internal.h"

namespace foz::delta {

// Classic, multi-part and v2 (Parquet or JSON, with or without sidecars). The state has passed
// finish(). Any damage is kCorrupt or kNotFound (a sidecar that is gone): the caller may then try
// an older checkpoint.
Result<State> read_checkpoint(const store::ObjectStore& store, const std::string& root,
                              const CheckpointFiles& files, bool catalog = false);

}  // namespace foz::delta
