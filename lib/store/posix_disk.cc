// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "store/disk.h"

namespace foz::store {
namespace {

Error failure(int code, std::string_view action, const std::string& path) {
  const auto say = [&](ErrorCode kind, std::string_view advice = "") {
    return Error(kind, fmt::format("cannot {} '{}': {}{}", action, path,
                                   std::generic_category().message(code), advice));
  };
  switch (code) {
    case ENOENT:
    case ENOTDIR: return say(ErrorCode::kNotFound);
    case EEXIST:
    case ENOTEMPTY: return say(ErrorCode::kAlreadyExists);
    case ENOSPC:
    case EDQUOT: return say(ErrorCode::kOverloaded, "; free space there or raise its quota");
    case EMFILE:
    case ENFILE: return say(ErrorCode::kOverloaded, "; raise the limit of open files (ulimit -n)");
    case EROFS: return say(ErrorCode::kDenied, "; mount it writable or choose another folder");
    case EACCES:
    case EPERM:
      return say(ErrorCode::kDenied, "; give this user the right to it or choose another folder");
    case EISDIR:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
    case EFBIG: return say(ErrorCode::kInvalid);
    default: return say(ErrorCode::kIo, "; look at the health of the disk");
  }
}

// Calls again while a signal interrupts.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Status done(int result, std::string_view action, const std::string& path) {
  if (result < 0) return failure(errno, action, path);
  return {};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

Result<Descriptor> open_descriptor(const std::string& path, int flags) {
  const int fd = uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); });
  if (fd < 0) return failure(errno, "open", path);
  return Descriptor(fd);
}

DirEntry entry_of(std::string name, const struct stat& found) {
  return {std::move(name), S_ISDIR(found.st_mode), found.st_size,
          found.st_mtim.tv_sec * 1000 + found.st_mtim.tv_nsec / 1'000'000};
}

class PosixFile final : public File {
 public:
  PosixFile(Descriptor descriptor, std::string path)
      : descriptor_(std::move(descriptor)), path_(std::move(path)) {}
  // Reads need not be in whole blocks, and like to be read ahead: only writes are direct.
  PosixFile(Descriptor descriptor, Descriptor direct, std::string path)
      : descriptor_(std::move(descriptor)), direct_(std::move(direct)), path_(std::move(path)) {}

  Status write_at(int64_t offset, Bytes bytes) override {
    const int into = direct_ ? direct_->get() : descriptor_.get();
    while (!bytes.empty()) {
      const ssize_t count =
          uninterrupted([&] { return ::pwrite(into, bytes.data(), bytes.size(), offset); });
      if (count < 0) return failure(errno, "write", path_);
      offset += count;
      bytes = bytes.subspan(static_cast<size_t>(count));
    }
    return {};
  }

  Result<size_t> read_at(int64_t offset, std::span<std::byte> out) const override {
    size_t done = 0;
    while (done < out.size()) {
      const ssize_t count = uninterrupted([&] {
        return ::pread(descriptor_.get(), out.data() + done, out.size() - done,
                       offset + static_cast<int64_t>(done));
      });
      if (count < 0) return failure(errno, "read", path_);
      if (count == 0) break;
      done += static_cast<size_t>(count);
    }
    return done;
  }

  Result<int64_t> size() const override {
    struct stat found;
    TRY(done(::fstat(descriptor_.get(), &found), "stat", path_));
    return int64_t{found.st_size};
  }

  Status truncate(int64_t size) override {
    return done(uninterrupted([&] { return ::ftruncate(descriptor_.get(), size); }), "truncate",
                path_);
  }

  // The kernel reports a lost write once and then forgets it, so the failure is kept here.
  Status sync() override {
    if (!last_sync_) return last_sync_;
    last_sync_ = done(uninterrupted([&] { return ::fdatasync(descriptor_.get()); }), "sync", path_);
    return last_sync_;
  }

  Status allocate(int64_t size) override {
    const int result = uninterrupted([&] { return ::fallocate(descriptor_.get(), 0, 0, size); });
    if (result < 0 && errno == EOPNOTSUPP) return {};
    return done(result, "allocate space for", path_);
  }

 private:
  Descriptor descriptor_;
  std::optional<Descriptor> direct_;
  std::string path_;
  Status last_sync_;
};

