// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The index against a plain map: puts, and walks that change entries and let them go meanwhile.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "table/key_index_internal.h"

namespace foz::table {
namespace {

// Many keys want the same slots, and the last of a shard's.
KeyHash key_of(uint64_t number) {
  const uint64_t low = number % 3 == 0 ? UINT64_MAX - number % 7 : number * 0x9e3779b97f4a7c15;
  return {low, number + 1};
}

TEST(KeyIndex, WalksShowEveryEntryAndForgetWhatTheyShall) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    KeyIndex index("", 0);
    std::map<uint64_t, uint32_t> known;  // by number: a row
    std::map<std::pair<uint64_t, uint64_t>, uint64_t> numbers;
    for (int round = 0; round < 6; ++round) {
      std::set<uint64_t> not_shown;
      for (const auto& [number, row] : known) not_shown.insert(number);
      std::set<uint64_t> forgotten;
      KeyIndex::Walk walk;
      bool more = true;
      while (more) {
        more = index.walk(walk, random.below(200), [&](KeyEntry& entry) {
          const uint64_t number = numbers.at({entry.key.low, entry.key.high});
          not_shown.erase(number);
          if (number % 5 == static_cast<uint64_t>(round)) {
            forgotten.insert(number);
            known.erase(number);
            return false;
          }
          entry.place.row = ++known[number];
          return true;
        });
        for (uint64_t i = 0; i < random.below(40); ++i) {
          const uint64_t number = random.below(6000);
          const KeyHash key = key_of(number);
          numbers[{key.low, key.high}] = number;
          known[number] = static_cast<uint32_t>(i);
          index.put({key, {}, {0, static_cast<uint32_t>(i)}});
        }
      }
      EXPECT_TRUE(not_shown.empty());
      ASSERT_EQ(index.size(), known.size());
      for (const auto& [number, row] : known) {
        const KeyEntry* found = index.find(key_of(number));
        ASSERT_NE(found, nullptr);
        EXPECT_EQ(found->place.row, row);
      }
      for (const uint64_t number : forgotten) {
        if (known.contains(number)) continue;
        EXPECT_EQ(index.find(key_of(number)), nullptr);
      }
    }
  }
}

}  // namespace
}  // namespace foz::table
