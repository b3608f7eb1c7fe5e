// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The machine goes down amid commits, merges and pruning of a keyed table and of other writers, at
// one operation of its disk after the other: what was there is there, what was under way is there
// wholly or not at all, and the stream goes on to what a plain map says. FOZ_SEED=n repeats one,
// FOZ_CRASHES=1 crashes at every operation.
#include <cstdlib>

#include "store/disk.h"
#include "store/simulated_disk.h"
#include "table/keyed_life_internal.h"

namespace foz::table {
namespace {

constexpr uint64_t kStride = 23;

// False: it was over before the crash.
bool crash_at(uint64_t seed, int64_t operation) {
  SCOPED_TRACE(fmt::format("FOZ_SEED={}, operation {}", seed, operation));
  Random random(seed);
  store::SimulatedDisk disk(random);
  Life life(seed, store::open_local_store(disk, "/lake").value());
  life.lake.options.refresh_interval = std::chrono::milliseconds(100);
  life.start();
  const auto step = [&](int number) {
    life.tick();
    switch (number % 8) {
      case 1: life.foreign_append(); break;
      case 3: life.foreign_delete(false); break;
      case 5: life.foreign_delete(true); break;
      case 7: life.foreign_merge(); break;
      default: break;
    }
    life.border(true);
    life.border(number % 3 == 0);
    life.lake.clock.advance_ms(700);
  };
  for (int i = 0; i < 8; ++i) step(i);
  life.may_fail = true;
  life.race();
  disk.crash_after(operation);
  for (int i = 8; i < 20 && !disk.crashed(); ++i) step(i);
  const bool crashed = disk.crashed();
  disk.restart();
  life.lake.store.before_change({});
  life.settle_foreign();
  life.start();
  life.check_visible();
  for (int i = 0; i < 4; ++i) step(i);
  life.check_visible();
  life.finish();
  return crashed;
}

TEST(KeyedTable, SurvivesACrashAtAnyOperation) {
  const char* given = std::getenv("FOZ_SEED");
  const uint64_t seed = given ? std::strtoull(given, nullptr, 10) : Random::system_seed();
  Random random(seed);
  const char* every = std::getenv("FOZ_CRASHES");
  const auto stride = every ? std::atoll(every) : static_cast<int64_t>(kStride);
  int64_t operation = every ? 1 : 1 + static_cast<int64_t>(random.below(kStride));
  while (crash_at(seed, operation) && !testing::Test::HasFailure()) operation += stride;
  EXPECT_GT(operation, 200);
}

}  // namespace
}  // namespace foz::table
