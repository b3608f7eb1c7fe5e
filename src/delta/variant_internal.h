// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Reading variants.
// https://github.com/apache/parquet-format/blob/master/VariantEncoding.md
// https://github.com/apache/parquet-format/blob/master/VariantShredding.md
//
//   metadata: header (version 1 in 4 bits, 1 bit sorted, 2 bits offset size - 1), count, count + 1
//             offsets, the names' bytes; all numbers little-endian
//   value:    header (2 bits basic type, 6 bits of it), then
//     0 primitive: by type id   1 short string: its bytes (length in the header)
//     2 object: count, field ids, count + 1 offsets, values   3 array: count, count + 1 offsets,
//     values
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "delta/variant.h"

namespace foz::delta {

// Deeper ones are an attack, not data.
inline constexpr int kMaxVariantDepth = 500;

enum VariantPrimitive : unsigned {
  kNull,
  kTrue,
  kFalse,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kDouble,
  kDecimal4,
  kDecimal8,
  kDecimal16,
  kDate,
  kTimestamp,
  kTimestampNtz,
  kFloat,
  kBinary,
  kLongText,
  kTime,
  kTimestampNanos,
  kTimestampNtzNanos,
  kUuid,
};

// What append_variant() refuses, without the text.
Status check_variant(std::string_view metadata, std::string_view value);

// The dictionary of names; points into the metadata.
Result<std::vector<std::string_view>> variant_names(std::string_view metadata);

// An object, not looked into: where each field's value begins in `values`.
struct VariantObject {
  struct Field {
    size_t name = 0;  // its place in the dictionary
    size_t at = 0;
  };
  std::vector<Field> fields;
  std::string_view values;
};
// kCorrupt when it is none.
Result<VariantObject> variant_object(std::string_view value);

// A column of a file, shredded (typed_value) or not, as variant_arrow_type(), each value checked.
Result<std::shared_ptr<arrow::Array>> variant_column(const std::shared_ptr<arrow::Array>& column);

}  // namespace foz::delta
