// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <span>

#include "base/json_writer.h"
#include "delta/alter.h"
#include "delta/alter_internal.h"
#include "delta/clustering_internal.h"
#include "delta/column_mapping_internal.h"
#include "delta/create_internal.h"
#include "delta/data_file.h"
#include "delta/features_internal.h"
#include "delta/json_internal.h"
#include "delta/statistics_scope_internal.h"
#include "delta/type_widening_internal.h"

namespace foz::delta {
namespace {

using Path = std::span<const std::string>;

std::string text_of(Path path) { return fmt::format("{}", fmt::join(path, ".")); }

Error no_column(Path path) {
  return invalid(fmt::format("the table has no column {}", text_of(path)));
}

// Calls `change` with the type at the end of the path. Element types are shared, so that they are
// changed in copies.
using ChangeType = std::function<Status(DataType& type)>;
Status change_at(DataType& type, Path path, const ChangeType& change) {
  if (!type.user_defined.empty()) {
    return Error(ErrorCode::kUnsupported, "a user-defined type of Spark cannot be altered");
  }
  if (path.empty()) return change(type);
  if (type.kind == TypeKind::kStruct) {
    for (Field& field : type.fields) {
      if (equal_without_case(field.name, path.front())) {
        return change_at(field.type, path.subspan(1), change);
      }
    }
    return no_column(path);
  }
  const bool key = type.kind == TypeKind::kMap && path.front() == "key";
  const bool element = (type.kind == TypeKind::kMap && path.front() == "value") ||
                       (type.kind == TypeKind::kArray && path.front() == "element");
  if (!key && !element) return no_column(path);
  auto& inner = key ? type.key : type.element;
  auto copy = std::make_shared<DataType>(*inner);
  TRY(change_at(*copy, path.subspan(1), change));
  inner = std::move(copy);
  return {};
}

// Calls `change` with the struct's fields that hold the column, and its place there.
using ChangeField = std::function<Status(std::vector<Field>& fields, size_t at)>;
Status change_field(Schema& schema, Path path, const ChangeField& change) {
  if (path.empty()) return invalid("no column is named");
  DataType root{.kind = TypeKind::kStruct, .fields = std::move(schema.fields)};
  TRY(change_at(root, path.first(path.size() - 1), [&](DataType& type) -> Status {
    for (size_t i = 0; i < type.fields.size(); ++i) {
      if (equal_without_case(type.fields[i].name, path.back())) return change(type.fields, i);
    }
    return no_column(path);
  }));
  schema.fields = std::move(root.fields);
  return {};
}

// Whether SQL names the column: as a word, in any case. Too often rather than too seldom.
bool names(std::string_view sql, std::string_view column) {
  const auto is_word = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           static_cast<unsigned char>(c) > 127;
  };
  for (size_t at = 0; at + column.size() <= sql.size(); ++at) {
    if (!equal_without_case(sql.substr(at, column.size()), column)) continue;
    const size_t end = at + column.size();
    if ((at == 0 || !is_word(sql[at - 1])) && (end == sql.size() || !is_word(sql[end]))) {
      return true;
    }
  }
  return false;
}

// A column that a rule is about keeps its name and type.
Status check_unused(const Snapshot& snapshot, const std::string& column) {
  const RowRules rules = TRY(row_rules(snapshot.metadata(), snapshot.schema()));
  for (const RowRules::Check& check : rules.checks) {
    if (names(check.sql, column)) {
      return invalid(fmt::format("constraint {} is about column {}", check.name, column));
    }
  }
  for (const RowRules::ColumnValue& value : rules.generated) {
    if (names(value.sql, column)) {
      return invalid(fmt::format("column {} is generated from column {}", value.column, column));
    }
  }
  return {};
}

bool is_clustered_by(const Snapshot& snapshot, const Field& field, ColumnMapping mapping) {
  const std::string name = physical_name(field, mapping);
  return std::ranges::any_of(clustering_columns(snapshot), [&](const auto& path) {
    return std::ranges::find(path, name) != path.end();
  });
}

Status check_mapped(const Snapshot& snapshot) {
  if (TRY(column_mapping(snapshot)) != ColumnMapping::kNone) return {};
  return Error(ErrorCode::kUnsupported,
               "columns are renamed and dropped by column mapping, which the table does not have: "
               "set delta.columnMapping.mode = name");
}

Result<CommitRequest> changed(const Snapshot& snapshot, Metadata metadata, const Schema& schema,
                              std::string operation, Path column) {
  CommitRequest request = TRY(altered(snapshot, std::move(metadata), schema));
  request.operation = std::move(operation);
  request.operation_parameters = {{"column", json_quote(text_of(column))}};
  return request;
}

}  // namespace

