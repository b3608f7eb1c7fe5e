// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/flow_compiler_internal.h"

#include <arrow/type.h>
#include <fmt/format.h>

#include <algorithm>

#include "delta/variant.h"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "sql/arrow_duck_internal.h"
#include "sql/flow_functions_internal.h"

namespace foz::sql {

using duckdb::StringUtil;
using duckdb::Value;

namespace {

constexpr size_t kMaxQueries = 100;  // one inside the other, common table expressions included

// What names mean inside one SELECT: the columns of its source, then the aliases of its own list so
// far.
struct Scope {
  std::vector<std::string> qualifier;  // "bronze", "flights", or an alias; empty: none
  std::vector<NamedColumn> columns;
  std::vector<std::pair<std::string, const duckdb::Expression*>> aliases;
};

bool same(std::string_view a, std::string_view b) {
  return StringUtil::CIEquals(std::string(a), std::string(b));
}

size_t distance(const std::string& a, const std::string& b) {
  return StringUtil::SimilarityScore(StringUtil::Lower(a), StringUtil::Lower(b));
}

class Compiler {
 public:
  Compiler(Build& build, const ResolveTable& resolve) : build_(build), resolve_(resolve) {}

  using Withs = std::vector<const Query::With*>;  // visible, the last first

  // Adds the levels of `query` and gives its output columns.
  std::vector<NamedColumn> query(const Query& query, const Withs& outer) {
    if (++depth_ > kMaxQueries) Build::refuse(query.from.span, "too many nested queries");
    Withs withs = outer;
    for (const auto& with : query.with) withs.push_back(&with);
    Scope scope = source(query.from, withs);
    Level level;
    if (query.where) filters(*query.where, scope, level);
    level.projections.push_back(Build::column(0, LogicalType::INTEGER));
    std::vector<NamedColumn> outputs;
    for (const auto& item : query.items) {
      if (item->kind == ExprKind::kStar) {
        star(*item, scope, level, outputs);
      } else {
        Ex ex = expression(*item, scope);
        outputs.push_back({output_name(*item), ex->return_type});
        if (!item->alias.empty()) scope.aliases.emplace_back(item->alias, ex.get());
        level.projections.push_back(std::move(ex));
      }
    }
    plan.levels.push_back(std::move(level));
    return outputs;
  }

  Ex expression(const Expr& expr, const Scope& scope) {
    switch (expr.kind) {
      case ExprKind::kLiteral: return Build::constant(expr.value);
      case ExprKind::kColumn: return column(expr, scope);
      case ExprKind::kStar: Build::refuse(expr.span, "* stands only in a SELECT list");
      case ExprKind::kField:
        return build_.field(expr.span, expression(*expr.args[0], scope), expr.text);
      case ExprKind::kCast:
        return build_.cast(expr.span, expression(*expr.args[0], scope), expr.type,
                           expr.safe ? OnError::kNull : OnError::kNote);
      case ExprKind::kCall: return call(expr, scope);
    }
    Build::refuse(expr.span, "unexpected expression");
  }

  void set_text(std::string_view text) { text_ = text; }
  Plan plan;

 private:
  Scope source(const Source& source, const Withs& withs) {
    Scope scope;
    if (source.query) {
      scope.columns = query(*source.query, withs);
    } else if (source.stream) {
      scope.columns = stream(source);
      scope.qualifier = source.table;
    } else {
      scope.columns = common_table(source, withs);
      scope.qualifier = source.table;
    }
    if (!source.alias.empty()) scope.qualifier = {source.alias};
    return scope;
  }

  // Each common table expression sees those before it.
  std::vector<NamedColumn> common_table(const Source& source, const Withs& withs) {
    for (size_t i = withs.size(); i-- > 0 && source.table.size() == 1;) {
      if (!same(withs[i]->name, source.table[0])) continue;
      return query(*withs[i]->query,
                   Withs(withs.begin(), withs.begin() + static_cast<ptrdiff_t>(i)));
    }
    Build::refuse(source.span, fmt::format("a flow reads a stream: write FROM STREAM {}",
                                           fmt::join(source.table, ".")));
  }

