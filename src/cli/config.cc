// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <fstream>
#include <functional>
#include <span>
#include <type_traits>
#include <utility>
#include <variant>
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

struct Text {
  std::string Config::* member;
};
struct Word {
  std::string Config::* member;
  std::span<const std::string_view> words;
};
struct Flag {
  bool Config::* member;
};
struct Duration {
  std::chrono::milliseconds Config::* member;
};
struct Size {
  int64_t Config::* member;
  int64_t least;
};
struct PartitionCount {
  int32_t Config::* member;
};
struct Topics {};

struct Setting {
  std::string_view name;  // with the name of the list that it is in
  std::variant<Text, Word, Flag, Duration, Size, PartitionCount, Topics> target;
  std::string_view meaning;
  std::string_view standard = {};  // where it is no value of its own
};

constexpr std::string_view kFormats[] = {"text", "json"};
constexpr std::string_view kLevels[] = {"debug", "info", "warn", "error"};

// Both the parser and the reference read this table.
constexpr Setting kSettings[] = {
    {"name", Text{&Config::name}, "What the project is called, on the page and to Kafka clients.",
     "the folder's name"},
    {"lake", Text{&Config::lake},
     "Where the Delta tables live: a folder or file:// URL; relative to the project."},
    {"data", Text{&Config::data},
     "Folder of the log, of what queries spill and of the lock; relative to the project. Its "
     "disk's "
     "sync latency is what a producer waits for."},
    {"http", Text{&Config::http},
     "HOST:PORT of SQL (Trino protocol), the page, /metrics, /healthz and /readyz; port 0 picks a "
     "free one."},
    {"insecure_listen", Flag{&Config::insecure_listen},
     "Accept listeners that other machines reach, although there is neither encryption nor "
     "authentication."},
    {"kafka.listen", Text{&Config::kafka},
     "HOST:PORT of the Kafka protocol; port 0 picks a free one."},
    {"kafka.advertised_host", Text{&Config::advertised_host},
     "The host that clients are told to connect to, when it is another than the one they used.",
     "the one they used"},
    {"kafka.auto_create_topics", Flag{&Config::auto_create_topics},
     "Whether a topic is made when somebody first names it."},
    {"kafka.partitions", PartitionCount{&Config::default_partitions},
     "Partitions of a topic that is made without a number of its own."},
    {"topics", Topics{},
     "Topics to make at start when they are missing: `NAME: {partitions: 3, retention.ms: "
     "3600000}`, with Kafka's topic settings by their names.",
     "no topics"},
    {"limits.memory", Size{&Config::memory_bytes, kLeastMemory},
     "Memory to plan with: a quarter each for hot tails and queries, an eighth for flows.",
     "the cgroup's limit, else half of the machine's memory"},
    {"limits.free_disk", Size{&Config::min_free_disk_bytes, 0},
     "Producers are told to try again later while less than this is free on the log's disk."},
    {"commits.interval", Duration{&Config::commit_interval},
     "How often a busy table commits to Delta. SQL sees rows at once, other readers after this."},
    {"commits.slow_interval", Duration{&Config::slow_commit_interval},
     "The longest that rows of a quiet table wait for their commit; never less than the interval."},
    {"commits.refresh_interval", Duration{&Config::refresh_interval},
     "How often commits of other writers to the lake are looked for."},
    {"commits.upkeep", Flag{&Config::upkeep},
     "Whether the tables of this foz are kept small and fast by themselves: small files merged, "
     "the "
     "log compacted and cleaned, old files removed."},
    {"log.format", Word{&Config::log_format, kFormats},
     "How messages on standard error are written: for people or for collectors."},
    {"log.level", Word{&Config::log_level, kLevels}, "The least important messages to write."},
};

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

// The names that may stand below `prefix`: settings and lists of settings.
std::vector<std::string_view> names_below(std::string_view prefix) {
  std::vector<std::string_view> names;
  for (const Setting& each : kSettings) {
    if (!each.name.starts_with(prefix)) continue;
    std::string_view name = each.name.substr(prefix.size());
    name = name.substr(0, name.find('.'));
    if (names.empty() || names.back() != name) names.push_back(name);
  }
  return names;
}

