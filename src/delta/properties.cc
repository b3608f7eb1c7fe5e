// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/properties_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "delta/reference.h"

namespace foz::delta {
namespace {

enum class Values {
  kBoolean,
  kCount,       // a whole number of at least 1
  kFromMinus1,  // … at least -1
  kBytes,       // "128mb"
  kInterval,    // "interval 30 days"
  kColumns,     // names and paths with commas
  kMapping,
  kCheckpoint,
  kIsolation,
  kCompact,
  kOff,  // a boolean of which only false is had
  kOwn,  // written by the protocol alone
};

struct Property {
  std::string_view name;
  Values values;
};

constexpr std::array kProperties = {
    Property{"appendOnly", Values::kBoolean},
    Property{"autoOptimize.autoCompact", Values::kCompact},
    Property{"autoOptimize.optimizeWrite", Values::kBoolean},
    Property{"checkpoint.writeStatsAsJson", Values::kBoolean},
    Property{"checkpoint.writeStatsAsStruct", Values::kBoolean},
    Property{"checkpointInterval", Values::kCount},
    Property{"checkpointPolicy", Values::kCheckpoint},
    Property{"checkpointRetentionDuration", Values::kInterval},
    Property{"columnMapping.maxColumnId", Values::kOwn},
    Property{"columnMapping.mode", Values::kMapping},
    Property{"compatibility.symlinkFormatManifest.enabled", Values::kOff},
    Property{"dataSkippingNumIndexedCols", Values::kFromMinus1},
    Property{"dataSkippingStatsColumns", Values::kColumns},
    Property{"deletedFileRetentionDuration", Values::kInterval},
    Property{"enableChangeDataFeed", Values::kBoolean},
    Property{"enableDeletionVectors", Values::kBoolean},
    Property{"enableExpiredLogCleanup", Values::kBoolean},
    Property{"enableFullRetentionRollback", Values::kBoolean},
    Property{"enableIcebergCompatV1", Values::kBoolean},
    Property{"enableIcebergCompatV2", Values::kBoolean},
    Property{"enableIcebergCompatV3", Values::kOff},
    Property{"enableInCommitTimestamps", Values::kBoolean},
    Property{"enableRowTracking", Values::kBoolean},
    Property{"enableTypeWidening", Values::kBoolean},
    Property{"enableVariantShredding", Values::kOff},
    Property{"inCommitTimestampEnablementTimestamp", Values::kOwn},
    Property{"inCommitTimestampEnablementVersion", Values::kOwn},
    Property{"isolationLevel", Values::kIsolation},
    Property{"logRetentionDuration", Values::kInterval},
    Property{"randomPrefixLength", Values::kCount},
    Property{"randomizeFilePrefixes", Values::kBoolean},
    Property{"requireCheckpointProtectionBeforeVersion", Values::kOwn},
    Property{"rowTracking.materializedRowCommitVersionColumnName", Values::kOwn},
    Property{"rowTracking.materializedRowIdColumnName", Values::kOwn},
    Property{"rowTrackingSuspended", Values::kOff},
    Property{"sampleRetentionDuration", Values::kInterval},
    Property{"setTransactionRetentionDuration", Values::kInterval},
    Property{"targetFileSize", Values::kBytes},
    Property{"tuneFileSizesForRewrites", Values::kBoolean},
};

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

template <size_t N>
bool one_of(std::string_view value, const std::array<std::string_view, N>& values) {
  return std::ranges::find(values, value) != values.end();
}

bool is_boolean(std::string_view value) {
  return one_of(lower_case(value), std::array<std::string_view, 2>{"true", "false"});
}

bool fits(Values values, const std::string& value) {
  const auto number = whole_number(value);
  switch (values) {
    case Values::kBoolean: return is_boolean(value);
    case Values::kCount: return number && *number >= 1;
    case Values::kFromMinus1: return number && *number >= -1;
    case Values::kBytes: return byte_size(value).value_or(0) > 0;
    case Values::kInterval: return interval_ms(value).has_value();
    case Values::kColumns: return !value.empty();
    case Values::kMapping:
      return one_of(value, std::array<std::string_view, 3>{"none", "name", "id"});
    case Values::kCheckpoint:
      return one_of(value, std::array<std::string_view, 2>{"classic", "v2"});
    case Values::kIsolation:
      return one_of(value, std::array<std::string_view, 3>{"Serializable", "WriteSerializable",
                                                           "SnapshotIsolation"});
    case Values::kCompact:
      return is_boolean(value) || one_of(value, std::array<std::string_view, 2>{"auto", "legacy"});
    case Values::kOff: return lower_case(value) == "false";
    case Values::kOwn: return false;
  }
  return false;
}

std::string_view text_of(Values values) {
  switch (values) {
    case Values::kBoolean: return "true or false";
    case Values::kCount: return "a whole number from 1";
    case Values::kFromMinus1: return "a whole number from -1";
    case Values::kBytes: return "a size like 128mb";
    case Values::kInterval: return "an interval like 'interval 7 days'";
    case Values::kColumns: return "names of columns";
    case Values::kMapping: return "none, name or id";
    case Values::kCheckpoint: return "classic or v2";
    case Values::kIsolation: return "Serializable, WriteSerializable or SnapshotIsolation";
    case Values::kCompact: return "true, false, auto or legacy";
    case Values::kOff: return "false";
    case Values::kOwn: return "kept by the table itself";
  }
  return "";
}

constexpr std::string_view kPrefix = "delta.";

}  // namespace

std::vector<TableProperty> table_properties() {
  std::vector<TableProperty> out;
  for (const auto& [name, values] : kProperties) out.push_back({name, text_of(values)});
  return out;
}

bool is_own_property(const std::string& name) {
  return std::ranges::any_of(kProperties, [&](const Property& property) {
    return property.values == Values::kOwn && name == fmt::format("{}{}", kPrefix, property.name);
  });
}

std::optional<int64_t> interval_ms(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, int64_t>, 7> kUnits = {{
      {"week", 604'800'000'000},
      {"day", 86'400'000'000},
      {"hour", 3'600'000'000},
      {"minute", 60'000'000},
      {"second", 1'000'000},
      {"millisecond", 1'000},
      {"microsecond", 1},
  }};
  std::vector<std::string> words;
  for (const char c : lower_case(text)) {
    if (c == ' ' || words.empty()) words.emplace_back();
    if (c != ' ') words.back().push_back(c);
  }
  std::erase(words, "");
  if (!words.empty() && words.front() == "interval") words.erase(words.begin());
  if (words.empty() || words.size() % 2 != 0 || words.size() > 2 * kUnits.size()) {
    return std::nullopt;
  }
  int64_t total_us = 0;
  for (size_t i = 0; i < words.size(); i += 2) {
    std::string_view unit = words[i + 1];
    if (unit.ends_with('s')) unit.remove_suffix(1);
    const auto known = std::ranges::find_if(kUnits, [&](const auto& u) { return u.first == unit; });
    const int64_t count = whole_number(words[i]).value_or(-1);
    if (known == kUnits.end() || count < 0) return std::nullopt;
    if (count > (INT64_MAX - total_us) / known->second) return std::nullopt;
    total_us += count * known->second;
  }
  return total_us / 1000;
}

Result<int64_t> retention_ms(const Snapshot& snapshot, const std::string& property,
                             int64_t otherwise) {
  const auto text = snapshot.property(property);
  if (!text) return otherwise;
  if (const auto ms = interval_ms(*text)) return *ms;
  return Error(
      ErrorCode::kUnsupported,
      fmt::format("{} is '{}', which cannot be read: nothing is deleted by it. Set it to {}",
                  property, *text, text_of(Values::kInterval)));
}

std::optional<int64_t> byte_size(std::string_view given) {
  constexpr std::string_view kUnits = "kmgtp";
  std::string text = lower_case(given);
  std::erase(text, ' ');
  if (text.ends_with('b')) text.pop_back();
  const size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
  if (unit != std::string_view::npos) text.pop_back();
  const size_t shift = unit == std::string_view::npos ? 0 : 10 * (unit + 1);
  const auto count = whole_number(text);
  if (!count || *count < 0 || *count > INT64_MAX >> shift) return std::nullopt;
  return *count << shift;
}

Status check_property(const std::string& name, const std::string& value) {
  if (!name.starts_with(kPrefix)) return {};
  const std::string_view short_name = std::string_view(name).substr(kPrefix.size());
  if (short_name.starts_with("constraints.")) {
    return invalid(fmt::format("{} is set by adding the constraint", name));
  }
  if (short_name.starts_with("universalFormat.") || short_name.starts_with("coordinatedCommits.") ||
      short_name.starts_with("redirect")) {
    return Error(ErrorCode::kUnsupported, fmt::format("{} is not supported", name));
  }
  const auto found = std::ranges::find(kProperties, short_name, &Property::name);
  if (found == kProperties.end()) {
    for (const Property& property : kProperties) {
      if (equal_without_case(property.name, short_name)) {
        return invalid(
            fmt::format("there is no property {}; is delta.{} meant?", name, property.name));
      }
    }
    return invalid(fmt::format("there is no property {}", name));
  }
  if (found->values == Values::kOwn) {
    return invalid(fmt::format("{} is kept by the table itself and cannot be set", name));
  }
  if (fits(found->values, value)) return {};
  if (found->values == Values::kOff) {
    return Error(ErrorCode::kUnsupported, fmt::format("{} = {} is not supported", name, value));
  }
  return invalid(fmt::format("{} is {}, not '{}'", name, text_of(found->values), value));
}

Result<GivenProperties> take_properties(const std::map<std::string, std::string>& given) {
  constexpr std::string_view kFeature = "delta.feature.";
  GivenProperties out;
  for (const auto& [name, value] : given) {
    if (name.starts_with(kFeature)) {
      if (value != "supported" && value != "enabled") {
        return invalid(fmt::format("{} is supported, not '{}'", name, value));
      }
      out.features.insert(name.substr(kFeature.size()));
      continue;
    }
    if (name == "delta.minReaderVersion" || name == "delta.minWriterVersion") {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("{} follows from the features that are used: set delta.feature.NAME "
                               "= supported instead",
                               name));
    }
    TRY(check_property(name, value));
    // Not everybody reads TRUE as true.
    out.configuration.emplace(
        name, name.starts_with(kPrefix) && is_boolean(value) ? lower_case(value) : value);
  }
  return out;
}

}  // namespace foz::delta
