// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// JSON_EXISTS, JSON_VALUE, JSON_QUERY, JSON_OBJECT, JSON_ARRAY over DuckDB's functions. Their
// results are text, as in Trino.

#include <fmt/format.h>

#include "sql/trino_literals_internal.h"
#include "sql/trino_render_internal.h"

namespace foz::sql {

using ast::Expression;

namespace {

// "lax $.a[1]" as DuckDB writes it; empty for a path with filters, methods or other steps.
std::string plain_path(std::string_view path) {
  for (const std::string_view mode : {"lax ", "strict "}) {
    if (path.starts_with(mode)) path.remove_prefix(mode.size());
  }
  if (!path.starts_with('$')) return {};
  const bool plain = path.find_first_of("?@()<>=!&|+*/% ,'") == std::string_view::npos;
  return plain ? std::string(path) : std::string();
}

}  // namespace

void TrinoRenderer::json(const Expression& expression) {
  const ast::JsonClauses& clauses = *expression.json;
  place(expression.offset);
  if (clauses.formatted || !clauses.passing.empty() || clauses.on_error == "error" ||
      clauses.on_empty == "error" || clauses.on_error == "default" ||
      clauses.on_error.starts_with("empty") || clauses.on_empty.starts_with("empty"))
    not_supported(expression.offset, "a clause of " + expression.text);
  if (expression.type && expression.text != "json_value")
    not_supported(expression.offset, "RETURNING of " + expression.text);
  if (expression.text == "json_object") return json_object(expression);
  if (expression.text == "json_array") return json_array(expression);
  const std::string path = plain_path(expression.children[1]->text);
  if (path.empty()) not_supported(expression.offset, "this path of " + expression.text);
  if (expression.text == "json_value") return json_value(expression, path);
  if (expression.text == "json_query") return json_query(expression, path);
  text("system.main.json_exists(");
  this->expression(*expression.children[0]);
  text(", " + string_literal(path) + ")");
}

// Of a scalar; an array or object has no value.
void TrinoRenderer::json_value(const Expression& expression, const std::string& path) {
  const Expression& value = *expression.children[0];
  std::string type;
  if (expression.type) {
    const auto duckdb = duckdb_type(*expression.type);
    if (!duckdb)
      fail(expression.offset, "TYPE_MISMATCH", 58, "Unknown type: " + type_text(*expression.type));
    type = *duckdb;
    text("CAST(");
  }
  if (expression.json->empty_default) text("coalesce(");
  text("CASE WHEN system.main.json_type(");
  this->expression(value);
  text(", " + string_literal(path) + ") IN ('ARRAY', 'OBJECT') THEN NULL ELSE ");
  text("system.main.json_extract_string(");
  this->expression(value);
  text(", " + string_literal(path) + ") END");
  if (expression.json->empty_default) {
    text(", ");
    this->expression(*expression.json->empty_default);
    text(")");
  }
  if (!type.empty()) text(" AS " + type + ")");
}

void TrinoRenderer::json_query(const Expression& expression, const std::string& path) {
  const std::string& wrapper = expression.json->wrapper;
  const bool wrapped = !wrapper.empty() && wrapper != "without";
  if (wrapper == "conditional") not_supported(expression.offset, "a conditional wrapper");
  if (wrapped) text("('[' || ");
  const bool unquoted = expression.json->quotes == "omit";
  text(unquoted ? "system.main.json_extract_string("
                : "system.main.json_extract_string(system.main.json_extract(");
  this->expression(*expression.children[0]);
  text(", " + string_literal(path));
  text(unquoted ? ")" : "), '$')");
  if (wrapped) text(" || ']')");
}

void TrinoRenderer::json_object(const Expression& expression) {
  const bool absent = expression.json->null_handling == "absent";
  text("system.main.json_extract_string(");
  if (absent) text("system.main.json_merge_patch('{}', ");
  text("system.main.json_object(");
  operands(expression, 0);
  text(absent ? ")), '$')" : "), '$')");
}

// Without NULLs, unless they are asked for.
void TrinoRenderer::json_array(const Expression& expression) {
  const bool nulls = expression.json->null_handling == "null";
  if (nulls || expression.children.empty()) {
    text("system.main.json_extract_string(system.main.json_array(");
    operands(expression, 0);
    return text("), '$')");
  }
  text("system.main.json_extract_string(system.main.to_json(system.main.list_filter([");
  for (size_t i = 0; i < expression.children.size(); ++i) {
    const Expression& value = *expression.children[i];
    text(i > 0 ? ", CASE WHEN (" : "CASE WHEN (");
    this->expression(value);
    text(") IS NOT NULL THEN system.main.to_json(");
    this->expression(value);
    text(") END");
  }
  text("], lambda \"\x01x\": \"\x01x\" IS NOT NULL)), '$')");
}

}  // namespace foz::sql
