// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "kafka/errors_internal.h"
#include "kafka/test_client.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

using testing::HasSubstr;

std::string batch(const std::vector<std::string>& values, log::BatchOptions options = {},
                  int64_t timestamp_ms = 1000) {
  std::vector<log::NewRecord> records;
  for (const std::string& value : values)
    records.push_back({timestamp_ms++, std::nullopt, value, {}});
  return log::build_batch(records, options).value();
}

ProduceRequest produce_request(const std::string& topic, const std::string& batches,
                               int32_t partition = 0) {
  ProduceRequest request;
  request.acks = -1;
  request.timeout_ms = 1000;
  auto& data = request.topic_data.emplace_back();
  data.name = topic;
  auto& part = data.partition_data.emplace_back();
  part.index = partition;
  part.records.pieces = {{nullptr, as_bytes(batches)}};
  return request;
}

FetchRequest fetch_request(const std::string& topic, int64_t offset, int32_t max_wait_ms = 0) {
  FetchRequest request;
  request.max_wait_ms = max_wait_ms;
  request.min_bytes = 1;
  request.max_bytes = 50 << 20;
  auto& wanted = request.topics.emplace_back();
  wanted.topic = topic;
  auto& partition = wanted.partitions.emplace_back();
  partition.fetch_offset = offset;
  partition.partition_max_bytes = 1 << 20;
  return request;
}

class SessionTest : public testing::Test {
 protected:
  void make_topic(const std::string& name, int32_t partitions = 1,
                  std::map<std::string, std::string> settings = {}) {
    ASSERT_TRUE(broker.log->create_topic(name, partitions, parse_topic_config(settings).value())
                    .has_value());
  }
  auto produce(const std::string& topic, const std::string& batches, int16_t version = 9,
               int32_t partition = 0) {
    const auto request = produce_request(topic, batches, partition);
    return client.call<ProduceResponse>(request, version).responses.at(0).partition_responses.at(0);
  }
  auto fetch(const FetchRequest& request, int16_t version = 12) {
    return client.call<FetchResponse>(request, version).responses.at(0).partitions.at(0);
  }

  TestBroker broker;
  TestClient client{broker};
};

TEST_F(SessionTest, EveryClientLearnsTheVersions) {
  for (int16_t version = 0; version <= 4; ++version) {
    ApiVersionsRequest request;
    request.client_software_name = "librdkafka";
    request.client_software_version = "2.16.1";
    const auto response = client.call<ApiVersionsResponse>(request, version);
    EXPECT_EQ(response.error_code, kNone);
    std::map<int16_t, std::pair<int16_t, int16_t>> ranges;
    for (const auto& each : response.api_keys)
      ranges[each.api_key] = {each.min_version, each.max_version};
    const std::map<int16_t, std::pair<int16_t, int16_t>> wanted = {
        {0, {0, 9}},  {1, {4, 12}}, {2, {1, 7}},  {3, {0, 12}}, {8, {2, 8}},  {9, {1, 8}},
        {10, {0, 6}}, {11, {0, 9}}, {12, {0, 4}}, {13, {0, 5}}, {14, {0, 5}}, {15, {0, 6}},
        {16, {0, 5}}, {18, {0, 4}}, {19, {2, 7}}, {20, {1, 6}}, {21, {0, 2}}, {22, {0, 4}},
        {23, {2, 4}}, {24, {0, 3}}, {25, {0, 3}}, {26, {0, 3}}, {28, {0, 3}}, {32, {1, 4}},
        {33, {0, 2}}, {37, {0, 3}}, {42, {0, 2}}, {44, {0, 1}}, {46, {0, 0}}, {47, {0, 0}},
        {60, {0, 2}}, {65, {0, 0}}, {66, {0, 1}}, {75, {0, 0}}};
    EXPECT_EQ(ranges, wanted);
  }
}

