// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Writers beside the flows, in this process: SQL. They commit to Delta as any other writer does,
// and ask the tick thread for the rest, since it alone changes the state.
#include <algorithm>
#include <future>

#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

// How soon what was found is looked at anew when the table was busy committing, and whether
// somebody still waits.
constexpr std::chrono::milliseconds kAgain{50};

const TableView& view_in(const Root& root, TableId id) {
  return *root.tables[static_cast<size_t>(id.value())];
}

bool holds(const std::shared_ptr<const Tail>& tail, const std::shared_ptr<const void>& lease) {
  return tail && lease && tail->lease == lease;
}

Error stopped() { return Error(ErrorCode::kCancelled, "nobody waits for it any more"); }

std::string mark_of(const std::string& schema) { return schema + "/" + kSchemaMark; }

}  // namespace

std::shared_ptr<const Root> LiveTables::Impl::root() const {
  std::lock_guard lock(root_mutex);
  return current;
}

void LiveTables::Impl::show(std::shared_ptr<const Root> root) {
  {
    std::lock_guard lock(root_mutex);
    std::swap(current, root);
  }
  root_moved.notify_all();
}

Result<std::shared_ptr<const Root>> LiveTables::Impl::wait_root(
    const std::function<bool(const Root&)>& good, Time until, const std::stop_token& stop,
    const std::string& what) {
  std::unique_lock lock(root_mutex);
  while (true) {
    const auto seen = current;
    lock.unlock();
    if (good(*seen)) return seen;
    if (stop.stop_requested()) return stopped();
    const Time now = clock.steady();
    if (now >= until || ticks_are_over) return Error(ErrorCode::kUnavailable, what);
    lock.lock();
    if (current == seen) root_moved.wait_for(lock, std::min<Time::duration>(until - now, kAgain));
  }
}

void LiveTables::Impl::ask(std::function<void()> work) {
  report([&] { asked.push_back(std::move(work)); });
}

Status LiveTables::Impl::at_a_border(std::function<Status()> work, const Patience& patience,
                                     Run run) {
  struct Asked {
    std::mutex mutex;
    bool given_up = false;
    std::promise<Status> done;
  };
  const auto asked_for = std::make_shared<Asked>();
  auto outcome = asked_for->done.get_future();
  ask([asked_for, work = std::move(work)] {
    const std::lock_guard lock(asked_for->mutex);
    if (!asked_for->given_up) asked_for->done.set_value(work());
  });
  const Time until = clock.steady() + patience.limit;
  while (outcome.wait_for(kAgain) != std::future_status::ready) {
    if (clock.steady() >= until || ticks_are_over || patience.stop.stop_requested()) break;
  }
  const std::lock_guard lock(asked_for->mutex);
  if (outcome.wait_for(std::chrono::seconds(0)) == std::future_status::ready) return outcome.get();
  asked_for->given_up = run == Run::kInTime;
  if (patience.stop.stop_requested()) return stopped();
  return Error(ErrorCode::kUnavailable, "the stream did not come to a border between two ticks");
}

Result<std::shared_ptr<const Root>> LiveTables::settled(TableId id,
                                                        const Patience& patience) const {
  const auto first = impl_->root();
  const TableView& before = view_in(*first, id);
  if (!before.snapshot) return Error(ErrorCode::kNotFound, "the table is gone");
  const auto sealed = before.sealed ? before.sealed->lease : nullptr;
  const auto open = before.open ? before.open->lease : nullptr;
  if (!sealed && !open) return first;
  impl_->ask([impl = impl_.get(), id] {
    std::lock_guard lock(impl->mutex);
    TableState& table = impl->state(id);
    if (table.open.empty()) return;
    table.seal_now = true;
    impl->touch(id);
  });
  const auto gone = [&](const Root& root) {
    const TableView& view = view_in(root, id);
    if (!view.blocked.empty()) return true;
    return !holds(view.sealed, sealed) && !holds(view.sealed, open) && !holds(view.open, open);
  };
  auto root = TRY(impl_->wait_root(
      gone, impl_->clock.steady() + patience.limit, patience.stop,
      before.name.to_string() + ": rows that streamed in could not be committed in time"));
  const TableView& view = view_in(*root, id);
  if (!view.blocked.empty()) {
    return Error(ErrorCode::kUnavailable, view.name.to_string() + " is blocked: " + view.blocked);
  }
  return root;
}

