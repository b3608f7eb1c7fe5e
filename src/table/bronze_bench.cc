// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Records to bronze rows: 200-byte records in batches of 500, by compression; and rows into a tail.
#include <arrow/record_batch.h>
#include <benchmark/benchmark.h>

#include "log/record_batch.h"
#include "table/bronze.h"

namespace foz::table {
namespace {

constexpr int64_t kRecords = 500, kBatches = 80;

std::shared_ptr<const std::string> batches(log::Compression compression) {
  std::string all;
  for (int64_t batch = 0; batch < kBatches; ++batch) {
    std::vector<log::NewRecord> records(kRecords);
    for (size_t i = 0; i < records.size(); ++i) {
      records[i].timestamp_ms = 1'700'000'000'000 + static_cast<int64_t>(i);
      records[i].key = "key-" + std::to_string(i);
      records[i].value = "{\"n\":" + std::to_string(i * 7919) + ",\"text\":\"";
      records[i].value->resize(190, 'x');
    }
    log::BatchOptions options;
    options.compression = compression;
    std::string one = log::build_batch(records, options).value();
    log::place_batch({reinterpret_cast<std::byte*>(one.data()), one.size()},
                     log::Offset(batch * kRecords), 0);
    all += one;
  }
  return std::make_shared<const std::string>(std::move(all));
}

void decode(benchmark::State& state) {
  const auto owner = batches(static_cast<log::Compression>(state.range(0)));
  const log::BatchSlice slice{owner, as_bytes(*owner)};
  for (auto _ : state) {
    BronzeDecoder decoder("orders");
    CHECK(decoder.append(log::PartitionId(0), slice, log::Offset(0), log::Offset(1LL << 40))
              .has_value());
    benchmark::DoNotOptimize(decoder.finish().value());
  }
  state.SetItemsProcessed(state.iterations() * kRecords * kBatches);
}
BENCHMARK(decode)->DenseRange(0, 4);

void grow_tail(benchmark::State& state) {
  const auto owner = batches(log::Compression::kNone);
  BronzeDecoder decoder("orders");
  CHECK(decoder
            .append(log::PartitionId(0), {owner, as_bytes(*owner)}, log::Offset(0),
                    log::Offset(state.range(0)))
            .has_value());
  const auto rows = decoder.finish().value();
  for (auto _ : state) {
    std::shared_ptr<const Tail> tail;
    for (int i = 0; i < 1000; ++i) tail = with_rows(tail, {rows, nullptr});
    benchmark::DoNotOptimize(tail);
  }
  state.SetItemsProcessed(state.iterations() * 1000 * rows->num_rows());
}
BENCHMARK(grow_tail)->Arg(1)->Arg(50)->Arg(1000);

}  // namespace
}  // namespace foz::table
