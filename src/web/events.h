// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// /api/events?after=ID: what happened lately, oldest first, as one JSON object.
//   {"started_ms", "events": [{"id", "kind", "about", "first_ms", "at_ms", "count", "text"}]}
// Only events whose id is greater than ID. What repeats within a minute is one event, which takes a
// new id and counts on: ("kind", "about", "first_ms") names it. Events live in memory, and the ids
// of another "started_ms" mean nothing.
//
// "kind": "started", "ready", "topic made", "topic deleted", "table made", "committed",
// "discarded", "blocked", "unblocked", "failed", "recovered", "quarantined", "log failed". "about"
// is a topic, a table or a flow; "count" the commits of "committed", the rows of "quarantined",
// else repetitions.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace foz::web {

// Owned by one thread at a time.
class Events {
 public:
  explicit Events(int64_t started_ms) : started_ms_(started_ms) {}

  void add(int64_t at_ms, std::string_view kind, std::string_view about, std::string_view text,
           int64_t count = 1);
  int64_t last_id() const { return last_id_; }
  std::string json(int64_t after) const;

 private:
  struct Event {
    int64_t id;
    std::string kind, about, text;
    int64_t first_ms, at_ms, count;
  };
  // Commits come all day; they must not push out what went wrong.
  std::deque<Event>& shelf(std::string_view kind) {
    return kind == "committed" ? commits_ : others_;
  }

  const int64_t started_ms_;
  int64_t last_id_ = 0;
  std::deque<Event> commits_, others_;
};

}  // namespace foz::web
