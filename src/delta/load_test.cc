// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// From the files of a log to a snapshot: what stands in for what, and what damage is survived.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "delta/log_files_internal.h"
#include "delta/sample_table_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;

constexpr std::string_view kProtocol =
    R"({"protocol":{"minReaderVersion":1,"minWriterVersion":2}})";
constexpr std::string_view kMetadata =
    R"({"metaData":{"id":"t","format":{"provider":"parquet","options":{}},"schemaString":)"
    R"("{\"type\":\"struct\",\"fields\":[{\"name\":\"id\",\"type\":\"long\",\"nullable\":true,)"
    R"(\"metadata\":{}}]}","partitionColumns":[],"configuration":{}}})";

std::string add(std::string_view path, int64_t size = 10) {
  return fmt::format(
      R"({{"add":{{"path":"{}","partitionValues":{{}},"size":{},"modificationTime":1,"dataChange":true}}}})",
      path, size);
}
std::string remove(std::string_view path) {
  return fmt::format(R"({{"remove":{{"path":"{}","deletionTimestamp":1,"dataChange":true}}}})",
                     path);
}

// A log made by hand: version 0 and one file more in each of the versions 1 to 6; 4 takes f1 away.
class LoadTest : public testing::Test {
 protected:
  void SetUp() override {
    put(commit_name(Version{0}), fmt::format("{}\n{}\n", kProtocol, kMetadata));
    for (int64_t i = 1; i <= 6; ++i) {
      const std::string gone = i == 4 ? remove("f1") + "\n" : "";
      put(commit_name(Version{i}), gone + add(fmt::format("f{}", i)) + "\n");
    }
  }
  void put(const std::string& name, std::string_view text) {
    ASSERT_TRUE(store_->put("t/_delta_log/" + name, as_bytes(text)).has_value());
  }
  void erase(const std::string& name) {
    ASSERT_TRUE(store_->remove("t/_delta_log/" + name).has_value());
  }
  static std::string compaction(int64_t first, int64_t last) {
    return fmt::format("{:020}.{:020}.compacted.json", first, last);
  }
  static std::set<std::string> files(const Result<SnapshotPtr>& snapshot) {
    std::set<std::string> out;
    if (!snapshot) {
      ADD_FAILURE() << snapshot.error().message();
      return out;
    }
    (*snapshot)->each_file([&](const std::shared_ptr<const AddFile>& file) {
      out.insert(file->path);
      return true;
    });
    return out;
  }

  const std::set<std::string> all_ = {"f2", "f3", "f4", "f5", "f6"};
  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store(&clock_);
  Table table_{*store_, "t", clock_, random_};
};

TEST_F(LoadTest, ACompactionStandsInForItsCommits) {
  put(compaction(2, 5), remove("f1") + "\n" + add("f2") + "\n" + add("f3") + "\n" + add("f4") +
                            "\n" + add("f5") + "\n");
  for (int64_t i = 2; i < 5; ++i) put(commit_name(Version{i}), "never looked at");
  EXPECT_EQ(files(table_.latest()), all_);
  EXPECT_EQ(files(table_.at(Version{5})), (std::set<std::string>{"f2", "f3", "f4", "f5"}));
}

TEST_F(LoadTest, TheLongestCompactionThatFitsIsTaken) {
  put(compaction(1, 2), add("f1") + "\n" + add("f2") + "\n");
  put(compaction(1, 4),
      remove("f1") + "\n" + add("f2") + "\n" + add("f3") + "\n" + add("f4") + "\n");
  put(compaction(5, 6), add("f5") + "\n" + add("f6") + "\n");
  for (int64_t i = 1; i < 4; ++i) put(commit_name(Version{i}), "never looked at");
  put(commit_name(Version{5}), "never looked at");
  EXPECT_EQ(files(table_.latest()), all_);
}

// One that ends behind the version asked for, or begins before the state that is known, says too
// much.
TEST_F(LoadTest, ACompactionAcrossTheVersionIsNotTaken) {
  put(compaction(2, 5), "never looked at");
  EXPECT_EQ(files(table_.at(Version{3})), (std::set<std::string>{"f1", "f2", "f3"}));
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{3}).value()).has_value());
  EXPECT_EQ(files(table_.latest()), all_);
}

