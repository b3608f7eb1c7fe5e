// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any text is a statement or an error with a place in it; every place of the rewritten text is one
// of the client's.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "sql/trino_statement_internal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const auto statement = foz::sql::read_statement(sql, foz::sql::QuerySession{.schema = "silver"});
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
  return 0;
}
