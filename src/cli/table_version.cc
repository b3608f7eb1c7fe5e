// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/table_version.h"

namespace foz::cli {

Result<delta::SnapshotPtr> snapshot_at(const delta::Table& table, const VersionOption& at) {
  return at.version ? table.at(delta::Version(*at.version)) : table.latest();
}

}  // namespace foz::cli
