// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/bronze.h"

#include <arrow/array/array_binary.h>
#include <arrow/array/array_primitive.h>
#include <arrow/compute/api_vector.h>
#include <arrow/compute/initialize.h>
#include <arrow/datum.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "delta/data_file.h"
#include "log/log.h"
#include "table/bronze_internal.h"

namespace foz::table {
namespace {

constexpr std::string_view kTopicProperty = "foz.topic";
constexpr std::string_view kPartitionsProperty = "foz.topic.partitions";
constexpr std::string_view kConfigProperty = "foz.topic.config";
constexpr std::string_view kAsGiven = "given.";  // a setting in the words of whoever made the topic

std::optional<int64_t> number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// NAME=VALUE lines.
std::string config_text(const log::TopicConfig& config) {
  std::string text = fmt::format(
      "retention.ms={}\nretention.bytes={}\nsegment.bytes={}\nmax.message.bytes={}\n"
      "message.timestamp.type={}\n",
      config.retention_ms, config.retention_bytes, config.segment_bytes, config.max_message_bytes,
      config.log_append_time ? "LogAppendTime" : "CreateTime");
  for (const auto& [name, value] : config.raw) {
    if (value.contains('\n')) continue;
    text += fmt::format("{}{}={}\n", kAsGiven, name, value);
  }
  return text;
}

void take_setting(log::TopicConfig& config, std::string_view name, std::string_view value) {
  if (name.starts_with(kAsGiven)) {
    config.raw[std::string(name.substr(kAsGiven.size()))] = value;
  } else if (name == "message.timestamp.type") {
    config.log_append_time = value == "LogAppendTime";
  } else if (const auto amount = number(value); !amount) {
    return;
  } else if (name == "retention.ms") {
    config.retention_ms = *amount;
  } else if (name == "retention.bytes") {
    config.retention_bytes = *amount;
  } else if (name == "segment.bytes") {
    config.segment_bytes = *amount;
  } else if (name == "max.message.bytes") {
    config.max_message_bytes = static_cast<int32_t>(std::clamp<int64_t>(*amount, 0, INT32_MAX));
  }
}

log::TopicConfig parse_config(std::string_view text) {
  log::TopicConfig config;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t equals = line.find('=');
    if (equals == std::string_view::npos) continue;
    take_setting(config, line.substr(0, equals), line.substr(equals + 1));
  }
  return config;
}

using OffsetRange = std::pair<log::Offset, log::Offset>;

// The offsets [from, to) of the partition that the file may hold; nullopt: none. Files of other
// writers carry no tags.
std::optional<OffsetRange> offsets_in(const delta::Snapshot& snapshot, const delta::AddFile& file,
                                      log::TopicPartition where) {
  if (const auto tag = file.tags.find(kOffsetsTag); tag != file.tags.end()) {
    return offset_range(tag->second, where);
  }
  OffsetRange range{log::Offset(0), log::Offset(std::numeric_limits<int64_t>::max())};
  const auto statistics = delta::parse_statistics(snapshot, file);
  if (!statistics) return range;
  const auto at = statistics->columns.find("offset");
  if (at == statistics->columns.end()) return range;
  if (const auto least = at->second.min_json ? number(*at->second.min_json) : std::nullopt) {
    range.first = log::Offset(*least);
  }
  if (const auto most = at->second.max_json ? number(*at->second.max_json) : std::nullopt) {
    if (*most < range.second.value()) range.second = log::Offset(*most + 1);
  }
  return range;
}

struct FileOfOffsets {
  OffsetRange offsets;
  std::shared_ptr<const delta::AddFile> file;
};

// Files that may hold offsets of [from, to), by where they begin.
std::vector<FileOfOffsets> files_of(const delta::Snapshot& snapshot, log::TopicPartition where,
                                    log::Offset from, log::Offset to) {
  std::vector<FileOfOffsets> files;
  snapshot.each_file([&](const auto& file) {
    const auto range = offsets_in(snapshot, *file, where);
    if (range && range->first < to && from < range->second) files.push_back({*range, file});
    return true;
  });
  std::ranges::sort(files, {}, [](const FileOfOffsets& file) { return file.offsets.first; });
  return files;
}

Error unexpected(const arrow::Status& status) {
  return Error(ErrorCode::kInternal, "old records: " + status.ToString());
}

// Rows of the partition with from <= offset < to, in the order in which they stand.
Result<std::shared_ptr<arrow::RecordBatch>> matching(
    const std::shared_ptr<arrow::RecordBatch>& rows, log::PartitionId partition, log::Offset from,
    log::Offset to) {
  const auto partitions =
      std::static_pointer_cast<arrow::Int32Array>(rows->GetColumnByName("partition"));
  const auto offsets = std::static_pointer_cast<arrow::Int64Array>(rows->GetColumnByName("offset"));
  arrow::TypedBufferBuilder<int64_t> wanted;
  for (int64_t row = 0; row < rows->num_rows(); ++row) {
    if (partitions->IsNull(row) || offsets->IsNull(row)) continue;
    if (partitions->Value(row) != partition.value()) continue;
    const log::Offset offset(offsets->Value(row));
    if (offset < from || offset >= to) continue;
    if (auto done = wanted.Append(row); !done.ok()) return unexpected(done);
  }
  return taken_rows(rows, wanted);
}

}  // namespace

