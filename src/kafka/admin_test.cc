// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What administers topics, records and settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "kafka/errors_internal.h"
#include "kafka/test_client.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

constexpr int8_t kTopicResource = 2;
constexpr int8_t kBrokerResource = 4;

class AdminTest : public testing::Test {
 protected:
  log::Topic make_topic(const std::string& name, int32_t partitions = 1,
                        std::map<std::string, std::string> settings = {}) {
    return broker.log->create_topic(name, partitions, parse_topic_config(settings).value()).value();
  }
  void put(const log::Topic& topic, int records, int64_t timestamp_ms = 1000) {
    for (int i = 0; i < records; ++i) {
      std::vector<log::NewRecord> one(1);
      one[0].timestamp_ms = timestamp_ms + i;
      one[0].value = "v";
      std::vector<log::AppendPart> parts;
      parts.push_back({{topic.id, log::PartitionId(0)}, log::build_batch(one).value()});
      ASSERT_TRUE(broker.log->append_and_wait(std::move(parts)).has_value());
    }
  }
  log::Topic topic(const std::string& name) { return broker.log->find_topic(name).value(); }

  TestBroker broker;
  TestClient client{broker};
};

// --- topics

TEST_F(AdminTest, TopicsAreDeletedByName) {
  for (int16_t version = 1; version <= 6; ++version) {
    make_topic("a");
    make_topic("b");
    DeleteTopicsRequest request;
    for (const std::string name : {"a", "nowhere", "b"}) {
      if (version < 6) {
        request.topic_names.push_back(name);
      } else {
        request.topics.emplace_back().name = name;
      }
    }
    const auto answers = client.call<DeleteTopicsResponse>(request, version).responses;
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0].error_code, kNone);
    EXPECT_THAT(answers[0].name, Optional(std::string("a")));
    EXPECT_EQ(answers[0].error_message, std::nullopt);
    EXPECT_EQ(answers[1].error_code, kUnknownTopicOrPartition);
    EXPECT_EQ(answers[2].error_code, kNone);
    EXPECT_TRUE(broker.log->topics().empty());
  }
}

TEST_F(AdminTest, TopicsAreDeletedById) {
  const log::Topic made = make_topic("a");
  DeleteTopicsRequest request;
  request.topics.emplace_back().topic_id = made.id;
  auto& both = request.topics.emplace_back();
  both.topic_id = made.id;
  both.name = "a";
  request.topics.emplace_back();
  request.topics.emplace_back().topic_id = broker.random.uuid();
  request.topics.push_back(request.topics[0]);
  const auto answers = client.call<DeleteTopicsResponse>(request, 6).responses;
  ASSERT_EQ(answers.size(), 4U) << "a topic that is named twice is answered once";
  EXPECT_EQ(answers[0].error_code, kNone);
  EXPECT_THAT(answers[0].name, Optional(std::string("a")));
  EXPECT_EQ(answers[1].error_code, kInvalidRequest);
  EXPECT_EQ(answers[2].error_code, kInvalidRequest);
  EXPECT_EQ(answers[3].error_code, kUnknownTopicId);
}

TEST_F(AdminTest, ADeletedTopicIsGoneForClientsAndThereForTheLake) {
  const log::Topic made = make_topic("a");
  put(made, 3);
  DeleteTopicsRequest request;
  request.topics.emplace_back().name = "a";
  EXPECT_EQ(client.call<DeleteTopicsResponse>(request, 6).responses[0].error_code, kNone);
  MetadataRequest metadata;
  metadata.topics.emplace().emplace_back().topic_id = made.id;
  EXPECT_EQ(client.call<MetadataResponse>(metadata, 12).topics[0].error_code, kUnknownTopicId);
  const log::TopicPartition where{made.id, log::PartitionId(0)};
  EXPECT_EQ(broker.log->offsets(where)->durable_end, log::Offset(3));
  EXPECT_EQ(broker.log->deleted_topics().size(), 1U);
}

