// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Restore, clone, convert.
#include <gmock/gmock.h>

#include "delta/alter.h"
#include "delta/clustering_internal.h"
#include "delta/maintenance_test_internal.h"
#include "delta/whole_files.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;

class TablesTest : public MaintainedTable {
 protected:
  Table other_{*store_, "copies/t2", clock_, random_};
  SnapshotPtr clone(const SnapshotPtr& snapshot, CloneKind kind) {
    auto made = delta::clone(table_, snapshot, other_, kind, random_, clock_);
    EXPECT_TRUE(made.has_value()) << made.error().message();
    return made.value();
  }
};

TEST_F(TablesTest, RestoreMakesAnOldVersionTheNewest) {
  const SnapshotPtr first = append_many(create(), 4, 10);
  SnapshotPtr snapshot = delete_rows(first, 0, {1, 2});
  snapshot = append(snapshot, 500, 5);
  snapshot = optimize(snapshot, {}).snapshot;
  CommitRequest request{.metadata = snapshot->metadata()};
  request.metadata->configuration["foz.x"] = "1";
  snapshot = commit(snapshot, request);
  const auto newest = rows(*snapshot);

  const RestoreResult back = restore(table_, snapshot, first).value();
  EXPECT_EQ(back.snapshot->version(), snapshot->version() + 1);
  EXPECT_EQ(back.files_added, 4);
  EXPECT_EQ(back.files_removed, 1);
  EXPECT_EQ(rows(*table_.latest().value()), rows(*first));
  EXPECT_EQ(back.snapshot->metadata(), first->metadata());
  // And forth again.
  const RestoreResult forth = restore(table_, back.snapshot, snapshot).value();
  EXPECT_EQ(rows(*table_.latest().value()), newest);
  EXPECT_EQ(restore(table_, forth.snapshot, snapshot).value().snapshot, forth.snapshot);
}

TEST_F(TablesTest, RestoreTakesAwayWhatOthersAddMeanwhile) {
  const SnapshotPtr first = append_many(create(), 2, 10);
  const SnapshotPtr known = append(first, 100, 5);
  const SnapshotPtr newest = delete_rows(append(known, 200, 5), 0, {1});
  const RestoreResult back = restore(table_, known, first).value();
  EXPECT_EQ(back.snapshot->version(), newest->version() + 1);
  EXPECT_EQ(rows(*table_.latest().value()), rows(*first));
}

TEST_F(TablesTest, RestoreSaysWhenOthersAreAlwaysFaster) {
  const SnapshotPtr first = append(create(), 0, 10);
  SnapshotPtr newest = append(first, 100, 5);
  store::FaultStore busy(*store_, random_);
  Table table(busy, "t", clock_, random_);
  busy.before_change([&](std::string_view path) {
    if (path.ends_with(".json")) newest = append(newest, 200, 1);
  });
  const auto lost = restore(table, newest, first);
  EXPECT_EQ(lost.error().code(), ErrorCode::kConflict);
  EXPECT_THAT(lost.error().message(), HasSubstr("faster"));
  EXPECT_EQ(table_.latest().value()->version(), newest->version());
}

TEST_F(TablesTest, RestoreBringsTheFeaturesOfTheFiles) {
  SnapshotPtr snapshot = delete_rows(append(create(), 0, 10), 0, {1, 2});
  snapshot = commit(
      snapshot,
      set_properties(*snapshot, random_, {{"delta.enableDeletionVectors", "false"}}).value());
  const SnapshotPtr target = snapshot;
  snapshot = optimize(snapshot, {}).snapshot;
  const Protocol without{.min_writer_version = 7, .writer_features = {"appendOnly", "invariants"}};
  snapshot = commit(snapshot, {.protocol = without});
  const Protocol back = restore(table_, snapshot, target).value().snapshot->protocol();
  EXPECT_EQ(back.min_reader_version, 3);
  EXPECT_THAT(back.reader_features, testing::ElementsAre("deletionVectors"));
  EXPECT_THAT(back.writer_features, testing::Contains("deletionVectors"));
  EXPECT_EQ(rows(*table_.latest().value()).size(), 8u);
}

