// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/flow_engine.h"

#include <arrow/api.h>
#include <arrow/json/from_string.h>
#include <gmock/gmock.h>

#include <random>

#include "sql/row_checks_internal.h"

namespace foz::sql {
namespace {

using testing::ElementsAre;

std::shared_ptr<arrow::Schema> bronze() {
  return arrow::schema({
      arrow::field("key", arrow::binary()),
      arrow::field("value", arrow::binary()),
      arrow::field("topic", arrow::utf8()),
      arrow::field("partition", arrow::int32()),
      arrow::field("offset", arrow::int64()),
      arrow::field("timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
  });
}

// Expressions of a table are text that anybody may have written.
TEST(SparkRowChecker, RefusesWhatIsNotOneExpression) {
  const SparkRowChecker checker;
  const auto rows = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("a", arrow::int64())}), 1,
      {arrow::json::ArrayFromJSONString(arrow::int64(), "[1]").ValueOrDie()});
  const delta::DataType boolean{.kind = delta::TypeKind::kBoolean};
  EXPECT_TRUE(checker.evaluate({{"a > 0", boolean}}, rows).has_value());
  for (const char* text : {"true) AS BOOLEAN) AS x, CAST((true",
                           "true) AS BOOLEAN) AS c FROM STREAM t.rows WHERE false --", "", "a >"}) {
    const auto refused = checker.evaluate({{text, boolean}}, rows);
    ASSERT_FALSE(refused.has_value()) << text;
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported) << text;
  }
}

class FlowTest : public testing::Test {
 protected:
  FlowTest() : engine_(std::move(*FlowEngine::make(64 << 20))) {}

  std::expected<std::unique_ptr<FlowStatement>, Diagnostic> prepare(const FlowText& text) {
    return engine_->prepare(text, [](std::string_view schema, std::string_view name) {
      return schema == "bronze" && name == "t" ? std::optional(bronze()) : std::nullopt;
    });
  }

