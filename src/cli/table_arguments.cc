// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/table_arguments.h"

#include <CLI/CLI.hpp>

#include <functional>
#include <utility>
#include <vector>

#include "cli/table_commands.h"

namespace foz::cli {

struct TableArguments::Impl {
  std::vector<std::pair<CLI::App*, std::function<Status()>>> commands;
  ReadOptions read;
  TableOptions table;
  VersionOption at;
  int64_t limit = 20;
  TableOptimizeOptions optimize;
  TableVacuumOptions vacuum;
  TableCloneOptions clone;
  std::vector<std::string> partitions;

  CLI::App* add(CLI::App& parent, const char* name, const char* what, std::function<Status()> run) {
    CLI::App* command = parent.add_subcommand(name, what);
    commands.emplace_back(command, std::move(run));
    return command;
  }
};

namespace {

void add_path(CLI::App& command, std::string& path) {
  command.add_option("path", path, "Folder of the table, or file:// URL")->required();
}

void add_json(CLI::App& command, bool& json, const char* what = "Print JSON") {
  command.add_flag("--json", json, what);
}

void add_dry_run(CLI::App& command, bool& dry_run) {
  command.add_flag("--dry-run", dry_run, "Only say what would be done");
}

void add_version(CLI::App& command, VersionOption& at, const char* what) {
  CLI::Option* version = command.add_option("--version", at.version, what);
  command
      .add_option("--timestamp", at.timestamp,
                  "The same as of a time: 2026-01-31, 2026-01-31 12:00:00, 2026-01-31T12:00:00Z "
                  "(UTC unless it says otherwise)")
      ->excludes(version);
}

void add_reading(CLI::App& table, TableArguments::Impl& in) {
  CLI::App* read = in.add(table, "read", "Print a Delta table's rows",
                          [&in] { return run_table_read(in.read); });
  add_path(*read, in.read.path);
  add_version(*read, in.read.at, "Version to read (default: the newest)");
  read->add_option("--changes", in.read.changes,
                   "FROM or FROM..TO: the rows that these versions inserted, updated and deleted")
      ->excludes("--version")
      ->excludes("--timestamp");
  read->add_option("--format", in.read.format, "jsonl, csv, arrow (IPC stream) or parquet")
      ->check(CLI::IsMember({"jsonl", "csv", "arrow", "parquet"}));
  read->add_option("-o,--output", in.read.output, "File to write (default: standard output)");

  CLI::App* history = in.add(table, "history", "List a table's versions, newest first",
                             [&in] { return run_table_history(in.table, in.limit); });
  add_path(*history, in.table.path);
  history->add_option("--limit", in.limit, "At most so many (0: all)")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_json(*history, in.table.json, "Print one JSON object a line");
}

void add_maintenance(CLI::App& table, TableArguments::Impl& in) {
  CLI::App* optimize =
      in.add(table, "optimize", "Merge small files and drop deleted rows from files",
             [&in] { return run_table_optimize(in.optimize); });
  add_path(*optimize, in.optimize.table.path);
  optimize->add_option("--target-size", in.optimize.target_size,
                       "Size of a file to aim at (default: the table's, else 128MiB)");
  optimize->add_option("--where", in.optimize.where,
                       "Only the partition COLUMN=VALUE (COLUMN= is null); may be repeated");
  optimize
      ->add_option("--cluster-by", in.optimize.cluster_by,
                   "Put rows in the Z-order of these columns, over all files that are not yet")
      ->delimiter(',');
  optimize
      ->add_option("--purge-share", in.optimize.purge_share,
                   "Rewrite files of which more than this share is deleted")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_dry_run(*optimize, in.optimize.table.dry_run);
  add_json(*optimize, in.optimize.table.json);

  CLI::App* vacuum =
      in.add(table, "vacuum", "Remove files that no version within the retention needs",
             [&in] { return run_table_vacuum(in.vacuum); });
  add_path(*vacuum, in.vacuum.table.path);
  vacuum->add_option("--retention", in.vacuum.retention,
                     "How old unneeded files must be, such as 7d (default: the table's, else 7d)");
  vacuum->add_flag("--force", in.vacuum.force,
                   "Accept a shorter retention than the table's: older versions break, and so does "
                   "whoever writes meanwhile");
  add_dry_run(*vacuum, in.vacuum.table.dry_run);
  add_json(*vacuum, in.vacuum.table.json, "Print one JSON object for each file");

  CLI::App* checkpoint =
      in.add(table, "checkpoint",
             "Write a checkpoint and remove what of the log is older than its retention",
             [&in] { return run_table_checkpoint(in.table); });
  add_path(*checkpoint, in.table.path);
  add_dry_run(*checkpoint, in.table.dry_run);
  add_json(*checkpoint, in.table.json, "Print one JSON object for each file that was removed");
}

void add_tables_from_tables(CLI::App& table, TableArguments::Impl& in) {
  CLI::App* restore = in.add(table, "restore", "Make an older version the newest",
                             [&in] { return run_table_restore(in.table, in.at); });
  add_path(*restore, in.table.path);
  add_version(*restore, in.at, "Version to go back to");
  add_json(*restore, in.table.json);

  CLI::App* clone = in.add(table, "clone", "Copy a table to a new place",
                           [&in] { return run_table_clone(in.clone); });
  clone->add_option("source", in.clone.source.path, "Folder of the table, or file:// URL")
      ->required();
  clone->add_option("target", in.clone.target, "Folder of the new table")->required();
  clone->add_flag("--shallow", in.clone.shallow,
                  "Name the source's files and do not copy them: vacuum of the source breaks it");
  add_version(*clone, in.clone.at, "Version to copy (default: the newest)");
  add_json(*clone, in.clone.source.json);

  CLI::App* convert =
      in.add(table, "convert", "Make a folder of Parquet files a Delta table, in place",
             [&in] { return run_table_convert(in.table, in.partitions); });
  convert->add_option("path", in.table.path, "The folder")->required();
  convert->add_option("--partition", in.partitions,
                      "\"COLUMN TYPE\" of a column that folders COLUMN=VALUE name (default: found "
                      "from the values); may be repeated");
  add_json(*convert, in.table.json);
}

}  // namespace

TableArguments::TableArguments(CLI::App& app) : impl_(std::make_unique<Impl>()) {
  CLI::App* table = app.add_subcommand("table", "Work on any Delta table, without a server");
  table->require_subcommand(1);
  add_reading(*table, *impl_);
  add_maintenance(*table, *impl_);
  add_tables_from_tables(*table, *impl_);
}

TableArguments::~TableArguments() = default;

std::optional<Status> TableArguments::run() const {
  for (const auto& [command, run] : impl_->commands) {
    if (*command) return run();
  }
  return std::nullopt;
}

}  // namespace foz::cli
