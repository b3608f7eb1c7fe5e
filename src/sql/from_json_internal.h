// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// from_json: JSON text into the rows of a STRUCT vector, one pass a value, as Spark's JacksonParser
// in PERMISSIVE mode: malformed text gives NULL in every field, a field of the wrong type NULL in
// that field alone. Field names are matched with case; of duplicate keys the last wins.
#pragma once

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/vector.hpp"

namespace foz::sql {

class JsonReader {
 public:
  enum class Outcome { kRead, kPartial, kMalformed };

  // `corrupt_field` names the field that gets the text of what is not kRead; it may be absent from
  // `type`.
  JsonReader(const duckdb::LogicalType& type, std::string_view corrupt_field);

  // Makes the first `count` rows of `out` valid structs of NULLs.
  void begin(duckdb::Vector& out, duckdb::idx_t count) const;
  // Fills one row. Text is copied, so that it needs no padding.
  Outcome read(std::string_view text, duckdb::Vector& out, duckdb::idx_t row);

  struct Node {
    duckdb::LogicalType type;
    duckdb::LogicalTypeId id;
    std::vector<std::string> names;  // of a struct
    std::vector<Node> children;      // of a struct; element of a list; key and value of a map
    size_t guess = 0;                // the field expected next: keys come in the same order, mostly
    uint8_t precision = 0, scale = 0;
  };

 private:
  using Value = simdjson::ondemand::value;
  // What became of a value: written; written with NULLs in it; nothing, for its type is wrong (a
  // part of an array or map that is nothing makes the whole nothing). Malformed text throws
  // simdjson_error.
  enum class Fit { kWhole, kPart, kNone };
  Fit read_value(Node& node, Value value, duckdb::Vector& out, duckdb::idx_t row);
  Fit read_object(Node& node, simdjson::ondemand::object object, duckdb::Vector& out,
                  duckdb::idx_t row);
  Fit read_list(Node& node, Value value, duckdb::Vector& out, duckdb::idx_t row);
  Fit read_map(Node& node, Value value, duckdb::Vector& out, duckdb::idx_t row);
  bool read_scalar(Node& node, Value value, duckdb::Vector& out, duckdb::idx_t row);
  bool read_string(Value value, duckdb::Vector& out, duckdb::idx_t row);
  bool read_number(Node& node, Value value, duckdb::Vector& out, duckdb::idx_t row);
  bool read_time(Node& node, Value value, duckdb::Vector& out, duckdb::idx_t row);

  Node root_;
  int corrupt_ = -1;
  simdjson::ondemand::parser parser_;
  std::string buffer_;
};

}  // namespace foz::sql
