// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The requests of transactional producers, and what administrators ask about transactions.
#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"
#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"
#include "kafka/new_offsets_internal.h"
#include "kafka/topic_config.h"
#include "kafka/transactions_internal.h"

namespace foz::kafka {
namespace {

// Memory keeps which transactions of a partition were aborted until retention removes them.
constexpr size_t kMostAborted = 100'000;
constexpr int16_t kFirstInitVersionWithFenced = 4;
constexpr int16_t kFirstVersionWithFenced = 2;

// PRODUCER_FENCED came later than the requests that answer it.
ErrorNumber known_to(int16_t version, int16_t first, ErrorNumber error) {
  return error == kProducerFenced && version < first ? kInvalidProducerEpoch : error;
}

using Added = std::pair<TransactionPartitions, AddPartitionsToTxnResponse>;

// The partitions, and the answer with an error for those that cannot be added.
Added partitions_of(const log::Log& log, const AddPartitionsToTxnRequest& request) {
  Added added;
  for (const auto& wanted : request.v3_and_below_topics) {
    auto& topic_result = added.second.results_by_topic_v3_and_below.emplace_back();
    topic_result.name = wanted.name;
    const auto topic = log.find_topic(wanted.name);
    for (const int32_t partition : wanted.partitions) {
      auto& result = topic_result.results_by_partition.emplace_back();
      result.partition_index = partition;
      if (is_internal(wanted.name)) {
        result.partition_error_code = kInvalidTopic;
      } else if (!topic || partition < 0 || partition >= topic->partitions) {
        result.partition_error_code = kUnknownTopicOrPartition;
      } else if (const auto offsets = log.offsets({topic->id, log::PartitionId(partition)});
                 offsets.has_value() && offsets->aborted_transactions >= kMostAborted) {
        result.partition_error_code = kConcurrentTransactions;
      } else {
        added.first[wanted.name].insert(partition);
      }
    }
  }
  return added;
}

void answer_all(AddPartitionsToTxnResponse& response, ErrorNumber error) {
  for (auto& topic : response.results_by_topic_v3_and_below) {
    for (auto& each : topic.results_by_partition) {
      if (each.partition_error_code == kNone) each.partition_error_code = error;
    }
  }
}

}  // namespace

Status KafkaSession::init_producer_id(MessageReader& in, ReplyTo to) {
  InitProducerIdRequest request;
  TRY(decode(in, to, request));
  const bool taken = broker_.blocking.run([&broker = broker_, to, request = std::move(request)] {
    const auto answer = [to](ErrorNumber error, ProducerIdentity producer) {
      InitProducerIdResponse response;
      response.error_code = known_to(to.version, kFirstInitVersionWithFenced, error);
      response.producer_id = producer.id;
      response.producer_epoch = producer.epoch;
      to.answer(response);
    };
    const auto id = broker.log.next_producer_id();
    if (!id.has_value()) return answer(kKafkaStorageError, {});
    if (!request.transactional_id) return answer(kNone, {*id, 0});
    broker.transactions.init(*request.transactional_id, request.transaction_timeout_ms,
                             {request.producer_id, request.producer_epoch}, *id, answer);
  });
  if (!taken) return Error(ErrorCode::kOverloaded, "too many producers begin at once");
  return {};
}

Status KafkaSession::add_partitions_to_txn(MessageReader& in, ReplyTo to) {
  AddPartitionsToTxnRequest request;
  TRY(decode(in, to, request));
  auto [partitions, response] = partitions_of(broker_.log, request);
  // All or nothing.
  bool refused = false;
  for (const auto& topic : response.results_by_topic_v3_and_below) {
    refused |= std::ranges::any_of(topic.results_by_partition, [](const auto& each) {
      return each.partition_error_code != kNone;
    });
  }
  if (refused) {
    answer_all(response, kOperationNotAttempted);
    to.answer(response);
    return {};
  }
  broker_.transactions.add(
      request.v3_and_below_transactional_id,
      {request.v3_and_below_producer_id, request.v3_and_below_producer_epoch}, partitions,
      [to, answer = std::move(response)](ErrorNumber error) mutable {
        answer_all(answer, known_to(to.version, kFirstVersionWithFenced, error));
        to.answer(answer);
      });
  return {};
}

Status KafkaSession::add_offsets_to_txn(MessageReader& in, ReplyTo to) {
  AddOffsetsToTxnRequest request;
  TRY(decode(in, to, request));
  const auto answer = [to](ErrorNumber error) {
    AddOffsetsToTxnResponse response;
    response.error_code = known_to(to.version, kFirstVersionWithFenced, error);
    to.answer(response);
  };
  if (request.group_id.empty() || request.group_id.size() > kMaxGroupIdBytes) {
    answer(kInvalidGroupId);
    return {};
  }
  broker_.transactions.add(request.transactional_id, {request.producer_id, request.producer_epoch},
                           {{std::string(kOffsetsTopic), {0}}}, answer);
  return {};
}

Status KafkaSession::end_txn(MessageReader& in, ReplyTo to) {
  EndTxnRequest request;
  TRY(decode(in, to, request));
  broker_.transactions.end(request.transactional_id, {request.producer_id, request.producer_epoch},
                           request.committed, [to](ErrorNumber error) {
                             EndTxnResponse response;
                             response.error_code =
                                 known_to(to.version, kFirstVersionWithFenced, error);
                             to.answer(response);
                           });
  return {};
}

Status KafkaSession::txn_offset_commit(MessageReader& in, ReplyTo to) {
  TxnOffsetCommitRequest request;
  TRY(decode(in, to, request));
  TxnOffsetCommitResponse response;
  auto offsets = new_offsets(request, response, [&](const auto& name) { return find_topic(name); });
  const auto answer = [to, response = std::move(response)](ErrorNumber error) mutable {
    // Not among the errors that every client expects here.
    if (error == kProducerFenced) error = kInvalidProducerEpoch;
    answer_stored(response, error);
    to.answer(response);
  };
  OffsetCommitRequest committer;
  committer.group_id = request.group_id;
  committer.generation_id_or_member_epoch = request.generation_id_or_member_epoch;
  committer.member_id = request.member_id;
  committer.group_instance_id = request.group_instance_id;
  // Before version 3 nobody said which member it is.
  const bool member = request.generation_id_or_member_epoch >= 0 || !request.member_id.empty();
  const ErrorNumber error = broker_.groups.may_commit(committer, member);
  if (error != kNone) {
    auto refuse = answer;
    refuse(error);
    return {};
  }
  broker_.transactions.add_offsets(request.transactional_id,
                                   {request.producer_id, request.producer_epoch}, request.group_id,
                                   std::move(offsets), answer);
  return {};
}

Status KafkaSession::describe_transactions(MessageReader& in, ReplyTo to) {
  DescribeTransactionsRequest request;
  TRY(decode(in, to, request));
  if (request.transactional_ids.size() > kMaxKeys) {
    return invalid(fmt::format("more than {} transactional ids at once", kMaxKeys));
  }
  DescribeTransactionsResponse response;
  for (const std::string& id : request.transactional_ids) {
    auto& state = response.transaction_states.emplace_back();
    state.transactional_id = id;
    const auto found = broker_.transactions.describe(id);
    if (!found) {
      state.error_code = kTransactionalIdNotFound;
      continue;
    }
    state.transaction_state = to_string(found->state);
    state.transaction_timeout_ms = found->timeout_ms;
    state.transaction_start_time_ms = found->started_ms;
    state.producer_id = found->producer.id;
    state.producer_epoch = found->producer.epoch;
    for (const auto& [name, partitions] : found->partitions) {
      auto& topic = state.topics.emplace_back();
      topic.topic = name;
      topic.partitions.assign(partitions.begin(), partitions.end());
    }
  }
  to.answer(response);
  return {};
}

Status KafkaSession::list_transactions(MessageReader& in, ReplyTo to) {
  ListTransactionsRequest request;
  TRY(decode(in, to, request));
  ListTransactionsResponse response;
  static constexpr TransactionState kStates[] = {
      TransactionState::kEmpty, TransactionState::kOngoing, TransactionState::kCompleteCommit,
      TransactionState::kCompleteAbort};
  for (const std::string& filter : request.state_filters) {
    const bool known = std::ranges::any_of(
        kStates, [&](TransactionState state) { return to_string(state) == filter; });
    if (!known) response.unknown_state_filters.push_back(filter);
  }
  const auto passes = [](const auto& filters, const auto& value) {
    return filters.empty() || std::ranges::find(filters, value) != filters.end();
  };
  const int64_t now_ms = broker_.clock.now_ms();
  broker_.transactions.each([&](const std::string& id, const Transaction& transaction) {
    const bool too_young =
        request.duration_filter >= 0 && (transaction.state != TransactionState::kOngoing ||
                                         now_ms - transaction.started_ms < request.duration_filter);
    if (too_young || !passes(request.state_filters, to_string(transaction.state)) ||
        !passes(request.producer_id_filters, transaction.producer.id)) {
      return;
    }
    auto& state = response.transaction_states.emplace_back();
    state.transactional_id = id;
    state.producer_id = transaction.producer.id;
    state.transaction_state = to_string(transaction.state);
  });
  to.answer(response);
  return {};
}

}  // namespace foz::kafka
