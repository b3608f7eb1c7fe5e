// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The workloads of `./dev bench delta`, one a call, each in a process of its own so that its memory
// and CPU time are its own: delta_workload_bench WORKLOAD FOLDER NUMBER… answers with a line of
// JSON.
#include <arrow/api.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <thread>

#include "base/json_writer.h"
#include "delta/delta_workload_internal.h"
#include "delta/maintenance.h"
#include "delta/rows.h"
#include "store/disk.h"

namespace foz::delta {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// What the process had at most. ru_maxrss also counts what called it.
double peak_mb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}

class Answer {
 public:
  Answer() { json_.begin_object(); }
  void number(const char* name, double value) { json_.key(name).raw(fmt::format("{:.4f}", value)); }
  void numbers(const char* name, const std::vector<double>& values) {
    json_.key(name).begin_array();
    for (const double value : values) json_.raw(fmt::format("{:.4f}", value));
    json_.end_array();
  }
  void print() {
    number("cpu_s", cpu_seconds());
    number("peak_mb", peak_mb());
    std::puts(json_.end_object().take().c_str());
  }

 private:
  JsonWriter json_;
};

class Workload {
 public:
  Workload(store::ObjectStore& store, std::vector<int64_t> numbers)
      : store_(store), numbers_(std::move(numbers)) {}

  int run(const std::string& name) {
    if (name == "create")
      table_.create({.schema = event_schema()}).value();
    else if (name == "append")
      append();
    else if (name == "requests")
      requests();
    else if (name == "many")
      many();
    else if (name == "open")
      open();
    else if (name == "refresh")
      refresh();
    else if (name == "plan")
      plan();
    else if (name == "checkpoint")
      checkpoint();
    else if (name == "optimize")
      optimize();
    else if (name == "vacuum")
      vacuum();
    else
      return 2;
    answer_.print();
    return 0;
  }

 private:
  double ms_since(std::chrono::steady_clock::time_point start) const {
    return std::chrono::duration<double, std::milli>(clock_.steady() - start).count();
  }
  SnapshotPtr committed(Table& table, const SnapshotPtr& base, const CommitRequest& request) {
    return std::get<Committed>(table.commit(base, request).value()).snapshot;
  }

  // COMMITS ROWS CHECKPOINT_EVERY FIRST_ID: one writer, or one of several on one table. Checkpoints
  // are off the commit path, and their CPU time counts.
  void append() {
    SnapshotPtr snapshot = table_.latest().value();
    std::vector<double> ms;
    const auto begin = clock_.steady();
    for (int64_t i = 0; i < numbers_[0]; ++i) {
      const auto rows = event_rows(numbers_[3] + i * numbers_[1], numbers_[1]);
      const auto start = clock_.steady();
      const AddFile add = write_data_file(table_, *snapshot, {rows}, {}, random_, clock_).value();
      snapshot = committed(table_, snapshot, {.adds = {add}});
      ms.push_back(ms_since(start));
      if (snapshot->version().value() % numbers_[2] == 0) CHECK(table_.checkpoint(snapshot));
    }
    answer_.number("s", ms_since(begin) / 1000);
    answer_.numbers("ms", ms);
  }

  // COMMITS ROWS DELAY_MS: on a store that takes its time for each request.
  void requests() {
    SlowStore slow(store_, std::chrono::milliseconds(numbers_[2]));
    Table table(slow, "slow", clock_, random_);
    SnapshotPtr snapshot = table.create({.schema = event_schema()}).value();
    const auto rows = event_rows(0, numbers_[1]);
    std::vector<double> ms;
    slow.requests = 0;
    for (int64_t i = 0; i < numbers_[0]; ++i) {
      const auto start = clock_.steady();
      const AddFile add = write_data_file(table, *snapshot, {rows}, {}, random_, clock_).value();
      snapshot = committed(table, snapshot, {.adds = {add}});
      ms.push_back(ms_since(start));
    }
    answer_.number("requests",
                   static_cast<double>(slow.requests) / static_cast<double>(numbers_[0]));
    answer_.numbers("ms", ms);
  }

  // FILES: a table that has so many, a hundred in each partition, and a checkpoint.
  void many() {
    constexpr int64_t kAtOnce = 10'000;
    SnapshotPtr snapshot =
        table_.create({.schema = file_schema(), .partition_columns = {"day"}}).value();
    for (int64_t first = 0; first < numbers_[0]; first += kAtOnce) {
      CommitRequest request;
      for (int64_t i = first; i < std::min(first + kAtOnce, numbers_[0]); ++i)
        request.adds.push_back(file_action(i));
      snapshot = committed(table_, snapshot, request);
    }
    CHECK(table_.checkpoint(snapshot));
  }

