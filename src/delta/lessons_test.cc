// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What went wrong in other implementations and is held by no test of a part: see TESTS.md.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "delta/alter.h"
#include "delta/changed_tables_internal.h"
#include "delta/log_files_internal.h"
#include "delta/maintenance_test_internal.h"
#include "delta/rows.h"

namespace foz::delta {
namespace {

class Lessons : public MaintainedTable {
 protected:
  // The log before the version is gone but for the checkpoint.
  void forget_commits(Version to) {
    for (int64_t i = 0; i < to.value(); ++i)
      ASSERT_TRUE(store_->remove(log(commit_name(Version{i}))).has_value());
  }
  SnapshotPtr change(const SnapshotPtr& base, const RowChanges& changes) {
    return commit(base, change_rows({table_, base, random_, clock_}, changes).value());
  }
};

TEST_F(Lessons, AHintThatIsTooOldIsAFloorAndNoCeiling) {
  const SnapshotPtr snapshot = append_many(create(), 8, 5);
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{3}).value()).has_value());
  const std::string hint = store_->get(log("_last_checkpoint")).value();
  ASSERT_TRUE(table_.checkpoint(table_.at(Version{7}).value()).has_value());
  ASSERT_TRUE(store_->put(log("_last_checkpoint"), as_bytes(hint)).has_value());
  // Were the older one taken, these would be missed.
  for (int64_t i = 4; i < 7; ++i)
    ASSERT_TRUE(store_->remove(log(commit_name(Version{i}))).has_value());
  EXPECT_EQ(rows(*table_.latest().value()), rows(*snapshot));
}

TEST_F(Lessons, OfTwoCheckpointsOfAVersionTheWholeOneIsTaken) {
  const SnapshotPtr snapshot = append_many(create(), 4, 5);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  const std::string whole = store_->get(log(checkpoint_name(snapshot->version()))).value();
  ASSERT_TRUE(store_->remove(log(checkpoint_name(snapshot->version()))).has_value());
  const auto part = [&](int number, int of) {
    return log(fmt::format("{:020}.checkpoint.{:010}.{:010}.parquet", 4, number, of));
  };
  ASSERT_TRUE(store_->put(part(2, 3), as_bytes(whole)).has_value());
  ASSERT_TRUE(store_->put(part(1, 1), as_bytes(whole)).has_value());
  forget_commits(snapshot->version());
  EXPECT_EQ(rows(*table_.latest().value()), rows(*snapshot));
}

TEST_F(Lessons, DeletedRowsStayDeletedWhenVectorsAreSwitchedOff) {
  SnapshotPtr base = append_many(create(), 2, 10);
  base = change(base, {.deleted = deletions_of(places_of(table_, *base), {3, 14})});
  base = commit(base,
                set_properties(*base, random_, {{"delta.enableDeletionVectors", "false"}}).value());
  EXPECT_EQ(rows(*base).size(), 18u);
  ASSERT_TRUE(table_.checkpoint(base).has_value());
  forget_commits(base->version());
  EXPECT_EQ(rows(*table_.latest().value()).size(), 18u);
}

TEST_F(Lessons, ACheckpointHoldsTheSchemaThatReplacedAnother) {
  SnapshotPtr base = append_many(create(), 2, 10);
  CommitRequest request;
  for (const auto& file : files(*base)) request.removes.push_back({.path = file->path});
  request.metadata = base->metadata();
  request.metadata->schema_string =
      to_json(Schema{{{"other", {.kind = TypeKind::kString}, true, {}}}});
  base = commit(base, request);
  ASSERT_TRUE(table_.checkpoint(base).has_value());
  forget_commits(base->version());
  const SnapshotPtr read = table_.latest().value();
  ASSERT_EQ(read->schema().fields.size(), 1u);
  EXPECT_EQ(read->schema().fields[0].name, "other");
  EXPECT_EQ(read->file_count(), 0u);
}

TEST_F(Lessons, ATailOfTenThousandCommitsIsReplayed) {
  constexpr int64_t kCommits = 10'000;
  SnapshotPtr base = create();
  for (int64_t i = 1; i <= kCommits; ++i) {
    const std::string add = to_json(AddFile{.path = fmt::format("f{}", i), .size = 1});
    ASSERT_TRUE(store_->put(log(commit_name(Version{i})), as_bytes(add)).has_value());
  }
  EXPECT_EQ(table_.latest().value()->file_count(), static_cast<size_t>(kCommits));
  EXPECT_EQ(table_.refresh(base).value()->file_count(), static_cast<size_t>(kCommits));
}