  // Runs over records with these values; offsets count from 100.
  static std::shared_ptr<arrow::RecordBatch> records(const std::vector<std::string>& values) {
    arrow::BinaryBuilder keys, bytes;
    arrow::StringBuilder topics;
    arrow::Int32Builder partitions;
    arrow::Int64Builder offsets;
    arrow::TimestampBuilder times(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                  arrow::default_memory_pool());
    for (size_t i = 0; i < values.size(); i++) {
      EXPECT_TRUE(keys.AppendNull().ok());
      EXPECT_TRUE((values[i] == "NULL" ? bytes.AppendNull() : bytes.Append(values[i])).ok());
      EXPECT_TRUE(topics.Append("t").ok());
      EXPECT_TRUE(partitions.Append(static_cast<int>(i % 3)).ok());
      EXPECT_TRUE(offsets.Append(100 + static_cast<int64_t>(i)).ok());
      EXPECT_TRUE(times.Append(1'700'000'000'000'000).ok());
    }
    return arrow::RecordBatch::Make(bronze(), static_cast<int64_t>(values.size()),
                                    {*keys.Finish(), *bytes.Finish(), *topics.Finish(),
                                     *partitions.Finish(), *offsets.Finish(), *times.Finish()});
  }

  FlowOutput run(const std::string& select, const std::vector<std::string>& values,
                 std::vector<Expectation> expectations = {}) {
    auto statement = prepare({select, 1, 1, std::move(expectations)});
    if (!statement) {
      ADD_FAILURE() << select << ": " << statement.error().message << " at "
                    << statement.error().column;
      return {};
    }
    auto output = (*statement)->run(records(values));
    if (!output.has_value()) {
      ADD_FAILURE() << output.error().message();
      return {};
    }
    EXPECT_TRUE(output->rows->ValidateFull().ok());
    return std::move(*output);
  }

  // "line:column+length message"
  std::string refused(const std::string& select) {
    auto statement = prepare({select, 1, 1, {}});
    if (statement) return "accepted";
    const auto& what = statement.error();
    return std::to_string(what.line) + ":" + std::to_string(what.column) + "+" +
           std::to_string(what.length) + " " + what.message;
  }

  static std::vector<std::string> column(const FlowOutput& output, int index = 0) {
    std::vector<std::string> texts;
    for (int64_t i = 0; i < output.rows->num_rows(); i++) {
      texts.push_back((*output.rows->column(index)->GetScalar(i))->ToString());
    }
    return texts;
  }
  static std::vector<std::string> reasons(const FlowOutput& output) {
    std::vector<std::string> texts;
    for (const auto& error : output.errors)
      texts.push_back(std::to_string(error.row) + " " + error.reason);
    return texts;
  }

  std::unique_ptr<FlowEngine> engine_;
};

TEST_F(FlowTest, PassesColumnsAndFilters) {
  const auto output =
      run("SELECT offset, CAST(value AS STRING) AS v FROM STREAM bronze.t WHERE CAST(value AS "
          "STRING) != 'b'",
          {"a", "b", "NULL", "c"});
  EXPECT_THAT(column(output, 0), ElementsAre("100", "103"));
  EXPECT_THAT(column(output, 1), ElementsAre("a", "c"));
  EXPECT_THAT(output.input_rows, ElementsAre(0, 3));
  EXPECT_TRUE(output.errors.empty());
}

TEST_F(FlowTest, AFailedCastFailsItsRowAlone) {
  const auto output =
      run("SELECT CAST(CAST(value AS STRING) AS INT) + 1 AS n FROM STREAM(bronze.t)",
          {"1", "abc", "2147483647", "NULL", "41"});
  EXPECT_THAT(column(output), ElementsAre("2", "null", "42"));
  EXPECT_THAT(output.input_rows, ElementsAre(0, 3, 4));
  EXPECT_THAT(reasons(output), ElementsAre("1 CAST('abc' AS INT) failed: not an integer",
                                           "2 2147483647 + 1 failed: INT overflow"));
}

TEST_F(FlowTest, AnErrorCountsWhateverWhereSays) {
  const auto output =
      run("SELECT n FROM (SELECT CAST(CAST(value AS STRING) AS INT) AS n FROM STREAM bronze.t) "
          "WHERE n > 5",
          {"1", "x", "9"});
  EXPECT_THAT(column(output), ElementsAre("9"));
  EXPECT_THAT(reasons(output), ElementsAre("1 CAST('x' AS INT) failed: not an integer"));
}

TEST_F(FlowTest, WhatIsNotReachedDoesNotFail) {
  const std::string text = "CAST(value AS STRING)", number = "CAST(" + text + " AS INT)";
  for (const std::string& select : {
           "SELECT CASE WHEN " + text + " = 'x' THEN 0 ELSE " + number +
               " END AS n FROM STREAM bronze.t",
           "SELECT IF(" + text + " = 'x', 0, " + number + ") AS n FROM STREAM bronze.t",
           "SELECT COALESCE(nullif(if(" + text + " = 'x', 0, NULL), 1), " + number +
               ") AS n FROM STREAM bronze.t",
           "SELECT if(" + text + " = 'x' OR " + number + " = 0, 0, 7) AS n FROM STREAM bronze.t",
           "SELECT if(" + text + " != 'x' AND " + number + " = 7, 7, 0) AS n FROM STREAM bronze.t",
       }) {
    const auto output = run(select, {"7", "x", "7"});
    EXPECT_THAT(column(output), ElementsAre("7", "0", "7")) << select;
    EXPECT_TRUE(output.errors.empty()) << select;
  }
  const auto output =
      run("SELECT offset FROM STREAM bronze.t WHERE " + text + " != 'x' AND " + number + " > 5",
          {"7", "x", "1"});
  EXPECT_THAT(column(output), ElementsAre("100"));
  EXPECT_TRUE(output.errors.empty());
}

TEST_F(FlowTest, ANameLongerThanTheTextIsNotFoundInIt) {
  const std::string name(200, 'x');
  const auto output = run("SELECT from_json(CAST(value AS STRING), '" + name +
                              " INT, a INT').a AS a FROM STREAM bronze.t",
                          {R"({"a":1})"});
  ASSERT_TRUE(output.rows);
  EXPECT_EQ(output.rows->column(0)->GetScalar(0).ValueOrDie()->ToString(), "1");
}

TEST_F(FlowTest, FromJsonWithAStar) {
  const auto output = run(
      "WITH parsed AS (SELECT offset, from_json(CAST(value AS STRING), 'a INT, b STRING, s "
      "STRUCT<x: INT>, l ARRAY<STRING>, "
      "t TIMESTAMP') AS e FROM STREAM bronze.t) SELECT e.*, e.s.x, offset FROM parsed",
      {R"({"a": 1, "b": "text", "s": {"x": 5}, "l": ["p", null], "t": "2024-01-02T03:04:05.6Z"})",
       R"({"b": 12.50, "a": "no", "l": [], "t": "never"})", "{malformed", R"({})"});
  EXPECT_THAT(output.rows->schema()->field_names(),
              ElementsAre("a", "b", "s", "l", "t", "x", "offset"));
  EXPECT_THAT(column(output, 0), ElementsAre("1", "null", "null", "null"));
  EXPECT_THAT(column(output, 1), ElementsAre("text", "12.50", "null", "null"));
  EXPECT_THAT(column(output, 4),
              ElementsAre("2024-01-02 03:04:05.600000Z", "null", "null", "null"));
  EXPECT_THAT(column(output, 5), ElementsAre("5", "null", "null", "null"));
  EXPECT_TRUE(output.errors.empty());
}

TEST_F(FlowTest, ExpectationsReportRows) {
  const auto output = run("SELECT CAST(CAST(value AS STRING) AS INT) AS n FROM STREAM bronze.t",
                          {"1", "-1", "x", "NULL", "5"},
                          {{"positive", "n > 0", OnViolation::kDrop, 3, 9},
                           {"small", "n < 5", OnViolation::kKeep, 4, 9}});
  EXPECT_THAT(output.input_rows, ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(output.violations, ElementsAre(ElementsAre(1, 2), ElementsAre(2, 3)));
}

// Invariant 10: any split of the input gives the rows of one run.
TEST_F(FlowTest, RandomSplitsGiveTheSameRows) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  std::vector<std::string> values;
  for (int i = 0; i < 7000; i++) {
    switch (random() % 8) {
      case 0: values.push_back("NULL"); break;
      case 1: values.push_back("{broken"); break;
      case 2: values.push_back(R"({"n": "no", "s": ")" + std::to_string(i) + "\"}"); break;
      default:
        values.push_back(R"({"n": )" + std::to_string(random() % 10) + R"(, "s": ")" +
                         (random() % 5 == 0 ? "x" : "") + std::to_string(i) + R"(", "l": [)" +
                         std::string(random() % 3 == 0 ? "" : "1, 2") + "]}");
    }
  }
  auto statement =
      prepare({"SELECT e.n, CAST(e.s AS INT) AS i, 100 / e.n AS q, e.l, offset FROM (SELECT "
               "from_json(CAST(value AS STRING), "
               "'n INT, s STRING, l ARRAY<INT>') AS e, offset FROM STREAM bronze.t) WHERE e.n IS "
               "NULL OR e.n < 8",
               1,
               1,
               {{"even", "n % 2 = 0", OnViolation::kKeep, 1, 1}}});
  ASSERT_TRUE(statement) << statement.error().message;
  const auto batch = records(values);
  const auto whole = *(*statement)->run(batch);
  EXPECT_GT(whole.errors.size(), 100u);
  EXPECT_GT(whole.rows->num_rows(), 1000);
  arrow::RecordBatchVector parts;
  std::vector<int32_t> origins, violations;
  std::vector<std::string> errors;
  int64_t rows = 0;
  for (int64_t begin = 0; begin < batch->num_rows();) {
    const int64_t count = std::min<int64_t>(1 + random() % 3000, batch->num_rows() - begin);
    const auto part = *(*statement)->run(batch->Slice(begin, count));
    for (int32_t origin : part.input_rows) origins.push_back(origin + static_cast<int32_t>(begin));
    for (int32_t row : part.violations[0]) violations.push_back(row + static_cast<int32_t>(rows));
    for (const auto& error : part.errors)
      errors.push_back(std::to_string(error.row + begin) + " " + error.reason);
    rows += part.rows->num_rows();
    parts.push_back(part.rows);
    begin += count;
  }
  EXPECT_EQ(origins, whole.input_rows);
  EXPECT_EQ(violations, whole.violations[0]);
  EXPECT_EQ(errors, reasons(whole));
  const auto one = *arrow::Table::FromRecordBatches({whole.rows}),
             many = *arrow::Table::FromRecordBatches(parts);
  EXPECT_TRUE(many->Equals(*one));
}

