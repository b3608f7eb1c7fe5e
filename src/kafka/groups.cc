// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The phases of a rebalance, and what time does. Joining is in groups_join.cc.
#include "kafka/groups_internal.h"

#include <algorithm>

namespace foz::kafka {
namespace {

// Whatever members ask for: a phase that waits for nobody must not turn for ever.
constexpr std::chrono::milliseconds kLeastRebalanceTimeout{100};

}  // namespace

std::string_view to_string(GroupState state) {
  switch (state) {
    case GroupState::kEmpty: return "Empty";
    case GroupState::kPreparingRebalance: return "PreparingRebalance";
    case GroupState::kCompletingRebalance: return "CompletingRebalance";
    case GroupState::kStable: return "Stable";
  }
  return "";
}

Group::Group(const Clock& clock, Random& random, const GroupLimits& limits)
    : clock_(clock), random_(random), limits_(limits), state_since_ms_(clock.now_ms()) {}

void Group::restore(GroupMetadataValue value) {
  state_since_ms_ =
      value.current_state_timestamp >= 0 ? value.current_state_timestamp : clock_.now_ms();
  generation_ = std::max(value.generation, 0);
  protocol_type_ = std::move(value.protocol_type);
  protocol_ = std::move(value.protocol).value_or("");
  for (auto& stored : value.members) {
    Member member;
    member.id = std::move(stored.member_id);
    member.instance_id = std::move(stored.group_instance_id);
    member.client_id = std::move(stored.client_id);
    member.client_host = std::move(stored.client_host);
    member.session_timeout = std::clamp(std::chrono::milliseconds(stored.session_timeout),
                                        limits_.min_session_timeout, limits_.max_session_timeout);
    member.rebalance_timeout = stored.rebalance_timeout > 0
                                   ? std::chrono::milliseconds(stored.rebalance_timeout)
                                   : member.session_timeout;
    auto& protocol = member.protocols.emplace_back();
    protocol.name = protocol_;
    protocol.metadata = std::move(stored.subscription);
    member.assignment = std::move(stored.assignment);
    member.is_new = false;
    if (members_.contains(member.id)) continue;
    count_protocols(member, 1);
    if (member.instance_id) static_ids_[*member.instance_id] = member.id;
    touch(members_.emplace(member.id, std::move(member)).first->second);
  }
  if (members_.empty()) return;
  state_ = GroupState::kStable;
  leader_ =
      value.leader && members_.contains(*value.leader) ? *value.leader : members_.begin()->first;
}

// --- what members ask for

void Group::sync(SyncGroupRequest request, Synced done) {
  const auto refuse = [&](ErrorNumber error) {
    SyncGroupResponse response;
    response.error_code = error;
    done(response);
  };
  ErrorNumber error = check_member(request.member_id, request.group_instance_id);
  if (error == kNone && request.generation_id != generation_) error = kIllegalGeneration;
  if (error == kNone && (request.protocol_type.value_or(protocol_type_) != protocol_type_ ||
                         request.protocol_name.value_or(protocol_) != protocol_)) {
    error = kInconsistentGroupProtocol;
  }
  if (error == kNone && state_ == GroupState::kPreparingRebalance) error = kRebalanceInProgress;
  if (error != kNone) return refuse(error);

  Member& member = members_.at(request.member_id);
  touch(member);
  member.owes_sync = false;
  if (state_ == GroupState::kStable) return done(synced(member));
  if (member.syncing) {  // asked again, over another connection
    SyncGroupResponse late;
    late.error_code = kRebalanceInProgress;
    std::exchange(member.syncing, nullptr)(late);
  }
  member.syncing = std::move(done);
  if (member.id != leader_ || assignment_store_ != 0) return;
  for (auto& [id, each] : members_) each.assignment.clear();
  for (auto& given : request.assignments) {
    const auto found = members_.find(given.member_id);
    if (found != members_.end()) found->second.assignment = std::move(given.assignment);
  }
  assignment_store_ = store();
}

ErrorNumber Group::heartbeat(const HeartbeatRequest& request) {
  const ErrorNumber error = check_member(request.member_id, request.group_instance_id);
  if (error != kNone) return error;
  if (request.generation_id != generation_) return kIllegalGeneration;
  touch(members_.at(request.member_id));
  return state_ == GroupState::kPreparingRebalance ? kRebalanceInProgress : kNone;
}

ErrorNumber Group::leave(const std::string& member_id,
                         const std::optional<std::string>& instance_id) {
  std::string id = member_id;
  if (id.empty() && instance_id) {  // an administrator names the instance alone
    const auto found = static_ids_.find(*instance_id);
    if (found == static_ids_.end()) return kUnknownMemberId;
    id = found->second;
  }
  if (!instance_id && expected_.erase(id) > 0) {
    complete_join_if_all();
    return kNone;
  }
  const ErrorNumber error = check_member(id, instance_id);
  if (error != kNone) return error;
  remove(id);
  after_removal();
  return kNone;
}

ErrorNumber Group::may_commit(const OffsetCommitRequest& request) {
  const int32_t generation = request.generation_id_or_member_epoch;
  // Administrators, and consumers that assign partitions to themselves.
  if (generation < 0 && state_ == GroupState::kEmpty) return kNone;
  const ErrorNumber error = check_member(request.member_id, request.group_instance_id);
  if (error != kNone) return error;
  if (generation != generation_) return kIllegalGeneration;
  if (state_ == GroupState::kCompletingRebalance) return kRebalanceInProgress;
  touch(members_.at(request.member_id));
  return kNone;
}

ErrorNumber Group::check_member(const std::string& member_id,
                                const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    const auto found = static_ids_.find(*instance_id);
    if (found == static_ids_.end()) return kUnknownMemberId;
    if (found->second != member_id) return kFencedInstanceId;
  }
  return members_.contains(member_id) ? kNone : kUnknownMemberId;
}

