// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Records decoded a second, from batches of 500 records of 200 bytes.
#include <benchmark/benchmark.h>

#include "log/record_batch.h"

namespace foz::log {
namespace {

void read_records(benchmark::State& state) {
  std::vector<NewRecord> records(500);
  for (size_t i = 0; i < records.size(); ++i) {
    records[i] = {.timestamp_ms = static_cast<int64_t>(i), .key = "key-" + std::to_string(i)};
    records[i].value = "{\"n\":" + std::to_string(i * 7919) + ",\"text\":\"";
    records[i].value->resize(190, 'x');
  }
  const std::string batch =
      build_batch(records, {.compression = static_cast<Compression>(state.range(0))}).value();
  Record record;
  for (auto _ : state) {
    auto reader = RecordReader::open(as_bytes(batch)).value();
    while (reader.next(record).value()) benchmark::DoNotOptimize(record.value);
  }
  state.SetItemsProcessed(state.iterations() * 500);
}
BENCHMARK(read_records)->DenseRange(0, 4);

void check_batch(benchmark::State& state) {
  const std::string batch = build_batch({{.value = std::string(100'000, 'x')}}).value();
  for (auto _ : state) benchmark::DoNotOptimize(parse_batch(as_bytes(batch)));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(batch.size()));
}
BENCHMARK(check_batch);

}  // namespace
}  // namespace foz::log
