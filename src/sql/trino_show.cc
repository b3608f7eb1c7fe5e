// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// SHOW and DESCRIBE as queries over tables of information_schema and system.

#include "sql/trino_show_internal.h"

#include <fmt/format.h>

#include <algorithm>

#include "sql/session_properties.h"
#include "sql/table_details_internal.h"
#include "sql/trino_parser_internal.h"
#include "sql/trino_render_internal.h"

namespace foz::sql {

using ast::Statement;
using ast::StatementKind;

namespace {

// A query of our own text, in Trino's dialect as far as the parsed tree is concerned.
TrinoStatement own(std::string text, std::vector<RequiredName> required = {}) {
  TrinoStatement made;
  made.query.sql = std::move(text);
  made.internal = true;
  made.required = std::move(required);
  return made;
}

// [AND column LIKE pattern [ESCAPE character]]
std::string like(const Statement& statement, std::string_view column) {
  if (!statement.pattern) return {};
  std::string condition =
      fmt::format(" AND {} LIKE {}", column, string_literal(*statement.pattern));
  if (statement.escape) condition += " ESCAPE " + string_literal(*statement.escape);
  return condition;
}

TrinoStatement list(const Statement& statement, std::string_view title, std::string_view column,
                    const std::string& from, const std::string& where,
                    std::vector<RequiredName> required) {
  return own(fmt::format("SELECT {} AS \"{}\" FROM {} WHERE {}{} ORDER BY 1", column, title, from,
                         where, like(statement, column)),
             std::move(required));
}

std::string same_text(std::string_view column, std::string_view value) {
  return fmt::format("lower({}) = lower({})", column, string_literal(value));
}

class ShowReader {
 public:
  ShowReader(const Statement& statement, std::string_view source, const QuerySession& session)
      : statement_(statement), source_(source), session_(session) {}

  QueryResult<TrinoStatement> read() const {
    switch (statement_.kind) {
      case StatementKind::kShowCatalogs:
        return list(statement_, "Catalog", "table_cat", "system.jdbc.catalogs", "TRUE", {});
      case StatementKind::kShowSchemas: return schemas();
      case StatementKind::kShowTables: return tables();
      case StatementKind::kShowColumns: return columns();
      case StatementKind::kShowFunctions: return functions();
      case StatementKind::kShowSession:
        return own("SELECT * FROM " + session_properties_table(session_) + " WHERE TRUE" +
                   like(statement_, "\"Name\"") + " ORDER BY 1");
      case StatementKind::kShowRoles:
        return own("SELECT CAST(NULL AS varchar) AS \"Role\" WHERE FALSE");
      case StatementKind::kShowCreate: return create();
      case StatementKind::kShowStats: return stats();
      case StatementKind::kShowGrants:
        return own(
            "SELECT grantor AS \"Grantor\", grantor_type AS \"Grantor Type\", grantee AS "
            "\"Grantee\", grantee_type AS \"Grantee Type\", table_catalog AS \"Catalog\", "
            "table_schema AS \"Schema\", table_name AS \"Table\", privilege_type AS "
            "\"Privilege\", is_grantable AS \"Grantable\", with_hierarchy AS \"With Hierarchy\" "
            "FROM lake.information_schema.table_privileges");
      default: return describe_prepared();
    }
  }

