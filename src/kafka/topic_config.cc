// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "kafka/topic_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <vector>

namespace foz::kafka {
namespace {

constexpr auto kBool = SettingType::kBoolean;
constexpr auto kString = SettingType::kString;
constexpr auto kInt = SettingType::kInt;
constexpr auto kLong = SettingType::kLong;
constexpr auto kDouble = SettingType::kDouble;
constexpr auto kList = SettingType::kList;

constexpr std::string_view kLongMost = "9223372036854775807";
constexpr std::string_view kAsSent =
    "Kept and shown. Batches are stored as the producer compressed them.";
constexpr std::string_view kOneCopy = "Kept and shown. There is one broker and one copy.";
constexpr std::string_view kOwnPace =
    "Kept and shown. Every acknowledged record is on disk; segments follow at the log's own pace.";
constexpr std::string_view kNoCompaction =
    "Kept and shown. A compacted topic keeps the last record of every key, and all others too.";
constexpr std::string_view kNoRemote = "Kept and shown. Older records are in the topic's table.";
constexpr std::string_view kAnyTime = "Kept and shown. Every timestamp is taken.";
constexpr std::string_view kOfOldBrokers = "Kept and shown. A setting of older brokers.";

// Sorted; the defaults are Kafka's but for segment.bytes and max.message.bytes. "": Kafka has none.
constexpr TopicSetting kSettings[] = {
    {"cleanup.policy", kList, "delete", "log.cleanup.policy",
     "delete: records go by retention.ms and retention.bytes. compact: all are kept. Both: as "
     "delete."},
    {"compression.gzip.level", kInt, "-1", "compression.gzip.level", kAsSent},
    {"compression.lz4.level", kInt, "9", "compression.lz4.level", kAsSent},
    {"compression.type", kString, "producer", "compression.type", kAsSent},
    {"compression.zstd.level", kInt, "3", "compression.zstd.level", kAsSent},
    {"delete.retention.ms", kLong, "86400000", "log.cleaner.delete.retention.ms", kNoCompaction},
    {"file.delete.delay.ms", kLong, "60000", "log.segment.delete.delay.ms", kOwnPace},
    {"flush.messages", kLong, kLongMost, "log.flush.interval.messages", kOwnPace},
    {"flush.ms", kLong, kLongMost, "log.flush.interval.ms", kOwnPace},
    {"follower.replication.throttled.replicas", kList, "", "", kOneCopy},
    {"foz.bronze", kBool, "true", "",
     "Whether the topic is a table of the lake, bronze.<topic>, which keeps every record for good. "
     "Decided when the topic is made. Without, the log's retention alone keeps its records. Topics "
     "whose names begin with __ have no table unless this says so."},
    {"index.interval.bytes", kInt, "4096", "log.index.interval.bytes", kOwnPace},
    {"leader.replication.throttled.replicas", kList, "", "", kOneCopy},
    {"local.retention.bytes", kLong, "-2", "log.local.retention.bytes", kNoRemote},
    {"local.retention.ms", kLong, "-2", "log.local.retention.ms", kNoRemote},
    {"max.compaction.lag.ms", kLong, kLongMost, "log.cleaner.max.compaction.lag.ms", kNoCompaction},
    {"max.message.bytes", kInt, "16777228", "message.max.bytes",
     "The largest record batch that is taken, as it was sent."},
    {"message.downconversion.enable", kBool, "", "", kOfOldBrokers},
    {"message.format.version", kString, "", "", kOfOldBrokers},
    {"message.timestamp.after.max.ms", kLong, "3600000", "log.message.timestamp.after.max.ms",
     kAnyTime},
    {"message.timestamp.before.max.ms", kLong, kLongMost, "log.message.timestamp.before.max.ms",
     kAnyTime},
    {"message.timestamp.difference.max.ms", kLong, "", "", kOfOldBrokers},
    {"message.timestamp.type", kString, "CreateTime", "log.message.timestamp.type",
     "CreateTime: records keep the producer's time. LogAppendTime: they get the broker's."},
    {"min.cleanable.dirty.ratio", kDouble, "0.5", "log.cleaner.min.cleanable.ratio", kNoCompaction},
    {"min.compaction.lag.ms", kLong, "0", "log.cleaner.min.compaction.lag.ms", kNoCompaction},
    {"min.insync.replicas", kInt, "1", "min.insync.replicas", kOneCopy},
    {"preallocate", kBool, "false", "log.preallocate", kOwnPace},
    {"retention.bytes", kLong, "-1", "log.retention.bytes",
     "How much the log keeps of a partition; -1: no limit. The topic's table keeps everything, and "
     "nothing goes before the table has it."},
    {"retention.ms", kLong, "604800000", "log.retention.ms",
     "How long the log keeps records; -1: for ever. The topic's table keeps everything, and "
     "nothing goes before the table has it."},
    {"segment.bytes", kInt, "268435456", "log.segment.bytes",
     "The size of a file of the log, which goes as a whole."},
    {"segment.index.bytes", kInt, "10485760", "log.index.size.max.bytes", kOwnPace},
    {"segment.jitter.ms", kLong, "0", "log.roll.jitter.ms", kOwnPace},
    {"segment.ms", kLong, "604800000", "log.roll.ms", kOwnPace},
    {"unclean.leader.election.enable", kBool, "false", "unclean.leader.election.enable", kOneCopy},
};

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
  std::string_view nearest = kSettings[0].name;
  const std::string_view shown = name.substr(0, 100);
  for (const TopicSetting& each : kSettings) {
    if (distance(shown, each.name) < distance(shown, nearest)) nearest = each.name;
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
    config.bronze = value == "true";
  } else if (name == "cleanup.policy") {
    if (value != "delete" && value != "compact" && value != "compact,delete" &&
        value != "delete,compact") {
      return invalid(fmt::format("{}={}: expected delete or compact or both", name, value));
    }
  }
  return {};
}

Status check_type(const TopicSetting& setting, const std::string& value) {
  switch (setting.type) {
    case SettingType::kBoolean:
      if (value == "true" || value == "false") return {};
      return invalid(fmt::format("{}={}: expected true or false", setting.name, value));
    case SettingType::kInt:
      (void)TRY(number(setting.name, value, std::numeric_limits<int32_t>::min(),
                       std::numeric_limits<int32_t>::max()));
      return {};
    case SettingType::kLong:
      (void)TRY(number(setting.name, value, std::numeric_limits<int64_t>::min(),
                       std::numeric_limits<int64_t>::max()));
      return {};
    case SettingType::kDouble: {
      double parsed = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
      if (error == std::errc() && end == value.data() + value.size()) return {};
      return invalid(fmt::format("{}={}: expected a number", setting.name, value));
    }
    case SettingType::kString:
    case SettingType::kList: return {};
  }
  return {};
}

}  // namespace

std::span<const TopicSetting> topic_settings() { return kSettings; }

const TopicSetting* find_topic_setting(std::string_view name) {
  const auto found = std::ranges::lower_bound(kSettings, name, {}, &TopicSetting::name);
  return found != std::end(kSettings) && found->name == name ? found : nullptr;
}

Result<log::TopicConfig> parse_topic_config(const std::map<std::string, std::string>& settings) {
  log::TopicConfig config;
  for (const auto& [name, value] : settings) {
    const TopicSetting* setting = find_topic_setting(name);
    if (!setting) return unknown(name);
    TRY(check_type(*setting, value));
    TRY(apply(config, name, value));
  }
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
  if (topic == kOffsetsTopic || topic == kTransactionsTopic) {
    config =
        parse_topic_config({{"cleanup.policy", "compact"}, {"segment.bytes", "16777216"}}).value();
  }
  // A record of ours holds all partitions of a transaction.
  if (topic == kTransactionsTopic) config.max_message_bytes = 128 << 20;
  config.bronze = !topic.starts_with("__");
  return config;
}

}  // namespace foz::kafka
