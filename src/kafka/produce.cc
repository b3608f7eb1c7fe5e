// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Produce: batches go into the log as they came; the answer follows when they are durable.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"
#include "kafka/transactions_internal.h"

namespace foz::kafka {
namespace {

using PartitionResponse = ProduceResponse::TopicProduceResponse::PartitionProduceResponse;

// One whole batch of today's format, as Kafka demands since Produce 3. The log checks its CRC.
Refusal check_batch(const Records& records, const TopicHandle& topic, int16_t version,
                    log::BatchHeader& header) {
  if (records.null || records.size() == 0) return {kInvalidRecord, "no record batch"};
  const Bytes bytes = records.pieces.front().bytes;
  if (bytes.size() > 16 && load_big<int8_t>(bytes.data() + 16) < 2) {
    return {kUnsupportedForMessageFormat, "message formats before version 2 are not taken"};
  }
  std::array<std::byte, log::kBatchHeaderBytes> front{};
  if (bytes.size() < front.size()) return {kInvalidRecord, "shorter than a record batch's header"};
  std::ranges::copy(bytes.first(front.size()), front.begin());
  log::place_batch(front, log::Offset(0), 0);  // clients may leave anything there
  const auto parsed = log::parse_batch_header(front);
  if (!parsed.has_value()) return {kInvalidRecord, parsed.error().message()};
  header = *parsed;
  if (header.size() != bytes.size()) return {kInvalidRecord, "expected exactly one record batch"};
  if (header.size() > static_cast<size_t>(topic.max_message_bytes)) {
    return {kMessageTooLarge, fmt::format("a batch of {} bytes; max.message.bytes is {}",
                                          header.size(), topic.max_message_bytes)};
  }
  if (header.record_count < 1 || header.record_count - 1 != header.last_offset_delta) {
    return {kInvalidRecord, "the record count does not fit the last offset delta"};
  }
  if (header.control()) return {kInvalidRecord, "control batches are the broker's"};
  if (header.transactional() && header.producer_id < 0)
    return {kInvalidRecord, "a transactional batch without a producer id"};
  if (header.producer_id >= 0 && (header.producer_epoch < 0 || header.base_sequence < 0)) {
    return {kInvalidRecord, "a producer id without epoch or sequence"};
  }
  if (header.compression() == log::Compression::kZstd && version < 7) {
    return {kUnsupportedCompression, "zstd needs Produce 7"};
  }
  return {};
}

void refuse(PartitionResponse& partition, ErrorNumber error, std::string message, int16_t version) {
  // A code that came with version 4; before it clients retry on this one.
  if (error == kKafkaStorageError && version < 4) error = kNotLeaderOrFollower;
  partition.error_code = error;
  partition.error_message = std::move(message);
  partition.base_offset = -1;
}

ErrorNumber number_of(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kInvalid: return kInvalidRecord;
    case ErrorCode::kCorrupt: return kCorruptMessage;
    case ErrorCode::kNotFound: return kUnknownTopicOrPartition;
    case ErrorCode::kUnsupported: return kUnsupportedForMessageFormat;
    case ErrorCode::kInternal: return kUnknownServerError;
    default: return kKafkaStorageError;
  }
}

void report(PartitionResponse& partition, const log::AppendOutcome& outcome, int16_t version) {
  switch (outcome.sequence) {
    case log::SequenceOutcome::kOutOfOrder:
      return refuse(partition, kOutOfOrderSequence,
                    "a sequence number is missing before this batch", version);
    case log::SequenceOutcome::kFenced:
      return refuse(partition, kInvalidProducerEpoch, "a newer producer took this id over",
                    version);
    case log::SequenceOutcome::kUnknownProducer:
      return refuse(partition, kUnknownProducerId, "nothing is known of this producer id any more",
                    version);
    case log::SequenceOutcome::kAccepted:
    case log::SequenceOutcome::kDuplicate: break;
  }
  if (outcome.error)
    return refuse(partition, number_of(*outcome.error), outcome.error->message(), version);
  partition.base_offset = outcome.base_offset.value();
  partition.log_append_time_ms = outcome.append_time_ms;
  partition.log_start_offset = outcome.log_start.value();
}

// A produce request whose batches are on their way into the log. Outlives the session and the
// server, but not the registry and the clock.
struct Pending {
  ReplyTo to;
  bool answered = true;  // acks=0 gets no answer, and a closed connection when something is wrong
  ProduceResponse response;
  struct Part {
    size_t topic;
    size_t partition;
    size_t bytes;
    int32_t records;
  };
  std::vector<Part> parts;
  Counters counters;
  const Clock& clock;
  std::chrono::steady_clock::time_point begin;

