// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// File pruning: a file's Delta statistics become DuckDB's, and DuckDB's filters judge them.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics

#include <algorithm>
#include <limits>

#include "duckdb/common/enums/filter_propagate_result.hpp"
#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/planner/filter/expression_filter.hpp"
#include "duckdb/planner/table_filter.hpp"
#include "duckdb/storage/statistics/base_statistics.hpp"
#include "duckdb/storage/statistics/numeric_stats.hpp"
#include "duckdb/storage/statistics/string_stats.hpp"
#include "sql/lake_scan_internal.h"

namespace foz::sql {

using duckdb::BaseStatistics;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::Value;

namespace {

// The text of a JSON string without escapes; nullopt for one with escapes, which is then not used
// for pruning.
std::optional<std::string> plain_text(const std::string& json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return std::nullopt;
  if (json.find('\\') != std::string::npos) return std::nullopt;
  return json.substr(1, json.size() - 2);
}

}  // namespace

std::optional<Value> bound_value(const std::optional<std::string>& json, const LogicalType& type) {
  if (!json) return std::nullopt;
  const bool quoted = !json->empty() && json->front() == '"';
  std::optional<std::string> text = quoted ? plain_text(*json) : std::optional(*json);
  if (!text) return std::nullopt;
  if (type.id() == LogicalTypeId::VARCHAR)
    return quoted ? std::optional(Value(*text)) : std::nullopt;
  Value value;
  std::string error;
  if (!Value(*text).DefaultTryCastAs(type, value, &error, true) || value.IsNull())
    return std::nullopt;
  return value;
}

std::optional<Value> partition_value(const std::optional<std::string>& text,
                                     const LogicalType& type) {
  // The protocol stores the empty string as null, for strings too.
  if (!text || text->empty()) return Value(type);
  if (type.id() == LogicalTypeId::BLOB) return Value::BLOB_RAW(*text);
  Value value;
  std::string error;
  if (!Value(*text).DefaultTryCastAs(type, value, &error)) return std::nullopt;
  return value;
}

namespace {

bool has_bounds(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT:
    case LogicalTypeId::SMALLINT:
    case LogicalTypeId::INTEGER:
    case LogicalTypeId::BIGINT:
    case LogicalTypeId::FLOAT:
    case LogicalTypeId::DOUBLE:
    case LogicalTypeId::DECIMAL:
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
    case LogicalTypeId::VARCHAR: return true;
    default: return false;
  }
}

void set_bounds(BaseStatistics& statistics, const Value& min, Value max) {
  const LogicalType& type = statistics.GetType();
  if (type.id() == LogicalTypeId::VARCHAR) {
    // The empty statistics begin with min above max; each update widens them.
    statistics = duckdb::StringStats::CreateEmpty(type);
    duckdb::StringStats::Update(statistics, duckdb::string_t(duckdb::StringValue::Get(min)));
    duckdb::StringStats::Update(statistics, duckdb::string_t(duckdb::StringValue::Get(max)));
    duckdb::StringStats::SetContainsUnicode(statistics);
    duckdb::StringStats::ResetMaxStringLength(statistics);
    return;
  }
  // Writers leave NaN out of the bounds, and for DuckDB it is the greatest value.
  if (type.id() == LogicalTypeId::FLOAT)
    max = Value::FLOAT(std::numeric_limits<float>::quiet_NaN());
  if (type.id() == LogicalTypeId::DOUBLE)
    max = Value::DOUBLE(std::numeric_limits<double>::quiet_NaN());
  duckdb::NumericStats::SetMin(statistics, min);
  duckdb::NumericStats::SetMax(statistics, max);
}

BaseStatistics column_statistics(const delta::FileStatistics& file,
                                 const delta::ColumnBounds& bounds, const LogicalType& type) {
  BaseStatistics statistics = BaseStatistics::CreateUnknown(type);
  if (has_bounds(type)) {
    const auto min = bound_value(bounds.min_json, type), max = bound_value(bounds.max_json, type);
    if (min && max) set_bounds(statistics, *min, *max);
  }
  if (bounds.null_count && *bounds.null_count == 0) {
    statistics.Set(duckdb::StatsInfo::CANNOT_HAVE_NULL_VALUES);
  } else {
    statistics.Set(duckdb::StatsInfo::CAN_HAVE_NULL_VALUES);
  }
  if (bounds.null_count && file.rows && *bounds.null_count == *file.rows) {
    statistics.Set(duckdb::StatsInfo::CANNOT_HAVE_VALID_VALUES);
  } else {
    statistics.Set(duckdb::StatsInfo::CAN_HAVE_VALID_VALUES);
  }
  return statistics;
}

// What DuckDB pushes as an expression, about which its filters know nothing: a test for NULL or
// against it; INVALID for other filters.
duckdb::ExpressionType null_test(const duckdb::TableFilter& filter) {
  using duckdb::ExpressionType;
  if (filter.filter_type != duckdb::TableFilterType::EXPRESSION_FILTER)
    return ExpressionType::INVALID;
  const auto& expression = *filter.Cast<duckdb::ExpressionFilter>().expr;
  const ExpressionType test = expression.GetExpressionType();
  if (test != ExpressionType::OPERATOR_IS_NULL && test != ExpressionType::OPERATOR_IS_NOT_NULL)
    return ExpressionType::INVALID;
  const auto& operand = *expression.Cast<duckdb::BoundOperatorExpression>().children[0];
  return operand.GetExpressionClass() == duckdb::ExpressionClass::BOUND_REF
             ? test
             : ExpressionType::INVALID;
}

bool may_pass(const duckdb::TableFilter& filter, BaseStatistics known) {
  const duckdb::ExpressionType test = null_test(filter);
  if (test == duckdb::ExpressionType::OPERATOR_IS_NULL && !known.CanHaveNull()) return false;
  if (test == duckdb::ExpressionType::OPERATOR_IS_NOT_NULL && !known.CanHaveNoNull()) return false;
  return filter.CheckStatistics(known) != duckdb::FilterPropagateResult::FILTER_ALWAYS_FALSE;
}

}  // namespace

