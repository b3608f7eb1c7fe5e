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
constexpr std::chrono::milliseconds kShort{5};

TEST(QueryGuard, EndsTheQueryThatRunsForLongestAndThenTheNext) {
  std::atomic<int64_t> used = 100;
  QueryGuard guard(kLimit, kShort, [&] { return used.load(); });
  std::promise<void> first_ended, second_ended;
  const QueryGuard::Watch first(guard, [&](const QueryError&) {
    used = 950;  // and still too much
    first_ended.set_value();
  });
  const QueryGuard::Watch second(guard, [&](const QueryError&) { second_ended.set_value(); });
  used = 900;
  first_ended.get_future().wait();
  second_ended.get_future().wait();
}

TEST(QueryGuard, EndsNoneForWhatWasThereBefore) {
  std::atomic<int64_t> used = 990;
  std::atomic<int> looks = 0, ended = 0;
  QueryGuard guard(kLimit, kShort, [&] {
    ++looks;
    return used.load();
  });
  const QueryGuard::Watch query(guard, [&](const QueryError&) { ++ended; });
  while (looks < 4) std::this_thread::yield();
  EXPECT_EQ(ended, 0);
}

// A query whose reader stays away until it is ended, or comes.
class WaitingQuery {
 public:
  explicit WaitingQuery(QueryGuard& guard) {
    std::promise<void> waits;
    thread_ = std::thread([&, this] {
      std::promise<QueryError> ended;
      QueryGuard::Watch watch(guard, [&](QueryError why) { ended.set_value(std::move(why)); });
      watch.set_waiting(true);
      waits.set_value();
      error_ = ended.get_future().get().name;
    });
    waits.get_future().wait();
  }
  std::string error() {
    thread_.join();
    return error_;
  }

 private:
  std::string error_;
  std::thread thread_;
};

TEST(QueryGuard, MakesRoomByEndingTheQueryThatWaitsForItsReaderForLongest) {
  QueryGuard guard(0, kShort);
  QueryGuard::Watch running(guard, [](const QueryError&) { FAIL() << "it waits for nobody"; });
  QueryGuard::Watch lacking(guard, [](const QueryError&) { FAIL() << "it asks itself"; });
  const auto wanted = [] { return false; };
  EXPECT_FALSE(lacking.make_room(wanted));
  WaitingQuery first(guard), second(guard);
  EXPECT_TRUE(lacking.make_room(wanted));
  EXPECT_EQ(first.error(), "EXCEEDED_GLOBAL_MEMORY_LIMIT");
  EXPECT_FALSE(lacking.make_room([] { return true; }));
  EXPECT_TRUE(lacking.make_room(wanted));
  EXPECT_EQ(second.error(), "EXCEEDED_GLOBAL_MEMORY_LIMIT");
  EXPECT_FALSE(lacking.make_room(wanted));
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
