// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// ALTER TABLE, COMMENT and CALL. Each is one commit of metadata, or maintenance of the library.
// https://trino.io/docs/current/connector/delta-lake.html#sql-support
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "delta/alter.h"
#include "delta/maintenance.h"
#include "sql/lake_columns_internal.h"
#include "sql/query_tables_internal.h"
#include "sql/session_properties.h"
#include "table/file_layout.h"
#include "table/live_tables.h"

namespace foz::sql {

using ast::ExpressionKind;
using ast::WriteKind;

namespace {

constexpr int64_t kOptimizeBelow = 100LL << 20;  // Trino's file_size_threshold

// What stands against a change of a table is no fault of its rows.
template <class T>
T altered(Result<T> result) {
  if (result.has_value()) return std::move(*result);
  if (result.error().code() == ErrorCode::kInvalid)
    throw user_error("NOT_SUPPORTED", 13, result.error().message());
  throw write_error(result.error());
}

delta::ColumnPath column_path(const ast::QualifiedName& names) {
  delta::ColumnPath path;
  for (const auto& name : names) path.push_back(name.name);
  return path;
}

const delta::Field* find_field(const delta::Schema& schema, const ast::QualifiedName& names) {
  const std::vector<delta::Field>* fields = &schema.fields;
  const delta::Field* found = nullptr;
  for (const auto& name : names) {
    found = delta::find_without_case(*fields, name.name);
    if (!found) return nullptr;
    fields = &found->type.fields;
  }
  return found;
}

// The column has to be there.
bool missing_column(const WriteInput& input, const delta::Schema& schema) {
  const ast::Write& write = input.write();
  if (find_field(schema, write.path)) return false;
  if (write.column_exists) return true;
  throw error_at(input.plan.statement.source, write.path[0].offset, "COLUMN_NOT_FOUND", 47,
                 fmt::format("Column '{}' does not exist", lower_case(write.path.back().name)));
}

delta::Metadata with_schema(const delta::Snapshot& snapshot, const delta::Schema& schema) {
  delta::Metadata metadata = snapshot.metadata();
  metadata.schema_string = delta::to_json(schema);
  return metadata;
}

bool takes_away(const TableProperties& given, const std::string& property) {
  const auto set = given.set.find(property);
  return std::ranges::find(given.unset, property) != given.unset.end() ||
         (set != given.set.end() && set->second != "true");
}

// Of the column whose type may be changed.
delta::DataType new_type(const WriteInput& input, const OpenTarget& target) {
  (void)missing_column(input, target.snapshot->schema());
  check_no_stream(input, target, "changing the type of a column");
  auto type = delta_type(input.write().type);
  if (!type)
    throw input.error("NOT_SUPPORTED", 13, "Unsupported type: " + display_text(input.write().type));
  return *std::move(type);
}

// Names of columns in files are not theirs to change.
void check_mapped(const WriteInput& input, const delta::Snapshot& snapshot) {
  if (snapshot.metadata().configuration.contains("delta.columnMapping.mode")) return;
  throw input.error("NOT_SUPPORTED", 13,
                    "Columns are renamed and dropped by column mapping, which the table does not "
                    "have: ALTER TABLE … SET PROPERTIES column_mapping_mode = 'NAME' comes first");
}

// nullopt: there is nothing to do.
std::optional<delta::CommitRequest> change_of(const WriteInput& input, const OpenTarget& target) {
  const ast::Write& write = input.write();
  const delta::Snapshot& snapshot = *target.snapshot;
  Random& random = input.plan.writing->random;
  switch (input.write().kind) {
    case WriteKind::kAddColumn: {
      if (!input.write().position.empty() && input.write().position != "last")
        throw input.error("NOT_SUPPORTED", 13,
                          "Adding columns with FIRST or AFTER is not supported");
      const ast::ColumnDefinition& column = write.definitions[0];
      if (find_field(snapshot.schema(), column.path)) {
        if (write.column_exists) return std::nullopt;
        throw error_at(
            input.plan.statement.source, column.path[0].offset, "COLUMN_ALREADY_EXISTS", 51,
            fmt::format("Column '{}' already exists", lower_case(column.path.back().name)));
      }
      ast::QualifiedName parent(column.path.begin(), column.path.end() - 1);
      return altered(
          delta::add_column(snapshot, random, column_path(parent), field_of(input, column)));
    }
    case WriteKind::kRenameColumn:
      if (missing_column(input, snapshot.schema())) return std::nullopt;
      check_no_stream(input, target, "renaming a column");
      check_mapped(input, snapshot);
      return altered(
          delta::rename_column(snapshot, column_path(write.path), lower_case(write.to[0].name)));
    case WriteKind::kDropColumn:
      if (missing_column(input, snapshot.schema())) return std::nullopt;
      check_no_stream(input, target, "dropping a column");
      check_mapped(input, snapshot);
      return altered(delta::drop_column(snapshot, column_path(write.path)));
    case WriteKind::kSetColumnType: {
      const delta::DataType type = new_type(input, target);
      if (find_field(snapshot.schema(), write.path)->type == type) return std::nullopt;
      return altered(delta::change_type(snapshot, column_path(write.path), type));
    }
    case WriteKind::kDropNotNull:
      (void)missing_column(input, snapshot.schema());
      return altered(delta::set_nullable(snapshot, column_path(write.path), true));
    case WriteKind::kSetProperties: {
      const TableProperties given = table_properties(input, write.properties);
      if (!given.partitioned_by.empty())
        throw input.error("NOT_SUPPORTED", 13,
                          "The following properties cannot be updated: partitioned_by");
      if (takes_away(given, "delta.enableDeletionVectors"))
        check_no_stream(input, target, "taking away the deletion vectors");
      return altered(delta::set_properties(snapshot, random, given.set, given.unset));
    }
    case WriteKind::kCommentTable: {
      delta::CommitRequest request;
      request.metadata = snapshot.metadata();
      request.metadata->description = write.comment;
      request.operation = "COMMENT";
      return request;
    }
    default: {  // kCommentColumn
      (void)missing_column(input, snapshot.schema());
      delta::Schema schema = snapshot.schema();
      for (delta::Field& field : schema.fields) {
        if (!delta::equal_without_case(field.name, write.path.back().name)) continue;
        field.metadata.erase("comment");
        if (write.comment) field.metadata["comment"] = json_text(*write.comment);
      }
      delta::CommitRequest request;
      request.metadata = with_schema(snapshot, schema);
      request.operation = "CHANGE COLUMN";
      return request;
    }
  }
}

// A table's name is its folder, which no commit moves: what others read at the old name would be
// gone in the middle.
[[noreturn]] void rename_table(const WriteInput& input) {
  const auto view = target_view(input, input.write().names);
  const bool streamed = view->role != table::Role::kForeign;
  throw input.error(
      "NOT_SUPPORTED", 13,
      fmt::format("Renaming tables is not supported: {} {}", view->name.to_string(),
                  view->role == table::Role::kBronze
                      ? "has the name of its topic; produce to another topic"
                  : streamed ? "has the name that its flow gives it; rename it in the pipeline, "
                               "which makes it anew"
                             : "is a folder of that name; CREATE TABLE the new name AS SELECT from "
                               "it, then DROP TABLE it"));
}

OpenTarget newest(const WriteInput& input, const ast::QualifiedName& names) {
  return open_target(input, target_view(input, names));
}

// Types become wider only in tables that say so.
void allow_wider_types(const WriteInput& input) {
  until_committed(input, [&] {
    OpenTarget target = newest(input, input.write().names);
    (void)new_type(input, target);
    if (target.snapshot->property("delta.enableTypeWidening") == "true") return true;
    return commit_and_show(
        input, target,
        altered(delta::set_properties(*target.snapshot, input.plan.writing->random,
                                      {{"delta.enableTypeWidening", "true"}})));
  });
}

// ---- Procedures ---------------------------------------------------------------------------------

constexpr double kMostMeasured = 9e18;  // fits an int64

// "10MB", "7d": a number and its unit's factor; nullopt for anything else.
std::optional<double> measured(const std::string& text,
                               std::initializer_list<std::pair<std::string_view, double>> units) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !(number >= 0)) return std::nullopt;
  std::string_view unit(end, static_cast<size_t>(text.data() + text.size() - end));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  for (const auto& [name, factor] : units) {
    if (unit == name && number * factor < kMostMeasured) return number * factor;
  }
  return std::nullopt;
}