TEST_F(TablesTest, RestoreAndReplacementHaveTheClusteringOfWhatTheyMake) {
  const auto clustered = [](const SnapshotPtr& snapshot) { return clustering_columns(*snapshot); };
  const SnapshotPtr plain = append(create(), 0, 10);
  const SnapshotPtr by_id = commit(plain, cluster_by(*plain, {{"id"}}).value());
  const SnapshotPtr by_price = commit(by_id, cluster_by(*by_id, {{"price"}}).value());
  SnapshotPtr back = restore(table_, by_price, by_id).value().snapshot;
  EXPECT_THAT(clustered(back), testing::ElementsAre(testing::ElementsAre("id")));
  back = restore(table_, back, plain).value().snapshot;
  EXPECT_TRUE(clustered(back).empty());
  back = restore(table_, back, by_price).value().snapshot;
  EXPECT_THAT(clustered(back), testing::ElementsAre(testing::ElementsAre("price")));
  const SnapshotPtr made = commit(back, replacement(*back, *plain).value());
  EXPECT_TRUE(clustered(made).empty());
  EXPECT_EQ(made->file_count(), 0u);
}

TEST_F(TablesTest, RestoreNamesAFileThatIsGone) {
  const SnapshotPtr first = append_many(create(), 3, 10);
  const SnapshotPtr snapshot = optimize(first, {}).snapshot;
  ASSERT_TRUE(store_->remove("t/" + files(*first).front()->path).has_value());
  const auto refused = restore(table_, snapshot, first);
  EXPECT_EQ(refused.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(refused.error().message(), HasSubstr(files(*first).front()->path));
}

TEST_F(TablesTest, AShallowCloneReadsTheSourceAndWritesItsOwn) {
  SnapshotPtr snapshot = delete_rows(append_many(create(), 3, 10), 0, {4});
  SnapshotPtr copy = clone(snapshot, CloneKind::kShallow);
  EXPECT_EQ(rows_of(other_, *copy).size(), 29u);
  EXPECT_EQ(objects("copies/").size(), 1u);
  EXPECT_NE(copy->metadata().id, snapshot->metadata().id);
  auto added = write_data_file(other_, *copy, {sample_rows(900, 5)}, {}, random_, clock_).value();
  copy = std::get<Committed>(other_.commit(copy, {.adds = {added}}).value()).snapshot;
  EXPECT_EQ(rows_of(other_, *other_.latest().value()).size(), 34u);
  EXPECT_EQ(rows(*table_.latest().value()).size(), 29u);
  // Made its own by rewriting: then the source may go.
  copy = delta::optimize(other_, copy, {}, random_, clock_).value().snapshot;
  for (const auto& object : objects("t/")) ASSERT_TRUE(store_->remove(object).has_value());
  EXPECT_EQ(rows_of(other_, *copy).size(), 34u);
  const auto twice = delta::clone(other_, copy, other_, CloneKind::kDeep, random_, clock_);
  EXPECT_EQ(twice.error().code(), ErrorCode::kAlreadyExists);
}

TEST_F(TablesTest, ADeepCloneNeedsNobody) {
  const SnapshotPtr snapshot = delete_rows(append_many(create(), 3, 10), 0, {4});
  clone(snapshot, CloneKind::kShallow);
  Table third(*store_, "copies/t3", clock_, random_);
  const SnapshotPtr copy =
      delta::clone(other_, other_.latest().value(), third, CloneKind::kDeep, random_, clock_)
          .value();
  for (const std::string place : {"t/", "copies/t2/"}) {
    for (const auto& object : objects(place)) ASSERT_TRUE(store_->remove(object).has_value());
  }
  EXPECT_EQ(rows_of(third, *third.latest().value()).size(), 29u);
  EXPECT_EQ(copy->row_count(), 29);
}

TEST_F(TablesTest, ADeepCloneNamesItsVectorsByItself) {
  SnapshotPtr snapshot = append_many(create(), 2, 10);
  CommitRequest request;
  for (const auto& each : files(*snapshot)) request.deletions.push_back({each->path, {4}});
  snapshot = commit(snapshot, request);
  clone(snapshot, CloneKind::kShallow);
  Table third(*store_, "copies/t3", clock_, random_);
  ASSERT_TRUE(
      delta::clone(other_, other_.latest().value(), third, CloneKind::kDeep, random_, clock_)
          .has_value());
  // Moved, it is as whole as it was.
  for (const auto& object : objects("copies/t3/")) {
    const std::string bytes = store_->get(object).value();
    ASSERT_TRUE(store_->put("moved/" + object.substr(10), as_bytes(bytes)).has_value());
    ASSERT_TRUE(store_->remove(object).has_value());
  }
  Table moved(*store_, "moved", clock_, random_);
  const SnapshotPtr copy = moved.latest().value();
  EXPECT_EQ(rows_of(moved, *copy).size(), 18u);
  for (const auto& each : files(*copy)) EXPECT_EQ(each->deletion_vector->storage_type, "u");
}

TEST_F(TablesTest, ACloneHasInCommitTimestampsFromTheBeginning) {
  SnapshotPtr snapshot = append(create(), 0, 10);
  snapshot = commit(
      snapshot,
      set_properties(*snapshot, random_, {{"delta.enableInCommitTimestamps", "true"}}).value());
  ASSERT_TRUE(snapshot->property("delta.inCommitTimestampEnablementVersion"));
  const SnapshotPtr copy = clone(snapshot, CloneKind::kDeep);
  EXPECT_FALSE(copy->property("delta.inCommitTimestampEnablementVersion"));
  EXPECT_FALSE(copy->property("delta.inCommitTimestampEnablementTimestamp"));
  EXPECT_TRUE(other_.latest().has_value());
}

TEST_F(TablesTest, AFolderOfParquetBecomesATable) {
  const SnapshotPtr snapshot = append_many(create(), 4, 10);
  // Files of that table, moved where no log names them.
  int64_t i = 0;
  for (const auto& each : files(*snapshot)) {
    const std::string bytes = store_->get("t/" + each->path).value();
    const std::string day =
        i % 2 ? "__HIVE_DEFAULT_PARTITION__" : fmt::format("2026-01-0{}", i + 1);
    ASSERT_TRUE(
        store_->put(fmt::format("lake/day={}/hour={}/a b%20{}.parquet", day, i, i), as_bytes(bytes))
            .has_value());
    ++i;
  }
  ASSERT_TRUE(store_->put("lake/_SUCCESS", as_bytes("")).has_value());
  ASSERT_TRUE(store_->put("lake/_temporary/0/x.parquet", as_bytes("junk")).has_value());
  Table folder(*store_, "lake", clock_, random_);
  const auto made = convert(folder, {}, random_, clock_);
  ASSERT_TRUE(made.has_value()) << made.error().message();
  const SnapshotPtr converted = folder.latest().value();
  EXPECT_EQ(rows_of(folder, *converted).size(), 40u);
  EXPECT_EQ(converted->row_count(), 40);
  EXPECT_EQ(converted->metadata().partition_columns, (std::vector<std::string>{"day", "hour"}));
  EXPECT_EQ(converted->schema().find("day")->type.kind, TypeKind::kDate);
  EXPECT_EQ(converted->schema().find("hour")->type.kind, TypeKind::kInteger);
  EXPECT_TRUE(converted->schema().find("id")->nullable);
  int64_t days = 0;
  for (const auto& each : files(*converted)) {
    days += each->partition_values.at("day").has_value();
    const FileStatistics statistics = parse_statistics(*converted, *each).value();
    EXPECT_EQ(statistics.rows, 10);
    EXPECT_TRUE(statistics.columns.at("id").min_json.has_value());
  }
  EXPECT_EQ(days, 2);
  EXPECT_EQ(convert(folder, {}, random_, clock_).error().code(), ErrorCode::kAlreadyExists);
}

TEST_F(TablesTest, ConvertSaysWhatDoesNotFit) {
  const SnapshotPtr snapshot = append(create(), 0, 10);
  const std::string bytes = store_->get("t/" + files(*snapshot).front()->path).value();
  Table folder(*store_, "lake", clock_, random_);
  EXPECT_EQ(convert(folder, {}, random_, clock_).error().code(), ErrorCode::kNotFound);
  ASSERT_TRUE(store_->put("lake/a=1/x.parquet", as_bytes(bytes)).has_value());
  const Field given{"a", {.kind = TypeKind::kDate}, true, {}};
  EXPECT_EQ(convert(folder, {.partition_types = {given}}, random_, clock_).error().code(),
            ErrorCode::kInvalid);
  ASSERT_TRUE(store_->put("lake/b=1/y.parquet", as_bytes(bytes)).has_value());
  EXPECT_THAT(convert(folder, {}, random_, clock_).error().message(),
              HasSubstr("a=1/x.parquet and b=1/y.parquet"));
  ASSERT_TRUE(store_->remove("lake/b=1/y.parquet").has_value());
  Table odd(*store_, "odd", clock_, random_);
  ASSERT_TRUE(store_->put("odd/a b=1/x.parquet", as_bytes(bytes)).has_value());
  EXPECT_THAT(convert(odd, {}, random_, clock_).error().message(), HasSubstr("'a b'"));
  EXPECT_TRUE(convert(odd, {.properties = {{"delta.columnMapping.mode", "name"}}}, random_, clock_)
                  .has_value());
  ASSERT_TRUE(store_->put("lake/a=2/y.parquet", as_bytes("PAR1 or not")).has_value());
  EXPECT_EQ(convert(folder, {}, random_, clock_).error().code(), ErrorCode::kCorrupt);
}

}  // namespace
}  // namespace foz::delta