  void finish(Result<std::vector<log::AppendOutcome>> outcomes) {
    for (size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      PartitionResponse& partition =
          response.responses[part.topic].partition_responses[part.partition];
      if (outcomes.has_value()) {
        report(partition, (*outcomes)[i], to.version);
      } else {
        refuse(partition, kKafkaStorageError, outcomes.error().message(), to.version);
      }
      if (partition.error_code != kNone) continue;
      counters.produced_records.add(part.records);
      counters.produced_bytes.add(static_cast<int64_t>(part.bytes));
    }
    answer();
  }

  void answer() {
    const std::chrono::duration<double> taken = clock.steady() - begin;
    counters.produce_seconds.observe(taken.count());
    const PartitionResponse* refused = nullptr;
    for (const auto& topic : response.responses) {
      for (const PartitionResponse& partition : topic.partition_responses) {
        if (partition.error_code == kNone) continue;
        refused = &partition;
        counters.refused_batches.add();
      }
    }
    if (answered) {
      to.answer(response);
    } else if (refused) {
      to.replies->close(fmt::format("acks=0, error {}: {}", refused->error_code,
                                    refused->error_message.value_or("")));
    }
  }
};

}  // namespace

Status KafkaSession::produce(MessageReader& in, ReplyTo to) {
  const size_t request_bytes = in.remaining();
  ProduceRequest request;
  TRY(decode(in, to, request));
  Pending pending{.to = to,
                  .response = {},
                  .parts = {},
                  .counters = broker_.counters,
                  .clock = broker_.clock,
                  .begin = broker_.clock.steady()};
  pending.answered = request.acks != 0;
  if (pending.answered) pending.to.place = replies_->reserve(request_bytes);

  TransactionCoordinator::Hold transactions;  // to the append, if any batch is of a transaction
  std::vector<log::AppendPart> parts;
  pending.response.responses.resize(request.topic_data.size());
  for (size_t t = 0; t < request.topic_data.size(); ++t) {
    ProduceRequest::TopicProduceData& data = request.topic_data[t];
    auto& answers = pending.response.responses[t];
    const TopicHandle* topic = find_topic(data.name);
    answers.name = std::move(data.name);
    answers.partition_responses.resize(data.partition_data.size());
    for (size_t p = 0; p < data.partition_data.size(); ++p) {
      const auto& given = data.partition_data[p];
      PartitionResponse& partition = answers.partition_responses[p];
      partition.index = given.index;
      log::BatchHeader header;
      Refusal refusal;
      if (request.acks < -1 || request.acks > 1) {
        refusal = {kInvalidRequiredAcks, "acks is 0, 1 or -1"};
      } else if (!topic || given.index < 0 || given.index >= topic->partitions) {
        refusal = {kUnknownTopicOrPartition, "no such topic or partition"};
      } else if (is_internal(answers.name)) {
        refusal = {kInvalidTopic, "only the broker writes to this topic"};
      } else {
        refusal = check_batch(given.records, *topic, to.version, header);
      }
      if (refusal.error == kNone && header.transactional()) [[unlikely]] {
        if (!transactions.owns_lock()) transactions = broker_.transactions.hold();
        refusal.error = broker_.transactions.check(request.transactional_id,
                                                   {header.producer_id, header.producer_epoch},
                                                   answers.name, given.index);
        refusal.message = "the partition is not in an open transaction of this producer";
      }
      if (refusal.error != kNone) {
        refuse(partition, refusal.error, std::move(refusal.message), to.version);
        continue;
      }
      const Bytes batch = given.records.pieces.front().bytes;
      pending.parts.push_back({t, p, batch.size(), header.record_count});
      parts.push_back({{topic->id, log::PartitionId(given.index)}, std::string(as_text(batch))});
    }
  }
  if (parts.empty()) {
    pending.answer();
    return {};
  }
  auto shared = std::make_shared<Pending>(std::move(pending));
  const Status taken = broker_.log.append(
      std::move(parts), [shared](Result<std::vector<log::AppendOutcome>> outcomes) {
        shared->finish(std::move(outcomes));
      });
  if (!taken.has_value()) shared->finish(taken.error());
  return {};
}

}  // namespace foz::kafka
