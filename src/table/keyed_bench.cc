// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A keyed table of ten million rows in 80 files: reading its keys, changes of 10,000 keys at a time
// (four fifths of them known), each committed, while upkeep goes on beside them, and the scan that
// they leave.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <ctime>
#include <thread>

#include "delta/maintenance.h"
#include "store/disk.h"
#include "store/temporary_folder.h"
#include "table/keyed_internal.h"
#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

constexpr int64_t kRows = 10'000'000, kFiles = 80, kBatch = 10'000;
constexpr std::chrono::milliseconds kPace{150};  // of batches

std::shared_ptr<arrow::Schema> schema() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8()),
                        arrow::field(kSequenceColumn, arrow::int64()),
                        arrow::field(kOriginColumn, arrow::int64())});
}

std::shared_ptr<arrow::RecordBatch> rows_with(const std::vector<int64_t>& ids, int64_t sequence) {
  arrow::Int64Builder id, sequences, origins;
  arrow::StringBuilder text;
  for (const int64_t key : ids) {
    CHECK(id.Append(key).ok() && text.Append("text of " + std::to_string(key)).ok());
    CHECK(sequences.Append(sequence).ok() && origins.Append(sequence).ok());
  }
  const auto count = static_cast<int64_t>(ids.size());
  return arrow::RecordBatch::Make(
      schema(), count, {*id.Finish(), *text.Finish(), *sequences.Finish(), *origins.Finish()});
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Made once; each run goes on where the last one ended.
struct Lake {
  Lake() {
    delta::Table table(*store, "silver/k", clock, random);
    auto snapshot = table
                        .create({.schema = delta::from_arrow(*schema()).value(),
                                 .properties = {{"delta.enableDeletionVectors", "true"}}})
                        .value();
    delta::CommitRequest request;
    for (int64_t file = 0; file < kFiles; ++file) {
      const auto rows = rows_with(range(file * kRows / kFiles, (file + 1) * kRows / kFiles), 0);
      request.adds.push_back(
          delta::write_data_file(table, *snapshot, {rows}, {}, random, clock).value());
    }
    CHECK(std::holds_alternative<delta::Committed>(table.commit(snapshot, request).value()));
    open();
  }
  void open() {
    live = LiveTables::open(options, *store, clock, random, metrics).value();
    TableSpec spec;
    spec.name = {"silver", "k"};
    spec.schema = schema();
    spec.keys = {"id"};
    id = live->ensure(spec).value();
  }

  store::TemporaryFolder folder;
  SystemClock clock;
  Random random{1};
  Metrics metrics;
  std::unique_ptr<store::Disk> disk = store::make_posix_disk();
  std::unique_ptr<store::ObjectStore> store = store::open_local_store(*disk, folder.path()).value();
  LiveTablesOptions options;
  std::unique_ptr<LiveTables> live;
  TableId id;
  int64_t sequence = 0, next_key = kRows;
};
Lake& lake() {
  static Lake made;
  return made;
}

void read_all_keys(benchmark::State& state) {
  lake();
  double seconds = 0;
  for (auto _ : state) {
    const double before = cpu_seconds();
    lake().open();
    seconds += cpu_seconds() - before;
  }
  state.counters["keys_per_cpu_second"] =
      static_cast<double>(kRows) * static_cast<double>(state.iterations()) / seconds;
  const auto stats = lake().live->stats();
  state.counters["index_bytes_per_key"] =
      static_cast<double>(stats[0].index_bytes) / static_cast<double>(stats[0].keys);
}
BENCHMARK(read_all_keys)->Iterations(2)->Unit(benchmark::kMillisecond);

void change_and_commit(benchmark::State& state) {
  Lake& in = lake();
  std::vector<double> milliseconds, publishes;
  for (auto _ : state) {
    std::vector<int64_t> keys;
    for (int64_t i = 0; i < kBatch * 4 / 5; ++i) {
      keys.push_back(static_cast<int64_t>(in.random.below(static_cast<uint64_t>(kRows))));
    }
    while (static_cast<int64_t>(keys.size()) < kBatch) keys.push_back(in.next_key++);
    const auto batch = rows_with(keys, ++in.sequence);
    const auto start = in.clock.steady();
    TableRows rows;
    rows.table = in.id;
    rows.batches.push_back({batch, nullptr});
    rows.moves.push_back({"foz/k/input/0",
                          in.sequence == 1 ? std::nullopt : std::optional(in.sequence - 1),
                          in.sequence,
                          {}});
    std::vector<TableRows> tick;
    tick.push_back(std::move(rows));
    in.live->publish(std::move(tick));
    publishes.push_back(
        std::chrono::duration<double, std::milli>(in.clock.steady() - start).count());
    CHECK(in.live->drain(std::chrono::seconds(10)).has_value());
    const auto end = in.clock.steady();
    milliseconds.push_back(std::chrono::duration<double, std::milli>(end - start).count());
    for (auto now = end; now < start + kPace; now = in.clock.steady()) {
      in.live->at_border();
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  const auto quantile = [](std::vector<double> list, double share) {
    std::ranges::sort(list);
    return list[static_cast<size_t>(share * static_cast<double>(list.size() - 1))];
  };
  const auto median = [&](std::vector<double> list) { return quantile(std::move(list), 0.5); };
  const size_t some = std::min<size_t>(50, milliseconds.size());
  state.counters["p50_ms"] = median(milliseconds);
  state.counters["p99_ms"] = quantile(milliseconds, 0.99);
  state.counters["p50_publish_ms"] = median(publishes);
  state.counters["p50_ms_first"] = median({milliseconds.begin(), milliseconds.begin() + 50});
  state.counters["p50_ms_last"] =
      median({milliseconds.end() - static_cast<ptrdiff_t>(some), milliseconds.end()});
}
BENCHMARK(change_and_commit)->Iterations(300)->Unit(benchmark::kMillisecond);

int64_t scan(const delta::Table& table, const delta::SnapshotPtr& snapshot) {
  int64_t rows = 0;
  snapshot->each_file([&](const auto& file) {
    CHECK(delta::read_data_file(table, *snapshot, *file, {"id", "text"}, [&](auto batch) -> Status {
            rows += batch->num_rows();
            return {};
          }).has_value());
    return true;
  });
  return rows;
}

// What the commits left against the same rows freshly merged, by turns.
void scan_afterwards(benchmark::State& state) {
  Lake& in = lake();
  in.live.reset();
  delta::Table table(*in.store, "silver/k", in.clock, in.random);
  const auto left = table.latest().value();
  const auto merged = delta::optimize(table, left, {.purge_share = 0}, in.random, in.clock).value();
  double seconds_left = 0, seconds_merged = 0;
  for (auto _ : state) {
    const double start = cpu_seconds();
    benchmark::DoNotOptimize(scan(table, left));
    const double middle = cpu_seconds();
    benchmark::DoNotOptimize(scan(table, merged.snapshot));
    seconds_left += middle - start;
    seconds_merged += cpu_seconds() - middle;
  }
  int64_t deleted = 0;
  left->each_file([&](const auto& file) {
    deleted += file->deletion_vector ? file->deletion_vector->cardinality : 0;
    return true;
  });
  state.counters["files"] = static_cast<double>(left->file_count());
  state.counters["deleted"] = static_cast<double>(deleted);
  state.counters["ratio"] = seconds_left / seconds_merged;
}
BENCHMARK(scan_afterwards)->Iterations(5)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace foz::table