bool may_match(duckdb::ClientContext& context, const LakeScan& scan, const ScanPart& part,
               const duckdb::vector<duckdb::column_t>& column_ids,
               const duckdb::TableFilterSet& filters) {
  return std::ranges::all_of(filters.filters, [&](const auto& each) {
    const auto column = column_ids[each.first];
    if (column < scan.types.size()) return true;
    const auto value = scan.value_of_part(part, column);
    if (!value) return true;
    const auto test = each.second->ToExpression(duckdb::BoundConstantExpression(*value));
    Value passes;
    return !duckdb::ExpressionExecutor::TryEvaluateScalar(context, *test, passes) ||
           (!passes.IsNull() && passes.GetValue<bool>());
  });
}

bool may_match(const LakeScan& scan, const delta::FileStatistics& rows, size_t column,
               const duckdb::TableFilter& filter) {
  if (scan.types[column].IsNested()) return true;
  const auto bounds = rows.columns.find(scan.names[column]);
  return bounds == rows.columns.end() ||
         may_pass(filter, column_statistics(rows, bounds->second, scan.types[column]));
}

delta::ScanFilter pushed_filter(const LakeScan& scan,
                                const duckdb::vector<duckdb::column_t>& column_ids,
                                const duckdb::TableFilterSet& filters) {
  delta::ScanFilter out;
  std::vector<std::pair<size_t, const duckdb::TableFilter*>> bounded;
  for (const auto& [position, filter] : filters.filters) {
    const auto column = column_ids[position];
    if (column >= scan.types.size()) continue;  // virtual
    if (scan.partition_keys[column].empty()) {
      bounded.emplace_back(column, filter.get());
      out.columns.push_back(scan.names[column]);
      continue;
    }
    const LogicalType& type = scan.types[column];
    out.partitions.push_back(
        {scan.names[column],
         [&type, filter = filter.get()](const std::optional<std::string>& text) {
           const auto value = partition_value(text, type);
           // What cannot be read fails the query only when its file is.
           return !value || may_pass(*filter, BaseStatistics::FromConstant(*value));
         }});
  }
  if (bounded.empty()) return out;
  out.wants = [&scan, bounded = std::move(bounded)](const delta::FileStatistics& file) {
    return std::ranges::all_of(
        bounded, [&](const auto& each) { return may_match(scan, file, each.first, *each.second); });
  };
  return out;
}

}  // namespace foz::sql
