// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <set>

#include "base/json_writer.h"
#include "delta/commit_internal.h"
#include "delta/features_internal.h"
#include "delta/log_files_internal.h"
#include "delta/paths_internal.h"
#include "delta/retry_internal.h"

namespace foz::delta {
namespace {

constexpr std::string_view kEngine = "foz/0.1.0";

bool changes_rows(const Action& action) {
  if (const auto* add = std::get_if<AddFile>(&action)) return add->data_change;
  if (const auto* remove = std::get_if<RemoveFile>(&action)) return remove->data_change;
  return std::holds_alternative<Metadata>(action) || std::holds_alternative<Protocol>(action);
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
      state_(state_of(*base_).edit()) {}

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

// Goes on behind a version that somebody else won.
Result<std::optional<Conflict>> Commit::follow(ReadCommit&& winner, Version version) {
  bool protocol = false, metadata = false;
  for (const Action& action : winner.actions) {
    protocol |= std::holds_alternative<Protocol>(action);
    metadata |= std::holds_alternative<Metadata>(action);
    foreign_change_ |= changes_rows(action);
  }
  TRY(advance(state_, version, std::move(winner)));
  TRY(state_.finish());
  state_ = state_.edit();
  if (protocol) {
    return conflict(Conflict::Kind::kProtocol,
                    fmt::format("version {} changed the protocol", version.value()));
  }
  if (metadata) {
    return conflict(Conflict::Kind::kMetadata,
                    fmt::format("version {} changed the metadata", version.value()));
  }
  return check_state();
}

// Whether a commit that stands in our place is our own, from this call or from an earlier one with
// the same request: file names are never used twice, and a position moves once.
bool Commit::is_ours(const ReadCommit& winner) const {
  if (winner.facts.txn_id == txn_id_) return true;
  if (request_.adds.empty() && request_.positions.empty()) return false;
  std::set<std::string_view> files;
  std::set<std::pair<std::string_view, int64_t>> positions;
  for (const Action& action : winner.actions) {
    if (const auto* add = std::get_if<AddFile>(&action)) files.insert(add->path);
    if (const auto* txn = std::get_if<SetTransaction>(&action))
      positions.emplace(txn->app_id, txn->version);
  }
  if (files.size() != request_.adds.size() || positions.size() != request_.positions.size())
    return false;
  for (const AddFile& add : request_.adds) {
    if (!files.contains(add.path)) return false;
  }
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

int64_t Commit::next_timestamp_ms() const {
  const int64_t now = clock_.now_ms();
  const Shape& shape = *state_.shape;
  if (!in_commit_timestamps_enabled(request_.protocol.value_or(shape.protocol),
                                    request_.metadata.value_or(shape.metadata))) {
    return now;
  }
  return std::max(now, state_.timestamp_ms + 1);
}

std::string Commit::commit_info(int64_t timestamp_ms) const {
  const Shape& shape = *state_.shape;
  JsonWriter json;
  json.begin_object();
  // Readers take inCommitTimestamp from the first line only.
  if (in_commit_timestamps_enabled(request_.protocol.value_or(shape.protocol),
                                   request_.metadata.value_or(shape.metadata))) {
    json.field("inCommitTimestamp", timestamp_ms);
  }
  json.field("timestamp", clock_.now_ms()).field("operation", request_.operation);
  json.key("operationParameters").begin_object();
  for (const auto& [key, value] : request_.operation_parameters) json.key(key).raw(value);
  json.end_object();
  if (state_.version.value() >= 0) json.field("readVersion", state_.version.value());
  json.field("isBlindAppend", request_.removes.empty() && !request_.metadata && !request_.protocol);
  json.key("operationMetrics").begin_object();
  for (const auto& [key, value] : request_.operation_metrics)
    json.field(key, std::to_string(value));
  json.end_object();
  json.field("engineInfo", kEngine).field("txnId", txn_id_);
  json.end_object();
  return json.take();
}

std::vector<Action> Commit::actions(int64_t timestamp_ms) const {
  std::vector<Action> out;
  out.emplace_back(CommitInfo{commit_info(timestamp_ms)});
  if (request_.protocol) out.emplace_back(*request_.protocol);
  if (request_.metadata) out.emplace_back(*request_.metadata);
  for (const PositionMove& move : request_.positions) {
    out.emplace_back(SetTransaction{move.app_id, move.next, timestamp_ms});
  }
  for (const RemoveFile& remove : request_.removes) {
    RemoveFile& copy = std::get<RemoveFile>(out.emplace_back(remove));
    if (!copy.deletion_timestamp_ms) copy.deletion_timestamp_ms = timestamp_ms;
  }
  for (const AddFile& add : request_.adds) out.emplace_back(add);
  return out;
}

Result<CommitOutcome> Commit::run() {
  std::set<std::string_view> apps;
  for (const PositionMove& move : request_.positions) {
    if (!apps.insert(move.app_id).second) {
      return invalid(fmt::format("a commit moves the position of {} twice", move.app_id));
    }
  }
  if (auto found = check_state()) return CommitOutcome(std::move(*found));
  while (true) {
    const Version version = state_.version + 1;
    const int64_t timestamp_ms = next_timestamp_ms();
    std::vector<Action> mine = actions(timestamp_ms);
    std::string text;
    for (const Action& action : mine) text.append(to_json(action)).push_back('\n');
    ReadCommit winner;
    if (TRY(put(version, text, winner)) == Put::kWon) {
      // Read back only after a lost answer: then what stands there counts, and not this attempt.
      if (winner.actions.empty()) winner = {std::move(mine), {}, {}, timestamp_ms};
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
