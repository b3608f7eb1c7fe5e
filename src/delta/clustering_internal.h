// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The domain that says by which columns a table is clustered.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#clustered-table
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "delta/snapshot.h"

namespace foz::delta {

inline constexpr const char* kClusteringDomain = "delta.clustering";

// Paths of physical names. None where the table is not clustered, or its domain cannot be read.
std::vector<std::vector<std::string>> clustering_columns(const Snapshot& snapshot);

// What makes a table that is clustered as `now` one that is clustered as `wanted`.
std::optional<DomainMetadata> clustering_change(const Snapshot& now, const Snapshot& wanted);

}  // namespace foz::delta
