// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/config.h"

#include <fmt/format.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "kafka/topic_config.h"
#include "log/log.h"
#include "net/tcp.h"
#include "store/object_store.h"

namespace foz::cli {
namespace {

constexpr std::chrono::milliseconds kLeastInterval{10};
constexpr int64_t kLeastMemory = 64'000'000;

// A number and a unit, apart.
Result<std::pair<double, std::string>> split_unit(std::string_view text,
                                                  std::string_view expected) {
  const Error wrong = invalid(fmt::format("'{}' is not {}", text, expected));
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number >= 0)) return wrong;
  std::string unit;
  for (const char* at = end; at != text.data() + text.size(); ++at) {
    if (*at != ' ')
      unit.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(*at))));
  }
  return std::pair(number, unit);
}

struct Unit {
  std::string_view name;
  double factor;
};

Result<double> scaled(std::string_view text, std::string_view expected,
                      std::span<const Unit> units) {
  const auto [number, unit] = TRY(split_unit(text, expected));
  for (const Unit& each : units) {
    if (each.name == unit && number * each.factor < 9e18) return number * each.factor;
  }
  return invalid(fmt::format("'{}' is not {}", text, expected));
}

// A setting of foz.yaml: what it is called and how its value is taken.
using Take = std::function<Status(const YAML::Node& value)>;
using Settings = std::map<std::string, Take>;

Status at_line(const YAML::Node& node, const std::filesystem::path& file, const Error& error) {
  return invalid(fmt::format("{}:{}: {}", file.string(), node.Mark().line + 1, error.message()));
}

// Levenshtein.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row[b.size()];
}

// The nearest one when it is near, else all that there are.
Error unknown_setting(std::string_view name, const Settings& settings) {
  std::string known;
  std::string_view nearest;
  for (const auto& [each, take] : settings) {
    known += (known.empty() ? "" : ", ") + each;
    if (nearest.empty() || distance(name, each) < distance(name, nearest)) nearest = each;
  }
  if (distance(name, nearest) <= (name.size() + 1) / 2)
    return invalid(fmt::format("unknown setting '{}'; did you mean '{}'?", name, nearest));
  return invalid(fmt::format("unknown setting '{}'; known are: {}", name, known));
}

Status take_settings(const YAML::Node& node, const std::filesystem::path& file,
                     const Settings& settings) {
  if (!node.IsMap()) return at_line(node, file, invalid("a list of 'setting: value' is expected"));
  for (const auto& pair : node) {
    const std::string name = pair.first.as<std::string>();
    const auto found = settings.find(name);
    if (found == settings.end()) return at_line(pair.first, file, unknown_setting(name, settings));
    Status taken;
    try {
      taken = found->second(pair.second);
    } catch (const YAML::Exception&) {
      taken = invalid("this value does not fit");
    }
    // A nested setting has put its own, more precise place in front already.
    if (!taken && taken.error().message().starts_with(file.string())) return taken;
    if (!taken) return at_line(pair.second, file, std::move(taken).error().within(name));
  }
  return {};
}

Take text_into(std::string& target) {
  return [&target](const YAML::Node& value) -> Status {
    if (!value.IsScalar() || value.Scalar().empty()) return invalid("a text is expected");
    target = value.Scalar();
    return {};
  };
}

Take duration_into(std::chrono::milliseconds& target) {
  return [&target](const YAML::Node& value) -> Status {
    const auto duration = TRY(parse_duration(value.as<std::string>()));
    if (duration < kLeastInterval)
      return invalid(fmt::format("at least {} ms are expected", kLeastInterval.count()));
    target = duration;
    return {};
  };
}

Take bytes_into(int64_t& target, int64_t least) {
  return [&target, least](const YAML::Node& value) -> Status {
    const int64_t bytes = TRY(parse_bytes(value.as<std::string>()));
    if (bytes < least) return invalid(fmt::format("at least {} MB are expected", least / 1000000));
    target = bytes;
    return {};
  };
}

