// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Statements that write. What DELETE, UPDATE and MERGE look at is a query too: their expressions
// over their tables, so that names and types are found, and refused, as in any other. What becomes
// of its columns is query_write's.
#include <fmt/format.h>

#include "sql/trino_render_internal.h"
#include "sql/trino_statement_writes_internal.h"

namespace foz::sql {

using ast::WriteKind;

namespace {

ast::RelationPtr table_relation(const ast::QualifiedName& names,
                                const std::optional<ast::Identifier>& alias = {}) {
  auto made = std::make_unique<ast::Relation>();
  made->offset = names[0].offset;
  made->names = names;
  made->alias = alias;
  return made;
}

void add_item(ast::Select& select, ast::ExpressionPtr expression) {
  ast::SelectItem& item = select.items.emplace_back();
  item.offset = expression->begin;
  item.expression = std::move(expression);
}

ast::QueryPtr query_of(std::unique_ptr<ast::Select> select, size_t offset) {
  auto made = std::make_unique<ast::Query>();
  made->offset = offset;
  made->body = std::make_unique<ast::QueryBody>();
  made->body->offset = offset;
  made->body->select = std::move(select);
  return made;
}

ast::ExpressionPtr constant(size_t offset) {
  auto made = std::make_unique<ast::Expression>();
  made->kind = ast::ExpressionKind::kBoolean;
  made->offset = made->begin = offset;
  made->text = "true";
  return made;
}

// DELETE: a constant, UPDATE: the new values, of the rows that WHERE leaves.
ast::QueryPtr of_rows(ast::Write& write) {
  auto select = std::make_unique<ast::Select>();
  for (auto& value : write.values) add_item(*select, std::move(value));
  if (select->items.empty()) add_item(*select, constant(write.offset));
  select->from.push_back(table_relation(write.names));
  write.has_where = write.where != nullptr;
  select->where = std::move(write.where);
  return query_of(std::move(select), write.offset);
}

// The conditions and values of all cases, one after the other, over source and target.
ast::QueryPtr of_merge(ast::Write& write) {
  auto select = std::make_unique<ast::Select>();
  bool inserts = false;
  for (ast::MergeCase& one : write.cases) {
    one.has_condition = one.condition != nullptr;
    one.value_count = one.values.size();
    if (one.condition) add_item(*select, std::move(one.condition));
    for (auto& value : one.values) add_item(*select, std::move(value));
    inserts |= one.action == ast::MergeCase::kInsert;
  }
  if (select->items.empty()) add_item(*select, constant(write.offset));
  auto join = std::make_unique<ast::Relation>();
  join->kind = ast::RelationKind::kJoin;
  join->offset = write.offset;
  join->join = inserts ? "left" : "inner";
  join->left = std::move(write.source);
  // A join in brackets, for what follows it is no part of it.
  if (join->left->kind == ast::RelationKind::kJoin) join->left->bracketed = true;
  join->right = table_relation(write.names, write.alias);
  join->on = std::move(write.on);
  select->from.push_back(std::move(join));
  return query_of(std::move(select), write.offset);
}

const char* update_type(WriteKind kind) {
  switch (kind) {
    case WriteKind::kInsert: return "INSERT";
    case WriteKind::kDelete: return "DELETE";
    case WriteKind::kUpdate: return "UPDATE";
    case WriteKind::kMerge: return "MERGE";
    case WriteKind::kTruncate: return "TRUNCATE TABLE";
    case WriteKind::kCreateTable:
    case WriteKind::kCreateTableAs: return "CREATE TABLE";
    case WriteKind::kDropTable: return "DROP TABLE";
    case WriteKind::kCreateSchema: return "CREATE SCHEMA";
    case WriteKind::kDropSchema: return "DROP SCHEMA";
    case WriteKind::kRenameTable: return "RENAME TABLE";
    case WriteKind::kAddColumn: return "ADD COLUMN";
    case WriteKind::kRenameColumn: return "RENAME COLUMN";
    case WriteKind::kDropColumn: return "DROP COLUMN";
    case WriteKind::kSetColumnType: return "SET COLUMN TYPE";
    case WriteKind::kDropNotNull: return "DROP NOT NULL";
    case WriteKind::kSetProperties: return "SET PROPERTIES";
    case WriteKind::kTableExecute: return "ALTER TABLE EXECUTE";
    case WriteKind::kCommentTable:
    case WriteKind::kCommentColumn: return "COMMENT";
    case WriteKind::kCall: return "CALL";
    case WriteKind::kAnalyze: return "ANALYZE";
  }
  return "";
}

}  // namespace

QueryResult<TrinoStatement> write_statement(ast::Write given, std::string_view sql,
                                            const QuerySession& session, WritePtr& write) {
  TrinoStatement made;
  made.update.update_type = update_type(given.kind);
  ast::QueryPtr query;
  switch (given.kind) {
    case WriteKind::kInsert:
    case WriteKind::kCreateTableAs: query = std::move(given.query); break;
    case WriteKind::kDelete:
    case WriteKind::kUpdate: query = of_rows(given); break;
    case WriteKind::kMerge: query = of_merge(given); break;
    case WriteKind::kTableExecute:
      if (given.where) query = of_rows(given);
      break;
    default: break;
  }
  if (query) {
    auto text = render_query(*query, sql, session);
    if (!text.has_value()) return std::unexpected(std::move(text.error()));
    made.query = std::move(*text);
    made.parsed = std::move(query);
  }
  write = std::make_shared<const ast::Write>(std::move(given));
  return made;
}

}  // namespace foz::sql
