// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "pipeline/project.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foz::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

ParsedFile parse(std::string_view text) { return parse_pipeline_file("pipelines/a.sql", text); }

// "line:column message" of every diagnostic.
std::vector<std::string> problems(std::string_view text) {
  std::vector<std::string> out;
  for (const FileDiagnostic& d : parse(text).diagnostics) {
    out.push_back(std::to_string(d.what.line) + ":" + std::to_string(d.what.column) + " " +
                  d.what.message);
  }
  return out;
}

TEST(Project, ReadsEveryClause) {
  const ParsedFile file = parse(R"(-- cleaned
CREATE OR REFRESH STREAMING TABLE IF NOT EXISTS silver.flights (
  CONSTRAINT has_id EXPECT (id IS NOT NULL AND length(id) = 6) ON VIOLATION DROP ROW,
  CONSTRAINT sane EXPECT (altitude > -500) ON VIOLATION QUARANTINE,
  CONSTRAINT never EXPECT (x = ')') ON VIOLATION FAIL UPDATE,
  CONSTRAINT `told only` EXPECT ((a + b) > 0)
) COMMENT 'it''s \'flights\''
TBLPROPERTIES ('foz.dedupe.keys' = 'id, seen', foz.dedupe.horizon = "1 day 12 hours",
  'delta.appendOnly'=true)
AS SELECT a /* nested /* ; */ ; */ AS b
   FROM STREAM bronze.flights  -- the end
;
create streaming table orders as with x as (select ';' from stream(bronze.a)) select * from x)");
  ASSERT_THAT(file.diagnostics, IsEmpty());
  ASSERT_THAT(file.tables, SizeIs(2));
  const StreamingTable& t = file.tables[0];
  EXPECT_EQ(t.schema, "silver");
  EXPECT_EQ(t.name, "flights");
  EXPECT_EQ(t.line, 2);
  EXPECT_EQ(t.column, 49);
  EXPECT_EQ(t.comment, "it's 'flights'");
  EXPECT_THAT(t.properties, ElementsAre(Pair("delta.appendOnly", "true"),
                                        Pair("foz.dedupe.horizon", "1 day 12 hours"),
                                        Pair("foz.dedupe.keys", "id, seen")));
  EXPECT_THAT(t.dedupe_keys, ElementsAre("id", "seen"));
  EXPECT_EQ(t.dedupe_horizon_ms, 36 * 3600 * 1000);
  EXPECT_EQ(t.flow.select, "SELECT a /* nested /* ; */ ; */ AS b\n   FROM STREAM bronze.flights");
  EXPECT_EQ(t.flow.line, 10);
  EXPECT_EQ(t.flow.column, 4);
  ASSERT_THAT(t.flow.expectations, SizeIs(4));
  EXPECT_EQ(t.flow.expectations[0].condition, "id IS NOT NULL AND length(id) = 6");
  EXPECT_EQ(t.flow.expectations[0].on_violation, sql::OnViolation::kDrop);
  EXPECT_EQ(t.flow.expectations[0].line, 3);
  EXPECT_EQ(t.flow.expectations[0].column, 29);
  EXPECT_EQ(t.flow.expectations[1].on_violation, sql::OnViolation::kQuarantine);
  EXPECT_EQ(t.flow.expectations[2].condition, "x = ')'");
  EXPECT_EQ(t.flow.expectations[2].on_violation, sql::OnViolation::kFail);
  EXPECT_EQ(t.flow.expectations[3].name, "told only");
  EXPECT_EQ(t.flow.expectations[3].condition, "(a + b) > 0");
  EXPECT_EQ(t.flow.expectations[3].on_violation, sql::OnViolation::kKeep);
  EXPECT_EQ(file.tables[1].schema, "silver");
  EXPECT_EQ(file.tables[1].name, "orders");
  EXPECT_EQ(file.tables[1].flow.select,
            "with x as (select ';' from stream(bronze.a)) select * from x");
}

TEST(Project, AnEmptyFileIsFine) {
  EXPECT_THAT(parse("").diagnostics, IsEmpty());
  EXPECT_THAT(parse(" ;; -- nothing\n/* */").diagnostics, IsEmpty());
}

TEST(Project, OneProblemDoesNotHideTheNext) {
  EXPECT_THAT(
      problems("CREATE MATERIALIZED VIEW v AS SELECT 1;\n"
               "CREATE FLOW f AS INSERT INTO t BY NAME SELECT 1;\n"
               "  CREATE FLOW f AS AUTO CDC INTO t FROM STREAM s KEYS (a);\n"
               "CREATE TEMPORARY VIEW v AS SELECT 1;\n"
               "DROP TABLE x;\n"
               "CREATE STREAMING TABLE t FLOW AUTO CDC FROM STREAM s KEYS (a);\n"
               "CREATE STREAMING TABLE t (a INT) AS SELECT 1;\n"
               "CREATE STREAMING TABLE t AS SELECT 1 FROM STREAM x WATERMARK ts DELAY OF INTERVAL "
               "1 HOUR;\n"
               "CREATE STREAMING TABLE ok AS SELECT 1"),
      ElementsAre(HasSubstr("1:8 CREATE MATERIALIZED VIEW is not"),
                  HasSubstr("2:18 CREATE FLOW … AS INSERT INTO is not"),
                  HasSubstr("3:58 AUTO CDC needs SEQUENCE BY"),
                  HasSubstr("4:8 CREATE TEMPORARY VIEW is not"),
                  HasSubstr("5:1 a pipeline file holds"),
                  HasSubstr("6:62 AUTO CDC needs SEQUENCE BY"),
                  HasSubstr("7:27 a streaming table takes its columns"),
                  HasSubstr("8:52 WATERMARK is not")));
}

