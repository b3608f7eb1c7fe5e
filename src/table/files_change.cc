// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/files_change_internal.h"

#include <arrow/array/array_primitive.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <bit>
#include <unordered_map>
#include <unordered_set>

#include "delta/data_file.h"
#include "table/keyed_internal.h"

namespace foz::table {
namespace {

constexpr uint32_t kWord = 64;

FilesChange::Merge merge_of(const delta::MergedFiles& merged) {
  FilesChange::Merge out;
  for (const delta::MovedRows& moved : merged.from) {
    out.from.push_back({moved.file->path, RowMoves(moved)});
  }
  for (size_t i = 0; i < merged.into.size(); ++i) {
    out.into.push_back({merged.into[i].path, merged.rows[i]});
  }
  return out;
}

using FilePtr = std::shared_ptr<const delta::AddFile>;

// Whether rows are there again that were deleted, as after a restore: only their file knows of
// which keys they are.
Result<bool> rows_came_back(const delta::Table& table, const FilePtr& before,
                            const std::vector<bool>& deleted) {
  if (!before->deletion_vector) return false;
  const auto was = delta::deleted_rows(table, *before);
  if (!was && was.error().code() == ErrorCode::kNotFound) return true;
  if (!was) return was.error();
  for (size_t row = 0; row < was->size(); ++row) {
    if ((*was)[row] && (row >= deleted.size() || !deleted[row])) return true;
  }
  return false;
}

Status read_vectors(const delta::Table& table,
                    const std::vector<std::pair<FilePtr, FilePtr>>& changed, FilesChange& change) {
  for (const auto& [before, file] : changed) {
    std::vector<bool> deleted;
    if (file->deletion_vector) deleted = TRY(delta::deleted_rows(table, *file));
    if (TRY(rows_came_back(table, before, deleted))) {
      change.removed.push_back(file->path);
      change.added.push_back({file, {}, {}});
    } else {
      change.vectors.push_back({file, std::move(deleted)});
    }
  }
  return {};
}

}  // namespace

KeySpec key_spec(std::vector<std::string> columns, const delta::Snapshot& snapshot) {
  const KeyHash secret =
      sip_hash_128(snapshot.metadata().id, {0x666f7a2e6b657965, 0x642e7461626c6521});
  return {std::move(columns), {secret.low, secret.high}};
}

Status visit_keys(const delta::Table& table, const delta::Snapshot& snapshot,
                  const delta::AddFile& file, const KeySpec& spec, const char* with,
                  const VisitKeys& visit) {
  std::vector<std::string> columns = spec.columns;
  for (const char* more : {kSequenceColumn, kOriginColumn, with}) columns.emplace_back(more);
  return delta::read_data_file(
      table, snapshot, file, columns, [&](std::shared_ptr<arrow::RecordBatch> rows) -> Status {
        const std::vector<KeyHash> keys = TRY(row_keys(*rows, spec.columns, spec.secret));
        for (const char* name : {kSequenceColumn, kOriginColumn}) {
          const auto column = rows->GetColumnByName(name);
          if (column && column->type_id() == arrow::Type::INT64) continue;
          return invalid(
              fmt::format("column {} is no bigint any more: another writer changed it; "
                          "restore the version before",
                          name));
        }
        visit(*rows, keys, orders_of(*rows));
        return {};
      });
}

Status read_keys(const delta::Table& table, const delta::Snapshot& snapshot,
                 const delta::AddFile& file, const KeySpec& spec, const VisitKey& visit) {
  return visit_keys(table, snapshot, file, spec, delta::kRowIndex,
                    [&](const arrow::RecordBatch& rows, const std::vector<KeyHash>& keys,
                        const std::vector<ChangeOrder>& orders) {
                      const auto& index = static_cast<const arrow::Int64Array&>(
                          *rows.column(rows.num_columns() - 1));
                      for (size_t row = 0; row < keys.size(); ++row) {
                        const int64_t number = index.Value(static_cast<int64_t>(row));
                        visit({keys[row], orders[row], {0, static_cast<uint32_t>(number)}});
                      }
                    });
}

RowMoves::RowMoves(const delta::MovedRows& moved) : first_(moved.first), gone_(moved.gone) {
  uint32_t rows = 0;
  before_.reserve(gone_.size());
  for (const uint64_t word : gone_) {
    before_.push_back(rows);
    rows += static_cast<uint32_t>(std::popcount(~word));
  }
}

std::optional<int64_t> RowMoves::find(uint32_t row) const {
  if (gone_.empty()) return first_ + row;
  const uint64_t word = gone_[row / kWord];
  const uint64_t bit = uint64_t{1} << row % kWord;
  if (word & bit) return std::nullopt;
  return first_ + before_[row / kWord] + std::popcount(~word & (bit - 1));
}

Result<FilesChange> read_files_change(const delta::Table& table, const delta::SnapshotPtr& from,
                                      const delta::SnapshotPtr& to, const KeySpec& spec,
                                      const std::vector<delta::MergedFiles>& merged) {
  FilesChange change{from, to, {}, {}, {}, {}};
  std::unordered_set<std::string_view> known_rows;
  for (const delta::MergedFiles& one : merged) {
    if (!one.in_order) continue;
    change.merges.push_back(merge_of(one));
    for (const delta::AddFile& file : one.into) known_rows.insert(file.path);
  }
  std::unordered_map<std::string, FilePtr> before;
  std::vector<std::pair<FilePtr, FilePtr>> changed;
  from->each_file([&](const auto& file) { return before.emplace(file->path, file), true; });
  to->each_file([&](const FilePtr& file) {
    const auto known = before.find(file->path);
    if (known == before.end()) {
      change.added.push_back({file, {}, {}});
    } else {
      if (vector_of(*known->second) != vector_of(*file)) changed.emplace_back(known->second, file);
      before.erase(known);
    }
    return true;
  });
  for (const auto& [path, file] : before) change.removed.push_back(path);
  TRY(read_vectors(table, changed, change));
  for (auto& added : change.added) {
    if (!known_rows.contains(added.file->path)) {
      TRY(read_keys(table, *to, *added.file, spec,
                    [&](const KeyEntry& entry) { added.keys.push_back(entry); }));
    } else if (added.file->deletion_vector) {
      added.deleted = TRY(delta::deleted_rows(table, *added.file));
    }
  }
  return change;
}

int64_t deleted_rows_of(const delta::Snapshot& snapshot) {
  int64_t rows = 0;
  snapshot.each_file([&](const auto& file) {
    if (file->deletion_vector) rows += file->deletion_vector->cardinality;
    return true;
  });
  return rows;
}

}  // namespace foz::table
