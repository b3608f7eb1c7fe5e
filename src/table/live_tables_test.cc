// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/live_tables.h"

#include <gmock/gmock.h>

#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Kind = Event::Kind;

constexpr char kInput[] = "foz/s/input/0";

struct LiveTablesTest : testing::Test {
  LiveTablesTest() { lake.open(); }
  // Seals everything and takes in what was committed.
  std::vector<Event> commit_all() {
    auto events = lake.live->at_border(true);
    for (auto& event : lake.live->at_border()) events.push_back(std::move(event));
    return events;
  }
  SmallLake lake;
};

TEST_F(LiveTablesTest, RowsAreVisibleAtOnceAndStayVisibleExactlyOnce) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 10)});
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 10)));
  EXPECT_THAT(lake.stored("s"), IsEmpty());

  EXPECT_THAT(lake.live->at_border(true), IsEmpty());  // sealed
  EXPECT_TRUE(lake.live->committing(s));
  lake.live->publish({tick_rows(s, kInput, 10, 15)});
  EXPECT_NE(lake.view(s)->sealed, nullptr);
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 15)));

  EXPECT_THAT(kinds(lake.live->at_border()), ElementsAre(Kind::kCommitted));
  EXPECT_FALSE(lake.live->committing(s));
  EXPECT_EQ(lake.view(s)->sealed, nullptr);
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 15)));
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 10)));
  EXPECT_EQ(lake.live->positions(s).at(kInput), 10);
}

TEST_F(LiveTablesTest, AllTablesOfATickAppearInOneRoot) {
  const TableId a = lake.ensure("a"), b = lake.ensure("b");
  const auto before = lake.live->root();
  lake.live->publish(
      {tick_rows(a, "foz/a/i", std::nullopt, 3), tick_rows(b, "foz/b/i", std::nullopt, 3)});
  const auto after = lake.live->root();
  EXPECT_EQ(after->number, before->number + 1);
  EXPECT_EQ(before->tables[0]->open, nullptr);
  EXPECT_EQ(lake.seen(*after->find("SILVER", "A")), lake.seen(*after->find("silver", "b")));
}

TEST_F(LiveTablesTest, ATrickleWaitsForTheSlowIntervalAndAFullTailForTheShortOne) {
  lake.options.policy.fill_bytes = 1000;
  lake.open();
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 5)});
  lake.clock.advance_ms(1500);
  lake.live->at_border();
  EXPECT_FALSE(lake.live->committing(s));
  EXPECT_EQ(lake.live->next_due() - lake.clock.steady(), std::chrono::milliseconds(500));
  lake.live->publish({tick_rows(s, kInput, 5, 500)});
  lake.live->at_border();
  EXPECT_TRUE(lake.live->committing(s));
}

TEST_F(LiveTablesTest, LongReplayAndLargeTailsCommitEarly) {
  lake.options.policy.replay_rows = 100;
  lake.open();
  const TableId a = lake.ensure("a"), b = lake.ensure("b");
  lake.live->publish({tick_rows(a, "foz/a/i", std::nullopt, 90)});
  lake.live->at_border();
  EXPECT_FALSE(lake.live->committing(a));
  lake.live->publish({tick_rows(b, "foz/b/i", std::nullopt, 20)});
  lake.live->at_border();
  EXPECT_TRUE(lake.live->committing(a));  // the largest
  EXPECT_FALSE(lake.live->committing(b));
}

struct ManyTablesTest : LiveTablesTest {
  // So many tables with a row each, as if they had all begun at once.
  void begin(int count) {
    lake.open();
    for (int i = 0; i < count; ++i) ids.push_back(lake.ensure("t" + std::to_string(i)));
    trickle();
  }
  static std::string input(size_t i) { return "foz/t" + std::to_string(i) + "/i"; }
  // One more row for each, or `rows` of them for one.
  void add(size_t i, int64_t rows) {
    next.resize(ids.size());
    const std::optional<int64_t> from = next[i] == 0 ? std::nullopt : std::optional(next[i]);
    next[i] += rows;
    lake.live->publish({tick_rows(ids[i], input(i), from, next[i])});
  }
  void trickle() {
    for (size_t i = 0; i < ids.size(); ++i) add(i, 1);
  }
  int64_t commits() {
    lake.live->at_border();  // seals
    lake.live->at_border();  // commits
    int64_t sum = 0;
    for (const auto& stats : lake.live->stats()) sum += stats.commits;
    return sum;
  }
  std::vector<TableId> ids;
  std::vector<int64_t> next;
};

