// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The log's words: topic, partition, offset.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/named_type.h"
#include "base/uuid.h"

namespace foz::log {

using Offset = NamedType<struct OffsetTag, int64_t>;
using PartitionId = NamedType<struct PartitionIdTag, int32_t>;
// A topic that is deleted and made again has another id.
using TopicId = Uuid;

struct TopicPartition {
  TopicId topic;
  PartitionId partition;
  auto operator<=>(const TopicPartition&) const = default;
};

// Kafka's topic configuration, as far as the log acts on it; `raw` keeps every accepted setting as
// it was given.
struct TopicConfig {
  int64_t retention_ms = 7LL * 24 * 3600 * 1000;  // -1: for ever
  int64_t retention_bytes = -1;                   // of a partition; -1: no limit
  int64_t segment_bytes = 256LL << 20;
  int32_t max_message_bytes = 1048588 + (15 << 20);
  bool log_append_time = false;
  bool bronze = true;  // foz.bronze: the topic is a table of the lake, and the table pins the log
  std::map<std::string, std::string> raw;
  bool operator==(const TopicConfig&) const = default;
};

struct Topic {
  TopicId id;
  std::string name;
  int32_t partitions = 1;
  TopicConfig config;
};

}  // namespace foz::log

template <>
struct std::hash<foz::log::TopicPartition> {
  std::size_t operator()(const foz::log::TopicPartition& tp) const noexcept {
    return std::hash<foz::Uuid>{}(tp.topic) * 31 + std::hash<foz::log::PartitionId>{}(tp.partition);
  }
};
