// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Many writers, bad networks and crashes: every commit that was acknowledged is there once, and
// versions have no gap.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "delta/log_files_internal.h"
#include "delta/sample_table_internal.h"
#include "store/disk.h"
#include "store/fault_store.h"
#include "store/simulated_disk.h"

namespace foz::delta {
namespace {

CommitRequest one_file(const std::string& name) {
  CommitRequest request;
  request.adds.push_back({.path = name, .size = 1, .stats = R"({"numRecords":1})"});
  return request;
}

std::set<std::string> paths(const Snapshot& snapshot) {
  std::set<std::string> out;
  snapshot.each_file(
      [&](const std::shared_ptr<const AddFile>& add) { return out.insert(add->path).second; });
  return out;
}

bool may_repeat(const Error& error) {
  return error.code() == ErrorCode::kAmbiguous || error.code() == ErrorCode::kUnavailable;
}

// Repeats the same request on the same base until the store answers.
SnapshotPtr commit_stubbornly(Table& table, const SnapshotPtr& base, const CommitRequest& request) {
  while (true) {
    auto outcome = table.commit(base, request);
    if (outcome) return std::get<Committed>(*outcome).snapshot;
    CHECK(may_repeat(outcome.error()));
  }
}

void race(store::ObjectStore& store) {
  constexpr int kThreads = 8, kAppends = 50;
  const SystemClock clock;
  Random random(1);
  Table table(store, "t", clock, random);
  auto created = table.create({.schema = sample_schema()});
  while (!created) {
    // A lost answer may hide that the table was made, or that it was not.
    const bool made = created.error().code() == ErrorCode::kAlreadyExists;
    ASSERT_TRUE(made || may_repeat(created.error())) << created.error().message();
    created = made ? table.latest() : table.create({.schema = sample_schema()});
  }
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      Table mine(store, "t", clock, random);
      SnapshotPtr base = *created;
      for (int i = 0; i < kAppends; ++i) {
        base = commit_stubbornly(mine, base, one_file(fmt::format("{}-{}", t, i)));
      }
    });
  }
  threads.clear();
  auto latest = table.latest();
  while (!latest && may_repeat(latest.error())) latest = table.latest();
  ASSERT_TRUE(latest.has_value()) << latest.error().message();
  EXPECT_EQ((*latest)->version(), Version{kThreads * kAppends});
  EXPECT_EQ((*latest)->file_count(), size_t{kThreads * kAppends});
  EXPECT_EQ((*latest)->row_count(), kThreads * kAppends);
}

TEST(Race, EveryAppendLandsOnce) {
  const auto store = store::make_memory_store();
  race(*store);
}

TEST(Race, EveryAppendLandsOnceWhileAnswersGetLost) {
  const auto memory = store::make_memory_store();
  const uint64_t seed = Random::system_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed);
  store::FaultStore store(*memory, random);
  store.set({.fail_before = 50, .answer_lost = 150, .request_lost = 50});
  race(store);
}

TEST(Race, PositionsLetOneOfTwoOwnersWin) {
  const auto store = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  Table table(*store, "t", clock, random);
  const SnapshotPtr created = table.create({.schema = sample_schema()}).value();
  std::atomic<int> won = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      SnapshotPtr base = created;
      for (int64_t i = 0; i < 50;) {
        CommitRequest request = one_file(fmt::format("{}-{}", t, i));
        const auto stored = base->transaction_version("flow");
        request.positions.push_back({"flow", stored, stored.value_or(0) + 1});
        auto outcome = table.commit(base, request).value();
        if (auto* committed = std::get_if<Committed>(&outcome)) {
          base = committed->snapshot;
          ++won;
        } else {
          base = std::get<Conflict>(outcome).latest;
        }
        i = base->transaction_version("flow").value_or(0);
      }
    });
  }
  threads.clear();
  const SnapshotPtr latest = table.latest().value();
  EXPECT_EQ(latest->version().value(), won);
  EXPECT_EQ(latest->transaction_version("flow"), won);
  EXPECT_EQ(latest->file_count(), static_cast<size_t>(won));
}

TEST(Outage, NothingIsCommittedAndTheCallerIsTold) {
  const auto memory = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  store::FaultStore store(*memory, random);
  Table table(store, "t", clock, random);
  const SnapshotPtr base = table.create({.schema = sample_schema()}).value();
  store.outage(true);
  EXPECT_EQ(table.commit(base, one_file("a")).error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(table.latest().has_value());
  store.outage(false);
  EXPECT_EQ(table.latest().value()->version(), Version{0});
  store.deny_puts("t/_delta_log");
  EXPECT_EQ(table.commit(base, one_file("a")).error().code(), ErrorCode::kDenied);
  store.deny_puts("");
  ASSERT_TRUE(table.commit(base, one_file("a")).has_value());
  EXPECT_EQ(table.latest().value()->file_count(), 1u);
}

TEST(Requests, ACommitIsOnePutAndAListOfNothing) {
  const auto memory = store::make_memory_store();
  const SystemClock clock;
  Random random(1);
  store::FaultStore store(*memory, random);
  Table table(store, "t", clock, random);
  const SnapshotPtr base = table.create({.schema = sample_schema()}).value();
  const int64_t before = store.requests();
  ASSERT_TRUE(table.commit(base, one_file("a")).has_value());
  EXPECT_EQ(store.requests() - before, 1);
}

// Power is cut at the n-th operation of the disk, for every n that a short life has.
TEST(Crash, WhatWasAcknowledgedIsThereAndTheRestLandsOnceWhenRepeated) {
  constexpr int kFiles = 4;
  for (int64_t n = 1; n < 200; ++n) {
    SCOPED_TRACE(fmt::format("crash at operation {}", n));
    Random random(static_cast<uint64_t>(n));
    const SystemClock clock;
    store::SimulatedDisk disk(random);
    int acknowledged = 0;
    const auto live = [&] {
      auto store = store::open_local_store(disk, "/lake");
      if (!store) return;
      Table table(**store, "t", clock, random);
      auto snapshot = table.latest();
      if (!snapshot && snapshot.error().code() == ErrorCode::kNotFound) {
        snapshot = table.create({.schema = sample_schema()});
      }
      if (!snapshot) return;
      EXPECT_GE((*snapshot)->file_count(), static_cast<size_t>(acknowledged));
      // What was not acknowledged may have landed all the same.
      acknowledged = static_cast<int>((*snapshot)->file_count());
      for (int i = acknowledged; i < kFiles; ++i) {
        auto outcome = table.commit(*snapshot, one_file(fmt::format("f{}", i)));
        if (!outcome) return;
        snapshot = std::get<Committed>(*outcome).snapshot;
        acknowledged = i + 1;
      }
    };
    disk.crash_after(n);
    live();
    const bool crashed = disk.crashed();
    disk.restart();
    live();
    EXPECT_EQ(acknowledged, kFiles);
    auto store = store::open_local_store(disk, "/lake").value();
    const SnapshotPtr latest = Table(*store, "t", clock, random).latest().value();
    EXPECT_EQ(paths(*latest), (std::set<std::string>{"f0", "f1", "f2", "f3"}));
    EXPECT_EQ(latest->version(), Version{kFiles});
    if (!crashed) break;
  }
}

}  // namespace
}  // namespace foz::delta
