// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/table.h"

#include <fmt/format.h>

#include <array>

#include "base/crc32c.h"
#include "delta/actions_internal.h"
#include "delta/commit_internal.h"
#include "delta/create_internal.h"
#include "delta/features_internal.h"
#include "delta/load_internal.h"
#include "delta/log_files_internal.h"
#include "delta/paths_internal.h"
#include "delta/replay_internal.h"
#include "delta/retry_internal.h"
#include "delta/row_checker.h"

namespace foz::delta {
namespace {

// A refresh that finds more commits than this looks for a checkpoint instead.
constexpr int kMaxFollowed = 200;
constexpr size_t kMarkBytes = 4096;

}  // namespace

uint32_t commit_mark(std::string_view text) { return crc32c(as_bytes(text.substr(0, kMarkBytes))); }

Result<std::optional<uint32_t>> read_commit_mark(const store::ObjectStore& store,
                                                 const std::string& path) {
  std::array<std::byte, kMarkBytes> bytes;
  const auto size = retried([&] { return store.get_range(path, 0, bytes); });
  if (size) return std::optional(crc32c(std::span(bytes).first(*size)));
  if (size.error().code() == ErrorCode::kNotFound) return std::optional<uint32_t>();
  return size.error();
}

Result<ReadCommit> read_commit_object(const store::ObjectStore& store, const std::string& path) {
  const std::string text = TRY(retried([&] { return store.get(path); }));
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
    // A writer that died in the middle, on a store that shows half an object.
    return Error(ErrorCode::kCorrupt, "the commit is empty").within(path);
  }
  LogFile file = TRY(parse_log_file(text).within(path));
  ReadCommit read;
  read.mark = commit_mark(text);
  read.actions = std::move(file.actions);
  read.changes = std::move(file.changes);
  for (const Action& action : read.actions) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) read.facts = commit_facts(*info);
  }
  read.timestamp_ms = read.facts.timestamp_ms.value_or(0);
  return read;
}

Status advance(State& state, Version version, ReadCommit&& read) {
  state.apply(std::move(read.actions));
  state.version = version;
  state.commit_mark = read.mark;
  state.timestamp_ms = read.facts.in_commit_timestamp_ms.value_or(read.timestamp_ms);
  return {};
}

Table::Table(store::ObjectStore& store, std::string root, const Clock& clock, Random& random)
    : store_(&store), root_(std::move(root)), clock_(&clock), random_(&random) {}

Result<SnapshotPtr> Table::latest() const {
  std::optional<Version> hint;
  const std::string hint_path = log_path(root_, "_last_checkpoint");
  if (auto text = retried([&] { return store_->get(hint_path); })) {
    hint = parse_last_checkpoint(*text);
  } else if (text.error().code() != ErrorCode::kNotFound) {
    return std::move(text).error();
  }
  if (hint) {
    // The hint saves listing the old part of the log. When it is wrong the whole log is listed.
    const LogFiles log = TRY(list_log(*store_, root_, *hint));
    if (!log.checkpoints.empty()) {
      auto snapshot = load(*store_, root_, log, *log.last());
      if (snapshot || !is_damage(snapshot.error())) return snapshot;
    }
  }
  const LogFiles log = TRY(list_log(*store_, root_, Version{0}));
  if (!log.last()) return no_table(root_);
  return load(*store_, root_, log, *log.last());
}

Result<SnapshotPtr> Table::latest(const CatalogCommits& commits) const {
  LogFiles log = TRY(list_log(*store_, root_, Version{0}));
  for (const auto& [version, name] : commits.staged) {
    const bool fits = name.starts_with(fmt::format("{:020}.", version.value())) &&
                      name.ends_with(".json") && name.find('/') == std::string::npos;
    if (!fits) {
      return invalid(fmt::format("'{}' is no staged commit of version {}", name, version.value()));
    }
    const std::string path = log_path(root_, fmt::format("_staged_commits/{}", name));
    log.commits.insert_or_assign(version, TRY(retried([&] { return store_->head(path); })));
  }
  if (!log.last()) return no_table(root_);
  const Version last = commits.last.value_or(*log.last());
  TRY(check_version(log, last));
  return load(*store_, root_, log, last, /*catalog=*/true);
}

