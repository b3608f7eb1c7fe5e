// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows with their variants as text, and back.
#include <arrow/array.h>
#include <arrow/array/builder_binary.h>
#include <arrow/buffer_builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include <functional>

#include "delta/coerce_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/variant_internal.h"

namespace foz::delta {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

// The type with strings for its variants.
DataType with_text(DataType type) {
  if (type.kind == TypeKind::kVariant) return DataType{};
  for (Field& field : type.fields) field.type = with_text(std::move(field.type));
  if (type.element) type.element = std::make_shared<DataType>(with_text(*type.element));
  if (type.key) type.key = std::make_shared<DataType>(with_text(*type.key));
  return type;
}

// No JSON begins like this.
constexpr char kMark = '\x01';
constexpr std::string_view kDigits = "0123456789abcdef";

void append_hex(std::string_view bytes, std::string& out) {
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<uint8_t>(c) >> 4u]);
    out.push_back(kDigits[static_cast<uint8_t>(c) & 15u]);
  }
}

// What append_hex() wrote.
std::string from_hex(std::string_view digits) {
  std::string out;
  for (size_t i = 0; i + 1 < digits.size(); i += 2) {
    const size_t high = kDigits.find(digits[i]), low = kDigits.find(digits[i + 1]);
    out.push_back(static_cast<char>(high << 4u | low));
  }
  return out;
}

Result<ArrayPtr> texts_of(const arrow::Array& array, VariantText form) {
  const auto& variants = static_cast<const arrow::StructArray&>(array);
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
    if (form == VariantText::kJson) {
      TRY(append_variant(metadata.GetView(row), value.GetView(row), text));
    } else {
      text.push_back(kMark);
      append_hex(metadata.GetView(row), text);
      text.push_back(kMark);
      append_hex(value.GetView(row), text);
    }
    TRY_ARROW(out.Append(text));
  }
  return TRY_ARROW(out.Finish());
}

Result<Variant> variant_of(std::string_view text) {
  if (!text.starts_with(kMark)) return parse_variant(text);
  const size_t value = text.find(kMark, 1);
  if (value == text.npos) return parse_variant(text);
  Variant out{from_hex(text.substr(1, value - 1)), from_hex(text.substr(value + 1))};
  TRY(check_variant(out.metadata, out.value));
  return out;
}

Result<ArrayPtr> variants_of(const arrow::Array& array) {
  const auto& texts = static_cast<const arrow::StringArray&>(array);
  arrow::BinaryBuilder metadata, value;
  for (int64_t row = 0; row < texts.length(); ++row) {
    const Variant variant = texts.IsNull(row) ? Variant() : TRY(variant_of(texts.GetView(row)));
    TRY_ARROW(metadata.Append(variant.metadata));
    TRY_ARROW(value.Append(variant.value));
  }
  const arrow::ArrayVector parts{TRY_ARROW(metadata.Finish()), TRY_ARROW(value.Finish())};
  return std::make_shared<arrow::StructArray>(variant_arrow_type(), texts.length(), parts,
                                              TRY(own_validity(texts)), texts.null_count());
}

// Those of a list's rows alone, which may be a few of many.
struct Elements {
  int64_t first = 0, count = 0;
  std::shared_ptr<arrow::Buffer> offsets;
  ArrayPtr of(const ArrayPtr& values) const { return values->Slice(first, count); }
};
Result<Elements> elements_of(const arrow::ListArray& list) {
  Elements out{list.value_offset(0), list.value_offset(list.length()) - list.value_offset(0), {}};
  arrow::TypedBufferBuilder<int32_t> offsets;
  TRY_ARROW(offsets.Reserve(list.length() + 1));
  for (int64_t row = 0; row <= list.length(); ++row) {
    offsets.UnsafeAppend(list.value_offset(row) - list.value_offset(0));
  }
  out.offsets = TRY_ARROW(offsets.Finish());
  return out;
}

