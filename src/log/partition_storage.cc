// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The half of a partition that faces the disk: write-behind, retention, checkpoint and recovery.
#include <algorithm>

#include "log/partition_internal.h"
#include "log/topics_internal.h"

namespace foz::log {
namespace {

// A slice at least this long is written from where it stands, a shorter one is gathered with its
// neighbours.
constexpr size_t kWriteDirectly = 32 << 10;
constexpr size_t kGather = 1 << 20;
constexpr int64_t kYoungestRollMs = 60'000;

// Compacted topics keep the last record of every key, so that time and size remove nothing.
bool compacted_only(const TopicConfig& config) {
  const auto policy = config.raw.find("cleanup.policy");
  return policy != config.raw.end() && policy->second == "compact";
}

bool outgrown(const Segment& segment, int64_t batch_bytes, int64_t believed_ms,
              const TopicConfig& config) {
  if (segment.size == 0) return false;
  if (segment.size + batch_bytes > config.segment_bytes) return true;
  // A slow topic's segment must not keep old records only because new ones still join it.
  return config.retention_ms > 0 && believed_ms - segment.first_believed_ms >
                                        std::max(config.retention_ms / 4, kYoungestRollMs);
}

Status write_slices(store::File& file, int64_t offset, const std::vector<Bytes>& slices) {
  std::string gathered;
  const auto flush = [&]() -> Status {
    if (gathered.empty()) return {};
    TRY(file.write_at(offset, as_bytes(gathered)));
    offset += static_cast<int64_t>(gathered.size());
    gathered.clear();
    return {};
  };
  for (const Bytes slice : slices) {
    if (slice.size() < kWriteDirectly) {
      gathered.append(as_text(slice));
      if (gathered.size() >= kGather) TRY(flush());
      continue;
    }
    TRY(flush());
    TRY(file.write_at(offset, slice));
    offset += static_cast<int64_t>(slice.size());
  }
  return flush();
}

}  // namespace

// --- maintenance

void Partition::start_segment(const BatchHeader& batch, int64_t believed_ms) {
  const std::lock_guard lock(mutex_);
  Segment segment;
  segment.name = SegmentFiles::name(where_, batch.base_offset);
  segment.base = segment.next = segment.synced_next = batch.base_offset;
  segment.first_believed_ms = believed_ms;
  segments_.push_back(std::move(segment));
}

Status Partition::write_run(SegmentFiles& files, Run& run) {
  if (run.slices.empty()) return {};
  Segment& segment = *run.segment;  // only this thread changes it
  const auto file = TRY(files.writable(segment.name));
  TRY(write_slices(*file, segment.size, run.slices));
  const std::lock_guard lock(mutex_);
  int64_t position = segment.size;
  for (const Bytes slice : run.slices) {
    each_batch(slice, [&](const BatchHeader& header, Bytes) {
      segment.index.add(header, position);
      segment.newest_ms = std::max(segment.newest_ms, header.max_timestamp_ms);
      segment.next = header.next_offset();
      position += static_cast<int64_t>(header.size());
    });
  }
  segment.newest_believed_ms = std::max(segment.newest_believed_ms, run.believed_ms);
  segment.size = position;
  if (!dropped_) set_written(segment.next);
  run = Run();
  run.segment = &segment;
  return {};
}

void Partition::set_written(Offset end) {
  for (auto entry = std::ranges::upper_bound(tail_, written_end_, {}, &TailEntry::next);
       entry != tail_.end() && entry->next <= end; ++entry) {
    unwritten_ -= cost(*entry->batches);
  }
  written_end_ = end;
}

Status Partition::write_out(SegmentFiles& files) {
  std::vector<TailEntry> entries;
  std::shared_ptr<const Topic> topic;
  Offset from;
  Run run;
  {
    const std::lock_guard lock(mutex_);
    if (dropped_) return {};
    topic = topic_;
    from = written_end_;
    const auto first = std::ranges::upper_bound(tail_, from, {}, &TailEntry::next);
    entries.assign(first, tail_.end());
    if (!segments_.empty()) run.segment = &segments_.back();
  }
  for (const TailEntry& entry : entries) {
    Status status;
    each_batch(as_bytes(*entry.batches), [&](const BatchHeader& header, Bytes batch) {
      if (!status || header.base_offset < from) return;
      const auto bytes = static_cast<int64_t>(batch.size());
      if (run.segment) {
        Segment would_be;
        would_be.size = run.segment->size + run.bytes;
        would_be.first_believed_ms = run.segment->first_believed_ms;
        if (outgrown(would_be, bytes, entry.believed_ms, topic->config)) {
          status = write_run(files, run);
          run.segment = nullptr;
          if (!status) return;
        }
      }
      if (!run.segment) {
        start_segment(header, entry.believed_ms);
        run.segment = &segments_.back();
      }
      const bool joins = !run.slices.empty() &&
                         run.slices.back().data() + run.slices.back().size() == batch.data();
      if (joins) {
        run.slices.back() =
            Bytes(run.slices.back().data(), run.slices.back().size() + batch.size());
      } else {
        run.slices.push_back(batch);
      }
      run.bytes += bytes;
      run.believed_ms = std::max(run.believed_ms, entry.believed_ms);
    });
    TRY(status);
  }
  return write_run(files, run);
}

std::vector<std::string> Partition::unsynced() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const Segment& segment : segments_) {
    if (segment.synced_size < segment.size) names.push_back(segment.name);
  }
  return names;
}