Result<SnapshotPtr> Table::refresh(const SnapshotPtr& known) const {
  if (state_of(*known).catalog) {
    return Error(ErrorCode::kUnsupported,
                 "a catalog-managed table is followed with the commits that its catalog names");
  }
  State state = state_of(*known).edit();
  if (state.commit_mark) {
    const std::string path = log_path(root_, commit_name(state.version));
    if (TRY(read_commit_mark(*store_, path)) != state.commit_mark) return replaced(known);
  }
  for (int followed = 0;; ++followed) {
    if (followed == kMaxFollowed) return latest();
    const Version next = state.version + 1;
    auto read = read_commit_object(*store_, log_path(root_, commit_name(next)));
    if (!read && read.error().code() == ErrorCode::kNotFound) break;
    TRY(advance(state, next, TRY(std::move(read))));
  }
  if (state.version == known->version()) return known;
  TRY(state.finish());
  return SnapshotPtr(std::make_shared<LoadedSnapshot>(std::move(state)));
}

// What is here when the commit that one knew is not: another table, or a log that others cleaned
// up.
Result<SnapshotPtr> Table::replaced(const SnapshotPtr& known) const {
  auto found = latest();
  if (!found && found.error().code() == ErrorCode::kNotFound) return known;
  const bool cleaned_up = found && !state_of(**found).commit_mark &&
                          (*found)->metadata().id == known->metadata().id &&
                          (*found)->version() == known->version();
  return cleaned_up ? known : found;
}

Result<SnapshotPtr> Table::at(Version version) const {
  const LogFiles log = TRY(list_log(*store_, root_, Version{0}));
  if (!log.last()) return no_table(root_);
  TRY(check_version(log, version));
  return load(*store_, root_, log, version);
}

Result<std::vector<VersionChanges>> Table::changes(Version from_exclusive, Version to) const {
  std::vector<VersionChanges> out;
  for (Version version = from_exclusive + 1; version <= to; ++version) {
    ReadCommit read = TRY(read_commit_object(*store_, log_path(root_, commit_name(version))));
    VersionChanges& changes = out.emplace_back();
    changes.version = version;
    for (Action& action : read.actions) {
      if (auto* add = std::get_if<AddFile>(&action); add && add->data_change) {
        changes.added.push_back(std::make_shared<AddFile>(std::move(*add)));
      } else if (const auto* remove = std::get_if<RemoveFile>(&action)) {
        changes.removed_rows |= remove->data_change;
      } else if (std::holds_alternative<Metadata>(action) ||
                 std::holds_alternative<Protocol>(action)) {
        changes.metadata = true;
      }
    }
  }
  return out;
}

Result<SnapshotPtr> Table::create(const CreateOptions& options) {
  const LogFiles log = TRY(list_log(*store_, root_, Version{0}));
  const auto taken = [&] {
    return Error(ErrorCode::kAlreadyExists, fmt::format("there is a Delta table at '{}'", root_));
  };
  if (log.last()) return taken();
  const CommitRequest request = TRY(first_commit(options, *clock_, *random_));
  State empty;
  empty.shape = std::make_shared<Shape>();
  auto outcome = TRY(
      Commit(*store_, root_, *clock_, *random_, std::make_shared<LoadedSnapshot>(empty), request)
          .run());
  if (auto* committed = std::get_if<Committed>(&outcome)) return std::move(committed->snapshot);
  return taken();
}

Result<CommitOutcome> Table::commit(const SnapshotPtr& base, const CommitRequest& request) {
  TRY(check_writable(base->protocol(), base->metadata(), base->schema()).within("commit"));
  const auto run = [&](const CommitRequest& each) {
    return Commit(*store_, root_, *clock_, *random_, base, each).run();
  };
  if (request.protocol || (!request.metadata && request.domains.empty())) return run(request);
  const Metadata& metadata = request.metadata ? *request.metadata : base->metadata();
  auto features = features_asked_for(metadata, TRY(parse_schema(metadata.schema_string)));
  if (!request.domains.empty()) features.insert("domainMetadata");
  Protocol protocol = TRY(raised(base->protocol(), features));
  if (protocol == base->protocol()) return run(request);
  CommitRequest wider = request;
  wider.protocol = std::move(protocol);
  return run(wider);
}

Status check_writable_features(const Snapshot& snapshot) {
  return check_writable(snapshot.protocol(), snapshot.metadata(), snapshot.schema());
}

Status check_writable(const Snapshot& snapshot, const RowChecker* checker) {
  TRY(check_writable_features(snapshot));
  if (checker) return {};
  return check_plain(TRY(row_rules(snapshot.metadata(), snapshot.schema())));
}

}  // namespace foz::delta
