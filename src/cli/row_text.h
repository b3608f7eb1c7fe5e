// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Rows as JSON lines and CSV.
//
// JSON: integers and finite floats are numbers, decimals strings, dates "2013-01-31", timestamps
// "2013-01-31T05:15:00.000000Z" (without Z when they have no time zone), binary base64, structs
// objects, lists arrays, maps arrays of {"key", "value"}. CSV (RFC 4180): the same scalars without
// quotes where none are needed, nested values as JSON, null as nothing and an empty string as "".
#pragma once

#include <cstdint>
#include <string>

namespace arrow {
class Array;
class RecordBatch;
class Schema;
}  // namespace arrow

namespace foz::cli {

void append_json_value(std::string& out, const arrow::Array& array, int64_t row);
void append_json_rows(std::string& out, const arrow::RecordBatch& batch);
void append_csv_header(std::string& out, const arrow::Schema& schema);
void append_csv_rows(std::string& out, const arrow::RecordBatch& batch);

}  // namespace foz::cli
