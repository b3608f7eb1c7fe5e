// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What durability costs: appends over 1 to 1,000 partitions against the bare sync of the same disk,
// and throughput of appends and reads in batches of 500 records of 200 bytes. The folder is
// $FOZ_BENCH_DIR or the working directory.
#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <semaphore>
#include <thread>

#include "log/log.h"

namespace foz::log {
namespace {

std::string folder() {
  const char* given = std::getenv("FOZ_BENCH_DIR");
  return std::string(given ? given : ".") + "/log_bench." + std::to_string(::getpid());
}

struct CpuSeconds {
  double user = 0;
  double system = 0;
};
CpuSeconds cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return {seconds(usage.ru_utime), seconds(usage.ru_stime)};
}

class Bench {
 public:
  explicit Bench(int32_t partitions) : disk(store::make_posix_disk()), directory(folder()) {
    (void)disk->remove_all(directory);
    LogOptions options;
    options.directory = directory;
    options.min_free_disk_bytes = 0;
    log = Log::open(options, *disk, clock, random, metrics).value();
    topic = log->create_topic("bench", partitions, {})->id;
  }
  ~Bench() {
    log.reset();
    (void)disk->remove_all(directory);
  }
  TopicPartition where(int64_t partition) const {
    return {topic, PartitionId(static_cast<int32_t>(partition))};
  }

  SystemClock clock;
  Random random{1};
  Metrics metrics;
  std::unique_ptr<store::Disk> disk;
  std::string directory;
  std::unique_ptr<Log> log;
  TopicId topic;
};

std::string batch_of(int records) {
  std::vector<NewRecord> made(static_cast<size_t>(records));
  for (int i = 0; i < records; ++i)
    made[static_cast<size_t>(i)].value = std::string(190, static_cast<char>('a' + i % 26));
  return build_batch(made).value();
}

// The disk's own share: the same bytes written over and synced.
void bare_sync(benchmark::State& state) {
  const auto disk = store::make_posix_disk();
  const std::string path = folder() + ".bare";
  {
    const auto file = disk->open(path, store::OpenMode::kReadWrite).value();
    const std::string block(1 << 20, 'x');
    for (int i = 0; i < 32; ++i) (void)file->write_at(i << 20, as_bytes(block));
    (void)file->sync();
    const std::string frame(static_cast<size_t>(state.range(0)) * batch_of(1).size(), 'y');
    int64_t at = 0;
    for (auto _ : state) {
      (void)file->write_at(at, as_bytes(frame));
      (void)file->sync();
      at = (at + static_cast<int64_t>(frame.size())) % (31 << 20);
    }
  }
  (void)disk->remove(path);
}
BENCHMARK(bare_sync)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime()->Unit(benchmark::kMicrosecond);

// One append that touches so many partitions, until it is durable.
void append_dirty_partitions(benchmark::State& state) {
  Bench bench(static_cast<int32_t>(state.range(0)));
  const std::string batch = batch_of(1);
  for (auto _ : state) {
    std::vector<AppendPart> parts;
    for (int64_t i = 0; i < state.range(0); ++i) parts.push_back({bench.where(i), batch});
    CHECK(bench.log->append_and_wait(std::move(parts)));
  }
}
BENCHMARK(append_dirty_partitions)
    ->Arg(1)
    ->Arg(100)
    ->Arg(1000)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

// 16 producers' worth of batches under way; CPU of the whole process, the batch's own copy
// included.
void append_throughput(benchmark::State& state) {
  Bench bench(4);
  const std::string batch = batch_of(500);
  std::counting_semaphore<16> room(16);
  int64_t sent = 0;
  int64_t refused = 0;  // the disk does not keep up: wait as a producer would
  const CpuSeconds before = cpu_seconds();
  for (auto _ : state) {
    room.acquire();
    while (true) {
      std::vector<AppendPart> parts;
      parts.push_back({bench.where(sent % 4), batch});
      const Status taken = bench.log->append(std::move(parts), [&](const auto& outcome) {
        CHECK(outcome.has_value());
        room.release();
      });
      if (taken) break;
      CHECK(taken.error().code() == ErrorCode::kOverloaded);
      ++refused;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    ++sent;
  }
  for (int i = 0; i < 16; ++i) room.acquire();
  const CpuSeconds after = cpu_seconds();
  const double millions = static_cast<double>(sent * 500) / 1e6;
  state.SetItemsProcessed(sent * 500);
  state.counters["refused"] = static_cast<double>(refused);
  state.counters["user_s_per_million"] = (after.user - before.user) / millions;
  state.counters["system_s_per_million"] = (after.system - before.system) / millions;
}
BENCHMARK(append_throughput)->UseRealTime()->MinTime(4);

// From memory (1) or from segments (0).
void read_throughput(benchmark::State& state) {
  Bench bench(1);
  const std::string batch = batch_of(500);
  const int64_t batches = state.range(0) == 1 ? 400 : 2000;
  for (int64_t i = 0; i < batches; ++i) {
    std::vector<AppendPart> parts;
    parts.push_back({bench.where(0), batch});
    CHECK(bench.log->append_and_wait(std::move(parts)));
  }
  const Offset end(state.range(0) == 1 ? batches * 500 : 1000 * 500);
  Offset next;
  int64_t records = 0;
  for (auto _ : state) {
    const auto read = bench.log->read(bench.where(0), next, 1 << 20).value();
    records += read.next - next;
    next = read.next < end ? read.next : Offset();
  }
  state.SetItemsProcessed(records);
}
BENCHMARK(read_throughput)->Arg(0)->Arg(1);

}  // namespace
}  // namespace foz::log
