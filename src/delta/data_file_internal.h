// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One data file, whose rows somebody else may choose: what reading a table and reading its changes
// have in common.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "delta/data_file.h"
#include "delta/deletion_vector_internal.h"

namespace foz::delta {

// Rows that are left out of a file, once it is known how many it has; nullopt: none.
using LeaveOut = std::function<Result<std::optional<DeletedRows>>(int64_t file_rows)>;

// As read_data_file; `columns` may also name kChangeType, which is then read as it stands. The
// deletion vector of `file` plays no part.
Status read_chosen_rows(const Table& table, const Snapshot& snapshot, const AddFile& file,
                        const std::vector<std::string>& columns, const LeaveOut& leave_out,
                        const VisitBatch& visit);

}  // namespace foz::delta
