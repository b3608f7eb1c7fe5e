// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the coordinator reads back after a start, and what it lets go.
#include <algorithm>

#include "base/logging.h"
#include "kafka/coordinator_internal.h"
#include "kafka/offset_records_internal.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

constexpr size_t kReplayBytes = 1u << 20;
constexpr size_t kGroupsOfASlice = 100;  // looked at without letting others in
constexpr std::chrono::seconds kCompactAgainAfter{10};
constexpr size_t kTimesWhatCounts = 4;

}  // namespace

Status Coordinator::replay() {
  const auto topic = log_.find_topic(kOffsetsTopic);
  if (!topic) return {};
  const std::lock_guard lock(mutex_);
  topic_ = log::TopicPartition{topic->id, log::PartitionId(0)};
  const log::PartitionOffsets offsets = TRY(log_.offsets(*topic_));
  records_begin_ = records_end_ = offsets.visible_start.value();
  std::map<std::string, GroupMetadataValue> stored;
  for (log::Offset from = offsets.visible_start; from < offsets.durable_end;) {
    const log::ReadResult read = TRY(log_.read(*topic_, from, kReplayBytes));
    for (const log::BatchSlice& slice : read.slices) {
      topic_bytes_ += static_cast<int64_t>(slice.bytes.size());
      for (Bytes rest = slice.bytes; !rest.empty();) {
        const size_t size = TRY(log::parse_batch_header(rest)).size();
        TRY(replay_batch(rest.first(size), stored));
        rest = rest.subspan(size);
      }
    }
    from = read.next;
  }
  for (auto& [id, value] : stored) groups_.at(id).group.restore(std::move(value));
  for (auto at = groups_.begin(); at != groups_.end();) settle(*at++);
  next_sweep_ = clock_.steady();
  if (!groups_.empty()) {
    log_info("kafka", "consumer groups are back", {{"groups", std::to_string(groups_.size())}});
  }
  return {};
}

Status Coordinator::replay_batch(Bytes batch, std::map<std::string, GroupMetadataValue>& groups) {
  log::RecordReader reader = TRY(log::RecordReader::open(batch));
  if (reader.header().control()) return {};
  log::Record record;
  while (TRY(reader.next(record))) replay_record(record, groups);
  return {};
}

void Coordinator::replay_record(const log::Record& record,
                                std::map<std::string, GroupMetadataValue>& groups) {
  auto parsed = parse_record(record);
  if (!parsed.has_value()) {
    log_warn(
        "kafka", "a record of consumer groups was passed over",
        {{"offset", std::to_string(record.offset.value())}, {"reason", parsed.error().message()}});
    return;
  }
  Change change;
  if (auto* offset = std::get_if<OffsetRecord>(&*parsed)) {
    Place& at = place(offset->key.group);
    change.topic = std::move(offset->key.topic);
    change.partition = offset->key.partition;
    change.offset = std::move(offset->value);
    apply(at, change, record.offset.value());
    drop_if_gone(at.second, change.topic, change.partition);
  } else if (auto* group = std::get_if<GroupRecord>(&*parsed)) {
    Place& at = place(group->key.group);
    change.of_group = true;
    if (record.value) change.group_value = as_text(*record.value);
    apply(at, change, record.offset.value());
    if (group->value) {
      groups[at.first] = std::move(*group->value);
    } else {
      groups.erase(at.first);
    }
  }
}

// --- sweeps: what nobody will ask for goes; when the topic is long, what counts moves to its end

bool Coordinator::worth_compacting() const {
  return topic_bytes_ > options_.least_bytes_to_compact &&
         std::cmp_greater(topic_bytes_, kTimesWhatCounts * bytes_);
}

Coordinator::Time Coordinator::next_sweep() const {
  if (swept_in_flight_ > 0) return Time::max();  // a slice is on its way, and wakes us
  if (sweep_ != Sweep::kNone) return clock_.steady();
  if (!worth_compacting()) return next_sweep_;
  return std::min(next_sweep_, swept_at_ + kCompactAgainAfter);
}

Coordinator::Time Coordinator::sweep(Time now) {
  if (now < next_sweep()) return next_sweep();
  if (sweep_ == Sweep::kNone) {
    if (!topic_) {  // nothing to write to
      next_sweep_ = now + options_.sweep_interval;
      return next_sweep_;
    }
    sweep_ = Sweep::kWalking;
    swept_up_to_.clear();
    swept_at_ = now;
    next_sweep_ = now + options_.sweep_interval;
    move_below_ = worth_compacting() || rewrite_ ? std::max<int64_t>(records_end_, 1) : 0;
    rewrite_ = false;
    bytes_below_ = topic_bytes_;
  }
  if (sweep_ == Sweep::kWalking) {
    sweep_some();
  } else {
    sweep_ = Sweep::kNone;
    // What was on its way when its turn came may still lie there: then the next sweep does it.
    const int64_t oldest = move_below_ > 0 ? oldest_that_counts() : 0;
    if (move_below_ > 0 && oldest >= move_below_) cut_at_ = oldest;
  }
  return next_sweep();
}

