// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string>
#include <string_view>

#include "sql/flow_build_internal.h"

namespace foz::sql {

// By lower-case name, or by an operator's symbol; null when there is none.
const Function* find_function(std::string_view name);
// Why a flow cannot have it: an aggregate, volatile, unknown (with the nearest name).
std::string unknown_function(const std::string& name);

}  // namespace foz::sql
