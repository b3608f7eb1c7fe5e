// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/journal_internal.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace foz::log {
namespace {

constexpr std::string_view kSuffix = ".journal";
constexpr size_t kScan = 1 << 20;

std::optional<uint32_t> number_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  name.remove_suffix(kSuffix.size());
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return number;
}

Result<std::string> read_exactly(const store::File& file, int64_t offset, size_t size) {
  std::string bytes(size, '\0');
  const auto into = std::as_writable_bytes(std::span(bytes));
  bytes.resize(TRY(file.read_at(offset, into)));
  return bytes;
}

}  // namespace

Journal::Journal(Options options, store::Disk& disk, JournalPosition checkpoint)
    : options_(std::move(options)),
      disk_(disk),
      trimmed_(checkpoint.sequence),
      position_(checkpoint) {}

std::string Journal::path(uint32_t number) const {
  return options_.directory + "/" + std::to_string(number) + std::string(kSuffix);
}

size_t Journal::index_of(uint32_t number) const {
  for (size_t i = 0; i < files_.size(); ++i) {
    if (files_[i].number == number) return i;
  }
  return files_.size();
}

Result<std::unique_ptr<Journal>> Journal::open(Options options, store::Disk& disk,
                                               JournalPosition checkpoint) {
  std::unique_ptr<Journal> journal(new Journal(std::move(options), disk, checkpoint));
  for (const auto& entry : TRY(disk.list(journal->options_.directory))) {
    const auto number = number_of(entry.name);
    if (!number) continue;
    JournalFile file{*number, TRY(disk.open(journal->path(*number), store::OpenMode::kDirect)),
                     entry.size, 0};
    file.size = TRY(file.file->size());
    journal->files_.push_back(std::move(file));
  }
  std::ranges::sort(journal->files_, {}, &JournalFile::number);
  return journal;
}

// --- recovery

// The whole frame at `offset` if it has this sequence and every bit is right; else an empty string.
Result<std::string> Journal::read_frame(const JournalFile& file, int64_t offset,
                                        uint64_t sequence) const {
  const std::string head = TRY(read_exactly(*file.file, offset, kFrameHeaderBytes));
  const auto header = parse_frame_header(as_bytes(head));
  if (!header || header->salt != options_.salt || header->sequence != sequence ||
      static_cast<int64_t>(header->size()) > file.size - offset) {
    return std::string();
  }
  std::string frame = TRY(read_exactly(*file.file, offset, header->size()));
  if (!parse_frame(as_bytes(frame))) return std::string();
  return frame;
}

// The frame after `at`, which moves to its end; an empty string when there is none.
Result<std::string> Journal::find_next(JournalPosition& at) {
  const uint64_t sequence = at.sequence + 1;
  const auto try_at = [&](JournalFile& file, int64_t offset) -> Result<std::string> {
    std::string frame = TRY(read_frame(file, offset, sequence));
    if (!frame.empty()) {
      at = {sequence, file.number, offset + static_cast<int64_t>(frame.size())};
      file.last_sequence = sequence;
    }
    return frame;
  };
  if (const size_t current = index_of(at.file); current < files_.size()) {
    std::string frame = TRY(try_at(files_[current], at.offset));
    if (!frame.empty()) return frame;
  }
  for (JournalFile& file : files_) {
    std::string frame = TRY(try_at(file, 0));
    if (!frame.empty()) return frame;
  }
  return std::string();
}

Status Journal::refuse_later_frames_in(const JournalFile& file, const JournalPosition& end) const {
  std::array<char, 8> salt;
  std::memcpy(salt.data(), &options_.salt, salt.size());
  const std::string_view needle(salt.data(), salt.size());
  constexpr size_t kSaltAt = 8;
  std::string block;
  // Blocks overlap by a header, so that none is cut.
  for (int64_t at = 0; at < file.size; at += kScan) {
    block = TRY(read_exactly(*file.file, at, kScan + kFrameHeaderBytes));
    for (size_t hit = block.find(needle); hit != std::string::npos;
         hit = block.find(needle, hit + 1)) {
      if (hit < kSaltAt) continue;
      const auto header = parse_frame_header(as_bytes(block).subspan(hit - kSaltAt));
      if (!header || header->sequence <= end.sequence + 1) continue;
      const int64_t begin = at + static_cast<int64_t>(hit - kSaltAt);
      if (TRY(read_frame(file, begin, header->sequence)).empty()) continue;
      return Error(ErrorCode::kCorrupt,
                   "the journal is damaged: frame " + std::to_string(end.sequence + 1) +
                       " should stand in " + path(end.file) + " at byte " +
                       std::to_string(end.offset) +
                       " (or begin another file) and does not, but the later frame " +
                       std::to_string(header->sequence) + " is whole in " + path(file.number) +
                       " at byte " + std::to_string(begin) + "; restore the disk from a copy");
    }
  }
  return {};
}

Status Journal::refuse_later_frames(const JournalPosition& end) const {
  for (const JournalFile& file : files_) TRY(refuse_later_frames_in(file, end));
  return {};
}

