// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The records of the topic __consumer_offsets, as Kafka writes them: the key is an int16 that says
// what it is a key of and its fields, the value an int16 version and its fields; no value: the key
// is gone. The fields are generated from Kafka's own schemas.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "kafka_codec/messages.h"
#include "log/record_batch.h"

namespace foz::kafka {

std::string key_of(const OffsetCommitKey& key);
std::string key_of(const GroupMetadataKey& key);
std::string value_of(const OffsetCommitValue& value);
std::string value_of(const GroupMetadataValue& value);

struct OffsetRecord {
  OffsetCommitKey key;
  std::optional<OffsetCommitValue> value;
};
struct GroupRecord {
  GroupMetadataKey key;
  std::optional<GroupMetadataValue> value;
};
// Nothing of other kinds of keys, as other coordinators write them. kInvalid: not as Kafka writes.
using CoordinatorRecord = std::variant<std::monostate, OffsetRecord, GroupRecord>;
Result<CoordinatorRecord> parse_record(const log::Record& record);

}  // namespace foz::kafka
