// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What expressions mean in Trino. Expected values are those of Trino 476.

#include <gmock/gmock.h>

#include "sql/test_lake_internal.h"
#include "sql/trino_operators_internal.h"
#include "sql/trino_statement_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Case {
  const char* expression;
  const char* value;
};

class DialectTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    lake_ = new TestLake();
    engine_ = lake_->engine().release();
  }
  static void TearDownTestSuite() {
    delete engine_;
    delete lake_;
  }
  static std::string run(const std::string& sql) { return sql::run(*engine_, sql, session_); }
  static void check(std::initializer_list<Case> cases) {
    for (const auto& [expression, value] : cases)
      EXPECT_EQ(run(std::string("SELECT ") + expression), value) << expression;
  }

  static inline TestLake* lake_;
  static inline QueryEngine* engine_;
  static inline QuerySession session_;
};

TEST_F(DialectTest, Arithmetic) {
  check({{"7/2", "3"},
         {"-7/2", "-3"},
         {"7 % 3", "1"},
         {"1.0/3", "0.3"},
         {"2.00/3", "0.67"},
         {"DECIMAL '1.20'", "1.20"},
         {"10/4.0", "2.5"},
         {"7e0/2", "3.5"},
         {"1e0/0", "inf"},
         {"mod(10, 3)", "1"},
         {"sum(x) FROM (VALUES 1, 2, 3) t(x)", "6"},
         {"sum(x)/2 FROM (VALUES BIGINT '3', BIGINT '4') t(x)", "3"},
         {"truncate(1.9e0)", "1"},
         {"bitwise_and(12, 10)", "8"}});
  EXPECT_EQ(run("SELECT 1/0"), "DIVISION_BY_ZERO: Division by zero");
  EXPECT_EQ(run("SELECT 1 % 0"), "DIVISION_BY_ZERO: Division by zero");
  EXPECT_EQ(run("SELECT 5.5 % 0"), "DIVISION_BY_ZERO: Division by zero");
  check({{"5.5 % 2", "1.5"},
         {"CAST(2.5e0 AS bigint)", "3"},
         {"CAST(-2.5e0 AS integer)", "-3"},
         {"CAST(REAL '0.5' AS smallint)", "1"},
         {"CAST(2.5 AS bigint)", "3"},
         {"TRY_CAST(1e300 AS bigint)", "null"}});
  EXPECT_THAT(run("SELECT 9223372036854775807 + 1"), HasSubstr("NUMERIC_VALUE_OUT_OF_RANGE"));
  EXPECT_THAT(run("SELECT sum(x) FROM (VALUES 9223372036854775807, 1) t(x)"),
              HasSubstr("NUMERIC_VALUE_OUT_OF_RANGE"));
}

TEST_F(DialectTest, Text) {
  check({{"CAST(1e0 AS varchar)", "1.0E0"},
         {"CAST(1.5e10 AS varchar)", "1.5E10"},
         {"CAST(0.00123e0 AS varchar)", "1.23E-3"},
         {"CAST(DATE '2020-02-03' AS varchar)", "2020-02-03"},
         {"CAST(TIMESTAMP '2020-02-03 04:05:06' AS varchar)", "2020-02-03 04:05:06.000000"},
         {"substr('abc', 0)", ""},
         {"substr('abc', 2)", "bc"},
         {"substr('abc', -2)", "bc"},
         {"substring('abcdef', 2, 3)", "bcd"},
         {"concat('a', NULL)", "null"},
         {"concat('a', 'b', 'c')", "abc"},
         {"split_part('a-b', '-', 5)", "null"},
         {"split_part('a-b', '-', 2)", "b"},
         {"regexp_replace('v1 v2', 'v(.)', '$1')", "1 2"},
         {"regexp_like('1a 2b', '\\d+b')", "true"},
         {"regexp_extract('1a 2b', '(\\d+)b', 1)", "2"},
         {"regexp_extract('x', 'y')", "null"},
         {"U&'\\0041b'", "Ab"},
         {"replace('abc', 'b')", "ac"},
         {"to_hex(md5(to_utf8('a')))", "0CC175B9C0F1B6A831C399E269772661"},
         {"url_extract_host('https://example.org:80/a?b=c')", "example.org"},
         {"url_extract_parameter('https://e.org/a?b=c&d=e', 'd')", "e"},
         {"listagg(x, ',') WITHIN GROUP (ORDER BY x) FROM (VALUES 'b', 'a') t(x)", "a,b"},
         {"codepoint('a')", "97"},
         {"length('ä')", "1"},
         {"length(to_utf8('ä'))", "2"},
         {"from_utf8(to_utf8('aä€😀'))", "aä€😀"},
         {"from_utf8(X'61ff62')", "a\uFFFDb"},
         {"from_utf8(X'e282')", "\uFFFD"},
         {"from_utf8(X'c080e28261')", "\uFFFD\uFFFD\uFFFDa"},
         {"lpad('ab', 4, 'x')", "xxab"},
         {"rpad('abc', 2, 'x')", "ab"},
         {"typeof(1)", "integer"},
         {"typeof('a')", "varchar(1)"}});
}