TEST_F(LoadTest, ADamagedCompactionIsSurvived) {
  for (const std::string& text :
       {std::string("{\"add\":"), std::string(),
        // Not reconciled: f1 is added and removed.
        add("f1") + "\n" + remove("f1") + "\n" + add("f2") + "\n" + add("f3") + "\n" + add("f4")}) {
    put(compaction(1, 4), text);
    EXPECT_EQ(files(table_.latest()), all_) << text;
  }
}

TEST_F(LoadTest, ACompactionKeepsTheTimeOfTheLastCommit) {
  clock_.advance_ms(60'000);
  put(commit_name(Version{6}), add("f6") + "\n");
  const int64_t time = table_.latest().value()->timestamp_ms();
  clock_.advance_ms(60'000);
  put(compaction(3, 6), remove("f1") + "\n" + add("f3") + "\n" + add("f4") + "\n" + add("f5") +
                            "\n" + add("f6") + "\n");
  EXPECT_EQ(table_.latest().value()->timestamp_ms(), time);
}

TEST_F(LoadTest, ACommitOfNothingIsDamage) {
  for (const std::string_view text : {"", "\n", " \r\n\t"}) {
    put(commit_name(Version{6}), text);
    const auto latest = table_.latest();
    ASSERT_FALSE(latest.has_value());
    EXPECT_EQ(latest.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(latest.error().message(), HasSubstr(commit_name(Version{6})));
    EXPECT_EQ(files(table_.at(Version{5})), (std::set<std::string>{"f2", "f3", "f4", "f5"}));
    const auto followed = table_.refresh(table_.at(Version{5}).value());
    EXPECT_EQ(followed.error().code(), ErrorCode::kCorrupt);
  }
}

TEST_F(LoadTest, ObjectsLaidOutOverLinesAreRead) {
  const std::string laid_out =
      "{\n  \"add\": {\n    \"path\": \"a}\\\"{\",\n    \"partitionValues\": {},\n    \"size\": "
      "1,\n"
      "    \"modificationTime\": 1,\n    \"dataChange\": true\n  }\n}\n";
  put(commit_name(Version{6}), laid_out + add("f7") + "\n" + laid_out);
  auto expected = all_;
  expected.erase("f6");
  expected.insert({"a}\"{", "f7"});
  EXPECT_EQ(files(table_.latest()), expected);
  // Line 10 is the first one behind the object.
  for (const std::string& damaged :
       {laid_out + "{", laid_out + "{\n" + add("f7") + "\n", laid_out + "{\n}}\n"}) {
    put(commit_name(Version{6}), damaged);
    EXPECT_EQ(table_.latest().error().code(), ErrorCode::kCorrupt) << damaged;
    EXPECT_THAT(table_.latest().error().message(), HasSubstr("line 10")) << damaged;
  }
}

TEST_F(LoadTest, AGapIsNamed) {
  erase(commit_name(Version{3}));
  const auto latest = table_.latest();
  ASSERT_FALSE(latest.has_value());
  EXPECT_EQ(latest.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(latest.error().message(), HasSubstr("version 3 is missing"));
  EXPECT_EQ(files(table_.at(Version{2})), (std::set<std::string>{"f1", "f2"}));
}

// What clean-up leaves: nothing before a checkpoint.
TEST_F(LoadTest, VersionsBehindTheCutAreThere) {
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{3}).value()).has_value());
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{5}).value()).has_value());
  for (int64_t i = 0; i < 3; ++i) erase(commit_name(Version{i}));
  EXPECT_EQ(files(table_.latest()), all_);
  EXPECT_EQ(files(table_.at(Version{3})), (std::set<std::string>{"f1", "f2", "f3"}));
  EXPECT_EQ(files(table_.at(Version{4})), (std::set<std::string>{"f2", "f3", "f4"}));
  const auto gone = table_.at(Version{2});
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(gone.error().message(), HasSubstr("versions 3 to 6"));
}

