// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/lake_types_internal.h"

#include <fmt/format.h>

#include "sql/trino_render_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

duckdb::LogicalType to_duckdb(const delta::DataType& type) {
  switch (type.kind) {
    case delta::TypeKind::kString: return LogicalType::VARCHAR;
    case delta::TypeKind::kLong: return LogicalType::BIGINT;
    case delta::TypeKind::kInteger: return LogicalType::INTEGER;
    case delta::TypeKind::kShort: return LogicalType::SMALLINT;
    case delta::TypeKind::kByte: return LogicalType::TINYINT;
    case delta::TypeKind::kFloat: return LogicalType::FLOAT;
    case delta::TypeKind::kDouble: return LogicalType::DOUBLE;
    case delta::TypeKind::kDecimal:
      return LogicalType::DECIMAL(static_cast<uint8_t>(type.precision),
                                  static_cast<uint8_t>(type.scale));
    case delta::TypeKind::kBoolean: return LogicalType::BOOLEAN;
    case delta::TypeKind::kBinary: return LogicalType::BLOB;
    case delta::TypeKind::kDate: return LogicalType::DATE;
    case delta::TypeKind::kTimestamp: return LogicalType::TIMESTAMP_TZ;
    case delta::TypeKind::kTimestampNtz: return LogicalType::TIMESTAMP;
    case delta::TypeKind::kVoid: return LogicalType::VARCHAR;  // only ever null
    case delta::TypeKind::kStruct: {
      duckdb::child_list_t<LogicalType> children;
      for (const auto& field : type.fields)
        children.emplace_back(field.name, to_duckdb(field.type));
      if (children.empty()) return LogicalType::VARCHAR;  // null: Parquet has no such column
      return LogicalType::STRUCT(std::move(children));
    }
    case delta::TypeKind::kArray: return LogicalType::LIST(to_duckdb(*type.element));
    case delta::TypeKind::kMap:
      return LogicalType::MAP(to_duckdb(*type.key), to_duckdb(*type.element));
    case delta::TypeKind::kVariant: return LogicalType::JSON();
  }
  throw duckdb::InternalException("a type without a name");
}

duckdb::LogicalType result_type(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::UTINYINT: return LogicalType::SMALLINT;
    case LogicalTypeId::USMALLINT: return LogicalType::INTEGER;
    case LogicalTypeId::UINTEGER:
    case LogicalTypeId::HUGEINT: return LogicalType::BIGINT;
    case LogicalTypeId::UBIGINT: return LogicalType::DECIMAL(20, 0);
    case LogicalTypeId::UHUGEINT:
    case LogicalTypeId::BIGNUM: return LogicalType::DECIMAL(38, 0);
    case LogicalTypeId::TIMESTAMP_SEC:
    case LogicalTypeId::TIMESTAMP_MS:
    case LogicalTypeId::TIMESTAMP_NS: return LogicalType::TIMESTAMP;
    case LogicalTypeId::TIME_NS: return LogicalType::TIME;
    case LogicalTypeId::TIME_TZ:
    case LogicalTypeId::ENUM:
    case LogicalTypeId::BIT:
    case LogicalTypeId::UNION:
    case LogicalTypeId::VARIANT:
    case LogicalTypeId::GEOMETRY: return LogicalType::VARCHAR;
    case LogicalTypeId::STRUCT: {
      duckdb::child_list_t<LogicalType> children;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type))
        children.emplace_back(name, result_type(child));
      return LogicalType::STRUCT(std::move(children));
    }
    case LogicalTypeId::LIST:
      return LogicalType::LIST(result_type(duckdb::ListType::GetChildType(type)));
    case LogicalTypeId::ARRAY:
      return LogicalType::LIST(result_type(duckdb::ArrayType::GetChildType(type)));
    case LogicalTypeId::MAP:
      return LogicalType::MAP(result_type(duckdb::MapType::KeyType(type)),
                              result_type(duckdb::MapType::ValueType(type)));
    default: return type;
  }
}