TEST_F(AdminTest, OneRequestDeletesAThousandTopicsAtMost) {
  DeleteTopicsRequest request;
  for (int i = 0; i < 1001; ++i)
    request.topics.emplace_back().name = make_topic("t" + std::to_string(i)).name;
  for (int i = 0; i < 50'000; ++i) request.topics.emplace_back().name = "none" + std::to_string(i);
  const auto answers = client.call<DeleteTopicsResponse>(request, 6).responses;
  ASSERT_EQ(answers.size(), 51'001U);
  EXPECT_EQ(answers[999].error_code, kNone);
  EXPECT_EQ(answers[1000].error_code, kInvalidRequest);
  EXPECT_THAT(*answers[1000].error_message, HasSubstr("at most 1000"));
  EXPECT_EQ(answers[51'000].error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(broker.log->topics().size(), 1U);
}

TEST_F(AdminTest, PartitionsAreAdded) {
  make_topic("t", 2);
  const auto ask = [&](const std::string& name, int32_t count, bool validate_only = false,
                       std::optional<std::vector<std::vector<int32_t>>> brokers = {}) {
    CreatePartitionsRequest request;
    request.validate_only = validate_only;
    auto& wanted = request.topics.emplace_back();
    wanted.name = name;
    wanted.count = count;
    if (brokers) {
      wanted.assignments.emplace();
      for (auto& each : *brokers) wanted.assignments->emplace_back().broker_ids = each;
    }
    return client.call<CreatePartitionsResponse>(request, 3).results.at(0);
  };
  EXPECT_EQ(ask("nowhere", 3).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(ask("t", 2).error_code, kInvalidPartitions);
  EXPECT_THAT(*ask("t", 1).error_message, HasSubstr("has 2 partitions"));
  EXPECT_EQ(ask("t", 10'001, true).error_code, kInvalidPartitions);
  EXPECT_EQ(ask("t", 4, false, {{{1}}}).error_code, kInvalidReplicaAssignment);
  EXPECT_EQ(ask("t", 3, false, {{{7}}}).error_code, kInvalidReplicaAssignment);
  EXPECT_EQ(ask("t", 4, true).error_code, kNone);
  EXPECT_EQ(topic("t").partitions, 2);
  EXPECT_EQ(ask("t", 4, false, {{{1}, {1}}}).error_code, kNone);
  EXPECT_EQ(topic("t").partitions, 4);
  ListOffsetsRequest offsets;
  auto& wanted = offsets.topics.emplace_back();
  wanted.name = "t";
  wanted.partitions.emplace_back().partition_index = 3;
  wanted.partitions[0].timestamp = -1;
  EXPECT_EQ(client.call<ListOffsetsResponse>(offsets, 7).topics[0].partitions[0].offset, 0);
}

TEST_F(AdminTest, TopicsAreDescribedInPortions) {
  make_topic("b", 3);
  make_topic("a", 2);
  make_topic("c");
  DescribeTopicPartitionsRequest request;
  request.response_partition_limit = 2;
  std::vector<std::string> seen;
  for (int round = 0; round < 4; ++round) {
    const auto answer = client.call<DescribeTopicPartitionsResponse>(request, 0);
    for (const auto& each : answer.topics) {
      EXPECT_EQ(each.error_code, kNone);
      EXPECT_EQ(each.topic_id, topic(*each.name).id);
      for (const auto& partition : each.partitions)
        seen.push_back(*each.name + std::to_string(partition.partition_index));
    }
    if (!answer.next_cursor) break;
    request.cursor = {.topic_name = answer.next_cursor->topic_name,
                      .partition_index = answer.next_cursor->partition_index};
  }
  EXPECT_THAT(seen, ElementsAre("a0", "a1", "b0", "b1", "b2", "c0"));
  DescribeTopicPartitionsRequest named;
  named.topics.emplace_back().name = "nowhere";
  named.topics.emplace_back().name = "c";
  const auto answer = client.call<DescribeTopicPartitionsResponse>(named, 0);
  ASSERT_EQ(answer.topics.size(), 2U);
  EXPECT_EQ(answer.topics[0].partitions.size(), 1U);
  EXPECT_EQ(answer.topics[1].error_code, kUnknownTopicOrPartition);
  EXPECT_FALSE(answer.next_cursor);
}

TEST_F(AdminTest, TheClusterIsDescribedToWhoAsksForBrokers) {
  for (int16_t version = 0; version <= 2; ++version) {
    DescribeClusterRequest request;
    const auto answer = client.call<DescribeClusterResponse>(request, version);
    EXPECT_EQ(answer.cluster_id, "test");
    EXPECT_EQ(answer.brokers.size(), 1U);
  }
  DescribeClusterRequest request;
  request.endpoint_type = 2;
  EXPECT_EQ(client.call<DescribeClusterResponse>(request, 1).error_code, kMismatchedEndpointType);
  request.endpoint_type = 9;
  EXPECT_EQ(client.call<DescribeClusterResponse>(request, 2).error_code, kUnsupportedEndpointType);
  EXPECT_TRUE(
      client.call<ListPartitionReassignmentsResponse>(ListPartitionReassignmentsRequest(), 0)
          .topics.empty());
}

// --- records

TEST_F(AdminTest, RecordsAreDeletedForConsumers) {
  const log::Topic made = make_topic("t");
  put(made, 10);
  make_topic("compacted", 1, {{"cleanup.policy", "compact"}});
  const auto remove = [&](const std::string& name, int64_t offset, int32_t partition = 0,
                          int16_t version = 2) {
    DeleteRecordsRequest request;
    auto& wanted = request.topics.emplace_back();
    wanted.name = name;
    wanted.partitions.emplace_back().partition_index = partition;
    wanted.partitions[0].offset = offset;
    return client.call<DeleteRecordsResponse>(request, version).topics.at(0).partitions.at(0);
  };
  EXPECT_EQ(remove("t", 11).error_code, kOffsetOutOfRange);
  EXPECT_EQ(remove("t", -2).error_code, kOffsetOutOfRange);
  EXPECT_EQ(remove("t", 11).low_watermark, -1);
  EXPECT_EQ(remove("t", 1, 1).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(remove("nowhere", 1).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(remove("compacted", 0).error_code, kPolicyViolation);
  EXPECT_EQ(remove("t", 4, 0, 0).low_watermark, 4);
  EXPECT_EQ(remove("t", 2).low_watermark, 4);

  const auto ask = [&](int64_t timestamp) {
    ListOffsetsRequest request;
    auto& wanted = request.topics.emplace_back();
    wanted.name = "t";
    wanted.partitions.emplace_back().timestamp = timestamp;
    return client.call<ListOffsetsResponse>(request, 7).topics[0].partitions[0].offset;
  };
  EXPECT_EQ(ask(-2), 4);
  EXPECT_EQ(ask(0), 4);
  EXPECT_EQ(ask(-3), 9);
  EXPECT_EQ(ask(-1), 10);
  const auto fetch = [&](int64_t offset) {
    FetchRequest request;
    request.max_bytes = 1 << 20;
    auto& wanted = request.topics.emplace_back();
    wanted.topic = "t";
    wanted.partitions.emplace_back().fetch_offset = offset;
    wanted.partitions[0].partition_max_bytes = 1 << 20;
    return client.call<FetchResponse>(request, 12).responses[0].partitions[0];
  };
  EXPECT_EQ(fetch(3).error_code, kOffsetOutOfRange);
  EXPECT_EQ(fetch(4).error_code, kNone);
  EXPECT_EQ(fetch(4).log_start_offset, 4);
  EXPECT_GT(fetch(4).records.size(), 0U);
  EXPECT_TRUE(broker.log->read({made.id, log::PartitionId(0)}, log::Offset(0), 1).has_value())
      << "the lake may not have them yet";
  EXPECT_EQ(remove("t", -1).low_watermark, 10);
  EXPECT_EQ(ask(-2), 10);
  EXPECT_EQ(ask(-3), -1);
}

TEST_F(AdminTest, OneEpochReachesToTheEnd) {
  put(make_topic("t"), 5);
  const auto ask = [&](int32_t current, int32_t epoch, int16_t version, int32_t partition = 0) {
    OffsetForLeaderEpochRequest request;
    auto& wanted = request.topics.emplace_back();
    wanted.topic = "t";
    auto& part = wanted.partitions.emplace_back();
    part.partition = partition;
    part.current_leader_epoch = current;
    part.leader_epoch = epoch;
    return client.call<OffsetForLeaderEpochResponse>(request, version).topics[0].partitions[0];
  };
  for (int16_t version = 2; version <= 4; ++version) {
    EXPECT_EQ(ask(0, 0, version).end_offset, 5);
    EXPECT_EQ(ask(-1, 0, version).leader_epoch, 0);
    EXPECT_EQ(ask(0, 3, version).end_offset, -1);
    EXPECT_EQ(ask(0, 3, version).leader_epoch, -1);
    EXPECT_EQ(ask(1, 0, version).error_code, kUnknownLeaderEpoch);
    EXPECT_EQ(ask(0, 0, version, 1).error_code, kUnknownTopicOrPartition);
  }
}

// --- settings

class ConfigTest : public AdminTest {
 protected:
  using Described = DescribeConfigsResponse::DescribeConfigsResult;
  Described describe(const std::string& name, int8_t type = kTopicResource, int16_t version = 4,
                     std::optional<std::vector<std::string>> keys = {}) {
    DescribeConfigsRequest request;
    request.include_synonyms = true;
    request.include_documentation = version >= 3;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = name;
    resource.configuration_keys = std::move(keys);
    return client.call<DescribeConfigsResponse>(request, version).results.at(0);
  }
  static Described::DescribeConfigsResourceResult entry(const Described& all,
                                                        const std::string& name) {
    for (const auto& each : all.configs) {
      if (each.name == name) return each;
    }
    ADD_FAILURE() << "no " << name;
    return {};
  }
  using Change = std::tuple<std::string, int8_t, std::optional<std::string>>;
  auto alter(const std::string& name, const std::vector<Change>& changes,
             bool validate_only = false, int8_t type = kTopicResource) {
    IncrementalAlterConfigsRequest request;
    request.validate_only = validate_only;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = name;
    for (const auto& [key, operation, value] : changes) {
      auto& config = resource.configs.emplace_back();
      config.name = key;
      config.config_operation = operation;
      config.value = value;
    }
    return client.call<IncrementalAlterConfigsResponse>(request, 1).responses.at(0);
  }
};
constexpr int8_t kSet = 0;
constexpr int8_t kDelete = 1;
constexpr int8_t kAppend = 2;
constexpr int8_t kSubtract = 3;

// The oracle is Kafka's server: testdata/topic_settings.txt (testdata/TopicSettings.java).
TEST_F(ConfigTest, SettingsHaveKafkasNamesTypesAndDefaults) {
  make_topic("t");
  std::map<std::string, std::vector<std::string>> kafkas;
  std::ifstream file("src/kafka/testdata/topic_settings.txt");
  ASSERT_TRUE(file) << "run from the root of the project";
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name, type, fallback, broker_name;
    words >> name >> type >> fallback >> broker_name;
    kafkas[name] = {type, fallback, broker_name};
  }
  const std::map<int8_t, std::string> types = {{1, "BOOLEAN"}, {2, "STRING"}, {3, "INT"},
                                               {5, "LONG"},    {6, "DOUBLE"}, {7, "LIST"}};
  const auto described = describe("t").configs;
  EXPECT_EQ(described.size(), 31U);
  for (const auto& each : described) {
    if (each.name == "foz.bronze") continue;
    ASSERT_TRUE(kafkas.contains(each.name)) << each.name;
    const auto& kafka = kafkas[each.name];
    EXPECT_EQ(types.at(each.config_type), kafka[0]) << each.name;
    const bool own = each.name == "segment.bytes" || each.name == "max.message.bytes";
    if (!own) {
      EXPECT_EQ(*each.value, kafka[1] == "-" ? "" : kafka[1]) << each.name;
    }
    EXPECT_EQ(each.config_source, 5) << each.name;
    EXPECT_FALSE(each.read_only);
    EXPECT_FALSE(each.documentation->empty()) << each.name;
    ASSERT_EQ(each.synonyms.size(), kafka[2] == "-" ? 0U : 1U) << each.name;
    if (!each.synonyms.empty()) {
      EXPECT_EQ(each.synonyms[0].name, kafka[2]);
      EXPECT_EQ(each.synonyms[0].value, each.value);
    }
  }
  log::TopicConfig defaults;
  EXPECT_EQ(*entry(describe("t"), "segment.bytes").value, std::to_string(defaults.segment_bytes));
  EXPECT_EQ(*entry(describe("t"), "max.message.bytes").value,
            std::to_string(defaults.max_message_bytes));
}

TEST_F(ConfigTest, WhatATopicSetsStandsBeforeTheDefault) {
  make_topic("t", 1, {{"retention.ms", "60000"}, {"min.insync.replicas", "2"}});
  for (int16_t version = 1; version <= 4; ++version) {
    const auto all = describe("t", kTopicResource, version);
    EXPECT_EQ(all.error_code, kNone);
    const auto retention = entry(all, "retention.ms");
    EXPECT_THAT(retention.value, Optional(std::string("60000")));
    EXPECT_EQ(retention.config_source, 1);
    ASSERT_EQ(retention.synonyms.size(), 2U);
    EXPECT_EQ(retention.synonyms[0].source, 1);
    EXPECT_EQ(retention.synonyms[1].name, "log.retention.ms");
    EXPECT_THAT(retention.synonyms[1].value, Optional(std::string("604800000")));
    EXPECT_THAT(entry(all, "min.insync.replicas").value, Optional(std::string("2")));
  }
  EXPECT_EQ(describe("t", kTopicResource, 4, {{"retention.ms", "no.such"}}).configs.size(), 1U);
  EXPECT_EQ(describe("nowhere").error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(describe("t", 16).error_code, kInvalidRequest);
}

TEST_F(ConfigTest, InternalTopicsShowThatTheyHaveNoTable) {
  ASSERT_TRUE(
      broker.log->create_topic("__internal", 1, default_topic_config("__internal")).has_value());
  make_topic("plain");
  make_topic("__shown", 1, {{"foz.bronze", "true"}});
  const auto shown = [&](const std::string& name) {
    const auto found = entry(describe(name), "foz.bronze");
    return *found.value + " " + std::to_string(found.config_source);
  };
  EXPECT_EQ(shown("__internal"), "false 5");
  EXPECT_EQ(shown("plain"), "true 5");
  EXPECT_EQ(shown("__shown"), "true 1");
}

TEST_F(ConfigTest, TheBrokerShowsItsSettings) {
  const auto all = describe("1", kBrokerResource);
  EXPECT_EQ(all.error_code, kNone);
  EXPECT_THAT(entry(all, "log.retention.ms").value, Optional(std::string("604800000")));
  EXPECT_THAT(entry(all, "num.partitions").value, Optional(std::string("1")));
  EXPECT_TRUE(entry(all, "auto.create.topics.enable").read_only);
  EXPECT_TRUE(describe("", kBrokerResource).configs.empty());
  EXPECT_EQ(describe("7", kBrokerResource).error_code, kInvalidRequest);
  EXPECT_EQ(alter("1", {{"num.partitions", kSet, "3"}}, false, kBrokerResource).error_code,
            kInvalidRequest);
}

TEST_F(ConfigTest, SettingsAreSetAndTakenBack) {
  make_topic("t", 1, {{"segment.bytes", "2000000"}});
  EXPECT_EQ(alter("t", {{"retention.ms", kSet, "1"}}, true).error_code, kNone);
  EXPECT_FALSE(topic("t").config.raw.contains("retention.ms")) << "it was only to be checked";
  EXPECT_EQ(
      alter("t", {{"retention.ms", kSet, "77"}, {"cleanup.policy", kSet, "delete"}}).error_code,
      kNone);
  EXPECT_EQ(topic("t").config.retention_ms, 77);
  EXPECT_EQ(topic("t").config.segment_bytes, 2'000'000);
  EXPECT_EQ(alter("t", {{"retention.ms", kDelete, {}}, {"segment.bytes", kDelete, {}}}).error_code,
            kNone);
  EXPECT_EQ(topic("t").config.retention_ms, log::TopicConfig().retention_ms);
  EXPECT_EQ(topic("t").config.segment_bytes, log::TopicConfig().segment_bytes);
  EXPECT_EQ(topic("t").config.raw.size(), 1U);

  EXPECT_EQ(alter("t", {{"cleanup.policy", kAppend, "compact"}}).error_code, kNone);
  EXPECT_EQ(topic("t").config.raw["cleanup.policy"], "delete,compact");
  EXPECT_EQ(alter("t", {{"cleanup.policy", kSubtract, "delete"}}).error_code, kNone);
  EXPECT_EQ(topic("t").config.raw["cleanup.policy"], "compact");
  EXPECT_EQ(topic("t").config.retention_ms, -1);
}

TEST_F(ConfigTest, ARefusedChangeSaysWhyAndChangesNothing) {
  make_topic("t");
  const auto before = topic("t").config;
  const auto refused = [&](const std::vector<Change>& changes, const std::string& why) {
    const auto answer = alter("t", changes);
    EXPECT_THAT(answer.error_message.value_or("none"), HasSubstr(why));
    return answer.error_code;
  };
  EXPECT_EQ(refused({{"retention.mss", kSet, "1"}}, "did you mean retention.ms?"), kInvalidConfig);
  EXPECT_EQ(refused({{"retention.ms", kSet, "soon"}}, "whole number"), kInvalidConfig);
  EXPECT_EQ(refused({{"retention.ms", kSet, {}}}, "no value"), kInvalidRequest);
  EXPECT_EQ(refused({{"retention.ms", kAppend, "1"}}, "no list"), kInvalidConfig);
  EXPECT_EQ(refused({{"retention.ms", 7, "1"}}, "operation"), kInvalidRequest);
  EXPECT_EQ(refused({{"retention.ms", kSet, "1"}, {"retention.ms", kSet, "2"}}, "twice"),
            kInvalidRequest);
  EXPECT_EQ(refused({{"cleanup.policy", kSubtract, "delete"}}, "expected delete"), kInvalidConfig);
  EXPECT_EQ(refused({{"retention.ms", kSet, "5"}, {"foz.bronze", kSet, "false"}},
                    "cannot be switched off"),
            kInvalidConfig);
  EXPECT_EQ(topic("t").config, before);
  EXPECT_EQ(alter("nowhere", {}).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(alter("t", {}, false, 32).error_code, kInvalidRequest);
}

TEST_F(ConfigTest, ATopicWithoutATableStaysSo) {
  make_topic("t", 1, {{"foz.bronze", "false"}});
  EXPECT_THAT(*alter("t", {{"foz.bronze", kSet, "true"}}).error_message,
              HasSubstr("cannot be switched on"));
  EXPECT_EQ(alter("t", {{"foz.bronze", kDelete, {}}}).error_code, kNone);
  EXPECT_FALSE(topic("t").config.bronze);
  EXPECT_THAT(entry(describe("t"), "foz.bronze").value, Optional(std::string("false")));
}

TEST_F(ConfigTest, OldClientsReplaceAllSettings) {
  make_topic("t", 1, {{"retention.ms", "60000"}, {"foz.bronze", "false"}});
  for (int16_t version = 0; version <= 2; ++version) {
    AlterConfigsRequest request;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = kTopicResource;
    resource.resource_name = "t";
    resource.configs.emplace_back().name = "retention.bytes";
    resource.configs[0].value = std::to_string(1000 + version);
    EXPECT_EQ(client.call<AlterConfigsResponse>(request, version).responses.at(0).error_code,
              kNone);
    EXPECT_EQ(topic("t").config.retention_bytes, 1000 + version);
    EXPECT_EQ(topic("t").config.retention_ms, log::TopicConfig().retention_ms);
    EXPECT_FALSE(topic("t").config.bronze);
  }
}

}  // namespace
}  // namespace foz::kafka