// What DuckDB itself throws fails one row, with its message.
TEST_F(FlowTest, AnExceptionFailsItsRowAlone) {
  const auto output =
      run("SELECT map(CAST(value AS STRING), 1, 'twice', 2) AS m, offset FROM STREAM bronze.t",
          {"a", "twice", "b", "twice", "c"});
  EXPECT_THAT(output.input_rows, ElementsAre(0, 2, 4));
  EXPECT_THAT(column(output, 1), ElementsAre("100", "102", "104"));
  ASSERT_EQ(output.errors.size(), 2u);
  EXPECT_EQ(output.errors[0].row, 1);
  EXPECT_THAT(output.errors[0].reason, testing::HasSubstr("unique"));
  EXPECT_EQ(output.errors[1].row, 3);
}

TEST_F(FlowTest, PatternsAreCheckedWhenPrepared) {
  EXPECT_THAT(refused("SELECT regexp_extract(topic, '(', 1) AS m FROM STREAM bronze.t"),
              testing::HasSubstr("missing )"));
  EXPECT_THAT(refused("SELECT topic RLIKE '[' AS m FROM STREAM bronze.t"),
              testing::HasSubstr("missing ]"));
  EXPECT_THAT(refused("SELECT regexp_replace(topic, '(', 'x') AS m FROM STREAM bronze.t"),
              testing::HasSubstr("missing )"));
  EXPECT_EQ(refused("SELECT 'a' RLIKE topic AS m FROM STREAM bronze.t"),
            "1:18+5 the pattern must be a constant string");
}