TEST_F(DialectTest, NullsAndExtremes) {
  check({{"greatest(1, NULL)", "null"},
         {"greatest(1, 3, 2)", "3"},
         {"least(1, NULL, 2)", "null"},
         {"least(3, 2)", "2"},
         {"if(false, 1)", "null"},
         {"coalesce(NULL, 5)", "5"},
         {"try(1/0)", "null"},
         {"TRY_CAST('x' AS integer)", "null"},
         {"nullif(1, 1)", "null"}});
}

TEST_F(DialectTest, DatesAndTimes) {
  check(
      {{"date_diff('day', TIMESTAMP '2020-01-01 23:00:00', TIMESTAMP '2020-01-02 01:00:00')", "0"},
       {"date_diff('hour', TIMESTAMP '2020-01-01 23:00:00', TIMESTAMP '2020-01-02 01:00:00')", "2"},
       {"DATE '2020-01-31' + INTERVAL '1' MONTH", "2020-02-29"},
       {"date_add('day', -1, DATE '2020-03-01')", "2020-02-29"},
       {"CAST(date_add('month', 1, DATE '2020-01-31') AS varchar)", "2020-02-29"},
       {"CAST(TIMESTAMP '2020-01-01 00:00:00' + INTERVAL -'2' DAY AS varchar)",
        "2019-12-30 00:00:00.000000"},
       {"day_of_week(DATE '2020-01-05')", "7"},
       {"EXTRACT(DOW FROM DATE '2020-01-06')", "1"},
       {"day_of_year(DATE '2020-02-01')", "32"},
       {"to_unixtime(from_unixtime(1.5))", "1.5"},
       {"CAST(date_trunc('month', DATE '2020-02-03') AS varchar)", "2020-02-01"},
       {"date_format(TIMESTAMP '2020-02-03 04:05:06', '%Y-%m-%d %H:%i:%s')", "2020-02-03 04:05:06"},
       {"CAST(date_parse('2020/02/03', '%Y/%m/%d') AS varchar)", "2020-02-03 00:00:00.000000"},
       {"format_datetime(TIMESTAMP '2020-02-03 04:05:06', 'yyyy-MM-dd HH:mm')", "2020-02-03 04:05"},
       {"CAST(TIMESTAMP '2020-01-01 10:00:00' AT TIME ZONE 'Europe/Berlin' AS varchar)",
        "2020-01-01 11:00:00.000000"},
       {"CAST(at_timezone(TIMESTAMP '2020-01-01 10:00:00 UTC', 'Europe/Berlin') AS varchar)",
        "2020-01-01 11:00:00.000000"},
       {"hour(TIMESTAMP '2020-01-01 10:00:00 Europe/Berlin')", "9"},
       {"CAST(TIMESTAMP '2020-01-01 10:00:00.5 +05:30' AS varchar)",
        "2020-01-01 04:30:00.500000 UTC"},
       {"CAST(TIMESTAMP '2020-01-01 10:00:00 UTC+05:30' AS varchar)",
        "2020-01-01 04:30:00.000000 UTC"},
       {"CAST(TIMESTAMP '2020-01-01 10:00:00 GMT-3' AS varchar)", "2020-01-01 13:00:00.000000 UTC"},
       {"CAST(TIMESTAMP '2020-01-01 -00:30' AS varchar)", "2020-01-01 00:30:00.000000 UTC"},
       {"CAST(TIMESTAMP '2020-01-01 10:00Z' AS varchar)", "2020-01-01 10:00:00.000000 UTC"},
       {"CAST(CAST(x || ' UTC+05:45' AS timestamp(0) with time zone) AS varchar) FROM (VALUES "
        "'2020-01-01 10:00:00') t(x)",
        "2020-01-01 04:15:00.000000 UTC"},
       {"CAST(TIMESTAMP '2020-01-01 10:00:00 UTC' AT TIME ZONE '+05:30' AS varchar)",
        "2020-01-01 15:30:00.000000"},
       {"CAST(with_timezone(TIMESTAMP '2020-01-01 10:00:00', '-03:30') AS varchar)",
        "2020-01-01 13:30:00.000000 UTC"},
       {"last_day_of_month(DATE '2020-02-03')", "2020-02-29"},
       {"CAST(current_timestamp(3) AS timestamp(6) with time zone) > TIMESTAMP '2020-01-01 "
        "00:00:00 UTC'",
        "true"}});
}

