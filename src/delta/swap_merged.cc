// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Files that were made of others take their place, though rows of those may have gone meanwhile.
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "base/json_writer.h"
#include "delta/data_file.h"
#include "delta/deletion_vector_internal.h"
#include "delta/json_internal.h"
#include "delta/replay_internal.h"
#include "delta/retry_internal.h"
#include "delta/rewrite_internal.h"
#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

using FilePtr = std::shared_ptr<const AddFile>;

bool has_rows(const AddFile& file) {
  return !file.deletion_vector || file.deletion_vector->cardinality != physical_rows(file);
}

// One merge, against the table as it is by now.
class Swap {
 public:
  Swap(const Table& table, const State& state, MergedFiles& merged)
      : table_(table), state_(state), merged_(merged) {}

  // The old files as they are now, and the new ones with the rows deleted that went from those.
  // nullopt: this merge cannot be.
  Result<std::optional<std::vector<FilePtr>>> follow(VectorFile& vectors) {
    std::vector<FilePtr> now;
    std::vector<size_t> changed;
    std::vector<VectorToLoad> loads;
    for (size_t i = 0; i < merged_.from.size(); ++i) {
      const MovedRows& moved = merged_.from[i];
      FilePtr file = state_.files.find(FileKey::any_vector_of(moved.file->path));
      if (!file) return std::optional<std::vector<FilePtr>>();
      if (key_of(*file) != key_of(*moved.file)) {
        if (!file->deletion_vector || !merged_.in_order) {
          return std::optional<std::vector<FilePtr>>();
        }
        loads.push_back({&*file->deletion_vector, moved.rows});
        changed.push_back(i);
      }
      now.push_back(std::move(file));
    }
    for (const int64_t rows : merged_.rows) gone_.emplace_back(rows);
    for (AddFile& file : merged_.into) file.deletion_vector.reset();
    const auto deleted = TRY(load_deletion_vectors(table_.store(), table_.root(), loads));
    for (size_t i = 0; i < changed.size(); ++i) {
      if (!carry(merged_.from[changed[i]], deleted[i])) {
        return std::optional<std::vector<FilePtr>>();
      }
    }
    for (size_t i = 0; i < gone_.size(); ++i) {
      if (gone_[i].count() == 0) continue;
      AddFile& file = merged_.into[i];
      file.deletion_vector = TRY(vectors.add(gone_[i]));
      file.stats = with_wide_bounds(file.stats);
    }
    return std::optional(std::move(now));
  }

 private:
  // False: a row has come back that was deleted, which the new files do not have.
  bool carry(const MovedRows& moved, const DeletedRows& deleted) {
    const auto words = deleted.words();
    int64_t next = moved.first;  // of the rows that moved
    for (size_t i = 0; i < words.size(); ++i) {
      const uint64_t before = i < moved.gone.size() ? moved.gone[i] : 0;
      if (before & ~words[i]) return false;
      for (uint64_t left = words[i] & ~before; left != 0; left &= left - 1) {
        const uint64_t below = (left & -left) - 1;
        if (!add(next + std::popcount(~before & below))) return false;
      }
      next += std::popcount(~before);
    }
    return true;
  }

  bool add(int64_t row) {
    for (DeletedRows& file : gone_) {
      if (row < file.rows()) return file.add(static_cast<uint64_t>(row), 1);
      row -= file.rows();
    }
    return false;
  }

  const Table& table_;
  const State& state_;
  MergedFiles& merged_;
  std::vector<DeletedRows> gone_;
};

// No commit names them. What stays behind is vacuum's.
void drop(const Table& table, const MergedFiles& merged) {
  for (const AddFile& file : merged.into) {
    if (const auto path = object_path(table, file)) (void)table.store().remove(*path);
  }
}

CommitRequest empty_request(const std::vector<std::string>& cluster_by) {
  CommitRequest request;
  request.operation = "OPTIMIZE";
  JsonWriter columns;
  columns.begin_array();
  for (const std::string& column : cluster_by) columns.string(column);
  columns.end_array();
  request.operation_parameters = {{"predicate", "\"[]\""},
                                  {"zOrderBy", json_quote(columns.text())}};
  return request;
}

// Merges that cannot be are taken out.
Result<CommitRequest> request_of(Table& table, const Snapshot& latest,
                                 std::vector<MergedFiles>& merged,
                                 const std::vector<std::string>& cluster_by, Random& random,
                                 OptimizeResult& result) {
  CommitRequest request = empty_request(cluster_by);
  VectorFile vectors(random);
  int64_t removed = 0, added = 0;
  std::vector<MergedFiles> kept;
  for (MergedFiles& one : merged) {
    const auto now = TRY(Swap(table, state_of(latest), one).follow(vectors));
    if (!now) {
      result.files_lost += static_cast<int64_t>(one.from.size());
      drop(table, one);
      continue;
    }
    for (const FilePtr& file : *now) {
      request.removes.push_back(removal_of(*file, false));
      removed += file->size;
    }
    for (const AddFile& file : one.into) {
      if (!has_rows(file)) continue;
      request.adds.push_back(file);
      added += file.size;
    }
    kept.push_back(std::move(one));
  }
  merged = std::move(kept);
  TRY(vectors.put(table.store(), table.root()));
  request.operation_metrics = {{"numRemovedFiles", static_cast<int64_t>(request.removes.size())},
                               {"numRemovedBytes", removed},
                               {"numAddedFiles", static_cast<int64_t>(request.adds.size())},
                               {"numAddedBytes", added}};
  return request;
}

}  // namespace

Result<OptimizeResult> swap_merged(Table& table, const SnapshotPtr& latest,
                                   std::vector<MergedFiles>& merged,
                                   const std::vector<std::string>& cluster_by, Random& random) {
  OptimizeResult result;
  result.snapshot = latest;
  while (true) {
    const CommitRequest request =
        TRY(request_of(table, *result.snapshot, merged, cluster_by, random, result));
    if (merged.empty()) return result;
    // The request is found again by its files, whatever answer got lost.
    auto outcome =
        TRY(retried([&] { return table.commit(result.snapshot, request); }).within("optimize"));
    if (auto* committed = std::get_if<Committed>(&outcome)) {
      result.snapshot = std::move(committed->snapshot);
      result.commits = 1;
      const auto& metrics = request.operation_metrics;
      result.files_removed = metrics.at("numRemovedFiles");
      result.bytes_removed = metrics.at("numRemovedBytes");
      result.files_added = metrics.at("numAddedFiles");
      result.bytes_added = metrics.at("numAddedBytes");
      return result;
    }
    auto& conflict = std::get<Conflict>(outcome);
    if (conflict.kind != Conflict::Kind::kFileRemoved) {
      for (const MergedFiles& one : merged) drop(table, one);
      return Error(ErrorCode::kConflict, "optimize: " + conflict.message);
    }
    result.snapshot = std::move(conflict.latest);
  }
}

Result<OptimizeResult> swap_merged(Table& table, const SnapshotPtr& latest,
                                   std::vector<MergedFiles>& merged, Random& random) {
  return swap_merged(table, latest, merged, {}, random);
}

}  // namespace foz::delta
