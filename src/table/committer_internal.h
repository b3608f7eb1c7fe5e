// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a seal hands to the committer: the sealed parts of one group, in the order in which they
// commit.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "table/keyed_internal.h"
#include "table/live_tables.h"

namespace foz::table {

struct PartMove {
  std::optional<int64_t> expected;  // the stored position at which the part begins
  int64_t next = 0;
  // Set: `next` is the version that this table has after its own commit.
  std::optional<TableId> upstream;
  // How many publishes of the upstream the part has read.
  int64_t read_publishes = 0;
};

// What a table has taken in since its last seal.
struct Part {
  std::shared_ptr<const Tail> tail;
  std::map<std::string, PartMove> moves;
  RowCounts counts;
  std::chrono::steady_clock::time_point since;  // its first rows or moves
  int64_t complete_ms = 0;                      // as TableRows has it
  bool empty() const { return !tail && moves.empty(); }
};

struct SealedPart {
  enum class State {
    kWaiting,    // not tried, or to be tried again: `reason`
    kCommitted,  // `after`
    kConflict,   // somebody else moved a position or changed the table: `after` is what it is now
    kUpset,      // its upstream was changed by somebody else in between
    kBlocked,    // cannot be written: `reason`
  };

  TableId id;
  TableName name;
  Role role = Role::kSilver;
  std::shared_ptr<delta::Table> table;
  delta::SnapshotPtr base;
  Part part;
  std::vector<size_t> needs;  // parts of the job that commit first
  // Of a keyed table: what the part changes, and what it hides of `base`.
  std::optional<KeySpec> keys;
  std::shared_ptr<const KeyChanges> changes;
  std::shared_ptr<const HiddenRows> hidden;

  State state = State::kWaiting;
  bool tried = false;     // files may be in the store, and an answer may have been lost
  bool taken_in = false;  // the tick thread knows that it is committed
  std::optional<std::vector<delta::AddFile>> files;
  // Of a keyed table with a change data feed, and which rows they say have gone.
  std::vector<delta::CdcFile> change_files;
  std::shared_ptr<const HiddenRows> changed;
  std::vector<KeyEntry> landed;  // where the changes are, by file of `files`
  delta::SnapshotPtr after;
  bool foreign_change = false;
  // Of a keyed table's conflict: what others changed, and whether only that stood in the way.
  std::optional<FilesChange> followed;
  bool files_alone = false;
  std::string reason;
  double seconds = 0;
  int64_t file_bytes = 0;
};

struct CommitJob {
  uint64_t seal = 0;
  std::vector<SealedPart> parts;
  int attempts = 0;
  bool again = false;  // waited for another attempt, which is under way
  std::chrono::steady_clock::time_point retry_at;
};

struct CommitTools {
  const CommitPolicy& policy;
  const Clock& clock;
  Random& random;
};

// Commits every part that is waiting and whose needs are met. Files that are written stay for the
// next attempt.
inline constexpr char kCommitsAppId[] = "foz/commits";

void commit_parts(CommitJob& job, const CommitTools& tools);

// The rows of a tail as they go into files: bronze by (partition, offset), others as they came. A
// joined batch stays far below the 2 GiB that a column holds.
inline constexpr int64_t kMostJoinedBytes = 512LL << 20;
Result<std::vector<std::shared_ptr<arrow::RecordBatch>>> rows_to_write(
    const Tail& tail, Role role, int64_t most_joined_bytes = kMostJoinedBytes);

}  // namespace foz::table
