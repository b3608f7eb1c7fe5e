// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/checkpoint_internal.h"
#include "delta/maintenance.h"
#include "delta/properties_internal.h"
#include "delta/sample_table_internal.h"

namespace foz::delta {
namespace {

class CheckpointTest : public testing::Test {
 protected:
  static constexpr int64_t kVersions = 6;

  void SetUp() override {
    SnapshotPtr snapshot =
        table_.create({.schema = sample_schema(), .name = "orders", .description = "all"}).value();
    for (int64_t i = 0; i < kVersions; ++i) {
      CommitRequest request;
      request.adds.push_back({.path = fmt::format("f{}.parquet", i),
                              .partition_values = {{"p", std::nullopt}, {"q", "x"}},
                              .size = 10 + i,
                              .modification_time_ms = i,
                              .stats = R"({"numRecords":5})",
                              .tags = {{"k", "v"}}});
      if (i == 2) request.adds[0].deletion_vector = {"u", "abcde", 1, 34, 2};
      if (i == 4) request.removes.push_back({.path = "f0.parquet", .size = 10});
      request.positions.push_back({"app", i ? std::optional(i) : std::nullopt, i + 1});
      snapshot = std::get<Committed>(table_.commit(snapshot, request).value()).snapshot;
    }
    before_ = snapshot;
  }

  std::string log(const std::string& name) { return "t/_delta_log/" + name; }
  void remove_commits() {
    for (int64_t i = 0; i <= kVersions; ++i) {
      ASSERT_TRUE(store_->remove(log(commit_name(Version{i}))).has_value());
    }
  }
  static std::map<std::string, std::string> files(const Snapshot& snapshot) {
    std::map<std::string, std::string> out;
    snapshot.each_file([&](const std::shared_ptr<const AddFile>& add) {
      AddFile copy = *add;
      copy.data_change = false;
      out.emplace(copy.path, to_json(copy));
      return true;
    });
    return out;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  Table table_{*store_, "t", clock_, random_};
  SnapshotPtr before_;
};

TEST_F(CheckpointTest, HoldsTheWholeState) {
  ASSERT_TRUE(table_.checkpoint(before_).has_value());
  remove_commits();
  const SnapshotPtr after = table_.latest().value();
  EXPECT_EQ(after->version(), before_->version());
  EXPECT_EQ(after->protocol(), before_->protocol());
  EXPECT_EQ(after->metadata(), before_->metadata());
  EXPECT_EQ(files(*after), files(*before_));
  EXPECT_EQ(after->row_count(), 5 * 5 - 2);
  EXPECT_EQ(after->transactions(), before_->transactions());
  const auto gone = state_of(*after).tombstones.find({"f0.parquet"});
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->size, 10);
}

TEST_F(CheckpointTest, OldTombstonesAreDropped) {
  clock_.advance_ms(8 * 86'400'000LL);
  ASSERT_TRUE(table_.checkpoint(before_).has_value());
  remove_commits();
  EXPECT_EQ(state_of(*table_.latest().value()).tombstones.size(), 0u);
}

TEST_F(CheckpointTest, ADamagedOneIsSurvivedWhileCommitsReachBack) {
  ASSERT_TRUE(table_.checkpoint(before_).has_value());
  const std::string path = log(checkpoint_name(before_->version()));
  const std::string whole = store_->get(path).value();
  Random random(7);
  for (int i = 0; i < 200; ++i) {
    std::string damaged = whole.substr(0, random.below(whole.size()));
    if (i % 2) {
      damaged = whole;
      damaged[random.below(whole.size())] ^= static_cast<char>(1 + random.below(255));
    }
    ASSERT_TRUE(store_->put(path, as_bytes(damaged)).has_value());
    const auto read = table_.latest();
    if (i % 2 == 0) {
      ASSERT_TRUE(read.has_value()) << read.error().message();
      EXPECT_EQ(files(**read), files(*before_));
    }
  }
  remove_commits();
  ASSERT_TRUE(store_->put(path, as_bytes(whole.substr(0, 100))).has_value());
  EXPECT_EQ(table_.latest().error().code(), ErrorCode::kCorrupt);
}

// It has several batches, and is decoded one ahead.
TEST_F(CheckpointTest, ALargeOneIsReadWholeOrRefused) {
  CommitRequest request;
  for (int64_t i = 0; i < 40'000; ++i) {
    request.adds.push_back({.path = fmt::format("more/{}.parquet", random_.uuid().to_string()),
                            .partition_values = {{"p", std::to_string(i % 100)}, {"q", "y"}},
                            .size = i,
                            .modification_time_ms = i,
                            .stats = fmt::format(R"({{"numRecords":{}}})", i % 9)});
  }
  const SnapshotPtr snapshot =
      std::get<Committed>(table_.commit(before_, request).value()).snapshot;
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  remove_commits();
  const std::string path = log(checkpoint_name(snapshot->version()));
  ASSERT_TRUE(store_->remove(log(commit_name(snapshot->version()))).has_value());
  const auto wanted = files(*snapshot);
  EXPECT_TRUE(files(*table_.latest().value()) == wanted);
  const std::string whole = store_->get(path).value();
  for (int i = 0; i < 6; ++i) {  // of the pages; what damage to the footer does is damage_test's
    std::string damaged = whole;
    damaged[4 + random_.below(whole.size() / 2)] ^= static_cast<char>(1 + random_.below(255));
    ASSERT_TRUE(store_->put(path, as_bytes(damaged)).has_value());
    const auto read = table_.latest();
    if (read) {
      EXPECT_TRUE(files(**read) == wanted);
    } else {
      EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt) << read.error().message();
    }
  }
}

TEST_F(CheckpointTest, AWrongHintIsSurvived) {
  ASSERT_TRUE(table_.checkpoint(before_).has_value());
  for (const std::string_view hint : {R"({"version":77,"size":1})", R"({"version":3})",
                                      "{\"version\":", "", "null", R"({"version":-1})"}) {
    ASSERT_TRUE(store_->put(log("_last_checkpoint"), as_bytes(hint)).has_value());
    const auto read = table_.latest();
    ASSERT_TRUE(read.has_value()) << hint << read.error().message();
    EXPECT_EQ((*read)->version(), before_->version());
  }
}

TEST_F(CheckpointTest, TheHintIsNeverTurnedBack) {
  ASSERT_TRUE(table_.checkpoint(before_).has_value());
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{2}).value()).has_value());
  const std::string hint = store_->get(log("_last_checkpoint")).value();
  EXPECT_EQ(parse_last_checkpoint(hint), before_->version());
  EXPECT_THAT(hint, testing::Not(testing::HasSubstr("parts")));
}

