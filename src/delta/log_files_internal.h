// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What lies in `_delta_log`: commits, checkpoints and what goes with them, by version. Everything
// else there is ignored.
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

// The reconciled actions of versions first to last in one file.
struct CompactedCommits {
  Version first, last;
  store::ObjectMeta object;
};

struct LogFiles {
  std::map<Version, store::ObjectMeta> commits;
  std::vector<CheckpointFiles> checkpoints;   // newest first
  std::vector<CompactedCommits> compactions;  // by first, then by last
  std::map<Version, store::ObjectMeta> checksums;
  std::optional<Version> last() const;
  // The oldest version that can be made again: 0, or a checkpoint's.
  std::optional<Version> first() const;
  // The longest compaction that begins at `first` and ends at or before `target`.
  const CompactedCommits* compaction(Version first, Version target) const;
};

// Files of versions from `from` on.
Result<LogFiles> list_log(const store::ObjectStore& store, const std::string& root, Version from);

// The version in `_last_checkpoint`: a hint. nullopt when the file is missing or makes no sense.
std::optional<Version> parse_last_checkpoint(std::string_view json);

}  // namespace foz::delta
