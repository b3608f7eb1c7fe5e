// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which files are worth rewriting, and the commits that put new ones in their place.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "delta/clustering_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/features_internal.h"
#include "delta/properties_internal.h"
#include "delta/replay_internal.h"
#include "delta/rewrite_internal.h"
#include "delta/row_order_internal.h"

namespace foz::delta {
namespace {

// A file is made in memory, whatever a table or a statement asks for.
constexpr int64_t kLargestFile = int64_t{1} << 30;

using FilePtr = std::shared_ptr<const AddFile>;
using PartitionValues = std::map<std::string, std::optional<std::string>>;

// Rewritten bytes that go into one commit: a crash loses no more work than this, or than one
// cluster.
constexpr int64_t kCommitBytes = int64_t{1} << 30;
// A cluster of half this size is left as it is.
constexpr int64_t kClusterBytes = int64_t{16} << 30;
// Files that together fill half a target are merged even if they are few.
constexpr int64_t kFull = 2;

double deleted_share(const AddFile& file) {
  if (!file.deletion_vector) return 0;
  const auto rows = physical_rows(file);
  if (!rows || *rows <= 0) return 1;
  return static_cast<double>(file.deletion_vector->cardinality) / static_cast<double>(*rows);
}

int64_t live_bytes(const AddFile& file) {
  const double live = std::clamp(1 - deleted_share(file), 0.0, 1.0);
  return static_cast<int64_t>(static_cast<double>(file.size) * live);
}

// What is merged with others as a whole: a file, or a cluster.
struct Unit {
  DataFiles files;
  int64_t bytes = 0;
  bool must_change = false;

  void add(const FilePtr& file) {
    files.push_back(file);
    bytes += live_bytes(*file);
  }
  // Files of the same time have values of the same time.
  auto age() const { return std::tie(files.front()->modification_time_ms, files.front()->path); }
};

class Plan {
 public:
  Plan(const Snapshot& snapshot, ColumnMapping mapping, const OptimizeOptions& options)
      : options_(options) {
    for (const auto& [column, value] : options.partition) {
      physical_[column] = physical_name(*snapshot.schema().find(column), mapping);
    }
    if (clusters()) columns_ = cluster_columns(options.cluster_by);
    most_ = clusters() ? std::clamp(options.most_bytes, sorted_bytes(options), kClusterBytes)
            : options.order_by.empty() ? options.target_bytes
                                       : sorted_bytes(options);
    snapshot.each_file([&](const FilePtr& file) {
      if (is_in(*file)) take(file);
      return true;
    });
  }

  std::vector<Bin> bins() && {
    for (auto& [values, units] : partitions_) {
      std::vector<Unit> wanted;
      for (auto& [name, unit] : units) {
        if (unit.must_change || unit.bytes < (clusters() ? most_ / kFull : most_)) {
          wanted.push_back(std::move(unit));
        }
      }
      std::ranges::sort(wanted, {}, &Unit::age);
      std::vector<Unit> together;
      int64_t bytes = 0;
      for (Unit& unit : wanted) {
        if (bytes > 0 && bytes + unit.bytes > most_) {
          merge(std::exchange(together, {}), std::exchange(bytes, 0));
        }
        bytes += unit.bytes;
        together.push_back(std::move(unit));
      }
      merge(std::move(together), bytes);
    }
    purge();
    return std::move(bins_);
  }

 private:
  bool clusters() const { return !options_.cluster_by.empty(); }

  bool is_in(const AddFile& file) const {
    return std::ranges::all_of(options_.partition, [&](const auto& wanted) {
      const auto& [column, value] = wanted;
      return partition_text(file, physical_.at(column), column) == value;
    });
  }

  // Empty: of none, or of other columns.
  std::string cluster_of(const AddFile& file) const {
    const auto tag = file.tags.find(kClusterTag);
    if (!clusters() || tag == file.tags.end() || !tag->second.starts_with(columns_)) return {};
    return tag->second;
  }

  void take(const FilePtr& file) {
    const std::string cluster = cluster_of(*file);
    Unit& unit = partitions_[file->partition_values][cluster.empty() ? file->path : cluster];
    unit.add(file);
    const bool worn = deleted_share(*file) > options_.purge_share;
    if (cluster.empty()) unit.must_change = worn || clusters();
    if (options_.deleted_share < 1 || (worn && !cluster.empty())) all_.push_back(file);
  }

