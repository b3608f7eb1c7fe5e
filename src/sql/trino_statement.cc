// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_statement_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/session_properties.h"
#include "sql/trino_parser_internal.h"
#include "sql/trino_render_internal.h"
#include "sql/trino_show_internal.h"
#include "sql/trino_statement_writes_internal.h"

namespace foz::sql {

using ast::Statement;
using ast::StatementKind;

namespace {

constexpr size_t kLongest = 1000000;  // bytes of a statement, Trino's own limit
constexpr int kDeepest = 4;           // EXECUTE IMMEDIATE inside EXECUTE IMMEDIATE

std::string joined(const ast::QualifiedName& names) {
  std::string out;
  for (const auto& part : names) out += (out.empty() ? "" : ".") + lower_case(part.name);
  return out;
}

// The name under which the client keeps a statement.
std::string prepared_name(const ast::Identifier& name) {
  return name.quoted ? name.name : lower_case(name.name);
}

std::unexpected<QueryError> unknown_prepared(const std::string& name) {
  return std::unexpected(user_error("NOT_FOUND", 5, "Prepared statement not found: " + name));
}

TrinoStatement update(const char* type) {
  TrinoStatement made;
  made.update.update_type = type;
  return made;
}

// A literal's text; nullopt for anything else.
std::optional<std::string> constant_text(const ast::Expression& value) {
  switch (value.kind) {
    case ast::ExpressionKind::kString:
    case ast::ExpressionKind::kInteger:
    case ast::ExpressionKind::kDecimal:
    case ast::ExpressionKind::kDouble:
    case ast::ExpressionKind::kBoolean:
    case ast::ExpressionKind::kTyped: return value.text;
    default: return std::nullopt;
  }
}

std::string_view type_of_constant(const ast::Expression& value) {
  switch (value.kind) {
    case ast::ExpressionKind::kInteger: return "integer";
    case ast::ExpressionKind::kDecimal: return "decimal";
    case ast::ExpressionKind::kDouble: return "double";
    case ast::ExpressionKind::kBoolean: return "boolean";
    case ast::ExpressionKind::kTyped: return value.type->name;
    default: return "varchar";
  }
}

class StatementReader {
 public:
  StatementReader(std::string_view sql, const QuerySession& session, int depth, WritePtr& write)
      : sql_(sql), session_(session), depth_(depth), write_(write) {}

  // With values: of EXECUTE … USING.
  QueryResult<TrinoStatement> read(const ParameterTokens* values = nullptr) const {
    auto parsed = parse_trino(sql_, values);
    if (!parsed.has_value()) return std::unexpected(std::move(parsed.error()));
    Statement& statement = parsed->statement;
    const size_t given = values ? values->size() : 0;
    // A statement that is prepared has parameters and needs no values.
    if (parsed->parameters != given && statement.kind != StatementKind::kPrepare)
      return std::unexpected(
          error_at(sql_, statement.offset, "INVALID_PARAMETER_USAGE", 80,
                   fmt::format("Incorrect number of parameters: expected {} but found {}",
                               parsed->parameters, given)));
    const bool writes = parsed->write && statement.kind == StatementKind::kOther;
    auto made = writes ? write_statement(std::move(*parsed->write), sql_, session_, write_)
                       : read(statement);
    if (made.has_value() && made->source.empty()) made->source = sql_;
    return made;
  }