int numeric_rank(LogicalTypeId id) {
  switch (id) {
    case LogicalTypeId::TINYINT: return 1;
    case LogicalTypeId::SMALLINT: return 2;
    case LogicalTypeId::INTEGER: return 3;
    case LogicalTypeId::BIGINT: return 4;
    case LogicalTypeId::DECIMAL: return 5;
    case LogicalTypeId::FLOAT: return 6;
    case LogicalTypeId::DOUBLE: return 7;
    default: return 0;
  }
}

LogicalType instant_type(int digits) {
  LogicalType type = LogicalType::TIMESTAMP_TZ;
  type.SetAlias(fmt::format("timestamp({}) with time zone", digits));
  return type;
}

namespace {

enum class Spelling { kExact, kShown, kWritten };

bool is_trino_alias(const LogicalType& type) {
  return (type.id() == LogicalTypeId::TIMESTAMP || type.id() == LogicalTypeId::TIMESTAMP_TZ) &&
         type.HasAlias() && type.GetAlias().starts_with("timestamp(");
}

std::string type_text(const LogicalType& type, Spelling spelling);

std::string field_name(const std::string& name, Spelling spelling) {
  switch (spelling) {
    case Spelling::kShown: return name;
    case Spelling::kWritten: return written_name(name);
    default: return '"' + name + '"';
  }
}

std::string row_type(const LogicalType& type, Spelling spelling) {
  std::string text = spelling == Spelling::kWritten ? "ROW(" : "row(";
  const bool named = !duckdb::StructType::IsUnnamed(type);
  for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
    if (text.size() > 4) text += ", ";
    if (named && !name.empty()) text += field_name(name, spelling) + ' ';
    text += type_text(child, spelling);
  }
  return text + ")";
}

std::string type_text(const LogicalType& type, Spelling spelling) {
  if (type.IsJSONType()) return "json";
  if (is_trino_alias(type)) return type.GetAlias();
  switch (type.id()) {
    case LogicalTypeId::SQLNULL: return "unknown";
    case LogicalTypeId::BOOLEAN: return "boolean";
    case LogicalTypeId::TINYINT: return "tinyint";
    case LogicalTypeId::SMALLINT: return "smallint";
    case LogicalTypeId::INTEGER: return "integer";
    case LogicalTypeId::BIGINT: return "bigint";
    case LogicalTypeId::FLOAT: return "real";
    case LogicalTypeId::DOUBLE: return "double";
    case LogicalTypeId::DECIMAL:
      return fmt::format("decimal({},{}{})", duckdb::DecimalType::GetWidth(type),
                         spelling == Spelling::kWritten ? " " : "",
                         duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::VARCHAR: return "varchar";
    case LogicalTypeId::BLOB: return "varbinary";
    case LogicalTypeId::DATE: return "date";
    case LogicalTypeId::TIME: return "time(6)";
    case LogicalTypeId::TIMESTAMP: return "timestamp(6)";
    case LogicalTypeId::TIMESTAMP_TZ: return "timestamp(6) with time zone";
    case LogicalTypeId::INTERVAL: return "interval day to second";
    case LogicalTypeId::UUID: return "uuid";
    case LogicalTypeId::LIST:
      return "array(" + type_text(duckdb::ListType::GetChildType(type), spelling) + ")";
    case LogicalTypeId::MAP:
      return "map(" + type_text(duckdb::MapType::KeyType(type), spelling) + ", " +
             type_text(duckdb::MapType::ValueType(type), spelling) + ")";
    case LogicalTypeId::STRUCT: return row_type(type, spelling);
    default: {
      const LogicalType converted = result_type(type);
      return converted == type ? "varchar" : type_text(converted, spelling);
    }
  }
}

}  // namespace

std::string trino_type(const LogicalType& type) { return type_text(type, Spelling::kExact); }
std::string display_type(const LogicalType& type) { return type_text(type, Spelling::kShown); }
std::string written_type(const LogicalType& type) { return type_text(type, Spelling::kWritten); }

}  // namespace foz::sql
