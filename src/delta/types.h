// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Delta's words: version, data types, schema.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#schema-serialization-format
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/named_type.h"
#include "base/result.h"

namespace arrow {
class Schema;
class DataType;
}  // namespace arrow

namespace foz::delta {

using Version = NamedType<struct VersionTag, int64_t>;

enum class TypeKind {
  kString,
  kLong,
  kInteger,
  kShort,
  kByte,
  kFloat,
  kDouble,
  kDecimal,
  kBoolean,
  kBinary,
  kDate,
  kTimestamp,
  kTimestampNtz,
  kVoid,
  kVariant,
  kStruct,
  kArray,
  kMap,
};

struct Field;

struct DataType {
  TypeKind kind = TypeKind::kString;
  int precision = 0, scale = 0;  // kDecimal
#ifdef __clang__                 // it looks into an initializer before there is a Field
  std::vector<Field> fields;     // kStruct
#else
  std::vector<Field> fields = {};  // kStruct
#endif
  std::shared_ptr<const DataType> element = nullptr,
                                  key = nullptr;  // kArray and kMap (element is the map's value)
  bool element_nullable = true;
  // JSON of the user-defined type of Spark that this is the stored form of; empty: none.
  std::string user_defined = {};

  bool operator==(const DataType& other) const;
};

struct Field {
  std::string name;
  DataType type;
  bool nullable = true;
  std::map<std::string, std::string> metadata;  // values as JSON text

  bool operator==(const Field& other) const = default;
};

// ASCII letters alone, which is what names of columns are compared by.
std::string lower_case(std::string_view text);
bool equal_without_case(std::string_view a, std::string_view b);
const Field* find_without_case(const std::vector<Field>& fields, std::string_view name);

// The table's columns, in order.
struct Schema {
  std::vector<Field> fields;
  bool operator==(const Schema& other) const = default;
  const Field* find(std::string_view name) const;  // without case, as Spark resolves
};

// The protocol's JSON form ("schemaString").
Result<Schema> parse_schema(std::string_view json);
std::string to_json(const Schema& schema);

// timestamp is arrow timestamp[us, UTC], timestamp_ntz timestamp[us], variant
// struct<metadata: binary, value: binary>.
// Arrow types without a Delta type: kUnsupported.
Result<std::shared_ptr<arrow::Schema>> to_arrow(const Schema& schema);
Result<Schema> from_arrow(const arrow::Schema& schema);

}  // namespace foz::delta
