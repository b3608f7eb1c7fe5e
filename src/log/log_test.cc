// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/log.h"

#include <gmock/gmock.h>

#include <future>

#include "log/log_fixture.h"

namespace foz::log {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LogTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(at.open()); }
  TopicPartition make(const std::string& name, TopicConfig config = {}) {
    const auto topic = at.log->create_topic(name, 1, std::move(config));
    EXPECT_TRUE(topic) << topic.error().message();
    return {topic->id, PartitionId(0)};
  }
  std::vector<std::string> values(TopicPartition where) {
    const auto all = at.values(where);
    EXPECT_TRUE(all) << all.error().message();
    return all.value_or(std::vector<std::string>());
  }
  LogFixture at;
};

TEST_F(LogTest, GivesDenseOffsetsAndReadsBack) {
  const TopicPartition where = make("orders");
  EXPECT_EQ(at.put(where, {"a", "b"})->base_offset, Offset(0));
  EXPECT_EQ(at.put(where, {"c"})->base_offset, Offset(2));
  EXPECT_THAT(values(where), ElementsAre("a", "b", "c"));
  const auto range = at.log->offsets(where);
  EXPECT_EQ(range->log_start, Offset(0));
  EXPECT_EQ(range->durable_end, Offset(3));
  const auto end = at.log->read(where, Offset(3), 100);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->slices.empty());
  EXPECT_EQ(end->next, Offset(3));
  EXPECT_EQ(at.log->read(where, Offset(4), 100).error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(at.log->read(where, Offset(-1), 100).error().message(), HasSubstr("out of range"));
  EXPECT_EQ(at.log->read({where.topic, PartitionId(1)}, Offset(0), 100).error().code(),
            ErrorCode::kNotFound);
}

TEST_F(LogTest, AReadGivesOneBatchAtLeastAndAboutMaxBytes) {
  const TopicPartition where = make("orders");
  const size_t size = LogFixture::batch({"0123456789"}).size();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(at.put(where, {"0123456789"}));
  const auto length = [&](int64_t from, size_t max_bytes) {
    size_t bytes = 0;
    const ReadResult read = at.log->read(where, Offset(from), max_bytes).value();
    for (const auto& slice : read.slices) bytes += slice.bytes.size();
    return bytes;
  };
  for (int round = 0; round < 2; ++round) {  // from memory, then from a segment
    EXPECT_EQ(length(0, 1), size);
    EXPECT_EQ(length(0, 3 * size), 3 * size);
    EXPECT_EQ(length(4, 3 * size + 1), 3 * size);
    EXPECT_EQ(length(8, 100 * size), 2 * size);
    ASSERT_TRUE(at.open());
  }
}

TEST_F(LogTest, ReadsBeginWithTheBatchThatHoldsTheOffset) {
  const TopicPartition where = make("orders");
  ASSERT_TRUE(at.append(where, LogFixture::batch({"a", "b", "c"}) + LogFixture::batch({"d", "e"})));
  for (int round = 0; round < 2; ++round) {
    const auto read = at.log->read(where, Offset(4), 1000);
    ASSERT_TRUE(read);
    ASSERT_EQ(read->slices.size(), 1u);
    EXPECT_EQ(parse_batch(read->slices[0].bytes)->base_offset, Offset(3));
    EXPECT_EQ(read->next, Offset(5));
    ASSERT_TRUE(at.open());
  }
}

TEST_F(LogTest, StoresTheBytesAsTheyCame) {
  const TopicPartition where = make("orders");
  std::string sent = LogFixture::batch({"a", "b"}, {.compression = Compression::kZstd});
  ASSERT_TRUE(at.put(where, {"x"}));
  ASSERT_TRUE(at.append(where, sent));
  place_batch(std::as_writable_bytes(std::span(sent)), Offset(1), 0);
  for (int round = 0; round < 2; ++round) {
    const auto read = at.log->read(where, Offset(1), 1000);
    ASSERT_TRUE(read);
    EXPECT_EQ(as_text(read->slices[0].bytes), sent);
    ASSERT_TRUE(at.open());
  }
}

