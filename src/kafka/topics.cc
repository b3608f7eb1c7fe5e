// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Metadata, CreateTopics and DescribeCluster: one broker that leads every partition.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

using TopicResponse = MetadataResponse::MetadataResponseTopic;

constexpr int32_t kClusterOperations = 0b1111110100000;  // as kTopicOperations
constexpr int8_t kBrokerEndpoints = 1;                   // of DescribeCluster
constexpr int8_t kControllerEndpoints = 2;

TopicResponse describe(const log::Topic& topic, bool operations) {
  TopicResponse response;
  response.name = topic.name;
  response.topic_id = topic.id;
  response.is_internal = is_internal(topic.name);
  if (operations) response.topic_authorized_operations = kTopicOperations;
  response.partitions.resize(static_cast<size_t>(topic.partitions));
  for (int32_t index = 0; index < topic.partitions; ++index) {
    auto& partition = response.partitions[static_cast<size_t>(index)];
    partition.partition_index = index;
    partition.leader_id = kNodeId;
    partition.leader_epoch = 0;
    partition.replica_nodes = {kNodeId};
    partition.isr_nodes = {kNodeId};
  }
  return response;
}

// The topic of that name, made now if it is missing.
TopicResponse make_topic(Broker& broker, const std::string& name, bool operations) {
  auto made =
      broker.log.create_topic(name, broker.options.default_partitions, default_topic_config(name));
  if (made.has_value()) return describe(*made, operations);
  if (made.error().code() == ErrorCode::kAlreadyExists) {  // somebody else was first
    if (const auto topic = broker.log.find_topic(name)) return describe(*topic, operations);
  }
  TopicResponse response;
  response.name = name;
  response.error_code = number_of(made.error(), kInvalidTopic);
  if (response.error_code == kKafkaStorageError) response.error_code = kLeaderNotAvailable;
  return response;
}

// The client asks again.
void answer_later(MetadataResponse& response, const std::string& name) {
  TopicResponse& later = response.topics.emplace_back();
  later.name = name;
  later.error_code = kLeaderNotAvailable;
}

}  // namespace

Status KafkaSession::metadata(MessageReader& in, ReplyTo to) {
  MetadataRequest request;
  TRY(decode(in, to, request));
  MetadataResponse response;
  const net::Address address = advertised();
  auto& node = response.brokers.emplace_back();
  node.node_id = kNodeId;
  node.host = address.host;
  node.port = address.port;
  response.cluster_id = broker_.options.cluster_id;
  response.controller_id = kNodeId;
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = kClusterOperations;
  const bool operations = request.include_topic_authorized_operations;

  if (!request.topics || (to.version == 0 && request.topics->empty())) {
    for (const log::Topic& topic : broker_.log.topics())
      response.topics.push_back(describe(topic, operations));
    to.answer(response);
    return {};
  }
  const bool may_create = broker_.options.auto_create_topics && request.allow_auto_topic_creation;
  std::vector<std::string> missing;
  std::set<std::string> seen;
  for (const auto& wanted : *request.topics) {
    const bool by_id = !wanted.name;
    if (!by_id && !seen.insert(*wanted.name).second) continue;
    const auto topic =
        by_id ? broker_.log.find_topic(wanted.topic_id) : broker_.log.find_topic(*wanted.name);
    if (topic) {
      response.topics.push_back(describe(*topic, operations));
    } else if (by_id || !may_create) {
      TopicResponse& unknown = response.topics.emplace_back();
      unknown.name = wanted.name;
      if (!unknown.name && to.version < 12) unknown.name = "";
      unknown.topic_id = wanted.topic_id;
      unknown.error_code = by_id ? kUnknownTopicId : kUnknownTopicOrPartition;
    } else if (missing.size() < kMaxChanges) {
      missing.push_back(*wanted.name);
    } else {
      answer_later(response, *wanted.name);
    }
  }
  if (missing.empty()) {
    to.answer(response);
    return {};
  }
  const bool taken =
      broker_.blocking.run([&broker = broker_, to, response, missing, operations]() mutable {
        for (const std::string& name : missing) {
          if (broker.blocking.stopping()) return;
          response.topics.push_back(make_topic(broker, name, operations));
        }
        to.answer(response);
      });
  if (taken) return {};
  for (const std::string& name : missing) answer_later(response, name);
  to.answer(response);
  return {};
}