Status Journal::replay(const Visit& visit, bool closed) {
  const uint64_t first = position_.sequence + 1;
  JournalPosition at = position_;
  std::string frame;
  std::string last;
  while (!(frame = TRY(find_next(at))).empty()) {
    TRY(visit(TRY(parse_frame(as_bytes(frame)))));
    last = std::move(frame);
  }
  if (!closed || at.sequence >= first) TRY(refuse_later_frames(at));
  position_ = at;
  if (at.sequence < first) return {};
  JournalFile& file = files_[index_of(at.file)];
  TRY(blocks_.begin(*file.file, at.offset - static_cast<int64_t>(last.size())));
  TRY(blocks_.add(last));
  TRY(blocks_.end());
  return file.file->sync();
}

// --- writing

// A new file is filled with zeros, so that its blocks exist before the first frame.
Status Journal::fill_file(store::File& file) const {
  TRY(file.allocate(options_.file_bytes));
  TRY(write_zeros(file, options_.file_bytes));
  TRY(final_sync(file.sync()));
  return final_sync(disk_.sync_directory(options_.directory));
}

Result<uint32_t> Journal::make_file(std::unique_lock<std::mutex>& lock) {
  uint32_t number = 0;
  for (const JournalFile& file : files_) number = std::max(number, file.number + 1);
  making_ = true;
  lock.unlock();
  auto file = disk_.open(path(number), store::OpenMode::kDirect);
  const Status filled = file ? fill_file(**file) : Status(file.error());
  lock.lock();
  making_ = false;
  room_changed_.notify_all();
  TRY(filled);
  files_.push_back({number, std::move(*file), options_.file_bytes, 0});
  return number;
}

const Journal::JournalFile* Journal::free_file() const {
  for (const JournalFile& file : files_) {
    if (file.number != position_.file && file.last_sequence <= trimmed_) return &file;
  }
  return nullptr;
}

bool Journal::may_grow() const {
  int64_t total = 0;
  for (const JournalFile& file : files_) total += file.size;
  return files_.size() < 2 || total + options_.file_bytes <= options_.total_bytes;
}

bool Journal::wants_spare() const {
  const std::lock_guard lock(mutex_);
  return !making_ && !files_.empty() && !free_file() && may_grow();
}

Status Journal::make_spare() {
  std::unique_lock lock(mutex_);
  if (making_ || files_.empty() || free_file() || !may_grow()) return {};
  TRY(make_file(lock));
  return {};
}

// Moves position_ to a place where so many bytes may be written.
Status Journal::make_room(size_t frame_bytes) {
  std::unique_lock lock(mutex_);
  const auto size = static_cast<int64_t>(frame_bytes);
  if (const size_t current = index_of(position_.file); current < files_.size()) {
    // All of it is behind the checkpoint: begin again.
    if (position_.sequence <= trimmed_) position_.offset = 0;
    if (position_.offset == 0 || position_.offset + size <= files_[current].size) return {};
  }
  while (true) {
    if (stopped_) return Error(ErrorCode::kCancelled, "the log is closing");
    if (const JournalFile* file = free_file()) {
      position_ = {position_.sequence, file->number, 0};
      return {};
    }
    if (!making_ && may_grow()) {
      const uint32_t made = TRY(make_file(lock));
      position_ = {position_.sequence, made, 0};
      return {};
    }
    room_changed_.wait(lock);
  }
}

Journal::JournalFile& Journal::current_file() {
  const std::lock_guard lock(mutex_);
  return files_[index_of(position_.file)];
}

Result<JournalPosition> Journal::write(const FrameBuilder& frame) {
  TRY(make_room(frame.size()));
  const uint64_t sequence = position_.sequence + 1;
  JournalFile& file = current_file();
  const std::string head = frame.seal(options_.salt, sequence);
  TRY(blocks_.begin(*file.file, position_.offset));
  TRY(blocks_.add(head));
  for (const Bytes slice : frame.data()) TRY(blocks_.add(as_text(slice)));
  TRY(blocks_.end());
  TRY(final_sync(file.file->sync()).within("sync of " + path(file.number)));
  const std::lock_guard lock(mutex_);
  position_ = {sequence, file.number, position_.offset + static_cast<int64_t>(frame.size())};
  file.size = std::max(file.size, position_.offset);
  file.last_sequence = sequence;
  return position_;
}

void Journal::trim(uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  trimmed_ = std::max(trimmed_, sequence);
  room_changed_.notify_all();
}

void Journal::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  room_changed_.notify_all();
}

int64_t Journal::live_bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t live = 0;
  for (const JournalFile& file : files_) {
    if (file.last_sequence > trimmed_) live += file.size;
  }
  return live;
}

int64_t Journal::bytes() const {
  const std::lock_guard lock(mutex_);
  int64_t total = 0;
  for (const JournalFile& file : files_) total += file.size;
  return total;
}

JournalPosition Journal::position() const {
  const std::lock_guard lock(mutex_);
  return position_;
}

}  // namespace foz::log