TEST_F(LogTest, SurvivesACloseAndACrash) {
  TopicPartition where = make("orders");
  ASSERT_TRUE(at.put(where, {"a", "b"}));
  ASSERT_TRUE(at.open());
  EXPECT_FALSE(at.log->is_new());
  EXPECT_THAT(values(where), ElementsAre("a", "b"));
  ASSERT_TRUE(at.put(where, {"c"}));
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_THAT(values(where), ElementsAre("a", "b", "c"));
  EXPECT_EQ(at.put(where, {"d"})->base_offset, Offset(3));
  at.crash();
  ASSERT_TRUE(at.open());
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_THAT(values(where), ElementsAre("a", "b", "c", "d"));
  EXPECT_EQ(at.log->find_topic("orders")->id, where.topic);
}

TEST_F(LogTest, TheMarkOfAnEarlierCloseHidesNothing) {
  const TopicPartition where = make("orders");
  ASSERT_TRUE(at.put(where, {"a"}));
  at.log.reset();
  const std::string path = "/data/log/closed";
  std::string mark(64, '\0');
  {
    const auto file = at.disk.open(path, store::OpenMode::kRead);
    ASSERT_TRUE(file) << "a close in order leaves a mark";
    mark.resize((*file)->read_at(0, std::as_writable_bytes(std::span(mark))).value());
  }
  ASSERT_TRUE(at.open());
  EXPECT_FALSE(at.disk.stat(path));
  ASSERT_TRUE(at.put(where, {"b"}));
  at.crash();
  {
    const auto file = at.disk.open(path, store::OpenMode::kReadWrite).value();
    ASSERT_TRUE(file->write_at(0, as_bytes(mark)));
    ASSERT_TRUE(file->sync());
  }
  ASSERT_TRUE(at.open());
  EXPECT_THAT(values(where), ElementsAre("a", "b"));
}

TEST_F(LogTest, PartsAreIndependentButOneFrame) {
  const TopicPartition a = make("a");
  const TopicPartition b = make("b");
  std::vector<AppendPart> parts;
  parts.push_back({a, LogFixture::batch({"1"})});
  parts.push_back({{a.topic, PartitionId(7)}, LogFixture::batch({"2"})});
  parts.push_back({b, "damaged"});
  parts.push_back({b, LogFixture::batch({"3"})});
  std::string flipped = LogFixture::batch({"4"});
  flipped.back() ^= 1;
  parts.push_back({b, flipped});
  const auto outcomes = at.log->append_and_wait(std::move(parts));
  ASSERT_TRUE(outcomes);
  EXPECT_FALSE((*outcomes)[0].error);
  EXPECT_EQ((*outcomes)[1].error->code(), ErrorCode::kNotFound);
  EXPECT_EQ((*outcomes)[2].error->code(), ErrorCode::kInvalid);
  EXPECT_FALSE((*outcomes)[3].error);
  EXPECT_EQ((*outcomes)[4].error->code(), ErrorCode::kCorrupt);
  EXPECT_THAT(values(a), ElementsAre("1"));
  EXPECT_THAT(values(b), ElementsAre("3"));
}

TEST_F(LogTest, RefusesBatchesThatBreakTheRules) {
  TopicConfig config;
  config.max_message_bytes = 200;
  const TopicPartition where = make("orders", config);
  const auto refusal = [&](std::string batches) {
    return at.append(where, std::move(batches)).error().message();
  };
  EXPECT_THAT(refusal(LogFixture::batch({std::string(200, 'x')})),
              HasSubstr("max.message.bytes=200"));
  EXPECT_THAT(refusal(""), HasSubstr("no record batch"));
  EXPECT_THAT(refusal(LogFixture::batch({"a"}) + "tail"), HasSubstr("left"));
  std::string gap = LogFixture::batch({"a"});
  store_big(std::as_writable_bytes(std::span(gap)).data() + 23, int32_t{1});
  EXPECT_FALSE(at.append(where, gap));
  EXPECT_THAT(refusal(LogFixture::batch({"a"}, {.producer_id = 1, .producer_epoch = 0})),
              HasSubstr("sequence"));
  EXPECT_EQ(at.log->offsets(where)->durable_end, Offset(0));
}