TEST_F(SessionTest, ANewerApiVersionsIsAnsweredInTheOldestLayout) {
  ASSERT_TRUE(client.feed(client.frame(ApiVersionsRequest(), 5)).has_value());
  const auto response = client.read<ApiVersionsResponse>(client.next_reply(), 0);
  EXPECT_EQ(response.error_code, kUnsupportedVersion);
  ASSERT_EQ(response.api_keys.size(), 1U);
  EXPECT_EQ(response.api_keys[0].api_key, 18);
  EXPECT_EQ(response.api_keys[0].max_version, 4);
}

TEST_F(SessionTest, WhatIsNotServedClosesTheConnectionAndSaysWho) {
  const Status old = client.feed(client.frame(ProduceRequest(), 2));
  ASSERT_FALSE(old.has_value());
  EXPECT_EQ(old.error().message(),
            "client \"tester\" sent api key 0 version 2, which is not served");
  TestClient other(broker);
  std::string frame = other.frame(ApiVersionsRequest(), 0);
  frame[5] = 71;
  const Status unknown = other.feed(frame);
  ASSERT_FALSE(unknown.has_value());
  EXPECT_THAT(unknown.error().message(), HasSubstr("api key 71 version 0"));
}

TEST_F(SessionTest, HostileFramesCloseTheConnection) {
  const std::string frames[] = {
      std::string("\xff\xff\xff\xff", 4),
      std::string("\x00\x00\x00\x00", 4),
      std::string("\x7f\xff\xff\xff", 4),
      std::string("\x00\x00\x00\x04\x00\x00\x00\x00", 8),
      std::string("\x06\x00\x00\x00\x00\x03", 6),  // 96 MiB of metadata
      std::string("\x00\x00\x00\x0a\x00\x03\x00\x00\x00\x00\x00\x00\x7f\xff",
                  14),  // client id beyond the end
      std::string("\x00\x00\x00\x0e\x00\x03\x00\x01\x00\x00\x00\x00\xff\xff\x7f\xff\xff\xff", 18)};
  for (const std::string& frame : frames) {
    TestClient hostile(broker);
    EXPECT_FALSE(hostile.feed(frame).has_value()) << testing::PrintToString(frame);
  }
  TestClient patient(broker);
  EXPECT_TRUE(patient.feed(std::string("\x06\x00\x00\x00\x00\x00", 6))
                  .has_value());  // 96 MiB to produce may come
}

TEST_F(SessionTest, MetadataMakesATopicOnFirstUse) {
  MetadataRequest request;
  request.topics.emplace();
  request.topics->emplace_back().name = "orders";
  request.allow_auto_topic_creation = false;
  EXPECT_EQ(client.call<MetadataResponse>(request, 9).topics.at(0).error_code,
            kUnknownTopicOrPartition);
  request.allow_auto_topic_creation = true;
  for (int16_t version = 0; version <= 12; ++version) {
    const auto response = client.call<MetadataResponse>(request, version);
    ASSERT_EQ(response.topics.size(), 1U);
    EXPECT_EQ(response.topics[0].error_code, kNone);
    ASSERT_EQ(response.topics[0].partitions.size(), 1U);
    EXPECT_EQ(response.topics[0].partitions[0].leader_id, response.brokers.at(0).node_id);
    EXPECT_EQ(response.brokers[0].host, "broker.test");
    EXPECT_EQ(response.brokers[0].port, 9092);
    if (version >= 1) {
      EXPECT_EQ(response.controller_id, response.brokers[0].node_id);
    }
    if (version >= 2) {
      EXPECT_EQ(response.cluster_id, "test");
    }
    if (version >= 10) {
      EXPECT_EQ(response.topics[0].topic_id, broker.log->find_topic("orders")->id);
    }
  }
  MetadataRequest all;
  EXPECT_EQ(client.call<MetadataResponse>(all, 1).topics.size(), 1U);
  all.topics.emplace();
  EXPECT_EQ(client.call<MetadataResponse>(all, 0).topics.size(), 1U);
  EXPECT_EQ(client.call<MetadataResponse>(all, 1).topics.size(), 0U);
  MetadataRequest by_id;
  by_id.topics.emplace();
  by_id.topics->emplace_back().topic_id = broker.log->find_topic("orders")->id;
  by_id.topics->emplace_back().topic_id = broker.random.uuid();
  const auto response = client.call<MetadataResponse>(by_id, 12);
  EXPECT_EQ(response.topics.at(0).name, "orders");
  EXPECT_EQ(response.topics.at(1).error_code, kUnknownTopicId);
}

