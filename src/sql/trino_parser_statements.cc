// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <algorithm>

#include "sql/trino_parser_internal.h"

namespace foz::sql {

using ast::Statement;
using ast::StatementKind;

namespace {

std::string upper_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  return out;
}

Statement statement_of(StatementKind kind, size_t offset) {
  Statement made;
  made.kind = kind;
  made.offset = offset;
  return made;
}

}  // namespace

Statement TrinoParser::statement() {
  const Depth depth(*this);
  const TrinoToken& first = peek();
  if (at_query()) {
    Statement made = statement_of(StatementKind::kQuery, first.offset);
    made.query = query();
    return made;
  }
  if (first.kind != TrinoTokenKind::kWord) fail();
  if (at("explain")) return explain();
  if (at("show")) return show();
  if (at("describe") || at("desc")) return describe();
  if (at("set")) return set();
  if (at("reset")) return reset();
  if (at("execute")) return execute();
  if (at("prepare")) return prepare();
  if (at("call")) return call_statement();
  if (at("start")) return start_transaction();
  if (at("use")) {
    Statement made = statement_of(StatementKind::kUse, take().offset);
    made.names.push_back(identifier());
    if (accept(".")) made.names.push_back(identifier());
    return made;
  }
  if (at("deallocate")) {
    Statement made = statement_of(StatementKind::kDeallocate, take().offset);
    expect("prepare");
    made.names.push_back(identifier());
    return made;
  }
  if (at("commit") || at("rollback")) {
    Statement made = statement_of(at("commit") ? StatementKind::kCommit : StatementKind::kRollback,
                                  first.offset);
    take();
    accept("work");
    return made;
  }
  if (at("insert")) return insert();
  if (at("delete")) return delete_from();
  if (at("update")) return update();
  if (at("merge")) return merge();
  if (at("truncate")) {
    ast::Write& made = write(ast::WriteKind::kTruncate, 1);
    expect("table");
    made.names = qualified_name();
    return written("TRUNCATE TABLE");
  }
  if (at("refresh")) return other({"materialized"});
  if (at("comment")) return comment_on();
  if (at("create")) return create();
  if (at("drop")) return drop();
  if (at("alter")) return alter();
  if (at("analyze")) {
    ast::Write& made = write(ast::WriteKind::kAnalyze, 1);
    made.names = qualified_name();
    if (accept("with")) made.properties = properties();
    return written("ANALYZE");
  }
  if (at("grant") || at("revoke") || at("deny")) return other({});
  fail();
}

// A statement that is only recognised: its first words name it, its second one is checked.
Statement TrinoParser::other(std::initializer_list<std::string_view> second) {
  Statement made = statement_of(StatementKind::kOther, peek().offset);
  made.text = upper_case(take().text);
  if (second.size() > 0 && !at_any(second)) fail();
  if (second.size() > 0) made.text += " " + upper_case(peek().text);
  if (at_words({"or", "replace"})) {
    next_ += 2;
    if (!at_any({"table", "materialized", "view", "function"})) fail();
    made.text = "CREATE " + upper_case(peek().text);
  }
  if (at("materialized")) {
    take();
    if (!at("view")) fail();
    made.text += " VIEW";
  }
  while (!at(TrinoTokenKind::kEnd)) {
    const TrinoTokenKind kind = take().kind;
    if (kind == TrinoTokenKind::kParameter) ++parameters_;
  }
  return made;
}

Statement TrinoParser::explain() {
  Statement made = statement_of(StatementKind::kExplain, take().offset);
  made.explain_type = "distributed";
  made.explain_format = "text";
  if (accept("analyze")) {
    made.analyze = true;
    accept("verbose");
  } else if (at("(") && at_any({"type", "format"}, 1)) {
    take();
    do {
      const bool type = at("type");
      if (!type && !at("format")) fail();
      take();
      if (type ? !at_any({"logical", "distributed", "validate", "io"})
               : !at_any({"text", "graphviz", "json"}))
        fail();
      (type ? made.explain_type : made.explain_format) = lower_case(take().text);
    } while (accept(","));
    expect(")");
  }
  made.inner = std::make_unique<Statement>(statement());
  return made;
}

// ---- SHOW, DESCRIBE -----------------------------------------------------------------------------

void TrinoParser::like(Statement& made) {
  if (!accept("like")) return;
  made.pattern = string();
  if (accept("escape")) made.escape = string();
}

Statement TrinoParser::show() {
  Statement made = statement_of(StatementKind::kQuery, take().offset);
  const auto from = [&] { return at_any({"from", "in"}) && (take(), true); };
  if (accept("catalogs")) {
    made.kind = StatementKind::kShowCatalogs;
    like(made);
  } else if (accept("schemas")) {
    made.kind = StatementKind::kShowSchemas;
    if (from()) made.names.push_back(identifier());
    like(made);
  } else if (accept("tables")) {
    made.kind = StatementKind::kShowTables;
    if (from()) made.names = qualified_name();
    like(made);
  } else if (accept("columns")) {
    made.kind = StatementKind::kShowColumns;
    if (!from()) fail();
    made.names = qualified_name();
    like(made);
  } else if (accept("functions")) {
    made.kind = StatementKind::kShowFunctions;
    if (from()) made.names = qualified_name();
    like(made);
  } else if (accept("session")) {
    made.kind = StatementKind::kShowSession;
    like(made);
  } else if (accept("create")) {
    made.kind = StatementKind::kShowCreate;
    if (!at_any({"table", "schema", "view", "materialized"})) fail();
    made.text = lower_case(take().text);
    if (made.text == "materialized") {
      expect("view");
      made.text = "materialized view";
    }
    made.names = qualified_name();
  } else if (accept("stats")) {
    made.kind = StatementKind::kShowStats;
    expect("for");
    if (at("(")) {
      take();
      made.query = query();
      expect(")");
    } else {
      made.names = qualified_name();
    }
  } else if (at("roles") || at_words({"current", "roles"}) || at_words({"role", "grants"})) {
    made.kind = StatementKind::kShowRoles;
    made.text = at("roles") ? "roles" : at("current") ? "current roles" : "role grants";
    if (!accept("roles")) next_ += 2;
    if (from()) made.names.push_back(identifier());
  } else if (accept("grants")) {
    made.kind = StatementKind::kShowGrants;
    if (accept("on")) {
      if (at("table") || (at_identifier() && at_identifier(1))) take();
      made.names = qualified_name();
    }
  } else {
    if (at_any({"current", "role"})) take();
    fail();
  }
  return made;
}

