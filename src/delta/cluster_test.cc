// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Tables larger than the memory that sorting may take: their rows in the order of a curve over all
// files, so that of them few hold a given value.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "delta/alter.h"
#include "delta/maintenance.h"
#include "delta/maintenance_test_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;

constexpr int64_t kRange = 1'000'000;
const std::vector<std::string> kBoth = {"x", "y"};

class ClusterTest : public MaintainedTable {
 protected:
  SnapshotPtr create_points(std::map<std::string, std::string> properties = {}) {
    properties["delta.enableDeletionVectors"] = "true";
    return table_
        .create({.schema = {{{"id", {.kind = TypeKind::kLong}, false, {}},
                             {"x", {.kind = TypeKind::kLong}, true, {}},
                             {"y", {.kind = TypeKind::kString}, true, {}}}},
                 .properties = properties})
        .value();
  }
  // Points anywhere, some without a place.
  SnapshotPtr append_points(const SnapshotPtr& base, int64_t count, int64_t range = kRange) {
    clock_.advance_ms(1000);
    arrow::Int64Builder id, x;
    arrow::StringBuilder y;
    for (int64_t i = 0; i < count; ++i) {
      EXPECT_TRUE(id.Append(next_id_++).ok());
      const auto place = static_cast<int64_t>(random_.below(static_cast<uint64_t>(range)));
      EXPECT_TRUE((random_.below(100) == 0 ? x.AppendNull() : x.Append(place)).ok());
      EXPECT_TRUE(y.Append(fmt::format("{:07}", random_.below(static_cast<uint64_t>(range)))).ok());
    }
    const auto rows = arrow::RecordBatch::Make(
        base->arrow_schema(), count,
        {id.Finish().ValueOrDie(), x.Finish().ValueOrDie(), y.Finish().ValueOrDie()});
    return commit(base,
                  {.adds = {write_data_file(table_, *base, {rows}, {}, random_, clock_).value()}});
  }
  SnapshotPtr points(int64_t count) {
    SnapshotPtr snapshot = create_points();
    for (int64_t i = 0; i < count; ++i) snapshot = append_points(snapshot, 2000);
    return snapshot;
  }
  // Rows as text, whatever their order.
  std::multiset<std::string> all_rows(const Snapshot& snapshot,
                                      std::vector<std::string> columns = {"id", "x", "y"}) {
    std::multiset<std::string> out;
    for (const auto& file : files(snapshot)) {
      EXPECT_TRUE(read_data_file(table_, snapshot, *file, columns, [&](auto batch) -> Status {
                    for (int64_t row = 0; row < batch->num_rows(); ++row) {
                      std::string text;
                      for (const auto& column : batch->columns()) {
                        text += column->GetScalar(row).ValueOrDie()->ToString() + " ";
                      }
                      out.insert(std::move(text));
                    }
                    return {};
                  }).has_value());
    }
    return out;
  }
  // How many files may hold a value of the column, in the mean of many: what readers go by.
  double files_read(const Snapshot& snapshot, const std::string& column, bool quoted) {
    double sum = 0;
    constexpr int kProbes = 50;
    for (int i = 0; i < kProbes; ++i) {
      const int64_t place = i * kRange / kProbes;
      const std::string probe = quoted ? fmt::format("\"{:07}\"", place) : std::to_string(place);
      const auto below = [&](const std::string& a, const std::string& b) {
        return quoted ? a <= b : std::stoll(a) <= std::stoll(b);
      };
      for (const auto& file : files(snapshot)) {
        const auto statistics = parse_statistics(snapshot, *file).value();
        const ColumnBounds& bounds = statistics.columns.at(column);
        if (!bounds.min_json) continue;  // of no row
        if (below(*bounds.min_json, probe) && below(probe, *bounds.max_json)) ++sum;
      }
    }
    return sum / kProbes;
  }

  int64_t next_id_ = 0;
};

TEST_F(ClusterTest, OfManyFilesFewHoldAValue) {
  const SnapshotPtr snapshot = points(40);
  const OptimizeOptions options{.cluster_by = kBoth, .sort_bytes = 128 << 10};
  const OptimizeResult done = optimize(snapshot, options);
  const auto count = static_cast<double>(done.files_added);
  EXPECT_GE(count, 16);
  EXPECT_EQ(all_rows(*done.snapshot), all_rows(*snapshot));
  // A square of n parts has sqrt(n) of them beside each other.
  EXPECT_LE(files_read(*done.snapshot, "x", false), 2 * std::sqrt(count));
  EXPECT_LE(files_read(*done.snapshot, "y", true), 2 * std::sqrt(count));
  // What was written on the way is gone again.
  EXPECT_EQ(data_objects(), 40u + static_cast<size_t>(done.files_added));
  EXPECT_EQ(optimize(done.snapshot, options).commits, 0);
}

TEST_F(ClusterTest, ByOneColumnFilesStandBehindEachOther) {
  const OptimizeResult done = optimize(points(40), {.cluster_by = {"y"}, .sort_bytes = 256 << 10});
  EXPECT_GE(done.files_added, 16);
  EXPECT_LE(files_read(*done.snapshot, "y", true), 1.1);
}

// More ranges than are written at once: ranges are divided again.
TEST_F(ClusterTest, RangesAreDividedAsOftenAsItTakes) {
  const SnapshotPtr snapshot = points(30);
  const OptimizeResult done = optimize(snapshot, {.cluster_by = {"x"}, .sort_bytes = 32 << 10});
  EXPECT_GT(done.files_added, 80);
  EXPECT_EQ(all_rows(*done.snapshot), all_rows(*snapshot));
  EXPECT_LE(files_read(*done.snapshot, "x", false), 1.5);
  EXPECT_EQ(data_objects(), 30u + static_cast<size_t>(done.files_added));
}

