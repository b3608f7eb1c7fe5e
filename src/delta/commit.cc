// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json_writer.h"
#include "delta/commit_internal.h"
#include "delta/conflict_internal.h"
#include "delta/features_internal.h"
#include "delta/iceberg_compat_internal.h"
#include "delta/load_internal.h"
#include "delta/log_files_internal.h"
#include "delta/paths_internal.h"
#include "delta/retry_internal.h"
#include "delta/rewrite_internal.h"
#include "delta/seal_internal.h"

namespace foz::delta {
namespace {

constexpr std::string_view kEngine = "foz/0.1.0";

bool changes_rows(const Action& action) {
  if (const auto* add = std::get_if<AddFile>(&action)) return add->data_change;
  if (const auto* remove = std::get_if<RemoveFile>(&action)) return remove->data_change;
  return std::holds_alternative<Metadata>(action) || std::holds_alternative<Protocol>(action);
}

// Logical files: paths and deletion vectors.
using Files = std::set<std::pair<std::string, std::string>>;

template <class File>
Files::value_type name_of(const File& file) {
  return {file.path, file.deletion_vector ? file.deletion_vector->unique_id() : std::string()};
}

std::string text_of(const std::optional<int64_t>& position) {
  return position ? std::to_string(*position) : "none";
}

}  // namespace

Commit::Commit(store::ObjectStore& store, const std::string& root, const Clock& clock,
               Random& random, SnapshotPtr base, const CommitRequest& request)
    : store_(store),
      root_(root),
      clock_(clock),
      request_(request),
      txn_id_(random.uuid().to_string()),
      base_(std::move(base)),
      state_(state_of(*base_).edit()),
      deletions_(store, root_, random, request.deletions) {}

SnapshotPtr Commit::current() const {
  if (state_.version == base_->version()) return base_;
  return std::make_shared<LoadedSnapshot>(state_);
}

Conflict Commit::conflict(Conflict::Kind kind, std::string message) const {
  return {kind, std::move(message), current()};
}

// What must hold of the table as it is now, whoever made it so.
std::optional<Conflict> Commit::check_state() const {
  for (const PositionMove& move : request_.positions) {
    const auto stored = state_.transactions.find(move.app_id);
    const auto position = stored ? std::optional(stored->version) : std::nullopt;
    if (position != move.expected) {
      return conflict(
          Conflict::Kind::kPosition,
          fmt::format("the position of {} is {} in version {}, not {}", move.app_id,
                      text_of(position), state_.version.value(), text_of(move.expected)));
    }
  }
  for (const RemoveFile& remove : request_.removes) {
    if (!state_.files.find(key_of(remove))) {
      return conflict(
          Conflict::Kind::kFileRemoved,
          fmt::format("file {} is not in version {}", remove.path, state_.version.value()));
    }
  }
  return std::nullopt;
}

Result<std::optional<Conflict>> Commit::follow_files() {
  if (request_.deletions.empty()) return std::optional<Conflict>();
  auto clash = TRY(deletions_.follow(state_));
  if (!clash) return std::optional<Conflict>();
  return std::optional(conflict(clash->kind, std::move(clash->message)));
}

// Goes on behind a version that somebody else won.
Result<std::optional<Conflict>> Commit::follow(ReadCommit&& winner, Version version) {
  for (const Action& action : winner.actions) foreign_change_ |= changes_rows(action);
  auto clash = TRY(find_clash(request_, winner, version, state_));
  TRY(advance(state_, version, std::move(winner)));
  TRY(state_.finish());
  state_ = state_.edit();
  if (clash) return std::optional(conflict(clash->kind, std::move(clash->message)));
  if (auto found = check_state()) return found;
  return follow_files();
}

// Whether a commit that stands in our place is our own, from this call or from an earlier one with
// the same request: a logical file comes once, and a position moves once.
bool Commit::is_ours(const ReadCommit& winner) const {
  if (winner.facts.txn_id == txn_id_) return true;
  if (request_.adds.empty() && request_.positions.empty()) return false;
  Files added, removed;
  std::set<std::pair<std::string_view, int64_t>> positions;
  for (const Action& action : winner.actions) {
    if (const auto* add = std::get_if<AddFile>(&action)) added.insert(name_of(*add));
    if (const auto* remove = std::get_if<RemoveFile>(&action)) removed.insert(name_of(*remove));
    if (const auto* txn = std::get_if<SetTransaction>(&action))
      positions.emplace(txn->app_id, txn->version);
  }
  for (const AddFile& add : request_.adds) {
    if (added.erase(name_of(add)) == 0) return false;
  }
  for (const RemoveFile& remove : request_.removes) {
    if (removed.erase(name_of(remove)) == 0) return false;
  }
  // Vectors are made anew by each call, and a file that lost all rows is not added again.
  for (Files* files : {&added, &removed}) {
    std::erase_if(*files, [&](const auto& file) { return deletions_.touches(file.first); });
    if (!files->empty()) return false;
  }
  if (positions.size() != request_.positions.size()) return false;
  for (const PositionMove& move : request_.positions) {
    if (!positions.contains({move.app_id, move.next})) return false;
  }
  return true;
}

// Puts one version. An answer that got lost is settled by reading the version back; while nobody
// can tell, the put is repeated, which is safe: whoever was first stays.
Result<Commit::Put> Commit::put(Version version, const std::string& body, ReadCommit& winner) {
  const std::string path = log_path(root_, commit_name(version));
  bool ambiguous = false;
  std::optional<Error> last;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const auto answer = store_.put_if_absent(path, as_bytes(body));
    if (answer && *answer == store::PutOutcome::kCreated) return Put::kWon;
    if (!answer && !retriable(answer.error())) {
      // Whatever it is, an earlier try may have gone through.
      if (!ambiguous) return answer.error();
      return Error(ErrorCode::kAmbiguous, answer.error().message());
    }
    ambiguous |= answer.has_value() || answer.error().code() == ErrorCode::kAmbiguous;
    if (!answer) last = answer.error();
    if (!ambiguous) continue;
    auto read = read_commit_object(store_, path);
    if (read) {
      winner = std::move(*read);
      return is_ours(winner) ? Put::kWon : Put::kLost;
    }
    last = read.error();
    if (read.error().code() == ErrorCode::kCorrupt) return read.error();
  }
  return Error(ambiguous ? ErrorCode::kAmbiguous : ErrorCode::kUnavailable,
               fmt::format("version {} of {}: {}", version.value(), root_, last->message()));
}

