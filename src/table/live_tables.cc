// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/live_tables.h"

#include <arrow/record_batch.h>

#include <algorithm>
#include <thread>

#include "base/logging.h"
#include "base/thread.h"
#include "delta/data_file.h"
#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

constexpr size_t kOpenThreads = 16;
constexpr int kSmallCommitters = 4;
constexpr int kUpkeepNice = 15;

std::function<void()> standing_back(int nice) {
  if (nice == 0) return {};
  return [nice] { stand_back(nice); };
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool is_folder_of_tables(std::string_view name) {
  return name.size() > 1 && name.ends_with('/') && name[0] != '_' && name[0] != '.';
}

}  // namespace

LiveTables::Impl::Impl(LiveTablesOptions given, store::ObjectStore& s, const Clock& c, Random& r,
                       Metrics& m)
    : options(given),
      store(s),
      clock(c),
      random(r),
      metrics(m),
      tail_gauge(m.gauge("foz_tail_bytes", "Memory of all hot tails.")),
      waiting_gauge(m.gauge("foz_commits_waiting",
                            "Seals that could not be committed and wait for another attempt.")),
      budget(given.policy.commits_per_second, c.steady()),
      next_follow(c.steady() + given.refresh_interval),
      current(std::make_shared<Root>()),
      committers("committer", given.committer_threads, standing_back(given.committer_nice)),
      small_committers("committer-small", given.committer_threads > 0 ? kSmallCommitters : 0,
                       standing_back(given.committer_nice)),
      followers("follower", given.committer_threads > 0 ? 1 : 0,
                standing_back(given.committer_nice)),
      keepers("upkeep", given.committer_threads > 0 ? 1 : 0, standing_back(kUpkeepNice)) {}

Result<std::unique_ptr<LiveTables>> LiveTables::open(LiveTablesOptions options,
                                                     store::ObjectStore& store, const Clock& clock,
                                                     Random& random, Metrics& metrics) {
  auto impl = std::make_unique<Impl>(options, store, clock, random, metrics);
  std::vector<TableName> names;
  std::vector<TableState> found;
  for (std::string schema : TRY(store.list_names("").within("finding tables"))) {
    if (!is_folder_of_tables(schema)) continue;
    for (std::string name : TRY(store.list_names(schema).within("finding tables"))) {
      if (name == kSchemaMark) found.push_back(schema_alone(schema.substr(0, schema.size() - 1)));
      if (!is_folder_of_tables(name)) continue;
      name.pop_back();
      names.push_back({schema.substr(0, schema.size() - 1), std::move(name)});
    }
  }
  // An object store answers in tens of milliseconds: all tables are asked side by side.
  std::vector<std::shared_ptr<delta::Table>> tables(names.size());
  std::vector<Result<delta::SnapshotPtr>> latest(names.size());
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i = next++; i < names.size(); i = next++) {
      tables[i] = std::make_shared<delta::Table>(store, names[i].schema + "/" + names[i].name,
                                                 clock, random);
      latest[i] = tables[i]->latest();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < std::min(kOpenThreads, names.size()); ++i) threads.emplace_back(work);
    work();
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (!latest[i] && latest[i].error().code() == ErrorCode::kNotFound) continue;
    TableState table;
    table.name = names[i];
    table.table = tables[i];
    if (latest[i]) {
      impl->set_snapshot(table, *latest[i]);
    } else {
      table.blocked = latest[i].error().message();
      log_warn("table", "a table cannot be read",
               {{"table", table.name.to_string()}, {"reason", table.blocked}});
    }
    found.push_back(std::move(table));
  }
  impl->add_tables(std::move(found));
  return std::unique_ptr<LiveTables>(new LiveTables(std::move(impl)));
}