TEST_F(SessionTest, MetadataRefusesNamesThatAreNone) {
  make_topic("a.b");
  MetadataRequest request;
  request.topics.emplace();
  for (const char* name : {"", "no/slash", "..", "a_b"}) request.topics->emplace_back().name = name;
  for (const auto& topic : client.call<MetadataResponse>(request, 9).topics) {
    EXPECT_EQ(topic.error_code, kInvalidTopic) << *topic.name;
  }
}

TEST_F(SessionTest, WhatWasProducedIsFetchedByteForByte) {
  make_topic("t");
  std::string expected;
  int64_t offset = 0;
  for (int16_t version = 3; version <= 9; ++version) {
    for (const auto codec :
         {log::Compression::kNone, log::Compression::kGzip, log::Compression::kSnappy,
          log::Compression::kLz4, log::Compression::kZstd}) {
      if (codec == log::Compression::kZstd && version < 7) continue;
      std::string sent = batch({"one", "two", std::string(300, 'x')}, {.compression = codec});
      const auto answer = produce("t", sent, version);
      ASSERT_EQ(answer.error_code, kNone);
      EXPECT_EQ(answer.base_offset, offset);
      log::place_batch(std::as_writable_bytes(std::span(sent)), log::Offset(offset), 0);
      expected += sent;
      offset += 3;
    }
  }
  for (int16_t version = 10; version <= 12; ++version) {
    const auto partition = fetch(fetch_request("t", 0), version);
    EXPECT_EQ(partition.error_code, kNone);
    EXPECT_EQ(partition.high_watermark, offset);
    EXPECT_EQ(partition.last_stable_offset, offset);
    ASSERT_EQ(partition.records.pieces.size(), 1U);
    // The reply is gone, but not what the log gave: ask again and keep it.
    ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 0), version)).has_value());
    const std::string reply = client.next_reply();
    EXPECT_EQ(as_text(client.read<FetchResponse>(reply, version)
                          .responses[0]
                          .partitions[0]
                          .records.pieces[0]
                          .bytes),
              expected);
  }
  EXPECT_EQ(fetch(fetch_request("t", 0), 9).error_code, kUnsupportedCompression);
}

