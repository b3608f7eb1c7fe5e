// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The page at "/", a place to work, and the JSON it lives on:
//   /api/overview[?since=NOW_MS]         what runs                       (overview.h)
//   /api/events[?after=ID]               what happened                   (events.h)
//   /api/tables/SCHEMA/NAME[?before=N]   one table                       (table_json.h)
//   /api/topics/NAME                     one topic                       (topic_json.h)
//   /api/topics/NAME/records?…           records of one partition        (topic_json.h)
// Rows come through /v1/statement like anybody's. A refusal is {"error": "why"} with its status.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "log/log.h"
#include "net/http.h"
#include "pipeline/engine.h"
#include "pipeline/project.h"
#include "table/live_tables.h"

namespace foz::web {

struct Sources {
  const log::Log* log;
  const table::LiveTables* tables;
  const pipeline::Engine* engine;
  const Clock* clock;
  const Metrics* metrics;
  std::vector<pipeline::StreamingTable> pipelines;
  std::string project;
  std::string version;
  std::string kafka;  // where it listens, as configured
  std::string lake_url;
};

// Looks at what runs once a second, and reads from disk on a thread of its own, so that no thread
// of the HTTP server waits. Everything that `sources` points at must outlive it.
class Page {
 public:
  explicit Page(Sources sources);
  ~Page();
  // The page must outlive the server.
  void attach(net::HttpServer& server);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace foz::web
