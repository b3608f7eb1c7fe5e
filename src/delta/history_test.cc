// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/history.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/log_files_internal.h"
#include "delta/sample_table_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;

constexpr int64_t kBegin = 1'700'000'000'000;

class HistoryTest : public testing::Test {
 protected:
  static std::string metadata(std::string_view configuration) {
    return fmt::format(
        R"({{"metaData":{{"id":"t","format":{{"provider":"parquet","options":{{}}}},"schemaString":)"
        R"("{{\"type\":\"struct\",\"fields\":[]}}","partitionColumns":[],"configuration":{{{}}}}}}})",
        configuration);
  }
  static std::string protocol() {
    return R"({"protocol":{"minReaderVersion":1,"minWriterVersion":7,)"
           R"("writerFeatures":["inCommitTimestamp"]}})";
  }
  static std::string info(std::optional<int64_t> in_commit_ms, std::string_view more = "") {
    const std::string time =
        in_commit_ms ? fmt::format(R"("inCommitTimestamp":{},)", kBegin + *in_commit_ms) : "";
    return fmt::format(R"({{"commitInfo":{{{}"timestamp":1,"operation":"WRITE"{}}}}})", time, more);
  }
  // Whose file is of `file_ms` behind the beginning.
  void put(int64_t version, int64_t file_ms, std::string_view text) {
    clock_.advance_ms(kBegin + file_ms - clock_.now_ms());
    const std::string path = "t/_delta_log/" + commit_name(Version{version});
    ASSERT_TRUE(store_->put(path, as_bytes(text)).has_value());
  }
  std::optional<int64_t> at(int64_t ms, AfterLast after = AfterLast::kRefuse) {
    const auto found = version_at(table_, kBegin + ms, after);
    if (found) return found->version.value();
    EXPECT_EQ(found.error().code(), ErrorCode::kNotFound);
    return std::nullopt;
  }
  std::vector<int64_t> times() {
    std::vector<int64_t> out;
    const auto entries = history(table_, 0);
    if (!entries) {
      ADD_FAILURE() << entries.error().message();
      return out;
    }
    for (const HistoryEntry& entry : *entries) out.push_back(entry.timestamp_ms - kBegin);
    return out;
  }

  ManualClock clock_{kBegin * 1000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store(&clock_);
  Table table_{*store_, "t", clock_, random_};
};

TEST_F(HistoryTest, FilesTellTheTimeAndAreMadeToGrow) {
  put(0, 100, protocol() + "\n" + metadata("") + "\n" + info({}));
  put(1, 200, info({}));
  put(2, 200, info({}));
  put(3, 150, info({}));
  put(4, 300, info({}));
  EXPECT_EQ(times(), (std::vector<int64_t>{300, 202, 201, 200, 100}));
  EXPECT_EQ(at(100), 0);
  EXPECT_EQ(at(199), 0);
  EXPECT_EQ(at(200), 1);
  EXPECT_EQ(at(201), 2);
  EXPECT_EQ(at(299), 3);
  EXPECT_EQ(at(300), 4);
  EXPECT_EQ(at(301, AfterLast::kTakeLast), 4);
  EXPECT_EQ(at(301), std::nullopt);
  EXPECT_EQ(at(99), std::nullopt);
  const auto early = version_at(table_, kBegin, AfterLast::kRefuse);
  EXPECT_THAT(early.error().message(), HasSubstr("versions 0 to 4"));
  EXPECT_THAT(early.error().message(), HasSubstr("2023-11-14T22:13:20.100Z"));
  EXPECT_EQ(version_from(table_, kBegin + 150).value(), (VersionTime{Version{1}, kBegin + 200}));
  EXPECT_EQ(version_from(table_, kBegin).value().version, Version{0});
  EXPECT_EQ(version_from(table_, kBegin + 301).error().code(), ErrorCode::kNotFound);
}