TEST_F(LogTest, StampsBatchesWhereTheTopicSaysSo) {
  TopicConfig config;
  config.log_append_time = true;
  const TopicPartition where = make("orders", config);
  const auto outcome = at.put(where, {"a"});
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->append_time_ms, at.clock.now_ms());
  const auto read = at.log->read(where, Offset(0), 1000);
  ASSERT_TRUE(read);
  auto reader = RecordReader::open(read->slices[0].bytes);
  ASSERT_TRUE(parse_batch(read->slices[0].bytes));
  Record record;
  ASSERT_TRUE(reader->next(record).value());
  EXPECT_EQ(record.timestamp_ms, at.clock.now_ms());
}

// --- topics

TEST_F(LogTest, TopicNamesAreKafkas) {
  for (const std::string name : {"", ".", "..", "a b", "a/b", "ä"}) {
    EXPECT_EQ(at.log->create_topic(name, 1, {}).error().code(), ErrorCode::kInvalid) << name;
  }
  EXPECT_FALSE(at.log->create_topic(std::string(250, 'a'), 1, {}));
  EXPECT_TRUE(at.log->create_topic(std::string(249, 'a'), 1, {}));
  EXPECT_FALSE(at.log->create_topic("none", 0, {}));
}

TEST_F(LogTest, LakeNamesMustNotClash) {
  make("web.orders");
  for (const std::string name : {"web_orders", "web-orders", "Web.Orders"}) {
    const auto refused = at.log->create_topic(name, 1, {});
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(refused.error().message(), HasSubstr("'web.orders'"));
    EXPECT_THAT(refused.error().message(), HasSubstr("'" + name + "'"));
  }
  EXPECT_EQ(at.log->create_topic("web.orders", 1, {}).error().code(), ErrorCode::kAlreadyExists);
  TopicConfig internal;
  internal.bronze = false;
  EXPECT_TRUE(at.log->create_topic("web_orders", 1, internal));
  EXPECT_EQ(lake_name("web.orders-1"), "web_orders_1");
}

TEST_F(LogTest, TopicsComeAndGoDurably) {
  const uint64_t before = at.log->topics_generation();
  TopicConfig config;
  config.retention_ms = 1234;
  config.raw["retention.ms"] = "1234";
  const TopicPartition old = make("orders", config);
  make("others");
  EXPECT_GT(at.log->topics_generation(), before);
  ASSERT_TRUE(at.put(old, {"a"}));
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_EQ(at.log->find_topic(old.topic)->config.raw.at("retention.ms"), "1234");
  EXPECT_EQ(at.log->find_topic(old.topic)->config.retention_ms, 1234);
  ASSERT_TRUE(at.log->delete_topic(old.topic));
  EXPECT_EQ(at.log->delete_topic(old.topic).error().code(), ErrorCode::kNotFound);
  at.log->let_go(old.topic);
  ASSERT_TRUE(at.log->enforce_retention());
  EXPECT_EQ(at.log->read(old, Offset(0), 10).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(at.put(old, {"b"}).error().code(), ErrorCode::kNotFound);
  const TopicPartition fresh = make("orders");
  EXPECT_NE(fresh.topic, old.topic);
  ASSERT_TRUE(at.put(fresh, {"c"}));
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(at.log->find_topic(old.topic));
    EXPECT_THAT(values(fresh), ElementsAre("c"));
    EXPECT_EQ(at.log->topics().size(), 2u);
    if (round == 0) at.crash();
    ASSERT_TRUE(at.open());
  }
}

std::vector<std::string> names(const std::vector<Topic>& topics) {
  std::vector<std::string> out;
  for (const Topic& topic : topics) out.push_back(topic.name);
  return out;
}

