// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Random lives of a keyed table: a stream of changes, bad networks, other writers that append,
// delete and merge files, upkeep, crashes. Whatever happens, what is seen and what is stored is
// what a plain map says. FOZ_SEED=n replays one life, FOZ_LIVES=n lives longer.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "delta/maintenance.h"
#include "table/small_lake_internal.h"

namespace foz::table {
namespace {

constexpr char kInput[] = "foz/k/input/0";
constexpr int64_t kKeys = 60;
constexpr int64_t kOthers = 1'000'000;  // keys from here on are other writers'

struct Change {
  int64_t key, sequence;
  bool deletes;
  std::string text(int64_t offset) const { return fmt::format("{} at {}", sequence, offset); }
};

std::shared_ptr<arrow::Schema> tombstone_schema() {
  return arrow::schema({arrow::field("id", arrow::int64()),
                        arrow::field(kSequenceColumn, arrow::int64()),
                        arrow::field(kOriginColumn, arrow::int64())});
}
std::shared_ptr<arrow::Schema> keyed_schema() {
  return arrow::schema({arrow::field("id", arrow::int64()), arrow::field("text", arrow::utf8()),
                        arrow::field(kSequenceColumn, arrow::int64()),
                        arrow::field(kOriginColumn, arrow::int64())});
}

struct Rows {
  arrow::Int64Builder id, sequence, origin;
  arrow::StringBuilder text;
  void add(int64_t key, const std::string& words, std::optional<int64_t> order = {},
           int64_t offset = 0) {
    CHECK(id.Append(key).ok() && text.Append(words).ok());
    CHECK((order ? sequence.Append(*order) : sequence.AppendNull()).ok());
    CHECK((order ? origin.Append(offset) : origin.AppendNull()).ok());
  }
  std::shared_ptr<arrow::RecordBatch> rows() {
    const int64_t count = id.length();
    return arrow::RecordBatch::Make(
        keyed_schema(), count,
        {*id.Finish(), *text.Finish(), *sequence.Finish(), *origin.Finish()});
  }
  std::shared_ptr<arrow::RecordBatch> keys() {
    const int64_t count = id.length();
    return arrow::RecordBatch::Make(tombstone_schema(), count,
                                    {*id.Finish(), *sequence.Finish(), *origin.Finish()});
  }
};

using Seen = std::multimap<int64_t, std::string>;

void see(const arrow::RecordBatch& rows, const std::vector<bool>* gone, Seen& seen) {
  const auto& ids = static_cast<const arrow::Int64Array&>(*rows.GetColumnByName("id"));
  const auto& texts = static_cast<const arrow::StringArray&>(*rows.GetColumnByName("text"));
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    if (gone && (*gone)[static_cast<size_t>(row)]) continue;
    seen.emplace(ids.Value(row), texts.GetString(row));
  }
}

// `visit` gets each row's number in its file.
void each_row(const delta::Table& table, const delta::Snapshot& snapshot,
              const delta::AddFile& file,
              const std::function<void(int64_t number, int64_t id, std::string text)>& visit) {
  const auto read = delta::read_data_file(
      table, snapshot, file, {"id", "text", delta::kRowIndex}, [&](auto rows) -> Status {
        const auto& ids = static_cast<const arrow::Int64Array&>(*rows->column(0));
        const auto& texts = static_cast<const arrow::StringArray&>(*rows->column(1));
        const auto& numbers = static_cast<const arrow::Int64Array&>(*rows->column(2));
        for (int64_t row = 0; row < rows->num_rows(); ++row) {
          visit(numbers.Value(row), ids.Value(row), texts.GetString(row));
        }
        return {};
      });
  CHECK(read.has_value());
}

struct Life {
  explicit Life(uint64_t seed) : lake(seed) {
    lake.options.policy.interval = std::chrono::milliseconds(300);
    lake.options.policy.slow_interval = std::chrono::milliseconds(600);
    lake.options.policy.file_bytes = 2000;
    lake.options.upkeep.new_files = 6;
    start();
  }

  void start() {
    lake.open();
    TableSpec spec;
    spec.name = {"silver", "k__tombstones"};
    spec.role = Role::kState;
    spec.schema = tombstone_schema();
    tombstones = lake.live->ensure(spec).value();
    spec = {};
    spec.name = {"silver", "k"};
    spec.schema = keyed_schema();
    spec.keys = {"id"};
    spec.tombstones = tombstones;
    table = lake.live->ensure(spec).value();
    next = stored();
  }
  std::optional<int64_t> stored() const {
    const auto positions = lake.live->positions(table);
    const auto at = positions.find(kInput);
    return at == positions.end() ? std::nullopt : std::optional(at->second);
  }
  void border(bool all = false) {
    for (const Event& event : lake.live->at_border(all)) {
      if (event.kind == Event::Kind::kDiscarded || event.kind == Event::Kind::kUnblocked) {
        next = stored();
      }
    }
  }

