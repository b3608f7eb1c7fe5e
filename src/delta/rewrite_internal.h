// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Some files of one partition, made into others with the same rows.
#pragma once

#include <memory>
#include <vector>

#include "delta/maintenance.h"

namespace foz::delta {

struct Bin {
  std::vector<std::shared_ptr<const AddFile>> files;
  int64_t bytes = 0;  // without what is deleted of them
};

// Tag of files whose rows are in the Z-order of the columns that it names.
inline constexpr char kClusteredTag[] = "foz.clustered";
std::string clustered_tag(const std::vector<std::string>& columns);

// Writes the new files, which no commit names yet. A bin whose rows are all deleted has none.
Result<MergedFiles> rewrite(const Table& table, const Snapshot& snapshot, const Bin& bin,
                            const OptimizeOptions& options, Random& random, const Clock& clock);

// As swap_merged(). `cluster_by` is for the log.
Result<OptimizeResult> swap_merged(Table& table, const SnapshotPtr& latest,
                                   std::vector<MergedFiles>& merged,
                                   const std::vector<std::string>& cluster_by, Random& random);

// The action that takes a file away.
RemoveFile removal_of(const AddFile& file, bool data_change);

}  // namespace foz::delta
