// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Row ids and row commit versions as the protocol makes them up.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#reader-requirements-for-row-tracking
#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <parquet/arrow/writer.h>

#include <algorithm>
#include <map>
#include <set>

#include "delta/alter.h"
#include "delta/changed_tables_internal.h"
#include "delta/log_files_internal.h"
#include "delta/maintenance_test_internal.h"
#include "delta/rows.h"

namespace foz::delta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class RowTrackingTest : public testing::Test {
 protected:
  void create(bool enabled) {
    Metadata metadata;
    metadata.id = "t";
    metadata.schema_string = to_json(Schema{{{"v", {.kind = TypeKind::kLong}, true, {}}}});
    metadata.configuration = {
        {"delta.enableRowTracking", enabled ? "true" : "false"},
        {"delta.rowTracking.materializedRowIdColumnName", "_row-id-1"},
        {"delta.rowTracking.materializedRowCommitVersionColumnName", "_row-version-1"}};
    const Protocol protocol{.min_reader_version = 1,
                            .min_writer_version = 7,
                            .writer_features = {"rowTracking", "domainMetadata"}};
    const DomainMetadata domain{"delta.rowTracking", R"({"rowIdHighWaterMark":9})"};
    const std::string text =
        to_json(protocol) + "\n" + to_json(metadata) + "\n" + to_json(domain) + "\n";
    ASSERT_TRUE(store_->put("t/_delta_log/" + commit_name(Version{0}), as_bytes(text)).has_value());
    snapshot_ = table_.latest().value();
  }
  static std::shared_ptr<arrow::Array> numbers(const std::vector<std::optional<int64_t>>& values) {
    arrow::Int64Builder builder;
    for (const auto& value : values)
      EXPECT_TRUE((value ? builder.Append(*value) : builder.AppendNull()).ok());
    return builder.Finish().ValueOrDie();
  }
  void write(const std::vector<std::string>& names, const arrow::ArrayVector& columns) {
    arrow::FieldVector fields;
    for (const std::string& name : names) fields.push_back(arrow::field(name, arrow::int64()));
    const auto out = arrow::io::BufferOutputStream::Create().ValueOrDie();
    const auto table = arrow::Table::Make(arrow::schema(fields), columns);
    ASSERT_TRUE(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 2).ok());
    const auto bytes = out->Finish().ValueOrDie();
    ASSERT_TRUE(store_->put("t/f.parquet", as_bytes(std::string_view(*bytes))).has_value());
  }
  Result<std::vector<int64_t>> read(const std::string& column, AddFile file) {
    file.path = "f.parquet";
    std::vector<int64_t> out;
    TRY(read_data_file(table_, *snapshot_, file, {"v", column}, [&](auto batch) -> Status {
      EXPECT_TRUE(batch->ValidateFull().ok());
      EXPECT_EQ(batch->column(1)->null_count(), 0);
      const auto& values = static_cast<const arrow::Int64Array&>(*batch->column(1));
      for (int64_t i = 0; i < values.length(); ++i) out.push_back(values.Value(i));
      return {};
    }));
    return out;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store();
  Table table_{*store_, "t", clock_, random_};
  SnapshotPtr snapshot_;
};

TEST_F(RowTrackingTest, FreshRowsAreNumberedFromTheFilesBase) {
  create(true);
  write({"v"}, {numbers({1, 2, 3})});
  const AddFile file{.base_row_id = 100, .default_row_commit_version = 7};
  EXPECT_THAT(read(kRowId, file).value(), ElementsAre(100, 101, 102));
  EXPECT_THAT(read(kRowCommitVersion, file).value(), ElementsAre(7, 7, 7));
}

TEST_F(RowTrackingTest, RowsThatWereCopiedKeepTheirs) {
  create(true);
  write({"v", "_row-id-1", "_row-version-1"},
        {numbers({1, 2, 3}), numbers({5, std::nullopt, 6}), numbers({std::nullopt, 2, 3})});
  const AddFile file{.base_row_id = 100, .default_row_commit_version = 7};
  EXPECT_THAT(read(kRowId, file).value(), ElementsAre(5, 101, 6));
  EXPECT_THAT(read(kRowCommitVersion, file).value(), ElementsAre(7, 2, 3));
}

