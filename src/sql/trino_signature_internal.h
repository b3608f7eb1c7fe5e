// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Signatures of functions as text, and the conversions that Trino makes without being asked.
#pragma once

#include <optional>
#include <string_view>

#include "duckdb.hpp"

namespace foz::sql {

// Arguments that fit a signature.
struct SignatureMatch {
  int cost = 0;  // of the conversions: the least is the most specific
  duckdb::vector<duckdb::LogicalType> targets;  // of each argument
  duckdb::LogicalType result;                   // ANY: what the built expression has
};

// nullopt when the arguments do not fit.
std::optional<SignatureMatch> match_signature(std::string_view signature,
                                              const duckdb::vector<duckdb::LogicalType>& given);

// The steps from one type to a wider one; -1 when Trino does not convert.
int coercion_cost(const duckdb::LogicalType& from, const duckdb::LogicalType& to);

}  // namespace foz::sql
