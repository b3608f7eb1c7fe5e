// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/query_batches_internal.h"

#include <arrow/c/bridge.h>

#include <vector>

#include "duckdb/common/arrow/arrow_appender.hpp"
#include "duckdb/common/vector_operations/vector_operations.hpp"
#include "duckdb/function/table/arrow/arrow_duck_schema.hpp"
#include "sql/query_error_internal.h"

namespace foz::sql {

using duckdb::idx_t;
using duckdb::PhysicalType;
using duckdb::Vector;

namespace {

constexpr idx_t kBatchRows = 8 * STANDARD_VECTOR_SIZE;
constexpr size_t kBatchBytes = 1 << 20;  // a row that is larger is a batch of its own

}  // namespace

void add_bytes(Vector& vector, std::vector<size_t>& bytes) {
  const idx_t count = bytes.size();
  const PhysicalType type = vector.GetType().InternalType();
  vector.Flatten(count);
  const auto& valid = duckdb::FlatVector::Validity(vector);
  if (type == PhysicalType::STRUCT) {
    for (auto& field : duckdb::StructVector::GetEntries(vector)) add_bytes(*field, bytes);
  } else if (type == PhysicalType::LIST) {
    std::vector<size_t> items(duckdb::ListVector::GetListSize(vector));
    if (!items.empty()) add_bytes(duckdb::ListVector::GetEntry(vector), items);
    const auto* lists = duckdb::FlatVector::GetData<duckdb::list_entry_t>(vector);
    for (idx_t i = 0; i < count; ++i) {
      if (!valid.RowIsValid(i)) continue;
      for (idx_t k = 0; k < lists[i].length; ++k) bytes[i] += items[lists[i].offset + k];
    }
  } else if (type == PhysicalType::ARRAY) {
    const idx_t length = duckdb::ArrayType::GetSize(vector.GetType());
    std::vector<size_t> items(count * length);
    add_bytes(duckdb::ArrayVector::GetEntry(vector), items);
    for (idx_t i = 0; i < items.size(); ++i) bytes[i / length] += items[i];
  } else if (type == PhysicalType::VARCHAR) {
    const auto* texts = duckdb::FlatVector::GetData<duckdb::string_t>(vector);
    for (idx_t i = 0; i < count; ++i)
      bytes[i] += 4 + (valid.RowIsValid(i) ? texts[i].GetSize() : 0);
  } else {
    for (auto& row : bytes) row += duckdb::GetTypeIdSize(type);
  }
}

namespace {

class Batches {
 public:
  Batches(duckdb::ClientContext& context, const duckdb::vector<duckdb::LogicalType>& types,
          std::shared_ptr<arrow::Schema> schema, const DeliverBatch& deliver)
      : types_(types),
        schema_(std::move(schema)),
        deliver_(deliver),
        properties_(context.GetClientProperties()),
        extensions_(duckdb::ArrowTypeExtensionData::GetExtensionTypes(context, types)) {
    properties_.time_zone = "UTC";
  }

  // Flattens the rows. False when nobody wants more.
  bool add(duckdb::DataChunk& rows) {
    std::vector<size_t> bytes(rows.size());
    for (auto& column : rows.data) add_bytes(column, bytes);
    for (idx_t first = 0, end = 0; first < rows.size(); first = end) {
      while (end < rows.size() && !full()) {
        bytes_ += bytes[end++];
        ++rows_;
      }
      if (!appender_) {
        appender_ = duckdb::make_uniq<duckdb::ArrowAppender>(types_, STANDARD_VECTOR_SIZE,
                                                             properties_, extensions_);
      }
      appender_->Append(rows, first, end, rows.size());
      if (full() && !flush()) return false;
    }
    return true;
  }

  bool flush() {
    if (!appender_) return true;
    ArrowArray exported = appender_->Finalize();
    appender_.reset();
    rows_ = bytes_ = 0;
    auto batch = arrow::ImportRecordBatch(&exported, schema_);
    if (!batch.ok()) throw internal_error(batch.status().ToString());
    return deliver_(std::move(*batch));
  }

 private:
  bool full() const { return rows_ >= kBatchRows || bytes_ >= kBatchBytes; }

  const duckdb::vector<duckdb::LogicalType>& types_;
  const std::shared_ptr<arrow::Schema> schema_;
  const DeliverBatch& deliver_;
  duckdb::ClientProperties properties_;
  const duckdb::unordered_map<idx_t, const duckdb::shared_ptr<duckdb::ArrowTypeExtensionData>>
      extensions_;
  duckdb::unique_ptr<duckdb::ArrowAppender> appender_;  // of a batch that has begun
  size_t rows_ = 0, bytes_ = 0;
};

}  // namespace

void pull_batches(duckdb::ClientContext& context, duckdb::QueryResult& result,
                  const duckdb::vector<duckdb::LogicalType>& types,
                  const std::shared_ptr<arrow::Schema>& schema, const DeliverBatch& deliver) {
  Batches batches(context, types, schema, deliver);
  duckdb::DataChunk converted;
  converted.Initialize(context, types);
  while (true) {
    auto chunk = result.Fetch();
    if (result.HasError()) result.ThrowError();
    if (!chunk || chunk->size() == 0) break;
    converted.Reset();
    for (idx_t i = 0; i < converted.ColumnCount(); ++i) {
      if (chunk->data[i].GetType() == types[i]) {
        converted.data[i].Reference(chunk->data[i]);
      } else {
        duckdb::VectorOperations::Cast(context, chunk->data[i], converted.data[i], chunk->size());
      }
    }
    converted.SetCardinality(chunk->size());
    if (!batches.add(converted)) return;
  }
  batches.flush();
}

}  // namespace foz::sql
