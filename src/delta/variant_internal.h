// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Variants as JSON text, as Spark's to_json writes it.
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

#include <arrow/type_fwd.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace foz::delta {

// One variant of two binaries. kCorrupt for damage, and for what unfolds to more values than it has
// bytes (offsets may point at one value many times) or to more than kMaxVariantText.
inline constexpr size_t kMaxVariantText = size_t{64} << 20;
Status append_variant(std::string_view metadata, std::string_view value, std::string& out);

// The fields of an object with their values' bytes; kCorrupt when it is none.
using VariantFields = std::vector<std::pair<std::string, std::string_view>>;
Result<VariantFields> variant_fields(std::string_view metadata, std::string_view object);

// A column of a file, shredded (typed_value) or not, as text.
Result<std::shared_ptr<arrow::Array>> variant_text(const std::shared_ptr<arrow::Array>& column);

}  // namespace foz::delta