TEST_F(DialectTest, ArraysMapsAndLambdas) {
  check({{"ARRAY[1, 2, 3][2]", "2"},
         {"element_at(ARRAY[1, 2], 9)", "null"},
         {"cardinality(ARRAY[1, 2])", "2"},
         {"cardinality(MAP(ARRAY[1], ARRAY[2]))", "1"},
         {"element_at(MAP(ARRAY['a'], ARRAY[7]), 'a')", "7"},
         {"transform(ARRAY[1, 2], x -> x + 1)[2]", "3"},
         {"cardinality(filter(ARRAY[1, 2, 3], x -> x > 1))", "2"},
         {"any_match(ARRAY[1, 2], x -> x = 2)", "true"},
         {"all_match(ARRAY[1, 2], x -> x = 2)", "false"},
         {"array_join(ARRAY[1, 2], '-')", "1-2"},
         {"contains(ARRAY[1, 2], 2)", "true"},
         {"array_max(ARRAY[1, 5, 2])", "5"},
         {"cardinality(sequence(1, 5))", "5"},
         {"slice(ARRAY[1,2,3,4], 2, 2)[1]", "2"},
         {"concat(ARRAY[1], ARRAY[2])[2]", "2"},
         {"cardinality(CAST(ARRAY[1] AS array(bigint)))", "1"}});
  check({{"reduce(ARRAY[1, 2, 3], 0, (s, x) -> s + x, s -> s * 10)", "60"},
         {"CAST(INTERVAL '1-2' YEAR TO MONTH = INTERVAL '14' MONTH AS varchar)", "true"},
         {"INTERVAL '1 02:03:04' DAY TO SECOND = INTERVAL '93784' SECOND", "true"},
         {"length('ä')", "1"},
         {"length(to_utf8('ä'))", "2"},
         {"typeof(1)", "integer"}});
  check({{"MAP(ARRAY['a'], ARRAY[7])['a']", "7"},
         {"m['a'] FROM (VALUES MAP(ARRAY['a'], ARRAY[NULL])) t(m)", "null"},
         {"CAST(NULL AS map(varchar, integer))['a']", "null"}});
  EXPECT_EQ(run("SELECT MAP(ARRAY['a'], ARRAY[7])['b']"),
            "INVALID_FUNCTION_ARGUMENT: Key not present in map: b");
  EXPECT_THAT(run("SHOW FUNCTIONS LIKE 'date_tru%'"), StartsWith("date_trunc|"));
  EXPECT_EQ(run("SELECT ARRAY[1, 2, 3][9]"),
            "INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array "
            "length: 9 > 3");
}

