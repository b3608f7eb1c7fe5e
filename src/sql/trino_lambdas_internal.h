// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "duckdb.hpp"
#include "duckdb/parser/parsed_expression.hpp"

namespace foz::sql {

// Functions with lambda expressions that DuckDB does not have: the call becomes one of
// list_transform, list_filter or list_reduce. False when it is none of them, or not called as they
// are. Arguments that are needed more than once are copied: `left` says how many bytes of their
// text may still be, QUERY_TEXT_TOO_LARGE is thrown beyond.
bool rewrite_lambda_call(duckdb::unique_ptr<duckdb::ParsedExpression>& at, std::string_view name,
                         size_t& left);

// Whether it is one of them.
bool takes_lambda(std::string_view name);

// array_sort with a comparator.
inline constexpr char kSortBy[] = "$sort_by";

// Those of them that run here. In a transaction that writes.
void create_lambda_functions(duckdb::ClientContext& context, duckdb::Catalog& catalog);

}  // namespace foz::sql