std::string text_of(const WriteInput& input, const ast::Argument& argument) {
  if (argument.value->kind != ExpressionKind::kString)
    throw error_at(input.plan.statement.source, argument.value->offset,
                   "INVALID_PROCEDURE_ARGUMENT", 30, "the argument is a text");
  return argument.value->text;
}

// Every name in a condition; a subquery is none of a partition.
void add_names(const WriteInput& input, const ast::Expression& condition,
               std::vector<const ast::Identifier*>& names) {
  if (condition.query)
    throw error_at(input.plan.statement.source, condition.offset, "NOT_SUPPORTED", 13,
                   "optimize takes a condition without subqueries");
  if (condition.kind == ExpressionKind::kColumn || condition.kind == ExpressionKind::kField) {
    names.push_back(&condition.names.back());
    return;
  }
  for (const auto& child : condition.children) add_names(input, *child, names);
}

// Those that the condition chooses, which must be about them alone: files are rewritten whole.
std::set<PartitionValues> chosen_partitions(const WriteInput& input, const OpenTarget& target) {
  std::vector<const ast::Identifier*> names;
  add_names(input, *input.plan.statement.parsed->body->select->where, names);
  const auto& columns = target.snapshot->metadata().partition_columns;
  for (const ast::Identifier* name : names) {
    const bool partition = std::ranges::any_of(
        columns, [&](const auto& column) { return delta::equal_without_case(column, name->name); });
    const bool known = find_field(target.snapshot->schema(), {*name}) ||
                       delta::find_without_case(file_columns(), name->name);
    if (!partition && known)
      throw error_at(input.plan.statement.source, name->offset, "NOT_SUPPORTED", 13,
                     fmt::format("optimize takes a condition on partition columns, and {} is none "
                                 "(they are: {})",
                                 lower_case(name->name), fmt::join(columns, ", ")));
  }
  return partitions_of(input, target);
}

