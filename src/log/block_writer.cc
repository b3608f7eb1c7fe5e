// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "log/block_writer_internal.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <span>

namespace foz::log {
namespace {

constexpr size_t kBlock = store::kDirectBlock;

BlockBuffer aligned(size_t size) {
  void* buffer = std::aligned_alloc(kBlock, size);
  if (!buffer) throw std::bad_alloc();
  return BlockBuffer(static_cast<char*>(buffer));
}

}  // namespace

Status write_zeros(store::File& file, int64_t size) {
  constexpr size_t kBytes = 1 << 20;
  const BlockBuffer zeros = aligned(kBytes);
  std::fill_n(zeros.get(), kBytes, '\0');
  for (int64_t at = 0; at < size; at += static_cast<int64_t>(kBytes)) {
    const auto count = static_cast<size_t>(std::min<int64_t>(kBytes, size - at));
    TRY(file.write_at(at, as_bytes({zeros.get(), count})));
  }
  return {};
}

BlockWriter::BlockWriter() : buffer_(aligned(kBytes)) {}

Status BlockWriter::begin(store::File& file, int64_t offset) {
  if (file_ == &file && at_ + static_cast<int64_t>(size_) == offset) return {};
  file_ = &file;
  size_ = static_cast<size_t>(offset) % kBlock;
  at_ = offset - static_cast<int64_t>(size_);
  const size_t there =
      TRY(file.read_at(at_, std::as_writable_bytes(std::span(buffer_.get(), size_))));
  std::fill_n(buffer_.get() + there, size_ - there, '\0');
  return {};
}

Status BlockWriter::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t count = std::min(bytes.size(), kBytes - size_);
    std::memcpy(buffer_.get() + size_, bytes.data(), count);
    size_ += count;
    bytes.remove_prefix(count);
    if (size_ == kBytes) TRY(write(kBytes));
  }
  return {};
}

Status BlockWriter::end() {
  const size_t whole = (size_ + kBlock - 1) / kBlock * kBlock;
  std::fill_n(buffer_.get() + size_, whole - size_, '\0');
  return write(whole);
}

// Keeps the last block when it is not full.
Status BlockWriter::write(size_t size) {
  if (size == 0) return {};
  TRY(file_->write_at(at_, as_bytes({buffer_.get(), size})));
  const size_t full = size_ / kBlock * kBlock;
  std::memmove(buffer_.get(), buffer_.get() + full, size_ - full);
  at_ += static_cast<int64_t>(full);
  size_ -= full;
  return {};
}

}  // namespace foz::log
