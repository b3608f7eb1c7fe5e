// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One group of Kafka's classic group protocol, as a state machine without threads or sockets.
// https://cwiki.apache.org/confluence/x/foynAw (Kafka Client-side Assignment Proposal), KIP-345
// (static members), KIP-394 (member ids before membership), KIP-559 (protocol in SyncGroup),
// KIP-814 (static leaders skip the assignment).
//
//            a member joins                 everybody is in, or time is up
//   Empty ─────────────────▶ PreparingRebalance ─────────────────▶ CompletingRebalance
//     ▲  nobody is left           ▲    ▲                                │ the leader's assignment
//     └───────────────────────────┘    └── joins, leaves, time-outs ── Stable ◀┘ is durable
//
// What members send about themselves (subscriptions, assignments) is opaque. A group that is not
// known is "Dead" to those who ask.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "kafka/errors_internal.h"
#include "kafka_codec/messages.h"

namespace foz::kafka {

struct GroupLimits {
  // The first generation waits so long for further members, and again when one came (Kafka:
  // group.initial.rebalance.delay.ms, 3 s). Short: a consumer that starts alone reads at once, and
  // consumers that one command starts still come within it; a later one costs one rebalance.
  std::chrono::milliseconds initial_rebalance_delay{100};
  std::chrono::milliseconds min_session_timeout{6000};
  std::chrono::milliseconds max_session_timeout{1800000};
  size_t max_members = 1000;
  // What members say of themselves; with an assignment it must fit one record.
  size_t max_bytes = 8u << 20;
};

enum class GroupState { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable };
inline constexpr size_t kGroupStates = 4;
std::string_view to_string(GroupState state);

// Who sent a request.
struct Caller {
  std::string client_id;
  std::string client_host;
  int16_t version = 0;  // of the request
};

// One owner, who calls stored() for every Store in their order, and tick() at wake_at().
class Group {
 public:
  using Time = std::chrono::steady_clock::time_point;
  // Called once each, at once or during a later call.
  using Joined = std::move_only_function<void(const JoinGroupResponse&)>;
  using Synced = std::move_only_function<void(const SyncGroupResponse&)>;

  // All of them must outlive the group.
  Group(const Clock& clock, Random& random, const GroupLimits& limits);
  // The group as it was stored: members have a whole session to be heard of again.
  void restore(GroupMetadataValue value);

  void join(JoinGroupRequest request, const Caller& caller, Joined done);
  void sync(SyncGroupRequest request, Synced done);
  ErrorNumber heartbeat(const HeartbeatRequest& request);
  ErrorNumber leave(const std::string& member_id, const std::optional<std::string>& instance_id);
  // May so identified members commit offsets now? It counts as a heartbeat.
  ErrorNumber may_commit(const OffsetCommitRequest& request);
  // Does what time demands.
  void tick();
  // Nothing happens before. max() when nothing waits.
  Time wake_at() const { return wake_at_; }

  // A state to make durable. Those of a call are taken after it; an assignment goes to members, and
  // the group becomes Stable, only when stored() says so.
  struct Store {
    uint64_t number = 0;
    GroupMetadataValue value;
  };
  std::vector<Store> take_stores() { return std::exchange(stores_, {}); }
  void stored(uint64_t number, bool durable);

  GroupState state() const { return state_; }
  // Since when, by the wall clock.
  int64_t state_since_ms() const { return state_since_ms_; }
  bool has_member(const std::string& member_id) const { return members_.contains(member_id); }
  size_t members() const { return members_.size(); }
  // Nobody is in it or on the way into it.
  bool deserted() const { return state_ == GroupState::kEmpty && expected_.empty(); }
  const std::string& protocol_type() const { return protocol_type_; }
  int64_t rebalances() const { return rebalances_; }
  size_t bytes() const;
  DescribeGroupsResponse::DescribedGroup describe() const;

 private:
  using Protocols = std::vector<JoinGroupRequest::JoinGroupRequestProtocol>;
  struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::string client_id;
    std::string client_host;
    std::chrono::milliseconds rebalance_timeout{0};
    std::chrono::milliseconds session_timeout{0};
    Protocols protocols;
    std::string assignment;
    Joined joining;          // waits for the next generation
    Synced syncing;          // waits for the leader's assignment
    bool is_new = true;      // has not been told that it is a member
    bool owes_sync = false;  // was told of this generation, has not asked for its assignment
    Time deadline;           // a heartbeat must come before
    size_t bytes() const;
    const std::string& metadata(const std::string& protocol) const;
  };

  ErrorNumber check_join(const JoinGroupRequest& request) const;
  ErrorNumber check_member(const std::string& member_id,
                           const std::optional<std::string>& instance_id) const;
  bool supports(const JoinGroupRequest& request) const;
  void join_new(JoinGroupRequest request, const Caller& caller, Joined done);
  void join_again(JoinGroupRequest request, const Caller& caller, Joined done);
  void replace_static(JoinGroupRequest request, const Caller& caller, Joined done);
  void add(std::string id, JoinGroupRequest request, const Caller& caller, Joined done);
  void update(Member& member, JoinGroupRequest request, const Caller& caller);
  void wait_to_join(Member& member, Joined done);
  void count_protocols(const Member& member, int by);
  void remove(const std::string& member_id);
  JoinGroupResponse joined(const Member& member) const;
  SyncGroupResponse synced(const Member& member) const;
  std::string new_id(std::string_view prefix) const;

  // A member joined or changed what it supports.
  void rebalance();
  // A member is gone.
  void after_removal();
  void prepare_rebalance();
  void complete_join_if_all();
  void complete_join();
  void fail_syncs(ErrorNumber error);
  bool elect_leader();
  std::string select_protocol() const;
  std::chrono::milliseconds rebalance_timeout() const;
  void move_to(GroupState state);
  uint64_t store();
  void touch(Member& member);
  void wake_by(Time when) { wake_at_ = std::min(wake_at_, when); }
  void expire_members();

  const Clock& clock_;
  Random& random_;
  const GroupLimits& limits_;

  GroupState state_ = GroupState::kEmpty;
  int64_t state_since_ms_ = 0;
  int32_t generation_ = 0;
  std::string protocol_type_;
  std::string protocol_;  // of this generation
  std::string leader_;    // a member's id; empty when there is none
  std::map<std::string, Member> members_;
  std::map<std::string, std::string> static_ids_;  // instance id -> member id
  std::map<std::string, Time> expected_;      // ids that were given out and have not joined yet
  std::map<std::string, size_t> supporters_;  // protocol -> how many members support it

  Time join_deadline_{};  // in PreparingRebalance
  bool initial_ = false;  // that state was entered from Empty: it lasts until its deadline
  bool newcomer_ = false;
  Time initial_until_{};
  Time sync_deadline_{};  // in the states after it, while a member owes a sync
  Time wake_at_ = Time::max();

  std::vector<Store> stores_;
  uint64_t last_store_ = 0;
  uint64_t assignment_store_ = 0;  // the leader's assignment on its way; 0: none
  struct WaitingJoin {
    Joined done;
    JoinGroupResponse response;
  };
  std::map<uint64_t, WaitingJoin> joins_after_store_;  // static members that came back
  int64_t rebalances_ = 0;
};

}  // namespace foz::kafka
