// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/properties_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <initializer_list>
#include <optional>
#include <vector>

#include "delta/reference.h"

namespace foz::delta {
namespace {

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool one_of(std::string_view value, std::initializer_list<std::string_view> values) {
  return std::ranges::find(values, value) != values.end();
}

bool is_boolean(std::string_view value) { return one_of(lower_case(value), {"true", "false"}); }

// What may stand in a property, in words and as a test.
struct Values {
  std::string_view text;
  bool (*fit)(std::string_view value);
};

constexpr Values kBoolean{"true or false", is_boolean};
constexpr Values kCount{"a whole number from 1",
                        [](auto value) { return whole_number(value).value_or(0) >= 1; }};
constexpr Values kFromMinus1{"a whole number from -1",
                             [](auto value) { return whole_number(value).value_or(-2) >= -1; }};
constexpr Values kBytes{"a size like 128mb",
                        [](auto value) { return byte_size(value).value_or(0) > 0; }};
constexpr Values kInterval{"an interval like 'interval 7 days'",
                           [](auto value) { return interval_ms(value).has_value(); }};
constexpr Values kColumns{"names of columns", [](auto value) { return !value.empty(); }};
constexpr Values kMapping{"none, name or id",
                          [](auto value) { return one_of(value, {"none", "name", "id"}); }};
constexpr Values kCheckpoint{"classic or v2",
                             [](auto value) { return one_of(value, {"classic", "v2"}); }};
constexpr Values kIsolation{
    "Serializable, WriteSerializable or SnapshotIsolation", [](auto value) {
      return one_of(value, {"Serializable", "WriteSerializable", "SnapshotIsolation"});
    }};
constexpr Values kCompact{"true, false, auto or legacy", [](auto value) {
                            return is_boolean(value) || one_of(value, {"auto", "legacy"});
                          }};
// A boolean of which only false is had.
constexpr Values kOff{"false", [](auto value) { return lower_case(value) == "false"; }};
// Written by the protocol alone.
constexpr Values kOwn{"kept by the table itself", [](auto) { return false; }};

struct Property {
  std::string_view name;
  const Values* values;
};

constexpr std::array kProperties = {
    Property{"appendOnly", &kBoolean},
    Property{"autoOptimize.autoCompact", &kCompact},
    Property{"autoOptimize.optimizeWrite", &kBoolean},
    Property{"checkpoint.writeStatsAsJson", &kBoolean},
    Property{"checkpoint.writeStatsAsStruct", &kBoolean},
    Property{"checkpointInterval", &kCount},
    Property{"checkpointPolicy", &kCheckpoint},
    Property{"checkpointRetentionDuration", &kInterval},
    Property{"columnMapping.maxColumnId", &kOwn},
    Property{"columnMapping.mode", &kMapping},
    Property{"compatibility.symlinkFormatManifest.enabled", &kOff},
    Property{"dataSkippingNumIndexedCols", &kFromMinus1},
    Property{"dataSkippingStatsColumns", &kColumns},
    Property{"deletedFileRetentionDuration", &kInterval},
    Property{"enableChangeDataFeed", &kBoolean},
    Property{"enableDeletionVectors", &kBoolean},
    Property{"enableExpiredLogCleanup", &kBoolean},
    Property{"enableFullRetentionRollback", &kBoolean},
    Property{"enableIcebergCompatV1", &kBoolean},
    Property{"enableIcebergCompatV2", &kBoolean},
    Property{"enableIcebergCompatV3", &kOff},
    Property{"enableInCommitTimestamps", &kBoolean},
    Property{"enableRowTracking", &kBoolean},
    Property{"enableTypeWidening", &kBoolean},
    Property{"enableVariantShredding", &kOff},
    Property{"inCommitTimestampEnablementTimestamp", &kOwn},
    Property{"inCommitTimestampEnablementVersion", &kOwn},
    Property{"isolationLevel", &kIsolation},
    Property{"logRetentionDuration", &kInterval},
    Property{"randomPrefixLength", &kCount},
    Property{"randomizeFilePrefixes", &kBoolean},
    Property{"requireCheckpointProtectionBeforeVersion", &kOwn},
    Property{"rowTracking.materializedRowCommitVersionColumnName", &kOwn},
    Property{"rowTracking.materializedRowIdColumnName", &kOwn},
    Property{"rowTrackingSuspended", &kOff},
    Property{"sampleRetentionDuration", &kInterval},
    Property{"setTransactionRetentionDuration", &kInterval},
    Property{"targetFileSize", &kBytes},
    Property{"tuneFileSizesForRewrites", &kBoolean},
};

constexpr std::string_view kPrefix = "delta.";

}  // namespace

std::vector<TableProperty> table_properties() {
  std::vector<TableProperty> out;
  for (const auto& [name, values] : kProperties) out.push_back({name, values->text});
  return out;
}

bool is_own_property(const std::string& name) {
  return std::ranges::any_of(kProperties, [&](const Property& property) {
    return property.values == &kOwn && name == fmt::format("{}{}", kPrefix, property.name);
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
                  property, *text, kInterval.text));
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
  if (found->values == &kOwn) {
    return invalid(fmt::format("{} is kept by the table itself and cannot be set", name));
  }
  if (found->values->fit(value)) return {};
  if (found->values == &kOff) {
    return Error(ErrorCode::kUnsupported, fmt::format("{} = {} is not supported", name, value));
  }
  return invalid(fmt::format("{} is {}, not '{}'", name, found->values->text, value));
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
