// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <cstdlib>
#include <thread>

#include "pipeline/pipeline_fixture.h"

namespace foz::pipeline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr char kA[] = "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;";
constexpr char kAB[] =
    "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;"
    "CREATE STREAMING TABLE b AS SELECT * FROM STREAM silver.a;";
constexpr char kABC[] =
    "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;"
    "CREATE STREAMING TABLE b AS SELECT * FROM STREAM silver.a;"
    "CREATE STREAMING TABLE c AS SELECT * FROM STREAM silver.b;";

TEST(Ticker, RecordsAreInBronzeAndSilverAtOnceAndStayThere) {
  Lab lab(kA);
  lab.produce("t", {"a:1", "b:2"});
  lab.run();
  EXPECT_THAT(lab.column("bronze.t", "value"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("0", "1"));
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  EXPECT_TRUE(lab.ticker->ready());

  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  lab.produce("t", {"c:3"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));

  lab.restart();
  lab.run();
  EXPECT_TRUE(lab.ticker->ready());
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("0", "1", "2"));
  EXPECT_EQ(lab.status("silver.a").state, "running");
  EXPECT_EQ(lab.status("silver.a").lag_records, 0);
}

TEST(Ticker, EveryRowIsAccountedFor) {
  Lab lab(
      "CREATE STREAMING TABLE a (CONSTRAINT small EXPECT (n < 100),"
      " CONSTRAINT fits EXPECT (n < 1000) ON VIOLATION DROP ROW,"
      " CONSTRAINT sane EXPECT (n < 10000) ON VIOLATION QUARANTINE)"
      " AS SELECT * FROM STREAM bronze.t;");
  lab.produce("t", {"a:1", "b:x", "c:-5", "d:500", "e:5000", "f:50000", "g:7"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "d:500", "g:7"));
  const FlowStatus status = lab.status("silver.a");
  EXPECT_EQ(status.counts.input, 7);
  EXPECT_EQ(status.counts.written, 3);
  EXPECT_EQ(status.counts.filtered, 1);
  EXPECT_EQ(status.counts.dropped, 1);
  EXPECT_EQ(status.counts.quarantined, 2);
  lab.expect_balanced("silver.a");
  EXPECT_THAT(status.violations, ElementsAre(Pair("small", 3), Pair("fits", 2), Pair("sane", 1)));
}

TEST(Ticker, QuarantineKeepsBytesReasonAndOrigin) {
  Lab lab(
      "CREATE STREAMING TABLE a (CONSTRAINT sane EXPECT (n < 10) ON VIOLATION QUARANTINE)"
      " AS SELECT * FROM STREAM bronze.t;");
  const log::Topic topic = lab.topic("t", 2);
  lab.produce("t", {"a:1", "b:x"}, 0);
  lab.produce("t", {"c:50"}, 1);
  lab.run();
  lab.commit();
  const std::string q = "silver.a__quarantine";
  EXPECT_THAT(lab.column(q, "value"), UnorderedElementsAre("b:x", "c:50"));
  EXPECT_THAT(lab.column(q, "reason"),
              UnorderedElementsAre("no number: x", "expectation sane is violated: n < 10"));
  EXPECT_THAT(lab.column(q, "expectation"), UnorderedElementsAre("null", "sane"));
  EXPECT_THAT(lab.column(q, "flow"), ElementsAre("silver.a", "silver.a"));
  EXPECT_THAT(lab.column(q, "topic"), ElementsAre("t", "t"));
  EXPECT_THAT(lab.column(q, "topic_id"), ElementsAre(topic.id.to_string(), topic.id.to_string()));
  EXPECT_THAT(lab.column(q, "partition"), UnorderedElementsAre("0", "1"));
  EXPECT_THAT(lab.column(q, "offset"), UnorderedElementsAre("1", "0"));
  EXPECT_THAT(lab.column(q, "key"), ElementsAre("k", "k"));
  EXPECT_THAT(lab.column(q, "input"), ElementsAre("null", "null"));
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.column(q, "value"), SizeIs(2));
}

