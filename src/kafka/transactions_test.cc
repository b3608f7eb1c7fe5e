// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Transactions as they come over a connection, across restarts and crashes. FOZ_SEED=n runs one
// seed of the random ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/logging.h"
#include "kafka/errors_internal.h"
#include "kafka/test_client.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class Producer {
 public:
  explicit Producer(std::string name) : id(std::move(name)) {}

  int16_t init(TestClient& client, int16_t version = 4, bool recover = false) {
    InitProducerIdRequest request;
    request.transactional_id = id;
    request.transaction_timeout_ms = 60000;
    if (recover) {
      request.producer_id = identity.id;
      request.producer_epoch = identity.epoch;
    }
    const auto response = client.call<InitProducerIdResponse>(request, version);
    if (response.error_code == kNone) {
      identity = {response.producer_id, response.producer_epoch};
      sequences.clear();
    }
    return response.error_code;
  }
  int16_t add(TestClient& client, const std::string& topic, int32_t partition,
              int16_t version = 3) const {
    AddPartitionsToTxnRequest request;
    request.v3_and_below_transactional_id = id;
    request.v3_and_below_producer_id = identity.id;
    request.v3_and_below_producer_epoch = identity.epoch;
    request.v3_and_below_topics.resize(1);
    request.v3_and_below_topics[0].name = topic;
    request.v3_and_below_topics[0].partitions = {partition};
    const auto response = client.call<AddPartitionsToTxnResponse>(request, version);
    return response.results_by_topic_v3_and_below.at(0)
        .results_by_partition.at(0)
        .partition_error_code;
  }
  int16_t produce(TestClient& client, const std::string& topic, int32_t partition,
                  const std::string& value) {
    int32_t& sequence = sequences[{topic, partition}];
    const auto batch = log::build_batch({{.timestamp_ms = 1000, .value = value}},
                                        {.producer_id = identity.id,
                                         .producer_epoch = identity.epoch,
                                         .base_sequence = sequence,
                                         .extra_attributes = 16})
                           .value();
    const int16_t error = produce_batch(client, topic, partition, batch, id);
    if (error == kNone) ++sequence;
    return error;
  }
  static int16_t produce_batch(TestClient& client, const std::string& topic, int32_t partition,
                               const std::string& batch, std::optional<std::string> id) {
    ProduceRequest request;
    request.transactional_id = std::move(id);
    request.acks = -1;
    request.topic_data.resize(1);
    request.topic_data[0].name = topic;
    request.topic_data[0].partition_data.resize(1);
    request.topic_data[0].partition_data[0].index = partition;
    request.topic_data[0].partition_data[0].records.pieces = {{nullptr, as_bytes(batch)}};
    const auto response = client.call<ProduceResponse>(request, 9);
    return response.responses.at(0).partition_responses.at(0).error_code;
  }
  int16_t add_offsets(TestClient& client, const std::string& group, int16_t version = 3) const {
    AddOffsetsToTxnRequest request;
    request.transactional_id = id;
    request.producer_id = identity.id;
    request.producer_epoch = identity.epoch;
    request.group_id = group;
    return client.call<AddOffsetsToTxnResponse>(request, version).error_code;
  }
  int16_t commit_offset(TestClient& client, const std::string& group, const std::string& topic,
                        int64_t offset, int16_t version = 3) const {
    TxnOffsetCommitRequest request;
    request.transactional_id = id;
    request.producer_id = identity.id;
    request.producer_epoch = identity.epoch;
    request.group_id = group;
    request.topics.resize(1);
    request.topics[0].name = topic;
    request.topics[0].partitions.resize(1);
    request.topics[0].partitions[0].committed_offset = offset;
    return client.call<TxnOffsetCommitResponse>(request, version)
        .topics.at(0)
        .partitions.at(0)
        .error_code;
  }
  int16_t end(TestClient& client, bool commit, int16_t version = 3) const {
    EndTxnRequest request;
    request.transactional_id = id;
    request.producer_id = identity.id;
    request.producer_epoch = identity.epoch;
    request.committed = commit;
    return client.call<EndTxnResponse>(request, version).error_code;
  }

  std::string id;
  ProducerIdentity identity;
  std::map<std::pair<std::string, int32_t>, int32_t> sequences;
};

