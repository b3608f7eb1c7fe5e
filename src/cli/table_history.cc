// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz table history`.
#include <fmt/format.h>

#include "base/json_writer.h"
#include "cli/aligned_table.h"
#include "cli/table_commands.h"
#include "cli/table_place.h"
#include "cli/table_version.h"
#include "delta/history.h"

namespace foz::cli {
namespace {

void print_json(const delta::HistoryEntry& entry) {
  JsonWriter json;
  const auto text = [&](const char* name, const std::optional<std::string>& value) {
    if (value) json.field(name, *value);
  };
  json.begin_object().field("version", entry.version.value());
  json.field("timestamp", time_text(entry.timestamp_ms));
  text("operation", entry.operation);
  for (const auto& [name, map] : {std::pair{"operationParameters", &entry.parameters},
                                  std::pair{"operationMetrics", &entry.metrics}}) {
    json.key(name).begin_object();
    for (const auto& [key, value] : *map) json.field(key, value);
    json.end_object();
  }
  if (entry.read_version) json.field("readVersion", *entry.read_version);
  if (entry.blind_append) json.field("isBlindAppend", *entry.blind_append);
  text("isolationLevel", entry.isolation_level);
  text("userName", entry.user_name);
  text("userMetadata", entry.user_metadata);
  text("engineInfo", entry.engine);
  json.end_object();
  fmt::print("{}\n", json.text());
}

// "numOutputRows=12 numAddedFiles=1": what is not zero.
std::string metrics_text(const delta::HistoryEntry& entry) {
  std::string out;
  for (const auto& [name, value] : entry.metrics) {
    if (value == "0") continue;
    out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, value);
  }
  return out;
}

}  // namespace

Status run_table_history(const TableOptions& options, int64_t limit) {
  const auto place = TRY(open_place(options.path));
  const auto entries = TRY(delta::history(*place->table, static_cast<size_t>(limit)));
  if (options.json) {
    for (const auto& entry : entries) print_json(entry);
    return {};
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : entries) {
    rows.push_back({std::to_string(entry.version.value()), time_text(entry.timestamp_ms),
                    entry.operation.value_or(""), entry.engine.value_or(""), metrics_text(entry)});
  }
  fmt::print("{}", aligned_table({{"version", true},
                                  {"time", false},
                                  {"operation", false},
                                  {"engine", false},
                                  {"metrics", false}},
                                 rows));
  return {};
}

}  // namespace foz::cli
