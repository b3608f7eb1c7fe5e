// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Tables stay small and fast by themselves, and no row, tail or flow notices.
#include <gmock/gmock.h>

#include "table/bronze_internal.h"
#include "table/file_layout.h"
#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

using testing::IsEmpty;
using testing::Le;

constexpr char kInput[] = "foz/s/input/0";

struct UpkeepTest : testing::Test {
  void SetUp() override {
    lake.options.upkeep.new_files = 8;
    lake.open();
    s = lake.ensure("s");
  }
  // One commit of its own a call; the clock goes on, so that upkeep comes round.
  std::vector<Event> commit_one() {
    lake.live->publish({tick_rows(s, kInput, next ? std::optional(next) : std::nullopt, next + 3)});
    next += 3;
    auto events = lake.live->at_border(true);
    lake.clock.advance_ms(2'000);
    for (auto& event : lake.live->at_border()) events.push_back(std::move(event));
    return events;
  }
  size_t log_files(std::string_view ending) {
    const auto listed = lake.memory->list("silver/s/_delta_log/").value();
    return static_cast<size_t>(std::ranges::count_if(
        listed, [&](const auto& object) { return object.path.ends_with(ending); }));
  }
  SmallLake lake;
  TableId s;
  int64_t next = 0;
};

TEST_F(UpkeepTest, AThousandCommitsDoNotLeaveAThousandFiles) {
  for (int i = 0; i < 1000; ++i) {
    for (const Event& event : commit_one()) EXPECT_EQ(event.kind, Event::Kind::kCommitted);
    if (i % 50 == 0) {
      EXPECT_EQ(lake.seen(s), counts_of(range(0, next)));
    }
  }
  EXPECT_EQ(lake.seen(s), counts_of(range(0, next)));
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, next)));
  EXPECT_THAT(lake.view(s)->snapshot->file_count(), Le(40u));
  EXPECT_EQ(lake.live->stats()[0].discards, 0);
  EXPECT_EQ(lake.live->positions(s).at(kInput), next);
}

TEST_F(UpkeepTest, WhoFollowsTheTableHearsOfEveryRowOnce) {
  IdCounts heard;
  delta::Version read_to = lake.view(s)->snapshot->version();
  for (int i = 0; i < 60; ++i) {
    commit_one();
    const delta::Version to = lake.view(s)->snapshot->version();
    ASSERT_TRUE(lake.live
                    ->read_added(s, read_to, to,
                                 [&](auto rows, auto, auto, auto) -> Status {
                                   count_rows(*rows, heard);
                                   return {};
                                 })
                    .has_value());
    read_to = to;
  }
  EXPECT_EQ(heard, counts_of(range(0, next)));
}

// What reads a table is not thrown back when the table's files are merged.
TEST_F(UpkeepTest, DownstreamTailsAreKept) {
  const TableId down = lake.ensure("down", {s});
  const std::string from = table_app_id("down", lake.view(s)->snapshot->metadata().id);
  for (int i = 0; i < 60; ++i) {
    TableRows up = tick_rows(s, kInput, next ? std::optional(next) : std::nullopt, next + 3);
    TableRows rows;
    rows.table = down;
    rows.batches = up.batches;
    rows.moves.push_back({from, {}, 0, s});
    lake.live->publish({up, rows});
    next += 3;
    lake.live->at_border(i % 5 == 4);
    lake.clock.advance_ms(500);
    EXPECT_EQ(lake.seen(down), counts_of(range(0, next)));
  }
  for (int i = 0; i < 5; ++i) lake.live->at_border(true);
  for (const auto& stats : lake.live->stats()) EXPECT_EQ(stats.discards, 0);
  EXPECT_EQ(lake.stored("down"), counts_of(range(0, next)));
  EXPECT_THAT(lake.view(s)->snapshot->file_count(), Le(12u));
}

TEST_F(UpkeepTest, TheLogIsCompacted) {
  for (int i = 0; i < 40; ++i) commit_one();
  EXPECT_THAT(log_files(".compacted.json"), testing::Ge(2u));
  EXPECT_THAT(log_files(".checkpoint.parquet"), testing::Ge(3u));
  EXPECT_THAT(log_files(".crc"), testing::Ge(3u));
}

