// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The requests of group members. Committed offsets and administration: group_offsets.cc.
#include <fmt/format.h>

#include <memory>

#include "base/logging.h"
#include "kafka/coordinator_internal.h"
#include "kafka/decode_internal.h"
#include "kafka/transactions_internal.h"

namespace foz::kafka {
namespace {

constexpr int8_t kGroupKey = 0;
constexpr int8_t kTransactionKey = 1;
constexpr int16_t kFirstVersionWithNullProtocol = 7;

using Coordinated = FindCoordinatorResponse::Coordinator;

Coordinated coordinate(const Broker& broker, const net::Address& address, int8_t type,
                       std::string key) {
  Coordinated found;
  found.key = std::move(key);
  found.node_id = -1;
  found.port = -1;
  const bool transactional = type == kTransactionKey;
  if (!transactional && type != kGroupKey) {
    found.error_code = kInvalidRequest;
    found.error_message = fmt::format("coordinators of type {} are not known", type);
  } else if (!transactional && (found.key.empty() || found.key.size() > kMaxGroupIdBytes)) {
    found.error_code = kInvalidGroupId;
    found.error_message = fmt::format("a group id has 1 to {} bytes", kMaxGroupIdBytes);
  } else if (transactional ? !broker.transactions.ready() : !broker.groups.ready()) {
    found.error_code = kCoordinatorNotAvailable;
    found.error_message = "the coordinator's topic is not there yet; ask again";
  } else {
    found.node_id = kNodeId;
    found.host = address.host;
    found.port = address.port;
  }
  return found;
}

void answer_coordinators(const Broker& broker, const net::Address& address,
                         const FindCoordinatorRequest& request, const ReplyTo& to) {
  FindCoordinatorResponse response;
  if (to.version >= 4) {
    for (const std::string& key : request.coordinator_keys) {
      response.coordinators.push_back(coordinate(broker, address, request.key_type, key));
    }
    return to.answer(response);
  }
  Coordinated found = coordinate(broker, address, request.key_type, request.key);
  response.error_code = found.error_code;
  response.error_message = std::move(found.error_message);
  response.node_id = found.node_id;
  response.host = std::move(found.host);
  response.port = found.port;
  to.answer(response);
}

// A reply that may come much later: it does not keep what is left of a closed connection.
template <class Response>
auto late(ReplyTo to) {
  std::weak_ptr<Replies> replies = std::exchange(to.replies, nullptr);
  return [to = std::move(to), replies = std::move(replies)](const Response& response) mutable {
    to.replies = replies.lock();
    if (to.replies) to.answer(response);
  };
}

}  // namespace

Status KafkaSession::find_coordinator(MessageReader& in, ReplyTo to) {
  FindCoordinatorRequest request;
  TRY(decode(in, to, request));
  if (request.coordinator_keys.size() > kMaxKeys) {
    return invalid(fmt::format("more than {} coordinators asked for at once", kMaxKeys));
  }
  const net::Address address = advertised();
  // The first group of all, or transactional id, makes the topic.
  const bool transactional = request.key_type == kTransactionKey;
  const bool make = (request.key_type == kGroupKey && !broker_.groups.ready()) ||
                    (transactional && !broker_.transactions.ready());
  if (make && broker_.blocking.run([&broker = broker_, address, request, to, transactional] {
        if (broker.blocking.stopping()) return;
        const Status made =
            transactional ? broker.transactions.make_topic() : broker.groups.make_topic();
        if (!made.has_value()) {
          log_warn("kafka", "cannot make a coordinator's topic",
                   {{"reason", made.error().message()}});
        }
        answer_coordinators(broker, address, request, to);
      })) {
    return {};
  }
  answer_coordinators(broker_, address, request, to);
  return {};
}

Status KafkaSession::join_group(MessageReader& in, ReplyTo to) {
  JoinGroupRequest request;
  TRY(decode(in, to, request));
  const Caller caller{client_id_, client_host_, to.version};
  broker_.groups.join(std::move(request), caller,
                      [answer = late<JoinGroupResponse>(to),
                       version = to.version](const JoinGroupResponse& response) mutable {
                        if (version >= kFirstVersionWithNullProtocol || response.protocol_name) {
                          return answer(response);
                        }
                        JoinGroupResponse named = response;
                        named.protocol_name = "";
                        answer(named);
                      });
  return {};
}

Status KafkaSession::sync_group(MessageReader& in, ReplyTo to) {
  SyncGroupRequest request;
  TRY(decode(in, to, request));
  broker_.groups.sync(std::move(request), late<SyncGroupResponse>(std::move(to)));
  return {};
}

Status KafkaSession::heartbeat(MessageReader& in, ReplyTo to) {
  HeartbeatRequest request;
  TRY(decode(in, to, request));
  HeartbeatResponse response;
  response.error_code = broker_.groups.heartbeat(request);
  to.answer(response);
  return {};
}

Status KafkaSession::leave_group(MessageReader& in, ReplyTo to) {
  LeaveGroupRequest request;
  TRY(decode(in, to, request));
  if (request.members.size() > kMaxKeys) {
    return invalid(fmt::format("more than {} members leave at once", kMaxKeys));
  }
  to.answer(broker_.groups.leave(request, to.version));
  return {};
}

}  // namespace foz::kafka