// A column of `type` with each variant, or its text, changed to the other, which is of `out`.
using Change = std::function<Result<ArrayPtr>(const arrow::Array& variants)>;
Result<ArrayPtr> changed(const ArrayPtr& array, const DataType& type,
                         const std::shared_ptr<arrow::DataType>& out, const Change& change) {
  switch (type.kind) {
    case TypeKind::kVariant: return change(*array);
    case TypeKind::kStruct: {
      const auto& rows = static_cast<const arrow::StructArray&>(*array);
      arrow::ArrayVector children;
      for (int i = 0; i < rows.num_fields(); ++i)
        children.push_back(TRY(changed(rows.field(i), type.fields[static_cast<size_t>(i)].type,
                                       out->field(i)->type(), change)));
      return std::make_shared<arrow::StructArray>(out, rows.length(), std::move(children),
                                                  TRY(own_validity(rows)), rows.null_count());
    }
    case TypeKind::kMap: {
      const auto& map = static_cast<const arrow::MapArray&>(*array);
      const auto& to = static_cast<const arrow::MapType&>(*out);
      const Elements elements = TRY(elements_of(map));
      return std::make_shared<arrow::MapArray>(
          out, map.length(), elements.offsets,
          TRY(changed(elements.of(map.keys()), *type.key, to.key_type(), change)),
          TRY(changed(elements.of(map.items()), *type.element, to.item_type(), change)),
          TRY(own_validity(map)), map.null_count());
    }
    case TypeKind::kArray: {
      const auto& list = static_cast<const arrow::ListArray&>(*array);
      const Elements elements = TRY(elements_of(list));
      return std::make_shared<arrow::ListArray>(
          out, list.length(), elements.offsets,
          TRY(changed(elements.of(list.values()), *type.element, out->field(0)->type(), change)),
          TRY(own_validity(list)), list.null_count());
    }
    default: return array;
  }
}

// All columns that hold variants.
Result<std::shared_ptr<arrow::RecordBatch>> changed_rows(std::shared_ptr<arrow::RecordBatch> rows,
                                                         const Schema& schema, bool to_text,
                                                         const Change& change) {
  for (int i = 0; i < rows->num_columns(); ++i) {
    const auto given = rows->schema()->field(i);
    const Field* field = schema.find(given->name());
    if (!field || !holds_variants(field->type)) continue;
    const auto out = TRY(to_arrow(to_text ? with_text(field->type) : field->type));
    auto column = TRY(changed(rows->column(i), field->type, out, change).within(field->name));
    rows = TRY_ARROW(rows->SetColumn(i, given->WithType(out), std::move(column)));
  }
  return rows;
}

}  // namespace

std::shared_ptr<arrow::DataType> variant_arrow_type() {
  return arrow::struct_({arrow::field("metadata", arrow::binary(), false),
                         arrow::field("value", arrow::binary(), false)});
}

bool holds_variants(const DataType& type) {
  if (type.kind == TypeKind::kVariant) return true;
  for (const Field& field : type.fields) {
    if (holds_variants(field.type)) return true;
  }
  return (type.element && holds_variants(*type.element)) || (type.key && holds_variants(*type.key));
}

bool holds_variants(const arrow::DataType& type) {
  if (type.Equals(*variant_arrow_type())) return true;
  return std::ranges::any_of(type.fields(),
                             [](const auto& field) { return holds_variants(*field->type()); });
}

Schema with_variant_text(Schema schema) {
  for (Field& field : schema.fields) field.type = with_text(std::move(field.type));
  return schema;
}

Result<std::shared_ptr<arrow::RecordBatch>> with_variant_text(
    std::shared_ptr<arrow::RecordBatch> rows, const Schema& schema, VariantText form) {
  return changed_rows(std::move(rows), schema, true,
                      [form](const arrow::Array& variants) { return texts_of(variants, form); });
}

Result<std::shared_ptr<arrow::RecordBatch>> with_variants(std::shared_ptr<arrow::RecordBatch> rows,
                                                          const Schema& schema) {
  return changed_rows(std::move(rows), schema, false, variants_of);
}

}  // namespace foz::delta
