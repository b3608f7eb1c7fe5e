// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <arrow/array/data.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>

#include "table/batch_bytes_internal.h"

namespace foz::table {
namespace {

int64_t bytes_of(const arrow::ArrayData& data, int64_t offset, int64_t length);

// `offset` counts from the array's buffers, not from its own offset. Types are those of tables.
int64_t values_bytes(const arrow::ArrayData& data, int64_t offset, int64_t length) {
  const auto range = [&](auto visit) {
    const auto* offsets = data.GetValues<int32_t>(1, offset);
    return 4 * (length + 1) + (length == 0 ? 0 : visit(offsets[0], offsets[length] - offsets[0]));
  };
  switch (data.type->id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return range([](int64_t, int64_t bytes) { return bytes; });
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return range([&](int64_t first, int64_t count) {
        const arrow::ArrayData& items = *data.child_data[0];
        return bytes_of(items, items.offset + first, count);
      });
    case arrow::Type::STRUCT: {
      int64_t bytes = 0;
      for (const auto& field : data.child_data)
        bytes += bytes_of(*field, field->offset + offset, length);
      return bytes;
    }
    case arrow::Type::NA: return 0;
    default: return (data.type->bit_width() * length + 7) / 8;
  }
}

int64_t bytes_of(const arrow::ArrayData& data, int64_t offset, int64_t length) {
  const bool has_validity = !data.buffers.empty() && data.buffers[0] != nullptr;
  return (has_validity ? (length + 7) / 8 : 0) + values_bytes(data, offset, length);
}

}  // namespace

int64_t bytes_of(const arrow::RecordBatch& rows) {
  int64_t bytes = 0;
  for (int i = 0; i < rows.num_columns(); ++i) {
    const arrow::ArrayData& column = *rows.column_data(i);
    bytes += bytes_of(column, column.offset, column.length);
  }
  return bytes;
}

}  // namespace foz::table
