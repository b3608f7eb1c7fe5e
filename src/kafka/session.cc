// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/session_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"

namespace foz::kafka {
namespace {

constexpr int32_t kMaxFrameBytes = 100 << 20;
// Of anything but Produce: what is decoded may take many times the bytes that came.
constexpr int32_t kMaxSmallFrameBytes = 4 << 20;
constexpr int16_t kProduceKey = 0;
constexpr int16_t kApiVersionsKey = 18;

// KIP-511's rule for the name and version of a client's software.
bool is_software_word(std::string_view text) {
  const auto letter = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  return !text.empty() && letter(text.front()) && letter(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || c == '-' || c == '.'; });
}

}  // namespace

struct KafkaSession::Api {
  int16_t key;
  int16_t min_version;
  int16_t max_version;
  int16_t flexible_from;
  Status (KafkaSession::*handle)(MessageReader& in, ReplyTo to);
};

const KafkaSession::Api* KafkaSession::find_api(int16_t key) {
  // What real clients need, proved by leaving the rest away. Fetch 13 and Produce 13 would name
  // topics by id alone.
  static constexpr Api kApis[] = {
      {ProduceRequest::kApiKey, 3, 9, ProduceRequest::kFlexibleFrom, &KafkaSession::produce},
      {FetchRequest::kApiKey, 4, 12, FetchRequest::kFlexibleFrom, &KafkaSession::fetch},
      {ListOffsetsRequest::kApiKey, 1, 7, ListOffsetsRequest::kFlexibleFrom,
       &KafkaSession::list_offsets},
      {MetadataRequest::kApiKey, 0, 12, MetadataRequest::kFlexibleFrom, &KafkaSession::metadata},
      {ApiVersionsRequest::kApiKey, 0, 4, ApiVersionsRequest::kFlexibleFrom,
       &KafkaSession::api_versions},
      {CreateTopicsRequest::kApiKey, 2, 7, CreateTopicsRequest::kFlexibleFrom,
       &KafkaSession::create_topics},
      {InitProducerIdRequest::kApiKey, 0, 4, InitProducerIdRequest::kFlexibleFrom,
       &KafkaSession::init_producer_id},
      {DescribeClusterRequest::kApiKey, 0, 2, DescribeClusterRequest::kFlexibleFrom,
       &KafkaSession::describe_cluster},
      // Consumer groups. OffsetCommit 10 and OffsetFetch 10 would name topics by id alone, 9 is for
      // members of KIP-848's groups.
      {OffsetCommitRequest::kApiKey, 2, 8, OffsetCommitRequest::kFlexibleFrom,
       &KafkaSession::offset_commit},
      {OffsetFetchRequest::kApiKey, 1, 8, OffsetFetchRequest::kFlexibleFrom,
       &KafkaSession::offset_fetch},
      {FindCoordinatorRequest::kApiKey, 0, 6, FindCoordinatorRequest::kFlexibleFrom,
       &KafkaSession::find_coordinator},
      {JoinGroupRequest::kApiKey, 0, 9, JoinGroupRequest::kFlexibleFrom, &KafkaSession::join_group},
      {HeartbeatRequest::kApiKey, 0, 4, HeartbeatRequest::kFlexibleFrom, &KafkaSession::heartbeat},
      {LeaveGroupRequest::kApiKey, 0, 5, LeaveGroupRequest::kFlexibleFrom,
       &KafkaSession::leave_group},
      {SyncGroupRequest::kApiKey, 0, 5, SyncGroupRequest::kFlexibleFrom, &KafkaSession::sync_group},
      {DescribeGroupsRequest::kApiKey, 0, 6, DescribeGroupsRequest::kFlexibleFrom,
       &KafkaSession::describe_groups},
      {ListGroupsRequest::kApiKey, 0, 5, ListGroupsRequest::kFlexibleFrom,
       &KafkaSession::list_groups},
      {DeleteGroupsRequest::kApiKey, 0, 2, DeleteGroupsRequest::kFlexibleFrom,
       &KafkaSession::delete_groups},
      {OffsetDeleteRequest::kApiKey, 0, 0, OffsetDeleteRequest::kFlexibleFrom,
       &KafkaSession::offset_delete},
      {DeleteTopicsRequest::kApiKey, 1, 6, DeleteTopicsRequest::kFlexibleFrom,
       &KafkaSession::delete_topics},
      {DeleteRecordsRequest::kApiKey, 0, 2, DeleteRecordsRequest::kFlexibleFrom,
       &KafkaSession::delete_records},
      {OffsetForLeaderEpochRequest::kApiKey, 2, 4, OffsetForLeaderEpochRequest::kFlexibleFrom,
       &KafkaSession::offset_for_leader_epoch},
      {DescribeConfigsRequest::kApiKey, 1, 4, DescribeConfigsRequest::kFlexibleFrom,
       &KafkaSession::describe_configs},
      {AlterConfigsRequest::kApiKey, 0, 2, AlterConfigsRequest::kFlexibleFrom,
       &KafkaSession::alter_configs},
      {CreatePartitionsRequest::kApiKey, 0, 3, CreatePartitionsRequest::kFlexibleFrom,
       &KafkaSession::create_partitions},
      {IncrementalAlterConfigsRequest::kApiKey, 0, 1, IncrementalAlterConfigsRequest::kFlexibleFrom,
       &KafkaSession::incremental_alter_configs},
      {ListPartitionReassignmentsRequest::kApiKey, 0, 0,
       ListPartitionReassignmentsRequest::kFlexibleFrom,
       &KafkaSession::list_partition_reassignments},
      {DescribeTopicPartitionsRequest::kApiKey, 0, 0, DescribeTopicPartitionsRequest::kFlexibleFrom,
       &KafkaSession::describe_topic_partitions},
  };
  if (key == -1) return kApis;  // see versions()
  const auto found = std::ranges::find(kApis, key, &Api::key);
  return found == std::end(kApis) ? nullptr : found;
}