TEST_F(RowTrackingTest, WithoutItThereAreNone) {
  create(false);
  write({"v"}, {numbers({1})});
  const auto off = read(kRowId, {.base_row_id = 100});
  ASSERT_FALSE(off.has_value());
  EXPECT_EQ(off.error().code(), ErrorCode::kUnsupported);
  create(true);
  const auto lacking = read(kRowCommitVersion, {.base_row_id = 100});
  ASSERT_FALSE(lacking.has_value());
  EXPECT_EQ(lacking.error().code(), ErrorCode::kCorrupt);
  EXPECT_THAT(lacking.error().message(), HasSubstr("defaultRowCommitVersion"));
}

TEST_F(RowTrackingTest, DomainsAreInSnapshotsAndCheckpoints) {
  create(true);
  const auto domain = [&] { return table_.latest().value()->domains(); };
  ASSERT_EQ(domain().size(), 1u);
  EXPECT_EQ(domain()[0].domain, "delta.rowTracking");
  EXPECT_EQ(domain()[0].configuration, R"({"rowIdHighWaterMark":9})");
  ASSERT_TRUE(table_.checkpoint(snapshot_).has_value());
  ASSERT_TRUE(store_->remove("t/_delta_log/" + commit_name(Version{0})).has_value());
  ASSERT_EQ(domain().size(), 1u);
  EXPECT_EQ(domain()[0].configuration, R"({"rowIdHighWaterMark":9})");
  const std::string gone = to_json(DomainMetadata{"delta.rowTracking", "", true});
  ASSERT_TRUE(store_->put("t/_delta_log/" + commit_name(Version{1}), as_bytes(gone)).has_value());
  EXPECT_TRUE(domain().empty());
}

// Rows of a table that tracks them, by their key.
class KeptRowIds : public MaintainedTable {
 protected:
  using Ids = std::map<int64_t, std::pair<int64_t, int64_t>>;  // row id and commit version

  Ids ids(const Table& table, const SnapshotPtr& snapshot) {
    Ids out;
    std::set<int64_t> seen;
    for (const auto& each : files(*snapshot)) {
      const auto status = read_data_file(
          table, *snapshot, *each, {"id", kRowId, kRowCommitVersion}, [&](auto batch) -> Status {
            const auto at = [&](int column, int64_t row) {
              return static_cast<const arrow::Int64Array&>(*batch->column(column)).Value(row);
            };
            for (int64_t row = 0; row < batch->num_rows(); ++row) {
              out[at(0, row)] = {at(1, row), at(2, row)};
              EXPECT_TRUE(seen.insert(at(1, row)).second) << "row id " << at(1, row) << " twice";
            }
            return {};
          });
      EXPECT_TRUE(status.has_value()) << status.error().message();
    }
    return out;
  }
  Ids ids(const SnapshotPtr& snapshot) { return ids(table_, snapshot); }
  SnapshotPtr change(const SnapshotPtr& base, const RowChanges& changes) {
    const SnapshotPtr& known = base;
    return commit(base, change_rows({table_, known, random_, clock_}, changes).value());
  }
  std::string newest_commit(const SnapshotPtr& snapshot) {
    return store_->get(log(commit_name(snapshot->version()))).value();
  }
};

TEST_F(KeptRowIds, ThroughUpdatesMergingAndRestoring) {
  SnapshotPtr base = append_many(create({{"delta.enableRowTracking", "true"}}), 3, 10);
  const SnapshotPtr first = base;
  const Ids before = ids(base);
  ASSERT_EQ(before.size(), 30u);
  const auto places = places_of(table_, *base);
  RowChanges changes;
  changes.updated = deletions_of(places, {4});
  changes.updated.push_back(deletions_of(places, {25}).front());
  changes.after = {sample_rows(4, 1), sample_rows(25, 1)};
  changes.deleted = deletions_of(places, {7});
  changes.inserted = {sample_rows(100, 2)};
  base = change(base, changes);
  // A changed row keeps its id and has a new version; the others keep both.
  Ids wanted = before;
  wanted.erase(7);
  for (const int64_t id : {4, 25}) wanted[id].second = base->version().value();
  Ids now = ids(base);
  for (const int64_t id : {100, 101}) {
    ASSERT_TRUE(now.contains(id));
    EXPECT_GT(now[id].first, 29);
    EXPECT_EQ(now[id].second, base->version().value());
    wanted[id] = now[id];
  }
  EXPECT_EQ(now, wanted);
  EXPECT_THAT(newest_commit(base), HasSubstr(R"("delta.rowTracking.preserved":"true")"));

  base = optimize(base, {}).snapshot;
  EXPECT_EQ(base->file_count(), 1u);
  EXPECT_EQ(ids(base), wanted);
  EXPECT_THAT(newest_commit(base), HasSubstr(R"("delta.rowTracking.preserved":"true")"));
  base = optimize(base, {.cluster_by = {"price", "id"}}).snapshot;
  EXPECT_EQ(ids(base), wanted);
  // Written again, also what had been written again.
  base = change(base, {.deleted = deletions_of(places_of(table_, *base), {0, 1, 2, 3, 5, 6})});
  base = optimize(base, {}).snapshot;
  for (const int64_t id : {0, 1, 2, 3, 5, 6}) wanted.erase(id);
  EXPECT_EQ(ids(base), wanted);

  const SnapshotPtr back = restore(table_, base, first).value().snapshot;
  EXPECT_EQ(ids(back), before);
  // Ids of rows that come later are above all that were ever given.
  Ids later = ids(append(back, 500, 1));
  EXPECT_GT(later[500].first, wanted[101].first);
}