TEST_F(SessionTest, RefusesBadBatchesByTheirOwnErrors) {
  make_topic("t", 1, {{"max.message.bytes", "1000"}});
  const std::string good = batch({"value"});
  EXPECT_EQ(produce("nowhere", good).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(produce("t", good, 9, 1).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(produce("t", good, 9, -1).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(produce("t", "").error_code, kInvalidRecord);
  EXPECT_EQ(produce("t", "short").error_code, kInvalidRecord);
  EXPECT_EQ(produce("t", good + good).error_code, kInvalidRecord);
  EXPECT_EQ(produce("t", good.substr(0, good.size() - 1)).error_code, kInvalidRecord);
  EXPECT_EQ(produce("t", batch({std::string(2000, 'x')})).error_code, kMessageTooLarge);
  EXPECT_EQ(produce("t", batch({"x"}, {.compression = log::Compression::kZstd}), 6).error_code,
            kUnsupportedCompression);
  std::string damaged = good;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  EXPECT_EQ(produce("t", damaged).error_code, kCorruptMessage);
  std::string old = good;
  old[16] = 1;
  EXPECT_EQ(produce("t", old).error_code, kUnsupportedForMessageFormat);
  EXPECT_EQ(produce("t", batch({"x"}, {.extra_attributes = 32})).error_code, kInvalidRecord);
  EXPECT_EQ(produce("t", batch({"x"}, {.producer_id = 1,
                                       .producer_epoch = 0,
                                       .base_sequence = 0,
                                       .extra_attributes = 16}))
                .error_code,
            kInvalidTxnState);
  auto request = produce_request("t", good);
  request.acks = 2;
  EXPECT_EQ(client.call<ProduceResponse>(request, 9).responses[0].partition_responses[0].error_code,
            kInvalidRequiredAcks);
  EXPECT_EQ(
      broker.log->offsets({broker.log->find_topic("t")->id, log::PartitionId(0)})->durable_end,
      log::Offset(0));
  EXPECT_EQ(produce("t", good).base_offset, 0);
}

TEST_F(SessionTest, ARepeatedBatchIsStoredOnce) {
  make_topic("t");
  const auto numbered = [](int32_t sequence, int16_t epoch = 0) {
    return batch({"a", "b"},
                 {.producer_id = 7, .producer_epoch = epoch, .base_sequence = sequence});
  };
  EXPECT_EQ(produce("t", numbered(0)).base_offset, 0);
  EXPECT_EQ(produce("t", numbered(2)).base_offset, 2);
  const auto again = produce("t", numbered(0));
  EXPECT_EQ(again.error_code, kNone);
  EXPECT_EQ(again.base_offset, 0);
  EXPECT_EQ(produce("t", numbered(6)).error_code, kOutOfOrderSequence);
  EXPECT_EQ(produce("t", numbered(0, 1)).base_offset, 4);
  EXPECT_EQ(produce("t", numbered(4, 0)).error_code, kInvalidProducerEpoch);
}

TEST_F(SessionTest, RepliesKeepTheOrderOfRequests) {
  make_topic("t");
  const std::string value = batch({"x"});
  std::string stream;
  for (int i = 0; i < 100; ++i) {
    stream += client.frame(produce_request("t", value), 9);
    stream += client.frame(MetadataRequest(), 9);
  }
  ASSERT_TRUE(client.feed(stream).has_value());
  for (int32_t wanted = 1; wanted <= 200; ++wanted) {
    const std::string reply = client.next_reply();
    ASSERT_GE(reply.size(), 4U);
    EXPECT_EQ(load_big<int32_t>(as_bytes(reply).data()), wanted);
  }
}

TEST_F(SessionTest, TooManyUnansweredRequestsPauseTheConnection) {
  make_topic("t");
  ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 0, 1000), 12)).has_value());
  int sent = 0;
  while (!client.session.paused() && sent < 10000) {
    ASSERT_TRUE(client.feed(client.frame(MetadataRequest(), 9)).has_value());
    ++sent;
  }
  EXPECT_LT(sent, 1000);
  broker.clock.advance_ms(1000);
  client.session.on_wake();
  EXPECT_FALSE(client.session.paused());
  for (int i = 0; i <= sent; ++i) EXPECT_NE(client.next_reply(), "");
}

TEST_F(SessionTest, AFetchWaitsForRecordsOrItsTime) {
  make_topic("t");
  ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 0, 500), 12)).has_value());
  EXPECT_EQ(client.outbox->sent(), "");
  EXPECT_TRUE(client.session.owes());
  EXPECT_EQ(client.outbox->timer(), broker.clock.steady() + std::chrono::milliseconds(500));
  TestClient other(broker);
  const std::string value = batch({"x"});
  EXPECT_EQ(other.call<ProduceResponse>(produce_request("t", value), 9)
                .responses[0]
                .partition_responses[0]
                .error_code,
            kNone);
  const std::string reply = client.next_reply();
  EXPECT_EQ(client.read<FetchResponse>(reply, 12).responses[0].partitions[0].records.size(),
            value.size());
  EXPECT_FALSE(client.session.owes());

  ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 1, 500), 12)).has_value());
  broker.clock.advance_ms(499);
  client.session.on_wake();
  EXPECT_EQ(client.outbox->sent(), "");
  broker.clock.advance_ms(1);
  client.session.on_wake();
  const std::string late = client.next_reply();
  const auto partition = client.read<FetchResponse>(late, 12).responses[0].partitions[0];
  EXPECT_EQ(partition.records.size(), 0U);
  EXPECT_EQ(partition.high_watermark, 1);
}

