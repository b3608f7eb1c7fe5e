// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/partition_internal.h"

#include <algorithm>

#include "base/crc32c.h"

namespace foz::log {
namespace {

constexpr size_t kLongestRead = 16 << 20;

std::span<std::byte> writable_bytes(std::string& text) {
  return std::as_writable_bytes(std::span(text));
}

// The first record of the batch at or after the time, not below `least`.
std::optional<Log::TimestampOffset> find_time(Bytes batch, int64_t timestamp_ms, Offset least) {
  auto reader = RecordReader::open(batch);
  if (!reader) return std::nullopt;
  Record record;
  while (true) {
    const auto more = reader->next(record);
    if (!more || !*more) return std::nullopt;
    if (record.timestamp_ms >= timestamp_ms && record.offset >= least) {
      return Log::TimestampOffset{record.offset, record.timestamp_ms};
    }
  }
}

Error out_of_range(Offset from, Offset start, Offset end) {
  return invalid("offset " + std::to_string(from.value()) +
                 " is out of range: the partition holds " + std::to_string(start.value()) + " to " +
                 std::to_string(end.value()));
}

}  // namespace

Status check_append(std::string& batches, const TopicConfig& config) {
  if (batches.empty()) return invalid("no record batch");
  size_t at = 0;
  while (at < batches.size()) {
    const auto rest = writable_bytes(batches).subspan(at);
    if (rest.size() < kBatchHeaderBytes)
      return invalid("bytes are left after the last record batch");
    place_batch(rest, Offset(0), 0);  // a producer may have left anything there
    const BatchHeader header = TRY(parse_batch(rest));
    // Markers are ours: a transaction must end.
    if (!header.control() && header.size() > static_cast<size_t>(config.max_message_bytes)) {
      return invalid(
          "a record batch of " + std::to_string(header.size()) +
          " bytes is larger than max.message.bytes=" + std::to_string(config.max_message_bytes));
    }
    if (header.record_count < 1 || header.record_count != header.last_offset_delta + 1) {
      return invalid("record batch: recordCount and lastOffsetDelta disagree");
    }
    if (header.producer_id < 0 && header.transactional())
      return invalid("record batch: a transaction without a producer id");
    if (header.producer_id >= 0 &&
        (header.producer_epoch < 0 || (!header.control() && header.base_sequence < 0))) {
      return invalid("record batch: a producer id without epoch or sequence");
    }
    at += header.size();
  }
  return {};
}

Partition::Partition(TopicPartition where, std::shared_ptr<const Topic> topic, Offset start,
                     std::atomic<int64_t>& unwritten)
    : where_(where),
      unwritten_(unwritten),
      topic_(std::move(topic)),
      log_start_(start),
      synced_end_(start),
      written_end_(start),
      durable_end_(start),
      next_offset_(start) {}

// --- the journal's thread

void Partition::undo_sequences(size_t down_to, int64_t now_ms) {
  for (; undo_.size() > down_to; undo_.pop_back()) {
    const auto& [header, state] = undo_.back();
    if (state) {
      producers_.set(header.producer_id, *state);
    } else {
      producers_.erase(header.producer_id);
    }
    producers_.refuse(header, now_ms);
  }
}

// True when the batches are to be appended.
bool Partition::take_sequences(Bytes batches, int64_t now_ms, AppendOutcome& outcome) {
  const size_t before = undo_.size();
  Offset base = next_offset_;
  int accepted = 0;
  std::optional<Offset> duplicate;
  SequenceOutcome refused = SequenceOutcome::kAccepted;
  each_batch(batches, [&](const BatchHeader& header, Bytes) {
    const Offset at = base;
    base = base + header.last_offset_delta + 1;
    if (header.producer_id < 0) {
      ++accepted;
      return;
    }
    const ProducerState* known = producers_.find(header.producer_id);
    ProducerState state = known ? *known : ProducerState();
    const auto verdict = state.check(header);
    if (verdict.outcome == SequenceOutcome::kDuplicate) {
      if (!duplicate) duplicate = verdict.duplicate_of;
    } else if (verdict.outcome != SequenceOutcome::kAccepted) {
      if (refused == SequenceOutcome::kAccepted) refused = verdict.outcome;
    } else {
      ++accepted;
      undo_.emplace_back(header, known ? std::optional(*known) : std::nullopt);
      state.accept(header, at, now_ms);
      producers_.set(header.producer_id, state);
    }
  });
  // What was sent in one piece comes again in one piece.
  if (duplicate && accepted > 0) refused = SequenceOutcome::kOutOfOrder;
  if (refused == SequenceOutcome::kAccepted && !duplicate) return true;
  undo_sequences(before, now_ms);
  if (refused == SequenceOutcome::kAccepted) {
    outcome.sequence = SequenceOutcome::kDuplicate;
    outcome.base_offset = *duplicate;
    return false;
  }
  outcome.sequence = refused;
  outcome.error =
      Error(ErrorCode::kConflict, refused == SequenceOutcome::kFenced
                                      ? "a producer with a newer epoch has taken over"
                                      : "the batch's sequence does not follow the last one");
  return false;
}

std::optional<Placed> Partition::place(std::string& batches, int64_t now_ms,
                                       AppendOutcome& outcome) {
  const std::lock_guard lock(mutex_);
  outcome.log_start = visible_start();
  if (closed_ || dropped_) {
    outcome.error = Error(ErrorCode::kNotFound, "the topic was deleted");
    return std::nullopt;
  }
  if (topic_->config.log_append_time) outcome.append_time_ms = now_ms;
  if (!take_sequences(as_bytes(batches), now_ms, outcome)) return std::nullopt;
  Placed placed{next_offset_, next_offset_, kNoTimestamp};
  for (size_t at = 0; at < batches.size();) {
    const auto rest = writable_bytes(batches).subspan(at);
    place_batch(rest, placed.next, 0);
    const auto header = parse_batch_header(rest);
    CHECK(header && header->size() <= rest.size());
    int64_t newest = header->max_timestamp_ms;
    if (topic_->config.log_append_time) {
      newest = now_ms;
      store_big(rest.data() + 21, static_cast<int16_t>(header->attributes | 8));
      store_big(rest.data() + 35, now_ms);
      store_big(rest.data() + 17, crc32c(rest.subspan(21, header->size() - 21)));
    }
    if (header->transactional()) [[unlikely]]
      placed.transactional = true;
    placed.newest_ms = std::max(placed.newest_ms, newest);
    placed.next = placed.next + header->last_offset_delta + 1;
    at += header->size();
  }
  next_offset_ = placed.next;
  outcome.base_offset = placed.base;
  return placed;
}

void Partition::publish(std::shared_ptr<const std::string> batches, const Placed& placed,
                        int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  CHECK(placed.base == durable_end_);
  const int64_t believed = std::min(placed.newest_ms, now_ms + kBelievedAheadMs);
  unwritten_ += cost(*batches);
  if (placed.transactional) [[unlikely]]
    apply_transactions(as_bytes(*batches));
  tail_.push_back({placed.base, placed.next, placed.newest_ms, believed, std::move(batches)});
  durable_end_ = placed.next;
  undo_.clear();
}

void Partition::retract(int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  undo_sequences(0, now_ms);
  next_offset_ = durable_end_;
}

void Partition::refuse(std::string& batches, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  for (auto rest = writable_bytes(batches); rest.size() >= kBatchHeaderBytes;) {
    place_batch(rest, Offset(0), 0);  // a producer may have left anything there
    const auto header = parse_batch_header(rest);
    if (!header) return;
    producers_.refuse(*header, now_ms);
    rest = rest.subspan(std::min(header->size(), rest.size()));
  }
}

void Partition::apply_transactions(Bytes batches) {
  if (!transactions_) transactions_ = std::make_unique<Transactions>();
  each_batch(batches, [&](const BatchHeader& header, Bytes batch) {
    if (header.transactional()) transactions_->apply(header, batch);
  });
}

Offset Partition::last_stable() const {
  if (!transactions_ || closed_) return durable_end_;
  return transactions_->first_open().value_or(durable_end_);
}

void Partition::set_log_start(Offset offset) {
  const std::lock_guard lock(mutex_);
  log_start_ = std::max(log_start_, std::min(offset, durable_end_));
  if (transactions_) transactions_->forget_below(log_start_);
}

void Partition::set_deleted_before(Offset offset) {
  const std::lock_guard lock(mutex_);
  deleted_before_ = std::max(deleted_before_, std::min(offset, durable_end_));
}

std::shared_ptr<const Topic> Partition::topic() const {
  const std::lock_guard lock(mutex_);
  return topic_;
}

void Partition::set_topic(std::shared_ptr<const Topic> topic) {
  const std::lock_guard lock(mutex_);
  topic_ = std::move(topic);
}

void Partition::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void Partition::drop() {
  const std::lock_guard lock(mutex_);
  dropped_ = true;
  set_written(durable_end_);
  tail_.clear();
}

bool Partition::evict_oldest() {
  const std::lock_guard lock(mutex_);
  if (tail_.empty()) return true;  // dropped
  if (tail_.front().next > written_end_) return false;
  tail_.pop_front();
  return true;
}

// --- readers

void Partition::read_tail(Offset from, Offset limit, size_t max_bytes, ReadResult& result) const {
  const auto after = std::ranges::upper_bound(tail_, from, {}, &TailEntry::base);
  size_t taken = 0;
  for (auto entry = std::prev(after);
       entry != tail_.end() && taken < std::max<size_t>(max_bytes, 1); ++entry) {
    size_t begin = 0;
    size_t end = 0;
    bool full = false;
    each_batch(as_bytes(*entry->batches), [&](const BatchHeader& header, Bytes) {
      if (full) return;
      if (header.next_offset() <= from) {
        begin = end = end + header.size();
        return;
      }
      if (header.base_offset >= limit || (taken > 0 && taken + header.size() > max_bytes)) {
        full = true;
        return;
      }
      taken += header.size();
      end += header.size();
      result.next = header.next_offset();
    });
    if (end > begin)
      result.slices.push_back(
          {entry->batches, as_bytes(*entry->batches).subspan(begin, end - begin)});
    if (full) break;
  }
}

Segment* Partition::find_segment(Offset offset) {
  const auto after = std::ranges::upper_bound(segments_, offset, {}, &Segment::base);
  if (after == segments_.begin()) return nullptr;
  Segment& segment = *std::prev(after);
  return offset < segment.next ? &segment : nullptr;
}

// Makes the index of a recovered segment; the lock is let go meanwhile.
Status Partition::index_segment(SegmentFiles& files, Offset base,
                                std::unique_lock<std::mutex>& lock) {
  const Segment* segment = find_segment(base);
  if (!segment || segment->unindexed == 0) return {};
  const std::string name = segment->name;
  const int64_t bytes = segment->unindexed;
  lock.unlock();
  SparseIndex front;
  const auto file = files.readable(name);
  const Status walked = !file ? Status(file.error())
                              : walk_batches(**file, files.path(name), 0, bytes,
                                             [&](const BatchHeader& batch, int64_t position) {
                                               front.add(batch, position);
                                               return true;
                                             });
  lock.lock();
  TRY(walked);
  if (Segment* again = find_segment(base); again && again->unindexed > 0) {
    again->index.prepend(std::move(front));
    again->unindexed = 0;
  }
  return {};
}

Status Partition::read_segment(SegmentFiles& files, Offset from, Offset limit, size_t max_bytes,
                               ReadResult& result, std::unique_lock<std::mutex>& lock) {
  Segment* segment = find_segment(from);
  if (!segment)
    return Error(ErrorCode::kCorrupt, "no segment holds offset " + std::to_string(from.value()));
  TRY(index_segment(files, segment->base, lock));
  segment = find_segment(from);
  if (!segment) return out_of_range(from, log_start_, durable_end_);  // removed meanwhile
  const std::string name = segment->name;
  const int64_t size = segment->size;
  int64_t position = segment->index.position_for(from);
  lock.unlock();
  const auto file = TRY(files.readable(name));
  const std::string path = files.path(name);
  TRY(walk_batches(*file, path, position, size, [&](const BatchHeader& batch, int64_t at) {
    position = at;
    return batch.next_offset() <= from;
  }));
  auto bytes = TRY(read_batches(*file, path, position, size, std::min(max_bytes, kLongestRead)));
  Offset next = from;
  Offset end = from;
  bool dense = true;
  bool first = true;
  size_t kept = 0;
  each_batch(as_bytes(*bytes), [&](const BatchHeader& batch, Bytes) {
    dense = dense && (first ? batch.base_offset <= from && from < batch.next_offset()
                            : batch.base_offset == end);
    first = false;
    end = batch.next_offset();
    if (batch.base_offset >= limit) return;
    kept += batch.size();
    next = end;
  });
  if (!dense) {
    return Error(ErrorCode::kCorrupt, "segment " + path + " is damaged at byte " +
                                          std::to_string(position) +
                                          ": offsets do not follow each other");
  }
  result.next = next;
  result.slices.push_back({bytes, as_bytes(*bytes).first(kept)});
  return {};
}

Result<ReadResult> Partition::read(SegmentFiles& files, Offset from, size_t max_bytes,
                                   Isolation isolation) {
  std::unique_lock lock(mutex_);
  if (dropped_) return Error(ErrorCode::kNotFound, "the topic was deleted");
  if (from < log_start_ || from > durable_end_) return out_of_range(from, log_start_, durable_end_);
  ReadResult result{{}, from, durable_end_, log_start_, visible_start(), last_stable()};
  const bool decided = isolation == Isolation::kCommitted && transactions_;
  const Offset limit = decided ? result.last_stable : durable_end_;
  if (from >= limit) return result;
  Status status;
  if (from >= tail_start()) {
    read_tail(from, limit, max_bytes, result);
  } else {
    status = read_segment(files, from, limit, max_bytes, result, lock);
  }
  if (status && !decided) return result;
  if (!lock.owns_lock()) lock.lock();
  if (dropped_) return Error(ErrorCode::kNotFound, "the topic was deleted");
  if (from < log_start_) return out_of_range(from, log_start_, durable_end_);
  TRY(status);
  result.aborted = transactions_->aborted(from, result.next, closed_);
  return result;
}

bool Partition::in_memory(Offset from) const {
  const std::lock_guard lock(mutex_);
  return dropped_ || from < log_start_ || from >= tail_start();
}

Result<PartitionOffsets> Partition::offsets() const {
  const std::lock_guard lock(mutex_);
  if (dropped_) return Error(ErrorCode::kNotFound, "the topic was deleted");
  return PartitionOffsets{log_start_, durable_end_, visible_start(), last_stable(),
                          transactions_ ? transactions_->aborted_count() : 0};
}

const Segment* Partition::next_segment(Offset cursor, int64_t timestamp_ms) const {
  for (const Segment& segment : segments_) {
    if (segment.base >= tail_start()) break;
    if (segment.size > 0 && segment.next > cursor && segment.newest_ms >= timestamp_ms)
      return &segment;
  }
  return nullptr;
}

const Partition::TailEntry* Partition::next_in_tail(Offset cursor, int64_t timestamp_ms) const {
  for (const TailEntry& entry : tail_) {
    if (entry.next > cursor && entry.newest_ms >= timestamp_ms) return &entry;
  }
  return nullptr;
}

Result<std::optional<Log::TimestampOffset>> Partition::offset_for_time(SegmentFiles& files,
                                                                       int64_t timestamp_ms) {
  std::unique_lock lock(mutex_);
  if (dropped_) return Error(ErrorCode::kNotFound, "the topic was deleted");
  Offset cursor = visible_start();
  std::optional<Log::TimestampOffset> found;
  while (const Segment* segment = next_segment(cursor, timestamp_ms)) {
    const Offset base = segment->base;
    TRY(index_segment(files, base, lock));
    segment = find_segment(base);
    if (!segment) {
      cursor = std::max(cursor, log_start_);
      if (next_segment(cursor, timestamp_ms) == nullptr) break;
      continue;
    }
    const std::string name = segment->name;
    const int64_t size = segment->size;
    const Offset next = segment->next;
    int64_t position = segment->index.position_for_time(timestamp_ms);
    lock.unlock();
    const auto file = TRY(files.readable(name));
    while (!found && position < size) {
      int64_t hit = size;
      TRY(walk_batches(*file, files.path(name), position, size,
                       [&](const BatchHeader& batch, int64_t at) {
                         if (batch.max_timestamp_ms < timestamp_ms || batch.next_offset() <= cursor)
                           return true;
                         hit = at;
                         return false;
                       }));
      if (hit == size) break;
      const auto batch = TRY(read_batches(*file, files.path(name), hit, size, 1));
      found = find_time(as_bytes(*batch), timestamp_ms, cursor);
      position = hit + static_cast<int64_t>(batch->size());
    }
    if (found) return found;
    lock.lock();
    cursor = next;
  }
  while (const TailEntry* entry = next_in_tail(cursor, timestamp_ms)) {
    const auto batches = entry->batches;
    const Offset next = entry->next;
    lock.unlock();
    each_batch(as_bytes(*batches), [&](const BatchHeader&, Bytes batch) {
      if (!found) found = find_time(batch, timestamp_ms, cursor);
    });
    if (found) return found;
    lock.lock();
    cursor = next;
  }
  return found;
}

void Partition::pin(Offset offset) {
  const std::lock_guard lock(mutex_);
  pin_ = offset;
}

int64_t Partition::disk_bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t total = 0;
  for (const Segment& segment : segments_) total += segment.size;
  return total;
}

}  // namespace foz::log
