// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a log file holds beside the actions that the public parser gives.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "delta/actions.h"
#include "delta/history.h"

namespace foz::delta {

// A Parquet file of file actions that a v2 checkpoint points at.
struct Sidecar {
  std::string path = {};
  int64_t size = 0;  // 0: unknown
};

// What a v2 checkpoint says of itself.
struct CheckpointMetadata {
  int64_t version = -1;
  std::map<std::string, std::string> tags = {};
};

struct LogFile {
  std::vector<Action> actions;
  std::vector<Sidecar> sidecars;
  std::vector<CdcFile> changes;
  std::optional<CheckpointMetadata> checkpoint;
};

// A commit, a compaction of commits, or a v2 checkpoint in JSON. Fails like parse_commit.
Result<LogFile> parse_log_file(std::string_view text);

// commitInfo fields that decide something; absent when missing.
struct CommitFacts {
  std::optional<std::string> txn_id;
  std::optional<int64_t> timestamp_ms, in_commit_timestamp_ms;
  bool blind_append = false;
};
CommitFacts commit_facts(const CommitInfo& info);

// All that commitInfo says for people; version and time are the caller's.
HistoryEntry history_entry(const CommitInfo& info);

}  // namespace foz::delta