const Protocol& Commit::protocol() const {
  return request_.protocol ? *request_.protocol : state_.shape->protocol;
}

const Metadata& Commit::metadata() const {
  return request_.metadata ? *request_.metadata : state_.shape->metadata;
}

int64_t Commit::next_timestamp_ms() const {
  const int64_t now = clock_.now_ms();
  if (!in_commit_timestamps_enabled(protocol(), metadata())) return now;
  return std::max(now, state_.timestamp_ms + 1);
}

std::string Commit::commit_info(int64_t timestamp_ms) const {
  JsonWriter json;
  json.begin_object();
  // Readers take inCommitTimestamp from the first line only.
  if (in_commit_timestamps_enabled(protocol(), metadata())) {
    json.field("inCommitTimestamp", timestamp_ms);
  }
  json.field("timestamp", clock_.now_ms()).field("operation", request_.operation);
  json.key("operationParameters").begin_object();
  for (const auto& [key, value] : request_.operation_parameters) json.key(key).raw(value);
  json.end_object();
  if (state_.version.value() >= 0) json.field("readVersion", state_.version.value());
  json.field("isBlindAppend", is_blind_append(request_));
  json.key("operationMetrics").begin_object();
  for (const auto& [key, value] : request_.operation_metrics)
    json.field(key, std::to_string(value));
  json.end_object();
  if (row_tracking_enabled(protocol(), metadata())) {
    // Of rows that come as new files for old ones nobody says here which is which.
    const auto rewrites = [](const RemoveFile& remove) { return remove.data_change; };
    const bool kept = request_.adds.empty() ||
                      (!request_.new_row_ids && std::ranges::none_of(request_.removes, rewrites));
    json.key("tags").begin_object();
    json.field("delta.rowTracking.preserved", kept ? "true" : "false").end_object();
  }
  json.field("engineInfo", kEngine).field("txnId", txn_id_).field(kCommitSeal, kUnsealed);
  json.end_object();
  return json.take();
}

