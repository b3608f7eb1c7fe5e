// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Change feeds of logs made by hand; those of other engines are in corpus_test.cc.
#include "delta/change_feed.h"

#include <arrow/api.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "delta/log_files_internal.h"
#include "delta/sample_table_internal.h"

namespace foz::delta {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class ChangeFeedTest : public testing::Test {
 protected:
  void SetUp() override {
    snapshot_ = table_
                    .create({.schema = sample_schema(),
                             .properties = {{"delta.enableChangeDataFeed", "true"}}})
                    .value();
  }
  AddFile file(int64_t first, int64_t count) {
    return write_data_file(table_, *snapshot_, {sample_rows(first, count)}, {}, random_, clock_)
        .value();
  }
  // The next version, as its lines stand in the log.
  void put(const std::vector<Action>& actions) {
    std::string text;
    for (const Action& action : actions) text.append(to_json(action)).push_back('\n');
    put_text(text);
  }
  void put_text(std::string_view text) {
    clock_.advance_ms(1000);
    const std::string path = "t/_delta_log/" + commit_name(Version{next_++});
    ASSERT_TRUE(store_->put(path, as_bytes(text)).has_value());
  }
  Metadata metadata(const Schema& schema, bool feed = true) {
    Metadata out = snapshot_->metadata();
    out.schema_string = to_json(schema);
    out.configuration["delta.enableChangeDataFeed"] = feed ? "true" : "false";
    return out;
  }
  // "version type id" of each change.
  Result<std::vector<std::string>> changes(int64_t from, std::optional<int64_t> to = {}) {
    const auto end = to ? std::optional(Version{*to}) : std::nullopt;
    const ChangeFeed feed = TRY(ChangeFeed::open(table_, Version{from}, end));
    std::vector<std::string> out;
    TRY(feed.read({"id"}, [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
      EXPECT_TRUE(batch->ValidateFull().ok());
      EXPECT_EQ(
          batch->schema()->field_names(),
          (std::vector<std::string>{"id", "_change_type", "_commit_version", "_commit_timestamp"}));
      const auto& id = static_cast<const arrow::Int64Array&>(*batch->column(0));
      const auto& type = static_cast<const arrow::StringArray&>(*batch->column(1));
      const auto& version = static_cast<const arrow::Int64Array&>(*batch->column(2));
      for (int64_t i = 0; i < batch->num_rows(); ++i) {
        out.push_back(fmt::format("{} {} {}", version.Value(i), type.GetView(i), id.Value(i)));
      }
      return {};
    }));
    return out;
  }

  ManualClock clock_{1'700'000'000'000'000};
  Random random_{1};
  std::unique_ptr<store::ObjectStore> store_ = store::make_memory_store(&clock_);
  Table table_{*store_, "t", clock_, random_};
  SnapshotPtr snapshot_;
  int64_t next_ = 1;
};

TEST_F(ChangeFeedTest, FilesAddedAndRemovedAreRowsInsertedAndDeleted) {
  const AddFile first = file(0, 2);
  put({first});
  put({RemoveFile{.path = first.path, .size = first.size}, file(10, 1)});
  EXPECT_THAT(changes(0).value(), UnorderedElementsAre("1 insert 0", "1 insert 1", "2 delete 0",
                                                       "2 delete 1", "2 insert 10"));
  EXPECT_THAT(changes(1, 1).value(), ElementsAre("1 insert 0", "1 insert 1"));
  EXPECT_THAT(changes(0, 0).value(), ElementsAre());
  EXPECT_EQ(changes(2, 99).value().size(), 3u);
}

TEST_F(ChangeFeedTest, RearrangedFilesAreNoChange) {
  AddFile first = file(0, 2), again = file(0, 2);
  put({first});
  again.data_change = false;
  put({RemoveFile{.path = first.path, .data_change = false}, again});
  EXPECT_THAT(changes(2).value(), ElementsAre());
}

TEST_F(ChangeFeedTest, AMergeThatChangedNothingIsPassedOver) {
  const AddFile first = file(0, 1);
  put({first});
  const std::string merge =
      R"({"commitInfo":{"operation":"MERGE","operationMetrics":{"numTargetRowsInserted":"0",)"
      R"("numTargetRowsUpdated":"0","numTargetRowsDeleted":"0"}}})";
  put_text(merge + "\n" + to_json(RemoveFile{.path = first.path}) + "\n" + to_json(file(0, 1)) +
           "\n");
  EXPECT_THAT(changes(2).value(), ElementsAre());
}

TEST_F(ChangeFeedTest, EachVersionHasItsTime) {
  put({file(0, 1)});
  put({file(1, 1)});
  std::vector<int64_t> times;
  const ChangeFeed feed = ChangeFeed::open(table_, Version{0}).value();
  ASSERT_TRUE(feed.read({},
                        [&](std::shared_ptr<arrow::RecordBatch> batch) -> Status {
                          EXPECT_EQ(batch->num_columns(), 6);
                          const auto& time =
                              static_cast<const arrow::TimestampArray&>(*batch->column(5));
                          times.push_back(time.Value(0));
                          return {};
                        })
                  .has_value());
  EXPECT_THAT(times, ElementsAre(1'700'000'001'000'000, 1'700'000'002'000'000));
}

TEST_F(ChangeFeedTest, ARangeWithoutTheFeedIsRefused) {
  put({file(0, 1)});
  put({metadata(sample_schema(), false)});
  put({metadata(sample_schema(), true)});
  put({file(1, 1)});
  EXPECT_THAT(changes(3).value(), ElementsAre("4 insert 1"));
  EXPECT_THAT(changes(0, 1).value(), ElementsAre("1 insert 0"));
  for (const int64_t from : {1, 2}) {
    const auto refused = changes(from);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
    EXPECT_THAT(refused.error().message(), HasSubstr("off in version 2"));
  }
}

TEST_F(ChangeFeedTest, RangesOutsideOfTheTableAreNamed) {
  put({file(0, 1)});
  EXPECT_THAT(changes(5).error().message(), HasSubstr("versions 0 to 1"));
  EXPECT_EQ(changes(1, 0).error().code(), ErrorCode::kInvalid);
}

TEST_F(ChangeFeedTest, ColumnsMayComeAndMayNotGo) {
  put({file(0, 1)});
  Schema wider = sample_schema();
  wider.fields.push_back({"more", {.kind = TypeKind::kLong}, true, {}});
  put({metadata(wider)});
  put({file(1, 1)});
  EXPECT_THAT(changes(0).value(), ElementsAre("1 insert 0", "3 insert 1"));

  Schema other = wider;
  other.fields[3].type.kind = TypeKind::kString;
  put({metadata(other)});
  const auto refused = changes(0);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("column more: its type changed"));

