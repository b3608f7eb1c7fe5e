// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The change data feed of a table as a table: what system.table_changes reads.
#pragma once

#include <memory>
#include <string_view>

#include "sql/lake_scan_internal.h"

namespace foz::sql {

// The version of a detail's name.
int64_t changes_since(std::string_view kind);

// The changes of the versions behind `since` (-1: of all), up to the view's. They are held in
// memory, within a bound. Throws DuckDB's exceptions.
duckdb::shared_ptr<LakeScan> changes_scan(std::shared_ptr<LakeServices> services,
                                          const table::TableView& view, int64_t since);

}  // namespace foz::sql