  void tick() {
    const auto count = static_cast<int64_t>(lake.random.below(30));
    for (int64_t i = 0; i < count; ++i) {
      // Out of order by as much as twenty, and often equal.
      const auto at = static_cast<int64_t>(input.size());
      input.push_back({static_cast<int64_t>(lake.random.below(kKeys)),
                       at / 4 - static_cast<int64_t>(lake.random.below(5)),
                       lake.random.chance(1, 5)});
    }
    publish(static_cast<int64_t>(lake.random.below(40)));
  }
  void publish(int64_t most) {
    if (!lake.view(table)->blocked.empty()) return;
    const int64_t from = next.value_or(0);
    const int64_t to = std::min(static_cast<int64_t>(input.size()), from + most);
    if (to == from) return;
    Rows puts, deletes, remembered;
    bool any_put = false, any_delete = false;
    for (int64_t offset = from; offset < to; ++offset) {
      const Change& change = input[static_cast<size_t>(offset)];
      (change.deletes ? any_delete : any_put) = true;
      (change.deletes ? deletes : puts)
          .add(change.key, change.text(offset), change.sequence, offset);
    }
    TableRows rows;
    rows.table = table;
    rows.moves.push_back({kInput, next, to, {}});
    if (any_put) rows.batches.push_back({puts.rows(), nullptr});
    std::vector<TableRows> all;
    if (any_delete) {
      rows.deletes.push_back(deletes.keys());
      TableRows state;
      state.table = tombstones;
      state.batches.push_back({rows.deletes.front(), nullptr});
      all.push_back(std::move(state));
    }
    all.push_back(std::move(rows));
    lake.live->publish(std::move(all));
    next = to;
    reached = std::max(reached, to);
  }

  // What the first `changes` make, and what other writers have.
  Seen expected(int64_t changes) const {
    struct Newest {
      std::pair<int64_t, int64_t> order;
      std::optional<std::string> text;
    };
    std::map<int64_t, Newest> newest;
    auto erased = erasures.begin();
    for (int64_t offset = 0; offset <= changes; ++offset) {
      for (; erased != erasures.end() && erased->first == offset; ++erased) {
        newest.erase(erased->second);
      }
      if (offset == changes) break;
      const Change& change = input[static_cast<size_t>(offset)];
      const std::pair order(change.sequence, offset);
      Newest& known = newest.try_emplace(change.key, Newest{{INT64_MIN, 0}, {}}).first->second;
      if (order < known.order) continue;
      known.order = order;
      known.text = change.deletes ? std::nullopt : std::optional(change.text(offset));
    }
    Seen rows;
    for (const auto& [key, one] : newest) {
      if (one.text) rows.emplace(key, *one.text);
    }
    for (const int64_t key : others) rows.emplace(key, "other");
    return rows;
  }
  Seen in_table(const delta::SnapshotPtr& snapshot, const HiddenRows* hidden) {
    const delta::Table files(*lake.memory, "silver/k", lake.clock, lake.random);
    Seen seen;
    snapshot->each_file([&](const auto& file) {
      const auto gone = hidden ? hidden_rows(*hidden, file->path) : std::vector<int64_t>();
      each_row(files, *snapshot, *file, [&](int64_t number, int64_t id, std::string text) {
        if (!std::ranges::binary_search(gone, number)) seen.emplace(id, std::move(text));
      });
      return true;
    });
    return seen;
  }
  Seen visible() {
    const auto view = lake.view(table);
    Seen seen = in_table(view->snapshot, view->hidden.get());
    int64_t rows = view->snapshot->row_count().value() - (view->hidden ? view->hidden->rows : 0);
    for (const auto& tail : {view->sealed, view->open}) {
      if (!tail) continue;
      rows += tail->rows;
      for (const auto& batch : tail->batches) see(*batch.rows, batch.gone.get(), seen);
    }
    EXPECT_EQ(rows, static_cast<int64_t>(seen.size()));
    return seen;
  }
  // Of others one knows what they have done, but not when it is seen.
  static Seen own(Seen seen) {
    std::erase_if(seen, [](const auto& row) { return row.first >= kOthers; });
    return seen;
  }
  void check_visible() {
    // Deletions are remembered before the table has stored them.
    if (next.value_or(0) < reached || doubled) return;
    ASSERT_EQ(own(visible()), own(expected(next.value_or(0))));
  }

