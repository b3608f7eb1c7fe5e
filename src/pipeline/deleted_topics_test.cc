// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Topics that are deleted, made again and altered under running tables: nothing acknowledged is
// lost to them, nothing comes twice.
#include <cstdlib>
#include <set>

#include "base/logging.h"
#include "pipeline/pipeline_fixture.h"

namespace foz::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr char kA[] = "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;";

void remove(Lab& lab, const std::string& name) {
  ASSERT_TRUE(lab.log->delete_topic(lab.topic(name).id).has_value());
}

// Until what waits for a second try has had it.
void settle(Lab& lab) {
  for (int i = 0; i < 10; ++i) {
    lab.clock.advance_ms(2'000);
    lab.commit();
  }
}

TEST(DeletedTopics, WhatWasAcknowledgedIsInTheTablesAllTheSame) {
  Lab lab(kA);
  lab.run();
  lab.produce("t", {"a:1", "b:2"});
  remove(lab, "t");
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.column("bronze.t", "value"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.log->deleted_topics(), SizeIs(1)) << "it is in no Delta table yet";
  lab.commit();
  EXPECT_THAT(lab.log->deleted_topics(), IsEmpty());
  EXPECT_EQ(lab.status("silver.a").state, "waiting");
  ASSERT_TRUE(lab.log->enforce_retention().has_value());
  EXPECT_THAT(lab.disk.list("/data/log/segments").value(), IsEmpty());
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.column("bronze.t", "value"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
}

TEST(DeletedTopics, TheTopicMadeAgainComesBehind) {
  Lab lab(kA);
  lab.produce("t", {"a:1", "b:2"});
  remove(lab, "t");
  lab.produce("t", {"c:3"});
  remove(lab, "t");
  lab.produce("t", {"d:4"});
  for (int round = 0; round < 2; ++round) {
    lab.run();
    EXPECT_THAT(lab.rows("silver.a"), SizeIs(4)) << "flows do not wait for commits";
    if (round == 0) lab.restart();
  }
  settle(lab);
  EXPECT_THAT(lab.column("bronze.t", "value"), UnorderedElementsAre("a:1", "b:2", "c:3", "d:4"));
  EXPECT_THAT(lab.rows("silver.a"), UnorderedElementsAre("a:1", "b:2", "c:3", "d:4"));
  EXPECT_THAT(lab.log->deleted_topics(), IsEmpty());
  lab.produce("t", {"e:5"});
  lab.restart();
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), SizeIs(5));
  EXPECT_THAT(lab.column("bronze.t", "value"), SizeIs(5));
  EXPECT_EQ(lab.status("bronze.t").state, "running");
}

TEST(DeletedTopics, ALostTailSendsTheFlowBack) {
  Lab lab(kA);
  lab.produce("t", {"a:1", "b:2"});
  lab.run();
  remove(lab, "t");
  lab.produce("t", {"c:3"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
  // Another process has moved the flow's position in the new topic: its tail is void.
  delta::Table table(*lab.lake, "silver/a", lab.clock, lab.random);
  const auto snapshot = table.latest().value();
  delta::CommitRequest request;
  const log::TopicPartition where{lab.topic("t").id, log::PartitionId(0)};
  request.positions.push_back({table::log_app_id("silver.a", where), std::nullopt, 1});
  ASSERT_TRUE(table.commit(snapshot, request).has_value());
  settle(lab);
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  EXPECT_THAT(lab.column("bronze.t", "value"), ElementsAre("a:1", "b:2", "c:3"));
  EXPECT_THAT(lab.log->deleted_topics(), IsEmpty());
}

TEST(DeletedTopics, TheLogKeepsWhatATableThatCannotBeWrittenHasYetToTake) {
  Lab lab(kA);
  lab.run();
  lab.store->deny_puts("silver/a/");
  lab.produce("t", {"a:1"});
  remove(lab, "t");
  lab.run();
  EXPECT_FALSE(lab.tables->drain(std::chrono::milliseconds(100)).has_value());
  lab.run();
  EXPECT_THAT(lab.log->deleted_topics(), SizeIs(1));
  lab.restart();
  lab.store->deny_puts("");
  settle(lab);
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1"));
  EXPECT_THAT(lab.log->deleted_topics(), IsEmpty());
}

TEST(DeletedTopics, AnEmptyOneLeavesNothing) {
  Lab lab;
  lab.topic("t");
  remove(lab, "t");
  lab.run();
  EXPECT_EQ(lab.view("bronze.t"), nullptr);
  EXPECT_THAT(lab.log->deleted_topics(), IsEmpty());
}

TEST(DeletedRecords, StayForTheTablesThatHaveYetToReadThem) {
  Lab lab(kA);
  lab.run();
  lab.produce("t", {"a:1", "b:2", "c:3"});
  const log::TopicPartition where{lab.topic("t").id, log::PartitionId(0)};
  ASSERT_TRUE(lab.log->delete_records(where, log::Offset(3)).has_value());
  ASSERT_TRUE(lab.log->enforce_retention().has_value());
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3"));
  lab.commit();
  ASSERT_TRUE(lab.log->enforce_retention().has_value());
  EXPECT_EQ(lab.log->offsets(where)->log_start, log::Offset(3)) << "now they may go";
  lab.produce("t", {"d:4"});
  lab.use(std::string(kA) + "CREATE STREAMING TABLE late AS SELECT * FROM STREAM bronze.t;");
  lab.restart();
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2", "c:3", "d:4"));
  EXPECT_THAT(lab.rows("silver.late"), ElementsAre("a:1", "b:2", "c:3", "d:4"));
  EXPECT_THAT(lab.column("bronze.t", "value"), SizeIs(4));
}

TEST(AlteredTopics, NewPartitionsAreReadAtOnce) {
  Lab lab(kA);
  lab.produce("t", {"a:1"});
  lab.run();
  ASSERT_TRUE(lab.log->add_partitions(lab.topic("t").id, 3).has_value());
  lab.produce("t", {"b:2"}, 2);
  lab.produce("t", {"c:3"}, 0);
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), UnorderedElementsAre("a:1", "b:2", "c:3"));
  EXPECT_THAT(lab.column("bronze.t", "partition"), UnorderedElementsAre("0", "0", "2"));
  lab.restart();
  lab.produce("t", {"d:4"}, 1);
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), UnorderedElementsAre("a:1", "b:2", "c:3", "d:4"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), UnorderedElementsAre("0", "0", "0", "1"));
}

