// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Statements of Trino's grammar as plain values. Every offset is that of the token in the client's
// text at which Trino reports an error of the node: an operator, a function's name, a first token.
// https://github.com/trinodb/trino/blob/master/core/trino-grammar/src/main/antlr4/io/trino/grammar/sql/SqlBase.g4
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace foz::sql::ast {

struct Identifier {
  std::string name;  // as written, without quotes
  bool quoted = false;
  size_t offset = 0;
};
using QualifiedName = std::vector<Identifier>;

struct Expression;
struct Query;
struct QueryBody;
struct Relation;
using ExpressionPtr = std::unique_ptr<Expression>;
using QueryPtr = std::unique_ptr<Query>;
using BodyPtr = std::unique_ptr<QueryBody>;
using RelationPtr = std::unique_ptr<Relation>;

struct Type {
  // Lower case: "bigint", "array", "row", "timestamp with time zone", "interval day to second" …
  std::string name;
  size_t offset = 0;
  std::vector<int64_t> numbers;                   // decimal(10, 2)
  std::vector<Type> types;                        // of array, map, row
  std::vector<std::optional<Identifier>> fields;  // of row, one for each type
};

enum class ExpressionKind {
  kNull,        // text: "?" for a parameter without a value
  kBoolean,     // text: true, false
  kInteger,     // text: digits, perhaps with a minus
  kDecimal,     // text as written without underscores, perhaps with a minus
  kDouble,      // likewise
  kString,      // text: the value
  kBinary,      // text: hexadecimal digits
  kTyped,       // type, text: the value
  kInterval,    // text: the value, fields: "day", "day to second"; negated
  kColumn,      // names[0]
  kField,       // children[0].names[0]
  kSubscript,   // children[0][children[1]]
  kCall,        // names, children, call
  kLambda,      // names -> children[0]
  kSubquery,    // query
  kExists,      // query
  kIn,          // children[0] IN the others, or query
  kQuantified,  // children[0] operator(text) quantifier(fields) query
  kComparison,  // text: operator
  kArithmetic,  // text: + - * / % ||
  kNegative,
  kPositive,
  kNot,
  kAnd,  // two children or more
  kOr,
  kBetween,
  kLike,  // value, pattern, perhaps escape
  kIsNull,
  kDistinct,  // IS [NOT] DISTINCT FROM
  kCase,      // [operand] [else]: see flags; then pairs of condition and result
  kCast,      // children[0] as type; text "try" for TRY_CAST
  kArray,
  kRow,
  kAtTimeZone,  // children[0], children[1]: a kString or kInterval
  kCurrent,     // text: current_date, current_timestamp …; fields: precision
  kTrim,        // text: both, leading, trailing; source, perhaps characters
  kNormalize,   // children[0], text: the form
  kExtract,     // text: the field
  kGrouping,
  kJsonCall,  // JSON_EXISTS, JSON_VALUE … (text): json
};

struct SortItem {
  ExpressionPtr expression;
  bool descending = false;
  std::optional<bool> nulls_first;
};

struct FrameBound {
  enum Kind { kUnboundedPreceding, kPreceding, kCurrentRow, kFollowing, kUnboundedFollowing };
  Kind kind = kCurrentRow;
  ExpressionPtr rows;
};

struct Window {
  std::optional<Identifier> name;  // OVER name, or the window that this one extends
  bool reference = false;          // OVER name
  std::vector<ExpressionPtr> partition;
  std::vector<SortItem> order;
  std::string unit;  // rows, range, groups; empty: no frame
  FrameBound start;
  std::optional<FrameBound> end;
};

// What a call has beside its arguments.
struct Call {
  bool star = false, distinct = false;
  std::vector<SortItem> order;
  ExpressionPtr filter;
  std::optional<bool> ignore_nulls;
  std::unique_ptr<Window> over;
};

// The clauses of JSON_VALUE and the like, as far as they are more than arguments.
struct JsonClauses {
  std::vector<Identifier> passing;  // of children[2…]
  std::string on_empty, on_error;   // error, null, default, true, empty array …; empty: none
  ExpressionPtr empty_default, error_default;
  std::string wrapper, quotes, null_handling;
  bool formatted = false;  // FORMAT JSON of an argument, or a clause that is not kept here
};

struct Expression {
  ExpressionKind kind = ExpressionKind::kNull;
  size_t offset = 0;  // where errors are
  size_t begin = 0;   // its first token
  std::string text = {}, fields = {};
  bool negated = false;                     // NOT IN, IS NOT NULL …
  bool bracketed = false;                   // (…)
  bool operand = false, otherwise = false;  // of a kCase
  int height = 1;
  std::vector<ExpressionPtr> children = {};
  QualifiedName names = {};
  std::unique_ptr<Type> type = {};
  QueryPtr query = {};
  std::unique_ptr<Call> call = {};
  std::unique_ptr<JsonClauses> json = {};
};

struct Argument {
  std::optional<Identifier> name;
  ExpressionPtr value;
};

enum class RelationKind { kTable, kSubquery, kLateral, kUnnest, kJoin, kFunction };

struct Relation {
  RelationKind kind = RelationKind::kTable;
  size_t offset = 0;
  QualifiedName names = {};                   // of a table or a table function
  QueryPtr query = {};                        // of a subquery or LATERAL
  std::vector<ExpressionPtr> arguments = {};  // of UNNEST
  std::vector<Argument> given = {};           // of a table function
  bool ordinality = false;
  std::optional<Identifier> alias = {};
  std::vector<Identifier> columns = {};
  // FOR VERSION|TIMESTAMP AS OF
  std::string period = {};  // version, timestamp; empty: none
  size_t period_offset = 0;
  ExpressionPtr period_end = {};
  std::string sample = {};  // bernoulli, system; empty: none
  ExpressionPtr percentage = {};
  // Of a join.
  std::string join = {};  // cross, inner, left, right, full, natural
  RelationPtr left = {}, right = {};
  ExpressionPtr on = {};
  std::vector<Identifier> use = {};
  int height = 1;
  bool bracketed = false;
};

struct SelectItem {
  ExpressionPtr expression;  // null: *
  bool star = false;         // of all columns, or of the expression's
  std::optional<Identifier> alias;
  std::vector<Identifier> columns;  // t.* AS (a, b)
  size_t offset = 0;
};

struct GroupingElement {
  enum Kind { kSet, kRollup, kCube, kSets, kAuto };
  Kind kind = kSet;
  std::vector<std::vector<ExpressionPtr>> sets;
  size_t offset = 0;
};

struct NamedWindow {
  Identifier name;
  Window window;
};

struct Select {
  bool distinct = false;
  std::vector<SelectItem> items;
  std::vector<RelationPtr> from;
  ExpressionPtr where, having;
  bool distinct_groups = false;
  std::vector<GroupingElement> groups;
  std::vector<NamedWindow> windows;
};

enum class BodyKind { kSelect, kTable, kValues, kQuery, kSetOperation };

struct QueryBody {
  BodyKind kind = BodyKind::kSelect;
  size_t offset = 0;
  std::unique_ptr<Select> select = {};
  QualifiedName names = {};              // TABLE name
  std::vector<ExpressionPtr> rows = {};  // VALUES
  QueryPtr query = {};                   // in brackets
  std::string operation = {};            // union, intersect, except
  bool all = false;
  std::vector<BodyPtr> children = {};
};

struct NamedQuery {
  Identifier name;
  std::vector<Identifier> columns;
  QueryPtr query;
};

struct Query {
  size_t offset = 0;
  bool recursive = false;
  std::vector<NamedQuery> with = {};
  BodyPtr body = {};
  std::vector<SortItem> order = {};
  ExpressionPtr skip = {};   // OFFSET
  ExpressionPtr limit = {};  // LIMIT, FETCH; null: all
  bool with_ties = false;
  size_t limit_offset = 0;
};

enum class StatementKind {
  kQuery,
  kExplain,
  kShowCatalogs,
  kShowSchemas,
  kShowTables,
  kShowColumns,
  kShowFunctions,
  kShowSession,
  kShowCreate,  // text: table, view, schema, materialized view
  kShowStats,
  kShowRoles,
  kShowGrants,
  kDescribeInput,
  kDescribeOutput,
  kUse,
  kSetSession,
  kResetSession,
  kSetTimeZone,
  kSetRole,
  kPrepare,
  kExecute,
  kExecuteImmediate,
  kDeallocate,
  kStartTransaction,
  kCommit,
  kRollback,
  kCall,
  kOther,  // text: the words that name it
};

struct Statement {
  StatementKind kind = StatementKind::kQuery;
  size_t offset = 0;
  QueryPtr query = {};
  std::string text = {};
  QualifiedName names = {};
  std::optional<std::string> pattern = {}, escape = {};  // LIKE … ESCAPE …
  ExpressionPtr value = {};                              // SET SESSION, SET TIME ZONE; null: LOCAL
  std::vector<Argument> arguments = {};                  // CALL
  std::unique_ptr<Statement> inner = {};                 // EXPLAIN, PREPARE
  std::pair<size_t, size_t> inner_range = {};            // its text
  std::vector<std::pair<size_t, size_t>> values = {};    // USING: ranges of the text
  std::string explain_type = {}, explain_format = {};    // lower case
  bool analyze = false;
  bool read_only = false;  // START TRANSACTION; text: the isolation level, upper case
};

}  // namespace foz::sql::ast
