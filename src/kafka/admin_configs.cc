// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Settings of topics and of the broker: DescribeConfigs, IncrementalAlterConfigs, AlterConfigs. The
// broker's own are those of its start: they are shown, and not altered here.
#include <fmt/format.h>

#include <algorithm>
#include <expected>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "base/logging.h"
#include "kafka/decode_internal.h"
#include "kafka/errors_internal.h"
#include "kafka/topic_config.h"

namespace foz::kafka {
namespace {

// Of org.apache.kafka.common.config.ConfigResource.
constexpr int8_t kTopicResource = 2;
constexpr int8_t kBrokerResource = 4;
// Of DescribeConfigs.
constexpr int8_t kTopicSource = 1;
constexpr int8_t kStartSource = 4;
constexpr int8_t kDefaultSource = 5;

template <class T>
using Outcome = std::expected<T, Refusal>;

Outcome<log::Topic> find(const log::Log& log, const std::string& name) {
  auto topic = log.find_topic(name);
  if (topic) return *std::move(topic);
  return std::unexpected(
      Refusal{kUnknownTopicOrPartition, fmt::format("there is no topic {}", name.substr(0, 249))});
}

Refusal no_such_resource(int8_t type) {
  return {kInvalidRequest,
          fmt::format("there are settings of topics ({}) and of broker {} ({}), not of type {}",
                      kTopicResource, kNodeId, kBrokerResource, type)};
}

// --- DescribeConfigs

using DescribeRequest = DescribeConfigsRequest::DescribeConfigsResource;
using DescribeResult = DescribeConfigsResponse::DescribeConfigsResult;
using Shown = DescribeResult::DescribeConfigsResourceResult;

bool is_wanted(const DescribeRequest& request, std::string_view name) {
  return !request.configuration_keys ||
         std::ranges::find(*request.configuration_keys, name) != request.configuration_keys->end();
}

std::string fallback_of(const TopicSetting& setting, std::string_view topic) {
  if (setting.name == "foz.bronze") return default_topic_config(topic).bronze ? "true" : "false";
  return std::string(setting.fallback);
}

// What holds for the topic, also when it was not given in Kafka's words.
std::string value_of(const TopicSetting& setting, const log::Topic& topic) {
  const log::TopicConfig& config = topic.config;
  if (setting.name == "foz.bronze") return config.bronze ? "true" : "false";
  if (const auto given = config.raw.find(std::string(setting.name)); given != config.raw.end())
    return given->second;
  if (config.raw.contains("cleanup.policy")) return fallback_of(setting, topic.name);
  if (setting.name == "retention.ms") return fmt::to_string(config.retention_ms);
  if (setting.name == "retention.bytes") return fmt::to_string(config.retention_bytes);
  if (setting.name == "segment.bytes") return fmt::to_string(config.segment_bytes);
  if (setting.name == "max.message.bytes") return fmt::to_string(config.max_message_bytes);
  if (setting.name == "message.timestamp.type" && config.log_append_time) return "LogAppendTime";
  return fallback_of(setting, topic.name);
}

void add_synonym(Shown& shown, std::string_view name, std::string value, int8_t source) {
  auto& synonym = shown.synonyms.emplace_back();
  synonym.name = name;
  synonym.value = std::move(value);
  synonym.source = source;
}

Shown shown(const DescribeConfigsRequest& request, const TopicSetting& setting,
            const log::Topic& topic) {
  Shown shown;
  const std::string fallback = fallback_of(setting, topic.name);
  shown.name = setting.name;
  shown.value = value_of(setting, topic);
  const bool set = topic.config.raw.contains(shown.name) || *shown.value != fallback;
  shown.config_source = set ? kTopicSource : kDefaultSource;
  shown.config_type = static_cast<int8_t>(setting.type);
  if (request.include_synonyms) {
    if (set) add_synonym(shown, setting.name, *shown.value, kTopicSource);
    if (!setting.broker_name.empty())
      add_synonym(shown, setting.broker_name, fallback, kDefaultSource);
  }
  if (request.include_documentation) shown.documentation = setting.about;
  return shown;
}

void describe_topic(const DescribeConfigsRequest& request, const DescribeRequest& resource,
                    const log::Topic& topic, DescribeResult& result) {
  for (const TopicSetting& setting : topic_settings()) {
    const bool of_old_brokers = setting.fallback.empty() && setting.type != SettingType::kList;
    if (of_old_brokers && !topic.config.raw.contains(std::string(setting.name))) continue;
    if (is_wanted(resource, setting.name)) result.configs.push_back(shown(request, setting, topic));
  }
}

void describe_broker(const DescribeConfigsRequest& request, const DescribeRequest& resource,
                     const ServerOptions& options, DescribeResult& result) {
  const auto show = [&](std::string_view name, std::string value, SettingType type, int8_t source,
                        std::string_view about) {
    if (!is_wanted(resource, name)) return;
    Shown& shown = result.configs.emplace_back();
    shown.name = name;
    shown.value = std::move(value);
    shown.read_only = true;
    shown.config_source = source;
    shown.config_type = static_cast<int8_t>(type);
    if (request.include_synonyms) add_synonym(shown, name, *shown.value, source);
    if (request.include_documentation) shown.documentation = about;
  };
  constexpr auto kInt = SettingType::kInt;
  constexpr auto kBool = SettingType::kBoolean;
  show("auto.create.topics.enable", options.auto_create_topics ? "true" : "false", kBool,
       kStartSource, "Whether a topic is made when it is first used.");
  show("broker.id", fmt::to_string(kNodeId), kInt, kDefaultSource, "The only broker.");
  show("default.replication.factor", "1", kInt, kDefaultSource, "There is one broker.");
  show("delete.topic.enable", "true", kBool, kDefaultSource,
       "Topics can be deleted; their tables stay.");
  show("node.id", fmt::to_string(kNodeId), kInt, kDefaultSource, "The only broker.");
  show("num.partitions", fmt::to_string(options.default_partitions), kInt, kStartSource,
       "Of a topic that is made without a number.");
  for (const TopicSetting& setting : topic_settings()) {
    if (setting.broker_name.empty()) continue;
    show(setting.broker_name, std::string(setting.fallback), setting.type, kDefaultSource,
         setting.about);
  }
}

DescribeResult describe(const Broker& broker, const DescribeConfigsRequest& request,
                        const DescribeRequest& resource) {
  DescribeResult result;
  result.resource_type = resource.resource_type;
  result.resource_name = resource.resource_name;
  const auto refuse = [&](const Refusal& refusal) {
    result.error_code = refusal.error;
    result.error_message = refusal.message;
  };
  if (resource.resource_type == kTopicResource) {
    const auto topic = find(broker.log, resource.resource_name);
    if (topic.has_value()) {
      describe_topic(request, resource, *topic, result);
    } else {
      refuse(topic.error());
    }
  } else if (resource.resource_type != kBrokerResource) {
    refuse(no_such_resource(resource.resource_type));
  } else if (resource.resource_name == fmt::to_string(kNodeId)) {
    describe_broker(request, resource, broker.options, result);
  } else if (!resource.resource_name
                  .empty()) {  // "" are the dynamic defaults, of which we have none
    refuse({kInvalidRequest, fmt::format("the only broker is {}", kNodeId)});
  }
  return result;
}

// --- IncrementalAlterConfigs and AlterConfigs

using Settings = std::map<std::string, std::string>;
enum Operation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

std::vector<std::string> items_of(std::string_view list) {
  std::vector<std::string> items;
  while (!list.empty()) {
    const std::string_view item = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), item.size() + 1));
    if (!item.empty()) items.emplace_back(item);
  }
  return items;
}