// Whoever made the version at which it was due: upkeep's own commits count too.
TEST_F(UpkeepTest, NoCheckpointIsPassedOver) {
  lake.options.checkpoint_every = 5;
  lake.open();
  s = lake.ensure("s");
  for (int i = 0; i < 100; ++i) {
    commit_one();
    for (int rest = 0; rest < 3; ++rest) {  // what upkeep committed is followed
      lake.clock.advance_ms(2'000);
      lake.live->at_border();
    }
  }
  const auto due = lake.view(s)->snapshot->version().value() / 5;
  EXPECT_EQ(log_files(".checkpoint.parquet"), static_cast<size_t>(due));
}

TEST_F(UpkeepTest, NothingHappensWhereItIsSwitchedOff) {
  lake.options.upkeep.enabled = false;
  lake.open();
  s = lake.ensure("s");
  for (int i = 0; i < 40; ++i) commit_one();
  EXPECT_EQ(lake.view(s)->snapshot->file_count(), 40u);
  EXPECT_EQ(log_files(".compacted.json"), 0u);
}

TEST_F(UpkeepTest, ABadNetworkCostsNoRow) {
  lake.store.set({.fail_before = 100, .answer_lost = 100, .request_lost = 50});
  for (int i = 0; i < 100; ++i) {
    commit_one();
    // Retries wait for their time.
    for (int round = 0; round < 4; ++round) {
      lake.clock.advance_ms(20'000);
      lake.live->at_border(true);
    }
    ASSERT_EQ(lake.seen(s), counts_of(range(0, next)));
  }
  lake.store.set({});
  for (int i = 0; i < 20; ++i) {
    lake.clock.advance_ms(20'000);
    lake.live->at_border(true);
  }
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, next)));
  EXPECT_THAT(lake.view(s)->snapshot->file_count(), Le(40u));
}

delta::AddFile tagged(const std::string& tag) {
  delta::AddFile file;
  if (!tag.empty()) file.tags[kOffsetsTag] = tag;
  return file;
}

TEST(FileLayout, OffsetRangesOfBronzeAreMerged) {
  SmallLake lake;
  delta::Table table(*lake.memory, "t", lake.clock, lake.random);
  const auto plain = table.create({.schema = delta::from_arrow(*bronze_schema()).value()}).value();
  EXPECT_THAT(file_layout(*plain).order_by, IsEmpty());
  delta::Table bronze(*lake.memory, "b", lake.clock, lake.random);
  const auto snapshot = bronze
                            .create({.schema = delta::from_arrow(*bronze_schema()).value(),
                                     .properties = {{kTopicIdProperty, "x"}}})
                            .value();
  const auto layout = file_layout(*snapshot);
  EXPECT_THAT(layout.order_by, testing::ElementsAre("partition", "offset"));
  const auto merged = [&](const std::vector<std::string>& tags) {
    std::vector<std::shared_ptr<const delta::AddFile>> files;
    for (const auto& tag : tags) files.push_back(std::make_shared<delta::AddFile>(tagged(tag)));
    const auto out = layout.merge_tags(files);
    const auto found = out.find(kOffsetsTag);
    return found == out.end() ? "" : found->second;
  };
  EXPECT_EQ(merged({R"({"a/0":[0,10],"a/1":[5,6]})", R"({"a/0":[10,20]})", "{}"}),
            R"({"a/0":[0,20],"a/1":[5,6]})");
  // A file of another writer has none, or something else: then statistics tell.
  EXPECT_EQ(merged({R"({"a/0":[0,10]})", ""}), "");
  for (const std::string wrong : {"x", "{", R"({"a/0")", R"({"a/0":[1]})", R"({"a/0":[1,2])",
                                  R"({"a/0":[1,2]} )", R"({"a/0":[1,2],})"}) {
    EXPECT_EQ(merged({R"({"a/0":[0,10]})", wrong}), "") << wrong;
  }
}

}  // namespace
}  // namespace foz::table