// The nearest one when it is near, else all that there are.
Error unknown_setting(std::string_view name, std::string_view prefix) {
  const std::vector<std::string_view> names = names_below(prefix);
  const std::string_view nearest =
      *std::ranges::min_element(names, {}, [&](auto each) { return distance(name, each); });
  if (distance(name, nearest) <= (name.size() + 1) / 2)
    return invalid(fmt::format("unknown setting '{}'; did you mean '{}'?", name, nearest));
  return invalid(fmt::format("unknown setting '{}'; known are: {}", name, fmt::join(names, ", ")));
}

Status take(const Text& text, const YAML::Node& value, Config& config) {
  if (!value.IsScalar() || value.Scalar().empty()) return invalid("a text is expected");
  config.*text.member = value.Scalar();
  return {};
}

Status take(const Word& word, const YAML::Node& value, Config& config) {
  if (!value.IsScalar() || std::ranges::find(word.words, value.Scalar()) == word.words.end())
    return invalid(fmt::format("one of {} is expected", fmt::join(word.words, ", ")));
  config.*word.member = value.Scalar();
  return {};
}

Status take(const Flag& flag, const YAML::Node& value, Config& config) {
  config.*flag.member = value.as<bool>();
  return {};
}

Status take(const Duration& duration, const YAML::Node& value, Config& config) {
  const auto taken = TRY(parse_duration(value.as<std::string>()));
  if (taken < kLeastInterval)
    return invalid(fmt::format("at least {} ms are expected", kLeastInterval.count()));
  config.*duration.member = taken;
  return {};
}

Status take(const Size& size, const YAML::Node& value, Config& config) {
  const int64_t bytes = TRY(parse_bytes(value.as<std::string>()));
  if (bytes < size.least)
    return invalid(fmt::format("at least {} MB are expected", size.least / 1000000));
  config.*size.member = bytes;
  return {};
}

Result<int32_t> partition_count(const YAML::Node& value) {
  const auto count = value.as<int32_t>();
  if (count < 1 || count > 10000) return invalid("a number from 1 to 10000 is expected");
  return count;
}

Status take(const PartitionCount& count, const YAML::Node& value, Config& config) {
  config.*count.member = TRY(partition_count(value));
  return {};
}

// Beside the partitions a topic has Kafka's own settings, by their names and in their units.
Status take_topic(const YAML::Node& node, TopicSetting& topic) {
  if (!node.IsMap()) return invalid("settings such as {partitions: 3, retention.ms: 3600000}");
  std::map<std::string, std::string> settings;
  for (const auto& pair : node) {
    const std::string name = pair.first.as<std::string>();
    if (name == "partitions") {
      topic.partitions = TRY(partition_count(pair.second).within(name));
    } else {
      settings[name] = pair.second.as<std::string>();
    }
  }
  topic.config = TRY(kafka::parse_topic_config(settings));
  return {};
}

// One line of foz.yaml: a value that does not fit is an error there, unless what is nested in it
// has put its own, more precise place in front already.
Status placed(const YAML::Node& at, const std::filesystem::path& file, const std::string& name,
              const std::function<Status()>& take_value) {
  Status taken;
  try {
    taken = take_value();
  } catch (const YAML::Exception&) {
    taken = invalid("this value does not fit");
  }
  if (taken || taken.error().message().starts_with(file.string())) return taken;
  return at_line(at, file, std::move(taken).error().within(name));
}

Status take_topics(const YAML::Node& node, const std::filesystem::path& file, Config& config) {
  if (!node.IsMap()) return invalid("a list of 'topic: {setting: value}' is expected");
  for (const auto& pair : node) {
    const std::string name = pair.first.as<std::string>();
    TRY(placed(pair.first, file, "topic " + name,
               [&] { return take_topic(pair.second, config.topics[name]); }));
  }
  return {};
}

Status take_settings(const YAML::Node& node, const std::filesystem::path& file,
                     std::string_view prefix, Config& config);

Status take_setting(const YAML::Node& value, const std::filesystem::path& file,
                    const std::string& name, Config& config) {
  const auto found = std::ranges::find(kSettings, name, &Setting::name);
  if (found == std::end(kSettings)) return take_settings(value, file, name + ".", config);
  return std::visit(
      [&](const auto& target) {
        if constexpr (std::is_same_v<decltype(target), const Topics&>)
          return take_topics(value, file, config);
        else
          return take(target, value, config);
      },
      found->target);
}

