// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the changes of metadata have in common.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "delta/row_checker.h"
#include "delta/transaction.h"

namespace arrow {
class RecordBatch;
}

namespace foz::delta {

// The request that gives the table this metadata with this schema, checked, and the features that
// they and the caller ask for.
Result<CommitRequest> altered(const Snapshot& snapshot, Metadata metadata, const Schema& schema,
                              std::set<std::string> features = {});

// kInvalid names a check that a row does not pass.
Status check_rows(const RowChecker& checker, const std::vector<RowRules::Check>& checks,
                  const std::shared_ptr<arrow::RecordBatch>& rows);

}  // namespace foz::delta