TEST_F(ManyTablesTest, ManyTricklesCommitWithinTheBudgetAndNoneStarves) {
  lake.options.policy.commits_per_second = 5;
  begin(20);
  lake.clock.advance_ms(1999);
  EXPECT_EQ(commits(), 0);
  lake.clock.advance_ms(1);
  EXPECT_EQ(commits(), 5);  // what a second saved
  // Each has moved a position, which adds a hundredth.
  EXPECT_EQ(lake.live->next_due() - lake.clock.steady(), std::chrono::milliseconds(10));
  for (int second = 1; second <= 20; ++second) {
    const int64_t before = commits();
    for (int i = 0; i < 5; ++i) {
      lake.clock.advance_ms(200);
      trickle();
      lake.live->at_border();
    }
    EXPECT_LE(commits() - before, 7) << second;
  }
  EXPECT_NEAR(static_cast<double>(commits()), 5 + 20 * 5, 5);
  for (const auto& stats : lake.live->stats()) {
    EXPECT_GE(stats.commits, 4) << stats.name.to_string();
    EXPECT_LE(stats.commits, 6) << stats.name.to_string();
  }
}

TEST_F(ManyTablesTest, WithinTheBudgetTheOldestAndLargestGoFirst) {
  lake.options.policy.commits_per_second = 1;
  lake.options.policy.fill_bytes = 10'000;
  begin(3);
  lake.live->at_border(true);  // which leaves nothing of the budget
  lake.live->at_border();
  add(0, 1);
  lake.clock.advance_ms(1000);
  add(1, 1);
  add(2, 1000);
  lake.clock.advance_ms(2100);
  lake.live->at_border();
  const auto committing = [&] {
    std::vector<bool> all;
    for (const TableId id : ids) all.push_back(lake.live->committing(id));
    return all;
  };
  EXPECT_THAT(committing(), ElementsAre(false, false, true));  // the largest
  lake.clock.advance_ms(1000);
  lake.live->at_border();
  EXPECT_THAT(committing(), ElementsAre(true, false, false));  // the oldest
  lake.clock.advance_ms(1000);
  lake.live->at_border();
  EXPECT_THAT(committing(), ElementsAre(false, true, false));
}

TEST_F(ManyTablesTest, ManyMovedPositionsCountForMore) {
  lake.options.policy.commits_per_second = 1;
  begin(2);
  TableRows wide;
  wide.table = ids[0];
  for (int p = 0; p < 300; ++p) {
    wide.moves.push_back({"foz/wide/" + std::to_string(p), std::nullopt, 1, {}});
  }
  lake.live->publish({wide});
  lake.clock.advance_ms(2000);
  lake.live->at_border();
  EXPECT_TRUE(lake.live->committing(ids[0]));
  lake.clock.advance_ms(2990);
  lake.live->at_border();
  EXPECT_FALSE(lake.live->committing(ids[1]));
  lake.clock.advance_ms(30);
  lake.live->at_border();
  EXPECT_TRUE(lake.live->committing(ids[1]));
}

TEST_F(ManyTablesTest, AShortReplayAndMemoryComeBeforeTheBudget) {
  lake.options.policy.commits_per_second = 0.01;
  lake.options.policy.replay_rows = 1000;
  begin(20);
  EXPECT_EQ(commits(), 0);
  add(3, 600);
  add(4, 500);
  EXPECT_EQ(commits(), 1);
  EXPECT_EQ(lake.stored("t3"), counts_of(range(0, 601)));
  add(3, 600);
  EXPECT_EQ(commits(), 2);
}