LiveTables::LiveTables(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
LiveTables::~LiveTables() { impl_->stopping = true; }

std::shared_ptr<const Root> LiveTables::root() const { return impl_->root(); }

Result<TableId> LiveTables::ensure(const TableSpec& spec) {
  return impl_->ensure(spec).within("table " + spec.name.to_string());
}

std::map<std::string, int64_t> LiveTables::positions(TableId table) const {
  std::map<std::string, int64_t> positions;
  const auto snapshot = [&] {
    std::lock_guard lock(impl_->mutex);
    return impl_->state(table).snapshot;
  }();
  if (!snapshot) return positions;
  for (const auto& transaction : snapshot->transactions()) {
    if (transaction.app_id.starts_with("foz/")) {
      positions.emplace(transaction.app_id, transaction.version);
    }
  }
  return positions;
}

int64_t LiveTables::last_origin(TableId table) const {
  std::lock_guard lock(impl_->mutex);
  const auto& keyed = impl_->state(table).keyed;
  return keyed ? keyed->last_origin() : -1;
}

int64_t LiveTables::room() const {
  std::lock_guard lock(impl_->mutex);
  int64_t pinned = 0;
  std::erase_if(impl_->pinned, [](const auto& held) { return held.lease.expired(); });
  for (const auto& held : impl_->pinned) pinned += held.bytes;
  return std::max<int64_t>(0, impl_->options.tail_budget_bytes - impl_->tail_bytes() - pinned);
}

void LiveTables::publish(std::vector<TableRows> tick) { impl_->publish(std::move(tick)); }

std::vector<Event> LiveTables::at_border(bool all) { return impl_->at_border(all); }

std::chrono::steady_clock::time_point LiveTables::next_due() const {
  const auto now = impl_->clock.steady();
  {
    std::lock_guard lock(impl_->results_mutex);
    if (!impl_->finished.empty() || !impl_->followed.empty() || !impl_->kept_up.empty() ||
        !impl_->asked.empty()) {
      return now;
    }
  }
  std::lock_guard lock(impl_->mutex);
  if (!impl_->pending_events.empty()) return now;
  auto due = impl_->following ? Impl::Time::max() : impl_->next_follow;
  for (const auto& job : impl_->waiting) due = std::min(due, job->retry_at);
  due = std::min(due, std::max(now, impl_->seal_at()));
  return due;
}

void LiveTables::on_work(std::function<void()> wake) {
  std::lock_guard lock(impl_->results_mutex);
  impl_->wake = std::move(wake);
}

bool LiveTables::committing(TableId table) const {
  std::lock_guard lock(impl_->mutex);
  const auto at = impl_->group_of.find(table);
  if (at == impl_->group_of.end()) return false;
  return std::ranges::any_of(impl_->groups[at->second],
                             [&](TableId id) { return impl_->state(id).busy; });
}

bool LiveTables::Impl::settle(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const Time until = clock.steady() + limit;
  for (int round = 0; !done(); ++round) {
    const Time now = clock.steady();
    if (now >= until) return false;
    if (options.committer_threads == 0) {
      // A clock that stands still would never end the wait for another attempt.
      if (round == 8) return false;
    } else {
      std::unique_lock lock(results_mutex);
      progressed.wait_for(
          lock, std::min<std::chrono::nanoseconds>(until - now, std::chrono::milliseconds(20)));
    }
    for (Event& event : at_border(true)) pending_events.push_back(std::move(event));
  }
  return true;
}

Status LiveTables::drain(std::chrono::milliseconds limit) {
  const auto holds_rows = [](const TableState& table) { return !table.open.empty() || table.busy; };
  const auto left = [&] {
    std::string names;
    for (const TableState& table : impl_->tables) {
      if (!holds_rows(table)) continue;
      names += (names.empty() ? "" : ", ") + table.name.to_string();
      if (!table.blocked.empty()) names += " (blocked: " + table.blocked + ")";
    }
    return names;
  };
  // Also what the last commits left to be done: their events are the caller's.
  for (Event& event : impl_->at_border(true)) impl_->pending_events.push_back(std::move(event));
  // Nobody waits for a blocked table: its rows are replayed at the next start.
  const auto hopes = [&](const TableState& table) {
    return holds_rows(table) && table.blocked.empty();
  };
  impl_->settle([&] { return std::ranges::none_of(impl_->tables, hopes); }, limit);
  const std::string names = left();
  if (names.empty()) return {};
  return Error(ErrorCode::kUnavailable, "not committed: " + names);
}

Status LiveTables::read_added(TableId id, delta::Version from, delta::Version to,
                              const VisitAdded& visit) const {
  const auto view = root()->tables[static_cast<size_t>(id.value())];
  if (!view->snapshot) {
    return Error(ErrorCode::kUnavailable, view->name.to_string() + ": " + view->blocked);
  }
  const auto versions = TRY(view->table->changes(from, to));
  for (const auto& version : versions) {
    if (version.removed_rows) {
      return invalid(view->name.to_string() + ": version " +
                     std::to_string(version.version.value()) +
                     " removed rows, and a stream follows only rows that are added");
    }
  }
  for (const auto& version : versions) {
    for (const auto& file : version.added) {
      int64_t row = 0;
      TRY(delta::read_data_file(*view->table, *view->snapshot, *file, {},
                                [&](std::shared_ptr<arrow::RecordBatch> rows) -> Status {
                                  const int64_t first = std::exchange(row, row + rows->num_rows());
                                  return visit(std::move(rows), version.version, file->path, first);
                                }));
    }
  }
  return {};
}

std::vector<LiveTables::Stats> LiveTables::stats() const {
  std::lock_guard lock(impl_->mutex);
  std::vector<Stats> all;
  for (const TableState& table : impl_->tables) {
    if (table.name.name.empty()) continue;  // dropped, or a schema alone
    Stats stats;
    stats.name = table.name;
    if (table.snapshot) {
      stats.version = table.snapshot->version().value();
      stats.files = static_cast<int64_t>(table.snapshot->file_count());
      stats.bytes = table.snapshot->total_bytes();
    }
    for (const auto& tail : {table.sealed, table.open.tail}) {
      if (!tail) continue;
      stats.tail_rows += tail->rows;
      stats.tail_bytes += tail->bytes;
    }
    stats.commits = table.commits;
    stats.discards = table.discards;
    stats.counts = table.counts;
    stats.last_commit_s = table.last_commit_s;
    if (table.freshness) {
      stats.freshness_p50_s = table.freshness->quantile(0.5);
      stats.freshness_p99_s = table.freshness->quantile(0.99);
    }
    stats.blocked = table.blocked;
    if (table.keyed) {
      stats.keys = static_cast<int64_t>(table.keyed->keys());
      stats.index_bytes = table.keyed->bytes();
      stats.index_files = static_cast<int64_t>(table.keyed->files());
      stats.late_changes = table.keyed->late();
      stats.remembered_deletions = static_cast<int64_t>(table.keyed->deletions());
    }
    all.push_back(std::move(stats));
  }
  return all;
}

// --- state

void LiveTables::Impl::add_tables(std::vector<TableState> fresh) {
  auto ids = current->ids
                 ? std::make_shared<std::unordered_map<std::string, TableId>>(*current->ids)
                 : std::make_shared<std::unordered_map<std::string, TableId>>();
  auto root = std::make_shared<Root>(*current);
  ++root->number;
  for (TableState& table : fresh) {
    table.id = TableId(static_cast<int32_t>(root->tables.size()));
    if (!table.name.name.empty()) ids->emplace(lower(table.name.to_string()), table.id);
    root->tables.push_back(view_of(table));
  }
  root->ids = std::move(ids);
  {
    std::lock_guard lock(mutex);
    std::ranges::move(fresh, std::back_inserter(tables));
  }
  show(std::move(root));
}

void LiveTables::Impl::register_metrics(TableState& table) {
  const Labels labels{{"table", table.name.to_string()}};
  table.freshness = &metrics.histogram(
      "foz_freshness_seconds", "From durable in the log to visible in SQL, by row.", labels);
  table.commit_seconds =
      &metrics.histogram("foz_commit_seconds", "Files and Delta commit of one seal.", labels);
  table.rows_written =
      &metrics.counter("foz_committed_rows_total", "Rows committed to Delta.", labels);
  table.bytes_written =
      &metrics.counter("foz_committed_bytes_total", "Bytes of data files committed.", labels);
  table.commits_made = &metrics.counter("foz_commits_total", "Delta commits.", labels);
  table.discards_made =
      &metrics.counter("foz_discarded_tails_total", "Tails discarded and replayed.", labels);
  if (!table.keyed) return;
  table.late_changes = &metrics.counter(
      "foz_late_changes_total",
      "Changes left out since a newer one of their key was known (AUTO CDC).", labels);
  table.deletions = &metrics.gauge(
      "foz_remembered_deletions",
      "Keys that were deleted and for which changes may still come late (AUTO CDC).", labels);
}

void LiveTables::Impl::set_snapshot(TableState& table, delta::SnapshotPtr snapshot) {
  table.schema = snapshot->arrow_schema();
  const bool anew = table.snapshot && snapshot->version() < table.snapshot->version();
  if (!table.snapshot || anew) table.log_kept_to = snapshot->version();
  table.snapshot = std::move(snapshot);
}

std::shared_ptr<const TableView> LiveTables::Impl::view_of(const TableState& table) const {
  auto view = std::make_shared<TableView>();
  view->id = table.id;
  view->name = table.name;
  view->role = table.role;
  view->table = table.table;
  view->snapshot = table.snapshot;
  view->schema = table.schema;
  view->sealed = table.sealed && table.sealed->rows > 0 ? table.sealed : nullptr;
  view->open = table.open.tail && table.open.tail->rows > 0 ? table.open.tail : nullptr;
  if (table.keyed) view->hidden = table.keyed->hidden();
  view->blocked = table.blocked;
  return view;
}

// The caller may hold `mutex`; readers of the root never do.
void LiveTables::Impl::swap_root(const Ids& changed) {
  if (changed.empty()) return;
  auto root = std::make_shared<Root>(*current);
  ++root->number;
  for (const TableId id : changed) {
    root->tables[static_cast<size_t>(id.value())] = view_of(state(id));
  }
  show(std::move(root));
}

void LiveTables::Impl::tally(const TableState& table, int64_t sign) {
  if (table.sealed) sealed_bytes += sign * table.sealed->bytes;
  if (table.open.tail) open_bytes += sign * table.open.tail->bytes;
  open_input_rows += sign * table.open.counts.input;
}

}  // namespace foz::table
