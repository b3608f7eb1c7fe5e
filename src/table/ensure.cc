// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Making and opening the tables of flows, and the seal groups that they form.
#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/logging.h"
#include "delta/alter.h"
#include "delta/whole_files.h"
#include "table/bronze_internal.h"
#include "table/live_tables_internal.h"

namespace foz::table {
namespace {

constexpr int kEvolveAttempts = 5;
constexpr char kVectorsProperty[] = "delta.enableDeletionVectors";

std::string type_name(const delta::Field& field) {
  delta::Schema one;
  one.fields = {field};
  auto arrow = delta::to_arrow(one);
  return arrow ? (*arrow)->field(0)->type()->ToString() : "a type of Delta alone";
}

// Columns that `wanted` has beyond `existing`. kInvalid: a difference that adding columns does not
// mend.
Result<std::vector<delta::Field>> columns_to_add(const delta::Schema& existing,
                                                 const delta::Schema& wanted) {
  std::vector<delta::Field> added;
  for (const delta::Field& field : wanted.fields) {
    const delta::Field* known = existing.find(field.name);
    if (!known) {
      if (!field.nullable) {
        return invalid("column `" + field.name +
                       "` is new and NOT NULL: rows that are there have "
                       "no value for it");
      }
      added.push_back(field);
    } else if (known->type != field.type) {
      return invalid("column `" + field.name + "` is " + type_name(*known) +
                     " in the table and would become " + type_name(field));
    } else if (known->name != field.name) {
      return invalid("column `" + known->name + "` of the table would be written as `" +
                     field.name + "`");
    }
  }
  for (const delta::Field& field : existing.fields) {
    if (!wanted.find(field.name) && !field.nullable) {
      return invalid("column `" + field.name + "` of the table is NOT NULL and would get no value");
    }
  }
  return added;
}

// What the table's metadata should become; nullopt when nothing is to be done.
Result<std::optional<delta::Metadata>> metadata_to_be(const delta::Snapshot& snapshot,
                                                      const TableSpec& spec, Random& random) {
  const delta::Schema wanted = TRY(delta::from_arrow(*spec.schema));
  const auto added = TRY(columns_to_add(snapshot.schema(), wanted));
  delta::Metadata metadata = snapshot.metadata();
  if (!added.empty()) {
    metadata = *TRY(delta::add_columns(snapshot, random, {}, added)).metadata;
  }
  for (const auto& [name, value] : spec.properties) {
    if (name.starts_with("foz.")) metadata.configuration[name] = value;
  }
  if (metadata == snapshot.metadata()) return std::nullopt;
  return metadata;
}

bool same_topic(const delta::Metadata& a, const delta::Metadata& b) {
  const auto topic = [](const delta::Metadata& metadata) {
    const auto found = metadata.configuration.find(kTopicIdProperty);
    return found == metadata.configuration.end() ? std::string() : found->second;
  };
  return topic(a) == topic(b);
}

}  // namespace

Result<TableId> LiveTables::Impl::ensure(const TableSpec& spec) {
  for (const TableId id : spec.upstream) CHECK(state(id).ensured);
  std::vector<TableId> first;
  for (const auto& one : {spec.quarantine, spec.tombstones}) {
    if (!one) continue;
    CHECK(state(*one).ensured);
    first.push_back(*one);
  }
  TableId id;
  if (const auto known = current->find(spec.name.schema, spec.name.name)) {
    id = known->id;
    TRY(open_or_create(state(id), spec));
  } else {
    TableState fresh;
    fresh.name = spec.name;
    fresh.table = std::make_shared<delta::Table>(store, spec.name.schema + "/" + spec.name.name,
                                                 clock, random);
    TRY(open_or_create(fresh, spec));
    id = TableId(static_cast<int32_t>(tables.size()));
    std::vector<TableState> one;
    one.push_back(std::move(fresh));
    add_tables(std::move(one));
  }
  TableState& table = state(id);
  TRY(evolve(table, spec));
  TRY(load_keys(table, spec));
  {
    std::lock_guard lock(mutex);
    const bool grouped = group_of.contains(id);
    const bool alone = !grouped && spec.upstream.empty() && first.empty();
    const bool same_links = grouped && table.upstream == spec.upstream && table.first == first;
    table.role = spec.role;
    table.upstream = spec.upstream;
    table.first = std::move(first);
    table.tombstones = spec.tombstones;
    table.forget_after_ms = spec.forget_after_ms;
    table.ensured = true;
    if (!table.freshness) register_metrics(table);
    if (table.keyed) table.deletions->set(static_cast<double>(table.keyed->deletions()));
    if (alone) {
      group_of[id] = groups.size();
      groups.push_back({id});
      plans.emplace_back();
    } else if (!same_links) {
      TRY(regroup());
    }
  }
  swap_root({id});
  return id;
}

Status LiveTables::Impl::open_or_create(TableState& table, const TableSpec& spec) {
  if (table.snapshot) return {};
  auto latest = table.table->latest();
  if (!latest && latest.error().code() == ErrorCode::kNotFound) {
    delta::CreateOptions create;
    create.schema = TRY(delta::from_arrow(*spec.schema));
    create.properties = spec.properties;
    if (!spec.keys.empty()) create.properties[kVectorsProperty] = "true";
    if (!spec.description.empty()) create.description = spec.description;
    latest = table.table->create(create);
    if (!latest && latest.error().code() == ErrorCode::kAlreadyExists) {
      latest = table.table->latest();
    }
  }
  auto snapshot = TRY(std::move(latest));
  std::lock_guard lock(mutex);
  set_snapshot(table, std::move(snapshot));
  table.blocked.clear();
  return {};
}

Status LiveTables::Impl::evolve(TableState& table, const TableSpec& spec) {
  for (int attempt = 0; attempt < kEvolveAttempts; ++attempt) {
    const auto metadata = TRY(metadata_to_be(*table.snapshot, spec, random));
    if (!metadata) return {};
    // One commit has one schema, and a bronze tail one topic.
    const bool passes_tail = metadata->schema_string == table.snapshot->metadata().schema_string &&
                             same_topic(*metadata, table.snapshot->metadata());
    if (table.busy || (!table.open.empty() && !passes_tail)) {
      std::lock_guard lock(mutex);
      table.seal_now = !table.open.empty() && !passes_tail;
      touch(table.id);
      replan();
      return Error(ErrorCode::kUnavailable, "its tail must be committed before its columns change");
    }
    delta::CommitRequest request;
    request.metadata = metadata;
    request.operation = "CHANGE COLUMNS";
    auto outcome = table.table->commit(table.snapshot, request);
    delta::SnapshotPtr snapshot;
    if (!outcome) {
      // Without positions nothing tells whether it happened, but for the metadata itself.
      if (outcome.error().code() != ErrorCode::kAmbiguous) return std::move(outcome).error();
      snapshot = TRY(table.table->refresh(table.snapshot));
    } else if (auto* committed = std::get_if<delta::Committed>(&*outcome)) {
      snapshot = std::move(committed->snapshot);
    } else {
      snapshot = std::get<delta::Conflict>(*outcome).latest;
    }
    std::optional<FilesChange> files;
    if (table.keyed) {
      files = TRY(read_files_change(*table.table, table.snapshot, snapshot, table.keyed->spec()));
    }
    std::lock_guard lock(mutex);
    if (files) table.keyed->follow(*files);
    set_snapshot(table, std::move(snapshot));
  }
  return Error(ErrorCode::kUnavailable, "others kept changing its columns");
}

// Reads the keys of all its rows.
Status LiveTables::Impl::load_keys(TableState& table, const TableSpec& spec) {
  if (spec.keys.empty() || table.keyed) return {};
  if (!delta::has_deletion_vectors(*table.snapshot)) {
    return invalid(fmt::format(
        "rows with keys are replaced by deletion vectors, which the table has not: set {} = 'true'",
        kVectorsProperty));
  }
  const auto start = clock.steady();
  auto keyed = std::make_unique<Keyed>(key_spec(spec.keys, *table.snapshot), options.index_folder,
                                       options.index_bytes);
  const TableView* tombstones =
      spec.tombstones ? current->tables[static_cast<size_t>(spec.tombstones->value())].get()
                      : nullptr;
  TRY(keyed->load(*table.table, table.snapshot, tombstones));
  const std::chrono::duration<double> seconds = clock.steady() - start;
  log_info("table", "read the keys of a table",
           {{"table", spec.name.to_string()},
            {"keys", std::to_string(keyed->keys())},
            {"seconds", fmt::format("{:.3f}", seconds.count())}});
  std::lock_guard lock(mutex);
  table.deleted_rows = deleted_rows_of(*table.snapshot);
  table.keyed = std::move(keyed);
  return {};
}

// Connected tables form a group; within it, what must commit first stands first.
Status LiveTables::Impl::regroup() {
  std::map<TableId, Ids> before;  // what commits before it
  std::map<TableId, Ids> linked;
  const auto link = [&](TableId first, TableId then) {
    before[then].insert(first);
    linked[first].insert(then);
    linked[then].insert(first);
  };
  for (const TableState& table : tables) {
    if (!table.ensured) continue;
    linked[table.id];
    for (const TableId first : table.first) link(first, table.id);
    for (const TableId up : table.upstream) {
      link(up, table.id);
      for (const TableId first : table.first) link(up, first);
    }
  }
  std::vector<std::vector<TableId>> new_groups;
  std::map<TableId, size_t> new_group_of;
  Ids on_path;
  std::string cycle;
  // Depth first: a table is put behind all that commits before it.
  const std::function<void(TableId, Ids&, std::vector<TableId>&)> put =
      [&](TableId id, Ids& placed, std::vector<TableId>& order) {
        if (placed.contains(id)) return;
        if (!on_path.insert(id).second) {
          cycle = state(id).name.to_string();
          return;
        }
        for (const TableId first : before[id]) put(first, placed, order);
        on_path.erase(id);
        if (placed.insert(id).second) order.push_back(id);
      };
  for (const auto& [start, neighbours] : linked) {
    if (new_group_of.contains(start)) continue;
    Ids members{start};
    std::vector<TableId> frontier{start};
    while (!frontier.empty()) {
      const TableId id = frontier.back();
      frontier.pop_back();
      for (const TableId next : linked[id]) {
        if (members.insert(next).second) frontier.push_back(next);
      }
    }
    Ids placed;
    std::vector<TableId> order;
    for (const TableId id : members) put(id, placed, order);
    for (const TableId id : order) new_group_of[id] = new_groups.size();
    new_groups.push_back(std::move(order));
  }
  if (!cycle.empty()) return invalid("a cycle of flows through " + cycle);
  groups = std::move(new_groups);
  group_of = std::move(new_group_of);
  plans.assign(groups.size(), {});
  agenda.clear();
  stale.clear();
  for (size_t group = 0; group < groups.size(); ++group) stale.insert(group);
  sealable = 0;
  replan();
  return {};
}

}  // namespace foz::table
