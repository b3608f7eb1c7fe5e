// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Dates and timestamps as text, ISO 8601 as the protocol writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace foz::delta {

// "2026-01-31T12:00:00.123Z"; six digits of a second where three do not do; "Z" when `zoned`.
// nullopt outside of the years 1 to 9999.
std::optional<std::string> timestamp_text(int64_t us, bool zoned);
std::optional<std::string> date_text(int32_t days);

}  // namespace foz::delta
