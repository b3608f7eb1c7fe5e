// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>

#include "delta/clustering_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/data_file.h"
#include "delta/deletion_vector_internal.h"
#include "delta/features_internal.h"
#include "delta/json_internal.h"
#include "delta/maintenance.h"
#include "delta/paths_internal.h"
#include "delta/replay_internal.h"
#include "delta/retry_internal.h"
#include "delta/rewrite_internal.h"

namespace foz::delta {
namespace {

// It is made anew for each version that others commit meanwhile.
constexpr int kRestoreAttempts = 10;

Status check_there(const Table& table, const AddFile& file, Version version) {
  std::vector<std::string> paths = {TRY(object_path(table, file))};
  if (const auto& vector = file.deletion_vector) {
    if (vector->storage_type == "u")
      paths.push_back(join_path(table.root(), TRY(vector_path(*vector))));
    if (vector->storage_type == "p")
      paths.push_back(TRY(resolve_path(table.store(), table.root(), vector->path_or_inline)));
  }
  for (const std::string& path : paths) {
    const auto there = retried([&] { return table.store().head(path); });
    if (there) continue;
    if (there.error().code() != ErrorCode::kNotFound) return there.error();
    return Error(ErrorCode::kNotFound,
                 fmt::format("version {} cannot be restored: its file {} is gone (vacuumed?)",
                             version.value(), path));
  }
  return {};
}

// The columns of `then`, with the numbers of identity columns counted on from where they are now.
std::string counted_on(const Schema& now, const Schema& then) {
  constexpr const char* kHighWaterMark = "delta.identity.highWaterMark";
  constexpr const char* kStep = "delta.identity.step";
  Schema out = then;
  for (Field& field : out.fields) {
    const Field* newest = now.find(field.name);
    if (!newest || !field.metadata.contains(kStep)) continue;
    const auto mark = newest->metadata.find(kHighWaterMark);
    if (mark == newest->metadata.end()) continue;
    const bool falls = json_integer(field.metadata.at(kStep)).value_or(1) < 0;
    const auto counted = json_integer(mark->second);
    const auto older = field.metadata.find(kHighWaterMark);
    const auto before = older == field.metadata.end() ? std::nullopt : json_integer(older->second);
    if (!counted || (before && (falls ? *before <= *counted : *before >= *counted))) continue;
    field.metadata[kHighWaterMark] = mark->second;
  }
  return out == then ? std::string() : to_json(out);
}

// What was once given out is not taken back.
Metadata restored_metadata(const Snapshot& newest_table, const Snapshot& target) {
  const Metadata& now = newest_table.metadata();
  const Metadata& then = target.metadata();
  Metadata out = then;
  out.id = now.id;
  if (auto schema = counted_on(newest_table.schema(), target.schema()); !schema.empty()) {
    out.schema_string = std::move(schema);
  }
  const auto newest = now.configuration.find(kMaxColumnId);
  if (newest == now.configuration.end()) return out;
  const auto older = then.configuration.find(kMaxColumnId);
  const auto value = [](const auto& at) { return json_integer(at->second).value_or(0); };
  if (older == then.configuration.end() || value(older) < value(newest)) {
    out.configuration[kMaxColumnId] = newest->second;
  }
  return out;
}

// Its ids are those that it has now, else those that it had.
AddFile added_again(const State& now, const AddFile& file) {
  AddFile add = file;
  add.data_change = true;
  if (const auto here = now.files.find(FileKey::any_vector_of(file.path))) {
    add.base_row_id = here->base_row_id;
    add.default_row_commit_version = here->default_row_commit_version;
  }
  return add;
}

// What makes `latest` hold what `target` held.
Result<CommitRequest> request_of(const Table& table, const Snapshot& latest,
                                 const Snapshot& target) {
  const State& now = state_of(latest);
  const State& then = state_of(target);
  CommitRequest request;
  request.operation = "RESTORE";
  request.operation_parameters = {{"version", json_quote(std::to_string(target.version().value()))},
                                  {"timestamp", "null"}};
  // What others add or take away meanwhile was not looked at.
  request.read.whole_table = true;
  request.isolation = Isolation::kSerializable;
  Status status;
  int64_t added = 0, removed = 0;
  then.files.each([&](const auto& file) {
    if (now.files.find(key_of(*file))) return true;
    status = check_there(table, *file, target.version());
    added += request.adds.emplace_back(added_again(now, *file)).size;
    return status.has_value();
  });
  TRY(std::move(status));
  now.files.each([&](const auto& file) {
    if (then.files.find(key_of(*file))) return true;
    request.removes.push_back(removal_of(*file, true));
    removed += file->size;
    return true;
  });
  Metadata metadata = restored_metadata(latest, target);
  auto features = features_asked_for(metadata, TRY(parse_schema(metadata.schema_string)));
  if (metadata != latest.metadata()) request.metadata = std::move(metadata);
  if (auto domain = clustering_change(latest, target)) request.domains = {std::move(*domain)};
  // Files may need what properties do not ask for any more.
  features.merge(features_of(target.protocol()));
  Protocol protocol = TRY(raised(latest.protocol(), features));
  if (protocol != latest.protocol()) request.protocol = std::move(protocol);
  request.operation_metrics = {{"numRestoredFiles", std::ssize(request.adds)},
                               {"numRemovedFiles", std::ssize(request.removes)},
                               {"restoredFilesSize", added},
                               {"removedFilesSize", removed},
                               {"numOfFilesAfterRestore", static_cast<int64_t>(then.files.size())},
                               {"tableSizeAfterRestore", then.total_bytes}};
  return request;
}

}  // namespace

Result<RestoreResult> restore(Table& table, const SnapshotPtr& latest, const SnapshotPtr& target) {
  SnapshotPtr base = latest;
  std::string lost;
  for (int attempt = 0; attempt < kRestoreAttempts; ++attempt) {
    TRY(check_writable_features(*base));
    const CommitRequest request = TRY(request_of(table, *base, *target));
    RestoreResult result{base, std::ssize(request.adds), std::ssize(request.removes)};
    if (request.adds.empty() && request.removes.empty() && !request.metadata &&
        request.domains.empty()) {
      return result;
    }
    auto outcome = TRY(table.commit(base, request).within("restore"));
    if (auto* committed = std::get_if<Committed>(&outcome)) {
      result.snapshot = std::move(committed->snapshot);
      return result;
    }
    auto& conflict = std::get<Conflict>(outcome);
    base = std::move(conflict.latest);
    lost = std::move(conflict.message);
  }
  return Error(ErrorCode::kConflict,
               fmt::format("restore: other writers were faster {} times, at last {}; try again",
                           kRestoreAttempts, lost));
}

}  // namespace foz::delta
