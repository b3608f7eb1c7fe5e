// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Tables whose rows are made when a query reads them: information_schema, and Trino's catalog
// `system`. https://trino.io/docs/current/connector/system.html
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"
#include "sql/query_engine.h"
#include "table/view.h"

namespace foz::sql {

inline constexpr char kSystemCatalog[] = "system";

struct SystemInput {
  const table::Root& root;
  const QuerySession& session;
};
using SystemRows = duckdb::vector<duckdb::vector<duckdb::Value>>;

// Of one scan: some rows at each call, none at the end. Throws DuckDB's exceptions, as do those
// below.
using RowSource = std::function<SystemRows()>;
using OpenRows = std::function<RowSource()>;
OpenRows rows_at_hand(SystemRows rows);

struct SystemColumn {
  const char* name;
  duckdb::LogicalType type;
  bool hidden = false;  // to be named, and no part of `*`; behind those that are
};
using SystemColumns = std::vector<SystemColumn>;

struct SystemTable {
  const char* schema;  // "information_schema", or "$jdbc" for "jdbc" of the catalog `system`
  const char* name;
  SystemColumns columns;
  SystemRows (*rows)(const SystemInput& input);  // throws DuckDB's exceptions
};

const std::vector<SystemTable>& system_tables();
// Without case; null when there is none.
const SystemTable* find_system_table(std::string_view schema, std::string_view name);

// Its parts.
std::vector<SystemTable> information_schema_tables();
std::vector<SystemTable> metadata_tables();
std::vector<SystemTable> jdbc_tables();
std::vector<SystemTable> runtime_tables();
std::vector<SystemTable> show_tables();
// Of the catalog `system`: for SHOW alone, and not listed.
inline constexpr char kShowSchema[] = "$show";

// ---- For those who make rows --------------------------------------------------------------------

// All VARCHAR; those in `numbers` BIGINT.
SystemColumns text_columns(std::initializer_list<const char*> names,
                           std::initializer_list<std::string_view> numbers = {});
SystemRows no_rows(const SystemInput&);
// Null for an empty text.
duckdb::Value text_or_null(const std::string& text);
// Null for 0.
duckdb::Value instant_or_null(int64_t micros);

// A table of the lake or of the system, in both catalogs.
struct DescribedTable {
  std::string catalog, schema, name;
  const SystemTable* system = nullptr;     // null for a table of the lake
  const table::TableView* view = nullptr;  // null for one of the system
};
std::vector<DescribedTable> described_tables(const table::Root& root);
std::vector<DescribedTable> described_tables(const table::Root& root, std::string_view catalog);

struct DescribedColumn {
  std::string name, type;  // as Trino shows it
  std::string definition;  // the type as Trino writes it into a statement
  bool nullable;
  int64_t ordinal;        // from 1
  duckdb::Value comment;  // or null
};
std::vector<DescribedColumn> described_columns(const DescribedTable& table);
duckdb::Value comment_of(const DescribedTable& table);

// Schemas of a catalog, sorted.
std::vector<std::string> described_schemas(const table::Root& root, std::string_view catalog);

}  // namespace foz::sql
