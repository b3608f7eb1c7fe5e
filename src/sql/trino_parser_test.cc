// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the parser understands: a statement's tree, printed compactly, or the place of its error.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>

#include "sql/trino_parser_internal.h"
#include "sql/trino_statement_internal.h"

namespace foz::sql {
namespace {

using ast::Expression;
using ast::ExpressionKind;

std::string print(const ast::Query& query);

std::string print(const ast::QualifiedName& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ".") + name.name;
  return out;
}

std::string print(const Expression& e) {
  std::string inside;
  for (const auto& child : e.children) inside += " " + print(*child);
  if (e.query) inside += " " + print(*e.query);
  const std::string no = e.negated ? "not " : "";
  switch (e.kind) {
    case ExpressionKind::kNull: return "null";
    case ExpressionKind::kString: return "'" + e.text + "'";
    case ExpressionKind::kBinary: return "x'" + e.text + "'";
    case ExpressionKind::kTyped: return e.type->name + "'" + e.text + "'";
    case ExpressionKind::kInterval:
      return "interval'" + std::string(e.negated ? "-" : "") + e.text + "' " + e.fields;
    case ExpressionKind::kColumn: return e.names[0].name;
    case ExpressionKind::kField: return "(." + inside + " " + e.names[0].name + ")";
    case ExpressionKind::kSubscript: return "([]" + inside + ")";
    case ExpressionKind::kLambda: return "(->" + (" " + print(e.names)) + inside + ")";
    case ExpressionKind::kSubquery: return "(sub" + inside + ")";
    case ExpressionKind::kExists: return "(exists" + inside + ")";
    case ExpressionKind::kIn: return "(" + no + "in" + inside + ")";
    case ExpressionKind::kQuantified: return "(" + e.text + " " + e.fields + inside + ")";
    case ExpressionKind::kComparison:
    case ExpressionKind::kArithmetic: return "(" + e.text + inside + ")";
    case ExpressionKind::kNegative: return "(neg" + inside + ")";
    case ExpressionKind::kPositive: return "(pos" + inside + ")";
    case ExpressionKind::kNot: return "(not" + inside + ")";
    case ExpressionKind::kAnd: return "(and" + inside + ")";
    case ExpressionKind::kOr: return "(or" + inside + ")";
    case ExpressionKind::kBetween: return "(" + no + "between" + inside + ")";
    case ExpressionKind::kLike: return "(" + no + "like" + inside + ")";
    case ExpressionKind::kIsNull: return "(" + no + "null" + inside + ")";
    case ExpressionKind::kDistinct: return "(" + no + "distinct" + inside + ")";
    case ExpressionKind::kCase: return "(case" + inside + ")";
    case ExpressionKind::kArray: return "(array" + inside + ")";
    case ExpressionKind::kRow: return "(row" + inside + ")";
    case ExpressionKind::kAtTimeZone: return "(zone" + inside + ")";
    case ExpressionKind::kCast: return "(" + e.text + "cast" + inside + " " + e.type->name + ")";
    case ExpressionKind::kTrim: return "(trim " + e.text + inside + ")";
    case ExpressionKind::kNormalize: return "(normalize " + e.text + inside + ")";
    case ExpressionKind::kExtract: return "(extract " + e.text + inside + ")";
    case ExpressionKind::kGrouping: return "(grouping" + inside + ")";
    case ExpressionKind::kJsonCall: return "(" + e.text + inside + ")";
    case ExpressionKind::kCall: {
      std::string out = "(" + print(e.names) + inside;
      if (e.call->star) out += " *";
      if (e.call->distinct) out += " distinct";
      for (const auto& item : e.call->order) out += " by " + print(*item.expression);
      if (e.call->filter) out += " filter " + print(*e.call->filter);
      if (e.call->ignore_nulls) out += *e.call->ignore_nulls ? " ignore" : " respect";
      if (e.call->over) {
        out += " over";
        if (e.call->over->name) out += " " + e.call->over->name->name;
        for (const auto& part : e.call->over->partition) out += " part " + print(*part);
        for (const auto& item : e.call->over->order) out += " by " + print(*item.expression);
        out += e.call->over->unit.empty() ? "" : " " + e.call->over->unit;
      }
      return out + ")";
    }
    default: return e.text;
  }
}

std::string print(const ast::Relation& r) {
  std::string out;
  switch (r.kind) {
    case ast::RelationKind::kTable: out = print(r.names); break;
    case ast::RelationKind::kSubquery: out = "(" + print(*r.query) + ")"; break;
    case ast::RelationKind::kLateral: out = "(lateral " + print(*r.query) + ")"; break;
    case ast::RelationKind::kUnnest:
      out = "(unnest";
      for (const auto& argument : r.arguments) out += " " + print(*argument);
      out += r.ordinality ? " ordinality)" : ")";
      break;
    default:
      out = "(" + r.join + " " + print(*r.left) + " " + print(*r.right);
      if (r.on) out += " on " + print(*r.on);
      if (!r.use.empty()) out += " using " + print(r.use);
      out += ")";
  }
  if (!r.period.empty()) out += "@" + print(*r.period_end);
  if (r.alias) out += "=" + r.alias->name;
  if (!r.columns.empty()) out += "(" + print(r.columns) + ")";
  if (!r.sample.empty()) out += " " + r.sample + " " + print(*r.percentage);
  return out;
}

std::string print(const ast::QueryBody& body) {
  std::string out;
  switch (body.kind) {
    case ast::BodyKind::kTable: return "table " + print(body.names);
    case ast::BodyKind::kValues:
      out = "values";
      for (const auto& row : body.rows) out += " " + print(*row);
      return out;
    case ast::BodyKind::kQuery: return "(" + print(*body.query) + ")";
    case ast::BodyKind::kSetOperation:
      out = "(" + body.operation + (body.all ? " all" : "");
      for (const auto& child : body.children) out += " " + print(*child);
      return out + ")";
    default: break;
  }
  const ast::Select& select = *body.select;
  out = select.distinct ? "select distinct" : "select";
  for (const auto& item : select.items) {
    out += " " + (item.expression ? print(*item.expression) : "") + (item.star ? "*" : "");
    if (item.alias) out += "=" + item.alias->name;
  }
  for (const auto& relation : select.from) out += " from " + print(*relation);
  if (select.where) out += " where " + print(*select.where);
  for (const auto& element : select.groups) {
    static constexpr const char* kKinds[] = {"", "rollup ", "cube ", "sets "};
    out += std::string(" group ") + kKinds[element.kind];
    for (const auto& set : element.sets) {
      out += "{";
      for (const auto& one : set) out += print(*one);
      out += "}";
    }
  }
  if (select.having) out += " having " + print(*select.having);
  for (const auto& named : select.windows) out += " window " + named.name.name;
  return out;
}

std::string print(const ast::Query& query) {
  std::string out = query.recursive ? "recursive " : "";
  for (const auto& named : query.with)
    out += "with " + named.name.name + " (" + print(*named.query) + ") ";
  out += print(*query.body);
  for (const auto& item : query.order)
    out += " by " + print(*item.expression) + (item.descending ? " desc" : "") +
           (item.nulls_first ? *item.nulls_first ? " first" : " last" : "");
  if (query.skip) out += " skip " + print(*query.skip);
  if (query.limit) out += (query.with_ties ? " ties " : " limit ") + print(*query.limit);
  return out;
}

// The tree of a query, the kind of another statement, or "NAME line:column".
std::string parsed(std::string_view sql) {
  const auto result = parse_trino(sql);
  if (!result.has_value())
    return fmt::format("{} {}:{}", result.error().name, result.error().line, result.error().column);
  const ast::Statement& statement = result->statement;
  if (statement.query && statement.kind == ast::StatementKind::kQuery)
    return print(*statement.query);
  return fmt::format("#{} {}{}", static_cast<int>(statement.kind), print(statement.names),
                     statement.text);
}

struct Case {
  const char* sql;
  const char* tree;
};

void check(std::initializer_list<Case> cases) {
  for (const auto& [sql, tree] : cases) EXPECT_EQ(parsed(sql), tree) << sql;
}

TEST(TrinoParser, OperatorsBindAsInTrino) {
  check({{"SELECT 1 + 2 * 3 - 4", "select (- (+ 1 (* 2 3)) 4)"},
         {"SELECT a || b + c", "select (|| a (+ b c))"},
         {"SELECT -a * -1 - -b", "select (- (* (neg a) -1) (neg b))"},
         {"SELECT NOT a = b AND c OR d", "select (or (and (not (= a b)) c) d)"},
         {"SELECT a AND b AND c", "select (and a b c)"},
         {"SELECT a AND (b AND c)", "select (and a (and b c))"},
         {"SELECT a != b", "select (<> a b)"},
         {"SELECT a BETWEEN 1 AND 2 AND b", "select (and (between a 1 2) b)"},
         {"SELECT a NOT LIKE 'x' ESCAPE '$'", "select (not like a 'x' '$')"},
         {"SELECT a IS NOT DISTINCT FROM b", "select (not distinct a b)"},
         {"SELECT a IN (1, 2), b NOT IN (SELECT 1)", "select (in a 1 2) (not in b select 1)"},
         {"SELECT a IN ((SELECT 1) UNION SELECT 2)", "select (in a (union (select 1) select 2))"},
         {"SELECT a IN ((SELECT 1), 2)", "select (in a (sub select 1) 2)"},
         {"SELECT a >= ALL (SELECT 1), b = SOME (VALUES 1)",
          "select (>= all a select 1) (= any b values 1)"},
         {"SELECT t AT TIME ZONE 'UTC' + i", "select (+ (zone t 'UTC') i)"},
         {"SELECT a[1].b[c + 1]", "select ([] (. ([] a 1) b) (+ c 1))"},
         {"SELECT ((1)), (1, 2), ROW(3)", "select 1 (row 1 2) (row 3)"}});
}

TEST(TrinoParser, LiteralsAndForms) {
  check({{"SELECT X'0a FF', U&'d!0061t' UESCAPE '!', 'it''s'", "select x'0aFF' 'dat' 'it's'"},
         {"SELECT 1_000, 0xff, 0b101, 0o17, .5, 1e3", "select 1000 255 5 15 .5 1e3"},
         {"SELECT INTERVAL -'1' DAY, INTERVAL '1-2' YEAR TO MONTH",
          "select interval'-1' day interval'1-2' year to month"},
         {"SELECT INTERVAL '1' WEEK", "select interval'1'=WEEK"},
         {"SELECT interval, interval - 1", "select interval (- interval 1)"},
         {"SELECT DATE '2020-01-01', date, DOUBLE PRECISION '1'",
          "select date'2020-01-01' date double'1'"},
         {"SELECT CASE x WHEN 1 THEN 2 ELSE 3 END, CASE WHEN a THEN b END",
          "select (case x 3 1 2) (case a b)"},
         {"SELECT CAST(x AS array(row(a bigint, timestamp(3) with time zone)))",
          "select (cast x array)"},
         {"SELECT TRY_CAST(x AS double precision)", "select (trycast x double)"},
         {"SELECT EXTRACT(DOW FROM d), POSITION('a' IN b), SUBSTRING(s FROM 2 FOR 3)",
          "select (extract dow d) (strpos b 'a') (SUBSTRING s 2 3)"},
         {"SELECT TRIM(x), TRIM(BOTH 'a' FROM x), TRIM(LEADING FROM x), TRIM(x, 'b')",
          "select (trim both x) (trim both x 'a') (trim leading x) (trim both x 'b')"},
         {"SELECT f(x -> x + 1, (a, b) -> a, () -> 1)",
          "select (f (-> x (+ x 1)) (-> a.b a) (->  1))"},
         {"SELECT ARRAY[], ARRAY[1, 2], array", "select (array) (array 1 2) array"},
         {"SELECT JSON_VALUE(x, 'lax $.a' RETURNING bigint NULL ON EMPTY ERROR ON ERROR)",
          "select (json_value x 'lax $.a')"},
         {"SELECT EXISTS (SELECT 1), (SELECT 1)", "select (exists select 1) (sub select 1)"}});
}

TEST(TrinoParser, CallsAndWindows) {
  check({{"SELECT count(*), count(DISTINCT a), \"f\"(), a.b.f(1)",
          "select (count *) (count a distinct) (f) (a.b.f 1)"},
         {"SELECT array_agg(x ORDER BY y DESC) FILTER (WHERE z)",
          "select (array_agg x by y filter z)"},
         {"SELECT lag(x) IGNORE NULLS OVER (PARTITION BY a ORDER BY b ROWS 1 PRECEDING)",
          "select (lag x ignore over part a by b rows)"},
         {"SELECT sum(x) OVER w, sum(x) over FROM t WINDOW w AS (ORDER BY x)",
          "select (sum x over w) (sum x)=over from t window w"},
         {"SELECT listagg(x, ',' ON OVERFLOW ERROR) WITHIN GROUP (ORDER BY y) FILTER (WHERE z)",
          "select (listagg x ',' by y filter z)"}});
}

TEST(TrinoParser, Queries) {
  check({{"WITH RECURSIVE t(n) AS (SELECT 1), u AS (VALUES 2) TABLE t",
          "recursive with t (select 1) with u (values 2) table t"},
         {"SELECT 1 UNION ALL SELECT 2 INTERSECT SELECT 3 EXCEPT SELECT 4",
          "(except (union all select 1 (intersect select 2 select 3)) select 4)"},
         {"((SELECT 1) UNION SELECT 2) ORDER BY 1 OFFSET 1 ROW LIMIT ALL",
          "((union (select 1) select 2)) by 1 skip 1"},
         {"SELECT 1 ORDER BY a DESC NULLS FIRST FETCH FIRST 3 ROWS WITH TIES",
          "select 1 by a desc first ties 3"},
         {"SELECT 1 FETCH NEXT ROW ONLY", "select 1 limit 1"},
         {"SELECT a, count(*) FROM t GROUP BY a, (b, c), ROLLUP (d, (e, f)), GROUPING SETS ((), g)",
          "select a (count *) from t group {a} group {bc} group rollup {d}{ef} group sets {}{g}"},
         {"SELECT DISTINCT t.*, * FROM t", "select distinct t* * from t"},
         {"SELECT limit FROM offset LIMIT 3", "select limit from offset limit 3"},
         {"SELECT x value, y AS year FROM t limit, u fetch",
          "select x=value y=year from t=limit from u=fetch"}});
}

TEST(TrinoParser, Relations) {
  check(
      {{"SELECT * FROM a JOIN b ON x CROSS JOIN c LEFT JOIN d USING (y, z)",
        "select * from (left (cross (inner a b on x) c) d using y.z)"},
       {"SELECT * FROM a JOIN b JOIN c ON x ON y", "select * from (inner a (inner b c on x) on y)"},
       {"SELECT * FROM (a CROSS JOIN b), ((SELECT 1) UNION SELECT 2) AS t",
        "select * from (cross a b) from ((union (select 1) select 2))=t"},
       {"SELECT * FROM ((SELECT 1) x CROSS JOIN b)", "select * from (cross (select 1)=x b)"},
       {"SELECT * FROM UNNEST(a, b) WITH ORDINALITY AS t(x, y, n)",
        "select * from (unnest a b ordinality)=t(x.y.n)"},
       {"SELECT * FROM t, LATERAL (SELECT t.x) u, lateral",
        "select * from t from (lateral select (. t x))=u from lateral"},
       {"SELECT * FROM a.b.c FOR VERSION AS OF 3 AS t TABLESAMPLE BERNOULLI (10)",
        "select * from a.b.c@3=t bernoulli 10"}});
}

TEST(TrinoParser, Statements) {
  check({{"SHOW TABLES FROM a.b LIKE 'x' ESCAPE '$';", "#4 a.b"},
         {"DESCRIBE INPUT p", "#12 p"},
         {"DESC input", "#5 input"},
         {"SHOW CREATE MATERIALIZED VIEW v", "#8 vmaterialized view"},
         {"EXPLAIN (TYPE LOGICAL, FORMAT JSON) SHOW CATALOGS", "#1 "},
         {"SET SESSION a.b = 1 + 2", "#15 a.b"},
         {"RESET SESSION x", "#16 x"},
         {"START TRANSACTION ISOLATION LEVEL READ COMMITTED, READ ONLY", "#23 READ COMMITTED"},
         {"CREATE OR REPLACE VIEW v AS SELECT 1", "#27 CREATE VIEW"},
         {"CALL system.runtime.kill_query(query_id => 'x')", "#26 system.runtime.kill_query"},
         {"EXECUTE p USING 1, 'a'", "#20 p"},
         {"PREPARE p FROM SELECT ?", "#19 p"}});
}

TEST(TrinoParser, ErrorsAreWhereTrinoFindsThem) {
  check({{"SELEC 1", "SYNTAX_ERROR 1:1"},
         {"SELECT", "SYNTAX_ERROR 1:7"},
         {"SELECT 1,", "SYNTAX_ERROR 1:10"},
         {"SELECT 1 1", "SYNTAX_ERROR 1:10"},
         {"SELECT a..b", "SYNTAX_ERROR 1:10"},
         {"SELECT 1e", "SYNTAX_ERROR 1:8"},
         {"SELECT 'a", "SYNTAX_ERROR 1:8"},
         {"SELECT \"a FROM t", "SYNTAX_ERROR 1:8"},
         {"SELECT /* open", "SYNTAX_ERROR 1:8"},
         {"SELECT gr\xc3\xb6\xc3\x9f", "SYNTAX_ERROR 1:10"},
         {"SELECT `a`", "SYNTAX_ERROR 1:8"},
         {"SELECT DISTINCT ON (a) b", "SYNTAX_ERROR 1:17"},
         {"SELECT count(DISTINCT *)", "SYNTAX_ERROR 1:23"},
         {"SELECT * EXCEPT (a) FROM t", "SYNTAX_ERROR 1:18"},
         {"SELECT x::integer", "SYNTAX_ERROR 1:9"},
         {"SELECT 1 == 1", "SYNTAX_ERROR 1:11"},
         {"SELECT CASE END", "SYNTAX_ERROR 1:13"},
         {"SELECT CAST(1, integer)", "SYNTAX_ERROR 1:14"},
         {"SELECT a IS NOT TRUE", "SYNTAX_ERROR 1:17"},
         {"SELECT x LIMIT 3 OFFSET 2", "SYNTAX_ERROR 1:18"},
         {"SELECT x FROM t LIMIT -1", "SYNTAX_ERROR 1:23"},
         {"SELECT * FROM t JOIN u", "SYNTAX_ERROR 1:23"},
         {"SELECT * FROM range(3)", "SYNTAX_ERROR 1:20"},
         {"SELECT t AT TIME ZONE 5", "SYNTAX_ERROR 1:23"},
         {"SELECT listagg(a, ',') FROM t", "SYNTAX_ERROR 1:24"},
         {"SELECT 9223372036854775808", "SYNTAX_ERROR 1:8"},
         {"SELECT X'0'", "SYNTAX_ERROR 1:8"},
         {"SELECT coalesce(1)", "SYNTAX_ERROR 1:8"},
         {"SELECT EXTRACT(NONSENSE FROM x)", "SYNTAX_ERROR 1:8"},
         {"SELECT 1 AS \"\"", "SYNTAX_ERROR 1:13"},
         {"SELECT 1; SELECT 2", "SYNTAX_ERROR 1:9"},
         {"SHOW NONSENSE", "SYNTAX_ERROR 1:6"},
         {"SET x = 1", "SYNTAX_ERROR 1:5"},
         {"INSERT t", "SYNTAX_ERROR 1:8"},
         {"INSERT INTO t (a, b SELECT 1", "SYNTAX_ERROR 1:21"},
         {"DELETE t", "SYNTAX_ERROR 1:8"},
         {"UPDATE t SET a", "SYNTAX_ERROR 1:15"},
         {"MERGE INTO t USING u ON true", "SYNTAX_ERROR 1:29"},
         {"MERGE INTO t USING u ON true WHEN NOT MATCHED THEN DELETE", "SYNTAX_ERROR 1:52"},
         {"CREATE TABLE t", "SYNTAX_ERROR 1:15"},
         {"CREATE TABLE t (a)", "SYNTAX_ERROR 1:19"},
         {"CREATE TABLE t (a bigint", "SYNTAX_ERROR 1:25"},
         {"ALTER TABLE t DROP a", "SYNTAX_ERROR 1:20"},
         {"COMMENT ON t IS 'x'", "SYNTAX_ERROR 1:12"},
         {"PREPARE p FROM SELEC 1", "SYNTAX_ERROR 1:16"},
         {"EXPLAIN (TYPE NONSENSE) SELECT 1", "SYNTAX_ERROR 1:15"},
         {"SELECT 1\nFROM", "SYNTAX_ERROR 2:5"}});
}

TEST(TrinoParser, ParametersAreValuesInTheirPlace) {
  QuerySession session;
  session.prepared["p"] = "SELECT 3 - ? LIMIT ?";
  const auto statement = read_statement("EXECUTE p USING 1 - 2, 5", session);
  ASSERT_TRUE(statement.has_value());
  EXPECT_THAT(statement->query.sql, testing::HasSubstr("3 - (1 - 2)"));
  EXPECT_THAT(statement->query.sql, testing::HasSubstr("LIMIT 5"));
  const auto wrong = read_statement("EXECUTE IMMEDIATE 'SELECT nope.' USING 1", session);
  ASSERT_FALSE(wrong.has_value());
  EXPECT_EQ(wrong.error().column, 19 + 13);
  EXPECT_EQ(read_statement("SELECT ?", session).error().name, "INVALID_PARAMETER_USAGE");
}

// Neither time nor stack grows faster than the text.
TEST(TrinoParser, IsQuickAndShallow) {
  for (const std::string part :
       {"(", "((SELECT 1) + ", "f(", "NOT ", "- ", "a[", "1 + ", "a AND ", "CASE WHEN ", "x -> ",
        "array(", "SELECT 1 UNION ALL ", "t JOIN ", "a.b.c, ", "'a' || ", "\"", "`", "U&'", "/*"}) {
    std::string sql = "SELECT ";
    while (sql.size() + part.size() <= 300000) sql += part;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_FALSE(read_statement(sql, {}).has_value()) << part;
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30)) << part;
  }
  EXPECT_EQ(parsed("SELECT " + std::string(1000, '(') + "1" + std::string(1000, ')')),
            "STACK_OVERFLOW 1:306");
  std::string chain = "SELECT x = 1";
  for (int i = 0; i < 5000; ++i) chain += " OR x = 1";
  EXPECT_TRUE(read_statement(chain, {}).has_value());
  EXPECT_EQ(read_statement(std::string(1000001, ' '), {}).error().name, "QUERY_TEXT_TOO_LARGE");
}

}  // namespace
}  // namespace foz::sql