Result<CommitRequest> add_columns(const Snapshot& snapshot, Random& random,
                                  const ColumnPath& parent, const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    if (field.nullable || snapshot.file_count() == 0) continue;
    return invalid(
        fmt::format("column {} is NOT NULL, and the rows that are there have none", field.name));
  }
  Metadata metadata = snapshot.metadata();
  DataType root{.kind = TypeKind::kStruct, .fields = snapshot.schema().fields};
  TRY(change_at(root, parent, [&](DataType& type) -> Status {
    if (type.kind != TypeKind::kStruct) {
      return invalid(fmt::format("column {} has no columns of its own", text_of(parent)));
    }
    type.fields.insert(type.fields.end(), fields.begin(), fields.end());
    return {};
  }));
  Schema schema{std::move(root.fields)};
  const ColumnMapping mapping = TRY(column_mapping(metadata));
  TRY(check_new_names(fields, mapping));
  if (mapping != ColumnMapping::kNone) {
    map_columns(schema.fields, metadata.configuration, PhysicalNames::kFresh, random);
  }
  std::vector<std::string> columns;
  for (const Field& field : fields) {
    ColumnPath column = parent;
    column.push_back(field.name);
    columns.push_back(text_of(column));
  }
  CommitRequest request = TRY(changed(snapshot, std::move(metadata), schema, "ADD COLUMNS",
                                      {{fmt::format("{}", fmt::join(columns, ", "))}}));
  if (!std::ranges::all_of(fields, &Field::nullable)) {
    // Rows that somebody adds meanwhile have none.
    request.read.whole_table = true;
    request.isolation = Isolation::kSerializable;
  }
  return request;
}

Result<CommitRequest> add_column(const Snapshot& snapshot, Random& random, const ColumnPath& parent,
                                 const Field& field) {
  return add_columns(snapshot, random, parent, {field});
}

Result<CommitRequest> rename_column(const Snapshot& snapshot, const ColumnPath& column,
                                    const std::string& name) {
  TRY(check_mapped(snapshot));
  Metadata metadata = snapshot.metadata();
  Schema schema = snapshot.schema();
  TRY(change_field(schema, column, [&](std::vector<Field>& fields, size_t at) -> Status {
    TRY(check_unused(snapshot, fields[at].name));
    if (column.size() == 1) {
      std::ranges::replace(metadata.partition_columns, fields[at].name, name);
    }
    fields[at].name = name;
    return {};
  }));
  change_statistics_columns(metadata, column, name);
  CommitRequest request =
      TRY(changed(snapshot, std::move(metadata), schema, "RENAME COLUMN", column));
  request.operation_parameters = {{"oldColumnPath", json_quote(text_of(column))},
                                  {"newColumnPath", json_quote(name)}};
  return request;
}

Result<CommitRequest> drop_column(const Snapshot& snapshot, const ColumnPath& column) {
  TRY(check_mapped(snapshot));
  const ColumnMapping mapping = TRY(column_mapping(snapshot));
  Metadata metadata = snapshot.metadata();
  Schema schema = snapshot.schema();
  TRY(change_field(schema, column, [&](std::vector<Field>& fields, size_t at) -> Status {
    const Field& field = fields[at];
    TRY(check_unused(snapshot, field.name));
    const bool partition = std::ranges::find(metadata.partition_columns, field.name) !=
                           metadata.partition_columns.end();
    if (column.size() == 1 && partition) {
      return invalid(fmt::format("column {} is a partition column", field.name));
    }
    if (is_clustered_by(snapshot, field, mapping)) {
      return invalid(fmt::format("the table is clustered by column {}", field.name));
    }
    if (fields.size() == 1) {
      return invalid(fmt::format("column {} is the last one there", text_of(column)));
    }
    fields.erase(fields.begin() + static_cast<std::ptrdiff_t>(at));
    return {};
  }));
  change_statistics_columns(metadata, column, std::nullopt);
  return changed(snapshot, std::move(metadata), schema, "DROP COLUMNS", column);
}