std::shared_ptr<arrow::Schema> bronze_schema() {
  static const std::shared_ptr<arrow::Schema> schema = [] {
    const auto header = arrow::struct_(
        {arrow::field("key", arrow::utf8()), arrow::field("value", arrow::binary())});
    const arrow::Schema columns({
        arrow::field("key", arrow::binary()),
        arrow::field("value", arrow::binary()),
        arrow::field("topic", arrow::utf8()),
        arrow::field("partition", arrow::int32()),
        arrow::field("offset", arrow::int64()),
        arrow::field("timestamp", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC")),
        arrow::field("timestampType", arrow::int32()),
        arrow::field("headers", arrow::list(header)),
    });
    // By way of Delta, so that it is to the letter what a snapshot says.
    return delta::to_arrow(delta::from_arrow(columns).value()).value();
  }();
  return schema;
}

std::string log_app_id(std::string_view flow, log::TopicPartition where) {
  return fmt::format("foz/{}/{}/{}", flow, where.topic.to_string(), where.partition.value());
}

std::string table_app_id(std::string_view flow, std::string_view table_id) {
  return fmt::format("foz/{}/{}", flow, table_id);
}

std::optional<log::TopicPartition> bronze_source(std::string_view app_id) {
  constexpr std::string_view kPrefix = "foz/bronze/";
  constexpr size_t kUuidText = 36;
  if (!app_id.starts_with(kPrefix)) return std::nullopt;
  app_id.remove_prefix(kPrefix.size());
  if (app_id.size() < kUuidText + 2 || app_id[kUuidText] != '/') return std::nullopt;
  const auto id = Uuid::parse(app_id.substr(0, kUuidText));
  const auto partition = number(app_id.substr(kUuidText + 1));
  if (!id || !partition || *partition < 0 || *partition > kMostPartitions) return std::nullopt;
  return log::TopicPartition{*id, log::PartitionId(static_cast<int32_t>(*partition))};
}

// {"TOPIC-ID/PARTITION":[from,to],…}: our own text, in which nothing is escaped. What others made
// of it reads as no range that holds anything, or as all offsets.
std::optional<OffsetRange> offset_range(std::string_view tag, log::TopicPartition where) {
  const std::string key =
      fmt::format("\"{}/{}\":[", where.topic.to_string(), where.partition.value());
  const size_t at = tag.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  tag.remove_prefix(at + key.size());
  const size_t comma = tag.find(',');
  const size_t end = tag.find(']');
  const std::pair all{log::Offset(0), log::Offset(std::numeric_limits<int64_t>::max())};
  if (comma == std::string_view::npos || end == std::string_view::npos || end < comma) return all;
  const auto from = number(tag.substr(0, comma));
  const auto to = number(tag.substr(comma + 1, end - comma - 1));
  if (!from || !to) return all;
  return std::pair{log::Offset(*from), log::Offset(*to)};
}

Result<std::shared_ptr<arrow::RecordBatch>> taken_rows(
    const std::shared_ptr<arrow::RecordBatch>& rows, arrow::TypedBufferBuilder<int64_t>& wanted) {
  static const arrow::Status initialized = arrow::compute::Initialize();
  if (!initialized.ok()) return unexpected(initialized);
  const int64_t count = wanted.length();
  auto buffer = wanted.Finish();
  if (!buffer.ok()) return unexpected(buffer.status());
  auto taken = arrow::compute::Take(
      arrow::Datum(rows), arrow::Datum(std::make_shared<arrow::Int64Array>(count, *buffer)),
      arrow::compute::TakeOptions::NoBoundsCheck());
  if (!taken.ok()) return unexpected(taken.status());
  return taken->record_batch();
}

std::map<std::string, std::string> topic_properties(const log::Topic& topic) {
  return {{std::string(kTopicProperty), topic.name},
          {kTopicIdProperty, topic.id.to_string()},
          {std::string(kPartitionsProperty), std::to_string(topic.partitions)},
          {std::string(kConfigProperty), config_text(topic.config)}};
}

std::vector<RememberedTopic> remembered_topics(const Root& root) {
  std::vector<RememberedTopic> topics;
  for (const auto& view : root.tables) {
    if (view->name.schema != kBronzeSchema || !view->snapshot) continue;
    const auto name = view->snapshot->property(std::string(kTopicProperty));
    const auto id_text = view->snapshot->property(kTopicIdProperty);
    if (!name || !id_text) continue;
    const auto id = Uuid::parse(*id_text);
    if (!id) continue;
    RememberedTopic remembered;
    remembered.topic.id = *id;
    remembered.topic.name = *name;
    for (const auto& transaction : view->snapshot->transactions()) {
      const auto source = bronze_source(transaction.app_id);
      if (!source || source->topic != *id) continue;
      const auto at = static_cast<size_t>(source->partition.value());
      if (remembered.next.size() <= at) remembered.next.resize(at + 1);
      remembered.next[at] = log::Offset(transaction.version);
    }
    // A partition that never had a record has no position.
    const auto text = view->snapshot->property(std::string(kPartitionsProperty));
    const int64_t partitions = text ? number(*text).value_or(1) : 1;
    remembered.next.resize(std::max(remembered.next.size(), static_cast<size_t>(std::clamp<int64_t>(
                                                                partitions, 1, kMostPartitions))));
    if (const auto config = view->snapshot->property(std::string(kConfigProperty))) {
      remembered.topic.config = parse_config(*config);
    }
    remembered.topic.partitions = static_cast<int32_t>(remembered.next.size());
    topics.push_back(std::move(remembered));
  }
  return topics;
}

Result<std::shared_ptr<arrow::RecordBatch>> read_old_records(const Root& root,
                                                             const log::Topic& topic,
                                                             log::PartitionId partition,
                                                             log::Offset from, log::Offset to,
                                                             int64_t max_rows) {
  const auto view = root.find(kBronzeSchema, log::lake_name(topic.name));
  if (!view || !view->snapshot) {
    return Error(ErrorCode::kNotFound, "topic " + topic.name + " has no bronze table");
  }
  arrow::RecordBatchVector found;
  int64_t rows_found = 0;
  log::Offset reached;
  for (const auto& [offsets, file] : files_of(*view->snapshot, {topic.id, partition}, from, to)) {
    if (rows_found >= max_rows && offsets.first >= reached) break;
    reached = std::max(reached, offsets.second);
    // Our own files are sorted: what follows has greater offsets.
    const bool sorted = file->tags.contains(kOffsetsTag);
    int64_t rows_of_file = 0;
    const auto visit = [&](std::shared_ptr<arrow::RecordBatch> rows) -> Status {
      auto part = TRY(matching(rows, partition, from, to));
      rows_of_file += part->num_rows();
      if (part->num_rows() > 0) found.push_back(std::move(part));
      if (sorted && rows_of_file >= max_rows) return Error(ErrorCode::kCancelled, "enough");
      return {};
    };
    const Status read = delta::read_data_file(*view->table, *view->snapshot, *file, {}, visit);
    if (!read && (!sorted || rows_of_file < max_rows)) return read.error();
    rows_found += rows_of_file;
  }
  if (found.empty()) {
    auto none = arrow::RecordBatch::MakeEmpty(view->schema);
    return none.ok() ? Result<std::shared_ptr<arrow::RecordBatch>>(*none)
                     : unexpected(none.status());
  }
  auto joined = arrow::ConcatenateRecordBatches(found);
  if (!joined.ok()) return unexpected(joined.status());
  return first_by_offset(*joined, max_rows);
}

Result<std::shared_ptr<arrow::RecordBatch>> first_by_offset(
    const std::shared_ptr<arrow::RecordBatch>& rows, int64_t max_rows) {
  const auto offsets = std::static_pointer_cast<arrow::Int64Array>(rows->GetColumnByName("offset"));
  std::vector<int64_t> order(static_cast<size_t>(rows->num_rows()));
  for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
  std::ranges::sort(order, {}, [&](int64_t row) { return offsets->Value(row); });
  arrow::TypedBufferBuilder<int64_t> wanted;
  const auto kept = std::min<size_t>(order.size(), static_cast<size_t>(max_rows));
  if (auto done = wanted.Append(order.data(), static_cast<int64_t>(kept)); !done.ok()) {
    return unexpected(done);
  }
  return taken_rows(rows, wanted);
}

}  // namespace foz::table
