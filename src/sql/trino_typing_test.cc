// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The types of a query's columns, and the errors of names and types, as Trino 476 has them.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <map>

#include "sql/trino_statement_internal.h"
#include "sql/trino_typing_internal.h"

namespace foz::sql {
namespace {

std::optional<std::vector<TypedColumn>> table_columns(const TableAsked& asked) {
  if (asked.catalog != "lake" || asked.schema != "shop" || asked.table != "orders")
    return std::nullopt;
  return std::vector<TypedColumn>{{"id", type_of("bigint")},
                                  {"Status", type_of("varchar")},
                                  {"amount", type_of("decimal", {10, 2})},
                                  {"at", type_of("timestamp", {6})},
                                  {"day", type_of("date")},
                                  {"tags", array_of(type_of("varchar"))},
                                  {"$path", type_of("varchar"), true}};
}

// The types with " | " between them, "?" for one that is not known; or "NAME line:column".
std::string typed(std::string_view sql) {
  QuerySession session;
  session.schema = "shop";
  const auto statement = read_statement(sql, session);
  const auto failed = [](const QueryError& error) {
    return fmt::format("{} {}:{}", error.name, error.line, error.column);
  };
  if (!statement.has_value()) return failed(statement.error());
  TypeHints hints;
  const auto types =
      type_query(*statement->parsed, statement->source, session, table_columns, hints);
  if (!types.has_value()) return failed(types.error());
  std::string out;
  for (const auto& column : *types)
    out += (out.empty() ? "" : " | ") +
           (column.type ? signature_text(*column.type) : std::string("?"));
  return out;
}

struct Case {
  const char* sql;
  const char* types;
};

void check(std::initializer_list<Case> cases) {
  for (const auto& [sql, types] : cases) EXPECT_EQ(typed(sql), types) << sql;
}

// "offset:type" of the parameters whose types are wanted.
std::string wanted(std::string_view sql) {
  QuerySession session;
  session.schema = "shop";
  session.prepared["p"] = sql;
  const auto statement = read_statement("DESCRIBE INPUT p", session);
  if (!statement.has_value()) return statement.error().message;
  TypeHints hints;
  const auto types =
      type_query(*statement->parsed, statement->source, session, table_columns, hints);
  if (!types.has_value()) return types.error().message;
  std::map<size_t, std::string> found;
  for (const auto& [expression, type] : hints) {
    if (is_parameter(*expression)) found.emplace(expression->offset, display_text(type));
  }
  std::string out;
  for (const auto& [offset, type] : found) out += fmt::format("{}:{} ", offset, type);
  return out;
}

TEST(TrinoTyping, ParametersAreWantedInTheTypesOfWhatIsAroundThem) {
  EXPECT_EQ(wanted("SELECT ? + 1, ?, lower(?), count(*) FROM orders WHERE id < ? AND day > ?"),
            "7:integer 23:varchar(0) 59:bigint 71:date ");
  EXPECT_EQ(wanted("SELECT id FROM orders WHERE ? IN (status, 'a') OR amount BETWEEN ? AND ?"),
            "28:varchar 65:decimal(10,2) 71:decimal(10,2) ");
  EXPECT_EQ(wanted("SELECT CASE WHEN ? THEN ? ELSE id END FROM orders WHERE ? LIMIT ?"),
            "17:boolean 24:bigint 56:boolean 64:bigint ");
  EXPECT_EQ(wanted("SELECT coalesce(?, at), if(?, 1, ?), status LIKE ? FROM orders"),
            "16:timestamp(6) 27:boolean 33:integer 49:varchar ");
  EXPECT_EQ(wanted("SELECT * FROM (VALUES (?, 1)) t, UNNEST(ARRAY[?]) u WHERE ? = ?"), "");
}

TEST(TrinoTyping, Literals) {
  check(
      {{"SELECT 1, 2147483648, 1.50, 1e0, 'äb', NULL, X'00', true",
        "integer | bigint | decimal(3, 2) | double | varchar(2) | unknown | varbinary | boolean"},
       {"SELECT TIMESTAMP '2020-01-01 10:00:00.12', TIMESTAMP '2020-01-01 10:00 UTC', TIME '10:00'",
        "timestamp(2) | timestamp(0) with time zone | time(0)"},
       {"SELECT INTERVAL '1' DAY, INTERVAL '1' MONTH",
        "interval day to second | interval year to month"},
       {"SELECT ARRAY[1, 2.5], MAP(ARRAY['a'], ARRAY[1]), ROW(1, 'x'), CHAR 'abc'",
        "array(decimal(11, 1)) | map(varchar(1), integer) | row(integer, varchar(1)) | char(3)"},
       {"SELECT current_timestamp, current_date, localtimestamp(6)",
        "timestamp(3) with time zone | date | timestamp(6)"}});
}

TEST(TrinoTyping, OperatorsAndFunctions) {
  check({{"SELECT id + 1, amount * 2, amount + id, amount / 3, -amount FROM orders",
          "bigint | decimal(20, 2) | decimal(22, 2) | decimal(10, 2) | decimal(10, 2)"},
         {"SELECT at - at, at + INTERVAL '1' DAY, day + INTERVAL '1' MONTH FROM orders",
          "interval day to second | timestamp(6) | date"},
         {"SELECT upper('ab'), 'a' || 'b', coalesce('a', 'bcd'), concat('a', Status) FROM orders",
          "varchar(2) | varchar | varchar(3) | varchar"},
         {"SELECT count(*), sum(amount), avg(amount), max(Status), array_agg(day) FROM orders",
          "bigint | decimal(38, 2) | decimal(10, 2) | varchar | array(date)"},
         {"SELECT transform(ARRAY[1], x -> x * 2e0), tags[1], CAST(id AS timestamp) FROM orders",
          "TYPE_MISMATCH 1:52"},
         {"SELECT CASE WHEN true THEN 1 ELSE 2.5 END, if(true, 'a', 'bc'), date_trunc('day', at) "
          "FROM orders",
          "decimal(11, 1) | varchar(2) | timestamp(6)"}});
}

TEST(TrinoTyping, Relations) {
  check(
      {{"SELECT * FROM (SELECT id AS x, 'a' AS y FROM orders) t(p, q)", "bigint | varchar(1)"},
       {"WITH t(a) AS (VALUES 'a', 'bcd') SELECT a FROM t UNION ALL SELECT 'abcde'", "varchar(5)"},
       {"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT n FROM "
        "t",
        "integer"},
       {"SELECT x, n FROM orders CROSS JOIN UNNEST(tags) WITH ORDINALITY AS t(x, n)",
        "varchar | bigint"},
       {"SELECT k, v FROM UNNEST(MAP(ARRAY['a'], ARRAY[1])) t(k, v)", "varchar(1) | integer"},
       {"SELECT \"$path\", o.\"$path\" FROM orders o", "varchar | varchar"},
       {"SELECT * FROM (TABLE orders) AS t(a, b, c, d, e, f)",
        "bigint | varchar | decimal(10, 2) | timestamp(6) | date | array(varchar)"},
       {"SELECT * FROM orders JOIN (VALUES 'x') AS v(\"$path\") USING (\"$path\")",
        "COLUMN_NOT_FOUND 1:61"},
       {"SELECT * FROM nowhere", ""},
       {"SELECT a.id, b.* FROM orders a JOIN (VALUES (1, 'x')) b(id, y) USING (id)",
        "COLUMN_NOT_FOUND 1:8"}});
}

TEST(TrinoTyping, Errors) {
  check({{"SELECT nope FROM orders", "COLUMN_NOT_FOUND 1:8"},
         {"SELECT o.nope FROM orders o", "COLUMN_NOT_FOUND 1:8"},
         {"SELECT lower(Status) AS s FROM orders GROUP BY s", "COLUMN_NOT_FOUND 1:48"},
         {"SELECT id FROM orders a, orders b", "AMBIGUOUS_NAME 1:8"},
         {"SELECT 1 = 'a'", "TYPE_MISMATCH 1:10"},
         {"SELECT 'a' + 1", "TYPE_MISMATCH 1:12"},
         {"SELECT * FROM orders WHERE day >= '2020-01-01'", "TYPE_MISMATCH 1:32"},
         {"SELECT * FROM orders WHERE id", "TYPE_MISMATCH 1:28"},
         {"SELECT CASE WHEN 1 THEN 2 END", "TYPE_MISMATCH 1:18"},
         {"SELECT NOT 1", "TYPE_MISMATCH 1:12"},
         {"SELECT CAST(DATE '2020-01-01' AS integer)", "TYPE_MISMATCH 1:8"},
         {"SELECT ARRAY[1]['a']", "TYPE_MISMATCH 1:8"},
         {"SELECT 1 IN (1, 'a')", "TYPE_MISMATCH 1:17"},
         {"SELECT 1 UNION SELECT 'a'", "TYPE_MISMATCH 1:10"},
         {"VALUES 1, 'a'", "TYPE_MISMATCH 1:1"},
         {"SELECT x FROM (SELECT 1) AS t(x, y)", "MISMATCHED_COLUMN_ALIASES 1:15"},
         {"SELECT 1 ORDER BY 2", "INVALID_COLUMN_REFERENCE 1:19"},
         {"SELECT sum(amount) FROM orders GROUP BY 2", "INVALID_COLUMN_REFERENCE 1:41"},
         {"SELECT nope.* FROM orders", "TABLE_NOT_FOUND 1:8"},
         {"WITH t AS (SELECT 1), t AS (SELECT 2) SELECT 1", "DUPLICATE_NAMED_QUERY 1:23"},
         {"SELECT id FROM orders WHERE count(*) > 1", "EXPRESSION_NOT_SCALAR 1:38"},
         {"SELECT sum(count(*)) FROM orders", "NESTED_AGGREGATION 1:8"},
         {"SELECT lower(DISTINCT Status) FROM orders", "FUNCTION_NOT_AGGREGATE 1:8"},
         {"SELECT rank() FROM orders", "MISSING_OVER 1:8"}});
}

// Short texts of which each step takes twice what the one before took.
TEST(TrinoTyping, RefusesWhatGrowsWithoutMeasure) {
  std::string columns = "WITH t0 AS (SELECT 1)", unknown = "WITH t0 AS (SELECT * FROM nowhere)";
  std::string rows = "WITH t0 AS (SELECT 1 AS x)";
  for (int i = 1; i <= 60; ++i) {
    columns += fmt::format(", t{0} AS (SELECT * FROM t{1}, t{1} AS b)", i, i - 1);
    unknown += fmt::format(", t{0} AS (SELECT * FROM t{1}, t{1} AS b)", i, i - 1);
    rows += fmt::format(", t{0} AS (SELECT ROW(x, x) AS x FROM t{1})", i, i - 1);
  }
  for (const std::string& sql : {columns, unknown, rows})
    EXPECT_EQ(typed(sql + " SELECT * FROM t60"), "QUERY_TEXT_TOO_LARGE 0:0");
}

}  // namespace
}  // namespace foz::sql
