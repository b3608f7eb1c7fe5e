// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "watch/exposition.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace foz::watch {
namespace {

constexpr std::string_view kTotal = "_total";

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

// A counter's family has the name without "_total" in OpenMetrics, whose HELP escapes quotes too.
void append_head(std::string& out, const Metrics::Family& family, std::string_view type,
                 Exposition format) {
  const bool open = format == Exposition::kOpenMetrics;
  std::string_view name = family.name;
  if (open && type == "counter" && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  out += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, escaped(family.help, open), type);
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

void append_family(std::string& out, const Metrics::Family& family, Exposition format) {
  if (!family.counters.empty()) append_head(out, family, "counter", format);
  for (const auto& [labels, counter] : family.counters) {
    out += fmt::format("{}{} {}\n", family.name, label_text(labels), counter->value());
  }
  // A gauge by such a name is a counter that somebody else keeps, such as the operating system.
  if (!family.gauges.empty())
    append_head(out, family, family.name.ends_with(kTotal) ? "counter" : "gauge", format);
  for (const auto& [labels, gauge] : family.gauges) {
    out += fmt::format("{}{} {}\n", family.name, label_text(labels), gauge->value());
  }
  if (!family.histograms.empty()) append_head(out, family, "histogram", format);
  for (const auto& [labels, histogram] : family.histograms)
    append_histogram(out, family.name, labels, *histogram);
}

std::string_view trimmed(std::string_view text) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// Calls `visit(word, weight)` for each part of a header such as "text/plain;version=0.0.4;q=0.5,*".
// https://www.rfc-editor.org/rfc/rfc9110#name-quality-values
template <class Visit>
void each_choice(std::string_view header, Visit&& visit) {
  while (!header.empty()) {
    const std::string_view choice = header.substr(0, header.find(','));
    header.remove_prefix(std::min(choice.size() + 1, header.size()));
    double weight = 1;
    std::string_view rest = choice.substr(std::min(choice.find(';'), choice.size()));
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const std::string_view parameter = rest.substr(0, rest.find(';'));
      rest.remove_prefix(parameter.size());
      const std::string_view word = trimmed(parameter);
      if (word.starts_with("q="))
        std::from_chars(word.data() + 2, word.data() + word.size(), weight);
    }
    visit(trimmed(choice.substr(0, choice.find(';'))), weight);
  }
}

bool takes_gzip(std::string_view accept_encoding) {
  bool takes = false;
  each_choice(accept_encoding, [&](std::string_view name, double weight) {
    if (name == "gzip") takes = weight > 0;
  });
  return takes;
}

net::HttpResponse metrics_response(const net::HttpRequest& request, const Metrics& metrics) {
  const Exposition format = negotiate(net::find_header(request.headers, "Accept"));
  net::HttpResponse response;
  response.headers = {{"Content-Type", format == Exposition::kOpenMetrics
                                           ? "application/openmetrics-text; version=1.0.0; "
                                             "charset=utf-8"
                                           : "text/plain; version=0.0.4; charset=utf-8"},
                      {"Vary", "Accept, Accept-Encoding"}};
  response.body = exposition(metrics, format);
  if (takes_gzip(net::find_header(request.headers, "Accept-Encoding"))) {
    response.body = net::gzip(response.body);
    response.headers.emplace_back("Content-Encoding", "gzip");
  }
  return response;
}

}  // namespace

Exposition negotiate(std::string_view accept) {
  double open = 0, text = 0;
  each_choice(accept, [&](std::string_view name, double weight) {
    if (name == "application/openmetrics-text") open = std::max(open, weight);
    if (name == "text/plain") text = std::max(text, weight);
  });
  return open > 0 && open >= text ? Exposition::kOpenMetrics : Exposition::kText;
}

std::string exposition(const Metrics& metrics, Exposition format) {
  std::string out;
  metrics.each([&](const Metrics::Family& family) { append_family(out, family, format); });
  if (format == Exposition::kOpenMetrics) out += "# EOF\n";
  return out;
}

void attach(net::HttpServer& server, const Metrics& metrics, Health health) {
  const auto shared = std::make_shared<Health>(std::move(health));
  server.handle("GET", "/metrics",
                [&metrics, shared](const net::HttpRequest& request, net::Respond respond) {
                  shared->sample();
                  respond(metrics_response(request, metrics));
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
