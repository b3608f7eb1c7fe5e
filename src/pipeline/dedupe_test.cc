// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "pipeline/dedupe_internal.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unordered_map>

#include "base/random.h"

namespace foz::pipeline {
namespace {

TEST(Dedupe, TheWindowAgreesWithAMap) {
  const uint64_t seed = Random::system_seed();
  SCOPED_TRACE(seed);
  Random random(seed);
  KeyWindow window(1000);
  std::unordered_map<uint64_t, int64_t> times;
  int64_t newest = INT64_MIN;
  for (int i = 0; i < 50'000; ++i) {
    const uint64_t key = random.below(3000);
    const int64_t time = i / 10 + static_cast<int64_t>(random.below(50));
    window.advance(time);
    newest = std::max(newest, time);
    const KeyHash hash{key * 0x9e3779b97f4a7c15, key};
    const auto known = times.find(key);
    const bool expected = known != times.end() && known->second >= newest - 1000;
    ASSERT_EQ(window.remembers(hash), expected) << i;
    if (expected) continue;
    ASSERT_TRUE(window.insert(hash, time));
    times[key] = std::max(known == times.end() ? INT64_MIN : known->second, time);
  }
}

TEST(Dedupe, MemoryFollowsTheHorizonNotTheStream) {
  KeyWindow window(100);
  for (int64_t i = 0; i < 200'000; ++i) {
    window.advance(i);
    ASSERT_TRUE(window.insert({static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15, 0}, i));
  }
  EXPECT_LT(window.size(), 1000u);
}

TEST(Dedupe, OnlyKeysWithinTheHorizonCountAgainstTheLimit) {
  constexpr size_t kMost = 1000;
  KeyWindow window(500, kMost);
  const auto insert = [&](int64_t i, int64_t time) {
    window.advance(time);
    return window.insert({static_cast<uint64_t>(i) * 0x9e3779b97f4a7c15, 0}, time);
  };
  for (int64_t i = 0; i < 20'000; ++i) ASSERT_TRUE(insert(i, i)) << i;
  int64_t fits = 0;  // at one time: none expires
  while (insert(20'000 + fits, 20'000)) ASSERT_LE(++fits, static_cast<int64_t>(kMost));
  EXPECT_GT(fits, 400);
  EXPECT_TRUE(insert(50'000, 30'000));
}

TEST(Dedupe, KeysAreTheValuesNotTheirPlace) {
  arrow::StringBuilder a, b;
  ASSERT_TRUE(a.AppendValues({"ab", "a", "ab", "x"}).ok());
  ASSERT_TRUE(b.AppendValues({"c", "bc", "c"}).ok() && b.AppendNull().ok());
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("a", arrow::utf8()), arrow::field("b", arrow::utf8())}), 4,
      {*a.Finish(), *b.Finish()});
  const auto keys = table::row_keys(*batch, {"A", "b"}, {1, 2}).value();
  EXPECT_EQ(keys[0], keys[2]);
  EXPECT_NE(keys[0], keys[1]);
  EXPECT_NE(keys[0], keys[3]);
  EXPECT_NE(keys, table::row_keys(*batch, {"A", "b"}, {1, 3}).value());
  EXPECT_EQ(table::row_keys(*batch->Slice(2), {"A", "b"}, {1, 2}).value()[0], keys[0]);
  EXPECT_FALSE(table::row_keys(*batch, {"c"}, {1, 2}).has_value());
}

}  // namespace
}  // namespace foz::pipeline
