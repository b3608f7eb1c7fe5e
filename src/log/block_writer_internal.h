// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Writes bytes that follow one another into files opened with kDirect. What is written once and
// read only at recovery has no use for the page cache, and its pages are dear: with them the
// journal cost a fourth of what foz spends on a record.
//
// The last block of a write is filled up with zeros, and written again with what comes next.
#pragma once

#include <cstdlib>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "store/disk.h"

namespace foz::log {

struct FreeBlocks {
  void operator()(char* buffer) const { std::free(buffer); }
};
using BlockBuffer = std::unique_ptr<char[], FreeBlocks>;

// Writes zeros up to `size`, a multiple of a block.
Status write_zeros(store::File& file, int64_t size);

class BlockWriter {
 public:
  BlockWriter();
  // Goes on at `offset` of `file`; what stands before it in its block is kept.
  Status begin(store::File& file, int64_t offset);
  Status add(std::string_view bytes);
  // After it everything that was added is written, and nothing synced.
  Status end();

 private:
  static constexpr size_t kBytes = 1 << 20;
  Status write(size_t size);

  const BlockBuffer buffer_;
  store::File* file_ = nullptr;
  int64_t at_ = 0;   // of the buffer's first byte, where a block begins
  size_t size_ = 0;  // bytes in it
};

}  // namespace foz::log
