// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/calendar_internal.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace foz::delta {
namespace {

using testing::HasSubstr;

constexpr int64_t kDayUs = 86'400'000'000;

// Days of the same date in both calendars, as published with Spark's rebasing
// (RebaseDateTime.scala: julianGregDiffSwitchDay).
TEST(Calendar, DatesKeepTheirNames) {
  EXPECT_EQ(gregorian_day(-719164), -719162);  // 0001-01-01
  EXPECT_EQ(gregorian_day(-682945), -682944);  // 0100-03-01
  EXPECT_EQ(gregorian_day(-682946), -682944);  // 0100-02-29, which is 1 March
  EXPECT_EQ(gregorian_day(-141428), -141438);  // 1582-10-04, the last Julian day
  EXPECT_EQ(gregorian_day(-141427), -141427);  // 1582-10-15
  EXPECT_EQ(gregorian_day(0), 0);
}

TEST(Calendar, ColumnsAreRebasedWhereMarked) {
  arrow::Date32Builder days;
  ASSERT_TRUE(days.AppendValues({-719164, 0}).ok());
  ASSERT_TRUE(days.AppendNull().ok());
  const std::shared_ptr<arrow::Array> column = days.Finish().ValueOrDie();
  const DataType date{.kind = TypeKind::kDate};
  EXPECT_TRUE(to_gregorian(column, date, {.timestamps = true}).value()->Equals(*column));
  const auto made = to_gregorian(column->Slice(0), date, {.dates = true}).value();
  EXPECT_EQ(static_cast<const arrow::Date32Array&>(*made).Value(0), -719162);
  EXPECT_EQ(static_cast<const arrow::Date32Array&>(*made).Value(1), 0);
  EXPECT_TRUE(made->IsNull(2));

  arrow::Int32Builder offsets;
  ASSERT_TRUE(offsets.AppendValues({0, 1, 3}).ok());
  const auto list =
      arrow::ListArray::FromArrays(*offsets.Finish().ValueOrDie(), *column).ValueOrDie();
  const DataType dates{.kind = TypeKind::kArray, .element = std::make_shared<DataType>(date)};
  const auto lists = to_gregorian(list->Slice(0, 1), dates, {.dates = true}).value();
  ASSERT_TRUE(lists->ValidateFull().ok());
  EXPECT_THAT(lists->ToString(), HasSubstr("0001-01-01"));
}

TEST(Calendar, TimesNeedAZoneThatIsKnown) {
  arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                  arrow::default_memory_pool());
  ASSERT_TRUE(builder.Append(-719164 * kDayUs + 5).ok());
  const std::shared_ptr<arrow::Array> column = builder.Finish().ValueOrDie();
  const DataType type{.kind = TypeKind::kTimestamp};
  const auto made = to_gregorian(column, type, {.timestamps = true}).value();
  EXPECT_EQ(static_cast<const arrow::TimestampArray&>(*made).Value(0), -719162 * kDayUs + 5);
  const auto refused =
      to_gregorian(column, type, {.timestamps = true, .zone = "America/Los_Angeles"});
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("America/Los_Angeles"));
}

}  // namespace
}  // namespace foz::delta
