// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A file that is made in memory. It grows without a second copy of what is there: realloc() moves
// pages of a large block, and Arrow's own buffers are copied.
#pragma once

#include <arrow/io/interfaces.h>
#include <arrow/status.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "base/bytes.h"

namespace foz::delta {

class MemorySink final : public arrow::io::OutputStream {
 public:
  arrow::Status Write(const void* data, int64_t size) override {
    if (size > capacity_ - size_) {
      const int64_t capacity = std::max(2 * capacity_, size_ + size);
      void* grown = std::realloc(data_.get(), static_cast<size_t>(capacity));
      if (!grown) return arrow::Status::OutOfMemory("a file of ", capacity, " bytes");
      (void)data_.release();
      data_.reset(static_cast<std::byte*>(grown));
      capacity_ = capacity;
    }
    std::memcpy(data_.get() + size_, data, static_cast<size_t>(size));
    size_ += size;
    return arrow::Status::OK();
  }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }
  arrow::Result<int64_t> Tell() const override { return size_; }

  Bytes bytes() const { return {data_.get(), static_cast<size_t>(size_)}; }
  std::span<std::byte> writable() { return {data_.get(), static_cast<size_t>(size_)}; }

 private:
  struct Free {
    void operator()(std::byte* data) const { std::free(data); }
  };
  std::unique_ptr<std::byte, Free> data_;
  int64_t size_ = 0, capacity_ = 0;
  bool closed_ = false;
};

}  // namespace foz::delta