void optimize(const WriteInput& input) {
  const ast::Write& write = input.write();
  if (lower_case(write.to[0].name) != "optimize")
    throw input.error("PROCEDURE_NOT_FOUND", 29,
                      "Table procedure not registered: " + lower_case(write.to[0].name));
  int64_t below = kOptimizeBelow;
  for (const auto& argument : write.arguments) {
    if (argument.name && lower_case(argument.name->name) != "file_size_threshold")
      throw input.error("INVALID_PROCEDURE_ARGUMENT", 30,
                        "Unknown argument: " + lower_case(argument.name->name));
    const auto bytes = measured(text_of(input, argument),
                                {{"B", 1}, {"kB", 1024}, {"MB", 1048576}, {"GB", 1073741824}});
    if (!bytes || *bytes < 1)
      throw input.error("INVALID_PROCEDURE_ARGUMENT", 30,
                        "file_size_threshold is a size such as '100MB'");
    below = static_cast<int64_t>(*bytes);
  }
  OpenTarget target = newest(input, input.write().names);
  delta::OptimizeOptions options = table::file_layout(*target.snapshot);
  options.target_bytes = below;
  std::set<PartitionValues> partitions{{}};
  if (write.has_where) partitions = chosen_partitions(input, target);
  for (const PartitionValues& partition : partitions) {
    options.partition = partition;
    auto done = altered(
        delta::optimize(target.table, target.snapshot, options, input.plan.writing->random,
                        *input.plan.clock, [&](const delta::Progress&) -> Status {
                          if (input.stop.stop_requested())
                            return Error(ErrorCode::kCancelled, "the statement was canceled");
                          return {};
                        }));
    target.snapshot = std::move(done.snapshot);
  }
  (void)input.plan.writing->tables.shown(target.view->id, target.snapshot->version(),
                                         input.patience());
}

// The texts that a procedure is called with, in the order of `names`; the last may be missing.
std::vector<std::string> texts_of(const WriteInput& input, const char* procedure,
                                  const std::vector<std::string>& names, size_t required) {
  std::vector<std::string> given(names.size());
  const auto& arguments = input.write().arguments;
  for (size_t i = 0; i < arguments.size(); ++i) {
    size_t at = i;
    if (arguments[i].name) {
      const auto found = std::ranges::find(names, lower_case(arguments[i].name->name));
      at = static_cast<size_t>(found - names.begin());
    }
    if (at >= names.size())
      throw input.error("INVALID_PROCEDURE_ARGUMENT", 30,
                        fmt::format("{}({})", procedure, fmt::join(names, ", ")));
    given[at] = text_of(input, arguments[i]);
  }
  for (size_t i = 0; i < required; ++i) {
    if (given[i].empty())
      throw input.error("INVALID_PROCEDURE_ARGUMENT", 30,
                        fmt::format("Required procedure argument '{}' is missing", names[i]));
  }
  return given;
}

