// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz table …`: commands on any Delta table of this machine, without a server. A running foz may
// own the table: they meet as any two writers do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace foz::cli {

// A version of a table, by its number or as of a time.
struct VersionOption {
  std::optional<int64_t> version;
  std::string timestamp;
};

struct TableOptions {
  std::string path;  // a Delta table's folder or file:// URL
  bool json = false;
  bool dry_run = false;
};

struct ReadOptions {
  std::string path;
  VersionOption at;
  std::string changes;           // FROM, FROM..TO: the change data feed in place of rows
  std::string format = "jsonl";  // jsonl, csv, arrow, parquet
  std::string output;            // empty: standard output
};
Status run_table_read(const ReadOptions& options);

Status run_table_history(const TableOptions& options, int64_t limit);

struct TableOptimizeOptions {
  TableOptions table;
  std::string target_size;
  std::vector<std::string> where;  // COLUMN=VALUE
  std::vector<std::string> cluster_by;
  double purge_share = 0.1;
};
Status run_table_optimize(const TableOptimizeOptions& options);

struct TableVacuumOptions {
  TableOptions table;
  std::string retention;  // empty: the table's
  bool force = false;
};
Status run_table_vacuum(const TableVacuumOptions& options);

// Writes a checkpoint, and cleans the log of what is older than its retention.
Status run_table_checkpoint(const TableOptions& options);

Status run_table_restore(const TableOptions& options, const VersionOption& to);

struct TableCloneOptions {
  TableOptions source;
  std::string target;
  bool shallow = false;
  VersionOption at;
};
Status run_table_clone(const TableCloneOptions& options);

// `types`: "COLUMN TYPE" of partition columns.
Status run_table_convert(const TableOptions& options, const std::vector<std::string>& types);

}  // namespace foz::cli