// --- the phases

void Group::rebalance() {
  if (state_ == GroupState::kPreparingRebalance) {
    complete_join_if_all();
  } else {
    prepare_rebalance();
  }
}

void Group::after_removal() {
  if (state_ == GroupState::kPreparingRebalance) {
    complete_join_if_all();
  } else if (state_ != GroupState::kEmpty) {
    prepare_rebalance();
  }
}

void Group::prepare_rebalance() {
  if (state_ == GroupState::kCompletingRebalance) fail_syncs(kRebalanceInProgress);
  assignment_store_ = 0;
  for (auto& [id, member] : members_) member.owes_sync = false;
  const Time now = clock_.steady();
  initial_ = state_ == GroupState::kEmpty;
  newcomer_ = false;
  initial_until_ = now + std::max(rebalance_timeout(), limits_.initial_rebalance_delay);
  join_deadline_ = now + (initial_ ? limits_.initial_rebalance_delay : rebalance_timeout());
  wake_by(join_deadline_);
  move_to(GroupState::kPreparingRebalance);
  ++rebalances_;
  complete_join_if_all();
}

void Group::complete_join_if_all() {
  if (state_ != GroupState::kPreparingRebalance || initial_ || !expected_.empty()) return;
  const auto waits = [](const auto& each) { return static_cast<bool>(each.second.joining); };
  if (std::ranges::all_of(members_, waits)) complete_join();
}

// Who has not joined again is out, but for static members: these have their session to come back.
void Group::complete_join() {
  std::vector<std::string> absent;
  for (const auto& [id, member] : members_) {
    if (!member.joining && !member.instance_id) absent.push_back(id);
  }
  for (const std::string& id : absent) remove(id);
  if (!members_.empty() && !elect_leader()) {  // until their sessions end
    join_deadline_ = clock_.steady() + rebalance_timeout();
    return wake_by(join_deadline_);
  }
  generation_ = generation_ == INT32_MAX ? 1 : generation_ + 1;
  if (members_.empty()) {
    protocol_.clear();
    move_to(GroupState::kEmpty);
    store();
    return;
  }
  protocol_ = select_protocol();
  move_to(GroupState::kCompletingRebalance);
  sync_deadline_ = clock_.steady() + rebalance_timeout();
  wake_by(sync_deadline_);
  for (auto& [id, member] : members_) {
    member.owes_sync = true;
    if (!member.joining) continue;
    member.is_new = false;
    touch(member);
    std::exchange(member.joining, nullptr)(joined(member));
  }
}

