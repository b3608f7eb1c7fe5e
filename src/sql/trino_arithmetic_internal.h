// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include "sql/trino_call_internal.h"

namespace foz::sql {

// The operators + - * / %, as expression callbacks of functions of two arguments. TYPE_MISMATCH at
// the operator for operands that it does not have in Trino.
BoundExpression bind_plus(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_minus(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_multiply(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_divide(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_modulus(duckdb::FunctionBindExpressionInput& input);

// Comparisons; BETWEEN (value, low, high); IN (value, item, …). TYPE_MISMATCH likewise.
BoundExpression bind_equal(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_not_equal(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_less(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_less_or_equal(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_greater(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_greater_or_equal(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_between(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_in(duckdb::FunctionBindExpressionInput& input);

// CAST (value, NULL of the type).
BoundExpression bind_cast(duckdb::FunctionBindExpressionInput& input);
BoundExpression bind_try_cast(duckdb::FunctionBindExpressionInput& input);

// JSON of a value; text that is written down as JSON '…' is parsed instead.
BoundExpression cast_to_json(duckdb::ClientContext& context, BoundExpression value);

}  // namespace foz::sql
