// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// WITH RECURSIVE as Trino executes it: the step is repeated a fixed number of times, and rows that
// are left after the last are an error.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sql/session_properties.h"
#include "sql/trino_render_internal.h"
#include "sql/trino_tokens_internal.h"

namespace foz::sql {

using ast::BodyKind;

namespace {

constexpr int kMostSteps = 200;

int recursion_depth(const QuerySession& session) {
  return std::clamp(max_recursion_depth(session), 1, kMostSteps);
}

}  // namespace

bool TrinoRenderer::is_recursive(const ast::Query& query, const ast::NamedQuery& named) {
  const ast::Query& inner = *named.query;
  return query.recursive && inner.body->kind == BodyKind::kSetOperation &&
         inner.body->operation == "union" && inner.body->all && inner.body->children.size() == 2 &&
         inner.with.empty() && inner.order.empty() && !inner.limit && !inner.skip;
}

void TrinoRenderer::recursive(const ast::NamedQuery& named) {
  const ast::QueryBody& body = *named.query->body;
  if (named.columns.empty())
    fail(named.name.offset, "MISSING_COLUMN_ALIASES", 65,
         fmt::format("missing column aliases in recursive query: {}", named.name.name));
  const int depth = recursion_depth(session_);
  const auto step_name = [&](int step) {
    return fmt::format("{}{}{}", named.name.name, kUnnamed, step);
  };
  for (int step = 0; step <= depth + 1; ++step) {
    place(named.name.offset);
    text(quoted_name(step_name(step)));
    columns(named.columns);
    text(" AS MATERIALIZED (");
    if (step > 0) renamed_.push_back({lower_case(named.name.name), step_name(step - 1)});
    this->body(*body.children[step == 0 ? 0 : 1], false);
    if (step > 0) renamed_.pop_back();
    text("), ");
  }
  name(named.name);
  columns(named.columns);
  text(" AS (");
  for (int step = 0; step <= depth; ++step)
    text(fmt::format("SELECT * FROM {} UNION ALL ", quoted_name(step_name(step))));
  // The message depends on a row, or it would be one before there are any.
  text(
      fmt::format("SELECT * FROM {} WHERE system.main.error(system.main.concat({}, "
                  "system.main.left(CAST({} AS VARCHAR), 0))) IS NULL)",
                  quoted_name(step_name(depth + 1)),
                  string_literal(fmt::format(
                      "Recursion depth limit exceeded ({}). Use 'max_recursion_depth' session "
                      "property to modify the limit.",
                      depth)),
                  quoted_name(named.columns[0].name)));
}

std::string TrinoRenderer::renamed(const ast::QualifiedName& names) const {
  if (names.size() != 1) return {};
  const std::string lower = lower_case(names[0].name);
  const auto found = std::find_if(renamed_.rbegin(), renamed_.rend(),
                                  [&](const auto& pair) { return pair.first == lower; });
  return found == renamed_.rend() ? std::string() : found->second;
}

}  // namespace foz::sql