TEST_F(LogTest, ADeletedTopicKeepsItsRecordsUntilTheLakeLetsGo) {
  const TopicPartition old = make("orders");
  ASSERT_TRUE(at.put(old, {"a", "b"}));
  ASSERT_TRUE(at.log->delete_topic(old.topic));
  at.log->let_go(make("others").topic);  // not deleted: nothing to let go of
  const TopicPartition fresh = make("orders");
  ASSERT_TRUE(at.put(fresh, {"c"}));
  for (int round = 0; round < 4; ++round) {  // now, from the journal, from the checkpoint, again
    EXPECT_FALSE(at.log->find_topic(old.topic));
    EXPECT_EQ(at.log->find_topic("orders")->id, fresh.topic);
    EXPECT_THAT(names(at.log->topics()), ElementsAre("orders", "others"));
    EXPECT_THAT(names(at.log->deleted_topics()), ElementsAre("orders"));
    EXPECT_EQ(at.log->deleted_topics()[0].id, old.topic);
    EXPECT_THAT(values(old), ElementsAre("a", "b"));
    EXPECT_EQ(at.put(old, {"late"}).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(at.log->delete_topic(old.topic).error().code(), ErrorCode::kNotFound);
    EXPECT_EQ(at.log->alter_topic(old.topic, {}).error().code(), ErrorCode::kNotFound);
    if (round == 0) at.crash();
    ASSERT_TRUE(at.open());
  }
  at.log->let_go(old.topic);
  EXPECT_THAT(at.log->deleted_topics(), ElementsAre());
  ASSERT_TRUE(at.log->enforce_retention());
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(at.log->offsets(old).error().code(), ErrorCode::kNotFound);
    EXPECT_THAT(at.log->deleted_topics(), ElementsAre());
    EXPECT_THAT(values(fresh), ElementsAre("c"));
    if (round == 0) at.crash();
    ASSERT_TRUE(at.open());
  }
}

TEST_F(LogTest, ATopicWithoutATableGoesAtOnce) {
  TopicConfig internal;
  internal.bronze = false;
  const TopicPartition where = make("orders", internal);
  ASSERT_TRUE(at.put(where, {"a"}));
  ASSERT_TRUE(at.log->delete_topic(where.topic));
  EXPECT_THAT(at.log->deleted_topics(), ElementsAre());
  EXPECT_EQ(at.log->read(where, Offset(0), 10).error().code(), ErrorCode::kNotFound);
}

