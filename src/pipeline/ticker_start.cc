// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/logging.h"
#include "pipeline/sql_lexer.h"
#include "pipeline/ticker_internal.h"
#include "table/bronze.h"

namespace foz::pipeline {

namespace {

constexpr std::chrono::seconds kRefusedRetryAfter{10};  // a store that may not be written
constexpr std::string_view kAppIdStart = "foz/";
constexpr char kStateSchema[] = "system";

std::string state_name(const StreamingTable& spec) {
  return "state_" + spec.schema + "_" + spec.name;
}

}  // namespace

Result<std::unique_ptr<Ticker>> Ticker::start(EngineOptions options, Project project, log::Log& log,
                                              table::LiveTables& tables, sql::FlowEngine& flows,
                                              const Clock& clock, Metrics& metrics) {
  std::unique_ptr<Ticker> ticker(new Ticker(options, log, tables, clock, metrics));
  ticker->ticks_ = &metrics.counter("foz_ticks_total", "Ticks that published something.");
  ticker->tick_seconds_ =
      &metrics.histogram("foz_tick_seconds", "From the cut to the border, of one tick.");
  ticker->aborted_records_ = &metrics.counter(
      "foz_aborted_records_total", "Records of aborted transactions that were passed over.");
  ticker->control_batches_ =
      &metrics.counter("foz_control_batches_total", "Transactions' markers that were passed over.");
  ticker->lost_offsets_ = &metrics.counter("foz_lost_offsets_total",
                                           "Offsets that the log lost before they were read.");
  ticker->held_gauge_ =
      &metrics.gauge("foz_reading_held", "1 while nothing is read because the tails are full.");
  TRY(ticker->take_back_topics());
  for (StreamingTable& spec : project.tables) TRY(ticker->add_flow(std::move(spec), flows));
  ticker->refresh_topics();
  ticker->set_goals();
  for (const auto& flow : ticker->flows_) {
    if (!flow->failed.empty())
      log_error("pipeline", "flow stopped", {{"flow", flow->name}, {"reason", flow->failed}});
    ticker->note_status(*flow);
  }
  ticker->check_ready();
  return ticker;
}

// A log rebuilt after the loss of its disk goes on where the lake stands: beyond every position
// that any table has stored, also for a flow that is no more, since records with older offsets
// would be passed over when it comes back.
Status Ticker::take_back_topics() {
  if (!log_.is_new()) return {};
  const auto root = tables_.root();
  std::vector<std::pair<std::string, int64_t>> stored;
  for (const auto& view : root->tables) {
    if (!view->snapshot) continue;
    for (const auto& transaction : view->snapshot->transactions()) {
      if (!transaction.app_id.starts_with(kAppIdStart)) continue;
      stored.emplace_back(transaction.app_id, transaction.version);
    }
  }
  for (const table::RememberedTopic& remembered : table::remembered_topics(*root)) {
    if (log_.find_topic(remembered.topic.name)) continue;
    std::vector<log::Offset> starts = remembered.next;
    for (size_t p = 0; p < starts.size(); ++p) {
      const log::TopicPartition where{remembered.topic.id,
                                      log::PartitionId(static_cast<int32_t>(p))};
      const std::string ending = table::log_app_id("", where).substr(kAppIdStart.size());
      for (const auto& [app_id, next] : stored) {
        if (app_id.ends_with(ending)) starts[p] = std::max(starts[p], log::Offset(next));
      }
    }
    TRY(log_.create_topic(remembered.topic.name, static_cast<int32_t>(starts.size()),
                          remembered.topic.config, remembered.topic.id, starts)
            .within("taking back topic " + remembered.topic.name));
    log_info("pipeline", "took back a topic that the log had lost",
             {{"topic", remembered.topic.name}});
  }
  return {};
}

Status Ticker::add_flow(StreamingTable spec, sql::FlowEngine& engine) {
  flows_.push_back(std::make_unique<FlowState>());
  FlowState& flow = *flows_.back();
  flow.name = spec.schema + "." + spec.name;
  flow.app_name = lower(flow.name);
  flow.spec = spec;
  const auto known = [&](std::string_view schema, std::string_view name) -> FlowState* {
    const std::string wanted = lower(schema.empty() ? "silver" : schema) + "." + lower(name);
    for (const auto& other : flows_) {
      if (other.get() != &flow && other->app_name == wanted) return other.get();
    }
    return nullptr;
  };
  root_ = tables_.root();
  const auto resolve = [&](std::string_view schema,
                           std::string_view name) -> std::optional<std::shared_ptr<arrow::Schema>> {
    if (lower(schema) == table::kBronzeSchema) return table::bronze_schema();
    const FlowState* upstream = known(schema, name);
    if (!upstream) return std::nullopt;
    if (upstream->source_schema && upstream->failed.empty()) return view(upstream->target).schema;
    flow.failed = fmt::format("its source {} failed: {}", upstream->name, upstream->failed);
    return std::nullopt;
  };
  auto statement = engine.prepare(flow.spec.flow, resolve);
  if (!statement) {
    const sql::Diagnostic what = in_file(spec, statement.error());
    if (flow.failed.empty())
      flow.failed = fmt::format("{}:{}:{}: {}", spec.file, what.line, what.column, what.message);
    return {};
  }
  const auto& [schema, name] = (*statement)->source();
  flow.source = lower(schema.empty() ? "silver" : schema) + "." + lower(name);
  const bool over_topic = lower(schema) == table::kBronzeSchema;
  flow.upstream = over_topic ? nullptr : known(schema, name);
  if (!over_topic && !flow.upstream) {
    flow.failed = "its source " + flow.source + " is no table of this project";
    return {};
  }
  flow.source_schema = over_topic ? table::bronze_schema() : view(flow.upstream->target).schema;
  flow.runner = std::make_unique<FlowRunner>(std::move(spec), *std::move(statement));
  if (const Status made = ensure_tables(flow); !made) {
    if (passes(made.error().code())) return made;
    flow.failed = made.error().message();
  }
  if (flow.upstream && flow.failed.empty()) {
    flow.upstream->downstream.push_back(&flow);
    flow.upstream->runner->keep_origins();
  }
  return {};
}

Status Ticker::ensure_tables(FlowState& flow) {
  std::vector<table::TableId> upstream;
  if (flow.upstream) upstream.push_back(flow.upstream->target);
  const StreamingTable& spec = flow.spec;
  const auto columns = flow.runner->table_schema();
  flow.quarantine = TRY(tables_.ensure({.name = {spec.schema, spec.name + kQuarantineSuffix},
                                        .role = table::Role::kQuarantine,
                                        .schema = quarantine_schema(),
                                        .properties = {},
                                        .description = "Rows that " + flow.name + " could not take",
                                        .upstream = upstream,
                                        .quarantine = std::nullopt}));
  if (spec.cdc && spec.cdc->delete_when.end > 0) {
    flow.tombstones = TRY(tables_.ensure({.name = {kStateSchema, state_name(spec)},
                                          .role = table::Role::kState,
                                          .schema = tombstone_schema(*spec.cdc, *columns),
                                          // What is pruned is no reason to write the rest anew.
                                          .properties = {{"delta.enableDeletionVectors", "true"}},
                                          .description = "Keys that " + flow.name + " has deleted",
                                          .upstream = upstream,
                                          .quarantine = std::nullopt}));
    owners_[*flow.tombstones] = {nullptr, &flow, &FlowState::tombstones_blocked};
  }
  flow.target = TRY(tables_.ensure(
      {.name = {spec.schema, spec.name},
       .role = table::Role::kSilver,
       .schema = columns,
       .properties = spec.properties,
       .description = spec.comment,
       .upstream = upstream,
       .quarantine = flow.quarantine,
       .keys = spec.cdc ? key_columns(*spec.cdc, *columns) : std::vector<std::string>(),
       .tombstones = flow.tombstones,
       .forget_after_ms = flow.tombstones ? spec.tombstone_threshold_ms : 0}));
  owners_[flow.quarantine] = {nullptr, &flow, &FlowState::quarantine_blocked};
  owners_[flow.target] = {nullptr, &flow, &FlowState::target_blocked};
  root_ = tables_.root();
  flow.target_blocked = view(flow.target).blocked;
  flow.quarantine_blocked = view(flow.quarantine).blocked;
  if (flow.tombstones) flow.tombstones_blocked = view(*flow.tombstones).blocked;
  return {};
}

void Ticker::refresh_topics() {
  // In this order: a topic is never in neither list, but for a moment it may be in both.
  const std::vector<log::Topic> topics = log_.topics();
  const std::vector<log::Topic> deleted = log_.deleted_topics();
  std::set<log::TopicId> present;
  for (const log::Topic& topic : topics) present.insert(topic.id);
  for (const log::Topic& topic : deleted) present.insert(topic.id);
  std::vector<log::TopicId> gone;
  for (const auto& [id, topic] : topics_) {
    if (!present.contains(id)) gone.push_back(id);
  }
  for (const log::TopicId& id : gone) remove_topic(id);
  some_deleted_ = !deleted.empty();
  for (const log::Topic& topic : deleted) add_topic(topic, true);
  for (const log::Topic& topic : topics) add_topic(topic, false);
  settle_deleted();
}

void Ticker::add_topic(const log::Topic& topic, bool deleted) {
  if (const auto known = topics_.find(topic.id); known != topics_.end()) {
    known->second->deleted |= deleted;
    alter_topic(*known->second, topic);
    return mark_dirty(*known->second);
  }
  const std::string name = std::string(table::kBronzeSchema) + "." + log::lake_name(topic.name);
  const std::string source = lower(name);
  const bool is_read = std::ranges::any_of(
      flows_, [&](const auto& flow) { return !flow->upstream && flow->source == source; });
  if (!topic.config.bronze && !is_read) return;
  auto& state = topics_[topic.id];
  state = std::make_unique<TopicState>(log_, topic);
  state->name = name;
  state->source = source;
  state->deleted = deleted;
  topic_names_[topic.id] = topic.name;
  if (deleted && bronze_has_all(*state)) {
    // Only flows have yet to read it, some of it perhaps from there.
    const auto table = tables_.root()->find(table::kBronzeSchema, log::lake_name(topic.name));
    if (table) state->bronze = table->id;
  } else if (topic.config.bronze) {
    ensure_bronze(*state);
  }
  mark_dirty(*state);
}

void Ticker::alter_topic(TopicState& topic, const log::Topic& to) {
  const bool same = topic.topic.partitions == to.partitions && topic.topic.config == to.config;
  topic.topic = to;
  if (!same && topic.bronze && !topic.deleted) update_bronze(topic);
}

void Ticker::remove_topic(log::TopicId id) {
  const auto found = topics_.find(id);
  TopicState* topic = found->second.get();
  for (FlowState* flow : topic->flows) {
    flow->topic = nullptr;
    flow->behind = false;
    note_status(*flow);
  }
  if (topic->bronze) {
    const auto owner = owners_.find(*topic->bronze);
    if (owner != owners_.end() && owner->second.topic == topic) owners_.erase(owner);
  }
  std::erase(dirty_, topic);
  {
    std::lock_guard lock(status_mutex_);
    status_.erase(topic->name);
  }
  const std::string name = topic->name;
  topics_.erase(found);
  for (const auto& [other_id, other] : topics_) {
    if (other->name == name && other->bronze) note_status(*other);
  }
}

table::TableSpec Ticker::bronze_spec(const log::Topic& topic) const {
  return {.name = {table::kBronzeSchema, log::lake_name(topic.name)},
          .role = table::Role::kBronze,
          .schema = table::bronze_schema(),
          .properties = table::topic_properties(topic),
          .description = "Topic " + topic.name,
          .upstream = {},
          .quarantine = std::nullopt};
}

// Settings and partitions, for a log that must be rebuilt from the lake.
void Ticker::update_bronze(TopicState& topic) {
  const auto done = tables_.ensure(bronze_spec(topic.topic));
  topic.outdated = !done;
  if (done) return;
  const bool soon = passes(done.error().code());
  if (!soon) {
    log_warn("pipeline", "the bronze table does not know the topic's new settings",
             {{"topic", topic.topic.name}, {"reason", done.error().message()}});
  }
  const Time again = clock_.steady() + (soon ? kRetryAfter : kRefusedRetryAfter);
  retry_at_ = std::min(retry_at_.value_or(again), again);
}

void Ticker::ensure_bronze(TopicState& topic) {
  topic.ensure_again = topic.refused = false;
  topic.error.clear();
  if (const TopicState* first = before(topic)) {
    topic.refused = first->refused || !first->blocked.empty();
    topic.ensure_again = !topic.refused;
    topic.error = "waits for the rest of the deleted topic of this name";
    if (!retry_at_) retry_at_ = clock_.steady() + kRetryAfter;
    return;
  }
  auto made = tables_.ensure(bronze_spec(topic.topic));
  if (made) {
    topic.bronze = *made;
    topic.reset = true;
    topic.blocked = tables_.root()->tables[static_cast<size_t>(made->value())]->blocked;
    owners_[*made] = {&topic, nullptr, nullptr};
    pin(topic);
    mark_dirty(topic);
  } else {
    topic.error = made.error().message();
    const ErrorCode code = made.error().code();
    topic.ensure_again = passes(code);
    topic.refused = code == ErrorCode::kDenied || code == ErrorCode::kIo;
    const Time again = clock_.steady() + (topic.refused ? kRefusedRetryAfter : kRetryAfter);
    if (topic.ensure_again || topic.refused) retry_at_ = std::min(retry_at_.value_or(again), again);
    log_error("pipeline", "cannot make a bronze table",
              {{"topic", topic.topic.name}, {"reason", topic.error}});
  }
  note_status(topic);
}

// What bronze has committed, the log may forget.
void Ticker::pin(const TopicState& topic) {
  const auto positions = tables_.positions(*topic.bronze);
  for (size_t p = 0; p < static_cast<size_t>(topic.topic.partitions); ++p) {
    const auto found = positions.find(table::log_app_id(table::kBronzeSchema, topic.partition(p)));
    const auto offsets = log_.offsets(topic.partition(p));
    if (found == positions.end() || !offsets) continue;
    log_.pin(topic.partition(p), std::min(log::Offset(found->second), offsets->durable_end));
  }
}

void Ticker::set_goals() {
  for (const auto& [id, topic] : topics_) {
    for (size_t p = 0; p < static_cast<size_t>(topic->topic.partitions); ++p) {
      const auto offsets = log_.offsets(topic->partition(p));
      topic->goal.push_back(offsets ? offsets->last_stable.value() : 0);
    }
  }
}

}  // namespace foz::pipeline
