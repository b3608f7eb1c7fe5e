// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The deletion vectors of one commit: made of the rows it deletes and of what the files have lost
// already.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delta/deletion_vector_internal.h"
#include "delta/replay_internal.h"
#include "delta/transaction.h"

namespace foz::delta {

// Why a commit cannot go on.
struct Clash {
  Conflict::Kind kind;
  std::string message;
};

class RowDeletions {
 public:
  // All must outlive it.
  RowDeletions(store::ObjectStore& store, const std::string& root, Random& random,
               const std::vector<RowDeletion>& wanted);

  // Makes and stores the vectors for the files as they are in `state`; those that are as they were
  // at the last call keep theirs. A clash: a file is gone, or one of the rows.
  Result<std::optional<Clash>> follow(const State& state);

  // A logical file before and after; `after` is null for a file that has no rows left.
  struct Change {
    std::shared_ptr<const AddFile> before;
    std::shared_ptr<const AddFile> after;
  };
  const std::vector<Change>& changes() const { return changes_; }
  bool touches(std::string_view path) const;

 private:
  Result<std::optional<Clash>> shrink(size_t i, DeletedRows& gone, VectorFile& vectors);

  store::ObjectStore& store_;
  const std::string& root_;
  Random& random_;
  const std::vector<RowDeletion>& wanted_;
  std::vector<PackedFile<AddFile>> seen_;  // what the changes are of
  std::vector<Change> changes_;
};

}  // namespace foz::delta
