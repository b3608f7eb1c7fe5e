// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Opening: the last checkpoint, then the journal's frames after it.
#include <algorithm>

#include "base/logging.h"
#include "log/checkpoint_internal.h"
#include "log/log_impl_internal.h"
#include "log/topics_internal.h"

namespace foz::log {
namespace {

constexpr int64_t kLeastJournalFile = 64 << 10;
constexpr int64_t kMostJournalFile = 32 << 20;
// A log that is begun again knows nothing of the one before, whose producers may still be there:
// its ids begin beyond all that were given out, if those were no more than so many a millisecond.
constexpr int64_t kIdsPerMs = 1024;

std::string parent_of(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

// Makes the folders, and the names of those that were not there durable in their parents.
Status Log::Impl::make_directories() {
  std::vector<std::string> made;
  std::string path = options.directory;
  while (path != "." && path != "/" && !disk.stat(path)) {
    made.push_back(path);
    path = parent_of(path);
  }
  const std::string journal_directory = options.directory + "/journal";
  TRY(disk.make_directories(journal_directory));
  TRY(disk.make_directories(files.directory()));
  TRY(disk.sync_directory(options.directory));
  for (const std::string& name : made) TRY(disk.sync_directory(parent_of(name)));
  return {};
}

Status Log::Impl::begin_new() {
  for (const std::string& folder : {options.directory + "/journal", files.directory()}) {
    if (!TRY(disk.list(folder)).empty()) {
      return Error(ErrorCode::kCorrupt, "the log's checkpoint is missing in " + options.directory +
                                            ", but " + folder +
                                            " has files; restore the checkpoint from a copy");
    }
  }
  salt = random.next();
  next_id = ids_below = clock.now_ms() * kIdsPerMs;
  TRY(save_checkpoint({}));
  return open_journal({});
}

Status Log::Impl::open_journal(JournalPosition position) {
  constexpr auto kBlock = static_cast<int64_t>(store::kDirectBlock);
  const int64_t file_bytes =
      std::clamp(options.journal_bytes / 16, kLeastJournalFile, kMostJournalFile) / kBlock * kBlock;
  journal = TRY(Journal::open({.directory = options.directory + "/journal",
                               .salt = salt,
                               .total_bytes = std::max(options.journal_bytes, 4 * file_bytes),
                               .file_bytes = file_bytes},
                              disk, position));
  published = position;
  checkpointed = position.sequence;
  return {};
}

Status Log::Impl::load(const std::string& payload) {
  ByteReader in(as_bytes(payload));
  const CheckpointHead head = decode_head(in);
  salt = head.salt;
  ids_below = next_id = head.producer_ids_below;
  const auto count = in.little<uint32_t>();
  for (uint32_t i = 0; i < count && in.ok(); ++i) {
    Topic topic = decode_topic(in);
    if (!in.ok()) break;
    TopicEntry entry = entry_of(std::move(topic), {});
    for (const auto& partition : entry.partitions) TRY(partition->decode(in));
    topics[entry.topic->id] = std::move(entry);
  }
  // An older checkpoint ends here.
  const uint32_t hidden = in.remaining() > 0 ? in.little<uint32_t>() : 0;
  for (uint32_t i = 0; i < hidden && in.ok(); ++i) apply_hidden(decode_uuid(in));
  if (!in.ok() || in.remaining() > 0)
    return Error(ErrorCode::kCorrupt, "the log's checkpoint is malformed");
  return open_journal(head.position);
}

Status Log::Impl::recover() {
  TRY(make_directories());
  const auto payload = TRY(read_checkpoint(disk, options.directory));
  if (!payload) {
    TRY(begin_new());
  } else {
    TRY(load(*payload));
    TRY(trim_segments());
    const bool closed =
        TRY(take_closed_mark(disk, options.directory, journal->position().sequence));
    TRY(journal->replay([this](const std::vector<FrameEntry>& entries) { return replay(entries); },
                        closed));
    published = journal->position();
    TRY(check_segments());
  }
  is_new = journal->position().sequence == 0;
  for (const auto& [id, entry] : topics) {
    if (!entry.hidden) index_name(*entry.topic);
  }
  checkpoint_at = clock.steady() + options.checkpoint_interval;
  retention_at = clock.steady();
  return {};
}

// Cuts what was written behind the last synced byte: the journal has it, and the segment is written
// again from there.
Status Log::Impl::trim_segments() {
  for (const auto& entry : TRY(disk.list(files.directory()))) sizes_found[entry.name] = entry.size;
  for (const auto& partition : all_partitions()) {
    for (const auto& [name, synced] : partition->segment_sizes()) {
      const auto found = sizes_found.find(name);
      if (found == sizes_found.end() || found->second <= synced) continue;
      TRY(TRY(files.writable(name))->truncate(synced));
    }
  }
  return {};
}

Status Log::Impl::replay(const std::vector<FrameEntry>& entries) {
  for (const FrameEntry& entry : entries) TRY(replay_one(entry));
  if (unwritten >= write_behind_mark) TRY(write_behind());
  return {};
}

// Entries of before the checkpoint's own reading of a topic or partition have no effect a second
// time.
Status Log::Impl::replay_one(const FrameEntry& entry) {
  if (const auto* batches = std::get_if<BatchesEntry>(&entry)) {
    const auto partition = find(batches->where);
    if (!partition || !TRY(partition->recover(*batches, clock.now_ms()))) return {};
    remember(partition,
             Partition::cost(std::string()) + static_cast<int64_t>(batches->batches.size()));
    list_dirty(partition);
  } else if (const auto* created = std::get_if<TopicCreatedEntry>(&entry)) {
    if (!topics.contains(created->topic.id))
      topics[created->topic.id] = entry_of(created->topic, created->starts);
  } else if (const auto* deleted = std::get_if<TopicDeletedEntry>(&entry)) {
    apply_removed({deleted->id});
  } else if (const auto* start = std::get_if<LogStartEntry>(&entry)) {
    if (const auto partition = find(start->where)) partition->set_log_start(start->offset);
  } else if (const auto* before = std::get_if<DeletedBeforeEntry>(&entry)) {
    if (const auto partition = find(before->where)) partition->set_deleted_before(before->offset);
  } else if (const auto* altered = std::get_if<TopicAlteredEntry>(&entry)) {
    apply_altered(altered->topic);
  } else if (const auto* hidden = std::get_if<TopicHiddenEntry>(&entry)) {
    apply_hidden(hidden->id);
  } else if (const auto* ids = std::get_if<ProducerIdsEntry>(&entry)) {
    ids_below = next_id = std::max(next_id, ids->below);
  }
  return {};
}

// Every segment that is still needed must be there as long as it was synced; what nobody needs
// goes.
Status Log::Impl::check_segments() {
  std::map<std::string, int64_t> needed;
  for (const auto& partition : all_partitions()) {
    (void)partition->take_removed();
    for (const auto& [name, synced] : partition->segment_sizes()) needed[name] = synced;
  }
  for (const auto& [name, synced] : needed) {
    if (synced == 0) continue;  // begun by this replay
    const auto found = sizes_found.find(name);
    const int64_t size = found == sizes_found.end() ? 0 : found->second;
    if (size >= synced) continue;
    return Error(ErrorCode::kCorrupt, "segment " + files.path(name) + " ends at byte " +
                                          std::to_string(size) + ", but was synced up to byte " +
                                          std::to_string(synced) +
                                          "; restore the file from a copy");
  }
  for (const auto& entry : TRY(disk.list(files.directory()))) {
    if (!needed.contains(entry.name)) TRY(files.remove(entry.name));
  }
  sizes_found.clear();
  dropped.clear();
  return {};
}

void Log::Impl::start_threads() {
  journal_thread = std::thread([this] { commit_loop(); });
  maintenance_thread = std::thread([this] { maintain(); });
}

}  // namespace foz::log