TEST_F(LogTest, PartitionsOfAllTopicsAreBounded) {
  for (int i = 0; i < 9; ++i)
    ASSERT_TRUE(at.log->create_topic("wide" + std::to_string(i), 10'000, {}));
  const TopicPartition first = make("orders");
  EXPECT_EQ(at.log->create_topic("wide", 10'000, {}).error().code(), ErrorCode::kInvalid);
  EXPECT_TRUE(at.log->create_topic("wide", 9'990, {}));
  EXPECT_TRUE(at.log->add_partitions(first.topic, 10));
  EXPECT_EQ(at.log->add_partitions(first.topic, 11).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(at.log->create_topic("more", 1, {}).error().code(), ErrorCode::kInvalid);
}

TEST_F(LogTest, PartitionsAreAddedDurably) {
  const TopicPartition first = make("orders");
  const TopicPartition third{first.topic, PartitionId(2)};
  EXPECT_EQ(at.put(third, {"early"}).error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(at.log->add_partitions(first.topic, 1).error().message(),
              HasSubstr("'orders' has 1"));
  EXPECT_EQ(at.log->add_partitions(first.topic, 10'001).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(at.log->add_partitions(at.random.uuid(), 2).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(at.put(first, {"a"}));
  const uint64_t before = at.log->topics_generation();
  int told = 0;
  auto handle = at.log->subscribe([&](const auto& moved) { told += moved.empty() ? 1 : 0; });
  ASSERT_TRUE(at.log->add_partitions(first.topic, 3));
  EXPECT_EQ(told, 1);
  handle.reset();
  EXPECT_GT(at.log->topics_generation(), before);
  ASSERT_TRUE(at.put(third, {"b"}));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(at.log->find_topic("orders")->partitions, 3);
    EXPECT_THAT(values(first), ElementsAre("a"));
    EXPECT_THAT(values(third), ElementsAre("b"));
    if (round == 0) at.crash();
    ASSERT_TRUE(at.open());
  }
}

TEST_F(LogTest, SettingsAreAlteredDurably) {
  const TopicPartition where = make("orders");
  TopicConfig config;
  config.retention_ms = 77;
  config.log_append_time = true;
  config.max_message_bytes = 300;
  config.raw["retention.ms"] = "77";
  ASSERT_TRUE(at.log->alter_topic(where.topic, config));
  for (int round = 0; round < 3; ++round) {
    EXPECT_EQ(at.log->find_topic("orders")->config.raw, config.raw);
    EXPECT_EQ(at.log->find_topic("orders")->config.retention_ms, 77);
    EXPECT_GE(at.put(where, {"a"})->append_time_ms, 0);
    EXPECT_FALSE(at.put(where, {std::string(400, 'x')}));
    if (round == 0) at.crash();
    ASSERT_TRUE(at.open());
  }
  config.bronze = false;
  EXPECT_THAT(at.log->alter_topic(where.topic, config).error().message(), HasSubstr("foz.bronze"));
  config.bronze = true;
  config.segment_bytes = 0;
  EXPECT_EQ(at.log->alter_topic(where.topic, config).error().code(), ErrorCode::kInvalid);
}

TEST_F(LogTest, DeletedRecordsAreGoneForConsumersAndThereForTheInside) {
  const TopicPartition where = make("orders");
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(at.append(where, LogFixture::batch({std::to_string(i)}, {}, 1000 + i)));
  }
  EXPECT_THAT(at.log->delete_records(where, Offset(6)).error().message(),
              HasSubstr("out of range"));
  EXPECT_EQ(at.log->delete_records({where.topic, PartitionId(1)}, Offset(0)).error().code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(at.log->delete_records(where, Offset(3)).value(), Offset(3));
  EXPECT_EQ(at.log->delete_records(where, Offset(1)).value(), Offset(3)) << "never back";
  EXPECT_EQ(at.log->delete_records(where, Offset(-7)).value(), Offset(3));
  for (int round = 0; round < 3; ++round) {
    const PartitionOffsets offsets = at.log->offsets(where).value();
    EXPECT_EQ(offsets.visible_start, Offset(3));
    EXPECT_EQ(offsets.log_start, Offset(0));
    EXPECT_EQ(at.log->read(where, Offset(0), 100)->visible_start, Offset(3));
    EXPECT_THAT(values(where), ElementsAre("0", "1", "2", "3", "4"));
    EXPECT_EQ(at.log->offset_for_time(where, 0).value()->offset, Offset(3));
    EXPECT_EQ(at.log->offset_for_time(where, 1004).value()->offset, Offset(4));
    if (round == 0) at.crash();
    ASSERT_TRUE(at.open());
  }
  EXPECT_EQ(at.log->delete_records(where, Offset(5)).value(), Offset(5));
  EXPECT_EQ(at.put(where, {"5"})->base_offset, Offset(5));
  EXPECT_EQ(at.put(where, {"6"})->log_start, Offset(5));
}

TEST_F(LogTest, IsNewUntilATopicWasMade) {
  EXPECT_TRUE(at.log->is_new());
  ASSERT_TRUE(at.open());
  EXPECT_TRUE(at.log->is_new());
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_TRUE(at.log->is_new());
  const TopicPartition where = make("orders");
  for (int round = 0; round < 3; ++round) {
    if (round == 0) at.crash();
    ASSERT_TRUE(at.open());
    EXPECT_FALSE(at.log->is_new());
    if (round == 1) {
      ASSERT_TRUE(at.log->delete_topic(where.topic));
    }
  }
}

TEST_F(LogTest, ATopicCanBeTakenBackWithItsIdAndOffsets) {
  EXPECT_TRUE(at.log->is_new());
  const TopicId id = at.random.uuid();
  ASSERT_TRUE(at.log->create_topic("orders", 2, {}, id, {Offset(100), Offset(7)}));
  const TopicPartition where{id, PartitionId(0)};
  EXPECT_EQ(at.put(where, {"a"})->base_offset, Offset(100));
  at.crash();
  ASSERT_TRUE(at.open());
  EXPECT_EQ(at.log->offsets(where)->log_start, Offset(100));
  EXPECT_EQ(at.log->offsets({id, PartitionId(1)})->durable_end, Offset(7));
  EXPECT_THAT(values(where), ElementsAre("a"));
  EXPECT_EQ(at.log->create_topic("again", 1, {}, id).error().code(), ErrorCode::kAlreadyExists);
}

// --- idempotent producers

std::string sequenced(int32_t sequence, int16_t epoch = 0, int count = 1) {
  return LogFixture::batch(
      std::vector<std::string>(static_cast<size_t>(count), std::to_string(sequence)),
      {.producer_id = 9, .producer_epoch = epoch, .base_sequence = sequence});
}

TEST_F(LogTest, ABatchSentAgainIsKnown) {
  const TopicPartition where = make("orders");
  const auto send = [&](std::string batch) {
    std::vector<AppendPart> parts;
    parts.push_back({where, std::move(batch)});
    return at.log->append_and_wait(std::move(parts)).value()[0];
  };
  for (int i = 0; i < 6; ++i) EXPECT_EQ(send(sequenced(i)).sequence, SequenceOutcome::kAccepted);
  for (int round = 0; round < 3; ++round) {
    for (int i = 1; i < 6; ++i) {
      const AppendOutcome again = send(sequenced(i));
      EXPECT_EQ(again.sequence, SequenceOutcome::kDuplicate);
      EXPECT_EQ(again.base_offset, Offset(i));
      EXPECT_FALSE(again.error);
    }
    EXPECT_EQ(send(sequenced(0)).sequence, SequenceOutcome::kOutOfOrder);
    EXPECT_EQ(send(sequenced(7)).sequence, SequenceOutcome::kOutOfOrder);
    EXPECT_EQ(send(sequenced(7)).error->code(), ErrorCode::kConflict);
    if (round == 0) at.crash();  // from the journal, then from the checkpoint
    ASSERT_TRUE(at.open());
  }
  EXPECT_EQ(send(sequenced(3, 1)).sequence, SequenceOutcome::kOutOfOrder);
  EXPECT_EQ(send(sequenced(0, 1)).sequence, SequenceOutcome::kAccepted);
  EXPECT_EQ(send(sequenced(6, 0)).sequence, SequenceOutcome::kFenced);
  EXPECT_EQ(at.log->offsets(where)->durable_end, Offset(7));
}

// Of a producer that is not known any sequence is taken, but not one behind a batch that was just
// refused: clients take the later acknowledgement for both.
TEST_F(LogTest, WhatFollowsARefusedBatchWaitsForIt) {
  const TopicPartition where = make("orders");
  std::string damaged = sequenced(500);
  damaged.back() ^= 1;
  EXPECT_EQ(at.append(where, damaged).error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(at.append(where, sequenced(501)).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(at.append(where, sequenced(500))->base_offset, Offset(0));
  EXPECT_EQ(at.append(where, sequenced(501))->base_offset, Offset(1));
  EXPECT_EQ(at.append(where, sequenced(503)).error().code(), ErrorCode::kConflict);
}

TEST_F(LogTest, ARefusalForWantOfRoomIsRemembered) {
  const TopicPartition where = make("orders");
  at.options.min_free_disk_bytes = 1000;
  ASSERT_TRUE(at.open());
  at.disk.set_capacity(1);
  at.clock.advance_ms(1000);
  EXPECT_EQ(at.append(where, sequenced(1)).error().code(), ErrorCode::kOverloaded);
  EXPECT_EQ(at.append(where, sequenced(0)).error().code(), ErrorCode::kOverloaded);
  at.disk.set_capacity(1LL << 40);
  EXPECT_EQ(at.append(where, sequenced(1)).error().code(), ErrorCode::kConflict);
  EXPECT_EQ(at.append(where, sequenced(0))->base_offset, Offset(0));
  EXPECT_EQ(at.append(where, sequenced(1))->base_offset, Offset(1));
}

TEST_F(LogTest, SequencesBeginAgainAfterTheGreatest) {
  const TopicPartition where = make("orders");
  ASSERT_TRUE(at.append(where, sequenced(2147483646, 0, 3)));  // …46, …47, 0
  EXPECT_EQ(at.append(where, sequenced(2147483646, 0, 3))->sequence, SequenceOutcome::kDuplicate);
  EXPECT_EQ(at.append(where, sequenced(1))->base_offset, Offset(3));
}

TEST_F(LogTest, ProducerIdsAreNeverGivenTwice) {
  int64_t last = -1;
  for (int round = 0; round < 4; ++round) {
    for (int i = 0; i < 3; ++i) {
      const auto id = at.log->next_producer_id();
      ASSERT_TRUE(id);
      EXPECT_GT(*id, last);
      last = *id;
    }
    if (round % 2 == 0) at.crash();
    ASSERT_TRUE(at.open());
  }
}

TEST_F(LogTest, ALogBegunAgainGivesOtherProducerIds) {
  int64_t last = -1;
  for (int i = 0; i < 2000; ++i) last = at.log->next_producer_id().value();
  at.log.reset();
  ASSERT_TRUE(at.disk.remove_all("/data/log"));
  at.clock.advance_ms(60'000);
  ASSERT_TRUE(at.open());
  EXPECT_TRUE(at.log->is_new());
  EXPECT_GT(at.log->next_producer_id().value(), last);
}

// --- time, subscriptions

TEST_F(LogTest, FindsOffsetsByTime) {
  const TopicPartition where = make("orders");
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(at.append(
        where, LogFixture::batch({"a", "b"}, {.compression = Compression::kLz4}, 1000 + i * 10)));
  }
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(at.log->offset_for_time(where, 0).value()->offset, Offset(0));
    EXPECT_EQ(at.log->offset_for_time(where, 1000).value()->offset, Offset(0));
    EXPECT_EQ(at.log->offset_for_time(where, 1001).value()->offset, Offset(2));
    EXPECT_EQ(at.log->offset_for_time(where, 1490).value()->timestamp_ms, 1490);
    EXPECT_EQ(at.log->offset_for_time(where, 1490).value()->offset, Offset(98));
    EXPECT_FALSE(at.log->offset_for_time(where, 1491).value());
    ASSERT_TRUE(at.open());
  }
}

TEST_F(LogTest, SubscribersHearOfDurableGrowth) {
  const TopicPartition where = make("orders");
  std::vector<std::vector<TopicPartition>> heard;
  auto handle = at.log->subscribe([&](const auto& moved) {
    if (!moved.empty()) {
      EXPECT_EQ(at.log->offsets(where)->durable_end, Offset(1));
    }
    heard.push_back(moved);
  });
  ASSERT_TRUE(at.put(where, {"a"}));
  make("others");
  handle.reset();
  ASSERT_TRUE(at.put(where, {"b"}));
  EXPECT_THAT(heard, ElementsAre(ElementsAre(where), testing::IsEmpty()));
}

TEST_F(LogTest, AClosingLogFinishesWhatItTook) {
  const TopicPartition where = make("orders");
  std::atomic<int> done = 0;
  for (int i = 0; i < 100; ++i) {
    std::vector<AppendPart> parts;
    parts.push_back({where, LogFixture::batch({std::to_string(i)})});
    ASSERT_TRUE(at.log->append(std::move(parts), [&](auto outcome) { done += outcome ? 1 : 0; }));
  }
  ASSERT_TRUE(at.open());
  EXPECT_EQ(done, 100);
  EXPECT_EQ(values(where).size(), 100u);
}

}  // namespace
}  // namespace foz::log
