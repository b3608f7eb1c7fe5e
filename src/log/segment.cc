// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/segment_internal.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace foz::log {
namespace {

Error damaged(const std::string& path, int64_t position, const Error& why) {
  return Error(ErrorCode::kCorrupt, "segment " + path + " is damaged at byte " +
                                        std::to_string(position) + ": " + why.message() +
                                        "; restore the file from a copy");
}

Result<size_t> read_into(const store::File& file, int64_t position, std::span<std::byte> out) {
  size_t done = 0;
  while (done < out.size()) {
    const size_t count =
        TRY(file.read_at(position + static_cast<int64_t>(done), out.subspan(done)));
    if (count == 0) break;
    done += count;
  }
  return done;
}

}  // namespace

std::string SegmentFiles::name(const TopicPartition& where, Offset base) {
  std::array<char, 48> numbers;
  std::snprintf(numbers.data(), numbers.size(), "-%d-%020lld.segment", where.partition.value(),
                static_cast<long long>(base.value()));
  return where.topic.to_string() + numbers.data();
}

Result<std::shared_ptr<store::File>> SegmentFiles::open(const std::string& name, bool writable) {
  const std::lock_guard lock(mutex_);
  if (const auto found = by_name_.find(name); found != by_name_.end()) {
    recent_.splice(recent_.begin(), recent_, found->second);
    if (found->second->writable || !writable) return found->second->file;
    recent_.pop_front();
    by_name_.erase(found);
  }
  const auto mode = writable ? store::OpenMode::kReadWrite : store::OpenMode::kRead;
  std::shared_ptr<store::File> file = TRY(disk_.open(path(name), mode));
  recent_.push_front({name, file, writable});
  by_name_[name] = recent_.begin();
  if (recent_.size() > kMostOpen) {
    by_name_.erase(recent_.back().name);
    recent_.pop_back();
  }
  return file;
}

Result<std::shared_ptr<store::File>> SegmentFiles::readable(const std::string& name) {
  return open(name, false);
}
Result<std::shared_ptr<store::File>> SegmentFiles::writable(const std::string& name) {
  return open(name, true);
}

Status SegmentFiles::remove(const std::string& name) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = by_name_.find(name); found != by_name_.end()) {
      recent_.erase(found->second);
      by_name_.erase(found);
    }
  }
  const Status removed = disk_.remove(path(name));
  if (!removed && removed.error().code() != ErrorCode::kNotFound) return removed.error();
  return {};
}

void SparseIndex::add(const BatchHeader& batch, int64_t position) {
  if (entries_.empty() || position - entries_.back().position >= interval_) {
    if (entries_.size() == kMost) {
      for (size_t i = 0; i < kMost / 2; ++i) entries_[i] = entries_[2 * i];
      entries_.resize(kMost / 2);
      interval_ *= 2;
    }
    entries_.push_back({batch.base_offset, position, newest_ms_});
  }
  newest_ms_ = std::max(newest_ms_, batch.max_timestamp_ms);
}

int64_t SparseIndex::position_for(Offset offset) const {
  const auto after = std::ranges::upper_bound(entries_, offset, {}, &Entry::offset);
  return after == entries_.begin() ? 0 : std::prev(after)->position;
}

int64_t SparseIndex::position_for_time(int64_t timestamp_ms) const {
  const auto reaches =
      std::ranges::lower_bound(entries_, timestamp_ms, {}, &Entry::newest_before_ms);
  return reaches == entries_.begin() ? 0 : std::prev(reaches)->position;
}

void SparseIndex::prepend(SparseIndex front) {
  for (Entry& entry : entries_)
    entry.newest_before_ms = std::max(entry.newest_before_ms, front.newest_ms_);
  newest_ms_ = std::max(newest_ms_, front.newest_ms_);
  interval_ = std::max(interval_, front.interval_);
  entries_.insert(entries_.begin(), front.entries_.begin(), front.entries_.end());
}

Status walk_batches(const store::File& file, const std::string& path, int64_t from, int64_t to,
                    const VisitBatch& visit) {
  constexpr size_t kNear = 64 << 10;
  constexpr size_t kFar = 512;  // batches are long: read little more than their headers
  std::string block(kNear, '\0');
  int64_t block_at = from;
  size_t block_size = 0;
  bool far = false;
  for (int64_t at = from; at < to;) {
    if (at + static_cast<int64_t>(kBatchHeaderBytes) >
        block_at + static_cast<int64_t>(block_size)) {
      const auto room = std::as_writable_bytes(std::span(block)).first(far ? kFar : kNear);
      block_size = TRY(read_into(file, at, room));
      block_at = at;
    }
    const auto skip = static_cast<size_t>(at - block_at);
    const auto header = parse_batch_header(as_bytes(block).subspan(skip, block_size - skip));
    if (!header) return damaged(path, at, header.error());
    if (static_cast<int64_t>(header->size()) > to - at) {
      return damaged(path, at, invalid("a batch goes beyond the end"));
    }
    if (!visit(*header, at)) return {};
    far = header->size() > kNear / 4;
    at += static_cast<int64_t>(header->size());
  }
  return {};
}

Result<std::shared_ptr<const std::string>> read_batches(const store::File& file,
                                                        const std::string& path, int64_t position,
                                                        int64_t to, size_t max_bytes) {
  const auto left = static_cast<size_t>(to - position);
  auto bytes = std::make_shared<std::string>();
  size_t want = std::min(left, std::max(max_bytes, kBatchHeaderBytes));
  while (true) {
    bytes->resize_and_overwrite(want, [&](char*, size_t) { return want; });
    bytes->resize(TRY(read_into(file, position, std::as_writable_bytes(std::span(*bytes)))));
    const bool file_ended = bytes->size() < want;
    size_t whole = 0;
    while (whole < bytes->size()) {
      const Bytes rest = as_bytes(*bytes).subspan(whole);
      if (rest.size() < kBatchHeaderBytes && whole > 0) break;
      const auto header = parse_batch_header(rest);
      const auto at = position + static_cast<int64_t>(whole);
      if (!header) return damaged(path, at, header.error());
      if (header->size() > left - whole)
        return damaged(path, at, invalid("a batch goes beyond the end"));
      if (header->size() > rest.size()) {
        if (whole > 0) break;
        want = header->size();  // the first batch is longer than asked for
        break;
      }
      if (const auto checked = parse_batch(rest); !checked)
        return damaged(path, at, checked.error());
      whole += header->size();
    }
    if (whole > 0) {
      bytes->resize(whole);
      return std::shared_ptr<const std::string>(std::move(bytes));
    }
    if (file_ended) return damaged(path, position, invalid("the file ends within a batch"));
  }
}

}  // namespace foz::log
