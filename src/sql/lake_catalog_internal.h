// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The catalog "lake" inside DuckDB: the tables of one root, and what describes them. A connection
// sees the root that was pinned for it; its transactions hold the catalog's entries.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/main/client_context_state.hpp"
#include "sql/lake_scan_internal.h"
#include "sql/query_engine.h"
#include "sql/query_travel_internal.h"
#include "sql/system_tables_internal.h"
#include "table/view.h"

namespace foz::sql {

// Given to a connection before its query.
struct PinnedRoot final : duckdb::ClientContextState {
  static constexpr char kKey[] = "foz_root";
  PinnedRoot(std::shared_ptr<const table::Root> root_, const QuerySession& session_,
             const table::TableView* changed_ = nullptr)
      : root(std::move(root_)), session(&session_), changed(changed_) {}
  std::shared_ptr<const table::Root> root;
  const QuerySession* session;      // outlives the connection
  const table::TableView* changed;  // of the root: tells the places of its rows
  TravelledSnapshots travelled;
};

// Attaches the catalog to an instance; throws DuckDB's exceptions.
void attach_lake(duckdb::DatabaseInstance& instance, std::shared_ptr<LakeServices> services);

// Names of the schemas that are there, with tables or without.
std::set<std::string> schema_names(const table::Root& root);

}  // namespace foz::sql
