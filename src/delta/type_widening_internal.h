// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Types that may become wider without a file being rewritten, and how the schema remembers it.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#type-widening
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "delta/types.h"

namespace foz::delta {

// Calls `visit` with both types of every change that columns remember, at any depth.
using VisitTypeChange = std::function<Status(const DataType& from, const DataType& to)>;
Status each_type_change(const std::vector<Field>& fields, const VisitTypeChange& visit);

bool may_widen(const DataType& from, const DataType& to);
// As the schema writes it: "decimal(10,2)".
std::string type_name(const DataType& type);

// One entry of "delta.typeChanges"; `path` leads from the column into arrays and maps ("" for the
// column itself).
std::string widening_json(const DataType& from, const DataType& to, const std::string& path);
void note_widening(Field& field, const std::string& change);

}  // namespace foz::delta
