// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_error_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace foz::sql {

using duckdb::ExceptionType;

namespace {

struct Named {
  const char* name;
  int code;
  const char* type = "USER_ERROR";
};

constexpr Named kSyntaxError{"SYNTAX_ERROR", 1};
constexpr Named kUserCanceled{"USER_CANCELED", 3};
constexpr Named kInternal{"GENERIC_INTERNAL_ERROR", 65536, "INTERNAL_ERROR"};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// Between the first pair of double quotes.
std::string first_quoted(std::string_view text) {
  const size_t begin = text.find('"');
  const size_t end = begin == std::string_view::npos ? begin : text.find('"', begin + 1);
  return end == std::string_view::npos ? std::string()
                                       : std::string(text.substr(begin + 1, end - begin - 1));
}

Named name_of_binder(std::string_view message) {
  if (contains(message, "not found in FROM clause") ||
      contains(message, "does not have a column named") || contains(message, "Referenced table") ||
      contains(message, "FROM clause is missing"))
    return {"COLUMN_NOT_FOUND", 47};
  if (contains(message, "Ambiguous reference")) return {"AMBIGUOUS_NAME", 62};
  if (contains(message, "must appear in the GROUP BY clause"))
    return {"EXPRESSION_NOT_AGGREGATE", 73};
  if (contains(message, "cannot contain aggregates") ||
      contains(message, "aggregate function calls cannot be nested"))
    return {"NESTED_AGGREGATION", 67};
  if (contains(message, "does not exist") && contains(message, "Function"))
    return {"FUNCTION_NOT_FOUND", 6};
  if (contains(message, "No function matches"))  // ~~ is LIKE
    return contains(message, "~~") ? Named{"TYPE_MISMATCH", 58} : Named{"FUNCTION_NOT_FOUND", 6};
  if (contains(message, "Cannot compare values") || contains(message, "cast") ||
      contains(message, "type"))
    return {"TYPE_MISMATCH", 58};
  return {"GENERIC_USER_ERROR", 0};
}

Named name_of(ExceptionType type, std::string_view message) {
  if (contains(message, "Max expression depth limit")) return {"STACK_OVERFLOW", 79};
  switch (type) {
    case ExceptionType::PARSER:
    case ExceptionType::SYNTAX: return kSyntaxError;
    case ExceptionType::BINDER: return name_of_binder(message);
    case ExceptionType::CATALOG:
      if (contains(message, "Table Function") || contains(message, "Function"))
        return {"FUNCTION_NOT_FOUND", 6};
      if (contains(message, "Type with name")) return {"TYPE_NOT_FOUND", 43};
      return {"NOT_FOUND", 5};
    case ExceptionType::CONVERSION:
      // Between integers only.
      return contains(message, "Type INT") && contains(message, "destination type INT")
                 ? Named{"NUMERIC_VALUE_OUT_OF_RANGE", 19}
                 : Named{"INVALID_CAST_ARGUMENT", 9};
    case ExceptionType::OUT_OF_RANGE:
      return contains(message, "Division by zero") ? Named{"DIVISION_BY_ZERO", 8}
                                                   : Named{"NUMERIC_VALUE_OUT_OF_RANGE", 19};
    case ExceptionType::DIVIDE_BY_ZERO: return {"DIVISION_BY_ZERO", 8};
    case ExceptionType::MISMATCH_TYPE: return {"TYPE_MISMATCH", 58};
    case ExceptionType::INVALID_INPUT:
    case ExceptionType::INVALID_TYPE:
      if (contains(message, "More than one row returned by a subquery"))
        return {"SUBQUERY_MULTIPLE_ROWS", 28};
      if (contains(message, "Recursion depth limit exceeded")) return {"NOT_SUPPORTED", 13};
      return {"INVALID_FUNCTION_ARGUMENT", 7};
    case ExceptionType::NOT_IMPLEMENTED: return {"NOT_SUPPORTED", 13};
    case ExceptionType::PERMISSION: return {"PERMISSION_DENIED", 4};
    case ExceptionType::OUT_OF_MEMORY:
      return {"EXCEEDED_LOCAL_MEMORY_LIMIT", 131079, "INSUFFICIENT_RESOURCES"};
    case ExceptionType::INTERRUPT: return kUserCanceled;
    case ExceptionType::IO:
    case ExceptionType::HTTP:
    case ExceptionType::NETWORK: return {"GENERIC_EXTERNAL", 133001, "EXTERNAL"};
    case ExceptionType::INVALID: return {"GENERIC_USER_ERROR", 0};
    default: return kInternal;
  }
}

// Trino's words where clients and people know them.
std::string message_of(const Named& named, std::string_view message) {
  const std::string_view name = named.name;
  if (name == "COLUMN_NOT_FOUND") {
    const std::string column = first_quoted(message);
    return column.empty() ? std::string(message)
                          : fmt::format("Column '{}' cannot be resolved", column);
  }
  if (name == "AMBIGUOUS_NAME")
    return fmt::format("Column '{}' is ambiguous", first_quoted(message));
  if (name == "DIVISION_BY_ZERO") return "Division by zero";
  if (name == "EXPRESSION_NOT_AGGREGATE")
    return fmt::format("'{}' must be an aggregate expression or appear in GROUP BY clause",
                       first_quoted(message));
  if (name == "SUBQUERY_MULTIPLE_ROWS") return "Scalar sub-query has returned multiple rows";
  if (name == "USER_CANCELED") return "Query was canceled";
  if (name == "STACK_OVERFLOW") return "the statement is nested too deeply";
  if (name == "FUNCTION_NOT_FOUND") {
    // "Scalar Function with name foo does not exist!"
    const size_t begin = message.find("with name ");
    const size_t end = begin == std::string_view::npos ? begin : message.find(' ', begin + 10);
    if (end != std::string_view::npos)
      return fmt::format("Function '{}' not registered",
                         message.substr(begin + 10, end - begin - 10));
  }
  return std::string(message);
}

std::optional<size_t> number_of(const duckdb::ErrorData& error, const char* key) {
  const auto entry = error.ExtraInfo().find(key);
  if (entry == error.ExtraInfo().end()) return std::nullopt;
  size_t position = 0;
  const std::string& text = entry->second;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), position);
  return failure == std::errc() ? std::optional(position) : std::nullopt;
}