TEST_F(SessionTest, AFetchWaitsForAsManyBytesAsItAskedFor) {
  make_topic("t");
  auto request = fetch_request("t", 0, 500);
  const std::string value = batch({"x"});
  request.min_bytes = static_cast<int32_t>(value.size()) + 1;
  ASSERT_TRUE(client.feed(client.frame(request, 12)).has_value());
  TestClient other(broker);
  other.call<ProduceResponse>(produce_request("t", value), 9);
  client.session.on_wake();
  EXPECT_EQ(client.outbox->sent(), "");
  other.call<ProduceResponse>(produce_request("t", value), 9);
  const std::string reply = client.next_reply();
  EXPECT_EQ(client.read<FetchResponse>(reply, 12).responses[0].partitions[0].records.size(),
            2 * value.size());
}

TEST_F(SessionTest, AFetchEndsWhenItsTopicIsDeleted) {
  make_topic("t");
  ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 0, 500), 12)).has_value());
  ASSERT_TRUE(broker.log->delete_topic(broker.log->find_topic("t")->id).has_value());
  const std::string reply = client.next_reply();
  EXPECT_EQ(client.read<FetchResponse>(reply, 12).responses[0].partitions[0].error_code,
            kUnknownTopicOrPartition);
}

TEST_F(SessionTest, FetchKeepsItsLimits) {
  make_topic("t");
  const std::string value = batch({std::string(10000, 'x')});
  for (int i = 0; i < 5; ++i) produce("t", value);
  auto request = fetch_request("t", 0);
  request.max_bytes = 1;
  EXPECT_EQ(fetch(request).records.size(),
            value.size());  // one batch, so that a consumer never stands still
  request.max_bytes = 50 << 20;
  request.topics[0].partitions[0].partition_max_bytes = static_cast<int32_t>(2 * value.size());
  EXPECT_EQ(fetch(request).records.size(), 2 * value.size());
  EXPECT_EQ(fetch(fetch_request("t", 6)).error_code, kOffsetOutOfRange);
  EXPECT_EQ(fetch(fetch_request("t", -1)).error_code, kOffsetOutOfRange);
  EXPECT_EQ(fetch(fetch_request("t", 5)).error_code, kNone);
  EXPECT_EQ(fetch(fetch_request("nowhere", 0)).error_code, kUnknownTopicOrPartition);
  auto newer = fetch_request("t", 0);
  newer.topics[0].partitions[0].current_leader_epoch = 1;
  EXPECT_EQ(fetch(newer).error_code, kUnknownLeaderEpoch);
  auto session = fetch_request("t", 0);
  session.session_id = 5;
  EXPECT_EQ(client.call<FetchResponse>(session, 12).error_code, kFetchSessionIdNotFound);
}

TEST(ColdFetch, IsReadAwayFromTheEventLoop) {
  TestBroker broker(1, {.directory = "/log",
                        .journal_bytes = 64 << 20,
                        .tail_cache_bytes = 64 << 10,
                        .min_free_disk_bytes = 0});
  TestClient client(broker);
  ASSERT_TRUE(broker.log->create_topic("t", 1, {}).has_value());
  const auto fetch = [&](int64_t offset) {
    return client.call<FetchResponse>(fetch_request("t", offset), 12)
        .responses.at(0)
        .partitions.at(0);
  };
  const std::string value = batch({std::string(10000, 'x')});
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(client.call<ProduceResponse>(produce_request("t", value), 9)
                  .responses.at(0)
                  .partition_responses.at(0)
                  .base_offset,
              i);
  }
  EXPECT_EQ(fetch(19).records.size(), value.size());
  ASSERT_TRUE(
      broker.log->enforce_retention().has_value());  // writes segments, so that memory is free
  EXPECT_EQ(fetch(19).records.size(), value.size());
  EXPECT_EQ(fetch(20).records.size(), 0U);
  EXPECT_EQ(broker.calls.count, 0);
  const auto old = fetch(0);
  EXPECT_EQ(broker.calls.count, 1);
  EXPECT_EQ(old.high_watermark, 20);
  EXPECT_GE(old.records.size(), value.size());
  EXPECT_EQ(fetch(21).error_code, kOffsetOutOfRange);
}

