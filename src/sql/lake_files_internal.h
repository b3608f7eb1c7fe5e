// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// DuckDB's way to the objects of a store: "lake://N/path", where N is a store that a scan has named
// before. Data files never change, so DuckDB's own cache of ranges and footers (within its memory
// limit) may keep them.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb.hpp"
#include "duckdb/common/file_open_flags.hpp"
#include "duckdb/common/file_system.hpp"
#include "sql/lake_facts_internal.h"
#include "store/object_store.h"

namespace foz::sql {

// Thread-safe. Reads only.
class LakeFiles final : public duckdb::FileSystem {
 public:
  static constexpr char kScheme[] = "lake://";

  // What is opened through it is known here first, and its pages are checked.
  OpenedFiles& opened() { return opened_; }

  // The stores must outlive the instance.
  std::string url(const store::ObjectStore& store, std::string_view object_path);

  duckdb::unique_ptr<duckdb::FileHandle> OpenFile(
      const duckdb::string& path, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override;
  void Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes, duckdb::idx_t at) override;
  int64_t Read(duckdb::FileHandle& handle, void* buffer, int64_t bytes) override;
  int64_t GetFileSize(duckdb::FileHandle& handle) override;
  duckdb::timestamp_t GetLastModifiedTime(duckdb::FileHandle&) override;
  duckdb::string GetVersionTag(duckdb::FileHandle&) override { return "1"; }
  duckdb::FileType GetFileType(duckdb::FileHandle&) override;
  void Seek(duckdb::FileHandle& handle, duckdb::idx_t location) override;
  void Reset(duckdb::FileHandle& handle) override { Seek(handle, 0); }
  duckdb::idx_t SeekPosition(duckdb::FileHandle& handle) override;
  bool CanSeek() override { return true; }
  bool OnDiskFile(duckdb::FileHandle&) override { return false; }  // reads whole ranges ahead
  bool FileExists(const duckdb::string& path, duckdb::optional_ptr<duckdb::FileOpener>) override;
  bool CanHandleFile(const duckdb::string& path) override;
  std::string GetName() const override { return "lake"; }

 protected:
  bool SupportsOpenFileExtended() const override { return true; }
  duckdb::unique_ptr<duckdb::FileHandle> OpenFileExtended(
      const duckdb::OpenFileInfo& file, duckdb::FileOpenFlags flags,
      duckdb::optional_ptr<duckdb::FileOpener> opener) override;

 private:
  // The store and the path in it; throws for a URL that no scan made.
  std::pair<const store::ObjectStore*, std::string> resolve(const std::string& url);

  OpenedFiles opened_;
  std::mutex mutex_;
  std::vector<const store::ObjectStore*> stores_;
};

}  // namespace foz::sql
