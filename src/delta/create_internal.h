// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A table's first commit, and what every metadata must be.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "delta/column_mapping.h"
#include "delta/table.h"

namespace foz::delta {

// Version 0 of a table with these options. kInvalid or kUnsupported says what is wrong with them.
Result<CommitRequest> first_commit(const CreateOptions& options, const Clock& clock,
                                   Random& random);

// Puts into the metadata what properties that were just turned on need besides themselves: names of
// the columns of row tracking.
void complete_properties(Metadata& metadata, Random& random);

// Columns and partitioning make sense: no name twice, no column that a feature has for itself, and
// not only partition columns. The schema is the metadata's.
Status check_columns(const Metadata& metadata, const Schema& schema);

// Of columns that are made: Spark refuses tables with some names that Parquet itself allows.
Status check_new_names(const std::vector<Field>& fields, ColumnMapping mapping);

}  // namespace foz::delta
