// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// DuckDB chunks copied into Arrow record batches.
// https://arrow.apache.org/docs/format/Columnar.html

#include <arrow/array/data.h>
#include <arrow/buffer_builder.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include <limits>

#include "duckdb/common/types/hugeint.hpp"
#include "sql/arrow_duck_internal.h"

namespace foz::sql {

using duckdb::idx_t;
using duckdb::SelectionVector;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

namespace {

Status status_of(const arrow::Status& status) {
  if (status.ok()) return {};
  return Error(status.IsOutOfMemory() ? ErrorCode::kOverloaded : ErrorCode::kInternal,
               status.ToString());
}

}  // namespace

// One column under construction: validity, then what its type has.
class BatchBuilder::Column {
 public:
  explicit Column(std::shared_ptr<arrow::DataType> type) : type_(std::move(type)) {}
  virtual ~Column() = default;

  // How many rows it may come to hold: what grows step by step touches memory twice.
  void expect(int64_t rows) { expected_ = rows; }

  // Rows rows[0 … count) of `vector`, whose first `size` rows are valid to read.
  virtual Status append(Vector& vector, idx_t size, const SelectionVector& rows, idx_t count) = 0;

  Result<std::shared_ptr<arrow::ArrayData>> finish() {
    auto data = std::make_shared<arrow::ArrayData>(type_, length_);
    std::shared_ptr<arrow::Buffer> validity;
    if (nulls_ > 0) TRY(status_of(validity_.Finish(&validity)));
    validity_.Reset();
    data->buffers.push_back(std::move(validity));
    data->null_count = nulls_;
    TRY(finish_values(*data));
    length_ = nulls_ = 0;
    return data;
  }

 protected:
  virtual Status finish_values(arrow::ArrayData& data) = 0;

  // The bitmap begins with the first NULL.
  Status append_validity(const UnifiedVectorFormat& format, const SelectionVector& rows,
                         idx_t count) {
    length_ += static_cast<int64_t>(count);
    if (format.validity.AllValid()) {
      return nulls_ == 0 ? Status()
                         : status_of(validity_.Append(static_cast<int64_t>(count), true));
    }
    if (nulls_ == 0)
      TRY(status_of(
          validity_.Append(length_ - static_cast<int64_t>(count) - validity_.length(), true)));
    TRY(status_of(validity_.Reserve(static_cast<int64_t>(count))));
    for (idx_t i = 0; i < count; i++) {
      const bool valid = format.validity.RowIsValidUnsafe(format.sel->get_index(rows.get_index(i)));
      validity_.UnsafeAppend(valid);
      nulls_ += !valid;
    }
    if (nulls_ == 0) validity_.Reset();
    return {};
  }

  template <class Visit>  // visit(index into the format's data, is valid)
  static void each(const UnifiedVectorFormat& format, const SelectionVector& rows, idx_t count,
                   Visit&& visit) {
    if (format.validity.AllValid()) {
      for (idx_t i = 0; i < count; i++) visit(format.sel->get_index(rows.get_index(i)), true);
      return;
    }
    for (idx_t i = 0; i < count; i++) {
      const idx_t at = format.sel->get_index(rows.get_index(i));
      visit(at, format.validity.RowIsValidUnsafe(at));
    }
  }

  std::shared_ptr<arrow::DataType> type_;
  arrow::TypedBufferBuilder<bool> validity_;
  int64_t length_ = 0, nulls_ = 0;
  int64_t expected_ = 0;
};

namespace {

using Column = BatchBuilder::Column;
Result<std::unique_ptr<Column>> make_column(const std::shared_ptr<arrow::DataType>& type,
                                            const duckdb::LogicalType& duck);

// `In` is DuckDB's physical type, `Out` Arrow's; decimals widen to 16 bytes.
template <class In, class Out>
class FixedColumn final : public Column {
 public:
  using Column::Column;

