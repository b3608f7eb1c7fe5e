// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Small files made large, beside writers, faults and a power cut: never a row more or less.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "delta/alter.h"
#include "delta/maintenance.h"
#include "delta/maintenance_test_internal.h"
#include "delta/row_order_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;

class OptimizeTest : public MaintainedTable {};

TEST_F(OptimizeTest, SmallFilesBecomeOne) {
  SnapshotPtr snapshot = append_many(create(), 20, 50);
  const auto before = rows(*snapshot);
  const OptimizeResult done = optimize(snapshot, {});
  EXPECT_EQ(done.commits, 1);
  EXPECT_EQ(done.files_removed, 20);
  EXPECT_EQ(done.files_added, 1);
  EXPECT_EQ(done.snapshot->file_count(), 1u);
  EXPECT_EQ(rows(*done.snapshot), before);
  EXPECT_EQ(rows(*table_.latest().value()), before);
  // No row changed: whoever follows the table hears of nothing.
  const auto changes = table_.changes(snapshot->version(), done.snapshot->version()).value();
  EXPECT_TRUE(changes.back().added.empty());
  EXPECT_FALSE(changes.back().removed_rows);
  // The statistics are those of all rows.
  const auto file = files(*done.snapshot).front();
  const FileStatistics statistics = parse_statistics(*done.snapshot, *file).value();
  EXPECT_EQ(statistics.rows, 1000);
  EXPECT_EQ(statistics.columns.at("id").min_json, "0");
  EXPECT_EQ(statistics.columns.at("id").max_json, "999");
  EXPECT_EQ(statistics.columns.at("name").null_count, 334);
  // A second time there is nothing to do.
  EXPECT_EQ(optimize(done.snapshot, {}).commits, 0);
}

TEST_F(OptimizeTest, TheTableSaysHowLargeAFileIs) {
  const SnapshotPtr snapshot = append_many(create({{"delta.targetFileSize", "1kb"}}), 3, 100);
  EXPECT_EQ(optimize(snapshot, {}).commits, 0);
  const SnapshotPtr large = commit(
      snapshot, set_properties(*snapshot, random_, {{"delta.targetFileSize", "1 MB"}}).value());
  EXPECT_EQ(optimize(large, {}).snapshot->file_count(), 1u);
}

TEST_F(OptimizeTest, FilesStayNearTheTarget) {
  SnapshotPtr snapshot = append_many(create(), 16, 200);
  const int64_t one = files(*snapshot).front()->size;
  const OptimizeResult done = optimize(snapshot, {.target_bytes = 4 * one + one / 2});
  EXPECT_EQ(done.files_added, 4);
  EXPECT_EQ(rows(*done.snapshot), rows(*snapshot));
}

TEST_F(OptimizeTest, OfALargeFileAndSmallOnesTheLargeOneStays) {
  SnapshotPtr snapshot = append(create(), 0, 20000);
  const std::string large = files(*snapshot).front()->path;
  snapshot = append_many(snapshot, 8, 10);
  const OptimizeResult done = optimize(snapshot, {.min_files = 4, .balanced = true});
  EXPECT_EQ(done.files_removed, 8);
  EXPECT_TRUE(std::ranges::any_of(files(*done.snapshot),
                                  [&](const auto& file) { return file->path == large; }));
  EXPECT_EQ(optimize(snapshot, {.min_files = 9, .balanced = true}).commits, 0);
}

TEST_F(OptimizeTest, PartitionsStayApart) {
  SnapshotPtr snapshot = create_partitioned();
  for (int64_t i = 0; i < 12; ++i) {
    const std::optional<std::string> day =
        i % 3 == 2 ? std::nullopt : std::optional(fmt::format("2026-01-0{}", i % 3 + 1));
    snapshot = append(snapshot, i * 10, 10, day);
  }
  const auto before = rows(*snapshot);
  OptimizeResult one = optimize(snapshot, {.partition = {{"day", "2026-01-01"}}});
  EXPECT_EQ(one.files_removed, 4);
  const OptimizeResult all = optimize(one.snapshot, {});
  EXPECT_EQ(all.snapshot->file_count(), 3u);
  EXPECT_EQ(rows(*all.snapshot), before);
  const auto wrong =
      delta::optimize(table_, snapshot, {.partition = {{"id", "1"}}}, random_, clock_);
  EXPECT_THAT(wrong.error().message(), HasSubstr("id is not a partition column"));
}

