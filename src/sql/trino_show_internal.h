// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// SHOW and DESCRIBE: queries over tables of information_schema and system.
#pragma once

#include <string_view>

#include "sql/trino_ast_internal.h"
#include "sql/trino_statement_internal.h"

namespace foz::sql {

bool is_show(ast::StatementKind kind);
QueryResult<TrinoStatement> show_statement(const ast::Statement& statement, std::string_view source,
                                           const QuerySession& session);

}  // namespace foz::sql
