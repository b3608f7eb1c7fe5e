// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which files are worth rewriting, and the commits that put new ones in their place.
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <set>

#include "base/json_writer.h"
#include "delta/column_mapping_internal.h"
#include "delta/data_file.h"
#include "delta/features_internal.h"
#include "delta/json_internal.h"
#include "delta/replay_internal.h"
#include "delta/retry_internal.h"
#include "delta/rewrite_internal.h"
#include "delta/row_order_internal.h"

namespace foz::delta {
namespace {

// A file is made in memory, whatever a table or a statement asks for.
constexpr int64_t kLargestFile = int64_t{1} << 30;

using FilePtr = std::shared_ptr<const AddFile>;

// Rewritten bytes that go into one commit: a crash loses no more work than this.
constexpr int64_t kCommitBytes = int64_t{1} << 30;
// Sorted rows take about so many times the bytes that they have in a file.
constexpr int64_t kExpansion = 4;
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

class Plan {
 public:
  Plan(const Snapshot& snapshot, const OptimizeOptions& options)
      : options_(options), tag_(clustered_tag(options.cluster_by)) {
    const bool sorts = !options.order_by.empty() || !options.cluster_by.empty();
    most_ = sorts ? std::min(options.target_bytes, options.sort_bytes / kExpansion)
                  : options.target_bytes;
    snapshot.each_file([&](const FilePtr& file) {
      if (is_wanted(*file)) partitions_[file->partition_values].push_back(file);
      return true;
    });
  }

  std::vector<Bin> bins() && {
    std::vector<Bin> out;
    for (auto& [values, files] : partitions_) {
      // Files of the same time have values of the same time.
      std::ranges::sort(files, {}, [](const FilePtr& file) {
        return std::tie(file->modification_time_ms, file->path);
      });
      Bin bin;
      for (const FilePtr& file : files) {
        const int64_t bytes = live_bytes(*file);
        if (!bin.files.empty() && bin.bytes + bytes > most_) keep(std::exchange(bin, {}), out);
        bin.files.push_back(file);
        bin.bytes += bytes;
      }
      keep(std::move(bin), out);
    }
    return out;
  }

 private:
  bool must_change(const AddFile& file) const {
    if (deleted_share(file) > options_.purge_share) return true;
    if (options_.cluster_by.empty()) return false;
    const auto tag = file.tags.find(kClusteredTag);
    return tag == file.tags.end() || tag->second != tag_;
  }

  bool is_wanted(const AddFile& file) const {
    for (const auto& [column, value] : options_.partition) {
      const auto found = file.partition_values.find(column);
      if (found == file.partition_values.end() || found->second != value) return false;
    }
    return live_bytes(file) < most_ || must_change(file);
  }

  void keep(Bin&& bin, std::vector<Bin>& out) const {
    const auto must = [&](const FilePtr& file) { return must_change(*file); };
    if (std::ranges::any_of(bin.files, must)) return out.push_back(std::move(bin));
    while (options_.balanced && bin.files.size() > 1) {
      const auto largest = std::ranges::max_element(
          bin.files, {}, [](const FilePtr& file) { return live_bytes(*file); });
      if (live_bytes(**largest) * 2 <= bin.bytes) break;
      bin.bytes -= live_bytes(**largest);
      bin.files.erase(largest);
    }
    const bool full = bin.bytes >= most_ / kFull;
    if (bin.files.size() >= (full ? 2 : std::max<size_t>(2, options_.min_files))) {
      out.push_back(std::move(bin));
    }
  }

  const OptimizeOptions& options_;
  const std::string tag_;
  int64_t most_ = 0;
  std::map<std::map<std::string, std::optional<std::string>>, std::vector<FilePtr>> partitions_;
};

// The bins that are rewritten and not committed yet.
struct Staged {
  struct Done {
    Bin bin;
    std::vector<AddFile> files;
  };
  std::vector<Done> bins;
  int64_t bytes = 0;
};

class Optimizer {
 public:
  Optimizer(Table& table, const SnapshotPtr& snapshot, OptimizeOptions options, Random& random,
            const Clock& clock)
      : table_(table), options_(std::move(options)), random_(random), clock_(clock) {
    result_.snapshot = snapshot;
  }

  Result<OptimizeResult> run(const OnProgress& on_progress) {
    const SnapshotPtr base = result_.snapshot;
    std::vector<Bin> bins = Plan(*base, options_).bins();
    Progress progress;
    for (const Bin& bin : bins) {
      progress.files_total += static_cast<int64_t>(bin.files.size());
      for (const FilePtr& file : bin.files) progress.bytes_total += file->size;
    }
    for (Bin& bin : bins) {
      if (on_progress) TRY(on_progress(progress));
      if (progress.bytes >= options_.most_bytes) break;
      for (const FilePtr& file : bin.files) progress.bytes += file->size;
      progress.files += static_cast<int64_t>(bin.files.size());
      staged_.bytes += bin.bytes;
      Staged::Done& done = staged_.bins.emplace_back();
      if (!options_.dry_run) {
        done.files = TRY(rewrite(table_, *base, bin, options_, random_, clock_));
      }
      done.bin = std::move(bin);
      if (staged_.bytes >= kCommitBytes) TRY(commit());
    }
    TRY(commit());
    if (on_progress) TRY(on_progress(progress));
    return std::move(result_);
  }