struct Fetched {
  std::vector<std::string> values;  // without those of aborted transactions, as a client shows them
  int64_t last_stable = -1;
  int64_t high_watermark = -1;
};

// Reads one answer as Kafka's consumer does: an entry of the list holds from its first offset to
// the producer's marker. True when there was something.
bool take(const FetchResponse& response, int64_t& next, Fetched& fetched) {
  const auto& got = response.responses.at(0).partitions.at(0);
  fetched.last_stable = got.last_stable_offset;
  fetched.high_watermark = got.high_watermark;
  std::multimap<int64_t, int64_t> aborted;
  if (got.aborted_transactions) {
    for (const auto& each : *got.aborted_transactions) {
      aborted.emplace(each.producer_id, each.first_offset);
    }
  }
  for (const Piece& piece : got.records.pieces) {
    for (Bytes rest = piece.bytes; !rest.empty();) {
      auto reader = log::RecordReader::open(rest).value();
      const log::BatchHeader header = reader.header();
      const auto begun = aborted.lower_bound(header.producer_id);
      const bool within = begun != aborted.end() && begun->first == header.producer_id &&
                          begun->second <= header.base_offset.value();
      if (header.control()) {
        EXPECT_TRUE(log::parse_marker(rest).has_value());
        if (within) aborted.erase(begun);
      } else if (!within) {
        log::Record record;
        while (reader.next(record).value()) fetched.values.emplace_back(as_text(*record.value));
      }
      next = header.next_offset().value();
      rest = rest.subspan(header.size());
    }
  }
  return got.records.size() > 0;
}

Fetched fetch(TestClient& client, const std::string& topic, int32_t partition, int8_t isolation) {
  FetchRequest request;
  request.isolation_level = isolation;
  request.max_bytes = 1 << 20;
  request.topics.resize(1);
  request.topics[0].topic = topic;
  request.topics[0].partitions.resize(1);
  request.topics[0].partitions[0].partition = partition;
  request.topics[0].partitions[0].partition_max_bytes = 1 << 20;
  Fetched fetched;
  bool more = true;
  while (more) {
    CHECK(client.feed(client.frame(request, 11)).has_value());
    const std::string reply = client.next_reply();  // holds the records
    const auto response = client.read<FetchResponse>(reply, 11);
    EXPECT_EQ(response.responses.at(0).partitions.at(0).aborted_transactions.has_value(),
              isolation == 1);
    more = take(response, request.topics[0].partitions[0].fetch_offset, fetched);
  }
  return fetched;
}

int64_t latest(TestClient& client, const std::string& topic, int8_t isolation, int64_t time = -1) {
  ListOffsetsRequest request;
  request.isolation_level = isolation;
  request.topics.resize(1);
  request.topics[0].name = topic;
  request.topics[0].partitions.resize(1);
  request.topics[0].partitions[0].timestamp = time;
  return client.call<ListOffsetsResponse>(request, 7).topics.at(0).partitions.at(0).offset;
}

std::pair<int64_t, int16_t> committed_offset(TestClient& client, const std::string& group,
                                             const std::string& topic, bool stable) {
  OffsetFetchRequest request;
  request.require_stable = stable;
  request.groups.resize(1);
  request.groups[0].group_id = group;
  request.groups[0].topics.emplace(1);
  (*request.groups[0].topics)[0].name = topic;
  (*request.groups[0].topics)[0].partition_indexes = {0};
  const auto response = client.call<OffsetFetchResponse>(request, 8);
  const auto& partition = response.groups.at(0).topics.at(0).partitions.at(0);
  return {partition.committed_offset, partition.error_code};
}

class TransactionsTest : public testing::Test {
 protected:
  TransactionsTest() {
    CHECK(broker.log->create_topic("t", 2, {}).has_value());
    CHECK(broker.groups->make_topic().has_value());
    CHECK(broker.transactions->make_topic().has_value());
    client = std::make_unique<TestClient>(broker);
  }
  void restart() {
    client.reset();
    broker.stop();
    CHECK(broker.start().has_value());
    client = std::make_unique<TestClient>(broker);
  }
  std::vector<std::string> seen(int8_t isolation = 1, int32_t partition = 0) {
    return fetch(*client, "t", partition, isolation).values;
  }
  // Begun, with one record.
  Producer open(const std::string& id, const std::string& value) {
    Producer producer(id);
    EXPECT_EQ(producer.init(*client), kNone);
    EXPECT_EQ(producer.add(*client, "t", 0), kNone);
    EXPECT_EQ(producer.produce(*client, "t", 0, value), kNone);
    return producer;
  }
  TestBroker broker;
  std::unique_ptr<TestClient> client;
};

