// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Changes of a table's properties, columns, constraints and domains. Each gives the request that
// commits it, with the protocol raised where a feature needs it; kInvalid or kUnsupported says why
// not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "delta/row_checker.h"
#include "delta/table.h"

namespace foz::delta {

// Properties of the protocol are checked by name and value; an unknown "delta.*" is kInvalid.
// "delta.feature.NAME" = "supported" adds a feature.
Result<CommitRequest> set_properties(const Snapshot& snapshot, Random& random,
                                     const std::map<std::string, std::string>& set,
                                     const std::vector<std::string>& unset = {});

// From the outside in: {"address", "city"}; "element", "key" and "value" lead into arrays and maps.
using ColumnPath = std::vector<std::string>;

// Behind the last column of `parent` (empty: of the table).
Result<CommitRequest> add_columns(const Snapshot& snapshot, Random& random,
                                  const ColumnPath& parent, const std::vector<Field>& fields);
Result<CommitRequest> add_column(const Snapshot& snapshot, Random& random, const ColumnPath& parent,
                                 const Field& field);
// Both need column mapping.
Result<CommitRequest> rename_column(const Snapshot& snapshot, const ColumnPath& column,
                                    const std::string& name);
Result<CommitRequest> drop_column(const Snapshot& snapshot, const ColumnPath& column);
// A wider type; needs delta.enableTypeWidening.
Result<CommitRequest> change_type(const Snapshot& snapshot, const ColumnPath& column,
                                  const DataType& type);
// NOT NULL is set only where statistics of every file show that no row has null.
Result<CommitRequest> set_nullable(const Snapshot& snapshot, const ColumnPath& column,
                                   bool nullable);
// nullopt: no default any more.
Result<CommitRequest> set_default(const Snapshot& snapshot, const std::string& column,
                                  const std::optional<std::string>& sql);

// Reads the table: kInvalid when a row does not meet the constraint as it is.
Result<CommitRequest> add_constraint(const Table& table, const SnapshotPtr& snapshot,
                                     const std::string& name, const std::string& sql,
                                     const RowChecker& checker);
Result<CommitRequest> drop_constraint(const Snapshot& snapshot, const std::string& name);

// nullopt removes it. Domains that begin with "delta." are the protocol's own: kInvalid.
Result<CommitRequest> set_domain(const Snapshot& snapshot, const std::string& domain,
                                 const std::optional<std::string>& configuration);
// Empty: not clustered any more. The layout is made by the next optimize.
Result<CommitRequest> cluster_by(const Snapshot& snapshot, const std::vector<ColumnPath>& columns);

}  // namespace foz::delta
