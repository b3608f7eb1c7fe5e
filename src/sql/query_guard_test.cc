// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_guard_internal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

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

TEST(QueryGuard, WhoHadAllMemoryNeedsTooMuch) {
  QueryGuard guard(0);
  QueryGuard::Watch query(guard, [](const QueryError&) {});
  EXPECT_FALSE(query.make_room([] { return false; }));
}

TEST(QueryGuard, MemoryIsWaitedForUntilAnotherQueryHasEnded) {
  QueryGuard guard(0);
  auto running = std::make_unique<QueryGuard::Watch>(guard, [](const QueryError&) {});
  std::promise<void> lacks;
  std::thread other([&] {
    QueryGuard::Watch query(guard, [](const QueryError&) {});
    std::atomic<int> looks = 0;
    EXPECT_TRUE(query.make_room([&] {
      if (++looks == 2) lacks.set_value();  // it has looked once, and waits
      return false;
    }));
    // It may have had too little again; but now it is alone.
    EXPECT_FALSE(query.make_room([] { return false; }));
  });
  lacks.get_future().wait();
  running.reset();
  other.join();
}

TEST(QueryGuard, QueriesThatLackMemoryTogetherBeginAgainOneAfterAnother) {
  QueryGuard guard(0);
  std::atomic<int> at_once = 0, most = 0, lacking = 0;
  const auto run = [&] {
    QueryGuard::Watch query(guard, [](const QueryError&) {});
    ++lacking;
    while (lacking < 4) std::this_thread::yield();
    EXPECT_TRUE(query.make_room([] { return false; }));
    most = std::max<int>(most, ++at_once);
    std::this_thread::yield();
    --at_once;
  };
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(run);
  }
  EXPECT_EQ(most, 1);
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
