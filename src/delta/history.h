// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// When versions were made and by what: travel by time, and what DESCRIBE HISTORY shows.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#in-commit-timestamps
//
// A version's time is its in-commit timestamp from the version on that enabled them, and before
// that the modification time of its commit file; where those do not grow, each is one millisecond
// after the one before, as Spark has it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/table.h"

namespace foz::delta {

struct VersionTime {
  Version version;
  int64_t timestamp_ms = 0;
  bool operator==(const VersionTime&) const = default;
};

// A time behind the last version: Spark refuses it, Trino takes the last version.
enum class AfterLast { kRefuse, kTakeLast };

// The newest version that is not younger than `timestamp_ms` and can be read. kNotFound names the
// versions and times that there are.
Result<VersionTime> version_at(const Table& table, int64_t timestamp_ms, AfterLast after_last);

// The oldest version that is not older than `timestamp_ms`: where a change feed begins.
Result<VersionTime> version_from(const Table& table, int64_t timestamp_ms);

// commitInfo as far as writers agree on it; what a writer left out or wrote otherwise is absent.
struct HistoryEntry {
  Version version;
  int64_t timestamp_ms = 0;
  std::optional<std::string> operation, user_id, user_name, engine, isolation_level, user_metadata,
      transaction_id;
  std::optional<int64_t> read_version;
  std::optional<bool> blind_append;
  // Texts as they are, everything else as JSON.
  std::map<std::string, std::string> parameters, metrics;
};

class CommitTimes;

// The versions whose commit file is there, newest first; a commit is read when it is asked for.
class History {
 public:
  // From the version of `latest` on. The table must outlive it.
  static Result<History> open(const Table& table, const SnapshotPtr& latest);
  History(History&&) noexcept;
  ~History();

  // nullopt: the end, or what was older has been cleaned up meanwhile.
  Result<std::optional<HistoryEntry>> next();

 private:
  explicit History(std::unique_ptr<const CommitTimes> times);

  std::unique_ptr<const CommitTimes> times_;
  std::map<Version, int64_t>::const_reverse_iterator at_;
};

// At most `limit` of them (0: all).
Result<std::vector<HistoryEntry>> history(const Table& table, size_t limit);

}  // namespace foz::delta
