// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The conflict rules: a commit behind another one, for each pair of what two writers do.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/alter.h"
#include "delta/table_rows_internal.h"

namespace foz::delta {
namespace {

using Kind = Conflict::Kind;

class ConflictTest : public testing::Test {
 protected:
  void SetUp() override { start({}); }

  // Three files with ids 0-9, 10-19 and 20-29.
  void start(std::map<std::string, std::string> properties) {
    properties["delta.enableDeletionVectors"] = "true";
    store_ = store::make_memory_store();
    table_.emplace(*store_, "t", clock_, random_);
    base_ = table_->create({.schema = sample_schema(), .properties = properties}).value();
    CommitRequest request;
    for (int64_t i = 0; i < 3; ++i) request.adds.push_back(file(i * 10, 10));
    for (const AddFile& add : request.adds) files_.push_back(add.path);
    files_.erase(files_.begin(), files_.end() - 3);
    base_ = won(request);
  }

  AddFile file(int64_t first, int64_t count) {
    return write_data_file(*table_, *base_, {sample_rows(first, count)}, {}, random_, clock_)
        .value();
  }
  SnapshotPtr won(const CommitRequest& request) {
    auto outcome = table_->commit(base_, request);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message();
    EXPECT_TRUE(std::holds_alternative<Committed>(*outcome))
        << std::get<Conflict>(*outcome).message;
    return std::get<Committed>(std::move(*outcome)).snapshot;
  }
  // The loser began at the same base as the winner.
  std::optional<Kind> behind(const CommitRequest& winner, const CommitRequest& loser) {
    won(winner);
    auto outcome = table_->commit(base_, loser);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message();
    if (const auto* conflict = std::get_if<Conflict>(&*outcome)) {
      EXPECT_EQ(conflict->latest->version(), base_->version() + 1);
      return conflict->kind;
    }
    EXPECT_EQ(std::get<Committed>(*outcome).snapshot->version(), base_->version() + 2);
    return std::nullopt;
  }

