// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a reader sees: a root of immutable views, each a Delta snapshot plus a hot tail.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/named_type.h"
#include "delta/table.h"
#include "log/types.h"

namespace arrow {
class RecordBatch;
class Schema;
}  // namespace arrow

namespace foz::table {

// Index into Root::tables; stable while the process runs.
using TableId = NamedType<struct TableIdTag, int32_t>;

struct TableName {
  std::string schema, name;
  auto operator<=>(const TableName&) const = default;
  std::string to_string() const { return schema + "." + name; }
};

// Where the rows of a batch came from, row by row: hidden, never stored in Delta.
struct Origins {
  std::vector<log::TopicPartition> sources;
  std::vector<uint32_t> source;  // index into sources
  std::vector<int64_t> offset;
};

struct TailBatch {
  std::shared_ptr<arrow::RecordBatch> rows;
  std::shared_ptr<const Origins> origins;  // null for bronze, whose rows say it themselves
  // Of a keyed table, row by row: a later change has taken its place. Null: none has.
  std::shared_ptr<const std::vector<bool>> gone = nullptr;
};

// Immutable. Small batches are merged as they come in, so that a scan meets few of them.
struct Tail {
  std::vector<TailBatch> batches;
  int64_t rows = 0;  // without those that are gone
  int64_t bytes = 0;
  // The same in every tail that grew from this one: it lives as long as somebody holds any of its
  // rows.
  std::shared_ptr<const void> lease;
};
// `tail` (may be null) and behind it the rows of `batch`, which has the schema of the others.
std::shared_ptr<const Tail> with_rows(const std::shared_ptr<const Tail>& tail, TailBatch batch);

// The tail with the rows at these places gone: places count the rows of all batches in their order,
// and are in order themselves.
std::shared_ptr<const Tail> without(const std::shared_ptr<const Tail>& tail,
                                    const std::vector<int64_t>& places);

// A keyed table's files, by path as the log has it. A number is never given twice.
using FileNumbers = std::unordered_map<std::string, uint32_t>;
// Rows of a keyed table's snapshot in whose place the tail has something newer, or nothing.
struct HiddenRows {
  std::shared_ptr<const FileNumbers> files;
  // Number << 32 | row, sorted; a row is in one run.
  std::vector<std::shared_ptr<const std::vector<uint64_t>>> runs;
  int64_t rows = 0;
};
// Of one file, sorted.
std::vector<int64_t> hidden_rows(const HiddenRows& hidden, const std::string& path);

enum class Role { kBronze, kSilver, kQuarantine, kState, kForeign };

// One table at one instant. Its rows are snapshot (without those that are hidden), then sealed,
// then open: a row is in exactly one of them.
struct TableView {
  TableId id;
  TableName name;
  Role role = Role::kSilver;
  std::shared_ptr<const delta::Table> table;
  delta::SnapshotPtr
      snapshot;  // null, as is `schema`, when the table cannot be read: `blocked` says why
  std::shared_ptr<arrow::Schema> schema;
  std::shared_ptr<const Tail> sealed;        // being committed; null when empty
  std::shared_ptr<const Tail> open;          // null when empty
  std::shared_ptr<const HiddenRows> hidden;  // null when none are
  std::string blocked;                       // why it cannot be written; empty: it can
};

// One consistent cut of all tables. A query holds it for as long as it runs.
struct Root {
  uint64_t number = 0;
  std::vector<std::shared_ptr<const TableView>> tables;
  // "schema.table" in lower case; shared by all roots until a table is added.
  std::shared_ptr<const std::unordered_map<std::string, TableId>> ids;
  // Without case; null when there is none.
  std::shared_ptr<const TableView> find(std::string_view schema, std::string_view name) const;
};

}  // namespace foz::table