TEST_F(LiveTablesTest, TailsAndTheQueriesThatHoldThemTakeFromOneBudget) {
  lake.options.tail_budget_bytes = 100'000;
  lake.open();
  const TableId s = lake.ensure("s");
  EXPECT_EQ(lake.live->room(), 100'000);
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 1000)});
  const int64_t room = lake.live->room();
  EXPECT_LT(room, 85'000);
  auto query = lake.live->root();
  commit_all();
  EXPECT_EQ(lake.live->room(), room);
  query.reset();
  EXPECT_EQ(lake.live->room(), 100'000);
}

TEST_F(LiveTablesTest, AnOutageKeepsEverythingVisibleAndLosesNothing) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 10)});
  lake.store.outage(true);
  lake.live->at_border(true);
  int64_t next = 10;
  for (int second = 0; second < 30; ++second) {
    lake.live->publish({tick_rows(s, kInput, next, next + 10)});
    next += 10;
    lake.clock.advance_ms(1000);
    EXPECT_THAT(lake.live->at_border(), IsEmpty());
    ASSERT_EQ(lake.seen(s), counts_of(range(0, next)));
  }
  EXPECT_FALSE(lake.live->drain(std::chrono::milliseconds(1)).has_value());
  lake.store.outage(false);
  for (int i = 0; i < 20; ++i) {
    lake.clock.advance_ms(1000);
    lake.live->at_border();
  }
  EXPECT_TRUE(lake.live->drain(std::chrono::seconds(1)).has_value());
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, next)));
  EXPECT_EQ(lake.live->stats().at(0).discards, 0);
}

TEST_F(LiveTablesTest, ALostAnswerCommitsOnce) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 10)});
  lake.store.set({.fail_before = 0, .answer_lost = 1000, .request_lost = 0, .latency_ms = 0});
  commit_all();
  lake.store.set({});
  lake.clock.advance_ms(20'000);
  commit_all();
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 10)));
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 10)));
}

// By then the table has gone on: it does not go back to that version.
TEST_F(LiveTablesTest, AnAnswerThatComesLateTakesNothingBack) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 10)});
  int puts = 0;
  lake.store.before_change([&](std::string_view path) {
    if (!path.ends_with(".json")) return;
    ++puts;
    lake.store.set({.fail_before = 0, .answer_lost = 1000, .request_lost = 0, .latency_ms = 0});
  });
  lake.live->at_border(true);
  // It is tried again ever less often.
  for (int i = 0; i < 1000 && puts < 64; ++i) {
    lake.clock.advance_ms(500);
    lake.live->at_border();
  }
  lake.store.before_change(nullptr);
  lake.store.set({});
  lake.live->publish({tick_rows(s, kInput, 50, 60)});  // which does not follow
  for (int i = 0; i < 4; ++i) {
    lake.clock.advance_ms(1000);
    lake.live->at_border();
  }
  ASSERT_EQ(lake.live->positions(s).at(kInput), 10);
  lake.live->publish({tick_rows(s, kInput, 10, 20)});
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kCommitted));

  lake.clock.advance_ms(20'000);
  EXPECT_THAT(commit_all(), IsEmpty());
  EXPECT_EQ(lake.live->positions(s).at(kInput), 20);
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 20)));
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 20)));
}

TEST_F(LiveTablesTest, AForeignAppendGoesInBeside) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 10)});
  lake.foreign_append("s", {100, 101});
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kCommitted));
  auto expected = counts_of(range(0, 10));
  expected[100] = expected[101] = 1;
  EXPECT_EQ(lake.seen(s), expected);
}

TEST_F(LiveTablesTest, AnIdleTableShowsWhatOthersAppendAfterTheRefreshInterval) {
  const TableId s = lake.ensure("s");
  lake.foreign_append("s", {7});
  for (int i = 0; i < 3; ++i) {
    lake.clock.advance_ms(1000);
    lake.live->at_border();
  }
  EXPECT_EQ(lake.seen(s), counts_of({7}));
}

TEST_F(LiveTablesTest, ATableThatOthersMadeAnewIsShownAsItIs) {
  const TableId s = lake.ensure("s");
  for (const int64_t id : {7, 8}) {
    const auto objects = lake.memory->list("silver/s/").value();
    for (const auto& object : objects) ASSERT_TRUE(lake.memory->remove(object.path).has_value());
    delta::Table anew(*lake.memory, "silver/s", lake.clock, lake.random);
    ASSERT_TRUE(anew.create({.schema = delta::from_arrow(*id_schema()).value()}).has_value());
    lake.foreign_append("s", {id});
    for (int i = 0; i < 3; ++i) {
      lake.clock.advance_ms(1000);
      lake.live->at_border();
    }
    EXPECT_EQ(lake.seen(s), counts_of({id}));
  }
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 5)});
  commit_all();
  auto expected = counts_of(range(0, 5));
  expected[8] = 1;
  EXPECT_EQ(lake.stored("s"), expected);
}

