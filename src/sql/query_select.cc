// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_select_internal.h"

#include "duckdb/parser/parser.hpp"
#include "sql/lake_catalog_internal.h"

namespace foz::sql {

duckdb::unique_ptr<duckdb::SelectStatement> parse_select(duckdb::Connection& connection,
                                                         const TreeInput& input,
                                                         RewrittenText& text,
                                                         std::vector<TypedColumn>& columns) {
  for (const auto& name : input.statement.required) {
    if (auto missing = check_exists(name, input)) throw *missing;
  }
  find_versions(connection, input, text);
  const auto pinned = connection.context->registered_state->Get<PinnedRoot>(PinnedRoot::kKey);
  auto typed = type_statement(input, text, pinned->travelled);
  if (!typed.has_value()) throw typed.error();
  columns = std::move(*typed);
  duckdb::Parser parser(connection.context->GetParserOptions());
  parser.ParseQuery(text.sql);
  auto& statements = parser.statements;
  if (statements.size() != 1 || statements[0]->type != duckdb::StatementType::SELECT_STATEMENT)
    throw error_at(input.source, 0, "NOT_SUPPORTED", 13, "this statement is not supported");
  auto select = duckdb::unique_ptr_cast<duckdb::SQLStatement, duckdb::SelectStatement>(
      std::move(statements[0]));
  if (auto error = rewrite_tree(*select, input)) throw *error;
  // With the text at hand DuckDB would write it into its messages, and the position would be lost.
  select->query.clear();
  return select;
}

}  // namespace foz::sql
