// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Parquet files in an object store, opened for ranged reads.
#pragma once

#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/object_store.h"

namespace foz::delta {

// kCorrupt unless the failure came from the store, whose code is kept.
Error arrow_error(const arrow::Status& status);

// Runs `body` (which returns Status or Result) and gives what the Parquet library throws as an
// error.
template <class Body>
auto guard_parquet(Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const parquet::ParquetStatusException& error) {
    return arrow_error(error.status());
  } catch (const parquet::ParquetException& error) {
    return Error(ErrorCode::kCorrupt, error.what());
  } catch (const std::bad_alloc&) {
    return Error(ErrorCode::kOverloaded, "not enough memory to read Parquet");
  } catch (const std::exception& error) {
    return Error(ErrorCode::kCorrupt, error.what());
  }
}

struct OpenedParquet {
  std::unique_ptr<parquet::arrow::FileReader> reader;
  int64_t size;  // that the file has
};
// `size` as the log has it; a wrong one costs one more request. 0: unknown.
Result<OpenedParquet> open_parquet_sized(const store::ObjectStore& store, const std::string& path,
                                         int64_t size);
Result<std::unique_ptr<parquet::arrow::FileReader>> open_parquet(const store::ObjectStore& store,
                                                                 const std::string& path,
                                                                 int64_t size);

// Adds the leaf columns under a field.
void collect_leaves(const parquet::arrow::SchemaField& field, std::vector<int>& leaves);

}  // namespace foz::delta

// Unwraps an arrow::Result or arrow::Status as TRY does ours.
#define TRY_ARROW(expression) TRY(::foz::delta::from_arrow_result(expression))

namespace foz::delta {
template <class T>
Result<T> from_arrow_result(arrow::Result<T>&& result) {
  if (!result.ok()) return arrow_error(result.status());
  return std::move(result).ValueUnsafe();
}
inline Status from_arrow_result(const arrow::Status& status) {
  if (!status.ok()) return arrow_error(status);
  return {};
}
}  // namespace foz::delta
