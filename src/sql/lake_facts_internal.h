// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What is known of data files that DuckDB reads: it checks no page, and reads some types of file
// differently from what the table says.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>

#include "delta/file_facts.h"

namespace foz::sql {

// One file. Thread-safe.
class OpenedFile {
 public:
  explicit OpenedFile(delta::FileFacts facts);

  const delta::FileFacts facts;

  // The bytes at `at` were read: the pages of each column chunk that they touch are what they were
  // written as, or kCorrupt. A chunk that they do not hold whole is read for it, once.
  using ReadBytes = std::function<Status(int64_t at, std::span<std::byte> into)>;
  Status check(int64_t at, Bytes bytes, const ReadBytes& read);

 private:
  std::unique_ptr<std::atomic<bool>[]> checked_;  // of facts.chunks
};

// Thread-safe. Keeps some, and knows those that others keep.
class OpenedFiles {
 public:
  // `schema` tells the snapshots' schemas apart.
  Result<std::shared_ptr<OpenedFile>> of(const delta::Table& table, const delta::Snapshot& snapshot,
                                         size_t schema, const delta::AddFile& file,
                                         const std::string& url);
  // The newest of that URL; null: not known.
  std::shared_ptr<OpenedFile> find(const std::string& url);

 private:
  struct Entry {
    size_t schema = 0;
    std::weak_ptr<OpenedFile> file;
  };
  void keep(const std::shared_ptr<OpenedFile>& file);

  std::mutex mutex_;
  std::unordered_map<std::string, Entry> entries_;
  std::deque<std::shared_ptr<OpenedFile>> kept_;
  size_t kept_chunks_ = 0;
};

}  // namespace foz::sql
