// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Statements of Trino's grammar that write, as plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/trino_ast_internal.h"

namespace foz::sql::ast {

enum class WriteKind {
  kInsert,
  kDelete,
  kUpdate,
  kMerge,
  kTruncate,
  kCreateTable,
  kCreateTableAs,
  kDropTable,
  kCreateSchema,
  kDropSchema,
  kRenameTable,
  kAddColumn,
  kRenameColumn,
  kDropColumn,
  kSetColumnType,
  kDropNotNull,
  kSetProperties,
  kTableExecute,
  kCommentTable,
  kCommentColumn,
  kCall,
  kAnalyze,
};

struct Property {
  Identifier name;
  ExpressionPtr value;  // null: DEFAULT
};

struct ColumnDefinition {
  QualifiedName path;
  Type type;
  ExpressionPtr otherwise;  // DEFAULT
  bool not_null = false;
  std::optional<std::string> comment;
  std::vector<Property> properties;
};

struct MergeCase {
  enum Action { kUpdate, kDelete, kInsert };
  Action action = kUpdate;
  ExpressionPtr condition;
  std::vector<Identifier> columns;  // of UPDATE and INSERT; none: all
  std::vector<ExpressionPtr> values;
  size_t offset = 0;
  // Once they are columns of a query.
  bool has_condition = false;
  size_t value_count = 0;
};

struct Write {
  WriteKind kind = WriteKind::kInsert;
  size_t offset = 0;
  QualifiedName names;  // of the table, schema or procedure
  QueryPtr query;
  bool exists = false;         // IF EXISTS, IF NOT EXISTS
  bool column_exists = false;  // the same of a column
  bool replace = false, cascade = false, with_data = true;
  std::vector<Identifier> columns;    // of INSERT, UPDATE and CREATE TABLE … AS
  std::vector<ExpressionPtr> values;  // of UPDATE
  ExpressionPtr where;
  bool has_where = false;           // once it is a query's
  std::optional<Identifier> alias;  // of MERGE
  RelationPtr source;
  ExpressionPtr on;
  std::vector<MergeCase> cases;
  std::vector<ColumnDefinition> definitions;
  std::vector<QualifiedName> like;  // LIKE table INCLUDING PROPERTIES
  bool like_properties = false;
  std::vector<Property> properties;
  std::optional<std::string> comment;
  QualifiedName path;    // of a column
  std::string position;  // of a new one: first, last, after
  QualifiedName to;      // a new name
  Type type;
  std::vector<Argument> arguments;  // of EXECUTE and CALL
};

}  // namespace foz::sql::ast
