// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/row_checks_internal.h"

#include <arrow/array.h>
#include <arrow/array/util.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <fmt/format.h>

#include "delta/types.h"
#include "delta/variant.h"
#include "sql/spark_text.h"

namespace foz::sql {

namespace {

constexpr int64_t kMemory = 256LL << 20;

std::string spark_type(const delta::DataType& type);

std::string spark_fields(const std::vector<delta::Field>& fields) {
  std::string out;
  for (const auto& field : fields)
    out += fmt::format("{}`{}`: {}", out.empty() ? "" : ", ", field.name, spark_type(field.type));
  return out;
}

std::string spark_type(const delta::DataType& type) {
  switch (type.kind) {
    case delta::TypeKind::kDecimal:
      return fmt::format("DECIMAL({},{})", type.precision, type.scale);
    case delta::TypeKind::kArray: return "ARRAY<" + spark_type(*type.element) + ">";
    case delta::TypeKind::kMap:
      return "MAP<" + spark_type(*type.key) + ", " + spark_type(*type.element) + ">";
    case delta::TypeKind::kStruct: return "STRUCT<" + spark_fields(type.fields) + ">";
    case delta::TypeKind::kVoid:
    case delta::TypeKind::kVariant: return "STRING";
    default: return std::string(spark::type_name(type.kind));
  }
}

}  // namespace

Result<std::vector<std::shared_ptr<arrow::Array>>> SparkRowChecker::evaluate(
    const std::vector<delta::RowExpression>& expressions,
    const std::shared_ptr<arrow::RecordBatch>& rows) const {
  std::lock_guard lock(mutex_);
  if (!engine_) engine_ = TRY(FlowEngine::make(kMemory));
  FlowText text;
  for (const auto& expression : expressions) {
    text.select +=
        fmt::format("{} CAST(({}) AS {}) AS `c{}`", text.select.empty() ? "SELECT" : ",",
                    expression.sql, spark_type(expression.type), &expression - expressions.data());
  }
  text.select += " FROM STREAM t.rows";
  // Expressions about variants are refused; the others do without them.
  arrow::FieldVector fields;
  arrow::ArrayVector columns;
  for (int i = 0; i < rows->num_columns(); ++i) {
    if (delta::holds_variants(*rows->column(i)->type())) continue;
    fields.push_back(rows->schema()->field(i));
    columns.push_back(rows->column(i));
  }
  const auto known = arrow::RecordBatch::Make(arrow::schema(fields), rows->num_rows(), columns);
  const ResolveTable resolve = [&](std::string_view, std::string_view) {
    return std::optional(known->schema());
  };
  auto statement = engine_->prepare(text, resolve);
  if (!statement.has_value()) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("the table asks for {}, which cannot be evaluated: {}",
                             expressions.front().sql, statement.error().message));
  }
  const FlowOutput out = TRY((*statement)->run(known));
  if (!out.errors.empty()) {
    return invalid(fmt::format("row {}: {}", out.errors.front().row, out.errors.front().reason));
  }
  // An expression is text from the table, and may be more than one, or end the statement.
  if (out.rows->num_columns() != static_cast<int>(expressions.size()) ||
      out.rows->num_rows() != rows->num_rows()) {
    return Error(
        ErrorCode::kUnsupported,
        fmt::format("the table asks for {}, which is not an expression", expressions.front().sql));
  }
  return out.rows->columns();
}

}  // namespace foz::sql