Result<std::shared_ptr<const Root>> LiveTables::shown(TableId id, delta::Version version,
                                                      const Patience& patience) const {
  const auto until = impl_->clock.steady() + patience.limit;
  while (true) {
    const auto root = impl_->root();
    const TableView& view = view_in(*root, id);
    if (!view.snapshot) return Error(ErrorCode::kNotFound, view.name.to_string() + " is gone");
    if (view.snapshot->version() >= version) return root;
    if (patience.stop.stop_requested()) return stopped();
    if (impl_->clock.steady() >= until) {
      return Error(ErrorCode::kUnavailable,
                   view.name.to_string() + ": the new version was not taken over in time");
    }
    const auto keys = [&]() -> std::optional<KeySpec> {
      std::lock_guard lock(impl_->mutex);
      const TableState& table = impl_->state(id);
      return table.keyed ? std::optional(table.keyed->spec()) : std::nullopt;
    }();
    auto found = Impl::look(id, *view.table, view.snapshot, true, keys);
    impl_->report([&] { impl_->followed.push_back(std::move(found)); });
    // A table that is committing is told again.
    (void)impl_->wait_root(
        [&](const Root& next) { return view_in(next, id).snapshot != view.snapshot; },
        std::min(until, impl_->clock.steady() + kAgain), patience.stop, "");
  }
}

void LiveTables::end_waits() {
  impl_->ticks_are_over = true;
  impl_->root_moved.notify_all();
}

Status LiveTables::adopt(const TableName& name, std::shared_ptr<delta::Table> table,
                         delta::SnapshotPtr snapshot, const Patience& patience) const {
  return impl_->at_a_border(
      [impl = impl_.get(), name, table = std::move(table),
       snapshot = std::move(snapshot)]() -> Status {
        if (impl->current->find(name.schema, name.name)) return {};  // a flow was as quick
        std::vector<TableState> one(1);
        one[0].name = name;
        one[0].table = table;
        impl->set_snapshot(one[0], snapshot);
        impl->add_tables(std::move(one));
        return {};
      },
      patience, Impl::Run::kLate);
}

Status LiveTables::forget(TableId id, const Patience& patience) const {
  return impl_->at_a_border(
      [impl = impl_.get(), id]() -> Status {
        auto root = std::make_shared<Root>(*impl->current);
        {
          std::lock_guard lock(impl->mutex);
          TableState& table = impl->state(id);
          if (table.name.name.empty()) return Error(ErrorCode::kNotFound, "the table is gone");
          if (table.ensured) {
            return Error(ErrorCode::kDenied, table.name.to_string() + " is written by a stream");
          }
          table.name = {};
          table.snapshot = nullptr;
          table.schema = nullptr;
          table.blocked = "it was dropped";
          auto ids = std::make_shared<std::unordered_map<std::string, TableId>>(*root->ids);
          std::erase_if(*ids, [&](const auto& known) { return known.second == id; });
          root->ids = std::move(ids);
          root->tables[static_cast<size_t>(id.value())] = impl->view_of(table);
        }
        ++root->number;
        impl->show(std::move(root));
        return {};
      },
      patience, Impl::Run::kInTime);
}

TableState schema_alone(const std::string& schema) {
  TableState state;
  state.name.schema = schema;
  state.blocked = "a schema alone";
  return state;
}

Status LiveTables::make_schema(const std::string& name, const Patience& patience) const {
  TRY(impl_->store.put(mark_of(name), Bytes()).within("making the schema " + name));
  return impl_->at_a_border(
      [impl = impl_.get(), name]() -> Status {
        std::vector<TableState> one;
        one.push_back(schema_alone(name));
        impl->add_tables(std::move(one));
        return {};
      },
      patience, Impl::Run::kLate);
}

Status LiveTables::drop_schema(const std::string& name, const Patience& patience) const {
  TRY(impl_->store.remove(mark_of(name)).within("dropping the schema " + name));
  return impl_->at_a_border(
      [impl = impl_.get(), name]() -> Status {
        Impl::Ids changed;
        std::lock_guard lock(impl->mutex);
        for (TableState& table : impl->tables) {
          if (!table.name.name.empty() || table.name.schema != name) continue;
          table.name = {};
          changed.insert(table.id);
        }
        impl->swap_root(changed);
        return {};
      },
      patience, Impl::Run::kLate);
}

}  // namespace foz::table
