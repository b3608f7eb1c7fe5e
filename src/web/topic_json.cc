// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "web/topic_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "web/json_internal.h"

namespace foz::web {
namespace {

constexpr int64_t kMostRecords = 500;
constexpr int64_t kMostBytes = 1 << 20;     // of one key or value
constexpr size_t kAnswerBytes = 3 << 20;    // an answer that has grown so far ends
constexpr int64_t kReadBytes = 64LL << 20;  // read for one answer, and then it ends
constexpr size_t kHeaders = 50;
constexpr size_t kHeaderBytes = 1024;

Result<log::Topic> find_topic(const log::Log& log, const std::string& name) {
  auto topic = log.find_topic(name);
  if (!topic) return Error(ErrorCode::kNotFound, "there is no such topic");
  return *std::move(topic);
}

void write_record(JsonWriter& json, const log::Record& record, size_t most) {
  json.begin_object().field("offset", record.offset.value());
  json.field("timestamp_ms", record.timestamp_ms);
  const auto write = [&](const char* name, const std::optional<Bytes>& bytes, size_t limit) {
    json.key(name);
    if (bytes) {
      write_bytes(json, *bytes, limit);
    } else {
      json.null();
    }
  };
  write("key", record.key, most);
  write("value", record.value, most);
  json.key("headers").begin_array();
  for (size_t i = 0; i < std::min(record.headers.size(), kHeaders); ++i) {
    json.begin_object().field("key", record.headers[i].key.substr(0, kHeaderBytes));
    write("value", record.headers[i].value, kHeaderBytes);
    json.end_object();
  }
  json.end_array().end_object();
}

// Where the answer begins.
Result<int64_t> first_offset(const log::Log& log, log::TopicPartition where,
                             const RecordsRequest& request, const log::PartitionOffsets& offsets) {
  const int64_t start = offsets.visible_start.value(), end = offsets.durable_end.value();
  if (request.from) {
    if (*request.from >= start && *request.from <= end) return *request.from;
    return invalid(fmt::format("offset {} is not in the partition, which has {} to {}",
                               *request.from, start, end));
  }
  if (request.time_ms) {
    const auto found = TRY(log.offset_for_time(where, *request.time_ms));
    return found ? found->offset.value() : end;
  }
  return std::max(start, end - std::min(request.limit, kMostRecords));
}

// Writes records from `next` on until the answer is full; `next` is then where to go on.
Status write_records(JsonWriter& json, const log::Log& log, log::TopicPartition where,
                     const RecordsRequest& request, int64_t end, int64_t& next) {
  const auto most = static_cast<size_t>(std::min(request.bytes, kMostBytes));
  int64_t left = std::min(request.limit, kMostRecords), read = 0;
  const auto full = [&] { return left <= 0 || json.text().size() > kAnswerBytes; };
  while (next < end && !full() && read < kReadBytes) {
    const log::ReadResult result = TRY(log.read(where, log::Offset(next), 1 << 20));
    if (result.next.value() <= next) break;
    for (const log::BatchSlice& slice : result.slices) {
      read += static_cast<int64_t>(slice.bytes.size());
      for (Bytes bytes = slice.bytes; !bytes.empty() && !full();) {
        const log::BatchHeader header = TRY(log::parse_batch_header(bytes));
        auto reader = TRY(log::RecordReader::open(bytes.first(header.size())));
        bytes = bytes.subspan(header.size());
        log::Record record;
        while (!full() && TRY(reader.next(record))) {
          if (record.offset.value() < next) continue;
          next = record.offset.value() + 1;
          if (header.control()) continue;
          write_record(json, record, most);
          --left;
        }
        if (!full()) next = std::max(next, header.next_offset().value());
      }
    }
  }
  return {};
}

}  // namespace

Result<std::string> topic_json(const log::Log& log, const std::string& name) {
  const log::Topic topic = TRY(find_topic(log, name));
  JsonWriter json;
  json.begin_object().field("name", topic.name).field("id", topic.id.to_string());
  json.field("table", topic.config.bronze ? "bronze." + log::lake_name(topic.name) : "");
  json.key("partitions").begin_array();
  for (int32_t i = 0; i < topic.partitions; ++i) {
    const auto offsets = TRY(log.offsets({topic.id, log::PartitionId(i)}));
    json.begin_object().field("partition", i).field("log_start", offsets.visible_start.value());
    json.field("end", offsets.durable_end.value()).end_object();
  }
  json.end_array().key("config").begin_object();
  std::map<std::string, std::string> settings{
      {"retention.ms", fmt::to_string(topic.config.retention_ms)},
      {"retention.bytes", fmt::to_string(topic.config.retention_bytes)},
      {"segment.bytes", fmt::to_string(topic.config.segment_bytes)},
      {"max.message.bytes", fmt::to_string(topic.config.max_message_bytes)},
      {"message.timestamp.type", topic.config.log_append_time ? "LogAppendTime" : "CreateTime"},
      {"foz.bronze", topic.config.bronze ? "true" : "false"}};
  settings.insert(topic.config.raw.begin(), topic.config.raw.end());
  for (const auto& [key, value] : settings) json.field(key, value);
  json.end_object().end_object();
  return json.take();
}

Result<std::string> records_json(const log::Log& log, const RecordsRequest& request) {
  const log::Topic topic = TRY(find_topic(log, request.topic));
  if (request.partition >= topic.partitions) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("the topic has no partition {}", request.partition));
  }
  const log::TopicPartition where{topic.id,
                                  log::PartitionId(static_cast<int32_t>(request.partition))};
  const log::PartitionOffsets offsets = TRY(log.offsets(where));
  const int64_t from = TRY(first_offset(log, where, request, offsets));
  JsonWriter json;
  json.begin_object().field("partition", request.partition);
  json.field("log_start", offsets.visible_start.value()).field("end", offsets.durable_end.value());
  json.field("from", from).key("records").begin_array();
  int64_t next = from;
  TRY(write_records(json, log, where, request, offsets.durable_end.value(), next));
  json.end_array().field("next", next).end_object();
  return json.take();
}

}  // namespace foz::web
