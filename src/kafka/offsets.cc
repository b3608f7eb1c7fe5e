// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// ListOffsets and OffsetForLeaderEpoch.
#include <limits>

#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"

namespace foz::kafka {
namespace {

using PartitionRequest = ListOffsetsRequest::ListOffsetsTopic::ListOffsetsPartition;
using PartitionResponse =
    ListOffsetsResponse::ListOffsetsTopicResponse::ListOffsetsPartitionResponse;

constexpr int64_t kLatest = -1;
constexpr int64_t kEarliest = -2;
constexpr int64_t kMaxTimestamp = -3;

using Found = Result<std::optional<log::Log::TimestampOffset>>;

// The record with the greatest timestamp. Timestamps need not grow with offsets, but "is there one
// at or after t" does fall off at one point, which halving finds.
Found greatest(const log::Log& log, log::TopicPartition where) {
  std::optional<log::Log::TimestampOffset> best = TRY(log.offset_for_time(where, 0));
  int64_t beyond = std::numeric_limits<int64_t>::max();
  while (best && best->timestamp_ms + 1 < beyond) {
    const int64_t middle = best->timestamp_ms + 1 + (beyond - best->timestamp_ms - 1) / 2;
    const auto later = TRY(log.offset_for_time(where, middle));
    if (later) {
      best = later;
    } else {
      beyond = middle;
    }
  }
  return best;
}

void answer_partition(const log::Log& log, log::TopicPartition where,
                      const PartitionRequest& wanted, bool committed, int16_t version,
                      PartitionResponse& response) {
  const auto fail = [&](const Error& error) {
    response.error_code =
        error.code() == ErrorCode::kNotFound ? kUnknownTopicOrPartition : kKafkaStorageError;
  };
  response.leader_epoch = 0;
  if (wanted.timestamp == kLatest || wanted.timestamp == kEarliest) {
    const auto offsets = log.offsets(where);
    if (!offsets.has_value()) return fail(offsets.error());
    const log::Offset end =
        committed ? std::max(offsets->last_stable, offsets->visible_start) : offsets->durable_end;
    response.offset = (wanted.timestamp == kLatest ? end : offsets->visible_start).value();
    return;
  }
  if (wanted.timestamp < 0 && (wanted.timestamp != kMaxTimestamp || version < 7)) {
    response.error_code = kUnsupportedVersion;
    return;
  }
  const Found found = wanted.timestamp == kMaxTimestamp
                          ? greatest(log, where)
                          : log.offset_for_time(where, wanted.timestamp);
  if (!found.has_value()) return fail(found.error());
  bool undecided = false;
  if (*found && committed) {
    const auto offsets = log.offsets(where);
    if (!offsets.has_value()) return fail(offsets.error());
    undecided = (*found)->offset >= offsets->last_stable;
  }
  if (!*found || undecided) {
    response.leader_epoch = -1;
    return;
  }
  response.timestamp = (*found)->timestamp_ms;
  response.offset = (*found)->offset.value();
}

ListOffsetsResponse list(const Broker& broker, const ListOffsetsRequest& request, int16_t version) {
  const log::Log& log = broker.log;
  ListOffsetsResponse response;
  for (const auto& wanted : request.topics) {
    const auto topic = log.find_topic(wanted.name);
    auto& answers = response.topics.emplace_back();
    answers.name = wanted.name;
    for (const PartitionRequest& each : wanted.partitions) {
      if (broker.blocking.stopping()) return response;
      PartitionResponse& partition = answers.partitions.emplace_back();
      partition.partition_index = each.partition_index;
      if (!topic || each.partition_index < 0 || each.partition_index >= topic->partitions) {
        partition.error_code = kUnknownTopicOrPartition;
      } else if (each.current_leader_epoch > 0) {
        partition.error_code = kUnknownLeaderEpoch;
      } else {
        answer_partition(log, {topic->id, log::PartitionId(each.partition_index)}, each,
                         request.isolation_level == 1, version, partition);
      }
    }
  }
  return response;
}

}  // namespace

Status KafkaSession::list_offsets(MessageReader& in, ReplyTo to) {
  ListOffsetsRequest request;
  TRY(decode(in, to, request));
  bool reads = false;
  for (const auto& topic : request.topics) {
    for (const PartitionRequest& each : topic.partitions) {
      reads |= each.timestamp != kLatest && each.timestamp != kEarliest;
    }
  }
  if (!reads) {
    to.answer(list(broker_, request, to.version));
    return {};
  }
  const bool taken = broker_.blocking.run([&broker = broker_, to, request = std::move(request)] {
    to.answer(list(broker, request, to.version));
  });
  if (!taken) return Error(ErrorCode::kOverloaded, "too many look-ups by time");
  return {};
}

// One epoch, 0, from the first offset of a partition to its end.
Status KafkaSession::offset_for_leader_epoch(MessageReader& in, ReplyTo to) {
  OffsetForLeaderEpochRequest request;
  TRY(decode(in, to, request));
  OffsetForLeaderEpochResponse response;
  for (const auto& wanted : request.topics) {
    const auto topic = broker_.log.find_topic(wanted.topic);
    auto& answers = response.topics.emplace_back();
    answers.topic = wanted.topic;
    for (const auto& each : wanted.partitions) {
      auto& partition = answers.partitions.emplace_back();
      partition.partition = each.partition;
      const auto offsets = topic
                               ? broker_.log.offsets({topic->id, log::PartitionId(each.partition)})
                               : Error(ErrorCode::kNotFound, "no such topic");
      if (!offsets.has_value()) {
        partition.error_code = kUnknownTopicOrPartition;
      } else if (each.current_leader_epoch > 0) {
        partition.error_code = kUnknownLeaderEpoch;
      } else if (each.leader_epoch == 0) {
        partition.leader_epoch = 0;
        partition.end_offset = offsets->durable_end.value();
      }
    }
  }
  to.answer(response);
  return {};
}

}  // namespace foz::kafka
