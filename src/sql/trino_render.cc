// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_render_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "sql/trino_literals_internal.h"
#include "sql/trino_table_changes_internal.h"
#include "sql/trino_tokens_internal.h"

namespace foz::sql {

using ast::BodyKind;
using ast::Expression;
using ast::ExpressionKind;
using ast::RelationKind;

namespace {

std::string doubled(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    out += c;
    if (c == quote) out += c;
  }
  return out + quote;
}

// The columns of VALUES: those of its first row.
size_t width(const ast::QueryBody& body) {
  const ast::Expression& first = *body.rows.front();
  return first.kind == ExpressionKind::kRow ? first.children.size() : 1;
}

// A query that is nothing but VALUES.
const ast::QueryBody* only_values(const ast::Query& query) {
  const bool plain = query.with.empty() && query.order.empty() && !query.limit && !query.skip;
  if (query.body->kind == BodyKind::kValues) return query.body.get();
  if (plain && query.body->kind == BodyKind::kQuery) return only_values(*query.body->query);
  return nullptr;
}

}  // namespace

std::string quoted_name(std::string_view name) { return doubled(name, '"'); }
std::string string_literal(std::string_view text) { return doubled(text, '\''); }

std::string written_name(std::string_view name) {
  const bool plain = !name.empty() && (name[0] < '0' || name[0] > '9') && !is_reserved_word(name) &&
                     std::ranges::all_of(name, [](char c) {
                       return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                     });
  return plain ? std::string(name) : quoted_name(name);
}

size_t RewrittenText::source_offset(size_t offset) const {
  const auto behind =
      std::ranges::upper_bound(places, offset, {}, &std::pair<size_t, size_t>::first);
  return behind == places.begin() ? 0 : std::prev(behind)->second;
}

QueryResult<RewrittenText> render_query(const ast::Query& query, std::string_view source,
                                        const QuerySession& session, const TypeHints& hints) {
  try {
    return TrinoRenderer(source, session, hints).run(query);
  } catch (QueryError& error) {
    return std::unexpected(std::move(error));
  }
}

RewrittenText TrinoRenderer::run(const ast::Query& query) {
  this->query(query, true);
  return std::move(out_);
}

void TrinoRenderer::fail(size_t offset, std::string name, int code,
                         std::string_view message) const {
  throw error_at(source_, offset, std::move(name), code, message);
}

void TrinoRenderer::not_supported(size_t offset, std::string_view what) const {
  fail(offset, "NOT_SUPPORTED", 13, fmt::format("{} is not supported", what));
}

void TrinoRenderer::name(const ast::Identifier& name) {
  place(name.offset);
  text(quoted_name(name.name));
}

void TrinoRenderer::columns(const std::vector<ast::Identifier>& names) {
  text("(");
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text(", ");
    name(names[i]);
  }
  text(")");
}

void TrinoRenderer::unnamed_columns(size_t count) {
  text("(");
  for (size_t i = 0; i < count; ++i)
    text(fmt::format("{}\"{}{}\"", i > 0 ? ", " : "", kUnnamed, i));
  text(")");
}

// ---- Queries ------------------------------------------------------------------------------------

void TrinoRenderer::with(const ast::Query& query) {
  const bool recursive =
      query.recursive && !std::ranges::all_of(query.with, [&](const auto& named) {
        return is_recursive(query, named);
      });
  for (size_t i = 0; i < query.with.size(); ++i) {
    text(i > 0 ? ", " : recursive ? "WITH RECURSIVE " : "WITH ");
    common_table(query, query.with[i]);
    // From here on the name means this table.
    renamed_.emplace_back(lower_case(query.with[i].name.name), std::string());
  }
  text(" ");
}

void TrinoRenderer::common_table(const ast::Query& query, const ast::NamedQuery& named) {
  if (is_recursive(query, named)) return recursive(named);
  name(named.name);
  if (!named.columns.empty()) {
    columns(named.columns);
  } else if (const ast::QueryBody* body = only_values(*named.query)) {
    unnamed_columns(width(*body));
  }
  text(" AS (");
  this->query(*named.query);
  text(")");
}

