// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/coordinator_internal.h"

#include <algorithm>

#include "base/logging.h"
#include "kafka/offset_records_internal.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

constexpr size_t kMaxCommitBytes = 8u << 20;
constexpr size_t kChangesOfARecordBatch = 1000;
constexpr size_t kEntryBytes = 1000;  // what the maps take besides
constexpr size_t kOffsetBytes = 200;

bool is_group_id(const std::string& id) { return !id.empty() && id.size() <= kMaxGroupIdBytes; }

}  // namespace

Coordinator::Counts::Counts(Metrics& metrics)
    : members(metrics.gauge("foz_kafka_group_members", "Members of all consumer groups.")),
      rebalances(metrics.counter("foz_kafka_group_rebalances_total",
                                 "Rebalances of consumer groups that began.")),
      commits(metrics.counter("foz_kafka_offset_commits_total",
                              "Offsets that consumers were told are durable.")) {
  for (size_t i = 0; i < kGroupStates; ++i) {
    groups[i] = &metrics.gauge("foz_kafka_groups", "Consumer groups by their state.",
                               {{"state", std::string(to_string(static_cast<GroupState>(i)))}});
  }
}

Coordinator::Coordinator(CoordinatorOptions options, log::Log& log, const Clock& clock,
                         Metrics& metrics, uint64_t seed)
    : options_(options),
      log_(log),
      clock_(clock),
      random_(seed),
      counts_(metrics),
      next_sweep_(clock.steady() + options.sweep_interval) {}

Result<std::shared_ptr<Coordinator>> Coordinator::open(CoordinatorOptions options, log::Log& log,
                                                       const Clock& clock, Metrics& metrics,
                                                       uint64_t seed) {
  auto made = std::make_shared<Coordinator>(options, log, clock, metrics, seed);
  TRY(made->replay().within("consumer groups"));
  return made;
}

void Coordinator::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

bool Coordinator::ready() const {
  const std::lock_guard lock(mutex_);
  return topic_.has_value();
}

Status Coordinator::make_topic() {
  auto topic = log_.find_topic(kOffsetsTopic);
  if (!topic) {
    auto made = log_.create_topic(kOffsetsTopic, 1, default_topic_config(kOffsetsTopic));
    // Somebody else may have been first.
    topic = made.has_value() ? std::move(*made) : log_.find_topic(kOffsetsTopic);
    if (!topic) return made.error();
  }
  const std::lock_guard lock(mutex_);
  if (!topic_) topic_ = log::TopicPartition{topic->id, log::PartitionId(0)};
  if (rewrite_) next_sweep_ = clock_.steady();
  wake_by(next_sweep_);
  return {};
}

// --- members

void Coordinator::join(JoinGroupRequest request, const Caller& caller, Group::Joined done) {
  const std::lock_guard lock(mutex_);
  Place* found = find(request.group_id);
  const bool known = found && found->second.group.has_member(request.member_id);
  ErrorNumber error = kNone;
  if (!is_group_id(request.group_id)) {
    error = kInvalidGroupId;
  } else if (closed_ || !topic_ || (!known && is_full()) ||
             (!found && groups_.size() >= options_.max_groups)) {
    error = kCoordinatorNotAvailable;
  } else if (!found && !request.member_id.empty()) {
    error = kUnknownMemberId;
  }
  if (error != kNone) {
    JoinGroupResponse response;
    response.member_id = request.member_id;
    response.error_code = error;
    return done(response);
  }
  Place& at = place(request.group_id);
  at.second.group.join(std::move(request), caller, std::move(done));
  settle(at);
}

void Coordinator::sync(SyncGroupRequest request, Group::Synced done) {
  const std::lock_guard lock(mutex_);
  Place* found = find(request.group_id);
  if (closed_ || !found) {
    SyncGroupResponse response;
    response.error_code = found ? kCoordinatorNotAvailable : kUnknownMemberId;
    return done(response);
  }
  found->second.group.sync(std::move(request), std::move(done));
  settle(*found);
}

ErrorNumber Coordinator::heartbeat(const HeartbeatRequest& request) {
  const std::lock_guard lock(mutex_);
  Place* found = find(request.group_id);
  return found ? found->second.group.heartbeat(request) : kUnknownMemberId;
}