TEST_F(LiveTablesTest, AFormerOwnerThatMovedThePositionWins) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 10)});
  lake.foreign_append("s", range(0, 4), {{kInput, std::nullopt, 4}});
  const auto events = commit_all();
  ASSERT_THAT(kinds(events), ElementsAre(Kind::kDiscarded));
  EXPECT_EQ(lake.live->positions(s).at(kInput), 4);
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 4)));
  lake.live->publish({tick_rows(s, kInput, 4, 10)});
  commit_all();
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 10)));
}

TEST_F(LiveTablesTest, AMoveThatDoesNotFollowDiscardsTheTail) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 10)});
  lake.live->publish({tick_rows(s, kInput, 11, 20)});
  EXPECT_THAT(lake.seen(s), IsEmpty());
  EXPECT_THAT(kinds(lake.live->at_border()), ElementsAre(Kind::kDiscarded));
}

TEST_F(LiveTablesTest, ABlockedTableLeavesTheOthersAlone) {
  const TableId a = lake.ensure("a"), b = lake.ensure("b");
  lake.live->publish(
      {tick_rows(a, "foz/a/i", std::nullopt, 10), tick_rows(b, "foz/b/i", std::nullopt, 10)});
  lake.store.deny_puts("silver/a/");
  const auto events = commit_all();
  EXPECT_THAT(kinds(events), testing::UnorderedElementsAre(Kind::kBlocked, Kind::kCommitted));
  EXPECT_NE(lake.view(a)->blocked, "");
  EXPECT_EQ(lake.seen(a), counts_of(range(0, 10)));  // its sealed part stays
  EXPECT_EQ(lake.live->next_due() > lake.clock.steady(), true);

  lake.live->publish({tick_rows(a, "foz/a/i", 10, 20), tick_rows(b, "foz/b/i", 10, 20)});
  EXPECT_EQ(lake.seen(a), counts_of(range(0, 10)));  // nothing is taken
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kCommitted));
  EXPECT_EQ(lake.stored("b"), counts_of(range(0, 20)));
  const auto left = lake.live->drain(std::chrono::hours(1));  // which it does not wait
  ASSERT_FALSE(left.has_value());
  EXPECT_THAT(left.error().message(), HasSubstr("silver.a (blocked"));

  lake.store.deny_puts("");
  lake.clock.advance_ms(11'000);
  commit_all();
  EXPECT_EQ(lake.view(a)->blocked, "");
  EXPECT_EQ(lake.live->positions(a).at("foz/a/i"), 10);
  EXPECT_EQ(lake.stored("a"), counts_of(range(0, 10)));
}

TEST_F(LiveTablesTest, BlockedTablesLeaveRoomForTheOthers) {
  lake.options.tail_budget_bytes = 100'000;
  lake.open();
  const TableId a = lake.ensure("a");
  lake.store.deny_puts("silver/a/");
  lake.live->publish({tick_rows(a, "foz/a/i", std::nullopt, 3000)});
  ASSERT_LT(lake.live->room(), 75'000);
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kBlocked, Kind::kDiscarded));
  EXPECT_EQ(lake.live->room(), 100'000);
  EXPECT_NE(lake.view(a)->blocked, "");
  EXPECT_THAT(lake.seen(a), IsEmpty());

  lake.store.deny_puts("");
  lake.clock.advance_ms(1000);
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kUnblocked));
  lake.live->publish({tick_rows(a, "foz/a/i", std::nullopt, 3000)});
  commit_all();
  EXPECT_EQ(lake.stored("a"), counts_of(range(0, 3000)));
}