void TrinoRenderer::query(const ast::Query& query, bool outermost) {
  const size_t outside = renamed_.size();
  place(query.offset);
  if (!query.with.empty()) with(query);
  if (query.with_ties) {
    ties(query);
  } else {
    body(*query.body, outermost);
  }
  order_by(query.order);
  if (query.limit && !query.with_ties) {
    text(" LIMIT ");
    count(*query.limit);
  }
  if (query.skip && !query.with_ties) {
    text(" OFFSET ");
    count(*query.skip);
  }
  renamed_.resize(outside);
}

// A number as it stands, or the value of a parameter.
void TrinoRenderer::count(const ast::Expression& count) {
  if (count.kind == ExpressionKind::kNull && count.text == "?") return text("NULL");
  const bool plain = count.kind == ExpressionKind::kInteger;
  const bool typed = count.kind == ExpressionKind::kTyped &&
                     (count.type->name == "integer" || count.type->name == "bigint" ||
                      count.type->name == "smallint" || count.type->name == "tinyint");
  if ((!plain && !typed) || !is_integer(count.text, 64))
    fail(count.offset, "INVALID_PARAMETER_USAGE", 80, "a number of rows must be an integer");
  place(count.offset);
  text(count.text);
}

void TrinoRenderer::order_by(const std::vector<ast::SortItem>& items) {
  if (items.empty()) return;
  text(" ORDER BY ");
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text(", ");
    expression(*items[i].expression);
    if (items[i].descending) text(" DESC");
    if (items[i].nulls_first) text(*items[i].nulls_first ? " NULLS FIRST" : " NULLS LAST");
  }
}

// What an item of ORDER BY means: a column of the result by its number or name, or an expression.
const ast::Expression& TrinoRenderer::sorted_by(const ast::SortItem& item,
                                                const ast::Select& select) const {
  const ast::Expression& given = *item.expression;
  if (given.kind == ExpressionKind::kInteger) {
    size_t ordinal = 0;
    std::from_chars(given.text.data(), given.text.data() + given.text.size(), ordinal);
    if (ordinal >= 1 && ordinal <= select.items.size() && !select.items[ordinal - 1].star)
      return *select.items[ordinal - 1].expression;
  }
  if (given.kind != ExpressionKind::kColumn) return given;
  for (const ast::SelectItem& one : select.items) {
    if (one.alias && lower_case(one.alias->name) == lower_case(given.names[0].name))
      return *one.expression;
  }
  return given;
}

// FETCH FIRST n ROWS WITH TIES: the rows whose rank is at most n.
void TrinoRenderer::ties(const ast::Query& query) {
  if (query.order.empty())
    fail(query.limit_offset, "MISSING_ORDER_BY", 65,
         "FETCH FIRST WITH TIES clause requires ORDER BY");
  if (query.body->kind != BodyKind::kSelect || query.body->select->distinct || query.skip)
    not_supported(query.limit_offset, "WITH TIES with OFFSET, DISTINCT or a set operation");
  select(*query.body->select, &query);
}

void TrinoRenderer::body(const ast::QueryBody& body, bool outermost) {
  switch (body.kind) {
    case BodyKind::kSelect: return select(*body.select);
    case BodyKind::kTable: text("SELECT * FROM "); return table(body.names, nullptr);
    case BodyKind::kValues:
      if (outermost) text("SELECT * FROM (");
      values(body);
      if (outermost) {
        text(") AS \"\x01\"");
        unnamed_columns(width(body));
      }
      return;
    case BodyKind::kQuery:
      text("(");
      query(*body.query, outermost);
      return text(")");
    case BodyKind::kSetOperation: return set_operation(body, outermost);
  }
}

void TrinoRenderer::set_operation(const ast::QueryBody& body, bool outermost) {
  for (size_t i = 0; i < body.children.size(); ++i) {
    if (i > 0) {
      place(body.offset);
      text(body.operation == "union"    ? " UNION"
           : body.operation == "except" ? " EXCEPT"
                                        : " INTERSECT");
      text(body.all ? " ALL " : " ");
    }
    const ast::QueryBody& child = *body.children[i];
    const bool bracket = child.kind == BodyKind::kSetOperation;
    if (bracket) text("(");
    this->body(child, i == 0 && (outermost || child.kind == BodyKind::kValues));
    if (bracket) text(")");
  }
}