bool is_name_part(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// Where the call or the operator `name` begins, one of whose arguments is at `near`: DuckDB does
// not tell a function that it binds where it is called.
std::optional<size_t> call_place(std::string_view sql, size_t near, std::string_view name) {
  const bool symbol = !is_name_part(name[0]) || name == "BETWEEN";
  int depth = 0;
  for (size_t i = std::min(near, sql.size()); i-- > 0;) {
    if (sql[i] == '\'' || sql[i] == '"') {  // text and quoted names are passed over
      const size_t begin = i == 0 ? std::string_view::npos : sql.rfind(sql[i], i - 1);
      if (begin == std::string_view::npos) return std::nullopt;
      i = begin;
      continue;
    }
    depth += sql[i] == ')' ? 1 : 0;
    if (symbol && depth <= 0 && sql.substr(i).starts_with(name)) return i;
    if (sql[i] != '(') continue;
    if (--depth >= 0 || symbol) {
      depth = std::max(depth, 0);
      continue;
    }
    depth = 0;
    size_t end = i;
    while (end > 0 && sql[end - 1] == ' ') --end;
    const bool quoted = end > 0 && sql[end - 1] == '"';
    size_t begin = quoted ? end - 1 : end;
    while (begin > 0 && is_name_part(sql[begin - 1])) --begin;
    const std::string written(sql.substr(begin, end - begin - (quoted ? 1 : 0)));
    if (duckdb::StringUtil::CIEquals(written, std::string(name)))
      return quoted && begin > 0 ? begin - 1 : begin;
  }
  // Operands that DuckDB gives no place to leave the one before the operator.
  const size_t behind = symbol ? sql.find(name, near) : std::string_view::npos;
  return behind == std::string_view::npos ? std::nullopt : std::optional(behind);
}

// The same for a call without arguments that have a place: when there is no other one.
std::optional<size_t> only_place(std::string_view sql, std::string_view name) {
  std::optional<size_t> found;
  const bool symbol = !is_name_part(name[0]);
  for (size_t i = 0; i < sql.size(); ++i) {
    size_t at = i;
    if (sql[i] == '\'') {
      i = std::min(sql.find('\'', i + 1), sql.size());
      continue;
    }
    const bool quoted = sql[i] == '"';
    if (quoted) ++at;
    const bool begins = symbol || i == 0 || !is_name_part(sql[i - 1]);
    const std::string written(sql.substr(at, name.size()));
    size_t end = at + name.size() + (quoted ? 1 : 0);
    while (end < sql.size() && sql[end] == ' ') ++end;
    const bool called = symbol || (end < sql.size() && sql[end] == '(');
    if (!begins || !called || !duckdb::StringUtil::CIEquals(written, std::string(name))) continue;
    if (found) return std::nullopt;
    found = i;
  }
  return found;
}

// What refuse() throws.
std::optional<QueryError> refused(const duckdb::ErrorData& error, const TrinoStatement& statement) {
  const auto name = error.ExtraInfo().find("trino_error");
  const auto call = error.ExtraInfo().find("trino_call");
  const auto code = number_of(error, "trino_code");
  if (name == error.ExtraInfo().end() || call == error.ExtraInfo().end() || !code)
    return std::nullopt;
  QueryError out;
  out.name = name->second;
  out.code = static_cast<int>(*code);
  out.type = "USER_ERROR";
  out.message = error.RawMessage();
  const auto near = number_of(error, "trino_near");
  const auto exact = number_of(error, "position");
  std::optional<size_t> place = exact;
  if (!near && !place && !call->second.empty())
    place = only_place(statement.query.sql, call->second);
  if (near && !call->second.empty()) {
    place = call_place(statement.query.sql, *near, call->second);
    if (!place && call->second == "concat") place = call_place(statement.query.sql, *near, "||");
    if (!place && call->second == "<>") place = call_place(statement.query.sql, *near, "!=");
  }
  if (place && !statement.internal) {
    set_position(out, statement.source, statement.query.source_offset(*place));
    out.message = fmt::format("line {}:{}: {}", out.line, out.column, out.message);
  }
  return out;
}

// Of what fails while rows are read, Trino tells no place.
bool has_place(const Named& named) {
  static constexpr std::string_view kWithout[] = {
      "DIVISION_BY_ZERO", "INVALID_CAST_ARGUMENT", "INVALID_FUNCTION_ARGUMENT",
      "NUMERIC_VALUE_OUT_OF_RANGE", "SUBQUERY_MULTIPLE_ROWS"};
  return std::string_view(named.type) == "USER_ERROR" &&
         std::ranges::find(kWithout, named.name) == std::end(kWithout);
}

}  // namespace