Result<CommitRequest> change_type(const Snapshot& snapshot, const ColumnPath& column,
                                  const DataType& type) {
  if (!is_true(snapshot.metadata().configuration, "delta.enableTypeWidening")) {
    return Error(ErrorCode::kUnsupported,
                 "types are changed by type widening, which the table does not have: set "
                 "delta.enableTypeWidening");
  }
  // The change is noted at the nearest column, with the path from there into arrays and maps.
  size_t field_at = column.size();
  DataType root{.kind = TypeKind::kStruct, .fields = snapshot.schema().fields};
  DataType before;
  TRY(change_at(root, column, [&](DataType& here) -> Status {
    if (!may_widen(here, type)) {
      return invalid(fmt::format("column {} is {} and cannot become {}", text_of(column),
                                 type_name(here), type_name(type)));
    }
    before = here;
    here = type;
    return {};
  }));
  for (; field_at > 0; --field_at) {
    DataType parent{.kind = TypeKind::kStruct, .fields = root.fields};
    bool is_field = false;
    TRY(change_at(parent, Path(column).first(field_at - 1), [&](DataType& here) -> Status {
      is_field = here.kind == TypeKind::kStruct;
      return {};
    }));
    if (is_field) break;
  }
  TRY(check_unused(snapshot, column[field_at - 1]));
  Schema schema{std::move(root.fields)};
  const std::string change = widening_json(before, type, text_of(Path(column).subspan(field_at)));
  TRY(change_field(
      schema, Path(column).first(field_at), [&](std::vector<Field>& fields, size_t at) -> Status {
        if (fields[at].metadata.contains("delta.identity.start")) {
          return invalid(
              fmt::format("column {} is an identity, which keeps its type", text_of(column)));
        }
        note_widening(fields[at], change);
        return {};
      }));
  return changed(snapshot, snapshot.metadata(), schema, "CHANGE COLUMN", column);
}

Result<CommitRequest> set_nullable(const Snapshot& snapshot, const ColumnPath& column,
                                   bool nullable) {
  Schema schema = snapshot.schema();
  TRY(change_field(schema, column, [&](std::vector<Field>& fields, size_t at) -> Status {
    fields[at].nullable = nullable;
    return {};
  }));
  Status shown;
  snapshot.each_file([&](const std::shared_ptr<const AddFile>& file) {
    if (nullable) return false;
    const auto statistics = parse_statistics(snapshot, *file);
    const Field* field = snapshot.schema().find(column.front());
    const auto bounds = statistics ? statistics->columns.find(field ? field->name : "")
                                   : std::map<std::string, ColumnBounds>::const_iterator{};
    const bool none = column.size() == 1 && statistics && bounds != statistics->columns.end() &&
                      bounds->second.null_count == 0;
    if (!none) {
      shown = invalid(fmt::format("column {} may be null in file {}: it cannot be NOT NULL",
                                  text_of(column), file->path));
    }
    return none;
  });
  TRY(std::move(shown));
  CommitRequest request =
      TRY(changed(snapshot, snapshot.metadata(), schema, "CHANGE COLUMN", column));
  if (!nullable) {
    // Rows that somebody adds meanwhile may have null.
    request.read.whole_table = true;
    request.isolation = Isolation::kSerializable;
  }
  return request;
}

Result<CommitRequest> set_default(const Snapshot& snapshot, const std::string& column,
                                  const std::optional<std::string>& sql) {
  Schema schema = snapshot.schema();
  const ColumnPath path{column};
  TRY(change_field(schema, path, [&](std::vector<Field>& fields, size_t at) -> Status {
    if (sql) {
      fields[at].metadata["CURRENT_DEFAULT"] = json_quote(*sql);
    } else {
      fields[at].metadata.erase("CURRENT_DEFAULT");
    }
    return {};
  }));
  return changed(snapshot, snapshot.metadata(), schema, "CHANGE COLUMN", path);
}

}  // namespace foz::delta
