// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_guard_internal.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>

namespace foz::sql {
namespace {

constexpr int64_t kLimit = 1000;

TEST(QueryGuard, EndsTheQueryThatRunsForLongestAndThenTheNext) {
  std::atomic<int64_t> used = 100;
  QueryGuard guard(kLimit, [&] { return used.load(); });
  std::promise<void> first_ended, second_ended;
  const QueryGuard::Watch first(guard, [&] {
    used = 950;  // and still too much
    first_ended.set_value();
  });
  const QueryGuard::Watch second(guard, [&] { second_ended.set_value(); });
  used = 900;
  first_ended.get_future().wait();
  second_ended.get_future().wait();
}

TEST(QueryGuard, EndsNoneForWhatWasThereBefore) {
  std::atomic<int64_t> used = 990;
  std::atomic<int> looks = 0, ended = 0;
  QueryGuard guard(kLimit, [&] {
    ++looks;
    return used.load();
  });
  const QueryGuard::Watch query(guard, [&] { ++ended; });
  while (looks < 4) std::this_thread::yield();
  EXPECT_EQ(ended, 0);
}

TEST(QueryGuard, SeesWhatThisProcessHolds) {
  const int64_t before = process_memory();
  EXPECT_GT(before, 0);
  const std::string held(64 << 20, 'x');
  EXPECT_GT(process_memory(), before + (48 << 20));
  EXPECT_EQ(held[100], 'x');
}

}  // namespace
}  // namespace foz::sql
