// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Errors of the lake as DuckDB's exceptions.
#pragma once

#include "base/result.h"
#include "duckdb.hpp"

namespace foz::sql {

template <class T>
T or_throw(Result<T> result) {
  if (!result) throw duckdb::IOException("%s", result.error().message());
  return std::move(*result);
}

}  // namespace foz::sql
