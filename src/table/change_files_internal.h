// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The change data feed of a keyed table's commit.
#pragma once

#include <memory>
#include <vector>

#include "table/committer_internal.h"

namespace foz::table {

// Writes the rows that the part hides, as what is deleted or updated, and the rows that it adds, as
// those that they became or as new ones. Reads the old rows from their files, one file at a time.
Result<std::vector<delta::CdcFile>> write_change_files(
    const SealedPart& sealed, const std::vector<std::shared_ptr<arrow::RecordBatch>>& added,
    const CommitTools& tools);

}  // namespace foz::table
