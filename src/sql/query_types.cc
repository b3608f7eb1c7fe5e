// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_types_internal.h"

#include <fmt/format.h>

#include "delta/types.h"
#include "sql/lake_columns_internal.h"
#include "sql/lake_types_internal.h"
#include "sql/trino_render_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

Type type_of_column(const delta::DataType& type) {
  switch (type.kind) {
    case delta::TypeKind::kString: return type_of("varchar");
    case delta::TypeKind::kLong: return type_of("bigint");
    case delta::TypeKind::kInteger: return type_of("integer");
    case delta::TypeKind::kShort: return type_of("smallint");
    case delta::TypeKind::kByte: return type_of("tinyint");
    case delta::TypeKind::kFloat: return type_of("real");
    case delta::TypeKind::kDouble: return type_of("double");
    case delta::TypeKind::kDecimal: return type_of("decimal", {type.precision, type.scale});
    case delta::TypeKind::kBoolean: return type_of("boolean");
    case delta::TypeKind::kBinary: return type_of("varbinary");
    case delta::TypeKind::kDate: return type_of("date");
    case delta::TypeKind::kTimestamp: return type_of("timestamp with time zone", {3});
    case delta::TypeKind::kTimestampNtz: return type_of("timestamp", {6});
    case delta::TypeKind::kVoid: return type_of("unknown");
    case delta::TypeKind::kVariant: return type_of("json");
    case delta::TypeKind::kArray: return array_of(type_of_column(*type.element));
    case delta::TypeKind::kMap:
      return map_of(type_of_column(*type.key), type_of_column(*type.element));
    case delta::TypeKind::kStruct: break;
  }
  Type made = type_of("row");
  for (const auto& field : type.fields) {
    made.fields.push_back(ast::Identifier{.name = field.name});
    made.types.push_back(type_of_column(field.type));
  }
  return made;
}

namespace {

bool fits(const Type& exact, const LogicalType& bound);

bool fits_inside(const Type& exact, const LogicalType& bound) {
  switch (bound.id()) {
    case LogicalTypeId::LIST:
      return exact.name == "array" && fits(exact.types[0], duckdb::ListType::GetChildType(bound));
    case LogicalTypeId::MAP:
      return exact.name == "map" && fits(exact.types[0], duckdb::MapType::KeyType(bound)) &&
             fits(exact.types[1], duckdb::MapType::ValueType(bound));
    case LogicalTypeId::STRUCT: {
      const auto& children = duckdb::StructType::GetChildTypes(bound);
      if (exact.name != "row" || children.size() != exact.types.size()) return false;
      for (size_t i = 0; i < children.size(); ++i) {
        if (!fits(exact.types[i], children[i].second)) return false;
      }
      return true;
    }
    default: return false;
  }
}

// Whether values of the bound type are written as those of the exact one.
bool fits(const Type& exact, const LogicalType& bound) {
  if (!exact.types.empty()) return fits_inside(exact, bound);
  if (exact.name == "unknown")
    return bound.id() == LogicalTypeId::SQLNULL || bound.id() == LogicalTypeId::INTEGER;
  if (bound.IsJSONType()) return exact.name == "json";
  switch (bound.id()) {
    case LogicalTypeId::VARCHAR: return is_text(exact);
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT: return is_integer(exact);
    case LogicalTypeId::DECIMAL:
      return exact.name == "decimal" && exact.numbers[1] == duckdb::DecimalType::GetScale(bound);
    case LogicalTypeId::TIME: return exact.name == "time";
    case LogicalTypeId::TIMESTAMP: return exact.name == "timestamp";
    case LogicalTypeId::TIMESTAMP_TZ: return exact.name == "timestamp with time zone";
    case LogicalTypeId::INTERVAL: return is_interval(exact);
    default: return exact.name == trino_type(bound);
  }
}

}  // namespace

QueryResult<std::vector<TypedColumn>> type_statement(const TreeInput& input, RewrittenText& text,
                                                     TravelledSnapshots& travelled) {
  if (!input.statement.parsed) return std::vector<TypedColumn>();
  const TableColumns columns =
      [&](const TableAsked& asked) -> std::optional<std::vector<TypedColumn>> {
    if (auto missing = check_exists({std::string(asked.catalog), std::string(asked.schema),
                                     std::string(asked.table), asked.offset},
                                    input))
      throw *missing;
    if (asked.catalog != kCatalog) return std::nullopt;
    const auto view = input.root.find(asked.schema, asked.table);
    if (!view || !view->snapshot) return std::nullopt;
    delta::SnapshotPtr snapshot = view->snapshot;
    if (asked.period) {
      const auto version =
          std::ranges::find(text.versions, *asked.period, &RewrittenText::TableVersion::source);
      if (version == text.versions.end()) return std::nullopt;
      auto then = travelled.at(*view, version->version);
      if (!then.has_value()) return std::nullopt;  // the scan says why
      snapshot = std::move(*then);
    }
    std::vector<TypedColumn> found;
    for (const auto& field : snapshot->schema().fields)
      found.push_back({field.name, type_of_column(field.type)});
    for (const auto& field : file_columns()) {
      if (!snapshot->schema().find(field.name))
        found.push_back({field.name, type_of_column(field.type), true});
    }
    return found;
  };
  TypeHints hints;
  auto typed = type_query(*input.statement.parsed, input.source, input.session, columns, hints);
  if (!typed.has_value() || hints.empty()) return typed;
  auto again = render_query(*input.statement.parsed, input.source, input.session, hints);
  if (!again.has_value()) return std::unexpected(std::move(again.error()));
  for (auto& version : again->versions) {
    const auto known =
        std::ranges::find(text.versions, version.source, &RewrittenText::TableVersion::source);
    if (known != text.versions.end()) version.version = known->version;
  }
  text = std::move(*again);
  for (const auto& [expression, type] : hints) {
    if (is_parameter(*expression))
      text.parameter_types.emplace(expression->offset, display_text(type));
  }
  return typed;
}

std::string column_name(const std::vector<TypedColumn>& exact, size_t column,
                        const std::string& bound) {
  if (column < exact.size() && !exact[column].name.empty()) return exact[column].name;
  return bound.starts_with(kUnnamed) || column < exact.size() ? fmt::format("_col{}", column)
                                                              : bound;
}

namespace {

const Type* exact_type(const std::vector<TypedColumn>& exact, size_t column,
                       const LogicalType& bound) {
  if (column >= exact.size() || !exact[column].type) return nullptr;
  return fits(*exact[column].type, bound) ? &*exact[column].type : nullptr;
}

}  // namespace

std::string column_type(const std::vector<TypedColumn>& exact, size_t column,
                        const LogicalType& bound) {
  const Type* type = exact_type(exact, column, bound);
  return type ? signature_text(*type) : trino_type(bound);
}

std::string column_display(const std::vector<TypedColumn>& exact, size_t column,
                           const LogicalType& bound) {
  const Type* type = exact_type(exact, column, bound);
  return type ? display_text(*type) : display_type(bound);
}

}  // namespace foz::sql