TEST(FirstTransaction, MakesTheTopic) {
  TestBroker broker;
  TestClient client(broker);
  Producer early("mine");
  EXPECT_EQ(early.init(client), kCoordinatorNotAvailable);
  FindCoordinatorRequest request;
  request.key_type = 1;
  request.key = "mine";
  EXPECT_EQ(client.call<FindCoordinatorResponse>(request, 2).error_code, kNone);
  EXPECT_TRUE(broker.log->find_topic(kTransactionsTopic));
  EXPECT_EQ(early.init(client), kNone);
}

TEST_F(TransactionsTest, RecordsAndOffsetsAreCommittedInEveryVersion) {
  Producer producer("mine");
  for (int16_t version = 0; version <= 3; ++version) {
    const std::string value = "v" + std::to_string(version);
    EXPECT_EQ(producer.init(*client, version), kNone);
    EXPECT_EQ(producer.add(*client, "t", 0, version), kNone);
    EXPECT_EQ(producer.produce(*client, "t", 0, value), kNone);
    EXPECT_EQ(producer.add_offsets(*client, "g", version), kNone);
    EXPECT_EQ(producer.commit_offset(*client, "g", "t", 100 + version, version), kNone);
    const int64_t before = 2 * version;
    EXPECT_EQ(fetch(*client, "t", 0, 1).last_stable, before);
    EXPECT_EQ(latest(*client, "t", 1), before);
    EXPECT_EQ(latest(*client, "t", 0), before + 1);
    EXPECT_EQ(seen(1).size(), static_cast<size_t>(version));
    EXPECT_EQ(seen(0).size(), static_cast<size_t>(version) + 1);
    EXPECT_EQ(committed_offset(*client, "g", "t", true).second, kUnstableOffsetCommit);
    EXPECT_EQ(committed_offset(*client, "g", "t", false).first, version == 0 ? -1 : 99 + version);
    EXPECT_EQ(producer.end(*client, true, version), kNone);
    EXPECT_EQ(seen(1).back(), value);
    EXPECT_EQ(fetch(*client, "t", 0, 1).last_stable, before + 2);
    EXPECT_EQ(committed_offset(*client, "g", "t", true),
              std::pair(int64_t{100} + version, int16_t{kNone}));
    EXPECT_EQ(producer.end(*client, true, version), kNone) << "asked again";
  }
}

TEST_F(TransactionsTest, AbortedRecordsAndOffsetsAreNone) {
  Producer a = open("a", "a1");
  Producer b = open("b", "b1");
  EXPECT_EQ(a.add_offsets(*client, "g"), kNone);
  EXPECT_EQ(a.commit_offset(*client, "g", "t", 5), kNone);
  EXPECT_EQ(a.end(*client, false), kNone);
  EXPECT_THAT(seen(), IsEmpty()) << "the other is open still";
  EXPECT_EQ(b.end(*client, true), kNone);
  EXPECT_THAT(seen(), ElementsAre("b1"));
  EXPECT_THAT(seen(0), ElementsAre("a1", "b1"));
  EXPECT_EQ(committed_offset(*client, "g", "t", true).first, -1);
  EXPECT_EQ(a.end(*client, true), kInvalidTxnState);
  EXPECT_EQ(a.end(*client, false), kNone) << "asked again";
  // The same producer goes on.
  EXPECT_EQ(a.add(*client, "t", 0), kNone);
  EXPECT_EQ(a.produce(*client, "t", 0, "a2"), kNone);
  EXPECT_EQ(latest(*client, "t", 1, 1000), 0) << "by time: the first, whatever became of it";
  EXPECT_EQ(a.end(*client, true), kNone);
  EXPECT_THAT(seen(), ElementsAre("b1", "a2"));
}

