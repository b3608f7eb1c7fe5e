// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Committed offsets, and what administrators ask about groups.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "kafka/coordinator_internal.h"
#include "kafka/decode_internal.h"
#include "kafka/new_offsets_internal.h"
#include "kafka/transactions_internal.h"

namespace foz::kafka {
namespace {

// Bits by the codes of org.apache.kafka.common.acl.AclOperation: read, delete, describe.
constexpr int32_t kGroupOperations = 0b101001000;
constexpr int16_t kFirstVersionThatMissesGroups = 6;

using FetchGroup = OffsetFetchRequest::OffsetFetchRequestGroup;
using FetchedGroup = OffsetFetchResponse::OffsetFetchResponseGroup;

}  // namespace

Status KafkaSession::offset_commit(MessageReader& in, ReplyTo to) {
  OffsetCommitRequest request;
  TRY(decode(in, to, request));
  OffsetCommitResponse response;
  auto offsets = new_offsets(request, response, [&](const auto& name) { return find_topic(name); });
  broker_.groups.commit(request, std::move(offsets),
                        [to, response = std::move(response)](ErrorNumber error) mutable {
                          answer_stored(response, error);
                          to.answer(response);
                        });
  return {};
}

// What the topics of today have; an offset of a topic that was made again is none.
FetchedGroup KafkaSession::fetch_offsets(const FetchGroup& wanted, bool require_stable) {
  FetchedGroup fetched;
  fetched.group_id = wanted.group_id;
  const auto add = [&](auto& topic, int32_t partition, const OffsetCommitValue* value) {
    auto& each = topic.partitions.emplace_back();
    each.partition_index = partition;
    if (require_stable &&
        broker_.transactions.has_pending(wanted.group_id, topic.name, partition)) {
      each.error_code = kUnstableOffsetCommit;
      value = nullptr;
    }
    each.committed_offset = value ? value->offset : -1;
    each.metadata = value ? value->metadata : "";
    if (value) each.committed_leader_epoch = value->leader_epoch;
  };
  const auto current = [this](const std::string& name, const OffsetCommitValue& value) {
    const TopicHandle* topic = find_topic(name);
    return topic && (value.topic_id.is_nil() || value.topic_id == topic->id);
  };
  if (!wanted.topics) {
    broker_.groups.each_offset(wanted.group_id, [&](const std::string& name, int32_t partition,
                                                    const OffsetCommitValue& value) {
      if (!current(name, value)) return;
      if (fetched.topics.empty() || fetched.topics.back().name != name) {
        fetched.topics.emplace_back().name = name;
      }
      add(fetched.topics.back(), partition, &value);
    });
    return fetched;
  }
  // Each once: what is answered must not grow with how often it is asked for.
  std::set<std::pair<std::string, int32_t>> seen;
  for (const auto& topic : *wanted.topics) {
    auto& answers = fetched.topics.emplace_back();
    answers.name = topic.name;
    for (const int32_t partition : topic.partition_indexes) {
      if (!seen.emplace(topic.name, partition).second) continue;
      const auto value = broker_.groups.offset(wanted.group_id, topic.name, partition);
      add(answers, partition, value && current(topic.name, *value) ? &*value : nullptr);
    }
  }
  return fetched;
}

Status KafkaSession::offset_fetch(MessageReader& in, ReplyTo to) {
  OffsetFetchRequest request;
  TRY(decode(in, to, request));
  OffsetFetchResponse response;
  if (to.version >= 8) {
    if (request.groups.size() > kMaxKeys) {
      return invalid(fmt::format("offsets of more than {} groups asked for at once", kMaxKeys));
    }
    std::set<std::string> seen;
    for (const FetchGroup& each : request.groups) {
      if (seen.insert(each.group_id).second)
        response.groups.push_back(fetch_offsets(each, request.require_stable));
    }
    to.answer(response);
    return {};
  }
  FetchGroup wanted;
  wanted.group_id = request.group_id;
  if (request.topics) {
    wanted.topics.emplace();
    for (auto& each : *request.topics) {
      auto& topic = wanted.topics->emplace_back();
      topic.name = std::move(each.name);
      topic.partition_indexes = std::move(each.partition_indexes);
    }
  }
  for (auto& each : fetch_offsets(wanted, request.require_stable).topics) {
    auto& topic = response.topics.emplace_back();
    topic.name = std::move(each.name);
    for (auto& found : each.partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = found.partition_index;
      partition.committed_offset = found.committed_offset;
      partition.committed_leader_epoch = found.committed_leader_epoch;
      partition.error_code = found.error_code;
      partition.metadata = std::move(found.metadata);
    }
  }
  to.answer(response);
  return {};
}

Status KafkaSession::offset_delete(MessageReader& in, ReplyTo to) {
  OffsetDeleteRequest request;
  TRY(decode(in, to, request));
  OffsetDeleteResponse response;
  std::vector<std::pair<std::string, int32_t>> partitions;
  for (const auto& wanted : request.topics) {
    const TopicHandle* topic = find_topic(wanted.name);
    auto& answers = response.topics.emplace_back();
    answers.name = wanted.name;
    for (const auto& each : wanted.partitions) {
      auto& answer = answers.partitions.emplace_back();
      answer.partition_index = each.partition_index;
      if (!topic || each.partition_index < 0 || each.partition_index >= topic->partitions) {
        answer.error_code = kUnknownTopicOrPartition;
      } else {
        partitions.emplace_back(wanted.name, each.partition_index);
      }
    }
  }
  broker_.groups.remove_offsets(request.group_id, partitions,
                                [to, response = std::move(response)](ErrorNumber error) mutable {
                                  response.error_code = error;
                                  if (error != kNone) response.topics.clear();
                                  to.answer(response);
                                });
  return {};
}

Status KafkaSession::describe_groups(MessageReader& in, ReplyTo to) {
  DescribeGroupsRequest request;
  TRY(decode(in, to, request));
  if (request.groups.size() > kMaxKeys) {
    return invalid(fmt::format("more than {} groups to describe at once", kMaxKeys));
  }
  DescribeGroupsResponse response;
  for (const std::string& id : std::set(request.groups.begin(), request.groups.end())) {
    auto& group = response.groups.emplace_back();
    if (auto found = broker_.groups.describe(id)) {
      group = std::move(*found);
    } else {
      group.group_state = "Dead";
      if (to.version >= kFirstVersionThatMissesGroups) {
        group.error_code = kGroupIdNotFound;
        group.error_message = fmt::format("group {} not found", id);
      }
    }
    group.group_id = id;
    if (request.include_authorized_operations) group.authorized_operations = kGroupOperations;
  }
  to.answer(response);
  return {};
}

Status KafkaSession::list_groups(MessageReader& in, ReplyTo to) {
  ListGroupsRequest request;
  TRY(decode(in, to, request));
  ListGroupsResponse response;
  response.groups = broker_.groups.list();
  const auto wanted = [](const std::vector<std::string>& filter, const std::string& value) {
    return filter.empty() || std::ranges::any_of(filter, [&](const std::string& each) {
             return std::ranges::equal(each, value, [](unsigned char a, unsigned char b) {
               return std::tolower(a) == std::tolower(b);
             });
           });
  };
  std::erase_if(response.groups, [&](const auto& group) {
    return !wanted(request.states_filter, group.group_state) ||
           !wanted(request.types_filter, group.group_type);
  });
  to.answer(response);
  return {};
}

Status KafkaSession::delete_groups(MessageReader& in, ReplyTo to) {
  DeleteGroupsRequest request;
  TRY(decode(in, to, request));
  const std::set<std::string> groups(request.groups_names.begin(), request.groups_names.end());
  if (groups.size() > kMaxKeys) {
    return invalid(fmt::format("more than {} groups to delete at once", kMaxKeys));
  }
  // Answers when the last of them is through.
  struct Pending {
    ReplyTo to;
    std::mutex mutex;
    DeleteGroupsResponse response;
    ~Pending() { to.answer(response); }
  };
  auto pending = std::make_shared<Pending>();
  pending->to = std::move(to);
  for (const std::string& id : groups) {
    broker_.groups.remove(id, [pending, id](ErrorNumber error) {
      const std::lock_guard lock(pending->mutex);
      auto& result = pending->response.results.emplace_back();
      result.group_id = id;
      result.error_code = error;
    });
  }
  return {};
}

}  // namespace foz::kafka
