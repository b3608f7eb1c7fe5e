// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// From the files of a log to the snapshot of one version.
#pragma once

#include <string>

#include "delta/commit_internal.h"
#include "delta/log_files_internal.h"
#include "delta/replay_internal.h"
#include "delta/table.h"

namespace foz::delta {

// What an older checkpoint, or the commits alone, may still make good.
bool is_damage(const Error& error);

// Starts at the newest checkpoint at or below `target`, which the log has, takes compactions where
// they fit and commits for the rest. When that fails, or contradicts the version's checksum, an
// older checkpoint is tried, then the commits alone. `catalog`: the log holds what a catalog knows
// of, too.
Result<SnapshotPtr> load(const store::ObjectStore& store, const std::string& root,
                         const LogFiles& log, Version target, bool catalog = false);

// kNotFound names the versions that there are; the answer is the oldest.
Result<Version> check_version(const LogFiles& log, Version version);

Error no_table(const std::string& root);

}  // namespace foz::delta
