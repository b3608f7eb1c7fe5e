// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/type.h>
#include <fmt/format.h>

#include "sql/arrow_duck_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;

namespace {

Error unsupported(const std::string& type) {
  return Error(ErrorCode::kUnsupported,
               fmt::format("type {} has no counterpart in a Delta table", type));
}

}  // namespace

Result<LogicalType> duck_type(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING: return LogicalType(LogicalType::VARCHAR);
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY: return LogicalType(LogicalType::BLOB);
    case arrow::Type::INT8: return LogicalType(LogicalType::TINYINT);
    case arrow::Type::INT16: return LogicalType(LogicalType::SMALLINT);
    case arrow::Type::INT32: return LogicalType(LogicalType::INTEGER);
    case arrow::Type::INT64: return LogicalType(LogicalType::BIGINT);
    case arrow::Type::FLOAT: return LogicalType(LogicalType::FLOAT);
    case arrow::Type::DOUBLE: return LogicalType(LogicalType::DOUBLE);
    case arrow::Type::BOOL: return LogicalType(LogicalType::BOOLEAN);
    case arrow::Type::DATE32: return LogicalType(LogicalType::DATE);
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::Decimal128Type&>(type);
      if (decimal.scale() < 0 || decimal.scale() > decimal.precision())
        return unsupported(type.ToString());
      return LogicalType::DECIMAL(static_cast<uint8_t>(decimal.precision()),
                                  static_cast<uint8_t>(decimal.scale()));
    }
    case arrow::Type::TIMESTAMP: {
      const auto& timestamp = static_cast<const arrow::TimestampType&>(type);
      if (timestamp.unit() != arrow::TimeUnit::MICRO) return unsupported(type.ToString());
      return timestamp.timezone().empty() ? LogicalType(LogicalType::TIMESTAMP)
                                          : LogicalType(LogicalType::TIMESTAMP_TZ);
    }
    case arrow::Type::LIST: {
      return LogicalType::LIST(
          TRY(duck_type(*static_cast<const arrow::ListType&>(type).value_type())));
    }
    case arrow::Type::STRUCT: {
      duckdb::child_list_t<LogicalType> fields;
      for (const auto& field : type.fields())
        fields.emplace_back(field->name(), TRY(duck_type(*field->type())));
      if (fields.empty()) return unsupported(type.ToString());
      return LogicalType::STRUCT(std::move(fields));
    }
    case arrow::Type::MAP: {
      const auto& map = static_cast<const arrow::MapType&>(type);
      return LogicalType::MAP(TRY(duck_type(*map.key_type())), TRY(duck_type(*map.item_type())));
    }
    default: return unsupported(type.ToString());
  }
}

Result<std::shared_ptr<arrow::DataType>> arrow_type(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::VARCHAR: return arrow::utf8();
    case LogicalTypeId::BLOB: return arrow::binary();
    case LogicalTypeId::TINYINT: return arrow::int8();
    case LogicalTypeId::SMALLINT: return arrow::int16();
    case LogicalTypeId::INTEGER: return arrow::int32();
    case LogicalTypeId::BIGINT: return arrow::int64();
    case LogicalTypeId::FLOAT: return arrow::float32();
    case LogicalTypeId::DOUBLE: return arrow::float64();
    case LogicalTypeId::BOOLEAN: return arrow::boolean();
    case LogicalTypeId::DATE: return arrow::date32();
    case LogicalTypeId::DECIMAL:
      return arrow::decimal128(duckdb::DecimalType::GetWidth(type),
                               duckdb::DecimalType::GetScale(type));
    case LogicalTypeId::TIMESTAMP: return arrow::timestamp(arrow::TimeUnit::MICRO);
    case LogicalTypeId::TIMESTAMP_TZ: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case LogicalTypeId::LIST:
      return arrow::list(
          arrow::field("element", TRY(arrow_type(duckdb::ListType::GetChildType(type)))));
    case LogicalTypeId::STRUCT: {
      arrow::FieldVector fields;
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        fields.push_back(arrow::field(name, TRY(arrow_type(child))));
      }
      return arrow::struct_(std::move(fields));
    }
    case LogicalTypeId::MAP:
      return arrow::map(TRY(arrow_type(duckdb::MapType::KeyType(type))),
                        TRY(arrow_type(duckdb::MapType::ValueType(type))));
    default: return unsupported(type.ToString());
  }
}

Result<std::shared_ptr<arrow::Schema>> arrow_schema(const duckdb::vector<duckdb::string>& names,
                                                    const duckdb::vector<LogicalType>& types) {
  arrow::FieldVector fields;
  for (size_t i = 0; i < names.size(); i++) {
    fields.push_back(
        arrow::field(names[i], TRY(arrow_type(types[i]).within("column " + names[i]))));
  }
  return arrow::schema(std::move(fields));
}

}  // namespace foz::sql
