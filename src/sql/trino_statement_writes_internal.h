// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Statements that write, read from a client's text.
#pragma once

#include <memory>
#include <string_view>

#include "sql/trino_statement_internal.h"
#include "sql/trino_write_ast_internal.h"

namespace foz::sql {

using WritePtr = std::shared_ptr<const ast::Write>;  // null: of a statement that writes nothing

// As read_statement() without `write`. The query of a statement that writes is what it inserts, or
// the expressions of DELETE (true), UPDATE (values) and MERGE (conditions and values) over their
// tables; its update_type is set.
QueryResult<TrinoStatement> read_statement(std::string_view sql, const QuerySession& session,
                                           WritePtr& write);

// The part of it that is about these statements.
QueryResult<TrinoStatement> write_statement(ast::Write given, std::string_view sql,
                                            const QuerySession& session, WritePtr& write);

}  // namespace foz::sql
