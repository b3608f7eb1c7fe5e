// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The journal: frames (frame_internal.h) back to back in a ring of files `<number>.journal` of one
// size, overwritten in place, because overwriting a file's blocks syncs faster than growing it. A
// frame lies in one file: at the end of the frame before it, or at the beginning of another file.
//
// Only one frame is ever unsynced, so after a crash the frame that does not read well is the torn
// end if no frame with a greater sequence exists anywhere, else it is damage. The last frame is
// written again at recovery: had its sync failed, the kernel would hold it as clean without its
// being on disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.h"
#include "log/block_writer_internal.h"
#include "log/frame_internal.h"
#include "store/disk.h"

namespace foz::log {

// What a failed sync says, kIo whatever it was: also after that of a full disk nobody knows what is
// there, and a second one could succeed without it.
inline Status final_sync(const Status& synced) {
  if (synced) return {};
  return Error(ErrorCode::kIo, synced.error().message());
}

// Where a frame ends, and its sequence.
struct JournalPosition {
  uint64_t sequence = 0;
  uint32_t file = 0;
  int64_t offset = 0;
};

class Journal {
 public:
  struct Options {
    std::string directory;
    uint64_t salt = 0;
    int64_t total_bytes = 0;  // of all files; write() waits for trim() when they are full
    int64_t file_bytes = 0;   // a multiple of store::kDirectBlock
  };
  // Opens the files that are there; `checkpoint` is the end of the last frame that need not be
  // replayed.
  static Result<std::unique_ptr<Journal>> open(Options options, store::Disk& disk,
                                               JournalPosition checkpoint);

  // Before the first write: calls `visit` for every frame after the checkpoint, cuts a torn end,
  // refuses damage. `closed`: there is nothing behind the checkpoint, and no torn end.
  using Visit = std::function<Status(const std::vector<FrameEntry>&)>;
  Status replay(const Visit& visit, bool closed = false);

  // One thread: writes a frame and syncs it. kOverloaded: the disk is full and nothing happened.
  // kCancelled: stopped while waiting for room. After any other failure the journal must not be
  // used any more.
  Result<JournalPosition> write(const FrameBuilder& frame);
  // Frames up to `sequence` are not needed any more. From any thread.
  void trim(uint64_t sequence);
  // Ends a wait for room.
  void stop();
  // Whether write() will make a file, zeroed and synced, once the one it writes to is full;
  // make_spare() makes it before, on another thread. kOverloaded: the disk is full.
  bool wants_spare() const;
  Status make_spare();
  // Of the files that hold frames still needed; write() waits when it reaches the total.
  int64_t live_bytes() const;
  int64_t bytes() const;
  JournalPosition position() const;

 private:
  struct JournalFile {
    uint32_t number = 0;
    std::unique_ptr<store::File> file;
    int64_t size = 0;
    uint64_t last_sequence = 0;  // of the last frame that begins in it; 0: free
  };

  Journal(Options options, store::Disk& disk, JournalPosition checkpoint);
  std::string path(uint32_t number) const;
  JournalFile& current_file();
  // Under mutex_.
  const JournalFile* free_file() const;
  bool may_grow() const;
  Status fill_file(store::File& file) const;
  // Lets go of the lock while it fills the file.
  Result<uint32_t> make_file(std::unique_lock<std::mutex>& lock);
  Status make_room(size_t frame_bytes);
  Result<std::string> read_frame(const JournalFile& file, int64_t offset, uint64_t sequence) const;
  Result<std::string> find_next(JournalPosition& at);
  Status refuse_later_frames(const JournalPosition& end) const;
  Status refuse_later_frames_in(const JournalFile& file, const JournalPosition& end) const;
  size_t index_of(uint32_t number) const;

  const Options options_;
  store::Disk& disk_;
  mutable std::mutex mutex_;
  std::condition_variable room_changed_;
  bool stopped_ = false;
  uint64_t trimmed_ = 0;
  bool making_ = false;            // one file at a time
  std::deque<JournalFile> files_;  // grows under the mutex, and none ever moves
  JournalPosition position_;       // end of the last good frame
  BlockWriter blocks_;
};

}  // namespace foz::log
