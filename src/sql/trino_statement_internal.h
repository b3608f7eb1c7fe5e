// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// From a client's statement to text that DuckDB parses, or to what changes in the client's session.
// What means something else than in DuckDB is rewritten in the parsed tree
// (trino_tree_internal.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sql/query_engine.h"
#include "sql/trino_tokens_internal.h"

namespace foz::sql {

namespace ast {
struct Query;
}

// Text made from a client's text.
struct RewrittenText {
  std::string sql;
  // Offsets here and in the client's text, ascending.
  std::vector<std::pair<size_t, size_t>> places;
  // Tables read at a version, ascending.
  struct TableVersion {
    size_t offset;  // here, of the name's first token
    int64_t version;
    size_t source;  // of FOR, in the client's text
    // FOR TIMESTAMP AS OF: the instant, an expression of DuckDB's, and the table whose version of
    // that time it is.
    std::string instant = {}, schema = {}, table = {};
  };
  std::vector<TableVersion> versions;
  // Of parameters without a value, by their offsets in the client's text, where types are known.
  std::map<size_t, std::string> parameter_types;

  size_t source_offset(size_t offset) const;
};

// The name under which an unnamed column leaves the text, with its number behind: the engine calls
// it by its place in the result.
inline constexpr char kUnnamed[] = "\x01";

// A name in the statement that must exist, beside those that the query reads.
struct RequiredName {
  std::string catalog, schema, table;  // table empty: the schema; schema empty too: the catalog
  size_t offset = 0;                   // in the statement's source
};

struct TrinoStatement {
  RewrittenText query;
  std::shared_ptr<const ast::Query> parsed;  // what it was made of; null for a query of ours
  bool explain = false;
  // DESCRIBE INPUT and OUTPUT, EXPLAIN (TYPE VALIDATE): the query is planned and not run.
  enum class Describe { kNothing, kInput, kOutput, kValid };
  Describe describe = Describe::kNothing;
  // What places are places of: the client's text, or that of the statement which it executes.
  std::string source;
  bool internal = false;  // the query is made here, for SHOW or DESCRIBE: its places mean nothing
  std::vector<RequiredName> required;
  SessionUpdate update;  // for USE and the like, which then have no query
};

// SYNTAX_ERROR, NOT_SUPPORTED with the statement's name, or QUERY_TEXT_TOO_LARGE.
QueryResult<TrinoStatement> read_statement(std::string_view sql, const QuerySession& session);

}  // namespace foz::sql