 private:
  QueryResult<TrinoStatement> read(Statement& statement) const {
    if (is_show(statement.kind)) return show_statement(statement, sql_, session_);
    switch (statement.kind) {
      case StatementKind::kQuery: return query(std::move(statement.query));
      case StatementKind::kExplain: return explain(statement);
      case StatementKind::kUse: return use(statement);
      case StatementKind::kSetSession: return set_session(statement);
      case StatementKind::kResetSession: {
        TrinoStatement made = update("RESET SESSION");
        made.update.reset_property = joined(statement.names);
        if (auto wrong = check_session_property_exists(made.update.reset_property))
          return std::unexpected(std::move(*wrong));
        return made;
      }
      case StatementKind::kSetTimeZone: return set_time_zone(statement);
      case StatementKind::kSetRole: return set_role(statement);
      case StatementKind::kPrepare: return prepare(statement);
      case StatementKind::kExecute: {
        const std::string name = prepared_name(statement.names[0]);
        const auto prepared = session_.prepared.find(name);
        if (prepared == session_.prepared.end()) return unknown_prepared(name);
        return execute(statement, prepared->second);
      }
      case StatementKind::kExecuteImmediate: return execute(statement, in_its_place(statement));
      case StatementKind::kDeallocate: {
        const std::string name = prepared_name(statement.names[0]);
        if (!session_.prepared.contains(name)) return unknown_prepared(name);
        TrinoStatement made = update("DEALLOCATE");
        made.update.deallocated_name = name;
        return made;
      }
      case StatementKind::kStartTransaction: {
        TrinoStatement made = update("START TRANSACTION");
        made.update.starts_transaction = true;
        if (!statement.text.empty()) made.update.isolation_level = statement.text;
        made.update.read_only = statement.read_only;
        return made;
      }
      case StatementKind::kCommit:
      case StatementKind::kRollback: {
        TrinoStatement made =
            update(statement.kind == StatementKind::kCommit ? "COMMIT" : "ROLLBACK");
        made.update.ends_transaction = true;
        return made;
      }
      case StatementKind::kCall: return call(statement);
      default: return other(statement);
    }
  }

  std::unexpected<QueryError> refused(const Statement& statement, std::string_view what) const {
    return std::unexpected(error_at(sql_, statement.offset, "NOT_SUPPORTED", 13,
                                    fmt::format("{} is not supported", what)));
  }

  std::unexpected<QueryError> other(const Statement& statement) const {
    if (statement.text == "RESET SESSION AUTHORIZATION")
      return std::unexpected(
          user_error("NOT_SUPPORTED", 13, statement.text + " not supported by client"));
    return std::unexpected(error_at(sql_, statement.offset, "NOT_SUPPORTED", 13,
                                    fmt::format("{} is not supported", statement.text)));
  }

  QueryResult<TrinoStatement> query(ast::QueryPtr query) const {
    auto text = render_query(*query, sql_, session_);
    if (!text.has_value()) return std::unexpected(std::move(text.error()));
    TrinoStatement made;
    made.query = std::move(*text);
    made.parsed = std::move(query);
    return made;
  }

  QueryResult<TrinoStatement> explain(const Statement& statement) const {
    if (statement.analyze) return refused(statement, "EXPLAIN ANALYZE");
    const bool validate = statement.explain_type == "validate";
    if (statement.explain_type == "io") return refused(statement, "EXPLAIN (TYPE IO)");
    if (statement.explain_format != "text" && !validate)
      return refused(statement, statement.explain_format == "json" ? "EXPLAIN (FORMAT JSON)"
                                                                   : "EXPLAIN (FORMAT GRAPHVIZ)");
    if (statement.inner->kind != StatementKind::kQuery && !is_show(statement.inner->kind))
      return refused(statement, "EXPLAIN of a statement that is no query");
    auto made = read(*statement.inner);
    if (!made.has_value()) return made;
    made->explain = !validate;
    if (validate) made->describe = TrinoStatement::Describe::kValid;
    return made;
  }

  // ---- The session ------------------------------------------------------------------------------

  QueryResult<TrinoStatement> use(const Statement& statement) const {
    const auto& names = statement.names;
    TrinoStatement made = update("USE");
    made.update.set_schema = lower_case(names.back().name);
    if (names.size() == 2) made.update.set_catalog = lower_case(names.front().name);
    const std::string& catalog = names.size() == 2 ? names.front().name : session_.catalog;
    made.required.push_back({catalog, names.back().name, "", statement.offset});
    return made;
  }

  QueryResult<TrinoStatement> set_session(const Statement& statement) const {
    const auto value = constant_text(*statement.value);
    if (!value) return refused(statement, "SET SESSION to a value that is no literal");
    TrinoStatement made = update("SET SESSION");
    made.update.property_name = joined(statement.names);
    made.update.property_value = *value;
    if (const auto wrong = check_session_property_exists(made.update.property_name))
      return std::unexpected(
          error_at(sql_, statement.value->offset, wrong->name, wrong->code, wrong->message));
    if (auto wrong = check_session_property(made.update.property_name, *value,
                                            type_of_constant(*statement.value)))
      return std::unexpected(std::move(*wrong));
    return made;
  }