TEST_F(FlowTest, NowIsTheRecordsTime) {
  const auto output =
      run("SELECT current_timestamp AS a, current_timestamp() AS b, current_date() AS d FROM "
          "STREAM bronze.t",
          {"x"});
  EXPECT_THAT(column(output, 0), ElementsAre("2023-11-14 22:13:20.000000Z"));
  EXPECT_THAT(column(output, 1), ElementsAre("2023-11-14 22:13:20.000000Z"));
  EXPECT_THAT(column(output, 2), ElementsAre("2023-11-14"));
}

TEST_F(FlowTest, FailFastAndTryForms) {
  const auto output =
      run("SELECT from_json(CAST(value AS STRING), 'a INT', map('mode', 'FAILFAST')).a AS a FROM "
          "STREAM bronze.t",
          {R"({"a": 1})", "{bad", R"({"a": "x"})"});
  EXPECT_THAT(column(output), ElementsAre("1"));
  EXPECT_THAT(
      reasons(output),
      ElementsAre(
          "1 from_json('{bad') failed: malformed JSON",
          "2 from_json('{\"a\": \"x\"}') failed: a field does not have the type of the schema"));
  const auto tried =
      run("SELECT try_cast(CAST(value AS STRING) AS INT) AS a FROM STREAM bronze.t", {"1", "x"});
  EXPECT_THAT(column(tried), ElementsAre("1", "null"));
  EXPECT_TRUE(tried.errors.empty());
}

TEST_F(FlowTest, EmptyBatchesAndEmptyResults) {
  EXPECT_EQ(run("SELECT * FROM STREAM bronze.t", {}).rows->num_rows(), 0);
  EXPECT_EQ(run("SELECT offset FROM STREAM bronze.t WHERE false", {"a"}).rows->num_rows(), 0);
}

TEST_F(FlowTest, DiagnosticsOfExpectationsAreInTheirOwnPlace) {
  auto statement = prepare({"SELECT offset FROM STREAM bronze.t",
                            10,
                            5,
                            {{"e", "offset > 0 AND\n  ofset < 5", OnViolation::kDrop, 3, 9}}});
  ASSERT_FALSE(statement);
  EXPECT_EQ(statement.error().line, 4);
  EXPECT_EQ(statement.error().column, 3);
  statement = prepare({"SELECT offset FROM STREAM bronze.t",
                       10,
                       5,
                       {{"e", "offset + 1", OnViolation::kDrop, 3, 9}}});
  ASSERT_FALSE(statement);
  EXPECT_EQ(statement.error().message, "a condition is a BOOLEAN, this is a BIGINT");
}

