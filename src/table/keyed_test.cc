// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Random lives of a keyed table: a stream of changes, bad networks, other writers that append,
// delete and merge files, also amid commits, upkeep, crashes. Whatever happens, what is seen and
// what is stored is what a plain map says. FOZ_SEED=n replays one life, FOZ_LIVES=n lives longer.
#include <cstdlib>

#include "table/keyed_life_internal.h"

namespace foz::table {
namespace {

void live(uint64_t seed) {
  SCOPED_TRACE(fmt::format("FOZ_SEED={}", seed));
  Life life(seed);
  life.race();
  for (int step = 0; step < 120 && !testing::Test::HasFatalFailure(); ++step) {
    life.tick();
    if (life.lake.random.chance(1, 4)) life.misfortune();
    life.border(life.lake.random.chance(1, 12));
    life.check_visible();
    life.lake.clock.advance_ms(100 + static_cast<int64_t>(life.lake.random.below(300)));
  }
  if (!testing::Test::HasFatalFailure()) life.finish();
}

// What the stream has changed since a version that is restored is gone; what comes then, or is
// committed then, is there.
void live_restored(uint64_t seed) {
  SCOPED_TRACE(fmt::format("FOZ_SEED={}", seed));
  Life life(seed);
  life.in_order = true;  // whether a late change counts behind a restore is not said
  life.race([&] { life.foreign_restore(); });
  for (int step = 0; step < 100 && !testing::Test::HasFatalFailure(); ++step) {
    life.tick();
    switch (life.lake.random.below(24)) {
      case 0: life.lake.store.outage(true); break;
      case 1:
        life.lake.store.set(
            {.fail_before = 60, .answer_lost = 60, .request_lost = 60, .latency_ms = 0});
        break;
      case 2:
      case 3:
      case 4: life.heal(); break;
      case 5: life.crash(); break;
      case 6: life.foreign_merge(); break;
      case 7: life.foreign_restore(); break;
      default: break;
    }
    life.border(life.lake.random.chance(1, 12));
    life.check_visible();
    life.lake.clock.advance_ms(100 + static_cast<int64_t>(life.lake.random.below(300)));
  }
  if (!testing::Test::HasFatalFailure()) life.finish();
}

// Keys of rows that were deleted are known as those of files that come.
TEST(KeyedTable, ReplacesRowsThatARestoreBroughtBack) {
  Life life(5);
  life.lake.options.upkeep.enabled = false;
  life.start();
  const auto change = [&](int64_t keys, int64_t sequence) {
    for (int64_t key = 0; key < keys; ++key) life.input.push_back({key, sequence, false});
    life.publish(1000);
    for (int i = 0; i < 5; ++i) {
      life.lake.clock.advance_ms(2000);
      life.border(true);
    }
  };
  change(10, 0);
  delta::Table other = life.foreign();
  const auto first = other.latest().value();
  change(5, 1);
  const auto back = delta::restore(other, other.latest().value(), first).value();
  for (int i = 0;
       i < 60 && life.lake.view(life.table)->snapshot->version() < back.snapshot->version(); ++i) {
    life.lake.clock.advance_ms(2000);
    life.border(true);
  }
  EXPECT_EQ(life.in_table(other.latest().value(), nullptr), life.expected(10));
  change(10, 2);
  EXPECT_EQ(life.in_table(other.latest().value(), nullptr), life.expected(25));
  EXPECT_EQ(life.visible(), life.expected(25));
}

// A merge does not make the stream wait: what a part deletes of the files that are being merged is
// deleted of the new ones.
TEST(KeyedTable, IsSealedWhileItsFilesAreMerged) {
  Life life(3);
  for (int i = 0; i < 150; ++i) {
    for (int change = 0; change < 10; ++change) {
      const auto key = static_cast<int64_t>(life.lake.random.below(kKeys));
      life.input.push_back({key, i, false});
    }
    life.publish(1000);
    life.border(true);
    life.lake.clock.advance_ms(500);
    life.check_visible();
  }
  for (int i = 0; i < 4; ++i) life.border(true);
  const auto stats = life.lake.live->stats()[1];
  EXPECT_EQ(stats.discards, 0);
  // It knows the files that there are, and some of those that were merged.
  EXPECT_LT(stats.index_files, stats.files + 25);
  int merges = 0, with_deleted = 0;
  const auto log = life.lake.memory->list("silver/k/_delta_log/").value();
  for (const auto& object : log) {
    if (!object.path.ends_with(".json") || object.path.contains("compacted")) continue;
    const auto bytes = life.lake.memory->get(object.path).value();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.contains("OPTIMIZE")) continue;
    ++merges;
    for (size_t at = text.find("{\"add\""); at < text.size(); at = text.find("{\"add\"", at + 1)) {
      with_deleted += text.substr(at, text.find('\n', at) - at).contains("deletionVector");
    }
  }
  EXPECT_GT(merges, 10);
  EXPECT_GT(with_deleted, 5);
  life.finish();
}

// For its time a deletion is remembered, whoever asks; then neither memory nor the lake holds it.
TEST(KeyedTable, ForgetsDeletionsAfterTheirTime) {
  Life life(7);
  const auto remembered = [&] {
    delta::Table table(*life.lake.memory, "silver/k__tombstones", life.lake.clock,
                       life.lake.random);
    const int64_t stored = table.latest().value()->row_count().value();
    for (const auto& stats : life.lake.live->stats()) {
      if (stats.name.name != "k") continue;
      EXPECT_EQ(stats.remembered_deletions, stored);
    }
    return stored;
  };
  for (int64_t key = 0; key < 10; ++key) life.change(key, 10);
  for (int64_t key = 0; key < 10; ++key) life.change(key, 20, true);
  EXPECT_EQ(remembered(), 10);
  life.lake.clock.advance_ms(kForgetAfterMs - 200);
  life.change(0, 15);
  life.crash();
  life.change(1, 15);
  EXPECT_EQ(life.visible(), Seen());
  EXPECT_EQ(remembered(), 10);
  // Not even long after, when what came in time has yet to be read.
  life.input.push_back({2, 15, false});
  life.lake.clock.advance_ms(100 * kForgetAfterMs);
  life.crash();
  for (int i = 0; i < 5; ++i) life.border(true);
  EXPECT_EQ(remembered(), 10);
  life.publish(1000);
  for (int i = 0; i < 3; ++i) life.border(true);
  EXPECT_EQ(life.visible(), Seen());

  life.change(20, 30, true);
  for (int i = 0; i < 10; ++i) {
    life.lake.clock.advance_ms(kForgetAfterMs / 4);
    life.change(30, 40 + i);
  }
  EXPECT_EQ(remembered(), 0);
  life.change(3, 15);
  EXPECT_EQ(life.visible().count(3), 1U);
  life.crash();
  EXPECT_EQ(remembered(), 0);
  EXPECT_EQ(life.visible().count(3), 1U);
}

// What the lake still remembers is known after the next start: memory does not forget it before.
TEST(KeyedTable, ForgetsNoDeletionThatItCannotPrune) {
  Life life(7);
  const auto time_goes = [&] {
    for (int i = 0; i < 40; ++i) {
      life.lake.clock.advance_ms(kForgetAfterMs);
      life.change(30, 40 + i);
    }
  };
  life.change(0, 20, true);
  life.lake.store.deny_puts("silver/k__tombstones/");
  time_goes();
  life.change(0, 15);
  life.lake.store.deny_puts("");
  life.crash();
  life.change(0, 16);
  EXPECT_EQ(life.visible().count(0), 0U) << "older than what is remembered";
  time_goes();
  life.change(0, 17);
  life.crash();
  life.change(0, 18);
  EXPECT_EQ(life.visible().count(0), 1U);
  EXPECT_TRUE(life.visible().find(0)->second.starts_with("18 "));
}

// The process is killed at any step of its pruning: what is forgotten stays forgotten, and what is
// not is so in the lake as well.
TEST(KeyedTable, WhatIsForgottenStaysSoAfterAKill) {
  bool pruned_before = false, remembered_after = false;
  for (int steps = 1; steps < 12; ++steps) {
    SCOPED_TRACE(fmt::format("killed before step {}", steps));
    Life life(7 + static_cast<uint64_t>(steps % 3));
    const auto stored = [&] {
      delta::Table table(*life.lake.memory, "silver/k__tombstones", life.lake.clock,
                         life.lake.random);
      return table.latest().value()->row_count().value();
    };
    const auto remembered = [&] {
      for (const auto& stats : life.lake.live->stats()) {
        if (stats.name.name == "k") return stats.remembered_deletions;
      }
      return int64_t{-1};
    };
    for (int64_t key = 0; key < 10; ++key) life.change(key, 20, true);
    life.lake.clock.advance_ms(2 * kForgetAfterMs);
    life.lake.store.before_change([&, left = steps](std::string_view path) mutable {
      if (path.starts_with("silver/k__tombstones/") && left > 0 && --left == 0) {
        life.lake.store.outage(true);
      }
    });
    for (int i = 0; i < 10; ++i) {
      life.lake.clock.advance_ms(500);
      life.change(30, 40 + i);
    }
    life.lake.store.before_change({});
    life.crash();
    const bool forgot = stored() == 0;
    (forgot ? pruned_before : remembered_after) = true;
    EXPECT_EQ(remembered(), stored());
    life.change(0, 15);
    EXPECT_EQ(life.visible().count(0), forgot ? 1U : 0U);
    for (int i = 0; i < 20; ++i) {
      life.lake.clock.advance_ms(kForgetAfterMs / 4);
      life.change(30, 60 + i);
    }
    EXPECT_EQ(stored(), 0);
    EXPECT_EQ(remembered(), 0);
    life.crash();
    EXPECT_EQ(remembered(), 0);
    life.change(1, 15);
    life.crash();
    EXPECT_EQ(life.visible().count(1), 1U);
    EXPECT_EQ(life.visible().count(0), forgot ? 1U : 0U);
  }
  EXPECT_TRUE(pruned_before && remembered_after);
}

void each_life(void (*one)(uint64_t seed), int otherwise) {
  if (const char* seed = std::getenv("FOZ_SEED")) return one(std::strtoull(seed, nullptr, 10));
  const char* lives = std::getenv("FOZ_LIVES");
  const int count = lives ? std::atoi(lives) : otherwise;
  Random random(Random::system_seed());
  for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) one(random.next());
}

TEST(KeyedTable, AgreesWithAMap) { each_life(live, 25); }

TEST(KeyedTable, AgreesWithAMapThatIsRestored) { each_life(live_restored, 8); }

}  // namespace
}  // namespace foz::table
