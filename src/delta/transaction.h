// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a writer asks a table to become, and what came of it.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#actions
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "delta/actions.h"
#include "delta/snapshot.h"

namespace foz::delta {

using SnapshotPtr = std::shared_ptr<const Snapshot>;

// Moves one stored position. The commit is valid only while the table holds exactly `expected`
// (nullopt: none yet).
struct PositionMove {
  std::string app_id;
  std::optional<int64_t> expected = {};
  int64_t next = 0;
};

// Rows of one file that are to go, by their physical numbers. The commit makes the deletion vector:
// what the file has lost already stays lost, and a file without a row left is removed. Other
// writers may have deleted other rows of the file meanwhile; the same row is a conflict.
struct RowDeletion {
  std::string path;  // as the snapshot has it
  std::vector<int64_t> rows;
};

// Which changes of other writers, between the base and the commit's version, it can live with. The
// order is from strict to lenient.
enum class Isolation {
  kSerializable,       // what was read has not changed at all
  kWriteSerializable,  // appends of writers that read nothing may have come in between
  kSnapshot,           // only what this commit takes away must still be there (compaction)
};

using FileFilter = std::function<bool(const AddFile&)>;

// What the writer looked at before it decided what to write. Empty for a blind append. Files that
// the request itself takes away or deletes rows of need not be named.
struct ReadSet {
  bool whole_table = false;
  FileFilter matches = nullptr;  // true when rows that were looked for may be in such a file
  std::vector<std::string> files = {};
  bool empty() const { return !whole_table && !matches && files.empty(); }
};

struct CommitRequest {
  std::vector<AddFile> adds = {};
  std::vector<RemoveFile> removes = {};
  std::vector<PositionMove> positions = {};
  std::optional<Metadata> metadata = {};
  std::optional<Protocol> protocol = {};
  std::vector<RowDeletion> deletions = {};
  std::vector<CdcFile> change_files = {};
  std::vector<DomainMetadata> domains = {};
  ReadSet read = {};
  // Row tracking: rows that come in place of others do not keep their ids.
  bool new_row_ids = false;
  // nullopt: kSnapshot when no action changes data, else the table's property, else
  // kWriteSerializable.
  std::optional<Isolation> isolation = {};
  std::string operation = "WRITE";
  std::map<std::string, std::string> operation_parameters = {};  // values as JSON text
  std::map<std::string, int64_t> operation_metrics = {};
};

struct Committed {
  SnapshotPtr snapshot;
  // Other writers' commits between the base and this version changed rows or metadata.
  bool foreign_change = false;
};

struct Conflict {
  enum class Kind {
    kPosition,     // a stored position is not the expected one
    kMetadata,     // another writer changed the metadata
    kProtocol,     // another writer changed the protocol
    kFileRemoved,  // a file that this commit takes away, or rows of, is not there any more
    kRowsDeleted,  // another writer deleted the same rows
    kAppended,     // another writer added what this one would have read
    kReadRemoved,  // another writer took away what this one read
    kDomain,       // another writer changed the same domain
  };
  Kind kind;
  std::string message;
  SnapshotPtr latest;  // what the table is now
};

using CommitOutcome = std::variant<Committed, Conflict>;

}  // namespace foz::delta