// The bounds that a column of timestamps has by these of the log.
class TimeBounds : public Lessons {
 protected:
  ColumnBounds bounds(const std::string& least, const std::string& most) {
    const AddFile file{.path = "f",
                       .stats = fmt::format(R"({{"minValues":{{"at":"{}"}},)"
                                            R"("maxValues":{{"at":"{}"}}}})",
                                            least, most)};
    return parse_statistics(*snapshot_, file).value().columns["at"];
  }
  const SnapshotPtr snapshot_ =
      table_.create({.schema = {{{"at", {.kind = TypeKind::kTimestamp}, true, {}}}}}).value();
};

TEST_F(TimeBounds, NearTheEndOfTimeThereIsNoUpperOne) {
  const auto most = [&](const std::string& text) { return bounds(text, text).max_json; };
  EXPECT_EQ(most("2026-01-01T00:00:00.123Z"), "\"2026-01-01T00:00:00.123999Z\"");
  EXPECT_EQ(most("294247-01-10T04:00:54.775Z"), std::nullopt);
  EXPECT_EQ(most("+294247-01-10T04:00:54.775807Z"), std::nullopt);
}

// Noon in Los Angeles was 19:52:58 in UTC. Spark writes the seconds of the offset, or did not.
TEST_F(TimeBounds, BeforeZonesHadWholeMinutesTheyAreWide) {
  const auto exact = bounds("1850-06-01T12:00:00.000-07:52:58", "1850-06-01T12:00:00.000-07:52:58");
  EXPECT_EQ(exact.min_json, "\"1850-06-01T19:51:58.000Z\"");
  EXPECT_EQ(exact.max_json, "\"1850-06-01T19:53:58.000Z\"");
  const auto cut = bounds("1850-06-01T12:00:00.000-07:52", "1850-06-01T12:00:00.000-07:52");
  EXPECT_LE(*cut.min_json, "\"1850-06-01T19:52:58.000Z\"");
  EXPECT_GE(*cut.max_json, "\"1850-06-01T19:52:58.000Z\"");
  const auto today = bounds("2026-01-01T12:00:00.000+01:00", "2026-01-01T12:00:00.000+01:00");
  EXPECT_EQ(today.min_json, "\"2026-01-01T12:00:00.000+01:00\"");
  EXPECT_EQ(today.max_json, "\"2026-01-01T11:00:00.000999Z\"");
}

TEST_F(Lessons, IdentityValuesOfTwoWritersNeverMeet) {
  Schema schema{
      {{"id", {.kind = TypeKind::kLong}, false, {}}, {"nr", {.kind = TypeKind::kLong}, true, {}}}};
  schema.fields[1].metadata = {{"delta.identity.start", "1"},
                               {"delta.identity.step", "1"},
                               {"delta.identity.allowExplicitInsert", "false"}};
  const SnapshotPtr base = table_.create({.schema = schema}).value();
  const SampleChecker checker;
  const auto append = [&](const SnapshotPtr& from, int64_t first) {
    const auto given = sample_rows(first, 3)->SelectColumns({0}).ValueOrDie();
    return append_rows({table_, from, random_, clock_, {}, &checker}, {given}).value();
  };
  const CommitRequest one = append(base, 0), other = append(base, 10);
  const SnapshotPtr first = commit(base, one);
  const auto outcome = table_.commit(base, other).value();
  ASSERT_TRUE(std::holds_alternative<Conflict>(outcome));
  const SnapshotPtr second = commit(first, append(std::get<Conflict>(outcome).latest, 10));
  std::set<int64_t> numbers;
  for (const auto& file : files(*second)) {
    ASSERT_TRUE(read_data_file(table_, *second, *file, {"nr"}, [&](auto batch) {
                  const auto& nr = static_cast<const arrow::Int64Array&>(*batch->column(0));
                  for (int64_t i = 0; i < nr.length(); ++i) numbers.insert(nr.Value(i));
                  return Status();
                }).has_value());
  }
  EXPECT_EQ(numbers, (std::set<int64_t>{1, 2, 3, 4, 5, 6}));
  // Neither do those of before and after a restore.
  const SnapshotPtr back = restore(table_, second, base).value().snapshot;
  const SnapshotPtr third = commit(back, append(back, 20));
  std::set<int64_t> later;
  ASSERT_TRUE(read_data_file(table_, *third, *files(*third).front(), {"nr"}, [&](auto batch) {
                const auto& nr = static_cast<const arrow::Int64Array&>(*batch->column(0));
                for (int64_t i = 0; i < nr.length(); ++i) later.insert(nr.Value(i));
                return Status();
              }).has_value());
  EXPECT_EQ(later, (std::set<int64_t>{7, 8, 9}));
}

}  // namespace
}  // namespace foz::delta
