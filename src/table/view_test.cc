// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/view.h"

#include <gmock/gmock.h>

#include "table/admission.h"
#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Tail, StaysInFewBatchesAndKeepsOrderAndOrigins) {
  Random random(7);
  const log::TopicPartition a{random.uuid(), log::PartitionId(0)},
      b{random.uuid(), log::PartitionId(1)};
  std::shared_ptr<const Tail> tail;
  int64_t next = 0;
  for (int i = 0; i < 3000; ++i) {
    const int64_t count = 1 + static_cast<int64_t>(random.below(5));
    auto origins = std::make_shared<Origins>();
    origins->sources = {i % 2 == 0 ? a : b};
    for (int64_t row = next; row < next + count; ++row) {
      origins->source.push_back(0);
      origins->offset.push_back(row * 10 + i % 2);
    }
    tail = with_rows(tail, {rows_of(range(next, next + count)), origins});
    next += count;
  }
  EXPECT_EQ(tail->rows, next);
  EXPECT_LT(tail->batches.size(), 20u);
  int64_t row = 0, bytes = 0;
  for (const auto& batch : tail->batches) {
    const auto& ids = static_cast<const arrow::Int64Array&>(*batch.rows->column(0));
    ASSERT_EQ(batch.origins->source.size(), static_cast<size_t>(ids.length()));
    for (int64_t i = 0; i < ids.length(); ++i, ++row) {
      const auto at = static_cast<size_t>(i);
      ASSERT_EQ(ids.Value(i), row);
      ASSERT_EQ(batch.origins->offset[at] / 10, row);
      ASSERT_EQ(batch.origins->sources[batch.origins->source[at]],
                batch.origins->offset[at] % 10 == 0 ? a : b);
    }
    bytes += batch.rows->num_rows() * 8;
  }
  EXPECT_EQ(row, next);
  EXPECT_GT(tail->bytes, bytes);
  EXPECT_LT(tail->bytes, 6 * bytes);
}

TEST(Tail, ALeaseLivesAsLongAsAnyOfItsRowsIsHeld) {
  auto first = with_rows(nullptr, {rows_of({1}), nullptr});
  auto second = with_rows(first, {rows_of({2}), nullptr});
  const std::weak_ptr<const void> lease = first->lease;
  EXPECT_EQ(first->rows, 1);  // unchanged
  second.reset();
  EXPECT_FALSE(lease.expired());
  first.reset();
  EXPECT_TRUE(lease.expired());
}

TEST(Root, FindsTablesWithoutCase) {
  SmallLake lake;
  lake.open();
  const TableId id = lake.ensure("Flights");
  EXPECT_EQ(lake.live->root()->find("SILVER", "flights")->id, id);
  EXPECT_EQ(lake.live->root()->find("silver", "flight"), nullptr);
  EXPECT_EQ(Root().find("silver", "flights"), nullptr);
}

std::shared_ptr<arrow::Array> texts(const std::vector<std::optional<std::string>>& values) {
  arrow::StringBuilder builder;
  for (const auto& value : values) {
    CHECK((value ? builder.Append(*value) : builder.AppendNull()).ok());
  }
  return *builder.Finish();
}

TEST(Admission, RejectsNullsBadTextAndFarDatesRowByRow) {
  TableView table;
  table.schema = arrow::schema(
      {arrow::field("must", arrow::utf8(), false), arrow::field("day", arrow::date32()),
       arrow::field("at", arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))});
  arrow::Date32Builder day;
  arrow::TimestampBuilder at(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                             arrow::default_memory_pool());
  CHECK(day.AppendValues({0, 0, 0, 2932897, 2932896}).ok());
  CHECK(at.AppendValues({0, 0, -62135596800000001, 0, 253402300799999999}).ok());
  const auto batch = arrow::RecordBatch::Make(
      table.schema, 5, {texts({"ok", {}, "ü", "", "\xff"}), *day.Finish(), *at.Finish()});
  const auto rejected = rejected_rows(table, *batch);
  std::vector<int64_t> rows;
  for (const auto& one : rejected) rows.push_back(one.row);
  EXPECT_THAT(rows, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(rejected[0].reason, HasSubstr("`must`: must not be NULL"));
  EXPECT_THAT(rejected[1].reason, HasSubstr("`at`"));
  EXPECT_THAT(rejected[2].reason, HasSubstr("`day`"));
  EXPECT_THAT(rejected[3].reason, HasSubstr("UTF-8"));
  // A character cut in two by a border between values is not text.
  const auto cut = arrow::RecordBatch::Make(arrow::schema({table.schema->field(0)}), 2,
                                            {texts({"\xc3", "\xbc"})});
  EXPECT_EQ(rejected_rows(table, *cut).size(), 2u);
  EXPECT_THAT(rejected_rows(table, *batch->Slice(0, 1)), IsEmpty());
}

TEST(Admission, LooksIntoListsAndStructs) {
  TableView table;
  const auto element = arrow::struct_({arrow::field("name", arrow::utf8())});
  table.schema = arrow::schema({arrow::field("items", arrow::list(element))});
  const auto names = texts({"a", "\xff", "b", "\xff"});
  const auto items = *arrow::StructArray::Make({names}, element->fields());
  arrow::Int32Builder ends;
  CHECK(ends.AppendValues({0, 1, 1, 3, 4}).ok());
  const auto list = *arrow::ListArray::FromArrays(**ends.Finish(), *items);
  const auto batch = arrow::RecordBatch::Make(table.schema, 4, {list});
  const auto rejected = rejected_rows(table, *batch);
  ASSERT_EQ(rejected.size(), 2u);
  EXPECT_EQ(rejected[0].row, 2);
  EXPECT_THAT(rejected[0].reason, HasSubstr("items.element.name"));
  EXPECT_EQ(rejected[1].row, 3);
  EXPECT_EQ(rejected_rows(table, *batch->Slice(3, 1)).at(0).row, 0);
}

}  // namespace
}  // namespace foz::table