KafkaSession::KafkaSession(Broker& broker, std::shared_ptr<net::Outbox> outbox,
                           std::string_view peer)
    : broker_(broker),
      outbox_(std::move(outbox)),
      replies_(std::make_shared<Replies>(outbox_)),
      client_host_("/" + std::string(peer.substr(0, peer.rfind(':')))) {}  // as Kafka shows it

KafkaSession::~KafkaSession() {
  for (const WaitingFetch& each : waiting_) broker_.waiters.remove(each.waiter);
}

Result<size_t> KafkaSession::on_bytes(Bytes bytes) {
  if (bytes.size() < 4) return 0;
  const auto size = load_big<int32_t>(bytes.data());
  if (size < 8 || size > kMaxFrameBytes)
    return invalid(fmt::format("no Kafka request: a frame of {} bytes", size));
  if (bytes.size() < 6) return 0;
  if (size > kMaxSmallFrameBytes && load_big<int16_t>(bytes.data() + 4) != kProduceKey) {
    return invalid(fmt::format("a request of {} bytes is too large", size));
  }
  const size_t whole = static_cast<size_t>(size) + 4;
  if (bytes.size() < whole) return 0;
  TRY(on_request(bytes.subspan(4, whole - 4)));
  return whole;
}

Status KafkaSession::on_request(Bytes frame) {
  MessageReader in(frame);
  const auto key = in.big<int16_t>();
  ReplyTo to{.replies = replies_};
  to.version = in.big<int16_t>();
  to.correlation_id = in.big<int32_t>();
  client_id_ = in.nullable_text(false).value_or("");
  const Api* api = find_api(key);
  const bool served = api && to.version >= api->min_version && to.version <= api->max_version;
  if (!in.ok() || !served) {
    if (in.ok() && key == kApiVersionsKey) {
      // The one answer that every client can read: version 0's layout.
      ApiVersionsResponse response = versions(0);
      std::erase_if(response.api_keys,
                    [](const auto& each) { return each.api_key != kApiVersionsKey; });
      response.error_code = kUnsupportedVersion;
      to.version = 0;
      to.place = replies_->reserve(0);
      to.answer(response);
      return {};
    }
    return invalid(fmt::format("client \"{}\" sent api key {} version {}, which is not served",
                               client_id_, key, to.version));
  }
  if (to.version >= api->flexible_from) in.skip_tags();
  if (key != kProduceKey) to.place = replies_->reserve(frame.size());
  return (this->*api->handle)(in, std::move(to));
}

ApiVersionsResponse KafkaSession::versions(int16_t) {
  ApiVersionsResponse response;
  for (int16_t key = 0; key < 100; ++key) {
    const Api* api = find_api(key);
    if (!api) continue;
    ApiVersionsResponse::ApiVersion& version = response.api_keys.emplace_back();
    version.api_key = key;
    // Builds of librdkafka take a higher minimum for a broker that cannot be produced to
    // (KAFKA-18659).
    version.min_version = key == kProduceKey ? int16_t{0} : api->min_version;
    version.max_version = api->max_version;
  }
  return response;
}

Status KafkaSession::api_versions(MessageReader& in, ReplyTo to) {
  ApiVersionsRequest request;
  TRY(decode(in, to, request));
  ApiVersionsResponse response = versions(to.version);
  if (to.version >= 3 && (!is_software_word(request.client_software_name) ||
                          !is_software_word(request.client_software_version))) {
    response.error_code = kInvalidRequest;
    response.api_keys.clear();
  }
  to.answer(response);
  return {};
}

void KafkaSession::on_wake() { serve_waiting(); }

const TopicHandle* KafkaSession::find_topic(const std::string& name) {
  const uint64_t generation = broker_.log.topics_generation();
  if (generation != topics_generation_) {
    topics_.clear();
    topics_generation_ = generation;
  }
  const auto known = topics_.find(name);
  if (known != topics_.end()) return &known->second;
  const std::optional<log::Topic> topic = broker_.log.find_topic(name);
  if (!topic) return nullptr;
  return &topics_
              .emplace(name,
                       TopicHandle{topic->id, topic->partitions, topic->config.max_message_bytes})
              .first->second;
}

net::Address KafkaSession::advertised() const {
  net::Address address = outbox_->local_address();
  if (!broker_.options.advertised_host.empty()) address.host = broker_.options.advertised_host;
  return address;
}

}  // namespace foz::kafka
