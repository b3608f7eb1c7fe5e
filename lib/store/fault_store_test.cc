// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "store/fault_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>

namespace foz::store {
namespace {

class FaultStoreTest : public testing::Test {
 protected:
  const std::unique_ptr<ObjectStore> behind_ = make_memory_store();
  Random random_{1};
  FaultStore store_{*behind_, random_};
};

TEST_F(FaultStoreTest, FailsBeforeAnythingHappens) {
  store_.set({.fail_before = 1'000});
  EXPECT_EQ(store_.put("a", {}).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store_.get("a").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(behind_->get("a").error().code(), ErrorCode::kNotFound);
}

TEST_F(FaultStoreTest, LosesAnswers) {
  store_.set({.answer_lost = 1'000});
  EXPECT_EQ(store_.put_if_absent("a", as_bytes("x")).error().code(), ErrorCode::kAmbiguous);
  EXPECT_EQ(behind_->get("a").value(), "x");
  EXPECT_EQ(store_.remove("a").error().code(), ErrorCode::kAmbiguous);
  EXPECT_FALSE(behind_->get("a"));
  EXPECT_EQ(store_.list("", "", 0).error().code(), ErrorCode::kUnavailable);
}

TEST_F(FaultStoreTest, LosesRequests) {
  store_.set({.request_lost = 1'000});
  EXPECT_EQ(store_.put("a", {}).error().code(), ErrorCode::kAmbiguous);
  EXPECT_FALSE(behind_->get("a"));
}

TEST_F(FaultStoreTest, HitsAsOftenAsAsked) {
  store_.set({.fail_before = 100, .answer_lost = 200, .request_lost = 300});
  std::map<ErrorCode, int> failures;
  for (int i = 0; i < 10'000; ++i) {
    const Status status = store_.put("a", {});
    if (!status) ++failures[status.error().code()];
  }
  EXPECT_NEAR(failures[ErrorCode::kUnavailable], 1'000, 150);
  EXPECT_NEAR(failures[ErrorCode::kAmbiguous], 5'000, 250);
}

TEST_F(FaultStoreTest, GoesDownAndComesBack) {
  ASSERT_TRUE(store_.put("a", as_bytes("x")));
  store_.outage(true);
  EXPECT_EQ(store_.head("a").error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(store_.remove("a").error().code(), ErrorCode::kUnavailable);
  store_.outage(false);
  EXPECT_EQ(store_.get("a").value(), "x");
}

TEST_F(FaultStoreTest, DeniesPutsUnderAPrefix) {
  store_.deny_puts("t/");
  EXPECT_EQ(store_.put("t/a", {}).error().code(), ErrorCode::kDenied);
  EXPECT_EQ(store_.put_if_absent("t/a", {}).error().code(), ErrorCode::kDenied);
  EXPECT_TRUE(store_.put("u/a", {}));
  store_.deny_puts("");
  EXPECT_TRUE(store_.put("t/a", {}));
}

TEST_F(FaultStoreTest, TellsOfChangesBeforeTheyHappen) {
  std::vector<std::string> seen;
  store_.before_change([&](std::string_view path) {
    EXPECT_FALSE(path == "a" && behind_->get("a").has_value());
    seen.emplace_back(path);
  });
  ASSERT_TRUE(store_.put("a", {}));
  ASSERT_TRUE(store_.get("a"));
  ASSERT_TRUE(store_.put_if_absent("b", {}));
  ASSERT_TRUE(store_.remove("b"));
  EXPECT_THAT(seen, testing::ElementsAre("a", "b", "b"));
  EXPECT_EQ(store_.requests(), 4);
}

TEST_F(FaultStoreTest, TakesItsTime) {
  store_.set({.latency_ms = 5});
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(store_.put("a", {}));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(5));
}

}  // namespace
}  // namespace foz::store
