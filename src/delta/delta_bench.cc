// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/api.h>
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>

#include "delta/actions_internal.h"
#include "delta/replay_internal.h"
#include "delta/sample_table_internal.h"
#include "store/disk.h"

namespace foz::delta {
namespace {

Schema bronze_schema() {
  const auto of = [](TypeKind kind) { return DataType{.kind = kind}; };
  DataType header = of(TypeKind::kStruct);
  header.fields = {{"key", of(TypeKind::kString), true, {}},
                   {"value", of(TypeKind::kBinary), true, {}}};
  const DataType headers{.kind = TypeKind::kArray, .element = std::make_shared<DataType>(header)};
  return {{{"key", of(TypeKind::kBinary), true, {}},
           {"value", of(TypeKind::kBinary), true, {}},
           {"topic", of(TypeKind::kString), true, {}},
           {"partition", of(TypeKind::kInteger), true, {}},
           {"offset", of(TypeKind::kLong), true, {}},
           {"timestamp", of(TypeKind::kTimestamp), true, {}},
           {"timestampType", of(TypeKind::kInteger), true, {}},
           {"headers", headers, true, {}}}};
}

// JSON events of about 200 bytes: ids, a name of a few, numbers, a time.
std::string event(Random& random, int64_t i) {
  constexpr std::array<const char*, 5> kKinds = {"page_view", "add_to_cart", "checkout", "search",
                                                 "login"};
  std::string text = fmt::format(
      R"({{"event_id":"{:016x}","user_id":{},"kind":"{}","amount":{}.{:02},"session":"{:08x}",)"
      R"("ts":"2026-11-23T08:{:02}:{:02}.{:03}Z","url":"/products/{}?ref=mail&campaign=autumn")",
      random.next(), random.below(1'000'000), kKinds[random.below(5)], random.below(500),
      random.below(100), static_cast<uint32_t>(random.next()), i / 60'000 % 60, i / 1000 % 60,
      i % 1000, random.below(20'000));
  return text + "}";
}

std::shared_ptr<arrow::RecordBatch> bronze_rows(int64_t count) {
  const auto schema = to_arrow(bronze_schema()).value();
  Random random(1);
  arrow::BinaryBuilder key, value;
  arrow::StringBuilder topic;
  arrow::Int32Builder partition, type;
  arrow::Int64Builder offset;
  arrow::TimestampBuilder timestamp(schema->field(5)->type(), arrow::default_memory_pool());
  auto headers = arrow::MakeBuilder(schema->field(7)->type()).ValueOrDie();
  for (int64_t i = 0; i < count; ++i) {
    CHECK(key.Append(fmt::format("user-{}", random.below(1'000'000))).ok());
    CHECK(value.Append(event(random, i)).ok() && topic.Append("shop.events").ok());
    CHECK(partition.Append(0).ok() && type.Append(0).ok() && offset.Append(i).ok());
    CHECK(timestamp
              .Append(1'700'000'000'000'000 + i * 1000 + static_cast<int64_t>(random.below(1000)))
              .ok());
    CHECK(headers->AppendEmptyValue().ok());
  }
  const auto done = [](auto& builder) { return builder.Finish().ValueOrDie(); };
  return arrow::RecordBatch::Make(schema, count,
                                  {done(key), done(value), done(topic), done(partition),
                                   done(offset), done(timestamp), done(type), done(*headers)});
}

void BM_WriteBronze(benchmark::State& state) {
  const auto store = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  Table table(*store, "t", clock, random);
  const auto snapshot = table.create({.schema = bronze_schema()}).value();
  const auto rows = bronze_rows(200'000);
  int64_t bytes = 0;
  WriteOptions options;
  options.zstd_level = static_cast<int>(state.range(0));
  for (auto _ : state) {
    const AddFile add = write_data_file(table, *snapshot, {rows}, options, random, clock).value();
    bytes = add.size;
    state.PauseTiming();
    CHECK(store->remove("t/" + add.path).has_value());
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * rows->num_rows());
  const auto& values = static_cast<const arrow::BinaryArray&>(*rows->column(1));
  state.counters["value_bytes"] =
      static_cast<double>(values.total_values_length()) / static_cast<double>(rows->num_rows());
  state.counters["file_bytes_per_row"] =
      static_cast<double>(bytes) / static_cast<double>(rows->num_rows());
}
BENCHMARK(BM_WriteBronze)->Arg(1)->Arg(-1)->Arg(-3)->Arg(-5)->Unit(benchmark::kMillisecond);

void BM_ReadBronze(benchmark::State& state) {
  const auto store = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  Table table(*store, "t", clock, random);
  const auto snapshot = table.create({.schema = bronze_schema()}).value();
  const AddFile add =
      write_data_file(table, *snapshot, {bronze_rows(200'000)}, {}, random, clock).value();
  for (auto _ : state) {
    CHECK(read_data_file(table, *snapshot, add, {}, [](const auto&) -> Status {
            return {};
          }).has_value());
  }
  state.SetItemsProcessed(state.iterations() * 200'000);
}
BENCHMARK(BM_ReadBronze)->Unit(benchmark::kMillisecond);

// 1,000 rows written and committed on the local disk, synced.
void BM_Commit1000Rows(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() / "foz_delta_bench";
  std::filesystem::remove_all(folder);
  const auto disk = store::make_posix_disk();
  const auto store = store::open_local_store(*disk, folder.string()).value();
  const SystemClock clock;
  Random random(1);
  Table table(*store, "t", clock, random);
  SnapshotPtr snapshot = table.create({.schema = sample_schema()}).value();
  const auto rows = sample_rows(0, 1000);
  std::vector<double> ms;
  for (auto _ : state) {
    const auto start = clock.steady();
    CommitRequest request{
        .adds = {write_data_file(table, *snapshot, {rows}, {}, random, clock).value()}};
    snapshot = std::get<Committed>(table.commit(snapshot, request).value()).snapshot;
    ms.push_back(std::chrono::duration<double, std::milli>(clock.steady() - start).count());
  }
  std::sort(ms.begin(), ms.end());
  state.counters["p50_ms"] = ms[ms.size() / 2];
  state.counters["p99_ms"] = ms[ms.size() * 99 / 100];
  std::filesystem::remove_all(folder);
}
BENCHMARK(BM_Commit1000Rows)->Iterations(1000)->Unit(benchmark::kMillisecond);

std::string many_adds(int64_t count, int64_t first = 0) {
  std::string text;
  for (int64_t i = first; i < first + count; ++i) {
    text.append(to_json(AddFile{
        .path = fmt::format("part-00000-{:032x}-c000.zstd.parquet", i),
        .size = 123456,
        .modification_time_ms = 1'700'000'000'000 + i,
        .stats = fmt::format(
            R"({{"numRecords":1000,"minValues":{{"id":{}}},"maxValues":{{"id":{}}},"nullCount":{{"id":0}}}})",
            i * 1000, i * 1000 + 999)}));
    text.push_back('\n');
  }
  return text;
}

void BM_ParseCommit(benchmark::State& state) {
  const std::string text = many_adds(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(parse_commit(text).value());
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(text.size()));
}
BENCHMARK(BM_ParseCommit)->Arg(10'000)->Arg(300'000)->Unit(benchmark::kMillisecond);

// A checkpoint of many files, and what memory the process ever had, with the snapshot in it.
void BM_Checkpoint(benchmark::State& state) {
  const auto store = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  Table table(*store, "t", clock, random);
  State many = state_of(*table.create({.schema = sample_schema()}).value()).edit();
  constexpr int64_t kAtOnce = 10'000;
  for (int64_t i = 0; i < state.range(0); i += kAtOnce) {
    many.apply(parse_commit(many_adds(kAtOnce, i)).value());
  }
  many.version = Version{1};
  const auto snapshot = std::make_shared<LoadedSnapshot>(std::move(many));
  rusage before{}, after{};
  getrusage(RUSAGE_SELF, &before);
  for (auto _ : state) CHECK(table.checkpoint(snapshot).has_value());
  getrusage(RUSAGE_SELF, &after);
  state.counters["peak_mb_before"] = static_cast<double>(before.ru_maxrss) / 1024;
  state.counters["peak_mb"] = static_cast<double>(after.ru_maxrss) / 1024;
  state.counters["file_mb"] =
      static_cast<double>(
          store->list("t/_delta_log/00000000000000000001.checkpoint").value().front().size) /
      1e6;
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Checkpoint)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

// The cost of the next snapshot of a large table.
void BM_NextSnapshot(benchmark::State& state) {
  State table;
  table.apply(parse_commit(many_adds(state.range(0))).value());
  int64_t i = 0;
  for (auto _ : state) {
    State next = table.edit();
    std::vector<Action> actions;
    actions.emplace_back(
        AddFile{.path = fmt::format("new-{}", i++), .stats = R"({"numRecords":1})"});
    next.apply(std::move(actions));
    table = std::move(next);
  }
}
BENCHMARK(BM_NextSnapshot)->Arg(1'000)->Arg(300'000)->Unit(benchmark::kMicrosecond);

// One commit that deletes 10,000 rows spread over 80 files of 125,000, each of which has lost rows
// before.
void BM_DeleteRows(benchmark::State& state) {
  constexpr int64_t kFiles = 80, kRows = 125'000, kEach = 125;
  const auto store = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  Table table(*store, "t", clock, random);
  const CreateOptions options{.schema = sample_schema(),
                              .properties = {{"delta.enableDeletionVectors", "true"}}};
  SnapshotPtr snapshot = table.create(options).value();
  CommitRequest files;
  for (int64_t i = 0; i < kFiles; ++i) {
    files.adds.push_back({.path = fmt::format("part-{}", i),
                          .size = 1,
                          .stats = fmt::format(R"({{"numRecords":{},"minValues":{{"id":0}},)"
                                               R"("maxValues":{{"id":9}},"nullCount":{{"id":0}}}})",
                                               kRows)});
  }
  snapshot = std::get<Committed>(table.commit(snapshot, files).value()).snapshot;
  const int64_t stride = kRows / kEach;
  for (int64_t round = 0; auto _ : state) {
    CommitRequest request;
    const int64_t shift = round++ * 37 % stride;
    for (const AddFile& file : files.adds) {
      RowDeletion& deletion = request.deletions.emplace_back(file.path);
      for (int64_t i = 0; i < kEach; ++i) deletion.rows.push_back(i * stride + shift);
    }
    snapshot = std::get<Committed>(table.commit(snapshot, request).value()).snapshot;
  }
  state.SetItemsProcessed(state.iterations() * kFiles * kEach);
}
BENCHMARK(BM_DeleteRows)->Iterations(200)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace foz::delta
