// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/load_internal.h"

#include <fmt/format.h>

#include <set>
#include <tuple>

#include "delta/checkpoint_internal.h"
#include "delta/features_internal.h"
#include "delta/retry_internal.h"
#include "delta/version_checksum_internal.h"

namespace foz::delta {
namespace {

// Reconciled actions name a file once. There are writers that only put commits together.
bool is_reconciled(const std::vector<Action>& actions) {
  std::set<std::tuple<std::string_view, std::string>> names;
  const auto take = [&](const auto& file) {
    return names.emplace(file.path, file.deletion_vector ? file.deletion_vector->unique_id() : "")
        .second;
  };
  for (const Action& action : actions) {
    if (const auto* add = std::get_if<AddFile>(&action); add && !take(*add)) return false;
    if (const auto* remove = std::get_if<RemoveFile>(&action); remove && !take(*remove))
      return false;
  }
  return true;
}

// False when the compaction is damaged: the commits that it stands for say what it should.
Result<bool> take_compaction(const store::ObjectStore& store, const CompactedCommits& compaction,
                             State& state) {
  auto read = read_commit_object(store, compaction.object.path);
  if (!read && is_damage(read.error())) return false;
  ReadCommit commits = TRY(std::move(read));
  if (!is_reconciled(commits.actions)) return false;
  commits.timestamp_ms = compaction.object.modified_ms;
  commits.mark.reset();
  TRY(advance(state, compaction.last, std::move(commits)));
  return true;
}

// Checkpoints and compactions do not keep commitInfo, so the commit itself says when it was, and
// which one it is.
Status look_at_commit(const store::ObjectStore& store, const store::ObjectMeta& commit,
                      State& state) {
  state.timestamp_ms = commit.modified_ms;
  const Shape& shape = *state.shape;
  if (!in_commit_timestamps_enabled(shape.protocol, shape.metadata)) {
    state.commit_mark = TRY(read_commit_mark(store, commit.path));
    return {};
  }
  const ReadCommit read = TRY(read_commit_object(store, commit.path));
  state.timestamp_ms = read.facts.in_commit_timestamp_ms.value_or(commit.modified_ms);
  state.commit_mark = read.mark;
  return {};
}

Result<SnapshotPtr> replay(const store::ObjectStore& store, const LogFiles& log, Version target,
                           State state) {
  bool compactions = true, commit_was_last = false;
  while (state.version < target) {
    const Version next = state.version + 1;
    if (const auto* compaction = compactions ? log.compaction(next, target) : nullptr) {
      compactions = TRY(take_compaction(store, *compaction, state));
      commit_was_last = false;
      continue;
    }
    const auto commit = log.commits.find(next);
    if (commit == log.commits.end()) {
      return Error(ErrorCode::kCorrupt,
                   fmt::format("the log has a gap: version {} is missing and version {} is there",
                               next.value(), target.value()));
    }
    ReadCommit read = TRY(read_commit_object(store, commit->second.path));
    read.timestamp_ms = commit->second.modified_ms;
    TRY(advance(state, next, std::move(read)));
    commit_was_last = true;
  }
  TRY(state.finish());
  if (const auto commit = log.commits.find(target);
      commit != log.commits.end() && !commit_was_last) {
    TRY(look_at_commit(store, commit->second, state));
  }
  if (const auto checksum = log.checksums.find(target); checksum != log.checksums.end()) {
    TRY(check_checksum(store, checksum->second.path, state));
  }
  return SnapshotPtr(std::make_shared<LoadedSnapshot>(std::move(state)));
}

}  // namespace

bool is_damage(const Error& error) {
  return error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kNotFound ||
         error.code() == ErrorCode::kUnsupported;
}

Error no_table(const std::string& root) {
  return Error(ErrorCode::kNotFound, fmt::format("there is no Delta table at '{}'", root));
}

Result<Version> check_version(const LogFiles& log, Version version) {
  const auto first = log.first(), last = log.last();
  if (first && last && version >= *first && version <= *last) return *first;
  return Error(ErrorCode::kNotFound,
               fmt::format("version {} is not there: the table has versions {} to {}",
                           version.value(), first.value_or(*last).value(), last->value()));
}

Result<SnapshotPtr> load(const store::ObjectStore& store, const std::string& root,
                         const LogFiles& log, Version target, bool catalog) {
  std::optional<Error> damage;
  for (const CheckpointFiles& checkpoint : log.checkpoints) {
    if (checkpoint.version > target) continue;
    auto base = read_checkpoint(store, root, checkpoint, catalog);
    auto snapshot = base ? replay(store, log, target, base->edit()) : base.error();
    if (snapshot || !is_damage(snapshot.error())) return snapshot;
    if (!damage) damage = snapshot.error();
  }
  State empty;
  empty.catalog = catalog;
  if (log.commits.contains(Version{0})) return replay(store, log, target, std::move(empty));
  if (damage && damage->code() == ErrorCode::kUnsupported) return *damage;
  if (damage) return Error(ErrorCode::kCorrupt, damage->message());
  const int64_t first = log.commits.empty() ? 0 : log.commits.begin()->first.value();
  return Error(ErrorCode::kCorrupt,
               fmt::format("the log begins at version {} and has no checkpoint", first));
}

}  // namespace foz::delta