TEST(AlteredTopics, TheLakeRemembersTheNewShape) {
  Lab lab(kA);
  lab.produce("t", {"a:1"});
  lab.run();  // its tail is not committed, and need not be
  const log::TopicId id = lab.topic("t").id;
  ASSERT_TRUE(lab.log->add_partitions(id, 3).has_value());
  log::TopicConfig config;
  config.retention_ms = 12'345;
  ASSERT_TRUE(lab.log->alter_topic(id, config).has_value());
  lab.run();
  EXPECT_THAT(lab.column("bronze.t", "value"), ElementsAre("a:1"));
  lab.commit();
  lab.close();
  ASSERT_TRUE(lab.disk.remove_all("/data/log").has_value());
  lab.open();
  EXPECT_EQ(lab.topic("t").id, id);
  EXPECT_EQ(lab.topic("t").partitions, 3);
  EXPECT_EQ(lab.topic("t").config.retention_ms, 12'345);
}

// Topics come and go, partitions are added, the process or its machine ends at any moment.
class ComingAndGoing {
 public:
  explicit ComingAndGoing(uint64_t seed)
      : lab_(Lab::Closed{},
             std::string(kA) + "CREATE STREAMING TABLE b AS SELECT * FROM STREAM silver.a;", seed),
        random_(seed) {
    lab_.log_options.journal_bytes = 1 << 20;
  }

  int64_t play(int64_t crash_at) {
    lab_.disk.crash_after(crash_at);
    reopen();
    for (int step = 0; step < 30; ++step) {
      one_step();
      if (lab_.disk.crashed()) reopen();
    }
    lab_.disk.crash_after(0);
    settle(lab_);
    reopen();
    settle(lab_);
    return lab_.disk.operations();
  }

  void expect_all() {
    for (const char* name : {"bronze.t", "silver.a", "silver.b"}) {
      std::multiset<std::string> found;
      if (std::string(name) == "bronze.t") {
        for (const std::string& value : lab_.column(name, "value")) found.insert(value);
      } else {
        for (const std::string& row : lab_.rows(name)) found.insert(row.substr(0, row.find(':')));
      }
      for (const std::string& id : acknowledged_) {
        const std::string wanted = std::string(name) == "bronze.t" ? id + ":1" : id;
        EXPECT_EQ(found.count(wanted), 1U) << name << " " << wanted;
      }
      for (const std::string& each : found) EXPECT_EQ(found.count(each), 1U) << name << " " << each;
    }
    EXPECT_THAT(lab_.log->deleted_topics(), IsEmpty());
  }

 private:
  void one_step() {
    auto topic = lab_.log->find_topic("t");
    if (!topic && !lab_.log->create_topic("t", 1, {})) return;
    topic = lab_.log->find_topic("t");
    switch (random_.below(9)) {
      case 0: (void)lab_.log->delete_topic(topic->id); break;
      case 1: lab_.tables->at_border(true); break;
      case 2: return reopen();
      case 3: (void)lab_.log->add_partitions(topic->id, topic->partitions + 1); break;
      case 4:
        (void)lab_.log->delete_records({topic->id, log::PartitionId(0)},
                                       log::Offset(static_cast<int64_t>(random_.below(4))));
        (void)lab_.log->enforce_retention();
        break;
      case 5: lab_.clock.advance_ms(3'000); break;
      default: {
        const std::string id = std::to_string(next_++);
        const auto partition =
            static_cast<int32_t>(random_.below(static_cast<uint64_t>(topic->partitions)));
        if (lab_.try_produce("t", {id + ":1"}, partition)) acknowledged_.insert(id);
      }
    }
    for (uint64_t ticks = random_.below(3); ticks > 0; --ticks)
      lab_.ticker->tick(lab_.inbox.take());
  }
  void reopen() {
    for (int attempt = 0; attempt < 50; ++attempt) {
      lab_.close();
      if (lab_.disk.crashed()) {
        lab_.disk.restart();
        lab_.disk.crash_after(0);
      }
      if (lab_.try_open() && !lab_.disk.crashed()) return;
    }
    CHECK(false);
  }

  Lab lab_;
  Random random_;
  int next_ = 0;
  std::set<std::string> acknowledged_;
};

TEST(DeletedTopics, NothingIsLostOrRepeatedWhereverTheMachineStops) {
  const char* given = std::getenv("FOZ_SEED");
  const uint64_t first =
      given ? std::strtoull(given, nullptr, 10) : Random::system_seed() % 1'000'000;
  set_log_format(LogLevel{99}, false);  // every crash would complain
  for (uint64_t seed = first; seed < first + 10; ++seed) {
    int64_t operations = 0;
    {
      SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed));
      ComingAndGoing whole(seed);
      operations = whole.play(0);
      whole.expect_all();
    }
    for (int64_t at = 1 + static_cast<int64_t>(seed % 7); at < operations;
         at += operations / 8 + 1) {
      SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed) + " crash at " + std::to_string(at));
      ComingAndGoing cut(seed);
      cut.play(at);
      cut.expect_all();
    }
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace foz::pipeline