TEST_F(LoadTest, TheLastVersionMayBeACheckpointAlone) {
  const SnapshotPtr before = table_.latest().value();
  ASSERT_TRUE(table_.checkpoint(before).has_value());
  for (int64_t i = 0; i <= 6; ++i) erase(commit_name(Version{i}));
  EXPECT_EQ(files(table_.latest()), all_);
  EXPECT_EQ(files(table_.at(Version{6})), all_);
  EXPECT_THAT(table_.at(Version{5}).error().message(), HasSubstr("versions 6 to 6"));
}

TEST_F(LoadTest, AnOlderCheckpointStandsInForADamagedOne) {
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{2}).value()).has_value());
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{5}).value()).has_value());
  erase(commit_name(Version{0}));
  put(checkpoint_name(Version{5}), "PAR1");
  EXPECT_EQ(files(table_.latest()), all_);
}

class V2CheckpointTest : public LoadTest {
 protected:
  void SetUp() override {
    LoadTest::SetUp();
    for (int64_t i = 0; i < 5; ++i) erase(commit_name(Version{i}));
  }
  static std::string name(int digit) {
    return fmt::format("{:020}.checkpoint.00000000-0000-4000-8000-00000000000{}.json", 4, digit);
  }
  static std::string body(int64_t version, std::string_view tags) {
    return fmt::format("{{\"checkpointMetadata\":{{\"version\":{},\"tags\":{}}}}}\n{}\n{}\n",
                       version, tags, kProtocol, kMetadata) +
           add("f2") + "\n" + add("f3") + "\n" + add("f4") + "\n" + remove("f1") + "\n";
  }
};

TEST_F(V2CheckpointTest, HoldsAllWithoutSidecars) {
  put(name(1), body(4, R"({"numOfAddFiles":"3"})"));
  EXPECT_EQ(files(table_.latest()), all_);
}

TEST_F(V2CheckpointTest, ThatContradictsItselfIsRefused) {
  put(name(1), body(3, "{}"));
  EXPECT_THAT(table_.latest().error().message(), HasSubstr("says that it is of version 3"));
  put(name(1), body(4, R"({"numOfAddFiles":"4"})"));
  EXPECT_THAT(table_.latest().error().message(), HasSubstr("holds 3 files and says 4"));
  put(name(2), body(4, R"({"numOfAddFiles":"3"})"));
  EXPECT_EQ(files(table_.latest()), all_);  // another one of the version stands in
}

