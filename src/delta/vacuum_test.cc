// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <gmock/gmock.h>

#include "delta/log_files_internal.h"
#include "delta/maintenance_test_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;
using testing::UnorderedElementsAre;

constexpr int64_t kDayMs = 86'400'000;

class VacuumTest : public MaintainedTable {
 protected:
  std::vector<std::string> vacuum(const SnapshotPtr& snapshot, const VacuumOptions& options = {}) {
    std::vector<std::string> out;
    auto gone = delta::vacuum(table_, snapshot, options, clock_);
    EXPECT_TRUE(gone.has_value()) << gone.error().message();
    for (const auto& object : gone.value()) out.push_back(object.path);
    return out;
  }
  void put(const std::string& name) {
    ASSERT_TRUE(store_->put("t/" + name, as_bytes("x")).has_value());
  }
};

TEST_F(VacuumTest, TakesWhatNoYoungVersionNames) {
  SnapshotPtr snapshot = append_many(create(), 5, 10);
  const auto old_rows = rows(*snapshot);
  const SnapshotPtr before = snapshot;
  put("orphan.parquet");
  put("_change_data/orphan.parquet");
  put("_hidden/file.parquet");
  put(".hidden.parquet");
  snapshot = optimize(snapshot, {}).snapshot;
  EXPECT_TRUE(vacuum(snapshot).empty());
  clock_.advance_ms(3 * kDayMs);
  snapshot = append(snapshot, 100, 10);
  put("being_written.parquet");
  clock_.advance_ms(5 * kDayMs);

  const auto would = vacuum(snapshot, {.dry_run = true});
  EXPECT_EQ(would.size(), 5u + 2);
  EXPECT_EQ(vacuum(snapshot), would);
  EXPECT_EQ(rows(*table_.latest().value()).size(), 60u);
  EXPECT_TRUE(store_->head("t/being_written.parquet").has_value());
  EXPECT_TRUE(store_->head("t/_hidden/file.parquet").has_value());
  EXPECT_TRUE(store_->head("t/.hidden.parquet").has_value());
  EXPECT_EQ(objects("t/_delta_log/").size(), 8u);
  const auto gone = read_data_file(table_, *before, *files(*before).front(), {},
                                   [](const auto&) -> Status { return {}; });
  EXPECT_EQ(gone.error().code(), ErrorCode::kNotFound);
  EXPECT_TRUE(vacuum(snapshot).empty());
}

TEST_F(VacuumTest, EveryVersionWithinTheRetentionCanBeRead) {
  SnapshotPtr snapshot = append_many(create(), 4, 10);
  std::vector<SnapshotPtr> versions;
  for (int64_t i = 0; i < 20; ++i) {
    clock_.advance_ms(kDayMs);
    const auto one = files(*snapshot)[random_.below(snapshot->file_count())];
    if (i % 3 == 0) {
      snapshot = optimize(snapshot, {}).snapshot;
    } else if (i % 3 == 1) {
      CommitRequest request{.adds = {file(*snapshot, 1000 + i * 10, 10)}};
      request.removes.push_back({.path = one->path, .deletion_vector = one->deletion_vector});
      snapshot = commit(snapshot, request);
    } else {
      snapshot = delete_rows(snapshot, one, {0});
    }
    if (i % 4 == 0) {
      ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
    }
    versions.push_back(snapshot);
    vacuum(snapshot);
    for (size_t back = 1; back <= std::min<size_t>(versions.size(), 7); ++back) {
      const auto& version = *versions[versions.size() - back];
      EXPECT_EQ(static_cast<int64_t>(rows(version).size()), version.row_count());
    }
  }
}

TEST_F(VacuumTest, AShortRetentionMustBeForced) {
  SnapshotPtr snapshot = optimize(append_many(create(), 3, 10), {}).snapshot;
  clock_.advance_ms(2 * kDayMs);
  const VacuumOptions day{.retention = std::chrono::hours(24)};
  const auto refused = delta::vacuum(table_, snapshot, day, clock_);
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("1 days is below the 7 days"));
  EXPECT_EQ(vacuum(snapshot, {.retention = std::chrono::hours(24), .force = true}).size(), 3u);
}