  void open() {
    const auto start = clock_.steady();
    const SnapshotPtr snapshot = table_.latest().value();
    answer_.number("ms", ms_since(start));
    answer_.number("files", static_cast<double>(snapshot->file_count()));
  }

  // TIMES: another writer commits a file, and a reader that has the version before takes it over.
  void refresh() {
    SnapshotPtr mine = table_.latest().value(), theirs = mine;
    std::vector<double> ms;
    for (int64_t i = 0; i < numbers_[0]; ++i) {
      AddFile add = file_action(i);
      add.path = random_.uuid().to_string();
      theirs = committed(table_, theirs, {.adds = {add}});
      const auto start = clock_.steady();
      mine = table_.refresh(mine).value();
      ms.push_back(ms_since(start));
      CHECK(mine->version() == theirs->version());
    }
    answer_.numbers("ms", ms);
  }

  // TIMES: the files of one partition, and those whose statistics admit a range of ids.
  void plan() {
    const SnapshotPtr snapshot = table_.latest().value();
    const auto count = static_cast<int64_t>(snapshot->file_count());
    std::vector<double> partition_ms, statistics_ms;
    int64_t of_partition = 0, of_range = 0;
    for (int64_t i = 0; i < numbers_[0]; ++i) {
      auto start = clock_.steady();
      of_partition = planned(
          *snapshot, scan_filter(*snapshot, {{"day", {std::to_string(count / 200)}}}).value());
      partition_ms.push_back(ms_since(start));
      start = clock_.steady();
      const int64_t low = count / 2 * 1000, high = low + 100'000;
      const auto wants = [&](const FileStatistics& statistics) {
        const ColumnBounds& id = statistics.columns.at("id");
        return std::stoll(*id.min_json) < high && std::stoll(*id.max_json) >= low;
      };
      of_range = planned(*snapshot, {.columns = {"id"}, .wants = wants});
      statistics_ms.push_back(ms_since(start));
    }
    answer_.numbers("partition_ms", partition_ms);
    answer_.numbers("statistics_ms", statistics_ms);
    answer_.number("partition_files", static_cast<double>(of_partition));
    answer_.number("statistics_files", static_cast<double>(of_range));
  }

  static int64_t planned(const Snapshot& snapshot, const ScanFilter& filter) {
    int64_t files = 0;
    CHECK(plan_scan(snapshot, filter, [&](int64_t, const auto&) {
      ++files;
      return true;
    }));
    return files;
  }

  void checkpoint() {
    const SnapshotPtr snapshot = table_.latest().value();
    answer_.number("peak_mb_before", peak_mb());
    const auto start = clock_.steady();
    CHECK(table_.checkpoint(snapshot));
    answer_.number("ms", ms_since(start));
  }

  // TARGET_MB
  void optimize() {
    const auto start = clock_.steady();
    const OptimizeOptions options{.target_bytes = numbers_[0] << 20, .purge_share = 0};
    const auto done =
        delta::optimize(table_, table_.latest().value(), options, random_, clock_).value();
    answer_.number("ms", ms_since(start));
    answer_.number("files_removed", static_cast<double>(done.files_removed));
    answer_.number("files_added", static_cast<double>(done.files_added));
  }

  // Everything that the newest version does not name.
  void vacuum() {
    const auto start = clock_.steady();
    const VacuumOptions options{.retention = std::chrono::milliseconds(0), .force = true};
    const auto gone = delta::vacuum(table_, table_.latest().value(), options, clock_).value();
    answer_.number("ms", ms_since(start));
    answer_.number("files", static_cast<double>(gone.size()));
  }

  store::ObjectStore& store_;
  const std::vector<int64_t> numbers_;
  const SystemClock clock_;
  Random random_{Random::system_seed()};
  Table table_{store_, "t", clock_, random_};
  Answer answer_;
};

}  // namespace
}  // namespace foz::delta

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("delta_workload_bench WORKLOAD FOLDER NUMBER…: see bench/delta.py\n", stderr);
    return 2;
  }
  std::vector<int64_t> numbers;
  for (int i = 3; i < argc; ++i) numbers.push_back(std::stoll(argv[i]));
  const auto disk = foz::store::make_posix_disk();
  const auto store = foz::store::open_local_store(*disk, argv[2]).value();
  return foz::delta::Workload(*store, std::move(numbers)).run(argv[1]);
}
