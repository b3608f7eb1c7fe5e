// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The Trino client protocol: /v1/statement for SQL clients, /v1/info.
// https://trino.io/docs/current/develop/client-protocol.html
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/random.h"
#include "net/http.h"
#include "sql/query_engine.h"

namespace foz::trino {

struct EndpointOptions {
  std::chrono::milliseconds idle_limit{
      300000};  // a query nobody asks about is cancelled and its root let go
  size_t page_bytes = 1 << 20;
  size_t max_queries = 1000;      // open at once
  size_t held_bytes = 256 << 20;  // of their texts and pages: who came longest ago is ended
  // Threads that make pages, each for at most `long_poll`: as many as the engine runs queries at
  // once.
  int workers = 16;
  std::chrono::milliseconds long_poll{1000};
  // Until then tails are incomplete: statements are refused as by a Trino that is starting up.
  std::function<bool()> ready = [] { return true; };
};

// Everything given must outlive it. It must outlive the server's start..stop.
class Endpoint {
 public:
  Endpoint(EndpointOptions options, sql::QueryEngine& engine, const Clock& clock, Random& random,
           Metrics& metrics);
  ~Endpoint();
  void attach(net::HttpServer& server);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace foz::trino