Take partitions_into(int32_t& target) {
  return [&target](const YAML::Node& value) -> Status {
    target = value.as<int32_t>();
    if (target < 1 || target > 10000) return invalid("a number from 1 to 10000 is expected");
    return {};
  };
}

Take flag_into(bool& target) {
  return [&target](const YAML::Node& value) -> Status {
    target = value.as<bool>();
    return {};
  };
}

// Beside the partitions a topic has Kafka's own settings, by their names and in their units.
Status take_topic(const YAML::Node& node, TopicSetting& topic) {
  if (!node.IsMap()) return invalid("settings such as {partitions: 3, retention.ms: 3600000}");
  std::map<std::string, std::string> settings;
  for (const auto& pair : node) {
    const std::string name = pair.first.as<std::string>();
    if (name == "partitions") {
      TRY(partitions_into(topic.partitions)(pair.second).within(name));
    } else {
      settings[name] = pair.second.as<std::string>();
    }
  }
  topic.config = TRY(kafka::parse_topic_config(settings));
  return {};
}

Status take_topics(const YAML::Node& node, const std::filesystem::path& file, Config& config) {
  if (!node.IsMap()) return invalid("a list of 'topic: {setting: value}' is expected");
  for (const auto& pair : node) {
    const std::string name = pair.first.as<std::string>();
    Status taken;
    try {
      taken = take_topic(pair.second, config.topics[name]);
    } catch (const YAML::Exception&) {
      taken = invalid("this value does not fit");
    }
    if (!taken) return at_line(pair.first, file, std::move(taken).error().within("topic " + name));
  }
  return {};
}

Result<Config> from_yaml(const YAML::Node& root, const std::filesystem::path& file, Config config) {
  if (root.IsNull()) return config;
  const Settings limits = {
      {"memory", bytes_into(config.memory_bytes, kLeastMemory)},
      {"free_disk", bytes_into(config.min_free_disk_bytes, 0)},
  };
  const Settings commits = {
      {"interval", duration_into(config.commit_interval)},
      {"slow_interval", duration_into(config.slow_commit_interval)},
      {"refresh_interval", duration_into(config.refresh_interval)},
  };
  const Settings kafka = {
      {"listen", text_into(config.kafka)},
      {"advertised_host", text_into(config.advertised_host)},
      {"auto_create_topics", flag_into(config.auto_create_topics)},
      {"partitions", partitions_into(config.default_partitions)},
  };
  const auto nested = [&file](const Settings& settings) {
    return [&file, &settings](const YAML::Node& value) {
      return take_settings(value, file, settings);
    };
  };
  const Settings settings = {
      {"name", text_into(config.name)},
      {"lake", text_into(config.lake)},
      {"data", text_into(config.data)},
      {"http", text_into(config.http)},
      {"insecure_listen", flag_into(config.insecure_listen)},
      {"kafka", nested(kafka)},
      {"limits", nested(limits)},
      {"commits", nested(commits)},
      {"topics", [&](const YAML::Node& value) { return take_topics(value, file, config); }},
  };
  TRY(take_settings(root, file, settings));
  return config;
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  static constexpr Unit kUnits[] = {
      {"ms", 1}, {"s", 1e3}, {"min", 6e4}, {"h", 3.6e6}, {"d", 8.64e7}};
  const double ms = TRY(scaled(text, "a duration such as 250ms, 10s, 5min, 1h or 7d", kUnits));
  return std::chrono::milliseconds(static_cast<int64_t>(ms));
}

Result<int64_t> parse_bytes(std::string_view text) {
  static constexpr Unit kUnits[] = {
      {"b", 1},           {"kb", 1e3},           {"mb", 1e6},
      {"gb", 1e9},        {"tb", 1e12},          {"kib", 1024.0},
      {"mib", 1048576.0}, {"gib", 1073741824.0}, {"tib", 1099511627776.0}};
  return static_cast<int64_t>(TRY(scaled(text, "a size such as 512MB or 4GiB", kUnits)));
}

