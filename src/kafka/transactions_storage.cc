// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the coordinator of transactions reads back after a start, and what it lets go.
#include <algorithm>

#include "base/logging.h"
#include "kafka/topic_config.h"
#include "kafka/transactions_internal.h"

namespace foz::kafka {
namespace {

constexpr size_t kReplayBytes = 1u << 20;
constexpr size_t kIdsOfASlice = 500;  // looked at without letting others in
constexpr size_t kBytesOfASlice = 1u << 20;
constexpr int64_t kTimesWhatCounts = 4;
constexpr int64_t kSweepEveryMs = 600'000;

std::optional<TransactionState> known_state(int8_t code) {
  const auto state = static_cast<TransactionState>(code);
  switch (state) {
    case TransactionState::kEmpty:
    case TransactionState::kOngoing:
    case TransactionState::kCompleteCommit:
    case TransactionState::kCompleteAbort: return state;
  }
  return std::nullopt;
}

}  // namespace

Status TransactionCoordinator::replay() {
  const auto topic = log_.find_topic(kTransactionsTopic);
  if (!topic) return {};
  const std::lock_guard lock(mutex_);
  topic_ = log::TopicPartition{topic->id, log::PartitionId(0)};
  const log::PartitionOffsets offsets = TRY(log_.offsets(*topic_));
  for (log::Offset from = offsets.visible_start; from < offsets.durable_end;) {
    const log::ReadResult read = TRY(log_.read(*topic_, from, kReplayBytes));
    for (const log::BatchSlice& slice : read.slices) {
      topic_bytes_ += static_cast<int64_t>(slice.bytes.size());
      for (Bytes rest = slice.bytes; !rest.empty();) {
        auto reader = TRY(log::RecordReader::open(rest));
        rest = rest.subspan(reader.header().size());
        log::Record record;
        while (TRY(reader.next(record))) {
          if (record.offset >= from) replay_record(record);
        }
      }
    }
    from = read.next;
  }
  records_end_ = offsets.durable_end.value();
  for (Place& each : entries_) settle(each);
  if (!entries_.empty()) {
    log_info("kafka", "transactions are back",
             {{"transactional_ids", std::to_string(entries_.size())},
              {"open", std::to_string(deadlines_.size())}});
  }
  return {};
}

void TransactionCoordinator::replay_record(const log::Record& record) {
  auto parsed = parse_transaction_record(record);
  const auto passed_over = [&](std::string_view reason) {
    log_warn("kafka", "a record of transactions was passed over",
             {{"offset", std::to_string(record.offset.value())}, {"reason", std::string(reason)}});
  };
  if (!parsed.has_value()) return passed_over(parsed.error().message());
  if (auto* pending = std::get_if<PendingOffsetRecord>(&*parsed)) {
    Place* found = find(pending->id);
    if (!found || found->second.now.state != TransactionState::kOngoing)
      return passed_over("an offset outside a transaction");
    OffsetCommitKey& key = pending->key;
    found->second.offsets[key.group][{key.topic, key.partition}] = std::move(pending->value);
    pending_[key.group].insert(pending->id);
    return;
  }
  auto* state = std::get_if<TransactionRecord>(&*parsed);
  if (!state) return;
  Place* found = find(state->id);
  if (!state->value) {
    if (found) forget(*found);
    return;
  }
  TransactionLogValue& value = *state->value;
  const auto now = known_state(value.transaction_status);
  if (!now) return passed_over("a state that is not known");
  if (!found) found = &*entries_.try_emplace(state->id).first;
  Entry& entry = found->second;
  const bool goes_on =
      entry.now.state == TransactionState::kOngoing && *now == TransactionState::kOngoing;
  if (!goes_on || entry.offsets.empty()) entry.needed_from = record.offset.value();
  if (!goes_on) drop_pending(*found);
  entry.stored = true;
  entry.now = Transaction();
  entry.now.producer = {value.producer_id, value.producer_epoch};
  entry.now.timeout_ms = value.transaction_timeout_ms;
  entry.now.state = *now;
  entry.now.started_ms = value.transaction_start_timestamp_ms;
  entry.now.updated_ms = value.transaction_last_update_timestamp_ms;
  if (!value.transaction_partitions) return;
  for (auto& each : *value.transaction_partitions) {
    entry.now.partitions[each.topic].insert(each.partition_ids.begin(), each.partition_ids.end());
  }
}

void TransactionCoordinator::drop_pending(Place& place) {
  for (const auto& [group, offsets] : place.second.offsets) {
    const auto ids = pending_.find(group);
    ids->second.erase(place.first);
    if (ids->second.empty()) pending_.erase(ids);
  }
  place.second.offsets.clear();
}

void TransactionCoordinator::forget(Place& place) {
  drop_pending(place);
  bytes_ -= place.second.bytes;
  if (place.second.deadline_ms >= 0) deadlines_.erase({place.second.deadline_ms, place.first});
  entries_.erase(entries_.find(place.first));
}

// Ids that nobody has used for long. The next producer of one begins with another producer id.
void TransactionCoordinator::expire(int64_t now_ms) {
  if (now_ms < next_sweep_ms_) return;
  next_sweep_ms_ = now_ms + kSweepEveryMs;
  size_t seen = 0;
  for (auto at = entries_.begin(); at != entries_.end() && seen < kIdsOfASlice;) {
    Place& each = *at++;
    const Entry& entry = each.second;
    if (entry.changing || entry.now.state == TransactionState::kOngoing) continue;
    if (!entry.stored) {
      forget(each);
      continue;
    }
    if (entry.now.updated_ms + options_.expiration.count() > now_ms) continue;
    ++seen;
    each.second.changing = true;
    std::vector<log::AppendPart> parts;
    parts.push_back(
        part_of(*topic_, {{.timestamp_ms = now_ms, .key = transaction_key(each.first)}}));
    append(std::move(parts), {}, [this, &each](std::optional<int64_t> offset) {
      each.second.changing = false;
      if (offset) forget(each);
    });
  }
  if (seen == kIdsOfASlice) next_sweep_ms_ = now_ms;  // there may be more
}

// --- when the topic is long, what counts moves to its end

bool TransactionCoordinator::worth_compacting() const {
  return compacting_ || (topic_bytes_ > options_.least_bytes_to_compact &&
                         topic_bytes_ > kTimesWhatCounts * static_cast<int64_t>(bytes_));
}

// What is on its way needs no moving: its record comes later, or the old one stays.
void TransactionCoordinator::compact_some() {
  if (slice_in_flight_ || !worth_compacting()) return;
  if (!compacting_) {
    compacting_ = true;
    compacted_up_to_.clear();
    bytes_before_ = topic_bytes_;
  }
  std::vector<std::string> moved;
  std::vector<log::NewRecord> records;
  std::vector<int64_t> places;  // of each one's first record, behind the slice's first
  auto at = entries_.upper_bound(compacted_up_to_);
  size_t bytes = 0;
  for (size_t seen = 0; seen < kIdsOfASlice && bytes < kBytesOfASlice && at != entries_.end();
       ++seen, ++at) {
    compacted_up_to_ = at->first;
    const Entry& entry = at->second;
    if (entry.changing || !entry.stored) continue;
    bytes += entry.bytes;
    moved.push_back(at->first);
    places.push_back(static_cast<int64_t>(records.size()));
    records.push_back(record_of(at->first, entry.now));
    for (const auto& [group, offsets] : entry.offsets) {
      for (const auto& [key, value] : offsets)
        records.push_back(record_of(at->first, group, key, value));
    }
  }
  if (records.empty() && at != entries_.end()) return wake_by(0);
  if (records.empty()) {
    compacting_ = false;
    topic_bytes_ = std::max<int64_t>(topic_bytes_ - bytes_before_, 0);
    cut_at_ = oldest_that_counts();
    return;
  }
  slice_in_flight_ = true;
  for (const std::string& id : moved) find(id)->second.changing = true;
  std::vector<log::AppendPart> parts;
  parts.push_back(part_of(*topic_, std::move(records)));
  append(
      std::move(parts), {},
      [this, moved = std::move(moved), places = std::move(places)](std::optional<int64_t> offset) {
        slice_in_flight_ = false;
        for (size_t i = 0; i < moved.size(); ++i) {
          Entry& entry = find(moved[i])->second;
          entry.changing = false;
          if (offset) entry.needed_from = *offset + places[i];
        }
        if (offset) return wake_by(0);
        compacting_ = false;  // no room on the disk: begun again later
      });
}

// Below it only records lie that newer ones replaced, and tombstones of ids with nothing before.
int64_t TransactionCoordinator::oldest_that_counts() const {
  int64_t oldest = records_end_;
  for (const auto& [id, entry] : entries_) {
    if (entry.stored) oldest = std::min(oldest, entry.needed_from);
  }
  return oldest;
}

// The topic was deleted under us: what memory holds stands in the next one again.
void TransactionCoordinator::topics_changed() {
  const std::lock_guard lock(mutex_);
  if (!topic_ || log_.find_topic(topic_->topic)) return;
  topic_.reset();
  topic_bytes_ = records_end_ = bytes_before_ = 0;
  compacting_ = true;
  compacted_up_to_.clear();
  cut_at_.reset();
  for (auto& [id, entry] : entries_) entry.needed_from = 0;
}

}  // namespace foz::kafka
