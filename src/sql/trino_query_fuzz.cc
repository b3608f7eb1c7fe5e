// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any text goes the whole way of a statement: it is parsed, typed, rendered, planned and executed
// by DuckDB over a small lake, within bounds of memory and time, and ends with rows or with an
// error that is no failure of ours.

#include <fmt/format.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <stop_token>
#include <string_view>
#include <thread>

#include "sql/test_lake_internal.h"

namespace {

using namespace foz;
using namespace foz::sql;

constexpr std::chrono::seconds kPatience{2};
constexpr int kMostBatches = 4;

// Stops what takes longer than a client would wait.
class Watchdog {
 public:
  Watchdog()
      : thread_([this](const std::stop_token& over) {
          std::unique_lock lock(mutex_);
          changed_.wait_for(lock, over, kPatience, [] { return false; });
          if (!over.stop_requested()) late_.request_stop();
        }) {}
  std::stop_token late() const { return late_.get_token(); }

 private:
  std::stop_source late_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

struct Lake {
  Lake() {
    lake.create("silver", "items");
    lake.commit("silver.items", {sample_rows(0, 50)});
    lake.append("silver.items", sample_rows(50, 10));
    lake.publish();
    QueryEngineOptions options;
    options.memory_bytes = 256 << 20;
    engine = lake.engine(options);
  }
  TestLake lake;
  std::unique_ptr<QueryEngine> engine;
};

void check(const QueryError& error, std::string_view sql) {
  CHECK(!error.name.empty());
  if (error.type != "INTERNAL_ERROR") return;
  fmt::print(stderr, "{}: {}\n{}\n", error.name, error.message, sql);
  CHECK(error.type != "INTERNAL_ERROR");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Lake lake;
  const std::string_view sql(reinterpret_cast<const char*>(data), size);
  const QuerySession session{.schema = "silver"};
  const Watchdog watchdog;
  auto cursor = lake.engine->execute(sql, session, watchdog.late());
  if (!cursor.has_value()) {
    check(cursor.error(), sql);
    return 0;
  }
  const std::stop_callback late(watchdog.late(), [&] { (*cursor)->cancel(); });
  for (int i = 0; i < kMostBatches; ++i) {
    auto batch = (*cursor)->next();
    if (!batch.has_value()) check(batch.error(), sql);
    if (!batch.has_value() || !*batch) break;
  }
  return 0;
}
