// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>

#include "sql/trino_literals_internal.h"
#include "sql/trino_render_internal.h"
#include "sql/trino_tokens_internal.h"

namespace foz::sql {

using ast::Expression;
using ast::ExpressionKind;

void TrinoRenderer::literal(const Expression& expression) {
  place(expression.offset);
  switch (expression.kind) {
    case ExpressionKind::kNull: return text("NULL");
    case ExpressionKind::kString: return text(string_literal(expression.text));
    case ExpressionKind::kBinary: return text("system.main.unhex('" + expression.text + "')");
    case ExpressionKind::kDecimal: {
      const auto value = decimal_value(expression.text);
      if (!value)
        fail(expression.offset, "INVALID_LITERAL", 59,
             fmt::format("'{}' is not a valid DECIMAL literal", expression.text));
      return text(
          fmt::format("CAST('{}' AS DECIMAL({},{}))", value->text, value->precision, value->scale));
    }
    case ExpressionKind::kInteger:
      // The least numbers have no positive counterpart of their type.
      if (expression.text == "-2147483648") return text("CAST('-2147483648' AS INTEGER)");
      if (expression.text == "-9223372036854775808")
        return text("CAST('-9223372036854775808' AS BIGINT)");
      return text(expression.text);
    default: return text(expression.text);
  }
}

// DATE '2020-02-29': checked here, because an error is one of the statement and not of its rows.
void TrinoRenderer::typed(const Expression& expression) {
  const std::string& type = expression.type->name;
  const std::string& value = expression.text;
  std::string upper = type;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  });
  const auto check = [&](bool valid) {
    if (!valid)
      fail(expression.offset, "INVALID_LITERAL", 59,
           fmt::format("'{}' is not a valid {} literal", value, upper));
  };
  place(expression.offset);
  const std::string quoted = string_literal(value);
  if (type == "varchar" || type == "char") return text(quoted);
  if (type == "decimal") {
    const auto decimal = decimal_value(value);
    check(decimal.has_value());
    return text(fmt::format("CAST('{}' AS DECIMAL({},{}))", decimal->text, decimal->precision,
                            decimal->scale));
  }
  if (type == "timestamp" || type == "time") {
    const auto time = type == "time" ? time_value(value) : timestamp_value(value);
    check(time.has_value());
    if (type == "timestamp" && time->zoned)
      return text("TIMESTAMPTZ " + string_literal(with_offset_behind(value)));
    return text(fmt::format("{}{} {}", upper, time->zoned ? "TZ" : "", quoted));
  }
  if (type == "date") check(is_date(value));
  if (type == "tinyint") check(is_integer(value, 8));
  if (type == "smallint") check(is_integer(value, 16));
  if (type == "integer") check(is_integer(value, 32));
  if (type == "bigint") check(is_integer(value, 64));
  if (type == "uuid") check(is_uuid(value));
  if (type == "boolean") {
    const std::string lower = lower_case(value);
    check(lower == "true" || lower == "t" || lower == "1" || lower == "false" || lower == "f" ||
          lower == "0");
  }
  const auto duckdb = duckdb_type(*expression.type);
  if (!duckdb) {
    QueryError error = error_at(source_, expression.offset, "TYPE_NOT_FOUND", 43,
                                "Unknown resolvedType: " + upper);
    error.line = error.column = 0;
    throw error;
  }
  text(fmt::format("CAST({} AS {})", quoted, *duckdb));
}

void TrinoRenderer::interval(const Expression& expression) {
  const auto value = interval_value(expression.text, expression.fields);
  if (!value) {
    std::string fields = expression.fields;
    std::ranges::transform(fields, fields.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    fail(expression.offset, "INVALID_LITERAL", 59,
         fmt::format("Invalid INTERVAL {} value: {}", fields, expression.text));
  }
  const int64_t amount = expression.negated ? -value->value : value->value;
  place(expression.offset);
  if (value->months) return text(fmt::format("INTERVAL '{} months'", amount));
  constexpr int64_t kDay = 86400000;
  text(fmt::format("INTERVAL '{} days {} milliseconds'", amount / kDay, amount % kDay));
}

void TrinoRenderer::current(const Expression& expression) {
  place(expression.offset);
  const std::string& what = expression.text;
  const auto of_session = [&](const std::string& value) {
    text(value.empty() ? "CAST(NULL AS VARCHAR)" : string_literal(value));
  };
  if (what == "current_user") return of_session(session_.user);
  if (what == "current_catalog") return of_session(session_.catalog);
  if (what == "current_schema") return of_session(session_.schema);
  if (what == "current_path") return text("''");
  text(what);
}

}  // namespace foz::sql
