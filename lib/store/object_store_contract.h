// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What every ObjectStore must hold. A test names its stores:
//   INSTANTIATE_TEST_SUITE_P(Memory, ObjectStoreContract,
//                            testing::Values([] { return std::shared_ptr(make_memory_store()); }));
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "store/object_store.h"

namespace foz::store {

// An empty store of its own, together with what it stands on.
using MakeStore = std::function<std::shared_ptr<ObjectStore>()>;

class ObjectStoreContract : public testing::TestWithParam<MakeStore> {
 protected:
  std::string range(std::string_view path, int64_t offset, size_t count) {
    std::string bytes(count, '?');
    bytes.resize(store_->get_range(path, offset, std::as_writable_bytes(std::span(bytes))).value());
    return bytes;
  }
  std::vector<std::string> paths(std::string_view prefix, std::string_view start_after = "",
                                 size_t limit = 0) {
    const std::vector<ObjectMeta> listed = store_->list(prefix, start_after, limit).value();
    std::vector<std::string> found;
    for (const ObjectMeta& meta : listed) found.push_back(meta.path);
    return found;
  }
  void put(std::string_view path, std::string_view text = "x") {
    const Status status = store_->put(path, as_bytes(text));
    ASSERT_TRUE(status) << path << ": " << status.error().message();
  }
  template <class T>
  static ErrorCode code_of(const Result<T>& result) {
    EXPECT_FALSE(result.has_value());
    return result.has_value() ? ErrorCode::kInternal : result.error().code();
  }

