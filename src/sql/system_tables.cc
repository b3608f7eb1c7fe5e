// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/system_tables_internal.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include "delta/types.h"
#include "sql/lake_catalog_internal.h"
#include "sql/lake_types_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::Value;

namespace {

bool same(std::string_view a, std::string_view b) {
  return duckdb::StringUtil::CIEquals(std::string(a), std::string(b));
}

// In the metadata of a Delta field values are JSON.
Value comment_of(const delta::Field& field) {
  const auto entry = field.metadata.find("comment");
  if (entry == field.metadata.end()) return Value();
  const std::string& json = entry->second;
  return Value(json.size() >= 2 && json.front() == '"' ? json.substr(1, json.size() - 2) : json);
}

std::vector<SystemTable> make_tables() {
  std::vector<SystemTable> all;
  for (auto part : {information_schema_tables(), metadata_tables(), jdbc_tables(), runtime_tables(),
                    show_tables()})
    all.insert(all.end(), std::make_move_iterator(part.begin()),
               std::make_move_iterator(part.end()));
  return all;
}

}  // namespace

const std::vector<SystemTable>& system_tables() {
  static const std::vector<SystemTable> tables = make_tables();
  return tables;
}

const SystemTable* find_system_table(std::string_view schema, std::string_view name) {
  for (const auto& table : system_tables()) {
    if (same(table.schema, schema) && same(table.name, name)) return &table;
  }
  return nullptr;
}

SystemColumns text_columns(std::initializer_list<const char*> names,
                           std::initializer_list<std::string_view> numbers) {
  SystemColumns columns;
  for (const char* name : names) {
    const bool number = std::ranges::find(numbers, std::string_view(name)) != numbers.end();
    columns.push_back({name, number ? LogicalType::BIGINT : LogicalType::VARCHAR});
  }
  return columns;
}

OpenRows rows_at_hand(SystemRows rows) {
  return [all = std::make_shared<const SystemRows>(std::move(rows))] {
    return
        [all, given = false]() mutable { return std::exchange(given, true) ? SystemRows() : *all; };
  };
}

SystemRows no_rows(const SystemInput&) { return {}; }

Value text_or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

Value instant_or_null(int64_t micros) {
  if (micros == 0) return Value();
  auto value = Value::TIMESTAMPTZ(duckdb::timestamp_tz_t(micros));
  value.Reinterpret(instant_type(3));
  return value;
}

std::vector<DescribedTable> described_tables(const table::Root& root, std::string_view catalog) {
  std::vector<DescribedTable> tables;
  const bool system = catalog == kSystemCatalog;
  for (const auto& table : system_tables()) {
    const bool of_system = table.schema[0] == '$';
    if (of_system == system && !same(table.schema, kShowSchema))
      tables.push_back(
          {std::string(catalog), table.schema + (of_system ? 1 : 0), table.name, &table, nullptr});
  }
  if (!system) {
    for (const auto& view : root.tables) {
      if (!view->name.name.empty())
        tables.push_back({kCatalog, view->name.schema, view->name.name, nullptr, view.get()});
    }
  }
  return tables;
}

std::vector<DescribedTable> described_tables(const table::Root& root) {
  auto tables = described_tables(root, kCatalog);
  for (auto& table : described_tables(root, kSystemCatalog)) tables.push_back(std::move(table));
  return tables;
}

std::vector<DescribedColumn> described_columns(const DescribedTable& table) {
  std::vector<DescribedColumn> columns;
  int64_t ordinal = 0;
  if (table.system) {
    for (const auto& column : table.system->columns) {
      if (!column.hidden)
        columns.push_back({column.name, display_type(column.type), written_type(column.type), true,
                           ++ordinal, Value()});
    }
  } else if (table.view->snapshot) {
    for (const auto& field : table.view->snapshot->schema().fields)
      columns.push_back({field.name, display_type(to_duckdb(field.type)),
                         written_type(to_duckdb(field.type)), field.nullable, ++ordinal,
                         comment_of(field)});
  }
  return columns;
}

Value comment_of(const DescribedTable& table) {
  if (!table.view || !table.view->snapshot) return Value();
  const auto& description = table.view->snapshot->metadata().description;
  return description ? Value(*description) : Value();
}

std::vector<std::string> described_schemas(const table::Root& root, std::string_view catalog) {
  if (catalog != kSystemCatalog) {
    const auto names = schema_names(root);
    return {names.begin(), names.end()};
  }
  std::set<std::string> names;
  for (const auto& table : described_tables(root, kSystemCatalog)) names.insert(table.schema);
  return {names.begin(), names.end()};
}

}  // namespace foz::sql