TEST_F(TransactionsTest, ProducingNeedsThePartitionInAnOpenTransaction) {
  Producer producer("mine");
  ASSERT_EQ(producer.init(*client), kNone);
  EXPECT_EQ(producer.produce(*client, "t", 0, "early"), kInvalidTxnState);
  EXPECT_EQ(producer.add(*client, "t", 1), kNone);
  EXPECT_EQ(producer.produce(*client, "t", 0, "elsewhere"), kInvalidTxnState);
  EXPECT_EQ(producer.produce(*client, "t", 1, "good"), kNone);
  const auto batch = [&](int64_t id, int16_t epoch) {
    return log::build_batch({{.timestamp_ms = 1000, .value = "x"}}, {.producer_id = id,
                                                                     .producer_epoch = epoch,
                                                                     .base_sequence = 1,
                                                                     .extra_attributes = 16})
        .value();
  };
  const auto [id, epoch] = producer.identity;
  const auto put = [&](const std::string& bytes, std::optional<std::string> named) {
    return Producer::produce_batch(*client, "t", 1, bytes, std::move(named));
  };
  EXPECT_EQ(put(batch(id, epoch), std::nullopt), kInvalidTxnState);
  EXPECT_EQ(put(batch(id, epoch), "other"), kInvalidProducerIdMapping);
  EXPECT_EQ(put(batch(id + 1, epoch), "mine"), kInvalidProducerIdMapping);
  EXPECT_EQ(put(batch(id, 9), "mine"), kInvalidProducerEpoch);
  EXPECT_EQ(put(batch(-1, -1), "mine"), kInvalidRecord);
  EXPECT_EQ(put(log::build_marker(id, epoch, true, 1), "mine"), kInvalidRecord);
  EXPECT_EQ(producer.end(*client, true), kNone);
  EXPECT_EQ(producer.produce(*client, "t", 1, "late"), kInvalidTxnState);
  EXPECT_THAT(seen(1, 1), ElementsAre("good"));
}

TEST_F(TransactionsTest, ASecondProducerFencesTheFirst) {
  Producer first = open("mine", "lost");
  Producer second("mine");
  EXPECT_EQ(second.init(*client), kNone);
  EXPECT_EQ(second.identity.id, first.identity.id);
  EXPECT_EQ(second.identity.epoch, first.identity.epoch + 1);
  EXPECT_EQ(fetch(*client, "t", 0, 1).last_stable, 2) << "its transaction was aborted";
  EXPECT_EQ(first.produce(*client, "t", 0, "zombie"), kInvalidProducerEpoch);
  EXPECT_EQ(first.add(*client, "t", 0, 3), kProducerFenced);
  EXPECT_EQ(first.add(*client, "t", 0, 1), kInvalidProducerEpoch);
  EXPECT_EQ(first.end(*client, true, 3), kProducerFenced);
  EXPECT_EQ(first.end(*client, true, 1), kInvalidProducerEpoch);
  EXPECT_EQ(first.add_offsets(*client, "g"), kProducerFenced);
  EXPECT_EQ(first.commit_offset(*client, "g", "t", 1), kInvalidProducerEpoch);
  EXPECT_EQ(first.init(*client, 4, true), kProducerFenced);
  EXPECT_EQ(second.add(*client, "t", 0), kNone);
  EXPECT_EQ(second.produce(*client, "t", 0, "mine"), kNone);
  EXPECT_EQ(second.end(*client, true), kNone);
  EXPECT_THAT(seen(), ElementsAre("mine"));
}

TEST_F(TransactionsTest, AProducerRecoversWithItsOwnEpoch) {
  Producer producer = open("mine", "lost");
  const ProducerIdentity before = producer.identity;
  EXPECT_EQ(producer.init(*client, 4, true), kNone);
  EXPECT_EQ(producer.identity,
            (ProducerIdentity{before.id, static_cast<int16_t>(before.epoch + 1)}));
  // The answer was lost: the same one again.
  producer.identity = before;
  EXPECT_EQ(producer.init(*client, 4, true), kNone);
  EXPECT_EQ(producer.identity.epoch, before.epoch + 1);
  EXPECT_THAT(seen(), IsEmpty());
}

