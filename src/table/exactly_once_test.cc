// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Random lives of a small lake: one input, a chain of flows with a quarantine, bad networks, other
// writers, tables that deny writing, crashes. Whatever happens, every row is in every table that
// wants it exactly once. FOZ_SEED=n replays one life, FOZ_LIVES=n lives longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

constexpr char kB[] = "foz/b/input/0", kS[] = "foz/s/input/0";
constexpr int64_t kForeign = 1'000'000'000;  // ids from here on are other writers'

bool quarantined(int64_t id) { return id % 5 == 0; }
bool wanted_by_s(int64_t id) { return id % 7 != 3 && !quarantined(id); }
bool wanted_by_t(int64_t id) { return id % 2 == 0; }

std::vector<int64_t> only(const std::vector<int64_t>& ids, bool (*wanted)(int64_t)) {
  std::vector<int64_t> kept;
  std::ranges::copy_if(ids, std::back_inserter(kept), wanted);
  return kept;
}

std::vector<int64_t> flat(const IdCounts& counts) {
  std::vector<int64_t> ids;
  for (const auto& [id, count] : counts) {
    for (int i = 0; i < count; ++i) ids.push_back(id);
  }
  return ids;
}

IdCounts own(const IdCounts& counts) { return {counts.begin(), counts.lower_bound(kForeign)}; }

// A tiny engine of flows: b copies the input, s filters it with quarantine q, t reads s, u reads t.
struct Life {
  explicit Life(uint64_t seed, int threads) : lake(seed) {
    lake.options.committer_threads = threads;
    lake.options.policy.interval = std::chrono::milliseconds(300);
    lake.options.policy.slow_interval = std::chrono::milliseconds(600);
    lake.options.upkeep.new_files = 4;
    start();
  }

  // A flow over another table: reads its versions, then its tail.
  struct TableFlow {
    TableId target, source;
    bool (*wanted)(int64_t);
    std::string app_id;
    bool in_tail = false;
    std::vector<int64_t> unread;  // rows of the tail that it has been slow to take
  };

  void start();
  std::string reads(TableId source, std::string_view flow) const {
    return table_app_id(flow, lake.view(source)->snapshot->metadata().id);
  }
  std::optional<int64_t> position(TableId table, const std::string& app_id) const;
  void restart_s() {
    next_s = position(s, kS);
    next_q = position(q, kS);
  }

  void take_events(bool all = false);
  bool blocked(TableId table) const { return !lake.view(table)->blocked.empty(); }

  static TableRows rows_into(TableId table, const std::vector<int64_t>& ids);
  void tick();
  void run_s(std::vector<TableRows>& out, std::map<TableId, std::vector<int64_t>>& fresh);
  void run_table_flow(TableFlow& flow, std::vector<TableRows>& out,
                      std::map<TableId, std::vector<int64_t>>& fresh);
  std::optional<int64_t> position_of(const TableFlow& flow) const {
    return position(flow.target, flow.app_id);
  }

  void misfortune();
  // Another process holds b's flow for a moment.
  void former_owner();
  void crash();
  void heal();
  void check_visible();
  // Versions, positions and tails of the chain.
  std::string standing() const;
  // Every row once, and none missing before the last.
  bool is_prefix(TableId table, bool (*wanted)(int64_t));
  void finish();
  bool settled() const;
  void check_stored();
  SmallLake lake;
  TableId b, q, s, t, u;
  std::optional<int64_t> next_b, next_s, next_q;
  std::vector<TableFlow> flows;
  int64_t input = 0;  // records in the log
  int64_t foreign = 0;
};

void Life::start() {
  lake.open();
  b = lake.ensure("b");
  q = lake.ensure("q", {}, {}, Role::kQuarantine);
  s = lake.ensure("s", {}, q);
  t = lake.ensure("t", {s});
  u = lake.ensure("u", {t});
  next_b = position(b, kB);
  restart_s();
  flows = {{t, s, wanted_by_t, reads(s, "t"), false, {}},
           {u, t, [](int64_t) { return true; }, reads(t, "u"), false, {}}};
}

std::optional<int64_t> Life::position(TableId table, const std::string& app_id) const {
  const auto positions = lake.live->positions(table);
  const auto at = positions.find(app_id);
  return at == positions.end() ? std::nullopt : std::optional(at->second);
}

void Life::take_events(bool all) {
  for (const Event& event : lake.live->at_border(all)) {
    if (event.kind == Event::Kind::kCommitted || event.kind == Event::Kind::kBlocked) continue;
    if (event.table == b) next_b = position(b, kB);
    if (event.table == s || event.table == q) restart_s();
    for (TableFlow& flow : flows) {
      if (flow.target == event.table) {
        flow.in_tail = false;
        flow.unread.clear();
      }
    }
  }
}

TableRows Life::rows_into(TableId table, const std::vector<int64_t>& ids) {
  TableRows rows;
  rows.table = table;
  if (!ids.empty()) rows.batches.push_back({rows_of(ids), nullptr});
  rows.counts.input = rows.counts.written = static_cast<int64_t>(ids.size());
  return rows;
}