TEST_F(SessionTest, FetchesShareOneBudget) {
  make_topic("t");
  const std::string value = batch({std::string(10000, 'x')});
  for (int i = 0; i < 5; ++i) produce("t", value);
  EXPECT_EQ(fetch(fetch_request("t", 0)).records.size(), 5 * value.size());
  EXPECT_EQ(*broker.broker->owed_bytes, 0);
  *broker.broker->owed_bytes = 1LL << 40;  // others do not read
  EXPECT_EQ(fetch(fetch_request("t", 0)).records.size(), value.size());
  // Replies behind one that waits are not sent yet: the first holds a batch, the next nothing.
  ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 5, 500), 12)).has_value());
  ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 0), 12)).has_value());
  ASSERT_TRUE(client.feed(client.frame(fetch_request("t", 0), 12)).has_value());
  broker.clock.advance_ms(500);
  client.session.on_wake();
  for (const size_t bytes : {size_t{0}, value.size(), size_t{0}}) {
    const std::string reply = client.next_reply();
    const auto partition = client.read<FetchResponse>(reply, 12).responses[0].partitions[0];
    EXPECT_EQ(partition.records.size(), bytes);
    EXPECT_EQ(partition.high_watermark, 5);
  }
  EXPECT_EQ(*broker.broker->owed_bytes, 1LL << 40);
}

TEST_F(SessionTest, AFullFetchStillTellsOffsets) {
  make_topic("t", 2);
  const std::string value = batch({std::string(1000, 'x')});
  produce("t", value);
  produce("t", value, 9, 1);
  auto request = fetch_request("t", 0);
  request.max_bytes = static_cast<int32_t>(value.size()) + 1;
  auto& partitions = request.topics[0].partitions;
  partitions.push_back(partitions[0]);
  for (const int64_t offset : {0, 1, 2}) {
    partitions.push_back(partitions[0]);
    partitions.back().partition = 1;
    partitions.back().fetch_offset = offset;
  }
  const auto answers = client.call<FetchResponse>(request, 12).responses.at(0).partitions;
  EXPECT_EQ(answers[0].records.size(), value.size());
  for (const size_t i : {1, 2, 3}) {
    EXPECT_EQ(answers[i].error_code, kNone);
    EXPECT_EQ(answers[i].high_watermark, 1);
    EXPECT_EQ(answers[i].records.size(), 0U);
  }
  EXPECT_EQ(answers[4].error_code, kOffsetOutOfRange);
}

TEST_F(SessionTest, AFetchThatWaitsNamesAPartitionOnce) {
  make_topic("t", 2);
  auto request = fetch_request("t", 0, 500);
  auto& partitions = request.topics[0].partitions;
  partitions.push_back(partitions[0]);
  partitions.back().partition = 1;
  ASSERT_TRUE(client.feed(client.frame(request, 12)).has_value());
  partitions.push_back(partitions[0]);
  const Status refused = client.feed(client.frame(request, 12));
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("twice"));
}

TEST_F(SessionTest, WithoutAcksThereIsNoReplyAndAnErrorCloses) {
  make_topic("t");
  const std::string value = batch({"x"});
  auto request = produce_request("t", value);
  request.acks = 0;
  ASSERT_TRUE(client.feed(client.frame(request, 9)).has_value());
  ASSERT_TRUE(client.feed(client.frame(MetadataRequest(), 9)).has_value());
  const std::string reply = client.next_reply();
  EXPECT_EQ(load_big<int32_t>(as_bytes(reply).data()), 2);
  request.topic_data[0].name = "nowhere";
  ASSERT_TRUE(client.feed(client.frame(request, 9)).has_value());
  EXPECT_EQ(client.next_reply(), "");
  EXPECT_THAT(client.outbox->closed().value_or(""), HasSubstr("no such topic"));
}

