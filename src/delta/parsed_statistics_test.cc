// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Statistics that stand in columns of a checkpoint say what they said as JSON.
#include "delta/parsed_statistics_internal.h"

#include <gmock/gmock.h>

#include "delta/log_files_internal.h"
#include "delta/maintenance_test_internal.h"
#include "delta/replay_internal.h"

namespace foz::delta {
namespace {

class ParsedStatistics : public MaintainedTable {
 protected:
  static Field field(const char* name, TypeKind kind) { return {name, {.kind = kind}, true, {}}; }
  SnapshotPtr create_with(std::map<std::string, std::string> properties) {
    properties["delta.checkpoint.writeStatsAsStruct"] = "true";
    Schema schema{{field("i8", TypeKind::kByte), field("i64", TypeKind::kLong),
                   field("f", TypeKind::kFloat), field("d", TypeKind::kDouble),
                   field("s", TypeKind::kString), field("day", TypeKind::kDate),
                   field("ts", TypeKind::kTimestamp), field("ntz", TypeKind::kTimestampNtz),
                   field("bin", TypeKind::kBinary), field("flag", TypeKind::kBoolean)}};
    Field decimal = field("dec", TypeKind::kDecimal);
    decimal.type.precision = 38;
    decimal.type.scale = 10;
    schema.fields.push_back(decimal);
    Field nested = field("st", TypeKind::kStruct);
    nested.type.fields = {field("x", TypeKind::kInteger), field("b", TypeKind::kBinary)};
    schema.fields.push_back(nested);
    return table_.create({.schema = schema, .properties = properties}).value();
  }
  // The statistics of file f when the checkpoint is all that is left.
  std::string stats_after(const SnapshotPtr& base, const std::string& stats) {
    const SnapshotPtr snapshot = commit(base, {.adds = {{.path = "f", .size = 1, .stats = stats}}});
    EXPECT_TRUE(table_.checkpoint(snapshot).has_value());
    for (const auto& object : objects("t/_delta_log/")) {
      if (!object.ends_with(".json")) continue;
      EXPECT_TRUE(store_->remove(object).has_value());
    }
    return files(*table_.latest().value()).at(0)->stats;
  }
};

constexpr const char* kStats =
    R"({"numRecords":7,"minValues":{"i8":-128,"i64":-9007199254740993,"f":-1.5,"d":0.1,"s":"a\"é",)"
    R"("day":"0001-01-01","ts":"1969-12-31T23:59:59.999Z","ntz":"2023-11-14T22:13:20.123",)"
    R"("dec":-1234567890123456789012345678.9012345678,"st":{"x":-5}},)"
    R"("maxValues":{"i8":127,"i64":9007199254740993,"f":2.5,"d":1e+300,"s":"z","day":"9999-12-31",)"
    R"("ts":"2026-01-01T00:00:00Z","ntz":"2023-11-14T22:13:21","dec":0.5000000000,"st":{"x":6}},)"
    R"("nullCount":{"i8":0,"i64":1,"f":2,"d":3,"s":4,"day":5,"ts":6,"ntz":7,"bin":0,"flag":1,)"
    R"("dec":2,"st":{"x":3,"b":4}},"tightBounds":false})";

TEST_F(ParsedStatistics, ComeBackAsTheyWere) {
  const SnapshotPtr base = create_with({{"delta.checkpoint.writeStatsAsJson", "false"}});
  const AddFile before{.path = "f", .stats = kStats},
      after{.path = "f", .stats = stats_after(base, kStats)};
  EXPECT_EQ(physical_rows(after), 7);
  EXPECT_THAT(after.stats, testing::HasSubstr("\"tightBounds\":false"));
  EXPECT_THAT(after.stats, testing::HasSubstr(R"("st":{"x":-5})"));
  EXPECT_THAT(after.stats, testing::HasSubstr(R"("st":{"x":3,"b":4})"));
  const auto wanted = parse_statistics(*base, before).value();
  const auto found = parse_statistics(*base, after).value();
  EXPECT_EQ(found.rows, wanted.rows);
  for (const auto& [name, bounds] : wanted.columns) {
    SCOPED_TRACE(name);
    ASSERT_TRUE(found.columns.contains(name));
    const ColumnBounds& same = found.columns.at(name);
    EXPECT_EQ(same.null_count, bounds.null_count);
    // A number may be written in another way.
    if (name == "d") {
      EXPECT_EQ(std::stod(same.max_json.value()), 1e300);
      continue;
    }
    EXPECT_EQ(same.min_json, bounds.min_json);
    EXPECT_EQ(same.max_json, bounds.max_json);
  }
}

TEST_F(ParsedStatistics, AsJsonTheyAreKeptToTheByte) {
  EXPECT_EQ(stats_after(create_with({}), kStats), kStats);
}

TEST_F(ParsedStatistics, WhatFitsNoColumnIsLeftOut) {
  const SnapshotPtr base = create_with({{"delta.checkpoint.writeStatsAsJson", "false"}});
  const AddFile after{
      .path = "f",
      .stats = stats_after(
          base, R"({"numRecords":3,"minValues":)"
                R"({"i8":1000,"i64":"x","day":"when","gone":1,"s":5},"maxValues":[1]})")};
  const auto found = parse_statistics(*base, after).value();
  EXPECT_EQ(found.rows, 3);
  for (const char* name : {"i8", "i64", "day"}) {
    const auto column = found.columns.find(name);
    EXPECT_TRUE(column == found.columns.end() || !column->second.min_json) << name;
  }
}

TEST_F(ParsedStatistics, OfSidecarsToo) {
  const SnapshotPtr base = create_with(
      {{"delta.checkpoint.writeStatsAsJson", "false"}, {"delta.checkpointPolicy", "v2"}});
  EXPECT_THAT(stats_after(base, kStats), testing::HasSubstr(R"("i64":9007199254740993)"));
  EXPECT_EQ(objects("t/_delta_log/_sidecars/").size(), 1u);
}

}  // namespace
}  // namespace foz::delta
