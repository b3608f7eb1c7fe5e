// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/history.h"

#include <fmt/format.h>

#include "delta/actions_internal.h"
#include "delta/commit_times_internal.h"
#include "delta/timestamp_text_internal.h"

namespace foz::delta {
namespace {

std::string time_text(int64_t ms) {
  std::optional<std::string> text;
  if (std::abs(ms) < INT64_MAX / 1000) text = timestamp_text(ms * 1000, true);
  return text.value_or(fmt::format("{} ms", ms));
}

Error out_of_range(int64_t timestamp_ms, Version first, int64_t first_ms, Version last,
                   int64_t last_ms) {
  return Error(ErrorCode::kNotFound,
               fmt::format("no version is of {}: the table has versions {} to {}, of {} to {}",
                           time_text(timestamp_ms), first.value(), last.value(),
                           time_text(first_ms), time_text(last_ms)));
}

}  // namespace

Result<VersionTime> version_at(const Table& table, int64_t timestamp_ms, AfterLast after_last) {
  const CommitTimes times = TRY(CommitTimes::open(table));
  const auto [first, last] = TRY(times.range());
  const auto found = TRY(times.last_before(timestamp_ms));
  const bool beyond = found && found->version == last && found->timestamp_ms < timestamp_ms &&
                      after_last == AfterLast::kRefuse;
  if (found && !beyond) return *found;
  return out_of_range(timestamp_ms, first, TRY(times.time_of(first)), last,
                      TRY(times.time_of(last)));
}

Result<VersionTime> version_from(const Table& table, int64_t timestamp_ms) {
  const CommitTimes times = TRY(CommitTimes::open(table));
  const auto [first, last] = TRY(times.range());
  const auto before = TRY(times.last_before(timestamp_ms));
  if (!before) return VersionTime{first, TRY(times.time_of(first))};
  if (before->timestamp_ms == timestamp_ms) return *before;
  if (before->version == last) {
    return out_of_range(timestamp_ms, first, TRY(times.time_of(first)), last,
                        TRY(times.time_of(last)));
  }
  const Version next = before->version + 1;
  return VersionTime{next, TRY(times.time_of(next))};
}

History::History(std::unique_ptr<const CommitTimes> times)
    : times_(std::move(times)), at_(times_->file_times().rbegin()) {}
History::History(History&&) noexcept = default;
History::~History() = default;

Result<History> History::open(const Table& table, const SnapshotPtr& latest) {
  return History(std::make_unique<const CommitTimes>(TRY(CommitTimes::open(table, latest))));
}

Result<std::optional<HistoryEntry>> History::next() {
  if (at_ == times_->file_times().rend()) return std::optional<HistoryEntry>();
  const Version version = (at_++)->first;
  const auto read = read_commit_object(times_->store(), times_->log().commits.at(version).path);
  if (!read.has_value() && read.error().code() == ErrorCode::kNotFound) {
    at_ = times_->file_times().rend();
    return std::optional<HistoryEntry>();
  }
  if (!read.has_value()) return read.error();
  HistoryEntry entry;
  for (const Action& action : read->actions) {
    if (const auto* info = std::get_if<CommitInfo>(&action)) entry = history_entry(*info);
  }
  entry.version = version;
  entry.timestamp_ms = TRY(times_->time_of(version, *read));
  return std::optional(std::move(entry));
}

Result<std::vector<HistoryEntry>> history(const Table& table, size_t limit) {
  History history = TRY(History::open(table, TRY(table.latest())));
  std::vector<HistoryEntry> out;
  while (limit == 0 || out.size() < limit) {
    auto entry = TRY(history.next());
    if (!entry) break;
    out.push_back(std::move(*entry));
  }
  return out;
}

}  // namespace foz::delta
