// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows that come, change and go, against a plain model; and tables of such rows for other readers.
#include "delta/rows.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "delta/alter.h"
#include "delta/change_feed.h"
#include "delta/changed_tables_internal.h"
#include "delta/maintenance.h"
#include "store/disk.h"
#include "store/fault_store.h"

namespace foz::delta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RowsTest : public testing::Test {
 protected:
  SnapshotPtr create(Schema schema, std::vector<std::string> partitions = {},
                     std::map<std::string, std::string> properties = {}) {
    properties["delta.enableDeletionVectors"] = "true";
    return table_
        .create({.schema = std::move(schema),
                 .partition_columns = std::move(partitions),
                 .properties = std::move(properties)})
        .value();
  }
  RowWriter writer(const SnapshotPtr& base, const RowChecker* checker = nullptr) {
    return {table_, base, random_, clock_, {}, checker};
  }
  SnapshotPtr commit(const SnapshotPtr& base, const Result<CommitRequest>& request) {
    EXPECT_TRUE(request.has_value()) << request.error().message();
    auto outcome = table_.commit(base, *request);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message();
    EXPECT_TRUE(std::holds_alternative<Committed>(*outcome));
    return std::get<Committed>(*std::move(outcome)).snapshot;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  Table table_{*store_, "t", clock_, random_};
};

TEST_F(RowsTest, UpdatesAndDeletesAreOneCommit) {
  SnapshotPtr base = create(sample_schema());
  base = commit(base, append_rows(writer(base), {sample_rows(0, 100)}));
  const auto places = places_of(table_, *base);
  RowChanges changes;
  changes.deleted = deletions_of(places, {1, 2, 3});
  changes.updated = deletions_of(places, {50});
  changes.after = {sample_rows(1050, 1)};
  changes.inserted = {sample_rows(200, 2)};
  const SnapshotPtr after = commit(base, change_rows(writer(base), changes));
  EXPECT_EQ(after->version(), base->version() + 1);
  const auto now = places_of(table_, *after);
  EXPECT_EQ(now.size(), 99u);
  EXPECT_EQ(after->row_count(), 99);
  EXPECT_FALSE(now.contains(1) || now.contains(50));
  EXPECT_TRUE(now.contains(1050) && now.contains(201));
  const auto read_again = table_.latest().value();
  EXPECT_EQ(places_of(table_, *read_again).size(), 99u);
}

// A statement may write its files in parts, of which one has no rows that go.
TEST_F(RowsTest, RowsThatComeAmongChangesAreInTheChangeFeed) {
  SnapshotPtr base = create(sample_schema(), {}, {{"delta.enableChangeDataFeed", "true"}});
  base = commit(base, append_rows(writer(base), {sample_rows(0, 100)}));
  const auto places = places_of(table_, *base);
  CommitRequest request = change_rows(writer(base), {.updated = deletions_of(places, {50}),
                                                     .after = {sample_rows(1050, 1)}})
                              .value();
  const CommitRequest more =
      change_rows(writer(base), {.inserted = {sample_rows(200, 7)}, .among_changes = true}).value();
  request.adds.insert(request.adds.end(), more.adds.begin(), more.adds.end());
  request.change_files.insert(request.change_files.end(), more.change_files.begin(),
                              more.change_files.end());
  const SnapshotPtr after = commit(base, request);
  int64_t inserted = 0, rows = 0;
  const auto feed = ChangeFeed::open(table_, after->version()).value();
  ASSERT_TRUE(feed.read({},
                        [&](auto batch) {
                          rows += batch->num_rows();
                          const auto kinds = batch->GetColumnByName("_change_type");
                          for (int64_t i = 0; i < batch->num_rows(); ++i)
                            inserted += kinds->GetScalar(i).ValueOrDie()->ToString() == "insert";
                          return Status();
                        })
                  .has_value());
  EXPECT_EQ(inserted, 7);
  EXPECT_EQ(rows, 9);
}

TEST_F(RowsTest, AFileThatLostAllRowsIsGone) {
  SnapshotPtr base = create(sample_schema());
  base = commit(base, append_rows(writer(base), {sample_rows(0, 5)}));
  base = commit(
      base, change_rows(writer(base), {.deleted = deletions_of(places_of(table_, *base), {0, 1})}));
  EXPECT_EQ(base->file_count(), 1u);
  base = commit(base, change_rows(writer(base),
                                  {.deleted = deletions_of(places_of(table_, *base), {2, 3, 4})}));
  EXPECT_EQ(base->file_count(), 0u);
  EXPECT_EQ(base->total_bytes(), 0);
}

TEST_F(RowsTest, RowsGoToTheirPartitions) {
  const SnapshotPtr base = create(partitioned_schema(), {"day", "at", "word"});
  const SnapshotPtr after = commit(base, append_rows(writer(base), {partitioned_rows()}));
  std::vector<std::map<std::string, std::optional<std::string>>> values;
  after->each_file([&](const std::shared_ptr<const AddFile>& add) {
    values.push_back(add->partition_values);
    return true;
  });
  using Values = std::map<std::string, std::optional<std::string>>;
  EXPECT_THAT(values,
              testing::UnorderedElementsAre(
                  Values{{"day", "2026-01-31"},
                         {"at", "2023-11-14T22:13:20.123456Z"},
                         {"word", "a/b=c d%20é"}},
                  Values{{"day", std::nullopt}, {"at", std::nullopt}, {"word", std::nullopt}}));
  EXPECT_EQ(after->row_count(), 3);
  EXPECT_EQ(places_of(table_, *after).size(), 3u);
}

// The log is JSON: bytes that are no text would come back as others.
TEST_F(RowsTest, BytesThatAreNoTextAreNotInTheLog) {
  const SnapshotPtr base = create({{{"text", {.kind = TypeKind::kString}, true, {}},
                                    {"part", {.kind = TypeKind::kBinary}, true, {}}}},
                                  {"part"});
  const auto rows_of = [&](const std::string& bytes, const std::string& part) {
    arrow::StringBuilder texts;
    arrow::BinaryBuilder parts;
    CHECK(texts.Append(bytes).ok() && parts.Append(part).ok());
    return arrow::RecordBatch::Make(base->arrow_schema(), 1,
                                    {texts.Finish().ValueOrDie(), parts.Finish().ValueOrDie()});
  };
  const auto refused = append_rows(writer(base), {rows_of("a", std::string("\0\xff\x80", 3))});
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message(), HasSubstr("UTF-8"));
  const SnapshotPtr after = commit(base, append_rows(writer(base), {rows_of("a\xff", "abc")}));
  after->each_file([&](const std::shared_ptr<const AddFile>& add) {
    EXPECT_THAT(add->stats, testing::AllOf(HasSubstr(R"("minValues":{})"),
                                           HasSubstr(R"("nullCount":{"text":0})")));
    return true;
  });
}

