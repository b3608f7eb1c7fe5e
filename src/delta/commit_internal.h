// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One attempt to commit: the loop over versions, the conflict rules, and the settling of lost
// answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "delta/actions_internal.h"
#include "delta/replay_internal.h"
#include "delta/row_deletions_internal.h"
#include "delta/row_tracking_internal.h"
#include "delta/table.h"

namespace foz::delta {

struct ReadCommit {
  std::vector<Action> actions = {};
  std::vector<CdcFile> changes = {};
  CommitFacts facts = {};
  int64_t timestamp_ms = 0;  // of the file, where it is known; else what commitInfo says
  std::optional<uint32_t> mark = {};
};

// CRC-32C of a commit's first bytes, in which its time, its id or its files' names stand.
uint32_t commit_mark(std::string_view text);
// nullopt: there is no such commit.
Result<std::optional<uint32_t>> read_commit_mark(const store::ObjectStore& store,
                                                 const std::string& path);

Result<ReadCommit> read_commit_object(const store::ObjectStore& store, const std::string& path);
// Applies one version; the caller calls finish() in the end.
Status advance(State& state, Version version, ReadCommit&& read);

class Commit {
 public:
  Commit(store::ObjectStore& store, const std::string& root, const Clock& clock, Random& random,
         SnapshotPtr base, const CommitRequest& request);
  Result<CommitOutcome> run();

 private:
  enum class Put { kWon, kLost };

  Status check_request() const;
  std::optional<Conflict> check_state() const;
  Result<std::optional<Conflict>> leave_old_base();
  Result<std::optional<Conflict>> follow_files();
  Result<std::optional<Conflict>> follow(ReadCommit&& winner, Version version);
  Result<Put> put(Version version, const std::string& body, ReadCommit& winner);
  bool is_ours(const ReadCommit& winner) const;

  Result<std::vector<Action>> actions(Version version, int64_t timestamp_ms) const;
  Status put_files(std::vector<Action>& out, Version version, int64_t timestamp_ms) const;
  Status give_ids_to_old_files(std::vector<Action>& out, RowIds& ids, Version version) const;
  Metadata metadata_to_write(Version version, int64_t timestamp_ms) const;
  std::string commit_info(int64_t timestamp_ms) const;
  int64_t next_timestamp_ms() const;
  // As this commit leaves them.
  const Protocol& protocol() const;
  const Metadata& metadata() const;
  Conflict conflict(Conflict::Kind kind, std::string message) const;
  SnapshotPtr current() const;

  store::ObjectStore& store_;
  const std::string& root_;
  const Clock& clock_;
  const CommitRequest& request_;
  const std::string txn_id_;
  SnapshotPtr base_;
  State state_;  // the table as far as it is known
  RowDeletions deletions_;
  bool foreign_change_ = false;
};

}  // namespace foz::delta