  std::vector<NamedColumn> stream(const Source& source) {
    auto path = source.table;
    if (path.size() == 3 && same(path[0], "lake")) path.erase(path.begin());
    if (path.size() != 2)
      Build::refuse(source.span, "a stream is named by schema and table: STREAM bronze.flights");
    const auto schema = resolve_(path[0], path[1]);
    if (!schema)
      Build::refuse(source.span, fmt::format("there is no table {}.{}", path[0], path[1]));
    plan.source = {path[0], path[1]};
    std::vector<NamedColumn> columns;
    plan.source_types.push_back(LogicalType::INTEGER);
    for (int i = 0; i < (*schema)->num_fields(); i++) {
      const auto& field = *(*schema)->field(i);
      if (delta::holds_variants(*field.type())) {
        Build::refuse(
            source.span,
            fmt::format("column {} is or holds a variant, which no flow can read", field.name()));
      }
      auto type = duck_type(*field.type());
      if (!type)
        Build::refuse(source.span,
                      fmt::format("column {}: {}", field.name(), type.error().message()));
      plan.source_columns.push_back(i);
      plan.source_types.push_back(*type);
      columns.push_back({field.name(), *type});
    }
    return columns;
  }

  // WHERE a AND b: two filters.
  void filters(const Expr& expr, const Scope& scope, Level& level) {
    if (expr.kind == ExprKind::kCall && expr.text == "and") {
      for (const auto& arg : expr.args) filters(*arg, scope, level);
      return;
    }
    level.filters.push_back(condition(expr, scope));
  }

  Ex condition(const Expr& expr, const Scope& scope) {
    Ex ex = expression(expr, scope);
    const bool boolean = ex->return_type.id() == LogicalTypeId::BOOLEAN ||
                         ex->return_type.id() == LogicalTypeId::SQLNULL;
    if (!boolean)
      Build::refuse(expr.span, fmt::format("a condition is a BOOLEAN, this is a {}",
                                           spark_name(ex->return_type)));
    return build_.cast(expr.span, std::move(ex), LogicalType::BOOLEAN, OnError::kNote);
  }

 public:
  void expectation(const Expr& expr, const Scope& scope) {
    plan.levels.back().projections.push_back(condition(expr, scope));
    plan.conditions++;
  }

 private:
  std::string output_name(const Expr& expr) const {
    if (!expr.alias.empty()) return expr.alias;
    if (expr.kind == ExprKind::kColumn) return expr.path.back();
    if (expr.kind == ExprKind::kField) return expr.text;
    return std::string(text_.substr(expr.span.begin, expr.span.end - expr.span.begin));
  }

  // The index in `scope.columns` of an unqualified name.
  std::optional<size_t> find(const Scope& scope, const std::string& name, Span span) const {
    std::optional<size_t> found;
    for (size_t i = 0; i < scope.columns.size(); i++) {
      if (!same(scope.columns[i].name, name)) continue;
      if (found) Build::refuse(span, fmt::format("column {} is ambiguous", name));
      found = i;
    }
    return found;
  }

  // How many of the path's first names are the scope's qualifier.
  static size_t qualified(const Scope& scope, const std::vector<std::string>& path) {
    for (size_t skip = 0; skip < scope.qualifier.size(); skip++) {
      const size_t length = scope.qualifier.size() - skip;
      if (path.size() < length) continue;
      const bool equal =
          std::equal(scope.qualifier.begin() + static_cast<ptrdiff_t>(skip), scope.qualifier.end(),
                     path.begin(), [](const auto& a, const auto& b) { return same(a, b); });
      if (equal) return length;
    }
    return 0;
  }

  Ex column(const Expr& expr, const Scope& scope) {
    const auto& path = expr.path;
    size_t at = qualified(scope, path);
    if (at > 0 && (at == path.size() || !find(scope, path[at], expr.span))) at = 0;
    Ex ex;
    if (const auto index = find(scope, path[at], expr.span)) {
      ex = Build::column(*index + 1, scope.columns[*index].type);
    } else {
      for (const auto& [name, alias] : scope.aliases) {
        if (same(name, path[0])) ex = alias->Copy();
      }
    }
    if (!ex) {
      if (path.size() == 1 && is_current_time(path[0])) return current_time(expr, scope);
      unknown_column(expr, scope);
    }
    for (size_t i = at + 1; i < path.size(); i++)
      ex = build_.field(expr.span, std::move(ex), path[i]);
    return ex;
  }

