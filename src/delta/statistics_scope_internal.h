// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The property that names the columns with statistics: "a, `b.c`, d.e".
#pragma once

#include <optional>
#include <span>
#include <string>

#include "delta/column_mapping.h"
#include "delta/snapshot.h"
#include "delta/statistics_internal.h"

namespace foz::delta {

inline constexpr const char* kStatisticsColumns = "delta.dataSkippingStatsColumns";

// Which columns have statistics, as the table's properties say, and those by which it is clustered.
StatisticsScope statistics_scope(const Snapshot& snapshot, ColumnMapping mapping);

// kInvalid for the name of a column that is not there.
Status check_statistics_columns(const Metadata& metadata, const Schema& schema);

// Names a column that is renamed by its new name, and one that is dropped (nullopt) no more.
void change_statistics_columns(Metadata& metadata, std::span<const std::string> column,
                               const std::optional<std::string>& name);

}  // namespace foz::delta
