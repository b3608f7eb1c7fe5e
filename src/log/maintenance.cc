// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The maintenance thread: segments behind the journal, checkpoints, retention. It sleeps while
// nothing is new.
#include <algorithm>

#include "base/logging.h"
#include "base/thread.h"
#include "log/checkpoint_internal.h"
#include "log/log_impl_internal.h"
#include "log/topics_internal.h"

namespace foz::log {
namespace {

constexpr std::chrono::seconds kRetentionEvery{60};
constexpr std::chrono::seconds kAfterFullDisk{1};

}  // namespace

// --- when

void Log::Impl::wake() {
  {
    const std::lock_guard lock(wake_mutex);
    woken = true;
  }
  wake_changed.notify_one();
}

void Log::Impl::list_dirty(const std::shared_ptr<Partition>& partition) {
  if (partition->listed_dirty.exchange(true)) return;
  const std::lock_guard lock(wake_mutex);
  dirty.push_back(partition);
}

JournalPosition Log::Impl::published_position() const {
  const std::lock_guard lock(wake_mutex);
  return published;
}

// The journal half full.
bool Log::Impl::checkpoint_due() const {
  return journal->live_bytes() >= options.journal_bytes / 2;
}

// False when the log closes.
bool Log::Impl::wait_for_work() {
  std::unique_lock lock(wake_mutex);
  if (failure()) wake_changed.wait(lock, [&] { return stopping; });
  const auto due =
      published.sequence > checkpointed ? std::min(checkpoint_at, retention_at) : retention_at;
  const auto left = due - clock.steady();
  if (left > left.zero()) wake_changed.wait_for(lock, left, [&] { return woken || stopping; });
  woken = false;
  return !stopping;
}

void Log::Impl::maintain() {
  name_thread("log-upkeep");
  while (wait_for_work()) {
    const Status status = work_once();
    if (status) continue;
    if (status.error().code() != ErrorCode::kOverloaded) {
      fail(status.error());
      continue;
    }
    log_warn("log", "cannot write segments", {{"reason", status.error().message()}});
    if (is_closing()) journal->stop();  // no room will come for what waits there
    std::unique_lock lock(wake_mutex);
    wake_changed.wait_for(lock, kAfterFullDisk, [&] { return stopping; });
    woken = true;
  }
  if (failure()) return;
  const std::lock_guard lock(work_mutex);
  Status status = checkpoint_round(false);
  if (status && checkpointed == journal->position().sequence) {
    status = mark_closed(disk, options.directory, checkpointed);
  }
  if (!status) {
    log_warn("log", "closing without a checkpoint", {{"reason", status.error().message()}});
  }
}

Status Log::Impl::work_once() {
  if (failure()) return {};
  // A full disk must not keep segments from being written: the journal will say so itself.
  if (const Status spare = journal->make_spare();
      !spare && spare.error().code() != ErrorCode::kOverloaded) {
    return spare;
  }
  TRY(remove_files());
  if (something_let_go.exchange(false)) {
    Request request;
    request.control = [this] {
      if (!remove_let_go()) something_let_go = true;  // no room on the disk: tried again later
    };
    (void)push(std::move(request));
  }
  const auto now = clock.steady();
  if (now >= retention_at) {
    retention_at = now + kRetentionEvery;
    const auto entries = removable();
    if (!entries.empty()) {
      Request request;
      request.control = [this, entries] {
        if (apply_retention(entries)) wake();
      };
      (void)push(std::move(request));  // not waited for: the journal may be waiting for this thread
    }
    for (const auto& partition : all_partitions())
      partition->forget_silent_producers(clock.now_ms());
  }
  const std::lock_guard lock(work_mutex);
  if (unwritten >= write_behind_mark) TRY(write_behind());
  bool something_new = false;
  {
    const std::lock_guard wake_lock(wake_mutex);
    something_new = published.sequence > checkpointed;
  }
  if (something_new && (checkpoint_due() || now >= checkpoint_at)) TRY(checkpoint_round(true));
  return {};
}

// --- segments and checkpoint, under work_mutex

Status Log::Impl::write_behind() {
  std::vector<std::shared_ptr<Partition>> now;
  {
    const std::lock_guard lock(wake_mutex);
    now.swap(dirty);
  }
  Status status;
  for (const auto& partition : now) {
    partition->listed_dirty = false;  // before the look: what comes meanwhile is listed again
    if (status) status = partition->write_out(files);
    if (!status) list_dirty(partition);
    to_sync.push_back(partition);
  }
  shrink_cache();
  return status;
}

Status Log::Impl::sync_partition(Partition& partition) {
  for (const std::string& name : partition.unsynced()) {
    const auto file = TRY(files.writable(name));
    TRY(final_sync(file->sync()).within("sync " + files.path(name)));
  }
  partition.set_synced();
  return {};
}

// Leaves the disk to the journal for a moment, unless the journal runs out of room.
void Log::Impl::pace() {
  if (journal->live_bytes() >= options.journal_bytes / 4 * 3) return;
  std::unique_lock lock(wake_mutex);
  wake_changed.wait_for(lock, options.segment_sync_pace, [&] { return stopping; });
}

Status Log::Impl::checkpoint_round(bool paced) {
  const JournalPosition covered = published_position();
  TRY(write_behind());
  std::vector<std::shared_ptr<Partition>> round;
  round.swap(to_sync);
  std::ranges::sort(round);
  round.erase(std::ranges::unique(round).begin(), round.end());
  for (size_t i = 0; i < round.size(); ++i) {
    Status status = sync_partition(*round[i]);
    if (status && paced) {
      pace();
      if (unwritten >= write_behind_mark) status = write_behind();
    }
    if (!status) {
      to_sync.insert(to_sync.end(), round.begin(), round.end());
      return status;
    }
  }
  TRY(final_sync(disk.sync_directory(files.directory())));
  TRY(save_checkpoint(covered));
  journal->trim(covered.sequence);
  const std::lock_guard lock(wake_mutex);
  checkpointed = covered.sequence;
  checkpoint_at = clock.steady() + options.checkpoint_interval;
  return {};
}

Status Log::Impl::save_checkpoint(const JournalPosition& covered) {
  ByteWriter out;
  encode_head(out, {salt, covered, ids_below});
  {
    const std::shared_lock lock(topics_mutex);
    out.little(static_cast<uint32_t>(topics.size()));
    for (const auto& [id, entry] : topics) {
      encode_topic(out, *entry.topic);
      for (const auto& partition : entry.partitions) partition->encode(out);
    }
    out.little(static_cast<uint32_t>(
        std::ranges::count_if(topics, [](const auto& each) { return each.second.hidden; })));
    for (const auto& [id, entry] : topics) {
      if (entry.hidden) encode_uuid(out, id);
    }
  }
  TRY(write_checkpoint(disk, options.directory, out.buffer()));
  checkpoints_written.add();
  return {};
}

// --- retention

std::vector<FrameEntry> Log::Impl::removable() const {
  std::vector<FrameEntry> entries;
  const int64_t now_ms = clock.now_ms();
  for (const auto& partition : all_partitions()) {
    if (const auto start = partition->removable(now_ms)) {
      entries.push_back(LogStartEntry{partition->where(), *start});
    }
  }
  return entries;
}

// On the journal's thread.
Status Log::Impl::apply_retention(const std::vector<FrameEntry>& entries) {
  return write_entries(entries, [&] {
    for (const FrameEntry& entry : entries) {
      const auto& start = std::get<LogStartEntry>(entry);
      if (const auto partition = find(start.where)) partition->set_log_start(start.offset);
    }
  });
}

// On the journal's thread.
Result<std::vector<Result<Offset>>> Log::Impl::delete_before(
    const std::vector<Deletion>& deletions) {
  std::vector<FrameEntry> entries;
  std::vector<Result<Offset>> starts;
  for (const auto& [where, before] : deletions) {
    const auto partition = find(where);
    const auto offsets =
        partition ? partition->offsets() : Error(ErrorCode::kNotFound, "no such partition");
    if (!offsets) {
      starts.emplace_back(offsets.error());
    } else if (before > offsets->durable_end) {
      starts.emplace_back(invalid("offset " + std::to_string(before.value()) +
                                  " is out of range: the partition ends at " +
                                  std::to_string(offsets->durable_end.value())));
    } else {
      starts.emplace_back(std::max(before, offsets->visible_start));
      if (before > offsets->visible_start) entries.push_back(DeletedBeforeEntry{where, before});
    }
  }
  if (entries.empty()) return starts;
  TRY(write_entries(entries, [&] {
    for (const FrameEntry& entry : entries) {
      const auto& one = std::get<DeletedBeforeEntry>(entry);
      find(one.where)->set_deleted_before(one.offset);
    }
  }));
  return starts;
}

Status Log::Impl::remove_files() {
  const std::lock_guard lock(work_mutex);
  std::vector<std::shared_ptr<Partition>> gone;
  {
    const std::lock_guard wake_lock(wake_mutex);
    gone.swap(dropped);
  }
  auto all = all_partitions();
  all.insert(all.end(), gone.begin(), gone.end());
  for (const auto& partition : all) {
    for (const std::string& name : partition->take_removed()) TRY(files.remove(name));
  }
  return {};
}

Status Log::Impl::enforce_retention() {
  if (const auto error = failure()) return *error;
  {
    const std::lock_guard lock(work_mutex);
    TRY(write_behind());
  }
  const auto entries = removable();
  if (!entries.empty()) {
    TRY(on_journal_thread<void>([this, entries] { return apply_retention(entries); }));
  }
  TRY(on_journal_thread<void>([this] { return remove_let_go(); }));
  return remove_files();
}

}  // namespace foz::log
