// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Group requests as they come over a connection, in every version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "kafka/errors_internal.h"
#include "kafka/test_client.h"

namespace foz::kafka {
namespace {

class GroupApisTest : public testing::Test {
 protected:
  GroupApisTest() {
    CHECK(broker.log->create_topic("t", 4, {}).has_value());
    CHECK(broker.groups->make_topic().has_value());
  }
  JoinGroupRequest join_request(const std::string& group, const std::string& member = "") {
    JoinGroupRequest request;
    request.group_id = group;
    request.member_id = member;
    request.session_timeout_ms = 10000;
    request.rebalance_timeout_ms = 20000;
    request.protocol_type = "sr";
    request.protocols.resize(1);
    request.protocols[0].name = "v0";
    request.protocols[0].metadata = std::string("\x00\xff opaque", 9);
    return request;
  }
  // Alone in a group: its only generation, with the assignment "mine".
  JoinGroupResponse lead(const std::string& group, int16_t join_version, int16_t sync_version) {
    auto request = join_request(group);
    if (join_version >= 4) {
      const auto first = client.call<JoinGroupResponse>(request, join_version);
      EXPECT_EQ(first.error_code, kMemberIdRequired);
      request.member_id = first.member_id;
    }
    CHECK(client.feed(client.frame(request, join_version)).has_value());
    EXPECT_EQ(client.outbox->sent(), "");
    broker.clock.advance_ms(100);
    broker.groups->tick();
    const auto joined = client.read<JoinGroupResponse>(client.next_reply(), join_version);
    EXPECT_EQ(joined.error_code, kNone);
    SyncGroupRequest sync;
    sync.group_id = group;
    sync.generation_id = joined.generation_id;
    sync.member_id = joined.member_id;
    sync.assignments.resize(1);
    sync.assignments[0].member_id = joined.member_id;
    sync.assignments[0].assignment = "mine";
    EXPECT_EQ(client.call<SyncGroupResponse>(sync, sync_version).assignment, "mine");
    return joined;
  }
  OffsetCommitRequest commit_request(const std::string& group, int64_t offset) {
    OffsetCommitRequest request;
    request.group_id = group;
    request.topics.resize(1);
    request.topics[0].name = "t";
    request.topics[0].partitions.resize(1);
    request.topics[0].partitions[0].committed_offset = offset;
    request.topics[0].partitions[0].committed_metadata = "note";
    return request;
  }
  int16_t commit(const OffsetCommitRequest& request, int16_t version = 8) {
    return client.call<OffsetCommitResponse>(request, version)
        .topics.at(0)
        .partitions.at(0)
        .error_code;
  }