// "a,b" with or without the items of `change`.
std::string changed_list(std::string_view list, std::string_view change, bool add) {
  std::vector<std::string> items = items_of(list);
  for (std::string& item : items_of(change)) {
    const auto found = std::ranges::find(items, item);
    if (!add && found != items.end()) items.erase(found);
    if (add && found == items.end()) items.push_back(std::move(item));
  }
  return fmt::to_string(fmt::join(items, ","));
}

Outcome<Settings> settings_after(
    const log::Topic& topic, const IncrementalAlterConfigsRequest::AlterConfigsResource& wanted) {
  Settings settings = topic.config.raw;
  std::set<std::string_view> seen;
  for (const auto& each : wanted.configs) {
    if (!seen.insert(each.name).second)
      return std::unexpected(Refusal{kInvalidRequest, each.name + " is named twice"});
    if (each.config_operation == kDelete) {
      settings.erase(each.name);
      continue;
    }
    if (!each.value) return std::unexpected(Refusal{kInvalidRequest, each.name + " has no value"});
    if (each.config_operation == kSet) {
      settings[each.name] = *each.value;
      continue;
    }
    const TopicSetting* setting = find_topic_setting(each.name);
    const bool add = each.config_operation == kAppend;
    if (!add && each.config_operation != kSubtract)
      return std::unexpected(Refusal{kInvalidRequest, each.name + ": no such operation"});
    if (!setting || setting->type != SettingType::kList)
      return std::unexpected(
          Refusal{kInvalidConfig, each.name + " is no list to which something is added or taken"});
    settings[each.name] = changed_list(value_of(*setting, topic), *each.value, add);
  }
  return settings;
}

Outcome<Settings> settings_after(const log::Topic&,
                                 const AlterConfigsRequest::AlterConfigsResource& wanted) {
  Settings settings;
  for (const auto& each : wanted.configs) {
    if (!each.value) return std::unexpected(Refusal{kInvalidRequest, each.name + " has no value"});
    settings[each.name] = *each.value;
  }
  return settings;
}