class PosixDisk final : public Disk {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    const int flags = mode == OpenMode::kRead     ? O_RDONLY
                      : mode == OpenMode::kCreate ? O_RDWR | O_CREAT | O_EXCL
                                                  : O_RDWR | O_CREAT;
    Descriptor descriptor = TRY(open_descriptor(path, flags));
    if (mode == OpenMode::kDirect) {
      // A file system that cannot says kInvalid.
      Result<Descriptor> direct = open_descriptor(path, O_RDWR | O_DIRECT);
      if (direct) {
        return std::make_unique<PosixFile>(std::move(descriptor), std::move(*direct), path);
      }
      if (direct.error().code() != ErrorCode::kInvalid) return direct.error();
    }
    if (mode == OpenMode::kRead) {
      struct stat found;
      TRY(done(::fstat(descriptor.get(), &found), "stat", path));
      if (S_ISDIR(found.st_mode)) {
        return Error(ErrorCode::kNotFound, fmt::format("'{}' is a directory, not a file", path));
      }
    }
    return std::make_unique<PosixFile>(std::move(descriptor), path);
  }

  Status make_directories(const std::string& path) override {
    std::error_code code;
    std::filesystem::create_directories(path, code);
    if (code.value() == ENOTDIR || code.value() == EEXIST) {
      return invalid(fmt::format("cannot make directory '{}': a file is in its way", path));
    }
    if (code) return failure(code.value(), "make directory", path);
    return {};
  }

  Status sync_directory(const std::string& path) override {
    const Descriptor descriptor = TRY(open_descriptor(path, O_RDONLY | O_DIRECTORY));
    const int result = uninterrupted([&] { return ::fsync(descriptor.get()); });
    // Says that this file system keeps directories in order without being asked.
    if (result < 0 && errno == EINVAL) return {};
    return done(result, "sync directory", path);
  }

  Status rename(const std::string& from, const std::string& to) override {
    return done(::rename(from.c_str(), to.c_str()), fmt::format("rename '{}' to", from), to);
  }

  Status link(const std::string& from, const std::string& to) override {
    const int result = ::link(from.c_str(), to.c_str());
    if (result < 0 && (errno == EPERM || errno == EOPNOTSUPP)) {
      return Error(ErrorCode::kUnsupported,
                   fmt::format("cannot link '{}': its file system has no hard links, on which "
                               "atomic commits rest; choose a folder on ext4, XFS or Btrfs",
                               to));
    }
    return done(result, fmt::format("link '{}' to", from), to);
  }

  Status remove(const std::string& path) override {
    const int result = ::unlink(path.c_str());
    if (result < 0 && errno == EISDIR) errno = ENOENT;
    return done(result, "remove", path);
  }

  Status remove_all(const std::string& path) override {
    std::error_code code;
    std::filesystem::remove_all(path, code);
    if (code) return failure(code.value(), "remove", path);
    return {};
  }

  Result<std::vector<DirEntry>> list(const std::string& path, const NameFilter& wanted) override {
    const std::unique_ptr<DIR, decltype([](DIR* open) { ::closedir(open); })> directory(
        ::opendir(path.c_str()));
    if (!directory) return failure(errno, "list", path);
    std::vector<DirEntry> entries;
    for (;;) {
      errno = 0;
      const dirent* next = ::readdir(directory.get());
      if (!next) break;
      const std::string_view name = next->d_name;
      if (name == "." || name == ".." || (wanted && !wanted(name))) continue;
      struct stat found;
      // It may be gone by now, or be a link to nothing.
      if (::fstatat(::dirfd(directory.get()), next->d_name, &found, 0) < 0) continue;
      entries.push_back(entry_of(std::string(name), found));
    }
    if (errno != 0) return failure(errno, "list", path);
    return entries;
  }

  Result<DirEntry> stat(const std::string& path) override {
    struct stat found;
    TRY(done(::stat(path.c_str(), &found), "stat", path));
    return entry_of(std::filesystem::path(path).filename(), found);
  }

  Result<int64_t> free_bytes(const std::string& path) override {
    struct statvfs found;
    TRY(done(::statvfs(path.c_str(), &found), "ask the free space of", path));
    return static_cast<int64_t>(found.f_bavail * found.f_frsize);
  }
};

}  // namespace

std::unique_ptr<Disk> make_posix_disk() { return std::make_unique<PosixDisk>(); }

}  // namespace foz::store
