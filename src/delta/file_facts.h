// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What readers of Parquet that know nothing of Delta have to be told of a data file.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "delta/data_file.h"

namespace foz::delta {

struct FileFacts {
  int64_t rows = 0;
  int64_t size = 0;  // that the file has, whatever the log says
  // For each column of the schema, whether any reader reads it as read_data_file() does: its type,
  // names and calendar are the table's, and nothing in it is read differently here and there.
  std::vector<bool> plain;
  // Where the columns' pages are, in the order of the file.
  struct Chunk {
    int64_t begin = 0, end = 0;
    int64_t values = 0;
  };
  std::vector<Chunk> chunks;
};

// Reads the footer. kCorrupt when it does not fit what the log says of the file.
Result<FileFacts> file_facts(const Table& table, const Snapshot& snapshot, const AddFile& file);

// kCorrupt when a page has another checksum than it says. Those without one pass.
Status check_pages(Bytes chunk, int64_t values);

}  // namespace foz::delta