  const std::shared_ptr<ObjectStore> store_ = GetParam()();
};

TEST_P(ObjectStoreContract, GetsBackWhatWasPut) {
  const std::string every_byte = [] {
    std::string bytes;
    for (int i = 0; i < 100'000; ++i) bytes.push_back(static_cast<char>(i * 7 + i / 256));
    return bytes;
  }();
  put("a/b/c.bin", every_byte);
  EXPECT_EQ(store_->get("a/b/c.bin").value(), every_byte);
  const ObjectMeta meta = store_->head("a/b/c.bin").value();
  EXPECT_EQ(meta.path, "a/b/c.bin");
  EXPECT_EQ(meta.size, 100'000);
  EXPECT_GT(meta.modified_ms, 0);
}

TEST_P(ObjectStoreContract, HoldsEmptyObjects) {
  put("empty", "");
  EXPECT_EQ(store_->get("empty").value(), "");
  EXPECT_EQ(range("empty", 0, 10), "");
  EXPECT_EQ(store_->head("empty").value().size, 0);
  EXPECT_THAT(paths(""), testing::ElementsAre("empty"));
}

TEST_P(ObjectStoreContract, ReadsRangesUpToTheEnd) {
  put("digits", "0123456789");
  EXPECT_EQ(range("digits", 0, 3), "012");
  EXPECT_EQ(range("digits", 7, 3), "789");
  EXPECT_EQ(range("digits", 7, 100), "789");
  EXPECT_EQ(range("digits", 3, 0), "");
  EXPECT_EQ(range("digits", 10, 5), "");
  EXPECT_EQ(range("digits", 1'000'000, 5), "");
  EXPECT_EQ(code_of(store_->get_range("digits", -1, {})), ErrorCode::kInvalid);
}

TEST_P(ObjectStoreContract, NamesWhatIsMissing) {
  put("folder/object");
  for (const char* path : {"missing", "folder/missing", "no/such/folder", "folder"}) {
    std::byte byte;
    EXPECT_EQ(code_of(store_->get(path)), ErrorCode::kNotFound) << path;
    EXPECT_EQ(code_of(store_->get_range(path, 0, {&byte, 1})), ErrorCode::kNotFound) << path;
    EXPECT_EQ(code_of(store_->head(path)), ErrorCode::kNotFound) << path;
  }
  EXPECT_THAT(paths("missing/"), testing::IsEmpty());
  EXPECT_THAT(store_->list_names("missing/").value(), testing::IsEmpty());
}

TEST_P(ObjectStoreContract, PutReplaces) {
  put("a", "a long first text");
  put("a", "short");
  EXPECT_EQ(store_->get("a").value(), "short");
  EXPECT_THAT(paths(""), testing::ElementsAre("a"));
}

TEST_P(ObjectStoreContract, PutIfAbsentKeepsTheFirst) {
  EXPECT_EQ(store_->put_if_absent("log/0", as_bytes("first")).value(), PutOutcome::kCreated);
  EXPECT_EQ(store_->put_if_absent("log/0", as_bytes("second")).value(), PutOutcome::kExists);
  EXPECT_EQ(store_->get("log/0").value(), "first");
  ASSERT_TRUE(store_->remove("log/0"));
  EXPECT_EQ(store_->put_if_absent("log/0", as_bytes("third")).value(), PutOutcome::kCreated);
  EXPECT_EQ(store_->get("log/0").value(), "third");
  EXPECT_THAT(paths(""), testing::ElementsAre("log/0"));
}

TEST_P(ObjectStoreContract, OfRacingCreatorsOneWins) {
  constexpr int kRounds = 20;
  constexpr int kThreads = 8;
  for (int round = 0; round < kRounds; ++round) {
    const std::string path = "race/" + std::to_string(round);
    std::atomic<int> winners = 0;
    std::atomic<int> winner = -1;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
          const std::string mine(10'000, static_cast<char>('a' + i));
          const auto outcome = store_->put_if_absent(path, as_bytes(mine));
          EXPECT_TRUE(outcome) << outcome.error().message();
          if (outcome && *outcome == PutOutcome::kCreated) {
            ++winners;
            winner = i;
          }
          // Whoever lost sees the winner's object, whole.
          EXPECT_EQ(store_->get(path).value().size(), 10'000u);
        });
      }
    }
    ASSERT_EQ(winners, 1) << path;
    EXPECT_EQ(store_->get(path).value(), std::string(10'000, static_cast<char>('a' + winner)));
  }
  EXPECT_EQ(paths("").size(), size_t{kRounds});
}

TEST_P(ObjectStoreContract, AReaderSeesOneWholeObjectDuringOverwrites) {
  put("hot", std::string(50'000, '0'));
  std::atomic<bool> stop = false;
  std::jthread reader([&] {
    while (!stop) {
      const std::string seen = store_->get("hot").value();
      EXPECT_EQ(seen.size(), 50'000u);
      EXPECT_EQ(seen, std::string(seen.size(), seen[0]));
    }
  });
  for (int i = 1; i <= 40; ++i) put("hot", std::string(50'000, static_cast<char>('0' + i)));
  stop = true;
}

TEST_P(ObjectStoreContract, RemovesOnceAndAgain) {
  put("a/b");
  EXPECT_TRUE(store_->remove("a/b"));
  EXPECT_TRUE(store_->remove("a/b"));
  EXPECT_TRUE(store_->remove("never/was"));
  EXPECT_EQ(code_of(store_->get("a/b")), ErrorCode::kNotFound);
  put("a/c");
  EXPECT_TRUE(store_->remove("a"));
  EXPECT_THAT(paths(""), testing::ElementsAre("a/c"));
}

TEST_P(ObjectStoreContract, ListsInTheOrderOfPathBytes) {
  // A walk by folders would put "a/" first: '-' and '.' are bytes before '/', '0' is one after.
  const std::vector<std::string> sorted = {"a-b",   "a.c",   "a/b", "a/b-c/d", "a/b.x",
                                           "a/c/d", "a/c/e", "a/z", "a0",      "aa",
                                           "b/1",   "b/10",  "b/2", "\xc3\xa9"};
  for (auto at = sorted.rbegin(); at != sorted.rend(); ++at) {
    if (*at != "a/b") put(*at);
  }
  put("a/b");
  EXPECT_EQ(paths(""), sorted);
  EXPECT_EQ(paths("a/"), std::vector(sorted.begin() + 2, sorted.begin() + 8));
  EXPECT_THAT(paths("a/b"), testing::ElementsAre("a/b", "a/b-c/d", "a/b.x"));
  EXPECT_THAT(paths("b/1"), testing::ElementsAre("b/1", "b/10"));
  EXPECT_THAT(paths("a/c/d"), testing::ElementsAre("a/c/d"));
  EXPECT_THAT(paths("a/c/d/"), testing::IsEmpty());
}

TEST_P(ObjectStoreContract, ListsFromAnyPlaceAndInPages) {
  std::vector<std::string> all;
  for (const char* path : {"a-b", "a/b/c", "a/b/d", "a/e", "a0", "b"}) {
    put(path);
    all.push_back(path);
  }
  for (const char* from : {"", "a", "a-", "a-b", "a/", "a/b", "a/b/", "a/b/c", "a/b/c/x", "a/b0",
                           "a/e", "a0", "a1", "b", "c"}) {
    std::vector<std::string> expected = all;
    std::erase_if(expected, [&](const std::string& path) { return path <= from; });
    EXPECT_EQ(paths("", from), expected) << "from " << from;
  }
  std::vector<std::string> paged;
  for (std::string from;;) {
    const std::vector<std::string> page = paths("", from, 2);
    if (page.empty()) break;
    EXPECT_LE(page.size(), 2u);
    paged.insert(paged.end(), page.begin(), page.end());
    from = page.back();
  }
  EXPECT_EQ(paged, all);
  EXPECT_THAT(paths("a/", "a/b/c"), testing::ElementsAre("a/b/d", "a/e"));
  EXPECT_THAT(paths("a/", "a-b"), testing::ElementsAre("a/b/c", "a/b/d", "a/e"));
  EXPECT_THAT(paths("a/", "b"), testing::IsEmpty());
}

TEST_P(ObjectStoreContract, ListsADeltaLogFromAVersion) {
  for (int version = 0; version < 12; ++version) {
    const std::string name = std::to_string(version);
    put("s/t/_delta_log/" + std::string(20 - name.size(), '0') + name + ".json", name);
  }
  put("s/t/part-0.parquet");
  put("s/u/_delta_log/00000000000000000010.json");
  EXPECT_THAT(paths("s/t/_delta_log/", "s/t/_delta_log/00000000000000000009.json"),
              testing::ElementsAre("s/t/_delta_log/00000000000000000010.json",
                                   "s/t/_delta_log/00000000000000000011.json"));
  const ObjectMeta meta = store_->list("s/t/_delta_log/00000000000000000011").value().at(0);
  EXPECT_EQ(meta.size, 2);
  EXPECT_EQ(meta.modified_ms, store_->head(meta.path).value().modified_ms);
}

TEST_P(ObjectStoreContract, ListsNamesOfOneFolder) {
  for (const char* path : {"bronze/t/1", "bronze/t/2", "bronze/t-x/1", "silver/u", "readme"}) {
    put(path);
  }
  EXPECT_THAT(store_->list_names("").value(), testing::ElementsAre("bronze/", "readme", "silver/"));
  EXPECT_THAT(store_->list_names("bronze/").value(), testing::ElementsAre("t-x/", "t/"));
  EXPECT_THAT(store_->list_names("bronze/t/").value(), testing::ElementsAre("1", "2"));
  EXPECT_THAT(store_->list_names("bronze/none/").value(), testing::IsEmpty());
  EXPECT_EQ(code_of(store_->list_names("bronze")), ErrorCode::kInvalid);
}

TEST_P(ObjectStoreContract, TakesOddNames) {
  const std::vector<std::string> odd = {"with space/a b.parquet",
                                        "percent/%20 %2F %",
                                        "q='x'/date=2024-01-01 00%3A00",
                                        "unicode/žluťoučký-東京-🦊",
                                        "hidden/.file",
                                        "dots/...",
                                        "control/\x01\n\t",
                                        "latin1/\xe9\xff",
                                        "back\\slash",
                                        "glob/*?[a]{b}",
                                        "colon:semi;/#hash?q=1&r",
                                        "long/" + std::string(240, 'n')};
  for (const std::string& path : odd) {
    put(path, path);
    EXPECT_EQ(store_->get(path).value(), path);
  }
  std::vector<std::string> sorted = odd;
  std::ranges::sort(sorted);
  EXPECT_EQ(paths(""), sorted);
}

TEST_P(ObjectStoreContract, RefusesPathsThatAreNone) {
  using namespace std::string_view_literals;
  const std::string too_long = std::string(200, 'a') + "/" + std::string(900, 'b');
  for (const std::string_view path :
       {""sv, "/"sv, "/a"sv, "a/"sv, "a//b"sv, "."sv, ".."sv, "a/.."sv, "../a"sv, "a/../b"sv,
        "a/./b"sv, "nul\0byte"sv, ".tmp-1"sv, "a/.tmp-1/b"sv, std::string_view(too_long)}) {
    EXPECT_EQ(code_of(store_->put(path, {})), ErrorCode::kInvalid) << path;
    EXPECT_EQ(code_of(store_->put_if_absent(path, {})), ErrorCode::kInvalid) << path;
    EXPECT_EQ(code_of(store_->get(path)), ErrorCode::kInvalid) << path;
    EXPECT_EQ(code_of(store_->get_range(path, 0, {})), ErrorCode::kInvalid) << path;
    EXPECT_EQ(code_of(store_->head(path)), ErrorCode::kInvalid) << path;
    EXPECT_EQ(code_of(store_->remove(path)), ErrorCode::kInvalid) << path;
  }
  for (const std::string_view prefix : {"/"sv, "/a"sv, "a//"sv, "../"sv, "a/../b"sv, "nul\0"sv}) {
    EXPECT_EQ(code_of(store_->list(prefix)), ErrorCode::kInvalid) << prefix;
    EXPECT_EQ(code_of(store_->list_names(prefix)), ErrorCode::kInvalid) << prefix;
  }
  EXPECT_THAT(paths(""), testing::IsEmpty());
}

}  // namespace foz::store
