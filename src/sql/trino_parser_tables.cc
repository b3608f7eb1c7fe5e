// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// CREATE, DROP, ALTER and COMMENT, of tables and schemas.
#include "sql/trino_parser_internal.h"

namespace foz::sql {

using ast::Statement;
using ast::WriteKind;

bool TrinoParser::accept_if_exists() {
  if (!at_words({"if", "exists"})) return false;
  next_ += 2;
  return true;
}

bool TrinoParser::accept_if_not_exists() {
  if (!at_words({"if", "not", "exists"})) return false;
  next_ += 3;
  return true;
}

// ---- CREATE -------------------------------------------------------------------------------------

Statement TrinoParser::create() {
  if (at_words({"create", "or", "replace", "table"})) return create_table(4, true);
  if (at("schema", 1)) return create_schema();
  if (at("table", 1)) return create_table(2, false);
  return other({"catalog", "schema", "table", "materialized", "view", "role", "function", "or"});
}

Statement TrinoParser::create_schema() {
  ast::Write& made = write(WriteKind::kCreateSchema, 2);
  made.exists = accept_if_not_exists();
  made.names = qualified_name();
  if (accept("authorization")) {
    if (at_any({"user", "role"}) && at_identifier(1)) take();
    identifier();
  }
  if (accept("with")) made.properties = properties();
  return written("CREATE SCHEMA");
}

Statement TrinoParser::create_table(size_t words, bool replace) {
  ast::Write& made = write(WriteKind::kCreateTable, words);
  made.replace = replace;
  made.exists = accept_if_not_exists();
  made.names = qualified_name();
  if (at("(") && at_identifier(1) && at_any({",", ")"}, 2)) {
    made.columns = identifiers_in_brackets();
  } else if (at("(")) {
    table_elements(made);
  }
  if (accept("comment")) made.comment = string();
  if (accept("with")) made.properties = properties();
  if (!made.definitions.empty() || !made.like.empty()) return written("CREATE TABLE");
  made.kind = WriteKind::kCreateTableAs;
  expect("as");
  made.query = query();
  if (accept("with")) {
    made.with_data = !accept("no");
    expect("data");
  }
  return written("CREATE TABLE");
}

void TrinoParser::table_elements(ast::Write& write) {
  expect("(");
  do {
    if (accept("like")) {
      write.like.push_back(qualified_name());
      if (at_any({"including", "excluding"})) {
        write.like_properties |= take().is("including");
        expect("properties");
      }
    } else {
      write.definitions.push_back(column_definition());
    }
    if (write.definitions.size() + write.like.size() > kWidest) too_large();
  } while (accept(","));
  expect(")");
}

ast::ColumnDefinition TrinoParser::column_definition() {
  ast::ColumnDefinition made;
  made.path = qualified_name();
  made.type = type();
  if (accept("default")) made.otherwise = primary();
  if (accept("not")) {
    expect("null");
    made.not_null = true;
  }
  if (accept("comment")) made.comment = string();
  if (accept("with")) made.properties = properties();
  return made;
}

std::vector<ast::Property> TrinoParser::properties() {
  std::vector<ast::Property> made;
  expect("(");
  do {
    ast::Property property{.name = identifier(), .value = nullptr};
    expect("=");
    if (!accept("default")) property.value = expression();
    made.push_back(std::move(property));
    if (made.size() > kWidest) too_large();
  } while (accept(","));
  expect(")");
  return made;
}

// ---- DROP, ALTER, COMMENT -----------------------------------------------------------------------

Statement TrinoParser::drop() {
  const bool schema = at("schema", 1);
  if (!schema && !at("table", 1))
    return other({"catalog", "schema", "table", "materialized", "view", "role", "function"});
  ast::Write& made = write(schema ? WriteKind::kDropSchema : WriteKind::kDropTable, 2);
  made.exists = accept_if_exists();
  made.names = qualified_name();
  if (schema && !accept("restrict")) made.cascade = accept("cascade");
  return written(schema ? "DROP SCHEMA" : "DROP TABLE");
}

Statement TrinoParser::set_authorization() {
  if (at_any({"user", "role"}) && at_identifier(1)) take();
  identifier();
  Statement made = written("ALTER TABLE SET AUTHORIZATION");
  write_ = nullptr;
  return made;
}

Statement TrinoParser::alter() {
  if (!at("table", 1)) return other({"schema", "table", "materialized", "view"});
  ast::Write& made = write(WriteKind::kSetProperties, 2);
  made.exists = accept_if_exists();
  made.names = qualified_name();
  if (accept("rename")) {
    if (accept("to")) {
      made.kind = WriteKind::kRenameTable;
      made.to = qualified_name();
      return written("RENAME TABLE");
    }
    made.kind = WriteKind::kRenameColumn;
    expect("column");
    made.column_exists = accept_if_exists();
    made.path = qualified_name();
    expect("to");
    made.to.push_back(identifier());
    return written("RENAME COLUMN");
  }
  if (accept("add")) {
    made.kind = WriteKind::kAddColumn;
    expect("column");
    made.column_exists = accept_if_not_exists();
    made.definitions.push_back(column_definition());
    if (at_any({"first", "last", "after"})) {
      made.position = lower_case(take().text);
      if (made.position == "after") identifier();
    }
    return written("ADD COLUMN");
  }
  if (accept("drop")) {
    made.kind = WriteKind::kDropColumn;
    expect("column");
    made.column_exists = accept_if_exists();
    made.path = qualified_name();
    return written("DROP COLUMN");
  }
  if (accept("alter")) {
    alter_column(made);
    return written("ALTER COLUMN");
  }
  if (accept("set")) {
    if (accept("authorization")) return set_authorization();
    expect("properties");
    do {
      ast::Property property{.name = identifier(), .value = nullptr};
      expect("=");
      if (!accept("default")) property.value = expression();
      made.properties.push_back(std::move(property));
    } while (accept(","));
    return written("SET PROPERTIES");
  }
  made.kind = WriteKind::kTableExecute;
  expect("execute");
  made.to.push_back(identifier());
  if (at("(")) made.arguments = arguments();
  if (accept("where")) made.where = expression();
  return written("ALTER TABLE EXECUTE");
}

void TrinoParser::alter_column(ast::Write& made) {
  expect("column");
  made.path = qualified_name();
  if (accept("set")) {
    made.kind = WriteKind::kSetColumnType;
    expect("data");
    expect("type");
    made.type = type();
  } else {
    made.kind = WriteKind::kDropNotNull;
    expect("drop");
    expect("not");
    expect("null");
  }
}

Statement TrinoParser::comment_on() {
  ast::Write& made = write(WriteKind::kCommentTable, 1);
  expect("on");
  const bool view = at("view");
  if (at("column")) made.kind = WriteKind::kCommentColumn;
  if (!at_any({"table", "view", "column"})) fail();
  take();
  made.names = qualified_name();
  if (made.kind == WriteKind::kCommentColumn && made.names.size() > 1) {
    made.path.push_back(std::move(made.names.back()));
    made.names.pop_back();
  }
  expect("is");
  if (!accept("null")) made.comment = string();
  Statement statement = written(view ? "COMMENT ON VIEW" : "COMMENT");
  if (view) write_ = nullptr;
  return statement;
}

}  // namespace foz::sql
