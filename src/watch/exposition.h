// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// /metrics in Prometheus' text format or OpenMetrics, whichever the scraper asks for; /healthz and
// /readyz. https://prometheus.io/docs/instrumenting/exposition_formats/
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "base/result.h"
#include "net/http.h"

namespace foz::watch {

enum class Exposition { kText, kOpenMetrics };

// What an Accept header asks for: OpenMetrics 1.0 when it is preferred, else text format 0.0.4.
Exposition negotiate(std::string_view accept);

// Families by name, each with HELP and TYPE. A gauge whose name ends in "_total" is shown as the
// counter that it is.
std::string exposition(const Metrics& metrics, Exposition format = Exposition::kText);

struct Health {
  std::function<bool()> ready;                    // SQL has reached the log's end found at start
  std::function<std::optional<Error>()> failure;  // what only a restart mends
  std::function<void()> sample;                   // refreshes gauges before a scrape
};

// /metrics, /healthz (503 after a failure that only a restart mends) and /readyz (503 until ready).
// `metrics` must outlive the server.
void attach(net::HttpServer& server, const Metrics& metrics, Health health);

}  // namespace foz::watch