TEST_F(OptimizeTest, APartitionIsFoundByEitherOfItsColumnsNames) {
  SnapshotPtr snapshot = create_partitioned({{"delta.columnMapping.mode", "name"}});
  const std::string day = "2026-01-01";
  for (int64_t i = 0; i < 4; ++i) {
    AddFile added = file(*snapshot, i * 10, 10, day);
    ASSERT_FALSE(added.partition_values.contains("day"));
    added.partition_values = {{"day", day}};
    snapshot = commit(snapshot, {.adds = {added}});
  }
  EXPECT_EQ(optimize(snapshot, {.partition = {{"day", "2026-01-02"}}}).files_removed, 0);
  const OptimizeResult done = optimize(snapshot, {.partition = {{"day", day}}});
  EXPECT_EQ(done.files_removed, 4);
  const auto values = files(*done.snapshot).at(0)->partition_values;
  ASSERT_EQ(values.size(), 1u);
  EXPECT_EQ(values.begin()->second, day);
  EXPECT_NE(values.begin()->first, "day");
}

TEST_F(OptimizeTest, DeletedRowsGoWhenTheyAreMany) {
  SnapshotPtr snapshot = append(append(create(), 0, 100), 100, 100);
  snapshot = delete_rows(snapshot, 0, {1, 2, 3});
  EXPECT_EQ(optimize(snapshot, {.min_files = 9, .purge_share = 0.05}).commits, 0);
  snapshot = delete_rows(snapshot, 0, {1, 2, 3, 4, 5, 6, 50});
  const auto before = rows(*snapshot);
  EXPECT_EQ(before.size(), 193u);
  const OptimizeResult done = optimize(snapshot, {.min_files = 9, .purge_share = 0.05});
  EXPECT_EQ(done.commits, 1);
  EXPECT_EQ(rows(*done.snapshot), before);
  EXPECT_TRUE(std::ranges::none_of(
      files(*done.snapshot), [](const auto& file) { return file->deletion_vector.has_value(); }));
  EXPECT_EQ(done.snapshot->row_count(), 193);
}

TEST_F(OptimizeTest, RowsAreSortedWhereAskedFor) {
  SnapshotPtr snapshot = create();
  for (const int64_t first : {300, 100, 0, 200}) snapshot = append(snapshot, first, 100);
  const OptimizeResult done = optimize(snapshot, {.order_by = {"id"}});
  std::vector<int64_t> ids;
  for (const auto& [id, name] : rows_in_order(*done.snapshot)) ids.push_back(id);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_EQ(ids.size(), 400u);
}

TEST_F(OptimizeTest, TagsAreMergedByWhoeverKnowsThem) {
  SnapshotPtr snapshot = append_many(create(), 3, 10);
  OptimizeOptions options;
  options.merge_tags = [](const auto& merged) {
    return std::map<std::string, std::string>{{"n", std::to_string(merged.size())}};
  };
  EXPECT_EQ(files(*optimize(snapshot, options).snapshot).front()->tags,
            (std::map<std::string, std::string>{{"n", "3"}}));
}

// Of a grid in random order, each part of the curve is a small square.
TEST(RowOrder, ZOrderKeepsWhatIsNearTogether) {
  constexpr int64_t kSide = 64;
  arrow::Int64Builder x, y;
  std::vector<int64_t> cells(kSide * kSide);
  for (size_t i = 0; i < cells.size(); ++i) cells[i] = static_cast<int64_t>(i);
  Random random(5);
  for (size_t i = cells.size(); i > 1; --i) std::swap(cells[i - 1], cells[random.below(i)]);
  for (const int64_t cell : cells) {
    ASSERT_TRUE(x.Append(cell % kSide).ok() && y.Append(cell / kSide * 1000).ok());
  }
  const auto batch = arrow::RecordBatch::Make(
      arrow::schema({arrow::field("x", arrow::int64()), arrow::field("y", arrow::int64())}),
      kSide * kSide, {x.Finish().ValueOrDie(), y.Finish().ValueOrDie()});
  const auto sorted = z_ordered(batch, {"x", "y"}).value();
  const auto value = [&](int column, int64_t row) {
    return static_cast<const arrow::Int64Array&>(*sorted->column(column)).Value(row);
  };
  for (int64_t part = 0; part < 16; ++part) {
    int64_t low_x = kSide, high_x = 0, low_y = kSide, high_y = 0;
    for (int64_t row = part * 256; row < (part + 1) * 256; ++row) {
      low_x = std::min(low_x, value(0, row));
      high_x = std::max(high_x, value(0, row));
      low_y = std::min(low_y, value(1, row) / 1000);
      high_y = std::max(high_y, value(1, row) / 1000);
    }
    EXPECT_EQ(high_x - low_x, 15);
    EXPECT_EQ(high_y - low_y, 15);
  }
}