  TestBroker broker;
  TestClient client{broker};
};

TEST_F(GroupApisTest, TheCoordinatorIsFoundInEveryVersion) {
  for (int16_t version = 0; version <= 6; ++version) {
    FindCoordinatorRequest request;
    request.key = "g";
    if (version >= 4) request.coordinator_keys = {"g", "other", ""};
    const auto response = client.call<FindCoordinatorResponse>(request, version);
    if (version < 4) {
      EXPECT_EQ(response.error_code, kNone);
      EXPECT_EQ(response.host, "broker.test");
      EXPECT_EQ(response.port, 9092);
      continue;
    }
    ASSERT_EQ(response.coordinators.size(), 3U);
    EXPECT_EQ(response.coordinators[1].key, "other");
    EXPECT_EQ(response.coordinators[1].node_id, 1);
    EXPECT_EQ(response.coordinators[1].host, "broker.test");
    EXPECT_EQ(response.coordinators[2].error_code, kInvalidGroupId);
  }
  FindCoordinatorRequest transaction;
  transaction.key_type = 1;
  transaction.key = "mine";
  EXPECT_EQ(client.call<FindCoordinatorResponse>(transaction, 3).error_code, kNone);
  EXPECT_TRUE(broker.log->find_topic("__transaction_state"));
  transaction.key_type = 2;
  transaction.coordinator_keys = {"share"};
  EXPECT_EQ(client.call<FindCoordinatorResponse>(transaction, 6).coordinators.at(0).error_code,
            kInvalidRequest);
}

TEST(FirstGroup, MakesTheTopic) {
  TestBroker broker;
  TestClient client(broker);
  EXPECT_FALSE(broker.log->find_topic("__consumer_offsets"));
  FindCoordinatorRequest request;
  request.key = "g";
  EXPECT_EQ(client.call<FindCoordinatorResponse>(request, 2).error_code, kNone);
  EXPECT_TRUE(broker.log->find_topic("__consumer_offsets"));
}

TEST_F(GroupApisTest, MembersComeAndGoInEveryVersion) {
  for (int16_t version = 0; version <= 9; ++version) {
    const auto capped = [&](int16_t most) { return std::min(version, most); };
    const std::string group = "g" + std::to_string(version);
    const auto joined = lead(group, version, capped(5));
    EXPECT_EQ(joined.generation_id, 1);
    EXPECT_EQ(joined.members.at(0).metadata, join_request(group).protocols[0].metadata);
    if (version >= 7) {
      EXPECT_EQ(joined.protocol_type, "sr");
    }
    HeartbeatRequest beat;
    beat.group_id = group;
    beat.generation_id = 1;
    beat.member_id = joined.member_id;
    EXPECT_EQ(client.call<HeartbeatResponse>(beat, capped(4)).error_code, kNone);

    DescribeGroupsRequest describe;
    describe.groups = {group, "nowhere"};
    describe.include_authorized_operations = version >= 3;
    const auto described = client.call<DescribeGroupsResponse>(describe, capped(6)).groups;
    EXPECT_EQ(described.at(0).group_state, "Stable");
    EXPECT_EQ(described.at(0).protocol_type, "sr");
    EXPECT_EQ(described.at(0).members.at(0).member_assignment, "mine");
    EXPECT_EQ(described.at(0).members.at(0).client_id, "tester");
    EXPECT_EQ(described.at(1).group_state, "Dead");
    EXPECT_EQ(described.at(1).error_code, version >= 6 ? kGroupIdNotFound : kNone);

    LeaveGroupRequest leave;
    leave.group_id = group;
    leave.member_id = joined.member_id;
    leave.members.resize(version >= 3 ? 2 : 0);
    for (auto& each : leave.members) each.member_id = joined.member_id;
    const auto left = client.call<LeaveGroupResponse>(leave, capped(5));
    EXPECT_EQ(left.error_code, kNone);
    if (version >= 3) {
      EXPECT_EQ(left.members.at(0).error_code, kNone);
      EXPECT_EQ(left.members.at(1).error_code, kUnknownMemberId);
    }
    EXPECT_EQ(client.call<HeartbeatResponse>(beat, capped(4)).error_code, kUnknownMemberId);
  }
}

TEST_F(GroupApisTest, RefusedJoinsAreReadableInEveryVersion) {
  for (int16_t version = 0; version <= 9; ++version) {
    EXPECT_EQ(client.call<JoinGroupResponse>(join_request("g", "unknown"), version).error_code,
              kUnknownMemberId);
    EXPECT_EQ(client.call<JoinGroupResponse>(join_request(""), version).error_code,
              kInvalidGroupId);
  }
}

TEST_F(GroupApisTest, OffsetsAreKeptInEveryVersion) {
  for (int16_t version = 2; version <= 8; ++version) {
    auto request = commit_request("g", 100 + version);
    request.topics[0].partitions[0].committed_leader_epoch = version >= 6 ? 0 : -1;
    EXPECT_EQ(commit(request, version), kNone);
    for (int16_t fetch = 1; fetch <= 7; ++fetch) {
      OffsetFetchRequest wanted;
      wanted.group_id = "g";
      wanted.topics.emplace(1);
      wanted.topics->at(0).name = "t";
      wanted.topics->at(0).partition_indexes = {0, 1};
      const auto topics = client.call<OffsetFetchResponse>(wanted, fetch).topics;
      EXPECT_EQ(topics.at(0).partitions.at(0).committed_offset, 100 + version);
      EXPECT_EQ(topics.at(0).partitions.at(0).metadata, "note");
      EXPECT_EQ(topics.at(0).partitions.at(1).committed_offset, -1);
      if (fetch < 2) continue;
      wanted.topics.reset();
      const auto all = client.call<OffsetFetchResponse>(wanted, fetch).topics;
      ASSERT_EQ(all.size(), 1U);
      EXPECT_EQ(all[0].partitions.size(), 1U);
    }
  }
  OffsetFetchRequest batched;
  batched.groups.resize(3);
  batched.groups[0].group_id = "g";
  batched.groups[1].group_id = "nowhere";
  batched.groups[2].group_id = "g";  // once is enough
  const auto groups = client.call<OffsetFetchResponse>(batched, 8).groups;
  ASSERT_EQ(groups.size(), 2U);
  EXPECT_EQ(groups[0].topics.at(0).partitions.at(0).committed_offset, 108);
  EXPECT_TRUE(groups[1].topics.empty());
  EXPECT_EQ(groups[1].error_code, kNone);
}

TEST_F(GroupApisTest, CommitsAreRefusedPartitionByPartition) {
  auto request = commit_request("g", 1);
  request.topics[0].partitions.resize(4);
  request.topics[0].partitions[1].partition_index = 9;
  request.topics[0].partitions[2].partition_index = 2;
  request.topics[0].partitions[2].committed_metadata = std::string(4097, 'm');
  request.topics[0].partitions[3].partition_index = -1;
  request.topics.resize(2);
  request.topics[1].name = "nowhere";
  request.topics[1].partitions.resize(1);
  const auto topics = client.call<OffsetCommitResponse>(request, 8).topics;
  EXPECT_EQ(topics.at(0).partitions.at(0).error_code, kNone);
  EXPECT_EQ(topics.at(0).partitions.at(1).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(topics.at(0).partitions.at(2).error_code, kOffsetMetadataTooLarge);
  EXPECT_EQ(topics.at(0).partitions.at(3).error_code, kUnknownTopicOrPartition);
  EXPECT_EQ(topics.at(1).partitions.at(0).error_code, kUnknownTopicOrPartition);
  request = commit_request("g", 1);
  request.generation_id_or_member_epoch = 3;
  request.member_id = "nobody";
  EXPECT_EQ(commit(request), kUnknownMemberId);
}

TEST_F(GroupApisTest, AnOffsetOfATopicThatWasMadeAgainIsNone) {
  EXPECT_EQ(commit(commit_request("g", 5)), kNone);
  ASSERT_TRUE(broker.log->delete_topic(broker.log->find_topic("t")->id).has_value());
  ASSERT_TRUE(broker.log->create_topic("t", 1, {}).has_value());
  OffsetFetchRequest wanted;
  wanted.groups.resize(1);
  wanted.groups[0].group_id = "g";
  EXPECT_TRUE(client.call<OffsetFetchResponse>(wanted, 8).groups.at(0).topics.empty());
  wanted.groups[0].topics.emplace(1);
  wanted.groups[0].topics->at(0).name = "t";
  wanted.groups[0].topics->at(0).partition_indexes = {0, 0, 0};
  const auto partitions =
      client.call<OffsetFetchResponse>(wanted, 8).groups.at(0).topics.at(0).partitions;
  ASSERT_EQ(partitions.size(), 1U);  // a reply does not grow with how often it is asked for
  EXPECT_EQ(partitions[0].committed_offset, -1);
}

TEST_F(GroupApisTest, GroupsAreListedByStateAndType) {
  lead("busy", 3, 3);
  EXPECT_EQ(commit(commit_request("idle", 5)), kNone);
  const auto list = [&](std::vector<std::string> states, std::vector<std::string> types = {}) {
    ListGroupsRequest request;
    request.states_filter = std::move(states);
    request.types_filter = std::move(types);
    std::map<std::string, std::string> found;
    for (const auto& each : client.call<ListGroupsResponse>(request, 5).groups) {
      EXPECT_EQ(each.group_type, "classic");
      found[each.group_id] = each.group_state;
    }
    return found;
  };
  using Found = std::map<std::string, std::string>;
  EXPECT_EQ(list({}), (Found{{"busy", "Stable"}, {"idle", "Empty"}}));
  EXPECT_EQ(list({"stable"}), (Found{{"busy", "Stable"}}));
  EXPECT_EQ(list({"Empty", "Dead"}, {"classic"}), (Found{{"idle", "Empty"}}));
  EXPECT_EQ(list({}, {"Consumer"}), Found());
  for (int16_t version = 0; version <= 4; ++version) {
    EXPECT_EQ(client.call<ListGroupsResponse>(ListGroupsRequest(), version).groups.size(), 2U);
  }
}

TEST_F(GroupApisTest, GroupsAndOffsetsAreDeleted) {
  lead("busy", 3, 3);
  for (int16_t version = 0; version <= 2; ++version) {
    EXPECT_EQ(commit(commit_request("idle", 5)), kNone);
    DeleteGroupsRequest request;
    request.groups_names = {"busy", "idle", "nowhere", "idle"};
    std::map<std::string, int16_t> results;
    for (const auto& each : client.call<DeleteGroupsResponse>(request, version).results) {
      EXPECT_TRUE(results.emplace(each.group_id, each.error_code).second);
    }
    const std::map<std::string, int16_t> wanted = {
        {"busy", kNonEmptyGroup}, {"idle", kNone}, {"nowhere", kGroupIdNotFound}};
    EXPECT_EQ(results, wanted);
  }
  EXPECT_TRUE(client.call<DeleteGroupsResponse>(DeleteGroupsRequest(), 2).results.empty());
  EXPECT_EQ(commit(commit_request("idle", 5)), kNone);
  OffsetDeleteRequest request;
  request.group_id = "idle";
  request.topics.resize(1);
  request.topics[0].name = "t";
  request.topics[0].partitions.resize(3);
  request.topics[0].partitions[1].partition_index = 1;
  request.topics[0].partitions[2].partition_index = 9;
  const auto deleted = client.call<OffsetDeleteResponse>(request, 0);
  EXPECT_EQ(deleted.error_code, kNone);
  EXPECT_EQ(deleted.topics.at(0).partitions.at(0).error_code, kNone);
  EXPECT_EQ(deleted.topics.at(0).partitions.at(1).error_code, kNone);
  EXPECT_EQ(deleted.topics.at(0).partitions.at(2).error_code, kUnknownTopicOrPartition);
  EXPECT_FALSE(broker.groups->describe("idle"));
  request.group_id = "busy";
  EXPECT_EQ(client.call<OffsetDeleteResponse>(request, 0).error_code, kNonEmptyGroup);
}

TEST_F(GroupApisTest, AClosedConnectionLeavesNothingBehind) {
  std::weak_ptr<TestOutbox> outbox;
  std::string member;
  {
    TestClient gone(broker);
    outbox = gone.outbox;
    ASSERT_TRUE(gone.feed(gone.frame(join_request("g"), 3)).has_value());
    EXPECT_EQ(gone.outbox->sent(), "");
    EXPECT_TRUE(gone.session.owes());
    member = broker.groups->describe("g")->members.at(0).member_id;
  }
  EXPECT_TRUE(outbox.expired());
  // Its member lives on until its session ends.
  broker.clock.advance_ms(100);
  broker.groups->tick();
  EXPECT_EQ(broker.groups->describe("g")->group_state, "CompletingRebalance");
  HeartbeatRequest beat;
  beat.group_id = "g";
  beat.generation_id = 1;
  beat.member_id = member;
  EXPECT_EQ(client.call<HeartbeatResponse>(beat, 3).error_code, kNone);
  broker.clock.advance_ms(10000);
  broker.groups->tick();
  EXPECT_EQ(client.call<HeartbeatResponse>(beat, 3).error_code, kUnknownMemberId);
}

TEST_F(GroupApisTest, OnlyGroupsWriteToTheirTopic) {
  const std::string batch = log::build_batch({{.timestamp_ms = 1, .value = "x"}}).value();
  ProduceRequest request;
  request.acks = -1;
  request.topic_data.resize(1);
  request.topic_data[0].name = "__consumer_offsets";
  request.topic_data[0].partition_data.resize(1);
  request.topic_data[0].partition_data[0].records.pieces = {{nullptr, as_bytes(batch)}};
  EXPECT_EQ(client.call<ProduceResponse>(request, 9).responses[0].partition_responses[0].error_code,
            kInvalidTopic);
}

TEST(FullDisk, CommitsAreToldToRetry) {
  TestBroker broker(
      1, {.directory = "/log", .journal_bytes = 64 << 20, .min_free_disk_bytes = 1LL << 60});
  TestClient client(broker);
  ASSERT_TRUE(broker.log->create_topic("t", 1, {}).has_value());
  ASSERT_TRUE(broker.groups->make_topic().has_value());
  OffsetCommitRequest request;
  request.group_id = "g";
  request.topics.resize(1);
  request.topics[0].name = "t";
  request.topics[0].partitions.resize(1);
  const auto response = client.call<OffsetCommitResponse>(request, 8);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, kCoordinatorNotAvailable);
  EXPECT_TRUE(broker.groups->list().empty());
}

}  // namespace
}  // namespace foz::kafka