  void misfortune() {
    switch (lake.random.below(14)) {
      case 0: lake.store.outage(true); break;
      case 1:
      case 2: lake.store.outage(false); break;
      case 3:
        lake.store.set({.fail_before = 60, .answer_lost = 60, .request_lost = 60, .latency_ms = 0});
        break;
      case 4: lake.store.set({}); break;
      case 5:
      case 6: foreign_append(); break;
      case 7: foreign_delete(); break;
      case 8: foreign_merge(); break;
      case 9: quiet_delete(); break;
      case 10: double_a_key(); break;
      case 11: crash(); break;
      default: break;
    }
  }
  delta::Table foreign() { return {*lake.memory, "silver/k", lake.clock, lake.random}; }
  void append(std::shared_ptr<arrow::RecordBatch> rows) {
    delta::Table other = foreign();
    const auto snapshot = other.latest().value();
    delta::CommitRequest request;
    request.adds.push_back(
        delta::write_data_file(other, *snapshot, {rows}, {}, lake.random, lake.clock).value());
    CHECK(std::holds_alternative<delta::Committed>(other.commit(snapshot, request).value()));
  }
  void foreign_append() {
    Rows rows;
    for (int i = 0; i < 5; ++i) {
      others.insert(kOthers + made);
      rows.add(kOthers + made++, "other");
    }
    append(rows.rows());
  }
  // Rows for which `wanted` says so, one at most with `one`.
  std::vector<int64_t> remove(const std::function<bool(int64_t)>& wanted) {
    delta::Table other = foreign();
    const auto snapshot = other.latest().value();
    delta::CommitRequest request;
    std::vector<int64_t> removed;
    snapshot->each_file([&](const auto& file) {
      delta::RowDeletion deletion{file->path, {}};
      each_row(other, *snapshot, *file, [&](int64_t number, int64_t id, const std::string&) {
        if (!wanted(id)) return;
        deletion.rows.push_back(number);
        removed.push_back(id);
      });
      if (!deletion.rows.empty()) request.deletions.push_back(std::move(deletion));
      return true;
    });
    if (removed.empty()) return removed;
    CHECK(std::holds_alternative<delta::Committed>(other.commit(snapshot, request).value()));
    return removed;
  }
  void foreign_delete() {
    for (const int64_t id :
         remove([&](int64_t key) { return key >= kOthers && lake.random.chance(1, 3); })) {
      others.erase(id);
    }
  }
  void foreign_merge() {
    delta::Table other = foreign();
    CHECK(delta::optimize(other, other.latest().value(), {.target_bytes = 4000}, lake.random,
                          lake.clock, {})
              .has_value());
  }
  // Somebody deletes what the stream has made, and nobody remembers it.
  void quiet_delete() {
    if (!rest()) return;
    std::set<int64_t> deleted_once;
    for (const Change& change : input) {
      if (change.deletes) deleted_once.insert(change.key);
    }
    const int64_t at = stored().value_or(0);
    for (const int64_t id : remove([&](int64_t key) {
           return key < kKeys && !deleted_once.contains(key) && lake.random.chance(1, 2);
         })) {
      erasures.emplace_back(at, id);
    }
    const auto known = [&] { return lake.view(table)->snapshot->version(); };
    for (int i = 0; i < 60 && known() < foreign().latest().value()->version(); ++i) {
      lake.clock.advance_ms(2000);
      border();
    }
  }
  // Until the key's next change it is there twice, since Delta knows no keys.
  void double_a_key() {
    Rows rows;
    rows.add(static_cast<int64_t>(lake.random.below(kKeys)), "double");
    append(rows.rows());
    doubled = true;
  }
  void crash() {
    lake.store.outage(false);
    lake.store.set({});
    start();
  }
  void heal() {
    lake.store.outage(false);
    lake.store.set({});
  }
  // Everything is read and committed.
  bool rest() {
    heal();
    for (int i = 0; i < 60; ++i) {
      publish(1000);
      border(true);
      lake.clock.advance_ms(20000);
      if (stored().value_or(0) == static_cast<int64_t>(input.size()) &&
          !lake.live->committing(table)) {
        return true;
      }
    }
    ADD_FAILURE() << "it does not come to rest";
    return false;
  }
  void finish() {
    // Each key changes once more: of a double one all rows go.
    for (int64_t key = 0; key < kKeys; ++key) {
      input.push_back({key, 1'000'000, key % 3 == 0});
    }
    if (!rest()) return;
    const Seen all = expected(static_cast<int64_t>(input.size()));
    EXPECT_EQ(in_table(foreign().latest().value(), nullptr), all);
    lake.clock.advance_ms(20000);
    for (int i = 0; i < 6; ++i) border();
    EXPECT_EQ(visible(), all);
    start();
    EXPECT_EQ(visible(), all);
  }

