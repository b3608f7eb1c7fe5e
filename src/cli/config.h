// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The settings of `foz up`: foz.yaml of the project, then the command line over it. Everything has
// a default.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "log/types.h"

namespace foz::cli {

struct TopicSetting {
  int32_t partitions = 1;
  log::TopicConfig config;
};

struct Config {
  std::filesystem::path project;  // empty: no project, topics and bronze only
  std::string name = "foz";
  std::string lake = "lake";  // folder or file:// URL; relative to the project
  std::string data =
      ".foz";  // folder of the log and of spilled query state; relative to the project
  std::string kafka = "127.0.0.1:9092";
  std::string http = "127.0.0.1:8080";
  bool insecure_listen = false;  // beyond this machine, without encryption or authentication
  std::string advertised_host;
  bool auto_create_topics = true;
  int32_t default_partitions = 1;
  std::map<std::string, TopicSetting> topics;  // made at start when missing

  int64_t memory_bytes = 0;  // 0: the cgroup's limit, else half of the machine's memory
  std::chrono::milliseconds commit_interval{10000};
  std::chrono::milliseconds slow_commit_interval{300000};
  std::chrono::milliseconds refresh_interval{5000};
  bool upkeep = true;
  int64_t min_free_disk_bytes = 1'000'000'000;

  std::string log_format = "text";
  std::string log_level = "info";
};

// A setting of foz.yaml, as the reference shows it; all of them are one table in config.cc.
struct SettingText {
  std::string name;      // "kafka.listen"
  std::string value;     // what is expected: "size", "true or false"
  std::string standard;  // the default
  std::string meaning;
};
std::vector<SettingText> describe_settings();

// Reads PROJECT/foz.yaml; a missing file gives the defaults, a missing folder kNotFound. Unknown
// settings and wrong values are kInvalid, with file, line and what is expected.
Result<Config> load_config(const std::filesystem::path& project);

// What `foz up` would trip over: addresses, the lake's scheme, topic names that are illegal or are
// one table. A listener that others can reach is refused unless `insecure_listen` allows it.
Status check_config(const Config& config);

// What a project is called unless foz.yaml says otherwise: the last part of its absolute path.
std::string folder_name(const std::filesystem::path& folder);

// "10s", "250ms", "5 min", "7d"; "512MB", "4 GiB". kInvalid says what is expected.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);
Result<int64_t> parse_bytes(std::string_view text);

// What this process may use: its cgroup's limit, else half of the machine's memory.
int64_t available_memory();

// The least memory.max (version 1: memory.limit_in_bytes) of a group and those above it; nullopt
// when none has one ("max"). Version 1 spells "none" as a number beyond any machine.
// https://docs.kernel.org/admin-guide/cgroup-v2.html#memory-interface-files
// https://docs.kernel.org/admin-guide/cgroup-v1/memory.html
std::optional<int64_t> cgroup_memory_limit(const std::filesystem::path& root,
                                           const std::filesystem::path& group);

}  // namespace foz::cli