Result<Config> load_config(const std::filesystem::path& project) {
  Config config;
  if (project.empty()) return config;
  std::error_code error;
  if (!std::filesystem::is_directory(project, error)) {
    return Error(ErrorCode::kNotFound,
                 fmt::format("there is no project folder {}; `foz init {}` makes one",
                             project.string(), project.string()));
  }
  config.project = project;
  config.name = folder_name(project);
  config.lake = (project / config.lake).string();
  config.data = (project / config.data).string();
  const std::filesystem::path file = project / "foz.yaml";
  if (!std::filesystem::exists(file, error)) return config;
  try {
    Config read = TRY(from_yaml(YAML::LoadFile(file.string()), file, config));
    const auto anchored = [&](std::string& path, const std::string& standard) {
      if (path != standard && path.find("://") == std::string::npos)
        path = (project / path).string();
    };
    anchored(read.lake, config.lake);
    anchored(read.data, config.data);
    return read;
  } catch (const YAML::Exception& e) {
    return invalid(fmt::format("{}:{}: {}", file.string(), e.mark.line + 1, e.msg));
  }
}

namespace {

Status check_listener(const std::string& listen, bool insecure) {
  const std::string host = TRY(net::parse_address(listen)).host;
  const bool loopback =
      host.empty() || host == "localhost" || host == "::1" || host.starts_with("127.");
  if (loopback || insecure) return {};
  return Error(ErrorCode::kDenied,
               fmt::format("{} can be reached from other machines, and foz has neither encryption "
                           "nor authentication; to accept that, say --insecure-listen or "
                           "'insecure_listen: true' in foz.yaml",
                           listen));
}

// As Kafka has it: https://kafka.apache.org/documentation/#intro_concepts_and_terms
bool is_topic_name(std::string_view name) {
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         std::ranges::all_of(name, [](unsigned char c) {
           return c < 0x80 && (std::isalnum(c) || c == '.' || c == '_' || c == '-');
         });
}

}  // namespace

Status check_config(const Config& config) {
  TRY(check_listener(config.kafka, config.insecure_listen).within("--kafka"));
  TRY(check_listener(config.http, config.insecure_listen).within("--http"));
  TRY(store::local_path(config.lake).within("--lake"));
  std::map<std::string, std::string> tables;
  for (const auto& [name, topic] : config.topics) {
    if (!is_topic_name(name)) {
      return invalid(
          fmt::format("topic '{}': a name has 1 to 249 of a-z, A-Z, 0-9, '.', '_' and "
                      "'-', and is neither '.' nor '..'",
                      name));
    }
    std::string table = log::lake_name(name);
    std::ranges::transform(table, table.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const auto [first, fresh] = tables.emplace(table, name);
    if (!fresh) {
      return invalid(
          fmt::format("topics '{}' and '{}' are one table, bronze.{}", first->second, name, table));
    }
  }
  return {};
}

std::string folder_name(const std::filesystem::path& folder) {
  // "/." makes "shop", "shop/" and "." alike end in a slash once normal.
  const auto path = std::filesystem::absolute(folder / ".").lexically_normal().parent_path();
  return path.has_filename() ? path.filename().string() : "foz";
}

int64_t available_memory() {
  const int64_t machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
  std::string line;
  std::ifstream groups("/proc/self/cgroup");
  while (std::getline(groups, line) && !line.starts_with("0::")) {
  }
  const std::string group = line.starts_with("0::") ? line.substr(3) : "/";
  const auto limit = cgroup_memory_limit("/sys/fs/cgroup", group);
  return limit && *limit < machine ? *limit : machine / 2;
}

std::optional<int64_t> cgroup_memory_limit(const std::filesystem::path& root,
                                           const std::filesystem::path& group) {
  std::optional<int64_t> least;
  std::filesystem::path at = root;
  const auto look = [&] {
    std::string limit;
    std::ifstream(at / "memory.max") >> limit;
    int64_t bytes = 0;
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), bytes);
    if (error == std::errc() && bytes > 0) least = std::min(least.value_or(bytes), bytes);
  };
  look();
  for (const auto& part : group.relative_path()) {
    at /= part;
    look();
  }
  return least;
}

}  // namespace foz::cli
