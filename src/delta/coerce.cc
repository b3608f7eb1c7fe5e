// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/coerce_internal.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/compute/cast.h>
#include <arrow/util/bitmap_ops.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>

#include <algorithm>

#include "delta/parquet_source_internal.h"
#include "delta/variant_internal.h"

namespace foz::delta {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

Error mismatch(const arrow::DataType& have, const arrow::DataType& want) {
  return Error(ErrorCode::kCorrupt,
               fmt::format("the file holds {} where the table's schema says {}", have.ToString(),
                           want.ToString()));
}

Result<ArrayPtr> coerce_struct(const ArrayPtr& array, const DataType& wanted,
                               const std::shared_ptr<arrow::DataType>& type,
                               ColumnMapping mapping) {
  if (array->type_id() != arrow::Type::STRUCT) return mismatch(*array->type(), *type);
  const auto& source = static_cast<const arrow::StructArray&>(*array);
  arrow::ArrayVector children;
  for (const Field& field : wanted.fields) {
    const int at = find_field(source.type()->fields(), field, mapping);
    if (at < 0) {
      const auto& child = type->field(static_cast<int>(children.size()))->type();
      children.push_back(TRY_ARROW(arrow::MakeArrayOfNull(child, array->length())));
    } else {
      children.push_back(TRY(coerce(source.field(at), field.type, mapping).within(field.name)));
    }
  }
  return std::make_shared<arrow::StructArray>(type, array->length(), std::move(children),
                                              TRY(own_validity(*array)), array->null_count());
}

Result<ArrayPtr> coerce_list(ArrayPtr array, const DataType& wanted,
                             const std::shared_ptr<arrow::DataType>& type, ColumnMapping mapping) {
  if (array->type_id() == arrow::Type::LARGE_LIST || array->type_id() == arrow::Type::LIST_VIEW ||
      array->type_id() == arrow::Type::LARGE_LIST_VIEW ||
      array->type_id() == arrow::Type::FIXED_SIZE_LIST) {
    array = TRY_ARROW(arrow::compute::Cast(*array, arrow::list(array->type()->field(0))));
  }
  if (array->type_id() != arrow::Type::LIST) return mismatch(*array->type(), *type);
  const auto& source = static_cast<const arrow::ListArray&>(*array);
  ArrayPtr values = TRY(coerce(source.values(), *wanted.element, mapping).within("element"));
  return std::make_shared<arrow::ListArray>(type, array->length(), source.value_offsets(),
                                            std::move(values), array->null_bitmap(),
                                            array->null_count(), array->offset());
}

Result<ArrayPtr> coerce_map(const ArrayPtr& array, const DataType& wanted,
                            const std::shared_ptr<arrow::DataType>& type, ColumnMapping mapping) {
  if (array->type_id() != arrow::Type::MAP) return mismatch(*array->type(), *type);
  const auto& source = static_cast<const arrow::MapArray&>(*array);
  ArrayPtr keys = TRY(coerce(source.keys(), *wanted.key, mapping).within("key"));
  ArrayPtr items = TRY(coerce(source.items(), *wanted.element, mapping).within("value"));
  return std::make_shared<arrow::MapArray>(type, array->length(), source.value_offsets(),
                                           std::move(keys), std::move(items), array->null_bitmap(),
                                           array->null_count(), array->offset());
}

bool is_text(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::STRING:
    case arrow::Type::LARGE_STRING:
    case arrow::Type::STRING_VIEW:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::BINARY_VIEW: return true;
    default: return false;
  }
}

// 0 for what is no integer.
int integer_bits(arrow::Type::type id) {
  switch (id) {
    case arrow::Type::INT8:
    case arrow::Type::UINT8: return 8;
    case arrow::Type::INT16:
    case arrow::Type::UINT16: return 16;
    case arrow::Type::INT32:
    case arrow::Type::UINT32: return 32;
    case arrow::Type::INT64:
    case arrow::Type::UINT64: return 64;
    default: return 0;
  }
}

bool holds_decimal(arrow::Type::type id) {
  return id == arrow::Type::DECIMAL32 || id == arrow::Type::DECIMAL64 ||
         id == arrow::Type::DECIMAL128 || id == arrow::Type::DECIMAL256;
}

// Whether a cast keeps every value; those that may fail on a value (32 bits for a byte) check each.
bool may_cast(arrow::Type::type have, TypeKind want) {
  const int bits = integer_bits(have);
  switch (want) {
    case TypeKind::kString: return is_text(have);
    case TypeKind::kBinary: return is_text(have) || have == arrow::Type::FIXED_SIZE_BINARY;
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger: return bits > 0 && bits <= 32;
    case TypeKind::kLong: return bits > 0;
    case TypeKind::kDouble: return have == arrow::Type::FLOAT || (bits > 0 && bits <= 32);
    case TypeKind::kDecimal: return holds_decimal(have) || bits > 0;
    case TypeKind::kDate: return have == arrow::Type::DATE32;
    case TypeKind::kTimestampNtz:
      return have == arrow::Type::TIMESTAMP || have == arrow::Type::DATE32;
    case TypeKind::kTimestamp: return have == arrow::Type::TIMESTAMP;
    default: return false;
  }
}

