// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What statements about tables have in common: types and properties as Trino has them and as Delta
// has them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "delta/types.h"
#include "sql/lake_types_internal.h"
#include "sql/query_write_internal.h"
#include "sql/trino_types_internal.h"

namespace foz::sql {

// nullopt: Delta has no such type.
std::optional<delta::DataType> delta_type(const Type& type);
std::string json_text(std::string_view text);  // quoted
// A literal as Spark's SQL writes it.
std::string spark_literal(const WriteInput& input, const ast::Expression& literal);

struct TableProperties {
  std::map<std::string, std::string> set;  // of Delta
  std::vector<std::string> partitioned_by;
  std::vector<std::string> unset;  // DEFAULT
};
TableProperties table_properties(const WriteInput& input,
                                 const std::vector<ast::Property>& properties);

// Whether a table of that name lies there: each has its folder in the lake.
bool is_place_of(const WriteInput& input, const TargetName& name, std::string_view location);
// CALL system.register_table: shows a table that another writer made in its folder.
void register_table(const WriteInput& input, const TargetName& name);

// As a column of Delta.
delta::Field field_of(const WriteInput& input, const ast::ColumnDefinition& column);

// NOT_SUPPORTED for a table that a stream writes, by name and type.
void check_no_stream(const WriteInput& input, const OpenTarget& target, const char* what);

// ALTER TABLE, COMMENT, EXECUTE and CALL (query_alter.cc).
void run_alter(const WriteInput& input);

}  // namespace foz::sql
