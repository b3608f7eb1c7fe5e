// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// How members come into a group, and come back.
#include <algorithm>

#include "kafka/groups_internal.h"

namespace foz::kafka {
namespace {

constexpr size_t kMaxProtocols = 100;
constexpr size_t kMaxIdPrefix = 255;
// A newcomer before KIP-394 has no id to be asked for; Kafka gives it so long.
constexpr std::chrono::minutes kNewcomerTimeout{5};
constexpr int16_t kFirstVersionThatKnowsItsId = 4;
constexpr int16_t kFirstVersionThatSkipsAssignment = 9;

size_t size_of(const JoinGroupRequest& request) {
  size_t total = 0;
  for (const auto& each : request.protocols) total += each.name.size() + each.metadata.size();
  return total;
}

void answer_late(Group::Joined& waiting, const std::string& member_id, ErrorNumber error) {
  if (!waiting) return;
  JoinGroupResponse response;
  response.member_id = member_id;
  response.error_code = error;
  std::exchange(waiting, nullptr)(response);
}

}  // namespace

void Group::join(JoinGroupRequest request, const Caller& caller, Joined done) {
  if (request.rebalance_timeout_ms < 0) request.rebalance_timeout_ms = request.session_timeout_ms;
  const ErrorNumber error = check_join(request);
  if (error != kNone) return answer_late(done, request.member_id, error);
  if (request.member_id.empty()) return join_new(std::move(request), caller, std::move(done));
  if (!request.group_instance_id && expected_.erase(request.member_id) > 0) {
    std::string id = request.member_id;
    return add(std::move(id), std::move(request), caller, std::move(done));
  }
  join_again(std::move(request), caller, std::move(done));
}

ErrorNumber Group::check_join(const JoinGroupRequest& request) const {
  const std::chrono::milliseconds session(request.session_timeout_ms);
  if (session < limits_.min_session_timeout || session > limits_.max_session_timeout) {
    return kInvalidSessionTimeout;
  }
  const bool known =
      members_.contains(request.member_id) || expected_.contains(request.member_id) ||
      (request.group_instance_id && static_ids_.contains(*request.group_instance_id));
  if (!known && !request.member_id.empty()) return kUnknownMemberId;
  if (!known && members_.size() + expected_.size() >= limits_.max_members) {
    return kGroupMaxSizeReached;
  }
  if (!supports(request)) return kInconsistentGroupProtocol;
  if (bytes() + size_of(request) > limits_.max_bytes) return kGroupMaxSizeReached;
  return kNone;
}

// At least one of its protocols is one of every member.
bool Group::supports(const JoinGroupRequest& request) const {
  if (request.protocol_type.empty() || request.protocols.empty() ||
      request.protocols.size() > kMaxProtocols) {
    return false;
  }
  if (members_.empty()) return true;
  if (request.protocol_type != protocol_type_) return false;
  return std::ranges::any_of(request.protocols, [&](const auto& each) {
    const auto found = supporters_.find(each.name);
    return found != supporters_.end() && found->second == members_.size();
  });
}

void Group::join_new(JoinGroupRequest request, const Caller& caller, Joined done) {
  if (request.group_instance_id) {
    if (static_ids_.contains(*request.group_instance_id)) {
      return replace_static(std::move(request), caller, std::move(done));
    }
    std::string id = new_id(*request.group_instance_id);
    return add(std::move(id), std::move(request), caller, std::move(done));
  }
  std::string id = new_id(caller.client_id);
  if (caller.version < kFirstVersionThatKnowsItsId) {
    return add(std::move(id), std::move(request), caller, std::move(done));
  }
  const Time until = clock_.steady() + std::chrono::milliseconds(request.session_timeout_ms);
  expected_[id] = until;
  wake_by(until);
  answer_late(done, id, kMemberIdRequired);
}

std::string Group::new_id(std::string_view prefix) const {
  const std::string uuid = random_.uuid().to_string();
  if (prefix.empty() || prefix.size() > kMaxIdPrefix) return uuid;
  return std::string(prefix) + "-" + uuid;
}

void Group::add(std::string id, JoinGroupRequest request, const Caller& caller, Joined done) {
  if (members_.empty()) protocol_type_ = request.protocol_type;
  Member& member = members_[id];
  member.id = id;
  member.instance_id = request.group_instance_id;
  update(member, std::move(request), caller);
  member.deadline = clock_.steady() + kNewcomerTimeout;
  wake_by(member.deadline);
  wait_to_join(member, std::move(done));
  if (member.instance_id) static_ids_[*member.instance_id] = id;
  if (leader_.empty()) leader_ = id;
  if (state_ == GroupState::kPreparingRebalance) newcomer_ = true;
  rebalance();
}

void Group::update(Member& member, JoinGroupRequest request, const Caller& caller) {
  member.client_id = caller.client_id;
  member.client_host = caller.client_host;
  member.session_timeout = std::chrono::milliseconds(request.session_timeout_ms);
  member.rebalance_timeout = std::chrono::milliseconds(request.rebalance_timeout_ms);
  count_protocols(member, -1);
  member.protocols.clear();
  for (auto& each : request.protocols) {
    if (std::ranges::find(member.protocols, each.name, [](const auto& p) { return p.name; }) ==
        member.protocols.end()) {
      member.protocols.push_back(std::move(each));
    }
  }
  count_protocols(member, 1);
}

void Group::wait_to_join(Member& member, Joined done) {
  answer_late(member.joining, member.id, kRebalanceInProgress);  // asked again
  member.joining = std::move(done);
}

void Group::count_protocols(const Member& member, int by) {
  for (const auto& each : member.protocols) {
    size_t& count = supporters_[each.name];
    count += static_cast<size_t>(by);
    if (count == 0) supporters_.erase(each.name);
  }
}

// A member that we know.
void Group::join_again(JoinGroupRequest request, const Caller& caller, Joined done) {
  const ErrorNumber error = check_member(request.member_id, request.group_instance_id);
  if (error != kNone) return answer_late(done, request.member_id, error);
  Member& member = members_.at(request.member_id);
  const bool leads_stable = state_ == GroupState::kStable && member.id == leader_;
  const bool goes_on = state_ != GroupState::kPreparingRebalance && !leads_stable &&
                       member.protocols == request.protocols;
  if (goes_on) {  // it has not got our answer, or is a follower that need not change
    touch(member);
    return done(joined(member));
  }
  update(member, std::move(request), caller);
  touch(member);
  wait_to_join(member, std::move(done));
  rebalance();
}

// A static member that comes back with no id takes the place of its former self, which is fenced.
void Group::replace_static(JoinGroupRequest request, const Caller& caller, Joined done) {
  std::string& static_id = static_ids_.at(*request.group_instance_id);
  const std::string old_id = std::exchange(static_id, new_id(*request.group_instance_id));
  const std::string old_leader = leader_;
  auto node = members_.extract(old_id);
  node.key() = static_id;
  Member& member = members_.insert(std::move(node)).position->second;
  member.id = static_id;
  answer_late(member.joining, old_id, kFencedInstanceId);
  if (member.syncing) {
    SyncGroupResponse fenced;
    fenced.error_code = kFencedInstanceId;
    std::exchange(member.syncing, nullptr)(fenced);
  }
  member.is_new = false;
  if (leader_ == old_id) leader_ = static_id;
  update(member, std::move(request), caller);
  touch(member);
  if (state_ != GroupState::kStable || select_protocol() != protocol_) {
    wait_to_join(member, std::move(done));
    return rebalance();
  }
  // Assignments stay; the new id must be known after a restart before it is told.
  JoinGroupResponse response = joined(member);
  response.skip_assignment = leader_ == static_id;
  if (caller.version < kFirstVersionThatSkipsAssignment) {
    response.leader = old_leader;  // or it would compute an assignment that nobody takes
    response.members.clear();
    response.skip_assignment = false;
  }
  const uint64_t number = store();
  joins_after_store_.emplace(number, WaitingJoin{std::move(done), std::move(response)});
}

JoinGroupResponse Group::joined(const Member& member) const {
  JoinGroupResponse response;
  response.generation_id = generation_;
  response.protocol_type = protocol_type_;
  response.protocol_name = protocol_;
  response.leader = leader_;
  response.member_id = member.id;
  if (member.id != leader_) return response;
  for (const auto& [id, each] : members_) {
    auto& described = response.members.emplace_back();
    described.member_id = id;
    described.group_instance_id = each.instance_id;
    described.metadata = each.metadata(protocol_);
  }
  return response;
}

SyncGroupResponse Group::synced(const Member& member) const {
  SyncGroupResponse response;
  response.protocol_type = protocol_type_;
  response.protocol_name = protocol_;
  response.assignment = member.assignment;
  return response;
}

}  // namespace foz::kafka
