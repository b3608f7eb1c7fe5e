// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// JSON scalars as they stand in schema metadata and statistics.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace foz::delta {

std::string json_quote(std::string_view text);
// nullopt when `json` is not a JSON string, or not an integer (given plainly or in quotes).
std::optional<std::string> json_unquote(std::string_view json);
std::optional<int64_t> json_integer(std::string_view json);

}  // namespace foz::delta
