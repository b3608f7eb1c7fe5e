// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/commit_times_internal.h"

#include <fmt/format.h>

#include "delta/features_internal.h"
#include "delta/json_internal.h"

namespace foz::delta {
namespace {

std::optional<int64_t> number_property(const Snapshot& snapshot, const std::string& name) {
  const auto text = snapshot.property(name);
  return text ? json_integer(*text) : std::nullopt;
}

}  // namespace

Result<CommitTimes> CommitTimes::open(const Table& table) {
  return open(table, TRY(table.latest()));
}

Result<CommitTimes> CommitTimes::open(const Table& table, const SnapshotPtr& latest) {
  CommitTimes times(table);
  times.log_ = TRY(list_log(table.store(), table.root(), Version{0}));
  std::optional<int64_t> before;
  for (const auto& [version, object] : times.log_.commits) {
    if (version > latest->version()) break;
    int64_t time = object.modified_ms;
    if (before && time <= *before) time = *before + 1;
    times.file_times_.emplace(version, time);
    before = time;
  }
  if (in_commit_timestamps_enabled(latest->protocol(), latest->metadata())) {
    const auto from = number_property(*latest, "delta.inCommitTimestampEnablementVersion");
    times.inside_from_ = Version{from.value_or(0)};
    times.inside_from_ms_ = number_property(*latest, "delta.inCommitTimestampEnablementTimestamp");
  }
  return times;
}

Result<int64_t> CommitTimes::time_of(Version version) const {
  if (!is_inside(version) || !file_times_.contains(version)) return time_of(version, {});
  return time_of(version, TRY(read_commit_object(table_->store(), log_.commits.at(version).path)));
}

Result<int64_t> CommitTimes::time_of(Version version, const ReadCommit& commit) const {
  const auto found = file_times_.find(version);
  if (found == file_times_.end()) {
    return Error(
        ErrorCode::kNotFound,
        fmt::format("version {} has no commit file, so its time is not known", version.value()));
  }
  if (!is_inside(version)) return found->second;
  if (commit.facts.in_commit_timestamp_ms) return *commit.facts.in_commit_timestamp_ms;
  return Error(ErrorCode::kCorrupt, "the commit has no inCommitTimestamp")
      .within(log_.commits.at(version).path);
}

Result<std::pair<Version, Version>> CommitTimes::range() const {
  const auto first = log_.first();
  const auto begin = first ? file_times_.lower_bound(*first) : file_times_.end();
  if (begin == file_times_.end()) {
    return Error(ErrorCode::kNotFound, "no commit file is left to tell the times of versions");
  }
  return std::pair(begin->first, file_times_.rbegin()->first);
}

// Times grow within the range.
Result<std::optional<VersionTime>> CommitTimes::search(Version first, Version last,
                                                       int64_t timestamp_ms) const {
  std::optional<VersionTime> found;
  int64_t low = first.value(), high = last.value();
  while (low <= high) {
    const Version middle{low + (high - low) / 2};
    const int64_t time = TRY(time_of(middle));
    if (time <= timestamp_ms) {
      found = VersionTime{middle, time};
      low = middle.value() + 1;
    } else {
      high = middle.value() - 1;
    }
  }
  return found;
}

Result<std::optional<VersionTime>> CommitTimes::last_before(int64_t timestamp_ms) const {
  const auto [first, last] = TRY(range());
  if (!inside_from_ || *inside_from_ > last) return search(first, last, timestamp_ms);
  const Version inside = std::max(first, *inside_from_);
  const bool known = inside_from_ms_ && inside == *inside_from_;
  if (timestamp_ms >= (known ? *inside_from_ms_ : TRY(time_of(inside)))) {
    return search(inside, last, timestamp_ms);
  }
  if (inside == first) return std::optional<VersionTime>();
  return search(first, Version{inside.value() - 1}, timestamp_ms);
}

}  // namespace foz::delta
