// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// How the files of a keyed table's later snapshot differ from those that its index knows.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/maintenance.h"
#include "delta/table.h"
#include "table/key_index_internal.h"

namespace foz::table {

struct KeySpec {
  std::vector<std::string> columns;
  std::array<uint64_t, 2> secret{};
  bool operator==(const KeySpec&) const = default;
};
KeySpec key_spec(std::vector<std::string> columns, const delta::Snapshot& snapshot);

// The keys of a file's rows, without those that are deleted.
using VisitKey = std::function<void(const KeyEntry& entry)>;
using VisitKeys =
    std::function<void(const arrow::RecordBatch& rows, const std::vector<KeyHash>& keys,
                       const std::vector<ChangeOrder>& orders)>;
// The column `with` is read beside them.
Status visit_keys(const delta::Table& table, const delta::Snapshot& snapshot,
                  const delta::AddFile& file, const KeySpec& spec, const char* with,
                  const VisitKeys& visit);
Status read_keys(const delta::Table& table, const delta::Snapshot& snapshot,
                 const delta::AddFile& file, const KeySpec& spec, const VisitKey& visit);

// Which of a file's rows have moved, and how many of them before each.
class RowMoves {
 public:
  explicit RowMoves(const delta::MovedRows& moved);
  // The row's number among those of all files that were merged; nullopt: it was gone.
  std::optional<int64_t> find(uint32_t row) const;

 private:
  int64_t first_ = 0;
  std::vector<uint64_t> gone_;    // a bit a row; empty: all have moved
  std::vector<uint32_t> before_;  // each word's first row
};

// Of own commits that merged files it is known where rows have gone; of others' that changed files
// the keys are read.
struct FilesChange {
  struct Added {
    std::shared_ptr<const delta::AddFile> file;
    std::vector<KeyEntry> keys;
    std::vector<bool> deleted;  // of a merged file: since it was written; empty: none
  };
  struct Vector {
    std::shared_ptr<const delta::AddFile> file;
    std::vector<bool> deleted;
  };
  struct Merge {
    struct From {
      std::string path;
      RowMoves rows;
    };
    struct Into {
      std::string path;
      int64_t rows = 0;
    };
    std::vector<From> from;
    std::vector<Into> into;
  };
  delta::SnapshotPtr from, to;
  std::vector<Added> added;
  std::vector<Vector> vectors;  // of files that stay
  std::vector<std::string> removed;
  std::vector<Merge> merges;
};
Result<FilesChange> read_files_change(const delta::Table& table, const delta::SnapshotPtr& from,
                                      const delta::SnapshotPtr& to, const KeySpec& spec,
                                      const std::vector<delta::MergedFiles>& merged = {});

// All deletion vectors together.
int64_t deleted_rows_of(const delta::Snapshot& snapshot);

}  // namespace foz::table