TEST_F(TransactionsTest, WhatTakesTooLongIsAbortedAndFenced) {
  Producer producer = open("mine", "lost");
  broker.clock.advance_ms(59999);
  broker.transactions->tick();
  EXPECT_EQ(fetch(*client, "t", 0, 1).last_stable, 0);
  broker.clock.advance_ms(1);
  broker.transactions->tick();
  CHECK(broker.log->append_and_wait({}).has_value());  // behind it
  EXPECT_EQ(fetch(*client, "t", 0, 1).last_stable, 2);
  EXPECT_EQ(producer.produce(*client, "t", 0, "late"), kInvalidProducerEpoch);
  EXPECT_EQ(producer.end(*client, true), kProducerFenced);
  EXPECT_EQ(producer.init(*client), kNone);
  EXPECT_THAT(seen(), IsEmpty());
}

TEST_F(TransactionsTest, EpochsThatAreUsedUpBeginWithAnotherId) {
  Producer producer("mine");
  ASSERT_EQ(producer.init(*client), kNone);
  const int64_t id = producer.identity.id;
  // As if it had been begun so many times.
  TransactionLogValue value;
  value.producer_id = id;
  value.producer_epoch = INT16_MAX - 2;
  value.transaction_partitions.emplace();
  std::vector<log::AppendPart> parts;
  parts.push_back({{broker.log->find_topic(kTransactionsTopic)->id, log::PartitionId(0)},
                   log::build_batch({{.timestamp_ms = 1000,
                                      .key = transaction_key("mine"),
                                      .value = transaction_value(value)}})
                       .value()});
  ASSERT_TRUE(broker.log->append_and_wait(std::move(parts)).has_value());
  restart();
  ASSERT_EQ(producer.init(*client), kNone);
  EXPECT_EQ(producer.identity, (ProducerIdentity{id, INT16_MAX - 1}));
  ASSERT_EQ(producer.add(*client, "t", 0), kNone);
  ASSERT_EQ(producer.produce(*client, "t", 0, "lost"), kNone);
  EXPECT_EQ(producer.init(*client), kNone);
  EXPECT_NE(producer.identity.id, id);
  EXPECT_EQ(producer.identity.epoch, 0);
  EXPECT_EQ(fetch(*client, "t", 0, 1).last_stable, 2);
}

TEST_F(TransactionsTest, WhatCannotBeIsRefused) {
  InitProducerIdRequest init;
  init.transactional_id = "";
  init.transaction_timeout_ms = 1000;
  EXPECT_EQ(client->call<InitProducerIdResponse>(init, 4).error_code, kInvalidRequest);
  init.transactional_id = "mine";
  init.transaction_timeout_ms = 900001;
  EXPECT_EQ(client->call<InitProducerIdResponse>(init, 4).error_code, kInvalidTransactionTimeout);
  init.transaction_timeout_ms = 0;
  EXPECT_EQ(client->call<InitProducerIdResponse>(init, 4).error_code, kInvalidTransactionTimeout);
  Producer nobody("nobody");
  EXPECT_EQ(nobody.add(*client, "t", 0), kInvalidProducerIdMapping);
  EXPECT_EQ(nobody.end(*client, true), kInvalidProducerIdMapping);
  Producer producer("mine");
  ASSERT_EQ(producer.init(*client), kNone);
  EXPECT_EQ(producer.end(*client, true), kInvalidTxnState);
  EXPECT_EQ(producer.add(*client, "nowhere", 0), kUnknownTopicOrPartition);
  EXPECT_EQ(producer.add(*client, "t", 2), kUnknownTopicOrPartition);
  EXPECT_EQ(producer.add(*client, std::string(kOffsetsTopic), 0), kInvalidTopic);
  EXPECT_EQ(producer.add_offsets(*client, ""), kInvalidGroupId);
  EXPECT_EQ(producer.add(*client, "t", 0), kNone);
  EXPECT_EQ(producer.commit_offset(*client, "g", "t", 1), kInvalidTxnState);
  AddPartitionsToTxnRequest both;
  both.v3_and_below_transactional_id = "mine";
  both.v3_and_below_producer_id = producer.identity.id;
  both.v3_and_below_topics.resize(1);
  both.v3_and_below_topics[0].name = "t";
  both.v3_and_below_topics[0].partitions = {1, 7};
  const auto answers = client->call<AddPartitionsToTxnResponse>(both, 3);
  const auto& partitions = answers.results_by_topic_v3_and_below.at(0).results_by_partition;
  EXPECT_EQ(partitions[0].partition_error_code, kOperationNotAttempted);
  EXPECT_EQ(partitions[1].partition_error_code, kUnknownTopicOrPartition);
}

