// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/topics_internal.h"

#include <algorithm>

#include "log/log.h"

namespace foz::log {
namespace {

constexpr size_t kLongestName = 249;
constexpr int32_t kMostPartitions = 10'000;

bool legal(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

}  // namespace

Status check_topic_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name == "." || name == ".." ||
      !std::ranges::all_of(name, legal)) {
    return invalid("topic name '" + std::string(name.substr(0, kLongestName + 1)) +
                   "' is not legal: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-', and neither '.' "
                   "nor '..'");
  }
  return {};
}

Status check_topic_shape(int32_t partitions, const TopicConfig& config) {
  if (partitions < 1 || partitions > kMostPartitions) {
    return invalid("a topic has 1 to " + std::to_string(kMostPartitions) + " partitions");
  }
  if (config.segment_bytes < 1) return invalid("segment.bytes must be at least 1");
  if (config.max_message_bytes < 0) return invalid("max.message.bytes must not be negative");
  return {};
}

std::string lake_name(std::string_view topic) {
  std::string name(topic);
  std::ranges::replace_if(name, [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

std::string lake_key(std::string_view topic) {
  std::string name = lake_name(topic);
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

void encode_text(ByteWriter& out, std::string_view text) {
  out.little(static_cast<uint32_t>(text.size()));
  out.text(text);
}

std::string decode_text(ByteReader& in) {
  return std::string(as_text(in.bytes(in.little<uint32_t>())));
}

void encode_uuid(ByteWriter& out, const Uuid& id) { out.bytes(std::as_bytes(std::span(id.bytes))); }

Uuid decode_uuid(ByteReader& in) {
  Uuid id;
  const Bytes bytes = in.bytes(id.bytes.size());
  if (!bytes.empty()) std::memcpy(id.bytes.data(), bytes.data(), id.bytes.size());
  return id;
}

void encode_topic(ByteWriter& out, const Topic& topic) {
  encode_uuid(out, topic.id);
  encode_text(out, topic.name);
  out.little(topic.partitions);
  out.little(topic.config.retention_ms);
  out.little(topic.config.retention_bytes);
  out.little(topic.config.segment_bytes);
  out.little(topic.config.max_message_bytes);
  out.little(
      static_cast<uint8_t>((topic.config.log_append_time ? 1 : 0) | (topic.config.bronze ? 2 : 0)));
  out.little(static_cast<uint32_t>(topic.config.raw.size()));
  for (const auto& [key, value] : topic.config.raw) {
    encode_text(out, key);
    encode_text(out, value);
  }
}

Topic decode_topic(ByteReader& in) {
  Topic topic;
  topic.id = decode_uuid(in);
  topic.name = decode_text(in);
  topic.partitions = in.little<int32_t>();
  topic.config.retention_ms = in.little<int64_t>();
  topic.config.retention_bytes = in.little<int64_t>();
  topic.config.segment_bytes = in.little<int64_t>();
  topic.config.max_message_bytes = in.little<int32_t>();
  const auto flags = in.little<uint8_t>();
  topic.config.log_append_time = (flags & 1) != 0;
  topic.config.bronze = (flags & 2) != 0;
  const auto settings = in.little<uint32_t>();
  for (uint32_t i = 0; i < settings && in.ok(); ++i) {
    std::string key = decode_text(in);
    topic.config.raw[std::move(key)] = decode_text(in);
  }
  if (!check_topic_shape(topic.partitions, topic.config)) in.fail();
  return topic;
}

}  // namespace foz::log
