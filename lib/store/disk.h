// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The local disk as the log and the local object store see it: the few calls whose order decides
// what a crash leaves behind. PosixDisk is the real one; SimulatedDisk (simulated_disk.h) forgets
// at a crash whatever was not synced.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace foz::store {

// An open file. One thread at a time may change it; reads may go on beside.
class File {
 public:
  virtual ~File() = default;
  // Writes all bytes at `offset`, growing the file as needed (pwrite). kOverloaded: the disk is
  // full, and a part may be written. kInvalid: kDirect, and not in whole blocks.
  virtual Status write_at(int64_t offset, Bytes bytes) = 0;
  // Reads up to out.size() bytes; fewer only at the end of the file.
  virtual Result<size_t> read_at(int64_t offset, std::span<std::byte> out) const = 0;
  virtual Result<int64_t> size() const = 0;
  virtual Status truncate(int64_t size) = 0;
  // Makes content and size durable (fdatasync). After a failure the file's state is unknown
  // (fsyncgate): the caller must not go on as if a second call could help; it fails too.
  virtual Status sync() = 0;
  // Reserves space, growing the file with zeros, so that later writes below `size` change no
  // metadata; best effort. kOverloaded: the disk is full.
  virtual Status allocate(int64_t size) = 0;
};

enum class OpenMode {
  kRead,       // must exist
  kReadWrite,  // made when missing
  kCreate,     // must not exist: kAlreadyExists
  kDirect,     // as kReadWrite, but writes go around the page cache where the file system can
};

// Of kDirect: where a write begins, how long it is and where its bytes stand in memory are
// multiples of it.
inline constexpr size_t kDirectBlock = 4096;

struct DirEntry {
  std::string name;
  bool is_directory = false;
  int64_t size = 0;
  int64_t modified_ms = 0;
};

using NameFilter = std::function<bool(std::string_view name)>;

// Paths are absolute or relative to the process. Thread-safe.
class Disk {
 public:
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual Status make_directories(const std::string& path) = 0;
  // Makes the names in a directory durable.
  virtual Status sync_directory(const std::string& path) = 0;
  // Replaces `to`.
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  // Gives `from` the second name `to` (link); kAlreadyExists when `to` exists.
  virtual Status link(const std::string& from, const std::string& to) = 0;
  // Removes a file; kNotFound when there is none.
  virtual Status remove(const std::string& path) = 0;
  // Removes a file, or a directory with all that is in it, if there.
  virtual Status remove_all(const std::string& path) = 0;
  // Unsorted, without "." and "..". kNotFound when there is no such directory. With `wanted` only
  // the names that it takes; the others cost no look at the file, and a directory may be large.
  virtual Result<std::vector<DirEntry>> list(const std::string& path,
                                             const NameFilter& wanted = {}) = 0;
  virtual Result<DirEntry> stat(const std::string& path) = 0;
  // Bytes that may still be written.
  virtual Result<int64_t> free_bytes(const std::string& path) = 0;
};

std::unique_ptr<Disk> make_posix_disk();

}  // namespace foz::store
