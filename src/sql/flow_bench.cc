// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows per CPU-second through FlowStatement::run, in batches of 20,000 events of about 200 bytes.

#include <arrow/api.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "sql/flow_engine.h"

namespace foz::sql {
namespace {

constexpr int64_t kRows = 20'000;

std::shared_ptr<arrow::Schema> schema() {
  return arrow::schema(
      {arrow::field("value", arrow::binary()), arrow::field("offset", arrow::int64())});
}

// Eight fields; `bad_percent` of the events have a delay that is no number.
std::shared_ptr<arrow::RecordBatch> events(int bad_percent) {
  arrow::BinaryBuilder values;
  arrow::Int64Builder offsets;
  for (int64_t i = 0; i < kRows; i++) {
    const bool bad = i * 2654435761 % 100 < bad_percent;
    const auto event = fmt::format(
        R"({{"flight":"UA{:05}","carrier":"United Air Lines","origin":"EWR","dest":"LAX","delay":"{}","distance":{},)"
        R"("scheduled":"2013-01-{:02}T05:{:02}:00Z","cancelled":{},"note":"{:x<40}"}})",
        i % 100'000, bad ? "abc" : std::to_string(i % 300), 200 + i % 2000, 1 + i % 28, i % 60,
        i % 50 == 0, "");
    if (!values.Append(event).ok() || !offsets.Append(i).ok()) std::abort();
  }
  return arrow::RecordBatch::Make(schema(), kRows, {*values.Finish(), *offsets.Finish()});
}

void run(benchmark::State& state, const std::string& select, int bad_percent) {
  auto engine = std::move(*FlowEngine::make(256 << 20));
  auto statement =
      engine->prepare({select, 1, 1, {}}, [](auto, auto) { return std::optional(schema()); });
  if (!statement) return state.SkipWithError(statement.error().message.c_str());
  const auto batch = events(bad_percent);
  for (auto _ : state) {
    auto output = (*statement)->run(batch);
    if (!output.has_value()) return state.SkipWithError(output.error().message().c_str());
    benchmark::DoNotOptimize(output->rows);
  }
  state.SetItemsProcessed(state.iterations() * kRows);
}

constexpr char kParse[] =
    "SELECT e.* FROM (SELECT from_json(CAST(value AS STRING), 'flight STRING, carrier STRING, "
    "origin STRING, dest STRING, "
    "delay STRING, distance INT, scheduled TIMESTAMP, cancelled BOOLEAN') AS e FROM STREAM "
    "bronze.flights)";
constexpr char kSilver[] =
    "SELECT e.flight, e.carrier, e.origin, e.dest, CAST(e.delay AS INT) AS delay, e.distance, "
    "e.scheduled, e.cancelled "
    "FROM (SELECT from_json(CAST(value AS STRING), 'flight STRING, carrier STRING, origin STRING, "
    "dest STRING, delay STRING, "
    "distance INT, scheduled TIMESTAMP, cancelled BOOLEAN') AS e FROM STREAM bronze.flights) WHERE "
    "NOT e.cancelled";

void passthrough(benchmark::State& state) { run(state, "SELECT * FROM STREAM bronze.flights", 0); }
void from_json_8_fields(benchmark::State& state) { run(state, kParse, 0); }
void parse_cast_and_filter(benchmark::State& state) { run(state, kSilver, 0); }
void parse_cast_and_filter_5_percent_bad(benchmark::State& state) { run(state, kSilver, 5); }

BENCHMARK(passthrough)->Unit(benchmark::kMillisecond);
BENCHMARK(from_json_8_fields)->Unit(benchmark::kMillisecond);
BENCHMARK(parse_cast_and_filter)->Unit(benchmark::kMillisecond);
BENCHMARK(parse_cast_and_filter_5_percent_bad)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace foz::sql
