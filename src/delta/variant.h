// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Variants: rows have them as the two binaries of their encoding, people see them as JSON text.
// https://github.com/apache/parquet-format/blob/master/VariantEncoding.md
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "delta/types.h"

namespace foz::delta {

struct Variant {
  std::string metadata, value;
};

// As JSON text, as Spark's to_json writes it. kCorrupt for damage, and for what unfolds to more
// values than it has bytes (offsets may point at one value many times) or to more than
// kMaxVariantText.
inline constexpr size_t kMaxVariantText = size_t{64} << 20;
Status append_variant(std::string_view metadata, std::string_view value, std::string& out);

// As Spark's parse_json reads text: integers as small as they fit, decimals for numbers of up to 38
// digits, doubles for others and those with exponents. kInvalid for what is no JSON, for a name
// that is there twice in an object, and for what is too big for Spark (kMostVariantBytes).
inline constexpr size_t kMostVariantBytes = size_t{16} << 20;
Result<Variant> parse_variant(std::string_view json);

// struct<metadata: binary not null, value: binary not null>
std::shared_ptr<arrow::DataType> variant_arrow_type();

// A schema with strings for its variants at any depth, and rows with their texts. Columns that the
// schema does not name stay as they are.
enum class VariantText {
  kJson,
  kWhole,  // a mark and the binaries in hexadecimal digits: for a text that becomes a variant again
};
bool holds_variants(const DataType& type);
bool holds_variants(const arrow::DataType& type);
Schema with_variant_text(Schema schema);
Result<std::shared_ptr<arrow::RecordBatch>> with_variant_text(
    std::shared_ptr<arrow::RecordBatch> rows, const Schema& schema,
    VariantText form = VariantText::kJson);
// The reverse, of texts of either form.
Result<std::shared_ptr<arrow::RecordBatch>> with_variants(std::shared_ptr<arrow::RecordBatch> rows,
                                                          const Schema& schema);

}  // namespace foz::delta
