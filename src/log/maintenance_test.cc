// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Retention, and the cache between memory and segments.
#include <gmock/gmock.h>

#include "log/log_fixture.h"

namespace foz::log {
namespace {

class RetentionTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(at.open()); }
  TopicPartition make(const std::string& name, const TopicConfig& config) {
    return {at.log->create_topic(name, 1, config)->id, PartitionId(0)};
  }
  // Ten batches, each in a segment of its own, a second apart, the last one now.
  void fill(TopicPartition where) {
    for (int i = 9; i >= 0; --i) {
      ASSERT_TRUE(at.append(where, LogFixture::batch({"v"}, {}, at.clock.now_ms() - 1000 * i)));
    }
  }
  int64_t start(TopicPartition where) { return at.log->offsets(where)->log_start.value(); }
  size_t files() { return at.disk.list("/data/log/segments")->size(); }

  static TopicConfig config(int64_t retention_ms, int64_t retention_bytes, bool bronze) {
    TopicConfig made;
    made.retention_ms = retention_ms;
    made.retention_bytes = retention_bytes;
    made.bronze = bronze;
    made.segment_bytes = 1;
    return made;
  }
  const int64_t batch_bytes_ = static_cast<int64_t>(LogFixture::batch({"v"}).size());
  LogFixture at;
};

TEST_F(RetentionTest, ByTimeRemovesSegmentsWhoseNewestRecordIsOld) {
  const TopicPartition where = make("t", config(4500, -1, false));
  fill(where);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 5);
  EXPECT_EQ(files(), 5u);
  EXPECT_FALSE(at.log->read(where, Offset(4), 10));
  at.clock.advance_ms(10'000);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 10);
  EXPECT_EQ(files(), 0u);
  EXPECT_EQ(at.append(where, LogFixture::batch({"w"}, {}, at.clock.now_ms()))->base_offset,
            Offset(10));
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_EQ(start(where), 10);
  EXPECT_THAT(at.values(where).value(), testing::ElementsAre("w"));
  ASSERT_TRUE(at.open());
  EXPECT_THAT(at.values(where).value(), testing::ElementsAre("w"));
}

TEST_F(RetentionTest, BySizeKeepsAtLeastSoMuch) {
  const TopicPartition where = make("t", config(-1, 3 * batch_bytes_, false));
  fill(where);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 7);
  ASSERT_TRUE(at.open());
  EXPECT_EQ(start(where), 7);
  EXPECT_EQ(at.values(where)->size(), 3u);
}

TEST_F(RetentionTest, NeverPassesThePin) {
  const TopicPartition where = make("t", config(0, 0, true));
  fill(where);
  at.clock.advance_ms(1);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 0) << "never pinned: keeps everything";
  at.log->pin(where, Offset(4));
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 4);
  ASSERT_TRUE(at.open());
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 4) << "the pin survives";
  at.log->pin(where, Offset(10));
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 10);
}

TEST_F(RetentionTest, AFutureTimestampKeepsARecordForAnHourOnly) {
  const TopicPartition where = make("t", config(1000, -1, false));
  ASSERT_TRUE(
      at.append(where, LogFixture::batch({"v"}, {}, at.clock.now_ms() + 365LL * 24 * 3'600'000)));
  at.clock.advance_ms(3'600'000);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 0);
  at.clock.advance_ms(2000);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 1);
}

TEST_F(RetentionTest, CompactedTopicsKeepEverything) {
  TopicConfig compacted = config(0, 0, false);
  compacted.raw["cleanup.policy"] = "compact";
  const TopicPartition where = make("t", compacted);
  fill(where);
  at.clock.advance_ms(1000);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 0);
}

TEST_F(RetentionTest, DeletedRecordsGoWhenTheLakeHasThem) {
  TopicConfig compacted = config(-1, -1, true);
  compacted.raw["cleanup.policy"] = "compact";
  for (const TopicPartition where : {make("t", config(-1, -1, true)), make("c", compacted)}) {
    fill(where);
    ASSERT_TRUE(at.log->delete_records(where, Offset(7)));
    ASSERT_TRUE(at.log->enforce_retention());
    EXPECT_EQ(start(where), 0) << "never pinned: keeps everything";
    at.log->pin(where, Offset(4));
    ASSERT_TRUE(at.log->enforce_retention());
    EXPECT_EQ(start(where), 4);
    at.crash();
    ASSERT_TRUE(at.open());
    EXPECT_EQ(at.log->offsets(where)->visible_start, Offset(7));
    at.log->pin(where, Offset(10));
    ASSERT_TRUE(at.log->enforce_retention());
    EXPECT_EQ(start(where), 7);
    EXPECT_EQ(at.values(where)->size(), 3u);
  }
  EXPECT_EQ(files(), 6u);
}

TEST_F(RetentionTest, AnAlteredTopicIsKeptByItsNewSettings) {
  const TopicPartition where = make("t", config(-1, -1, false));
  fill(where);
  ASSERT_TRUE(at.log->alter_topic(where.topic, config(4500, -1, false)));
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(start(where), 5);
}

TEST_F(RetentionTest, ADeletedTopicLeavesNoFile) {
  const TopicPartition where = make("t", config(-1, -1, true));
  fill(where);
  ASSERT_TRUE(at.open());
  EXPECT_EQ(files(), 10u);
  ASSERT_TRUE(at.log->delete_topic(where.topic));
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(files(), 10u) << "the lake may need them";
  at.log->let_go(where.topic);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(files(), 0u);
}

// --- memory

TEST(Cache, MemoryIsBoundedAndOldRecordsComeFromSegments) {
  LogFixture at;
  at.options.tail_cache_bytes = 20'000;
  ASSERT_TRUE(at.open());
  TopicConfig config;
  config.segment_bytes = 30'000;
  std::vector<TopicPartition> all;
  for (const char* name : {"a", "b", "c"})
    all.push_back({at.log->create_topic(name, 1, config)->id, PartitionId(0)});
  std::vector<std::string> sent;
  for (int i = 0; i < 400; ++i) {
    sent.push_back(std::to_string(i) + std::string(300, 'x'));
    for (const TopicPartition& where : all) ASSERT_TRUE(at.put(where, {sent.back()}));
  }
  for (int round = 0; round < 2; ++round) {
    for (const TopicPartition& where : all) {
      EXPECT_EQ(at.values(where, 5000).value(), sent);
      EXPECT_EQ(at.values(where, 1).value(), sent);
    }
    ASSERT_TRUE(at.log->enforce_retention());  // writes behind
    EXPECT_LE(at.log->stats().memory_bytes, 20'000);
    EXPECT_GT(at.log->stats().bytes, 3 * 400 * 300);
    ASSERT_TRUE(at.open());
  }
}

}  // namespace
}  // namespace foz::log
