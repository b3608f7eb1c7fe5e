// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A query's rows as Arrow record batches of a bounded size.
#pragma once

#include <arrow/record_batch.h>

#include <functional>
#include <memory>
#include <vector>

#include "duckdb.hpp"

namespace foz::sql {

// Adds to each of the first rows what it takes. Flattens the vector.
void add_bytes(duckdb::Vector& vector, std::vector<size_t>& bytes);

// Pulls all rows of `result`, cast to `types`, and gives them on in batches of about a page; until
// `deliver` says false. Throws DuckDB's exceptions and QueryError.
using DeliverBatch = std::function<bool(std::shared_ptr<arrow::RecordBatch>)>;
void pull_batches(duckdb::ClientContext& context, duckdb::QueryResult& result,
                  const duckdb::vector<duckdb::LogicalType>& types,
                  const std::shared_ptr<arrow::Schema>& schema, const DeliverBatch& deliver);

}  // namespace foz::sql
