// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Shredded variants put together again, row by row, as text.
// https://github.com/apache/parquet-format/blob/master/VariantShredding.md#reconstructing-a-shredded-variant
#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/compute/cast.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/json_writer.h"
#include "delta/parquet_source_internal.h"
#include "delta/variant_internal.h"
#include "delta/variant_text_internal.h"

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

Status append_timestamp(const arrow::Array& array, int64_t row, std::string& out) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  const int64_t value = as<arrow::TimestampArray>(array).Value(row);
  const bool zoned = !type.timezone().empty();
  if (type.unit() == arrow::TimeUnit::NANO) {
    append_variant_nanos(value, zoned, out);
  } else if (type.unit() == arrow::TimeUnit::MICRO) {
    append_variant_time(value, zoned, out);
  } else {
    return corrupt("a shredded timestamp is of a unit that variants do not have");
  }
  return {};
}

Status append_scalar(const arrow::Array& array, int64_t row, std::string& out) {
  const auto integer = [&](int64_t value) { out.append(std::to_string(value)); };
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out.append(as<arrow::BooleanArray>(array).Value(row) ? "true" : "false");
      return {};
    case arrow::Type::INT8: integer(as<arrow::Int8Array>(array).Value(row)); return {};
    case arrow::Type::INT16: integer(as<arrow::Int16Array>(array).Value(row)); return {};
    case arrow::Type::INT32: integer(as<arrow::Int32Array>(array).Value(row)); return {};
    case arrow::Type::INT64: integer(as<arrow::Int64Array>(array).Value(row)); return {};
    case arrow::Type::FLOAT:
      append_java_number(as<arrow::FloatArray>(array).Value(row), out);
      return {};
    case arrow::Type::DOUBLE:
      append_java_number(as<arrow::DoubleArray>(array).Value(row), out);
      return {};
    case arrow::Type::STRING: append_json_string(out, bytes_at(array, row)); return {};
    case arrow::Type::BINARY: append_variant_binary(bytes_at(array, row), out); return {};
    case arrow::Type::FIXED_SIZE_BINARY:
      append_variant_uuid(as<arrow::FixedSizeBinaryArray>(array).GetView(row), out);
      return {};
    case arrow::Type::DATE32:
      append_variant_date(as<arrow::Date32Array>(array).Value(row), out);
      return {};
    case arrow::Type::TIMESTAMP: return append_timestamp(array, row, out);
    case arrow::Type::DECIMAL128: {
      const arrow::Decimal128 value(as<arrow::Decimal128Array>(array).GetValue(row));
      append_decimal(value.ToIntegerString(),
                     static_cast<const arrow::DecimalType&>(*array.type()).scale(), out);
      return {};
    }
    default:
      return Error(ErrorCode::kUnsupported, fmt::format("variant: shredded as {}, which foz does "
                                                        "not know",
                                                        array.type()->ToString()));
  }
}

class RowWriter {
 public:
  RowWriter(std::string_view metadata, std::string& out) : metadata_(metadata), out_(out) {}

  // A part that is missing where one must be is a null by the specification.
  Status write(const Node& node, int64_t row) {
    if (!node.present(row)) {
      out_.append("null");
      return {};
    }
    if (!node.has_typed(row)) return append_variant(metadata_, bytes_at(*node.value, row), out_);
    if (node.typed->type_id() == arrow::Type::STRUCT) return object(node, row);
    if (node.typed->type_id() == arrow::Type::LIST) return list(node, row);
    return append_scalar(*node.typed, row, out_);
  }

 private:
  Status list(const Node& node, int64_t row) {
    const auto& list = static_cast<const arrow::ListArray&>(*node.typed);
    out_.push_back('[');
    for (auto i = list.value_offset(row); i < list.value_offset(row + 1); ++i) {
      if (i > list.value_offset(row)) out_.push_back(',');
      TRY(write(node.parts[0], i));
    }
    out_.push_back(']');
    return {};
  }

  // Shredded fields and those left in the binary, by name.
  Status object(const Node& node, int64_t row) {
    std::vector<std::pair<std::string, std::string>> fields;
    for (const Node& part : node.parts) {
      if (!part.present(row)) continue;
      std::string text;
      TRY(RowWriter(metadata_, text).write(part, row));
      fields.emplace_back(part.name, std::move(text));
    }
    if (node.has_value(row)) {
      for (const auto& [name, bytes] : TRY(variant_fields(metadata_, bytes_at(*node.value, row)))) {
        for (const Node& part : node.parts) {
          if (part.name == name) return corrupt("a field is there twice");
        }
        std::string text;
        TRY(append_variant(metadata_, bytes, text));
        fields.emplace_back(name, std::move(text));
      }
    }
    std::sort(fields.begin(), fields.end());
    out_.push_back('{');
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) out_.push_back(',');
      append_json_string(out_, fields[i].first);
      out_.append(":").append(fields[i].second);
    }
    out_.push_back('}');
    return {};
  }

  const std::string_view metadata_;
  std::string& out_;
};

}  // namespace

Result<ArrayPtr> variant_text(const ArrayPtr& column) {
  const Node node = TRY(Node::make("", column));
  ArrayPtr metadata = static_cast<const arrow::StructArray&>(*column).GetFieldByName("metadata");
  if (!metadata) return corrupt("the file's group has no metadata");
  metadata = TRY(as_binary(metadata));
  arrow::StringBuilder builder;
  std::string text;
  for (int64_t row = 0; row < column->length(); ++row) {
    if (column->IsNull(row)) {
      TRY_ARROW(builder.AppendNull());
      continue;
    }
    if (metadata->IsNull(row)) return corrupt("a row has no metadata");
    text.clear();
    TRY(RowWriter(bytes_at(*metadata, row), text).write(node, row));
    TRY_ARROW(builder.Append(text));
  }
  return TRY_ARROW(builder.Finish());
}

}  // namespace foz::delta
