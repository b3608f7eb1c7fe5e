// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// An engine whose statements write, too.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>

#include "base/random.h"
#include "sql/query_engine.h"
#include "store/object_store.h"

namespace foz::table {
class LiveTables;
}

namespace foz::sql {

// What statements that write need; all must outlive the engine. The tick thread of the tables runs.
struct LakeWriting {
  table::LiveTables& tables;
  store::ObjectStore& store;
  Random& random;
  // Held shared by a commit, from looking whether its table is there: what is dropped is taken from
  // the root first, and its files when no commit is under way that had seen it.
  std::shared_ptr<std::shared_mutex> commits = std::make_shared<std::shared_mutex>();
};

// As QueryEngine::make, for which the lake is read only.
Result<std::unique_ptr<QueryEngine>> make_query_engine(QueryEngineOptions options,
                                                       QueryEngine::PinRoot root,
                                                       const Clock& clock, Metrics& metrics,
                                                       std::optional<LakeWriting> writing);

}  // namespace foz::sql
