// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Kafka's topic settings by their own names: https://kafka.apache.org/documentation/#topicconfigs
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "log/types.h"

namespace foz::kafka {

// Kafka's topic of consumer groups and what they committed; only the coordinator writes to it.
inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";
inline constexpr std::string_view kTransactionsTopic = "__transaction_state";

// By the codes of DescribeConfigs.
enum class SettingType : int8_t {
  kBoolean = 1,
  kString = 2,
  kInt = 3,
  kLong = 5,
  kDouble = 6,
  kList = 7
};

struct TopicSetting {
  std::string_view name;
  SettingType type;
  std::string_view fallback;     // of a topic that does not say
  std::string_view broker_name;  // the broker's setting that gives it; "": none
  std::string_view about;
};

// Sorted by name.
std::span<const TopicSetting> topic_settings();
// Null when there is none of that name.
const TopicSetting* find_topic_setting(std::string_view name);

// kInvalid names the setting, and the nearest known one when it is unknown. Settings that mean
// nothing to one broker on one disk (min.insync.replicas …) are kept and shown, and change nothing.
Result<log::TopicConfig> parse_topic_config(const std::map<std::string, std::string>& settings);
// Of a topic that came to be without settings. Kafka's and Debezium's internal topics ("__…") are
// no tables.
log::TopicConfig default_topic_config(std::string_view topic);

}  // namespace foz::kafka