QueryError to_query_error(const duckdb::ErrorData& error, const TrinoStatement& statement) {
  if (auto own = refused(error, statement)) return std::move(*own);
  std::string_view raw = error.RawMessage();
  raw = raw.substr(0, raw.find("\n\nLINE "));
  raw = raw.substr(0, raw.find("\nCandidate"));
  raw = raw.substr(0, raw.find("\n\nPossible solutions"));
  const Named named = name_of(error.Type(), raw);
  QueryError out;
  out.name = named.name;
  out.code = named.code;
  out.type = named.type;
  out.message = message_of(named, raw);
  const auto position = number_of(error, "position");
  if (position && has_place(named) && !statement.internal &&
      *position <= statement.query.sql.size()) {
    set_position(out, statement.source, statement.query.source_offset(*position));
    out.message = fmt::format("line {}:{}: {}", out.line, out.column, out.message);
  }
  return out;
}

bool ends_instance(const duckdb::ErrorData& error) {
  return error.Type() == ExceptionType::INTERNAL || error.Type() == ExceptionType::FATAL;
}

QueryError internal_error(std::string message) {
  QueryError error;
  error.message = std::move(message);
  return error;
}

QueryError exhausted_error() {
  QueryError error;
  error.name = "EXCEEDED_LOCAL_MEMORY_LIMIT";
  error.code = 131079;
  error.type = "INSUFFICIENT_RESOURCES";
  error.message =
      "the query was ended because the process came near its memory limit; ask for less at once, "
      "or give foz more memory (limits.memory)";
  return error;
}

QueryError abandoned_error() {
  QueryError error;
  error.name = "EXCEEDED_GLOBAL_MEMORY_LIMIT";
  error.code = 131073;
  error.type = "INSUFFICIENT_RESOURCES";
  error.message =
      "the query was ended because nobody came for its rows and another query needed its memory; "
      "read rows as they come, or give foz more memory (limits.memory)";
  return error;
}

// Its messages end in "(238.2 MiB/238.4 MiB used)" and advice on its settings.
bool lacks_memory(const duckdb::ErrorData& error) {
  return error.Type() == ExceptionType::OUT_OF_MEMORY && contains(error.RawMessage(), " used)");
}

QueryError canceled_error() {
  QueryError error;
  error.name = kUserCanceled.name;
  error.code = kUserCanceled.code;
  error.type = kUserCanceled.type;
  error.message = "Query was canceled";
  return error;
}

}  // namespace foz::sql
