// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/coordinator_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "kafka/offset_records_internal.h"
#include "kafka/topic_config.h"
#include "store/simulated_disk.h"

namespace foz::kafka {
namespace {

class CoordinatorTest : public testing::Test {
 protected:
  void SetUp() override { start(); }
  void TearDown() override { stop(); }
  bool start() {
    auto opened =
        log::Log::open({.directory = "/log", .journal_bytes = 16 << 20, .min_free_disk_bytes = 0},
                       disk, clock, random, metrics);
    if (!opened.has_value()) return false;
    log = std::move(*opened);
    groups = Coordinator::open(options, *log, clock, metrics, 3).value();
    return groups->make_topic().has_value();
  }
  void stop() {
    if (groups) groups->close();
    log.reset();
    groups.reset();
  }
  log::Topic make_topic(const std::string& name, int32_t partitions = 4) {
    return log->create_topic(name, partitions, {}).value();
  }
  log::TopicPartition offsets_topic() const {
    return {log->find_topic(kOffsetsTopic)->id, log::PartitionId(0)};
  }
  std::vector<Coordinator::NewOffset> new_offsets(const std::string& topic, int32_t partition,
                                                  int64_t offset,
                                                  const std::string& metadata = "") {
    Coordinator::NewOffset made;
    made.topic = topic;
    made.partition = partition;
    made.value.offset = offset;
    made.value.metadata = metadata;
    if (const auto found = log->find_topic(topic)) made.value.topic_id = found->id;
    return {made};
  }
  // Of an administrator, or with `generation` of a member.
  ErrorNumber commit(const std::string& group, const std::string& topic, int32_t partition,
                     int64_t offset, int32_t generation = -1, const std::string& member = "") {
    OffsetCommitRequest request;
    request.group_id = group;
    request.generation_id_or_member_epoch = generation;
    request.member_id = member;
    std::promise<ErrorNumber> done;
    groups->commit(request, new_offsets(topic, partition, offset),
                   [&](ErrorNumber error) { done.set_value(error); });
    return done.get_future().get();
  }
  ErrorNumber remove(const std::string& group) {
    std::promise<ErrorNumber> done;
    groups->remove(group, [&](ErrorNumber error) { done.set_value(error); });
    return done.get_future().get();
  }
  int64_t offset(const std::string& group, const std::string& topic, int32_t partition) const {
    const auto found = groups->offset(group, topic, partition);
    return found ? found->offset : -1;
  }
  // What was appended before is through.
  void flush() {
    const auto topic = log->find_topic("flush");
    const auto id = topic ? topic->id : log->create_topic("flush", 1, {})->id;
    const auto batch = log::build_batch({{.timestamp_ms = 1, .value = "x"}}).value();
    ASSERT_TRUE(log->append_and_wait({{{id, log::PartitionId(0)}, batch}}).has_value());
  }
  // Often enough for what is due, one step after another.
  void tick() {
    for (int i = 0; i < 10; ++i) {
      groups->tick();
      flush();
    }
  }
  // Joins alone and gets "A".
  std::string make_stable(const std::string& group) {
    JoinGroupRequest request;
    request.group_id = group;
    request.session_timeout_ms = 10000;
    request.rebalance_timeout_ms = 10000;
    request.protocol_type = "consumer";
    request.protocols.resize(1);
    request.protocols[0].name = "range";
    request.protocols[0].metadata = "subscription";
    JoinGroupResponse joined;
    groups->join(request, {"c", "/h", 3}, [&](const auto& response) { joined = response; });
    clock.advance_us(100000);
    groups->tick();
    EXPECT_EQ(joined.error_code, kNone);
    EXPECT_EQ(joined.leader, joined.member_id);
    SyncGroupRequest sync;
    sync.group_id = group;
    sync.generation_id = joined.generation_id;
    sync.member_id = joined.member_id;
    sync.assignments.resize(1);
    sync.assignments[0].member_id = joined.member_id;
    sync.assignments[0].assignment = "A";
    std::promise<SyncGroupResponse> synced;
    groups->sync(sync, [&](const auto& response) { synced.set_value(response); });
    EXPECT_EQ(synced.get_future().get().assignment, "A");
    return joined.member_id;
  }
  ErrorNumber heartbeat(const std::string& group, const std::string& member) {
    HeartbeatRequest request;
    request.group_id = group;
    request.generation_id = 1;
    request.member_id = member;
    return groups->heartbeat(request);
  }