TEST_F(DialectTest, NothingTakesMemoryWithoutABound) {
  for (const char* expression :
       {"cardinality(sequence(1, 1000000000))", "cardinality(repeat('x', 2000000000))",
        "rpad('x', 2000000000, 'y')", "lpad('x', -1, 'y')",
        "cardinality(sequence(DATE '0001-01-01', DATE '9999-01-01', INTERVAL '1' SECOND))",
        "sequence(1, 5, 0)", "sequence(1, 5, -1)"})
    EXPECT_THAT(run(std::string("SELECT ") + expression), StartsWith("INVALID_FUNCTION_ARGUMENT"))
        << expression;
  EXPECT_THAT(run("SELECT sum(cardinality(sequence(x, x + 9999))) FROM UNNEST(sequence(1, 2000)) "
                  "t(x)"),
              StartsWith("EXCEEDED_LOCAL_MEMORY_LIMIT"));
  EXPECT_THAT(run("SELECT generate_series(1, 1000000000)"), StartsWith("FUNCTION_NOT_FOUND"));
  check({{"array_join(repeat('x', 3), ',')", "x,x,x"},
         {"cardinality(repeat(1, 0))", "0"},
         {"array_join(sequence(5, 1), ',')", "5,4,3,2,1"},
         {"array_join(sequence(1, 9, 4), ',')", "1,5,9"},
         {"sequence(1, NULL)", "null"},
         {"typeof(sequence(DATE '2020-01-01', DATE '2020-01-03'))", "array(date)"},
         {"cardinality(sequence(DATE '2020-01-01', DATE '2020-01-03'))", "3"},
         {"cardinality(sequence(DATE '2020-01-01', DATE '2020-06-01', INTERVAL '1' MONTH))", "6"}});
}

TEST_F(DialectTest, ArraysAreSortedByAComparator) {
  check(
      {{"array_sort(CAST(NULL AS array(integer)), (x, y) -> 0) IS NULL", "true"},
       {"array_sort(ARRAY[2, 1], (x, y) -> IF(x < y, -1, IF(x = y, 0, 1))) = ARRAY[1, 2]", "true"},
       {"array_sort(shuffle(sequence(1, 3000)), (x, y) -> IF(x < y, -1, 1)) = sequence(1, 3000)",
        "true"},
       // Equal ones stay in order.
       {"array_join(array_sort(ARRAY['b1', 'a2', 'b0', 'a1'], (x, y) -> IF(substr(x, 1, 1) < "
        "substr(y, 1, 1), -1, IF(substr(x, 1, 1) = substr(y, 1, 1), 0, 1))), ',')",
        "a2,a1,b1,b0"},
       {"array_sort(ARRAY[3, NULL, 1], (x, y) -> IF(x IS NULL, -1, IF(y IS NULL, 1, IF(x < y, "
        "-1, 1))))[2]",
        "1"}});
  EXPECT_EQ(run("SELECT s, array_sort(a, (x, y) -> IF(x * s < y * s, -1, 1))[1] FROM (VALUES (1, "
                "ARRAY[2, 3, 1]), (-1, ARRAY[5, 9]), (0, NULL)) t(s, a) ORDER BY s"),
            "-1|9\n0|null\n1|1");
  EXPECT_EQ(run("SELECT array_sort(ARRAY[1, 2], (x, y) -> 2)"),
            "INVALID_FUNCTION_ARGUMENT: Lambda comparator must return either -1, 0, or 1");
  EXPECT_THAT(run("SELECT array_sort(ARRAY[1, 2], (x, y) -> 'a')"), StartsWith("TYPE_MISMATCH"));
}

TEST_F(DialectTest, MatchesAreReplacedByAFunctionOfTheirGroups) {
  check({{"regexp_replace('new york', '(\\w)(\\w*)', x -> upper(x[1]) || lower(x[2]))", "New York"},
         {"regexp_replace('1a 2b', '(\\d)', x -> NULL)", "a b"},
         {"regexp_replace('abc', 'x', x -> 'y')", "abc"},
         {"regexp_replace('abc', 'b', x -> CAST(cardinality(x) AS varchar))", "a0c"},
         {"regexp_replace(NULL, 'b', x -> 'c')", "null"}});
  EXPECT_EQ(run("SELECT regexp_replace(t, '(b)', x -> x[1] || u) FROM (VALUES ('abab', 'c'), ('b', "
                "'d')) v(t, u) ORDER BY 1"),
            "abcabc\nbd");
}

