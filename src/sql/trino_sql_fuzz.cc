// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any text is a statement or an error with a place in it; every place of the rewritten text is one
// of the client's; what a statement means is told without an end in time.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sql/trino_statement_internal.h"
#include "sql/trino_typing_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace foz::sql;
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const QuerySession session{.schema = "silver"};
  const auto statement = read_statement(sql, session);
  if (!statement.has_value()) {
    CHECK(!statement.error().name.empty());
    return 0;
  }
  if (statement->internal) return 0;
  for (const auto& [offset, source] : statement->query.places) {
    CHECK(offset <= statement->query.sql.size());
    CHECK(source <= statement->source.size());
    CHECK(statement->query.source_offset(offset) <= statement->source.size());
  }
  if (!statement->parsed) return 0;
  const TableColumns columns =
      [](const TableAsked& asked) -> std::optional<std::vector<TypedColumn>> {
    if (asked.table.size() % 2) return std::nullopt;
    return std::vector<TypedColumn>{{"a", type_of("varchar")}, {"b", type_of("bigint")}};
  };
  TypeHints hints;
  const auto typed = type_query(*statement->parsed, statement->source, session, columns, hints);
  if (!typed.has_value()) CHECK(!typed.error().name.empty());
  return 0;
}
