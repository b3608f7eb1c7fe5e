// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Deleted topics: what was acknowledged reaches bronze and the flows all the same, and then the log
// lets go. A topic that has the name of one by then waits with its table: a bronze tail holds one
// topic. Flows go on to it when they have read the deleted one to its end, and back when what they
// read of that is lost.
#include <algorithm>

#include "base/logging.h"
#include "pipeline/ticker_internal.h"
#include "table/bronze.h"

namespace foz::pipeline {

// What is left of deleted topics comes before the topic that has their name now.
void Ticker::choose_topic(FlowState& flow) {
  if (flow.upstream) return;
  TopicState* chosen = nullptr;
  for (const auto& [id, topic] : topics_) {
    if (topic->source != flow.source || topic->finished.contains(&flow)) continue;
    if (!topic->deleted) {
      if (!chosen || !chosen->topic.config.bronze) chosen = topic.get();
    } else if (has_all(*topic, flow.app_name, flow.spec.schema, flow.spec.name)) {
      topic->finished.insert(&flow);
    } else {
      chosen = topic.get();
      break;
    }
  }
  if (flow.topic == chosen) return;
  if (flow.topic) std::erase(flow.topic->flows, &flow);
  flow.topic = chosen;
  flow.behind = false;
  if (chosen) {
    chosen->flows.push_back(&flow);
    flow.reset = true;
    flow.cursors = stored_cursors(flow);
    mark_dirty(*chosen);
  }
  note_status(flow);
}

bool Ticker::has_all(const TopicState& topic, std::string_view flow, std::string_view schema,
                     std::string_view name) const {
  const bool is_bronze = flow == table::kBronzeSchema;
  const auto table = tables_.root()->find(schema, name);
  const auto positions = table ? tables_.positions(table->id) : std::map<std::string, int64_t>{};
  for (size_t p = 0; p < static_cast<size_t>(topic.topic.partitions); ++p) {
    const auto offsets = log_.offsets(topic.partition(p));
    if (!offsets) continue;
    const auto found = positions.find(table::log_app_id(flow, topic.partition(p)));
    // Below the log's start bronze has what there is, for flows to read.
    const int64_t unread = is_bronze ? offsets->log_start.value() : 0;
    const int64_t reached = found == positions.end() ? unread : found->second;
    if (reached < offsets->durable_end.value()) return false;
  }
  return true;
}

bool Ticker::bronze_has_all(const TopicState& topic) const {
  return has_all(topic, table::kBronzeSchema, table::kBronzeSchema,
                 log::lake_name(topic.topic.name));
}

// Its tail included.
bool Ticker::bronze_has_read_all(const TopicState& topic) const {
  if (!topic.bronze_active()) return false;
  for (size_t p = 0; p < static_cast<size_t>(topic.topic.partitions); ++p) {
    const auto offsets = log_.offsets(topic.partition(p));
    if (!offsets) continue;
    if (p >= topic.cursors.size() || topic.cursors[p].next < offsets->durable_end.value())
      return false;
  }
  return true;
}

// The log lets go of deleted topics when bronze and the flows have stored all of them. A flow that
// has failed is not waited for.
void Ticker::settle_deleted() {
  committed_ = false;
  std::vector<log::TopicId> settled;
  for (const auto& [id, topic] : topics_) {
    if (!topic->deleted || !bronze_has_all(*topic)) continue;
    const bool awaited = std::ranges::any_of(flows_, [&](const auto& flow) {
      return !flow->upstream && flow->failed.empty() && flow->source == topic->source &&
             !has_all(*topic, flow->app_name, flow->spec.schema, flow->spec.name);
    });
    if (!awaited) settled.push_back(id);
  }
  for (const log::TopicId& id : settled) {
    log_info("pipeline", "a deleted topic is in the lake as a whole: its log goes",
             {{"topic", topic_names_[id]}, {"table", topics_[id]->name}});
    log_.let_go(id);
    remove_topic(id);
  }
  for (const auto& flow : flows_) choose_topic(*flow);
}

// A deleted topic of the same table that bronze has yet to read: two must not mix in one tail.
const TopicState* Ticker::before(const TopicState& topic) const {
  if (!some_deleted_) return nullptr;
  for (const auto& [id, other] : topics_) {
    if (!other->deleted || id == topic.topic.id || other->source != topic.source) continue;
    // Of two deleted ones, that which has begun; else any, but the same for both.
    if (!other->bronze && topic.deleted && topic.topic.id < id) continue;
    if (!bronze_has_read_all(*other) && !bronze_has_all(*other)) return other.get();
  }
  return nullptr;
}

}  // namespace foz::pipeline
