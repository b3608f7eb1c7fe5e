// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What lies in `_delta_log`: commits and checkpoints by version. Everything else there is ignored.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#delta-log-entries
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "delta/types.h"
#include "store/object_store.h"

namespace foz::delta {

// "00000000000000000007.json"
std::string commit_name(Version version);
std::string checkpoint_name(Version version);

// All parts of one complete checkpoint.
struct CheckpointFiles {
  Version version;
  std::vector<store::ObjectMeta> parts;
  bool json = false;
};

struct LogFiles {
  std::map<Version, store::ObjectMeta> commits;
  std::vector<CheckpointFiles> checkpoints;  // newest first
  std::optional<Version> last() const;
};

// Files of versions from `from` on.
Result<LogFiles> list_log(const store::ObjectStore& store, const std::string& root, Version from);

// The version in `_last_checkpoint`: a hint. nullopt when the file is missing or makes no sense.
std::optional<Version> parse_last_checkpoint(std::string_view json);

}  // namespace foz::delta
