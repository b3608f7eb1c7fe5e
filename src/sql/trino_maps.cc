// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/map.html, and what aggregates of maps are made of.

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "sql/trino_kernel_internal.h"
#include "sql/trino_list_internal.h"
#include "sql/trino_themes_internal.h"

namespace foz::sql {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::Vector;

namespace {

using Places = std::vector<idx_t>;

// The places of the keys' first occurrences, or with each all places of its key; not of NULL.
std::vector<Places> groups_of(const SortKeys& keys, duckdb::list_entry_t list) {
  std::vector<Places> groups;
  std::unordered_map<std::string_view, size_t> known;
  for (idx_t i = list.offset; i < list.offset + list.length; ++i) {
    if (keys.is_null(i)) continue;
    const auto [at, added] = known.emplace(keys[i], groups.size());
    if (added) groups.emplace_back();
    groups[at->second].push_back(i);
  }
  return groups;
}

// (keys, keys or values): of each different key the first one, or its first value.
void first_of_each(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists keys(input.data[0], rows), values(input.data[1], rows);
  const SortKeys sort_keys(keys.elements(), keys.size());
  ListPicker picker(result, values.elements());
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (keys.is_null(row) || values.is_null(row)) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    const auto list = keys.at(row), value_list = values.at(row);
    Places picked;
    for (const Places& group : groups_of(sort_keys, list)) {
      const idx_t at = group.front() - list.offset;
      if (at < value_list.length) picked.push_back(value_list.offset + at);
    }
    picker.row(row, picked);
  }
}

// (keys, values): of each different key all values.
void all_of_each(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists keys(input.data[0], rows), values(input.data[1], rows);
  const SortKeys sort_keys(keys.elements(), keys.size());
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    if (keys.is_null(row) || values.is_null(row)) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    const auto list = keys.at(row), value_list = values.at(row);
    const auto groups = groups_of(sort_keys, list);
    const idx_t offset = duckdb::ListVector::GetListSize(result);
    duckdb::ListVector::Reserve(result, offset + groups.size());
    ListPicker inner(duckdb::ListVector::GetEntry(result), values.elements());
    for (idx_t i = 0; i < groups.size(); ++i) {
      Places picked;
      for (const idx_t place : groups[i]) {
        if (place - list.offset < value_list.length)
          picked.push_back(value_list.offset + place - list.offset);
      }
      inner.row(offset + i, picked);
    }
    duckdb::ListVector::SetListSize(result, offset + groups.size());
    duckdb::FlatVector::GetData<duckdb::list_entry_t>(result)[row] = {offset, groups.size()};
  }
}

BoundExpression list_call(TrinoCall& made, const char* name, duckdb::scalar_function_t execute,
                          LogicalType type, Arguments arguments) {
  auto function = kernel_function(name, arguments, std::move(type), std::move(execute));
  return call(made.context, std::move(function), std::move(arguments));
}

// The map of keys and values where keys may stand more than once.
BoundExpression map_of(TrinoCall& made, BoundExpression keys, BoundExpression values, bool all) {
  const LogicalType key_type = keys->return_type, value_type = values->return_type;
  auto unique = list_call(made, "first_of_each", first_of_each, key_type,
                          list_of(keys->Copy(), keys->Copy()));
  auto arguments = list_of(std::move(keys), std::move(values));
  auto picked =
      all ? list_call(made, "all_of_each", all_of_each, LogicalType::LIST(value_type),
                      std::move(arguments))
          : list_call(made, "first_of_each", first_of_each, value_type, std::move(arguments));
  return call(made.context, "map", list_of(std::move(unique), std::move(picked)));
}

BoundExpression unique_map(TrinoCall& made) {
  return map_of(made, std::move(made[0]), std::move(made[1]), false);
}
BoundExpression multimap(TrinoCall& made) {
  return map_of(made, std::move(made[0]), std::move(made[1]), true);
}

// (counts, values, n): the values with the n largest counts.
void largest(DataChunk& input, ExpressionState& state, Vector& result) {
  const idx_t rows = input.size();
  const Lists counts(input.data[0], rows), values(input.data[1], rows);
  duckdb::UnifiedVectorFormat numbers, wanted;
  counts.elements().ToUnifiedFormat(counts.size(), numbers);
  input.data[2].ToUnifiedFormat(rows, wanted);
  const auto count_at = [&](idx_t i) {
    return duckdb::UnifiedVectorFormat::GetData<int64_t>(numbers)[numbers.sel->get_index(i)];
  };
  ListPicker picker(result, values.elements());
  for (idx_t row = 0; row < rows; ++row) {
    kernels::check_interrupt(state);
    const idx_t at = wanted.sel->get_index(row);
    if (counts.is_null(row) || values.is_null(row) || !wanted.validity.RowIsValid(at)) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    const int64_t most = duckdb::UnifiedVectorFormat::GetData<int64_t>(wanted)[at];
    if (most < 2) invalid_argument("approx_most_frequent bucket count must be greater than one");
    const auto list = counts.at(row), value_list = values.at(row);
    Places order;
    for (idx_t i = 0; i < std::min(list.length, value_list.length); ++i) order.push_back(i);
    std::ranges::stable_sort(order, [&](idx_t a, idx_t b) {
      return count_at(list.offset + a) > count_at(list.offset + b);
    });
    order.resize(std::min<size_t>(order.size(), static_cast<size_t>(most)));
    for (idx_t& place : order) place += value_list.offset;
    picker.row(row, order);
  }
}

// (keys, counts, n)
BoundExpression most_frequent(TrinoCall& made) {
  const LogicalType key_type = made.type(0), count_type = made.type(1);
  auto keys = list_call(made, "largest_keys", largest, key_type,
                        list_of(made[1]->Copy(), std::move(made[0]), made[2]->Copy()));
  auto counts = list_call(made, "largest_counts", largest, count_type,
                          list_of(made[1]->Copy(), made[1]->Copy(), std::move(made[2])));
  return call(made.context, "map", list_of(std::move(keys), std::move(counts)));
}

// The last map that has a key counts.
BoundExpression map_concat(TrinoCall& made) {
  BoundExpression keys, values;
  for (size_t i = made.size(); i-- > 0;) {
    auto more_keys = call(made.context, "map_keys", list_of(made[i]->Copy()));
    auto more_values = call(made.context, "map_values", list_of(std::move(made[i])));
    keys = keys ? call(made.context, "list_concat", list_of(std::move(keys), std::move(more_keys)))
                : std::move(more_keys);
    values = values ? call(made.context, "list_concat",
                           list_of(std::move(values), std::move(more_values)))
                    : std::move(more_values);
  }
  return map_of(made, std::move(keys), std::move(values), false);
}

constexpr TrinoFunction kFunctions[] = {
    {"$most_frequent", "array(K), array(bigint), bigint -> map(K, bigint)", most_frequent},
    {"map_concat", "map(K, V), map(K, V)... -> map(K, V)", map_concat},
    {"$multimap", "array(K), array(V) -> map(K, array(V))", multimap},
    {"$unique_map", "array(K), array(V) -> map(K, V)", unique_map},
};

}  // namespace

std::span<const TrinoFunction> map_functions() { return kFunctions; }

}  // namespace foz::sql
