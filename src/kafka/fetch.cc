// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Fetch: slices of the log, sent without a copy; waits for records without asking for them again
// and again.
#include <algorithm>

#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"

namespace foz::kafka {
namespace {

using TopicResponse = FetchResponse::FetchableTopicResponse;
using PartitionResponse = TopicResponse::PartitionData;

constexpr int64_t kMaxFetchBytes = 64 << 20;
constexpr int64_t kMaxOwedBytes = 256 << 20;  // of all connections
constexpr int32_t kMaxWaitMs = 300000;
constexpr size_t kMaxWaiting = 8;  // fetches of one connection; clients send one
constexpr int16_t kFirstVersionWithZstd = 10;

// A slice holds whole batches.
bool holds_zstd(const Records& records) {
  for (const Piece& piece : records.pieces) {
    Bytes rest = piece.bytes;
    while (!rest.empty()) {
      const auto header = log::parse_batch_header(rest);
      if (!header.has_value()) return false;
      if (header->compression() == log::Compression::kZstd) return true;
      rest = rest.subspan(std::min(header->size(), rest.size()));
    }
  }
  return false;
}

// Counted by both until it was sent, or is not going to be.
Piece counted(log::BatchSlice slice, const OwedBytes& all, const OwedBytes& own) {
  const auto size = static_cast<int64_t>(slice.bytes.size());
  *all += size;
  *own += size;
  const auto give_back = [owner = std::move(slice.owner), all, own, size](const void*) {
    *all -= size;
    *own -= size;
  };
  return {std::shared_ptr<const void>(slice.bytes.data(), give_back), slice.bytes};
}

void refuse(PartitionResponse& partition, ErrorNumber error) {
  partition.error_code = error;
  partition.high_watermark = -1;
  partition.last_stable_offset = -1;
  partition.log_start_offset = -1;
  partition.records.pieces.clear();
}

void add_aborted(PartitionResponse& partition,
                 const std::vector<log::AbortedTransaction>& aborted) {
  partition.aborted_transactions.emplace();
  for (const auto& each : aborted) {
    auto& added = partition.aborted_transactions->emplace_back();
    added.producer_id = each.producer_id;
    added.first_offset = each.first.value();
  }
}

// What a fetch reads from and counts into: a session's, which may be gone when the disk answers.
struct Reader {
  const log::Log& log;
  OwedBytes all_owed;  // of all connections
  OwedBytes own_owed;
};

struct FetchState {
  size_t bytes = 0;
  bool full = false;     // from here on the answer gives offsets only
  bool refused = false;  // of some partition: the client must hear of it at once
  std::vector<log::TopicPartition> partitions;
};

// The log's read, or what it says without reading anything. What was deleted is out of range,
// though the log may still have it.
Result<log::ReadResult> look(const log::Log& log, log::TopicPartition where, log::Offset from,
                             size_t max_bytes, log::Isolation isolation, bool offsets_only) {
  const log::PartitionOffsets offsets = TRY(log.offsets(where));
  if (from < offsets.visible_start || from > offsets.durable_end) return invalid("out of range");
  if (!offsets_only) return log.read(where, from, max_bytes, isolation);
  return log::ReadResult{
      {}, from, offsets.durable_end, offsets.log_start, offsets.visible_start, offsets.last_stable};
}

FetchResponse read(const Reader& from, const FetchRequest& request,
                   const std::vector<TopicHandle>& topics, int16_t version, FetchState& state) {
  FetchResponse response;
  if (request.session_id != 0) {  // we never gave one out
    response.error_code = kFetchSessionIdNotFound;
    state.refused = true;
    return response;
  }
  const auto isolation =
      request.isolation_level == 1 ? log::Isolation::kCommitted : log::Isolation::kUncommitted;
  const int64_t left = std::clamp<int64_t>(kMaxOwedBytes - *from.all_owed, 0, kMaxFetchBytes);
  const auto max_bytes = static_cast<size_t>(std::clamp<int64_t>(request.max_bytes, 0, left));
  // When others let their replies lie, one batch at a time goes on for who reads.
  state.full = left == 0 && *from.own_owed > 0;
  for (size_t t = 0; t < request.topics.size(); ++t) {
    const FetchRequest::FetchTopic& wanted = request.topics[t];
    const TopicHandle& topic = topics[t];
    TopicResponse& answers = response.responses.emplace_back();
    answers.topic = wanted.topic;
    for (const auto& each : wanted.partitions) {
      PartitionResponse& partition = answers.partitions.emplace_back();
      partition.partition_index = each.partition;
      const auto stop = [&](ErrorNumber error) {
        refuse(partition, error);
        state.refused = true;
      };
      if (each.partition < 0 || each.partition >= topic.partitions) {
        stop(kUnknownTopicOrPartition);
        continue;
      }
      if (each.current_leader_epoch > 0) {  // ours is 0 for ever
        stop(kUnknownLeaderEpoch);
        continue;
      }
      const log::TopicPartition where{topic.id, log::PartitionId(each.partition)};
      state.partitions.push_back(where);
      const auto budget = std::min(max_bytes - std::min(max_bytes, state.bytes),
                                   static_cast<size_t>(std::max(each.partition_max_bytes, 0)));
      auto found =
          look(from.log, where, log::Offset(each.fetch_offset), budget, isolation, state.full);
      if (!found.has_value()) {
        stop(found.error().code() == ErrorCode::kNotFound  ? kUnknownTopicOrPartition
             : found.error().code() == ErrorCode::kInvalid ? kOffsetOutOfRange
                                                           : kKafkaStorageError);
        continue;
      }
      partition.high_watermark = found->durable_end.value();
      partition.last_stable_offset = std::max(found->last_stable, found->visible_start).value();
      if (isolation == log::Isolation::kCommitted) add_aborted(partition, found->aborted);
      partition.log_start_offset = found->visible_start.value();
      for (log::BatchSlice& slice : found->slices) {
        // The log gives one batch at least; only a reply's first may exceed its limit.
        state.full = state.bytes > 0 && state.bytes + slice.bytes.size() > max_bytes;
        if (state.full) break;
        state.bytes += slice.bytes.size();
        partition.records.pieces.push_back(counted(std::move(slice), from.all_owed, from.own_owed));
      }
      if (version < kFirstVersionWithZstd && holds_zstd(partition.records))
        stop(kUnsupportedCompression);
    }
  }
  return response;
}

// Whether any of it lies in segments only: a disk may take its time.
bool needs_disk(const log::Log& log, const FetchRequest& request,
                const std::vector<TopicHandle>& topics) {
  for (size_t t = 0; t < topics.size(); ++t) {
    for (const auto& each : request.topics[t].partitions) {
      if (each.partition < 0 || each.partition >= topics[t].partitions) continue;
      const log::TopicPartition where{topics[t].id, log::PartitionId(each.partition)};
      if (!log.in_memory(where, log::Offset(each.fetch_offset))) return true;
    }
  }
  return false;
}

}  // namespace

std::vector<TopicHandle> KafkaSession::find_topics(const FetchRequest& request) {
  std::vector<TopicHandle> topics;
  for (const FetchRequest::FetchTopic& wanted : request.topics) {
    const TopicHandle* topic = find_topic(wanted.topic);
    topics.push_back(topic ? *topic : TopicHandle{});
  }
  return topics;
}

Status KafkaSession::fetch(MessageReader& in, ReplyTo to) {
  WaitingFetch fetch{.to = std::move(to), .request = {}, .deadline = {}, .waiter = 0};
  TRY(decode(in, fetch.to, fetch.request));
  const Reader reader{broker_.log, broker_.owed_bytes, owed_bytes_};
  const std::vector<TopicHandle> topics = find_topics(fetch.request);
  // Old records are read away from the event loop, which others produce through. What there is of
  // them is answered, without waiting for more.
  if (needs_disk(broker_.log, fetch.request, topics)) {
    const bool taken = broker_.blocking.run([reader, topics, to = fetch.to, request = fetch.request,
                                             &fetched = broker_.counters.fetched_bytes] {
      FetchState state;
      const FetchResponse response = read(reader, request, topics, to.version, state);
      fetched.add(static_cast<int64_t>(state.bytes));
      to.answer(response);
    });
    if (taken) return {};  // else too many wait already: then here
  }
  FetchState state;
  FetchResponse response = read(reader, fetch.request, topics, fetch.to.version, state);
  const bool ready = state.refused || fetch.request.max_wait_ms <= 0 ||
                     waiting_.size() >= kMaxWaiting ||
                     std::cmp_greater_equal(state.bytes, fetch.request.min_bytes);
  if (ready) {
    broker_.counters.fetched_bytes.add(static_cast<int64_t>(state.bytes));
    fetch.to.answer(response);
    return {};
  }
  // Every look costs as much as partitions are named, and the log waits for the waiters' lock.
  std::ranges::sort(state.partitions);
  if (std::ranges::adjacent_find(state.partitions) != state.partitions.end())
    return invalid("a fetch that waits names a partition twice");
  fetch.deadline = broker_.clock.steady() +
                   std::chrono::milliseconds(std::min(fetch.request.max_wait_ms, kMaxWaitMs));
  fetch.waiter = broker_.waiters.add(std::move(state.partitions), outbox_);
  waiting_.push_back(std::move(fetch));
  serve_waiting();  // what came between the look and the registration woke nobody
  return {};
}

void KafkaSession::serve_waiting() {
  for (auto each = waiting_.begin(); each != waiting_.end();) {
    FetchState state;
    FetchResponse response = read({broker_.log, broker_.owed_bytes, owed_bytes_}, each->request,
                                  find_topics(each->request), each->to.version, state);
    const bool ready = state.refused || broker_.clock.steady() >= each->deadline ||
                       std::cmp_greater_equal(state.bytes, each->request.min_bytes);
    if (!ready) {
      ++each;
      continue;
    }
    broker_.counters.fetched_bytes.add(static_cast<int64_t>(state.bytes));
    each->to.answer(response);
    broker_.waiters.remove(each->waiter);
    each = waiting_.erase(each);
  }
  set_timer();
}

void KafkaSession::set_timer() {
  const auto next = std::ranges::min_element(waiting_, {}, &WaitingFetch::deadline);
  if (next != waiting_.end()) outbox_->wake_at(next->deadline);
}

}  // namespace foz::kafka
