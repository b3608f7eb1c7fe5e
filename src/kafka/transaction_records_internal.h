// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The records of the topic __transaction_state. The state of a transactional id stands there as
// Kafka writes it: the key is an int16 0 and its fields, the value an int16 version and its fields,
// generated from Kafka's own schemas. Offsets that a transaction is to commit stand there too,
// which is our own:
//
//   key    int16 = 100, transactional id, then the fields of a committed offset's key
//   value  as in __consumer_offsets
//
// They count from the state "Ongoing" before them until the next record of another state.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "kafka_codec/messages.h"
#include "log/record_batch.h"

namespace foz::kafka {

std::string transaction_key(const std::string& transactional_id);
std::string transaction_value(const TransactionLogValue& value);
std::string pending_key(const std::string& transactional_id, const OffsetCommitKey& key);

struct TransactionRecord {
  std::string id;
  std::optional<TransactionLogValue> value;
};
struct PendingOffsetRecord {
  std::string id;
  OffsetCommitKey key;
  OffsetCommitValue value;
};
// Nothing of other kinds of keys. kInvalid: not as it is written.
using TransactionStateRecord = std::variant<std::monostate, TransactionRecord, PendingOffsetRecord>;
Result<TransactionStateRecord> parse_transaction_record(const log::Record& record);

}  // namespace foz::kafka