void TrinoRenderer::values(const ast::QueryBody& body) {
  place(body.offset);
  text("VALUES ");
  for (size_t i = 0; i < body.rows.size(); ++i) {
    const ast::Expression& row = *body.rows[i];
    text(i > 0 ? ", (" : "(");
    if (row.kind == ExpressionKind::kRow) {
      operands(row, 0);
    } else {
      expression(row);
    }
    text(")");
  }
}

// ---- SELECT -------------------------------------------------------------------------------------

void TrinoRenderer::select(const ast::Select& select, const ast::Query* ties) {
  text(select.distinct ? "SELECT DISTINCT " : "SELECT ");
  for (size_t i = 0; i < select.items.size(); ++i) {
    if (i > 0) text(", ");
    select_item(select.items[i], i);
  }
  for (size_t i = 0; i < select.from.size(); ++i) {
    text(i > 0 ? ", " : " FROM ");
    relation(*select.from[i]);
  }
  if (select.where) {
    text(" WHERE ");
    expression(*select.where);
  }
  group_by(select);
  if (select.having) {
    text(" HAVING ");
    expression(*select.having);
  }
  for (size_t i = 0; i < select.windows.size(); ++i) {
    text(i > 0 ? ", " : " WINDOW ");
    name(select.windows[i].name);
    text(" AS (");
    window(select.windows[i].window);
    text(")");
  }
  if (!ties) return;
  text(" QUALIFY rank() OVER (ORDER BY ");
  for (size_t i = 0; i < ties->order.size(); ++i) {
    const ast::SortItem& item = ties->order[i];
    if (i > 0) text(", ");
    expression(sorted_by(item, select));
    if (item.descending) text(" DESC");
    if (item.nulls_first) text(*item.nulls_first ? " NULLS FIRST" : " NULLS LAST");
  }
  text(") <= ");
  count(*ties->limit);
}

void TrinoRenderer::select_item(const ast::SelectItem& item, size_t index) {
  place(item.offset);
  if (item.star) {
    if (!item.columns.empty()) not_supported(item.offset, "renaming the columns of *");
    if (item.expression) {
      const ast::Expression& of = *item.expression;
      if (of.kind != ExpressionKind::kColumn && of.kind != ExpressionKind::kField)
        not_supported(item.offset, "the columns of a row");
      name(of.names.back());
      text(".");
    }
    return text("*");
  }
  const Expression& value = *item.expression;
  expression(value);
  if (item.alias) {
    text(" AS ");
    return name(*item.alias);
  }
  // A column's name is as the query spells it; everything else has none.
  const Expression* base = &value;
  while (base->kind == ExpressionKind::kField) base = base->children[0].get();
  if (base->kind != ExpressionKind::kColumn) text(fmt::format(" AS \"{}{}\"", kUnnamed, index));
}

void TrinoRenderer::group_by(const ast::Select& select) {
  if (select.distinct_groups) not_supported(select.groups.front().offset, "GROUP BY DISTINCT");
  for (size_t i = 0; i < select.groups.size(); ++i) {
    const ast::GroupingElement& element = select.groups[i];
    text(i > 0 ? ", " : " GROUP BY ");
    place(element.offset);
    if (element.kind == ast::GroupingElement::kAuto) {
      text("ALL");
      continue;
    }
    if (element.kind != ast::GroupingElement::kSet) {
      grouping_sets(element, element.kind == ast::GroupingElement::kRollup ? "ROLLUP"
                             : element.kind == ast::GroupingElement::kCube ? "CUBE"
                                                                           : "GROUPING SETS");
      continue;
    }
    const auto& set = element.sets.front();
    if (set.empty()) text("()");
    for (size_t k = 0; k < set.size(); ++k) {
      if (k > 0) text(", ");
      expression(*set[k]);
    }
  }
}

void TrinoRenderer::grouping_sets(const ast::GroupingElement& element, const char* word) {
  text(word);
  text(" (");
  for (size_t i = 0; i < element.sets.size(); ++i) {
    if (i > 0) text(", ");
    const auto& set = element.sets[i];
    const bool bracket = set.size() != 1;
    if (bracket) text("(");
    for (size_t k = 0; k < set.size(); ++k) {
      if (k > 0) text(", ");
      expression(*set[k]);
    }
    if (bracket) text(")");
  }
  text(")");
}