LeaveGroupResponse Coordinator::leave(const LeaveGroupRequest& request, int16_t version) {
  const std::lock_guard lock(mutex_);
  Place* found = find(request.group_id);
  LeaveGroupResponse response;
  const auto leave_one = [&](const std::string& id, const std::optional<std::string>& instance) {
    return found ? found->second.group.leave(id, instance) : kUnknownMemberId;
  };
  if (version < 3) {
    response.error_code = leave_one(request.member_id, std::nullopt);
  } else {
    for (const auto& each : request.members) {
      auto& answer = response.members.emplace_back();
      answer.member_id = each.member_id;
      answer.group_instance_id = each.group_instance_id;
      answer.error_code = leave_one(each.member_id, each.group_instance_id);
    }
  }
  if (found) settle(*found);
  return response;
}

// --- offsets

void Coordinator::commit(const OffsetCommitRequest& request, std::vector<NewOffset> offsets,
                         Done done) {
  const std::lock_guard lock(mutex_);
  if (!is_group_id(request.group_id)) return done(kInvalidGroupId);
  if (closed_ || !topic_) return done(kCoordinatorNotAvailable);
  Place* found = find(request.group_id);
  if (!found) {
    if (request.generation_id_or_member_epoch >= 0) return done(kIllegalGeneration);
    if (groups_.size() >= options_.max_groups) return done(kCoordinatorNotAvailable);
    found = &place(request.group_id);
  }
  Entry& entry = found->second;
  const ErrorNumber error = entry.group.may_commit(request);
  size_t bytes = 0;
  bool grows = false;
  std::vector<Change> changes;
  for (NewOffset& each : offsets) {
    bytes += request.group_id.size() + each.topic.size() + each.value.metadata.size() + 100;
    const auto topic = entry.offsets.find(each.topic);
    grows |= topic == entry.offsets.end() || !topic->second.contains(each.partition);
    Change& change = changes.emplace_back();
    change.topic = std::move(each.topic);
    change.partition = each.partition;
    change.offset = std::move(each.value);
    change.offset->commit_timestamp = clock_.now_ms();
  }
  const auto commits = static_cast<int64_t>(changes.size());
  if (error != kNone || bytes > kMaxCommitBytes || (grows && is_full())) {
    done(error != kNone            ? error
         : bytes > kMaxCommitBytes ? kInvalidCommitOffsetSize
                                   : kCoordinatorNotAvailable);
  } else {
    append(*found, std::move(changes),
           [&counter = counts_.commits, commits, done = std::move(done)](bool durable) mutable {
             if (durable) counter.add(commits);
             done(durable ? kNone : kCoordinatorNotAvailable);
           });
  }
  settle(*found);
}

ErrorNumber Coordinator::may_commit(const OffsetCommitRequest& request, bool as_member) {
  const std::lock_guard lock(mutex_);
  if (!is_group_id(request.group_id)) return kInvalidGroupId;
  if (closed_ || !topic_ || is_full()) return kCoordinatorNotAvailable;
  Place* found = find(request.group_id);
  if (found && !as_member) return kNone;
  if (found) {
    const ErrorNumber error = found->second.group.may_commit(request);
    settle(*found);
    return error;
  }
  if (request.generation_id_or_member_epoch >= 0) return kIllegalGeneration;
  return groups_.size() < options_.max_groups ? kNone : kCoordinatorNotAvailable;
}

std::unique_ptr<Coordinator::Staged> Coordinator::stage(const std::string& group,
                                                        std::vector<NewOffset> offsets,
                                                        std::vector<log::AppendPart>& parts) {
  const std::lock_guard lock(mutex_);
  if (closed_ || !topic_) return nullptr;
  auto staged = std::make_unique<Staged>();
  staged->place = &place(group);
  staged->first_part = parts.size();
  for (NewOffset& each : offsets) {
    Change& change = staged->changes.emplace_back();
    change.topic = std::move(each.topic);
    change.partition = each.partition;
    change.offset = std::move(each.value);
    change.offset->commit_timestamp = clock_.now_ms();
  }
  if (add_parts(*staged->place, staged->changes, parts)) return staged;
  settle(*staged->place);
  return nullptr;
}

void Coordinator::land(std::unique_ptr<Staged> staged,
                       const Result<std::vector<log::AppendOutcome>>& outcomes) {
  const std::lock_guard lock(mutex_);
  if (land(*staged->place, staged->changes, outcomes, staged->first_part)) {
    counts_.commits.add(static_cast<int64_t>(staged->changes.size()));
  }
  settle(*staged->place);
  wake_by(next_sweep());
}

