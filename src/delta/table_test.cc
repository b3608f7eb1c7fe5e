// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "delta/sample_table_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;

class TableTest : public testing::Test {
 protected:
  Result<SnapshotPtr> create() { return table_.create({.schema = sample_schema()}); }
  AddFile file(const Snapshot& snapshot, int64_t first, int64_t count) {
    return write_data_file(table_, snapshot, {sample_rows(first, count)}, {}, random_, clock_)
        .value();
  }
  SnapshotPtr append(const SnapshotPtr& base, int64_t first, int64_t count) {
    auto outcome = table_.commit(base, {.adds = {file(*base, first, count)}});
    return std::get<Committed>(outcome.value()).snapshot;
  }
  std::multiset<int64_t> ids(const Snapshot& snapshot) {
    std::multiset<int64_t> out;
    snapshot.each_file([&](const std::shared_ptr<const AddFile>& add) {
      const auto status = read_data_file(table_, snapshot, *add, {"id"}, [&](auto batch) -> Status {
        const auto& column = static_cast<const arrow::Int64Array&>(*batch->column(0));
        for (int64_t i = 0; i < column.length(); ++i) out.insert(column.Value(i));
        return {};
      });
      EXPECT_TRUE(status.has_value()) << status.error().message();
      return true;
    });
    return out;
  }