TEST_F(TransactionsTest, AMemberOfAnotherGenerationCommitsNothing) {
  Producer producer = open("mine", "x");
  ASSERT_EQ(producer.add_offsets(*client, "g"), kNone);
  TxnOffsetCommitRequest request;
  request.transactional_id = "mine";
  request.producer_id = producer.identity.id;
  request.producer_epoch = producer.identity.epoch;
  request.group_id = "g";
  request.generation_id_or_member_epoch = 3;
  request.member_id = "somebody";
  request.topics.resize(1);
  request.topics[0].name = "t";
  request.topics[0].partitions.resize(1);
  const auto response = client->call<TxnOffsetCommitResponse>(request, 3);
  EXPECT_EQ(response.topics.at(0).partitions.at(0).error_code, kIllegalGeneration);
}

TEST_F(TransactionsTest, OpenTransactionsSurviveARestart) {
  Producer a = open("a", "a1");
  Producer b = open("b", "b1");
  ASSERT_EQ(a.add_offsets(*client, "g"), kNone);
  ASSERT_EQ(a.commit_offset(*client, "g", "t", 7), kNone);
  ASSERT_EQ(a.add(*client, "t", 1), kNone);
  ASSERT_EQ(b.end(*client, false), kNone);
  restart();
  EXPECT_EQ(committed_offset(*client, "g", "t", true).second, kUnstableOffsetCommit);
  EXPECT_EQ(a.produce(*client, "t", 1, "a2"), kNone);
  EXPECT_EQ(a.end(*client, true), kNone);
  EXPECT_THAT(seen(1, 0), ElementsAre("a1"));
  EXPECT_THAT(seen(1, 1), ElementsAre("a2"));
  EXPECT_EQ(committed_offset(*client, "g", "t", true).first, 7);
  restart();
  EXPECT_EQ(a.end(*client, true), kNone) << "asked again";
  EXPECT_EQ(b.end(*client, true), kInvalidTxnState);
  EXPECT_EQ(committed_offset(*client, "g", "t", true).first, 7);
  Producer next("a");
  EXPECT_EQ(next.init(*client), kNone);
  EXPECT_EQ(next.identity.epoch, a.identity.epoch + 1);
}

TEST_F(TransactionsTest, ADeletedTopicDoesNotHoldItsTransaction) {
  ASSERT_TRUE(broker.log->create_topic("gone", 1, {}).has_value());
  Producer producer = open("mine", "x");
  ASSERT_EQ(producer.add(*client, "gone", 0), kNone);
  ASSERT_EQ(producer.produce(*client, "gone", 0, "y"), kNone);
  ASSERT_TRUE(broker.log->delete_topic(broker.log->find_topic("gone")->id).has_value());
  EXPECT_EQ(producer.end(*client, true), kNone);
  EXPECT_THAT(seen(), ElementsAre("x"));
}

TEST_F(TransactionsTest, TheTopicStaysShort) {
  broker.transaction_options.least_bytes_to_compact = 20000;
  restart();
  Producer waiting = open("waiting", "w");
  ASSERT_EQ(waiting.add_offsets(*client, "g"), kNone);
  ASSERT_EQ(waiting.commit_offset(*client, "g", "t", 9), kNone);
  Producer busy("busy");
  ASSERT_EQ(busy.init(*client), kNone);
  int64_t longest = 0;
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(busy.add(*client, "t", 1), kNone);
    ASSERT_EQ(busy.end(*client, i % 2 == 0), kNone);
    broker.transactions->tick();
    CHECK(broker.log->append_and_wait({}).has_value());
    const auto offsets =
        broker.log->offsets({broker.log->find_topic(kTransactionsTopic)->id, log::PartitionId(0)});
    longest = std::max(longest, offsets->durable_end - offsets->visible_start);
  }
  EXPECT_LT(longest, 300);
  EXPECT_GT(longest, 50);
  restart();
  EXPECT_EQ(waiting.end(*client, true), kNone);
  EXPECT_THAT(seen(), ElementsAre("w"));
  EXPECT_EQ(committed_offset(*client, "g", "t", true).first, 9);
  EXPECT_EQ(busy.end(*client, false), kNone) << "its last one was aborted";
}