// Files may be copied: then their own times say nothing.
TEST_F(HistoryTest, InCommitTimestampsTellTheTimeFromTheStart) {
  const std::string enabled = R"("delta.enableInCommitTimestamps":"true")";
  put(0, 9'000, info(100) + "\n" + protocol() + "\n" + metadata(enabled));
  put(1, 9'000, info(200));
  put(2, 9'000, info(300));
  EXPECT_EQ(times(), (std::vector<int64_t>{300, 200, 100}));
  EXPECT_EQ(at(99), std::nullopt);
  EXPECT_EQ(at(100), 0);
  EXPECT_EQ(at(250), 1);
  EXPECT_EQ(at(300), 2);
  EXPECT_EQ(at(9'000), std::nullopt);
  EXPECT_EQ(table_.latest().value()->timestamp_ms(), kBegin + 300);
}

TEST_F(HistoryTest, InCommitTimestampsMayBeEnabledLater) {
  put(0, 100, info({}) + "\n" + protocol() + "\n" + metadata(""));
  put(1, 200, info({}));
  const std::string enabled = fmt::format(
      R"("delta.enableInCommitTimestamps":"true","delta.inCommitTimestampEnablementVersion":"2",)"
      R"("delta.inCommitTimestampEnablementTimestamp":"{}")",
      kBegin + 1'000);
  put(2, 300, info(1'000) + "\n" + metadata(enabled));
  put(3, 400, info(2'000));
  EXPECT_EQ(times(), (std::vector<int64_t>{2'000, 1'000, 200, 100}));
  EXPECT_EQ(at(100), 0);
  EXPECT_EQ(at(250), 1);
  EXPECT_EQ(at(999), 1);
  EXPECT_EQ(at(1'000), 2);
  EXPECT_EQ(at(1'999), 2);
  EXPECT_EQ(at(2'000), 3);
}

TEST_F(HistoryTest, AMissingInCommitTimestampIsNamed) {
  const std::string enabled = R"("delta.enableInCommitTimestamps":"true")";
  put(0, 100, info(100) + "\n" + protocol() + "\n" + metadata(enabled));
  put(1, 200, info({}));
  const auto entries = history(table_, 0);
  ASSERT_FALSE(entries.has_value());
  EXPECT_EQ(entries.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(entries.error().message(), HasSubstr("00000000000000000001.json"));
}

TEST_F(HistoryTest, SaysWhatWritersSay) {
  put(0, 100, info({}) + "\n" + protocol() + "\n" + metadata(""));
  put(1, 200,
      info({}, R"(,"operationParameters":{"mode":"Append","partitionBy":"[]","n":7,"o":{"a":[1]},)"
               R"("nothing":null},"operationMetrics":{"numFiles":"1"},"engineInfo":"X/1",)"
               R"("userName":"me","readVersion":0,"isBlindAppend":true,"isolationLevel":3)"));
  put(2, 300,
      R"({"commitInfo":[1,2]})"
      "\n"
      R"({"txn":{"appId":"a","version":1}})");
  const auto entries = history(table_, 2).value();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].version, Version{2});
  EXPECT_EQ(entries[0].operation, std::nullopt);
  EXPECT_EQ(entries[1].version, Version{1});
  EXPECT_EQ(entries[1].operation, "WRITE");
  EXPECT_EQ(entries[1].parameters, (std::map<std::string, std::string>{{"mode", "Append"},
                                                                       {"partitionBy", "[]"},
                                                                       {"n", "7"},
                                                                       {"o", R"({"a":[1]})"},
                                                                       {"nothing", "null"}}));
  EXPECT_EQ(entries[1].metrics, (std::map<std::string, std::string>{{"numFiles", "1"}}));
  EXPECT_EQ(entries[1].engine, "X/1");
  EXPECT_EQ(entries[1].user_name, "me");
  EXPECT_EQ(entries[1].read_version, 0);
  EXPECT_EQ(entries[1].blind_append, true);
  EXPECT_EQ(entries[1].isolation_level, std::nullopt);
}

// Behind a clean-up: the checkpoint's version is the first that can be read.
TEST_F(HistoryTest, BeginsWithTheOldestVersionThatCanBeRead) {
  for (int64_t i = 0; i < 5; ++i) {
    const std::string first = i == 0 ? protocol() + "\n" + metadata("") + "\n" : "";
    put(i, 100 * i, first + info({}));
  }
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{2}).value()).has_value());
  ASSERT_TRUE(store_->remove("t/_delta_log/" + commit_name(Version{0})).has_value());
  EXPECT_EQ(at(150), std::nullopt);
  EXPECT_EQ(at(250), 2);
  EXPECT_EQ(times(), (std::vector<int64_t>{400, 300, 200, 100}));
  for (int64_t i = 1; i < 5; ++i)
    ASSERT_TRUE(store_->remove("t/_delta_log/" + commit_name(Version{i})).has_value());
  EXPECT_EQ(version_at(table_, kBegin, AfterLast::kRefuse).error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(history(table_, 0).value().empty());
}

// Its reader has listed the log before.
TEST_F(HistoryTest, EndsWhereACleanUpWentAheadOfIt) {
  for (int64_t i = 0; i < 4; ++i) {
    const std::string first = i == 0 ? protocol() + "\n" + metadata("") + "\n" : "";
    put(i, 100 * i, first + info({}));
  }
  History history = History::open(table_, table_.latest().value()).value();
  EXPECT_EQ(history.next().value()->version, Version{3});
  for (int64_t i = 0; i < 2; ++i)
    ASSERT_TRUE(store_->remove("t/_delta_log/" + commit_name(Version{i})).has_value());
  EXPECT_EQ(history.next().value()->version, Version{2});
  EXPECT_EQ(history.next().value(), std::nullopt);
  EXPECT_EQ(history.next().value(), std::nullopt);
}

}  // namespace
}  // namespace foz::delta