 private:
  // Commits what is staged; a bin of which another writer changed a file is left out.
  Status commit() {
    while (!staged_.bins.empty()) {
      const CommitRequest request = request_of();
      if (options_.dry_run) {
        count(request);
        break;
      }
      // The request is found again by its files, whatever answer got lost.
      auto outcome =
          TRY(retried([&] { return table_.commit(result_.snapshot, request); }).within("optimize"));
      if (auto* committed = std::get_if<Committed>(&outcome)) {
        result_.snapshot = std::move(committed->snapshot);
        ++result_.commits;
        count(request);
        break;
      }
      auto& conflict = std::get<Conflict>(outcome);
      if (conflict.kind != Conflict::Kind::kFileRemoved) {
        for (const Staged::Done& done : staged_.bins) drop(done);
        return Error(ErrorCode::kConflict, "optimize: " + conflict.message);
      }
      result_.snapshot = std::move(conflict.latest);
      std::erase_if(staged_.bins, [&](const Staged::Done& done) { return is_lost(done); });
    }
    staged_ = {};
    return {};
  }

  bool is_lost(const Staged::Done& done) {
    const State& state = state_of(*result_.snapshot);
    const auto is_there = [&](const FilePtr& file) {
      return state.files.find(key_of(*file)) != nullptr;
    };
    if (std::ranges::all_of(done.bin.files, is_there)) return false;
    result_.files_lost += static_cast<int64_t>(done.bin.files.size());
    drop(done);
    return true;
  }

  // No commit names them. What stays behind is vacuum's.
  void drop(const Staged::Done& done) {
    for (const AddFile& file : done.files) {
      if (const auto path = object_path(table_, file)) (void)table_.store().remove(*path);
    }
  }

  CommitRequest request_of() const {
    CommitRequest request;
    request.operation = "OPTIMIZE";
    JsonWriter columns;
    columns.begin_array();
    for (const std::string& column : options_.cluster_by) columns.string(column);
    columns.end_array();
    request.operation_parameters = {{"predicate", "\"[]\""},
                                    {"zOrderBy", json_quote(columns.text())}};
    int64_t removed = 0, added = 0;
    for (const Staged::Done& done : staged_.bins) {
      for (const FilePtr& file : done.bin.files) {
        request.removes.push_back(removal_of(*file, false));
        removed += file->size;
      }
      for (const AddFile& file : done.files) {
        request.adds.push_back(file);
        added += file.size;
      }
    }
    request.operation_metrics = {{"numRemovedFiles", static_cast<int64_t>(request.removes.size())},
                                 {"numRemovedBytes", removed},
                                 {"numAddedFiles", static_cast<int64_t>(request.adds.size())},
                                 {"numAddedBytes", added}};
    return request;
  }

  void count(const CommitRequest& request) {
    const auto& metrics = request.operation_metrics;
    result_.files_removed += metrics.at("numRemovedFiles");
    result_.bytes_removed += metrics.at("numRemovedBytes");
    result_.files_added += metrics.at("numAddedFiles");
    result_.bytes_added += metrics.at("numAddedBytes");
  }

  Table& table_;
  const OptimizeOptions options_;
  Random& random_;
  const Clock& clock_;
  OptimizeResult result_;
  Staged staged_;
};

// The columns of {"clusteringColumns":[["a"],["b"]]}, which are physical names; none where one is
// nested or unknown.
std::vector<std::string> clustering_columns(const Snapshot& snapshot, ColumnMapping mapping) {
  const auto& domains = state_of(snapshot).domains;
  if (!domains) return {};
  const auto found = domains->find("delta.clustering");
  if (found == domains->end()) return {};
  std::vector<std::string> out;
  simdjson::dom::parser parser;
  simdjson::dom::array columns;
  if (parser.parse(found->second.configuration)["clusteringColumns"].get(columns)) return {};
  for (const auto column : columns) {
    simdjson::dom::array path;
    std::string_view name;
    if (column.get(path) || path.size() != 1 || path.at(0).get(name)) return {};
    const auto& fields = snapshot.schema().fields;
    const auto field = std::ranges::find_if(
        fields, [&](const Field& each) { return physical_name(each, mapping) == name; });
    if (field == fields.end()) return {};
    out.push_back(field->name);
  }
  return out;
}

}  // namespace

Result<OptimizeResult> optimize(Table& table, const SnapshotPtr& snapshot,
                                const OptimizeOptions& options, Random& random, const Clock& clock,
                                const OnProgress& progress) {
  TRY(check_writable_features(*snapshot));
  const ColumnMapping mapping = TRY(column_mapping(snapshot->metadata()));
  OptimizeOptions settled = options;
  if (settled.cluster_by.empty() && settled.order_by.empty()) {
    settled.cluster_by = clustering_columns(*snapshot, mapping);
  }
  if (const auto size = snapshot->property("delta.targetFileSize")) {
    settled.target_bytes = json_integer(*size).value_or(settled.target_bytes);
  }
  settled.target_bytes = std::clamp<int64_t>(settled.target_bytes, 1, kLargestFile);
  for (const auto* columns : {&settled.order_by, &settled.cluster_by}) {
    TRY(check_orderable(snapshot->schema(), *columns));
  }
  // Names as the files have them.
  settled.partition.clear();
  for (const auto& [column, value] : options.partition) {
    const auto& names = snapshot->metadata().partition_columns;
    if (std::ranges::find(names, column) == names.end()) {
      return invalid(fmt::format("{} is not a partition column", column));
    }
    settled.partition[physical_name(*snapshot->schema().find(column), mapping)] = value;
  }
  return Optimizer(table, snapshot, std::move(settled), random, clock).run(progress);
}

}  // namespace foz::delta
