// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Version 0 of a table that is made of files that are there already.
#pragma once

#include "delta/table.h"

namespace foz::delta {

// The request has protocol and metadata. kAlreadyExists when there is a table.
Result<SnapshotPtr> commit_first(const Table& table, const CommitRequest& request, Random& random,
                                 const Clock& clock);

}  // namespace foz::delta
