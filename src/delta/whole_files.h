// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Changes of rows by whole files: of tables without deletion vectors, and tables that begin with
// rows.
#pragma once

#include <vector>

#include "delta/rows.h"

namespace foz::delta {

// Whether rows can go without their file being written anew.
bool has_deletion_vectors(const Snapshot& snapshot);
// Whether readers of the table ask what a commit has changed.
bool has_change_feed(const Snapshot& snapshot);

// Makes the deletions of a request ones that a table without deletion vectors takes: the files are
// removed, and added without those rows.
Status copy_on_write(const RowWriter& writer, CommitRequest& request);

// Version 0 with metadata and protocol of `shape`, a snapshot of a table that is elsewhere, and
// with files that were written here for it. kAlreadyExists when there is a table.
Result<SnapshotPtr> create_with_files(const Table& table, const Snapshot& shape,
                                      std::vector<AddFile> files, Random& random,
                                      const Clock& clock);

// What makes a table into one of `shape`, a snapshot of a table that is elsewhere: its columns,
// properties and features, and none of the old files. The table stays the same one, and keeps the
// features that it has. kUnsupported where columns are mapped: names would have to be told apart.
Result<CommitRequest> replacement(const Snapshot& old, const Snapshot& shape);

}  // namespace foz::delta
