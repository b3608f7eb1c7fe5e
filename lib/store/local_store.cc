// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Objects as files. A put is durable and atomic in this order: temporary file, sync, its own name,
// sync of the directory; the directories above were synced when they were made.

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <mutex>
#include <string>
#include <unordered_set>

#include "store/disk.h"
#include "store/object_store.h"
#include "store/path_internal.h"

namespace foz::store {
namespace {

// Directories remembered as made and synced.
constexpr size_t kMaxKnownDirectories = 10'000;
// Only a crash leaves a temporary file behind, and no put takes a day.
constexpr int64_t kAbandonedAfterMs = 24 * 3600 * 1000;

template <class T>
bool failed_with(const Result<T>& result, ErrorCode code) {
  return !result.has_value() && result.error().code() == code;
}

// Both with "/" at the end.
std::string parent_of(std::string_view directory) {
  directory.remove_suffix(1);
  const size_t slash = directory.rfind('/');
  return slash == std::string_view::npos ? "./" : std::string(directory.substr(0, slash + 1));
}

// RFC 3986 section 2.3.
std::string percent_encoded(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").contains(c);
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

class LocalStore final : public ObjectStore {
 public:
  // `root` ends in "/".
  LocalStore(Disk& disk, std::string root) : disk_(disk), root_(std::move(root)) {}

  Status open() { return make_durable(root_); }

  Result<std::string> get(std::string_view path) const override {
    TRY(check_path(path));
    const std::unique_ptr<File> file = TRY(disk_.open(file_of(path), OpenMode::kRead));
    std::string bytes(static_cast<size_t>(TRY(file->size())), '\0');
    bytes.resize(TRY(file->read_at(0, std::as_writable_bytes(std::span(bytes)))));
    return bytes;
  }

  Result<size_t> get_range(std::string_view path, int64_t offset,
                           std::span<std::byte> out) const override {
    TRY(check_path(path));
    if (offset < 0) return invalid(fmt::format("negative offset {} in '{}'", offset, path));
    const std::unique_ptr<File> file = TRY(disk_.open(file_of(path), OpenMode::kRead));
    return file->read_at(offset, out);
  }

  Result<ObjectMeta> head(std::string_view path) const override {
    TRY(check_path(path));
    const DirEntry entry = TRY(disk_.stat(file_of(path)));
    if (entry.is_directory) {
      return Error(ErrorCode::kNotFound, fmt::format("'{}' is a directory, not an object", path));
    }
    return ObjectMeta{std::string(path), entry.size, entry.modified_ms};
  }

  Result<std::vector<ObjectMeta>> list(std::string_view prefix, std::string_view start_after,
                                       size_t limit) const override {
    TRY(check_prefix(prefix));
    const size_t name_begin = prefix.rfind('/') + 1;  // 0 without a slash
    std::vector<ObjectMeta> found;
    TRY(walk(std::string(prefix.substr(0, name_begin)), prefix.substr(name_begin), start_after,
             limit, found));
    return found;
  }

  Result<std::vector<std::string>> list_names(std::string_view prefix) const override {
    TRY(check_folder(prefix));
    std::vector<std::string> names;
    for (DirEntry& entry : TRY(sorted(prefix, {}))) names.push_back(std::move(entry.name));
    return names;
  }

  Status put(std::string_view path, Bytes bytes) override {
    TRY(publish(path, bytes, &Disk::rename));
    return {};
  }

  Result<PutOutcome> put_if_absent(std::string_view path, Bytes bytes) override {
    return publish(path, bytes, &Disk::link);
  }

  Status remove(std::string_view path) override {
    TRY(check_path(path));
    Status removed = disk_.remove(file_of(path));
    if (failed_with(removed, ErrorCode::kNotFound)) return {};
    return removed;
  }

  std::string url() const override {
    const std::string path = std::filesystem::absolute(root_).lexically_normal();
    return "file://" + percent_encoded(path.substr(0, std::max<size_t>(1, path.size() - 1)));
  }

 private:
  using GiveName = Status (Disk::*)(const std::string& from, const std::string& to);

  std::string file_of(std::string_view path) const { return root_ + std::string(path); }

  Result<PutOutcome> publish(std::string_view path, Bytes bytes, GiveName give_name) {
    TRY(check_path(path));
    Result<PutOutcome> outcome = publish_once(path, bytes, give_name);
    if (failed_with(outcome, ErrorCode::kNotFound)) {
      // Somebody removed a directory that we remember.
      forget_directories();
      outcome = publish_once(path, bytes, give_name);
    }
    return outcome;
  }

  Result<PutOutcome> publish_once(std::string_view path, Bytes bytes, GiveName give_name) {
    const std::string target = file_of(path);
    const std::string directory = target.substr(0, target.rfind('/') + 1);
    TRY(make_durable(directory));
    const std::string temporary = TRY(write_temporary(directory, bytes));
    Status named = (disk_.*give_name)(temporary, target);
    // After a rename it is gone; else what is left would be only a nuisance.
    if (!named || give_name == &Disk::link) (void)disk_.remove(temporary);
    const bool exists = failed_with(named, ErrorCode::kAlreadyExists);
    if (!named && !exists) return std::move(named).error();
    // Also when it exists: the caller builds on it, and its maker may have died before this.
    Status synced = disk_.sync_directory(directory);
    if (synced) return exists ? PutOutcome::kExists : PutOutcome::kCreated;
    if (exists) return std::move(synced).error();
    return Error(ErrorCode::kAmbiguous,  // others see it already
                 fmt::format("'{}' may be lost again: {}", path, synced.error().message()));
  }

  Result<std::string> write_temporary(const std::string& directory, Bytes bytes) {
    for (;;) {
      const std::string path = fmt::format("{}{}{}", directory, kTemporaryPrefix, ++temporaries_);
      Result<std::unique_ptr<File>> file = disk_.open(path, OpenMode::kCreate);
      // Another process's, or left by a crash.
      if (failed_with(file, ErrorCode::kAlreadyExists)) continue;
      if (!file) return std::move(file).error();
      Status written = (*file)->write_at(0, bytes);
      if (written) written = (*file)->sync();
      if (written) return path;
      (void)disk_.remove(path);
      return std::move(written).error();
    }
  }

  // Makes a directory and its missing parents, all with durable names.
  Status make_durable(const std::string& directory) {
    {
      const std::lock_guard lock(mutex_);
      if (known_directories_.contains(directory)) return {};
    }
    const std::string parent = parent_of(directory);
    // Inside the root even an existing one may be new and not synced yet.
    const bool inside = directory.size() > root_.size();
    if (inside || !disk_.stat(parent)) TRY(make_durable(parent));
    TRY(disk_.make_directories(directory));
    Status synced = disk_.sync_directory(parent);
    // Where we may not even read, as in another user's home, we made nothing.
    if (!synced && !failed_with(synced, ErrorCode::kDenied)) return synced;
    remove_abandoned(directory);
    const std::lock_guard lock(mutex_);
    if (known_directories_.size() >= kMaxKnownDirectories) known_directories_.clear();
    known_directories_.insert(directory);
    return {};
  }

  void forget_directories() {
    const std::lock_guard lock(mutex_);
    known_directories_.clear();
  }

  // Temporary files of crashed processes. The clock is the file system's own: the time at which the
  // directory last changed.
  void remove_abandoned(const std::string& directory) {
    const Result<DirEntry> itself = disk_.stat(directory);
    const Result<std::vector<DirEntry>> temporaries = disk_.list(
        directory, [](std::string_view name) { return name.starts_with(kTemporaryPrefix); });
    if (!itself || !temporaries) return;
    for (const DirEntry& entry : *temporaries) {
      if (entry.modified_ms >= itself->modified_ms - kAbandonedAfterMs) continue;
      (void)disk_.remove(directory + entry.name);
    }
  }

  // Entries of a folder ("" or ending in "/") in the order of their full paths: directories are
  // named with "/" at the end, so that "a-b" stands before what is in "a/".
  Result<std::vector<DirEntry>> sorted(std::string_view folder, const NameFilter& wanted) const {
    Result<std::vector<DirEntry>> listed = disk_.list(file_of(folder), [&](std::string_view name) {
      return !name.starts_with(kTemporaryPrefix) && (!wanted || wanted(name));
    });
    if (failed_with(listed, ErrorCode::kNotFound)) return std::vector<DirEntry>();
    std::vector<DirEntry> entries = TRY(std::move(listed));
    for (DirEntry& entry : entries) {
      if (entry.is_directory) entry.name.push_back('/');
    }
    std::ranges::sort(entries, {}, &DirEntry::name);
    return entries;
  }

  Status walk(const std::string& folder, std::string_view name_prefix, std::string_view start_after,
              size_t limit, std::vector<ObjectMeta>& found) const {
    // A name before `from` matters only as a directory on the way to it.
    const std::string_view from =
        start_after.starts_with(folder) ? start_after.substr(folder.size()) : "";
    const auto wanted = [&](std::string_view name) {
      return name.starts_with(name_prefix) && (name >= from || from.starts_with(name));
    };
    for (const DirEntry& entry : TRY(sorted(folder, wanted))) {
      std::string path = folder + entry.name;
      if (entry.is_directory) {
        // Everything in it begins with `path`.
        if (start_after.substr(0, path.size()) > path) continue;
        TRY(walk(path, "", start_after, limit, found));
      } else if (path > start_after) {
        found.push_back({std::move(path), entry.size, entry.modified_ms});
      }
      if (limit != 0 && found.size() >= limit) break;
    }
    return {};
  }

  Disk& disk_;
  const std::string root_;
  std::atomic<int64_t> temporaries_{0};
  std::mutex mutex_;
  std::unordered_set<std::string> known_directories_;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> open_local_store(Disk& disk, std::string root) {
  if (root.empty()) return invalid("the folder of a local store must not be empty");
  if (!root.ends_with('/')) root.push_back('/');
  auto store = std::make_unique<LocalStore>(disk, std::move(root));
  TRY(store->open().within("open store"));
  return store;
}

}  // namespace foz::store
