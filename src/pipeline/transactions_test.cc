// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Tables hold what was committed: whatever ticks, commits, restarts and retention come between a
// transaction's records and its end.
#include "pipeline/pipeline_fixture.h"

namespace foz::pipeline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr char kA[] = "CREATE STREAMING TABLE a AS SELECT * FROM STREAM bronze.t;";

class TransactionsTest : public testing::Test {
 protected:
  // Transactional records of one producer.
  void write(int64_t producer, const std::vector<std::string>& values, int32_t partition = 0) {
    std::vector<log::NewRecord> records;
    for (const std::string& value : values) {
      records.push_back({.timestamp_ms = lab.clock.now_ms(), .key = "k", .value = value});
    }
    int32_t& sequence = sequences[{producer, partition}];
    append(partition, log::build_batch(records, {.producer_id = producer,
                                                 .producer_epoch = 0,
                                                 .base_sequence = sequence,
                                                 .extra_attributes = 16})
                          .value());
    sequence += static_cast<int32_t>(values.size());
  }
  void end(int64_t producer, bool commit, int32_t partition = 0) {
    append(partition, log::build_marker(producer, 0, commit, lab.clock.now_ms()));
  }
  void append(int32_t partition, std::string batch) {
    std::vector<log::AppendPart> parts;
    parts.push_back({{lab.topic("t", 2).id, log::PartitionId(partition)}, std::move(batch)});
    const auto outcomes = lab.log->append_and_wait(std::move(parts));
    ASSERT_TRUE(outcomes.has_value() && !(*outcomes)[0].error);
  }
  int64_t counted(const std::string& name) { return lab.metrics->counter(name, "").value(); }

  Lab lab{kA};
  std::map<std::pair<int64_t, int32_t>, int32_t> sequences;
};

TEST_F(TransactionsTest, WhatIsOpenWaitsAndHoldsItsPartitionAlone) {
  write(7, {"a:1"});
  lab.produce("t", {"behind:2"}, 0);
  lab.produce("t", {"beside:3"}, 1);
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("beside:3"));
  EXPECT_EQ(lab.status("silver.a").lag_records, 0) << "there is nothing that it could read";
  end(7, true);
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), UnorderedElementsAre("a:1", "behind:2", "beside:3"));
  EXPECT_EQ(counted("foz_control_batches_total"), 1);
  EXPECT_EQ(counted("foz_aborted_records_total"), 0);
}

TEST_F(TransactionsTest, AbortedRecordsAreNoRowsAndPositionsPassOverThem) {
  write(7, {"a:1", "b:2"});
  write(8, {"c:3"});
  end(7, false);
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), IsEmpty());
  end(8, true);
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("c:3"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("2"));
  EXPECT_EQ(counted("foz_aborted_records_total"), 2);
  EXPECT_EQ(counted("foz_control_batches_total"), 2);
  write(7, {"lost:9"});
  end(7, false);
  lab.commit();
  EXPECT_EQ(lab.status("silver.a").lag_records, 0);
  lab.restart();
  lab.run();
  EXPECT_TRUE(lab.ticker->ready());
  lab.produce("t", {"d:4"});
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("c:3", "d:4"));
  EXPECT_THAT(lab.column("bronze.t", "offset"), ElementsAre("2", "7"));
}

TEST_F(TransactionsTest, AStartIsReadyThoughATransactionIsOpen) {
  lab.produce("t", {"a:1"});
  write(7, {"b:2"});
  lab.commit();
  lab.restart();
  lab.run();
  EXPECT_TRUE(lab.ticker->ready());
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1"));
  end(7, true);
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
}

TEST_F(TransactionsTest, ReplayAfterACrashGivesTheSame) {
  write(7, {"a:1"});
  write(8, {"x:9"});
  end(8, false);
  lab.run();  // nothing is committed yet
  lab.restart();
  end(7, true);
  write(7, {"b:2"});
  end(7, true);
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  lab.restart();
  lab.run();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:1", "b:2"));
  lab.expect_balanced("silver.a");
}

TEST_F(TransactionsTest, AFlowThatIsBehindTheLogReadsWhatBronzeHas) {
  log::TopicConfig config = lab.log->find_topic(lab.topic("t", 2).id)->config;
  config.segment_bytes = 1;
  config.retention_bytes = 1;
  ASSERT_TRUE(lab.log->alter_topic(lab.topic("t", 2).id, config));
  for (int i = 0; i < 5; ++i) {
    write(7, {"a:" + std::to_string(i)});
    end(7, i % 2 == 0);
  }
  lab.commit();
  ASSERT_TRUE(lab.log->enforce_retention());
  EXPECT_GT(lab.log->offsets({lab.topic("t", 2).id, log::PartitionId(0)})->log_start,
            log::Offset(5));
  lab.close();
  lab.use(std::string(kA) + "CREATE STREAMING TABLE late AS SELECT * FROM STREAM bronze.t;");
  lab.open();
  lab.run();
  EXPECT_THAT(lab.rows("silver.late"), ElementsAre("a:0", "a:2", "a:4"));
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:0", "a:2", "a:4"));
}

TEST_F(TransactionsTest, OfADeletedTopicWhatIsOpenIsNoRow) {
  write(7, {"open:1"});
  lab.produce("t", {"a:2"});
  lab.run();
  ASSERT_TRUE(lab.log->delete_topic(lab.topic("t", 2).id));
  lab.commit();
  EXPECT_THAT(lab.rows("silver.a"), ElementsAre("a:2"));
  EXPECT_THAT(lab.log->deleted_topics(), IsEmpty()) << "the log may let go";
}

}  // namespace
}  // namespace foz::pipeline
