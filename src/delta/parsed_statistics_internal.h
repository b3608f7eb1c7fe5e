// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Statistics and partition values as columns of a checkpoint: `stats_parsed` and
// `partitionValues_parsed` of its `add`.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#checkpoints
#pragma once

#include <arrow/type_fwd.h>

#include <optional>
#include <string>
#include <vector>

#include "delta/actions.h"
#include "delta/column_mapping_internal.h"

namespace foz::delta {

// A row of `stats_parsed` as the JSON of an action; what has no form there is left out. Empty where
// the row has none.
std::string statistics_json(const arrow::StructArray& parsed, int64_t row);

// Whether checkpoints have statistics as JSON (delta.checkpoint.writeStatsAsJson).
bool has_json_statistics(const Metadata& metadata);

// Both columns, for a table that asks for them.
class ParsedColumns {
 public:
  // nullopt: the table does not (delta.checkpoint.writeStatsAsStruct).
  static Result<std::optional<ParsedColumns>> of(const Metadata& metadata, const Schema& schema);

  // In this order; partition values only where there are any.
  arrow::FieldVector fields() const;
  // Fills in the fields, which begin at `first`, of a row that `add` has been given.
  Status append(const AddFile& file, arrow::StructBuilder& add, int first) const;

 private:
  ColumnMapping mapping_ = ColumnMapping::kNone;
  std::vector<Field> data_, partitions_;
};

}  // namespace foz::delta
