// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The rows of one statement on their way into a table: files are written as soon as there are
// enough rows, and one commit takes them all in, or none.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "delta/rows.h"

namespace foz::sql {

class LakeWriter {
 public:
  LakeWriter(const delta::Table& table, delta::SnapshotPtr base, Random& random, const Clock& clock,
             const delta::RowChecker& checker);
  // Removes what it wrote, unless that was committed.
  ~LakeWriter();
  LakeWriter(const LakeWriter&) = delete;

  Status insert(std::shared_ptr<arrow::RecordBatch> rows);
  // Rows by the index of their file, in the order of Snapshot::each_file.
  Status remove(int64_t file, int64_t row);
  // The places of the rows of `after`, one for each.
  struct Place {
    int64_t file, row;
  };
  Status replace(const std::vector<Place>& places, std::shared_ptr<arrow::RecordBatch> after);
  Result<delta::CommitRequest> finish();
  void committed() { written_.clear(); }
  // Rows that are inserted may stand beside others that go.
  void merges() { merges_ = true; }

  int64_t count() const { return count_; }  // of rows so far

 private:
  Status flush_if_full();
  Status flush();
  void remember(const delta::AddFile& file);
  // By the paths of their files.
  void name_files();

  const delta::Table& table_;
  const delta::SnapshotPtr base_;
  const delta::RowWriter writer_;
  const bool whole_;  // identities are numbered in one go
  bool merges_ = false;
  delta::RowChanges pending_;
  std::map<int64_t, std::vector<int64_t>> removed_;                // of pending_, by file
  std::vector<std::pair<int64_t, std::vector<int64_t>>> updated_;  // likewise, as they come
  int64_t pending_bytes_ = 0, pending_rows_ = 0, count_ = 0;
  delta::CommitRequest request_;
  std::map<std::string, std::vector<int64_t>> gone_;  // of all flushes, by file
  std::vector<std::string> written_;                  // objects
};

}  // namespace foz::sql
