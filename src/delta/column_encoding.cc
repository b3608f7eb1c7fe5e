// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/column_encoding_internal.h"

#include <arrow/chunked_array.h>
#include <arrow/compute/api_vector.h>
#include <arrow/datum.h>
#include <arrow/table.h>
#include <arrow/type_traits.h>

#include <algorithm>
#include <string>

#include "delta/parquet_source_internal.h"

namespace foz::delta {
namespace {

// A dictionary may take 1 MiB, which is some ten thousands of texts: where they are drawn from more
// of them, three fourths of so many rows are different ones.
constexpr int64_t kSample = 8192;

Result<bool> hardly_repeats(const arrow::ChunkedArray& column) {
  const auto sample = column.Slice(0, kSample);
  const auto different = TRY_ARROW(arrow::compute::Unique(arrow::Datum(sample)));
  return different->length() * 4 > sample->length() * 3;
}

Status choose(const std::string& path, const arrow::ChunkedArray& column,
              parquet::WriterProperties::Builder& builder) {
  const arrow::DataType& type = *column.type();
  if (type.id() == arrow::Type::STRUCT) {
    const auto children = TRY_ARROW(column.Flatten());
    for (int i = 0; i < type.num_fields(); ++i) {
      TRY(choose(path + "." + type.field(i)->name(), *children[static_cast<size_t>(i)], builder));
    }
    return {};
  }
  const bool number = arrow::is_integer(type.id()) || arrow::is_date(type.id()) ||
                      type.id() == arrow::Type::TIMESTAMP;
  const bool other = arrow::is_floating(type.id()) || arrow::is_decimal(type.id()) ||
                     arrow::is_binary_like(type.id());
  if ((!number && !other) || !TRY(hardly_repeats(column))) return {};
  builder.disable_dictionary(path);
  // Of numbers their distances are shorter.
  if (number) builder.encoding(path, parquet::Encoding::DELTA_BINARY_PACKED);
  return {};
}

}  // namespace

Status choose_encodings(const arrow::Table& rows, parquet::WriterProperties::Builder& builder) {
  for (int i = 0; i < rows.num_columns(); ++i) {
    TRY(choose(rows.schema()->field(i)->name(), *rows.column(i), builder));
  }
  return {};
}

}  // namespace foz::delta
