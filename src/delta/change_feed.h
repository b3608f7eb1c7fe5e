// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The change data feed: which rows each version inserted, updated and deleted.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#reader-requirements-for-addcdcfile
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/data_file.h"
#include "delta/table.h"

namespace foz::delta {

// Columns that were renamed, dropped or changed in the range: Spark refuses the range, unless it is
// told to read it with the newer names and types all the same
// (unsafeBatchReadOnIncompatibleSchemaChanges).
enum class OtherSchemas { kRefuse, kReadThrough };

// The changes of versions from..to, both of them included. Rows have the table's columns as the
// newest version names them (as the range's last one does where columns are mapped, as in Spark)
// and three more: _change_type ("insert", "update_preimage", "update_postimage", "delete"),
// _commit_version (int64) and _commit_timestamp.
class ChangeFeed {
 public:
  // A `to` that is not there yet ends the range at the newest version. kNotFound names the versions
  // that there are; kInvalid the version that was made without the feed, or the one whose schema
  // cannot be read as the feed's (a column gone or renamed, another type, other partitions).
  // `table` must outlive the feed.
  static Result<ChangeFeed> open(const Table& table, Version from,
                                 std::optional<Version> to = std::nullopt,
                                 OtherSchemas others = OtherSchemas::kRefuse);

  Version from() const { return from_; }
  Version to() const { return to_; }
  const Schema& table_schema() const { return shape_->schema(); }

  // A version after another; within one, in no particular order. `columns` of the table (empty:
  // all), then the three. Holds the actions of one version and the rows of one batch in memory.
  // Stops when `visit` fails, with its error.
  Status read(const std::vector<std::string>& columns, const VisitBatch& visit) const;

 private:
  ChangeFeed(const Table& table, Version from, Version to, SnapshotPtr shape)
      : table_(&table), from_(from), to_(to), shape_(std::move(shape)) {}

  const Table* table_;
  Version from_, to_;
  SnapshotPtr shape_;  // whose columns the rows have
};

}  // namespace foz::delta