TEST_F(V2CheckpointTest, ThatLacksASidecarIsRefusedByName) {
  put(name(1), body(4, "{}") + R"({"sidecar":{"path":"gone.parquet","sizeInBytes":5,)"
                               R"("modificationTime":1}})");
  const auto latest = table_.latest();
  ASSERT_FALSE(latest.has_value());
  EXPECT_EQ(latest.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(latest.error().message(), HasSubstr("_sidecars/gone.parquet"));
}

class ChecksumTest : public LoadTest {
 protected:
  void put_checksum(std::string_view fields) {
    put(fmt::format("{:020}.crc", 6), fmt::format("{{{}}}", fields));
  }
  void expect_refused(std::string_view fields, std::string_view why) {
    put_checksum(fields);
    const auto latest = table_.latest();
    ASSERT_FALSE(latest.has_value()) << fields;
    EXPECT_EQ(latest.error().code(), ErrorCode::kCorrupt);
    EXPECT_THAT(latest.error().message(), HasSubstr(std::string(why)));
    EXPECT_THAT(latest.error().message(), HasSubstr("00000000000000000006.crc"));
  }
};

TEST_F(ChecksumTest, ThatAgreesIsPassed) {
  put_checksum(R"("tableSizeBytes":50,"numFiles":5,"numMetadata":1,"numProtocol":1,)"
               R"("setTransactions":[],"domainMetadata":[],)"
               R"("protocol":{"minReaderVersion":1,"minWriterVersion":2})");
  EXPECT_EQ(files(table_.latest()), all_);
}

// As Spark's checksum of a table that foz made, after Spark wrote into it.
TEST_F(ChecksumTest, MayHaveFeaturesInAnotherOrder) {
  const auto protocol = [](std::string_view features) {
    return fmt::format(R"({{"minReaderVersion":1,"minWriterVersion":7,"writerFeatures":[{}]}})",
                       features);
  };
  put(commit_name(Version{6}),
      fmt::format("{{\"protocol\":{}}}\n", protocol(R"("appendOnly","invariants")")));
  put_checksum(fmt::format("\"protocol\":{}", protocol(R"("invariants","appendOnly")")));
  EXPECT_TRUE(table_.latest().has_value());
  expect_refused(fmt::format("\"protocol\":{}", protocol(R"("appendOnly")")), "another protocol");
}

TEST_F(ChecksumTest, ThatContradictsIsNamed) {
  expect_refused(R"("tableSizeBytes":51,"numFiles":5)", "50 bytes");
  expect_refused(R"("tableSizeBytes":50,"numFiles":6)", "5 files");
  expect_refused(R"("protocol":{"minReaderVersion":1,"minWriterVersion":1})", "another protocol");
  expect_refused(R"("setTransactions":[{"appId":"a","version":1}])", "the application a");
  expect_refused(R"("domainMetadata":[{"domain":"d","configuration":"","removed":false}])",
                 "another domain d");
  EXPECT_EQ(files(table_.at(Version{5})), (std::set<std::string>{"f2", "f3", "f4", "f5"}));
}

TEST_F(ChecksumTest, ThatCannotBeReadIsPassedOver) {
  for (const std::string_view text : {"", "{", "[]", "null", "\x80"}) {
    put(fmt::format("{:020}.crc", 6), text);
    EXPECT_EQ(files(table_.latest()), all_) << text;
  }
}

class CatalogTest : public LoadTest {
 protected:
  static constexpr std::string_view kManaged =
      R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["catalogManaged"],)"
      R"("writerFeatures":["catalogManaged","inCommitTimestamp"]}})";
  void SetUp() override {
    LoadTest::SetUp();
    put(commit_name(Version{0}), fmt::format("{}\n{}\n", kManaged, kMetadata));
    put("_staged_commits/" + staged(6), add("s6") + "\n");
    put("_staged_commits/" + staged(7), add("s7") + "\n");
  }
  static std::string staged(int64_t version) {
    return fmt::format("{:020}.7d17ac10-5cc3-401b-bd1a-9c82dd2ea032.json", version);
  }
};

TEST_F(CatalogTest, WithoutTheCatalogItIsRefusedByName) {
  const auto latest = table_.latest();
  ASSERT_FALSE(latest.has_value());
  EXPECT_EQ(latest.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(latest.error().message(), HasSubstr("catalogManaged"));
}

TEST_F(CatalogTest, TheCatalogsCommitsGoBeforePublishedOnes) {
  const SnapshotPtr snapshot =
      table_.latest({.staged = {{Version{6}, staged(6)}, {Version{7}, staged(7)}}}).value();
  EXPECT_EQ(snapshot->version(), Version{7});
  EXPECT_EQ(files(snapshot), (std::set<std::string>{"f2", "f3", "f4", "f5", "s6", "s7"}));
  EXPECT_EQ(table_.refresh(snapshot).error().code(), ErrorCode::kUnsupported);
  EXPECT_EQ(table_.commit(snapshot, {}).error().code(), ErrorCode::kUnsupported);
}

TEST_F(CatalogTest, WhatTheCatalogDoesNotKnowIsNotThere) {
  EXPECT_EQ(files(table_.latest({.last = Version{5}})),
            (std::set<std::string>{"f2", "f3", "f4", "f5"}));
  EXPECT_EQ(table_.latest({.last = Version{9}}).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(table_.latest({.staged = {{Version{6}, staged(7)}}}).error().code(),
            ErrorCode::kInvalid);
  EXPECT_EQ(table_.latest({.staged = {{Version{8}, staged(8)}}}).error().code(),
            ErrorCode::kNotFound);
}

}  // namespace
}  // namespace foz::delta
