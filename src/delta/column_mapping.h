// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The names and ids that columns have inside data files.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "delta/snapshot.h"

namespace foz::delta {

enum class ColumnMapping { kNone, kName, kId };

// How the table's columns are found in its files: what the property says where the protocol lets
// it count. kUnsupported for a mode that is none of these.
Result<ColumnMapping> column_mapping(const Snapshot& snapshot);

// The logical name without column mapping.
std::string physical_name(const Field& field, ColumnMapping mapping);
std::optional<int64_t> field_id(const Field& field);

// What a file says that its value of a partition column is; nullopt: null. Some writers know no
// physical names.
std::optional<std::string> partition_text(const AddFile& file, const std::string& physical,
                                          const std::string& logical);

}  // namespace foz::delta
