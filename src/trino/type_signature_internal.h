// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Trino's type names, taken apart: for a column's typeSignature, and to know how its values are
// written.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_writer.h"
#include "base/result.h"

namespace foz::trino {

struct Type {
  std::string base;                 // "bigint", "timestamp with time zone", "row" …
  std::vector<int64_t> numbers;     // of decimal, varchar, char, time and timestamp
  std::vector<Type> arguments;      // of array, map and row
  std::vector<std::string> fields;  // of row: names, "" for a field without one

  bool has_precision_of_time() const { return base.starts_with("time"); }
};

// "row(\"a b\" bigint, c array(varchar))"; kInvalid names what was expected.
Result<Type> parse_type(std::string_view text);

// As the client is told: names of fields in quotes only where they need them, intervals in
// capitals. Without `parametric_datetime` times have no precision, and three digits.
std::string to_string(const Type& type, bool parametric_datetime);
void write_signature(JsonWriter& json, const Type& type, bool parametric_datetime);

}  // namespace foz::trino