  Random random{1};
  ManualClock clock{1'700'000'000'000'000};
  Metrics metrics;
  store::SimulatedDisk disk{random};
  CoordinatorOptions options;
  std::unique_ptr<log::Log> log;
  std::shared_ptr<Coordinator> groups;
};

TEST_F(CoordinatorTest, OffsetsAndGroupsAreBackAfterARestart) {
  make_topic("t");
  const std::string member = make_stable("g");
  EXPECT_EQ(commit("g", "t", 0, 42, 1, member), kNone);
  EXPECT_EQ(commit("g", "t", 0, 43, 1, member), kNone);
  EXPECT_EQ(commit("alone", "t", 3, 7), kNone);
  const auto described = groups->describe("g");
  stop();
  disk.restart();
  ASSERT_TRUE(start());
  EXPECT_EQ(offset("g", "t", 0), 43);
  EXPECT_EQ(offset("g", "t", 1), -1);
  EXPECT_EQ(offset("alone", "t", 3), 7);
  EXPECT_EQ(groups->describe("g"), described);
  EXPECT_EQ(heartbeat("g", member), kNone);
  EXPECT_EQ(commit("g", "t", 0, 44, 1, member), kNone);
  // Its session runs on.
  clock.advance_ms(10000);
  groups->tick();
  EXPECT_EQ(heartbeat("g", member), kUnknownMemberId);
  EXPECT_EQ(groups->describe("g")->group_state, "Empty");
  EXPECT_EQ(offset("g", "t", 0), 44);
}

TEST_F(CoordinatorTest, TheTopicHoldsKafkasRecords) {
  const auto topic = make_topic("t");
  EXPECT_EQ(commit("g", "t", 2, 42), kNone);
  const auto read = log->read(offsets_topic(), log::Offset(0), 1 << 20).value();
  auto reader = log::RecordReader::open(read.slices.at(0).bytes).value();
  log::Record record;
  ASSERT_TRUE(reader.next(record).value());
  const auto parsed = parse_record(record).value();
  const auto& stored = std::get<OffsetRecord>(parsed);
  EXPECT_EQ(stored.key, (OffsetCommitKey{"g", "t", 2}));
  EXPECT_EQ(stored.value->offset, 42);
  EXPECT_EQ(stored.value->topic_id, topic.id);
  EXPECT_EQ(stored.value->commit_timestamp, clock.now_ms());
  const auto config = log->find_topic(kOffsetsTopic)->config;
  EXPECT_FALSE(config.bronze);
  EXPECT_EQ(config.raw.at("cleanup.policy"), "compact");
}

TEST_F(CoordinatorTest, NothingIsTakenBeforeTheTopicIsThere) {
  stop();
  ASSERT_TRUE(disk.remove_all("/log").has_value());
  ASSERT_TRUE(disk.make_directories("/log").has_value());
  log = log::Log::open({.directory = "/log", .journal_bytes = 16 << 20, .min_free_disk_bytes = 0},
                       disk, clock, random, metrics)
            .value();
  groups = Coordinator::open(options, *log, clock, metrics, 3).value();
  make_topic("t");
  EXPECT_FALSE(groups->ready());
  EXPECT_EQ(commit("g", "t", 0, 1), kCoordinatorNotAvailable);
  JoinGroupRequest request;
  request.group_id = "g";
  JoinGroupResponse response;
  groups->join(request, {"c", "/h", 9}, [&](const auto& each) { response = each; });
  EXPECT_EQ(response.error_code, kCoordinatorNotAvailable);
  ASSERT_TRUE(groups->make_topic().has_value());
  EXPECT_EQ(commit("g", "t", 0, 1), kNone);
}

TEST_F(CoordinatorTest, ACommitOfAGenerationNeedsTheGroup) {
  make_topic("t");
  EXPECT_EQ(commit("nowhere", "t", 0, 1, 1, "member"), kIllegalGeneration);
  EXPECT_TRUE(groups->list().empty());
  const std::string member = make_stable("g");
  EXPECT_EQ(commit("g", "t", 0, 1), kUnknownMemberId);
  EXPECT_EQ(commit("g", "t", 0, 1, 2, member), kIllegalGeneration);
  EXPECT_EQ(commit("g", "t", 0, 1, 1, "other"), kUnknownMemberId);
  EXPECT_EQ(commit("", "t", 0, 1), kInvalidGroupId);
  EXPECT_EQ(commit(std::string(256, 'g'), "t", 0, 1), kInvalidGroupId);
  EXPECT_EQ(offset("g", "t", 0), -1);
}

TEST_F(CoordinatorTest, RemovedGroupsStayRemoved) {
  make_topic("t");
  const std::string member = make_stable("busy");
  EXPECT_EQ(commit("busy", "t", 0, 5, 1, member), kNone);
  for (int32_t i = 0; i < 4; ++i) EXPECT_EQ(commit("old", "t", i, 5), kNone);
  EXPECT_EQ(remove("busy"), kNonEmptyGroup);
  EXPECT_EQ(remove("nowhere"), kGroupIdNotFound);
  EXPECT_EQ(remove("old"), kNone);
  EXPECT_EQ(offset("old", "t", 0), -1);
  EXPECT_EQ(groups->describe("old"), std::nullopt);
  LeaveGroupRequest leave;
  leave.group_id = "busy";
  leave.member_id = member;
  EXPECT_EQ(groups->leave(leave, 0).error_code, kNone);
  std::promise<ErrorNumber> removed;
  groups->remove_offsets("busy", {{"t", 0}, {"t", 1}, {"nowhere", 0}},
                         [&](ErrorNumber error) { removed.set_value(error); });
  EXPECT_EQ(removed.get_future().get(), kNone);
  EXPECT_EQ(offset("busy", "t", 0), -1);
  EXPECT_EQ(remove("busy"), kNone);
  flush();
  stop();
  disk.restart();
  ASSERT_TRUE(start());
  EXPECT_TRUE(groups->list().empty());
}

TEST_F(CoordinatorTest, ATopicTakesItsOffsetsAlong) {
  const auto topic = make_topic("t");
  make_topic("other");
  EXPECT_EQ(commit("g", "t", 0, 5), kNone);
  EXPECT_EQ(commit("g", "other", 0, 6), kNone);
  EXPECT_EQ(commit("only", "t", 0, 5), kNone);
  ASSERT_TRUE(log->delete_topic(topic.id).has_value());
  make_topic("t");
  groups->topics_changed();
  clock.advance_ms(1000);
  tick();
  EXPECT_EQ(offset("g", "t", 0), -1);
  EXPECT_EQ(offset("g", "other", 0), 6);
  EXPECT_EQ(groups->describe("only"), std::nullopt);
  EXPECT_EQ(commit("g", "t", 0, 1), kNone);
  stop();
  disk.restart();
  ASSERT_TRUE(start());
  EXPECT_EQ(offset("g", "t", 0), 1);
  EXPECT_EQ(groups->list().size(), 1U);
}

TEST_F(CoordinatorTest, OffsetsOfTopicsThatWentWithTheProcessGoToo) {
  const auto topic = make_topic("t");
  EXPECT_EQ(commit("g", "t", 0, 5), kNone);
  ASSERT_TRUE(log->delete_topic(topic.id).has_value());
  stop();
  disk.restart();
  ASSERT_TRUE(start());
  tick();
  EXPECT_TRUE(groups->list().empty());
}

TEST_F(CoordinatorTest, OffsetsExpireSomeTimeAfterTheGroupIsEmpty) {
  make_topic("t");
  const std::string member = make_stable("g");
  EXPECT_EQ(commit("g", "t", 0, 5, 1, member), kNone);
  EXPECT_EQ(commit("alone", "t", 0, 5), kNone);
  const auto days = [&](int count) {
    clock.advance_ms(int64_t{count} * 24 * 3600 * 1000);
    tick();
  };
  clock.advance_ms(10000);
  tick();
  EXPECT_EQ(groups->describe("g")->group_state, "Empty");
  days(6);
  EXPECT_EQ(commit("alone", "t", 1, 5), kNone);
  EXPECT_EQ(offset("g", "t", 0), 5);
  EXPECT_EQ(offset("alone", "t", 0), 5);
  days(1);
  EXPECT_EQ(groups->describe("g"), std::nullopt);
  EXPECT_EQ(offset("alone", "t", 0), -1);
  EXPECT_EQ(offset("alone", "t", 1), 5);
  days(7);
  EXPECT_TRUE(groups->list().empty());
  stop();
  ASSERT_TRUE(start());
  EXPECT_TRUE(groups->list().empty());
}

TEST_F(CoordinatorTest, OffsetsOfALivingGroupDoNotExpire) {
  make_topic("t");
  const std::string member = make_stable("g");
  EXPECT_EQ(commit("g", "t", 0, 5, 1, member), kNone);
  for (int i = 0; i < 2000; ++i) {
    clock.advance_ms(9000 * 40);  // the timer's thread is late, not the member
    ASSERT_EQ(heartbeat("g", member), kNone);
    groups->tick();
  }
  flush();
  EXPECT_EQ(offset("g", "t", 0), 5);
}

TEST_F(CoordinatorTest, TheTopicHoldsLittleMoreThanWhatCounts) {
  stop();
  options.least_bytes_to_compact = 100000;
  ASSERT_TRUE(start());
  make_topic("t");
  const std::string member = make_stable("g");
  EXPECT_EQ(commit("alone", "t", 1, 7), kNone);
  EXPECT_EQ(commit("gone", "t", 1, 7), kNone);
  EXPECT_EQ(remove("gone"), kNone);
  int64_t records = 0;
  for (int64_t i = 1; i <= 5000; ++i) {
    ASSERT_EQ(commit("g", "t", static_cast<int32_t>(i % 4), i, 1, member), kNone);
    if (i % 1000 != 0) continue;
    EXPECT_EQ(heartbeat("g", member), kNone);
    clock.advance_ms(9999);
    tick();
    EXPECT_EQ(heartbeat("g", member), kNone);
    clock.advance_ms(1);
    tick();
    const auto offsets = log->offsets(offsets_topic()).value();
    records = offsets.durable_end - offsets.visible_start;
    EXPECT_LT(records, 20);
  }
  const auto described = groups->describe("g");
  stop();
  disk.restart();
  ASSERT_TRUE(start());
  EXPECT_EQ(offset("alone", "t", 1), 7);
  for (int32_t i = 0; i < 4; ++i) EXPECT_EQ(offset("g", "t", i), i == 0 ? 5000 : 4996 + i);
  EXPECT_EQ(groups->describe("g"), described);
  EXPECT_EQ(groups->list().size(), 2U);
}

TEST_F(CoordinatorTest, MemoryIsBounded) {
  stop();
  options.max_groups = 10;
  options.max_bytes = 200000;
  ASSERT_TRUE(start());
  make_topic("t", 1000);
  for (int i = 0; i < 10; ++i) EXPECT_EQ(commit("g" + std::to_string(i), "t", 0, 1), kNone);
  EXPECT_EQ(commit("one more", "t", 0, 1), kCoordinatorNotAvailable);
  JoinGroupRequest request;
  request.group_id = "one more";
  JoinGroupResponse response;
  groups->join(request, {"c", "/h", 9}, [&](const auto& each) { response = each; });
  EXPECT_EQ(response.error_code, kCoordinatorNotAvailable);
  EXPECT_EQ(commit("g0", "t", 0, 2), kNone);  // what is there may move on
  EXPECT_EQ(remove("g9"), kNone);
  int32_t partition = 0;
  while (partition < 1000 && commit("g0", "t", partition, 1) == kNone) ++partition;
  EXPECT_GT(partition, 100);
  EXPECT_LT(partition, 1000);
  EXPECT_EQ(commit("g0", "t", 0, 3), kNone);
  EXPECT_EQ(groups->list().size(), 9U);
}

TEST_F(CoordinatorTest, MetricsTellWhatThereIs) {
  make_topic("t");
  const std::string member = make_stable("g");
  EXPECT_EQ(commit("g", "t", 0, 5, 1, member), kNone);
  EXPECT_EQ(commit("alone", "t", 0, 5), kNone);
  const auto state = [&](const char* name) {
    return metrics.gauge("foz_kafka_groups", "", {{"state", name}}).value();
  };
  EXPECT_EQ(state("Stable"), 1);
  EXPECT_EQ(state("Empty"), 1);
  EXPECT_EQ(metrics.gauge("foz_kafka_group_members", "").value(), 1);
  EXPECT_EQ(metrics.counter("foz_kafka_group_rebalances_total", "").value(), 1);
  EXPECT_EQ(metrics.counter("foz_kafka_offset_commits_total", "").value(), 2);
  EXPECT_EQ(remove("alone"), kNone);
  flush();
  EXPECT_EQ(state("Empty"), 0);
}

TEST_F(CoordinatorTest, TimersRunOnAThreadOfTheirOwn) {
  SystemClock real;
  auto timed = Coordinator::open(options, *log, real, metrics, 3).value();
  std::jthread thread([&](const std::stop_token& stop) { timed->run(stop); });
  JoinGroupRequest request;
  request.group_id = "g";
  request.session_timeout_ms = 10000;
  request.protocol_type = "connect";
  request.protocols.resize(1);
  std::promise<JoinGroupResponse> joined;
  timed->join(request, {"c", "/h", 3}, [&](const auto& response) { joined.set_value(response); });
  EXPECT_EQ(joined.get_future().get().generation_id, 1);
  thread.request_stop();
  thread.join();
  timed->close();
}

// A machine that loses power at any write: what was acknowledged is there, and of each key no value
// that is older than the last one acknowledged.
class Crashes : public CoordinatorTest, public testing::WithParamInterface<uint64_t> {};

TEST_P(Crashes, KeepWhatWasAcknowledged) {
  Random chance(GetParam());
  stop();
  options.least_bytes_to_compact = 2000;
  ASSERT_TRUE(start());
  make_topic("t");
  using Key = std::pair<std::string, int32_t>;
  std::map<Key, int64_t> acknowledged;
  std::map<Key, int64_t> sent;
  int64_t next = 0;
  for (int round = 0; round < 5; ++round) {
    disk.crash_after(static_cast<int64_t>(1 + chance.below(60)));
    std::vector<std::pair<Key, std::future<ErrorNumber>>> replies;
    std::map<Key, std::vector<int64_t>> order;
    for (int i = 0; i < 200; ++i) {
      const Key key{"g" + std::to_string(chance.below(3)), static_cast<int32_t>(chance.below(4))};
      OffsetCommitRequest request;
      request.group_id = key.first;
      auto done = std::make_shared<std::promise<ErrorNumber>>();
      sent[key] = ++next;
      order[key].push_back(next);
      replies.emplace_back(key, done->get_future());
      groups->commit(request, new_offsets("t", key.second, next),
                     [done](ErrorNumber error) { done->set_value(error); });
      if (chance.chance(1, 10)) replies.back().second.wait();
      if (chance.chance(1, 20)) {
        clock.advance_ms(10000);
        groups->tick();
      }
    }
    std::map<Key, size_t> answered;
    for (auto& [key, reply] : replies) {
      const int64_t value = order[key][answered[key]++];
      if (reply.get() == kNone) acknowledged[key] = value;
    }
    stop();
    disk.restart();
    ASSERT_TRUE(start());
    for (const auto& [key, value] : sent) {
      const int64_t found = offset(key.first, "t", key.second);
      const auto least = acknowledged.find(key);
      if (least != acknowledged.end()) {
        EXPECT_GE(found, least->second);
      }
      EXPECT_LE(found, value);
      if (found >= 0) acknowledged[key] = found;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Crashes, testing::Range<uint64_t>(1, 21));

}  // namespace
}  // namespace foz::kafka