  SmallLake lake;
  TableId table, tombstones;
  std::optional<int64_t> next;
  int64_t reached = 0;
  std::vector<Change> input;
  std::vector<std::pair<int64_t, int64_t>> erasures;  // (position, key)
  std::set<int64_t> others;
  int64_t made = 0;
  bool doubled = false;
};

void live(uint64_t seed) {
  SCOPED_TRACE(fmt::format("FOZ_SEED={}", seed));
  Life life(seed);
  for (int step = 0; step < 120 && !testing::Test::HasFatalFailure(); ++step) {
    life.tick();
    if (life.lake.random.chance(1, 4)) life.misfortune();
    life.border(life.lake.random.chance(1, 12));
    life.check_visible();
    life.lake.clock.advance_ms(100 + static_cast<int64_t>(life.lake.random.below(300)));
  }
  if (!testing::Test::HasFatalFailure()) life.finish();
}

// Keys of rows that were deleted are known as those of files that come.
TEST(KeyedTable, ReplacesRowsThatARestoreBroughtBack) {
  Life life(5);
  life.lake.options.upkeep.enabled = false;
  life.start();
  const auto change = [&](int64_t keys, int64_t sequence) {
    for (int64_t key = 0; key < keys; ++key) life.input.push_back({key, sequence, false});
    life.publish(1000);
    for (int i = 0; i < 5; ++i) {
      life.lake.clock.advance_ms(2000);
      life.border(true);
    }
  };
  change(10, 0);
  delta::Table other = life.foreign();
  const auto first = other.latest().value();
  change(5, 1);
  const auto back = delta::restore(other, other.latest().value(), first).value();
  for (int i = 0;
       i < 60 && life.lake.view(life.table)->snapshot->version() < back.snapshot->version(); ++i) {
    life.lake.clock.advance_ms(2000);
    life.border(true);
  }
  EXPECT_EQ(life.in_table(other.latest().value(), nullptr), life.expected(10));
  change(10, 2);
  EXPECT_EQ(life.in_table(other.latest().value(), nullptr), life.expected(25));
  EXPECT_EQ(life.visible(), life.expected(25));
}

// A merge does not make the stream wait: what a part deletes of the files that are being merged is
// deleted of the new ones.
TEST(KeyedTable, IsSealedWhileItsFilesAreMerged) {
  Life life(3);
  for (int i = 0; i < 150; ++i) {
    for (int change = 0; change < 10; ++change) {
      const auto key = static_cast<int64_t>(life.lake.random.below(kKeys));
      life.input.push_back({key, i, false});
    }
    life.publish(1000);
    life.border(true);
    life.lake.clock.advance_ms(500);
    life.check_visible();
  }
  for (int i = 0; i < 4; ++i) life.border(true);
  const auto stats = life.lake.live->stats()[1];
  EXPECT_EQ(stats.discards, 0);
  // It knows the files that there are, and some of those that were merged.
  EXPECT_LT(stats.index_files, stats.files + 25);
  int merges = 0, with_deleted = 0;
  const auto log = life.lake.memory->list("silver/k/_delta_log/").value();
  for (const auto& object : log) {
    if (!object.path.ends_with(".json") || object.path.contains("compacted")) continue;
    const auto bytes = life.lake.memory->get(object.path).value();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.contains("OPTIMIZE")) continue;
    ++merges;
    for (size_t at = text.find("{\"add\""); at < text.size(); at = text.find("{\"add\"", at + 1)) {
      with_deleted += text.substr(at, text.find('\n', at) - at).contains("deletionVector");
    }
  }
  EXPECT_GT(merges, 10);
  EXPECT_GT(with_deleted, 5);
  life.finish();
}

TEST(KeyedTable, AgreesWithAMap) {
  if (const char* seed = std::getenv("FOZ_SEED")) return live(std::strtoull(seed, nullptr, 10));
  const char* lives = std::getenv("FOZ_LIVES");
  const int count = lives ? std::atoi(lives) : 25;
  Random random(Random::system_seed());
  for (int i = 0; i < count && !testing::Test::HasFailure(); ++i) live(random.next());
}

}  // namespace
}  // namespace foz::table
