// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_statement_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace foz::sql {

namespace {

std::string string_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c;
    if (c == '\'') out += c;
  }
  return out + "'";
}

std::string quoted_name(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    out += c;
    if (c == '"') out += c;
  }
  return out + "\"";
}

constexpr size_t kLongest = 1000000;  // bytes of a statement, Trino's own limit
constexpr int kDeepest = 4;           // EXECUTE IMMEDIATE inside EXECUTE IMMEDIATE

class StatementReader {
 public:
  StatementReader(std::string_view sql, const QuerySession& session, std::vector<TrinoToken> tokens)
      : sql_(sql), session_(session), tokens_(std::move(tokens)) {
    tokens_.pop_back();  // kEnd
    while (!tokens_.empty() && tokens_.back().is(";")) tokens_.pop_back();
  }

  QueryResult<TrinoStatement> read(int depth) {
    auto statement = read_kind(depth);
    if (statement.has_value() && statement->source.empty()) statement->source = sql_;
    return statement;
  }

 private:
  QueryResult<TrinoStatement> read_kind(int depth) {
    if (tokens_.empty()) return std::unexpected(syntax_error(sql_, at(0)));
    for (const TrinoToken& token : tokens_) {
      if (token.is(";")) return std::unexpected(syntax_error(sql_, token));
    }
    const TrinoToken& first = at(0);
    if (first.is("select") || first.is("with") || first.is("values") || first.is("table") ||
        first.is("("))
      return query(0);
    if (first.is("explain")) return explain();
    if (first.is("show")) return show();
    if (first.is("describe") || first.is("desc")) return describe(1);
    if (first.is("use")) return use();
    if (first.is("set") && at(1).is("time") && at(2).is("zone")) return set_time_zone();
    if (first.is("execute")) return execute(depth);
    if (first.is("prepare")) return prepare();
    if (first.is("call")) return call();
    if (first.is("deallocate")) return deallocate();
    return std::unexpected(unsupported());
  }

  const TrinoToken& at(size_t i) const { return i < tokens_.size() ? tokens_[i] : end_; }
  std::unexpected<QueryError> expected(size_t i) const {
    return std::unexpected(syntax_error(sql_, at(i)));
  }

