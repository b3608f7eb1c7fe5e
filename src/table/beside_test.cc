// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

constexpr char kInput[] = "foz/s/input/0";
const Patience kLimit{std::chrono::minutes(1)};

// The tick thread goes from border to border; the test is another writer.
struct BesideTest : testing::Test {
  BesideTest() {
    lake.options.policy.interval = std::chrono::hours(1);
    lake.options.policy.slow_interval = std::chrono::hours(1);
    lake.open();
  }
  void start() {
    ticks.emplace([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        if (publishing) {
          const int64_t from = next++;
          lake.live->publish({tick_rows(stream, kInput,
                                        from == 0 ? std::nullopt : std::optional(from), from + 1)});
        }
        for (const Event& event : lake.live->at_border()) {
          if (event.kind == Event::Kind::kDiscarded) ++discarded;
        }
      }
    });
  }
  SmallLake lake;
  TableId stream;
  std::atomic<bool> publishing = false;
  std::atomic<int64_t> next = 0;
  std::atomic<int> discarded = 0;
  std::optional<std::jthread> ticks;
};

TEST_F(BesideTest, WhatATailHoldsIsCommittedThoughMoreStreamsIn) {
  stream = lake.ensure("s");
  lake.live->publish({tick_rows(stream, kInput, std::nullopt, 10)});
  next = 10;
  publishing = true;
  start();
  const auto root = lake.live->settled(stream, kLimit);
  ASSERT_TRUE(root.has_value()) << root.error().message();
  const auto stored = lake.stored("s");
  for (int64_t id = 0; id < 10; ++id) EXPECT_EQ(stored.count(id), 1U) << id;
}

TEST_F(BesideTest, AVersionMadeBesideIsShownAndNoRowOfTheStreamIsLost) {
  stream = lake.ensure("s");
  publishing = true;
  start();
  for (int64_t id = 1'000'000; id < 1'000'020; ++id) {
    delta::Table table(*lake.memory, "silver/s", lake.clock, lake.random);
    lake.foreign_append("s", {id});
    const auto version = table.latest().value()->version();
    const auto root = lake.live->shown(stream, version, kLimit);
    ASSERT_TRUE(root.has_value()) << root.error().message();
    EXPECT_EQ(lake.seen(*(*root)->find("silver", "s")).count(id), 1U);
    if (id % 3 == 0) {
      ASSERT_TRUE(lake.live->settled(stream, kLimit).has_value());
    }
  }
  publishing = false;
  ticks.reset();
  EXPECT_EQ(discarded, 0);
  auto wanted = counts_of(range(0, next));
  for (int64_t id = 1'000'000; id < 1'000'020; ++id) wanted[id] = 1;
  EXPECT_EQ(lake.seen(stream), wanted);
}

TEST_F(BesideTest, TablesComeAndGo) {
  stream = lake.ensure("s");
  start();
  const auto make = [&] {
    auto table = std::make_shared<delta::Table>(*lake.memory, "shop/t", lake.clock, lake.random);
    auto snapshot = table->create({.schema = delta::from_arrow(*id_schema()).value()}).value();
    return lake.live->adopt({"shop", "t"}, table, snapshot, kLimit);
  };
  ASSERT_TRUE(make().has_value());
  const auto view = lake.live->root()->find("shop", "T");
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(lake.live->settled(view->id, kLimit).value()->find("shop", "t")->id, view->id);
  EXPECT_EQ(lake.live->forget(stream, kLimit).error().code(), ErrorCode::kDenied);
  ASSERT_TRUE(lake.live->forget(view->id, kLimit).has_value());
  EXPECT_EQ(lake.live->root()->find("shop", "t"), nullptr);
  EXPECT_EQ(lake.live->root()->tables[static_cast<size_t>(view->id.value())]->name.name, "");
  EXPECT_EQ(lake.live->stats().size(), 1U);
  EXPECT_EQ(lake.live->forget(view->id, kLimit).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(lake.live->settled(view->id, kLimit).error().code(), ErrorCode::kNotFound);
  const auto objects = lake.memory->list("shop/t/").value();
  for (const auto& object : objects) ASSERT_TRUE(lake.memory->remove(object.path).has_value());
  ASSERT_TRUE(make().has_value());
  EXPECT_NE(lake.live->root()->find("shop", "t")->id, view->id);
}

TEST_F(BesideTest, WhoWaitsForTicksIsToldThatNoneCome) {
  stream = lake.ensure("s");
  lake.live->publish({tick_rows(stream, kInput, std::nullopt, 10)});
  std::jthread settles([&] {
    EXPECT_EQ(lake.live->settled(stream, kLimit).error().code(), ErrorCode::kUnavailable);
  });
  std::jthread makes([&] {
    EXPECT_EQ(lake.live->make_schema("none", kLimit).error().code(), ErrorCode::kUnavailable);
  });
  lake.live->end_waits();
}

TEST_F(BesideTest, WhoIsStoppedWaitsNoMoreAndWhatIsInTheLakeIsShownLater) {
  stream = lake.ensure("s");
  lake.live->publish({tick_rows(stream, kInput, std::nullopt, 10)});
  std::stop_source stop;
  const Patience stopped{kLimit.limit, stop.get_token()};
  std::jthread settles([&] {
    EXPECT_EQ(lake.live->settled(stream, stopped).error().code(), ErrorCode::kCancelled);
  });
  std::jthread forgets(
      [&] { EXPECT_EQ(lake.live->forget(stream, stopped).error().code(), ErrorCode::kCancelled); });
  std::jthread makes([&] {
    EXPECT_EQ(lake.live->make_schema("late", stopped).error().code(), ErrorCode::kCancelled);
  });
  stop.request_stop();
  settles.join();
  forgets.join();
  makes.join();
  start();
  ASSERT_TRUE(lake.live->settled(stream, kLimit).has_value());
  const auto root = lake.live->root();
  EXPECT_NE(root->find("silver", "s"), nullptr);
  EXPECT_TRUE(std::ranges::any_of(root->tables,
                                  [](const auto& view) { return view->name.schema == "late"; }));
}

TEST_F(BesideTest, SchemasWithoutTablesOutliveARestart) {
  const auto has_schema = [&] {
    const auto root = lake.live->root();
    return std::ranges::any_of(root->tables,
                               [](const auto& view) { return view->name.schema == "empty"; });
  };
  start();
  ASSERT_TRUE(lake.live->make_schema("empty", kLimit).has_value());
  EXPECT_TRUE(has_schema());
  ticks.reset();
  lake.open();
  EXPECT_TRUE(has_schema());
  start();
  ASSERT_TRUE(lake.live->drop_schema("empty", kLimit).has_value());
  ticks.reset();
  lake.open();
  EXPECT_FALSE(has_schema());
}

}  // namespace
}  // namespace foz::table