TEST(Project, PropertiesAreChecked) {
  const std::string head = "CREATE STREAMING TABLE t TBLPROPERTIES (";
  const std::string tail = ") AS SELECT 1";
  const auto with = [&](const std::string& text) { return problems(head + text + tail); };
  EXPECT_THAT(with("'foz.dedup.keys'='a'"),
              ElementsAre(HasSubstr("1:41 unknown property \"foz.dedup.keys\"")));
  EXPECT_THAT(with("'foz.dedupe.keys'='a'"), ElementsAre(HasSubstr("belong together")));
  EXPECT_THAT(with("'foz.dedupe.keys'='a,A', 'foz.dedupe.horizon'='1 hour'"),
              ElementsAre(HasSubstr("each once")));
  const std::string threshold = "'pipelines.cdc.tombstoneGCThresholdInSeconds' = ";
  for (const char* seconds : {"0", "'-1'", "'2 days'", "''", "999999999999"}) {
    EXPECT_THAT(with(threshold + seconds), ElementsAre(HasSubstr("expected seconds")));
  }
  EXPECT_EQ(parse(head + threshold + "'604800'" + tail).tables.at(0).tombstone_threshold_ms,
            604'800'000);
  EXPECT_EQ(parse(head + "'a'='1'" + tail).tables.at(0).tombstone_threshold_ms, 172'800'000);
  EXPECT_THAT(with("'foz.dedupe.keys'='a', 'foz.dedupe.horizon'='1 moon'"),
              ElementsAre(HasSubstr("a duration")));
  EXPECT_THAT(with("'foz.dedupe.keys'='a', 'foz.dedupe.horizon'='99999999999999999999 days'"),
              ElementsAre(HasSubstr("a duration")));
  EXPECT_THAT(with("'failOnDataLoss'='perhaps'"), ElementsAre(HasSubstr("'true' or 'false'")));
  EXPECT_THAT(with("'foz.dedupe.keys'='', x=1"), testing::SizeIs(2));
  EXPECT_THAT(with("'a'='1', 'a'='2'"), ElementsAre(HasSubstr("given twice")));
  EXPECT_FALSE(parse(head + "'failOnDataLoss'='false'" + tail).tables.at(0).fail_on_data_loss);
  EXPECT_EQ(parse(head + "foz.dedupe.keys='a', 'foz.dedupe.horizon'='30 minutes'" + tail)
                .tables.at(0)
                .dedupe_horizon_ms,
            1800000);
}

TEST(Project, WhatNeverEndsIsNamed) {
  EXPECT_THAT(problems("CREATE STREAMING TABLE t AS SELECT 'a"),
              ElementsAre("1:36 this string never ends"));
  EXPECT_THAT(problems("CREATE STREAMING TABLE `t AS SELECT 1"),
              ElementsAre("1:24 this quoted name never ends"));
  EXPECT_THAT(problems("\n /* CREATE"), ElementsAre("2:2 this comment never ends"));
  EXPECT_THAT(problems("CREATE STREAMING TABLE t (CONSTRAINT c EXPECT (a AS SELECT 1"),
              ElementsAre(HasSubstr("\")\" after the condition before the end")));
}

TEST(Project, ADiagnosticShowsLineAndCaret) {
  const ParsedFile file = parse("-- é\n\tCREATE STREAMING TABLE /* é€ */ silver.ключ AS SELECT 1");
  ASSERT_THAT(file.diagnostics, SizeIs(1));
  EXPECT_EQ(to_string(file.diagnostics[0]),
            "pipelines/a.sql:2:34: error: \"ключ\": names are made of at most 128 letters, digits "
            "and \"_\"\n"
            "  \tCREATE STREAMING TABLE /* é€ */ silver.ключ AS SELECT 1\n"
            "  \t                                ^~~~~~\n");
}

TEST(Project, StringsFollowSpark) {
  EXPECT_EQ(parse(R"(CREATE STREAMING TABLE t COMMENT 'a\tb\\\u00e9\'' AS SELECT 1)")
                .tables.at(0)
                .comment,
            "a\tb\\é'");
  EXPECT_EQ(parse(R"(CREATE STREAMING TABLE t COMMENT r'a\tb' AS SELECT 1)").tables.at(0).comment,
            R"(a\tb)");
  EXPECT_EQ(
      parse(R"(CREATE STREAMING TABLE t COMMENT "say ""x""" AS SELECT 1)").tables.at(0).comment,
      R"(say "x")");
}

}  // namespace
}  // namespace foz::pipeline