  Status append(Vector& vector, idx_t size, const SelectionVector& rows, idx_t count) override {
    UnifiedVectorFormat format;
    vector.ToUnifiedFormat(size, format);
    TRY(append_validity(format, rows, count));
    if (values_.length() == 0) TRY(status_of(values_.Reserve(expected_)));
    TRY(status_of(values_.Reserve(static_cast<int64_t>(count))));
    const In* in = UnifiedVectorFormat::GetData<In>(format);
    Status fits;
    each(format, rows, count, [&](idx_t at, bool valid) {
      Out out{};
      if (valid && !convert(in[at], out))
        fits = invalid(fmt::format("a value exceeds {}", type_->ToString()));
      values_.UnsafeAppend(out);
    });
    return fits;
  }

 private:
  static bool convert(const In& in, Out& out) {
    if constexpr (std::is_same_v<In, duckdb::hugeint_t> && std::is_same_v<Out, int64_t>) {
      return duckdb::Hugeint::TryCast(in, out);
    } else {
      out = Out(in);
      return true;
    }
  }
  Status finish_values(arrow::ArrayData& data) override {
    return status_of(values_.Finish(&data.buffers.emplace_back()));
  }
  arrow::TypedBufferBuilder<Out> values_;
};

class BoolColumn final : public Column {
 public:
  using Column::Column;

  Status append(Vector& vector, idx_t size, const SelectionVector& rows, idx_t count) override {
    UnifiedVectorFormat format;
    vector.ToUnifiedFormat(size, format);
    TRY(append_validity(format, rows, count));
    TRY(status_of(values_.Reserve(static_cast<int64_t>(count))));
    const bool* in = UnifiedVectorFormat::GetData<bool>(format);
    each(format, rows, count, [&](idx_t at, bool valid) { values_.UnsafeAppend(valid && in[at]); });
    return {};
  }

 private:
  Status finish_values(arrow::ArrayData& data) override {
    return status_of(values_.Finish(&data.buffers.emplace_back()));
  }
  arrow::TypedBufferBuilder<bool> values_;
};

// Offsets of strings and lists: int32, so a batch holds at most 2 GiB of one column.
class OffsetColumn : public Column {
 public:
  using Column::Column;

 protected:
  Status reserve_offsets(idx_t count) {
    if (offsets_.length() == 0) TRY(status_of(offsets_.Reserve(expected_ + 1)));
    TRY(status_of(offsets_.Reserve(static_cast<int64_t>(count) + 1)));
    if (offsets_.length() == 0) offsets_.UnsafeAppend(0);
    return {};
  }
  Status advance(int64_t by) {
    if (end_ + by > std::numeric_limits<int32_t>::max()) {
      return Error(ErrorCode::kOverloaded, "a column of one batch exceeds 2 GiB");
    }
    end_ += by;
    return {};
  }
  Status finish_offsets(arrow::ArrayData& data) {
    TRY(reserve_offsets(0));
    end_ = 0;
    return status_of(offsets_.Finish(&data.buffers.emplace_back()));
  }
  arrow::TypedBufferBuilder<int32_t> offsets_;
  int64_t end_ = 0;
};

class StringColumn final : public OffsetColumn {
 public:
  using OffsetColumn::OffsetColumn;

  Status append(Vector& vector, idx_t size, const SelectionVector& rows, idx_t count) override {
    UnifiedVectorFormat format;
    vector.ToUnifiedFormat(size, format);
    TRY(append_validity(format, rows, count));
    TRY(reserve_offsets(count));
    const auto* in = UnifiedVectorFormat::GetData<duckdb::string_t>(format);
    int64_t total = 0;
    each(format, rows, count, [&](idx_t at, bool valid) { total += valid ? in[at].GetSize() : 0; });
    int64_t end = end_;
    TRY(advance(total));
    if (bytes_.length() == 0) TRY(status_of(bytes_.Reserve(likely_bytes(total, count))));
    TRY(status_of(bytes_.Reserve(total)));
    each(format, rows, count, [&](idx_t at, bool valid) {
      if (valid) {
        bytes_.UnsafeAppend(in[at].GetData(), static_cast<int64_t>(in[at].GetSize()));
        end += in[at].GetSize();
      }
      offsets_.UnsafeAppend(static_cast<int32_t>(end));
    });
    return {};
  }