void Coordinator::each_offset(const std::string& group, const EachOffset& each) const {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find(group);
  if (!entry) return;
  for (const auto& [topic, partitions] : entry->offsets) {
    for (const auto& [partition, committed] : partitions) {
      if (committed.stored_at >= 0) each(topic, partition, committed.value);
    }
  }
}

std::optional<OffsetCommitValue> Coordinator::offset(const std::string& group,
                                                     const std::string& topic,
                                                     int32_t partition) const {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find(group);
  if (!entry) return std::nullopt;
  const auto partitions = entry->offsets.find(topic);
  if (partitions == entry->offsets.end()) return std::nullopt;
  const auto found = partitions->second.find(partition);
  if (found == partitions->second.end() || found->second.stored_at < 0) return std::nullopt;
  return found->second.value;
}

// --- administration

std::optional<DescribeGroupsResponse::DescribedGroup> Coordinator::describe(
    const std::string& group) const {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find(group);
  if (!entry) return std::nullopt;
  return entry->group.describe();
}

std::vector<ListGroupsResponse::ListedGroup> Coordinator::list() const {
  std::vector<ListGroupsResponse::ListedGroup> listed;
  const std::lock_guard lock(mutex_);
  listed.reserve(groups_.size());
  for (const auto& [id, entry] : groups_) {
    auto& each = listed.emplace_back();
    each.group_id = id;
    each.protocol_type = entry.group.protocol_type();
    each.group_state = to_string(entry.group.state());
    each.group_type = "classic";
  }
  return listed;
}

void Coordinator::remove(const std::string& group, Done done) {
  const std::lock_guard lock(mutex_);
  Place* found = find(group);
  if (!found) return done(is_group_id(group) ? kGroupIdNotFound : kInvalidGroupId);
  if (!found->second.group.deserted()) return done(kNonEmptyGroup);
  std::vector<Change> changes;
  for (const auto& [topic, partitions] : found->second.offsets) {
    for (const auto& [partition, committed] : partitions) {
      changes.push_back({.topic = topic, .partition = partition});
    }
  }
  changes.push_back({.of_group = true});
  append(*found, std::move(changes), [done = std::move(done)](bool durable) mutable {
    done(durable ? kNone : kCoordinatorNotAvailable);
  });
  settle(*found);
}

void Coordinator::remove_offsets(const std::string& group,
                                 const std::vector<std::pair<std::string, int32_t>>& partitions,
                                 Done done) {
  const std::lock_guard lock(mutex_);
  Place* found = find(group);
  if (!found) return done(is_group_id(group) ? kGroupIdNotFound : kInvalidGroupId);
  if (!found->second.group.deserted()) return done(kNonEmptyGroup);
  std::vector<Change> changes;
  for (const auto& [topic, partition] : partitions) {
    const auto known = found->second.offsets.find(topic);
    if (known == found->second.offsets.end() || !known->second.contains(partition)) continue;
    changes.push_back({.topic = topic, .partition = partition});
  }
  append(*found, std::move(changes), [done = std::move(done)](bool durable) mutable {
    done(durable ? kNone : kCoordinatorNotAvailable);
  });
  settle(*found);
}

// --- entries

Coordinator::Place& Coordinator::place(const std::string& group) {
  const auto [at, made] = groups_.try_emplace(group, *this);
  if (made) {
    ++states_[static_cast<size_t>(GroupState::kEmpty)];
    count(at->second);
  }
  return *at;
}

Coordinator::Place* Coordinator::find(const std::string& group) {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &*found;
}

