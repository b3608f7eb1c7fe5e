// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// One client connection: frames in, requests dispatched, replies in order. Sans-io.
//
//   frame     size int32, then so many bytes: header, body
//   request   api key int16, api version int16, correlation id int32, client id nullable string
//             [, tagged fields]
//   response  correlation id int32 [, tagged fields]
#pragma once

#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "kafka/broker_internal.h"
#include "kafka/replies_internal.h"
#include "kafka_codec/messages.h"
#include "net/tcp.h"

namespace foz::kafka {

// Whom and how to answer; copied into whatever answers later.
struct ReplyTo {
  std::shared_ptr<Replies> replies;
  uint64_t place = 0;
  int32_t correlation_id = 0;
  int16_t version = 0;

  template <class Response>
  void answer(const Response& response) const {
    MessageWriter out;
    out.big(correlation_id);
    // A client that asks for versions cannot know yet which headers we speak.
    const bool flexible = version >= Response::kFlexibleFrom && Response::kApiKey != 18;
    if (flexible) out.no_tags();
    response.encode(out, version);
    replies->fill(place, out.take_frame());
  }
};

// What producing and fetching need to know of a topic.
struct TopicHandle {
  log::TopicId id;
  int32_t partitions = 0;
  int32_t max_message_bytes = 0;
};

class KafkaSession final : public net::Session {
 public:
  // `peer` is the client's address.
  KafkaSession(Broker& broker, std::shared_ptr<net::Outbox> outbox, std::string_view peer = "");
  ~KafkaSession() override;

  Result<size_t> on_bytes(Bytes bytes) override;
  void on_wake() override;
  bool paused() const override { return replies_->full(); }
  bool owes() const override { return !replies_->empty() || paused(); }

 private:
  struct Api;
  struct WaitingFetch {
    ReplyTo to;
    FetchRequest request;
    std::chrono::steady_clock::time_point deadline;
    uint64_t waiter = 0;
  };

  static const Api* find_api(int16_t key);
  static ApiVersionsResponse versions(int16_t version);
  Status on_request(Bytes frame);
  template <class Request>
  Status decode(MessageReader& in, const ReplyTo& to, Request& request) const;

  // One per api; each answers through `to`, now or later.
  Status api_versions(MessageReader& in, ReplyTo to);
  Status metadata(MessageReader& in, ReplyTo to);
  Status produce(MessageReader& in, ReplyTo to);
  Status fetch(MessageReader& in, ReplyTo to);
  Status list_offsets(MessageReader& in, ReplyTo to);
  Status create_topics(MessageReader& in, ReplyTo to);
  Status describe_cluster(MessageReader& in, ReplyTo to);
  // What administers topics: admin_topics.cc, admin_configs.cc.
  Status delete_topics(MessageReader& in, ReplyTo to);
  Status delete_records(MessageReader& in, ReplyTo to);
  Status create_partitions(MessageReader& in, ReplyTo to);
  Status describe_topic_partitions(MessageReader& in, ReplyTo to);
  Status list_partition_reassignments(MessageReader& in, ReplyTo to);
  Status describe_configs(MessageReader& in, ReplyTo to);
  Status alter_configs(MessageReader& in, ReplyTo to);
  Status incremental_alter_configs(MessageReader& in, ReplyTo to);
  Status offset_for_leader_epoch(MessageReader& in, ReplyTo to);

  // Producers' identities and transactions: transaction_apis.cc.
  Status init_producer_id(MessageReader& in, ReplyTo to);
  Status add_partitions_to_txn(MessageReader& in, ReplyTo to);
  Status add_offsets_to_txn(MessageReader& in, ReplyTo to);
  Status end_txn(MessageReader& in, ReplyTo to);
  Status txn_offset_commit(MessageReader& in, ReplyTo to);
  Status describe_transactions(MessageReader& in, ReplyTo to);
  Status list_transactions(MessageReader& in, ReplyTo to);

  // Consumer groups.
  static constexpr size_t kMaxKeys = 10000;  // groups or members that one request names
  Status find_coordinator(MessageReader& in, ReplyTo to);
  Status join_group(MessageReader& in, ReplyTo to);
  Status sync_group(MessageReader& in, ReplyTo to);
  Status heartbeat(MessageReader& in, ReplyTo to);
  Status leave_group(MessageReader& in, ReplyTo to);
  Status offset_commit(MessageReader& in, ReplyTo to);
  Status offset_fetch(MessageReader& in, ReplyTo to);
  Status offset_delete(MessageReader& in, ReplyTo to);
  Status describe_groups(MessageReader& in, ReplyTo to);
  Status list_groups(MessageReader& in, ReplyTo to);
  Status delete_groups(MessageReader& in, ReplyTo to);
  OffsetFetchResponse::OffsetFetchResponseGroup fetch_offsets(
      const OffsetFetchRequest::OffsetFetchRequestGroup& wanted, bool require_stable);

  // Of the request's topics, in their order; without partitions where there is none.
  std::vector<TopicHandle> find_topics(const FetchRequest& request);
  void serve_waiting();
  void set_timer();
  // Nothing when there is no such topic.
  const TopicHandle* find_topic(const std::string& name);
  net::Address advertised() const;

  Broker& broker_;
  const std::shared_ptr<net::Outbox> outbox_;
  const std::shared_ptr<Replies> replies_;
  const OwedBytes owed_bytes_ = std::make_shared<std::atomic<int64_t>>(0);  // of this connection
  const std::string client_host_;
  std::string client_id_;  // as the last request gave it, for messages to people
  std::list<WaitingFetch> waiting_;
  uint64_t topics_generation_ = 0;
  std::unordered_map<std::string, TopicHandle> topics_;
};

}  // namespace foz::kafka