// ---- Relations ----------------------------------------------------------------------------------

void TrinoRenderer::relation(const ast::Relation& relation) {
  place(relation.offset);
  switch (relation.kind) {
    case RelationKind::kTable:
      table(relation.names, &relation);
      alias(relation);
      return sample(relation);
    case RelationKind::kSubquery:
    case RelationKind::kLateral: {
      const ast::QueryBody* body = only_values(*relation.query);
      if (relation.kind == RelationKind::kLateral) text("LATERAL ");
      text("(");
      query(*relation.query);
      text(")");
      alias(relation, body ? width(*body) : 0);
      return sample(relation);
    }
    case RelationKind::kUnnest: return unnest(relation);
    case RelationKind::kJoin: return join(relation);
    case RelationKind::kFunction:
      table_changes(relation);
      alias(relation);
      return sample(relation);
  }
}

void TrinoRenderer::alias(const ast::Relation& relation, size_t unnamed) {
  if (!relation.alias && unnamed == 0) return;
  text(" AS ");
  if (relation.alias) {
    name(*relation.alias);
  } else {
    text("\"\x01\"");
  }
  if (!relation.columns.empty()) {
    columns(relation.columns);
  } else if (unnamed > 0) {
    unnamed_columns(unnamed);
  }
}

void TrinoRenderer::table(const ast::QualifiedName& names, const ast::Relation* relation) {
  if (names.size() > 3) {
    std::string written;
    for (const auto& part : names) written += (written.empty() ? "" : ".") + part.name;
    throw user_error("SYNTAX_ERROR", 1, "Too many dots in table name: " + written);
  }
  if (relation && !relation->period.empty()) version(*relation);
  place(names[0].offset);
  if (const std::string step = renamed(names); !step.empty()) {
    text(quoted_name(step));
    if (!relation || !relation->alias) text(" AS " + quoted_name(names[0].name));
    return;
  }
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text(".");
    text(quoted_name(names[i].name));
  }
}

// t FOR VERSION AS OF 3: the version is remembered under the place of the table's name.
void TrinoRenderer::version(const ast::Relation& relation) {
  const ast::Expression& end = *relation.period_end;
  if (relation.period != "version") {
    RewrittenText outside = std::exchange(out_, {});
    expression(end);
    std::string instant = std::move(out_.sql);
    out_ = std::move(outside);
    const auto& names = relation.names;
    out_.versions.push_back({out_.sql.size(), 0, relation.period_offset, std::move(instant),
                             names.size() > 1 ? names[names.size() - 2].name : session_.schema,
                             names.back().name});
    return;
  }
  const bool integer =
      end.kind == ExpressionKind::kInteger ||
      (end.kind == ExpressionKind::kTyped &&
       (end.type->name == "bigint" || end.type->name == "integer") && is_integer(end.text, 64));
  if (!integer)
    throw user_error("NOT_SUPPORTED", 13,
                     "Unsupported type for table version: it takes a version number");
  int64_t version = 0;
  std::from_chars(end.text.data(), end.text.data() + end.text.size(), version);
  if (version < 0)
    throw user_error("INVALID_ARGUMENTS", 76,
                     fmt::format("Delta Lake snapshot ID does not exists: {}", version));
  out_.versions.push_back({out_.sql.size(), version, relation.period_offset});
}

// TABLE(lake.system.table_changes(schema_name => 's', table_name => 't', since_version => 3)).
void TrinoRenderer::table_changes(const ast::Relation& relation) {
  const ChangesArguments given = changes_arguments(relation, source_, session_);
  place(relation.names[0].offset);
  text(fmt::format("{}.{}.{}", kCatalog, quoted_name(given.schema),
                   quoted_name(fmt::format("{}{}{}", given.table, kChangesDetail, given.since))));
}