void Group::stored(uint64_t number, bool durable) {
  if (const auto found = joins_after_store_.find(number); found != joins_after_store_.end()) {
    WaitingJoin join = std::move(found->second);
    joins_after_store_.erase(found);
    if (!durable) join.response.error_code = kCoordinatorNotAvailable;
    join.done(join.response);
  }
  if (number == 0 || number != assignment_store_) return;
  assignment_store_ = 0;
  if (!durable) {
    fail_syncs(kCoordinatorNotAvailable);
    return prepare_rebalance();
  }
  move_to(GroupState::kStable);
  for (auto& [id, member] : members_) {
    if (!member.syncing) continue;
    touch(member);
    std::exchange(member.syncing, nullptr)(synced(member));
  }
}

void Group::fail_syncs(ErrorNumber error) {
  SyncGroupResponse response;
  response.error_code = error;
  for (auto& [id, member] : members_) {
    member.assignment.clear();
    if (!member.syncing) continue;
    touch(member);
    std::exchange(member.syncing, nullptr)(response);
  }
}

// One of those who have joined; false when nobody has.
bool Group::elect_leader() {
  const auto leader = members_.find(leader_);
  if (leader != members_.end() && leader->second.joining) return true;
  for (const auto& [id, member] : members_) {
    if (!member.joining) continue;
    leader_ = id;
    return true;
  }
  return false;
}

// Every member votes for the first of its protocols that all support.
std::string Group::select_protocol() const {
  std::map<std::string, size_t> votes;
  for (const auto& [id, member] : members_) {
    const auto first = std::ranges::find_if(member.protocols, [&](const auto& each) {
      return supporters_.at(each.name) == members_.size();
    });
    CHECK(first != member.protocols.end());
    ++votes[first->name];
  }
  return std::ranges::max_element(votes, {}, [](const auto& each) { return each.second; })->first;
}

std::chrono::milliseconds Group::rebalance_timeout() const {
  std::chrono::milliseconds longest = kLeastRebalanceTimeout;
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout);
  return longest;
}

void Group::move_to(GroupState state) {
  state_ = state;
  state_since_ms_ = clock_.now_ms();
}

void Group::remove(const std::string& member_id) {
  const auto found = members_.find(member_id);
  Member& member = found->second;
  if (member.joining) {
    JoinGroupResponse response;
    response.member_id = member_id;
    response.error_code = kUnknownMemberId;
    member.joining(response);
  }
  if (member.syncing) {
    SyncGroupResponse response;
    response.error_code = kUnknownMemberId;
    member.syncing(response);
  }
  if (member.instance_id) static_ids_.erase(*member.instance_id);
  count_protocols(member, -1);
  members_.erase(found);
  if (leader_ == member_id) leader_ = members_.empty() ? "" : members_.begin()->first;
}

uint64_t Group::store() {
  Store made{++last_store_, {}};
  made.value.protocol_type = protocol_type_;
  made.value.generation = generation_;
  if (!protocol_.empty()) made.value.protocol = protocol_;
  if (!leader_.empty()) made.value.leader = leader_;
  made.value.current_state_timestamp = state_since_ms_;
  for (const auto& [id, member] : members_) {
    auto& stored = made.value.members.emplace_back();
    stored.member_id = id;
    stored.group_instance_id = member.instance_id;
    stored.client_id = member.client_id;
    stored.client_host = member.client_host;
    stored.rebalance_timeout = static_cast<int32_t>(member.rebalance_timeout.count());
    stored.session_timeout = static_cast<int32_t>(member.session_timeout.count());
    stored.subscription = member.metadata(protocol_);
    stored.assignment = member.assignment;
  }
  stores_.push_back(std::move(made));
  return last_store_;
}

