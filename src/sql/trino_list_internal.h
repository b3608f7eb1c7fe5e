// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Arrays of any type, compared by their elements' sort keys.
#pragma once

#include <string_view>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "sql/trino_call_internal.h"

namespace foz::sql {

// Values of a vector as bytes that are equal, and ordered, as the values are; NULL is the last.
class SortKeys {
 public:
  SortKeys(duckdb::Vector& values, duckdb::idx_t count);
  std::string_view operator[](duckdb::idx_t row) const;
  bool is_null(duckdb::idx_t row) const;
  bool is_nan(duckdb::idx_t row) const;

 private:
  duckdb::LogicalTypeId type_;
  duckdb::Vector keys_;
  duckdb::UnifiedVectorFormat values_, key_format_;
};

// The arrays of a vector.
class Lists {
 public:
  Lists(duckdb::Vector& lists, duckdb::idx_t rows);
  bool is_null(duckdb::idx_t row) const;
  duckdb::list_entry_t at(duckdb::idx_t row) const;
  duckdb::Vector& elements() const { return elements_; }
  duckdb::idx_t size() const { return size_; }  // of all elements

 private:
  duckdb::UnifiedVectorFormat format_;
  duckdb::Vector& elements_;
  duckdb::idx_t size_;
};

// Writes arrays whose elements are taken from those of another vector.
class ListPicker {
 public:
  ListPicker(duckdb::Vector& result, duckdb::Vector& elements);
  // The elements of one row, by their places.
  void row(duckdb::idx_t row, const std::vector<duckdb::idx_t>& picked);

 private:
  duckdb::Vector& result_;
  duckdb::Vector& elements_;
};

// Of two arrays.
BoundExpression concat_arrays(duckdb::ClientContext& context, Arguments arrays);

// texts joined; NULL elements are left out, or written as `absent` when that is no nullptr.
BoundExpression join_texts(duckdb::ClientContext& context, BoundExpression texts,
                           BoundExpression separator, BoundExpression absent);

}  // namespace foz::sql
