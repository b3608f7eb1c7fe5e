// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Some files of one partition, made into others with the same rows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "delta/maintenance.h"

namespace foz::delta {

using DataFiles = std::vector<std::shared_ptr<const AddFile>>;

struct Bin {
  DataFiles files;
  int64_t bytes = 0;    // without what is deleted of them
  std::string cluster;  // the tag of the new files; empty: they become one of their own
};

// Files have the same one when their rows together were put in the Z-order of the columns that it
// names: COLUMN,COLUMN#ID.
inline constexpr char kClusterTag[] = "foz.clustered";
std::string cluster_columns(const std::vector<std::string>& columns);  // up to the #

// What rows are sorted at once become, in bytes of a file.
int64_t sorted_bytes(const OptimizeOptions& options);

// Called behind each file that was read, and with null when something else was done. An error ends
// the work.
using OnFile = std::function<Status(const AddFile* read)>;

// Writes the new files, which no commit names yet. A bin whose rows are all deleted has none.
Result<MergedFiles> rewrite(const Table& table, const Snapshot& snapshot, const Bin& bin,
                            const OptimizeOptions& options, Random& random, const Clock& clock,
                            const OnFile& on_file);

// As swap_merged(). `cluster_by` is for the log.
Result<OptimizeResult> swap_merged(Table& table, const SnapshotPtr& latest,
                                   std::vector<MergedFiles>& merged,
                                   const std::vector<std::string>& cluster_by, Random& random);

// The action that takes a file away.
RemoveFile removal_of(const AddFile& file, bool data_change);

}  // namespace foz::delta