TEST_F(TransactionsTest, IdsThatNobodyUsesAreForgotten) {
  Producer producer = open("mine", "x");
  ASSERT_EQ(producer.end(*client, true), kNone);
  broker.clock.advance_ms(8LL * 24 * 3600 * 1000);
  broker.transactions->tick();
  CHECK(broker.log->append_and_wait({}).has_value());
  EXPECT_FALSE(broker.transactions->describe("mine"));
  EXPECT_EQ(producer.add(*client, "t", 0), kInvalidProducerIdMapping);
  restart();
  EXPECT_FALSE(broker.transactions->describe("mine"));
  const int64_t before = producer.identity.id;
  EXPECT_EQ(producer.init(*client), kNone);
  EXPECT_NE(producer.identity.id, before);
}

TEST_F(TransactionsTest, ALostTopicIsMadeAgain) {
  Producer producer = open("mine", "x");
  ASSERT_EQ(producer.add_offsets(*client, "g"), kNone);
  ASSERT_EQ(producer.commit_offset(*client, "g", "t", 3), kNone);
  for (const auto name : {kTransactionsTopic, kOffsetsTopic}) {
    ASSERT_TRUE(broker.log->delete_topic(broker.log->find_topic(name)->id).has_value());
  }
  broker.groups->topics_changed();
  broker.transactions->topics_changed();
  EXPECT_EQ(producer.end(*client, true), kCoordinatorNotAvailable);
  FindCoordinatorRequest request;
  request.key = "g";
  EXPECT_EQ(client->call<FindCoordinatorResponse>(request, 2).error_code, kNone);
  request.key_type = 1;
  request.key = "mine";
  EXPECT_EQ(client->call<FindCoordinatorResponse>(request, 2).error_code, kNone);
  for (int i = 0; i < 5; ++i) {
    broker.transactions->tick();
    broker.groups->tick();
    CHECK(broker.log->append_and_wait({}).has_value());
  }
  restart();
  EXPECT_EQ(producer.end(*client, true), kNone);
  EXPECT_EQ(committed_offset(*client, "g", "t", true).first, 3);
}

TEST_F(TransactionsTest, AdministratorsSeeThem) {
  Producer producer = open("mine", "x");
  Producer idle("idle");
  ASSERT_EQ(idle.init(*client), kNone);
  DescribeTransactionsRequest describe;
  describe.transactional_ids = {"mine", "nobody"};
  const auto described = client->call<DescribeTransactionsResponse>(describe, 0).transaction_states;
  ASSERT_EQ(described.size(), 2U);
  EXPECT_EQ(described[0].transaction_state, "Ongoing");
  EXPECT_EQ(described[0].producer_id, producer.identity.id);
  EXPECT_EQ(described[0].topics.at(0).topic, "t");
  EXPECT_EQ(described[1].error_code, kTransactionalIdNotFound);
  const auto list = [&](const std::vector<std::string>& states) {
    ListTransactionsRequest request;
    request.state_filters = states;
    std::vector<std::string> ids;
    for (const auto& each : client->call<ListTransactionsResponse>(request, 1).transaction_states) {
      ids.push_back(each.transactional_id);
    }
    return ids;
  };
  EXPECT_THAT(list({}), UnorderedElementsAre("mine", "idle"));
  EXPECT_THAT(list({"Ongoing"}), ElementsAre("mine"));
  EXPECT_THAT(list({"Sleeping"}), IsEmpty());
}

// --- random transactions of several producers against a plain model, with restarts between and a
// crash at the end

