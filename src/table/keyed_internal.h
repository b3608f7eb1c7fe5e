// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A table whose rows have keys: of each key the newest change is in the table. What a tail changes
// hides rows of the snapshot until a commit deletes them.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "delta/table.h"
#include "table/key_index_internal.h"
#include "table/live_tables.h"
#include "table/view.h"

namespace foz::table {

struct SealedPart;

struct KeySpec {
  std::vector<std::string> columns;
  std::array<uint64_t, 2> secret{};
  bool operator==(const KeySpec&) const = default;
};
KeySpec key_spec(std::vector<std::string> columns, const delta::Snapshot& snapshot);

struct HashOfKey {
  size_t operator()(const KeyHash& key) const { return key.low; }
};
struct KeyChange {
  static constexpr int64_t kDeleted = -1;
  ChangeOrder order;
  int64_t place;  // of its row in the tail, as without() counts
};
using KeyChanges = std::unordered_map<KeyHash, KeyChange, HashOfKey>;

// The keys of a file's rows, without those that are deleted.
using VisitKey = std::function<void(const KeyEntry& entry)>;
Status read_keys(const delta::Table& table, const delta::Snapshot& snapshot,
                 const delta::AddFile& file, const KeySpec& spec, const VisitKey& visit);

// How the files of a later snapshot differ, whoever changed them.
struct FilesChange {
  struct Added {
    std::shared_ptr<const delta::AddFile> file;
    std::vector<KeyEntry> keys;
  };
  struct Vector {
    std::shared_ptr<const delta::AddFile> file;
    std::vector<bool> deleted;
  };
  delta::SnapshotPtr from, to;
  std::vector<Added> added;
  std::vector<Vector> vectors;  // of files that stay
  std::vector<std::string> removed;
};
Result<FilesChange> read_files_change(const delta::Table& table, const delta::SnapshotPtr& from,
                                      const delta::SnapshotPtr& to, const KeySpec& spec);

// The rows to delete so that a commit may add what hides them.
std::vector<delta::RowDeletion> deletions_of(const HiddenRows& hidden);

// The tick thread's, of one table.
class Keyed {
 public:
  Keyed(KeySpec spec, std::string folder, int64_t budget);

  const KeySpec& spec() const { return spec_; }
  // Every key of the snapshot, and the deletions that `tombstones` remembers (null: none).
  Status load(const delta::Table& table, const delta::SnapshotPtr& snapshot,
              const TableView* tombstones);

  // Changes that come in: the tail with them, and both tails without what they replace. A change
  // that is older than what is known of its key is left out.
  Status put(const std::shared_ptr<arrow::RecordBatch>& rows, std::shared_ptr<const Tail>& open,
             std::shared_ptr<const Tail>& sealed);
  Status erase(const arrow::RecordBatch& keys, std::shared_ptr<const Tail>& open,
               std::shared_ptr<const Tail>& sealed);
  int64_t late() const { return late_; }
  int64_t last_origin() const { return last_origin_; }

  // The open part becomes the sealed one.
  void seal(SealedPart& part);
  // The sealed part is in the snapshot: `part` says where.
  void land(const SealedPart& part);
  // Others changed files. What the tails hide is found anew.
  void follow(const FilesChange& change);
  // `sealed` as it was before open changes replaced rows of it.
  void discard_open(std::shared_ptr<const Tail>& sealed);
  void discard_sealed();

  std::shared_ptr<const HiddenRows> hidden() const;
  std::shared_ptr<const HiddenRows> hidden_by_sealed() const { return shared(sealed_hidden_); }
  size_t keys() const { return index_.size(); }
  int64_t bytes() const { return index_.bytes(); }

 private:
  using Run = std::vector<uint64_t>;
  using Runs = std::vector<std::shared_ptr<const Run>>;
  struct File {
    std::string path, vector;
    bool alive = true;
    std::vector<bool> deleted;  // by others; empty: none
  };
  struct Taken;

  // What is known of a key: order and the rows that have it.
  bool is_newer(const KeyHash& key, const ChangeOrder& order);
  void replace(const KeyHash& key, const KeyChange& change, Taken& taken);
  void settle(Taken& taken, std::shared_ptr<const Tail>& open, std::shared_ptr<const Tail>& sealed);
  bool is_live(const RowPlace& place) const;
  void each_place(const KeyHash& key, const std::function<void(const RowPlace&)>& visit);
  void add_row(const KeyEntry& entry);
  uint32_t add_file(const delta::AddFile& file);
  void renumber();
  void find_hidden();
  std::shared_ptr<const HiddenRows> shared(const Runs& runs) const;

  const KeySpec spec_;
  KeyIndex index_;
  // More rows of a key, which only other writers make.
  std::unordered_map<KeyHash, std::vector<RowPlace>, HashOfKey> more_places_;
  std::vector<File> files_;  // by number
  std::shared_ptr<const FileNumbers> numbers_;
  KeyChanges open_;
  std::shared_ptr<const KeyChanges> sealed_;
  std::shared_ptr<const Tail> sealed_tail_;  // as it is committed
  Runs open_hidden_, sealed_hidden_;
  int64_t late_ = 0, last_origin_ = -1;
};

}  // namespace foz::table
