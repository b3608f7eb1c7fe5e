// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Replay: the state of a table, and how one commit changes it.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "delta/hash_trie_internal.h"
#include "delta/snapshot.h"

namespace foz::delta {

// The key of a logical file: its path and deletion vector.
struct FileKey {
  std::string_view path;
  const DeletionVector* vector = nullptr;
  bool any_vector = false;
  // Finds the file of that path, whatever its deletion vector.
  static FileKey any_vector_of(std::string_view path) { return {path, nullptr, true}; }
  bool operator==(const FileKey& other) const;
};

inline FileKey key_of(const AddFile& add) {
  return {add.path, add.deletion_vector ? &*add.deletion_vector : nullptr};
}
inline FileKey key_of(const RemoveFile& remove) {
  return {remove.path, remove.deletion_vector ? &*remove.deletion_vector : nullptr};
}

uint64_t hash_file_key(const FileKey& key);

// A path is live once, so that it alone is hashed and a file can be found by it.
struct FileTraits {
  using Key = FileKey;
  static FileKey key(const AddFile& file) { return key_of(file); }
  static uint64_t hash(const FileKey& key) { return std::hash<std::string_view>{}(key.path); }
};
// The same path may be here once for each deletion vector it had.
struct TombstoneTraits {
  using Key = FileKey;
  static FileKey key(const RemoveFile& file) { return key_of(file); }
  static uint64_t hash(const FileKey& key) { return hash_file_key(key); }
};
struct TransactionTraits {
  using Key = std::string_view;
  static std::string_view key(const SetTransaction& transaction) { return transaction.app_id; }
  static uint64_t hash(std::string_view key) { return std::hash<std::string_view>{}(key); }
};

// What metadata and protocol say, parsed once and shared by the snapshots that have them.
struct Shape {
  Protocol protocol;
  Metadata metadata;
  Schema schema;
  std::shared_ptr<arrow::Schema> arrow_schema;
};

// The plain state; copying it is cheap. Within a commit order means nothing: a file may be added
// before the remove of the same path stands there, so removes apply first.
struct State {
  Version version{-1};
  int64_t timestamp_ms = 0;
  bool catalog = false;  // a catalog named the newest commits
  std::shared_ptr<const Shape> shape;
  // Set by apply() until finish() parses them.
  std::optional<Protocol> new_protocol;
  std::optional<Metadata> new_metadata;
  HashTrie<AddFile, FileTraits> files;
  HashTrie<RemoveFile, TombstoneTraits> tombstones;
  HashTrie<SetTransaction, TransactionTraits> transactions;
  std::shared_ptr<const std::map<std::string, DomainMetadata>> domains;
  int64_t total_bytes = 0;
  int64_t rows = 0;
  int64_t files_without_rows = 0;

  State edit() const;
  // Takes the actions of one commit or of a part of a checkpoint.
  void apply(std::vector<Action>&& actions);
  // Checks and parses metadata and protocol where they changed. kCorrupt when one is missing.
  Status finish();

 private:
  void add(std::shared_ptr<const AddFile> file);
  void remove(RemoveFile&& remove);
  void count(const AddFile& file, int64_t sign);
};

class LoadedSnapshot final : public Snapshot {
 public:
  explicit LoadedSnapshot(State state) : state_(std::move(state)) {}

  Version version() const override { return state_.version; }
  int64_t timestamp_ms() const override { return state_.timestamp_ms; }
  const Protocol& protocol() const override { return state_.shape->protocol; }
  const Metadata& metadata() const override { return state_.shape->metadata; }
  const Schema& schema() const override { return state_.shape->schema; }
  const std::shared_ptr<arrow::Schema>& arrow_schema() const override {
    return state_.shape->arrow_schema;
  }
  size_t file_count() const override { return state_.files.size(); }
  int64_t total_bytes() const override { return state_.total_bytes; }
  std::optional<int64_t> row_count() const override;
  void each_file(
      const std::function<bool(const std::shared_ptr<const AddFile>&)>& visit) const override;
  std::optional<int64_t> transaction_version(std::string_view app_id) const override;
  std::vector<SetTransaction> transactions() const override;
  std::vector<DomainMetadata> domains() const override;

  const State& state() const { return state_; }

 private:
  State state_;
};

// Every Snapshot is one of ours: there is no other implementation.
inline const State& state_of(const Snapshot& snapshot) {
  return static_cast<const LoadedSnapshot&>(snapshot).state();
}

// numRecords of a file's statistics; nullopt when absent.
std::optional<int64_t> physical_rows(const AddFile& file);

}  // namespace foz::delta