class RandomLife {
 public:
  explicit RandomLife(uint64_t seed) : broker_(seed), random_(seed) {
    CHECK(broker_.log->create_topic("t", 3, {}).has_value());
    CHECK(broker_.groups->make_topic().has_value());
    CHECK(broker_.transactions->make_topic().has_value());
    client_ = std::make_unique<TestClient>(broker_);
    for (int i = 0; i < 4; ++i) {
      all_.emplace_back("id" + std::to_string(i));
      CHECK(all_.back().producer.init(*client_) == kNone);
    }
  }
  void run() {
    for (int step = 0; step < 300 && !testing::Test::HasFatalFailure(); ++step) {
      Running& one = all_[random_.below(all_.size())];
      switch (random_.below(12)) {
        case 0: restart(); break;
        case 1: begin(one); break;
        case 2: commit_offset(one); break;
        case 3:
        case 4:
        case 5: end(one); break;
        default: produce(one);
      }
    }
    for (Running& one : all_) begin(one);  // aborts what is open
  }
  void verify() {
    for (int32_t partition = 0; partition < 3; ++partition) {
      const Fetched found = fetch(*client_, "t", partition, 1);
      EXPECT_EQ(found.last_stable, found.high_watermark);
      EXPECT_EQ(std::set(found.values.begin(), found.values.end()), committed_[partition]);
      EXPECT_EQ(found.values.size(), committed_[partition].size());
    }
    EXPECT_EQ(committed_offset(*client_, "g", "t", true).first, offset_);
  }

 private:
  struct Running {
    explicit Running(std::string id) : producer(std::move(id)) {}
    void clear() { open = false, values.clear(), added.clear(), offset = -1; }
    Producer producer;
    bool open = false;
    std::map<int32_t, std::vector<std::string>> values;
    std::set<int32_t> added;
    int64_t offset = -1;
  };

  void restart() {
    client_.reset();
    if (random_.chance(1, 2)) broker_.disk.crash_after(1);
    broker_.stop();
    broker_.disk.restart();
    broker_.disk.crash_after(0);
    ASSERT_TRUE(broker_.start().has_value());
    client_ = std::make_unique<TestClient>(broker_);
  }
  void begin(Running& one) {
    ASSERT_EQ(one.producer.init(*client_), kNone);
    one.clear();
  }
  void commit_offset(Running& one) {
    ASSERT_EQ(one.producer.add_offsets(*client_, "g"), kNone);
    one.open = true;
    one.offset = ++counter_;
    ASSERT_EQ(one.producer.commit_offset(*client_, "g", "t", one.offset), kNone);
  }
  void produce(Running& one) {
    const auto partition = static_cast<int32_t>(random_.below(3));
    if (one.added.insert(partition).second) {
      ASSERT_EQ(one.producer.add(*client_, "t", partition), kNone);
    }
    one.open = true;
    const std::string value = "v" + std::to_string(++counter_);
    ASSERT_EQ(one.producer.produce(*client_, "t", partition, value), kNone);
    one.values[partition].push_back(value);
  }
  void end(Running& one) {
    const bool commit = random_.chance(2, 3);
    const int16_t error = one.producer.end(*client_, commit);
    if (!one.open) return;  // asked again, or in no state to end
    ASSERT_EQ(error, kNone);
    if (commit) {
      for (auto& [at, values] : one.values) committed_[at].insert(values.begin(), values.end());
      if (one.offset >= 0) offset_ = one.offset;
    }
    one.clear();
    ASSERT_EQ(one.producer.end(*client_, !commit), kInvalidTxnState);
  }

  TestBroker broker_;
  Random random_;
  std::unique_ptr<TestClient> client_;
  std::vector<Running> all_;
  std::map<int32_t, std::set<std::string>> committed_;  // by partition
  int64_t offset_ = -1;                                 // of the group
  int counter_ = 0;
};

void run_random(uint64_t seed) {
  SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed));
  RandomLife life(seed);
  life.run();
  life.verify();
}

TEST(RandomTransactions, AreSeenAsAPlainModelSays) {
  set_log_format(LogLevel{99}, false);
  if (const char* one = std::getenv("FOZ_SEED")) return run_random(std::strtoull(one, nullptr, 10));
  for (uint64_t seed = 1; seed <= 10; ++seed) run_random(seed);
}

}  // namespace
}  // namespace foz::kafka