void Life::tick() {
  std::vector<TableRows> out;
  if (!blocked(b)) {
    const int64_t to = std::min(input, next_b.value_or(0) + 30);
    if (to > next_b.value_or(0)) {
      out.push_back(tick_rows(b, kB, next_b, to));
      next_b = to;
    }
  }
  std::map<TableId, std::vector<int64_t>> fresh;  // what this tick adds to tails that are read
  if (!blocked(s) && !blocked(q)) run_s(out, fresh);
  for (TableFlow& flow : flows) {
    if (blocked(flow.target)) continue;
    run_table_flow(flow, out, fresh);
  }
  lake.live->publish(std::move(out));
}

void Life::run_s(std::vector<TableRows>& out, std::map<TableId, std::vector<int64_t>>& fresh) {
  const int64_t from = next_s.value_or(0);
  const int64_t to = std::min(input, from + 30);
  if (to == from) return;
  const auto ids = range(from, to);
  out.push_back(rows_into(s, only(ids, wanted_by_s)));
  out.back().moves.push_back({kS, next_s, to, {}});
  fresh[s] = only(ids, wanted_by_s);
  next_s = to;
  // The quarantine commits first and may be ahead.
  if (to > next_q.value_or(0)) {
    out.push_back(rows_into(q, only(range(std::max(from, next_q.value_or(0)), to), quarantined)));
    out.back().moves.push_back({kS, next_q, to, {}});
    next_q = to;
  }
}

void Life::run_table_flow(TableFlow& flow, std::vector<TableRows>& out,
                          std::map<TableId, std::vector<int64_t>>& fresh) {
  const auto view = lake.view(flow.source);
  TableRows rows;
  rows.table = flow.target;
  std::vector<int64_t> ids;
  bool at_tail = flow.in_tail;
  if (!flow.in_tail) {
    const auto from = position_of(flow);
    const int64_t version = view->snapshot->version().value();
    if (version < from.value_or(0)) return;  // it has read more than is shown yet
    if (version > from.value_or(0)) {
      const auto read = lake.live->read_added(
          flow.source, delta::Version(from.value_or(0)), delta::Version(version),
          [&](auto batch, auto, auto, auto) -> Status {
            IdCounts counts;
            count_rows(*batch, counts);
            std::ranges::copy(flat(counts), std::back_inserter(ids));
            return {};
          });
      if (!read) return;  // the store fails: next time
      rows.moves.push_back({flow.app_id, from, version, {}});
    }
    for (const auto& tail : {view->sealed, view->open}) {
      if (!tail) continue;
      IdCounts counts;
      for (const auto& batch : tail->batches) count_rows(*batch.rows, counts);
      std::ranges::copy(flat(counts), std::back_inserter(ids));
      at_tail = true;
    }
    flow.in_tail = true;
  }
  std::ranges::copy(flow.unread, std::back_inserter(ids));
  flow.unread.clear();
  if (const auto more = fresh.find(flow.source); more != fresh.end() && !more->second.empty()) {
    std::ranges::copy(more->second, std::back_inserter(ids));
    at_tail = true;
  }
  if (ids.empty() && rows.moves.empty()) return;
  if (rows.moves.empty() && lake.random.chance(1, 4)) {
    flow.unread = std::move(ids);  // over its time budget
    return;
  }
  const auto taken = only(ids, flow.wanted);
  if (!taken.empty()) rows.batches.push_back({rows_of(taken), nullptr});
  rows.counts.input = static_cast<int64_t>(ids.size());
  if (at_tail) rows.moves.push_back({flow.app_id, {}, 0, flow.source});
  fresh[flow.target] = taken;
  out.push_back(std::move(rows));
}

void Life::misfortune() {
  switch (lake.random.below(16)) {
    case 0: lake.store.outage(true); break;
    case 1:
    case 2: lake.store.outage(false); break;
    case 3:
      lake.store.set({.fail_before = 60, .answer_lost = 60, .request_lost = 60, .latency_ms = 0});
      break;
    case 4: lake.store.set({}); break;
    case 5: {
      static constexpr const char* kTables[] = {"silver/b/", "silver/q/", "silver/s/", "silver/t/"};
      lake.store.deny_puts(kTables[lake.random.below(4)]);
      break;
    }
    case 6:
    case 7: lake.store.deny_puts(""); break;
    case 8: {
      static constexpr const char* kTables[] = {"b", "s", "t"};
      const char* name = kTables[lake.random.below(3)];
      lake.foreign_append(name, {kForeign + 2 * foreign++});
      break;
    }
    case 9: former_owner(); break;
    case 10:
      if (lake.random.chance(1, 3)) crash();
      break;
    case 11:
      // The network ends in the middle of a group's commit: before a request, or behind it.
      if (lake.random.chance(1, 3)) {
        const bool behind = lake.random.chance(1, 2);
        lake.store.before_change([this, behind, left = 1 + lake.random.below(12)](auto) mutable {
          if (left == 0 || --left > 0) return;
          if (!behind) return lake.store.outage(true);
          lake.store.set(
              {.fail_before = 0, .answer_lost = 1000, .request_lost = 0, .latency_ms = 0});
        });
      }
      break;
    default: break;
  }
}

