// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which version of a table a person means.
#pragma once

#include <string_view>

#include "cli/table_commands.h"
#include "delta/table.h"

namespace foz::cli {

// The newest one when nothing is said.
Result<delta::SnapshotPtr> snapshot_at(const delta::Table& table, const VersionOption& at);

// "2026-01-31", "2026-01-31 12:00[:00[.5]]", with T, Z or an offset from UTC: milliseconds since
// the epoch.
Result<int64_t> parse_time_ms(std::string_view text);
std::string time_text(int64_t ms);

}  // namespace foz::cli
