// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "watch/exposition.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

namespace foz::watch {
namespace {

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\\\";
    else if (c == '\n')
      out += "\\n";
    else if (c == '"' && quotes)
      out += "\\\"";
    else
      out.push_back(c);
  }
  return out;
}

std::string label_text(const Labels& labels, std::string_view bound = {}) {
  std::string inner;
  for (const auto& [name, value] : labels) {
    inner += fmt::format("{}{}=\"{}\"", inner.empty() ? "" : ",", name, escaped(value, true));
  }
  if (!bound.empty()) inner += fmt::format("{}le=\"{}\"", inner.empty() ? "" : ",", bound);
  return inner.empty() ? "" : "{" + inner + "}";
}

void append_head(std::string& out, const Metrics::Family& family, std::string_view type) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", family.name, escaped(family.help, false),
                     family.name, type);
}

void append_histogram(std::string& out, const std::string& name, const Labels& labels,
                      const Histogram& histogram) {
  // The count is read first: buckets that grow meanwhile must not leave +Inf below a smaller bound.
  const int64_t all = histogram.count();
  for (size_t i = 0; i < Histogram::kBuckets; ++i) {
    out += fmt::format("{}_bucket{} {}\n", name,
                       label_text(labels, fmt::format("{:g}", Histogram::bound(i))),
                       std::min(all, histogram.cumulative(i)));
  }
  out += fmt::format("{}_bucket{} {}\n", name, label_text(labels, "+Inf"), all);
  out += fmt::format("{}_sum{} {}\n", name, label_text(labels), histogram.sum());
  out += fmt::format("{}_count{} {}\n", name, label_text(labels), all);
}

void append_family(std::string& out, const Metrics::Family& family) {
  if (!family.counters.empty()) append_head(out, family, "counter");
  for (const auto& [labels, counter] : family.counters) {
    out += fmt::format("{}{} {}\n", family.name, label_text(labels), counter->value());
  }
  // A gauge by such a name is a counter that somebody else keeps, such as the operating system.
  if (!family.gauges.empty())
    append_head(out, family, family.name.ends_with("_total") ? "counter" : "gauge");
  for (const auto& [labels, gauge] : family.gauges) {
    out += fmt::format("{}{} {}\n", family.name, label_text(labels), gauge->value());
  }
  if (!family.histograms.empty()) append_head(out, family, "histogram");
  for (const auto& [labels, histogram] : family.histograms)
    append_histogram(out, family.name, labels, *histogram);
}

}  // namespace

std::string exposition(const Metrics& metrics) {
  std::string out;
  metrics.each([&](const Metrics::Family& family) { append_family(out, family); });
  return out;
}

void attach(net::HttpServer& server, const Metrics& metrics, Health health) {
  const auto shared = std::make_shared<Health>(std::move(health));
  server.handle("GET", "/metrics",
                [&metrics, shared](const net::HttpRequest&, net::Respond respond) {
                  shared->sample();
                  net::HttpResponse response;
                  response.headers = {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}};
                  response.body = exposition(metrics);
                  respond(std::move(response));
                });
  server.handle("GET", "/healthz", [shared](const net::HttpRequest&, net::Respond respond) {
    const auto failure = shared->failure();
    respond(failure ? net::text_response(503, failure->message() + "\n")
                    : net::text_response(200, "ok\n"));
  });
  server.handle("GET", "/readyz", [shared](const net::HttpRequest&, net::Respond respond) {
    const bool ready = shared->ready();
    respond(net::text_response(ready ? 200 : 503,
                               ready ? "ready\n" : "replaying the log; not ready yet\n"));
  });
}

}  // namespace foz::watch
