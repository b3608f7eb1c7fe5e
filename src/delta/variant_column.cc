// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The column of a file, whose shredded variants are put together again row by row.
// https://github.com/apache/parquet-format/blob/master/VariantShredding.md#reconstructing-a-shredded-variant
#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/compute/cast.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <algorithm>

#include "delta/coerce_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/variant_builder_internal.h"

namespace foz::delta {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

Error corrupt(std::string_view what) {
  return Error(ErrorCode::kCorrupt, fmt::format("variant: {}", what));
}

Result<ArrayPtr> as_binary(const ArrayPtr& array) {
  if (array->type_id() == arrow::Type::BINARY) return array;
  return TRY_ARROW(arrow::compute::Cast(*array, arrow::binary()));
}

// A group with "value" and "typed_value", each of which may lack.
struct Node {
  std::string name = {};  // as a field of an object
  ArrayPtr group = {};    // the group itself
  ArrayPtr value = {}, typed = {};
  std::vector<Node> parts = {};  // the fields of an object, or the element of a list

  bool has_value(int64_t row) const { return value && value->IsValid(row); }
  bool has_typed(int64_t row) const { return typed && typed->IsValid(row); }
  bool present(int64_t row) const {
    return group->IsValid(row) && (has_value(row) || has_typed(row));
  }

  static Result<Node> make(std::string name, const ArrayPtr& array) {
    if (array->type_id() != arrow::Type::STRUCT) return corrupt("a shredded part is no group");
    const auto& group = static_cast<const arrow::StructArray&>(*array);
    Node node{.name = std::move(name), .group = array};
    if (const auto value = group.GetFieldByName("value")) node.value = TRY(as_binary(value));
    node.typed = group.GetFieldByName("typed_value");
    if (!node.typed) return node;
    if (node.typed->type_id() == arrow::Type::STRUCT) {
      const auto& fields = static_cast<const arrow::StructArray&>(*node.typed);
      for (int i = 0; i < fields.num_fields(); ++i)
        node.parts.push_back(TRY(make(fields.type()->field(i)->name(), fields.field(i))));
    } else if (node.typed->type_id() == arrow::Type::LIST) {
      node.parts.push_back(
          TRY(make("", static_cast<const arrow::ListArray&>(*node.typed).values())));
    }
    return node;
  }
};

std::string_view bytes_at(const arrow::Array& array, int64_t row) {
  return static_cast<const arrow::BinaryArray&>(array).GetView(row);
}

template <class Array>
const Array& as(const arrow::Array& array) {
  return static_cast<const Array&>(array);
}

Status add_timestamp(const arrow::Array& array, int64_t row, VariantBuilder& out) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  const bool zoned = !type.timezone().empty(), nanos = type.unit() == arrow::TimeUnit::NANO;
  if (!nanos && type.unit() != arrow::TimeUnit::MICRO) {
    return corrupt("a shredded timestamp is of a unit that variants do not have");
  }
  const auto kind =
      nanos ? (zoned ? kTimestampNanos : kTimestampNtzNanos) : (zoned ? kTimestamp : kTimestampNtz);
  out.timestamp(kind, as<arrow::TimestampArray>(array).Value(row));
  return {};
}

Status add_scalar(const arrow::Array& array, int64_t row, VariantBuilder& out) {
  switch (array.type_id()) {
    case arrow::Type::BOOL: out.boolean(as<arrow::BooleanArray>(array).Value(row)); return {};
    case arrow::Type::INT8: out.integer(as<arrow::Int8Array>(array).Value(row)); return {};
    case arrow::Type::INT16: out.integer(as<arrow::Int16Array>(array).Value(row)); return {};
    case arrow::Type::INT32: out.integer(as<arrow::Int32Array>(array).Value(row)); return {};
    case arrow::Type::INT64: out.integer(as<arrow::Int64Array>(array).Value(row)); return {};
    case arrow::Type::FLOAT: out.number(as<arrow::FloatArray>(array).Value(row)); return {};
    case arrow::Type::DOUBLE: out.number(as<arrow::DoubleArray>(array).Value(row)); return {};
    case arrow::Type::STRING: out.text(bytes_at(array, row)); return {};
    case arrow::Type::BINARY: out.binary(bytes_at(array, row)); return {};
    case arrow::Type::DATE32: out.date(as<arrow::Date32Array>(array).Value(row)); return {};
    case arrow::Type::TIMESTAMP: return add_timestamp(array, row, out);
    case arrow::Type::DECIMAL128:
      out.decimal(arrow::Decimal128(as<arrow::Decimal128Array>(array).GetValue(row)),
                  static_cast<const arrow::DecimalType&>(*array.type()).scale());
      return {};
    case arrow::Type::FIXED_SIZE_BINARY: {
      const auto bytes = as<arrow::FixedSizeBinaryArray>(array).GetView(row);
      if (bytes.size() != 16) return corrupt("a shredded UUID is not of 16 bytes");
      out.uuid(bytes);
      return {};
    }
    default:
      return Error(ErrorCode::kUnsupported, fmt::format("variant: shredded as {}, which foz does "
                                                        "not know",
                                                        array.type()->ToString()));
  }
}