void Partition::set_synced() {
  const std::lock_guard lock(mutex_);
  for (Segment& segment : segments_) {
    segment.synced_size = segment.size;
    segment.synced_next = segment.next;
  }
  synced_end_ =
      segments_.empty() ? synced_end_ : std::max(synced_end_, segments_.back().synced_next);
  if (transactions_) transactions_->set_synced(synced_end_);
}

std::optional<Offset> Partition::removable(int64_t now_ms) const {
  const std::lock_guard lock(mutex_);
  const TopicConfig& config = topic_->config;
  if (dropped_ || (config.bronze && !pin_)) return std::nullopt;
  const bool kept = compacted_only(config);
  // What an open transaction wrote is not decided: who reads committed records has not had it.
  const Offset limit = std::min(pin_.value_or(durable_end_), last_stable());
  int64_t total = 0;
  for (const Segment& segment : segments_) total += segment.size;
  Offset start = log_start_;
  for (const Segment& segment : segments_) {
    const bool active = &segment == &segments_.back();
    if (segment.size == 0 || segment.next > limit) break;
    if (active && written_end_ != durable_end_) break;
    const bool deleted = segment.next <= deleted_before_;
    const bool too_old = !kept && config.retention_ms >= 0 &&
                         segment.newest_believed_ms < now_ms - config.retention_ms;
    const bool too_much = !kept && config.retention_bytes >= 0 && !active &&
                          total - segment.size >= config.retention_bytes;
    if (!deleted && !too_old && !too_much) break;
    start = std::max(start, segment.next);
    total -= segment.size;
  }
  return start > log_start_ ? std::optional(start) : std::nullopt;
}

std::vector<std::string> Partition::take_removed() {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  while (!segments_.empty()) {
    const Segment& oldest = segments_.front();
    const bool gone = dropped_ || (oldest.size > 0 && oldest.next <= log_start_);
    if (!gone) break;
    synced_end_ = std::max(synced_end_, oldest.next);
    names.push_back(oldest.name);
    segments_.pop_front();
  }
  return names;
}

void Partition::forget_silent_producers(int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  if (undo_.empty()) producers_.forget_silent(now_ms);
}

// --- checkpoint and recovery