void Coordinator::sweep_some() {
  TopicIds topics;
  auto at = groups_.upper_bound(swept_up_to_);
  for (size_t seen = 0; seen < kGroupsOfASlice && at != groups_.end(); ++seen) {
    Place& each = *at++;
    swept_up_to_ = each.first;
    append_swept(each, outdated(each.second, topics));
    append_swept(each, offsets_to_move(each.second));
    append_swept(each, group_to_move(each.second));
    settle(each);
  }
  if (at == groups_.end()) sweep_ = Sweep::kEnding;
}

void Coordinator::append_swept(Place& place, std::vector<Change> changes) {
  if (changes.empty()) return;
  ++swept_in_flight_;
  append(place, std::move(changes), [this](bool) { --swept_in_flight_; });
}

// What is on its way needs no moving: its record comes later, or the old one stays.
bool Coordinator::must_move(int64_t stored_at, int32_t in_flight) const {
  return stored_at >= 0 && stored_at < move_below_ && in_flight == 0;
}

std::vector<Coordinator::Change> Coordinator::offsets_to_move(const Entry& entry) const {
  std::vector<Change> changes;
  for (const auto& [topic, partitions] : entry.offsets) {
    for (const auto& [partition, committed] : partitions) {
      if (!must_move(committed.stored_at, committed.in_flight)) continue;
      changes.push_back({.topic = topic, .partition = partition, .offset = committed.value});
    }
  }
  return changes;
}

std::vector<Coordinator::Change> Coordinator::group_to_move(const Entry& entry) const {
  if (!must_move(entry.stored_at, entry.own_in_flight)) return {};
  return {{.of_group = true, .group_value = entry.stored}};
}

// The topic was deleted under us: what memory holds stands in the next one again.
void Coordinator::lose_topic() {
  topic_.reset();
  records_begin_ = records_end_ = topic_bytes_ = bytes_below_ = 0;
  cut_at_.reset();
  sweep_ = Sweep::kNone;
  rewrite_ = true;
  for (auto& [id, entry] : groups_) {
    entry.stored_at = std::min<int64_t>(entry.stored_at, 0);
    for (auto& [topic, partitions] : entry.offsets) {
      for (auto& [partition, committed] : partitions)
        committed.stored_at = std::min<int64_t>(committed.stored_at, 0);
    }
  }
}

// Below it only records lie that newer ones replaced, and tombstones of keys with nothing before.
int64_t Coordinator::oldest_that_counts() const {
  int64_t oldest = records_end_;
  const auto look = [&](int64_t stored_at) {
    if (stored_at >= 0) oldest = std::min(oldest, stored_at);
  };
  for (const auto& [id, entry] : groups_) {
    look(entry.stored_at);
    for (const auto& [topic, partitions] : entry.offsets) {
      for (const auto& [partition, committed] : partitions) look(committed.stored_at);
    }
  }
  return oldest;
}

std::vector<Coordinator::Change> Coordinator::outdated(const Entry& entry, TopicIds& topics) const {
  const int64_t expired_ms = clock_.now_ms() - options_.offsets_retention.count();
  const bool deserted = entry.group.deserted();
  // Who never had members commits for itself: each offset has an age of its own.
  const bool had_members = !entry.group.protocol_type().empty();
  const bool long_empty = deserted && (!had_members || entry.group.state_since_ms() <= expired_ms);
  std::vector<Change> changes;
  for (const auto& [topic, partitions] : entry.offsets) {
    auto known = topics.find(topic);
    if (known == topics.end()) {
      const auto found = log_.find_topic(topic);
      known = topics.emplace(topic, found ? std::optional(found->id) : std::nullopt).first;
    }
    for (const auto& [partition, committed] : partitions) {
      const OffsetCommitValue& value = committed.value;
      const bool topic_is_gone =
          !known->second || (!value.topic_id.is_nil() && value.topic_id != *known->second);
      const bool expired = long_empty && value.commit_timestamp <= expired_ms;
      if (committed.in_flight > 0 || (!topic_is_gone && !expired)) continue;
      changes.push_back({.topic = topic, .partition = partition});
    }
  }
  if (deserted && entry.in_flight == 0 && changes.size() == entry.offset_count &&
      entry.stored_at >= 0) {
    changes.push_back({.of_group = true});
  }
  return changes;
}

}  // namespace foz::kafka
