// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/offset_records_internal.h"

#include <fmt/format.h>

namespace foz::kafka {
namespace {

constexpr int16_t kOffsetKeyBeforeIds = 0;  // the same fields, from before Kafka 0.9
// Offsets with the topic's id, so that a topic made again begins anew; groups as every reader of
// the topic knows them.
constexpr int16_t kOffsetVersion = 4;
constexpr int16_t kGroupVersion = 3;

template <class Message>
std::string written(int16_t front, const Message& message, int16_t version) {
  MessageWriter out;
  out.big(front);
  message.encode(out, version);
  return out.text_so_far();
}

Status whole(const MessageReader& in) {
  if (in.ok() && in.remaining() == 0) return {};
  return invalid("a key or value of another length than its fields");
}

template <class Record, class Value>
Result<CoordinatorRecord> parse(const log::Record& record) {
  Record parsed;
  MessageReader key(*record.key);
  key.big<int16_t>();
  parsed.key.decode(key, 0);
  TRY(whole(key));
  if (!record.value) return parsed;
  MessageReader value(*record.value);
  const auto version = value.big<int16_t>();
  if (version < Value::kMinVersion || version > Value::kMaxVersion) {
    return invalid(fmt::format("version {} of a value is not known", version));
  }
  parsed.value.emplace().decode(value, version);
  TRY(whole(value));
  return parsed;
}

}  // namespace

std::string key_of(const OffsetCommitKey& key) { return written(OffsetCommitKey::kApiKey, key, 0); }
std::string key_of(const GroupMetadataKey& key) {
  return written(GroupMetadataKey::kApiKey, key, 0);
}
std::string value_of(const OffsetCommitValue& value) {
  return written(kOffsetVersion, value, kOffsetVersion);
}
std::string value_of(const GroupMetadataValue& value) {
  return written(kGroupVersion, value, kGroupVersion);
}

Result<CoordinatorRecord> parse_record(const log::Record& record) {
  if (!record.key || record.key->size() < 2) return invalid("a record without a key");
  switch (load_big<int16_t>(record.key->data())) {
    case kOffsetKeyBeforeIds:
    case OffsetCommitKey::kApiKey: return parse<OffsetRecord, OffsetCommitValue>(record);
    case GroupMetadataKey::kApiKey: return parse<GroupRecord, GroupMetadataValue>(record);
    default: return CoordinatorRecord();
  }
}

}  // namespace foz::kafka