// Trino's own limits, and those beyond which one call would take the process's memory.
TEST_F(DialectTest, ResultsOfOneCallAreBounded) {
  const std::string text = "rpad('', 100000, 'a')";
  EXPECT_THAT(run("SELECT repeat(" + text + ", 11)"), StartsWith("INVALID_FUNCTION_ARGUMENT"));
  EXPECT_THAT(run("SELECT repeat(repeat(1, 10000), 10000)"),
              StartsWith("INVALID_FUNCTION_ARGUMENT"));
  EXPECT_EQ(run("SELECT concat(" + text + ", replace(" + text + ", 'a', rpad('', 10, 'b')))"),
            "INVALID_FUNCTION_ARGUMENT: Concatenated string is too large");
  EXPECT_THAT(run("SELECT regexp_replace(" + text + ", 'a', " + text + ")"),
              StartsWith("EXCEEDED_LOCAL_MEMORY_LIMIT"));
  EXPECT_THAT(run("SELECT regexp_count(replace(" + text + ", 'a', rpad('', 30, 'b')), '')"),
              StartsWith("INVALID_FUNCTION_ARGUMENT"));
  check({{"repeat(NULL, 2)[1]", "null"},
         {"array_join(repeat('ab', 2) || ARRAY['c'] || 'd', ',')", "ab,ab,c,d"},
         {"cardinality(repeat(ARRAY[1, 2], 2))", "2"},
         {"CAST(NULL AS array(bigint)) || ARRAY[1]", "null"},
         {"regexp_replace('abc', '(b)', '[$1]')", "a[b]c"},
         {"regexp_replace('aXb', 'x')", "aXb"}});
}

TEST_F(DialectTest, LikeTakesNoLongerThanItsTextAndPattern) {
  check({{"'abc' LIKE 'a_c'", "true"},
         {"'abc' NOT LIKE 'a_c'", "false"},
         {"'aäc' LIKE 'a_c'", "true"},
         {"'ac' LIKE 'a_c'", "false"},
         {"'' LIKE '_'", "false"},
         {"'' LIKE '%_%'", "false"},
         {"'äöü' LIKE '%_'", "true"},
         {"'a%c' LIKE 'a#%_' ESCAPE '#'", "true"},
         {"'abc' LIKE 'a#%_' ESCAPE '#'", "false"},
         {"'a_c' NOT LIKE '%#_c' ESCAPE '#'", "false"},
         {"'xaaby' LIKE '%a_y'", "true"},
         {"'xaaby' LIKE '%x_b_'", "false"},
         {"NULL LIKE 'a_'", "null"},
         {"x LIKE y FROM (VALUES ('banana', '%an%'), ('banana', 'n%')) t(x, y)", "true\nfalse"},
         {"rpad('', 50000, 'a') LIKE concat(rpad('', 300, '%a_'), 'b')", "false"}});
  EXPECT_THAT(run("SELECT 'a' LIKE '#a' ESCAPE '#'"),
              StartsWith("INVALID_FUNCTION_ARGUMENT: Escape character must be followed by"));
}

// What an expression uses more than once may be a subquery, and may be deep.
TEST_F(DialectTest, ArgumentsAreEvaluatedOnce) {
  check({{"greatest((SELECT 3), 2)", "3"},
         {"least(1, (SELECT max(x) FROM (VALUES 5, 0) t(x)))", "1"},
         {"(SELECT ARRAY[4, 5])[2]", "5"},
         {"(SELECT MAP(ARRAY['a'], ARRAY[7]))['a']", "7"},
         {"regexp_extract((SELECT 'xay'), 'a')", "a"},
         {"cardinality(sequence((SELECT 1), (SELECT 3)))", "3"},
         {"count(*) FROM (VALUES 1e0, 2e0, nan()) t(x) WHERE x < (SELECT avg(y) FROM (VALUES 1e0, "
          "3e0) u(y))",
          "1"},
         {"count(*) FROM (VALUES 1e0, nan()) t(x) WHERE x <> (SELECT nan())", "2"},
         {"x < (SELECT nan()) FROM (VALUES 1e0) t(x)", "false"},
         {"CAST(CAST((SELECT 1) AS json) AS varchar)", "1"},
         {"greatest((SELECT x), y) FROM (VALUES (1, 2), (4, 3)) t(x, y)", "2\n4"}});
  const auto nested = [](const std::string& before, const std::string& inner,
                         const std::string& after) {
    std::string out = inner;
    for (int i = 0; i < 90; ++i) out = before + out + after;
    return "SELECT " + out;
  };
  EXPECT_EQ(run(nested("greatest(1, ", "length(CAST(uuid() AS varchar)) - 35", ")")), "1");
  EXPECT_EQ(run(nested("regexp_extract(", "lower('A')", ", 'a')")), "a");
  EXPECT_EQ(run(nested("(CASE WHEN ", "random()", " > 0e0 THEN 1e0 ELSE 0e0 END)")), "1");
  EXPECT_EQ(run(nested("map_keys(array_histogram(", "ARRAY[1]", "))")).substr(0, 8), "QUERY_TE");
}

