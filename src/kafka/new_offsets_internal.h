// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What OffsetCommit and TxnOffsetCommit, whose messages are of one shape, have in common.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "kafka/coordinator_internal.h"
#include "kafka/errors_internal.h"

namespace foz::kafka {

inline constexpr size_t kMaxOffsetMetadata = 4096;  // Kafka's offset.metadata.max.bytes

// The offsets that may be stored; `response` gets an answer for each that was asked for, with the
// error of those that may not. `find_topic`: a name's TopicHandle, or null.
template <class Request, class Response, class FindTopic>
std::vector<Coordinator::NewOffset> new_offsets(Request& request, Response& response,
                                                const FindTopic& find_topic) {
  std::vector<Coordinator::NewOffset> offsets;
  for (auto& wanted : request.topics) {
    const auto* topic = find_topic(wanted.name);
    auto& answers = response.topics.emplace_back();
    answers.name = wanted.name;
    for (auto& each : wanted.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = each.partition_index;
      if (!topic || each.partition_index < 0 || each.partition_index >= topic->partitions) {
        answer.error_code = kUnknownTopicOrPartition;
        continue;
      }
      std::string metadata = std::move(each.committed_metadata).value_or("");
      if (metadata.size() > kMaxOffsetMetadata) {
        answer.error_code = kOffsetMetadataTooLarge;
        continue;
      }
      auto& offset = offsets.emplace_back();
      offset.topic = wanted.name;
      offset.partition = each.partition_index;
      offset.value.offset = each.committed_offset;
      offset.value.leader_epoch = each.committed_leader_epoch;
      offset.value.metadata = std::move(metadata);
      offset.value.topic_id = topic->id;
    }
  }
  return offsets;
}

// What became of the stored ones.
template <class Response>
void answer_stored(Response& response, ErrorNumber error) {
  for (auto& topic : response.topics) {
    for (auto& each : topic.partitions) {
      if (each.error_code == kNone) each.error_code = error;
    }
  }
}

}  // namespace foz::kafka