TEST_F(LiveTablesTest, RowsThatNoLongerFitTheTableBlockItUntilItIsLookedAt) {
  const TableId s = lake.ensure("s");
  delta::Table table(*lake.memory, "silver/s", lake.clock, lake.random);
  const auto before = table.latest().value();
  delta::CommitRequest request;
  request.metadata = before->metadata();
  delta::Schema schema = before->schema();
  schema.fields.pop_back();
  request.metadata->schema_string = delta::to_json(schema);
  ASSERT_TRUE(table.commit(before, request).has_value());
  for (int i = 0; i < 3; ++i) {
    lake.clock.advance_ms(1000);
    lake.live->at_border();
  }
  lake.live->at_border();  // what was asked last is answered
  ASSERT_EQ(lake.view(s)->schema->num_fields(), 1);
  std::vector<Event> events;
  for (int i = 0; i < 10; ++i) {
    lake.live->publish({tick_rows(s, kInput, std::nullopt, 3)});
    for (auto& event : lake.live->at_border()) events.push_back(std::move(event));
  }
  EXPECT_THAT(kinds(events), ElementsAre(Kind::kBlocked));
  EXPECT_THAT(lake.view(s)->blocked, HasSubstr("columns"));
  lake.clock.advance_ms(1000);
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kUnblocked));
}

TEST_F(LiveTablesTest, ADiscoveredTableIsThereBeforeAFlowClaimsIt) {
  lake.live->publish({tick_rows(lake.ensure("s"), kInput, std::nullopt, 10)});
  commit_all();
  lake.open();
  const auto view = lake.live->root()->find("silver", "s");
  ASSERT_NE(view, nullptr);
  EXPECT_EQ(view->role, Role::kForeign);
  EXPECT_EQ(lake.seen(*view), counts_of(range(0, 10)));
  EXPECT_EQ(lake.ensure("s"), view->id);
  EXPECT_EQ(lake.view(view->id)->role, Role::kSilver);
}

TEST_F(LiveTablesTest, NewColumnsAreAddedAndOtherDifferencesRefusedByName) {
  const TableId s = lake.ensure("s");
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 3)});
  TableSpec spec;
  spec.name = {"silver", "s"};
  spec.schema =
      arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8()),
                     arrow::field("more", arrow::float64())});
  // The tick thread does not wait for its tail: it is committed at the next border.
  EXPECT_EQ(lake.live->ensure(spec).error().code(), ErrorCode::kUnavailable);
  lake.live->at_border();
  EXPECT_TRUE(lake.live->committing(s));
  EXPECT_EQ(lake.live->ensure(spec).error().code(), ErrorCode::kUnavailable);
  lake.live->at_border();
  EXPECT_EQ(lake.live->ensure(spec).value(), s);
  EXPECT_EQ(lake.view(s)->schema->num_fields(), 3);
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 3)));
  // Rows of a flow that does not know the new column get NULL there.
  lake.live->publish({tick_rows(s, kInput, 3, 5)});
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 5)));
  commit_all();
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 5)));

  spec.schema =
      arrow::schema({arrow::field("id", arrow::utf8()), arrow::field("text", arrow::utf8())});
  const auto refused = lake.live->ensure(spec);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().message(), HasSubstr("`id`"));
}

TEST_F(LiveTablesTest, ATableOfMappedColumnsGetsMore) {
  TableSpec spec;
  spec.name = {"silver", "s"};
  spec.schema = id_schema();
  spec.properties = {{"delta.columnMapping.mode", "name"}};
  const TableId s = lake.live->ensure(spec).value();
  lake.live->publish({tick_rows(s, kInput, std::nullopt, 3)});
  commit_all();
  spec.schema = spec.schema->AddField(2, arrow::field("more", arrow::float64())).ValueOrDie();
  spec.schema = spec.schema->AddField(3, arrow::field("most", arrow::int32())).ValueOrDie();
  EXPECT_EQ(lake.live->ensure(spec).value(), s);
  lake.live->publish({tick_rows(s, kInput, 3, 5)});
  commit_all();
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 5)));
  const auto& fields = lake.view(s)->snapshot->schema().fields;
  ASSERT_EQ(fields.size(), 4u);
  std::set<std::string> ids;
  for (const auto& field : fields) ids.insert(field.metadata.at("delta.columnMapping.id"));
  EXPECT_EQ(ids.size(), 4u);
}

// --- chains