TEST_F(DialectTest, Json) {
  check({{"json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a.b')", "1"},
         {"json_extract_scalar('{\"a\": {\"b\": 1}}', '$.a')", "null"},
         {"json_extract_scalar('no json', '$.a')", "null"},
         {"json_format(json_parse('[1,2]'))", "[1,2]"},
         {"json_array_length('[1,2]')", "2"},
         {"json_array_length('{}')", "null"},
         {"json_array_length('no json')", "null"},
         {"json_extract('no json', '$.a')", "null"},
         {"json_extract('{\"a\": [1]}', '$.a')", "[1]"},
         {"json_size('no json', '$.x')", "null"},
         {"CAST(JSON '\"it\\\"s\"' AS varchar)", "it\"s"},
         {"CAST(JSON 'null' AS varchar)", "null"},
         {"CAST(JSON 'null' AS varchar) IS NULL", "true"},
         {"CAST(JSON '1.5' AS varchar)", "1.5"},
         {"CAST(json_extract('{\"a\": \"b\"}', '$.a') AS varchar)", "b"},
         {"json_size('{\"x\": {\"a\": 1, \"b\": 2}}', '$.x')", "2"}});
}

TEST_F(DialectTest, Aggregates) {
  check({{"approx_distinct(x) FROM (VALUES 1, 2, 2) t(x)", "2"},
         {"count_if(x > 1) FROM (VALUES 1, 2, 2) t(x)", "2"},
         {"arbitrary(x) FROM (VALUES 4) t(x)", "4"},
         {"approx_percentile(x, 0.5) FROM (VALUES 1, 2, 3) t(x)", "2"},
         {"max_by(x, y) FROM (VALUES (1, 2), (3, 1)) t(x, y)", "1"},
         {"count(*) FILTER (WHERE x > 1) FROM (VALUES 1, 2) t(x)", "1"},
         {"element_at(map_agg(x, y), 3) FROM (VALUES (1, 2), (3, 1)) t(x, y)", "1"},
         {"count(DISTINCT x) FROM (VALUES 1, 2, 2) t(x)", "2"}});
  EXPECT_EQ(run("SELECT x, lag(x) IGNORE NULLS OVER (ORDER BY y) FROM (VALUES (1, 1), (NULL, 2), "
                "(3, 3)) t(x, y) ORDER BY y"),
            "1|null\nnull|1\n3|1");
}

