// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/logging.h"
#include "pipeline/ticker_internal.h"

namespace foz::pipeline {

namespace {

constexpr int64_t kMostMarkers = 8;   // looked over for a record
constexpr int64_t kOldRows = 50'000;  // of one partition, read from bronze at once

std::vector<int64_t> nexts(const std::vector<Cursor>& cursors) {
  std::vector<int64_t> out;
  for (const Cursor& cursor : cursors) out.push_back(cursor.next);
  return out;
}

bool any_below(const std::vector<int64_t>& reached, const std::vector<int64_t>& limits) {
  for (size_t p = 0; p < reached.size(); ++p) {
    if (reached[p] < limits[p]) return true;
  }
  return false;
}

}  // namespace

void Ticker::cut_topic(TopicState& topic, int64_t max_bytes) {
  const auto began = clock_.steady();
  if (!refresh_ends(topic)) return;
  if (topic.bronze) topic.error.clear();  // of an earlier cut
  if (topic.bronze && topic.blocked.empty() && topic.reset) reset_bronze(topic);
  if (topic.bronze_active() && !meets_end(topic)) return;
  if (topic.bronze_active()) meet_gaps(topic);
  const std::vector<Cursor>* lead = leader(topic);
  if (!lead) return;
  const std::vector<int64_t> from = nexts(*lead);
  if (!any_below(from, topic.ends)) {
    topic.cut = Cut{from, from, nullptr};
    return;
  }
  auto cut = topic.reader.read(from, topic.ends, max_bytes);
  if (!cut) {
    topic.error = cut.error().message();
    log_error("pipeline", "cannot read the log",
              {{"topic", topic.topic.name}, {"reason", topic.error}});
    topic.in_tick = false;  // its flows would fare no better
    topic.read_again = true;
    if (!retry_at_) retry_at_ = clock_.steady() + kRetryAfter;
    return note_status(topic);
  }
  topic.cut = *std::move(cut);
  aborted_records_->add(topic.cut->passed.aborted_records);
  control_batches_->add(topic.cut->passed.control_batches);
  if (any_below(topic.cut->to, topic.ends)) mark_dirty(topic);
  if (!topic.bronze_active()) return;
  table::TableRows added{*topic.bronze, {}, {}, {}, {}, ready_ ? topic.arrived_us : 0};
  const int64_t rows = topic.cut->rows->num_rows();
  if (rows > 0) added.batches.push_back({topic.cut->rows, nullptr});
  added.counts.input = added.counts.written = rows;
  for (size_t p = 0; p < from.size(); ++p) {
    Cursor& cursor = topic.cursors[p];
    if (topic.cut->to[p] == cursor.next && cursor.from == cursor.next) continue;
    if (topic.cut->to[p] == from[p] && !cursor.from) continue;
    added.moves.push_back({table::log_app_id(table::kBronzeSchema, topic.partition(p)),
                           cursor.from,
                           topic.cut->to[p],
                           {}});
    cursor = {topic.cut->to[p], topic.cut->to[p]};
  }
  topic.counts.input += rows;
  topic.counts.written += rows;
  tick_rows_.push_back(std::move(added));
  topic.tick_ms = std::chrono::duration<double, std::milli>(clock_.steady() - began).count();
}

bool Ticker::refresh_ends(TopicState& topic) {
  const auto partitions = static_cast<size_t>(topic.topic.partitions);
  topic.starts.resize(partitions);
  topic.ends.resize(partitions);
  topic.gaps.resize(partitions);
  for (size_t p = 0; p < partitions; ++p) {
    const auto offsets = log_.offsets(topic.partition(p));
    if (!offsets) return false;  // deleted: the log's next word will be about topics
    topic.starts[p] = offsets->log_start.value();
    const int64_t end = offsets->last_stable.value();
    // Read before the log's word of them has come.
    if (end > topic.ends[p] && topic.arrived_us == 0) topic.arrived_us = clock_.now_us();
    topic.ends[p] = end;
    if (p >= topic.cursors.size()) topic.cursors.push_back({std::nullopt, topic.starts[p]});
  }
  return true;
}

void Ticker::reset_bronze(TopicState& topic) {
  const auto positions = tables_.positions(*topic.bronze);
  for (size_t p = 0; p < topic.cursors.size(); ++p) {
    const auto found = positions.find(table::log_app_id(table::kBronzeSchema, topic.partition(p)));
    topic.cursors[p] = found == positions.end() ? Cursor{std::nullopt, topic.starts[p]}
                                                : Cursor{found->second, found->second};
  }
  topic.reset = false;
}

// False, and bronze and its flows stand still until the next start, when the log ends before what
// bronze has read: it is an older one, and gives its new records offsets that bronze holds already.
bool Ticker::meets_end(TopicState& topic) {
  for (size_t p = 0; p < topic.cursors.size(); ++p) {
    if (topic.cursors[p].next <= topic.ends[p]) continue;
    topic.blocked =
        fmt::format("partition {}: the log ends at offset {}, but bronze has read up to {}", p,
                    topic.ends[p], topic.cursors[p].next);
    log_error("pipeline", "the log is older than the lake",
              {{"topic", topic.topic.name}, {"reason", topic.blocked}});
    for (FlowState* flow : topic.flows) {
      if (flow->active()) fail(*flow, invalid("topic " + topic.topic.name + ", " + topic.blocked));
    }
    topic.in_tick = false;
    note_status(topic);
    return false;
  }
  return true;
}

// Records that the log lost before bronze had them are lost: bronze says so and goes on, since
// standing still would lose more. Flows decide by failOnDataLoss.
void Ticker::meet_gaps(TopicState& topic) {
  for (size_t p = 0; p < topic.cursors.size(); ++p) {
    Cursor& cursor = topic.cursors[p];
    if (cursor.next >= topic.starts[p]) continue;
    topic.gaps[p] = {cursor.next, topic.starts[p]};
    topic.error =
        fmt::format("partition {}: the log begins at offset {}, but bronze has only read up to {}",
                    p, topic.starts[p], cursor.next);
    lost_offsets_->add(topic.starts[p] - cursor.next);
    log_error("pipeline", "records were lost before they were read",
              {{"topic", topic.topic.name}, {"reason", topic.error}});
    cursor.next = topic.starts[p];
  }
}

// Whose cursors the shared cut begins at: bronze's, else those of the flow that is furthest; null
// when nobody can read from the log.
const std::vector<Cursor>* Ticker::leader(const TopicState& topic) const {
  if (topic.bronze_active()) return &topic.cursors;
  const std::vector<Cursor>* best = nullptr;
  int64_t best_sum = -1;
  for (const FlowState* flow : topic.flows) {
    if (!flow->active() || flow->reset || flow->cursors.size() != topic.starts.size()) continue;
    int64_t sum = 0;
    bool in_log = true;
    for (size_t p = 0; p < flow->cursors.size(); ++p) {
      sum += flow->cursors[p].next;
      in_log &= flow->cursors[p].next >= topic.starts[p] && flow->cursors[p].next <= topic.ends[p];
    }
    if (in_log && sum > best_sum) {
      best = &flow->cursors;
      best_sum = sum;
    }
  }
  return best;
}

void Ticker::run_topic_flow(FlowState& flow) {
  TopicState& topic = *flow.topic;
  if (topic.starts.empty() || !ready_to_run(flow)) return;
  while (flow.cursors.size() < topic.starts.size()) flow.cursors.push_back({});
  const std::vector<int64_t>& limits = topic.cut ? topic.cut->from : topic.ends;
  std::vector<int64_t> reached = nexts(flow.cursors);
  std::vector<FlowInput> inputs;
  Status done = pass_gaps(flow, reached);
  const bool was_behind = any_below(reached, limits);
  if (done && was_behind) done = catch_up(flow, limits, inputs, reached);
  if (!done) return fail(flow, done.error());
  flow.behind = any_below(reached, limits);
  if (!flow.behind && topic.cut && topic.cut->rows) {
    auto rows = rows_from(*topic.cut, reached);
    if (!rows) return fail(flow, rows.error());
    if ((*rows)->num_rows() > 0) inputs.push_back({*rows, &topic.topic, nullptr, nullptr});
    for (size_t p = 0; p < reached.size(); ++p) reached[p] = std::max(reached[p], topic.cut->to[p]);
  }
  const int64_t complete_before_ms = flow.complete_ms;
  if (!topic.deleted && !any_below(reached, topic.ends)) flow.complete_ms = tick_began_ms_;
  std::vector<table::Move> moves = moves_to(flow, reached);
  if (!moves.empty()) {
    const int64_t arrived_us = ready_ && !was_behind ? topic.arrived_us : 0;
    if (!run_flow(flow, inputs, std::move(moves), arrived_us)) {
      flow.complete_ms = complete_before_ms;
      return;
    }
    for (size_t p = 0; p < reached.size(); ++p) {
      if (reached[p] > flow.cursors[p].from.value_or(0)) flow.cursors[p].from = reached[p];
      flow.cursors[p].next = reached[p];
    }
  }
  if (flow.behind || (!topic.cut && any_below(reached, topic.ends))) mark_dirty(topic);
  if (topic.deleted && !any_below(reached, topic.ends)) topic.finished.insert(&flow);
  note_status(flow);
}

std::vector<table::Move> Ticker::moves_to(FlowState& flow,
                                          const std::vector<int64_t>& reached) const {
  std::vector<table::Move> moves;
  for (size_t p = 0; p < reached.size(); ++p) {
    const Cursor& cursor = flow.cursors[p];
    if (reached[p] <= cursor.from.value_or(0)) continue;
    moves.push_back(
        {table::log_app_id(flow.app_name, flow.topic->partition(p)), cursor.from, reached[p], {}});
  }
  return moves;
}

// Steps over offsets that nobody has any more, where the flow may; a flow that never read begins at
// what there is.
Status Ticker::pass_gaps(FlowState& flow, std::vector<int64_t>& reached) {
  const TopicState& topic = *flow.topic;
  for (size_t p = 0; p < reached.size(); ++p) {
    if (reached[p] > topic.ends[p]) {
      return invalid(
          fmt::format("partition {} of topic {}: position {} lies beyond the log's end {}", p,
                      topic.topic.name, reached[p], topic.ends[p]));
    }
    int64_t gap_end = reached[p];
    if (!topic.bronze) {
      gap_end = std::max(gap_end, topic.starts[p]);
    } else if (reached[p] >= topic.gaps[p].from && reached[p] < topic.gaps[p].to) {
      gap_end = topic.gaps[p].to;
    }
    if (gap_end == reached[p]) continue;
    const bool began = flow.cursors[p].from.has_value();
    if (began && flow.spec.fail_on_data_loss) {
      return Error(ErrorCode::kNotFound,
                   fmt::format("partition {} of topic {}: offsets {} to {} are lost; "
                               "failOnDataLoss=false passes over them",
                               p, topic.topic.name, reached[p], gap_end - 1));
    }
    if (began) lost_offsets_->add(gap_end - reached[p]);
    reached[p] = gap_end;
  }
  return {};
}

// One bite towards `limits`: from bronze below the log's start, else from the log.
Status Ticker::catch_up(FlowState& flow, const std::vector<int64_t>& limits,
                        std::vector<FlowInput>& inputs, std::vector<int64_t>& reached) {
  TopicState& topic = *flow.topic;
  std::vector<int64_t> log_limits = limits;
  int64_t old_rows = 0;
  for (size_t p = 0; p < reached.size(); ++p) {
    if (reached[p] >= std::min(limits[p], topic.starts[p])) continue;
    log_limits[p] = reached[p];  // the log's turn comes after bronze's
    if (old_rows >= kOldRows) continue;
    int64_t to = std::min(limits[p], topic.starts[p]);
    if (reached[p] < topic.gaps[p].from) to = std::min(to, topic.gaps[p].from);
    const auto id = log::PartitionId(static_cast<int32_t>(p));
    auto old = TRY(topic.reader.read_old(*root_, id, reached[p], to, kOldRows));
    reached[p] = log_limits[p] = old.next;
    if (!old.rows) continue;
    old_rows += old.rows->num_rows();
    inputs.push_back({std::move(old.rows), &topic.topic, nullptr, nullptr});
  }
  for (size_t p = 0; p < reached.size(); ++p) log_limits[p] = std::max(log_limits[p], reached[p]);
  if (!any_below(reached, log_limits)) return {};
  auto cut = topic.reader.read(reached, log_limits, options_.tick_bytes);
  // Retention may have taken what was there when the tick began: the next one finds it in bronze.
  if (!cut && cut.error().code() == ErrorCode::kInvalid)
    return Error(ErrorCode::kUnavailable, cut.error().message());
  if (!cut) return cut.error();
  reached = cut->to;
  if (cut->rows->num_rows() > 0)
    inputs.push_back({std::move(cut->rows), &topic.topic, nullptr, nullptr});
  return {};
}

std::optional<int64_t> Ticker::newest_time(const FlowState& flow) const {
  if (!flow.topic) return clock_.now_ms();
  std::optional<int64_t> newest;
  for (size_t p = 0; p < flow.cursors.size(); ++p) {
    if (flow.cursors[p].next == 0) continue;
    const auto id = log::PartitionId(static_cast<int32_t>(p));
    // The last offsets may be a marker's, or those of records that were aborted.
    std::optional<int64_t> time;
    for (int64_t back = 1; !time && back <= std::min(flow.cursors[p].next, kMostMarkers); ++back) {
      time = flow.topic->reader.timestamp_ms(*root_, id, flow.cursors[p].next - back);
    }
    if (time && (!newest || *time > *newest)) newest = time;
  }
  if (newest) newest = std::min(*newest, clock_.now_ms() + kMaxAheadMs);
  return newest;
}

std::vector<std::string> Ticker::app_ids(const FlowState& flow) const {
  if (!flow.topic) return {chain_app_id(flow)};
  std::vector<std::string> ids;
  for (size_t p = 0; p < flow.topic->starts.size(); ++p) {
    ids.push_back(table::log_app_id(flow.app_name, flow.topic->partition(p)));
  }
  return ids;
}

}  // namespace foz::pipeline
