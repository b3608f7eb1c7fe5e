// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/groups_internal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace foz::kafka {
namespace {

using std::chrono::milliseconds;

template <class Response>
struct Reply {
  std::shared_ptr<std::vector<Response>> all = std::make_shared<std::vector<Response>>();
  auto taker() const {
    return [all = all](const Response& response) { all->push_back(response); };
  }
  bool came() const { return !all->empty(); }
  const Response& get() const {
    EXPECT_EQ(all->size(), 1U);
    static const Response kNone;
    return all->empty() ? kNone : all->front();
  }
};
using Join = Reply<JoinGroupResponse>;
using Sync = Reply<SyncGroupResponse>;

JoinGroupRequest join_request(const std::string& member, std::optional<std::string> instance = {},
                              std::vector<std::string> protocols = {"range"}) {
  JoinGroupRequest request;
  request.group_id = "g";
  request.session_timeout_ms = 10000;
  request.rebalance_timeout_ms = 30000;
  request.member_id = member;
  request.group_instance_id = std::move(instance);
  request.protocol_type = "consumer";
  for (std::string& name : protocols) {
    auto& protocol = request.protocols.emplace_back();
    protocol.metadata = "subscription of " + name;
    protocol.name = std::move(name);
  }
  return request;
}

// A group whose stores become durable at once, unless `durable` says otherwise.
class GroupTest : public testing::Test {
 protected:
  Join join(const JoinGroupRequest& request, int16_t version = 9) {
    Join reply;
    group.join(request, {"client", "/127.0.0.1", version}, reply.taker());
    settle();
    return reply;
  }
  // With an id, as clients do it since KIP-394.
  Join join_new(std::vector<std::string> protocols = {"range"}) {
    const Join first = join(join_request("", {}, protocols));
    EXPECT_EQ(first.get().error_code, kMemberIdRequired);
    return join(join_request(first.get().member_id, {}, protocols));
  }
  Sync sync(const JoinGroupResponse& joined,
            std::vector<std::pair<std::string, std::string>> assignments = {},
            std::optional<std::string> instance = {}) {
    SyncGroupRequest request;
    request.generation_id = joined.generation_id;
    request.member_id = joined.member_id;
    request.group_instance_id = std::move(instance);
    for (auto& [member, assignment] : assignments) {
      auto& each = request.assignments.emplace_back();
      each.member_id = member;
      each.assignment = assignment;
    }
    Sync reply;
    group.sync(request, reply.taker());
    settle();
    return reply;
  }
  ErrorNumber heartbeat(const JoinGroupResponse& joined, std::optional<std::string> instance = {}) {
    HeartbeatRequest request;
    request.generation_id = joined.generation_id;
    request.member_id = joined.member_id;
    request.group_instance_id = std::move(instance);
    return group.heartbeat(request);
  }
  ErrorNumber commit(int32_t generation, const std::string& member) {
    OffsetCommitRequest request;
    request.generation_id_or_member_epoch = generation;
    request.member_id = member;
    return group.may_commit(request);
  }
  void settle() {
    for (auto stores = group.take_stores(); !stores.empty(); stores = group.take_stores()) {
      for (Group::Store& each : stores) {
        stored.push_back(each.value);
        group.stored(each.number, durable);
      }
    }
  }
  // Moves time on, looking whenever the group wants it.
  void pass(milliseconds time) {
    const auto end = clock.steady() + time;
    while (group.wake_at() <= end) {
      if (group.wake_at() > clock.steady()) {
        clock.advance_us(
            std::chrono::duration_cast<std::chrono::microseconds>(group.wake_at() - clock.steady())
                .count());
      }
      group.tick();
      settle();
    }
    clock.advance_us(
        std::chrono::duration_cast<std::chrono::microseconds>(end - clock.steady()).count());
  }
  // Two members, Stable, generation 1: the leader has "A", the other "B".
  void make_stable() {
    leader = join_new();
    follower = join_new();
    pass(limits.initial_rebalance_delay * 3);
    ASSERT_TRUE(leader.came() && follower.came());
    ASSERT_EQ(group.state(), GroupState::kCompletingRebalance);
    const Sync second = sync(follower.get());
    EXPECT_FALSE(second.came());
    const Sync first =
        sync(leader.get(), {{leader.get().member_id, "A"}, {follower.get().member_id, "B"}});
    EXPECT_EQ(first.get().assignment, "A");
    EXPECT_EQ(second.get().assignment, "B");
    ASSERT_EQ(group.state(), GroupState::kStable);
  }