 private:
  Status finish_values(arrow::ArrayData& data) override {
    TRY(finish_offsets(data));
    return status_of(bytes_.Finish(&data.buffers.emplace_back()));
  }
  // The others are about as long as the first.
  int64_t likely_bytes(int64_t total, idx_t count) const {
    if (count == 0) return 0;
    const double share = static_cast<double>(expected_) / static_cast<double>(count);
    return static_cast<int64_t>(std::min(static_cast<double>(total) * share * 1.05, kMostExpected));
  }
  static constexpr double kMostExpected = 256 << 20;
  arrow::BufferBuilder bytes_;
};

// Lists, and maps as lists of (key, value).
class ListColumn final : public OffsetColumn {
 public:
  ListColumn(std::shared_ptr<arrow::DataType> type, std::unique_ptr<Column> child)
      : OffsetColumn(std::move(type)), child_(std::move(child)) {}

  Status append(Vector& vector, idx_t size, const SelectionVector& rows, idx_t count) override {
    vector.Flatten(size);
    UnifiedVectorFormat format;
    vector.ToUnifiedFormat(size, format);
    TRY(append_validity(format, rows, count));
    TRY(reserve_offsets(count));
    const auto* in = UnifiedVectorFormat::GetData<duckdb::list_entry_t>(format);
    idx_t total = 0;
    each(format, rows, count, [&](idx_t at, bool valid) { total += valid ? in[at].length : 0; });
    int64_t end = end_;
    TRY(advance(static_cast<int64_t>(total)));
    SelectionVector children(total);
    idx_t next = 0;
    each(format, rows, count, [&](idx_t at, bool valid) {
      for (idx_t k = 0; valid && k < in[at].length; k++)
        children.set_index(next++, in[at].offset + k);
      if (valid) end += static_cast<int64_t>(in[at].length);
      offsets_.UnsafeAppend(static_cast<int32_t>(end));
    });
    if (total == 0) return {};
    return child_->append(duckdb::ListVector::GetEntry(vector),
                          duckdb::ListVector::GetListSize(vector), children, total);
  }

 private:
  Status finish_values(arrow::ArrayData& data) override {
    TRY(finish_offsets(data));
    data.child_data.push_back(TRY(child_->finish()));
    return {};
  }
  std::unique_ptr<Column> child_;
};

class StructColumn final : public Column {
 public:
  StructColumn(std::shared_ptr<arrow::DataType> type, std::vector<std::unique_ptr<Column>> fields)
      : Column(std::move(type)), fields_(std::move(fields)) {}

  Status append(Vector& vector, idx_t size, const SelectionVector& rows, idx_t count) override {
    vector.Flatten(size);
    UnifiedVectorFormat format;
    vector.ToUnifiedFormat(size, format);
    TRY(append_validity(format, rows, count));
    auto& entries = duckdb::StructVector::GetEntries(vector);
    for (size_t f = 0; f < fields_.size(); f++)
      TRY(fields_[f]->append(*entries[f], size, rows, count));
    return {};
  }

