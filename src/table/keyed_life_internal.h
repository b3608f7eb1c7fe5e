// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A keyed table under a stream of changes and other writers, and the plain map that says what must
// be seen of it: for the tests of this room.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include "delta/change_feed.h"
#include "delta/maintenance.h"
#include "delta/rows.h"
#include "delta/whole_files.h"
#include "table/small_lake_internal.h"

namespace foz::table {

inline constexpr char kInput[] = "foz/k/input/0";
inline constexpr char kForeign[] = "others";
inline constexpr int64_t kKeys = 60;
inline constexpr int64_t kOthers = 1'000'000;  // keys from here on are other writers'
// Longer than the disorder of the changes, and much shorter than a life.
inline constexpr int64_t kForgetAfterMs = 4000;

struct Change {
  int64_t key, sequence;
  bool deletes;
  std::string text(int64_t offset) const { return fmt::format("{} at {}", sequence, offset); }
};

inline std::shared_ptr<arrow::Schema> tombstone_schema() {
  return arrow::schema(
      {arrow::field("id", arrow::int64()), arrow::field(kSequenceColumn, arrow::int64()),
       arrow::field(kOriginColumn, arrow::int64()),
       arrow::field(kDeletedAtColumn, arrow::timestamp(arrow::TimeUnit::MICRO, "UTC"))});
}
inline std::shared_ptr<arrow::Schema> keyed_schema() {
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
  std::shared_ptr<arrow::RecordBatch> keys(int64_t now_us) {
    const int64_t count = id.length();
    arrow::TimestampBuilder times(tombstone_schema()->field(3)->type(),
                                  arrow::default_memory_pool());
    for (int64_t row = 0; row < count; ++row) CHECK(times.Append(now_us).ok());
    return arrow::RecordBatch::Make(
        tombstone_schema(), count,
        {*id.Finish(), *sequence.Finish(), *origin.Finish(), *times.Finish()});
  }
};

using Seen = std::multimap<int64_t, std::string>;

inline void see(const arrow::RecordBatch& rows, const std::vector<bool>* gone, Seen& seen) {
  const auto& ids = static_cast<const arrow::Int64Array&>(*rows.GetColumnByName("id"));
  const auto& texts = static_cast<const arrow::StringArray&>(*rows.GetColumnByName("text"));
  for (int64_t row = 0; row < rows.num_rows(); ++row) {
    if (gone && (*gone)[static_cast<size_t>(row)]) continue;
    seen.emplace(ids.Value(row), texts.GetString(row));
  }
}

// `visit` gets each row's number in its file.
inline void each_row(
    const delta::Table& table, const delta::Snapshot& snapshot, const delta::AddFile& file,
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
  explicit Life(uint64_t seed,
                std::unique_ptr<store::ObjectStore> under = store::make_memory_store())
      : lake(seed, std::move(under)), fed(seed % 3 == 0) {
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
    if (!fed) spec.properties["delta.enableDeletionVectors"] = "true";
    tombstones = lake.live->ensure(spec).value();
    spec = {};
    spec.name = {"silver", "k"};
    spec.schema = keyed_schema();
    if (fed) spec.properties["delta.enableChangeDataFeed"] = "true";
    spec.keys = {"id"};
    spec.tombstones = tombstones;
    spec.forget_after_ms = kForgetAfterMs;
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
      const int64_t late = in_order ? 0 : static_cast<int64_t>(lake.random.below(5));
      input.push_back({static_cast<int64_t>(lake.random.below(kKeys)), at / 4 - late,
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
      rows.deletes.push_back(deletes.keys(lake.clock.now_us()));
      TableRows state;
      state.table = tombstones;
      state.batches.push_back({rows.deletes.front(), nullptr});
      all.push_back(std::move(state));
    }
    if (to == static_cast<int64_t>(input.size())) rows.complete_ms = lake.clock.now_ms();
    all.push_back(std::move(rows));
    lake.live->publish(std::move(all));
    next = to;
    reached = std::max(reached, to);
  }

  // One change, published and committed.
  void change(int64_t key, int64_t sequence, bool deletes = false) {
    input.push_back({key, sequence, deletes});
    publish(1000);
    for (int i = 0; i < 3; ++i) border(true);
  }

  // What the first `changes` make, and what other writers have, as far as a version may know.
  Seen expected(int64_t changes, delta::Version shown = delta::Version{INT64_MAX}) const {
    struct Newest {
      std::pair<int64_t, int64_t> order;
      std::optional<std::string> text;
    };
    std::map<int64_t, Newest> newest;
    auto erased = erasures.begin();
    auto back = restored.begin();
    for (int64_t offset = 0; offset <= changes; ++offset) {
      for (; back != restored.end() && back->at == offset && back->version <= shown; ++back) {
        newest.clear();
        for (const auto& [key, text] : back->rows) newest[key] = {{INT64_MIN, 0}, text};
      }
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
  static std::string unlike(const Seen& found, const Seen& wanted) {
    std::vector<Seen::value_type> missing, more;
    std::ranges::set_difference(wanted, found, std::back_inserter(missing));
    std::ranges::set_difference(found, wanted, std::back_inserter(more));
    std::string out;
    for (const auto& [key, text] : missing) out += fmt::format("-{} {}\n", key, text);
    for (const auto& [key, text] : more) out += fmt::format("+{} {}\n", key, text);
    return out;
  }
  // What all changes make, one version after the other.
  Seen of_the_feed() {
    struct Version {
      Seen gone, come;
      std::multiset<int64_t> before, after;  // keys of rows that were updated
    };
    std::map<int64_t, Version> versions;
    const delta::Table files = foreign();
    const auto feed = delta::ChangeFeed::open(files, delta::Version{0}).value();
    const auto read = feed.read({"id", "text"}, [&](auto rows) -> Status {
      const auto& ids = static_cast<const arrow::Int64Array&>(*rows->column(0));
      const auto& texts = static_cast<const arrow::StringArray&>(*rows->column(1));
      const auto& kinds = static_cast<const arrow::StringArray&>(*rows->column(2));
      const auto& numbers = static_cast<const arrow::Int64Array&>(*rows->column(3));
      for (int64_t row = 0; row < rows->num_rows(); ++row) {
        Version& version = versions[numbers.Value(row)];
        const std::string_view kind = kinds.GetView(row);
        const bool comes = kind == "insert" || kind == "update_postimage";
        (comes ? version.come : version.gone).emplace(ids.Value(row), texts.GetString(row));
        if (kind == "update_preimage") version.before.insert(ids.Value(row));
        if (kind == "update_postimage") version.after.insert(ids.Value(row));
      }
      return {};
    });
    EXPECT_TRUE(read.has_value());
    Seen all;
    for (const auto& [number, version] : versions) {
      EXPECT_EQ(version.before, version.after) << "version " << number;
      for (const auto& row : version.gone) {
        const auto [first, last] = all.equal_range(row.first);
        const auto at = std::find(first, last, row);
        EXPECT_TRUE(at != last) << "version " << number << ", key " << row.first;
        if (at != last) all.erase(at);
      }
      for (const auto& row : version.come) {
        EXPECT_TRUE(doubled || version.after.contains(row.first) || !all.contains(row.first))
            << "version " << number << " inserts key " << row.first << " which is there";
        all.insert(row);
      }
    }
    return all;
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
    const auto shown = lake.view(table)->snapshot->version();
    ASSERT_EQ(own(visible()), own(expected(next.value_or(0), shown)));
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
      case 7: foreign_delete(lake.random.chance(1, 2)); break;
      case 8: foreign_merge(); break;
      case 9: quiet_delete(); break;
      case 10: double_a_key(); break;
      case 11: crash(); break;
      default: break;
    }
  }
  delta::Table foreign() { return {*lake.memory, "silver/k", lake.clock, lake.random}; }
  // `then` says what a commit of another writer makes of the map. When the machine has crashed
  // under it, the table itself tells whether it was committed.
  void commit_foreign(delta::Table& other, const delta::SnapshotPtr& base,
                      delta::CommitRequest request, std::function<void()> then) {
    unsettled = {base->transaction_version(kForeign).value_or(0) + 1, std::move(then)};
    request.positions.push_back({kForeign, base->transaction_version(kForeign), unsettled->number});
    const auto outcome = other.commit(base, request);
    if (!outcome) return;
    CHECK(std::holds_alternative<delta::Committed>(*outcome));
    std::exchange(unsettled, std::nullopt)->then();
  }
  void settle_foreign() {
    if (!unsettled) return;
    const auto last = foreign().latest().value()->transaction_version(kForeign);
    if (last == unsettled->number) unsettled->then();
    unsettled.reset();
  }
  void append(std::shared_ptr<arrow::RecordBatch> rows, std::function<void()> then) {
    delta::Table other = foreign();
    const auto snapshot = other.latest();
    if (!snapshot) return;
    delta::CommitRequest request;
    auto file = delta::write_data_file(other, **snapshot, {rows}, {}, lake.random, lake.clock);
    if (!file) return;
    request.adds.push_back(*std::move(file));
    commit_foreign(other, *snapshot, std::move(request), std::move(then));
  }
  void foreign_append() {
    Rows rows;
    std::vector<int64_t> keys;
    for (int i = 0; i < 5; ++i) {
      keys.push_back(kOthers + made++);
      rows.add(keys.back(), "other");
    }
    append(rows.rows(), [this, keys] { others.insert(keys.begin(), keys.end()); });
  }
  // Rows for which `wanted` says so, with their files written anew or by deletion vectors.
  void remove(bool copies, const std::function<bool(int64_t)>& wanted,
              const std::function<void(int64_t id)>& removed) {
    delta::Table other = foreign();
    const auto snapshot = other.latest();
    if (!snapshot) return;
    delta::CommitRequest request;
    std::vector<int64_t> ids;
    (*snapshot)->each_file([&](const auto& file) {
      delta::RowDeletion deletion{file->path, {}};
      each_row(other, **snapshot, *file, [&](int64_t number, int64_t id, const std::string&) {
        if (!wanted(id)) return;
        deletion.rows.push_back(number);
        ids.push_back(id);
      });
      if (!deletion.rows.empty()) request.deletions.push_back(std::move(deletion));
      return true;
    });
    if (ids.empty()) return;
    const delta::RowWriter writer{other, *snapshot, lake.random, lake.clock};
    auto changes = delta::change_rows(writer, {.deleted = request.deletions});
    if (!changes) return;
    request = *std::move(changes);
    if (copies && !delta::copy_on_write(writer, request)) return;
    commit_foreign(other, *snapshot, std::move(request), [ids, removed] {
      for (const int64_t id : ids) removed(id);
    });
  }
  void foreign_delete(bool copies) {
    remove(
        copies, [&](int64_t key) { return key >= kOthers && lake.random.chance(1, 3); },
        [this](int64_t id) { others.erase(id); });
  }
  void foreign_merge() {
    delta::Table other = foreign();
    const auto snapshot = other.latest();
    if (!snapshot) return;
    const auto merged =
        delta::optimize(other, *snapshot, {.target_bytes = 4000}, lake.random, lake.clock, {});
    CHECK(merged.has_value() || may_fail);
  }
  // Back to one of its versions.
  void foreign_restore() {
    delta::Table other = foreign();
    const auto latest = other.latest().value();
    const auto versions = static_cast<uint64_t>(latest->version().value()) + 1;
    const delta::Version to{static_cast<int64_t>(lake.random.below(versions))};
    const auto target = other.at(to).value();
    const auto back = delta::restore(other, latest, target).value().snapshot;
    if (back->version() == latest->version()) return;  // it is so already
    restored.push_back({back->transaction_version(kInput).value_or(0), back->version(),
                        in_table(target, nullptr)});
  }
  // Before some of the commits, so that they lose.
  void race(const std::function<void()>& other_writer) {
    lake.store.before_change([this, other_writer](std::string_view path) {
      if (!path.starts_with("silver/k/_delta_log/") || !path.ends_with(".json")) return;
      if (lake.random.chance(1, 8)) other_writer();
    });
  }
  void race() {
    race([this] {
      switch (lake.random.below(4)) {
        case 0: return foreign_append();
        case 1: return foreign_merge();
        default: return foreign_delete(lake.random.chance(1, 2));
      }
    });
  }
  // Somebody deletes what the stream has made, and nobody remembers it.
  void quiet_delete() {
    if (!rest()) return;
    std::set<int64_t> deleted_once;
    for (const Change& change : input) {
      if (change.deletes) deleted_once.insert(change.key);
    }
    const int64_t at = stored().value_or(0);
    remove(
        lake.random.chance(1, 2),
        [&](int64_t key) {
          return key < kKeys && !deleted_once.contains(key) && lake.random.chance(1, 2);
        },
        [this, at](int64_t id) { erasures.emplace_back(at, id); });
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
    append(rows.rows(), [this] { doubled = true; });
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
    lake.store.before_change({});
    // Each key changes once more: of a double one all rows go.
    for (int64_t key = 0; key < kKeys; ++key) {
      input.push_back({key, 1'000'000, key % 3 == 0});
    }
    if (!rest()) return;
    const Seen all = expected(static_cast<int64_t>(input.size()));
    EXPECT_EQ(unlike(in_table(foreign().latest().value(), nullptr), all), "");
    if (fed) {
      EXPECT_EQ(unlike(of_the_feed(), all), "");
    }
    lake.clock.advance_ms(20000);
    for (int i = 0; i < 6; ++i) border();
    EXPECT_EQ(visible(), all);
    start();
    EXPECT_EQ(visible(), all);
  }

  SmallLake lake;
  const bool fed;  // the table has a change data feed
  TableId table, tombstones;
  std::optional<int64_t> next;
  int64_t reached = 0;
  std::vector<Change> input;
  bool in_order = false;                              // no change comes late
  std::vector<std::pair<int64_t, int64_t>> erasures;  // (position, key)
  struct Restored {
    int64_t at;  // the table's position
    delta::Version version;
    Seen rows;
  };
  std::vector<Restored> restored;
  std::set<int64_t> others;
  int64_t made = 0;
  bool doubled = false;
  struct Unsettled {
    int64_t number;
    std::function<void()> then;
  };
  std::optional<Unsettled> unsettled;
  bool may_fail = false;  // the machine crashes
};

}  // namespace foz::table
