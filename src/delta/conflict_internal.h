// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Whether a commit can go on behind one that another writer won: what can be told from the winner's
// actions. That positions and files are still as expected is looked up in the state that follows.
#pragma once

#include <optional>
#include <string>

#include "delta/commit_internal.h"

namespace foz::delta {

// The table's property, or what the request asks for.
Isolation isolation_of(const CommitRequest& request, const Metadata& metadata);
// A commit that only adds data and looked at nothing.
bool is_blind_append(const CommitRequest& request);

// `before` is the state that the winner changed. kCorrupt: its metadata cannot be read.
Result<std::optional<Clash>> find_clash(const CommitRequest& request, const ReadCommit& winner,
                                        Version version, const State& before);

}  // namespace foz::delta
