// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A disk in memory that can crash: whatever was not synced is then lost, kept or torn, as the seed
// decides. File content survives only after File::sync, a name (create, rename, link, remove) only
// after sync_directory of its folder.
#pragma once

#include <memory>

#include "base/random.h"
#include "store/disk.h"

namespace foz {
class Clock;
}

namespace foz::store {

// Relative paths begin at "/". Thread-safe.
class SimulatedDisk final : public Disk {
 public:
  // Files are stamped by `clock`; by the system without one. Both must outlive the disk.
  explicit SimulatedDisk(Random& random, const Clock* clock = nullptr);
  ~SimulatedDisk() override;

  // From the `count`-th write, sync or name change on (1 is the next), every call fails with kIo,
  // as if the machine were gone; 0 never. That change itself is under way: like any unsynced one
  // it may be found done, half done or not done.
  void crash_after(int64_t count);
  bool crashed() const;
  // What a machine finds after power comes back: unsynced writes survive as a random subset, of
  // each the whole, the head or the tail; unsynced name changes as a random subset, a rename wholly
  // or not at all. Every open file is dead; reopen all.
  void restart();
  // Writes, syncs and name changes so far.
  int64_t operations() const;
  // Bytes after which writes fail with kOverloaded.
  void set_capacity(int64_t bytes);
  // Flips one bit of a file, for tests of damage. The file is synced with it.
  Status flip_bit(const std::string& path, int64_t offset, int bit);

  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override;
  Status make_directories(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status link(const std::string& from, const std::string& to) override;
  Status remove(const std::string& path) override;
  Status remove_all(const std::string& path) override;
  Result<std::vector<DirEntry>> list(const std::string& path,
                                     const NameFilter& wanted = {}) override;
  Result<DirEntry> stat(const std::string& path) override;
  Result<int64_t> free_bytes(const std::string& path) override;

 private:
  struct State;
  class OpenFile;
  std::shared_ptr<State> state_;
};

}  // namespace foz::store
