// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Work on a table beside its writers: a short log, files of a good size, nothing left behind; and
// tables made from other tables.
//
// Each of these may run while others write, and may be killed at any point: what was committed
// stands, and the rest is files that nobody names, which vacuum() takes away after its retention.
// Checkpoints are Table::checkpoint's.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table.h"

namespace foz::delta {

// How far it has come. An error that is returned ends the work with it, between two files.
struct Progress {
  int64_t files = 0, files_total = 0;
  int64_t bytes = 0, bytes_total = 0;
};
using OnProgress = std::function<Status(const Progress&)>;

// --- the log

// Puts what versions [from, to] did into FROM.TO.compacted.json, which saves readers that know such
// files reading each of them. kNotFound when one of them is gone; kInvalid unless from < to.
Status compact_log(const Table& table, Version from, Version to);

struct CleanOptions {
  bool dry_run = false;
  // Somebody follows the table's commits and has read up to this version: what comes behind stays.
  std::optional<Version> followed_to = {};
};
// Removes the commits and checkpoints that nobody needs to read a version younger than
// `delta.logRetentionDuration` (30 days), from the oldest on, and sidecars that belong to no
// checkpoint. Returns what went. Nothing goes when there is no whole checkpoint behind it, or when
// the table does not want it (`delta.enableExpiredLogCleanup`, table feature checkpointProtection).
Result<std::vector<store::ObjectMeta>> clean_log(const Table& table, const Snapshot& snapshot,
                                                 const CleanOptions& options, const Clock& clock);

// --- data files

// Tags of the file that is made of others. Without one, tags are dropped.
using MergeTags = std::function<std::map<std::string, std::string>(
    const std::vector<std::shared_ptr<const AddFile>>& merged)>;

// Memory: the compressed bytes of one file that is read and of one that is written, a row group,
// and where rows are sorted twice `sort_bytes`.
struct OptimizeOptions {
  // Of a file; a table's `delta.targetFileSize` goes before it.
  int64_t target_bytes = int64_t{128} << 20;
  // Files of a partition smaller than the target are merged when there are so many of them, in the
  // order in which they were written.
  size_t min_files = 2;
  // A file is merged only with others that together are as large as itself, so that however often
  // this runs a row is written again a logarithmic number of times.
  bool balanced = false;
  // A file of which a larger share than this is deleted is written again without those rows.
  double purge_share = 0.1;
  // While of all rows a larger share than this is deleted, files are written again, those with the
  // largest share first.
  double deleted_share = 1;
  // Rows of a file are sorted by these columns, in this order.
  std::vector<std::string> order_by = {};
  // All files that do not have it yet get their rows in the Z-order of these columns (Morton code
  // of ranks). Files that are put in order together, up to 16 GiB of them, become a cluster: of its
  // files few hold a given value. Clusters are merged as `balanced` says. A table with clustering
  // columns has a default.
  std::vector<std::string> cluster_by = {};
  // Rows are sorted in runs of this much memory, each of which is a file of its own. What is more
  // is divided first, in files that no commit names, so that it is written twice.
  int64_t sort_bytes = int64_t{256} << 20;
  // Only files with these partition values.
  std::map<std::string, std::optional<std::string>> partition = {};
  // Ends after so many bytes read.
  int64_t most_bytes = INT64_MAX;
  bool dry_run = false;
  MergeTags merge_tags = {};
};

struct OptimizeResult {
  SnapshotPtr snapshot;  // after the last commit
  int64_t commits = 0;
  int64_t files_removed = 0, bytes_removed = 0, files_added = 0, bytes_added = 0;
  int64_t files_lost = 0;  // another writer changed them meanwhile: they stay as they are
};
// Rewrites files into ones of a good size; no row changes (`dataChange` is false). kUnsupported
// names a table feature that stands against it.
Result<OptimizeResult> optimize(Table& table, const SnapshotPtr& snapshot,
                                const OptimizeOptions& options, Random& random, const Clock& clock,
                                const OnProgress& progress = {});

// What became of the rows of a file that was merged with others.
struct MovedRows {
  std::shared_ptr<const AddFile> file;  // as it was read
  int64_t rows = 0;                     // physical ones
  std::vector<uint64_t> gone;  // a bit for each: was deleted, and did not move; empty: none
  int64_t first = 0;           // where the first of the others is among the new files' rows
};
struct MergedFiles {
  std::vector<MovedRows> from;
  std::vector<AddFile> into;
  std::vector<int64_t> rows;  // of each new file
  bool in_order = true;       // each file's rows stand behind those of the file before
};
// optimize() in two steps, for a table that is written meanwhile. The first writes files that no
// commit names.
Result<std::vector<MergedFiles>> write_merged(const Table& table, const SnapshotPtr& snapshot,
                                              const OptimizeOptions& options, Random& random,
                                              const Clock& clock, const OnProgress& progress = {});
// The second puts them in the place of the old ones. Rows that went meanwhile stay deleted, as long
// as rows are in order; where an old file went the new ones do too. In `merged` stays what was
// committed, as it was.
Result<OptimizeResult> swap_merged(Table& table, const SnapshotPtr& latest,
                                   std::vector<MergedFiles>& merged, Random& random);

struct VacuumOptions {
  // Default: the table's `delta.deletedFileRetentionDuration`, else 7 days.
  std::optional<std::chrono::milliseconds> retention = {};
  bool force = false;  // accepts a retention below the default
  bool dry_run = false;
  // Somebody follows the table's commits and has read up to this version: files that a later one
  // added stay.
  std::optional<Version> followed_to = {};
};
// Removes files that no version younger than the retention names and that are themselves older.
// `_delta_log` and other names that begin with "_" or "." are left alone, but for change data.
// Returns what went. kInvalid: the retention is too short. kUnsupported: an unknown table feature,
// or a retention that cannot be read.
Result<std::vector<store::ObjectMeta>> vacuum(const Table& table, const SnapshotPtr& snapshot,
                                              const VacuumOptions& options, const Clock& clock,
                                              const OnProgress& progress = {});

// --- tables from tables

struct RestoreResult {
  SnapshotPtr snapshot;
  int64_t files_added = 0, files_removed = 0;
};
// Makes the newest version hold what `target` (an older one) held: one commit, tried again behind
// other writers'. Positions of streams stay where they are. kNotFound names a file of it that is
// gone; kConflict: others were faster each time.
Result<RestoreResult> restore(Table& table, const SnapshotPtr& latest, const SnapshotPtr& target);

enum class CloneKind {
  kShallow,  // names the source's files where they are: vacuum of the source breaks it
  kDeep,     // copies them
};
// Makes `target`, which must not exist, as a table of its own with the rows, columns and properties
// that `snapshot` of `source` has. Both are in one store.
Result<SnapshotPtr> clone(const Table& source, const SnapshotPtr& snapshot, const Table& target,
                          CloneKind kind, Random& random, const Clock& clock,
                          const OnProgress& progress = {});

struct ConvertOptions {
  // Types of the columns that folders COLUMN=VALUE name; those that are not given here are found
  // from the values: int, bigint, date, else string.
  std::vector<Field> partition_types = {};
  std::map<std::string, std::string> properties = {};
};
// Makes a folder of Parquet files a Delta table, in place and without touching them. kInvalid names
// two files whose columns do not fit together.
Result<SnapshotPtr> convert(const Table& table, const ConvertOptions& options, Random& random,
                            const Clock& clock, const OnProgress& progress = {});

}  // namespace foz::delta