  [[noreturn]] void unknown_column(const Expr& expr, const Scope& scope) const {
    const NamedColumn* nearest = nullptr;
    for (const auto& column : scope.columns) {
      if (nearest == nullptr ||
          distance(column.name, expr.path.back()) < distance(nearest->name, expr.path.back())) {
        nearest = &column;
      }
    }
    const bool near = nearest != nullptr && distance(nearest->name, expr.path.back()) <= 3;
    Build::refuse(expr.span,
                  fmt::format("there is no column {}{}", fmt::join(expr.path, "."),
                              near ? fmt::format("; did you mean {}?", nearest->name) : ""));
  }

  static bool is_current_time(std::string_view name) {
    return same(name, "current_timestamp") || same(name, "now") || same(name, "current_date") ||
           same(name, "curdate") || same(name, "localtimestamp");
  }

  // In a stream, now is the record's own time.
  Ex current_time(const Expr& expr, const Scope& scope) {
    const std::string& name = expr.kind == ExprKind::kColumn ? expr.path[0] : expr.text;
    for (size_t i = 0; i < scope.columns.size(); i++) {
      if (!same(scope.columns[i].name, "timestamp") ||
          scope.columns[i].type.id() != LogicalTypeId::TIMESTAMP_TZ)
        continue;
      const bool date = same(name, "current_date") || same(name, "curdate");
      const bool local = same(name, "localtimestamp");
      const LogicalType type = date    ? LogicalType::DATE
                               : local ? LogicalType::TIMESTAMP
                                       : LogicalType::TIMESTAMP_TZ;
      return build_.cast(expr.span, Build::column(i + 1, scope.columns[i].type), type,
                         OnError::kNote);
    }
    Build::refuse(
        expr.span,
        fmt::format("{} is the record's time in a stream, and there is no column timestamp here",
                    name));
  }

  void star(const Expr& expr, const Scope& scope, Level& level, std::vector<NamedColumn>& outputs) {
    std::vector<std::string> unused = expr.except;
    const auto add = [&](const std::string& name, auto&& make) {
      const auto dropped =
          std::ranges::find_if(unused, [&](const auto& except) { return same(except, name); });
      if (dropped != unused.end()) {
        unused.erase(dropped);
        return;
      }
      Ex ex = make();
      outputs.push_back({name, ex->return_type});
      level.projections.push_back(std::move(ex));
    };
    if (expr.path.empty() ||
        (qualified(scope, expr.path) == expr.path.size() && !expr.path.empty())) {
      for (size_t i = 0; i < scope.columns.size(); i++) {
        add(scope.columns[i].name, [&] { return Build::column(i + 1, scope.columns[i].type); });
      }
    } else {
      const Ex record = column(expr, scope);
      if (record->return_type.id() != LogicalTypeId::STRUCT) {
        Build::refuse(expr.span,
                      fmt::format("{} is a {}: only a STRUCT has fields", fmt::join(expr.path, "."),
                                  spark_name(record->return_type)));
      }
      for (const auto& [name, type] : duckdb::StructType::GetChildTypes(record->return_type)) {
        add(name, [&] { return build_.field(expr.span, record->Copy(), name); });
      }
    }
    if (!unused.empty())
      Build::refuse(expr.span, fmt::format("there is no column {} to leave out", unused[0]));
  }

  Ex call(const Expr& expr, const Scope& scope) {
    if (is_current_time(expr.text) && expr.args.empty()) return current_time(expr, scope);
    const Function* function = find_function(expr.text);
    if (function == nullptr) Build::refuse(expr.span, unknown_function(expr.text));
    if (expr.args.size() < function->min_args || expr.args.size() > function->max_args) {
      const bool exact = function->min_args == function->max_args;
      Build::refuse(expr.span, fmt::format("{} takes {}{} argument{}, not {}", expr.text,
                                           exact ? "" : "at least ", function->min_args,
                                           function->min_args == 1 ? "" : "s", expr.args.size()));
    }
    Args args;
    for (const auto& arg : expr.args) {
      // A constant map of options is no value.
      const bool options = expr.text == "from_json" && args.size() == 2;
      args.push_back(options ? Build::constant(Value()) : expression(*arg, scope));
    }
    return function->build(build_, expr, args);
  }