 private:
  static std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
      return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    });
    return text;
  }

  std::unexpected<QueryError> refused(const std::string& what) const {
    return std::unexpected(
        error_at(source_, statement_.offset, "NOT_SUPPORTED", 13, what + " is not supported"));
  }
  std::unexpected<QueryError> missing_catalog() const {
    return std::unexpected(error_at(source_, statement_.offset, "MISSING_CATALOG_NAME", 56,
                                    "Catalog must be specified when session catalog is not set"));
  }
  std::unexpected<QueryError> missing_schema() const {
    return std::unexpected(error_at(source_, statement_.offset, "MISSING_SCHEMA_NAME", 57,
                                    "Schema must be specified when session schema is not set"));
  }
  std::unexpected<QueryError> too_many_dots() const {
    std::string written;
    for (const auto& part : statement_.names) written += (written.empty() ? "" : ".") + part.name;
    return std::unexpected(
        user_error("SYNTAX_ERROR", 1, "Too many dots in table name: " + written));
  }

  // What the statement names, a table or a schema.
  QueryResult<RequiredName> named(bool table = true) const {
    const auto& names = statement_.names;
    const size_t most = table ? 3 : 2;
    if (names.size() > most) return too_many_dots();
    RequiredName named{session_.catalog, session_.schema, "", statement_.offset};
    if (table) named.table = names.back().name;
    if (names.size() + 1 >= most) named.schema = names[names.size() - (table ? 2 : 1)].name;
    if (names.size() == most) named.catalog = names[0].name;
    if (named.schema.empty()) return missing_schema();
    if (named.catalog.empty()) return missing_catalog();
    return named;
  }

  QueryResult<TrinoStatement> schemas() const {
    const std::string catalog =
        statement_.names.empty() ? session_.catalog : statement_.names[0].name;
    if (catalog.empty()) return missing_catalog();
    return list(statement_, "Schema", "schema_name",
                quoted_name(catalog) + ".information_schema.schemata", "TRUE",
                {{catalog, "", "", statement_.offset}});
  }

  QueryResult<TrinoStatement> tables() const {
    const auto& names = statement_.names;
    RequiredName schema{session_.catalog, session_.schema, "", statement_.offset};
    if (names.size() > 2) return too_many_dots();
    if (!names.empty()) schema.schema = names.back().name;
    if (names.size() == 2) schema.catalog = names.front().name;
    if (schema.catalog.empty()) return missing_catalog();
    if (schema.schema.empty()) return missing_schema();
    return list(statement_, "Table", "table_name",
                quoted_name(schema.catalog) + ".information_schema.tables",
                same_text("table_schema", schema.schema), {schema});
  }

  QueryResult<TrinoStatement> columns() const {
    const auto table = named();
    if (!table.has_value()) return std::unexpected(table.error());
    return own(
        fmt::format("SELECT column_name AS \"Column\", data_type AS \"Type\", '' AS \"Extra\", "
                    "coalesce(\"comment\", '') AS \"Comment\" FROM {}.information_schema.columns "
                    "WHERE {} AND {}{} ORDER BY ordinal_position",
                    quoted_name(table->catalog), same_text("table_schema", table->schema),
                    same_text("table_name", table->table), like(statement_, "column_name")),
        {*table});
  }

  // Of tables that are no tables of the lake nothing is known.
  QueryResult<TrinoStatement> stats() const {
    if (statement_.query)
      return refused("SHOW STATS FOR a query (SHOW STATS FOR its table tells as much)");
    const auto table = named();
    if (!table.has_value()) return std::unexpected(table.error());
    if (lower_case(table->catalog) == kCatalog && lower_case(table->schema) != "information_schema")
      return own(fmt::format("SELECT * FROM {}.{}.{}", quoted_name(table->catalog),
                             quoted_name(table->schema), quoted_name(table->table + kStatsDetail)),
                 {*table});
    return own(
        fmt::format("SELECT column_name, CAST(NULL AS double) AS data_size, CAST(NULL AS double) "
                    "AS distinct_values_count, CAST(NULL AS double) AS nulls_fraction, CAST(NULL "
                    "AS double) AS row_count, CAST(NULL AS varchar) AS low_value, CAST(NULL AS "
                    "varchar) AS high_value FROM (SELECT column_name, ordinal_position FROM "
                    "{}.information_schema.columns WHERE {} AND {} UNION ALL SELECT NULL, NULL) c "
                    "ORDER BY ordinal_position NULLS LAST",
                    quoted_name(table->catalog), same_text("table_schema", table->schema),
                    same_text("table_name", table->table)),
        {*table});
  }

  QueryResult<TrinoStatement> create() const {
    const bool schema = statement_.text == "schema";
    if (!schema && statement_.text != "table")
      return refused("SHOW CREATE " + upper(statement_.text));
    const auto wanted = named(!schema);
    if (!wanted.has_value()) return std::unexpected(wanted.error());
    return own(
        fmt::format("SELECT \"statement\" AS \"Create {0}\" FROM system.show.create_{1} WHERE "
                    "{2} AND {3}{4}",
                    schema ? "Schema" : "Table", schema ? "schema" : "table",
                    same_text("\"catalog\"", wanted->catalog),
                    same_text("\"schema\"", wanted->schema),
                    schema ? "" : " AND " + same_text("\"table\"", wanted->table)),
        {*wanted});
  }

  QueryResult<TrinoStatement> functions() const {
    return own(
        "SELECT \"function\" AS \"Function\", return_type AS \"Return Type\", argument_types AS "
        "\"Argument Types\", function_type AS \"Function Type\", \"deterministic\" AS "
        "\"Deterministic\", description AS \"Description\" FROM system.show.functions WHERE TRUE" +
        like(statement_, "\"function\"") + " ORDER BY 1, 2, 3, 4");
  }

  QueryResult<TrinoStatement> describe_prepared() const {
    const ast::Identifier& given = statement_.names[0];
    const std::string name = given.quoted ? given.name : lower_case(given.name);
    const auto prepared = session_.prepared.find(name);
    if (prepared == session_.prepared.end())
      return std::unexpected(user_error("NOT_FOUND", 5, "Prepared statement not found: " + name));
    auto parsed = parse_trino(prepared->second);
    if (!parsed.has_value()) return std::unexpected(std::move(parsed.error()));
    if (parsed->statement.kind != StatementKind::kQuery)
      return refused("DESCRIBE of a statement that is no query");
    auto text = render_query(*parsed->statement.query, prepared->second, session_);
    if (!text.has_value()) return std::unexpected(std::move(text.error()));
    TrinoStatement made;
    made.query = std::move(*text);
    made.parsed = std::move(parsed->statement.query);
    made.source = prepared->second;
    made.describe = statement_.kind == StatementKind::kDescribeInput
                        ? TrinoStatement::Describe::kInput
                        : TrinoStatement::Describe::kOutput;
    return made;
  }

  const Statement& statement_;
  std::string_view source_;
  const QuerySession& session_;
};

}  // namespace

bool is_show(StatementKind kind) {
  return kind >= StatementKind::kShowCatalogs && kind <= StatementKind::kDescribeOutput;
}

QueryResult<TrinoStatement> show_statement(const Statement& statement, std::string_view source,
                                           const QuerySession& session) {
  return ShowReader(statement, source, session).read();
}

}  // namespace foz::sql