  void keep(const std::vector<Unit>& units) {
    Bin bin;
    for (const Unit& unit : units) {
      bin.files.insert(bin.files.end(), unit.files.begin(), unit.files.end());
      bin.bytes += unit.bytes;
    }
    bins_.push_back(std::move(bin));
  }

  void merge(std::vector<Unit> units, int64_t bytes) {
    // A cluster is not divided again for a few rows more.
    while ((options_.balanced || clusters()) && units.size() > 1) {
      const auto largest = std::ranges::max_element(units, {}, &Unit::bytes);
      if (largest->bytes * 2 <= bytes) break;
      bytes -= largest->bytes;
      if (largest->must_change) keep({*largest});
      units.erase(largest);
    }
    const bool full = bytes >= most_ / kFull;
    if (units.size() >= (full ? 2 : std::max<size_t>(2, options_.min_files)) ||
        std::ranges::any_of(units, &Unit::must_change)) {
      keep(units);
    }
  }

  // Files that stay with more deleted rows than is good for each, or for all of them together.
  void purge() {
    std::set<std::string_view> taken;
    for (const Bin& bin : bins_) {
      for (const FilePtr& file : bin.files) taken.insert(file->path);
    }
    double rows = 0, deleted = 0;
    for (const FilePtr& file : all_) {
      rows += static_cast<double>(physical_rows(*file).value_or(0));
      if (file->deletion_vector && !taken.contains(file->path)) {
        deleted += static_cast<double>(file->deletion_vector->cardinality);
      }
    }
    std::ranges::sort(all_, std::greater(),
                      [](const FilePtr& file) { return deleted_share(*file); });
    std::map<std::pair<PartitionValues, std::string>, Bin> bins;
    for (const FilePtr& file : all_) {
      if (taken.contains(file->path)) continue;
      const bool worn = deleted_share(*file) > options_.purge_share;
      if (!file->deletion_vector || (!worn && deleted <= options_.deleted_share * rows)) break;
      deleted -= static_cast<double>(file->deletion_vector->cardinality);
      const std::string cluster = cluster_of(*file);
      Bin& bin = bins[{file->partition_values, cluster}];
      const int64_t bytes = live_bytes(*file);
      if (!bin.files.empty() && bin.bytes + bytes > most_) bins_.push_back(std::exchange(bin, {}));
      bin.cluster = cluster;
      bin.files.push_back(file);
      bin.bytes += bytes;
    }
    for (auto& [key, bin] : bins) {
      if (!bin.files.empty()) bins_.push_back(std::move(bin));
    }
  }

