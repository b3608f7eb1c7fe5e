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

}  // namespace

Status Coordinator::replay() {
  const auto topic = log_.find_topic(kOffsetsTopic);
  if (!topic) return {};
  const std::lock_guard lock(mutex_);
  topic_ = log::TopicPartition{topic->id, log::PartitionId(0)};
  const log::PartitionOffsets offsets = TRY(log_.offsets(*topic_));
  std::map<std::string, GroupMetadataValue> stored;
  for (log::Offset from = offsets.log_start; from < offsets.durable_end;) {
    const log::ReadResult read = TRY(log_.read(*topic_, from, kReplayBytes));
    for (const log::BatchSlice& slice : read.slices) {
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

// --- sweeps: offsets that nobody will ask for any more

Coordinator::Time Coordinator::sweep(Time now) {
  if (!sweeping_ && now < next_sweep_) return next_sweep_;
  if (!sweeping_) {
    sweeping_ = true;
    swept_up_to_.clear();
    next_sweep_ = now + options_.sweep_interval;
  }
  sweep_some();
  return sweeping_ ? now : next_sweep_;
}

void Coordinator::sweep_some() {
  TopicIds topics;
  auto at = groups_.upper_bound(swept_up_to_);
  for (size_t seen = 0; seen < kGroupsOfASlice && at != groups_.end(); ++seen) {
    Place& each = *at++;
    swept_up_to_ = each.first;
    std::vector<Change> changes = outdated(each.second, topics);
    if (changes.empty()) continue;
    append(each, std::move(changes), [](bool) {});
    settle(each);
  }
  sweeping_ = at != groups_.end();
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
