// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What changes topics and records: DeleteTopics, DeleteRecords, CreatePartitions; and
// DescribeTopicPartitions. None of it takes anything from the lake: a topic's table outlives the
// topic, and has every acknowledged record.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/logging.h"
#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"

namespace foz::kafka {
namespace {

constexpr int32_t kMaxDescribed = 2000;  // partitions of one answer, as Kafka has it

std::string too_many() { return fmt::format("at most {} topics a request", kMaxChanges); }

std::string table_of(const log::Topic& topic) {
  if (!topic.config.bronze) return "nothing: it had no table";
  return "the table bronze." + log::lake_name(topic.name) + ", with every acknowledged record";
}

// --- DeleteTopics

using DeleteState = DeleteTopicsRequest::DeleteTopicState;
using DeleteResult = DeleteTopicsResponse::DeletableTopicResult;

void refuse(DeleteResult& result, ErrorNumber error, std::string message) {
  result.error_code = error;
  result.error_message = std::move(message);
}

// The topic that is meant, if the log has it.
std::optional<log::Topic> find(const log::Log& log, const DeleteState& wanted,
                               DeleteResult& result) {
  const bool by_id = wanted.topic_id != Uuid();
  if (wanted.name.has_value() == by_id) {
    refuse(result, kInvalidRequest, "a topic is named by its name or by its id");
    return std::nullopt;
  }
  auto topic = by_id ? log.find_topic(wanted.topic_id) : log.find_topic(*wanted.name);
  if (!topic) {
    refuse(result, by_id ? kUnknownTopicId : kUnknownTopicOrPartition, "there is no such topic");
    return std::nullopt;
  }
  result.name = topic->name;
  result.topic_id = topic->id;
  return topic;
}

DeleteTopicsResponse delete_all(Broker& broker, const DeleteTopicsRequest& request,
                                const std::string& client) {
  DeleteTopicsResponse response;
  size_t deleted = 0;
  for (const DeleteState& wanted : request.topics) {
    if (broker.blocking.stopping()) break;
    DeleteResult& result = response.responses.emplace_back();
    result.name = wanted.name;
    result.topic_id = wanted.topic_id;
    const auto topic = find(broker.log, wanted, result);
    if (!topic) continue;
    if (is_internal(topic->name)) {
      refuse(result, kInvalidTopic, kInternalTopic);
      continue;
    }
    if (++deleted > kMaxChanges) {
      refuse(result, kInvalidRequest, too_many());
      continue;
    }
    const Status done = broker.log.delete_topic(topic->id);
    if (!done.has_value()) {
      refuse(result, number_of(done.error(), kInvalidRequest), done.error().message());
      continue;
    }
    log_info("kafka", "a topic was deleted",
             {{"topic", topic->name}, {"client", client}, {"stays", table_of(*topic)}});
  }
  return response;
}

// --- DeleteRecords

using RecordsResult = DeleteRecordsResponse::DeleteRecordsTopicResult::DeleteRecordsPartitionResult;
constexpr int64_t kAll = -1;  // up to the end

// Kafka's rule: compaction alone says what goes of such a topic.
bool keeps_all(const log::TopicConfig& config) {
  const auto policy = config.raw.find("cleanup.policy");
  return policy != config.raw.end() && policy->second == "compact";
}

// The offset before which records are to go; else says in `result` why there is none.
std::optional<log::Log::Deletion> deletion_of(const log::Log& log,
                                              const std::optional<log::Topic>& topic,
                                              int64_t offset, RecordsResult& result) {
  result.low_watermark = -1;
  if (!topic || result.partition_index < 0 || result.partition_index >= topic->partitions) {
    result.error_code = kUnknownTopicOrPartition;
  } else if (is_internal(topic->name) || keeps_all(topic->config)) {
    result.error_code = kPolicyViolation;
  } else if (offset < kAll) {
    result.error_code = kOffsetOutOfRange;
  } else {
    const log::TopicPartition where{topic->id, log::PartitionId(result.partition_index)};
    if (offset != kAll) return log::Log::Deletion{where, log::Offset(offset)};
    if (const auto offsets = log.offsets(where); offsets.has_value())
      return log::Log::Deletion{where, offsets->durable_end};
    result.error_code = kUnknownTopicOrPartition;
  }
  return std::nullopt;
}

// All of a request in one sync.
DeleteRecordsResponse delete_records(Broker& broker, const DeleteRecordsRequest& request) {
  DeleteRecordsResponse response;
  std::vector<log::Log::Deletion> deletions;
  for (const auto& wanted : request.topics) {
    const auto topic = broker.log.find_topic(wanted.name);
    auto& answers = response.topics.emplace_back();
    answers.name = wanted.name;
    for (const auto& each : wanted.partitions) {
      RecordsResult& result = answers.partitions.emplace_back();
      result.partition_index = each.partition_index;
      if (auto deletion = deletion_of(broker.log, topic, each.offset, result))
        deletions.push_back(*deletion);
    }
  }
  if (deletions.empty()) return response;
  const auto starts = broker.log.delete_records(deletions);
  size_t next = 0;
  for (auto& topic : response.topics) {
    for (RecordsResult& result : topic.partitions) {
      if (result.error_code != kNone) continue;
      const auto& start = starts.has_value() ? (*starts)[next++] : starts.error();
      if (start.has_value()) {
        result.low_watermark = start->value();
      } else {
        result.error_code = number_of(start.error(), kOffsetOutOfRange);
      }
    }
  }
  return response;
}

// --- CreatePartitions

using PartitionsTopic = CreatePartitionsRequest::CreatePartitionsTopic;
using PartitionsResult = CreatePartitionsResponse::CreatePartitionsTopicResult;

void add_partitions(Broker& broker, const PartitionsTopic& wanted, bool validate_only,
                    PartitionsResult& result) {
  const auto refuse = [&](ErrorNumber error, std::string message) {
    result.error_code = error;
    result.error_message = std::move(message);
  };
  const auto topic = broker.log.find_topic(wanted.name);
  if (!topic) return refuse(kUnknownTopicOrPartition, "there is no such topic");
  if (is_internal(topic->name)) return refuse(kInvalidTopic, kInternalTopic);
  if (wanted.count <= topic->partitions || wanted.count > kMaxPartitions) {
    return refuse(kInvalidPartitions,
                  fmt::format("the topic has {} partitions: it can have more, up to {}, and not {}",
                              topic->partitions, kMaxPartitions, wanted.count));
  }
  if (wanted.assignments) {
    const bool fits = std::cmp_equal(wanted.assignments->size(), wanted.count - topic->partitions);
    const bool here = std::ranges::all_of(*wanted.assignments, [](const auto& each) {
      return each.broker_ids == std::vector<int32_t>{kNodeId};
    });
    if (!fits || !here) {
      return refuse(kInvalidReplicaAssignment,
                    fmt::format("each new partition has one replica, on broker {}", kNodeId));
    }
  }
  if (validate_only) return;
  const Status done = broker.log.add_partitions(topic->id, wanted.count);
  if (!done.has_value())
    refuse(number_of(done.error(), kInvalidPartitions), done.error().message());
}

// --- DescribeTopicPartitions

using DescribedPartition = DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic::
    DescribeTopicPartitionsResponsePartition;

DescribedPartition described(int32_t index) {
  DescribedPartition partition;
  partition.partition_index = index;
  partition.leader_id = kNodeId;
  partition.leader_epoch = 0;
  partition.replica_nodes = partition.isr_nodes = {kNodeId};
  partition.eligible_leader_replicas.emplace();
  partition.last_known_elr.emplace();
  return partition;
}

}  // namespace

Status KafkaSession::delete_topics(MessageReader& in, ReplyTo to) {
  DeleteTopicsRequest request;
  TRY(decode(in, to, request));
  for (std::string& name : request.topic_names)
    request.topics.emplace_back().name = std::move(name);
  std::erase_if(request.topics,
                [seen = std::set<std::pair<std::string, Uuid>>()](const DeleteState& each) mutable {
                  return !seen.emplace(each.name.value_or(""), each.topic_id).second;
                });
  auto call = [&broker = broker_, to, request = std::move(request), client = client_id_] {
    to.answer(delete_all(broker, request, client));
  };
  if (broker_.blocking.run(std::move(call))) return {};
  return Error(ErrorCode::kOverloaded, "too many changes of topics wait");
}

Status KafkaSession::delete_records(MessageReader& in, ReplyTo to) {
  DeleteRecordsRequest request;
  TRY(decode(in, to, request));
  auto call = [&broker = broker_, to, request = std::move(request)] {
    to.answer(kafka::delete_records(broker, request));
  };
  if (broker_.blocking.run(std::move(call))) return {};
  return Error(ErrorCode::kOverloaded, "too many changes of topics wait");
}

Status KafkaSession::create_partitions(MessageReader& in, ReplyTo to) {
  CreatePartitionsRequest request;
  TRY(decode(in, to, request));
  auto call = [&broker = broker_, to, request = std::move(request)] {
    CreatePartitionsResponse response;
    std::map<std::string_view, int> times;
    for (const auto& topic : request.topics) ++times[topic.name];
    for (const auto& topic : request.topics) {
      if (broker.blocking.stopping()) return;
      const int count = std::exchange(times.at(topic.name), 0);
      if (count == 0) continue;  // answered
      PartitionsResult& result = response.results.emplace_back();
      result.name = topic.name;
      if (count > 1) {
        result.error_code = kInvalidRequest;
        result.error_message = "the topic is named twice";
      } else if (response.results.size() > kMaxChanges) {
        result.error_code = kInvalidRequest;
        result.error_message = too_many();
      } else {
        add_partitions(broker, topic, request.validate_only, result);
      }
    }
    to.answer(response);
  };
  if (broker_.blocking.run(std::move(call))) return {};
  return Error(ErrorCode::kOverloaded, "too many changes of topics wait");
}

Status KafkaSession::describe_topic_partitions(MessageReader& in, ReplyTo to) {
  DescribeTopicPartitionsRequest request;
  TRY(decode(in, to, request));
  // By name, so that a cursor says which are left.
  std::map<std::string, std::optional<log::Topic>> topics;
  if (request.topics.empty()) {
    for (log::Topic& topic : broker_.log.topics()) topics.emplace(topic.name, topic);
  }
  for (auto& wanted : request.topics)
    topics.emplace(wanted.name, broker_.log.find_topic(wanted.name));
  const auto begin =
      request.cursor ? topics.lower_bound(request.cursor->topic_name) : topics.begin();

  DescribeTopicPartitionsResponse response;
  int32_t left = std::clamp(request.response_partition_limit, 1, kMaxDescribed);
  for (auto each = begin; each != topics.end() && !response.next_cursor; ++each) {
    const auto& [name, topic] = *each;
    int32_t index = 0;
    if (request.cursor && request.cursor->topic_name == name)
      index = std::max(request.cursor->partition_index, 0);
    if (topic && left == 0) {
      response.next_cursor = {.topic_name = name, .partition_index = index};
      break;
    }
    auto& answer = response.topics.emplace_back();
    if (!topic) {
      answer.name = name;
      answer.error_code = kUnknownTopicOrPartition;
      continue;
    }
    answer.name = name;
    answer.topic_id = topic->id;
    answer.is_internal = is_internal(name);
    answer.topic_authorized_operations = kTopicOperations;
    for (; index < topic->partitions && left > 0; ++index, --left)
      answer.partitions.push_back(described(index));
    if (index < topic->partitions)
      response.next_cursor = {.topic_name = name, .partition_index = index};
  }
  to.answer(response);
  return {};
}

Status KafkaSession::list_partition_reassignments(MessageReader& in, ReplyTo to) {
  ListPartitionReassignmentsRequest request;
  TRY(decode(in, to, request));
  to.answer(ListPartitionReassignmentsResponse());  // one broker: nothing ever moves
  return {};
}

}  // namespace foz::kafka
