// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "web/overview.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "base/json_writer.h"
#include "base/thread.h"

namespace foz::web {
namespace {

constexpr std::chrono::seconds kLook{1};

void write_counts(JsonWriter& json, const table::RowCounts& counts) {
  json.key("counts").begin_object();
  json.field("input", counts.input)
      .field("written", counts.written)
      .field("filtered", counts.filtered);
  json.field("dropped", counts.dropped).field("duplicates", counts.duplicates);
  json.field("quarantined", counts.quarantined).end_object();
}

std::string topic_json(const log::Log& log, const log::Topic& topic) {
  int64_t begin = 0, end = 0;
  for (int32_t i = 0; i < topic.partitions; ++i) {
    const auto offsets = log.offsets({topic.id, log::PartitionId(i)});
    if (!offsets) continue;  // deleted meanwhile
    begin += offsets->visible_start.value();
    end += offsets->durable_end.value();
  }
  JsonWriter json;
  json.begin_object().field("name", topic.name).field("id", topic.id.to_string());
  json.field("partitions", topic.partitions).field("records", end).field("log_start", begin);
  json.field("table", topic.config.bronze ? "bronze." + log::lake_name(topic.name) : "");
  json.end_object();
  return json.take();
}

std::string flow_json(const pipeline::FlowStatus& flow) {
  JsonWriter json;
  json.begin_object().field("name", flow.name).field("source", flow.source);
  json.field("state", flow.state).field("error", flow.error);
  json.field("lag_records", flow.lag_records).field("tick_ms", flow.tick_ms);
  write_counts(json, flow.counts);
  json.key("violations").begin_object();
  for (const auto& [expectation, rows] : flow.violations) json.field(expectation, rows);
  json.end_object().end_object();
  return json.take();
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

std::string table_json(const table::LiveTables::Stats& table, std::string_view role,
                       const Histogram* freshness) {
  JsonWriter json;
  json.begin_object().field("name", table.name.to_string()).field("role", role);
  json.field("version", table.version).field("files", table.files).field("bytes", table.bytes);
  json.field("tail_rows", table.tail_rows).field("tail_bytes", table.tail_bytes);
  json.field("commits", table.commits).field("discards", table.discards);
  json.field("freshness_p50_s", table.freshness_p50_s)
      .field("freshness_p99_s", table.freshness_p99_s);
  json.key("freshness_rows").begin_array();
  for (size_t i = 0; freshness && i <= Histogram::kBuckets; ++i)
    json.number(freshness->cumulative(i));
  json.end_array();
  json.field("last_commit_s", table.last_commit_s).field("blocked", table.blocked);
  write_counts(json, table.counts);
  json.end_object();
  return json.take();
}

}  // namespace

std::string_view to_string(table::Role role) {
  switch (role) {
    case table::Role::kBronze: return "bronze";
    case table::Role::kSilver: return "silver";
    case table::Role::kQuarantine: return "quarantine";
    case table::Role::kState: return "state";
    case table::Role::kForeign: return "foreign";
  }
  return "";
}

Overview::Overview(const Sources& sources)
    : sources_(sources),
      started_ms_(sources.clock->now_ms()),
      now_ms_(started_ms_),
      events_(started_ms_) {
  {
    std::lock_guard lock(mutex_);
    note("started", sources_.project, "foz " + sources_.version);
    look();
  }
  looker_ = std::thread([this] { look_forever(); });
}

Overview::~Overview() {
  {
    std::lock_guard lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
  }
  looker_.join();
}

std::string Overview::json() {
  std::lock_guard lock(mutex_);
  look();
  return answer(-1);
}

std::string Overview::json(int64_t since) {
  std::lock_guard lock(mutex_);
  if (sources_.clock->steady() - looked_ >= kLook) look();
  return answer(since);
}

std::string Overview::events(int64_t after) {
  std::lock_guard lock(mutex_);
  return events_.json(after);
}

void Overview::look_forever() {
  name_thread("overview");
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, kLook, [&] { return stopped_; })) {
    if (sources_.clock->steady() - looked_ >= kLook) look();
  }
}

void Overview::look() {
  looked_ = sources_.clock->steady();
  now_ms_ = std::max(now_ms_ + 1, sources_.clock->now_ms());
  if (!std::exchange(ready_, sources_.engine->ready()) && ready_)
    note("ready", sources_.project, "the log is replayed");
  if (const auto failed = sources_.log->failure(); failed && failure_.empty()) {
    failure_ = failed->message();
    note("log failed", sources_.project, failure_);
  }
  look_at_topics();
  look_at_flows();
  look_at_tables();
  first_ = false;
}