// What is in one list of settings: the whole file, or what stands below "kafka.".
Status take_settings(const YAML::Node& node, const std::filesystem::path& file,
                     std::string_view prefix, Config& config) {
  if (!node.IsMap()) return at_line(node, file, invalid("a list of 'setting: value' is expected"));
  const std::vector<std::string_view> names = names_below(prefix);
  for (const auto& pair : node) {
    const std::string name = pair.first.as<std::string>();
    if (std::ranges::find(names, name) == names.end())
      return at_line(pair.first, file, unknown_setting(name, prefix));
    TRY(placed(pair.second, file, name, [&] {
      return take_setting(pair.second, file, std::string(prefix) + name, config);
    }));
  }
  return {};
}

// The kind of a value and how a default of it is written.
std::pair<std::string, std::string> value_text(const Text& text, const Config& config) {
  return {"text", config.*text.member};
}
std::pair<std::string, std::string> value_text(const Word& word, const Config& config) {
  return {fmt::format("{}", fmt::join(word.words, ", ")), config.*word.member};
}
std::pair<std::string, std::string> value_text(const Flag& flag, const Config& config) {
  return {"true or false", config.*flag.member ? "true" : "false"};
}
std::pair<std::string, std::string> value_text(const Duration& duration, const Config& config) {
  const int64_t ms = (config.*duration.member).count();
  return {"duration", ms % 60000 == 0 ? fmt::format("{}min", ms / 60000)
                                      : fmt::format("{}s", static_cast<double>(ms) / 1e3)};
}
std::pair<std::string, std::string> value_text(const Size& size, const Config& config) {
  return {"size", fmt::format("{}GB", static_cast<double>(config.*size.member) / 1e9)};
}
std::pair<std::string, std::string> value_text(const PartitionCount& count, const Config& config) {
  return {"1 to 10000", fmt::format("{}", config.*count.member)};
}
std::pair<std::string, std::string> value_text(const Topics&, const Config&) {
  return {"list", ""};
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
    Config read = config;
    const YAML::Node root = YAML::LoadFile(file.string());
    if (!root.IsNull()) TRY(take_settings(root, file, "", read));
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

std::vector<SettingText> describe_settings() {
  const Config defaults;
  std::vector<SettingText> texts;
  for (const Setting& each : kSettings) {
    auto [value, standard] =
        std::visit([&](const auto& target) { return value_text(target, defaults); }, each.target);
    if (!each.standard.empty()) standard = each.standard;
    texts.push_back({std::string(each.name), value, standard, std::string(each.meaning)});
  }
  return texts;
}

std::string folder_name(const std::filesystem::path& folder) {
  // "/." makes "shop", "shop/" and "." alike end in a slash once normal.
  const auto path = std::filesystem::absolute(folder / ".").lexically_normal().parent_path();
  return path.has_filename() ? path.filename().string() : "foz";
}

// A group's place stands in /proc/self/cgroup as "hierarchy:controllers:path", "0::path" in
// version 2; in version 1 each controller has a tree of its own.
int64_t available_memory() {
  const int64_t machine = sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGE_SIZE);
  int64_t available = machine;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const size_t path = line.find(':', line.find(':') + 1) + 1;
    std::filesystem::path root = "/sys/fs/cgroup";
    if (line.find(":memory:") != std::string::npos) root /= "memory";
    if (const auto limit = cgroup_memory_limit(root, line.substr(path)))
      available = std::min(available, *limit);
  }
  return available < machine ? available : machine / 2;
}

std::optional<int64_t> cgroup_memory_limit(const std::filesystem::path& root,
                                           const std::filesystem::path& group) {
  std::optional<int64_t> least;
  std::filesystem::path at = root;
  const auto look = [&] {
    for (const char* file : {"memory.max", "memory.limit_in_bytes"}) {
      std::string limit;
      std::ifstream(at / file) >> limit;
      int64_t bytes = 0;
      const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), bytes);
      if (error == std::errc() && bytes > 0) least = std::min(least.value_or(bytes), bytes);
    }
  };
  look();
  for (const auto& part : group.relative_path()) {
    at /= part;
    look();
  }
  return least;
}

}  // namespace foz::cli