  Build& build_;
  const ResolveTable& resolve_;
  std::string_view text_;
  size_t depth_ = 0;
};

// Columns that the level above does not read become constants: neither computed nor failing, as in
// Spark.
void prune(Plan& plan) {
  std::vector<bool> used;
  for (size_t k = plan.levels.size(); k-- > 0;) {
    Level& level = plan.levels[k];
    const bool last = k + 1 == plan.levels.size();
    for (size_t i = 1; i < level.projections.size() && !last; i++) {
      if (!used[i])
        level.projections[i] = Build::constant(Value(level.projections[i]->return_type));
    }
    const size_t inputs = k == 0 ? plan.source_types.size() : plan.levels[k - 1].projections.size();
    used.assign(inputs, false);
    const auto mark = [&](const Ex& ex) {
      duckdb::ExpressionIterator::VisitExpression<duckdb::BoundReferenceExpression>(
          *ex,
          [&](const duckdb::BoundReferenceExpression& reference) { used[reference.index] = true; });
    };
    for (const auto& filter : level.filters) mark(filter);
    for (const auto& projection : level.projections) mark(projection);
  }
  for (size_t i = 0; i < plan.source_columns.size(); i++) {
    if (!used[i + 1]) plan.source_columns[i] = -1;
  }
}

void check_outputs(const Query& query, const std::vector<NamedColumn>& outputs) {
  const Span select = query.items[0]->span;
  for (const auto& item : query.items) {
    const bool named = !item->alias.empty() || item->kind == ExprKind::kColumn ||
                       item->kind == ExprKind::kField || item->kind == ExprKind::kStar;
    if (!named) Build::refuse(item->span, "give this column a name: … AS name");
  }
  const bool one_each = outputs.size() == query.items.size() &&
                        std::ranges::none_of(query.items, [](const auto& item) {
                          return item->kind == ExprKind::kStar;
                        });
  for (size_t i = 0; i < outputs.size(); i++) {
    const Span span = one_each ? query.items[i]->span : select;
    for (size_t j = 0; j < i; j++) {
      if (same(outputs[i].name, outputs[j].name))
        Build::refuse(span, fmt::format("column {} is there twice", outputs[i].name));
    }
    auto type = arrow_type(outputs[i].type);
    if (!type) {
      Build::refuse(span, fmt::format("column {} has the type {}: cast it", outputs[i].name,
                                      spark_name(outputs[i].type)));
    }
  }
}

}  // namespace

std::expected<Plan, Diagnostic> compile(Build& build, const FlowText& text,
                                        const ResolveTable& resolve) {
  Compiler compiler(build, resolve);
  std::string_view current = text.select;
  int line = text.line, column = text.column;
  try {
    const auto query = parse_query(text.select);
    compiler.set_text(text.select);
    auto outputs = compiler.query(*query, {});
    check_outputs(*query, outputs);
    if (!text.expectations.empty()) {
      Level& level = compiler.plan.levels.emplace_back();
      level.projections.push_back(Build::column(0, LogicalType::INTEGER));
      for (size_t i = 0; i < outputs.size(); i++)
        level.projections.push_back(Build::column(i + 1, outputs[i].type));
    }
    const Scope scope{{}, outputs, {}};
    for (const auto& expectation : text.expectations) {
      current = expectation.condition;
      line = expectation.line;
      column = expectation.column;
      compiler.expectation(*parse_expression(current), scope);
    }
    compiler.plan.outputs = std::move(outputs);
    prune(compiler.plan);
    return std::move(compiler.plan);
  } catch (const Refused& refused) {
    return std::unexpected(locate(current, line, column, refused));
  } catch (const std::exception& exception) {  // DuckDB's, while it binds one of its own functions
    return std::unexpected(
        locate(current, line, column,
               Refused{{0, current.size()}, duckdb::ErrorData(exception).RawMessage()}));
  }
}

}  // namespace foz::sql