TEST(Ticker, ARowOfATableIsQuarantinedAsJson) {
  Lab lab(
      "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;"
      "CREATE STREAMING TABLE b (CONSTRAINT sane EXPECT (n < 1010) ON VIOLATION QUARANTINE)"
      " AS SELECT * FROM STREAM silver.a;");
  lab.produce("t", {"a:1", "b:50"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001"));
  EXPECT_THAT(lab.column("silver.b__quarantine", "input"), ElementsAre(R"({"id":"b","n":50})"));
  EXPECT_THAT(lab.column("silver.b__quarantine", "topic"), ElementsAre("t"));
  EXPECT_THAT(lab.column("silver.b__quarantine", "offset"), ElementsAre("1"));
  lab.commit();
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001"));
  EXPECT_THAT(lab.column("silver.b__quarantine", "offset"), ElementsAre("1"));
}

TEST(Ticker, AChainIsVisibleInOneTickAndCommitsInOrder) {
  Lab lab(kABC);
  lab.topic("t");
  lab.run();
  for (int i = 0; i < 5; ++i) {
    lab.produce("t", {"x:" + std::to_string(i)});
    lab.run();
    EXPECT_THAT(lab.rows("silver.c"), SizeIs(i + 1));
    if (i == 2) lab.commit();
  }
  EXPECT_THAT(lab.rows("silver.c"), ElementsAre("x:2000", "x:2001", "x:2002", "x:2003", "x:2004"));
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.rows("silver.c"), ElementsAre("x:2000", "x:2001", "x:2002", "x:2003", "x:2004"));
  EXPECT_TRUE(lab.ticker->ready());
  lab.commit();
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.rows("silver.c"), SizeIs(5));
  EXPECT_THAT(lab.rows("silver.b"), SizeIs(5));
}

TEST(Ticker, ANewFlowReadsAllThatThereIs) {
  Lab lab(kA);
  lab.produce("t", {"a:1", "b:2"});
  lab.commit();
  lab.produce("t", {"c:3"});
  lab.commit();
  lab.produce("t", {"d:4"});
  lab.use(kABC + std::string("CREATE STREAMING TABLE late AS SELECT * FROM STREAM bronze.t;"));
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.rows("silver.late"), ElementsAre("a:1", "b:2", "c:3", "d:4"));
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001", "b:1002", "c:1003", "d:1004"));
  EXPECT_THAT(lab.rows("silver.c"), ElementsAre("a:2001", "b:2002", "c:2003", "d:2004"));
  EXPECT_EQ(lab.status("silver.late").state, "running");
  lab.commit();
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.rows("silver.c"), SizeIs(4));
}