TEST_F(CheckpointTest, NothingIsDeletedByAnIntervalThatCannotBeRead) {
  CommitRequest request{.metadata = before_->metadata()};
  for (const char* what : {"deletedFileRetention", "logRetention", "setTransactionRetention"}) {
    request.metadata->configuration[fmt::format("delta.{}Duration", what)] = "interval 1 month";
  }
  const SnapshotPtr snapshot =
      std::get<Committed>(table_.commit(before_, request).value()).snapshot;
  const size_t tombstones = state_of(*snapshot).tombstones.size();
  clock_.advance_ms(400 * 86'400'000LL);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  for (const auto& refused :
       {vacuum(table_, snapshot, {}, clock_), clean_log(table_, *snapshot, {}, clock_)}) {
    ASSERT_FALSE(refused.has_value());
    EXPECT_THAT(refused.error().message(), testing::HasSubstr("'interval 1 month'"));
  }
  remove_commits();
  ASSERT_TRUE(store_->remove(log(commit_name(snapshot->version()))).has_value());
  EXPECT_EQ(state_of(*table_.latest().value()).tombstones.size(), tombstones);
}

TEST(Interval, IsCountsAndUnits) {
  EXPECT_EQ(interval_ms("interval 1 week"), 604'800'000);
  EXPECT_EQ(interval_ms("interval 30 days"), 30 * 86'400'000LL);
  EXPECT_EQ(interval_ms("24 hours"), 86'400'000);
  EXPECT_EQ(interval_ms("INTERVAL 30 DAYS 12 HOURS"), 30 * 86'400'000LL + 43'200'000);
  EXPECT_EQ(interval_ms("interval a while"), std::nullopt);
  EXPECT_EQ(interval_ms("1 month"), std::nullopt);
  EXPECT_EQ(interval_ms("interval 31536000 seconds"), 365 * 86'400'000LL);
  EXPECT_EQ(interval_ms("interval 86400000000 microseconds"), 86'400'000);
  EXPECT_EQ(interval_ms("15250284 weeks"), 15'250'284 * 604'800'000LL);
  EXPECT_EQ(interval_ms("15250285 weeks"), std::nullopt) << "more than a number holds";
  EXPECT_EQ(interval_ms(""), std::nullopt);
}

}  // namespace
}  // namespace foz::delta
