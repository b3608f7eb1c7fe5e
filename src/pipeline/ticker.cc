// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/record_batch.h>

#include <algorithm>

#include "base/logging.h"
#include "delta/data_file.h"
#include "pipeline/ticker_internal.h"

namespace foz::pipeline {

namespace {

constexpr int64_t kTickInputs = 4;  // of tick_bytes: what one tick reads over all topics

void add_counts(table::RowCounts& to, const table::RowCounts& from) {
  to.input += from.input;
  to.written += from.written;
  to.filtered += from.filtered;
  to.dropped += from.dropped;
  to.duplicates += from.duplicates;
  to.quarantined += from.quarantined;
}

// Tail included; nullopt when Delta does not say it.
std::optional<int64_t> rows_in(const table::TableView& view) {
  std::optional<int64_t> rows = view.snapshot ? view.snapshot->row_count() : std::nullopt;
  if (!rows) return rows;
  if (view.sealed) *rows += view.sealed->rows;
  if (view.open) *rows += view.open->rows;
  return rows;
}

constexpr char kHeld[] = "the tails are full, and what they hold cannot be committed yet";
constexpr std::chrono::seconds kHeldIsSaid{3};

double milliseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

// As far as Delta still knows the version: it is only said, never acted upon.
int64_t rows_at(const table::TableView& view, int64_t version) {
  if (version == view.snapshot->version().value()) return view.snapshot->row_count().value_or(0);
  const auto then = view.table->at(delta::Version(version));
  return (then ? *then : view.snapshot)->row_count().value_or(0);
}

std::optional<int64_t> find_position(const std::map<std::string, int64_t>& positions,
                                     const std::string& app_id) {
  const auto found = positions.find(app_id);
  return found == positions.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace

bool Ticker::tick(const Inbox::News& news) {
  const auto began = clock_.steady();
  begin_tick(news);
  const int64_t room = tables_.room();
  note_held(room <= 0);
  std::vector<TopicState*> in_tick;
  if (room > 0) {
    int64_t budget = std::min(room, kTickInputs * options_.tick_bytes);
    in_tick = std::move(dirty_);
    dirty_.clear();
    for (TopicState* topic : in_tick) {
      topic->dirty = false;
      if (budget <= 0) {
        mark_dirty(*topic);
        continue;
      }
      topic->in_tick = true;
      cut_topic(*topic, std::min(budget, options_.tick_bytes));
      if (topic->cut) budget -= topic->cut->bytes;
    }
    for (const auto& flow : flows_) {
      if (flow->upstream) {
        if (!flow->joined || !flow->upstream->tick_rows.empty()) run_chain_flow(*flow);
      } else if (flow->topic && flow->topic->in_tick) {
        run_topic_flow(*flow);
      }
    }
  }
  const bool worked = !tick_rows_.empty();
  if (worked) tables_.publish(std::move(tick_rows_));
  tick_rows_.clear();
  for (TopicState* topic : in_tick) {
    if (topic->in_tick) note_status(*topic);
    if (topic->in_tick && !topic->dirty) topic->arrived_us = 0;
    topic->in_tick = false;
    topic->cut.reset();
  }
  for (const auto& flow : flows_) {
    flow->tick_rows.clear();
    if (flow->topic && flow->topic->finished.contains(flow.get())) choose_topic(*flow);
  }
  root_.reset();
  take_events();
  if (committed_ && some_deleted_) settle_deleted();
  check_ready();
  if (worked) {
    ticks_->add();
    tick_seconds_->observe(std::chrono::duration<double>(clock_.steady() - began).count());
  }
  const bool more =
      std::ranges::any_of(flows_, [](const auto& flow) { return flow->upstream && flow->more; });
  return (!dirty_.empty() || more) && tables_.room() > 0;
}

void Ticker::begin_tick(const Inbox::News& news) {
  tick_began_ms_ = clock_.now_ms();
  if (news.topics_changed) refresh_topics();
  for (const auto& [id, arrived_us] : news.moved) {
    const auto found = topics_.find(id);
    if (found == topics_.end()) continue;
    if (found->second->arrived_us == 0) found->second->arrived_us = arrived_us;
    mark_dirty(*found->second);
  }
  if (retry_at_ && clock_.steady() >= *retry_at_) {
    retry_at_.reset();
    for (const auto& flow : flows_) {
      if (flow->retrying.empty()) continue;
      flow->retrying.clear();
      if (flow->topic) mark_dirty(*flow->topic);
    }
    for (const auto& [id, topic] : topics_) {
      if (topic->ensure_again || topic->refused) ensure_bronze(*topic);
      if (topic->outdated) update_bronze(*topic);
      if (std::exchange(topic->read_again, false)) mark_dirty(*topic);
    }
  }
  root_ = tables_.root();
}

std::chrono::steady_clock::time_point Ticker::next_due() const {
  const Time due = tables_.next_due();
  return retry_at_ ? std::min(due, *retry_at_) : due;
}

void Ticker::mark_dirty(TopicState& topic) {
  if (topic.dirty) return;
  topic.dirty = true;
  dirty_.push_back(&topic);
}

// It comes and goes with every commit where the load is too much; only what lasts is said.
void Ticker::note_held(bool held) {
  const Time now = clock_.steady();
  if (!held) {
    if (held_said_) log_info("pipeline", "reading goes on", {});
    held_since_.reset();
    held_said_ = false;
  } else if (!held_since_) {
    held_since_ = now;
  } else if (!held_said_ && now - *held_since_ >= kHeldIsSaid) {
    log_warn("pipeline", "reading stops until commits make room", {{"reason", kHeld}});
    held_said_ = true;
  }
  held_gauge_->set(held ? 1 : 0);
  std::lock_guard lock(status_mutex_);
  held_ = held;
}

// --- what the border says

void Ticker::take_events() {
  for (const table::Event& event : tables_.at_border()) take_event(event);
}

void Ticker::take_event(const table::Event& event) {
  using Kind = table::Event::Kind;
  const auto found = owners_.find(event.table);
  if (found == owners_.end()) return;
  const Owner& owner = found->second;
  if (event.kind == Kind::kCommitted) {
    committed_ = true;
    if (owner.topic) pin(*owner.topic);
    return;
  }
  if (TopicState* topic = owner.topic) {
    if (event.kind == Kind::kBlocked) topic->blocked = event.reason;
    if (event.kind == Kind::kUnblocked) topic->blocked.clear();
    reset_bronze(*topic);
    topic->reset = true;
    mark_dirty(*topic);
    note_status(*topic);
    return;
  }
  FlowState& flow = *owner.flow;
  std::string& blocked = flow.*owner.blocked;
  if (event.kind == Kind::kBlocked) blocked = event.reason.empty() ? "blocked" : event.reason;
  if (event.kind == Kind::kUnblocked) blocked.clear();
  flow.reset = true;
  flow.joined = false;
  flow.complete_ms = 0;
  flow.more = true;
  for (const auto& [id, topic] : topics_) topic->finished.erase(&flow);
  choose_topic(flow);
  if (flow.topic) {
    flow.cursors = stored_cursors(flow);
    mark_dirty(*flow.topic);
  }
  note_status(flow);
}

// --- running a flow

bool Ticker::run_flow(FlowState& flow, const std::vector<FlowInput>& inputs,
                      std::vector<table::Move> moves, int64_t arrived_us) {
  const auto began = clock_.steady();
  FlowRows rows;
  for (const FlowInput& input : inputs) {
    const Status done = flow.runner->run(input, view(flow.target), clock_.now_ms(), rows);
    if (!done) {
      flow.failed = done.error().message();
      log_error("pipeline", "flow stopped", {{"flow", flow.name}, {"reason", flow.failed}});
      note_status(flow);
      return false;
    }
  }
  flow.tick_ms = milliseconds(clock_.steady() - began);
  add_counts(flow.counts, rows.counts);
  if (!flow.downstream.empty()) flow.tick_rows = rows.target;
  flow.tick_arrived_us = arrived_us;
  add_quarantine(flow, std::move(rows.quarantine), moves);
  if (flow.tombstones && !rows.deletes.empty()) {
    table::TableRows remembered{*flow.tombstones, {}, {}, {}, {}, 0};
    for (const Batch& keys : rows.deletes) {
      auto tombstones = deleted_at(keys, tick_began_ms_);
      CHECK(tombstones.has_value());
      remembered.batches.push_back({*std::move(tombstones), nullptr});
    }
    tick_rows_.push_back(std::move(remembered));
  }
  tick_rows_.push_back({flow.target, std::move(rows.target), std::move(moves), rows.counts,
                        std::move(rows.deletes), arrived_us, flow.complete_ms});
  return true;
}

// A quarantine's position in a topic moves only with rows of its own: its target commits behind it,
// so that below the target's position it is complete. At a table's tail it must keep pace while it
// has an open part.
void Ticker::add_quarantine(FlowState& flow, std::vector<table::TailBatch> rows,
                            const std::vector<table::Move>& moves) {
  const bool keeps_pace = flow.joined && view(flow.quarantine).open != nullptr;
  if (rows.empty() && !keeps_pace) return;
  table::TableRows added{flow.quarantine, std::move(rows), moves, {}, {}, 0};
  for (table::Move& move : added.moves) {
    move.from = find_position(flow.quarantine_positions, move.app_id);
    if (!move.upstream && move.from < move.to) flow.quarantine_positions[move.app_id] = move.to;
  }
  for (const table::TailBatch& batch : added.batches) added.counts.input += batch.rows->num_rows();
  added.counts.written = added.counts.input;
  // Of a range that it held already in part: it does not go back.
  std::erase_if(added.moves,
                [](const table::Move& move) { return !move.upstream && move.from >= move.to; });
  tick_rows_.push_back(std::move(added));
}

void Ticker::fail(FlowState& flow, const Error& error) {
  if (passes(error.code())) {
    flow.retrying = error.message();
    if (!retry_at_) retry_at_ = clock_.steady() + kRetryAfter;
    log_warn("pipeline", "flow waits", {{"flow", flow.name}, {"reason", flow.retrying}});
  } else {
    flow.failed = error.message();
    log_error("pipeline", "flow stopped", {{"flow", flow.name}, {"reason", flow.failed}});
  }
  note_status(flow);
}

bool Ticker::ready_to_run(FlowState& flow) {
  if (!flow.active() || !flow.retrying.empty()) return false;
  if (!flow.reset) return true;
  if (const Status done = reset_flow(flow); !done) {
    fail(flow, done.error());
    return false;
  }
  flow.reset = false;
  return true;
}

Status Ticker::reset_flow(FlowState& flow) {
  const auto positions = tables_.positions(flow.target);
  flow.quarantine_positions = tables_.positions(flow.quarantine);
  const auto ids = app_ids(flow);
  bool from_the_beginning = false;
  if (flow.topic) {
    flow.cursors = stored_cursors(flow);
    for (size_t p = 0; p < ids.size(); ++p)
      from_the_beginning |= !flow.cursors[p].from && flow.topic->starts[p] > 0;
  } else {
    flow.stored = find_position(positions, ids[0]);
    flow.version = flow.stored.value_or(-1);
    flow.joined = false;
    flow.bite = 1;
    flow.seen = flow.stored ? rows_at(view(flow.upstream->target), *flow.stored) : 0;
    from_the_beginning = !flow.stored && view(flow.upstream->target).snapshot->file_count() > 0;
  }
  if (!ready_) flow.long_way |= from_the_beginning;
  if (flow.spec.cdc) flow.runner->set_next_origin(tables_.last_origin(flow.target) + 1);
  TRY(load_quarantined(flow));
  if (!flow.runner->deduplicates()) return {};
  flow.runner->forget();
  return flow.runner->restore(view(flow.target), newest_time(flow));
}

std::vector<Cursor> Ticker::stored_cursors(const FlowState& flow) const {
  const auto target = tables_.root()->find(flow.spec.schema, flow.spec.name);
  const auto positions = target ? tables_.positions(target->id) : std::map<std::string, int64_t>{};
  std::vector<Cursor> cursors;
  for (size_t p = 0; p < static_cast<size_t>(flow.topic->topic.partitions); ++p) {
    const auto from =
        find_position(positions, table::log_app_id(flow.app_name, flow.topic->partition(p)));
    cursors.push_back({from, from.value_or(0)});
  }
  return cursors;
}

// Between the target's stored position and the quarantine's, what the quarantine holds is decided.
Status Ticker::load_quarantined(FlowState& flow) {
  flow.runner->quarantined() = {};
  const auto decided = tables_.positions(flow.target);
  const auto ids = app_ids(flow);
  const auto is_ahead = [&](const delta::Snapshot& quarantine) {
    return std::ranges::any_of(ids, [&](const std::string& id) {
      return quarantine.transaction_version(id) >
             find_position(decided, id);  // nullopt is the least
    });
  };
  const table::TableView& quarantine = view(flow.quarantine);
  if (!is_ahead(*quarantine.snapshot)) return {};
  delta::SnapshotPtr before = quarantine.snapshot;
  while (before->version().value() > 0 && is_ahead(*before)) {
    before = TRY(quarantine.table->at(delta::Version(before->version().value() - 1)));
  }
  const auto changes =
      TRY(quarantine.table->changes(before->version(), quarantine.snapshot->version()));
  for (const delta::VersionChanges& change : changes) {
    for (const auto& file : change.added) {
      TRY(delta::read_data_file(
          *quarantine.table, *quarantine.snapshot, *file,
          {"topic_id", "partition", "offset", "input"},
          [&](const Batch& rows) { return flow.runner->quarantined().add(*rows); }));
    }
  }
  return {};
}

// --- what others see

void Ticker::check_ready() {
  if (ready_) return;
  for (const auto& [id, topic] : topics_) {
    const auto reached = [&](const std::vector<Cursor>& cursors) {
      for (size_t p = 0; p < topic->goal.size(); ++p) {
        if (p >= cursors.size() || cursors[p].next < topic->goal[p]) return false;
      }
      return true;
    };
    if (topic->ensure_again) return;
    if (topic->bronze && topic->blocked.empty() && (topic->reset || !reached(topic->cursors)))
      return;
    for (const FlowState* flow : topic->flows) {
      if (flow->active() && !flow->long_way && (flow->reset || !reached(flow->cursors))) return;
    }
  }
  for (const auto& flow : flows_) {
    const bool waited_for = flow->upstream && flow->active() && !flow->long_way &&
                            flow->upstream->active() && !flow->upstream->long_way;
    if (waited_for && !flow->joined) return;
  }
  ready_ = true;
}

void Ticker::note_status(const FlowState& flow) {
  Noted noted;
  FlowStatus& status = noted.status;
  status.name = flow.name;
  status.source = flow.source;
  const bool waits = !flow.topic && !flow.upstream;
  const bool catches_up =
      flow.reset || flow.behind || (flow.upstream && !flow.joined) || !flow.retrying.empty();
  status.state = !flow.failed.empty() ? "failed"
                 : flow.blocked()     ? "blocked"
                 : waits              ? "waiting"
                 : catches_up         ? "catching up"
                                      : "running";
  for (const std::string* error : {&flow.failed, &flow.target_blocked, &flow.quarantine_blocked,
                                   &flow.tombstones_blocked, &flow.retrying}) {
    if (status.error.empty()) status.error = *error;
  }
  status.counts = flow.counts;
  if (flow.runner) status.violations = flow.runner->violations();
  status.tick_ms = flow.tick_ms;
  if (flow.topic) {
    noted.topic = flow.topic->topic.id;
    for (const Cursor& cursor : flow.cursors) noted.next.push_back(cursor.next);
  } else if (flow.upstream) {
    noted.upstream = flow.upstream->target;
    noted.seen = flow.seen;
  }
  std::lock_guard lock(status_mutex_);
  status_[flow.name] = std::move(noted);
}

void Ticker::note_status(const TopicState& topic) {
  if (!topic.topic.config.bronze) return;  // kept in the log alone, for flows to read
  Noted noted;
  FlowStatus& status = noted.status;
  status.name = topic.name;
  status.source = "topic " + topic.topic.name + (topic.deleted ? " (deleted)" : "");
  status.error = topic.blocked.empty() ? topic.error : topic.blocked;
  bool behind = topic.bronze && topic.reset;
  for (size_t p = 0; p < topic.cursors.size(); ++p) {
    noted.next.push_back(topic.cursors[p].next);
    behind |= p < topic.ends.size() && topic.cursors[p].next < topic.ends[p];
  }
  noted.topic = topic.topic.id;
  status.state = !topic.blocked.empty() ? "blocked"
                 : topic.ensure_again   ? "waiting"
                 : !topic.bronze        ? "failed"
                 : behind               ? "catching up"
                                        : "running";
  status.counts = topic.counts;
  status.tick_ms = topic.tick_ms;
  std::lock_guard lock(status_mutex_);
  status_[topic.name] = std::move(noted);
}

int64_t Ticker::lag(const Noted& noted, const table::Root& root) const {
  int64_t records = 0;
  if (noted.topic) {
    for (size_t p = 0;; ++p) {
      const auto offsets = log_.offsets({*noted.topic, log::PartitionId(static_cast<int32_t>(p))});
      if (!offsets) break;  // that was the last, or the topic is deleted
      const int64_t next = p < noted.next.size() ? noted.next[p] : 0;
      records += std::max<int64_t>(0, offsets->last_stable.value() - next);
    }
  } else if (noted.upstream) {
    const auto rows = rows_in(*root.tables[static_cast<size_t>(noted.upstream->value())]);
    records = std::max<int64_t>(0, rows.value_or(noted.seen) - noted.seen);
  }
  return records;
}

std::vector<FlowStatus> Ticker::status() const {
  const auto root = tables_.root();
  std::lock_guard lock(status_mutex_);
  std::vector<FlowStatus> all;
  for (const auto& [name, noted] : status_) {
    FlowStatus& status = all.emplace_back(noted.status);
    status.lag_records = lag(noted, *root);
    if (!held_ || status.lag_records == 0 || status.state != "running") continue;
    status.state = "catching up";
    status.error = kHeld;
  }
  return all;
}

}  // namespace foz::pipeline