  // "ALTER TABLE", "CREATE" …: known words are named, anything else is no statement.
  QueryError unsupported() const {
    static constexpr std::string_view kStatements[] = {
        "alter", "analyze", "call",     "comment", "commit", "create",   "deallocate", "delete",
        "deny",  "drop",    "execute",  "grant",   "insert", "merge",    "prepare",    "refresh",
        "reset", "revoke",  "rollback", "set",     "start",  "truncate", "update"};
    const TrinoToken& first = at(0);
    if (std::ranges::none_of(kStatements, [&](auto word) { return first.is(word); }))
      return syntax_error(sql_, first);
    std::string name(first.text);
    if (at(1).kind == TrinoTokenKind::kWord) name += " " + std::string(at(1).text);
    std::ranges::transform(name, name.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    return error_at(sql_, first.offset, "NOT_SUPPORTED", 13,
                    fmt::format("{} is not supported: the lake is read only here", name));
  }

  QueryResult<TrinoStatement> query(size_t from) {
    auto text = rewrite_text(sql_, std::span(tokens_).subspan(from));
    if (!text.has_value()) return std::unexpected(text.error());
    TrinoStatement statement;
    statement.query = std::move(*text);
    return statement;
  }

  QueryResult<TrinoStatement> explain() {
    size_t i = 1;
    if (at(i).is("analyze"))
      return std::unexpected(
          error_at(sql_, at(i).offset, "NOT_SUPPORTED", 13, "EXPLAIN ANALYZE is not supported"));
    if (at(i).is("(") && (at(i + 1).is("type") || at(i + 1).is("format"))) {
      for (++i; !at(i).is(")"); ++i) {
        if (i >= tokens_.size()) return expected(i);
        if (at(i).is("io") || at(i).is("json") || at(i).is("graphviz"))
          return std::unexpected(error_at(sql_, at(i).offset, "NOT_SUPPORTED", 13,
                                          fmt::format("EXPLAIN {} is not supported", at(i).text)));
      }
      ++i;
    }
    auto statement = query(i);
    if (statement.has_value()) statement->explain = true;
    return statement;
  }

  // A query of our own text, in Trino's dialect.
  static TrinoStatement own(std::string text, std::vector<RequiredName> required = {}) {
    TrinoStatement statement;
    statement.query.sql = std::move(text);
    statement.internal = true;
    statement.required = std::move(required);
    return statement;
  }

  QueryResult<TrinoStatement> show() {
    const TrinoToken& what = at(1);
    if (what.is("catalogs"))
      return show_list(2, "Catalog", "table_cat", "system.jdbc.catalogs", "TRUE", {});
    if (what.is("schemas")) return show_schemas();
    if (what.is("tables")) return show_tables();
    if (what.is("columns") && (at(2).is("from") || at(2).is("in"))) return describe(3);
    if (what.is("functions")) return show_functions();
    if (what.is("session"))
      return own(
          "SELECT '' AS \"Name\", '' AS \"Value\", '' AS \"Default\", '' AS \"Type\", '' AS "
          "\"Description\" WHERE FALSE");
    return std::unexpected(error_at(sql_, at(0).offset, "NOT_SUPPORTED", 13,
                                    fmt::format("SHOW {} is not supported", what.text)));
  }

  QueryResult<TrinoStatement> show_functions() {
    static constexpr char kFrom[] =
        "(SELECT function_name AS \"Function\", coalesce(return_type, '') AS \"Return Type\", "
        "array_to_string(parameter_types, ', ') AS \"Argument Types\", "
        "function_type AS \"Function Type\", stability = 'CONSISTENT' AS \"Deterministic\", "
        "coalesce(description, '') AS \"Description\" FROM duckdb_functions() "
        "WHERE function_type IN ('scalar', 'aggregate', 'macro') "
        "AND regexp_matches(function_name, '^[a-z][a-z0-9_]*$')) f";
    auto statement = show_list(2, "Function", "\"Function\"", kFrom, "TRUE", {});
    if (!statement.has_value()) return statement;
    // All columns instead of the listed one.
    std::string& sql = statement->query.sql;
    sql.replace(0, sql.find(" FROM "), "SELECT *");
    return statement;
  }

  QueryResult<TrinoStatement> show_schemas() {
    size_t i = 2;
    std::string catalog = session_.catalog;
    std::vector<RequiredName> required;
    if (at(i).is("from") || at(i).is("in")) {
      catalog = at(i + 1).identifier();
      required.push_back({catalog, "", "", at(i + 1).offset});
      i += 2;
    }
    return show_list(i, "Schema", "schema_name",
                     quoted_name(catalog) + ".information_schema.schemata", "TRUE",
                     std::move(required));
  }

  QueryResult<TrinoStatement> show_tables() {
    size_t i = 2;
    RequiredName schema{session_.catalog, session_.schema, "", at(0).offset};
    if (at(i).is("from") || at(i).is("in")) {
      schema.offset = at(++i).offset;
      std::vector<std::string> names = qualified_name(i);
      if (names.empty() || names.size() > 2) return expected(i);
      schema.schema = names.back();
      if (names.size() == 2) schema.catalog = names.front();
    }
    if (schema.schema.empty())
      return std::unexpected(error_at(sql_, at(0).offset, "MISSING_SCHEMA_NAME", 57,
                                      "Schema must be specified when session schema is not set"));
    const std::string from = quoted_name(schema.catalog) + ".information_schema.tables";
    const std::string where = "lower(table_schema) = lower(" + string_literal(schema.schema) + ")";
    return show_list(i, "Table", "table_name", from, where, {schema});
  }

  // [LIKE pattern [ESCAPE character]] at the statement's end, as a condition.
  QueryResult<std::string> like(size_t i, std::string_view column) const {
    std::string condition;
    if (at(i).is("like")) {
      if (at(i + 1).kind != TrinoTokenKind::kString) return expected(i + 1);
      condition += fmt::format(" AND {} LIKE {}", column, at(i + 1).text);
      i += 2;
      if (at(i).is("escape")) {
        if (at(i + 1).kind != TrinoTokenKind::kString) return expected(i + 1);
        condition += fmt::format(" ESCAPE {}", at(i + 1).text);
        i += 2;
      }
    }
    if (i < tokens_.size()) return expected(i);
    return condition;
  }

  QueryResult<TrinoStatement> show_list(size_t i, std::string_view title, std::string_view column,
                                        const std::string& from, std::string where,
                                        std::vector<RequiredName> required) {
    auto pattern = like(i, column);
    if (!pattern.has_value()) return std::unexpected(pattern.error());
    where += *pattern;
    return own(
        fmt::format("SELECT {} AS \"{}\" FROM {} WHERE {} ORDER BY 1", column, title, from, where),
        std::move(required));
  }

  // Advances behind the name.
  std::vector<std::string> qualified_name(size_t& i) const {
    std::vector<std::string> names;
    while (at(i).kind == TrinoTokenKind::kWord || at(i).kind == TrinoTokenKind::kQuoted) {
      names.push_back(at(i++).identifier());
      if (!at(i).is(".")) break;
      ++i;
    }
    return names;
  }

  QueryResult<TrinoStatement> describe(size_t i) {
    if (at(i).is("input") || at(i).is("output"))
      return std::unexpected(error_at(sql_, at(0).offset, "NOT_SUPPORTED", 13,
                                      fmt::format("DESCRIBE {} is not supported", at(i).text)));
    RequiredName table{session_.catalog, session_.schema, "", at(i).offset};
    const std::vector<std::string> names = qualified_name(i);
    if (names.empty() || names.size() > 3) return expected(i);
    table.table = names.back();
    if (names.size() >= 2) table.schema = names[names.size() - 2];
    if (names.size() == 3) table.catalog = names[0];
    if (table.schema.empty())
      return std::unexpected(error_at(sql_, table.offset, "MISSING_SCHEMA_NAME", 57,
                                      "Schema must be specified when session schema is not set"));
    auto pattern = like(i, "column_name");
    if (!pattern.has_value()) return std::unexpected(pattern.error());
    return own(
        fmt::format("SELECT column_name AS \"Column\", data_type AS \"Type\", '' AS \"Extra\", "
                    "coalesce(\"comment\", '') AS \"Comment\" FROM {}.information_schema.columns "
                    "WHERE lower(table_schema) = lower({}) AND lower(table_name) = lower({}){} "
                    "ORDER BY ordinal_position",
                    quoted_name(table.catalog), string_literal(table.schema),
                    string_literal(table.table), *pattern),
        {table});
  }

  QueryResult<TrinoStatement> use() {
    size_t i = 1;
    const size_t offset = at(1).offset;
    const std::vector<std::string> names = qualified_name(i);
    if (names.empty() || names.size() > 2 || i < tokens_.size()) return expected(i);
    TrinoStatement statement;
    statement.update.update_type = "USE";
    statement.update.set_schema = names.back();
    statement.update.set_catalog = names.size() == 2 ? names.front() : session_.catalog;
    statement.required.push_back({statement.update.set_catalog, names.back(), "", offset});
    return statement;
  }

  QueryResult<TrinoStatement> set_time_zone() {
    TrinoStatement statement;
    statement.update.update_type = "SET TIME ZONE";
    if (at(3).is("local")) {
      statement.update.set_time_zone = "UTC";
    } else if (at(3).kind == TrinoTokenKind::kString) {
      statement.update.set_time_zone = at(3).string_value();
    } else {
      return std::unexpected(error_at(sql_, at(3).offset, "NOT_SUPPORTED", 13,
                                      "SET TIME ZONE takes LOCAL or a zone's name"));
    }
    if (tokens_.size() > 4) return expected(4);
    return statement;
  }

  bool is_name(size_t i) const {
    return at(i).kind == TrinoTokenKind::kWord || at(i).kind == TrinoTokenKind::kQuoted;
  }

  // CALL system.runtime.kill_query(query_id => '…', message => '…'): how tools cancel a query of
  // another connection.
  QueryResult<TrinoStatement> call() {
    size_t i = 1;
    if (qualified_name(i) != std::vector<std::string>{"system", "runtime", "kill_query"})
      return std::unexpected(
          error_at(sql_, at(1).offset, "PROCEDURE_NOT_FOUND", 29, "Procedure not registered"));
    TrinoStatement statement;
    statement.update.update_type = "CALL";
    for (; i < tokens_.size(); ++i) {
      if (at(i).kind != TrinoTokenKind::kString) continue;
      const bool other = at(i - 1).is("=>") && !at(i - 2).is("query_id");
      if (!other && statement.update.killed_query.empty())
        statement.update.killed_query = at(i).string_value();
    }
    if (statement.update.killed_query.empty())
      return std::unexpected(error_at(sql_, at(0).offset, "INVALID_PROCEDURE_ARGUMENT", 30,
                                      "Required procedure argument 'query_id' is missing"));
    return statement;
  }

  // PREPARE name FROM statement: the client keeps it and sends it along from then on.
  QueryResult<TrinoStatement> prepare() {
    if (!is_name(1) || !at(2).is("from")) return expected(is_name(1) ? 2 : 1);
    if (tokens_.size() < 4) return expected(3);
    TrinoStatement statement;
    statement.update.update_type = "PREPARE";
    statement.update.prepared_name = at(1).identifier();
    const TrinoToken& last = tokens_.back();
    statement.update.prepared_sql =
        std::string(sql_.substr(at(3).offset, last.offset + last.text.size() - at(3).offset));
    return statement;
  }

  QueryResult<TrinoStatement> deallocate() {
    if (!at(1).is("prepare") || !is_name(2)) return expected(at(1).is("prepare") ? 2 : 1);
    if (!session_.prepared.contains(at(2).identifier())) return unknown_prepared(2);
    if (tokens_.size() > 3) return expected(3);
    TrinoStatement statement;
    statement.update.update_type = "DEALLOCATE";
    statement.update.deallocated_name = at(2).identifier();
    return statement;
  }

  std::unexpected<QueryError> unknown_prepared(size_t i) const {
    return std::unexpected(
        error_at(sql_, at(i).offset, "NOT_FOUND", 5,
                 fmt::format("Prepared statement not found: {}", at(i).identifier())));
  }

  QueryResult<TrinoStatement> execute(int depth) {
    if (depth >= kDeepest) return expected(0);
    if (at(1).is("immediate")) {
      if (at(2).kind != TrinoTokenKind::kString) return expected(2);
      return execute_text(at(2).string_value(), 3, depth);
    }
    if (!is_name(1)) return expected(1);
    const auto prepared = session_.prepared.find(at(1).identifier());
    if (prepared == session_.prepared.end()) return unknown_prepared(1);
    return execute_text(prepared->second, 2, depth);
  }

  // [USING value, …] at `from`: the values' text takes the places of the parameters.
  QueryResult<TrinoStatement> execute_text(const std::string& inner, size_t from, int depth) {
    std::vector<std::string> values;
    if (at(from).is("using")) {
      size_t begin = from + 1;
      int nested = 0;
      for (size_t i = begin; i <= tokens_.size(); ++i) {
        if (i == tokens_.size() || (nested == 0 && at(i).is(","))) {
          if (i == begin) return expected(i);
          const size_t first = at(begin).offset;
          const size_t end = at(i - 1).offset + at(i - 1).text.size();
          values.push_back("(" + std::string(sql_.substr(first, end - first)) + ")");
          begin = i + 1;
        }
        nested += at(i).is("(") ? 1 : at(i).is(")") ? -1 : 0;
      }
    } else if (tokens_.size() > from) {
      return expected(from);
    }
    auto tokens = tokenize_trino(inner);
    if (!tokens.has_value()) return std::unexpected(tokens.error());
    std::string text;
    size_t used = 0, copied = 0;
    for (const TrinoToken& token : *tokens) {
      if (token.kind != TrinoTokenKind::kParameter) continue;
      text += inner.substr(copied, token.offset - copied);
      copied = token.offset + 1;
      if (used < values.size()) text += values[used];
      ++used;
    }
    if (used != values.size())
      return std::unexpected(
          error_at(sql_, at(0).offset, "INVALID_PARAMETER_USAGE", 84,
                   fmt::format("Incorrect number of parameters: expected {} but found {}", used,
                               values.size())));
    text += inner.substr(copied);
    auto replaced = tokenize_trino(text);
    if (!replaced.has_value()) return std::unexpected(replaced.error());
    return StatementReader(text, session_, std::move(*replaced)).read(depth + 1);
  }

  std::string_view sql_;
  const QuerySession& session_;
  std::vector<TrinoToken> tokens_;
  TrinoToken end_{TrinoTokenKind::kEnd, {}, sql_.size()};
};

}  // namespace

QueryResult<TrinoStatement> read_statement(std::string_view sql, const QuerySession& session) {
  if (sql.size() > kLongest) {
    QueryError error;
    error.name = "QUERY_TEXT_TOO_LARGE";
    error.type = "USER_ERROR";
    error.code = 35;
    error.message =
        fmt::format("Query text length ({}) exceeds the maximum length ({})", sql.size(), kLongest);
    return std::unexpected(error);
  }
  auto tokens = tokenize_trino(sql);
  if (!tokens.has_value()) return std::unexpected(tokens.error());
  return StatementReader(sql, session, std::move(*tokens)).read(0);
}

}  // namespace foz::sql