struct ChainTest : LiveTablesTest {
  // s reads the log, t reads s, u reads t.
  ChainTest() { ensure_all(); }
  void ensure_all() {
    s = lake.ensure("s");
    t = lake.ensure("t", {s});
    u = lake.ensure("u", {t});
  }
  std::string reads(TableId from, TableId to) const {
    return table_app_id(lake.view(to)->name.name, lake.view(from)->snapshot->metadata().id);
  }
  static TableRows from_tail(TableId table, const std::string& app_id, TableId upstream,
                             const std::vector<int64_t>& ids) {
    TableRows rows;
    rows.table = table;
    rows.batches.push_back({rows_of(ids), nullptr});
    rows.moves.push_back({app_id, {}, 0, upstream});
    return rows;
  }
  // All three see the rows in one tick.
  void tick(std::optional<int64_t> from, int64_t to) {
    const auto ids = range(from.value_or(0), to);
    lake.live->publish({tick_rows(s, kInput, from, to), from_tail(t, reads(s, t), s, ids),
                        from_tail(u, reads(t, u), t, ids)});
  }
  TableId s, t, u;
};

TEST_F(ChainTest, AGroupCommitsUpstreamFirstAndStoresTheVersionsWon) {
  std::vector<std::string> order;
  lake.store.before_change([&](std::string_view path) {
    if (path.ends_with(".json")) order.emplace_back(path.substr(0, 8));
  });
  tick(std::nullopt, 10);
  EXPECT_THAT(kinds(commit_all()),
              ElementsAre(Kind::kCommitted, Kind::kCommitted, Kind::kCommitted));
  lake.store.before_change(nullptr);
  EXPECT_THAT(order, ElementsAre("silver/s", "silver/t", "silver/u"));
  EXPECT_EQ(lake.live->positions(t).at(reads(s, t)), lake.view(s)->snapshot->version().value());
  EXPECT_EQ(lake.live->positions(u).at(reads(t, u)), lake.view(t)->snapshot->version().value());
  tick(10, 20);
  commit_all();
  for (const char* name : {"s", "t", "u"}) {
    EXPECT_EQ(lake.stored(name), counts_of(range(0, 20))) << name;
  }
}

TEST_F(ChainTest, ACrashBetweenMembersLeavesAPositionToReadFrom) {
  tick(std::nullopt, 10);
  int commits = 0;
  lake.store.before_change([&](std::string_view path) {
    if (path.ends_with(".json") && ++commits == 2) lake.store.outage(true);
  });
  commit_all();
  lake.live.reset();
  lake.store.before_change(nullptr);
  lake.store.outage(false);
  lake.open();
  ensure_all();
  EXPECT_EQ(lake.seen(s), counts_of(range(0, 10)));
  EXPECT_THAT(lake.seen(t), IsEmpty());
  EXPECT_THAT(lake.live->positions(t), IsEmpty());

  // The flow of t reads what s has committed, then follows its tail again.
  std::vector<int64_t> ids;
  const auto version = lake.view(s)->snapshot->version();
  ASSERT_TRUE(lake.live
                  ->read_added(s, delta::Version(0), version,
                               [&](auto rows, auto at, auto, int64_t first) -> Status {
                                 EXPECT_EQ(at, version);
                                 EXPECT_EQ(first, static_cast<int64_t>(ids.size()));
                                 IdCounts counts;
                                 count_rows(*rows, counts);
                                 for (const auto& [id, count] : counts) ids.push_back(id);
                                 return {};
                               })
                  .has_value());
  EXPECT_EQ(ids, range(0, 10));
  TableRows behind;
  behind.table = t;
  behind.batches.push_back({rows_of(ids), nullptr});
  behind.moves.push_back({reads(s, t), std::nullopt, version.value(), {}});
  lake.live->publish({behind, from_tail(u, reads(t, u), t, ids)});
  tick(10, 15);
  EXPECT_EQ(lake.seen(t), counts_of(range(0, 15)));
  commit_all();
  for (const char* name : {"s", "t", "u"}) {
    EXPECT_EQ(lake.stored(name), counts_of(range(0, 15))) << name;
  }
}

TEST_F(ChainTest, AForeignAppendUpstreamDiscardsWhatIsDownstream) {
  tick(std::nullopt, 10);
  lake.foreign_append("s", {500});
  const auto events = commit_all();
  EXPECT_THAT(kinds(events), ElementsAre(Kind::kCommitted, Kind::kDiscarded, Kind::kDiscarded));
  EXPECT_EQ(events[0].table, s);
  EXPECT_THAT(lake.live->positions(t), IsEmpty());
  EXPECT_EQ(lake.seen(s).size(), 11u);
  EXPECT_THAT(lake.seen(t), IsEmpty());
}