TEST_F(OptimizeTest, ClusteredFilesAreLeftAloneAfterwards) {
  SnapshotPtr snapshot = append_many(create(), 4, 100);
  const OptimizeResult done = optimize(snapshot, {.cluster_by = {"price", "name"}});
  EXPECT_EQ(done.files_added, 1);
  EXPECT_EQ(rows(*done.snapshot), rows(*snapshot));
  EXPECT_EQ(optimize(done.snapshot, {.cluster_by = {"price", "name"}}).commits, 0);
  EXPECT_EQ(optimize(done.snapshot, {.cluster_by = {"name"}}).commits, 1);
}

// --- beside others

TEST_F(OptimizeTest, AppendsInBetweenAreKept) {
  SnapshotPtr snapshot = append_many(create(), 5, 10);
  append(snapshot, 1000, 10);
  const OptimizeResult done = optimize(snapshot, {});
  EXPECT_EQ(done.commits, 1);
  EXPECT_EQ(rows(*done.snapshot).size(), 60u);
  EXPECT_EQ(done.snapshot->file_count(), 2u);
}

TEST_F(OptimizeTest, ARowThatWasDeletedMeanwhileDoesNotComeBack) {
  const SnapshotPtr snapshot = append_many(create(), 4, 10);
  const SnapshotPtr deleted = delete_rows(delete_rows(snapshot, 0, {3}), 12, {0, 9});
  const OptimizeResult done = optimize(snapshot, {});
  EXPECT_EQ(done.commits, 1);
  EXPECT_EQ(done.files_lost, 0);
  EXPECT_EQ(rows(*table_.latest().value()), rows(*deleted));
  EXPECT_EQ(done.snapshot->file_count(), 1u);
  EXPECT_EQ(files(*done.snapshot).front()->deletion_vector->cardinality, 3);
}

TEST_F(OptimizeTest, AFileThatAnotherWriterTookAwayIsNotMerged) {
  const SnapshotPtr snapshot = append_many(create(), 4, 10);
  const SnapshotPtr deleted =
      commit(snapshot, {.removes = {{.path = file_of(*snapshot, 0)->path}}});
  const OptimizeResult done = optimize(snapshot, {});
  EXPECT_EQ(done.commits, 0);
  EXPECT_EQ(done.files_lost, 4);
  EXPECT_EQ(rows(*table_.latest().value()), rows(*deleted));
  // What was written for nothing is gone again: a fifth file would be an orphan.
  EXPECT_EQ(data_objects(), 4u);
}

// Nobody can tell where in sorted files a row is.
TEST_F(OptimizeTest, OfSortedFilesARowThatWasDeletedMeanwhileCostsTheWork) {
  const SnapshotPtr snapshot = append_many(create(), 4, 10);
  const SnapshotPtr deleted = delete_rows(snapshot, 0, {3});
  EXPECT_EQ(optimize(snapshot, {.order_by = {"name"}}).files_lost, 4);
  EXPECT_EQ(rows(*table_.latest().value()), rows(*deleted));
}

