// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// "t$history", "t$properties" and "t$partitions": what a table tells of itself, as rows.
// https://trino.io/docs/current/connector/delta-lake.html#metadata-tables
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sql/lake_scan_internal.h"
#include "sql/system_tables_internal.h"

namespace foz::sql {

struct DetailName {
  std::string table, kind;
};
// nullopt: a name like any other.
std::optional<DetailName> detail_of(std::string_view name);

struct TableDetails {
  SystemColumns columns;  // none: the table has no such details
  OpenRows open;
};
// Behind a table's name: what SHOW STATS tells. No client can write it by chance.
inline constexpr char kStatsDetail[] =
    "$\x01"
    "stats";
TableDetails stats_of(const table::TableView& view, std::shared_ptr<LakeServices> services);

// Of a table that can be read. Throws DuckDB's exceptions.
TableDetails details_of(const table::TableView& view, const std::string& kind,
                        std::shared_ptr<LakeServices> services);

}  // namespace foz::sql
