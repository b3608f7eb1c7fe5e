// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A Delta table in an object store: open, create, follow, commit. The door of this room.
//
// Invariants
//  - A version is won by put-if-absent or not at all; an ambiguous answer is settled by reading
//    back commitInfo.txnId.
//  - A commit lists nothing: it tries the next version, and reads the winners' commits only when it
//    lost.
//  - Reading refuses an unknown reader feature and writing an unknown writer feature, by name
//    (kUnsupported).
//  - A damaged checkpoint or _last_checkpoint is survived where the JSON commits still reach back.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "delta/actions.h"
#include "delta/snapshot.h"
#include "delta/transaction.h"
#include "store/object_store.h"

namespace foz::delta {

struct CreateOptions {
  Schema schema;
  std::vector<std::string> partition_columns = {};
  std::map<std::string, std::string> properties = {};
  std::optional<std::string> name = {}, description = {};
};

// Files that versions (from, to] added with dataChange, a version at a time, for a reader that
// follows the table. `removed_rows` says that the version also took rows away, `metadata` that it
// changed the schema or protocol.
struct VersionChanges {
  Version version;
  std::vector<std::shared_ptr<const AddFile>> added;
  bool removed_rows = false;
  bool metadata = false;
};

// What the catalog of a catalog-managed table has ratified and not published.
struct CatalogCommits {
  // Names in `_delta_log/_staged_commits`: "00000000000000000007.UUID.json".
  std::map<Version, std::string> staged = {};
  // The newest version: what lies behind it is not there. nullopt: the newest that is known.
  std::optional<Version> last = {};
};

// Thread-safe; holds no state but where the table is. Store, clock and random must outlive it.
class Table {
 public:
  Table(store::ObjectStore& store, std::string root, const Clock& clock, Random& random);

  // Version 0. kAlreadyExists when there is a table.
  Result<SnapshotPtr> create(const CreateOptions& options);
  // kNotFound: no table here. kCorrupt: the log has a gap or damage, named.
  Result<SnapshotPtr> latest() const;
  // From a snapshot that one has: reads only the commits after it; the same pointer when there are
  // none. Of a table that was dropped and made anew, the new one.
  Result<SnapshotPtr> refresh(const SnapshotPtr& known) const;
  // kNotFound names the versions that there are.
  Result<SnapshotPtr> at(Version version) const;
  // A catalog-managed table, which the others refuse; kInvalid for a name that is not the
  // version's.
  Result<SnapshotPtr> latest(const CatalogCommits& commits) const;
  Result<std::vector<VersionChanges>> changes(Version from_exclusive, Version to) const;

  // Tries base.version() + 1 and goes on behind other writers while nothing conflicts. Conflict is
  // an outcome; an error means that nothing was committed, except kAmbiguous: the store is not
  // reachable to tell (call again with the same request: its outcome is found by `positions`, so a
  // request without positions or file removals is not repeatable).
  Result<CommitOutcome> commit(const SnapshotPtr& base, const CommitRequest& request);

  // Classic checkpoint and _last_checkpoint, off the commit path. Harmless when another writer does
  // the same.
  Status checkpoint(const SnapshotPtr& snapshot);
  // The version's checksum file, which spares readers the replay of metadata and protocol; off the
  // commit path.
  Status checksum(const SnapshotPtr& snapshot);

  store::ObjectStore& store() const { return *store_; }
  const std::string& root() const { return root_; }

 private:
  Result<SnapshotPtr> replaced(const SnapshotPtr& known) const;

  store::ObjectStore* store_;
  std::string root_;
  const Clock* clock_;
  Random* random_;
};

// kUnsupported names what stands against writing rows to this table: a feature, or, without a
// checker, a rule that rows must meet.
class RowChecker;
Status check_writable(const Snapshot& snapshot, const RowChecker* checker = nullptr);

}  // namespace foz::delta