Status add(const Node& node, int64_t row, VariantBuilder& out);

Status add_list(const Node& node, int64_t row, VariantBuilder& out) {
  const auto& list = static_cast<const arrow::ListArray&>(*node.typed);
  const size_t begin = out.at();
  std::vector<size_t> elements;
  for (auto i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
    elements.push_back(out.at());
    TRY(add(node.parts[0], i, out));
  }
  out.close_array(begin, elements);
  return {};
}

// Those left in the binary, as they are, and behind them the shredded ones.
Status add_object(const Node& node, int64_t row, VariantBuilder& out) {
  const size_t begin = out.at();
  std::vector<VariantObject::Field> fields;
  if (node.has_value(row)) {
    VariantObject left = TRY(variant_object(bytes_at(*node.value, row)));
    for (const auto& field : left.fields) {
      if (field.name >= out.name_count()) return corrupt("it names a key that is not there");
    }
    out.encoded(left.values);
    fields = std::move(left.fields);
  }
  for (const Node& part : node.parts) {
    if (!part.present(row)) continue;
    fields.push_back({out.name(part.name), out.at() - begin});
    TRY(add(part, row, out));
  }
  if (!out.close_object(begin, std::move(fields))) return corrupt("a field is there twice");
  return {};
}

// A part that is missing where one must be is a null by the specification.
Status add(const Node& node, int64_t row, VariantBuilder& out) {
  if (!node.present(row)) {
    out.null();
    return {};
  }
  if (!node.has_typed(row)) {
    out.encoded(bytes_at(*node.value, row));
    return {};
  }
  if (node.typed->type_id() == arrow::Type::STRUCT) return add_object(node, row, out);
  if (node.typed->type_id() == arrow::Type::LIST) return add_list(node, row, out);
  return add_scalar(*node.typed, row, out);
}

// All rows of a column.
class Rows {
 public:
  Status add(std::string_view metadata, std::string_view value) {
    TRY(check_variant(metadata, value));
    TRY_ARROW(metadata_.Append(metadata));
    TRY_ARROW(value_.Append(value));
    return {};
  }
  Status add_null() {
    TRY_ARROW(metadata_.AppendEmptyValue());
    TRY_ARROW(value_.AppendEmptyValue());
    return {};
  }
  Result<ArrayPtr> finish(const arrow::Array& like) {
    const arrow::ArrayVector children{TRY_ARROW(metadata_.Finish()), TRY_ARROW(value_.Finish())};
    return std::make_shared<arrow::StructArray>(variant_arrow_type(), like.length(), children,
                                                TRY(own_validity(like)), like.null_count());
  }

 private:
  arrow::BinaryBuilder metadata_, value_;
};

}  // namespace

Result<ArrayPtr> variant_column(const ArrayPtr& column) {
  const Node node = TRY(Node::make("", column));
  ArrayPtr metadata = static_cast<const arrow::StructArray&>(*column).GetFieldByName("metadata");
  if (!metadata) return corrupt("the file's group has no metadata");
  metadata = TRY(as_binary(metadata));
  Rows rows;
  for (int64_t row = 0; row < column->length(); ++row) {
    if (column->IsNull(row)) {
      TRY(rows.add_null());
      continue;
    }
    if (metadata->IsNull(row)) return corrupt("a row has no metadata");
    const std::string_view names = bytes_at(*metadata, row);
    if (node.has_value(row) && !node.has_typed(row)) {
      TRY(rows.add(names, bytes_at(*node.value, row)));
      continue;
    }
    VariantBuilder builder = TRY(VariantBuilder::with_names(names));
    TRY(add(node, row, builder));
    const Variant whole = builder.finish();
    TRY(rows.add(whole.metadata, whole.value));
  }
  return rows.finish(*column);
}

}  // namespace foz::delta