TEST_F(DialectTest, StatementsAndNames) {
  check({{"\"offset\" FROM (SELECT 5 AS \"offset\")", "5"},
         {"offset, limit FROM (VALUES (1, 2)) t(offset, limit) LIMIT 1", "1|2"},
         {"at, to, t.window FROM (VALUES (1, 2, 3)) t(at, to, window) ORDER BY at", "1|2|3"},
         {"key value, count(*) year FROM (VALUES 1) t(key) GROUP BY key", "1|1"},
         {"sum(x) OVER w FROM (VALUES 1) t(x) WINDOW w AS (PARTITION BY x ROWS BETWEEN UNBOUNDED "
          "PRECEDING AND CURRENT ROW)",
          "1"},
         {"x FROM (VALUES 1, 2) t(x) ORDER BY x DESC FETCH FIRST 1 ROW ONLY", "2"},
         {"at AT TIME ZONE 'Asia/Tokyo' FROM (VALUES TIMESTAMP '2020-01-01 10:00:00') t(at)",
          "2020-01-01 19:00:00.000000"},
         {"current_user", "foz"},
         {"x FROM (VALUES 1, 2, 3) t(x) OFFSET 1 LIMIT 1", "2"},
         {"1 -- a comment", "1"},
         {"/* {\"app\": \"dbt\"} */ 1 ;", "1"}});
  EXPECT_EQ(run("EXECUTE IMMEDIATE 'SELECT ? + ?, ''it''''s''' USING 1, 2"), "3|it's");
  auto prepared = engine_->execute("PREPARE p FROM SELECT ? * 2 ", session_);
  ASSERT_TRUE(prepared.has_value());
  EXPECT_EQ((*prepared)->session_update().prepared_sql, "SELECT ? * 2");
  session_.prepared["p"] = (*prepared)->session_update().prepared_sql;
  EXPECT_EQ(run("EXECUTE p USING 21"), "42");
  EXPECT_THAT(run("EXECUTE p"), StartsWith("INVALID_PARAMETER_USAGE"));
  EXPECT_THAT(run("EXECUTE q USING 1"), StartsWith("NOT_FOUND"));
  EXPECT_EQ(run("TABLE information_schema.views"), "");
  EXPECT_EQ(run("VALUES (1, 'a'), (2, 'b')"), "1|a\n2|b");
  auto cursor = engine_->execute("SELECT 1, 2 AS b, count(*) FROM (VALUES 1) t(x)", session_);
  ASSERT_TRUE(cursor.has_value());
  EXPECT_EQ((*cursor)->schema()->field(0)->name(), "_col0");
  EXPECT_EQ((*cursor)->schema()->field(1)->name(), "b");
  EXPECT_EQ((*cursor)->schema()->field(2)->name(), "_col2");
  EXPECT_THAT((*cursor)->types(), testing::ElementsAre("integer", "integer", "bigint"));
  cursor = engine_->execute("USE information_schema", session_);
  ASSERT_TRUE(cursor.has_value());
  EXPECT_EQ((*cursor)->session_update().set_schema, "information_schema");
}

TEST_F(DialectTest, FormsOfQueries) {
  check({{"x FROM (VALUES 1, 2, 2, 3) t(x) ORDER BY x FETCH FIRST 2 ROWS WITH TIES", "1\n2\n2"},
         {"x AS y FROM (VALUES 3, 2, 2) t(x) ORDER BY 1 DESC FETCH FIRST 2 ROWS WITH TIES",
          "3\n2\n2"},
         {"* FROM UNNEST(ARRAY[1, 2], ARRAY['a']) WITH ORDINALITY AS t(x, y, n) ORDER BY n",
          "1|a|1\n2|null|2"},
         {"k, v, n FROM UNNEST(MAP(ARRAY['a', 'b'], ARRAY[1, 2])) WITH ORDINALITY t(k, v, n) "
          "ORDER BY n",
          "a|1|1\nb|2|2"},
         {"x, y FROM UNNEST(ARRAY[ROW(1, 'a'), ROW(2, 'b')]) t(x, y) ORDER BY 1", "1|a\n2|b"},
         {"a + 1 FROM UNNEST(ARRAY[CAST(ROW(1, 'x') AS ROW(a integer, b varchar))])", "2"},
         {"m, x FROM (VALUES 1) u(m) CROSS JOIN UNNEST(ARRAY[m, m + 1], ARRAY['p']) t(x, y) "
          "ORDER BY x",
          "1|1\n1|2"},
         {"typeof('abc'), typeof(1.5), typeof(ROW(1, TIMESTAMP '2020-01-01 00:00:00'))",
          "varchar(3)|decimal(2,1)|row(integer, timestamp(0))"},
         {"x, count(*) FROM (VALUES 1, 1, 2) t(x) GROUP BY GROUPING SETS ((x), ()) ORDER BY 1",
          "1|2\n2|1\nnull|3"},
         {"CAST('abcdef' AS varchar(3)) || CAST('a' AS char(2))", "abca "},
         {"json_value('{\"a\": 1}', 'lax $.a' RETURNING integer) + 1", "2"},
         {"0xff, U&'d!0061t' UESCAPE '!', INTERVAL '1' DAY = INTERVAL '24' HOUR", "255|dat|true"}});
  EXPECT_EQ(run("WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) "
                "SELECT sum(n), count(*) FROM t"),
            "15|5");
  EXPECT_THAT(
      run("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT * FROM t"),
      StartsWith("NOT_SUPPORTED: Recursion depth limit exceeded (10)"));
  session_.properties["max_recursion_depth"] = "20";
  EXPECT_EQ(run("WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 15) "
                "SELECT max(n) FROM t"),
            "15");
  session_.properties.clear();
}

