// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_typing_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sql/trino_literals_internal.h"
#include "sql/trino_table_changes_internal.h"
#include "sql/trino_tokens_internal.h"

namespace foz::sql {

using ast::BodyKind;
using ast::Expression;
using ast::ExpressionKind;
using ast::RelationKind;

namespace {

// Hidden columns go no further than the query that names their table.
void leave_out_hidden(std::vector<TypedColumn>& columns) {
  std::erase_if(columns, [](const TypedColumn& column) { return column.hidden; });
}

}  // namespace

QueryResult<std::vector<TypedColumn>> type_query(const ast::Query& query, std::string_view source,
                                                 const QuerySession& session,
                                                 const TableColumns& tables, TypeHints& hints) {
  try {
    auto columns = TrinoTyper(source, session, tables, hints).query(query);
    if (!columns.complete) return std::vector<TypedColumn>();
    return std::move(columns.columns);
  } catch (QueryError& error) {
    return std::unexpected(std::move(error));
  }
}

void TrinoTyper::fail(size_t offset, std::string name, int code, std::string_view message) const {
  throw error_at(source_, offset, std::move(name), code, message);
}

// ---- Queries ------------------------------------------------------------------------------------

TrinoTyper::Columns TrinoTyper::query(const ast::Query& query) {
  work(1);
  const size_t outside = common_.size();
  for (const ast::NamedQuery& named : query.with) {
    Columns columns;
    for (size_t i = outside; i < common_.size(); ++i) {
      if (common_[i].name == lower_case(named.name.name))
        fail(named.name.offset, "DUPLICATE_NAMED_QUERY", 53,
             fmt::format("WITH query name '{}' specified more than once", named.name.name));
    }
    // What refers to itself has the types of its first part.
    if (query.recursive) {
      const ast::QueryBody& parts = *named.query->body;
      const bool repeated = parts.kind == BodyKind::kSetOperation && named.query->with.empty();
      columns = repeated ? body(*parts.children[0], nullptr) : Columns{.complete = false};
      if (named.columns.size() != columns.columns.size()) columns = {.complete = false};
      for (size_t i = 0; i < columns.columns.size(); ++i)
        columns.columns[i].name = named.columns[i].name;
      common_.push_back({lower_case(named.name.name), columns});
      (void)this->query(*named.query);
    } else {
      columns = this->query(*named.query);
      if (!named.columns.empty() && columns.complete &&
          named.columns.size() != columns.columns.size())
        fail(named.columns[0].offset, "MISMATCHED_COLUMN_ALIASES", 61,
             fmt::format("column alias list has {} entries but relation has {} columns",
                         named.columns.size(), columns.columns.size()));
      for (size_t i = 0; i < named.columns.size() && i < columns.columns.size(); ++i)
        columns.columns[i].name = named.columns[i].name;
      common_.push_back({lower_case(named.name.name), std::move(columns)});
    }
  }
  Columns result = body(*query.body, &query);
  for (const ast::Expression* count : {query.skip.get(), query.limit.get()}) {
    if (count) want(*count, type_of("bigint"));
  }
  common_.resize(outside);
  return result;
}

TrinoTyper::Columns TrinoTyper::body(const ast::QueryBody& body, const ast::Query* around) {
  switch (body.kind) {
    case BodyKind::kSelect: return select(*body.select, around);
    case BodyKind::kTable: {
      Columns columns = table(body.names, nullptr);
      leave_out_hidden(columns.columns);
      return columns;
    }
    case BodyKind::kValues: return values(body);
    case BodyKind::kQuery: return query(*body.query);
    case BodyKind::kSetOperation: return set_operation(body);
  }
  return {};
}

TrinoTyper::Columns TrinoTyper::set_operation(const ast::QueryBody& body) {
  Columns result = this->body(*body.children[0], nullptr);
  for (size_t i = 1; i < body.children.size(); ++i) {
    const Columns other = this->body(*body.children[i], nullptr);
    if (!result.complete || !other.complete) {
      result.complete = false;
      continue;
    }
    std::string word = body.operation;
    std::ranges::transform(word, word.begin(), [](char c) { return static_cast<char>(c - 32); });
    if (other.columns.size() != result.columns.size())
      fail(body.offset, "TYPE_MISMATCH", 58,
           fmt::format("{} query has different number of fields: {}, {}", word,
                       result.columns.size(), other.columns.size()));
    for (size_t k = 0; k < result.columns.size(); ++k) {
      MaybeType& type = result.columns[k].type;
      const MaybeType& next = other.columns[k].type;
      if (!type || !next) {
        type.reset();
        continue;
      }
      const MaybeType both = common_type(*type, *next);
      if (!both)
        fail(body.offset, "TYPE_MISMATCH", 58,
             fmt::format("column {} in {} query has incompatible types: {}, {}", k + 1, word,
                         type_text(*type), type_text(*next)));
      type = both;
    }
  }
  return result;
}

TrinoTyper::Columns TrinoTyper::values(const ast::QueryBody& body) {
  Columns result;
  for (size_t i = 0; i < body.rows.size(); ++i) {
    const ast::Expression& row = *body.rows[i];
    std::vector<MaybeType> types;
    if (row.kind == ExpressionKind::kRow) {
      for (const auto& value : row.children) types.push_back(expression(*value));
    } else {
      types.push_back(expression(row));
    }
    if (i == 0) {
      for (auto& type : types) result.columns.push_back({"", std::move(type)});
      continue;
    }
    if (types.size() != result.columns.size())
      mismatch(body.offset, fmt::format("Values rows have mismatched sizes: {} vs {}",
                                        result.columns.size(), types.size()));
    for (size_t k = 0; k < types.size(); ++k) {
      MaybeType& type = result.columns[k].type;
      if (!type || !types[k]) {
        type.reset();
        continue;
      }
      MaybeType both = common_type(*type, *types[k]);
      if (!both)
        mismatch(body.offset, fmt::format("Values rows have mismatched types: {} vs {}",
                                          type_text(*type), type_text(*types[k])));
      type = std::move(both);
    }
  }
  return result;
}

// ---- SELECT -------------------------------------------------------------------------------------

TrinoTyper::Columns TrinoTyper::select(const ast::Select& select, const ast::Query* around) {
  scopes_.emplace_back();
  for (const auto& from : select.from) relation(*from);
  if (select.where) {
    if (has_aggregate(*select.where))
      fail(select.where->offset, "EXPRESSION_NOT_SCALAR", 74,
           "WHERE clause cannot contain aggregations, window functions or grouping operations");
    condition(*select.where, "WHERE clause");
  }
  Columns result;
  for (const ast::SelectItem& item : select.items) {
    if (item.star) {
      star(item, result);
      continue;
    }
    MaybeType type = expression(*item.expression);
    std::string name;
    if (item.alias) {
      name = item.alias->name;
    } else {
      const Expression* base = item.expression.get();
      while (base->kind == ExpressionKind::kField) base = base->children[0].get();
      if (base->kind == ExpressionKind::kColumn) name = item.expression->names.back().name;
    }
    result.columns.push_back({std::move(name), std::move(type)});
  }
  group_by(select, result);
  if (select.having) condition(*select.having, "HAVING clause");
  for (const auto& named : select.windows) windows(named.window);
  if (around) order_by(*around, select, result);
  scopes_.pop_back();
  return result;
}

void TrinoTyper::group_by(const ast::Select& select, const Columns& result) {
  for (const auto& element : select.groups) {
    for (const auto& set : element.sets) {
      for (const auto& one : set) {
        if (one->kind != ExpressionKind::kInteger) {
          expression(*one);
          continue;
        }
        int64_t ordinal = 0;
        std::from_chars(one->text.data(), one->text.data() + one->text.size(), ordinal);
        if (result.complete &&
            (ordinal < 1 || ordinal > static_cast<int64_t>(result.columns.size())))
          fail(one->offset, "INVALID_COLUMN_REFERENCE", 63,
               fmt::format("GROUP BY position {} is not in select list", ordinal));
      }
    }
  }
}

// Columns of the result, and of what they are made from.
void TrinoTyper::order_by(const ast::Query& query, const ast::Select& select,
                          const Columns& result) {
  for (const auto& item : query.order) {
    const ast::Expression& sorted = *item.expression;
    if (sorted.kind == ExpressionKind::kInteger) {
      int64_t ordinal = 0;
      std::from_chars(sorted.text.data(), sorted.text.data() + sorted.text.size(), ordinal);
      if (result.complete && (ordinal < 1 || ordinal > static_cast<int64_t>(result.columns.size())))
        fail(sorted.offset, "INVALID_COLUMN_REFERENCE", 63,
             fmt::format("ORDER BY position {} is not in select list", ordinal));
      continue;
    }
    Source names;
    names.columns.complete = result.complete;
    Scope scope;
    for (size_t i = 0; i < result.columns.size() && i < select.items.size(); ++i) {
      if (select.items[i].alias) names.columns.columns.push_back(result.columns[i]);
    }
    names.columns.complete = true;
    // A name of the result hides one of the tables.
    bool alias = false;
    if (sorted.kind == ExpressionKind::kColumn) {
      for (const auto& column : result.columns)
        alias |= lower_case(column.name) == lower_case(sorted.names[0].name);
    }
    if (alias) continue;
    scope.sources.push_back(std::move(names));
    scopes_.insert(scopes_.end() - 1, std::move(scope));
    expression(sorted);
    scopes_.erase(scopes_.end() - 2);
  }
}

void TrinoTyper::add_column(Columns& to, TypedColumn column) {
  work(kColumnWork + (column.type ? parts_of(*column.type) : 0));
  if (to.columns.size() >= kMostColumns) work(kMostWork);
  to.columns.push_back(std::move(column));
}

void TrinoTyper::star(const ast::SelectItem& item, Columns& result) {
  Scope& scope = scopes_.back();
  const auto add = [&](const Columns& columns) {
    result.complete &= columns.complete;
    for (const auto& column : columns.columns) {
      if (!column.hidden) add_column(result, column);
    }
    // At least one, whatever it is.
    if (!columns.complete && columns.columns.empty()) add_column(result, {});
  };
  if (!item.expression) {
    // A merged column comes first, and once.
    if (!scope.merged.empty() && scope.sources.size() != 2) result.complete = false;
    for (const std::string& name : scope.merged)
      result.columns.push_back({name, merged(scope, name)});
    for (const Source& source : scope.sources) {
      if (scope.merged.empty()) {
        add(source.columns);
        continue;
      }
      result.complete &= source.columns.complete;
      for (const auto& column : source.columns.columns) {
        const bool once =
            std::ranges::find(scope.merged, lower_case(column.name)) == scope.merged.end();
        if (once && !column.hidden) add_column(result, column);
      }
    }
    return;
  }
  const std::string name = item.expression->names.empty()
                               ? std::string()
                               : lower_case(item.expression->names.back().name);
  for (const Source& source : scope.sources) {
    if (source.alias != name || !scope.merged.empty()) continue;
    return add(source.columns);
  }
  const bool named = item.expression->kind == ExpressionKind::kColumn ||
                     item.expression->kind == ExpressionKind::kField;
  const bool joined = !scope.merged.empty();
  if (named && !joined && scopes_.size() == 1)
    fail(item.offset, "TABLE_NOT_FOUND", 46, "Unable to resolve reference " + name);
  result.complete = false;
}

// The type of a column of JOIN USING.
MaybeType TrinoTyper::merged(const Scope& scope, const std::string& name) {
  MaybeType type;
  for (const Source& source : scope.sources) {
    if (!source.columns.complete) return std::nullopt;
    for (const auto& column : source.columns.columns) {
      if (lower_case(column.name) != name) continue;
      if (!column.type) return std::nullopt;
      type = type ? common_type(*type, *column.type) : column.type;
      if (!type) return std::nullopt;
    }
  }
  return type;
}

void TrinoTyper::condition(const ast::Expression& expression, const char* what) {
  const MaybeType type = this->expression(expression);
  if (type && type->name != "boolean" && type->name != "unknown")
    mismatch(expression.offset,
             fmt::format("{} must evaluate to a boolean: actual type {}", what, type_text(*type)));
  want(expression, type_of("boolean"));
}

// ---- Relations ----------------------------------------------------------------------------------

TrinoTyper::Columns TrinoTyper::table(const ast::QualifiedName& names, Source* source,
                                      std::optional<size_t> period) {
  const std::string table = lower_case(names.back().name);
  if (source) source->alias = table;
  if (names.size() == 1) {
    for (auto common = common_.rbegin(); common != common_.rend(); ++common) {
      if (common->name == table) return common->columns;
    }
  }
  const std::string schema =
      names.size() >= 2 ? lower_case(names[names.size() - 2].name) : session_.schema;
  const std::string catalog = names.size() >= 3 ? lower_case(names[0].name) : session_.catalog;
  if (source) {
    source->schema = schema;
    source->catalog = catalog;
  }
  auto columns = tables_({catalog, schema, table, names[0].offset, period});
  if (!columns) return {.complete = false};
  // Tables of Delta have lower case names in Trino; a query may spell them otherwise.
  for (TypedColumn& column : *columns) column.name = lower_case(column.name);
  return {.complete = true, .columns = std::move(*columns)};
}

void TrinoTyper::add_source(const ast::Relation& relation, Columns columns) {
  Source source;
  if (relation.alias) source.alias = lower_case(relation.alias->name);
  if (!relation.columns.empty()) {
    leave_out_hidden(columns.columns);
    if (columns.complete && relation.columns.size() != columns.columns.size())
      fail(relation.offset, "MISMATCHED_COLUMN_ALIASES", 61,
           fmt::format("Column alias list has {} entries but '{}' has {} columns available",
                       relation.columns.size(), source.alias, columns.columns.size()));
    if (!columns.complete) {
      columns.columns.assign(relation.columns.size(), {});
      columns.complete = true;
    }
    for (size_t i = 0; i < relation.columns.size(); ++i)
      columns.columns[i].name = relation.columns[i].name;
  }
  source.columns = std::move(columns);
  scopes_.back().sources.push_back(std::move(source));
}

void TrinoTyper::relation(const ast::Relation& relation) {
  switch (relation.kind) {
    case RelationKind::kTable: {
      Source source;
      if (relation.period_end) period(relation);
      Columns columns = relation.period_end ? table(relation.names, &source, relation.period_offset)
                                            : table(relation.names, &source);
      if (relation.alias) return add_source(relation, std::move(columns));
      source.columns = std::move(columns);
      scopes_.back().sources.push_back(std::move(source));
      return;
    }
    case RelationKind::kSubquery:
    case RelationKind::kLateral: return add_source(relation, query(*relation.query));
    case RelationKind::kUnnest: return add_source(relation, unnest(relation));
    case RelationKind::kJoin: return join(relation);
    case RelationKind::kFunction: return add_source(relation, table_changes(relation));
  }
}

TrinoTyper::Columns TrinoTyper::table_changes(const ast::Relation& relation) {
  const ChangesArguments given = changes_arguments(relation, source_, session_);
  auto columns = tables_({kCatalog, given.schema, given.table, relation.names[0].offset, {}});
  if (!columns) return {.complete = false};
  leave_out_hidden(*columns);
  for (TypedColumn& column : *columns) column.name = lower_case(column.name);
  columns->push_back({"_change_type", type_of("varchar")});
  columns->push_back({"_commit_version", type_of("bigint")});
  columns->push_back({"_commit_timestamp", type_of("timestamp with time zone", {3})});
  return {.complete = true, .columns = std::move(*columns)};
}

// What may be a version or an instant is said where it is evaluated.
void TrinoTyper::period(const ast::Relation& relation) { expression(*relation.period_end); }

TrinoTyper::Columns TrinoTyper::unnest(const ast::Relation& relation) {
  Columns result;
  for (const auto& argument : relation.arguments) {
    const MaybeType type = expression(*argument);
    if (type) hints_[argument.get()] = *type;
    const bool array = type && type->name == "array" && type->types.size() == 1;
    if (!array && !(type && type->name == "map" && type->types.size() == 2)) {
      result.complete = false;
      if (type && type->types.empty() && type->name != "unknown")
        throw user_error("INVALID_FUNCTION_ARGUMENT", 7, "Cannot unnest type: " + type_text(*type));
      continue;
    }
    if (array && type->types[0].name == "row") {
      for (size_t i = 0; i < type->types[0].types.size(); ++i) {
        const auto& field = type->types[0].fields[i];
        result.columns.push_back({field ? field->name : "", type->types[0].types[i]});
      }
    } else {
      for (const Type& inner : type->types) result.columns.push_back({"", inner});
    }
  }
  if (relation.ordinality) result.columns.push_back({"", type_of("bigint")});
  return result;
}

void TrinoTyper::join(const ast::Relation& relation) {
  if (relation.alias) {
    scopes_.emplace_back();
    this->relation(*relation.left);
    this->relation(*relation.right);
    if (relation.on) condition(*relation.on, "JOIN ON clause");
    scopes_.pop_back();
    return add_source(relation, {.complete = false});
  }
  this->relation(*relation.left);
  const size_t left = scopes_.back().sources.size();
  this->relation(*relation.right);
  if (relation.on) condition(*relation.on, "JOIN ON clause");
  for (const auto& name : relation.use) {
    const std::string lower = lower_case(name.name);
    const auto missing = [&](size_t begin, size_t end) {
      for (size_t i = begin; i < end; ++i) {
        const Columns& columns = scopes_.back().sources[i].columns;
        if (!columns.complete) return false;
        for (const auto& column : columns.columns) {
          if (!column.hidden && lower_case(column.name) == lower) return false;
        }
      }
      return true;
    };
    const bool in_left = !missing(0, left);
    if (!in_left || missing(left, scopes_.back().sources.size()))
      fail(name.offset, "COLUMN_NOT_FOUND", 47,
           fmt::format("Column '{}' is missing from {} side of join", name.name,
                       in_left ? "right" : "left"));
    scopes_.back().merged.push_back(lower);
  }
}

}  // namespace foz::sql
