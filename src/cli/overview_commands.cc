// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz topics` and `foz tables`: what a running server says of itself.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/aligned_table.h"
#include "cli/commands.h"
#include "net/http.h"

namespace foz::cli {
namespace {

using Json = nlohmann::ordered_json;  // fields stay in their order

Result<Json> overview(const std::string& server) {
  const net::HttpReply reply =
      TRY(net::http_request("GET", server + "/api/overview", {}, "", std::chrono::seconds(30)));
  Json parsed = Json::parse(reply.body, nullptr, false);
  if (reply.status != 200 || parsed.is_discarded()) {
    return Error(ErrorCode::kUnavailable,
                 fmt::format("{} does not answer as foz does (HTTP {})", server, reply.status));
  }
  return parsed;
}

std::string text_of(const Json& object, const char* field) {
  if (!object.contains(field) || object[field].is_null()) return "";
  return object[field].is_string() ? object[field].get<std::string>() : object[field].dump();
}

struct Shown {
  const char* title;
  const char* field;
  bool right;
};

Status print_list(const std::string& server, const char* list, bool json,
                  std::span<const Shown> shown) {
  const Json all = TRY(overview(server));
  const Json& items = all.at(list);
  if (json) {
    for (const Json& item : items) fmt::print("{}\n", item.dump());
    return {};
  }
  std::vector<AlignedColumn> columns;
  for (const Shown& each : shown) columns.push_back({each.title, each.right});
  std::vector<std::vector<std::string>> rows;
  for (const Json& item : items) {
    auto& row = rows.emplace_back();
    for (const Shown& each : shown) row.push_back(text_of(item, each.field));
  }
  fmt::print("{}", aligned_table(columns, rows));
  return {};
}

}  // namespace

Status run_topics(const std::string& server, bool json) {
  static constexpr Shown kShown[] = {{"topic", "name", false},
                                     {"partitions", "partitions", true},
                                     {"records", "records", true},
                                     {"table", "table", false},
                                     {"id", "id", false}};
  return print_list(server, "topics", json, kShown);
}

Status run_tables(const std::string& server, bool json) {
  static constexpr Shown kShown[] = {{"table", "name", false},
                                     {"version", "version", true},
                                     {"files", "files", true},
                                     {"bytes", "bytes", true},
                                     {"rows in tail", "tail_rows", true},
                                     {"freshness p99 s", "freshness_p99_s", true},
                                     {"blocked", "blocked", false}};
  return print_list(server, "tables", json, kShown);
}

}  // namespace foz::cli
