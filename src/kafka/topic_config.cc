// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/topic_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <span>
#include <vector>

namespace foz::kafka {
namespace {

constexpr std::string_view kKept[] = {"compression.gzip.level",
                                      "compression.lz4.level",
                                      "compression.type",
                                      "compression.zstd.level",
                                      "delete.retention.ms",
                                      "file.delete.delay.ms",
                                      "flush.messages",
                                      "flush.ms",
                                      "follower.replication.throttled.replicas",
                                      "index.interval.bytes",
                                      "leader.replication.throttled.replicas",
                                      "local.retention.bytes",
                                      "local.retention.ms",
                                      "max.compaction.lag.ms",
                                      "message.downconversion.enable",
                                      "message.format.version",
                                      "message.timestamp.after.max.ms",
                                      "message.timestamp.before.max.ms",
                                      "message.timestamp.difference.max.ms",
                                      "min.cleanable.dirty.ratio",
                                      "min.compaction.lag.ms",
                                      "min.insync.replicas",
                                      "preallocate",
                                      "segment.index.bytes",
                                      "segment.jitter.ms",
                                      "segment.ms",
                                      "unclean.leader.election.enable"};
constexpr std::string_view kHeeded[] = {
    "cleanup.policy",  "foz.bronze",   "max.message.bytes", "message.timestamp.type",
    "retention.bytes", "retention.ms", "segment.bytes"};

Result<int64_t> number(std::string_view name, std::string_view text, int64_t least, int64_t most) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most) {
    return invalid(
        fmt::format("{}={}: expected a whole number from {} to {}", name, text, least, most));
  }
  return value;
}

// Levenshtein.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

Error unknown(std::string_view name) {
  std::string_view nearest = kHeeded[0];
  const std::string_view shown = name.substr(0, 100);
  for (const auto names :
       {std::span<const std::string_view>(kHeeded), std::span<const std::string_view>(kKept)}) {
    for (const std::string_view each : names) {
      if (distance(shown, each) < distance(shown, nearest)) nearest = each;
    }
  }
  return invalid(fmt::format("unknown topic setting {}; did you mean {}?", shown, nearest));
}

Status apply(log::TopicConfig& config, const std::string& name, const std::string& value) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  constexpr int64_t kMostInt = std::numeric_limits<int32_t>::max();
  if (name == "retention.ms") {
    config.retention_ms = TRY(number(name, value, -1, kMost));
  } else if (name == "retention.bytes") {
    config.retention_bytes = TRY(number(name, value, -1, kMost));
  } else if (name == "segment.bytes") {
    config.segment_bytes = TRY(number(name, value, 1 << 20, kMostInt));
  } else if (name == "max.message.bytes") {
    config.max_message_bytes = static_cast<int32_t>(TRY(number(name, value, 0, 100 << 20)));
  } else if (name == "message.timestamp.type") {
    if (value != "CreateTime" && value != "LogAppendTime") {
      return invalid(fmt::format("{}={}: expected CreateTime or LogAppendTime", name, value));
    }
    config.log_append_time = value == "LogAppendTime";
  } else if (name == "foz.bronze") {
    if (value != "true" && value != "false") {
      return invalid(fmt::format("{}={}: expected true or false", name, value));
    }
    config.bronze = value == "true";
  } else if (name == "cleanup.policy") {
    if (value != "delete" && value != "compact" && value != "compact,delete" &&
        value != "delete,compact") {
      return invalid(fmt::format("{}={}: expected delete or compact or both", name, value));
    }
  } else if (std::ranges::find(kKept, name) == std::end(kKept)) {
    return unknown(name);
  }
  return {};
}

}  // namespace

Result<log::TopicConfig> parse_topic_config(const std::map<std::string, std::string>& settings) {
  log::TopicConfig config;
  for (const auto& [name, value] : settings) TRY(apply(config, name, value));
  // The newest record of a key must outlive any age.
  const auto policy = settings.find("cleanup.policy");
  if (policy != settings.end() && policy->second == "compact") {
    config.retention_ms = -1;
    config.retention_bytes = -1;
  }
  config.raw = settings;
  return config;
}

log::TopicConfig default_topic_config(std::string_view topic) {
  log::TopicConfig config;
  if (topic == kOffsetsTopic) {
    config =
        parse_topic_config({{"cleanup.policy", "compact"}, {"segment.bytes", "16777216"}}).value();
  }
  config.bronze = !topic.starts_with("__");
  return config;
}

}  // namespace foz::kafka