const Coordinator::Entry* Coordinator::find(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

bool Coordinator::is_full() const { return bytes_ >= options_.max_bytes; }

// After every call of a group's; the place may be gone then.
void Coordinator::settle(Place& place) {
  Group& group = place.second.group;
  for (auto stores = group.take_stores(); !stores.empty(); stores = group.take_stores()) {
    for (Group::Store& each : stores) store_group(place, std::move(each));
  }
  count(place.second);
  schedule(place);
  forget_if_unused(place);
}

void Coordinator::count(Entry& entry) {
  const Group& group = entry.group;
  --states_[static_cast<size_t>(entry.counted_state)];
  ++states_[static_cast<size_t>(group.state())];
  members_ += group.members() - entry.counted_members;
  const size_t bytes = kEntryBytes + group.bytes() + entry.stored.size() + entry.offset_bytes;
  bytes_ += bytes - entry.counted_bytes;
  counts_.rebalances.add(group.rebalances() - entry.counted_rebalances);
  entry.counted_state = group.state();
  entry.counted_members = group.members();
  entry.counted_bytes = bytes;
  entry.counted_rebalances = group.rebalances();
  for (size_t i = 0; i < kGroupStates; ++i) {
    counts_.groups[i]->set(static_cast<double>(states_[i]));
  }
  counts_.members.set(static_cast<double>(members_));
}

void Coordinator::forget_if_unused(Place& place) {
  Entry& entry = place.second;
  if (!entry.group.deserted() || !entry.offsets.empty() || entry.stored_at >= 0 ||
      entry.in_flight > 0) {
    return;
  }
  --states_[static_cast<size_t>(GroupState::kEmpty)];
  counts_.groups[static_cast<size_t>(GroupState::kEmpty)]->set(static_cast<double>(states_[0]));
  bytes_ -= entry.counted_bytes;
  schedule_.erase({entry.scheduled, place.first});
  groups_.erase(groups_.find(place.first));
}

// --- records

int32_t& Coordinator::in_flight(Entry& entry, const Change& change) {
  if (change.of_group) return entry.own_in_flight;
  return committed(entry, change.topic, change.partition).in_flight;
}

Coordinator::Committed& Coordinator::committed(Entry& entry, const std::string& topic,
                                               int32_t partition) {
  const auto [at, made] = entry.offsets[topic].try_emplace(partition);
  if (made) {
    ++entry.offset_count;
    entry.offset_bytes += kOffsetBytes;
  }
  return at->second;
}

void Coordinator::drop_if_gone(Entry& entry, const std::string& topic, int32_t partition) {
  const auto partitions = entry.offsets.find(topic);
  const auto found = partitions->second.find(partition);
  if (found->second.stored_at >= 0 || found->second.in_flight > 0) return;
  entry.offset_bytes -= kOffsetBytes + found->second.value.metadata.size();
  --entry.offset_count;
  partitions->second.erase(found);
  if (partitions->second.empty()) entry.offsets.erase(partitions);
}

void Coordinator::store_group(Place& place, Group::Store store) {
  std::vector<Change> changes(1);
  changes[0].of_group = true;
  changes[0].group_value = value_of(store.value);
  append(place, std::move(changes), [&place, number = store.number](bool durable) {
    place.second.group.stored(number, durable);
  });
}

bool Coordinator::add_parts(Place& place, const std::vector<Change>& changes,
                            std::vector<log::AppendPart>& parts) {
  std::vector<log::NewRecord> records;
  for (const Change& change : changes) {
    log::NewRecord& record = records.emplace_back();
    record.timestamp_ms = clock_.now_ms();
    if (change.of_group) {
      record.key = key_of(GroupMetadataKey{place.first});
      if (!change.group_value.empty()) record.value = change.group_value;
    } else {
      record.key = key_of(OffsetCommitKey{place.first, change.topic, change.partition});
      if (change.offset) record.value = value_of(*change.offset);
    }
    if (records.size() < kChangesOfARecordBatch && &change != &changes.back()) continue;
    auto batch = log::build_batch(std::exchange(records, {}));
    if (!batch.has_value()) return false;
    topic_bytes_ += static_cast<int64_t>(batch->size());
    parts.push_back({*topic_, std::move(*batch)});
  }
  for (const Change& change : changes) ++in_flight(place.second, change);
  place.second.in_flight += static_cast<int32_t>(changes.size());
  return true;
}

void Coordinator::append(Place& place, std::vector<Change> changes, Appended done) {
  if (changes.empty()) return done(true);
  if (closed_ || !topic_) return done(false);
  std::vector<log::AppendPart> parts;
  if (!add_parts(place, changes, parts)) return done(false);
  struct Flight {
    std::vector<Change> changes;
    Appended done;
  };
  auto flight = std::make_shared<Flight>(std::move(changes), std::move(done));
  const Status taken =
      log_.append(std::move(parts), [self = shared_from_this(), &place, flight](auto outcomes) {
        const std::lock_guard lock(self->mutex_);
        const bool durable = self->land(place, flight->changes, outcomes);
        flight->done(durable);
        self->settle(place);
        self->wake_by(self->next_sweep());
      });
  if (taken.has_value()) return;
  land(place, flight->changes, taken.error());
  flight->done(false);
}

bool Coordinator::land(Place& place, const std::vector<Change>& changes,
                       const Result<std::vector<log::AppendOutcome>>& outcomes, size_t first_part) {
  bool durable = true;
  for (size_t i = 0; i < changes.size(); ++i) {
    const Change& change = changes[i];
    std::optional<int64_t> offset;
    if (outcomes.has_value()) {
      const log::AppendOutcome& outcome = (*outcomes)[first_part + i / kChangesOfARecordBatch];
      if (!outcome.error) {
        offset = outcome.base_offset.value() + static_cast<int64_t>(i % kChangesOfARecordBatch);
      }
    }
    durable &= offset.has_value();
    --place.second.in_flight;
    --in_flight(place.second, change);
    if (offset) apply(place, change, *offset);
    if (!change.of_group) drop_if_gone(place.second, change.topic, change.partition);
  }
  const Error* error = !outcomes.has_value() ? &outcomes.error() : nullptr;
  if (!durable && !error) {
    error = &*std::ranges::find_if(*outcomes, [](const auto& each) {
                return each.error.has_value();
              })->error;
  }
  report(place, error);
  return durable;
}

// Once when it begins, and when it ends: clients try again and again.
void Coordinator::report(const Place& place, const Error* error) {
  if (failing_ == (error != nullptr)) return;
  failing_ = error != nullptr;
  if (error) {
    log_warn("kafka", "consumer groups cannot be stored",
             {{"group", place.first}, {"reason", error->message()}});
  } else {
    log_info("kafka", "consumer groups are stored again");
  }
}

void Coordinator::apply(Place& place, const Change& change, int64_t offset) {
  Entry& entry = place.second;
  records_end_ = std::max(records_end_, offset + 1);
  if (change.of_group) {
    entry.stored = change.group_value;
    entry.stored_at = change.group_value.empty() ? -1 : offset;
    return;
  }
  Committed& at = committed(entry, change.topic, change.partition);
  entry.offset_bytes -= at.value.metadata.size();
  at.value = change.offset.value_or(OffsetCommitValue());
  entry.offset_bytes += at.value.metadata.size();
  at.stored_at = change.offset ? offset : -1;
}

// --- time

void Coordinator::schedule(Place& place) {
  Entry& entry = place.second;
  const Time when = entry.group.wake_at();
  if (when >= entry.scheduled) return;  // the group looks again then
  schedule_.erase({entry.scheduled, place.first});
  entry.scheduled = when;
  schedule_.emplace(when, place.first);
  wake_by(when);
}

void Coordinator::wake_by(Time when) {
  if (when >= planned_) return;
  planned_ = when;
  changed_.notify_one();
}

void Coordinator::topics_changed() {
  const std::lock_guard lock(mutex_);
  if (topic_ && !log_.find_topic(topic_->topic)) lose_topic();
  next_sweep_ = std::min(next_sweep_, clock_.steady() + std::chrono::seconds(1));
  wake_by(next_sweep_);
}

Coordinator::Time Coordinator::tick() {
  std::unique_lock lock(mutex_);
  const Time now = clock_.steady();
  while (!closed_ && !schedule_.empty() && schedule_.begin()->first <= now) {
    Place& due = *groups_.find(schedule_.begin()->second);
    schedule_.erase(schedule_.begin());
    due.second.scheduled = Time::max();
    due.second.group.tick();
    settle(due);
  }
  planned_ = schedule_.empty() ? Time::max() : schedule_.begin()->first;
  if (!closed_) wake_by(sweep(now));
  const Time next = planned_;
  if (const auto before = std::exchange(cut_at_, std::nullopt)) {
    const log::TopicPartition topic = *topic_;
    lock.unlock();  // this waits for the disk
    const auto begin = log_.delete_records(topic, log::Offset(*before));
    lock.lock();
    if (begin.has_value()) {
      records_begin_ = *before;
      topic_bytes_ -= bytes_below_;
    }
  }
  return next;
}

void Coordinator::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    tick();
    std::unique_lock lock(mutex_);
    const Time until = planned_;
    changed_.wait_until(lock, stop, until, [&] { return planned_ < until; });
  }
}

}  // namespace foz::kafka
