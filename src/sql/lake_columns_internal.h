// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The columns of a table and those of its files: under column mapping files have physical names,
// or are told apart by field ids.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping
#pragma once

#include <string>
#include <vector>

#include "delta/snapshot.h"
#include "duckdb.hpp"
#include "duckdb/common/multi_file/multi_file_data.hpp"

namespace foz::sql {

// By name; null where a file does not have the column.
duckdb::vector<duckdb::MultiFileColumnDefinition> table_columns(const delta::Schema& schema);

// Gives a file's columns the table's names, at every level. What the table does not know (dropped
// columns) gets a name that no column has.
void use_table_names(const delta::Snapshot& snapshot,
                     duckdb::vector<duckdb::MultiFileColumnDefinition>& columns);

// Hidden columns of every table: what the log says of the file that a row is in. They are null
// while it is in none, and a column of the table hides the one of its name.
// https://trino.io/docs/current/connector/delta-lake.html#metadata-columns
const std::vector<delta::Field>& file_columns();

// The key of a partition column in AddFile::partition_values; empty: the column is not one.
std::string partition_key(const delta::Snapshot& snapshot, const delta::Field& field);

}  // namespace foz::sql
