// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The Spark SQL that a flow may be: one SELECT over one stream, with nested queries and WITH.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb/common/types.hpp"
#include "duckdb/common/types/value.hpp"
#include "sql/spark_lexer_internal.h"

namespace foz::sql {

enum class ExprKind {
  kLiteral,  // value
  kColumn,   // path
  kStar,     // path (empty, a table's or a struct column's), except
  kField,    // args[0].text
  kCast,     // args[0] to type; safe: TRY_CAST
  kCall,     // text(args…): functions by their lower-case name, operators by their symbol or words
};

struct Expr {
  ExprKind kind = ExprKind::kLiteral;
  Span span;
  std::string text;
  duckdb::Value value;
  std::vector<std::string> path, except;
  std::vector<std::unique_ptr<Expr>> args;
  duckdb::LogicalType type;
  bool safe = false;
  std::string alias;  // of a select item or of an argument of struct()
  int depth = 1;
};

struct Query;

struct Source {
  Span span;
  std::unique_ptr<Query> query;    // (SELECT …), else:
  std::vector<std::string> table;  // its name
  bool stream = false;             // STREAM name
  std::string alias;
};

struct Query {
  struct With {
    std::string name;
    std::unique_ptr<Query> query;
  };
  std::vector<With> with;
  std::vector<std::unique_ptr<Expr>> items;
  Source from;
  std::unique_ptr<Expr> where;
};

// Each throws Refused; the whole text must be used.
std::unique_ptr<Query> parse_query(std::string_view text);
std::unique_ptr<Expr> parse_expression(std::string_view text);
// A type ("ARRAY<INT>"), or a table's columns ("a INT, b STRUCT<x: STRING>") as a STRUCT.
duckdb::LogicalType parse_type(std::string_view text);
duckdb::LogicalType parse_ddl(std::string_view text);

// Spark's name of a type, as in its messages: "ARRAY<INT>".
std::string spark_name(const duckdb::LogicalType& type);

}  // namespace foz::sql
