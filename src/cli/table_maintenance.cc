// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// `foz table optimize|vacuum|checkpoint|restore|clone|convert`.
#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "cli/config.h"
#include "cli/table_commands.h"
#include "cli/table_place.h"
#include "cli/table_version.h"
#include "delta/maintenance.h"
#include "table/file_layout.h"

namespace foz::cli {
namespace {

delta::OnProgress shown_by(ProgressLine& line) {
  return [&line](const delta::Progress& at) -> Status {
    line.show(at.files, at.files_total, at.bytes, at.bytes_total);
    return {};
  };
}

void say_version(JsonWriter& json, const delta::SnapshotPtr& snapshot) {
  json.field("version", snapshot->version().value());
  json.field("files", static_cast<int64_t>(snapshot->file_count()));
  json.field("bytes", snapshot->total_bytes());
}

Status print_objects(const TableOptions& options, const char* what,
                     const std::vector<store::ObjectMeta>& objects) {
  int64_t bytes = 0;
  for (const store::ObjectMeta& object : objects) {
    bytes += object.size;
    if (options.json) {
      JsonWriter json;
      json.begin_object().field("path", "/" + object.path).field("size", object.size);
      json.field("modified_ms", object.modified_ms).end_object();
      fmt::print("{}\n", json.text());
    } else if (options.dry_run) {
      fmt::print("/{}\n", object.path);
    }
  }
  if (!options.json) {
    fmt::print("{} {} file{} ({})\n", options.dry_run ? "would remove" : "removed", objects.size(),
               fmt::format("{}{}", objects.size() == 1 ? "" : "s", what), bytes_text(bytes));
  }
  return {};
}

// COLUMN=VALUE; COLUMN= is null.
Result<std::map<std::string, std::optional<std::string>>> partition_of(
    const std::vector<std::string>& where) {
  std::map<std::string, std::optional<std::string>> out;
  for (const std::string& each : where) {
    const size_t equals = each.find('=');
    if (equals == std::string::npos || equals == 0) {
      return invalid(fmt::format("--where wants COLUMN=VALUE, not {}", each));
    }
    const std::string value = each.substr(equals + 1);
    out[each.substr(0, equals)] = value.empty() ? std::nullopt : std::optional(value);
  }
  return out;
}

Result<delta::Field> partition_field(const std::string& text) {
  const size_t space = text.find(' ');
  if (space == std::string::npos || space == 0) {
    return invalid(fmt::format("--partition wants \"COLUMN TYPE\", not {}", text));
  }
  std::string type = text.substr(text.find_last_of(' ') + 1);
  std::ranges::transform(type, type.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  using enum delta::TypeKind;
  static const std::map<std::string, delta::TypeKind> kTypes = {
      {"string", kString},   {"bigint", kLong},     {"long", kLong},    {"int", kInteger},
      {"integer", kInteger}, {"smallint", kShort},  {"tinyint", kByte}, {"float", kFloat},
      {"double", kDouble},   {"boolean", kBoolean}, {"date", kDate},    {"timestamp", kTimestamp}};
  const auto found = kTypes.find(type);
  if (found == kTypes.end()) return invalid(fmt::format("{} is no type of a partition", type));
  return delta::Field{text.substr(0, space), {.kind = found->second}, true, {}};
}

}  // namespace

Status run_table_optimize(const TableOptimizeOptions& options) {
  const auto place = TRY(open_place(options.table.path));
  const delta::SnapshotPtr snapshot = TRY(place->table->latest());
  delta::OptimizeOptions optimize = table::file_layout(*snapshot);
  optimize.partition = TRY(partition_of(options.where));
  optimize.purge_share = options.purge_share;
  optimize.dry_run = options.table.dry_run;
  if (!options.target_size.empty()) optimize.target_bytes = TRY(parse_bytes(options.target_size));
  if (!options.cluster_by.empty()) {
    if (!optimize.order_by.empty()) {
      return invalid("the files of a bronze table are sorted by partition and offset");
    }
    optimize.cluster_by = options.cluster_by;
  }
  delta::OptimizeResult done;
  {
    ProgressLine line(place->clock);
    done = TRY(delta::optimize(*place->table, snapshot, optimize, place->random, place->clock,
                               shown_by(line)));
  }
  if (options.table.json) {
    JsonWriter json;
    json.begin_object();
    say_version(json, done.snapshot);
    json.field("commits", done.commits).field("files_removed", done.files_removed);
    json.field("bytes_removed", done.bytes_removed).field("files_added", done.files_added);
    json.field("bytes_added", done.bytes_added).field("files_lost", done.files_lost).end_object();
    fmt::print("{}\n", json.text());
    return {};
  }
  if (options.table.dry_run) {
    fmt::print("would rewrite {} files ({})\n", done.files_removed, bytes_text(done.bytes_removed));
    return {};
  }
  fmt::print("{} files ({}) became {} ({}); version {} has {} files\n", done.files_removed,
             bytes_text(done.bytes_removed), done.files_added, bytes_text(done.bytes_added),
             done.snapshot->version().value(), done.snapshot->file_count());
  if (done.files_lost > 0) {
    fmt::print("{} files were changed by another writer meanwhile and stay as they are\n",
               done.files_lost);
  }
  return {};
}

Status run_table_vacuum(const TableVacuumOptions& options) {
  const auto place = TRY(open_place(options.table.path));
  delta::VacuumOptions vacuum{.force = options.force, .dry_run = options.table.dry_run};
  if (!options.retention.empty()) vacuum.retention = TRY(parse_duration(options.retention));
  const delta::SnapshotPtr snapshot = TRY(place->table->latest());
  std::vector<store::ObjectMeta> gone;
  {
    ProgressLine line(place->clock);
    gone = TRY(delta::vacuum(*place->table, snapshot, vacuum, place->clock, shown_by(line)));
  }
  return print_objects(options.table, "", gone);
}

Status run_table_checkpoint(const TableOptions& options) {
  const auto place = TRY(open_place(options.path));
  const delta::SnapshotPtr snapshot = TRY(place->table->latest());
  if (!options.dry_run) TRY(place->table->checkpoint(snapshot));
  const auto gone =
      TRY(delta::clean_log(*place->table, *snapshot, {.dry_run = options.dry_run}, place->clock));
  if (!options.json && !options.dry_run) {
    fmt::print("wrote a checkpoint of version {}\n", snapshot->version().value());
  }
  return print_objects(options, " of the log", gone);
}

Status run_table_restore(const TableOptions& options, const VersionOption& to) {
  const auto place = TRY(open_place(options.path));
  const delta::SnapshotPtr latest = TRY(place->table->latest());
  const delta::SnapshotPtr target = TRY(snapshot_at(*place->table, to));
  const auto done = TRY(delta::restore(*place->table, latest, target));
  if (options.json) {
    JsonWriter json;
    json.begin_object();
    say_version(json, done.snapshot);
    json.field("files_added", done.files_added).field("files_removed", done.files_removed);
    json.end_object();
    fmt::print("{}\n", json.text());
    return {};
  }
  fmt::print("version {} is as version {} was: {} files came back, {} went\n",
             done.snapshot->version().value(), target->version().value(), done.files_added,
             done.files_removed);
  return {};
}

Status run_table_clone(const TableCloneOptions& options) {
  const auto place = TRY(open_place(options.source.path));
  const delta::Table target = TRY(place->other(options.target));
  const delta::SnapshotPtr snapshot = TRY(snapshot_at(*place->table, options.at));
  delta::SnapshotPtr made;
  {
    ProgressLine line(place->clock);
    made = TRY(delta::clone(*place->table, snapshot, target,
                            options.shallow ? delta::CloneKind::kShallow : delta::CloneKind::kDeep,
                            place->random, place->clock, shown_by(line)));
  }
  if (options.source.json) {
    JsonWriter json;
    json.begin_object();
    say_version(json, made);
    json.field("source_version", snapshot->version().value()).end_object();
    fmt::print("{}\n", json.text());
    return {};
  }
  fmt::print("{} {} files ({}) of version {} into {}\n", options.shallow ? "named" : "copied",
             made->file_count(), bytes_text(made->total_bytes()), snapshot->version().value(),
             options.target);
  return {};
}

Status run_table_convert(const TableOptions& options, const std::vector<std::string>& types) {
  const auto place = TRY(open_place(options.path));
  delta::ConvertOptions convert;
  for (const std::string& type : types) {
    convert.partition_types.push_back(TRY(partition_field(type)));
  }
  delta::SnapshotPtr made;
  {
    ProgressLine line(place->clock);
    made = TRY(delta::convert(*place->table, convert, place->random, place->clock, shown_by(line)));
  }
  if (options.json) {
    JsonWriter json;
    json.begin_object();
    say_version(json, made);
    json.end_object();
    fmt::print("{}\n", json.text());
    return {};
  }
  fmt::print("{} files ({}) are a Delta table now, with {} columns\n", made->file_count(),
             bytes_text(made->total_bytes()), made->schema().fields.size());
  return {};
}

}  // namespace foz::cli
