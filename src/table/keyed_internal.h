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
#include "table/files_change_internal.h"
#include "table/key_index_internal.h"
#include "table/live_tables.h"
#include "table/view.h"

namespace foz::table {

struct SealedPart;

struct HashOfKey {
  size_t operator()(const KeyHash& key) const { return key.low; }
};
struct KeyChange {
  static constexpr int64_t kDeleted = -1;
  ChangeOrder order;
  int64_t place;  // of its row in the tail, as without() counts
};
using KeyChanges = std::unordered_map<KeyHash, KeyChange, HashOfKey>;

// Row by row.
std::vector<ChangeOrder> orders_of(const arrow::RecordBatch& rows);
// The id of a file's deletion vector; empty: it has none.
std::string vector_of(const delta::AddFile& file);

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
  // Others changed files, or upkeep did. What the tails hide is found anew.
  void follow(const FilesChange& change);
  // Goes on through the index, `slots` of it, when there are files to forget: what is of them
  // is written as of those where the rows are now.
  void sweep(size_t slots);
  // Files that it knows, also those that the table has no more.
  size_t files() const { return files_.size() - free_.size(); }
  // Deletions from before are forgotten as the index is swept.
  void forget_before(int64_t ms);
  // `sealed` as it was before open changes replaced rows of it.
  void discard_open(std::shared_ptr<const Tail>& sealed);
  void discard_sealed();

  std::shared_ptr<const HiddenRows> hidden() const;
  std::shared_ptr<const HiddenRows> hidden_by_sealed() const { return shared(sealed_hidden_); }
  size_t keys() const { return index_.size() - index_.deleted(); }
  size_t deletions() const { return index_.deleted(); }
  int64_t bytes() const { return index_.bytes(); }

 private:
  using Run = std::vector<uint64_t>;
  using Runs = std::vector<std::shared_ptr<const Run>>;
  // Of merged files, one behind the other: where the rows of each end.
  struct Ends {
    int64_t end = 0;
    uint32_t file = RowPlace::kNone;
  };
  struct Moved {
    RowMoves rows;
    std::shared_ptr<const std::vector<Ends>> into;
  };
  struct File {
    std::string path;
    bool alive = true;
    std::vector<bool> deleted = {};           // by others; empty: none
    std::shared_ptr<const Moved> moved = {};  // where its rows are, when it was merged
  };
  struct Taken;

  // What is known of a key: order and the rows that have it.
  bool is_newer(const KeyHash& key, const ChangeOrder& order);
  void replace(const KeyHash& key, const KeyChange& change, Taken& taken);
  void settle(Taken& taken, std::shared_ptr<const Tail>& open, std::shared_ptr<const Tail>& sealed);
  // Where the row is by now; none: it is gone.
  RowPlace now(RowPlace place) const;
  bool is_live(const RowPlace& place) const { return now(place).file != RowPlace::kNone; }
  void each_place(const KeyHash& key, const std::function<void(const RowPlace&)>& visit);
  void add_row(const KeyEntry& entry);
  uint32_t add_file(const delta::AddFile& file);
  void move_rows(const FilesChange::Merge& merge,
                 const std::unordered_map<std::string_view, uint32_t>& numbers);
  void renumber();
  bool keep(KeyEntry& entry);
  void forget_files();
  void find_hidden();
  std::shared_ptr<const HiddenRows> shared(const Runs& runs) const;

  const KeySpec spec_;
  KeyIndex index_;
  // More rows of a key, which only other writers make.
  std::unordered_map<KeyHash, std::vector<RowPlace>, HashOfKey> more_places_;
  std::vector<File> files_;      // by number
  std::vector<uint32_t> free_;   // numbers that no row has
  std::vector<uint32_t> going_;  // numbers that no row has when the index was swept
  std::optional<KeyIndex::Walk> sweep_;
  uint32_t forget_before_ = 0;  // second
  bool forgets_ = false;        // the next sweep does
  std::shared_ptr<const FileNumbers> numbers_;
  KeyChanges open_;
  std::shared_ptr<const KeyChanges> sealed_;
  std::shared_ptr<const Tail> sealed_tail_;  // as it is committed
  Runs open_hidden_, sealed_hidden_;
  int64_t late_ = 0, last_origin_ = -1;
};

}  // namespace foz::table
