// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The names that columns have inside data files.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "delta/actions.h"
#include "delta/types.h"

namespace foz::delta {

enum class ColumnMapping { kNone, kName, kId };

// kUnsupported for a mode that is none of these.
Result<ColumnMapping> column_mapping(const Metadata& metadata);

// The logical name without column mapping.
std::string physical_name(const Field& field, ColumnMapping mapping);
std::optional<int64_t> field_id(const Field& field);

}  // namespace foz::delta
