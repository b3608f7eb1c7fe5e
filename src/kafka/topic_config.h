// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Kafka's topic settings by their own names: https://kafka.apache.org/documentation/#topicconfigs
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "log/types.h"

namespace foz::kafka {

// Kafka's topic of consumer groups and what they committed; only the coordinator writes to it.
inline constexpr std::string_view kOffsetsTopic = "__consumer_offsets";

// kInvalid names the setting, and the nearest known one when it is unknown. Settings that mean
// nothing to one broker on one disk (min.insync.replicas …) are kept and shown, and change nothing.
Result<log::TopicConfig> parse_topic_config(const std::map<std::string, std::string>& settings);
// Of a topic that came to be without settings. Kafka's and Debezium's internal topics ("__…") are
// no tables.
log::TopicConfig default_topic_config(std::string_view topic);

}  // namespace foz::kafka
