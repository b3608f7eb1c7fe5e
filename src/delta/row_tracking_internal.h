// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Row tracking: each row has an id that stays, and the version that wrote it last.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#row-tracking
#pragma once

#include <optional>
#include <string>

#include "delta/replay_internal.h"

namespace foz::delta {

inline constexpr std::string_view kRowTrackingDomain = "delta.rowTracking";
inline constexpr const char* kRowIdColumn = "delta.rowTracking.materializedRowIdColumnName";
inline constexpr const char* kRowVersionColumn =
    "delta.rowTracking.materializedRowCommitVersionColumnName";

// New files get ids: supported and not suspended.
bool gives_row_ids(const Protocol& protocol, const Metadata& metadata);
// Rows keep them when they are rewritten.
bool row_tracking_enabled(const Protocol& protocol, const Metadata& metadata);

// Gives ids to files of one commit, above those that `state` has given.
class RowIds {
 public:
  // kCorrupt: the domain's text is not what the protocol says.
  static Result<RowIds> above(const State& state);
  // Ids that another table has given, whose files come with them.
  Status raise(const DomainMetadata& domain);
  // Fills in baseRowId and defaultRowCommitVersion where they are missing. kInvalid: the file's
  // statistics have no number of rows.
  Status assign(AddFile& file, Version version);
  // Set when ids were given out.
  std::optional<DomainMetadata> domain() const;

 private:
  int64_t high_water_ = -1;
  bool given_ = false;
};

}  // namespace foz::delta