  // Roles mean nothing here: the client is told what it asked for.
  QueryResult<TrinoStatement> set_role(const Statement& statement) const {
    const ast::Identifier& role = statement.names[0];
    const std::string word = role.quoted ? std::string() : lower_case(role.name);
    TrinoStatement made = update("SET ROLE");
    made.update.role = word == "none"  ? "NONE"
                       : word == "all" ? "ALL"
                                       : "ROLE{" + prepared_name(role) + "}";
    return made;
  }

  QueryResult<TrinoStatement> set_time_zone(const Statement& statement) const {
    TrinoStatement made = update("SET TIME ZONE");
    made.update.set_time_zone = "UTC";
    if (!statement.value) return made;
    if (statement.value->kind != ast::ExpressionKind::kString)
      return std::unexpected(error_at(sql_, statement.value->offset, "NOT_SUPPORTED", 13,
                                      "SET TIME ZONE takes LOCAL or a zone's name"));
    made.update.set_time_zone = statement.value->text;
    return made;
  }

  // CALL system.runtime.kill_query(query_id => '…', message => '…'): how tools cancel a query of
  // another connection.
  QueryResult<TrinoStatement> call(Statement& statement) const {
    const std::string procedure = joined(statement.names);
    if (procedure != "system.runtime.kill_query") {
      ast::Write write;
      write.kind = ast::WriteKind::kCall;
      write.offset = statement.offset;
      write.names = std::move(statement.names);
      write.arguments = std::move(statement.arguments);
      return write_statement(std::move(write), sql_, session_, write_);
    }
    TrinoStatement made = update("CALL");
    for (size_t i = 0; i < statement.arguments.size(); ++i) {
      const ast::Argument& argument = statement.arguments[i];
      const bool id = argument.name ? lower_case(argument.name->name) == "query_id" : i == 0;
      const auto value = constant_text(*argument.value);
      if (value) (id ? made.update.killed_query : made.update.kill_message) = *value;
    }
    if (made.update.killed_query.empty())
      return std::unexpected(error_at(sql_, statement.offset, "INVALID_PROCEDURE_ARGUMENT", 30,
                                      "Required procedure argument 'QUERY_ID' is missing"));
    return made;
  }

  // ---- Prepared statements ----------------------------------------------------------------------

  // PREPARE name FROM statement: the client keeps it and sends it along from then on.
  QueryResult<TrinoStatement> prepare(const Statement& statement) const {
    TrinoStatement made = update("PREPARE");
    made.update.prepared_name = prepared_name(statement.names[0]);
    const auto [begin, end] = statement.inner_range;
    made.update.prepared_sql = std::string(sql_.substr(begin, end - begin));
    return made;
  }

  // The text of EXECUTE IMMEDIATE '…', with its begin in the line and column where Trino counts it:
  // of its first line behind the quote.
  std::string in_its_place(const Statement& statement) const {
    QueryError at;
    set_position(at, sql_, statement.inner_range.first);
    return std::string(static_cast<size_t>(at.line - 1), '\n') +
           std::string(static_cast<size_t>(at.column), ' ') + statement.text;
  }

  QueryResult<TrinoStatement> execute(const Statement& statement, const std::string& inner) const {
    if (depth_ >= kDeepest) return refused(statement, "EXECUTE in so many others");
    ParameterTokens values;
    for (const auto& [begin, end] : statement.values)
      values.push_back(tokenize_trino(sql_.substr(begin, end - begin)));
    return StatementReader(inner, session_, depth_ + 1, write_).read(&values);
  }

  std::string_view sql_;
  const QuerySession& session_;
  int depth_;
  WritePtr& write_;
};

}  // namespace

QueryResult<TrinoStatement> read_statement(std::string_view sql, const QuerySession& session) {
  WritePtr write;
  return read_statement(sql, session, write);
}

QueryResult<TrinoStatement> read_statement(std::string_view sql, const QuerySession& session,
                                           WritePtr& write) {
  if (sql.size() > kLongest)
    return std::unexpected(
        user_error("QUERY_TEXT_TOO_LARGE", 35,
                   fmt::format("Query text length ({}) exceeds the maximum length ({})", sql.size(),
                               kLongest)));
  return StatementReader(sql, session, 0, write).read();
}

}  // namespace foz::sql