TEST_F(ClusterTest, RowsThatAreAllAlikeCannotBeDivided) {
  SnapshotPtr snapshot = create_points();
  for (int i = 0; i < 10; ++i) snapshot = append_points(snapshot, 2000, 1);
  const OptimizeResult done = optimize(snapshot, {.cluster_by = kBoth, .sort_bytes = 64 << 10});
  EXPECT_EQ(all_rows(*done.snapshot), all_rows(*snapshot));
}

TEST_F(ClusterTest, WhatCameSinceIsPutInOrderAlone) {
  const OptimizeOptions options{.cluster_by = kBoth, .sort_bytes = 256 << 10};
  const auto paths = [](const Snapshot& snapshot) {
    std::set<std::string> out;
    for (const auto& file : files(snapshot)) out.insert(file->path);
    return out;
  };
  OptimizeResult done = optimize(points(40), options);
  const auto first = paths(*done.snapshot);
  size_t rewritten = 0;
  for (int i = 0; i < 30; ++i) {
    done = optimize(append_points(done.snapshot, 1000), options);
    rewritten += static_cast<size_t>(done.files_removed);
  }
  const auto now = paths(*done.snapshot);
  EXPECT_TRUE(std::ranges::includes(now, first));
  std::set<std::string> clusters;
  for (const auto& file : files(*done.snapshot)) clusters.insert(file->tags.at("foz.clustered"));
  // Each time twice as large: a row is written again a logarithmic number of times.
  EXPECT_LE(clusters.size(), 7u);
  EXPECT_LE(rewritten, 30u * 5);
  EXPECT_EQ(done.snapshot->row_count(), 110'000);
}

TEST_F(ClusterTest, AFileWithManyDeletedRowsIsWrittenAgainInItsCluster) {
  const OptimizeOptions options{.cluster_by = kBoth, .sort_bytes = 256 << 10};
  SnapshotPtr snapshot = optimize(points(20), options).snapshot;
  const auto worn = files(*snapshot).front();
  std::vector<uint16_t> gone;
  for (uint16_t row = 0; row < 800; ++row) gone.push_back(row);
  snapshot = delete_rows(snapshot, worn, gone);
  const OptimizeResult done = optimize(snapshot, options);
  EXPECT_EQ(done.files_removed, 1);
  EXPECT_EQ(done.files_added, 1);
  EXPECT_EQ(all_rows(*done.snapshot), all_rows(*snapshot));
  for (const auto& file : files(*done.snapshot)) EXPECT_EQ(file->tags, worn->tags);
}

TEST_F(ClusterTest, RowsKeepTheirIds) {
  SnapshotPtr snapshot = create_points({{"delta.enableRowTracking", "true"}});
  for (int i = 0; i < 20; ++i) snapshot = append_points(snapshot, 2000);
  const OptimizeResult done = optimize(snapshot, {.cluster_by = kBoth, .sort_bytes = 256 << 10});
  EXPECT_GT(done.files_added, 5);
  const std::vector<std::string> columns = {"id", kRowId, kRowCommitVersion};
  EXPECT_EQ(all_rows(*done.snapshot, columns), all_rows(*snapshot, columns));
}

TEST_F(ClusterTest, APartitionColumnPutsNothingInOrder) {
  const auto done =
      delta::optimize(table_, create_partitioned(), {.cluster_by = {"day"}}, random_, clock_);
  EXPECT_THAT(done.error().message(), HasSubstr("day is a partition column"));
}

TEST_F(ClusterTest, ItsColumnsHaveStatisticsInAnyCase) {
  for (const auto& [name, value] : {std::pair{"NumIndexedCols", "0"}, {"StatsColumns", "id"}}) {
    SnapshotPtr snapshot = create_points({{fmt::format("delta.dataSkipping{}", name), value}});
    snapshot = append_points(commit(snapshot, cluster_by(*snapshot, {{"x"}}).value()), 100);
    const auto columns = parse_statistics(*snapshot, *files(*snapshot).front()).value().columns;
    EXPECT_TRUE(columns.at("x").min_json) << name;
    EXPECT_FALSE(columns.contains("y")) << name;
    store_ = store::make_memory_store(&clock_);
    table_ = Table(*store_, "t", clock_, random_);
  }
}

TEST_F(ClusterTest, WhoStopsItFindsTheTableAsItWas) {
  const SnapshotPtr snapshot = points(20);
  for (int calls = 0; calls < 200; calls += 9) {
    int left = calls;
    const auto done =
        delta::optimize(table_, snapshot, {.cluster_by = kBoth, .sort_bytes = 256 << 10}, random_,
                        clock_, [&](const Progress& progress) -> Status {
                          EXPECT_LE(progress.files, progress.files_total);
                          if (left-- == 0) return Error(ErrorCode::kCancelled, "enough");
                          return {};
                        });
    if (done) break;
    EXPECT_EQ(table_.latest().value()->version(), snapshot->version());
  }
  EXPECT_EQ(all_rows(*table_.latest().value()), all_rows(*snapshot));
}

TEST(ClusterCrash, RowsAreTheSameWhereverThePowerIsCut) {
  cut_power_while_optimizing(3, 4, 200, {.cluster_by = {"price"}, .sort_bytes = 16 << 10},
                             [](const Snapshot& latest) {
                               EXPECT_GT(latest.file_count(), 1u);
                               for (const auto& file : files(latest))
                                 EXPECT_TRUE(file->tags.contains("foz.clustered"));
                             });
}

}  // namespace
}  // namespace foz::delta