TEST(Ticker, BelowTheLogsStartAFlowReadsBronze) {
  Lab lab("");
  log::TopicConfig config;
  config.retention_ms = 1000;
  config.segment_bytes = 200;
  ASSERT_TRUE(lab.log->create_topic("t", 1, config).has_value());
  for (int i = 0; i < 20; ++i) lab.produce("t", {"a:" + std::to_string(i)});
  lab.commit();
  lab.clock.advance_ms(100'000);
  ASSERT_TRUE(lab.log->enforce_retention().has_value());
  const log::TopicPartition where{lab.topic("t").id, log::PartitionId(0)};
  ASSERT_GT(lab.log->offsets(where)->log_start.value(), 0) << "retention removed nothing";
  lab.produce("t", {"z:99"});
  lab.use(kA);
  lab.restart();
  lab.run();
  const auto rows = lab.rows("silver.a");
  ASSERT_THAT(rows, SizeIs(21));
  for (size_t i = 0; i < 20; ++i) EXPECT_EQ(rows[i], "a:" + std::to_string(i));
  EXPECT_EQ(rows[20], "z:99");
}

TEST(Ticker, DuplicatesAreFoundAcrossCommitAndRestart) {
  const std::string sql =
      "CREATE STREAMING TABLE a TBLPROPERTIES ('foz.dedupe.keys' = 'ID', 'foz.dedupe.horizon' = '1 "
      "hour')"
      " AS SELECT * FROM STREAM bronze.t;";
  Lab lab(sql);
  lab.produce("t", {"a:1", "b:2", "a:3"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  EXPECT_EQ(lab.status("silver.a").counts.duplicates, 1);
  lab.restart();
  lab.produce("t", {"b:4", "c:5"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:5"));
  lab.commit();
  lab.restart();
  lab.produce("t", {"a:6", "c:7", "d:8"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:5", "d:8"));
  lab.expect_balanced("silver.a");
}

TEST(Ticker, AKeyIsForgottenBehindTheHorizon) {
  Lab lab(
      "CREATE STREAMING TABLE a TBLPROPERTIES ('foz.dedupe.keys' = 'id', 'foz.dedupe.horizon' = "
      "'10 seconds')"
      " AS SELECT * FROM STREAM bronze.t;");
  lab.produce("t", {"a:1"}, 0, 1'000'000);
  lab.produce("t", {"a:2"}, 0, 1'010'000);
  lab.produce("t", {"a:3"}, 0, 1'010'001);
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "a:3"));
}

TEST(Ticker, AnotherWritersRowsReachTheFlowsBehind) {
  Lab lab(kAB);
  lab.produce("t", {"a:1"});
  lab.commit();
  lab.append_foreign("silver.a", {{"foreign", 7}});
  lab.produce("t", {"b:2"});
  lab.run();
  lab.commit();
  lab.clock.advance_ms(30'000);
  lab.run();
  lab.clock.advance_ms(30'000);
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), UnorderedElementsAre("a:1", "foreign:7", "b:2"));
  EXPECT_THAT(lab.rows("silver.b"), UnorderedElementsAre("a:1001", "foreign:1007", "b:1002"));
}

TEST(Ticker, AnotherProcessThatMovesAPositionWins) {
  Lab lab(kAB);
  lab.produce("t", {"a:1", "b:2"});
  lab.run();
  // It has read the topic up to offset 1 and made of it what it liked.
  delta::Table table(*lab.lake, "silver/a", lab.clock, lab.random);
  const auto snapshot = table.latest().value();
  delta::CommitRequest request;
  const log::TopicPartition where{lab.topic("t").id, log::PartitionId(0)};
  request.positions.push_back({table::log_app_id("silver.a", where), std::nullopt, 1});
  ASSERT_TRUE(table.commit(snapshot, request).has_value());
  lab.commit();
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("b:2"));
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("b:1002"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("0", "1"));
}

// Until the newest version is shown, of a table that no tick looks at meanwhile.
void follow(Lab& lab, const std::string& name) {
  const auto view = lab.view(name);
  const auto newest = view->table->latest().value()->version();
  std::jthread asks([&](const std::stop_token& stop) {
    (void)lab.tables->shown(view->id, newest, {std::chrono::minutes(1), stop});
  });
  while (lab.view(name)->snapshot->version() < newest) lab.run();
  lab.run();
}

// Of another process's commits that of the table behind may be known first: its rows are not read
// again from the tail of the one before.
TEST(Ticker, AFlowWaitsForWhatItHasReadAlready) {
  Lab lab(kAB);
  lab.produce("t", {"a:1", "b:2"});
  lab.run();
  const log::TopicPartition where{lab.topic("t").id, log::PartitionId(0)};
  lab.append_foreign("silver.a", {{"a", 1}, {"b", 2}},
                     {{table::log_app_id("silver.a", where), std::nullopt, 2}});
  const std::string reads_a =
      table::table_app_id("silver.b", lab.view("silver.a")->snapshot->metadata().id);
  lab.append_foreign("silver.b", {{"a", 1001}, {"b", 1002}}, {{reads_a, std::nullopt, 1}});
  follow(lab, "silver.b");
  EXPECT_EQ(lab.view("silver.a")->snapshot->version(), delta::Version{0});
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001", "b:1002"));
  EXPECT_THAT(lab.status("silver.b").error, HasSubstr("it has read version 1 of silver.a"));

  lab.produce("t", {"c:3"});
  for (int i = 0; i < 3; ++i) {
    lab.clock.advance_ms(30'000);
    lab.commit();
  }
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001", "b:1002", "c:1003"));
  EXPECT_EQ(lab.status("silver.b").error, "");
}

// As after a table was put back alone.
TEST(Ticker, AFlowStopsWhoseUpstreamNeverWasWhatItHasRead) {
  Lab lab(kAB);
  lab.produce("t", {"a:1"});
  lab.commit();
  lab.produce("t", {"b:2"});
  const std::string reads_a =
      table::table_app_id("silver.b", lab.view("silver.a")->snapshot->metadata().id);
  lab.append_foreign("silver.b", {{"b", 1002}}, {{reads_a, 1, 5}});
  follow(lab, "silver.b");
  for (int i = 0; i < 8; ++i) {
    lab.produce("t", {"c:" + std::to_string(i)});
    lab.clock.advance_ms(30'000);
    lab.commit();
  }
  EXPECT_GT(lab.view("silver.a")->snapshot->version(), delta::Version{5});
  EXPECT_EQ(lab.status("silver.b").state, "failed");
  EXPECT_THAT(lab.status("silver.b").error,
              HasSubstr("it has read version 5 of silver.a, which ends at version 1"));
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001", "b:1002"));
}

TEST(Ticker, TopicsComeAndGo) {
  Lab lab(kA);
  lab.run();
  EXPECT_EQ(lab.status("silver.a").state, "waiting");
  EXPECT_TRUE(lab.ticker->ready());
  lab.produce("t", {"a:1"});
  lab.produce("other-topic.x", {"o:1"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1"));
  EXPECT_THAT(lab.column("bronze.other_topic_x", "value"), ElementsAre("o:1"));
  lab.commit();
  ASSERT_TRUE(lab.log->delete_topic(lab.topic("t").id).has_value());
  lab.run();
  EXPECT_EQ(lab.status("silver.a").state, "waiting");
  lab.produce("t", {"b:2"});
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("0", "0"));
  lab.restart();
  lab.produce("t", {"c:3"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
}

TEST(Ticker, ALogRebuiltGoesOnWhereTheLakeStands) {
  Lab lab(kA);
  const log::TopicId id = lab.topic("t").id;
  lab.produce("t", {"a:1", "b:2"});
  lab.commit();
  lab.close();
  ASSERT_TRUE(lab.disk.remove_all("/data/log").has_value());
  lab.open();
  ASSERT_TRUE(lab.log->find_topic("t").has_value());
  EXPECT_EQ(lab.topic("t").id, id);
  lab.produce("t", {"c:3"});
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("0", "1", "2"));
}

TEST(Ticker, ALogRebuiltGoesOnBehindAFlowThatIsNoMore) {
  Lab lab(kA);
  lab.produce("t", {"a:1"});
  lab.commit();
  lab.store->deny_puts("bronze/t/");
  lab.produce("t", {"b:2"});
  lab.run();
  EXPECT_FALSE(lab.tables->drain(std::chrono::milliseconds(100)).has_value());
  lab.close();
  lab.store->deny_puts("");
  ASSERT_TRUE(lab.disk.remove_all("/data/log").has_value());
  lab.use("");
  lab.open();
  lab.produce("t", {"c:3"});
  lab.use(kA);
  lab.restart();
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
}

TEST(Ticker, FullTailsStopTheReadingNotTheLog) {
  Lab lab(kA);
  lab.close();
  lab.table_options.tail_budget_bytes = 50'000;
  lab.engine_options.tick_bytes = 4'000;
  lab.open();
  lab.store->outage(true);
  const std::string padding(900, 'x');
  for (int i = 0; i < 200; ++i) lab.produce("t", {padding + ":" + std::to_string(i)});
  lab.store->outage(false);
  lab.ticker->tick(lab.inbox.take());
  lab.store->outage(true);
  lab.run();
  EXPECT_LT(lab.status("silver.a").counts.written, 200);
  EXPECT_GT(lab.status("bronze.t").lag_records, 0);
  // Nothing is read any more, and what arrives is behind all the same.
  const int64_t before = lab.status("silver.a").lag_records;
  lab.produce("t", {"a:1", "b:2"});
  lab.run();
  EXPECT_EQ(lab.status("silver.a").lag_records, before + 2);
  EXPECT_EQ(lab.status("silver.a").state, "catching up");
  EXPECT_THAT(lab.status("silver.a").error, HasSubstr("the tails are full"));
  lab.store->outage(false);
  for (int i = 0; i < 300; ++i) {
    lab.clock.advance_ms(1'000);
    lab.run();
  }
  EXPECT_THAT(lab.rows("silver.a"), SizeIs(202));
  EXPECT_THAT(lab.column("bronze.t", "offset"), SizeIs(202));
  EXPECT_EQ(lab.status("silver.a").lag_records, 0);
  EXPECT_EQ(lab.status("silver.a").error, "");
}

TEST(Ticker, ABlockedTableStandsAloneWithItsDownstream) {
  Lab lab(std::string(kAB) + "CREATE STREAMING TABLE healthy AS SELECT * FROM STREAM bronze.t;");
  lab.produce("t", {"a:1"});
  lab.commit();
  lab.store->deny_puts("silver/a/");
  lab.produce("t", {"b:2"});
  lab.run();
  EXPECT_FALSE(lab.tables->drain(std::chrono::milliseconds(100)).has_value());
  lab.run();
  EXPECT_EQ(lab.status("silver.a").state, "blocked");
  EXPECT_EQ(lab.status("silver.a").lag_records, 1);
  lab.produce("t", {"c:3"});
  lab.run();
  EXPECT_EQ(lab.status("silver.a").lag_records, 2);
  EXPECT_EQ(lab.status("silver.healthy").lag_records, 0);
  EXPECT_THAT(lab.rows("silver.healthy"), ElementsAre("a:1", "b:2", "c:3"));
  EXPECT_EQ(lab.status("silver.healthy").state, "running");
  EXPECT_THAT(lab.column("bronze.t", "offset"), SizeIs(3));
  lab.store->deny_puts("");
  for (int i = 0; i < 60; ++i) {
    lab.clock.advance_ms(1'000);
    lab.run();
  }
  lab.commit();
  EXPECT_EQ(lab.status("silver.a").state, "running");
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001", "b:1002", "c:1003"));
}

// Freshness is that of the record that waited longest, whatever came after it.
TEST(Ticker, RowsAreAsFreshAsTheOldestOfThem) {
  Lab lab;
  lab.topic("t");
  lab.run();
  lab.produce("t", {"a:1"});
  lab.clock.advance_ms(2'000);
  lab.produce("t", {"b:2"});
  lab.run();
  const auto slower_than = [&](double seconds) {
    int64_t slower = 0;
    lab.metrics->each([&](const Metrics::Family& family) {
      if (family.name != "foz_freshness_seconds") return;
      for (const auto& [labels, histogram] : family.histograms) {
        for (size_t i = 0; i < Histogram::kBuckets; ++i) {
          if (Histogram::bound(i) > seconds) {
            slower += histogram->count() - histogram->cumulative(i - 1);
            break;
          }
        }
      }
    });
    return slower;
  };
  EXPECT_EQ(slower_than(1), 2);
  // Once it is caught up, time begins anew.
  lab.clock.advance_ms(5'000);
  lab.produce("t", {"c:3"});
  lab.run();
  EXPECT_EQ(slower_than(1), 2);
}

TEST(Ticker, AnErrorThatHasPassedIsForgotten) {
  Lab lab;
  lab.store->outage(true);
  lab.produce("t", {"a:1"});
  lab.run();
  EXPECT_EQ(lab.status("bronze.t").state, "waiting");
  EXPECT_NE(lab.status("bronze.t").error, "");
  lab.store->outage(false);
  lab.clock.advance_ms(2'000);
  lab.run();
  EXPECT_EQ(lab.status("bronze.t").state, "running");
  EXPECT_EQ(lab.status("bronze.t").error, "");
}

TEST(Ticker, OnlyATopicThatIsATableHasAStatus) {
  Lab lab(kA);
  log::TopicConfig config;
  config.bronze = false;
  ASSERT_TRUE(lab.log->create_topic("t", 1, config).has_value());
  lab.produce("t", {"a:1"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1"));
  EXPECT_EQ(lab.status("silver.a").lag_records, 0);
  EXPECT_EQ(lab.status("bronze.t").name, "");
}

TEST(Ticker, FailUpdateStopsTheFlowByName) {
  Lab lab(
      "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;"
      "CREATE STREAMING TABLE b (CONSTRAINT strict EXPECT (n < 1010) ON VIOLATION FAIL UPDATE)"
      " AS SELECT * FROM STREAM silver.a;"
      "CREATE STREAMING TABLE c AS SELECT * FROM STREAM silver.b;");
  lab.produce("t", {"a:1"});
  lab.commit();
  lab.produce("t", {"b:2"});
  lab.run();
  lab.produce("t", {"c:50"});
  lab.run();
  lab.commit();
  lab.produce("t", {"d:3"});
  lab.commit();
  EXPECT_EQ(lab.status("silver.b").state, "failed");
  EXPECT_GT(lab.status("silver.b").lag_records, 0);
  EXPECT_EQ(lab.status("silver.a").lag_records, 0);
  EXPECT_THAT(lab.status("silver.b").error, HasSubstr("expectation strict"));
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:50", "d:3"));
  // After the fix nothing is missing.
  lab.use(kABC);
  lab.restart();
  lab.commit();
  EXPECT_THAT(lab.rows("silver.b"), ElementsAre("a:1001", "b:1002", "c:1050", "d:1003"));
  EXPECT_THAT(lab.rows("silver.c"), ElementsAre("a:2001", "b:2002", "c:2050", "d:2003"));
}

TEST(Ticker, AFlowWhoseColumnsDoNotFitFailsAlone) {
  Lab lab(kA);
  lab.run();
  lab.close();
  // The table exists with another type.
  delta::Table table(*lab.lake, "silver/odd", lab.clock, lab.random);
  delta::CreateOptions options;
  options.schema = delta::from_arrow(*arrow::schema({arrow::field("id", arrow::int64())})).value();
  ASSERT_TRUE(table.create(options).has_value());
  lab.use(std::string(kA) +
          "CREATE STREAMING TABLE odd AS SELECT * FROM STREAM bronze.t;"
          "CREATE STREAMING TABLE behind AS SELECT * FROM STREAM silver.odd;");
  lab.open();
  lab.produce("t", {"a:1"});
  lab.run();
  EXPECT_EQ(lab.status("silver.odd").state, "failed");
  EXPECT_EQ(lab.status("silver.odd").lag_records, 1);
  EXPECT_EQ(lab.status("silver.behind").state, "failed");
  EXPECT_THAT(lab.status("silver.behind").error, HasSubstr("silver.odd failed"));
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1"));
}

TEST(Ticker, AReadEndsWhereItsRowsFillTheShareHoweverSmallTheyWerePacked) {
  Lab lab("");
  const log::Topic topic = lab.topic("t");
  constexpr int64_t kBatches = 20;
  log::BatchOptions packed;
  packed.compression = log::Compression::kZstd;
  for (int64_t i = 0; i < kBatches; ++i) {
    std::vector<log::NewRecord> records(1);
    records[0].timestamp_ms = lab.clock.now_ms();
    records[0].value = std::string(1 << 20, 'x');
    std::vector<log::AppendPart> parts;
    parts.push_back({{topic.id, log::PartitionId(0)}, log::build_batch(records, packed).value()});
    ASSERT_TRUE(lab.log->append_and_wait(std::move(parts)).has_value());
  }
  TopicReader reader(*lab.log, topic);
  int64_t next = 0, reads = 0;
  for (; next < kBatches; ++reads) {
    const Cut cut = reader.read({next}, {kBatches}, 3 << 20).value();
    EXPECT_LE(cut.bytes, 4 << 20);
    ASSERT_EQ(cut.rows->num_rows(), cut.to[0] - next);
    ASSERT_GT(cut.to[0], next);
    next = cut.to[0];
  }
  EXPECT_EQ(next, kBatches);
  EXPECT_EQ(reads, 7);
}

TEST(Ticker, AKeyInATailIsKnownToTheTopicThatIsMadeAgain) {
  Lab lab(
      "CREATE STREAMING TABLE a TBLPROPERTIES ('foz.dedupe.keys' = 'id', 'foz.dedupe.horizon' = "
      "'1 hour')"
      " AS SELECT * FROM STREAM bronze.t;");
  lab.produce("t", {"a:1"});
  lab.run();
  ASSERT_TRUE(lab.log->delete_topic(lab.topic("t").id).has_value());
  lab.run();
  lab.produce("t", {"a:2", "b:3"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:3"));
  // Bronze takes its new topic when the tail of the old one is committed, which nobody waits for.
  for (int i = 0; i < 5; ++i) {
    lab.clock.advance_ms(1'000);
    lab.run();
  }
  EXPECT_THAT(lab.column("bronze.t", "value"), ElementsAre("a:1", "a:2", "b:3"));
}

TEST(Ticker, ALogThatIsOlderThanTheLakeStandsStillByName) {
  Lab lab(kA);
  lab.produce("t", {"a:1", "b:2"});
  lab.commit();
  // As if the log's disk had been three records further, and came back from a backup.
  delta::Table table(*lab.lake, "bronze/t", lab.clock, lab.random);
  const auto snapshot = table.latest().value();
  delta::CommitRequest request;
  const log::TopicPartition where{lab.topic("t").id, log::PartitionId(0)};
  request.positions.push_back({table::log_app_id("bronze", where), 2, 5});
  ASSERT_TRUE(table.commit(snapshot, request).has_value());
  lab.restart();
  lab.run();
  EXPECT_EQ(lab.status("bronze.t").state, "blocked");
  EXPECT_THAT(lab.status("bronze.t").error, HasSubstr("ends at offset 2, but bronze"));
  EXPECT_EQ(lab.status("silver.a").state, "failed");
  EXPECT_TRUE(lab.ticker->ready());
  for (int i = 0; i < 6; ++i) lab.produce("t", {"c:3"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("0", "1"));
}

// Between the commits of a quarantine and its target, what the quarantine holds is decided, even if
// the flow would judge otherwise now.
TEST(Ticker, WhatQuarantineHoldsIsDecided) {
  Lab lab(
      "CREATE STREAMING TABLE a (CONSTRAINT sane EXPECT (n < 10) ON VIOLATION QUARANTINE)"
      " AS SELECT * FROM STREAM bronze.t;");
  lab.produce("t", {"a:1"});
  lab.commit();
  lab.produce("t", {"b:2", "c:50", "d:x"});
  lab.run();
  lab.store->deny_puts("silver/a/");
  EXPECT_FALSE(lab.tables->drain(std::chrono::milliseconds(100)).has_value());
  lab.close();
  lab.store->deny_puts("");
  lab.use(
      "CREATE STREAMING TABLE a (CONSTRAINT sane EXPECT (n < 100) ON VIOLATION QUARANTINE)"
      " AS SELECT * FROM STREAM bronze.t;");
  lab.open();
  lab.produce("t", {"e:60"});
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "e:60"));
  EXPECT_THAT(lab.column("silver.a__quarantine", "value"), UnorderedElementsAre("c:50", "d:x"));
  lab.expect_balanced("silver.a");
}

// Order within a partition is kept, and every record is in each table once, wherever the process
// ends.
TEST(Ticker, RandomRestartsLoseAndRepeatNothing) {
  const char* given = std::getenv("FOZ_SEED");
  const uint64_t seed =
      given ? std::strtoull(given, nullptr, 10) : Random::system_seed() % 1'000'000;
  SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed));
  Lab lab(std::string(kABC) +
              "CREATE STREAMING TABLE d (CONSTRAINT even EXPECT (n < 60) ON VIOLATION QUARANTINE)"
              " AS SELECT * FROM STREAM bronze.t;",
          seed);
  lab.topic("t", 3);
  Random random(seed);
  int next = 0;
  for (int step = 0; step < 80; ++step) {
    switch (random.below(8)) {
      case 0: lab.commit(); break;
      case 1: lab.restart(); break;
      case 2: lab.clock.advance_ms(7'000); break;
      case 3: lab.tables->at_border(true); break;
      default: {
        std::vector<std::string> values;
        for (uint64_t i = 0; i <= random.below(4); ++i) {
          const int n = next++;
          values.push_back("p" + std::to_string(n % 3) + ":" + std::to_string(n));
        }
        for (const std::string& value : values) lab.produce("t", {value}, value[1] - '0');
      }
    }
    if (random.chance(1, 2)) lab.ticker->tick(lab.inbox.take());
  }
  lab.commit();
  lab.restart();
  lab.commit();
  const auto expect_all = [&](const std::string& table, int64_t shift, size_t count) {
    std::map<std::string, int64_t> last;
    std::set<std::string> seen;
    for (const std::string& row : lab.rows(table)) {
      EXPECT_TRUE(seen.insert(row).second) << table << " has " << row << " twice";
      const std::string id = row.substr(0, 2);
      const int64_t n = std::stoll(row.substr(3)) - shift;
      EXPECT_TRUE(!last.contains(id) || last[id] < n)
          << table << ": " << row << " behind " << last[id];
      last[id] = n;
    }
    EXPECT_EQ(seen.size(), count) << table;
  };
  const auto total = static_cast<size_t>(next);
  expect_all("silver.a", 0, total);
  expect_all("silver.b", 1000, total);
  expect_all("silver.c", 2000, total);
  expect_all("silver.d", 0, std::min<size_t>(total, 60));
  EXPECT_EQ(lab.column("silver.d__quarantine", "value").size(),
            total - std::min<size_t>(total, 60));
  EXPECT_EQ(lab.column("bronze.t", "value").size(), total);
}

}  // namespace
}  // namespace foz::pipeline