 private:
  Status finish_values(arrow::ArrayData& data) override {
    for (auto& field : fields_) data.child_data.push_back(TRY(field->finish()));
    return {};
  }
  std::vector<std::unique_ptr<Column>> fields_;
};

Result<std::unique_ptr<Column>> make_nested(const std::shared_ptr<arrow::DataType>& type,
                                            const duckdb::LogicalType& duck) {
  if (type->id() != arrow::Type::STRUCT) {
    auto child = TRY(make_column(type->field(0)->type(), duckdb::ListType::GetChildType(duck)));
    return std::make_unique<ListColumn>(type, std::move(child));
  }
  const auto& children = duckdb::StructType::GetChildTypes(duck);
  if (static_cast<int>(children.size()) != type->num_fields())
    return invalid("struct types differ");
  std::vector<std::unique_ptr<Column>> fields;
  for (int i = 0; i < type->num_fields(); i++) {
    fields.push_back(
        TRY(make_column(type->field(i)->type(), children[static_cast<size_t>(i)].second)));
  }
  return std::make_unique<StructColumn>(type, std::move(fields));
}

template <class Column>
std::unique_ptr<BatchBuilder::Column> of(const std::shared_ptr<arrow::DataType>& type) {
  return std::make_unique<Column>(type);
}

std::unique_ptr<Column> make_decimal(const std::shared_ptr<arrow::DataType>& type,
                                     const duckdb::LogicalType& duck) {
  using Wide = duckdb::hugeint_t;
  switch (duck.InternalType()) {
    case duckdb::PhysicalType::INT16: return of<FixedColumn<int16_t, Wide>>(type);
    case duckdb::PhysicalType::INT32: return of<FixedColumn<int32_t, Wide>>(type);
    case duckdb::PhysicalType::INT64: return of<FixedColumn<int64_t, Wide>>(type);
    default: return of<FixedColumn<Wide, Wide>>(type);
  }
}

Result<std::unique_ptr<Column>> make_column(const std::shared_ptr<arrow::DataType>& type,
                                            const duckdb::LogicalType& duck) {
  if (duck.id() == duckdb::LogicalTypeId::HUGEINT && type->id() == arrow::Type::INT64) {
    return of<FixedColumn<duckdb::hugeint_t, int64_t>>(type);
  }
  const auto expected = TRY(arrow_type(duck));
  if (expected->id() != type->id()) {
    return invalid(fmt::format("{} does not hold {}", type->ToString(), duck.ToString()));
  }
  switch (type->id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: return of<StringColumn>(type);
    case arrow::Type::INT8: return of<FixedColumn<int8_t, int8_t>>(type);
    case arrow::Type::INT16: return of<FixedColumn<int16_t, int16_t>>(type);
    case arrow::Type::INT32: return of<FixedColumn<int32_t, int32_t>>(type);
    case arrow::Type::DATE32: return of<FixedColumn<duckdb::date_t, duckdb::date_t>>(type);
    case arrow::Type::INT64: return of<FixedColumn<int64_t, int64_t>>(type);
    case arrow::Type::TIMESTAMP:
      return of<FixedColumn<duckdb::timestamp_t, duckdb::timestamp_t>>(type);
    case arrow::Type::FLOAT: return of<FixedColumn<float, float>>(type);
    case arrow::Type::DOUBLE: return of<FixedColumn<double, double>>(type);
    case arrow::Type::BOOL: return of<BoolColumn>(type);
    case arrow::Type::DECIMAL128: return make_decimal(type, duck);
    default: return make_nested(type, duck);
  }
}

}  // namespace

BatchBuilder::~BatchBuilder() = default;

Result<std::unique_ptr<BatchBuilder>> BatchBuilder::make(std::shared_ptr<arrow::Schema> schema,
                                                         std::span<const duckdb::LogicalType> types,
                                                         int64_t expected_rows) {
  std::unique_ptr<BatchBuilder> builder(new BatchBuilder);
  if (static_cast<size_t>(schema->num_fields()) > types.size())
    return invalid("fewer columns than fields");
  for (int i = 0; i < schema->num_fields(); i++) {
    auto column = make_column(schema->field(i)->type(), types[static_cast<size_t>(i)]);
    builder->columns_.push_back(
        TRY(std::move(column).within("column " + schema->field(i)->name())));
    builder->columns_.back()->expect(expected_rows);
  }
  builder->schema_ = std::move(schema);
  return builder;
}

Status BatchBuilder::append(duckdb::DataChunk& chunk) {
  return append(chunk, *duckdb::FlatVector::IncrementalSelectionVector(), chunk.size());
}

Status BatchBuilder::append(duckdb::DataChunk& chunk, const SelectionVector& rows, idx_t count) {
  for (size_t i = 0; i < columns_.size(); i++)
    TRY(columns_[i]->append(chunk.data[i], chunk.size(), rows, count));
  num_rows_ += static_cast<int64_t>(count);
  return {};
}

Result<std::shared_ptr<arrow::RecordBatch>> BatchBuilder::finish() {
  std::vector<std::shared_ptr<arrow::ArrayData>> columns;
  for (auto& column : columns_) columns.push_back(TRY(column->finish()));
  return arrow::RecordBatch::Make(schema_, std::exchange(num_rows_, 0), std::move(columns));
}

}  // namespace foz::sql