TEST_F(KeptRowIds, AreNotGivenAnewByARestore) {
  const SnapshotPtr first = append(create(), 0, 10);
  SnapshotPtr base =
      commit(first, set_properties(*first, random_, {{"delta.enableRowTracking", "true"}}).value());
  base = delete_rows(append(base, 100, 5), 0, {1});
  const AddFile before = *file_of(*base, 0);
  const SnapshotPtr back = restore(table_, base, first).value().snapshot;
  ASSERT_EQ(back->file_count(), 1u);
  const AddFile after = *files(*back).front();
  EXPECT_FALSE(after.deletion_vector);
  EXPECT_EQ(after.base_row_id, before.base_row_id);
  EXPECT_EQ(after.default_row_commit_version, before.default_row_commit_version);
}

TEST_F(KeptRowIds, AreNotPromisedWhereRowsComeAnew) {
  SnapshotPtr base = append(create({{"delta.enableRowTracking", "true"}}), 0, 10);
  CommitRequest request{.adds = {file(*base, 4, 1)}, .new_row_ids = true};
  request.deletions = deletions_of(places_of(table_, *base), {4});
  base = commit(base, request);
  EXPECT_THAT(newest_commit(base), HasSubstr(R"("delta.rowTracking.preserved":"false")"));
}

TEST_F(KeptRowIds, AreNotGivenWhileTheyAreSuspended) {
  SnapshotPtr base = append(create({{"delta.enableRowTracking", "true"}}), 0, 10);
  CommitRequest request{.metadata = base->metadata()};
  request.metadata->configuration["delta.enableRowTracking"] = "false";
  request.metadata->configuration["delta.rowTrackingSuspended"] = "true";
  base = append(commit(base, request), 100, 5);
  EXPECT_TRUE(file_of(*base, 0)->base_row_id);
  EXPECT_FALSE(file_of(*base, 100)->base_row_id);
  EXPECT_FALSE(file_of(*base, 100)->default_row_commit_version);
  EXPECT_THAT(newest_commit(base), testing::Not(HasSubstr("domainMetadata")));
}

TEST_F(KeptRowIds, AreTheSameInAClone) {
  SnapshotPtr base = append_many(create({{"delta.enableRowTracking", "true"}}), 2, 10);
  base = change(base, {.deleted = deletions_of(places_of(table_, *base), {3})});
  base = commit(base, set_domain(*base, "app.one", R"({"a":1})").value());
  Table other(*store_, "copy", clock_, random_);
  const SnapshotPtr copy = clone(table_, base, other, CloneKind::kDeep, random_, clock_).value();
  EXPECT_EQ(ids(other, copy), ids(base));
  std::map<std::string, std::string> domains;
  for (const auto& domain : copy->domains()) domains[domain.domain] = domain.configuration;
  EXPECT_EQ(domains,
            (std::map<std::string, std::string>{
                {"app.one", R"({"a":1})"}, {"delta.rowTracking", R"({"rowIdHighWaterMark":19})"}}));
  const AddFile more =
      write_data_file(other, *copy, {sample_rows(50, 1)}, {}, random_, clock_).value();
  const auto outcome = other.commit(copy, {.adds = {more}}).value();
  EXPECT_EQ(ids(other, std::get<Committed>(outcome).snapshot).at(50).first, 20);
}

}  // namespace
}  // namespace foz::delta