// A statement's size is its author's: no depth of it may exhaust the stack.
TEST_F(FlowTest, DepthIsBounded) {
  const auto many = [](std::string_view piece, int count) {
    std::string text;
    for (int i = 0; i < count; i++) text += piece;
    return text;
  };
  EXPECT_EQ(refused("SELECT " + many("+", 100'000) + "1 AS x FROM STREAM bronze.t"), "accepted");
  for (std::string_view piece : {"(", "- ", "NOT ", "CASE WHEN "}) {
    EXPECT_THAT(refused("SELECT " + many(piece, 100'000)), testing::HasSubstr("nested too deeply"))
        << piece;
  }
  EXPECT_THAT(refused("SELECT 1" + many("+1", 100'000)), testing::HasSubstr("nested too deeply"));
  EXPECT_THAT(refused("SELECT CAST(1 AS " + many("ARRAY<", 100'000)),
              testing::HasSubstr("nested too deeply"));
  EXPECT_THAT(refused(many("SELECT * FROM (", 100'000)), testing::HasSubstr("nested too deeply"));
  std::string chain = "WITH c0 AS (SELECT offset FROM STREAM bronze.t)";
  for (int i = 1; i < 2000; i++) {
    chain += ", c" + std::to_string(i) + " AS (SELECT offset FROM c" + std::to_string(i - 1) + ")";
  }
  EXPECT_THAT(refused(chain + " SELECT offset FROM c1999"),
              testing::HasSubstr("too many nested queries"));
}

TEST_F(FlowTest, RefusesWithThePlace) {
  EXPECT_EQ(refused("SELECT count(*) AS n FROM STREAM bronze.t"),
            "1:8+8 aggregates are not supported in a row-wise flow: count");
  EXPECT_EQ(refused("SELECT offset\nFROM STREAM bronze.t\nGROUP BY offset"),
            "3:1+5 GROUP BY is not supported in a row-wise flow");
  EXPECT_EQ(refused("SELECT ofset FROM STREAM bronze.t"),
            "1:8+5 there is no column ofset; did you mean offset?");
  EXPECT_EQ(refused("SELECT offset FROM bronze.t"),
            "1:20+8 a flow reads a stream: write FROM STREAM bronze.t");
  EXPECT_EQ(refused("SELECT offset FROM STREAM bronze.u"), "1:27+8 there is no table bronze.u");
  EXPECT_EQ(refused("SELECT rand() AS r FROM STREAM bronze.t"),
            "1:8+6 rand is not supported in a flow: a replay would give other rows");
  EXPECT_EQ(refused("SELECT 'é', offset + FROM STREAM bronze.t"),
            "1:22+4 expected an expression, found 'FROM'");
  EXPECT_EQ(refused("SELECT offset o FROM STREAM bronze.t ORDER BY o"),
            "1:38+5 ORDER BY is not supported in a flow: a stream has no end to sort");
  EXPECT_EQ(refused("SELECT a.offset FROM STREAM bronze.t a JOIN STREAM bronze.t b"),
            "1:40+4 JOIN is not supported in a row-wise flow");
  EXPECT_EQ(refused("SELECT DISTINCT offset FROM STREAM bronze.t"),
            "1:8+8 DISTINCT is not supported in a flow: use foz.dedupe.keys");
  EXPECT_EQ(refused("SELECT rank() OVER (ORDER BY offset) AS r FROM STREAM bronze.t"),
            "1:15+4 window functions are not supported in a row-wise flow");
  EXPECT_EQ(refused("SELECT offset IN (SELECT 1) AS r FROM STREAM bronze.t"),
            "1:19+6 a subquery in an expression is not supported in a flow");
  EXPECT_EQ(refused("SELECT from_json(topic, 'a INTT') AS e FROM STREAM bronze.t"),
            "1:25+8 in the schema: unknown type INTT");
  EXPECT_EQ(refused("SELECT uper(topic) AS u FROM STREAM bronze.t"),
            "1:8+11 there is no function uper; did you mean upper?");
  EXPECT_EQ(refused("SELECT topic + timestamp AS u FROM STREAM bronze.t"),
            "1:8+17 to a time one adds an interval or, to a date, days");
  EXPECT_EQ(refused("SELECT upper(topic) FROM STREAM bronze.t"),
            "1:8+12 give this column a name: … AS name");
  EXPECT_EQ(refused("SELECT offset, topic AS OFFSET FROM STREAM bronze.t"),
            "1:16+5 column OFFSET is there twice");
  EXPECT_EQ(refused("SELECT 'open FROM STREAM bronze.t"), "1:8+1 string is not closed");
}

}  // namespace
}  // namespace foz::sql
