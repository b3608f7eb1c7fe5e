// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the tick thread does, without the thread: one call is one tick.
//
//  - ticker.cc         a tick: cut inputs, run flows upstream first, publish, take in what the
//  border says
//  - ticker_start.cc   flows and topics come and go
//  - ticker_deleted.cc what deleted topics have left
//  - ticker_topics.cc  flows over topics: the shared cut, and flows that catch up with it
//  - ticker_chains.cc  flows over tables: Delta versions, then the upstream's tail
//
// A topic has one shared cut per tick, read once: bronze's (or, while bronze cannot be written,
// that of the flow that is furthest). A flow that stands at it or ahead of it is given its rows;
// one that is behind reads for itself up to where the cut begins. A flow's state is reset to what
// its target has stored whenever a tail of its tables is gone.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/engine.h"
#include "pipeline/flow_internal.h"
#include "pipeline/inbox_internal.h"
#include "pipeline/topic_reader_internal.h"

namespace foz::pipeline {

// What passes by itself is tried again after a while.
inline constexpr std::chrono::seconds kRetryAfter{1};
using table::passes;

struct FlowState;

struct TopicState {
  TopicState(const log::Log& log, const log::Topic& of) : topic(of), reader(log, of) {}

  log::Topic topic;
  TopicReader reader;
  std::string name;    // of its bronze table: "bronze.Flights"
  std::string source;  // what flows call it: "bronze.flights"
  std::vector<FlowState*> flows;
  // Deleted for clients: it stays until every table has stored what it wants of it.
  bool deleted = false;
  std::set<const FlowState*> finished;  // of a deleted topic: have read it to its end

  std::optional<table::TableId> bronze;  // nullopt: none yet, or not wanted
  bool ensure_again = false;             // the store could not be reached
  bool refused = false;                  // or may not be written: nobody waits for it
  bool outdated = false;                 // the table does not say yet how the topic was altered
  bool read_again = false;               // the log could not be read
  bool reset = true;                     // take cursors from what bronze has stored
  std::string blocked, error;
  std::vector<Cursor> cursors;  // of bronze
  table::RowCounts counts;
  double tick_ms = 0;

  std::vector<int64_t> starts, ends;  // of the log, as of this tick
  struct Gap {
    int64_t from = 0, to = 0;
  };
  std::vector<Gap> gaps;      // that bronze has met, the last of each partition
  std::vector<int64_t> goal;  // log ends found at start
  int64_t arrived_us = 0;     // of the oldest record that is not read yet; 0 when all are
  bool dirty = false;         // look at it in the next tick
  bool in_tick = false;       // it is looked at in this one
  std::optional<Cut> cut;     // of this tick

  bool bronze_active() const { return bronze && blocked.empty() && !reset; }
  log::TopicPartition partition(size_t p) const {
    return {topic.id, log::PartitionId(static_cast<int32_t>(p))};
  }
};

struct FlowState {
  std::unique_ptr<FlowRunner> runner;  // null when it failed before it could be made
  StreamingTable spec;
  std::string name, app_name, source;  // "silver.flights", the same in lower case, "bronze.flights"
  table::TableId target, quarantine;
  std::optional<table::TableId> tombstones;  // of AUTO CDC that deletes
  std::shared_ptr<arrow::Schema> source_schema;

  std::string failed;    // for good
  std::string retrying;  // why it waits for `retry_at`
  std::string target_blocked, quarantine_blocked, tombstones_blocked;
  bool reset = true;      // take positions from what the target has stored
  bool long_way = false;  // has all of history to read: readiness does not wait for it

  // Over a topic.
  TopicState* topic = nullptr;  // null while there is none
  std::vector<Cursor> cursors;
  // Over a table.
  FlowState* upstream = nullptr;
  std::vector<FlowState*> downstream;
  std::optional<int64_t> stored;  // version that its tables hold, tail included
  int64_t version = -1;           // version that it has read
  int64_t bite = 1;               // versions to read at once
  bool joined = false;            // stands at the upstream's tail
  bool more = false;              // a next tick can bring it nearer
  int64_t seen = 0;               // rows of the upstream that it has read, by position

  std::map<std::string, int64_t> quarantine_positions;  // tail included
  std::vector<table::TailBatch> tick_rows;              // of this tick, for its downstream
  int64_t tick_arrived_us = 0;
  bool behind = false;
  int64_t complete_ms = 0;  // has read what had come by then; 0: not known
  table::RowCounts counts;
  double tick_ms = 0;

  bool blocked() const {
    return !target_blocked.empty() || !quarantine_blocked.empty() || !tombstones_blocked.empty();
  }
  bool active() const { return failed.empty() && !blocked(); }
};

class Ticker {
 public:
  static Result<std::unique_ptr<Ticker>> start(EngineOptions options, Project project,
                                               log::Log& log, table::LiveTables& tables,
                                               sql::FlowEngine& flows, const Clock& clock,
                                               Metrics& metrics);

  // True when there is more to do at once.
  bool tick(const Inbox::News& news);
  // When there is something to do without news.
  std::chrono::steady_clock::time_point next_due() const;
  // Tails have reached the log end found at start.
  bool ready() const { return ready_; }
  // From any thread.
  std::vector<FlowStatus> status() const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Owner {
    TopicState* topic = nullptr;
    FlowState* flow = nullptr;
    std::string FlowState::* blocked = nullptr;  // of the flow's table
  };

  Ticker(EngineOptions options, log::Log& log, table::LiveTables& tables, const Clock& clock,
         Metrics& metrics)
      : options_(options), log_(log), tables_(tables), clock_(clock), metrics_(metrics) {}