// Timestamps of the commits before the one that turned them on are their files' times.
Metadata Commit::metadata_to_write(Version version, int64_t timestamp_ms) const {
  Metadata out = *request_.metadata;
  const Shape& before = *state_.shape;
  if (version.value() > 0 && in_commit_timestamps_enabled(protocol(), out) &&
      !in_commit_timestamps_enabled(before.protocol, before.metadata)) {
    out.configuration["delta.inCommitTimestampEnablementVersion"] = std::to_string(version.value());
    out.configuration["delta.inCommitTimestampEnablementTimestamp"] = std::to_string(timestamp_ms);
  }
  return out;
}

// Where row tracking begins, the files that are there already get ids too.
Status Commit::give_ids_to_old_files(std::vector<Action>& out, RowIds& ids, Version version) const {
  if (!row_tracking_enabled(protocol(), metadata())) return {};
  if (row_tracking_enabled(state_.shape->protocol, state_.shape->metadata)) return {};
  std::set<std::string_view> written;
  for (const RemoveFile& remove : request_.removes) written.insert(remove.path);
  for (const AddFile& add : request_.adds) written.insert(add.path);
  for (const RowDeletion& deletion : request_.deletions) written.insert(deletion.path);
  Status status;
  state_.files.each([&](const std::shared_ptr<const AddFile>& file) {
    if (file->base_row_id || written.contains(file->path)) return true;
    AddFile& copy = std::get<AddFile>(out.emplace_back(*file));
    copy.data_change = false;
    status = ids.assign(copy, version);
    return status.has_value();
  });
  return status;
}

Status Commit::put_files(std::vector<Action>& out, Version version, int64_t timestamp_ms) const {
  const auto remove = [&](RemoveFile&& file) {
    if (!file.deletion_timestamp_ms) file.deletion_timestamp_ms = timestamp_ms;
    out.emplace_back(std::move(file));
  };
  for (const RemoveFile& file : request_.removes) remove(RemoveFile(file));
  for (const auto& change : deletions_.changes()) remove(removal_of(*change.before, true));
  const size_t first_add = out.size();
  for (const AddFile& add : request_.adds) out.emplace_back(add);
  for (const auto& change : deletions_.changes()) {
    if (change.after) out.emplace_back(*change.after);
  }
  if (gives_row_ids(protocol(), metadata())) {
    RowIds ids = TRY(RowIds::above(state_));
    for (const DomainMetadata& domain : request_.domains) {
      if (domain.domain == kRowTrackingDomain) TRY(ids.raise(domain));
    }
    for (size_t i = first_add; i < out.size(); ++i) {
      TRY(ids.assign(std::get<AddFile>(out[i]), version));
    }
    TRY(give_ids_to_old_files(out, ids, version));
    if (auto domain = ids.domain()) out.emplace_back(std::move(*domain));
  }
  return {};
}

Result<std::vector<Action>> Commit::actions(Version version, int64_t timestamp_ms) const {
  std::vector<Action> out;
  out.emplace_back(CommitInfo{commit_info(timestamp_ms)});
  if (request_.protocol) out.emplace_back(*request_.protocol);
  if (request_.metadata) out.emplace_back(metadata_to_write(version, timestamp_ms));
  for (const DomainMetadata& domain : request_.domains) {
    if (domain.domain != kRowTrackingDomain || !gives_row_ids(protocol(), metadata())) {
      out.emplace_back(domain);
    }
  }
  for (const PositionMove& move : request_.positions) {
    out.emplace_back(SetTransaction{move.app_id, move.next, timestamp_ms});
  }
  TRY(put_files(out, version, timestamp_ms));
  return out;
}

