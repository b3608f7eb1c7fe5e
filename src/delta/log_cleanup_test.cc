// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Checkpoints with sidecars, compaction of the log, and what of it may go.
#include <gmock/gmock.h>

#include <set>

#include "delta/log_files_internal.h"
#include "delta/maintenance_test_internal.h"
#include "delta/replay_internal.h"
#include "delta/sidecars_internal.h"

namespace foz::delta {
namespace {

using testing::HasSubstr;
using testing::IsSupersetOf;

constexpr int64_t kDayMs = 86'400'000;

class LogTest : public MaintainedTable {
 protected:
  SnapshotPtr create_v2() {
    const SnapshotPtr created = create();
    CommitRequest request{.metadata = created->metadata(), .protocol = created->protocol()};
    request.metadata->configuration["delta.checkpointPolicy"] = "v2";
    request.protocol->reader_features.emplace_back("v2Checkpoint");
    request.protocol->writer_features.emplace_back("v2Checkpoint");
    return commit(created, request);
  }
  static AddFile named(int64_t i) {
    return {.path = fmt::format("f{}", i), .size = 1, .stats = R"({"numRecords":1})"};
  }
  SnapshotPtr add_many(const SnapshotPtr& base, int64_t first, int64_t count) {
    CommitRequest request;
    for (int64_t i = first; i < first + count; ++i) request.adds.push_back(named(i));
    return commit(base, request);
  }
  SnapshotPtr remove_one(const SnapshotPtr& base, int64_t i) {
    CommitRequest request;
    request.removes.push_back({.path = fmt::format("f{}", i)});
    return commit(base, request);
  }
  std::set<std::string> sidecars() {
    const auto all = objects(log("_sidecars/"));
    return {all.begin(), all.end()};
  }
  std::set<std::string> named_by(Version version) {
    const LogFiles files = list_log(*store_, "t", Version{0}).value();
    for (const CheckpointFiles& each : files.checkpoints) {
      if (each.version != version) continue;
      std::set<std::string> out;
      const auto named = sidecars_of(*store_, each).value();
      for (const SidecarFile& sidecar : named) {
        out.insert(log("_sidecars/" + sidecar.path));
      }
      return out;
    }
    return {};
  }
  // What the state says, whatever it was read from.
  static std::set<std::string> text(const Snapshot& snapshot) {
    std::set<std::string> out;
    const State& state = state_of(snapshot);
    state.files.each([&](const auto& file) {
      AddFile copy = *file;
      copy.data_change = false;
      return out.insert(to_json(copy)).second;
    });
    state.tombstones.each([&](const auto& file) {
      RemoveFile copy = *file;
      copy.data_change = false;
      copy.tags.clear();
      return out.insert(to_json(copy)).second;
    });
    for (const auto& txn : snapshot.transactions()) out.insert(to_json(txn));
    return out;
  }
};

TEST_F(LogTest, ACheckpointWithSidecarsHoldsTheWholeState) {
  SnapshotPtr snapshot = add_many(create_v2(), 0, 1000);
  snapshot = remove_one(snapshot, 7);
  snapshot = delete_rows(snapshot, files(*snapshot).front(), {0});
  snapshot = commit(snapshot, {.adds = {named(5000)}, .positions = {{"app", std::nullopt, 3}}});
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  EXPECT_EQ(sidecars().size(), 1u);
  for (Version v{0}; v <= snapshot->version(); ++v) {
    ASSERT_TRUE(store_->remove(log(commit_name(v))).has_value());
  }
  const SnapshotPtr read = table_.latest().value();
  EXPECT_EQ(text(*read), text(*snapshot));
  EXPECT_EQ(read->metadata(), snapshot->metadata());
  EXPECT_EQ(read->protocol(), snapshot->protocol());
}

TEST_F(LogTest, SidecarsThatStillSayTheTruthAreNamedAgain) {
  SnapshotPtr snapshot = add_many(create_v2(), 0, 250'000);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  const auto first = sidecars();
  EXPECT_EQ(first.size(), 3u);  // two full ones, one of 50,000

  snapshot = add_many(snapshot, 300'000, 10);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  EXPECT_EQ(sidecars().size(), 4u);
  EXPECT_THAT(named_by(snapshot->version()), IsSupersetOf(first));

  // One file goes: its sidecar alone is written anew, and the small one with it.
  snapshot = remove_one(snapshot, 3);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  size_t kept = 0;
  const auto last = named_by(snapshot->version());
  for (const auto& sidecar : first) kept += last.contains(sidecar);
  EXPECT_EQ(kept, 2u);

  // The same file with other statistics is another truth.
  CommitRequest again{.adds = {named(100)}};
  again.adds[0].stats = R"({"numRecords":2})";
  snapshot = commit(snapshot, again);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  EXPECT_EQ(text(*table_.latest().value()), text(*snapshot));
  EXPECT_EQ(table_.latest().value()->row_count(), 250'010);
}

TEST_F(LogTest, ADamagedSidecarIsNotUsedAgain) {
  SnapshotPtr snapshot = add_many(create_v2(), 0, 60'000);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  for (const auto& sidecar : sidecars()) {
    ASSERT_TRUE(store_->put(sidecar, as_bytes("PAR1 no more")).has_value());
  }
  snapshot = add_many(snapshot, 100'000, 1);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  EXPECT_EQ(text(*table_.latest().value()), text(*snapshot));
}

TEST_F(LogTest, TransactionsExpireButNotThePositionsOfFlows) {
  SnapshotPtr snapshot = create({{"delta.setTransactionRetentionDuration", "interval 1 day"}});
  snapshot =
      commit(snapshot, {.positions = {{"old", std::nullopt, 1}, {"foz/f", std::nullopt, 1}}});
  clock_.advance_ms(2 * kDayMs);
  snapshot = commit(snapshot, {.positions = {{"new", std::nullopt, 1}}});
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  for (Version v{0}; v <= snapshot->version(); ++v) {
    ASSERT_TRUE(store_->remove(log(commit_name(v))).has_value());
  }
  const SnapshotPtr read = table_.latest().value();
  EXPECT_EQ(read->transaction_version("old"), std::nullopt);
  EXPECT_EQ(read->transaction_version("foz/f"), 1);
  EXPECT_EQ(read->transaction_version("new"), 1);
}

// Reading the compaction in place of its commits gives the same table.
TEST_F(LogTest, ACompactionFileSaysWhatItsCommitsSaid) {
  SnapshotPtr snapshot = add_many(create(), 0, 20);
  for (int64_t i = 0; i < 6; ++i) {
    CommitRequest request{.adds = {named(100 + i)}, .positions = {{"app", std::nullopt, i + 1}}};
    if (i) request.positions[0].expected = i;
    request.removes.push_back({.path = fmt::format("f{}", i)});
    snapshot = commit(snapshot, request);
  }
  CommitRequest request{.adds = {named(2)}};
  request.removes.push_back({.path = "f103"});
  snapshot = commit(snapshot, request);
  ASSERT_TRUE(compact_log(table_, Version{2}, snapshot->version()).has_value());
  const std::string name = "00000000000000000002.00000000000000000008.compacted.json";
  const std::string compacted = store_->get(log(name)).value();
  EXPECT_THAT(compacted, testing::Not(HasSubstr("commitInfo")));
  // Each file once.
  const auto actions = parse_commit(compacted).value();
  EXPECT_EQ(actions.size(), 1u + 6 + 5 + 1);  // txn; f100 to f105; f0, f1, f3 to f5; f2

  State state = state_of(*table_.at(Version{1}).value()).edit();
  state.apply(parse_commit(compacted).value());
  EXPECT_EQ(text(LoadedSnapshot(std::move(state))), text(*snapshot));
  EXPECT_EQ(compact_log(table_, Version{3}, Version{3}).error().code(), ErrorCode::kInvalid);
  EXPECT_EQ(compact_log(table_, Version{3}, Version{99}).error().code(), ErrorCode::kNotFound);
}

TEST_F(LogTest, CleaningKeepsWhatAYoungVersionNeeds) {
  SnapshotPtr snapshot = create({{"delta.logRetentionDuration", "interval 10 days"}});
  for (int64_t i = 1; i <= 30; ++i) {
    clock_.advance_ms(kDayMs);
    snapshot = append(snapshot, i * 10, 10);
    if (i % 4 == 0) {
      ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
    }
  }
  ASSERT_TRUE(compact_log(table_, Version{2}, Version{9}).has_value());
  ASSERT_TRUE(compact_log(table_, Version{14}, Version{22}).has_value());
  ASSERT_TRUE(compact_log(table_, Version{21}, Version{24}).has_value());
  std::map<int64_t, std::vector<Row>> before;
  for (int64_t i = 0; i <= 30; ++i) before[i] = rows(*table_.at(Version{i}).value());

  const auto would = clean_log(table_, *snapshot, {.dry_run = true}, clock_).value();
  EXPECT_EQ(objects(log("")).size(), 31u + 7 + 3 + 1);
  const auto went = clean_log(table_, *snapshot, {}, clock_).value();
  EXPECT_EQ(went.size(), would.size());
  // Version 19 or 20 is the last expired one, by the hour at which the table began.
  const auto left = objects(log(""));
  const auto has = [&](const std::string& name) {
    return std::ranges::find(left, log(name)) != left.end();
  };
  const LogFiles log_now = list_log(*store_, "t", Version{0}).value();
  const Version cut = log_now.checkpoints.back().version;
  EXPECT_THAT(cut.value(), testing::AnyOf(16, 20));
  EXPECT_EQ(log_now.commits.begin()->first, cut);
  EXPECT_FALSE(has("00000000000000000002.00000000000000000009.compacted.json"));
  EXPECT_FALSE(has("00000000000000000014.00000000000000000022.compacted.json"));
  EXPECT_TRUE(has("00000000000000000021.00000000000000000024.compacted.json"));
  for (int64_t i = cut.value(); i <= 30; ++i) {
    EXPECT_EQ(rows(*table_.at(Version{i}).value()), before[i]) << i;
  }
  const auto older = table_.at(cut + -1);
  EXPECT_THAT(older.error().message(), HasSubstr(fmt::format("versions {} to 30", cut.value())));
  // Time goes on without a checkpoint: the last one stays, however old.
  clock_.advance_ms(1000 * kDayMs);
  ASSERT_TRUE(clean_log(table_, *snapshot, {}, clock_).has_value());
  EXPECT_EQ(rows(*table_.latest().value()), before[30]);
}

TEST_F(LogTest, CleaningKeepsWhatAFollowerHasNotRead) {
  SnapshotPtr snapshot = create();
  for (int64_t i = 1; i <= 12; ++i) {
    snapshot = append(snapshot, i * 10, 10);
    ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  }
  clock_.advance_ms(100 * kDayMs);
  ASSERT_TRUE(clean_log(table_, *snapshot, {.followed_to = Version{5}}, clock_).has_value());
  EXPECT_EQ(list_log(*store_, "t", Version{0}).value().commits.begin()->first, Version{5});
  EXPECT_TRUE(table_.changes(Version{5}, Version{12}).has_value());
}

TEST_F(LogTest, ATableMayKeepItsLog) {
  SnapshotPtr snapshot = append_many(create({{"delta.enableExpiredLogCleanup", "false"}}), 3, 10);
  CommitRequest upper{.metadata = snapshot->metadata()};  // as other writers may write it
  upper.metadata->configuration["delta.enableExpiredLogCleanup"] = "FALSE";
  snapshot = commit(snapshot, upper);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  clock_.advance_ms(100 * kDayMs);
  EXPECT_TRUE(clean_log(table_, *snapshot, {}, clock_).value().empty());
}

TEST_F(LogTest, AVersionThatWasCleanedIsNotWonAgain) {
  const SnapshotPtr old = add_many(create(), 0, 3);
  SnapshotPtr snapshot = old;
  for (int64_t i = 10; i < 15; ++i) snapshot = add_many(snapshot, i, 1);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  clock_.advance_ms(100 * kDayMs);
  ASSERT_FALSE(clean_log(table_, *snapshot, {}, clock_).value().empty());
  // What looked at the table cannot be told what happened since; what did not goes on.
  CommitRequest removes;
  removes.removes.push_back({.path = "f1"});
  const auto lost = table_.commit(old, removes).value();
  ASSERT_TRUE(std::holds_alternative<Conflict>(lost));
  EXPECT_EQ(std::get<Conflict>(lost).latest->version(), snapshot->version());
  const auto won = table_.commit(old, {.adds = {named(50)}}).value();
  ASSERT_TRUE(std::holds_alternative<Committed>(won));
  EXPECT_EQ(std::get<Committed>(won).snapshot->version(), snapshot->version() + 1);
  EXPECT_EQ(table_.latest().value()->file_count(), 9u);
}

TEST_F(LogTest, ADamagedCheckpointDoesNotCostTheCommitsBehindIt) {
  SnapshotPtr snapshot = append_many(create(), 5, 10);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  ASSERT_TRUE(
      store_->put(log(checkpoint_name(snapshot->version())), as_bytes("no Parquet")).has_value());
  clock_.advance_ms(100 * kDayMs);
  EXPECT_TRUE(clean_log(table_, *snapshot, {}, clock_).value().empty());
  EXPECT_EQ(rows(*table_.latest().value()).size(), 50u);
}

TEST_F(LogTest, LoneSidecarsGoAfterADay) {
  SnapshotPtr snapshot = append_many(create_v2(), 3, 10);
  ASSERT_TRUE(table_.checkpoint(snapshot).has_value());
  const auto used = sidecars();
  clock_.advance_ms(60 * kDayMs);
  const std::string old = log("_sidecars/old.parquet"), young = log("_sidecars/young.parquet");
  ASSERT_TRUE(store_->put(old, as_bytes("x")).has_value());
  clock_.advance_ms(2 * kDayMs);
  ASSERT_TRUE(store_->put(young, as_bytes("x")).has_value());
  ASSERT_TRUE(clean_log(table_, *snapshot, {}, clock_).has_value());
  auto expected = used;
  expected.insert(young);
  EXPECT_EQ(sidecars(), expected);
}

// Cut off anywhere, the table stays readable and the next run ends the work.
TEST_F(LogTest, CleaningMayBeKilledAtEveryStep) {
  for (int64_t n = 1; n < 60; ++n) {
    SCOPED_TRACE(fmt::format("crash at operation {}", n));
    Random random(static_cast<uint64_t>(n));
    ManualClock clock(1'700'000'000'000'000);
    store::SimulatedDisk disk(random);
    {
      auto store = store::open_local_store(disk, "/lake").value();
      Table table(*store, "t", clock, random);
      SnapshotPtr snapshot = table.create({.schema = sample_schema()}).value();
      for (int64_t i = 0; i < 6; ++i) {
        auto outcome = table.commit(snapshot, {.adds = {named(i)}}).value();
        snapshot = std::get<Committed>(outcome).snapshot;
        if (i % 2) {
          ASSERT_TRUE(table.checkpoint(snapshot).has_value());
        }
      }
    }
    // Files are as old as the clock of the machine says.
    ManualClock later(SystemClock().now_us() + 100 * kDayMs * 1000);
    const auto run = [&] {
      auto store = store::open_local_store(disk, "/lake");
      if (!store) return;
      Table table(**store, "t", later, random);
      const auto snapshot = table.latest();
      if (snapshot) (void)clean_log(table, **snapshot, {}, later);
    };
    disk.crash_after(n);
    run();
    const bool crashed = disk.crashed();
    disk.restart();
    run();
    auto store = store::open_local_store(disk, "/lake").value();
    Table table(*store, "t", later, random);
    EXPECT_EQ(table.latest().value()->file_count(), 6u);
    EXPECT_EQ(list_log(*store, "t", Version{0}).value().commits.size(), 1u);
    if (!crashed) break;
  }
}

// --- for other readers

TEST(Conformance, WritesMaintainedTables) {
  const char* folder = std::getenv("FOZ_WRITE_TABLES");
  if (!folder) GTEST_SKIP() << "FOZ_WRITE_TABLES names no folder";
  const auto disk = store::make_posix_disk();
  const auto store = store::open_local_store(*disk, folder).value();
  const SystemClock clock;
  Random random(Random::system_seed());
  Table table(*store, "v2", clock, random);
  SnapshotPtr snapshot = table.create({.schema = sample_schema()}).value();
  const auto commit = [&](const CommitRequest& request) {
    snapshot = std::get<Committed>(table.commit(snapshot, request).value()).snapshot;
  };
  CommitRequest policy{.metadata = snapshot->metadata()};
  policy.metadata->configuration["delta.checkpointPolicy"] = "v2";
  policy.protocol = Protocol{.min_reader_version = 3,
                             .min_writer_version = 7,
                             .reader_features = {"v2Checkpoint"},
                             .writer_features = {"v2Checkpoint", "appendOnly", "invariants"}};
  commit(policy);
  for (int64_t i = 0; i < 20; ++i) {
    commit({.adds = {write_data_file(table, *snapshot, {sample_rows(i * 1000, 1000)}, {}, random,
                                     clock)
                         .value()},
            .positions = {{"flow-a", i ? std::optional(i) : std::nullopt, i + 1}}});
    if (i != 7 && i != 15) continue;
    ASSERT_TRUE(table.checkpoint(snapshot).has_value());
  }
  ASSERT_TRUE(compact_log(table, snapshot->version() + -2, snapshot->version()).has_value());
}

}  // namespace
}  // namespace foz::delta
