// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <unordered_set>

#include "base/clock.h"
#include "delta/column_mapping_internal.h"
#include "delta/commit_internal.h"
#include "delta/deletion_vector_internal.h"
#include "delta/features_internal.h"
#include "delta/log_files_internal.h"
#include "delta/maintenance.h"
#include "delta/paths_internal.h"
#include "delta/properties_internal.h"
#include "delta/replay_internal.h"
#include "delta/retry_internal.h"

namespace foz::delta {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr std::string_view kChangeData = "_change_data/";

std::string days(int64_t ms) {
  return fmt::format("{:.4g} days", static_cast<double>(ms) / static_cast<double>(kDayMs));
}

// Objects of the store that the log names. Hashes: at worst a file too many stays.
class Named {
 public:
  explicit Named(const Table& table) : table_(table) {}

  template <class File>
  void take(const File& file) {
    take_path(file.path);
    if (!file.deletion_vector) return;
    const DeletionVector& vector = *file.deletion_vector;
    if (vector.storage_type == "p") take_path(vector.path_or_inline);
    if (vector.storage_type != "u") return;
    if (const auto path = vector_path(vector))
      hashes_.insert(hash(join_path(table_.root(), *path)));
  }
  // What lies in another store is none of ours.
  void take_path(std::string_view path) {
    if (const auto resolved = resolve_path(table_.store(), table_.root(), path)) {
      hashes_.insert(hash(*resolved));
    }
  }
  bool contains(const std::string& path) const { return hashes_.contains(hash(path)); }

 private:
  static uint64_t hash(const std::string& path) { return std::hash<std::string>{}(path); }
  const Table& table_;
  std::unordered_set<uint64_t> hashes_;
};

// Whether no reader looks at it as data: "_" and "." hide, but a partition column may begin so.
bool is_hidden(std::string_view name, const std::vector<std::string>& partitions) {
  if (name.starts_with(kChangeData)) return false;
  for (size_t at = 0; at < name.size();) {
    const std::string_view segment = name.substr(at, name.find('/', at) - at);
    at += segment.size() + 1;
    if (!segment.starts_with('_') && !segment.starts_with('.')) continue;
    const auto is_column = [&](const std::string& column) {
      return segment.starts_with(column + "=");
    };
    if (std::ranges::none_of(partitions, is_column)) return true;
  }
  return false;
}

std::vector<std::string> partition_names(const Snapshot& snapshot) {
  std::vector<std::string> out = snapshot.metadata().partition_columns;
  const auto mapping = column_mapping(snapshot);
  for (const std::string& column : snapshot.metadata().partition_columns) {
    const Field* field = snapshot.schema().find(column);
    if (mapping && field) out.push_back(physical_name(*field, *mapping));
  }
  return out;
}

struct Age {
  int64_t cutoff_ms;
  int64_t kept_ms;  // how long tombstones are kept
};

Result<Age> age_of(const Table& table, const Snapshot& snapshot, const VacuumOptions& options,
                   int64_t now_ms) {
  const int64_t standard =
      TRY(retention_ms(snapshot, "delta.deletedFileRetentionDuration", 7 * kDayMs));
  const int64_t retention = options.retention ? options.retention->count() : standard;
  if (retention < 0) return invalid("a retention is not negative");
  if (retention < standard && !options.force) {
    return invalid(fmt::format(
        "a retention of {} is below the {} that the table asks for: readers of older versions and "
        "writers that have not committed yet would lose files; force it if there are none",
        days(retention), days(standard)));
  }
  int64_t cutoff_ms = now_ms - retention;
  if (options.followed_to && *options.followed_to < snapshot.version()) {
    // Missing: it was cleaned away, or has not come yet.
    const auto commit =
        table.store().head(log_path(table.root(), commit_name(*options.followed_to)));
    if (!commit && commit.error().code() != ErrorCode::kNotFound) return commit.error();
    if (commit) cutoff_ms = std::min(cutoff_ms, commit->modified_ms);
  }
  return Age{cutoff_ms, standard};
}

// Paths that the actions `remove` and `cdc` of a commit name.
void take_commit(std::string_view text, Named& named) {
  simdjson::dom::parser parser;
  simdjson::padded_string padded(text);
  simdjson::dom::document_stream lines;
  if (parser.parse_many(padded).get(lines)) return;
  for (auto line : lines) {
    std::string_view path;
    if (!line["cdc"]["path"].get(path)) named.take_path(path);
  }
}

// What the state does not remember: change data, and tombstones that a checkpoint let go.
Status take_commits(const Table& table, int64_t cutoff_ms, Named& named) {
  const LogFiles log = TRY(list_log(table.store(), table.root(), Version{0}));
  for (const auto& [version, commit] : log.commits) {
    if (commit.modified_ms < cutoff_ms) continue;
    const std::string text = TRY(retried([&] { return table.store().get(commit.path); }));
    take_commit(text, named);
    for (const Action& action : TRY(parse_commit(text).within(commit.path))) {
      if (const auto* remove = std::get_if<RemoveFile>(&action)) named.take(*remove);
    }
  }
  return {};
}

}  // namespace

Result<std::vector<store::ObjectMeta>> vacuum(const Table& table, const SnapshotPtr& snapshot,
                                              const VacuumOptions& options, const Clock& clock,
                                              const OnProgress& progress) {
  TRY(check_writable_features(*snapshot));
  const int64_t now_ms = clock.now_ms();
  const Age age = TRY(age_of(table, *snapshot, options, now_ms));

  // Listed before the log is read again: what is committed in between is named by the newer state.
  const std::string folder = join_path(table.root(), "");
  std::vector<store::ObjectMeta> gone = TRY(retried([&] { return table.store().list(folder); }));
  const auto partitions = partition_names(*snapshot);
  bool change_data = false;
  std::erase_if(gone, [&](const store::ObjectMeta& object) {
    const std::string_view name = std::string_view(object.path).substr(folder.size());
    if (object.modified_ms >= age.cutoff_ms || is_hidden(name, partitions)) return true;
    change_data |= name.starts_with(kChangeData);
    return false;
  });
  if (gone.empty()) return gone;

  const SnapshotPtr latest = TRY(table.refresh(snapshot));
  TRY(check_writable_features(*latest));
  Named named(table);
  const State& state = state_of(*latest);
  state.files.each([&](const auto& file) {
    named.take(*file);
    return true;
  });
  state.tombstones.each([&](const auto& file) {
    if (file->deletion_timestamp_ms.value_or(INT64_MAX) >= age.cutoff_ms) named.take(*file);
    return true;
  });
  if (change_data || age.cutoff_ms < now_ms - age.kept_ms) {
    TRY(take_commits(table, age.cutoff_ms, named));
  }
  std::erase_if(gone, [&](const auto& object) { return named.contains(object.path); });
  if (options.dry_run) return gone;

  Progress done{.files_total = static_cast<int64_t>(gone.size())};
  for (const auto& object : gone) done.bytes_total += object.size;
  for (const store::ObjectMeta& object : gone) {
    if (progress) TRY(progress(done));
    TRY(retried([&] { return table.store().remove(object.path); }));
    ++done.files;
    done.bytes += object.size;
  }
  return gone;
}

}  // namespace foz::delta