TEST_F(ChainTest, AForeignAppendFoundByTheTimerDiscardsWhatIsDownstream) {
  tick(std::nullopt, 10);
  commit_all();
  lake.foreign_append("s", {500});
  std::vector<Event> events;
  for (int i = 0; i < 3; ++i) {
    lake.clock.advance_ms(1000);
    for (auto& event : lake.live->at_border()) events.push_back(std::move(event));
  }
  EXPECT_THAT(kinds(events), ElementsAre(Kind::kDiscarded, Kind::kDiscarded));
}

TEST_F(ChainTest, ATableThatReadOnlyAPartOfTheTailIsLeftOut) {
  tick(std::nullopt, 10);
  lake.live->publish({tick_rows(s, kInput, 10, 20)});  // t and u lag
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kCommitted));
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 20)));
  EXPECT_EQ(lake.seen(t), counts_of(range(0, 10)));
  const auto ids = range(10, 20);
  lake.live->publish({from_tail(t, reads(s, t), s, ids), from_tail(u, reads(t, u), t, ids)});
  commit_all();
  EXPECT_EQ(lake.stored("t"), counts_of(range(0, 20)));
  EXPECT_EQ(lake.stored("u"), counts_of(range(0, 20)));
  EXPECT_EQ(lake.live->positions(t).at(reads(s, t)), lake.view(s)->snapshot->version().value());
}

TEST_F(ChainTest, ABlockedMemberHoldsBackOnlyWhatIsDownstream) {
  lake.store.deny_puts("silver/t/");
  tick(std::nullopt, 10);
  const auto events = commit_all();
  EXPECT_THAT(kinds(events), ElementsAre(Kind::kCommitted, Kind::kBlocked, Kind::kDiscarded));
  EXPECT_EQ(events[2].table, u);
  // u reads the sealed part of t, and s goes on.
  lake.live->publish({tick_rows(s, kInput, 10, 20), from_tail(u, reads(t, u), t, range(0, 10))});
  EXPECT_THAT(kinds(commit_all()), ElementsAre(Kind::kCommitted));
  EXPECT_EQ(lake.stored("s"), counts_of(range(0, 20)));
  EXPECT_EQ(lake.seen(u), counts_of(range(0, 10)));
  EXPECT_THAT(lake.stored("u"), IsEmpty());

  lake.store.deny_puts("");
  lake.clock.advance_ms(11'000);
  EXPECT_THAT(kinds(commit_all()), Contains(Kind::kUnblocked));
  commit_all();
  EXPECT_EQ(lake.stored("t"), counts_of(range(0, 10)));
  EXPECT_EQ(lake.stored("u"), counts_of(range(0, 10)));
  EXPECT_EQ(lake.live->positions(u).at(reads(t, u)), lake.view(t)->snapshot->version().value());
}

TEST_F(ChainTest, AQuarantineCommitsBeforeItsTargetAndFallsWithIt) {
  const TableId q = lake.ensure("q", {}, {}, Role::kQuarantine);
  const TableId v = lake.ensure("v", {}, q);
  std::vector<std::string> order;
  lake.store.before_change([&](std::string_view path) {
    if (path.ends_with(".json")) order.emplace_back(path.substr(0, 8));
  });
  lake.live->publish(
      {tick_rows(v, "foz/v/i", std::nullopt, 5), tick_rows(q, "foz/v/i", std::nullopt, 5)});
  commit_all();
  EXPECT_THAT(order, ElementsAre("silver/q", "silver/v"));
  lake.store.before_change(nullptr);

  lake.live->publish({tick_rows(v, "foz/v/i", 5, 9), tick_rows(q, "foz/v/i", 5, 9)});
  lake.foreign_append("v", {5, 6}, {{"foz/v/i", 5, 7}});
  const auto events = commit_all();
  EXPECT_THAT(kinds(events), ElementsAre(Kind::kCommitted, Kind::kDiscarded, Kind::kDiscarded));
  EXPECT_EQ(lake.live->positions(q).at("foz/v/i"), 9);
  EXPECT_EQ(lake.live->positions(v).at("foz/v/i"), 7);
}

}  // namespace
}  // namespace foz::table
