// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The catalog "lake" inside DuckDB: the tables of one root, and what describes them. A connection
// sees the root that was pinned for it; its transactions hold the catalog's entries.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "sql/lake_scan_internal.h"
#include "table/view.h"

namespace foz::sql {

// Given to a connection before its query.
struct PinnedRoot final : duckdb::ClientContextState {
  static constexpr char kKey[] = "foz_root";
  explicit PinnedRoot(std::shared_ptr<const table::Root> root_) : root(std::move(root_)) {}
  std::shared_ptr<const table::Root> root;
};

// Attaches the catalog to an instance; throws DuckDB's exceptions.
void attach_lake(duckdb::DatabaseInstance& instance, std::shared_ptr<LakeServices> services);

// A table whose rows are made from the root when a query reads it.
struct MetadataTable {
  const char* schema;
  const char* name;
  std::vector<std::pair<const char*, duckdb::LogicalType>> columns;
  duckdb::vector<duckdb::vector<duckdb::Value>> (*rows)(const table::Root& root);
};
// Without case; null when there is none. Schema "information_schema", or "$metadata" and "$jdbc"
// for what Trino has in the catalog `system`.
const MetadataTable* find_metadata_table(std::string_view schema, std::string_view name);
const std::vector<MetadataTable>& metadata_tables();

// Names of the schemas in which the root has tables, sorted.
std::vector<std::string> schema_names(const table::Root& root);

}  // namespace foz::sql
