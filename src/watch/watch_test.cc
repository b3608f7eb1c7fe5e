// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

#include "watch/exposition.h"
#include "watch/process_metrics.h"

namespace foz::watch {
namespace {

using testing::HasSubstr;

// The expected text follows
// https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-example
TEST(Exposition, WritesEachKindWithHelpTypeAndEscapes) {
  Metrics metrics;
  metrics.counter("foz_records_total", "Records\nread.", {{"topic", "a\"b\\c\n"}}).add(3);
  metrics.gauge("foz_lag", "Lag.").set(1.5);
  EXPECT_EQ(exposition(metrics),
            "# HELP foz_lag Lag.\n# TYPE foz_lag gauge\nfoz_lag 1.5\n"
            "# HELP foz_records_total Records\\nread.\n# TYPE foz_records_total counter\n"
            "foz_records_total{topic=\"a\\\"b\\\\c\\n\"} 3\n");
}

TEST(Exposition, HistogramBucketsAreCumulativeAndEndInInf) {
  Metrics metrics;
  metrics.histogram("foz_commit_seconds", "Commits.", {{"table", "t"}}).observe(0.00015, 2);
  const std::string text = exposition(metrics);
  EXPECT_THAT(text, HasSubstr("foz_commit_seconds_bucket{table=\"t\",le=\"0.0001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("foz_commit_seconds_bucket{table=\"t\",le=\"0.0002\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("foz_commit_seconds_bucket{table=\"t\",le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("foz_commit_seconds_count{table=\"t\"} 2\n"));
}

// The expected text follows https://prometheus.io/docs/specs/om/open_metrics_spec/
TEST(Exposition, WritesOpenMetrics) {
  Metrics metrics;
  metrics.counter("foz_records_total", "Records \"read\".").add(3);
  metrics.gauge("foz_lag", "Lag.").set(1.5);
  EXPECT_EQ(exposition(metrics, Exposition::kOpenMetrics),
            "# HELP foz_lag Lag.\n# TYPE foz_lag gauge\nfoz_lag 1.5\n"
            "# HELP foz_records Records \\\"read\\\".\n# TYPE foz_records counter\n"
            "foz_records_total 3\n# EOF\n");
}

TEST(Exposition, IsWhatTheScraperAsksFor) {
  // Prometheus 2.42's own words.
  EXPECT_EQ(negotiate("application/openmetrics-text;version=1.0.0,application/openmetrics-text;"
                      "version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            Exposition::kOpenMetrics);
  for (const char* text :
       {"", "*/*", "text/plain", "text/plain, application/openmetrics-text; q=0.3",
        "application/openmetrics-text;q=0", ";;q=,,;", "application/openmetrics-text;q=nan"}) {
    EXPECT_EQ(negotiate(text), Exposition::kText) << text;
  }
}

TEST(Healthz, SaysWhatOnlyARestartMends) {
  Metrics metrics;
  std::optional<Error> failure;
  const auto server = net::HttpServer::make({.address = {"127.0.0.1", 0}}).value();
  attach(*server, metrics,
         {.ready = [] { return true; }, .failure = [&] { return failure; }, .sample = [] {}});
  ASSERT_TRUE(server->start());
  const auto ask = [&] {
    return net::http_request("GET", "http://" + server->address().to_string() + "/healthz", {}, "",
                             std::chrono::seconds(10))
        .value();
  };
  EXPECT_EQ(ask().status, 200);
  failure = Error(ErrorCode::kIo, "the disk is gone");
  EXPECT_EQ(ask().status, 503);
  EXPECT_EQ(ask().body, "the disk is gone\n");
}

TEST(ProcessMetrics, KnowsItsMemory) {
  Metrics metrics;
  sample_process(metrics);
  EXPECT_GT(metrics.gauge("process_resident_memory_bytes", "").value(), 1e5);
  EXPECT_GE(metrics.gauge("process_open_fds", "").value(), 3);
  EXPECT_GT(metrics.gauge("process_cpu_seconds_total", "").value(), 0);
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_GT(metrics.gauge("process_start_time_seconds", "").value(), now - 3600);
  EXPECT_LE(metrics.gauge("process_start_time_seconds", "").value(), now + 2);
  EXPECT_THAT(exposition(metrics), HasSubstr("# TYPE process_cpu_seconds_total counter\n"));
}

}  // namespace
}  // namespace foz::watch
