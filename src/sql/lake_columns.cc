// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_columns_internal.h"

#include <algorithm>

#include "delta/column_mapping.h"
#include "duckdb/parser/expression/constant_expression.hpp"
#include "sql/lake_error_internal.h"
#include "sql/lake_types_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::MultiFileColumnDefinition;

namespace {

using Mapping = delta::ColumnMapping;

Mapping mapping_of(const delta::Snapshot& snapshot) {
  return or_throw(delta::column_mapping(snapshot));
}

const delta::Field* find_physical(const std::vector<delta::Field>& fields, const std::string& name,
                                  Mapping mapping) {
  for (const auto& field : fields) {
    if (duckdb::StringUtil::CIEquals(delta::physical_name(field, mapping), name)) return &field;
  }
  return nullptr;
}

const delta::Field* find_id(const std::vector<delta::Field>& fields, const duckdb::Value& id) {
  if (id.IsNull() || id.type().id() != LogicalTypeId::INTEGER) return nullptr;
  for (const auto& field : fields) {
    if (delta::field_id(field) == id.GetValue<int32_t>()) return &field;
  }
  return nullptr;
}

std::string unknown_name(const std::string& name) { return "\x01" + name; }

// A file's type with the table's names. INT96 has no zone, but in a Delta timestamp column it is
// UTC: it is taken as it is, without a cast by the session's zone.
LogicalType in_table(const LogicalType& file, const delta::DataType& table, Mapping mapping) {
  switch (file.id()) {
    case LogicalTypeId::TIMESTAMP:
      return table.kind == delta::TypeKind::kTimestamp ? LogicalType::TIMESTAMP_TZ : file;
    case LogicalTypeId::LIST:
      if (table.kind != delta::TypeKind::kArray) return file;
      return LogicalType::LIST(
          in_table(duckdb::ListType::GetChildType(file), *table.element, mapping));
    case LogicalTypeId::MAP:
      if (table.kind != delta::TypeKind::kMap) return file;
      return LogicalType::MAP(in_table(duckdb::MapType::KeyType(file), *table.key, mapping),
                              in_table(duckdb::MapType::ValueType(file), *table.element, mapping));
    case LogicalTypeId::STRUCT: {
      if (table.kind != delta::TypeKind::kStruct) return file;
      duckdb::child_list_t<LogicalType> children;
      for (const auto& [name, type] : duckdb::StructType::GetChildTypes(file)) {
        const delta::Field* field = find_physical(table.fields, name, mapping);
        children.emplace_back(field ? field->name : unknown_name(name),
                              field ? in_table(type, field->type, mapping) : type);
      }
      return LogicalType::STRUCT(std::move(children));
    }
    default: return file;
  }
}

}  // namespace

duckdb::vector<MultiFileColumnDefinition> table_columns(const delta::Schema& schema) {
  duckdb::vector<MultiFileColumnDefinition> columns;
  for (const auto& field : schema.fields) {
    columns.push_back(
        MultiFileColumnDefinition::CreateFromNameAndType(field.name, to_duckdb(field.type)));
    columns.back().default_expression =
        duckdb::make_uniq<duckdb::ConstantExpression>(duckdb::Value(columns.back().type));
  }
  return columns;
}

void use_table_names(const delta::Snapshot& snapshot,
                     duckdb::vector<MultiFileColumnDefinition>& columns) {
  const Mapping mapping = mapping_of(snapshot);
  const auto& fields = snapshot.schema().fields;
  for (auto& column : columns) {
    const delta::Field* field = mapping == Mapping::kId
                                    ? find_id(fields, column.identifier)
                                    : find_physical(fields, column.name, mapping);
    column = field ? MultiFileColumnDefinition::CreateFromNameAndType(
                         field->name, in_table(column.type, field->type, mapping))
                   : MultiFileColumnDefinition(unknown_name(column.name), column.type);
  }
}

const std::vector<delta::Field>& file_columns() {
  const auto column = [](const char* name, delta::TypeKind kind) {
    delta::Field field;
    field.name = name;
    field.type.kind = kind;
    return field;
  };
  static const std::vector<delta::Field> columns = {
      column("$path", delta::TypeKind::kString), column("$file_size", delta::TypeKind::kLong),
      column("$file_modified_time", delta::TypeKind::kTimestamp)};
  return columns;
}

std::string partition_key(const delta::Snapshot& snapshot, const delta::Field& field) {
  const auto& keys = snapshot.metadata().partition_columns;
  if (std::ranges::find(keys, field.name) == keys.end()) return "";
  return delta::physical_name(field, mapping_of(snapshot));
}

}  // namespace foz::sql