Statement TrinoParser::describe() {
  Statement made = statement_of(StatementKind::kShowColumns, take().offset);
  if (at_any({"input", "output"}) && at_identifier(1)) {
    made.kind = take().is("input") ? StatementKind::kDescribeInput : StatementKind::kDescribeOutput;
    made.names.push_back(identifier());
  } else {
    made.names = qualified_name();
  }
  return made;
}

// ---- The session --------------------------------------------------------------------------------

Statement TrinoParser::set() {
  Statement made = statement_of(StatementKind::kSetSession, take().offset);
  if (accept("time")) {
    made.kind = StatementKind::kSetTimeZone;
    expect("zone");
    if (!accept("local")) made.value = expression();
  } else if (accept("role")) {
    made.kind = StatementKind::kSetRole;
    made.names.push_back(identifier());
    if (accept("in")) made.names.push_back(identifier());
  } else if (at("path")) {
    made.kind = StatementKind::kOther;
    made.text = "SET PATH";
    take();
    do qualified_name();
    while (accept(","));
  } else {
    expect("session");
    if (at("authorization") && !at_any({"=", "."}, 1)) {
      take();
      made.kind = StatementKind::kOther;
      made.text = "SET SESSION AUTHORIZATION";
      if (at_string()) {
        string();
      } else {
        identifier();
      }
      return made;
    }
    made.names = qualified_name();
    expect("=");
    made.value = expression();
  }
  return made;
}

Statement TrinoParser::reset() {
  Statement made = statement_of(StatementKind::kResetSession, take().offset);
  expect("session");
  if (at("authorization") && !at(".", 1)) {
    take();
    made.kind = StatementKind::kOther;
    made.text = "RESET SESSION AUTHORIZATION";
    return made;
  }
  made.names = qualified_name();
  return made;
}

// The texts of the values: they are parsed again where their parameters stand.
void TrinoParser::using_values(Statement& made) {
  if (!accept("using")) return;
  do {
    const size_t first = peek().offset;
    expression();
    const TrinoToken& last = tokens_[next_ - 1];
    made.values.emplace_back(first, last.offset + last.text.size());
  } while (accept(","));
}

Statement TrinoParser::execute() {
  Statement made = statement_of(StatementKind::kExecute, take().offset);
  if (at("immediate") && (at(TrinoTokenKind::kString, 1) || at(TrinoTokenKind::kUnicode, 1))) {
    take();
    made.kind = StatementKind::kExecuteImmediate;
    made.inner_range.first = peek().offset;
    made.text = string();
  } else {
    made.names.push_back(identifier());
  }
  using_values(made);
  return made;
}

Statement TrinoParser::prepare() {
  Statement made = statement_of(StatementKind::kPrepare, take().offset);
  made.names.push_back(identifier());
  expect("from");
  const size_t first = peek().offset;
  made.inner = std::make_unique<Statement>(statement());
  const TrinoToken& last = tokens_[next_ - 1];
  made.inner_range = {first, last.offset + last.text.size()};
  return made;
}

Statement TrinoParser::call_statement() {
  Statement made = statement_of(StatementKind::kCall, take().offset);
  made.names = qualified_name();
  made.arguments = arguments();
  return made;
}

std::vector<ast::Argument> TrinoParser::arguments() {
  std::vector<ast::Argument> made;
  expect("(");
  if (!at(")")) {
    do {
      ast::Argument argument;
      if (at_identifier() && at("=>", 1)) {
        argument.name = identifier();
        take();
      }
      argument.value = expression();
      made.push_back(std::move(argument));
    } while (accept(","));
  }
  expect(")");
  return made;
}

Statement TrinoParser::start_transaction() {
  Statement made = statement_of(StatementKind::kStartTransaction, take().offset);
  expect("transaction");
  if (!at_any({"isolation", "read"})) return made;
  do {
    if (accept("isolation")) {
      expect("level");
      if (accept("repeatable")) {
        expect("read");
        made.text = "REPEATABLE READ";
      } else if (accept("read")) {
        if (!at_any({"uncommitted", "committed"})) fail();
        made.text = "READ " + upper_case(take().text);
      } else {
        expect("serializable");
        made.text = "SERIALIZABLE";
      }
    } else {
      expect("read");
      if (!at_any({"only", "write"})) fail();
      made.read_only = take().is("only");
    }
  } while (accept(","));
  return made;
}

}  // namespace foz::sql