  other.fields.pop_back();
  put({metadata(other)});
  EXPECT_THAT(changes(3).error().message(), HasSubstr("column more is gone"));
  EXPECT_THAT(changes(5).value(), ElementsAre());
}

// Rows 1, 3 and then 3, 4 of a file are deleted: 4 goes and 1 comes back. The bitmaps are arrays of
// the Roaring format, in Z85 as the log has them.
TEST_F(ChangeFeedTest, DeletionVectorsTellTheRowsThatDiffer) {
  AddFile file_of_rows = file(0, 6);
  put({file_of_rows});
  const auto vector = [](uint16_t first, uint16_t second) {
    ByteWriter bitmap;
    bitmap.little(uint32_t{1681511377});
    bitmap.little(uint64_t{1});
    bitmap.little(uint32_t{0});
    bitmap.little(uint32_t{12346});
    bitmap.little(uint32_t{1});
    bitmap.little(uint16_t{0});
    bitmap.little(uint16_t{1});
    bitmap.little(uint32_t{16});
    bitmap.little(first);
    bitmap.little(second);
    constexpr std::string_view kAlphabet =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";
    const Bytes bytes = as_bytes(bitmap.buffer());
    std::string text;
    for (size_t at = 0; at < bytes.size(); at += 4) {
      auto value = load_big<uint32_t>(bytes.data() + at);
      std::string group(5, ' ');
      for (size_t i = 5; i-- > 0; value /= 85) group[i] = kAlphabet[value % 85];
      text += group;
    }
    return DeletionVector{.storage_type = "i",
                          .path_or_inline = text,
                          .size_bytes = static_cast<int32_t>(bytes.size()),
                          .cardinality = 2};
  };
  const auto with = [&](std::optional<DeletionVector> deleted) {
    AddFile out = file_of_rows;
    out.deletion_vector = std::move(deleted);
    return out;
  };
  const auto without = [&](std::optional<DeletionVector> deleted) {
    return RemoveFile{.path = file_of_rows.path, .deletion_vector = std::move(deleted)};
  };
  put({without(std::nullopt), with(vector(1, 3))});
  put({with(vector(3, 4)), without(vector(1, 3))});
  put({without(vector(3, 4)), with(std::nullopt)});
  EXPECT_THAT(changes(2, 2).value(), UnorderedElementsAre("2 delete 1", "2 delete 3"));
  EXPECT_THAT(changes(3, 3).value(), UnorderedElementsAre("3 delete 4", "3 insert 1"));
  EXPECT_THAT(changes(4, 4).value(), UnorderedElementsAre("4 insert 3", "4 insert 4"));
}

}  // namespace
}  // namespace foz::delta
