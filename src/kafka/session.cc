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

  template <class Request>
  static constexpr Api of(int16_t min_version, int16_t max_version,
                          Status (KafkaSession::*handle)(MessageReader& in, ReplyTo to)) {
    return {Request::kApiKey, min_version, max_version, Request::kFlexibleFrom, handle};
  }
};

const KafkaSession::Api* KafkaSession::find_api(int16_t key) {
  // What real clients need, proved by leaving the rest away. Fetch 13 and Produce 13 would name
  // topics by id alone.
  static constexpr Api kApis[] = {
      Api::of<ProduceRequest>(3, 9, &KafkaSession::produce),
      Api::of<FetchRequest>(4, 12, &KafkaSession::fetch),
      Api::of<ListOffsetsRequest>(1, 7, &KafkaSession::list_offsets),
      Api::of<MetadataRequest>(0, 12, &KafkaSession::metadata),
      Api::of<ApiVersionsRequest>(0, 4, &KafkaSession::api_versions),
      Api::of<CreateTopicsRequest>(2, 7, &KafkaSession::create_topics),
      Api::of<InitProducerIdRequest>(0, 4, &KafkaSession::init_producer_id),
      Api::of<DescribeClusterRequest>(0, 2, &KafkaSession::describe_cluster),
      // Transactions of version 1: later versions of these are for brokers, or for KIP-890's
      // transactions, whose partitions are added by producing.
      Api::of<AddPartitionsToTxnRequest>(0, 3, &KafkaSession::add_partitions_to_txn),
      Api::of<AddOffsetsToTxnRequest>(0, 3, &KafkaSession::add_offsets_to_txn),
      Api::of<EndTxnRequest>(0, 3, &KafkaSession::end_txn),
      Api::of<TxnOffsetCommitRequest>(0, 3, &KafkaSession::txn_offset_commit),
      Api::of<DescribeTransactionsRequest>(0, 0, &KafkaSession::describe_transactions),
      Api::of<ListTransactionsRequest>(0, 1, &KafkaSession::list_transactions),
      // Consumer groups. OffsetCommit 10 and OffsetFetch 10 would name topics by id alone, 9 is for
      // members of KIP-848's groups.
      Api::of<OffsetCommitRequest>(2, 8, &KafkaSession::offset_commit),
      Api::of<OffsetFetchRequest>(1, 8, &KafkaSession::offset_fetch),
      Api::of<FindCoordinatorRequest>(0, 6, &KafkaSession::find_coordinator),
      Api::of<JoinGroupRequest>(0, 9, &KafkaSession::join_group),
      Api::of<HeartbeatRequest>(0, 4, &KafkaSession::heartbeat),
      Api::of<LeaveGroupRequest>(0, 5, &KafkaSession::leave_group),
      Api::of<SyncGroupRequest>(0, 5, &KafkaSession::sync_group),
      Api::of<DescribeGroupsRequest>(0, 6, &KafkaSession::describe_groups),
      Api::of<ListGroupsRequest>(0, 5, &KafkaSession::list_groups),
      Api::of<DeleteGroupsRequest>(0, 2, &KafkaSession::delete_groups),
      Api::of<OffsetDeleteRequest>(0, 0, &KafkaSession::offset_delete),
      Api::of<DeleteTopicsRequest>(1, 6, &KafkaSession::delete_topics),
      Api::of<DeleteRecordsRequest>(0, 2, &KafkaSession::delete_records),
      Api::of<OffsetForLeaderEpochRequest>(2, 4, &KafkaSession::offset_for_leader_epoch),
      Api::of<DescribeConfigsRequest>(1, 4, &KafkaSession::describe_configs),
      Api::of<AlterConfigsRequest>(0, 2, &KafkaSession::alter_configs),
      Api::of<CreatePartitionsRequest>(0, 3, &KafkaSession::create_partitions),
      Api::of<IncrementalAlterConfigsRequest>(0, 1, &KafkaSession::incremental_alter_configs),
      {ListPartitionReassignmentsRequest::kApiKey, 0, 0,
       ListPartitionReassignmentsRequest::kFlexibleFrom,
       &KafkaSession::list_partition_reassignments},
      Api::of<DescribeTopicPartitionsRequest>(0, 0, &KafkaSession::describe_topic_partitions),
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
