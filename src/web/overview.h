// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// /api/overview: what runs, as one JSON object.
//   {"project", "version", "lake", "kafka", "started_ms", "now_ms", "whole", "ready",
//    "failure", "last_event", "freshness_bounds_s": […],
//    "topics": [{"name", "id", "partitions", "records", "log_start", "table"}],
//    "flows":  [{"name", "source", "state", "error", "lag_records", "tick_ms", "counts": {…},
//    "violations": {…}}], "tables": [{"name", "role", "version", "files", "bytes", "tail_rows",
//    "tail_bytes", "commits", "discards", "counts": {…},
//                "freshness_p50_s", "freshness_p99_s", "freshness_rows": […], "last_commit_s",
//                "blocked"}],
//    "log": {"bytes", "memory_bytes", "queued_bytes"}}
// Everything counts since the start. "freshness_rows" has the rows at or below each bound and,
// last, all of them: between two answers lies what was fresh meanwhile. "failure" is why the log
// takes no records any more, or "".
//
// With `since`, the "now_ms" of an earlier answer, only topics, flows and tables that changed since
// then come back ("whole" is false), as they were at most a second ago: all who ask share one look.
// When something went away, or foz was started anew, the answer is whole. "now_ms" always grows.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "web/events.h"
#include "web/page.h"

namespace foz::web {

// "bronze", "silver", "quarantine", "foreign"
std::string_view to_string(table::Role role);

// Thread-safe. Looks once a second even when nobody asks, so that no event is missed.
class Overview {
 public:
  explicit Overview(const Sources& sources);
  ~Overview();

  std::string json();
  std::string json(int64_t since);
  std::string events(int64_t after);

 private:
  // One topic, flow or table: its JSON, and when it last changed.
  struct Entry {
    std::string json;
    int64_t changed_ms = 0, seen_ms = 0;
  };
  using Entries = std::map<std::string, Entry, std::less<>>;
  // What events are made from.
  struct TableMark {
    int64_t commits = 0, discards = 0;
    std::string blocked;
  };
  struct FlowMark {
    int64_t quarantined = 0;
    std::string error;
  };

  void look_forever();
  // Under the mutex.
  void look();
  void look_at_topics();
  void look_at_flows();
  void look_at_tables();
  void note_table(const table::LiveTables::Stats& table, bool known);
  void note_flow(const pipeline::FlowStatus& flow);
  void note(std::string_view kind, std::string_view about, std::string_view text,
            int64_t count = 1) {
    events_.add(now_ms_, kind, about, text, count);
  }
  void keep(Entries& entries, std::string_view name, std::string json);
  void forget_unseen(Entries& entries, std::string_view event);
  std::string answer(int64_t since) const;

  const Sources& sources_;
  const int64_t started_ms_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopped_ = false;
  bool first_ = true;
  bool ready_ = false;
  std::string failure_;
  int64_t now_ms_ = 0, removed_ms_ = 0;
  std::chrono::steady_clock::time_point looked_;
  Entries topics_, flows_, tables_;
  std::map<std::string, TableMark, std::less<>> table_marks_;
  std::map<std::string, FlowMark, std::less<>> flow_marks_;
  Events events_;
  std::thread looker_;  // last: it uses the rest
};

}  // namespace foz::web
