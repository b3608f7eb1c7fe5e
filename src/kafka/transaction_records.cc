// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/transaction_records_internal.h"

#include <fmt/format.h>

namespace foz::kafka {
namespace {

constexpr int16_t kStateVersion = 0;  // what every reader of the topic knows
constexpr int16_t kPendingKey = 100;

Status whole(const MessageReader& in) {
  if (in.ok() && in.remaining() == 0) return {};
  return invalid("a key or value of another length than its fields");
}

template <class Value>
Result<Value> parse_value(Bytes bytes) {
  MessageReader in(bytes);
  const auto version = in.big<int16_t>();
  if (version < Value::kMinVersion || version > Value::kMaxVersion) {
    return invalid(fmt::format("version {} of a value is not known", version));
  }
  Value value;
  value.decode(in, version);
  TRY(whole(in));
  return value;
}

}  // namespace

std::string transaction_key(const std::string& transactional_id) {
  MessageWriter out;
  out.big(TransactionLogKey::kApiKey);
  TransactionLogKey key;
  key.transactional_id = transactional_id;
  key.encode(out, 0);
  return out.text_so_far();
}

std::string transaction_value(const TransactionLogValue& value) {
  MessageWriter out;
  out.big(kStateVersion);
  value.encode(out, kStateVersion);
  return out.text_so_far();
}

std::string pending_key(const std::string& transactional_id, const OffsetCommitKey& key) {
  MessageWriter out;
  out.big(kPendingKey);
  out.text(transactional_id, false);
  key.encode(out, 0);
  return out.text_so_far();
}

Result<TransactionStateRecord> parse_transaction_record(const log::Record& record) {
  if (!record.key || record.key->size() < 2) return invalid("a record without a key");
  MessageReader key(*record.key);
  switch (key.big<int16_t>()) {
    case TransactionLogKey::kApiKey: {
      TransactionLogKey parsed;
      parsed.decode(key, 0);
      TRY(whole(key));
      TransactionRecord state{std::move(parsed.transactional_id), {}};
      if (record.value) state.value = TRY(parse_value<TransactionLogValue>(*record.value));
      return TransactionStateRecord(std::move(state));
    }
    case kPendingKey: {
      PendingOffsetRecord pending;
      pending.id = key.text(false);
      pending.key.decode(key, 0);
      TRY(whole(key));
      if (!record.value) return invalid("an offset without a value");
      pending.value = TRY(parse_value<OffsetCommitValue>(*record.value));
      return TransactionStateRecord(std::move(pending));
    }
    default: return TransactionStateRecord();
  }
}

}  // namespace foz::kafka