  // ticker_start.cc
  Status take_back_topics();
  Status add_flow(StreamingTable spec, sql::FlowEngine& engine);
  Status ensure_tables(FlowState& flow);
  void refresh_topics();
  void add_topic(const log::Topic& topic, bool deleted);
  void alter_topic(TopicState& topic, const log::Topic& to);
  void remove_topic(log::TopicId id);
  table::TableSpec bronze_spec(const log::Topic& topic) const;
  void ensure_bronze(TopicState& topic);
  void update_bronze(TopicState& topic);
  void pin(const TopicState& topic);
  void set_goals();

  // ticker_deleted.cc
  void choose_topic(FlowState& flow);
  void settle_deleted();
  // Whether the table has stored the flow's positions up to the ends of the deleted topic.
  bool has_all(const TopicState& topic, std::string_view flow, std::string_view schema,
               std::string_view name) const;
  bool bronze_has_all(const TopicState& topic) const;
  bool bronze_has_read_all(const TopicState& topic) const;
  const TopicState* before(const TopicState& topic) const;

  // ticker.cc
  void begin_tick(const Inbox::News& news);
  void note_held(bool held);
  void mark_dirty(TopicState& topic);
  void take_events();
  void take_event(const table::Event& event);
  const table::TableView& view(table::TableId id) const {
    return *root_->tables[static_cast<size_t>(id.value())];
  }
  // Runs the flow over the inputs and adds what it makes and moves to the tick; false when it
  // failed.
  bool run_flow(FlowState& flow, const std::vector<FlowInput>& inputs,
                std::vector<table::Move> moves, int64_t arrived_us);
  void add_quarantine(FlowState& flow, std::vector<table::TailBatch> rows,
                      const std::vector<table::Move>& moves);
  // Takes the flow's state back from its tables. An error that passes is tried again.
  bool ready_to_run(FlowState& flow);
  Status reset_flow(FlowState& flow);
  // Where its target stands in its topic, also when it cannot run.
  std::vector<Cursor> stored_cursors(const FlowState& flow) const;
  Status load_quarantined(FlowState& flow);
  // Tries again later what passes, else stops the flow by name.
  void fail(FlowState& flow, const Error& error);
  void check_ready();
  // What others see, as of now; how far behind it is, is found when they ask.
  struct Noted {
    FlowStatus status;
    std::optional<log::TopicId> topic;
    std::vector<int64_t> next;  // by partition of the topic
    std::optional<table::TableId> upstream;
    int64_t seen = 0;  // rows of the upstream
  };
  void note_status(const FlowState& flow);
  void note_status(const TopicState& topic);
  int64_t lag(const Noted& noted, const table::Root& root) const;

  // ticker_topics.cc
  void cut_topic(TopicState& topic, int64_t max_bytes);
  bool refresh_ends(TopicState& topic);
  void reset_bronze(TopicState& topic);
  void meet_gaps(TopicState& topic);
  bool meets_end(TopicState& topic);
  const std::vector<Cursor>* leader(const TopicState& topic) const;
  void run_topic_flow(FlowState& flow);
  Status catch_up(FlowState& flow, const std::vector<int64_t>& limits,
                  std::vector<FlowInput>& inputs, std::vector<int64_t>& reached);
  Status pass_gaps(FlowState& flow, std::vector<int64_t>& reached);
  std::vector<table::Move> moves_to(FlowState& flow, const std::vector<int64_t>& reached) const;
  std::optional<int64_t> newest_time(const FlowState& flow) const;
  // The application ids under which its tables hold positions.
  std::vector<std::string> app_ids(const FlowState& flow) const;

  // ticker_chains.cc
  void run_chain_flow(FlowState& flow);
  void discard_tail(FlowState& flow);
  Status read_versions(FlowState& flow);
  void wait_for_upstream(FlowState& flow);
  void run_live(FlowState& flow, const std::vector<table::TailBatch>& batches);
  Result<FlowInput> chain_input(const FlowState& flow, const table::TailBatch& batch) const;
  std::string chain_app_id(const FlowState& flow) const;

  const EngineOptions options_;
  log::Log& log_;
  table::LiveTables& tables_;
  const Clock& clock_;
  Metrics& metrics_;
  Counter* ticks_ = nullptr;
  Histogram* tick_seconds_ = nullptr;
  Counter* aborted_records_ = nullptr;
  Counter* control_batches_ = nullptr;
  Counter* lost_offsets_ = nullptr;
  Gauge* held_gauge_ = nullptr;

  std::vector<std::unique_ptr<FlowState>> flows_;  // upstream first
  std::unordered_map<log::TopicId, std::unique_ptr<TopicState>> topics_;
  std::unordered_map<log::TopicId, std::string> topic_names_;  // of all ever seen
  std::vector<TopicState*> dirty_;
  std::map<table::TableId, Owner> owners_;
  std::optional<Time> retry_at_;
  bool some_deleted_ = false;  // among topics_
  bool committed_ = false;     // something was, since deleted topics were looked at
  bool ready_ = false;

  // Of the tick that runs.
  int64_t tick_began_ms_ = 0;
  std::shared_ptr<const table::Root> root_;
  std::vector<table::TableRows> tick_rows_;

  mutable std::mutex status_mutex_;
  std::map<std::string, Noted> status_;
  bool held_ = false;  // tails are full: nothing is read
  std::optional<Time> held_since_;
  bool held_said_ = false;
};

}  // namespace foz::pipeline