  const OptimizeOptions& options_;
  std::map<std::string, std::string> physical_;  // names of `options.partition`
  std::string columns_;                          // of clusters
  int64_t most_ = 0;                             // of a bin
  std::vector<FilePtr> all_;
  std::map<PartitionValues, std::map<std::string, Unit>> partitions_;
  std::vector<Bin> bins_;
};

// Writes the new files and hands them on, a bin at a time, and the bytes that it had.
using TakeMerged = std::function<Status(MergedFiles&& merged, const Bin& bin)>;

Status each_bin(const Table& table, const Snapshot& base, const OptimizeOptions& options,
                Random& random, const Clock& clock, const OnProgress& on_progress,
                const TakeMerged& take) {
  const std::vector<Bin> bins = Plan(base, TRY(column_mapping(base)), options).bins();
  Progress progress;
  for (const Bin& bin : bins) {
    progress.files_total += static_cast<int64_t>(bin.files.size());
    for (const FilePtr& file : bin.files) progress.bytes_total += file->size;
  }
  const OnFile on_file = [&](const AddFile* file) -> Status {
    if (file) {
      ++progress.files;
      progress.bytes += file->size;
    }
    return on_progress ? on_progress(progress) : Status();
  };
  TRY(on_file(nullptr));
  for (const Bin& bin : bins) {
    if (progress.bytes >= options.most_bytes) break;
    MergedFiles merged;
    if (!options.dry_run) {
      merged = TRY(rewrite(table, base, bin, options, random, clock, on_file));
    } else {
      for (const FilePtr& file : bin.files) TRY(on_file(file.get()));
    }
    TRY(take(std::move(merged), bin));
  }
  return {};
}

void add_up(OptimizeResult& all, const OptimizeResult& one) {
  all.commits += one.commits;
  all.files_removed += one.files_removed;
  all.bytes_removed += one.bytes_removed;
  all.files_added += one.files_added;
  all.bytes_added += one.bytes_added;
  all.files_lost += one.files_lost;
}

// None where one of them is nested or unknown.
std::vector<std::string> top_clustering_columns(const Snapshot& snapshot, ColumnMapping mapping) {
  std::vector<std::string> out;
  for (const auto& path : clustering_columns(snapshot)) {
    const auto& fields = snapshot.schema().fields;
    const auto field = std::ranges::find_if(fields, [&](const Field& each) {
      return path.size() == 1 && physical_name(each, mapping) == path.front();
    });
    if (field == fields.end()) return {};
    out.push_back(field->name);
  }
  return out;
}

Result<OptimizeOptions> settled(const Snapshot& snapshot, const OptimizeOptions& options) {
  TRY(check_writable_features(snapshot));
  const ColumnMapping mapping = TRY(column_mapping(snapshot));
  OptimizeOptions settled = options;
  if (settled.cluster_by.empty() && settled.order_by.empty()) {
    settled.cluster_by = top_clustering_columns(snapshot, mapping);
  }
  if (const auto size = snapshot.property("delta.targetFileSize")) {
    settled.target_bytes = byte_size(*size).value_or(settled.target_bytes);
  }
  settled.target_bytes = std::clamp<int64_t>(settled.target_bytes, 1, kLargestFile);
  for (const auto* columns : {&settled.order_by, &settled.cluster_by}) {
    TRY(check_orderable(snapshot.schema(), *columns));
    for (const std::string& column : *columns) {
      if (std::ranges::find(snapshot.metadata().partition_columns, column) !=
          snapshot.metadata().partition_columns.end()) {
        return invalid(fmt::format(
            "{} is a partition column: all rows of a file have the same value of it", column));
      }
    }
  }
  for (const auto& [column, value] : options.partition) {
    const auto& names = snapshot.metadata().partition_columns;
    if (std::ranges::find(names, column) == names.end()) {
      return invalid(fmt::format("{} is not a partition column", column));
    }
  }
  return settled;
}

}  // namespace

Result<std::vector<MergedFiles>> write_merged(const Table& table, const SnapshotPtr& snapshot,
                                              const OptimizeOptions& options, Random& random,
                                              const Clock& clock, const OnProgress& progress) {
  const OptimizeOptions known = TRY(settled(*snapshot, options));
  std::vector<MergedFiles> out;
  TRY(each_bin(table, *snapshot, known, random, clock, progress,
               [&](MergedFiles&& merged, const Bin&) -> Status {
                 out.push_back(std::move(merged));
                 return {};
               }));
  return out;
}

Result<OptimizeResult> optimize(Table& table, const SnapshotPtr& snapshot,
                                const OptimizeOptions& options, Random& random, const Clock& clock,
                                const OnProgress& progress) {
  const OptimizeOptions known = TRY(settled(*snapshot, options));
  OptimizeResult all;
  all.snapshot = snapshot;
  std::vector<MergedFiles> staged;
  int64_t bytes = 0;
  const auto commit = [&]() -> Status {
    const auto done = TRY(swap_merged(table, all.snapshot, staged, known.cluster_by, random));
    all.snapshot = done.snapshot;
    add_up(all, done);
    staged.clear();
    bytes = 0;
    return {};
  };
  TRY(each_bin(table, *snapshot, known, random, clock, progress,
               [&](MergedFiles&& merged, const Bin& bin) -> Status {
                 bytes += bin.bytes;
                 if (known.dry_run) {
                   all.files_removed += static_cast<int64_t>(bin.files.size());
                   for (const FilePtr& file : bin.files) all.bytes_removed += file->size;
                   return {};
                 }
                 staged.push_back(std::move(merged));
                 return bytes >= kCommitBytes ? commit() : Status();
               }));
  if (!staged.empty()) TRY(commit());
  return all;
}

}  // namespace foz::delta