void Life::former_owner() {
  const delta::Table table(*lake.memory, "silver/b", lake.clock, lake.random);
  const auto stored = table.latest().value()->transaction_version(kB);
  const int64_t to = stored.value_or(0) + 3;
  if (to > input) return;
  // A committer beside may be faster.
  (void)lake.try_foreign_append("b", range(stored.value_or(0), to), {{kB, stored, to}});
}

void Life::crash() {
  lake.store.outage(true);
  lake.live.reset();
  heal();
  start();
}

void Life::heal() {
  lake.store.before_change(nullptr);
  lake.store.outage(false);
  lake.store.deny_puts("");
  lake.store.set({});
}

void Life::check_visible() {
  ASSERT_TRUE(is_prefix(b, nullptr));
  ASSERT_TRUE(is_prefix(s, wanted_by_s));
  ASSERT_TRUE(is_prefix(q, quarantined));
  for (const TableId id : {t, u}) {
    for (const auto& [row, count] : lake.seen(id)) {
      ASSERT_EQ(count, 1) << "row " << row << ", and there are" << standing();
    }
  }
}

std::string Life::standing() const {
  std::string text;
  for (const TableId id : {s, t, u}) {
    const auto view = lake.view(id);
    text += "\n" + view->name.name + " in version " +
            std::to_string(view->snapshot->version().value()) + " " + view->blocked;
    for (const auto& [app_id, position] : lake.live->positions(id)) {
      text += "\n  has read " + app_id + " up to " + std::to_string(position);
    }
    for (const auto& tail : {view->sealed, view->open}) {
      if (!tail) continue;
      IdCounts counts;
      for (const auto& batch : tail->batches) count_rows(*batch.rows, counts);
      text += tail == view->sealed ? "\n  sealed" : "\n  open";
      for (const int64_t row : flat(counts)) text += " " + std::to_string(row);
    }
  }
  return text;
}

bool Life::is_prefix(TableId table, bool (*wanted)(int64_t)) {
  const auto ids = flat(own(lake.seen(table)));
  const auto all = range(0, ids.empty() ? 0 : ids.back() + 1);
  return ids == (wanted ? only(all, wanted) : all);
}

void Life::finish() {
  heal();
  for (int i = 0; i < 400; ++i) {
    lake.clock.advance_ms(700);
    take_events();
    tick();
    if (lake.options.committer_threads > 0) std::this_thread::yield();
  }
  // A committer beside works in its own time.
  const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!settled() && std::chrono::steady_clock::now() < limit) {
    lake.clock.advance_ms(15'000);
    take_events(true);
    tick();
    (void)lake.live->drain(std::chrono::milliseconds(1));
    take_events(true);  // of the drain: what it discarded is to be read again
  }
}

bool Life::settled() const {
  for (const auto& stats : lake.live->stats()) {
    if (stats.tail_rows > 0) return false;
  }
  for (const TableFlow& flow : flows) {
    if (!flow.in_tail || !flow.unread.empty()) return false;
  }
  return next_b == input && next_s == input;
}

void Life::check_stored() {
  const auto all = range(0, input);
  EXPECT_EQ(own(lake.stored("b")), counts_of(all));
  EXPECT_EQ(own(lake.stored("s")), counts_of(only(all, wanted_by_s)));
  EXPECT_EQ(lake.stored("q"), counts_of(only(all, quarantined)));
  const auto in_s = flat(lake.stored("s"));
  std::vector<int64_t> in_t = only(in_s, wanted_by_t);
  EXPECT_EQ(own(lake.stored("t")), own(counts_of(in_t)));
  EXPECT_EQ(lake.stored("u"), lake.stored("t"));
}

uint64_t number_from(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

void live(uint64_t seed, int steps, int threads) {
  SCOPED_TRACE("FOZ_SEED=" + std::to_string(seed));
  Life life(seed, threads);
  for (int step = 0; step < steps; ++step) {
    life.input += static_cast<int64_t>(life.lake.random.below(20));
    life.lake.clock.advance_ms(static_cast<int64_t>(life.lake.random.below(200)));
    life.misfortune();
    life.take_events();
    life.tick();
    if (step % 10 == 0) life.check_visible();
    if (testing::Test::HasFatalFailure()) return;
  }
  life.finish();
  life.check_stored();
}

TEST(ExactlyOnce, InEveryLifeOfALake) {
  const uint64_t first = number_from("FOZ_SEED", Random::system_seed() % 1'000'000);
  const uint64_t lives = std::getenv("FOZ_SEED") ? 1 : number_from("FOZ_LIVES", 6);
  for (uint64_t seed = first; seed < first + lives; ++seed) {
    live(seed, 150, 0);
    if (HasFailure()) return;
  }
}

TEST(ExactlyOnce, WithACommitterBeside) { live(number_from("FOZ_SEED", 4711), 150, 1); }

}  // namespace
}  // namespace foz::table
