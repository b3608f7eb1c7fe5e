// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The overview page at "/" and the JSON it lives on, /api/overview.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "log/log.h"
#include "net/http.h"
#include "pipeline/engine.h"
#include "table/live_tables.h"

namespace foz::web {

struct Sources {
  const log::Log* log;
  const table::LiveTables* tables;
  const pipeline::Engine* engine;
  const Clock* clock;
  const Metrics* metrics;
  std::string project;
  std::string version;
  std::string lake_url;
};

// Everything that `sources` points at must outlive the server.
void attach(net::HttpServer& server, Sources sources);

}  // namespace foz::web