void Overview::look_at_topics() {
  for (const log::Topic& topic : sources_.log->topics()) {
    if (!first_ && !topics_.contains(topic.name)) {
      note("topic made", topic.name,
           fmt::format("{} partition{}", topic.partitions, topic.partitions == 1 ? "" : "s"));
    }
    keep(topics_, topic.name, topic_json(*sources_.log, topic));
  }
  forget_unseen(topics_, "topic deleted");
}

void Overview::look_at_flows() {
  for (const pipeline::FlowStatus& flow : sources_.engine->flows()) {
    note_flow(flow);
    keep(flows_, flow.name, flow_json(flow));
  }
  forget_unseen(flows_, "");
}

void Overview::note_flow(const pipeline::FlowStatus& flow) {
  FlowMark& mark = flow_marks_[flow.name];
  if (flow.counts.quarantined > mark.quarantined) {
    note("quarantined", flow.name, "", flow.counts.quarantined - mark.quarantined);
  }
  mark.quarantined = flow.counts.quarantined;
  // A blocked table tells its story itself.
  const std::string& error = flow.state == "blocked" ? mark.error : flow.error;
  if (error == mark.error) return;
  note(error.empty() ? "recovered" : "failed", flow.name, error);
  mark.error = error;
}

void Overview::look_at_tables() {
  const Freshness freshness = find_freshness(*sources_.metrics);
  const auto root = sources_.tables->root();
  for (const table::LiveTables::Stats& table : sources_.tables->stats()) {
    const std::string name = table.name.to_string();
    const auto view = root->find(table.name.schema, table.name.name);
    const auto histogram = freshness.find(name);
    note_table(table, tables_.contains(name));
    keep(tables_, name,
         table_json(table, view ? to_string(view->role) : "",
                    histogram == freshness.end() ? nullptr : histogram->second));
  }
  forget_unseen(tables_, "");
}

void Overview::note_table(const table::LiveTables::Stats& table, bool known) {
  const std::string name = table.name.to_string();
  TableMark& mark = table_marks_[name];
  if (!known && !first_) note("table made", name, "");
  if (table.commits > mark.commits) {
    note("committed", name, fmt::format("version {}", table.version), table.commits - mark.commits);
  }
  if (table.discards > mark.discards) {
    note("discarded", name, "its tail; it is read again from the last commit",
         table.discards - mark.discards);
  }
  if (table.blocked != mark.blocked)
    note(table.blocked.empty() ? "unblocked" : "blocked", name, table.blocked);
  mark = {table.commits, table.discards, table.blocked};
}

void Overview::keep(Entries& entries, std::string_view name, std::string json) {
  Entry& entry = entries.try_emplace(std::string(name)).first->second;
  entry.seen_ms = now_ms_;
  if (entry.json == json) return;
  entry.json = std::move(json);
  entry.changed_ms = now_ms_;
}

void Overview::forget_unseen(Entries& entries, std::string_view event) {
  std::erase_if(entries, [&](const auto& each) {
    if (each.second.seen_ms == now_ms_) return false;
    removed_ms_ = now_ms_;
    if (!event.empty()) note(event, each.first, "");
    return true;
  });
}

std::string Overview::answer(int64_t since) const {
  const bool whole = since < started_ms_ || since > now_ms_ || since < removed_ms_;
  JsonWriter json;
  json.begin_object().field("project", sources_.project).field("version", sources_.version);
  json.field("lake", sources_.lake_url).field("kafka", sources_.kafka);
  json.field("started_ms", started_ms_)
      .field("now_ms", now_ms_)
      .field("whole", whole)
      .field("ready", ready_);
  json.field("failure", failure_).field("last_event", events_.last_id());
  json.key("freshness_bounds_s").begin_array();
  for (size_t i = 0; i < Histogram::kBuckets; ++i) json.number(Histogram::bound(i));
  json.end_array();
  const auto write = [&](std::string_view name, const Entries& entries) {
    json.key(name).begin_array();
    for (const auto& [_, entry] : entries) {
      if (whole || entry.changed_ms > since) json.raw(entry.json);
    }
    json.end_array();
  };
  write("topics", topics_);
  write("flows", flows_);
  write("tables", tables_);
  const log::Log::Stats stats = sources_.log->stats();
  json.key("log").begin_object().field("bytes", stats.bytes);
  json.field("memory_bytes", stats.memory_bytes).field("queued_bytes", stats.queued_bytes);
  json.end_object().end_object();
  return json.take();
}

}  // namespace foz::web
