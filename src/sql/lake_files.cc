// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_files_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace foz::sql {

namespace {

struct ObjectHandle final : duckdb::FileHandle {
  ObjectHandle(duckdb::FileSystem& system, const std::string& url, duckdb::FileOpenFlags flags_,
               const store::ObjectStore* store_, std::string object_, int64_t size_,
               std::shared_ptr<OpenedFile> opened_)
      : duckdb::FileHandle(system, url, flags_),
        store(store_),
        object(std::move(object_)),
        size(size_),
        opened(std::move(opened_)) {}
  void Close() override {}

  const store::ObjectStore* store;
  std::string object;
  int64_t size;
  std::shared_ptr<OpenedFile> opened;  // null: nothing is known of it
  int64_t position = 0;
};

size_t read_at(const ObjectHandle& file, void* buffer, int64_t bytes, int64_t at) {
  const std::span<std::byte> into{static_cast<std::byte*>(buffer), static_cast<size_t>(bytes)};
  auto read = file.store->get_range(file.object, at, into);
  if (!read.has_value()) throw duckdb::IOException("%s: %s", file.object, read.error().message());
  if (!file.opened) return *read;
  const auto checked = file.opened->check(
      at, into.first(*read), [&](int64_t begin, std::span<std::byte> chunk) -> Status {
        if (TRY(file.store->get_range(file.object, begin, chunk)) == chunk.size()) return {};
        return Error(ErrorCode::kCorrupt, "the file ends within a column");
      });
  if (!checked.has_value())
    throw duckdb::IOException("%s: %s", file.object, checked.error().message());
  return *read;
}

}  // namespace

std::string LakeFiles::url(const store::ObjectStore& store, std::string_view object_path) {
  std::lock_guard lock(mutex_);
  auto at = std::find(stores_.begin(), stores_.end(), &store);
  if (at == stores_.end()) at = stores_.insert(stores_.end(), &store);
  return fmt::format("{}{}/{}", kScheme, at - stores_.begin(), object_path);
}

std::pair<const store::ObjectStore*, std::string> LakeFiles::resolve(const std::string& url) {
  const std::string_view rest = std::string_view(url).substr(sizeof kScheme - 1);
  size_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  std::lock_guard lock(mutex_);
  if (error != std::errc() || number >= stores_.size() || end == rest.data() + rest.size() ||
      *end != '/')
    throw duckdb::IOException("not a file of the lake: %s", url);
  return {stores_[number], std::string(end + 1, rest.data() + rest.size())};
}

duckdb::unique_ptr<duckdb::FileHandle> LakeFiles::OpenFileExtended(
    const duckdb::OpenFileInfo& file, duckdb::FileOpenFlags flags,
    duckdb::optional_ptr<duckdb::FileOpener>) {
  if (flags.OpenForWriting()) throw duckdb::PermissionException("the lake is read only here");
  auto [store, object] = resolve(file.path);
  auto opened = opened_.find(file.path);
  int64_t size = opened ? opened->facts.size : -1;
  if (!opened) {
    auto meta = store->head(object);
    if (!meta.has_value()) {
      if (flags.ReturnNullIfNotExists() && meta.error().code() == ErrorCode::kNotFound)
        return nullptr;
      throw duckdb::IOException("%s: %s", object, meta.error().message());
    }
    size = meta->size;
  }
  return duckdb::make_uniq<ObjectHandle>(*this, file.path, flags, store, object, size,
                                         std::move(opened));
}

duckdb::unique_ptr<duckdb::FileHandle> LakeFiles::OpenFile(
    const duckdb::string& path, duckdb::FileOpenFlags flags,
    duckdb::optional_ptr<duckdb::FileOpener> opener) {
  return OpenFileExtended(duckdb::OpenFileInfo(path), flags, opener);
}

void LakeFiles::Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes, duckdb::idx_t at) {
  const auto& file = handle.Cast<ObjectHandle>();
  if (read_at(file, buffer, bytes, static_cast<int64_t>(at)) != static_cast<size_t>(bytes))
    throw duckdb::IOException("%s is shorter than the Delta log says", file.object);
}

int64_t LakeFiles::Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes) {
  auto& file = handle.Cast<ObjectHandle>();
  const auto read = static_cast<int64_t>(read_at(file, buffer, bytes, file.position));
  file.position += read;
  return read;
}

int64_t LakeFiles::GetFileSize(duckdb::FileHandle& handle) {
  return handle.Cast<ObjectHandle>().size;
}

duckdb::timestamp_t LakeFiles::GetLastModifiedTime(duckdb::FileHandle&) {
  return duckdb::timestamp_t(1);  // files never change; zero would mean unknown
}

duckdb::FileType LakeFiles::GetFileType(duckdb::FileHandle&) {
  return duckdb::FileType::FILE_TYPE_REGULAR;
}

void LakeFiles::Seek(duckdb::FileHandle& handle, duckdb::idx_t location) {
  handle.Cast<ObjectHandle>().position = static_cast<int64_t>(location);
}

duckdb::idx_t LakeFiles::SeekPosition(duckdb::FileHandle& handle) {
  return static_cast<duckdb::idx_t>(handle.Cast<ObjectHandle>().position);
}

bool LakeFiles::FileExists(const duckdb::string& path, duckdb::optional_ptr<duckdb::FileOpener>) {
  auto [store, object] = resolve(path);
  return store->head(object).has_value();
}

bool LakeFiles::CanHandleFile(const duckdb::string& path) { return path.starts_with(kScheme); }

}  // namespace foz::sql
