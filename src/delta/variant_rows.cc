// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows with their variants as text.
#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "delta/coerce_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/variant.h"

namespace foz::delta {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

bool holds_variants(const DataType& type) {
  if (type.kind == TypeKind::kVariant) return true;
  for (const Field& field : type.fields) {
    if (holds_variants(field.type)) return true;
  }
  return (type.element && holds_variants(*type.element)) || (type.key && holds_variants(*type.key));
}

// The type with strings for its variants.
DataType with_text(DataType type) {
  if (type.kind == TypeKind::kVariant) return DataType{};
  for (Field& field : type.fields) field.type = with_text(std::move(field.type));
  if (type.element) type.element = std::make_shared<DataType>(with_text(*type.element));
  if (type.key) type.key = std::make_shared<DataType>(with_text(*type.key));
  return type;
}

Result<ArrayPtr> text_of(const arrow::StructArray& variants) {
  const auto& metadata = static_cast<const arrow::BinaryArray&>(*variants.field(0));
  const auto& value = static_cast<const arrow::BinaryArray&>(*variants.field(1));
  arrow::StringBuilder out;
  std::string text;
  for (int64_t row = 0; row < variants.length(); ++row) {
    if (variants.IsNull(row)) {
      TRY_ARROW(out.AppendNull());
      continue;
    }
    text.clear();
    TRY(append_variant(metadata.GetView(row), value.GetView(row), text));
    TRY_ARROW(out.Append(text));
  }
  return TRY_ARROW(out.Finish());
}

Result<ArrayPtr> texts(const ArrayPtr& array, const DataType& type) {
  if (!holds_variants(type)) return array;
  const auto out = TRY(to_arrow(with_text(type)));
  switch (type.kind) {
    case TypeKind::kVariant: return text_of(static_cast<const arrow::StructArray&>(*array));
    case TypeKind::kStruct: {
      const auto& rows = static_cast<const arrow::StructArray&>(*array);
      arrow::ArrayVector children;
      for (size_t i = 0; i < type.fields.size(); ++i)
        children.push_back(TRY(texts(rows.field(static_cast<int>(i)), type.fields[i].type)));
      return std::make_shared<arrow::StructArray>(out, rows.length(), std::move(children),
                                                  TRY(own_validity(rows)), rows.null_count());
    }
    case TypeKind::kMap: {
      const auto& map = static_cast<const arrow::MapArray&>(*array);
      return std::make_shared<arrow::MapArray>(out, map.length(), map.value_offsets(),
                                               TRY(texts(map.keys(), *type.key)),
                                               TRY(texts(map.items(), *type.element)),
                                               map.null_bitmap(), map.null_count(), map.offset());
    }
    default: {
      const auto& list = static_cast<const arrow::ListArray&>(*array);
      return std::make_shared<arrow::ListArray>(
          out, list.length(), list.value_offsets(), TRY(texts(list.values(), *type.element)),
          list.null_bitmap(), list.null_count(), list.offset());
    }
  }
}

}  // namespace

std::shared_ptr<arrow::DataType> variant_arrow_type() {
  return arrow::struct_({arrow::field("metadata", arrow::binary(), false),
                         arrow::field("value", arrow::binary(), false)});
}

Schema with_variant_text(Schema schema) {
  for (Field& field : schema.fields) field.type = with_text(std::move(field.type));
  return schema;
}

Result<std::shared_ptr<arrow::RecordBatch>> with_variant_text(
    std::shared_ptr<arrow::RecordBatch> rows, const Schema& schema) {
  for (int i = 0; i < rows->num_columns(); ++i) {
    const std::string& name = rows->schema()->field(i)->name();
    const Field* field = schema.find(name);
    if (!field || !holds_variants(field->type)) continue;
    const auto column = TRY(texts(rows->column(i), field->type).within(name));
    const auto changed = rows->schema()->field(i)->WithType(column->type());
    rows = TRY_ARROW(rows->SetColumn(i, changed, column));
  }
  return rows;
}

}  // namespace foz::delta