TEST_F(RowsTest, APartitionIsReplaced) {
  SnapshotPtr base = create(partitioned_schema(), {"day", "at", "word"});
  base = commit(base, append_rows(writer(base), {partitioned_rows()}));
  const auto outside = replace_rows(writer(base), {{"day", {"2026-02-01"}}}, {partitioned_rows()});
  ASSERT_FALSE(outside.has_value());
  EXPECT_EQ(outside.error().code(), ErrorCode::kInvalid);
  // Written in another way, it is the same moment.
  base = commit(base, replace_rows(writer(base), {{"at", {"2023-11-14 22:13:20.123456"}}}, {}));
  EXPECT_EQ(base->row_count(), 1);
  base = commit(base, replace_rows(writer(base), {{"word", {std::nullopt}}}, {}));
  EXPECT_EQ(base->file_count(), 0u);
  EXPECT_FALSE(replace_rows(writer(base), {{"id", {"1"}}}, {}).has_value());
}

TEST_F(RowsTest, AnOverwriteConflictsWithWhatItWouldHaveReplaced) {
  SnapshotPtr base = create(sample_schema());
  base = commit(base, append_rows(writer(base), {sample_rows(0, 10)}));
  const auto overwrite = replace_rows(writer(base), {}, {sample_rows(100, 10)}).value();
  const auto other = change_rows(
      writer(base),
      {.deleted = deletions_of(places_of(table_, *base), {1}), .inserted = {sample_rows(50, 1)}});
  commit(base, other);
  const auto outcome = table_.commit(base, overwrite).value();
  EXPECT_TRUE(std::holds_alternative<Conflict>(outcome));
}

TEST_F(RowsTest, RulesAreSeenToByTheChecker) {
  const SnapshotPtr base = create(ruled_schema(), {}, {});
  const auto refused = append_rows(writer(base), {});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("constraint id"));
  EXPECT_FALSE(check_writable(*base).has_value());
  EXPECT_FALSE(
      write_data_file(table_, *base, {sample_rows(0, 1)}, {}, random_, clock_).has_value());

  const SampleChecker checker;
  EXPECT_TRUE(check_writable(*base, &checker).has_value());
  const auto given = sample_rows(0, 3)->SelectColumns({0}).ValueOrDie();
  SnapshotPtr after =
      commit(base, append_rows(writer(base, &checker), {given, given->Slice(0, 0)}));
  after = commit(after, append_rows(writer(after, &checker),
                                    {sample_rows(3, 1)->SelectColumns({0}).ValueOrDie()}));
  std::vector<std::string> rows;
  after->each_file([&](const std::shared_ptr<const AddFile>& add) {
    const auto status = read_data_file(
        table_, *after, *add, {"id", "double_id", "word", "nr"}, [&](auto batch) -> Status {
          for (int64_t i = 0; i < batch->num_rows(); ++i) {
            rows.push_back(fmt::format("{} {} {} {}",
                                       batch->column(0)->GetScalar(i).ValueOrDie()->ToString(),
                                       batch->column(1)->GetScalar(i).ValueOrDie()->ToString(),
                                       batch->column(2)->GetScalar(i).ValueOrDie()->ToString(),
                                       batch->column(3)->GetScalar(i).ValueOrDie()->ToString()));
          }
          return {};
        });
    EXPECT_TRUE(status.has_value());
    return true;
  });
  EXPECT_THAT(rows, testing::UnorderedElementsAre("0 0 none 10", "1 2 none 15", "2 4 none 20",
                                                  "3 6 none 25"));

  const auto broken =
      append_rows(writer(after, &checker), {sample_rows(-5, 1)->SelectColumns({0}).ValueOrDie()});
  ASSERT_FALSE(broken.has_value());
  EXPECT_THAT(broken.error().message(), HasSubstr("breaks id"));
}

