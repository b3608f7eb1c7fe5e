// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Ticks with the real flow engine: Spark SQL from topic to table to table.
#include "pipeline/pipeline_fixture.h"

namespace foz::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(FlowSql, JsonBecomesColumnsAndBadRowsAreKept) {
  Lab lab(Lab::Closed{}, R"(
CREATE OR REFRESH STREAMING TABLE readings (
  CONSTRAINT has_id EXPECT (id IS NOT NULL) ON VIOLATION DROP ROW,
  CONSTRAINT sane EXPECT (n < 1000) ON VIOLATION QUARANTINE
) TBLPROPERTIES ('foz.dedupe.keys' = 'id, n', 'foz.dedupe.horizon' = '1 hour')
AS SELECT e.id AS id, CAST(e.n AS BIGINT) AS n
   FROM (SELECT from_json(CAST(value AS STRING), 'id STRING, n STRING') AS e
         FROM STREAM bronze.t);
CREATE STREAMING TABLE big AS
  SELECT upper(id) AS id, n * 2 AS n FROM STREAM silver.readings WHERE n > 10;
)",
          1);
  lab.engine = sql::FlowEngine::make(256 << 20).value();
  lab.open();
  lab.produce("t", {R"({"id":"a","n":"5"})", R"({"id":"b","n":"50"})", R"({"id":"c","n":"many"})",
                    R"({"n":"1"})", R"({"id":"d","n":"5000"})", R"({"id":"a","n":"5"})"});
  lab.run();
  for (const FlowStatus& flow : lab.ticker->status()) EXPECT_EQ(flow.error, "") << flow.name;
  EXPECT_THAT(lab.rows("silver.readings"), ElementsAre("a:5", "b:50"));
  EXPECT_THAT(lab.rows("silver.big"), ElementsAre("B:100"));
  EXPECT_THAT(lab.column("silver.readings__quarantine", "reason"),
              ElementsAre(HasSubstr("CAST('many' AS BIGINT)"), HasSubstr("expectation sane")));
  EXPECT_THAT(lab.column("silver.readings__quarantine", "value"),
              ElementsAre(R"({"id":"c","n":"many"})", R"({"id":"d","n":"5000"})"));
  lab.expect_balanced("silver.readings");
  lab.commit();
  lab.restart();
  lab.produce("t", {R"({"id":"b","n":"50"})", R"({"id":"e","n":"60"})"});
  lab.commit();
  EXPECT_THAT(lab.rows("silver.readings"), ElementsAre("a:5", "b:50", "e:60"));
  EXPECT_THAT(lab.rows("silver.big"), ElementsAre("B:100", "E:120"));
}

}  // namespace
}  // namespace foz::pipeline
