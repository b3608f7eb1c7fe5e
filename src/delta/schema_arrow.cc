// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/type.h>
#include <fmt/format.h>

#include "delta/types.h"
#include "delta/variant.h"

namespace foz::delta {
namespace {

Result<std::shared_ptr<arrow::DataType>> arrow_type(const DataType& type);

Result<std::shared_ptr<arrow::Field>> arrow_field(const Field& field) {
  auto type = TRY(arrow_type(field.type).within(fmt::format("column {}", field.name)));
  return arrow::field(field.name, std::move(type), field.nullable);
}

Result<std::shared_ptr<arrow::DataType>> arrow_type(const DataType& type) {
  switch (type.kind) {
    case TypeKind::kString: return arrow::utf8();
    case TypeKind::kLong: return arrow::int64();
    case TypeKind::kInteger: return arrow::int32();
    case TypeKind::kShort: return arrow::int16();
    case TypeKind::kByte: return arrow::int8();
    case TypeKind::kFloat: return arrow::float32();
    case TypeKind::kDouble: return arrow::float64();
    case TypeKind::kDecimal: return arrow::decimal128(type.precision, type.scale);
    case TypeKind::kBoolean: return arrow::boolean();
    case TypeKind::kBinary: return arrow::binary();
    case TypeKind::kDate: return arrow::date32();
    case TypeKind::kTimestamp: return arrow::timestamp(arrow::TimeUnit::MICRO, "UTC");
    case TypeKind::kTimestampNtz: return arrow::timestamp(arrow::TimeUnit::MICRO);
    case TypeKind::kVoid: return arrow::null();
    case TypeKind::kVariant: return variant_arrow_type();
    case TypeKind::kStruct: {
      arrow::FieldVector fields;
      for (const Field& field : type.fields) fields.push_back(TRY(arrow_field(field)));
      return arrow::struct_(std::move(fields));
    }
    case TypeKind::kArray:
      return arrow::list(
          arrow::field("element", TRY(arrow_type(*type.element)), type.element_nullable));
    case TypeKind::kMap:
      return std::make_shared<arrow::MapType>(
          arrow::field("key", TRY(arrow_type(*type.key)), false),
          arrow::field("value", TRY(arrow_type(*type.element)), type.element_nullable));
  }
  return Error(ErrorCode::kInternal, "a type without a name");
}

Result<DataType> delta_type(const arrow::DataType& type);

Result<DataType> delta_nested(const arrow::DataType& type) {
  DataType out;
  if (type.id() == arrow::Type::STRUCT) {
    out.kind = TypeKind::kStruct;
    for (const auto& child : type.fields()) {
      out.fields.push_back({child->name(),
                            TRY(delta_type(*child->type()).within(child->name())),
                            child->nullable(),
                            {}});
    }
  } else if (type.id() == arrow::Type::MAP) {
    const auto& map = static_cast<const arrow::MapType&>(type);
    out.kind = TypeKind::kMap;
    out.key = std::make_shared<DataType>(TRY(delta_type(*map.key_type())));
    out.element = std::make_shared<DataType>(TRY(delta_type(*map.item_type())));
    out.element_nullable = map.item_field()->nullable();
  } else {
    const auto& child = *type.field(0);
    out.kind = TypeKind::kArray;
    out.element = std::make_shared<DataType>(TRY(delta_type(*child.type())));
    out.element_nullable = child.nullable();
  }
  return out;
}

Result<DataType> delta_type(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW: return DataType{.kind = TypeKind::kString};
    case arrow::Type::INT64: return DataType{.kind = TypeKind::kLong};
    case arrow::Type::INT32: return DataType{.kind = TypeKind::kInteger};
    case arrow::Type::INT16: return DataType{.kind = TypeKind::kShort};
    case arrow::Type::INT8: return DataType{.kind = TypeKind::kByte};
    case arrow::Type::FLOAT: return DataType{.kind = TypeKind::kFloat};
    case arrow::Type::DOUBLE: return DataType{.kind = TypeKind::kDouble};
    case arrow::Type::BOOL: return DataType{.kind = TypeKind::kBoolean};
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW:
    case arrow::Type::FIXED_SIZE_BINARY: return DataType{.kind = TypeKind::kBinary};
    case arrow::Type::DATE32: return DataType{.kind = TypeKind::kDate};
    case arrow::Type::NA: return DataType{.kind = TypeKind::kVoid};
    case arrow::Type::TIMESTAMP: {
      const bool zoned = !static_cast<const arrow::TimestampType&>(type).timezone().empty();
      return DataType{.kind = zoned ? TypeKind::kTimestamp : TypeKind::kTimestampNtz};
    }
    case arrow::Type::DECIMAL32:
    case arrow::Type::DECIMAL64:
    case arrow::Type::DECIMAL128: {
      const auto& decimal = static_cast<const arrow::DecimalType&>(type);
      if (decimal.scale() < 0 || decimal.scale() > decimal.precision()) break;
      return DataType{
          .kind = TypeKind::kDecimal, .precision = decimal.precision(), .scale = decimal.scale()};
    }
    case arrow::Type::STRUCT:
    case arrow::Type::MAP:
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST: return delta_nested(type);
    default: break;
  }
  return Error(ErrorCode::kUnsupported,
               fmt::format("Delta has no type for Arrow's {}", type.ToString()));
}

}  // namespace

Result<std::shared_ptr<arrow::Schema>> to_arrow(const Schema& schema) {
  arrow::FieldVector fields;
  for (const Field& field : schema.fields) fields.push_back(TRY(arrow_field(field)));
  return arrow::schema(std::move(fields));
}

Result<Schema> from_arrow(const arrow::Schema& schema) {
  Schema out;
  for (const auto& field : schema.fields()) {
    DataType type = TRY(delta_type(*field->type()).within(fmt::format("column {}", field->name())));
    out.fields.push_back({field->name(), std::move(type), field->nullable(), {}});
  }
  return out;
}

}  // namespace foz::delta