void TrinoRenderer::join(const ast::Relation& relation) {
  if (relation.join == "natural")
    fail(relation.offset, "NOT_SUPPORTED", 13, "Natural join not supported");
  const bool bracket = relation.bracketed || relation.alias;
  if (bracket) text("(");
  this->relation(*relation.left);
  text(relation.join == "cross"   ? " CROSS JOIN "
       : relation.join == "left"  ? " LEFT JOIN "
       : relation.join == "right" ? " RIGHT JOIN "
       : relation.join == "full"  ? " FULL JOIN "
                                  : " JOIN ");
  const bool nested = relation.right->kind == RelationKind::kJoin && !relation.right->bracketed;
  if (nested) text("(");
  this->relation(*relation.right);
  if (nested) text(")");
  if (relation.on) {
    text(" ON ");
    expression(*relation.on);
  } else if (!relation.use.empty()) {
    text(" USING ");
    columns(relation.use);
  }
  if (bracket) text(")");
  alias(relation);
  sample(relation);
}

size_t TrinoRenderer::unnested_columns(const ast::Expression& argument, bool& nested) const {
  const auto hint = hints_.find(&argument);
  if (hint == hints_.end() || hint->second.types.empty()) return 1;
  const Type& type = hint->second;
  const bool rows = type.name == "array" && type.types[0].name == "row";
  nested |= type.name == "map" || rows;
  return rows ? type.types[0].types.size() : type.types.size();
}

// The columns of one argument, side by side.
void TrinoRenderer::unnest_argument(const ast::Expression& argument, size_t& column) {
  bool nested = false;
  const size_t count = unnested_columns(argument, nested);
  const auto hint = hints_.find(&argument);
  if (nested && hint->second.name == "array") {
    // A column for each field: they have the fields' names.
    text("unnest(");
    expression(argument);
    text(", max_depth := 2)");
    column += count;
    return;
  }
  for (const std::string_view part : {"map_keys", "map_values"}) {
    text(nested ? fmt::format("unnest(system.main.{}(", part) : "unnest(");
    expression(argument);
    text(fmt::format("{} AS \"{}{}\"", nested ? "))" : ")", kUnnamed, column++));
    if (!nested) return;
    if (part == "map_keys") text(", ");
  }
}

// Of one array as the function of DuckDB; of several, or of maps and rows, as a query that unnests
// them side by side.
void TrinoRenderer::unnest(const ast::Relation& relation) {
  bool nested = false;
  for (const auto& argument : relation.arguments) unnested_columns(*argument, nested);
  if (relation.arguments.size() == 1 && !nested) {
    text("unnest(");
    expression(*relation.arguments[0]);
    text(")");
    if (relation.ordinality) text(" WITH ORDINALITY");
    alias(relation, relation.ordinality ? 0 : 1);
    return sample(relation);
  }
  size_t column = 0;
  text("(SELECT ");
  for (const auto& argument : relation.arguments) {
    if (column > 0) text(", ");
    unnest_argument(*argument, column);
  }
  if (relation.ordinality) {
    // As many numbers as the longest argument has entries.
    text(", unnest(system.main.range(1, 1 + system.main.greatest(0");
    for (const auto& argument : relation.arguments) {
      const auto hint = hints_.find(argument.get());
      const bool map = hint != hints_.end() && hint->second.name == "map";
      text(map ? ", system.main.len(system.main.map_keys(" : ", system.main.len(");
      expression(*argument);
      text(map ? "))" : ")");
    }
    text(fmt::format("))) AS \"{}{}\"", kUnnamed, column));
  }
  text(")");
  alias(relation);
  sample(relation);
}

void TrinoRenderer::sample(const ast::Relation& relation) {
  if (relation.sample.empty()) return;
  const ast::Expression& percentage = *relation.percentage;
  const bool number = percentage.kind == ExpressionKind::kInteger ||
                      percentage.kind == ExpressionKind::kDecimal ||
                      percentage.kind == ExpressionKind::kDouble;
  if (!number) not_supported(percentage.offset, "a sample percentage that is no number");
  double value = 0;
  std::from_chars(percentage.text.data(), percentage.text.data() + percentage.text.size(), value);
  if (value < 0 || value > 100)
    fail(percentage.offset, "NUMERIC_VALUE_OUT_OF_RANGE", 19,
         fmt::format(
             "Sample percentage must be {} 100",
             value < 0 ? "greater than or equal to 0 and at most" : "less than or equal to"));
  text(" TABLESAMPLE ");
  text(relation.sample == "bernoulli" ? "BERNOULLI(" : "SYSTEM(");
  text(percentage.text);
  text(" PERCENT)");
}

}  // namespace foz::sql
