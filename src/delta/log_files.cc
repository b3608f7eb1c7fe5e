// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/log_files_internal.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "delta/paths_internal.h"
#include "delta/retry_internal.h"

namespace foz::delta {
namespace {

constexpr size_t kVersionDigits = 20;

std::optional<int64_t> parse_digits(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0) {
    return std::nullopt;
  }
  return value;
}

// The last version of ".VERSION.compacted.json".
std::optional<int64_t> compacted_to(std::string_view rest) {
  constexpr std::string_view kEnd = ".compacted.json";
  if (rest.size() != 1 + kVersionDigits + kEnd.size() || rest.front() != '.') return std::nullopt;
  if (!rest.ends_with(kEnd)) return std::nullopt;
  return parse_digits(rest.substr(1, kVersionDigits));
}

// Collects checkpoint parts until each set is known to be whole.
struct CheckpointSets {
  struct Set {
    CheckpointFiles files;
    int64_t expected = 1;
  };
  std::map<std::string, Set> sets;  // by what tells two checkpoints of a version apart

  // `rest` follows "VERSION.checkpoint.".
  void take(Version version, std::string_view rest, const store::ObjectMeta& object) {
    const bool json = rest.ends_with(".json");
    if (rest == "parquet") return add(version, "", 1, false, object);
    if (!json && !rest.ends_with(".parquet")) return;
    const std::string_view middle = rest.substr(0, rest.rfind('.'));
    if (middle.size() == 36) return add(version, middle, 1, json, object);  // v2: a UUID
    const size_t dot = middle.find('.');
    if (json || middle.size() != 21 || dot != 10) return;
    const auto part = parse_digits(middle.substr(0, 10)), parts = parse_digits(middle.substr(11));
    if (part && parts && *part >= 1 && *part <= *parts) {
      add(version, middle.substr(11), *parts, false, object);
    }
  }

  void add(Version version, std::string_view kind, int64_t expected, bool json,
           const store::ObjectMeta& object) {
    Set& set = sets[fmt::format("{:020}.{}", version.value(), kind)];
    set.expected = expected;
    set.files.version = version;
    set.files.json = json;
    set.files.parts.push_back(object);
  }

  std::vector<CheckpointFiles> complete() && {
    std::vector<CheckpointFiles> out;
    for (auto& [key, set] : sets) {
      if (static_cast<int64_t>(set.files.parts.size()) == set.expected) {
        out.push_back(std::move(set.files));
      }
    }
    std::reverse(out.begin(), out.end());
    return out;
  }
};

}  // namespace

std::string commit_name(Version version) { return fmt::format("{:020}.json", version.value()); }
std::string checkpoint_name(Version version) {
  return fmt::format("{:020}.checkpoint.parquet", version.value());
}

std::optional<Version> LogFiles::last() const {
  std::optional<Version> last;
  if (!commits.empty()) last = commits.rbegin()->first;
  if (!checkpoints.empty())
    last = std::max(last.value_or(Version{-1}), checkpoints.front().version);
  return last;
}

std::optional<Version> LogFiles::first() const {
  if (commits.contains(Version{0})) return Version{0};
  if (checkpoints.empty()) return std::nullopt;
  return checkpoints.back().version;
}

const CompactedCommits* LogFiles::compaction(Version first, Version target) const {
  const CompactedCommits* found = nullptr;
  for (const CompactedCommits& each : compactions) {
    if (each.first == first && each.last <= target) found = &each;
  }
  return found;
}

Result<LogFiles> list_log(const store::ObjectStore& store, const std::string& root, Version from) {
  const std::string folder = log_path(root, "");
  // Names of a version begin with its digits, so they sort behind the bare digits.
  const std::string start = from.value() > 0 ? fmt::format("{}{:020}", folder, from.value()) : "";
  const std::vector<store::ObjectMeta> objects =
      TRY(retried([&] { return store.list(folder, start); }));
  LogFiles out;
  CheckpointSets sets;
  for (const store::ObjectMeta& object : objects) {
    const std::string_view name = std::string_view(object.path).substr(folder.size());
    if (name.size() <= kVersionDigits || name.find('/') != std::string_view::npos) continue;
    const auto version = parse_digits(name.substr(0, kVersionDigits));
    if (!version) continue;
    const std::string_view rest = name.substr(kVersionDigits);
    constexpr std::string_view kCheckpoint = ".checkpoint.";
    if (rest == ".json") {
      out.commits.emplace(*version, object);
    } else if (rest == ".crc") {
      out.checksums.emplace(*version, object);
    } else if (rest.starts_with(kCheckpoint)) {
      sets.take(Version{*version}, rest.substr(kCheckpoint.size()), object);
    } else if (const auto last = compacted_to(rest); last && *last > *version) {
      out.compactions.push_back({Version{*version}, Version{*last}, object});
    }
  }
  out.checkpoints = std::move(sets).complete();
  return out;
}

std::optional<Version> parse_last_checkpoint(std::string_view json) {
  simdjson::dom::parser parser;
  int64_t version = -1;
  if (parser.parse(json.data(), json.size())["version"].get(version) != simdjson::SUCCESS) {
    return std::nullopt;
  }
  if (version < 0) return std::nullopt;
  return Version{version};
}

}  // namespace foz::delta
