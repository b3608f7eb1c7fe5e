// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_list_internal.h"

#include <cmath>

#include "duckdb/function/create_sort_key.hpp"
#include "sql/trino_kernel_internal.h"

namespace foz::sql {

using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::UnifiedVectorFormat;
using duckdb::Vector;

SortKeys::SortKeys(Vector& values, idx_t count)
    : type_(values.GetType().id()), keys_(LogicalType::BLOB, std::max<idx_t>(count, 1)) {
  values.Flatten(count);
  values.ToUnifiedFormat(count, values_);
  if (count == 0) return;
  duckdb::CreateSortKeyHelpers::CreateSortKey(
      values, count, {duckdb::OrderType::ASCENDING, duckdb::OrderByNullType::NULLS_LAST}, keys_);
  keys_.ToUnifiedFormat(count, key_format_);
}

std::string_view SortKeys::operator[](idx_t row) const {
  const auto& key =
      UnifiedVectorFormat::GetData<duckdb::string_t>(key_format_)[key_format_.sel->get_index(row)];
  return {key.GetData(), key.GetSize()};
}
bool SortKeys::is_null(idx_t row) const {
  return !values_.validity.RowIsValid(values_.sel->get_index(row));
}
bool SortKeys::is_nan(idx_t row) const {
  const idx_t at = values_.sel->get_index(row);
  if (type_ == duckdb::LogicalTypeId::DOUBLE)
    return std::isnan(UnifiedVectorFormat::GetData<double>(values_)[at]);
  if (type_ == duckdb::LogicalTypeId::FLOAT)
    return std::isnan(UnifiedVectorFormat::GetData<float>(values_)[at]);
  return false;
}

Lists::Lists(Vector& lists, idx_t rows)
    : elements_(duckdb::ListVector::GetEntry(lists)),
      size_(duckdb::ListVector::GetListSize(lists)) {
  lists.ToUnifiedFormat(rows, format_);
}
bool Lists::is_null(idx_t row) const {
  return !format_.validity.RowIsValid(format_.sel->get_index(row));
}
duckdb::list_entry_t Lists::at(idx_t row) const {
  return UnifiedVectorFormat::GetData<duckdb::list_entry_t>(format_)[format_.sel->get_index(row)];
}

ListPicker::ListPicker(Vector& result, Vector& elements) : result_(result), elements_(elements) {
  result_.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
}
void ListPicker::row(idx_t row, const std::vector<idx_t>& picked) {
  const idx_t offset = duckdb::ListVector::GetListSize(result_);
  duckdb::SelectionVector places(std::max<idx_t>(picked.size(), 1));
  for (idx_t i = 0; i < picked.size(); ++i) places.set_index(i, picked[i]);
  duckdb::ListVector::Append(result_, elements_, places, picked.size(), 0);
  duckdb::FlatVector::GetData<duckdb::list_entry_t>(result_)[row] = {offset, picked.size()};
}

namespace {

constexpr size_t kMostBytes = 64 << 20;

void join(duckdb::DataChunk& input, duckdb::ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists lists(input.data[0], rows);
  UnifiedVectorFormat texts, separators, absents;
  lists.elements().ToUnifiedFormat(lists.size(), texts);
  input.data[1].ToUnifiedFormat(rows, separators);
  const bool writes_null = input.ColumnCount() == 3;
  if (writes_null) input.data[2].ToUnifiedFormat(rows, absents);
  const auto text_at = [](const UnifiedVectorFormat& format, idx_t row) {
    const auto& text =
        UnifiedVectorFormat::GetData<duckdb::string_t>(format)[format.sel->get_index(row)];
    return std::string_view(text.GetData(), text.GetSize());
  };
  const auto is_null = [](const UnifiedVectorFormat& format, idx_t row) {
    return !format.validity.RowIsValid(format.sel->get_index(row));
  };
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (lists.is_null(row) || is_null(separators, row) || (writes_null && is_null(absents, row))) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    std::string out;
    bool first = true;
    const auto entry = lists.at(row);
    for (idx_t i = entry.offset; i < entry.offset + entry.length; ++i) {
      const bool null = is_null(texts, i);
      if (null && !writes_null) continue;
      if (!first) out += text_at(separators, row);
      out += null ? text_at(absents, row) : text_at(texts, i);
      if (out.size() > kMostBytes)
        throw duckdb::OutOfMemoryException("the joined text is too long");
      first = false;
    }
    kernels::write(result, row, std::move(out));
  }
}

}  // namespace

BoundExpression join_texts(duckdb::ClientContext& context, BoundExpression texts,
                           BoundExpression separator, BoundExpression absent) {
  Arguments arguments = list_of(
      as(context, std::move(texts), LogicalType::LIST(LogicalType::VARCHAR)), std::move(separator));
  if (absent) arguments.push_back(std::move(absent));
  auto function = kernel_function("join_texts", arguments, LogicalType::VARCHAR, join);
  return call(context, std::move(function), std::move(arguments));
}

}  // namespace foz::sql