  ManualClock clock{1'700'000'000'000'000};
  Random random{1};
  GroupLimits limits;
  Group group{clock, random, limits};
  bool durable = true;
  std::vector<GroupMetadataValue> stored;
  Join leader;
  Join follower;
};

TEST_F(GroupTest, MembersJoinAndGetWhatTheLeaderAssigned) {
  make_stable();
  EXPECT_EQ(leader.get().generation_id, 1);
  EXPECT_EQ(leader.get().leader, leader.get().member_id);
  EXPECT_EQ(leader.get().protocol_name, "range");
  EXPECT_EQ(leader.get().protocol_type, "consumer");
  ASSERT_EQ(leader.get().members.size(), 2U);
  EXPECT_EQ(leader.get().members[0].metadata, "subscription of range");
  EXPECT_TRUE(leader.get().member_id.starts_with("client-"));
  EXPECT_EQ(follower.get().leader, leader.get().member_id);
  EXPECT_TRUE(follower.get().members.empty());
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_EQ(stored[0].generation, 1);
  EXPECT_EQ(stored[0].members.size(), 2U);
  EXPECT_EQ(heartbeat(leader.get()), kNone);
  const auto described = group.describe();
  EXPECT_EQ(described.group_state, "Stable");
  EXPECT_EQ(described.protocol_data, "range");
  EXPECT_EQ(described.members.at(0).member_metadata, "subscription of range");
  EXPECT_EQ(described.members.at(0).client_host, "/127.0.0.1");
}

TEST_F(GroupTest, AnAssignmentIsTheirsOnlyOnceItIsDurable) {
  leader = join_new();
  pass(limits.initial_rebalance_delay);
  SyncGroupRequest request;
  request.generation_id = 1;
  request.member_id = leader.get().member_id;
  request.assignments.resize(1);
  request.assignments[0].member_id = leader.get().member_id;
  request.assignments[0].assignment = "A";
  Sync reply;
  group.sync(request, reply.taker());
  const auto stores = group.take_stores();
  ASSERT_EQ(stores.size(), 1U);
  EXPECT_EQ(stores[0].value.members.at(0).assignment, "A");
  EXPECT_FALSE(reply.came());
  EXPECT_EQ(group.state(), GroupState::kCompletingRebalance);
  EXPECT_EQ(commit(1, leader.get().member_id), kRebalanceInProgress);
  group.stored(stores[0].number, true);
  EXPECT_EQ(reply.get().assignment, "A");
  EXPECT_EQ(commit(1, leader.get().member_id), kNone);
}

TEST_F(GroupTest, AnAssignmentThatCannotBeStoredIsAnErrorAndANewRebalance) {
  leader = join_new();
  pass(limits.initial_rebalance_delay);
  durable = false;
  const Sync failed = sync(leader.get(), {{leader.get().member_id, "A"}});
  EXPECT_EQ(failed.get().error_code, kCoordinatorNotAvailable);
  EXPECT_TRUE(failed.get().assignment.empty());
  EXPECT_EQ(group.state(), GroupState::kPreparingRebalance);
  durable = true;
  const Join again = join(join_request(leader.get().member_id));
  EXPECT_EQ(again.get().generation_id, 2);
  EXPECT_EQ(sync(again.get(), {{again.get().member_id, "A"}}).get().assignment, "A");
}

TEST_F(GroupTest, TheFirstGenerationWaitsForMembersThatStartTogether) {
  std::vector<Join> joins;
  for (int i = 0; i < 5; ++i) {
    joins.push_back(join_new());
    pass(limits.initial_rebalance_delay - milliseconds(1));
  }
  pass(2 * limits.initial_rebalance_delay);
  for (const Join& each : joins) EXPECT_EQ(each.get().generation_id, 1);
}

TEST_F(GroupTest, ANewMemberMakesTheOthersJoinAgain) {
  make_stable();
  const Join third = join_new();
  EXPECT_FALSE(third.came());
  EXPECT_EQ(heartbeat(leader.get()), kRebalanceInProgress);
  EXPECT_EQ(sync(leader.get()).get().error_code, kRebalanceInProgress);
  EXPECT_EQ(commit(1, leader.get().member_id), kNone);  // what it has read so far
  const Join first = join(join_request(leader.get().member_id));
  EXPECT_FALSE(first.came());
  const Join second = join(join_request(follower.get().member_id));
  EXPECT_EQ(first.get().generation_id, 2);
  EXPECT_EQ(first.get().members.size(), 3U);
  EXPECT_EQ(second.get().leader, first.get().member_id);
  EXPECT_EQ(third.get().generation_id, 2);
  EXPECT_EQ(heartbeat(leader.get()), kIllegalGeneration);
  EXPECT_EQ(commit(1, leader.get().member_id), kIllegalGeneration);
  EXPECT_EQ(sync(leader.get()).get().error_code, kIllegalGeneration);
}

TEST_F(GroupTest, WhoDoesNotJoinAgainInTimeIsOut) {
  make_stable();
  const Join third = join_new();
  const Join again = join(join_request(follower.get().member_id));
  for (int i = 0; i < 6; ++i) {  // the leader lives, but does not join
    pass(milliseconds(5000));
    if (i < 5) {
      EXPECT_EQ(heartbeat(leader.get()), kRebalanceInProgress);
    }
  }
  EXPECT_EQ(heartbeat(leader.get()), kUnknownMemberId);
  EXPECT_EQ(third.get().generation_id, 2);
  EXPECT_EQ(again.get().generation_id, 2);
  EXPECT_EQ(third.get().leader, again.get().leader);
  EXPECT_TRUE(third.get().leader == third.get().member_id ||
              third.get().leader == again.get().member_id);
}

TEST_F(GroupTest, ASilentMemberIsOutAfterItsSession) {
  make_stable();
  pass(milliseconds(9999));
  EXPECT_EQ(heartbeat(leader.get()), kNone);
  pass(milliseconds(1));
  EXPECT_EQ(heartbeat(follower.get()), kUnknownMemberId);
  EXPECT_EQ(heartbeat(leader.get()), kRebalanceInProgress);
  EXPECT_EQ(join(join_request(leader.get().member_id)).get().members.size(), 1U);
  pass(milliseconds(10000));
  EXPECT_EQ(group.state(), GroupState::kEmpty);
  EXPECT_EQ(group.members(), 0U);
  EXPECT_TRUE(stored.back().members.empty());
  EXPECT_EQ(group.wake_at(), Group::Time::max());
}

TEST_F(GroupTest, MembersThatDoNotAskForTheirAssignmentAreOut) {
  leader = join_new();
  follower = join_new();
  pass(limits.initial_rebalance_delay * 3);
  const Sync waiting = sync(follower.get());
  for (int i = 0; i < 6; ++i) {
    pass(milliseconds(5000));
    heartbeat(leader.get());  // never syncs
  }
  EXPECT_EQ(waiting.get().error_code, kRebalanceInProgress);
  EXPECT_EQ(heartbeat(leader.get()), kUnknownMemberId);
  EXPECT_EQ(join(join_request(follower.get().member_id)).get().members.size(), 1U);
}

TEST_F(GroupTest, AMemberThatLeavesIsOutAtOnce) {
  make_stable();
  EXPECT_EQ(group.leave("nobody", {}), kUnknownMemberId);
  EXPECT_EQ(group.leave(leader.get().member_id, {}), kNone);
  EXPECT_EQ(heartbeat(follower.get()), kRebalanceInProgress);
  const Join alone = join(join_request(follower.get().member_id));
  EXPECT_EQ(alone.get().leader, follower.get().member_id);
  EXPECT_EQ(group.leave(follower.get().member_id, {}), kNone);
  settle();
  EXPECT_EQ(group.state(), GroupState::kEmpty);
  EXPECT_EQ(stored.back().generation, 3);
}

TEST_F(GroupTest, AnIdThatWasGivenOutHoldsTheGroupUpForItsSession) {
  make_stable();
  const Join id = join(join_request(""));
  EXPECT_EQ(id.get().error_code, kMemberIdRequired);
  EXPECT_EQ(heartbeat(leader.get()), kNone);  // a client that asks and never comes disturbs nobody
  EXPECT_EQ(sync(id.get()).get().error_code, kUnknownMemberId);
  group.leave(follower.get().member_id, {});
  const Join again = join(join_request(leader.get().member_id));
  EXPECT_FALSE(again.came());
  pass(milliseconds(10000));
  EXPECT_TRUE(again.came());
  EXPECT_EQ(join(join_request(id.get().member_id)).get().error_code, kUnknownMemberId);
}

TEST_F(GroupTest, OldClientsJoinWithoutAnId) {
  const Join old = join(join_request(""), 3);
  pass(limits.initial_rebalance_delay);
  EXPECT_EQ(old.get().error_code, kNone);
  EXPECT_EQ(old.get().leader, old.get().member_id);
}

TEST_F(GroupTest, TheProtocolIsOneThatAllSupportByMostVotes) {
  const Join a = join_new({"sticky", "range"});
  const Join b = join_new({"range", "sticky", "own"});
  const Join c = join_new({"range", "sticky"});
  pass(limits.initial_rebalance_delay * 4);
  EXPECT_EQ(a.get().protocol_name, "range");
  EXPECT_EQ(a.get().members.at(0).metadata, "subscription of range");
  EXPECT_EQ(join(join_request("", {}, {"own"})).get().error_code, kInconsistentGroupProtocol);
  auto other = join_request("");
  other.protocol_type = "connect";
  EXPECT_EQ(join(other).get().error_code, kInconsistentGroupProtocol);
  other = join_request("");
  other.protocols.clear();
  EXPECT_EQ(join(other).get().error_code, kInconsistentGroupProtocol);
  SyncGroupRequest wrong;
  wrong.member_id = b.get().member_id;
  wrong.generation_id = 1;
  wrong.protocol_name = "sticky";
  Sync reply;
  group.sync(wrong, reply.taker());
  EXPECT_EQ(reply.get().error_code, kInconsistentGroupProtocol);
  EXPECT_TRUE(c.came());
}

TEST_F(GroupTest, AFollowerThatAsksAgainChangesNothing) {
  make_stable();
  const Join again = join(join_request(follower.get().member_id));
  EXPECT_EQ(again.get().generation_id, 1);
  EXPECT_EQ(group.state(), GroupState::kStable);
  // The leader does: it wants to assign anew.
  EXPECT_FALSE(join(join_request(leader.get().member_id)).came());
  EXPECT_EQ(group.state(), GroupState::kPreparingRebalance);
}

TEST_F(GroupTest, AJoinThatIsAskedAgainAnswersTheOldOne) {
  make_stable();
  const Join third = join_new();
  const Join once = join(join_request(leader.get().member_id));
  const Join twice = join(join_request(leader.get().member_id));
  EXPECT_EQ(once.get().error_code, kRebalanceInProgress);
  join(join_request(follower.get().member_id));
  EXPECT_EQ(twice.get().generation_id, 2);
}

TEST_F(GroupTest, AStaticMemberComesBackWithoutARebalance) {
  const Join first = join(join_request("", "one"));
  const Join second = join(join_request("", "two"));
  pass(limits.initial_rebalance_delay * 3);
  const std::string one = first.get().member_id;
  const std::string two = second.get().member_id;
  EXPECT_TRUE(one.starts_with("one-"));
  sync(second.get(), {}, "two");
  sync(first.get(), {{one, "A"}, {two, "B"}}, "one");
  ASSERT_EQ(group.state(), GroupState::kStable);

  const Join back = join(join_request("", "two"));
  EXPECT_EQ(back.get().error_code, kNone);
  EXPECT_EQ(back.get().generation_id, 1);
  EXPECT_NE(back.get().member_id, two);
  EXPECT_EQ(sync(back.get(), {}, "two").get().assignment, "B");
  EXPECT_EQ(stored.back().members.size(), 2U);
  // Its former self is fenced, by its id and by its absence.
  EXPECT_EQ(heartbeat(second.get(), "two"), kFencedInstanceId);
  EXPECT_EQ(heartbeat(second.get()), kUnknownMemberId);
  EXPECT_EQ(join(join_request(two, "two")).get().error_code, kFencedInstanceId);
  EXPECT_EQ(group.leave(two, "two"), kFencedInstanceId);

  // A leader that comes back leads, but has nothing to assign.
  const Join led = join(join_request("", "one"));
  EXPECT_EQ(led.get().leader, led.get().member_id);
  EXPECT_TRUE(led.get().skip_assignment);
  EXPECT_EQ(led.get().members.size(), 2U);
  const Join old = join(join_request("", "one"), 5);
  EXPECT_EQ(old.get().leader, led.get().member_id);
  EXPECT_NE(old.get().leader, old.get().member_id);
  EXPECT_FALSE(old.get().skip_assignment);
  EXPECT_EQ(sync(old.get(), {}, "one").get().assignment, "A");
  EXPECT_EQ(group.state(), GroupState::kStable);

  // An administrator ends it by its name.
  EXPECT_EQ(group.leave("", "one"), kNone);
  EXPECT_EQ(group.leave("", "one"), kUnknownMemberId);
}

TEST_F(GroupTest, AStaticMemberThatIsAwayKeepsItsPlaceForItsSession) {
  const Join one = join(join_request("", "one"));
  const Join other = join_new();
  pass(limits.initial_rebalance_delay * 3);
  sync(other.get());
  sync(one.get(), {}, "one");
  auto long_session = join_request(one.get().member_id, "one");
  long_session.session_timeout_ms = 100000;
  const Join again = join(long_session);
  join(join_request(other.get().member_id));
  ASSERT_EQ(again.get().generation_id, 2);
  sync(other.get());
  sync(again.get(), {}, "one");
  // A third one: the static member does not answer the rebalance, and is still a member after it.
  const Join third = join_new();
  for (int i = 0; i < 3; ++i) join(join_request(other.get().member_id));
  pass(milliseconds(30000));
  ASSERT_TRUE(third.came());
  EXPECT_EQ(group.members(), 3U);
}

TEST_F(GroupTest, WhoHasNoMembersCommitsForItself) {
  EXPECT_EQ(commit(-1, ""), kNone);
  make_stable();
  EXPECT_EQ(commit(-1, ""), kUnknownMemberId);
  EXPECT_EQ(commit(1, leader.get().member_id), kNone);
  EXPECT_EQ(commit(1, "nobody"), kUnknownMemberId);
  EXPECT_EQ(commit(0, leader.get().member_id), kIllegalGeneration);
  OffsetCommitRequest fenced;
  fenced.generation_id_or_member_epoch = 1;
  fenced.member_id = leader.get().member_id;
  fenced.group_instance_id = "unknown";
  EXPECT_EQ(group.may_commit(fenced), kUnknownMemberId);
}

TEST_F(GroupTest, CommitsKeepAMemberAlive) {
  make_stable();
  for (int i = 0; i < 10; ++i) {
    pass(milliseconds(5000));
    EXPECT_EQ(commit(1, leader.get().member_id), i < 1 ? kNone : i < 7 ? kNone : kUnknownMemberId);
  }
}

TEST_F(GroupTest, RefusesWhatIsOutOfBounds) {
  auto request = join_request("");
  request.session_timeout_ms = 5999;
  EXPECT_EQ(join(request).get().error_code, kInvalidSessionTimeout);
  request.session_timeout_ms = 1800001;
  EXPECT_EQ(join(request).get().error_code, kInvalidSessionTimeout);
  EXPECT_EQ(join(join_request("unknown")).get().error_code, kUnknownMemberId);
  request = join_request("");
  request.protocols[0].metadata.resize(limits.max_bytes);
  EXPECT_EQ(join(request).get().error_code, kGroupMaxSizeReached);
  request = join_request("", {}, std::vector<std::string>(101, "p"));
  EXPECT_EQ(join(request).get().error_code, kInconsistentGroupProtocol);
  for (size_t i = 0; i < limits.max_members; ++i) {
    EXPECT_EQ(join(join_request("")).get().error_code, kMemberIdRequired);
  }
  EXPECT_EQ(join(join_request("")).get().error_code, kGroupMaxSizeReached);
  EXPECT_EQ(join(join_request(""), 3).get().error_code, kGroupMaxSizeReached);
}

TEST_F(GroupTest, IsBackAsItWasStored) {
  make_stable();
  Group again(clock, random, limits);
  again.restore(stored.back());
  EXPECT_EQ(again.state(), GroupState::kStable);
  EXPECT_EQ(again.describe(), group.describe());
  HeartbeatRequest beat;
  beat.generation_id = 1;
  beat.member_id = leader.get().member_id;
  EXPECT_EQ(again.heartbeat(beat), kNone);
  EXPECT_EQ(again.wake_at(), clock.steady() + milliseconds(10000));
  clock.advance_ms(10000);
  again.tick();
  EXPECT_EQ(again.state(), GroupState::kEmpty);
}

// Members of all kinds that come, go, fall silent, crash and come back at random, with a disk that
// sometimes fails. Whatever they do: who is given an assignment of a generation is given the one
// that this generation's leader made for it, and in a Stable group nobody outside has one.
class RandomMembers : public testing::TestWithParam<uint64_t> {
 protected:
  struct Client {
    std::optional<std::string> instance;
    std::string id;
    int32_t generation = -1;
    std::shared_ptr<std::vector<JoinGroupResponse>> joined;
    std::shared_ptr<std::vector<SyncGroupResponse>> synced;
    bool leads = false;
    bool must_join = true;
    bool must_sync = false;
    std::vector<std::string> members;  // that it leads
    std::optional<std::string> has;
  };

