// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The times of versions (see history.h), found by listing the log and reading as few commits as
// there have to be.
#pragma once

#include <map>
#include <optional>

#include "delta/history.h"
#include "delta/load_internal.h"

namespace foz::delta {

class CommitTimes {
 public:
  // Up to the version of `latest`.
  static Result<CommitTimes> open(const Table& table, const SnapshotPtr& latest);
  static Result<CommitTimes> open(const Table& table);

  store::ObjectStore& store() const { return table_->store(); }
  const LogFiles& log() const { return log_; }
  // Of every version that has a commit file.
  const std::map<Version, int64_t>& file_times() const { return file_times_; }
  // kNotFound: the commit file is gone. kCorrupt: it has no in-commit timestamp where it must.
  Result<int64_t> time_of(Version version) const;
  // The same of a commit that one has read.
  Result<int64_t> time_of(Version version, const ReadCommit& commit) const;
  // Oldest and newest version that can be read and still has a commit file; kNotFound when none
  // has.
  Result<std::pair<Version, Version>> range() const;
  // The newest version in `range()` whose time is at or before `timestamp_ms`; nullopt: none is.
  Result<std::optional<VersionTime>> last_before(int64_t timestamp_ms) const;

 private:
  explicit CommitTimes(const Table& table) : table_(&table) {}
  Result<std::optional<VersionTime>> search(Version first, Version last,
                                            int64_t timestamp_ms) const;

  bool is_inside(Version version) const { return inside_from_ && version >= *inside_from_; }

  const Table* table_;
  LogFiles log_;
  std::map<Version, int64_t> file_times_;
  // From this version on, commits have their time inside.
  std::optional<Version> inside_from_;
  std::optional<int64_t> inside_from_ms_;
};

}  // namespace foz::delta