TEST_F(DialectTest, ColumnsHaveTrinosTypes) {
  auto cursor = engine_->execute(
      "SELECT 'abc', TIMESTAMP '2020-01-01 10:00:00.5', X, NULL, INTERVAL '1' MONTH, ARRAY['a'] "
      "FROM (VALUES CAST('a' AS varchar(7))) t(x)",
      session_);
  ASSERT_TRUE(cursor.has_value());
  EXPECT_THAT((*cursor)->types(),
              testing::ElementsAre("varchar(3)", "timestamp(1)", "varchar(7)", "unknown",
                                   "interval year to month", "array(varchar(1))"));
  EXPECT_EQ((*cursor)->schema()->field(2)->name(), "X");
  EXPECT_THAT(run("SELECT 1 = 'a'"), StartsWith("TYPE_MISMATCH"));
}

TEST_F(DialectTest, TheSessionsZoneDecides) {
  session_.time_zone = "Europe/Berlin";
  check({{"hour(TIMESTAMP '2020-01-01 10:00:00 UTC')", "11"},
         {"date_format(from_unixtime(0), '%H:%i')", "01:00"}});
  session_.time_zone = "-03:00";
  check({{"hour(TIMESTAMP '2020-01-01 10:00:00 UTC')", "7"}});
  session_.time_zone = "UTC+05:30";
  EXPECT_THAT(run("SELECT 1"), StartsWith("NOT_SUPPORTED"));
  session_.time_zone = "Nowhere/Else";
  EXPECT_THAT(run("SELECT 1"), HasSubstr("Nowhere"));
  session_.time_zone = "UTC";
}

// Superset's time grains.
TEST_F(DialectTest, TimeGrains) {
  const std::string at = "TIMESTAMP '2020-02-05 13:47:52'";
  const auto text = [&](const std::string& expression) {
    return run("SELECT CAST(" + expression + " AS varchar)");
  };
  EXPECT_EQ(
      text("date_trunc('minute', CAST(" + at +
           " AS TIMESTAMP)) - INTERVAL '1' MINUTE * (MINUTE(CAST(" + at + " AS TIMESTAMP)) % 5)"),
      "2020-02-05 13:45:00.000000");
  EXPECT_EQ(text("date_trunc('week', CAST(" + at + " AS TIMESTAMP))"),
            "2020-02-03 00:00:00.000000");
  EXPECT_EQ(text("date_trunc('quarter', CAST(" + at + " AS TIMESTAMP))"),
            "2020-01-01 00:00:00.000000");
}

TEST(TrinoNumber, IsWrittenAsJavaDoes) {
  EXPECT_EQ(trino_number(0.0), "0E0");
  EXPECT_EQ(trino_number(5e-324), "4.9E-324");
  EXPECT_EQ(trino_number(3.4028234e38f), "3.402823E38");
  EXPECT_EQ(trino_number(-1234.5), "-1.2345E3");
  EXPECT_EQ(trino_number(1e300 * 1e300), "Infinity");
  EXPECT_EQ(trino_number(0.1f), "1.0E-1");
}

TEST(Patterns, AreConverted) {
  EXPECT_EQ(mysql_to_strftime("%Y-%m-%d %H:%i:%s.%f", true), "%Y-%m-%d %H:%M:%S.%f");
  EXPECT_EQ(mysql_to_strftime("%s.%f", false), "%S.%g000");
  EXPECT_EQ(mysql_to_strftime("%D", false), std::nullopt);
  EXPECT_EQ(joda_to_strftime("yyyy-MM-dd'T'HH:mm:ss.SSS"), "%Y-%m-%dT%H:%M:%S.%g");
  EXPECT_EQ(joda_to_strftime("G"), std::nullopt);
}

TEST(Tokens, KeepTheirPlaces) {
  const std::string sql = "SELECT -- one\n 'ä', \"x\"\"y\"";
  const auto tokens = tokenize_trino(sql);
  ASSERT_EQ(tokens.size(), 5u);
  EXPECT_EQ(tokens[3].identifier(), "x\"y");
  QueryError error;
  set_position(error, sql, tokens[3].offset);
  EXPECT_EQ(error.line, 2);
  EXPECT_EQ(error.column, 7);
}

}  // namespace
}  // namespace foz::sql
