// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What SHOW CREATE tells, as tables that SHOW CREATE reads: statements that would make a table or a
// schema of the lake, as Trino's Delta Lake connector writes them.
// https://trino.io/docs/current/connector/delta-lake.html#table-properties

#include <fmt/format.h>

#include <algorithm>

#include "delta/table.h"
#include "sql/system_tables_internal.h"
#include "sql/trino_function_list_internal.h"
#include "sql/trino_render_internal.h"

namespace foz::sql {

using duckdb::Value;

namespace {

// The properties of Trino's that are set, by their names.
std::vector<std::string> properties(const table::TableView& view) {
  static constexpr std::pair<const char*, const char*> kFlags[] = {
      {"change_data_feed_enabled", "delta.enableChangeDataFeed"},
      {"deletion_vectors_enabled", "delta.enableDeletionVectors"}};
  const delta::Metadata& metadata = view.snapshot->metadata();
  std::vector<std::string> set;
  for (const auto& [name, key] : kFlags) {
    const auto entry = metadata.configuration.find(key);
    if (entry != metadata.configuration.end())
      set.push_back(fmt::format("{} = {}", name, entry->second == "true"));
  }
  const auto text = [&](const char* name, const char* key, bool quoted) {
    const auto entry = metadata.configuration.find(key);
    if (entry == metadata.configuration.end()) return;
    set.push_back(
        fmt::format("{} = {}", name, quoted ? string_literal(entry->second) : entry->second));
  };
  text("checkpoint_interval", "delta.checkpointInterval", false);
  text("column_mapping_mode", "delta.columnMapping.mode", true);
  set.push_back("location = " +
                string_literal(view.table->store().url() + "/" + view.table->root()));
  std::string partitions;
  for (const auto& column : metadata.partition_columns)
    partitions += (partitions.empty() ? "" : ",") + string_literal(column);
  if (!partitions.empty()) set.push_back("partitioned_by = ARRAY[" + partitions + "]");
  std::ranges::sort(set);
  return set;
}

std::string listed(const std::vector<std::string>& lines) {
  return fmt::format("(\n   {}\n)", fmt::join(lines, ",\n   "));
}

std::string create_table(const DescribedTable& table) {
  const auto with_comment = [](std::string text, const Value& comment, const char* space) {
    if (!comment.IsNull())
      text += fmt::format("{}COMMENT {}", space, string_literal(comment.ToString()));
    return text;
  };
  std::vector<std::string> columns;
  for (const auto& column : described_columns(table))
    columns.push_back(
        with_comment(fmt::format("{} {}{}", written_name(column.name), column.definition,
                                 column.nullable ? "" : " NOT NULL"),
                     column.comment, " "));
  std::string text = with_comment(
      fmt::format("CREATE TABLE {}.{}.{} {}", written_name(table.catalog),
                  written_name(table.schema), written_name(table.name), listed(columns)),
      comment_of(table), "\n");
  if (table.view && table.view->snapshot) text += "\nWITH " + listed(properties(*table.view));
  return text;
}

SystemRows tables(const SystemInput& input) {
  SystemRows rows;
  for (const auto& table : described_tables(input.root))
    rows.push_back(
        {Value(table.catalog), Value(table.schema), Value(table.name), Value(create_table(table))});
  return rows;
}

SystemRows schemas(const SystemInput& input) {
  SystemRows rows;
  for (const char* catalog : {kCatalog, kSystemCatalog}) {
    for (const auto& schema : described_schemas(input.root, catalog))
      rows.push_back({Value(catalog), Value(schema),
                      Value(fmt::format("CREATE SCHEMA {}.{}", catalog, written_name(schema)))});
  }
  return rows;
}

SystemRows functions(const SystemInput&) {
  SystemRows rows;
  for (const ListedFunction& one : listed_functions())
    rows.push_back({Value(one.name), Value(one.returns), Value(one.arguments),
                    Value(std::string(one.kind)), Value::BOOLEAN(one.deterministic),
                    Value(std::string(one.description))});
  return rows;
}

}  // namespace

std::vector<SystemTable> show_tables() {
  auto of_functions = text_columns({"function", "return_type", "argument_types", "function_type",
                                    "deterministic", "description"});
  of_functions[4].type = duckdb::LogicalType::BOOLEAN;
  return {
      {kShowSchema, "functions", std::move(of_functions), functions},
      {kShowSchema, "create_table", text_columns({"catalog", "schema", "table", "statement"}),
       tables},
      {kShowSchema, "create_schema", text_columns({"catalog", "schema", "statement"}), schemas}};
}

}  // namespace foz::sql