// Whatever is deleted between the two steps, and was before.
TEST_F(OptimizeTest, InTwoStepsTheRowsAreTheSame) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Random random(seed);
    Table table(*store_, fmt::format("two/{}", seed), clock_, random);
    SnapshotPtr snapshot = table
                               .create({.schema = sample_schema(),
                                        .properties = {{"delta.enableDeletionVectors", "true"}}})
                               .value();
    const auto commit = [&](CommitRequest request) {
      snapshot = std::get<Committed>(table.commit(snapshot, request).value()).snapshot;
    };
    int64_t next = 0;
    for (uint64_t file = 0; file < 2 + random.below(6); ++file) {
      const auto count = static_cast<int64_t>(1 + random.below(200));
      commit({.adds = {
                  write_data_file(table, *snapshot, {sample_rows(next, count)}, {}, random, clock_)
                      .value()}});
      next += count;
    }
    const auto delete_some = [&](uint64_t share) {
      CommitRequest request;
      for (const auto& file : files(*snapshot)) {
        RowDeletion deletion{file->path, {}};
        EXPECT_TRUE(read_data_file(table, *snapshot, *file, {kRowIndex}, [&](auto batch) -> Status {
                      const auto& at = static_cast<const arrow::Int64Array&>(*batch->column(0));
                      for (int64_t row = 0; row < at.length(); ++row) {
                        if (random.below(100) < share) deletion.rows.push_back(at.Value(row));
                      }
                      return {};
                    }).has_value());
        if (!deletion.rows.empty()) request.deletions.push_back(std::move(deletion));
      }
      if (!request.deletions.empty()) commit(request);
    };
    delete_some(random.below(60));
    auto merged = write_merged(table, snapshot,
                               {.target_bytes = static_cast<int64_t>(500 + random.below(4000)),
                                .purge_share = 1,
                                .deleted_share = 0.1},
                               random, clock_)
                      .value();
    for (uint64_t i = 0; i < random.below(3); ++i) delete_some(random.below(101));
    const auto sorted = [&](const SnapshotPtr& of) {
      auto all = rows_of(table, *of);
      std::ranges::sort(all);
      return all;
    };
    const auto before = sorted(snapshot);
    const auto done = swap_merged(table, snapshot, merged, random).value();
    EXPECT_EQ(sorted(done.snapshot), before);
    EXPECT_EQ(done.snapshot->row_count(), static_cast<int64_t>(before.size()));
  }
}

TEST_F(OptimizeTest, TheFilesWithMostDeletedRowsAreWrittenAgain) {
  SnapshotPtr snapshot = append_many(create(), 10, 10);
  for (int64_t file = 0; file < 4; ++file) {
    std::vector<uint16_t> gone{0};
    for (uint16_t row = 1; row <= file; ++row) gone.push_back(row);
    snapshot = delete_rows(snapshot, file * 10, gone);
  }
  // Ten of a hundred rows: without the worst file six are left, and without the next three.
  const OptimizeOptions options{.min_files = 99, .purge_share = 1, .deleted_share = 0.05};
  const OptimizeResult done = optimize(snapshot, options);
  EXPECT_EQ(done.files_removed, 2);
  EXPECT_EQ(rows(*done.snapshot), rows(*snapshot));
  EXPECT_EQ(optimize(done.snapshot, options).files_removed, 0);
}

TEST_F(OptimizeTest, AnAppendBesideItDoesNotLose) {
  const SnapshotPtr snapshot = append_many(create(), 5, 10);
  optimize(snapshot, {});
  // From the snapshot before, as a stream has it.
  auto outcome = table_.commit(
      snapshot, {.adds = {file(*snapshot, 500, 5)}, .positions = {{"foz/flow", std::nullopt, 1}}});
  const auto& committed = std::get<Committed>(outcome.value());
  EXPECT_FALSE(committed.foreign_change);
  EXPECT_EQ(committed.snapshot->file_count(), 2u);
}

TEST_F(OptimizeTest, LostAnswersDoNotDoubleRows) {
  SnapshotPtr snapshot = append_many(create(), 10, 10);
  const auto before = rows(*snapshot);
  for (int round = 0; round < 30; ++round) {
    Random random(static_cast<uint64_t>(round));
    store::FaultStore faulty(*store_, random);
    faulty.set({.fail_before = 30, .answer_lost = 100, .request_lost = 50});
    Table table(faulty, "t", clock_, random);
    auto done =
        delta::optimize(table, snapshot, {.target_bytes = 3000 + round * 300}, random, clock_);
    snapshot = table_.latest().value();
    ASSERT_EQ(rows(*snapshot), before) << "round " << round;
    snapshot = append(snapshot, 1000 + round, 1);
    const auto more = rows(*snapshot);
    ASSERT_EQ(more.size(), before.size() + 1);
    snapshot = delete_rows(snapshot, file_of(*snapshot, 1000 + round), {0});
  }
}

TEST(OptimizeCrash, RowsAreTheSameWhereverThePowerIsCut) {
  cut_power_while_optimizing(1, 6, 10, {}, [](const Snapshot& latest) {
    EXPECT_EQ(latest.file_count(), 1u);
    EXPECT_EQ(latest.row_count(), 60);
  });
}

}  // namespace
}  // namespace foz::delta