Result<ArrayPtr> coerce_timestamp(ArrayPtr array, const std::shared_ptr<arrow::DataType>& type) {
  arrow::compute::CastOptions options = arrow::compute::CastOptions::Safe();
  options.allow_time_truncate = true;
  // Through the zone-less type: the count since the epoch stays, whatever zone the file's metadata
  // names.
  const auto naive = arrow::timestamp(arrow::TimeUnit::MICRO);
  if (array->type_id() == arrow::Type::TIMESTAMP) {
    const auto unit = static_cast<const arrow::TimestampType&>(*array->type()).unit();
    array = TRY_ARROW(array->View(arrow::timestamp(unit)));
  }
  if (!array->type()->Equals(*naive)) {
    array = TRY_ARROW(arrow::compute::Cast(*array, naive, options));
  }
  return TRY_ARROW(array->View(type));
}

Result<ArrayPtr> coerce_leaf(ArrayPtr array, TypeKind kind,
                             const std::shared_ptr<arrow::DataType>& type) {
  if (array->type_id() == arrow::Type::DICTIONARY) {
    const auto value = static_cast<const arrow::DictionaryType&>(*array->type()).value_type();
    array = TRY_ARROW(arrow::compute::Cast(*array, value));
  }
  if (array->type()->Equals(*type)) return array;
  if (array->type_id() == arrow::Type::NA) {
    return TRY_ARROW(arrow::MakeArrayOfNull(type, array->length()));
  }
  if (!may_cast(array->type_id(), kind)) return mismatch(*array->type(), *type);
  if (kind == TypeKind::kTimestamp || kind == TypeKind::kTimestampNtz) {
    return coerce_timestamp(std::move(array), type);
  }
  arrow::compute::CastOptions options = arrow::compute::CastOptions::Safe();
  options.allow_invalid_utf8 = true;
  return TRY_ARROW(arrow::compute::Cast(*array, type, options));
}

}  // namespace

int find_field(const std::vector<std::shared_ptr<arrow::Field>>& fields, const Field& wanted,
               ColumnMapping mapping) {
  const int count = static_cast<int>(fields.size());
  const auto field_at = [&](int i) -> const arrow::Field& {
    return *fields[static_cast<size_t>(i)];
  };
  if (mapping == ColumnMapping::kId) {
    const auto id = field_id(wanted);
    if (!id) return -1;
    const std::string text = std::to_string(*id);
    for (int i = 0; i < count; ++i) {
      const auto& metadata = field_at(i).metadata();
      if (metadata && metadata->Get("PARQUET:field_id").ValueOr("") == text) return i;
    }
    return -1;
  }
  const std::string name = physical_name(wanted, mapping);
  for (int i = 0; i < count; ++i) {
    if (field_at(i).name() == name) return i;
  }
  for (int i = 0; i < count; ++i) {
    if (equal_without_case(field_at(i).name(), name)) return i;
  }
  return -1;
}

bool has_field_ids(const std::vector<std::shared_ptr<arrow::Field>>& fields) {
  return std::ranges::any_of(fields, [](const auto& field) {
    return field->metadata() && field->metadata()->Contains("PARQUET:field_id");
  });
}

Result<std::shared_ptr<arrow::Buffer>> own_validity(const arrow::Array& array) {
  if (array.null_count() == 0) return std::shared_ptr<arrow::Buffer>();
  if (array.offset() == 0) return array.null_bitmap();
  return TRY_ARROW(arrow::internal::CopyBitmap(
      arrow::default_memory_pool(), array.null_bitmap_data(), array.offset(), array.length()));
}

Result<std::shared_ptr<arrow::DataType>> to_arrow(const DataType& type) {
  return TRY(to_arrow(Schema{{Field{"", type, true, {}}}}))->field(0)->type();
}

Result<ArrayPtr> coerce(const ArrayPtr& array, const DataType& wanted, ColumnMapping mapping) {
  const std::shared_ptr<arrow::DataType> type = TRY(to_arrow(wanted));
  switch (wanted.kind) {
    case TypeKind::kVoid: return TRY_ARROW(arrow::MakeArrayOfNull(type, array->length()));
    case TypeKind::kStruct: return coerce_struct(array, wanted, type, mapping);
    case TypeKind::kArray: return coerce_list(array, wanted, type, mapping);
    case TypeKind::kMap: return coerce_map(array, wanted, type, mapping);
    case TypeKind::kVariant: return variant_column(array);
    default: return coerce_leaf(array, wanted.kind, type);
  }
}

}  // namespace foz::delta