TEST_F(VacuumTest, TheTableSaysItsOwnRetention) {
  SnapshotPtr snapshot = create({{"delta.deletedFileRetentionDuration", "interval 30 days"}});
  snapshot = optimize(append_many(snapshot, 3, 10), {}).snapshot;
  clock_.advance_ms(10 * kDayMs);
  EXPECT_TRUE(vacuum(snapshot).empty());
  clock_.advance_ms(21 * kDayMs);
  EXPECT_EQ(vacuum(snapshot).size(), 3u);
}

// A checkpoint forgets tombstones after a week; whoever asks for more gets more.
TEST_F(VacuumTest, ALongerRetentionHoldsBeyondWhatCheckpointsRemember) {
  SnapshotPtr snapshot = optimize(append_many(create(), 3, 10), {}).snapshot;
  clock_.advance_ms(10 * kDayMs);
  snapshot = append(snapshot, 100, 1);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  const SnapshotPtr read = table_.latest().value();
  EXPECT_TRUE(vacuum(read, {.retention = std::chrono::hours(24 * 30)}).empty());
  EXPECT_EQ(vacuum(read).size(), 3u);
}

TEST_F(VacuumTest, WhatAFollowerHasNotReadStays) {
  SnapshotPtr snapshot = append_many(create(), 3, 10);
  const Version read_to = snapshot->version();
  clock_.advance_ms(kDayMs);
  snapshot = append_many(snapshot, 3, 10);
  snapshot = optimize(snapshot, {}).snapshot;
  clock_.advance_ms(30 * kDayMs);
  EXPECT_TRUE(vacuum(snapshot, {.followed_to = read_to}).empty());
  EXPECT_EQ(vacuum(snapshot, {.followed_to = snapshot->version()}).size(), 6u);
}

TEST_F(VacuumTest, ChangeDataOfYoungCommitsStays) {
  SnapshotPtr snapshot = append_many(create(), 1, 10);
  put("_change_data/old.parquet");
  put("_change_data/named.parquet");
  clock_.advance_ms(10 * kDayMs);
  // Written long before its commit.
  const std::string commit =
      R"({"commitInfo":{"timestamp":1}})"
      "\n"
      R"({"cdc":{"path":"_change_data/named.parquet","partitionValues":{},"size":1}})";
  ASSERT_TRUE(store_->put(log(commit_name(Version{2})), as_bytes(commit)).has_value());
  EXPECT_THAT(vacuum(snapshot), UnorderedElementsAre("t/_change_data/old.parquet"));
}

TEST_F(VacuumTest, UnknownWriterFeaturesRefuseItByName) {
  SnapshotPtr snapshot = append_many(create(), 2, 10);
  CommitRequest request{.protocol = snapshot->protocol()};
  request.protocol->writer_features.emplace_back("zzWriter");
  const std::string text = to_json(*request.protocol);
  ASSERT_TRUE(store_->put(log(commit_name(Version{3})), as_bytes(text)).has_value());
  const auto refused = delta::vacuum(table_, table_.latest().value(), {}, clock_);
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("zzWriter"));
}

TEST_F(VacuumTest, PartitionFoldersMayBeginWithAnUnderscore) {
  Schema schema = sample_schema();
  schema.fields.push_back({"_day", {.kind = TypeKind::kString}, true, {}});
  const SnapshotPtr snapshot =
      table_.create({.schema = schema, .partition_columns = {"_day"}}).value();
  put("_day=1/orphan.parquet");
  put("_other=1/orphan.parquet");
  clock_.advance_ms(8 * kDayMs);
  EXPECT_THAT(vacuum(snapshot), UnorderedElementsAre("t/_day=1/orphan.parquet"));
}

}  // namespace
}  // namespace foz::delta
