// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/row_deletions_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "delta/statistics_internal.h"

namespace foz::delta {
namespace {

// A file with more rows than this is no file that anybody writes; its bitmap would take 512 MB.

}  // namespace

RowDeletions::RowDeletions(store::ObjectStore& store, const std::string& root, Random& random,
                           const std::vector<RowDeletion>& wanted)
    : store_(store),
      root_(root),
      random_(random),
      wanted_(wanted),
      seen_(wanted.size()),
      changes_(wanted.size()) {}

Result<std::optional<Clash>> RowDeletions::follow(const State& state) {
  std::vector<size_t> stale;
  std::vector<VectorToLoad> loads;
  for (size_t i = 0; i < wanted_.size(); ++i) {
    auto packed = state.files.find_packed(FileKey::any_vector_of(wanted_[i].path));
    if (!packed) {
      return std::optional(Clash{
          Conflict::Kind::kFileRemoved,
          fmt::format("file {} is not in version {}", wanted_[i].path, state.version.value())});
    }
    if (packed.identity() == seen_[i].identity()) continue;
    auto file = state.files.unpack(packed);
    const auto rows = physical_rows(*file);
    if (!rows || *rows > kMostFileRows) {
      return Error(
          ErrorCode::kUnsupported,
          fmt::format("file {} has no statistics with its number of rows, which a deletion "
                      "vector needs",
                      file->path));
    }
    if (file->deletion_vector) loads.push_back({&*file->deletion_vector, *rows});
    changes_[i] = {std::move(file), nullptr};
    seen_[i] = std::move(packed);
    stale.push_back(i);
  }
  if (stale.empty()) return std::optional<Clash>();
  auto old = TRY(load_deletion_vectors(store_, root_, loads));
  auto next = old.begin();
  VectorFile vectors(random_);
  for (const size_t i : stale) {
    const AddFile& before = *changes_[i].before;
    DeletedRows gone = before.deletion_vector ? std::move(*next++)
                                              : DeletedRows(physical_rows(before).value_or(0));
    if (auto clash = TRY(shrink(i, gone, vectors))) return std::optional(std::move(*clash));
  }
  TRY(vectors.put(store_, root_));
  return std::optional<Clash>();
}

Result<std::optional<Clash>> RowDeletions::shrink(size_t i, DeletedRows& gone,
                                                  VectorFile& vectors) {
  const auto& [path, rows] = wanted_[i];
  for (const int64_t row : rows) {
    if (row < 0 || row >= gone.rows()) {
      return invalid(fmt::format("file {} has no row {}", path, row));
    }
    if (gone.contains(row)) {
      return std::optional(Clash{Conflict::Kind::kRowsDeleted,
                                 fmt::format("row {} of file {} is deleted already", row, path)});
    }
  }
  for (const int64_t row : rows) gone.add(static_cast<uint64_t>(row), 1);
  if (gone.count() < gone.rows()) {
    auto after = std::make_shared<AddFile>(*changes_[i].before);
    after->deletion_vector = TRY(vectors.add(gone));
    after->stats = with_wide_bounds(after->stats);
    after->data_change = true;
    changes_[i].after = std::move(after);
  }
  return std::optional<Clash>();
}

bool RowDeletions::touches(std::string_view path) const {
  return std::ranges::any_of(wanted_, [&](const RowDeletion& each) { return each.path == path; });
}

}  // namespace foz::delta