TEST_F(SessionTest, FindsOffsetsByTime) {
  make_topic("t");
  const auto ask = [&](int64_t timestamp, int16_t version = 7) {
    ListOffsetsRequest request;
    request.replica_id = -1;
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    topic.partitions.emplace_back().timestamp = timestamp;
    return client.call<ListOffsetsResponse>(request, version).topics.at(0).partitions.at(0);
  };
  EXPECT_EQ(ask(-3).offset, -1);
  EXPECT_EQ(ask(0).offset, -1);
  Random random(42);
  std::vector<int64_t> times;
  for (int i = 0; i < 50; ++i) {
    times.push_back(static_cast<int64_t>(random.below(1000)));
    produce("t", batch({"x"}, {}, times.back()));
  }
  for (int16_t version = 1; version <= 7; ++version) {
    EXPECT_EQ(ask(-1, version).offset, 50);
    EXPECT_EQ(ask(-2, version).offset, 0);
  }
  for (int64_t time = 0; time <= 1000; time += 10) {
    const auto first = std::ranges::find_if(times, [&](int64_t each) { return each >= time; });
    EXPECT_EQ(ask(time).offset, first == times.end() ? -1 : first - times.begin());
  }
  const auto greatest = std::ranges::max_element(times);
  EXPECT_EQ(ask(-3).offset, greatest - times.begin());
  EXPECT_EQ(ask(-3).timestamp, *greatest);
  EXPECT_EQ(ask(-3, 6).error_code, kUnsupportedVersion);
}

TEST_F(SessionTest, CreatesTopicsAndSaysWhyNot) {
  const auto create = [&](const std::string& name, int32_t partitions, int16_t replicas,
                          std::vector<std::pair<std::string, std::string>> settings = {},
                          bool validate = false) {
    CreateTopicsRequest request;
    request.validate_only = validate;
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = replicas;
    for (const auto& [key, value] : settings) {
      auto& config = topic.configs.emplace_back();
      config.name = key;
      config.value = value;
    }
    return client.call<CreateTopicsResponse>(request, 7).topics.at(0);
  };
  EXPECT_EQ(create("dry", 2, 1, {}, true).error_code, kNone);
  EXPECT_FALSE(broker.log->find_topic("dry"));
  const auto made = create("t", 3, 1, {{"retention.ms", "60000"}, {"cleanup.policy", "delete"}});
  EXPECT_EQ(made.error_code, kNone);
  EXPECT_EQ(made.num_partitions, 3);
  EXPECT_EQ(made.topic_id, broker.log->find_topic("t")->id);
  EXPECT_EQ(broker.log->find_topic("t")->config.retention_ms, 60000);
  EXPECT_EQ(create("t", 3, 1).error_code, kTopicAlreadyExists);
  EXPECT_EQ(create("defaults", -1, -1).num_partitions, 1);
  EXPECT_EQ(create("u", 0, 1).error_code, kInvalidPartitions);
  EXPECT_EQ(create("u", 1, 3).error_code, kInvalidReplicationFactor);
  EXPECT_EQ(create("no/name", 1, 1).error_code, kInvalidTopic);
  const auto typo = create("u", 1, 1, {{"retention.mss", "1"}});
  EXPECT_EQ(typo.error_code, kInvalidConfig);
  EXPECT_THAT(*typo.error_message, HasSubstr("did you mean retention.ms?"));
  EXPECT_EQ(create("u", 1, 1, {{"retention.ms", "soon"}}).error_code, kInvalidConfig);
  EXPECT_EQ(create("__internal", 1, 1).error_code, kNone);
  EXPECT_FALSE(broker.log->find_topic("__internal")->config.bronze);
}

TEST_F(SessionTest, MakesAThousandTopicsOfARequest) {
  CreateTopicsRequest request;
  request.validate_only = true;
  for (int i = 0; i < 1001; ++i) {
    auto& topic = request.topics.emplace_back();
    topic.name = "t" + std::to_string(i);
    topic.num_partitions = topic.replication_factor = 1;
  }
  request.topics.push_back(request.topics[7]);
  const auto answers = client.call<CreateTopicsResponse>(request, 7).topics;
  ASSERT_EQ(answers.size(), 1001U);
  EXPECT_EQ(answers[7].error_code, kInvalidRequest);
  EXPECT_EQ(answers[999].error_code, kNone);
  EXPECT_THAT(*answers[1000].error_message, HasSubstr("at most 1000"));
}