namespace {

using CreateResult = CreateTopicsResponse::CreatableTopicResult;

// How many partitions are wanted.
std::expected<int32_t, Refusal> partitions_of(const CreateTopicsRequest::CreatableTopic& topic,
                                              int32_t default_partitions) {
  if (!topic.assignments.empty()) {
    if (topic.num_partitions != -1 || topic.replication_factor != -1) {
      return std::unexpected(
          Refusal{kInvalidRequest, "assignments exclude partition and replica counts"});
    }
    std::set<int32_t> indexes;
    for (const auto& each : topic.assignments) {
      if (each.broker_ids != std::vector<int32_t>{kNodeId}) {
        return std::unexpected(
            Refusal{kInvalidReplicaAssignment, fmt::format("the only broker is {}", kNodeId)});
      }
      indexes.insert(each.partition_index);
    }
    if (indexes.size() != topic.assignments.size() || *indexes.begin() != 0 ||
        *indexes.rbegin() != static_cast<int32_t>(indexes.size()) - 1) {
      return std::unexpected(
          Refusal{kInvalidReplicaAssignment, "partitions are numbered from 0 without a gap"});
    }
    return static_cast<int32_t>(indexes.size());
  }
  if (topic.replication_factor != -1 && topic.replication_factor != 1) {
    return std::unexpected(
        Refusal{kInvalidReplicationFactor, "there is one broker: the replication factor is 1"});
  }
  const int32_t partitions = topic.num_partitions == -1 ? default_partitions : topic.num_partitions;
  if (partitions < 1 || partitions > kMaxPartitions) {
    return std::unexpected(
        Refusal{kInvalidPartitions, fmt::format("a topic has 1 to {} partitions", kMaxPartitions)});
  }
  return partitions;
}

void refuse(CreateResult& result, ErrorNumber error, std::string message) {
  result.error_code = error;
  result.error_message = std::move(message);
}

void create(Broker& broker, const CreateTopicsRequest::CreatableTopic& topic, bool validate_only,
            CreateResult& result) {
  const auto partitions = partitions_of(topic, broker.options.default_partitions);
  if (!partitions.has_value())
    return refuse(result, partitions.error().error, partitions.error().message);
  std::map<std::string, std::string> settings;
  for (const auto& each : topic.configs) {
    if (each.value) settings[each.name] = *each.value;
  }
  auto config = parse_topic_config(settings);
  if (!config.has_value()) return refuse(result, kInvalidConfig, config.error().message());
  if (!settings.contains("foz.bronze")) config->bronze = default_topic_config(topic.name).bronze;
  if (is_internal(topic.name)) {
    return refuse(result, kInvalidTopic, "the broker makes this topic for itself");
  }
  if (broker.log.find_topic(topic.name)) {
    return refuse(result, kTopicAlreadyExists, fmt::format("topic {} exists", topic.name));
  }
  if (!validate_only) {
    const auto made = broker.log.create_topic(topic.name, *partitions, *config);
    if (!made.has_value())
      return refuse(result, number_of(made.error(), kInvalidTopic), made.error().message());
    result.topic_id = made->id;
  }
  result.num_partitions = *partitions;
  result.replication_factor = 1;
  result.configs.emplace();
  for (const auto& [name, value] : settings) {
    auto& shown = result.configs->emplace_back();
    shown.name = name;
    shown.value = value;
    shown.config_source = 1;  // the topic's own
  }
}

}  // namespace

Status KafkaSession::create_topics(MessageReader& in, ReplyTo to) {
  CreateTopicsRequest request;
  TRY(decode(in, to, request));
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  auto call = [&broker = broker_, to, request = std::move(request),
               times = std::move(times)]() mutable {
    CreateTopicsResponse response;
    for (const auto& topic : request.topics) {
      if (broker.blocking.stopping()) return;
      const int count = std::exchange(times.at(topic.name), 0);
      if (count == 0) continue;  // answered
      CreateResult& result = response.topics.emplace_back();
      result.name = topic.name;
      if (count > 1) {
        refuse(result, kInvalidRequest, "the topic is named twice");
      } else if (response.topics.size() > kMaxChanges) {
        refuse(result, kInvalidRequest, fmt::format("at most {} topics a request", kMaxChanges));
      } else {
        create(broker, topic, request.validate_only, result);
      }
    }
    to.answer(response);
  };
  if (!broker_.blocking.run(std::move(call))) {
    return Error(ErrorCode::kOverloaded, "too many topics are being made");
  }
  return {};
}

Status KafkaSession::describe_cluster(MessageReader& in, ReplyTo to) {
  DescribeClusterRequest request;
  TRY(decode(in, to, request));
  DescribeClusterResponse response;
  if (request.endpoint_type != kBrokerEndpoints) {
    response.error_code = request.endpoint_type == kControllerEndpoints ? kMismatchedEndpointType
                                                                        : kUnsupportedEndpointType;
    response.error_message = "the endpoints here are brokers";
    to.answer(response);
    return {};
  }
  response.cluster_id = broker_.options.cluster_id;
  response.controller_id = kNodeId;
  if (request.include_cluster_authorized_operations)
    response.cluster_authorized_operations = kClusterOperations;
  const net::Address address = advertised();
  auto& node = response.brokers.emplace_back();
  node.broker_id = kNodeId;
  node.host = address.host;
  node.port = address.port;
  to.answer(response);
  return {};
}

}  // namespace foz::kafka
