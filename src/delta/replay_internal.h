// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Replay: the state of a table, and how one commit changes it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "delta/hash_trie_internal.h"
#include "delta/packed_file_internal.h"
#include "delta/snapshot.h"

namespace foz::delta {

// A path is live once, so that it alone is hashed and a file can be found by it.
struct FileTraits {
  using Item = PackedFile<AddFile>;
  using Key = FileKey;
  static FileKey key(const Item& file) { return file.key(); }
  static void fetch(const Item& file) { file.fetch(); }
  static uint64_t hash(const FileKey& key) { return std::hash<std::string_view>{}(key.path); }
};
// The same path may be here once for each deletion vector it had.
struct TombstoneTraits {
  using Item = PackedFile<RemoveFile>;
  using Key = FileKey;
  static FileKey key(const Item& file) { return file.key(); }
  static void fetch(const Item& file) { file.fetch(); }
  static uint64_t hash(const FileKey& key) { return hash_file_key(key); }
};
struct TransactionTraits {
  using Item = std::shared_ptr<const SetTransaction>;
  using Key = std::string_view;
  static std::string_view key(const Item& transaction) { return transaction->app_id; }
  static void fetch(const Item& transaction) { __builtin_prefetch(transaction.get()); }
  static uint64_t hash(std::string_view key) { return std::hash<std::string_view>{}(key); }
};

// File actions by key, kept packed. What is asked for is made anew each time.
template <class File, class Traits>
class FileMap {
 public:
  using Packed = PackedFile<File>;
  using FilePtr = std::shared_ptr<const File>;

  size_t size() const { return trie_.size(); }
  FileMap edit() const { return FileMap(trie_.edit(), forms_); }
  // null when it is not there
  FilePtr find(const FileKey& key) const { return unpack(trie_.find(key)); }
  Packed find_packed(const FileKey& key) const { return trie_.find(key); }
  FilePtr unpack(const Packed& packed) const { return packed.file(forms_); }
  // Both return what stood under the key before, or null.
  FilePtr put(const File& file) { return unpack(trie_.put(Packed(file, forms_))); }
  FilePtr erase(const FileKey& key) { return unpack(trie_.erase(key)); }
  // Stops when `visit` returns false; true when it never did.
  template <class Visit>
  bool each(Visit&& visit) const {
    return trie_.each([&](const Packed& packed) { return visit(unpack(packed)); });
  }
  template <class Visit>
  bool each_packed(Visit&& visit) const {
    return trie_.each(visit);
  }
  const StatisticsForms& forms() const { return forms_; }

  FileMap() = default;

 private:
  FileMap(HashTrie<Traits> trie, StatisticsForms forms)
      : trie_(std::move(trie)), forms_(std::move(forms)) {}
  HashTrie<Traits> trie_;
  StatisticsForms forms_;
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
  // Of the version's commit; nullopt: it was not there. Another table at the place has another.
  std::optional<uint32_t> commit_mark;
  std::shared_ptr<const Shape> shape;
  // Set by apply() until finish() parses them.
  std::optional<Protocol> new_protocol;
  std::optional<Metadata> new_metadata;
  FileMap<AddFile, FileTraits> files;
  FileMap<RemoveFile, TombstoneTraits> tombstones;
  HashTrie<TransactionTraits> transactions;
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
  void add(const AddFile& file);
  void remove(const RemoveFile& remove);
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
