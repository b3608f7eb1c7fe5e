// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_facts_internal.h"

#include <algorithm>
#include <vector>

namespace foz::sql {

namespace {

constexpr size_t kMostChunks = 1 << 20;  // about 32 MB
constexpr size_t kSomeEntries = 1024;

}  // namespace

OpenedFile::OpenedFile(delta::FileFacts known)
    : facts(std::move(known)),
      checked_(std::make_unique<std::atomic<bool>[]>(facts.chunks.size())) {}

Status OpenedFile::check(int64_t at, Bytes bytes, const ReadBytes& read) {
  const int64_t end = at + std::ssize(bytes);
  auto chunk = std::ranges::upper_bound(facts.chunks, at, {}, &delta::FileFacts::Chunk::end);
  for (; chunk != facts.chunks.end() && chunk->begin < end; ++chunk) {
    auto& checked = checked_[static_cast<size_t>(chunk - facts.chunks.begin())];
    const auto size = static_cast<size_t>(chunk->end - chunk->begin);
    if (at <= chunk->begin && chunk->end <= end) {
      const auto whole = bytes.subspan(static_cast<size_t>(chunk->begin - at), size);
      TRY(delta::check_pages(whole, chunk->values));
    } else if (!checked) {
      std::vector<std::byte> whole(size);
      TRY(read(chunk->begin, whole));
      TRY(delta::check_pages(whole, chunk->values));
    }
    checked = true;
  }
  return {};
}

Result<std::shared_ptr<OpenedFile>> OpenedFiles::of(const delta::Table& table,
                                                    const delta::Snapshot& snapshot, size_t schema,
                                                    const delta::AddFile& file,
                                                    const std::string& url) {
  {
    const std::lock_guard lock(mutex_);
    const auto entry = entries_.find(url);
    if (entry != entries_.end() && entry->second.schema == schema) {
      if (auto known = entry->second.file.lock()) return known;
    }
  }
  const auto opened = std::make_shared<OpenedFile>(TRY(delta::file_facts(table, snapshot, file)));
  const std::lock_guard lock(mutex_);
  keep(opened);
  if (entries_.size() > 2 * kept_.size() + kSomeEntries) {
    std::erase_if(entries_, [](const auto& entry) { return entry.second.file.expired(); });
  }
  entries_.insert_or_assign(url, Entry{schema, opened});
  return opened;
}

void OpenedFiles::keep(const std::shared_ptr<OpenedFile>& file) {
  const auto size = [](const OpenedFile& each) { return each.facts.chunks.size() + 1; };
  kept_.push_back(file);
  kept_chunks_ += size(*file);
  while (kept_chunks_ > kMostChunks && kept_.size() > 1) {
    kept_chunks_ -= size(*kept_.front());
    kept_.pop_front();
  }
}

std::shared_ptr<OpenedFile> OpenedFiles::find(const std::string& url) {
  const std::lock_guard lock(mutex_);
  const auto entry = entries_.find(url);
  return entry == entries_.end() ? nullptr : entry->second.file.lock();
}

}  // namespace foz::sql
