// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a log file holds beside the actions that the public parser gives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "delta/actions.h"

namespace foz::delta {

// A Parquet file of file actions that a v2 checkpoint points at.
struct Sidecar {
  std::string path;
};

struct LogFile {
  std::vector<Action> actions;
  std::vector<Sidecar> sidecars;
};

// A commit, or a v2 checkpoint in JSON. Fails like parse_commit.
Result<LogFile> parse_log_file(std::string_view text);

// commitInfo fields that decide something; absent when missing.
struct CommitFacts {
  std::optional<std::string> txn_id;
  std::optional<int64_t> timestamp_ms, in_commit_timestamp_ms;
};
CommitFacts commit_facts(const CommitInfo& info);

}  // namespace foz::delta