TEST(BlockingThread, StopsInTheMiddleOfACall) {
  std::unique_ptr<BlockingCalls> thread = make_blocking_thread();
  std::promise<void> begun;
  EXPECT_TRUE(thread->run([&begun, calls = thread.get()] {
    begun.set_value();
    while (!calls->stopping()) std::this_thread::yield();
  }));
  begun.get_future().wait();
  thread.reset();
}

TEST_F(SessionTest, GivesProducersIds) {
  InitProducerIdRequest request;
  const auto first = client.call<InitProducerIdResponse>(request, 4);
  const auto second = client.call<InitProducerIdResponse>(request, 0);
  EXPECT_GE(first.producer_id, 0);
  EXPECT_NE(first.producer_id, second.producer_id);
  EXPECT_EQ(first.producer_epoch, 0);
}

TEST_F(SessionTest, TheSameAnswersWhateverThePortions) {
  make_topic("t");
  const std::string value = batch({"x"});
  std::string stream;
  for (int16_t version = 0; version <= 4; ++version)
    stream += client.frame(ApiVersionsRequest(), version);
  stream += client.frame(produce_request("t", value), 9);
  stream += client.frame(MetadataRequest(), 12);
  for (const char byte : stream) ASSERT_TRUE(client.feed(std::string_view(&byte, 1)).has_value());
  for (int32_t wanted = 1; wanted <= 7; ++wanted) {
    const std::string reply = client.next_reply();
    ASSERT_GE(reply.size(), 4U);
    EXPECT_EQ(load_big<int32_t>(as_bytes(reply).data()), wanted);
  }
}

// What librdkafka 2.16 and 2.0 sent over one connection each, recorded between them and this
// server.
TEST(RecordedClients, EveryRequestIsAnswered) {
  size_t requests = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator("test/fuzz/corpus/kafka_session_fuzz")) {
    const std::string name = entry.path().filename();
    if (!name.starts_with("librdkafka") && !name.starts_with("kcat")) continue;
    SCOPED_TRACE(name);
    std::ifstream file(entry.path(), std::ios::binary);
    std::string stream{std::istreambuf_iterator<char>(file), {}};
    stream.erase(0, 1);  // the fuzzer's
    TestBroker broker;
    ASSERT_TRUE(broker.log->create_topic("t", 2, {}).has_value());
    TestClient client(broker);
    ASSERT_TRUE(client.feed(stream).has_value());
    EXPECT_EQ(client.pending, "");
    broker.clock.advance_ms(10000);
    for (size_t at = 0; at + 4 <= stream.size();
         at += 4 + load_big<uint32_t>(as_bytes(stream).data() + at)) {
      client.session.on_wake();  // a fetch may wait
      EXPECT_NE(client.next_reply(), "");
      ++requests;
    }
  }
  EXPECT_GT(requests, 20U);
}

TEST(FullDisk, ProducersAreToldToRetry) {
  TestBroker broker(
      1, {.directory = "/log", .journal_bytes = 64 << 20, .min_free_disk_bytes = 1LL << 60});
  TestClient client(broker);
  ASSERT_TRUE(broker.log->create_topic("t", 1, {}).has_value());
  const std::string value = batch({"x"});
  const auto request = produce_request("t", value);
  const auto refused = client.call<ProduceResponse>(request, 9).responses[0].partition_responses[0];
  EXPECT_EQ(refused.error_code, kKafkaStorageError);
  EXPECT_THAT(*refused.error_message, HasSubstr("free space"));
  EXPECT_EQ(client.call<ProduceResponse>(request, 3).responses[0].partition_responses[0].error_code,
            kNotLeaderOrFollower);
}

}  // namespace
}  // namespace foz::kafka
