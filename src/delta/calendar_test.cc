// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/calendar_internal.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

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

class JulianTimes : public testing::Test {
 protected:
  static Result<int64_t> read(int64_t us, const std::string& zone) {
    arrow::TimestampBuilder builder(arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"),
                                    arrow::default_memory_pool());
    CHECK(builder.Append(us).ok());
    const std::shared_ptr<arrow::Array> column = builder.Finish().ValueOrDie();
    const auto made = TRY(
        to_gregorian(column, {.kind = TypeKind::kTimestamp}, {.timestamps = true, .zone = zone}));
    return static_cast<const arrow::TimestampArray&>(*made).Value(0);
  }
};

TEST_F(JulianTimes, NeedAZoneThatIsKnown) {
  EXPECT_EQ(read(-719164 * kDayUs + 5, "").value(), -719162 * kDayUs + 5);
  EXPECT_EQ(read(0, "Mars/Olympus").value(), 0) << "since 1900 all clocks agree";
  for (const char* unknown : {"Mars/Olympus", "+5:x", "+19", "--5", "5:0,1:2", "+-5"}) {
    const auto refused = read(-719164 * kDayUs, unknown);
    ASSERT_FALSE(refused.has_value()) << unknown;
    EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
    EXPECT_THAT(refused.error().message(), HasSubstr(unknown));
  }
}

// What Spark 4.1 reads of files that it wrote in its mode for old readers in these zones: noon of
// a day as its session showed it, whose local mean time is 7:52:58 west, 17:30 east and the like.
TEST_F(JulianTimes, ShowTheSameOnTheZonesClock) {
  constexpr int64_t kHour = 3'600'000'000, kSecond = 1'000'000;
  // Noon of 0001-01-01 (Julian), the last Julian day and 1883-11-17, by standard time and by mean.
  struct Zone {
    const char* name;
    int64_t standard, mean_s;
  };
  for (const auto& [name, standard, mean_s] :
       {Zone{"America/Los_Angeles", -8 * kHour, -28378}, Zone{"Europe/Amsterdam", kHour, 1050},
        Zone{"Asia/Tokyo", 9 * kHour, 33539}, Zone{"Africa/Monrovia", 0, -2588},
        Zone{"+05:30", 11 * kHour / 2, 19800}, Zone{"GMT-3", -3 * kHour, -10800}}) {
    for (const auto& [julian, gregorian] : std::map<int64_t, int64_t>{
             {-719164, -719162}, {-141428, -141438}, {-141427, -141427}, {-31456, -31456}}) {
      EXPECT_EQ(read(julian * kDayUs + 12 * kHour - standard, name).value(),
                gregorian * kDayUs + 12 * kHour - mean_s * kSecond)
          << name << " " << julian;
    }
  }
  // Amsterdam as its database has it today: with Brussels, by Greenwich time since 1892.
  EXPECT_EQ(read(-2'300'000'000 * kSecond, "Europe/Amsterdam").value(),
            (-2'300'000'000 + 3600) * kSecond);
}

}  // namespace
}  // namespace foz::delta