  void act(Client& client) {
    if (client.joined && !client.joined->empty()) return on_joined(client);
    if (client.synced && !client.synced->empty()) return on_synced(client);
    if (client.joined || client.synced) {
      if (chance.chance(1, 50)) crash(client);
      return;
    }
    if (client.must_join) return start_join(client);
    if (client.must_sync) return start_sync(client);
    switch (chance.below(30)) {
      case 0: return crash(client);
      case 1: {
        (void)group.leave(client.id, client.instance);
        return crash(client);
      }
      case 2: client.must_join = true; return;
      default: break;
    }
    HeartbeatRequest beat;
    beat.generation_id = client.generation;
    beat.member_id = client.id;
    beat.group_instance_id = client.instance;
    const ErrorNumber error = group.heartbeat(beat);
    if (error == kNone) {
      EXPECT_EQ(assigned.at({client.generation, client.id}), client.has);
      return;
    }
    client.has.reset();
    client.must_join = true;
    if (error != kRebalanceInProgress) client.id.clear();
  }
  void crash(Client& client) {
    Client fresh;
    fresh.instance = client.instance;
    client = std::move(fresh);
  }
  void start_join(Client& client) {
    client.must_join = false;
    client.has.reset();
    client.joined = std::make_shared<std::vector<JoinGroupResponse>>();
    auto request = join_request(client.id, client.instance,
                                chance.chance(1, 2) ? std::vector<std::string>{"range", "sticky"}
                                                    : std::vector<std::string>{"sticky"});
    group.join(request, {"c", "/h", static_cast<int16_t>(chance.below(10))},
               [all = client.joined](const auto& response) { all->push_back(response); });
  }
  void on_joined(Client& client) {
    const JoinGroupResponse response = client.joined->front();
    ASSERT_EQ(client.joined->size(), 1U);
    client.joined.reset();
    if (response.error_code != kNone) {
      client.must_join = true;
      client.id = response.error_code == kMemberIdRequired      ? response.member_id
                  : response.error_code == kRebalanceInProgress ? client.id
                                                                : "";
      return;
    }
    client.id = response.member_id;
    client.generation = response.generation_id;
    client.must_sync = true;
    client.leads = response.leader == client.id && !response.skip_assignment;
    client.members.clear();
    for (const auto& each : response.members) client.members.push_back(each.member_id);
    if (client.leads) {
      EXPECT_FALSE(client.members.empty());
    }
  }
  void start_sync(Client& client) {
    client.must_sync = false;
    client.synced = std::make_shared<std::vector<SyncGroupResponse>>();
    SyncGroupRequest request;
    request.generation_id = client.generation;
    request.member_id = client.id;
    request.group_instance_id = client.instance;
    if (client.leads) {
      for (const std::string& member : client.members) {
        auto& each = request.assignments.emplace_back();
        each.member_id = member;
        each.assignment = std::to_string(client.generation) + " for " + member;
      }
    }
    group.sync(request, [all = client.synced](const auto& response) { all->push_back(response); });
  }
  void on_synced(Client& client) {
    const SyncGroupResponse response = client.synced->front();
    ASSERT_EQ(client.synced->size(), 1U);
    client.synced.reset();
    if (response.error_code != kNone) {
      client.must_join = true;
      if (response.error_code != kRebalanceInProgress) client.id.clear();
      return;
    }
    client.has = response.assignment;
    assigned[{client.generation, client.id}] = response.assignment;
    // A static member has what was made for the one whose place it took.
    const std::string mine = std::to_string(client.generation) + " for ";
    EXPECT_TRUE(response.assignment.starts_with(mine)) << response.assignment;
    if (!client.instance) {
      EXPECT_EQ(response.assignment, mine + client.id);
    }
  }
  void check() {
    if (group.state() != GroupState::kStable) return;
    const auto described = group.describe();
    std::set<std::string> given;
    for (const auto& member : described.members) {
      EXPECT_TRUE(given.insert(member.member_assignment).second) << member.member_assignment;
      EXPECT_FALSE(member.member_assignment.empty());
    }
    ++stable;
  }

  Random chance{GetParam()};
  ManualClock clock{1'700'000'000'000'000};
  Random ids{7};
  GroupLimits limits;
  Group group{clock, ids, limits};
  std::map<std::pair<int32_t, std::string>, std::optional<std::string>> assigned;
  int stable = 0;
};

TEST_P(RandomMembers, HaveWhatTheirLeaderAssigned) {
  std::vector<Client> clients(8);
  clients[0].instance = "zero";
  clients[1].instance = "one";
  std::vector<Group::Store> on_their_way;
  for (int step = 0; step < 20000; ++step) {
    act(clients[chance.below(clients.size())]);
    for (auto& each : group.take_stores()) on_their_way.push_back(std::move(each));
    if (!on_their_way.empty() && chance.chance(1, 2)) {
      group.stored(on_their_way.front().number, !chance.chance(1, 20));
      on_their_way.erase(on_their_way.begin());
    }
    clock.advance_ms(static_cast<int64_t>(chance.below(chance.chance(1, 100) ? 8000 : 60)));
    group.tick();
    EXPECT_GT(group.wake_at(), clock.steady());
    check();
    if (HasFailure()) return;
  }
  EXPECT_GT(stable, 100);
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomMembers, testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace foz::kafka
