// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What metadata says of column mapping, and how columns get names and ids.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#column-mapping
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "delta/actions.h"
#include "delta/column_mapping.h"

namespace foz::delta {

// The property alone: what will count once the protocol has the feature.
Result<ColumnMapping> column_mapping(const Metadata& metadata);

// Ids of the elements of a field's lists and maps, which Iceberg wants: by path from its physical
// name ("col-1.element.key").
std::map<std::string, int64_t> nested_ids(const Field& field);

inline constexpr const char* kMappingMode = "delta.columnMapping.mode";
inline constexpr const char* kMaxColumnId = "delta.columnMapping.maxColumnId";
inline constexpr const char* kColumnId = "delta.columnMapping.id";
inline constexpr const char* kPhysicalName = "delta.columnMapping.physicalName";
inline constexpr const char* kNestedIds = "delta.columnMapping.nested.ids";

// Gives every field that has none, at any depth, an id above the greatest one given so far (which
// `configuration` keeps) and a physical name: its own name, or a fresh one. Elements get ids where
// the table is to be compatible with Iceberg V2.
enum class PhysicalNames { kAsLogical, kFresh };
void map_columns(std::vector<Field>& fields, std::map<std::string, std::string>& configuration,
                 PhysicalNames names, Random& random);

}  // namespace foz::delta