// A topic keeps the table that it was made with, or goes on without.
Refusal bronze_stays(const log::Topic& topic) {
  return {kInvalidConfig,
          topic.config.bronze
              ? fmt::format("foz.bronze of {} cannot be switched off: it was made with a table, "
                            "which would end here. Make another topic with foz.bronze=false",
                            topic.name)
              : fmt::format("foz.bronze of {} cannot be switched on: records that its retention "
                            "removed would be missing in the table. Make another topic",
                            topic.name)};
}

template <class Resource>
Outcome<void> alter(Broker& broker, const Resource& wanted, bool validate_only) {
  if (wanted.resource_type == kBrokerResource) {
    return std::unexpected(Refusal{
        kInvalidRequest, "the broker's settings are those of its foz.yaml and command line"});
  }
  if (wanted.resource_type != kTopicResource)
    return std::unexpected(no_such_resource(wanted.resource_type));
  auto topic = find(broker.log, wanted.resource_name);
  if (!topic.has_value()) return std::unexpected(topic.error());
  if (is_internal(topic->name)) return std::unexpected(Refusal{kInvalidTopic, kInternalTopic});
  auto settings = settings_after(*topic, wanted);
  if (!settings.has_value()) return std::unexpected(settings.error());
  auto config = parse_topic_config(*settings);
  if (!config.has_value())
    return std::unexpected(Refusal{kInvalidConfig, config.error().message()});
  if (!settings->contains("foz.bronze")) config->bronze = topic->config.bronze;
  if (config->bronze != topic->config.bronze) return std::unexpected(bronze_stays(*topic));
  if (validate_only || *config == topic->config) return {};
  const Status done = broker.log.alter_topic(topic->id, *config);
  if (!done.has_value()) {
    return std::unexpected(
        Refusal{number_of(done.error(), kInvalidConfig), done.error().message()});
  }
  log_info("kafka", "a topic's settings were altered", {{"topic", topic->name}});
  return {};
}

template <class Request, class Response>
Response alter_all(Broker& broker, const Request& request) {
  Response response;
  std::map<std::pair<int8_t, std::string_view>, int> times;
  for (const auto& wanted : request.resources)
    ++times[{wanted.resource_type, wanted.resource_name}];
  for (const auto& wanted : request.resources) {
    if (broker.blocking.stopping()) break;
    const int count = std::exchange(times.at({wanted.resource_type, wanted.resource_name}), 0);
    if (count == 0) continue;  // answered
    auto& result = response.responses.emplace_back();
    result.resource_type = wanted.resource_type;
    result.resource_name = wanted.resource_name;
    Outcome<void> outcome;
    if (count > 1) {
      outcome = std::unexpected(Refusal{kInvalidRequest, "the resource is named twice"});
    } else if (response.responses.size() > kMaxChanges) {
      outcome = std::unexpected(
          Refusal{kInvalidRequest, fmt::format("at most {} resources a request", kMaxChanges)});
    } else {
      outcome = alter(broker, wanted, request.validate_only);
    }
    if (outcome.has_value()) continue;
    result.error_code = outcome.error().error;
    result.error_message = outcome.error().message;
  }
  return response;
}

}  // namespace

Status KafkaSession::describe_configs(MessageReader& in, ReplyTo to) {
  DescribeConfigsRequest request;
  TRY(decode(in, to, request));
  DescribeConfigsResponse response;
  for (const DescribeRequest& resource : request.resources) {
    auto& result = response.results.emplace_back();
    if (response.results.size() <= kMaxChanges) {
      result = describe(broker_, request, resource);
      continue;
    }
    result.error_code = kInvalidRequest;
    result.error_message = fmt::format("at most {} resources a request", kMaxChanges);
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
  }
  to.answer(response);
  return {};
}

Status KafkaSession::incremental_alter_configs(MessageReader& in, ReplyTo to) {
  IncrementalAlterConfigsRequest request;
  TRY(decode(in, to, request));
  auto call = [&broker = broker_, to, request = std::move(request)] {
    to.answer(alter_all<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>(broker,
                                                                                         request));
  };
  if (broker_.blocking.run(std::move(call))) return {};
  return Error(ErrorCode::kOverloaded, "too many changes of topics wait");
}

Status KafkaSession::alter_configs(MessageReader& in, ReplyTo to) {
  AlterConfigsRequest request;
  TRY(decode(in, to, request));
  auto call = [&broker = broker_, to, request = std::move(request)] {
    to.answer(alter_all<AlterConfigsRequest, AlterConfigsResponse>(broker, request));
  };
  if (broker_.blocking.run(std::move(call))) return {};
  return Error(ErrorCode::kOverloaded, "too many changes of topics wait");
}

}  // namespace foz::kafka