void call_register_table(const WriteInput& input) {
  const auto given =
      texts_of(input, "register_table", {"schema_name", "table_name", "table_location"}, 2);
  const TargetName name{lower_case(given[0]), given[1]};
  if (!given[2].empty() && !is_place_of(input, {name.schema, lower_case(name.table)}, given[2]))
    throw input.error("INVALID_PROCEDURE_ARGUMENT", 30,
                      "a table's location is its place in the lake: leave it out");
  register_table(input, name);
}

void vacuum(const WriteInput& input) {
  const auto given = texts_of(input, "vacuum", {"schema_name", "table_name", "retention"}, 3);
  const auto retention =
      measured(given[2], {{"d", 86400e3}, {"h", 3600e3}, {"m", 60e3}, {"s", 1e3}, {"ms", 1}});
  if (!retention)
    throw input.error("INVALID_PROCEDURE_ARGUMENT", 30, "retention is a time such as '7d'");
  const OpenTarget target = newest(input, {{.name = given[0]}, {.name = given[1]}});
  // It is vacuumed by itself, and what a flow has yet to read is known there alone.
  check_no_stream(input, target, "vacuum");
  delta::VacuumOptions options;
  options.retention = std::chrono::milliseconds(static_cast<int64_t>(*retention));
  const auto least = vacuum_min_retention(input.plan.session);
  options.force = least && *options.retention >= *least;
  const auto gone =
      delta::vacuum(target.table, target.snapshot, options, *input.plan.clock,
                    [&](const delta::Progress&) -> Status {
                      if (input.stop.stop_requested())
                        return Error(ErrorCode::kCancelled, "the statement was canceled");
                      return {};
                    });
  if (gone.has_value()) return;
  if (gone.error().code() == ErrorCode::kInvalid)
    throw input.error(
        "INVALID_PROCEDURE_ARGUMENT", 30,
        gone.error().message() + " (SET SESSION lake.vacuum_min_retention = '0s' does)");
  throw write_error(gone.error());
}

void call(const WriteInput& input) {
  std::string procedure;
  const auto& names = input.write().names;
  for (const auto& part : names)
    procedure += (procedure.empty() ? "" : ".") + lower_case(part.name);
  const std::string catalog = names.size() > 2 ? "" : lower_case(input.plan.session.catalog) + ".";
  if (catalog + procedure == "lake.system.vacuum") return vacuum(input);
  if (catalog + procedure == "lake.system.register_table") return call_register_table(input);
  // Nothing is kept that they would drop.
  if (catalog + procedure == "lake.system.flush_metadata_cache" ||
      catalog + procedure == "lake.system.drop_extended_stats")
    return;
  throw user_error("PROCEDURE_NOT_FOUND", 29, "Procedure not registered: " + procedure);
}

}  // namespace

void check_no_stream(const WriteInput& input, const OpenTarget& target, const char* what) {
  if (target.view->role != table::Role::kForeign)
    throw input.error("NOT_SUPPORTED", 13,
                      fmt::format("{} of a table that a stream writes is not supported", what));
}

void run_alter(const WriteInput& input) {
  const ast::Write& write = input.write();
  if (write.kind == WriteKind::kCall) return call(input);
  if (write.exists) {
    const TargetName name = target_name(input, write.names);
    const auto root = input.plan.writing->tables.root();
    if (!root->find(name.schema, name.table)) return;
  }
  if (write.kind == WriteKind::kRenameTable) rename_table(input);
  if (write.kind == WriteKind::kTableExecute) return optimize(input);
  if (write.kind == WriteKind::kSetColumnType) allow_wider_types(input);
  until_committed(input, [&] {
    OpenTarget target = newest(input, write.names);
    auto request = change_of(input, target);
    return !request || commit_and_show(input, target, std::move(*request));
  });
}

}  // namespace foz::sql