// --- time

void Group::touch(Member& member) {
  member.deadline = clock_.steady() + member.session_timeout;
  wake_by(member.deadline);
}

void Group::tick() {
  const Time now = clock_.steady();
  if (now < wake_at_) return;
  expire_members();
  const bool owes_syncs =
      (state_ == GroupState::kCompletingRebalance || state_ == GroupState::kStable) &&
      std::ranges::any_of(members_, [](const auto& each) { return each.second.owes_sync; });
  if (owes_syncs && now >= sync_deadline_) {
    std::vector<std::string> silent;
    for (const auto& [id, member] : members_) {
      if (member.owes_sync) silent.push_back(id);
    }
    for (const std::string& id : silent) remove(id);
    prepare_rebalance();
  } else if (state_ == GroupState::kPreparingRebalance && now >= join_deadline_) {
    if (initial_ && newcomer_ && now < initial_until_) {
      newcomer_ = false;
      join_deadline_ = std::min(now + limits_.initial_rebalance_delay, initial_until_);
    } else {
      complete_join();
    }
  }

  wake_at_ = Time::max();
  for (const auto& [id, until] : expected_) wake_by(until);
  for (const auto& [id, member] : members_) {
    wake_by(member.deadline);
    if (member.owes_sync) wake_by(sync_deadline_);
  }
  if (state_ == GroupState::kPreparingRebalance) wake_by(join_deadline_);
}

void Group::expire_members() {
  const Time now = clock_.steady();
  const size_t expected = expected_.size();
  std::erase_if(expected_, [&](const auto& each) { return each.second <= now; });
  std::vector<std::string> dead;
  for (auto& [id, member] : members_) {
    if (member.deadline > now) continue;
    // Who waits for our answer cannot send heartbeats; but a newcomer that has waited so long may
    // have gone unseen.
    if (!member.is_new && (member.joining || member.syncing)) {
      touch(member);
    } else {
      dead.push_back(id);
    }
  }
  for (const std::string& id : dead) remove(id);
  if (!dead.empty()) {
    after_removal();
  } else if (expected_.size() < expected) {
    complete_join_if_all();
  }
}

// --- what others see

size_t Group::Member::bytes() const {
  size_t total = sizeof(Member) + 2 * id.size() + client_id.size() + client_host.size() +
                 assignment.size() + 2 * instance_id.value_or("").size();
  for (const auto& each : protocols) total += 64 + each.name.size() + each.metadata.size();
  return total;
}

const std::string& Group::Member::metadata(const std::string& protocol) const {
  static const std::string kNothing;
  const auto found = std::ranges::find(protocols, protocol, [](const auto& p) { return p.name; });
  return found == protocols.end() ? kNothing : found->metadata;
}

size_t Group::bytes() const {
  size_t total = sizeof(Group) + 100 * expected_.size();
  for (const auto& [id, member] : members_) total += member.bytes();
  return total;
}

DescribeGroupsResponse::DescribedGroup Group::describe() const {
  DescribeGroupsResponse::DescribedGroup described;
  described.group_state = to_string(state_);
  described.protocol_type = protocol_type_;
  const bool stable = state_ == GroupState::kStable;
  if (stable) described.protocol_data = protocol_;
  for (const auto& [id, member] : members_) {
    auto& each = described.members.emplace_back();
    each.member_id = id;
    each.group_instance_id = member.instance_id;
    each.client_id = member.client_id;
    each.client_host = member.client_host;
    if (!stable) continue;
    each.member_metadata = member.metadata(protocol_);
    each.member_assignment = member.assignment;
  }
  return described;
}

}  // namespace foz::kafka
