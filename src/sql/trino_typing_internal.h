// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What a query means as far as its text and the tables' columns tell: the types of its columns, as
// Trino has them, and the errors of names and types where Trino finds them. What is not known for
// certain is left to DuckDB.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/query_engine.h"
#include "sql/trino_tokens_internal.h"
#include "sql/trino_types_internal.h"

namespace foz::sql {

struct TypedColumn {
  std::string name;  // empty: none
  MaybeType type;
  bool hidden = false;  // to be named, and no part of `*`
};

// A table's name as it is resolved, and where it stands.
struct TableAsked {
  std::string_view catalog, schema, table;
  size_t offset;
  std::optional<size_t> period;  // where FOR VERSION or TIMESTAMP stands
};
// Its columns; nullopt when they are not known here. Throws a QueryError for a table that does not
// exist.
using TableColumns = std::function<std::optional<std::vector<TypedColumn>>(const TableAsked&)>;

// The columns of the result; none at all when they are not known.
QueryResult<std::vector<TypedColumn>> type_query(const ast::Query& query, std::string_view source,
                                                 const QuerySession& session,
                                                 const TableColumns& tables, TypeHints& hints);

// The typing itself; its functions throw a QueryError.
class TrinoTyper {
 public:
  TrinoTyper(std::string_view source, const QuerySession& session, const TableColumns& tables,
             TypeHints& hints)
      : source_(source), session_(session), tables_(tables), hints_(hints) {}

  struct Columns {
    bool complete = true;  // nothing else is in it
    std::vector<TypedColumn> columns = {};
  };
  Columns query(const ast::Query& query);

 private:
  struct Source {
    std::string alias;            // lower case; empty: none
    std::string schema, catalog;  // of a table without an alias
    Columns columns;
  };
  struct Scope {
    std::vector<Source> sources;
    std::vector<TypedColumn> lambda;  // its arguments
    std::vector<std::string> merged;  // columns of JOIN USING, lower case
    const ast::Select* select = nullptr;
  };
  // What WITH RECURSIVE types twice, columns of columns of columns and rows of rows of rows make
  // short texts long: QUERY_TEXT_TOO_LARGE after so many looks at columns and types.
  void work(size_t looks) {
    if ((work_ += looks) > kMostWork)
      throw user_error("QUERY_TEXT_TOO_LARGE", 35, "the query is too large");
  }
  struct Common {
    std::string name;
    Columns columns;
  };

  // ---- Queries (trino_typing.cc) ----
  Columns body(const ast::QueryBody& body, const ast::Query* around);
  Columns set_operation(const ast::QueryBody& body);
  Columns select(const ast::Select& select, const ast::Query* around);
  Columns values(const ast::QueryBody& body);
  Columns table(const ast::QualifiedName& names, Source* source, std::optional<size_t> period = {});
  Columns table_changes(const ast::Relation& relation);
  void period(const ast::Relation& relation);
  void order_by(const ast::Query& query, const ast::Select& select, const Columns& result);
  void star(const ast::SelectItem& item, Columns& result);
  void add_column(Columns& to, TypedColumn column);
  static MaybeType merged(const Scope& scope, const std::string& name);
  void relation(const ast::Relation& relation);
  void join(const ast::Relation& relation);
  Columns unnest(const ast::Relation& relation);
  void add_source(const ast::Relation& relation, Columns columns);
  void condition(const ast::Expression& expression, const char* what);
  void group_by(const ast::Select& select, const Columns& result);

  // ---- Expressions (trino_typing_expressions.cc) ----
  MaybeType expression(const ast::Expression& expression);
  MaybeType kind(const ast::Expression& expression);
  MaybeType form(const ast::Expression& expression);
  MaybeType literal(const ast::Expression& expression);
  MaybeType column(const ast::Expression& expression);
  MaybeType field(const ast::Expression& expression);
  // The column that a name, or a qualified one, means. `found` says whether there is one.
  MaybeType resolve(const std::vector<std::string>& names, bool& found, const ast::Expression& at);
  MaybeType subscript(const ast::Expression& expression);
  MaybeType operation(const ast::Expression& expression);
  MaybeType predicate(const ast::Expression& expression);
  MaybeType case_when(const ast::Expression& expression);
  MaybeType cast(const ast::Expression& expression);
  MaybeType current(const ast::Expression& expression);
  void boolean(const ast::Expression& expression, const char* what);
  // The common type of the children, for an error at the first that has none with those before it.
  MaybeType common(const ast::Expression& expression, const std::vector<MaybeType>& types,
                   const char* what) const;
  std::vector<MaybeType> types(const ast::Expression& expression);
  void children(const ast::Expression& expression);
  // What is around a parameter without a value wants this type of it: the first who does is heard.
  void want(const ast::Expression& expression, const MaybeType& type);
  void want_each(const ast::Expression& expression, size_t first, const MaybeType& type);

  // ---- Functions (trino_typing_functions.cc) ----
  MaybeType call(const ast::Expression& expression);
  void check_call(const ast::Expression& expression, const std::string& name) const;
  // Tells parameters what the function wants, and takes it for their types.
  void want_arguments(const ast::Expression& expression, const std::string& name,
                      std::vector<MaybeType>& arguments);
  void windows(const ast::Window& window);

  [[noreturn]] void fail(size_t offset, std::string name, int code, std::string_view message) const;
  [[noreturn]] void mismatch(size_t offset, std::string_view message) const {
    fail(offset, "TYPE_MISMATCH", 58, message);
  }

  std::string_view source_;
  const QuerySession& session_;
  const TableColumns& tables_;
  TypeHints& hints_;
  std::vector<Scope> scopes_;   // the innermost last
  std::vector<Common> common_;  // tables of WITH
  static constexpr size_t kMostWork = 5'000'000;
  static constexpr size_t kColumnWork = 10;       // to keep one
  static constexpr size_t kMostColumns = 10'000;  // also parts of one type
  size_t work_ = 0;
};

// Whether it is a parameter without a value.
bool is_parameter(const ast::Expression& expression);

// Whether an aggregate or a window function is in the expression itself, outside of its subqueries.
bool is_aggregate(std::string_view name);
bool has_aggregate(const ast::Expression& expression);

// The type of a function's result, from those of its arguments.
MaybeType function_type(const std::string& name, const std::vector<MaybeType>& arguments);

}  // namespace foz::sql
