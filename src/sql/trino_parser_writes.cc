// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// INSERT, DELETE, UPDATE, MERGE.
#include "sql/trino_parser_internal.h"

namespace foz::sql {

using ast::Statement;
using ast::WriteKind;

ast::Write& TrinoParser::write(WriteKind kind, size_t words) {
  write_ = std::make_shared<ast::Write>();
  write_->kind = kind;
  write_->offset = peek().offset;
  next_ += words;
  return *write_;
}

Statement TrinoParser::written(const char* name) const {
  Statement made;
  made.kind = ast::StatementKind::kOther;
  made.offset = write_->offset;
  made.text = name;
  return made;
}

Statement TrinoParser::insert() {
  ast::Write& made = write(WriteKind::kInsert, 1);
  expect("into");
  made.names = qualified_name();
  // Columns, or a query in brackets.
  if (at("(") && at_identifier(1) && at_any({",", ")"}, 2))
    made.columns = identifiers_in_brackets();
  made.query = query();
  return written("INSERT");
}

Statement TrinoParser::delete_from() {
  ast::Write& made = write(WriteKind::kDelete, 1);
  expect("from");
  made.names = qualified_name();
  if (accept("where")) made.where = expression();
  return written("DELETE");
}

void TrinoParser::assignments(std::vector<ast::Identifier>& columns,
                              std::vector<ast::ExpressionPtr>& values) {
  do {
    columns.push_back(identifier());
    expect("=");
    values.push_back(expression());
    if (values.size() > kWidest) too_large();
  } while (accept(","));
}

Statement TrinoParser::update() {
  ast::Write& made = write(WriteKind::kUpdate, 1);
  made.names = qualified_name();
  expect("set");
  assignments(made.columns, made.values);
  if (accept("where")) made.where = expression();
  return written("UPDATE");
}

Statement TrinoParser::merge() {
  ast::Write& made = write(WriteKind::kMerge, 1);
  expect("into");
  made.names = qualified_name();
  if (accept("as") || (at_identifier() && !at("using"))) made.alias = identifier();
  expect("using");
  made.source = relation();
  expect("on");
  made.on = expression();
  if (!at("when")) fail();
  while (at("when")) {
    made.cases.push_back(merge_case());
    if (made.cases.size() > kWidest) too_large();
  }
  return written("MERGE");
}

ast::MergeCase TrinoParser::merge_case() {
  ast::MergeCase made;
  made.offset = take().offset;
  const bool matched = !accept("not");
  expect("matched");
  if (accept("and")) made.condition = expression();
  expect("then");
  if (!matched) {
    made.action = ast::MergeCase::kInsert;
    expect("insert");
    if (at("(")) made.columns = identifiers_in_brackets();
    expect("values");
    expect("(");
    made.values = expressions();
    expect(")");
  } else if (accept("delete")) {
    made.action = ast::MergeCase::kDelete;
  } else {
    expect("update");
    expect("set");
    assignments(made.columns, made.values);
  }
  return made;
}

}  // namespace foz::sql
