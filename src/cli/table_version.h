// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which version of a table a person means.
#pragma once

#include "cli/table_commands.h"
#include "delta/table.h"

namespace foz::cli {

// The newest one when nothing is said.
Result<delta::SnapshotPtr> snapshot_at(const delta::Table& table, const VersionOption& at);

}  // namespace foz::cli