  void drop() {
    const auto objects = store_->list("silver/orders/").value();
    for (const auto& object : objects) ASSERT_TRUE(store_->remove(object.path).has_value());
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  Table table_{*store_, "silver/orders", clock_, random_};
};

TEST_F(TableTest, AppendedRowsAreReadBack) {
  const SnapshotPtr created = create().value();
  EXPECT_EQ(created->version(), Version{0});
  const SnapshotPtr first = append(created, 0, 100);
  const SnapshotPtr second = append(first, 100, 50);
  EXPECT_EQ(second->version(), Version{2});
  EXPECT_EQ(second->row_count(), 150);
  EXPECT_EQ(ids(*second).size(), 150u);
  EXPECT_EQ(ids(*first).size(), 100u);

  const SnapshotPtr latest = table_.latest().value();
  EXPECT_EQ(latest->version(), Version{2});
  EXPECT_EQ(latest->row_count(), 150);
  EXPECT_EQ(latest->total_bytes(), second->total_bytes());
  EXPECT_EQ(ids(*latest), ids(*second));
  EXPECT_EQ(latest->schema(), sample_schema());
}

TEST_F(TableTest, TwiceCreatedIsRefused) {
  ASSERT_TRUE(create().has_value());
  EXPECT_EQ(create().error().code(), ErrorCode::kAlreadyExists);
}

TEST_F(TableTest, NoTableIsNotFound) {
  EXPECT_EQ(table_.latest().error().code(), ErrorCode::kNotFound);
}

TEST_F(TableTest, RefreshFollowsOtherWriters) {
  const SnapshotPtr created = create().value();
  append(created, 0, 10);
  const SnapshotPtr refreshed = table_.refresh(created).value();
  EXPECT_EQ(refreshed->version(), Version{1});
  EXPECT_EQ(ids(*refreshed).size(), 10u);
  EXPECT_EQ(table_.refresh(refreshed).value(), refreshed);
}

TEST_F(TableTest, RefreshFindsATableThatWasMadeAnew) {
  for (const int64_t versions : {0, 1, 2}) {
    SnapshotPtr known = append(create().value(), 0, 10);
    for (int64_t of = 0; of < 2; ++of) {
      drop();
      EXPECT_EQ(table_.refresh(known).value(), known) << "nothing is there";
      SnapshotPtr anew = create().value();
      for (int64_t i = 0; i < versions; ++i) anew = append(anew, 100 + 10 * of, 10);
      const SnapshotPtr refreshed = table_.refresh(known).value();
      EXPECT_EQ(refreshed->version(), anew->version());
      EXPECT_EQ(ids(*refreshed), ids(*anew));
      EXPECT_EQ(table_.refresh(refreshed).value(), refreshed);
      known = refreshed;  // read this time
    }
    drop();
  }
}

TEST_F(TableTest, APositionMovesOnceOnly) {
  const SnapshotPtr created = create().value();
  const PositionMove move{.app_id = "flow-topic-0", .expected = std::nullopt, .next = 10};
  const auto won =
      table_.commit(created, {.adds = {file(*created, 0, 10)}, .positions = {move}}).value();
  EXPECT_EQ(std::get<Committed>(won).snapshot->transaction_version("flow-topic-0"), 10);

  const auto lost =
      table_.commit(created, {.adds = {file(*created, 0, 10)}, .positions = {move}}).value();
  const auto& conflict = std::get<Conflict>(lost);
  EXPECT_EQ(conflict.kind, Conflict::Kind::kPosition);
  EXPECT_EQ(conflict.latest->version(), Version{1});
  EXPECT_EQ(table_.latest().value()->row_count(), 10);
}

TEST_F(TableTest, TheSameRequestAgainFindsItsOwnCommit) {
  const SnapshotPtr created = create().value();
  const CommitRequest request{.adds = {file(*created, 0, 10)},
                              .positions = {{.app_id = "a", .expected = std::nullopt, .next = 10}}};
  ASSERT_TRUE(std::holds_alternative<Committed>(table_.commit(created, request).value()));
  append(table_.latest().value(), 10, 5);
  const auto again = table_.commit(created, request).value();
  ASSERT_TRUE(std::holds_alternative<Committed>(again));
  EXPECT_EQ(std::get<Committed>(again).snapshot->version(), Version{1});
  EXPECT_EQ(table_.latest().value()->row_count(), 15);
}

TEST_F(TableTest, AForeignAppendIsReportedAndAForeignMetadataConflicts) {
  const SnapshotPtr created = create().value();
  append(created, 0, 10);
  const auto behind = table_.commit(created, {.adds = {file(*created, 10, 10)}}).value();
  EXPECT_TRUE(std::get<Committed>(behind).foreign_change);

  const SnapshotPtr base = table_.latest().value();
  Metadata metadata = base->metadata();
  metadata.configuration["delta.appendOnly"] = "true";
  ASSERT_TRUE(
      table_.commit(base, {.metadata = metadata, .operation = "SET TBLPROPERTIES"}).has_value());
  const auto lost = table_.commit(base, {.adds = {file(*base, 20, 1)}}).value();
  EXPECT_EQ(std::get<Conflict>(lost).kind, Conflict::Kind::kMetadata);
  EXPECT_EQ(std::get<Conflict>(lost).latest->property("delta.appendOnly"), "true");
}

TEST_F(TableTest, AFileIsRemovedOnce) {
  const SnapshotPtr base = append(create().value(), 0, 10);
  RemoveFile remove;
  base->each_file([&](const std::shared_ptr<const AddFile>& add) {
    remove.path = add->path;
    return true;
  });
  ASSERT_TRUE(
      std::holds_alternative<Committed>(table_.commit(base, {.removes = {remove}}).value()));
  const auto lost = table_.commit(base, {.removes = {remove}}).value();
  EXPECT_EQ(std::get<Conflict>(lost).kind, Conflict::Kind::kFileRemoved);
  EXPECT_EQ(table_.latest().value()->file_count(), 0u);
  EXPECT_EQ(table_.latest().value()->total_bytes(), 0);
}

TEST_F(TableTest, EveryVersionCanBeReadAgain) {
  SnapshotPtr snapshot = create().value();
  for (int64_t i = 0; i < 3; ++i) snapshot = append(snapshot, i * 10, 10);
  EXPECT_EQ(table_.at(Version{0}).value()->row_count(), 0);
  EXPECT_EQ(table_.at(Version{2}).value()->row_count(), 20);
  const auto beyond = table_.at(Version{9});
  ASSERT_FALSE(beyond.has_value());
  EXPECT_EQ(beyond.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(beyond.error().message(), HasSubstr("versions 0 to 3"));
  const auto changes = table_.changes(Version{1}, Version{3}).value();
  ASSERT_EQ(changes.size(), 2u);
  EXPECT_EQ(changes[0].version, Version{2});
  EXPECT_EQ(changes[1].added.size(), 1u);
  EXPECT_FALSE(changes[1].removed_rows);
}

TEST_F(TableTest, AGapInTheLogIsNamed) {
  SnapshotPtr snapshot = create().value();
  for (int64_t i = 0; i < 3; ++i) snapshot = append(snapshot, i * 10, 10);
  ASSERT_TRUE(store_->remove("silver/orders/_delta_log/00000000000000000002.json").has_value());
  const auto read = table_.latest();
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(read.error().message(), HasSubstr("version 2 is missing"));
}

TEST_F(TableTest, ANewColumnBringsTheFeatureThatItsTypeAsksFor) {
  const SnapshotPtr created = create().value();
  ASSERT_EQ(created->protocol(), Protocol{});
  CommitRequest request{.metadata = created->metadata()};
  Schema schema = created->schema();
  request.metadata->configuration["foz.x"] = "1";
  SnapshotPtr snapshot = std::get<Committed>(table_.commit(created, request).value()).snapshot;
  EXPECT_EQ(snapshot->protocol(), Protocol{});
  schema.fields.push_back({"seen", {.kind = TypeKind::kTimestampNtz}, true, {}});
  request.metadata->schema_string = to_json(schema);
  snapshot = std::get<Committed>(table_.commit(snapshot, request).value()).snapshot;
  const Protocol wide{.min_reader_version = 3,
                      .min_writer_version = 7,
                      .reader_features = {"timestampNtz"},
                      .writer_features = {"appendOnly", "invariants", "timestampNtz"}};
  EXPECT_EQ(snapshot->protocol(), wide);
  EXPECT_EQ(table_.latest().value()->protocol(), wide);
}

TEST_F(TableTest, UnknownFeaturesAreRefusedByName) {
  const SnapshotPtr base = append(create().value(), 0, 10);
  Protocol protocol{
      .min_reader_version = 1, .min_writer_version = 7, .writer_features = {"zzWriter"}};
  ASSERT_TRUE(table_.commit(base, {.protocol = protocol}).has_value());
  const SnapshotPtr readable = table_.latest().value();
  const auto write = table_.commit(readable, {.adds = {file(*readable, 10, 1)}});
  ASSERT_FALSE(write.has_value());
  EXPECT_EQ(write.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(write.error().message(), HasSubstr("zzWriter"));

  const std::string foreign = R"({"protocol":{"minReaderVersion":3,"minWriterVersion":7,)"
                              R"("readerFeatures":["zzReader"],"writerFeatures":["zzReader"]}})";
  ASSERT_TRUE(store_->put("silver/orders/_delta_log/00000000000000000003.json", as_bytes(foreign))
                  .has_value());
  const auto read = table_.latest();
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(read.error().message(), HasSubstr("zzReader"));
}

TEST_F(TableTest, ATypeChangeThatCannotBeReadThroughIsRefusedByName) {
  const SnapshotPtr base = create().value();
  Schema schema = sample_schema();
  schema.fields[2].metadata["delta.typeChanges"] =
      R"([{"fromType":"float","toType":"double"},{"fromType":"long","toType":"double"}])";
  Metadata metadata = base->metadata();
  metadata.schema_string = to_json(schema);
  ASSERT_TRUE(store_
                  ->put("silver/orders/_delta_log/00000000000000000001.json",
                        as_bytes(to_json(Action(metadata))))
                  .has_value());
  const auto read = table_.latest();
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(read.error().message(), HasSubstr("column price"));
  EXPECT_THAT(read.error().message(), HasSubstr("long to double"));
}

}  // namespace
}  // namespace foz::delta