Status Commit::check_request() const {
  std::set<std::string_view> apps, paths;
  for (const PositionMove& move : request_.positions) {
    if (!apps.insert(move.app_id).second) {
      return invalid(fmt::format("a commit moves the position of {} twice", move.app_id));
    }
  }
  const auto counted = [](const AddFile& add) { return physical_rows(add).has_value(); };
  if (iceberg_compat_enabled(metadata()) && !std::ranges::all_of(request_.adds, counted)) {
    return invalid("a file has no numRecords, which a table compatible with Iceberg needs");
  }
  for (const RowDeletion& deletion : request_.deletions) {
    if (!paths.insert(deletion.path).second) {
      return invalid(fmt::format("a commit deletes rows of file {} twice", deletion.path));
    }
  }
  const auto takes_rows = [](const RemoveFile& remove) { return remove.data_change; };
  if ((!request_.deletions.empty() || std::ranges::any_of(request_.removes, takes_rows)) &&
      is_true(state_.shape->metadata.configuration, "delta.appendOnly")) {
    return invalid("the table is append-only (delta.appendOnly): no row may be deleted or changed");
  }
  const bool vectors = has_writer_feature(protocol(), "deletionVectors") &&
                       is_true(metadata().configuration, "delta.enableDeletionVectors");
  if (!request_.deletions.empty() && !vectors) {
    return Error(ErrorCode::kUnsupported,
                 "rows are deleted by deletion vectors, which the table does not have: set "
                 "delta.enableDeletionVectors");
  }
  return {};
}

// Where a base is so old that the commits behind it may have been cleaned away, their versions seem
// to be free.
Result<std::optional<Conflict>> Commit::leave_old_base() {
  constexpr int64_t kOldMs = 3'600'000;
  const Version next = state_.version + 1;
  if (next == Version{0} || clock_.now_ms() - state_.timestamp_ms < kOldMs) {
    return std::optional<Conflict>();
  }
  const auto text = retried([&] { return store_.get(log_path(root_, "_last_checkpoint")); });
  if (!text && text.error().code() != ErrorCode::kNotFound) return text.error();
  const auto hint = text ? parse_last_checkpoint(*text) : std::nullopt;
  if (!hint || *hint < next) return std::optional<Conflict>();
  const auto there = retried([&] { return store_.head(log_path(root_, commit_name(next))); });
  if (there) return std::optional<Conflict>();
  if (there.error().code() != ErrorCode::kNotFound) return there.error();
  const LogFiles log = TRY(list_log(store_, root_, *hint));
  if (!log.last()) return std::optional<Conflict>();
  const SnapshotPtr latest = TRY(load(store_, root_, log, *log.last()));
  const bool same =
      latest->metadata() == base_->metadata() && latest->protocol() == base_->protocol();
  const Version before = std::exchange(base_, latest)->version();
  state_ = state_of(*base_).edit();
  foreign_change_ = true;
  if (same && is_blind_append(request_) && request_.domains.empty()) {
    return std::optional<Conflict>();
  }
  return std::optional(
      conflict(same ? Conflict::Kind::kReadRemoved : Conflict::Kind::kMetadata,
               fmt::format("the log does not tell any more what followed version {}, and the table "
                           "is at version {}",
                           before.value(), latest->version().value())));
}

Result<CommitOutcome> Commit::run() {
  TRY(check_request());
  if (auto found = TRY(leave_old_base())) return CommitOutcome(std::move(*found));
  if (auto found = check_state()) return CommitOutcome(std::move(*found));
  if (auto found = TRY(follow_files())) return CommitOutcome(std::move(*found));
  while (true) {
    const Version version = state_.version + 1;
    const int64_t timestamp_ms = next_timestamp_ms();
    std::vector<Action> mine = TRY(actions(version, timestamp_ms));
    std::string text;
    for (const Action& action : mine) text.append(to_json(action)).push_back('\n');
    for (const CdcFile& file : request_.change_files) text.append(to_json(file)).push_back('\n');
    seal_commit(text);
    ReadCommit winner;
    if (TRY(put(version, text, winner)) == Put::kWon) {
      // Read back only after a lost answer: then what stands there counts, and not this attempt.
      if (winner.actions.empty()) {
        winner = {
            .actions = std::move(mine), .timestamp_ms = timestamp_ms, .mark = commit_mark(text)};
      }
      TRY(advance(state_, version, std::move(winner)));
      TRY(state_.finish());
      auto snapshot = std::make_shared<LoadedSnapshot>(std::move(state_));
      return CommitOutcome(Committed{std::move(snapshot), foreign_change_});
    }
    if (auto found = TRY(follow(std::move(winner), version))) {
      return CommitOutcome(std::move(*found));
    }
  }
}

}  // namespace foz::delta
