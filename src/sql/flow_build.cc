// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/flow_build_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "sql/lake_types_internal.h"

namespace foz::sql {

using duckdb::Value;

namespace {

constexpr size_t kShownCharacters = 80;

int rank(const LogicalType& type) { return numeric_rank(type.id()); }

bool is_time(const LogicalType& type) {
  return type.id() == LogicalTypeId::DATE || type.id() == LogicalTypeId::TIMESTAMP ||
         type.id() == LogicalTypeId::TIMESTAMP_TZ;
}

LogicalType wider_decimal(const LogicalType& a, const LogicalType& b) {
  const LogicalType x = is_integral(a) ? decimal_for(a) : a,
                    y = is_integral(b) ? decimal_for(b) : b;
  const int px = duckdb::DecimalType::GetWidth(x), sx = duckdb::DecimalType::GetScale(x);
  const int py = duckdb::DecimalType::GetWidth(y), sy = duckdb::DecimalType::GetScale(y);
  const int whole = std::max(px - sx, py - sy);
  int scale = std::max(sx, sy);
  if (whole + scale > 38) scale = std::max(38 - whole, 0);
  return LogicalType::DECIMAL(static_cast<uint8_t>(std::min(whole + scale, 38)),
                              static_cast<uint8_t>(scale));
}

std::optional<LogicalType> common_of_string(const LogicalType& other) {
  if (is_integral(other)) return LogicalType(LogicalType::BIGINT);
  if (is_numeric(other)) return LogicalType(LogicalType::DOUBLE);
  if (is_time(other) || other.id() == LogicalTypeId::BOOLEAN) return other;
  return std::nullopt;
}

}  // namespace

std::vector<RowError> RowErrors::take() {
  std::ranges::sort(list_, {}, &RowError::row);
  return std::move(list_);
}

std::string shown(std::string_view text) {
  size_t end = 0;
  for (size_t characters = 0; end < text.size(); end++) {
    const bool starts = (static_cast<unsigned char>(text[end]) & 0xC0) != 0x80;
    if (starts && ++characters > kShownCharacters) break;
  }
  return fmt::format("'{}{}'", text.substr(0, end), end < text.size() ? "…" : "");
}

bool is_integral(const LogicalType& type) { return rank(type) >= 1 && rank(type) <= 4; }
bool is_numeric(const LogicalType& type) { return rank(type) != 0; }

LogicalType decimal_for(const LogicalType& integral) {
  static constexpr uint8_t kPrecision[] = {0, 3, 5, 10, 20};
  return LogicalType::DECIMAL(kPrecision[rank(integral)], 0);
}

Ex Build::constant(Value value) {
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(std::move(value));
}

Ex Build::column(size_t index, LogicalType type) {
  return duckdb::make_uniq<duckdb::BoundReferenceExpression>(std::move(type), index);
}

std::optional<Value> Build::value_of(const Ex& ex) {
  if (ex->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT) return std::nullopt;
  return ex->Cast<duckdb::BoundConstantExpression>().value;
}

Ex Build::fold(Ex ex) {
  if (!ex->IsFoldable()) return ex;
  Value value;
  if (!duckdb::ExpressionExecutor::TryEvaluateScalar(context_, *ex, value)) return ex;
  return constant(std::move(value));
}

Ex Build::call(std::string name, LogicalType out, Args args, Kernel kernel) {
  duckdb::vector<LogicalType> types;
  for (const auto& arg : args) types.push_back(arg->return_type);
  duckdb::ScalarFunction function(std::move(name), std::move(types), out, std::move(kernel));
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  return fold(duckdb::make_uniq<duckdb::BoundFunctionExpression>(
      std::move(out), std::move(function), std::move(args), nullptr));
}

Ex Build::checked(std::string name, LogicalType out, Args args, Kernel kernel) {
  duckdb::vector<LogicalType> types;
  bool constant_args = true;
  for (const auto& arg : args) {
    types.push_back(arg->return_type);
    constant_args = constant_args && arg->IsFoldable();
  }
  types.push_back(LogicalType::INTEGER);
  duckdb::ScalarFunction function(std::move(name), std::move(types), out, std::move(kernel));
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  function.SetFallible();
  args.push_back(constant_args ? constant(Value::INTEGER(0)) : column(0, LogicalType::INTEGER));
  auto ex = duckdb::make_uniq<duckdb::BoundFunctionExpression>(std::move(out), std::move(function),
                                                               std::move(args), nullptr);
  if (!constant_args) return ex;
  errors_.begin(1);
  Ex folded = fold(ex->Copy());
  if (errors_.empty()) return folded;
  ex->children.back() = column(0, LogicalType::INTEGER);  // it fails every row that comes to it
  return ex;
}

Ex Build::builtin(Span span, const std::string& name, Args args, const LogicalType& of_null) {
  duckdb::ErrorData error;
  duckdb::FunctionBinder binder(context_);
  auto ex = binder.BindScalarFunction(DEFAULT_SCHEMA, name, std::move(args), error);
  if (!ex) refuse(span, error.RawMessage());
  if (ex->return_type.id() == LogicalTypeId::SQLNULL) return constant(Value(of_null));
  return fold(std::move(ex));
}

Ex Build::field(Span span, Ex record, const std::string& name) {
  if (record->return_type.id() != LogicalTypeId::STRUCT) {
    refuse(span, fmt::format("{} is a {} and has no field {}", record->GetName(),
                             spark_name(record->return_type), name));
  }
  const auto& fields = duckdb::StructType::GetChildTypes(record->return_type);
  for (size_t i = 0; i < fields.size(); i++) {
    if (!duckdb::StringUtil::CIEquals(fields[i].first, name)) continue;
    const LogicalType type = fields[i].second;
    Args args;
    args.push_back(std::move(record));
    args.push_back(constant(Value::BIGINT(static_cast<int64_t>(i) + 1)));
    return builtin(span, "struct_extract_at", std::move(args), type);
  }
  refuse(span, fmt::format("there is no field {} in {}", name, spark_name(record->return_type)));
}

Ex Build::if_else(Ex condition, Ex then, Ex otherwise) {
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(std::move(condition), std::move(then),
                                                        std::move(otherwise));
}

// AnsiTypeCoercion.findTightestCommonType, findWiderTypeForDecimal and findWiderTypeForString.
std::optional<LogicalType> Build::common_type(const LogicalType& a, const LogicalType& b) {
  if (a == b) return a;
  if (a.id() == LogicalTypeId::SQLNULL) return b;
  if (b.id() == LogicalTypeId::SQLNULL) return a;
  if (is_numeric(a) && is_numeric(b)) {
    const LogicalType& wide = rank(a) >= rank(b) ? a : b;
    if (wide.id() == LogicalTypeId::DECIMAL) return wider_decimal(a, b);
    return wide.id() == LogicalTypeId::FLOAT ? LogicalType(LogicalType::DOUBLE) : wide;
  }
  if (is_time(a) && is_time(b)) {
    const bool zoned =
        a.id() == LogicalTypeId::TIMESTAMP_TZ || b.id() == LogicalTypeId::TIMESTAMP_TZ;
    return zoned ? LogicalType(LogicalType::TIMESTAMP_TZ) : LogicalType(LogicalType::TIMESTAMP);
  }
  if (a.id() == LogicalTypeId::VARCHAR) return common_of_string(b);
  if (b.id() == LogicalTypeId::VARCHAR) return common_of_string(a);
  if (a.id() == LogicalTypeId::LIST && b.id() == LogicalTypeId::LIST) {
    auto element =
        common_type(duckdb::ListType::GetChildType(a), duckdb::ListType::GetChildType(b));
    return element ? std::optional(LogicalType::LIST(*element)) : std::nullopt;
  }
  return std::nullopt;
}

LogicalType Build::unify(Span span, std::span<Ex*> args) {
  LogicalType type = LogicalType::SQLNULL;
  for (const Ex* arg : args) {
    auto common = common_type(type, (*arg)->return_type);
    if (!common) {
      refuse(span, fmt::format("{} and {} have no common type: cast one of them", spark_name(type),
                               spark_name((*arg)->return_type)));
    }
    type = *common;
  }
  for (Ex* arg : args) *arg = cast(span, std::move(*arg), type, OnError::kNote);
  return type;
}

LogicalType Build::unify(Span span, Args& args, size_t begin) {
  std::vector<Ex*> list;
  for (size_t i = begin; i < args.size(); i++) list.push_back(&args[i]);
  return unify(span, list);
}

Ex Build::implicit(Span span, Ex ex, const LogicalType& target) {
  const LogicalType& from = ex->return_type;
  if (from == target) return ex;
  const auto common = common_type(from, target);
  const bool to_string =
      target.id() == LogicalTypeId::VARCHAR && !from.IsNested() && from.id() != LogicalTypeId::BLOB;
  const bool narrows =
      is_integral(from) && is_integral(target);  // Spark casts arguments to what the function takes
  const bool of_string =
      from.id() == LogicalTypeId::VARCHAR && (is_numeric(target) || is_time(target));
  if (common == target || to_string || narrows || of_string ||
      from.id() == LogicalTypeId::SQLNULL) {
    return cast(span, std::move(ex), target, OnError::kNote);
  }
  if (is_numeric(from) && target.id() == LogicalTypeId::DOUBLE)
    return cast(span, std::move(ex), target, OnError::kNote);
  if (from.id() == LogicalTypeId::DATE && target.id() == LogicalTypeId::TIMESTAMP_TZ) {
    return cast(span, std::move(ex), target, OnError::kNote);
  }
  refuse(span, fmt::format("expected a {}, found a {}", spark_name(target), spark_name(from)));
}

}  // namespace foz::sql
