// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/query_list_internal.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>

namespace foz::trino {

namespace {

// "2026-01-01T00:00:00.000Z"
std::string instant(int64_t micros) {
  const std::chrono::sys_time<std::chrono::milliseconds> time{
      std::chrono::milliseconds(micros / 1000)};
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}Z", time);
}

// "12.00ms", "1.50m": a number with two digits and the largest unit of which there is one.
std::string duration(int64_t millis) {
  static constexpr std::pair<int64_t, const char*> kUnits[] = {
      {86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};
  for (const auto& [size, unit] : kUnits) {
    if (millis >= size)
      return fmt::format("{:.2f}{}", static_cast<double>(millis) / static_cast<double>(size), unit);
  }
  return fmt::format("{:.2f}ms", static_cast<double>(millis));
}

void optional_field(JsonWriter& json, std::string_view name, const std::string& text) {
  if (!text.empty()) json.field(name, text);
}

void write_session(JsonWriter& json, const QueryRecord& record) {
  const sql::QueryInfo& info = record.info;
  json.begin_object();
  json.field("queryId", info.id);
  json.field("transactionId", info.transaction);
  json.field("user", info.user);
  json.field("principal", info.user);
  optional_field(json, "source", record.client.source);
  optional_field(json, "catalog", info.catalog);
  optional_field(json, "schema", info.schema);
  optional_field(json, "clientInfo", record.client.client_info);
  json.key("clientTags").begin_array();
  std::string_view tags = record.client.client_tags;
  while (!tags.empty()) {
    const std::string_view tag = tags.substr(0, tags.find(','));
    if (!tag.empty()) json.string(tag);
    tags.remove_prefix(std::min(tags.size(), tag.size() + 1));
  }
  json.end_array();
  optional_field(json, "userAgent", record.client.user_agent);
  optional_field(json, "remoteUserAddress", record.client.address);
  json.end_object();
}

void write_stats(JsonWriter& json, const sql::QueryInfo& info) {
  const bool began = info.started_us != 0, over = info.over();
  json.begin_object();
  json.field("createTime", instant(info.created_us));
  if (began) json.field("executionStartTime", instant(info.started_us));
  json.field("lastHeartbeat", instant(info.asked_us));
  if (over) json.field("endTime", instant(info.ended_us));
  json.field("elapsedTime", duration(info.elapsed_ms));
  json.field("queuedTime", duration(info.queued_ms));
  json.field("planningTime", duration(info.planning_ms));
  json.field("executionTime", duration(std::max<int64_t>(0, info.elapsed_ms - info.queued_ms)));
  json.field("totalDrivers", 1);
  json.field("queuedDrivers", began || over ? 0 : 1);
  json.field("runningDrivers", began && !over ? 1 : 0);
  json.field("completedDrivers", over ? 1 : 0);
  json.field("outputPositions", info.rows);
  json.field("outputDataSize", fmt::format("{}B", info.bytes));
  json.field("progressPercentage", over ? 100.0 : 0.0);
  json.end_object();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '&': out += "&amp;"; break;
      case '"': out += "&quot;"; break;
      default: out += c;
    }
  }
  return out;
}

}  // namespace

void QueryHistory::add(QueryRecord record) {
  bytes_ += record.info.text.size();
  records_.push_back(std::move(record));
  while (records_.size() > kMost || bytes_ > kMostBytes) {
    bytes_ -= records_.front().info.text.size();
    records_.pop_front();
  }
}

void write_query(JsonWriter& json, const QueryRecord& record, const std::string& base) {
  const sql::QueryInfo& info = record.info;
  json.begin_object();
  json.field("queryId", info.id);
  json.key("session");
  write_session(json, record);
  json.key("resourceGroupId").begin_array().string("global").end_array();
  json.field("state", info.state);
  json.field("scheduled", info.started_us != 0);
  json.field("finalQueryInfo", info.over());
  json.field("self", base + "/v1/query/" + info.id);
  json.field("query", info.text);
  optional_field(json, "updateType", info.update_type);
  json.key("queryStats");
  write_stats(json, info);
  if (!info.error_name.empty()) {
    json.field("errorType", info.error_type);
    json.key("errorCode").begin_object();
    json.field("code", info.error_code);
    json.field("name", info.error_name);
    json.field("type", info.error_type);
    json.end_object();
    json.key("failureInfo").begin_object();
    json.field("type", "io.trino.spi.TrinoException");
    json.field("message", info.error_message);
    json.end_object();
  }
  json.end_object();
}

std::string query_list_json(const std::vector<QueryRecord>& records, const std::string& base) {
  JsonWriter json;
  json.begin_array();
  for (const QueryRecord& record : records) write_query(json, record, base);
  json.end_array();
  return json.take();
}

std::string query_page(const QueryRecord& record, const std::string& base) {
  const sql::QueryInfo& info = record.info;
  std::string rows;
  const auto row = [&](const char* name, const std::string& value) {
    if (!value.empty())
      rows += fmt::format("<tr><th>{}</th><td>{}</td></tr>\n", name, escaped(value));
  };
  row("State", info.state);
  row("User", info.user);
  row("Source", record.client.source);
  row("Address", record.client.address);
  row("Catalog", info.catalog);
  row("Schema", info.schema);
  row("Created", instant(info.created_us));
  if (info.over()) row("Ended", instant(info.ended_us));
  row("Elapsed", duration(info.elapsed_ms));
  row("Queued", duration(info.queued_ms));
  row("Planning", duration(info.planning_ms));
  row("Rows sent", std::to_string(info.rows));
  row("Bytes sent", std::to_string(info.bytes));
  if (!info.error_name.empty()) row("Error", info.error_name + ": " + info.error_message);
  return fmt::format(
      "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Query {0}</title>\n"
      "<style>body{{font:15px/1.5 system-ui,sans-serif;margin:2rem}}th{{text-align:left;"
      "padding-right:2rem;font-weight:600}}pre{{padding:1rem;background:#8882;overflow:auto}}"
      "</style>\n<h1>Query {0}</h1>\n<table>\n{1}</table>\n<pre>{2}</pre>\n"
      "<p><a href=\"{3}/v1/query/{0}\">JSON</a> · <a href=\"{3}/v1/query\">All queries</a></p>\n",
      escaped(info.id), rows, escaped(info.text), escaped(base));
}

}  // namespace foz::trino