  CommitRequest append(int64_t first) { return {.adds = {file(first, 5)}}; }
  CommitRequest remove(size_t i, bool data_change = true) {
    return {.removes = {{.path = files_[i], .data_change = data_change}}};
  }
  CommitRequest compaction(size_t i) {
    CommitRequest request = remove(i, false);
    request.adds = {file(static_cast<int64_t>(i) * 10, 10)};
    request.adds[0].data_change = false;
    return request;
  }
  CommitRequest deletion(size_t i, std::vector<int64_t> rows) {
    return {.deletions = {{files_[i], std::move(rows)}}};
  }
  CommitRequest properties() { return set_properties(*base_, random_, {{"foz.x", "1"}}).value(); }
  static CommitRequest reading(CommitRequest request, ReadSet read,
                               std::optional<Isolation> isolation = {}) {
    request.read = std::move(read);
    request.isolation = isolation;
    return request;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_;
  std::optional<Table> table_;
  SnapshotPtr base_;
  std::vector<std::string> files_;
};

TEST_F(ConflictTest, ABlindAppendGoesOnBehindAllButMetadata) {
  for (const auto& winner : {append(100), remove(0), compaction(1), deletion(2, {1})}) {
    start({});
    CommitRequest mine = winner;  // of the new table's files
    if (!mine.removes.empty()) mine.removes[0].path = files_[0];
    if (!mine.deletions.empty()) mine.deletions[0].path = files_[2];
    EXPECT_EQ(behind(mine, append(200)), std::nullopt);
  }
  start({});
  EXPECT_EQ(behind(properties(), append(200)), Kind::kMetadata);
  start({});
  Protocol protocol = base_->protocol();
  protocol.writer_features.emplace_back("zzFuture");
  EXPECT_EQ(behind({.protocol = protocol}, append(200)), Kind::kProtocol);
}

TEST_F(ConflictTest, AProtocolThatIsKnownStopsNoAppend) {
  Protocol protocol = base_->protocol();
  protocol.writer_features.emplace_back("domainMetadata");
  EXPECT_EQ(behind({.protocol = protocol}, append(200)), std::nullopt);
  start({});
  EXPECT_EQ(behind({.protocol = protocol}, {.protocol = protocol}), Kind::kProtocol);
}

TEST_F(ConflictTest, AppendsStopReadersByIsolation) {
  const ReadSet all{.whole_table = true};
  const auto loser = [&](Isolation isolation) { return reading(remove(0), all, isolation); };
  EXPECT_EQ(behind(append(100), loser(Isolation::kSerializable)), Kind::kAppended);
  start({});
  EXPECT_EQ(behind(append(100), loser(Isolation::kWriteSerializable)), std::nullopt);
  start({});
  EXPECT_EQ(behind(append(100), loser(Isolation::kSnapshot)), std::nullopt);
  start({});
  EXPECT_EQ(behind(reading(append(100), all), loser(Isolation::kWriteSerializable)),
            Kind::kAppended)
      << "an append that read something is not blind";
}

TEST_F(ConflictTest, TheTablesPropertySaysTheIsolation) {
  start({{"delta.isolationLevel", "Serializable"}});
  EXPECT_EQ(behind(append(100), reading(remove(0), {.whole_table = true})), Kind::kAppended);
  start({});
  CommitRequest upper{.metadata = base_->metadata()};  // as other writers may write it
  upper.metadata->configuration["delta.isolationLevel"] = "SERIALIZABLE";
  base_ = won(upper);
  EXPECT_EQ(behind(append(100), reading(remove(0), {.whole_table = true})), Kind::kAppended);
}

TEST_F(ConflictTest, OnlyFilesThatMatchCount) {
  const ReadSet above{.matches = [&](const AddFile& add) { return add.stats.contains("105"); }};
  EXPECT_EQ(behind(reading(append(100), {.whole_table = true}),
                   reading(remove(0), above, Isolation::kSerializable)),
            std::nullopt);
  start({});
  EXPECT_EQ(behind(append(105), reading(remove(0), above, Isolation::kSerializable)),
            Kind::kAppended);
}

TEST_F(ConflictTest, WhatWasReadAndTakenAwayStops) {
  EXPECT_EQ(behind(remove(0), reading(append(100), {.whole_table = true})), Kind::kReadRemoved);
  start({});
  EXPECT_EQ(behind(remove(0), reading(append(100), {.files = {files_[0]}})), Kind::kReadRemoved);
  start({});
  EXPECT_EQ(behind(remove(0), reading(append(100), {.files = {files_[1]}})), std::nullopt);
  start({});
  EXPECT_EQ(behind(deletion(0, {3}), reading(append(100), {.files = {files_[0]}})),
            Kind::kReadRemoved);
}

TEST_F(ConflictTest, AFileIsTakenAwayOnce) {
  EXPECT_EQ(behind(remove(0), remove(0)), Kind::kFileRemoved);
  start({});
  EXPECT_EQ(behind(compaction(0), compaction(0)), Kind::kFileRemoved);
  start({});
  EXPECT_EQ(behind(remove(0), remove(1)), std::nullopt);
  start({});
  EXPECT_EQ(behind(compaction(0), deletion(0, {1})), Kind::kFileRemoved);
  start({});
  EXPECT_EQ(behind(deletion(0, {1}), compaction(0)), Kind::kFileRemoved) << "no row comes back";
}

TEST_F(ConflictTest, AFileThatComesWithAnotherVectorIsNotOurs) {
  base_ = won(deletion(0, {1}));
  CommitRequest back;  // as it was before any row was deleted
  base_->each_file([&](const std::shared_ptr<const AddFile>& each) {
    if (each->path != files_[0]) return true;
    back.adds = {*each};
    back.adds[0].deletion_vector.reset();
    back.removes = {{.path = each->path, .deletion_vector = each->deletion_vector}};
    return false;
  });
  EXPECT_EQ(behind(deletion(0, {2}), back), Kind::kFileRemoved);
  EXPECT_EQ(table_->latest().value()->row_count(), 28);
}

TEST_F(ConflictTest, DisjointRowsOfAFileAreDeletedByBoth) {
  EXPECT_EQ(behind(deletion(0, {1, 2}), deletion(0, {3})), std::nullopt);
  const SnapshotPtr latest = table_->latest().value();
  const auto places = places_of(*table_, *latest);
  EXPECT_EQ(places.size(), 27u);
  EXPECT_FALSE(places.contains(1) || places.contains(2) || places.contains(3));
  EXPECT_EQ(latest->row_count(), 27);
}

TEST_F(ConflictTest, ARowIsDeletedOnce) {
  EXPECT_EQ(behind(deletion(0, {1, 2}), deletion(0, {2, 3})), Kind::kRowsDeleted);
  EXPECT_EQ(table_->latest().value()->row_count(), 28);
}

TEST_F(ConflictTest, TheLastRowsOfAFileMayGoByTwoHands) {
  EXPECT_EQ(behind(deletion(0, {0, 1, 2, 3, 4}), deletion(0, {5, 6, 7, 8, 9})), std::nullopt);
  EXPECT_EQ(table_->latest().value()->file_count(), 2u);
}

TEST_F(ConflictTest, DomainsConflictByName) {
  const auto set = [&](const char* name) { return set_domain(*base_, name, "x").value(); };
  base_ = won(set("first"));
  EXPECT_EQ(behind(set("a"), set("b")), std::nullopt);
  base_ = table_->latest().value();
  EXPECT_EQ(behind(set("a"), set("a")), Kind::kDomain);
  base_ = table_->latest().value();
  base_ = won(set_domain(*base_, "a", std::nullopt).value());
  std::vector<std::string> names;
  for (const DomainMetadata& domain : base_->domains()) names.push_back(domain.domain);
  EXPECT_THAT(names, testing::ElementsAre("b", "first"));
  EXPECT_EQ(set_domain(*base_, "delta.x", "1").error().code(), ErrorCode::kInvalid);
}

TEST_F(ConflictTest, AppendOnlyTablesLoseNothing) {
  start({{"delta.appendOnly", "true"}});
  for (const auto& request : {remove(0), deletion(1, {2})}) {
    const auto outcome = table_->commit(base_, request);
    ASSERT_FALSE(outcome.has_value());
    EXPECT_EQ(outcome.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(outcome.error().message(), testing::HasSubstr("delta.appendOnly"));
  }
  EXPECT_EQ(behind(append(100), compaction(0)), std::nullopt);
  // Nor by a commit that ends it, and one that begins it may take rows away.
  base_ = table_->latest().value();
  CommitRequest ends = remove(1);
  ends.metadata = base_->metadata();
  ends.metadata->configuration.erase("delta.appendOnly");
  EXPECT_EQ(table_->commit(base_, ends).error().code(), ErrorCode::kInvalid);
  start({});
  CommitRequest begins = remove(1);
  begins.metadata = base_->metadata();
  begins.metadata->configuration["delta.appendOnly"] = "true";
  EXPECT_EQ(won(begins)->file_count(), 2u);
}

TEST_F(ConflictTest, RowIdsNeverMeet) {
  start({{"delta.enableRowTracking", "true"}});
  const SnapshotPtr base = base_;
  EXPECT_EQ(behind(append(100), append(200)), std::nullopt);
  std::vector<std::pair<int64_t, int64_t>> ranges;
  const SnapshotPtr latest = table_->latest().value();
  latest->each_file([&](const std::shared_ptr<const AddFile>& add) {
    const int64_t rows = parse_statistics(*latest, *add).value().rows.value();
    ranges.emplace_back(add->base_row_id.value(), rows);
    return true;
  });
  std::ranges::sort(ranges);
  int64_t next = 0;
  for (const auto& [first, rows] : ranges) {
    EXPECT_EQ(first, next);
    next = first + rows;
  }
  ASSERT_EQ(latest->domains().size(), 1u);
  EXPECT_EQ(latest->domains()[0].domain, "delta.rowTracking");
  EXPECT_EQ(latest->domains()[0].configuration,
            fmt::format("{{\"rowIdHighWaterMark\":{}}}", next - 1));
  // A deletion vector changes no ids.
  base_ = latest;
  won(deletion(0, {1}));
  table_->latest().value()->each_file([&](const std::shared_ptr<const AddFile>& add) {
    EXPECT_TRUE(std::ranges::count(ranges, *add->base_row_id, &std::pair<int64_t, int64_t>::first));
    return true;
  });
}

TEST_F(ConflictTest, InCommitTimestampsGrowThoughTheClockStepsBack) {
  start({{"delta.enableInCommitTimestamps", "true"}});
  int64_t last = base_->timestamp_ms();
  for (int i = 0; i < 5; ++i) {
    clock_.advance_ms(-1000);
    EXPECT_EQ(behind(append(100), append(200)), std::nullopt);
    base_ = table_->latest().value();
    EXPECT_GT(base_->timestamp_ms(), last + 1);
    last = base_->timestamp_ms();
  }
}

TEST_F(ConflictTest, RowsWithoutDeletionVectorsAreRefused) {
  base_ = won(set_properties(*base_, random_, {{"delta.enableDeletionVectors", "false"}}).value());
  const auto outcome = table_->commit(base_, deletion(0, {1}));
  ASSERT_FALSE(outcome.has_value());
  EXPECT_EQ(outcome.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(outcome.error().message(), testing::HasSubstr("delta.enableDeletionVectors"));
}

}  // namespace
}  // namespace foz::delta
