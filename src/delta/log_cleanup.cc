// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#metadata-cleanup
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_set>

#include "base/clock.h"
#include "delta/checkpoint_internal.h"
#include "delta/features_internal.h"
#include "delta/log_files_internal.h"
#include "delta/maintenance.h"
#include "delta/parquet_source_internal.h"
#include "delta/paths_internal.h"
#include "delta/properties_internal.h"
#include "delta/replay_internal.h"
#include "delta/retry_internal.h"
#include "delta/sidecars_internal.h"

namespace foz::delta {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr size_t kVersionDigits = 20;

// "N.json", "N.crc", "N.checkpoint.…", "N.M.compacted.json": N.
std::optional<Version> version_of(std::string_view name) {
  if (name.size() <= kVersionDigits || name[kVersionDigits] != '.') return std::nullopt;
  int64_t version = 0;
  const char* end = name.data() + kVersionDigits;
  const auto parsed = std::from_chars(name.data(), end, version);
  if (parsed.ec != std::errc() || parsed.ptr != end || version < 0) return std::nullopt;
  return Version{version};
}

bool is_ours_to_clean(std::string_view rest) {
  return rest == ".json" || rest == ".crc" || rest.starts_with(".checkpoint.");
}

// The newest version that is no younger than `cutoff_ms`. A commit's time is never before that of
// an older one, whatever the files say.
std::optional<Version> last_expired(const LogFiles& log, int64_t cutoff_ms) {
  std::optional<Version> last;
  int64_t time_ms = 0;
  for (const auto& [version, commit] : log.commits) {
    time_ms = std::max(time_ms + 1, commit.modified_ms);
    if (time_ms > cutoff_ms) break;
    last = version;
  }
  return last;
}

// Whether every file of it can be opened: what stands before it will be gone.
Result<bool> is_whole(const Table& table, const CheckpointFiles& checkpoint) {
  const auto opens = [&](const std::string& path, int64_t size) -> Result<bool> {
    const auto reader = open_parquet(table.store(), path, size);
    if (reader) return true;
    const ErrorCode code = reader.error().code();
    if (code == ErrorCode::kCorrupt || code == ErrorCode::kNotFound) return false;
    return reader.error();
  };
  for (const store::ObjectMeta& part : checkpoint.parts) {
    if (!checkpoint.json && !TRY(opens(part.path, part.size))) return false;
  }
  for (const SidecarFile& sidecar : TRY(sidecars_of(table.store(), checkpoint))) {
    if (!TRY(opens(log_path(table.root(), "_sidecars/" + sidecar.path), sidecar.size)))
      return false;
  }
  return true;
}

// Sidecars that no checkpoint names. One that is being made may not name its own yet.
Result<std::vector<store::ObjectMeta>> lone_sidecars(const Table& table, const LogFiles& log,
                                                     Version cut, int64_t now_ms) {
  const std::string folder = log_path(table.root(), "_sidecars/");
  std::vector<store::ObjectMeta> lone = TRY(retried([&] { return table.store().list(folder); }));
  std::erase_if(lone, [&](const auto& each) { return each.modified_ms > now_ms - kDayMs; });
  if (lone.empty()) return lone;
  std::unordered_set<std::string> named;
  for (const CheckpointFiles& checkpoint : log.checkpoints) {
    if (checkpoint.version < cut) continue;
    for (SidecarFile& sidecar : TRY(sidecars_of(table.store(), checkpoint))) {
      named.insert(std::move(sidecar.path));
    }
  }
  std::erase_if(lone, [&](const auto& each) {
    const std::string name = each.path.substr(folder.size());
    return !name.ends_with(".parquet") || named.contains(name);
  });
  return lone;
}

}  // namespace

Result<std::vector<store::ObjectMeta>> clean_log(const Table& table, const Snapshot& snapshot,
                                                 const CleanOptions& options, const Clock& clock) {
  std::vector<store::ObjectMeta> gone;
  TRY(check_writable_features(snapshot));
  if (has_writer_feature(snapshot.protocol(), "checkpointProtection")) return gone;
  const auto enabled = snapshot.property("delta.enableExpiredLogCleanup");
  if (enabled && equal_without_case(*enabled, "false")) return gone;
  const int64_t keep_ms = TRY(retention_ms(snapshot, "delta.logRetentionDuration", 30 * kDayMs));
  // Whole days, so that a table is not cleaned at every checkpoint.
  const int64_t cutoff_ms = (clock.now_ms() - keep_ms) / kDayMs * kDayMs;
  const LogFiles log = TRY(list_log(table.store(), table.root(), Version{0}));
  auto expired = last_expired(log, cutoff_ms);
  if (expired && options.followed_to) expired = std::min(*expired, *options.followed_to);
  if (!expired) return gone;
  const auto cut = std::ranges::find_if(
      log.checkpoints, [&](const CheckpointFiles& each) { return each.version <= *expired; });
  if (cut == log.checkpoints.end() || !TRY(is_whole(table, *cut))) return gone;

  const std::string folder = log_path(table.root(), "");
  for (store::ObjectMeta& object : TRY(retried([&] { return table.store().list(folder); }))) {
    const std::string_view name = std::string_view(object.path).substr(folder.size());
    const auto version = version_of(name);
    if (!version || name.find('/') != std::string_view::npos) continue;
    const std::string_view rest = name.substr(kVersionDigits);
    const bool compacted = rest.ends_with(".compacted.json");
    // A compaction file across the cut would tell of versions that are gone.
    if (compacted ? *version <= cut->version : is_ours_to_clean(rest) && *version < cut->version) {
      gone.push_back(std::move(object));
    }
  }
  // From the oldest on, a commit before its checkpoint: what is left never has a gap above a
  // checkpoint.
  std::ranges::stable_sort(gone, {}, [&](const store::ObjectMeta& object) {
    const std::string_view name = std::string_view(object.path).substr(folder.size());
    return std::pair(*version_of(name), name.contains(".checkpoint."));
  });
  auto sidecars = TRY(lone_sidecars(table, log, cut->version, clock.now_ms()));
  std::ranges::move(sidecars, std::back_inserter(gone));
  if (options.dry_run) return gone;
  for (const store::ObjectMeta& object : gone) TRY(table.store().remove(object.path));
  return gone;
}

}  // namespace foz::delta
