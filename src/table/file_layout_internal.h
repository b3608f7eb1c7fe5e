// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The offsets that a bronze file holds, as its tag says.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace foz::table {

// From and to by "TOPIC-ID/PARTITION".
using OffsetRanges = std::map<std::string, std::pair<int64_t, int64_t>, std::less<>>;

// Widens `ranges` by those of a tag; false: it is not as we write it, and the ranges are of no use.
bool widen(OffsetRanges& ranges, std::string_view tag);

}  // namespace foz::table
