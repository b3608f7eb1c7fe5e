// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// SHOW STATS, by the rules of Trino's Delta Lake connector: what the files' statistics say. Rows of
// the tail are counted, and their NULLs; bounds are the files'.
// https://trino.io/docs/current/sql/show-stats.html

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "delta/column_mapping.h"
#include "sql/table_details_internal.h"
#include "sql/trino_operators_internal.h"

namespace foz::sql {

using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

namespace {

// Rows as the files hold them, those that are deleted too: what counts of NULLs count.
struct ColumnStats {
  std::optional<int64_t> nulls = 0;
  std::optional<Value> low, high;
  bool low_known = true, high_known = true;  // not, if a file with values does not tell
  std::set<std::optional<std::string>> partition_values;
};

struct Stats {
  int64_t stored_rows = 0;
  std::vector<ColumnStats> columns;
};

// Java's Double.toString and Float.toString.
template <class T>
std::string java_number(T value) {
  const T size = std::abs(value);
  if (size != 0 && (size < T(1e-3) || size >= T(1e7))) return trino_number(value);
  std::string text = fmt::format("{}", value);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

bool is_nan(const Value& value) {
  switch (value.type().id()) {
    case LogicalTypeId::FLOAT: return std::isnan(value.GetValue<float>());
    case LogicalTypeId::DOUBLE: return std::isnan(value.GetValue<double>());
    default: return false;
  }
}

// Bounds in Trino are numbers: those of texts are none.
Value bound_text(const std::optional<Value>& bound) {
  const Value none(LogicalType::VARCHAR);
  if (!bound || is_nan(*bound)) return none;
  switch (bound->type().id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::DATE: return Value(bound->ToString());
    case LogicalTypeId::FLOAT: return Value(java_number(bound->GetValue<float>()));
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL: return Value(java_number(bound->GetValue<double>()));
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ: {
      // Statistics have milliseconds.
      const int64_t micros = bound->GetValueUnsafe<int64_t>();
      const int64_t seconds = micros / 1000000 - (micros % 1000000 < 0 ? 1 : 0);
      const bool zoned = bound->type().id() == LogicalTypeId::TIMESTAMP_TZ;
      return Value(fmt::format("{}.{:03}{}",
                               duckdb::Timestamp::ToString(duckdb::timestamp_t(seconds * 1000000)),
                               (micros - seconds * 1000000) / 1000, zoned ? " UTC" : "000"));
    }
    default: return none;
  }
}

void add_bounds(ColumnStats& column, const delta::ColumnBounds& bounds, int64_t rows,
                const LogicalType& type) {
  if (bounds.null_count == rows) return;
  const auto low = bound_value(bounds.min_json, type), high = bound_value(bounds.max_json, type);
  if (!low) column.low_known = false;
  if (!high) column.high_known = false;
  if (low && (!column.low || *low < *column.low)) column.low = low;
  if (high && (!column.high || *high > *column.high)) column.high = high;
}

// False when the file does not say how many rows it has: then nothing is known.
bool add_file(Stats& stats, const LakeScan& scan, const delta::AddFile& file) {
  const auto known = delta::parse_statistics(*scan.snapshot, file);
  if (!known || !known->rows) return false;
  stats.stored_rows += *known->rows;
  for (size_t i = 0; i < scan.names.size(); ++i) {
    ColumnStats& column = stats.columns[i];
    if (!scan.partition_keys[i].empty()) {
      auto text = delta::partition_text(file, scan.partition_keys[i], scan.names[i]);
      if (text) {
        column.partition_values.insert(std::move(text));
      } else if (column.nulls) {
        *column.nulls += *known->rows;
      }
      continue;
    }
    const auto bounds = known->columns.find(scan.names[i]);
    if (bounds == known->columns.end() || !bounds->second.null_count)
      column.nulls.reset();
    else if (column.nulls)
      *column.nulls += *bounds->second.null_count;
    add_bounds(column, bounds == known->columns.end() ? delta::ColumnBounds() : bounds->second,
               *known->rows, scan.types[i]);
  }
  return true;
}

void add_tail(Stats& stats, const LakeScan& scan, const arrow::RecordBatch& rows) {
  stats.stored_rows += rows.num_rows();
  for (size_t i = 0; i < scan.names.size(); ++i) {
    const auto column = rows.GetColumnByName(scan.names[i]);
    if (stats.columns[i].nulls)
      *stats.columns[i].nulls += column ? column->null_count() : rows.num_rows();
  }
}

}  // namespace

TableDetails stats_of(const table::TableView& view, std::shared_ptr<LakeServices> services) {
  const LogicalType text = LogicalType::VARCHAR, number = LogicalType::DOUBLE;
  SystemRows rows;
  const auto scan = make_scan(std::move(services), view, view.snapshot, true);
  const auto row_count = scan->row_count();
  bool known = row_count.has_value();
  Stats stats;
  stats.columns.resize(scan->names.size());
  scan->snapshot->each_file([&](const std::shared_ptr<const delta::AddFile>& file) {
    known = known && add_file(stats, *scan, *file);
    return known;
  });
  for (const auto& tail : {view.sealed, view.open}) {
    if (!tail) continue;
    for (const auto& batch : tail->batches) add_tail(stats, *scan, *batch.rows);
  }
  const auto as_double = [](auto value) { return Value::DOUBLE(static_cast<double>(value)); };
  const Value unknown(number), none(text);
  const bool empty = known && *row_count == 0;
  for (size_t i = 0; i < scan->names.size(); ++i) {
    const ColumnStats& column = stats.columns[i];
    const std::string name = delta::lower_case(scan->names[i]);
    if (empty) {
      rows.push_back({Value(name), as_double(0), as_double(0), as_double(1), unknown, none, none});
      continue;
    }
    if (!known) {
      rows.push_back({Value(name), unknown, unknown, unknown, unknown, none, none});
      continue;
    }
    const bool partition = !scan->partition_keys[i].empty();
    rows.push_back({Value(name), unknown,
                    partition ? as_double(column.partition_values.size()) : unknown,
                    column.nulls ? Value::DOUBLE(static_cast<double>(*column.nulls) /
                                                 static_cast<double>(stats.stored_rows))
                                 : unknown,
                    unknown, column.low_known ? bound_text(column.low) : none,
                    column.high_known ? bound_text(column.high) : none});
  }
  rows.push_back(
      {none, unknown, unknown, unknown, known ? as_double(*row_count) : unknown, none, none});
  return {{{"column_name", text},
           {"data_size", number},
           {"distinct_values_count", number},
           {"nulls_fraction", number},
           {"row_count", number},
           {"low_value", text},
           {"high_value", text}},
          rows_at_hand(std::move(rows))};
}

}  // namespace foz::sql