TEST_F(RowsTest, WorkThatWritesNoNewRowNeedsNoChecker) {
  SnapshotPtr base = create(ruled_schema());
  const SampleChecker checker;
  for (int64_t i = 0; i < 3; ++i) {
    const auto given = sample_rows(i, 1)->SelectColumns({0}).ValueOrDie();
    base = commit(base, append_rows(writer(base, &checker), {given}));
  }
  EXPECT_TRUE(clean_log(table_, *base, {}, clock_).has_value());
  const auto merged = optimize(table_, base, {}, random_, clock_);
  ASSERT_TRUE(merged.has_value()) << merged.error().message();
  EXPECT_EQ(merged->snapshot->file_count(), 1u);
  EXPECT_EQ(merged->snapshot->row_count(), 3);
  EXPECT_TRUE(vacuum(table_, merged->snapshot, {}, clock_).has_value());
  EXPECT_TRUE(restore(table_, merged->snapshot, base).has_value());
}

TEST_F(RowsTest, ConstraintsAreAddedOnlyWhereTheyHold) {
  SnapshotPtr base = create(sample_schema());
  base = commit(base, append_rows(writer(base), {sample_rows(0, 10)}));
  const SampleChecker checker;
  EXPECT_FALSE(add_constraint(table_, base, "big", "id >= 5", checker).has_value());
  base = commit(base, add_constraint(table_, base, "Sane", "id >= 0", checker));
  EXPECT_EQ(base->property("delta.constraints.sane"), "id >= 0");
  EXPECT_THAT(base->protocol().writer_features, testing::Contains("checkConstraints"));
  EXPECT_FALSE(append_rows(writer(base, &checker), {sample_rows(-1, 1)}).has_value());
  EXPECT_TRUE(append_rows(writer(base, &checker), {sample_rows(1, 1)}).has_value());
  base = commit(base, drop_constraint(*base, "SANE"));
  EXPECT_TRUE(append_rows(writer(base), {sample_rows(-1, 1)}).has_value());
}

// Writers that append, change and delete rows at random, each from what it last saw, over a bad
// network: what the table holds in the end is what the winners did, in the order of their versions.
TEST(RandomRows, EveryChangeLandsOnceOrNotAtAll) {
  const uint64_t seed = Random::system_seed();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Random random(seed);
  const auto memory = store::make_memory_store();
  store::FaultStore store(*memory, random);
  const SystemClock clock;
  Table table(store, "t", clock, random);
  const SnapshotPtr created = table
                                  .create({.schema = sample_schema(),
                                           .properties = {{"delta.enableDeletionVectors", "true"}}})
                                  .value();
  store.set({.fail_before = 20, .answer_lost = 50, .request_lost = 20});
  const Table behind(*memory, "t", clock, random);
  RandomHistory history(table, behind, clock, random, created);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] { history.run(fmt::format("writer-{}", t), t * 100'000, 25); });
  }
  threads.clear();
  store.set({});
  const SnapshotPtr latest = table.latest().value();
  std::vector<int64_t> ids;
  for (const auto& [id, place] : places_of(table, *latest)) ids.push_back(id);
  EXPECT_EQ(ids, history.expected());
  EXPECT_EQ(latest->row_count(), static_cast<int64_t>(ids.size()));
  EXPECT_EQ(latest->version().value(), history.commits());
}

TEST(Conformance, WritesChangedTablesForOtherReaders) {
  const char* folder = std::getenv("FOZ_WRITE_TABLES");
  if (!folder) GTEST_SKIP() << "FOZ_WRITE_TABLES names no folder";
  const auto disk = store::make_posix_disk();
  const auto store = store::open_local_store(*disk, folder).value();
  write_changed_tables(*store);
}

}  // namespace
}  // namespace foz::delta