void Partition::encode(ByteWriter& out) const {
  const std::lock_guard lock(mutex_);
  out.little(log_start_.value());
  out.little(synced_end_.value());
  const bool deleted = deleted_before_ > log_start_;
  out.little(static_cast<uint8_t>((pin_ ? 1 : 0) | (deleted ? 2 : 0) | (transactions_ ? 4 : 0)));
  out.little(pin_.value_or(Offset()).value());
  if (deleted) out.little(deleted_before_.value());
  if (transactions_) transactions_->encode(out, synced_end_);
  const size_t count_at = out.size();
  uint32_t count = 0;
  out.little(count);
  for (const Segment& segment : segments_) {
    if (segment.synced_size == 0) continue;
    ++count;
    out.little(segment.base.value());
    out.little(segment.synced_next.value());
    out.little(segment.synced_size);
    out.little(segment.newest_ms);
    out.little(segment.newest_believed_ms);
    out.little(segment.first_believed_ms);
  }
  store_little(out.at(count_at), count);
  producers_.encode(out, synced_end_);
}

Status Partition::decode(ByteReader& in) {
  const std::lock_guard lock(mutex_);
  log_start_ = Offset(in.little<int64_t>());
  synced_end_ = Offset(in.little<int64_t>());
  const auto flags = in.little<uint8_t>();
  const Offset pin(in.little<int64_t>());
  if ((flags & 1) != 0) pin_ = pin;
  if ((flags & 2) != 0) deleted_before_ = Offset(in.little<int64_t>());
  if ((flags & 4) != 0) {
    transactions_ = std::make_unique<Transactions>();
    TRY(transactions_->decode(in));
  }
  const auto count = in.little<uint32_t>();
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    Segment& segment = segments_.emplace_back();
    segment.base = Offset(in.little<int64_t>());
    segment.next = segment.synced_next = Offset(in.little<int64_t>());
    segment.size = segment.synced_size = segment.unindexed = in.little<int64_t>();
    segment.newest_ms = in.little<int64_t>();
    segment.newest_believed_ms = in.little<int64_t>();
    segment.first_believed_ms = in.little<int64_t>();
    segment.name = SegmentFiles::name(where_, segment.base);
  }
  if (!in.ok()) return Error(ErrorCode::kCorrupt, "a partition is malformed");
  TRY(producers_.decode(in));
  written_end_ = durable_end_ = next_offset_ = synced_end_;
  return {};
}

Result<bool> Partition::recover(const BatchesEntry& entry, int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  Placed placed{next_offset_, next_offset_, kNoTimestamp};
  Bytes rest = entry.batches;
  bool gap = false;
  each_batch(entry.batches, [&](const BatchHeader& header, Bytes batch) {
    if (header.base_offset < next_offset_) {
      rest = rest.subspan(batch.size());
      return;
    }
    gap = gap || header.base_offset != placed.next;
    placed.next = header.next_offset();
    placed.newest_ms = std::max(placed.newest_ms, header.max_timestamp_ms);
    placed.transactional = placed.transactional || header.transactional();
    if (header.producer_id < 0) return;
    const ProducerState* known = producers_.find(header.producer_id);
    ProducerState state = known ? *known : ProducerState();
    state.accept(header, header.base_offset, now_ms);
    producers_.set(header.producer_id, state);
  });
  if (gap) {
    return Error(ErrorCode::kCorrupt, "the journal does not follow the segments of " +
                                          topic_->name + "-" +
                                          std::to_string(where_.partition.value()) + " at offset " +
                                          std::to_string(next_offset_.value()));
  }
  if (rest.empty()) return false;
  auto batches = std::make_shared<const std::string>(as_text(rest));
  unwritten_ += cost(*batches);
  if (placed.transactional) apply_transactions(as_bytes(*batches));
  tail_.push_back({placed.base, placed.next, placed.newest_ms,
                   std::min(placed.newest_ms, now_ms + kBelievedAheadMs), std::move(batches)});
  next_offset_ = durable_end_ = placed.next;
  return true;
}

std::vector<std::pair<std::string, int64_t>> Partition::segment_sizes() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::pair<std::string, int64_t>> sizes;
  for (const Segment& segment : segments_) sizes.emplace_back(segment.name, segment.synced_size);
  return sizes;
}

}  // namespace foz::log
