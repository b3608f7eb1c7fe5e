// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "web/overview.h"

#include <algorithm>
#include <map>

#include "base/json_writer.h"

namespace foz::web {
namespace {

void write_counts(JsonWriter& json, const table::RowCounts& counts) {
  json.key("counts").begin_object();
  json.field("input", counts.input)
      .field("written", counts.written)
      .field("filtered", counts.filtered);
  json.field("dropped", counts.dropped).field("duplicates", counts.duplicates);
  json.field("quarantined", counts.quarantined).end_object();
}

void write_topics(JsonWriter& json, const log::Log& log) {
  std::vector<log::Topic> topics = log.topics();
  std::ranges::sort(topics, {}, &log::Topic::name);
  json.key("topics").begin_array();
  for (const log::Topic& topic : topics) {
    int64_t begin = 0, end = 0;
    for (int32_t i = 0; i < topic.partitions; ++i) {
      const auto offsets = log.offsets({topic.id, log::PartitionId(i)});
      if (!offsets) continue;  // deleted meanwhile
      begin += offsets->log_start.value();
      end += offsets->durable_end.value();
    }
    json.begin_object().field("name", topic.name).field("id", topic.id.to_string());
    json.field("partitions", topic.partitions).field("records", end).field("log_start", begin);
    json.field("table", topic.config.bronze ? "bronze." + log::lake_name(topic.name) : "")
        .end_object();
  }
  json.end_array();
}

void write_flows(JsonWriter& json, const pipeline::Engine& engine) {
  json.key("flows").begin_array();
  for (const pipeline::FlowStatus& flow : engine.flows()) {
    json.begin_object()
        .field("name", flow.name)
        .field("source", flow.source)
        .field("state", flow.state);
    json.field("error", flow.error)
        .field("lag_records", flow.lag_records)
        .field("tick_ms", flow.tick_ms);
    write_counts(json, flow.counts);
    json.key("violations").begin_object();
    for (const auto& [expectation, rows] : flow.violations) json.field(expectation, rows);
    json.end_object().end_object();
  }
  json.end_array();
}

// The histogram of each table.
using Freshness = std::map<std::string, const Histogram*, std::less<>>;
Freshness find_freshness(const Metrics& metrics) {
  Freshness found;
  metrics.each([&](const Metrics::Family& family) {
    if (family.name != "foz_freshness_seconds") return;
    for (const auto& [labels, histogram] : family.histograms)
      found.emplace(labels.at(0).second, histogram.get());
  });
  return found;
}

void write_tables(JsonWriter& json, const table::LiveTables& tables, const Metrics& metrics) {
  const Freshness freshness = find_freshness(metrics);
  json.key("freshness_bounds_s").begin_array();
  for (size_t i = 0; i < Histogram::kBuckets; ++i) json.number(Histogram::bound(i));
  json.end_array();
  json.key("tables").begin_array();
  for (const table::LiveTables::Stats& table : tables.stats()) {
    json.begin_object().field("name", table.name.to_string()).field("version", table.version);
    json.field("files", table.files).field("bytes", table.bytes);
    json.field("tail_rows", table.tail_rows).field("tail_bytes", table.tail_bytes);
    json.field("commits", table.commits).field("discards", table.discards);
    json.field("freshness_p50_s", table.freshness_p50_s)
        .field("freshness_p99_s", table.freshness_p99_s);
    json.key("freshness_rows").begin_array();
    if (const auto found = freshness.find(table.name.to_string()); found != freshness.end()) {
      for (size_t i = 0; i <= Histogram::kBuckets; ++i) json.number(found->second->cumulative(i));
    }
    json.end_array();
    json.field("last_commit_s", table.last_commit_s).field("blocked", table.blocked);
    write_counts(json, table.counts);
    json.end_object();
  }
  json.end_array();
}

}  // namespace

std::string overview_json(const Sources& sources) {
  JsonWriter json;
  json.begin_object().field("project", sources.project).field("version", sources.version);
  json.field("lake", sources.lake_url)
      .field("now_ms", sources.clock->now_ms())
      .field("ready", sources.engine->ready());
  write_topics(json, *sources.log);
  write_flows(json, *sources.engine);
  write_tables(json, *sources.tables, *sources.metrics);
  const log::Log::Stats stats = sources.log->stats();
  json.key("log")
      .begin_object()
      .field("bytes", stats.bytes)
      .field("memory_bytes", stats.memory_bytes);
  json.field("queued_bytes", stats.queued_bytes).end_object();
  json.end_object();
  return json.take();
}

}  // namespace foz::web
