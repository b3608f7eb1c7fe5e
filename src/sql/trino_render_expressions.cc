// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>

#include "sql/trino_literals_internal.h"
#include "sql/trino_render_internal.h"
#include "sql/trino_tokens_internal.h"

namespace foz::sql {

using ast::Expression;
using ast::ExpressionKind;

namespace {

// How tightly DuckDB's operators bind.
enum Binding {
  kBindsOr = 1,
  kBindsAnd,
  kBindsNot,
  kBindsPredicate,
  kBindsConcat,
  kBindsSum,
  kBindsProduct,
  kBindsSign,
  kBindsPrimary
};

int binding(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kOr: return kBindsOr;
    case ExpressionKind::kAnd: return kBindsAnd;
    case ExpressionKind::kNot: return kBindsNot;
    case ExpressionKind::kComparison:
    case ExpressionKind::kQuantified:
    case ExpressionKind::kIn:
    case ExpressionKind::kBetween:
    case ExpressionKind::kLike:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kDistinct: return kBindsPredicate;
    case ExpressionKind::kArithmetic:
      if (expression.text == "||") return kBindsConcat;
      return expression.text == "+" || expression.text == "-" ? kBindsSum : kBindsProduct;
    case ExpressionKind::kNegative:
    case ExpressionKind::kPositive: return kBindsSign;
    case ExpressionKind::kInteger:
    case ExpressionKind::kDouble:
      return expression.text.starts_with('-') ? kBindsSign : kBindsPrimary;
    case ExpressionKind::kAtTimeZone:
    case ExpressionKind::kInterval:
    case ExpressionKind::kTyped: return kBindsSign;
    default: return kBindsPrimary;
  }
}

// Sorted: words that DuckDB takes for something else than the name of a function.
constexpr std::string_view kNoFunctionNames[] = {
    "analyse", "analyze",   "any",        "array",     "asc",        "asof",      "asymmetric",
    "at",      "bigint",    "bit",        "boolean",   "both",       "char",      "character",
    "check",   "collate",   "column",     "dec",       "decimal",    "default",   "deferrable",
    "desc",    "do",        "fetch",      "float",     "foreign",    "generated", "glob",
    "ilike",   "initially", "inout",      "int",       "integer",    "interval",  "isnull",
    "lambda",  "lateral",   "leading",    "limit",     "map",        "national",  "nchar",
    "none",    "notnull",   "numeric",    "offset",    "only",       "out",       "overlaps",
    "overlay", "pivot",     "placing",    "position",  "positional", "precision", "primary",
    "qualify", "real",      "references", "returning", "row",        "semi",      "setof",
    "show",    "similar",   "smallint",   "some",      "struct",     "summarize", "symmetric",
    "time",    "timestamp", "to",         "trailing",  "treat",      "unique",    "unpack",
    "unpivot", "varchar",   "variadic",   "verbose",   "window"};
static_assert(std::ranges::is_sorted(kNoFunctionNames));

// Without quotes where it can be, as DuckDB's messages name it.
std::string function_name(const std::string& name) {
  const bool plain = std::ranges::all_of(
      name, [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
  if (plain && !(name[0] >= '0' && name[0] <= '9') &&
      !std::ranges::binary_search(kNoFunctionNames, std::string_view(name)))
    return name;
  return quoted_name(name);
}

}  // namespace

void TrinoRenderer::operand(const Expression& expression, int least) {
  const bool bracket = binding(expression) < least;
  if (bracket) text("(");
  this->expression(expression);
  if (bracket) text(")");
}

void TrinoRenderer::operands(const Expression& expression, size_t from) {
  for (size_t i = from; i < expression.children.size(); ++i) {
    if (i > from) text(", ");
    this->expression(*expression.children[i]);
  }
}

void TrinoRenderer::expression(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kNull:
    case ExpressionKind::kBoolean:
    case ExpressionKind::kInteger:
    case ExpressionKind::kDecimal:
    case ExpressionKind::kDouble:
    case ExpressionKind::kString:
    case ExpressionKind::kBinary: return literal(expression);
    case ExpressionKind::kTyped: return typed(expression);
    case ExpressionKind::kInterval: return interval(expression);
    case ExpressionKind::kCurrent: return current(expression);
    case ExpressionKind::kColumn:
      place(expression.offset);
      return text(quoted_name(expression.names[0].name));
    case ExpressionKind::kField:
      if (expression.children[0]->kind == ExpressionKind::kColumn ||
          expression.children[0]->kind == ExpressionKind::kField) {
        this->expression(*expression.children[0]);
      } else {
        text("(");
        this->expression(*expression.children[0]);
        text(")");
      }
      return text("." + quoted_name(expression.names[0].name));
    case ExpressionKind::kSubscript:
      operand(*expression.children[0], kBindsPrimary);
      place(expression.offset);
      text("[");
      this->expression(*expression.children[1]);
      return text("]");
    case ExpressionKind::kCall: return call(expression);
    case ExpressionKind::kLambda: return lambda(expression);
    case ExpressionKind::kExists: place(expression.offset), text("EXISTS "); [[fallthrough]];
    case ExpressionKind::kSubquery: place(expression.offset); return subquery(*expression.query);
    case ExpressionKind::kOr: return joined(expression, " OR ", kBindsAnd);
    case ExpressionKind::kAnd: return joined(expression, " AND ", kBindsNot);
    case ExpressionKind::kNot:
      place(expression.offset);
      text("NOT ");
      return operand(*expression.children[0], kBindsNot);
    case ExpressionKind::kNegative:
    case ExpressionKind::kPositive:
      place(expression.offset);
      text(expression.kind == ExpressionKind::kNegative ? "- " : "+ ");
      return operand(*expression.children[0], kBindsPrimary);
    case ExpressionKind::kArithmetic: return binary(expression);
    case ExpressionKind::kIn: return in(expression);
    case ExpressionKind::kComparison:
    case ExpressionKind::kQuantified:
    case ExpressionKind::kBetween:
    case ExpressionKind::kLike:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kDistinct: return predicate(expression);
    default: return form(expression);
  }
}

// What begins with a word of its own.
void TrinoRenderer::form(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kCase: return case_when(expression);
    case ExpressionKind::kCast: return cast(expression);
    case ExpressionKind::kArray:
      place(expression.offset);
      text("[");
      operands(expression, 0);
      return text("]");
    case ExpressionKind::kRow: return function(expression, "row");
    case ExpressionKind::kAtTimeZone: return zone(expression);
    case ExpressionKind::kTrim:
      return function(expression, expression.text == "leading"    ? "ltrim"
                                  : expression.text == "trailing" ? "rtrim"
                                                                  : "trim");
    case ExpressionKind::kNormalize:
      place(expression.offset);
      text("normalize(");
      operands(expression, 0);
      return text(", '" + expression.text + "')");
    case ExpressionKind::kExtract: return function(expression, expression.text);
    case ExpressionKind::kGrouping: return function(expression, "grouping");
    case ExpressionKind::kJsonCall: return json(expression);
    default: return;
  }
}

void TrinoRenderer::subquery(const ast::Query& query) {
  text("(");
  this->query(query);
  text(")");
}

// ---- Operators ----------------------------------------------------------------------------------

void TrinoRenderer::joined(const Expression& expression, const char* word, int binds) {
  for (size_t i = 0; i < expression.children.size(); ++i) {
    if (i > 0) {
      place(expression.offset);
      text(word);
    }
    operand(*expression.children[i], binds);
  }
}

void TrinoRenderer::binary(const Expression& expression) {
  const int binds = binding(expression);
  const Expression& left = *expression.children[0];
  operand(left, left.kind == ExpressionKind::kArithmetic ? binds : kBindsPrimary);
  text(" ");
  place(expression.offset);
  text(expression.text);
  text(" ");
  operand(*expression.children[1], kBindsPrimary);
}

void TrinoRenderer::predicate(const Expression& expression) {
  const auto& children = expression.children;
  // Blanks at the end of text of a fixed length mean nothing.
  const bool fixed = expression.kind == ExpressionKind::kComparison &&
                     std::ranges::any_of(children, [](const auto& child) {
                       return child->kind == ExpressionKind::kCast && child->type->name == "char";
                     });
  const auto side = [&](const Expression& child) {
    if (fixed) text("system.main.rtrim(");
    operand(child, kBindsConcat);
    if (fixed) text(")");
  };
  side(*children[0]);
  text(" ");
  place(expression.offset);
  const auto word = [&](const char* plain, const char* negated) {
    text(expression.negated ? negated : plain);
  };
  switch (expression.kind) {
    case ExpressionKind::kQuantified:
      text(expression.text + (expression.fields == "all" ? " ALL " : " ANY "));
      return subquery(*expression.query);
    case ExpressionKind::kBetween:
      word("BETWEEN ", "NOT BETWEEN ");
      operand(*children[1], kBindsConcat);
      text(" AND ");
      return operand(*children[2], kBindsConcat);
    case ExpressionKind::kLike:
      word("LIKE ", "NOT LIKE ");
      operand(*children[1], kBindsConcat);
      if (children.size() == 2) return;
      text(" ESCAPE ");
      return operand(*children[2], kBindsConcat);
    case ExpressionKind::kIsNull: return word("IS NULL", "IS NOT NULL");
    case ExpressionKind::kDistinct: word("IS DISTINCT FROM ", "IS NOT DISTINCT FROM "); break;
    default: text(expression.text + " ");
  }
  side(*children[1]);
}

void TrinoRenderer::in(const Expression& expression) {
  operand(*expression.children[0], kBindsConcat);
  text(" ");
  place(expression.offset);
  text(expression.negated ? "NOT IN " : "IN ");
  if (expression.query) return subquery(*expression.query);
  text("(");
  operands(expression, 1);
  text(")");
}

// AT TIME ZONE a name, or an interval from UTC.
void TrinoRenderer::zone(const Expression& expression) {
  const Expression& given = *expression.children[1];
  std::string name = given.text;
  if (given.kind == ExpressionKind::kInterval) {
    const auto value = interval_value(given.text, given.fields);
    if (!value || value->months)
      fail(given.offset, "INVALID_LITERAL", 59, "the interval is no offset of a time zone");
    const int64_t minutes = (given.negated ? -value->value : value->value) / 60000;
    name = fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                       std::abs(minutes) % 60);
  }
  operand(*expression.children[0], kBindsPrimary);
  text(" ");
  place(expression.offset);
  text("AT TIME ZONE " + string_literal(name));
}

// ---- Forms --------------------------------------------------------------------------------------

void TrinoRenderer::case_when(const Expression& expression) {
  const auto& children = expression.children;
  size_t i = 0;
  place(expression.offset);
  text("CASE");
  if (expression.operand) {
    text(" ");
    this->expression(*children[i++]);
  }
  const Expression* otherwise = expression.otherwise ? children[i++].get() : nullptr;
  for (; i + 1 < children.size(); i += 2) {
    text(" WHEN ");
    this->expression(*children[i]);
    text(" THEN ");
    this->expression(*children[i + 1]);
  }
  if (otherwise) {
    text(" ELSE ");
    this->expression(*otherwise);
  }
  text(" END");
}

void TrinoRenderer::cast(const Expression& expression) {
  const auto type = duckdb_type(*expression.type);
  if (!type && expression.type->name == "decimal")
    throw user_error("INVALID_FUNCTION_ARGUMENT", 7,
                     "DECIMAL precision must be in range [1, 38], and scale in [0, precision]");
  if (!type)
    fail(expression.offset, "TYPE_MISMATCH", 58, "Unknown type: " + type_text(*expression.type));
  place(expression.offset);
  // Text of a length is cut, and filled with blanks.
  const bool sized = !expression.type->numbers.empty() || expression.type->name == "char";
  const bool varchar = sized && expression.type->name == "varchar";
  const bool fixed = sized && expression.type->name == "char";
  if (varchar) text("system.main.substring(");
  if (fixed) text("system.main.rpad(");
  text(expression.text == "try" ? "TRY_CAST(" : "CAST(");
  this->expression(*expression.children[0]);
  text(" AS " + *type + ")");
  const int64_t length = expression.type->numbers.empty() ? 1 : expression.type->numbers[0];
  if (varchar) text(fmt::format(", 1, {})", length));
  if (fixed) text(fmt::format(", {}, ' ')", length));
}

void TrinoRenderer::lambda(const Expression& expression) {
  place(expression.offset);
  if (expression.names.empty())
    not_supported(expression.offset, "a lambda expression without arguments");
  text("lambda ");
  for (size_t i = 0; i < expression.names.size(); ++i) {
    if (i > 0) text(", ");
    name(expression.names[i]);
  }
  text(": ");
  operand(*expression.children[0], kBindsPrimary);
}

void TrinoRenderer::function(const Expression& expression, std::string_view name) {
  place(expression.offset);
  text(name);
  text("(");
  operands(expression, 0);
  text(")");
}

// ---- Calls --------------------------------------------------------------------------------------

void TrinoRenderer::call(const Expression& expression) {
  const std::string name = lower_case(expression.names.back().name);
  if (expression.names.size() > 1) {
    const bool builtin = expression.names.size() == 3 &&
                         lower_case(expression.names[0].name) == "system" &&
                         lower_case(expression.names[1].name) == "builtin";
    std::string written;
    for (const auto& part : expression.names) written += (written.empty() ? "" : ".") + part.name;
    if (!builtin)
      fail(expression.offset, "FUNCTION_NOT_FOUND", 6,
           fmt::format("Function '{}' not registered", written));
  }
  place(expression.offset);
  const auto& children = expression.children;
  if (name == "typeof" && children.size() == 1) {
    if (const auto hint = hints_.find(children[0].get()); hint != hints_.end())
      return text(string_literal(display_text(hint->second)));
  }
  if (name == "if") {
    text("CASE WHEN ");
    this->expression(*children[0]);
    text(" THEN ");
    this->expression(*children[1]);
    if (children.size() == 3) {
      text(" ELSE ");
      this->expression(*children[2]);
    }
    return text(" END");
  }
  // Forms of DuckDB's grammar stand without quotes.
  const bool form = name == "coalesce" || name == "nullif" || name == "try";
  text(form ? name : function_name(name));
  text("(");
  const ast::Call& call = *expression.call;
  if (call.star) text("*");
  if (call.distinct) text("DISTINCT ");
  operands(expression, 0);
  order_by(call.order);
  if (call.ignore_nulls) text(*call.ignore_nulls ? " IGNORE NULLS" : " RESPECT NULLS");
  text(")");
  if (!form) call_tail(expression);
}

void TrinoRenderer::call_tail(const Expression& expression) {
  const ast::Call& call = *expression.call;
  if (call.filter) {
    text(" FILTER (WHERE ");
    this->expression(*call.filter);
    text(")");
  }
  if (!call.over) return;
  text(" OVER ");
  if (call.over->reference) return name(*call.over->name);
  text("(");
  window(*call.over);
  text(")");
}

void TrinoRenderer::window(const ast::Window& window) {
  if (window.name) name(*window.name);
  if (!window.partition.empty()) {
    text(" PARTITION BY ");
    for (size_t i = 0; i < window.partition.size(); ++i) {
      if (i > 0) text(", ");
      expression(*window.partition[i]);
    }
  }
  order_by(window.order);
  if (window.unit.empty()) return;
  text(window.unit == "rows" ? " ROWS " : window.unit == "range" ? " RANGE " : " GROUPS ");
  if (window.end) text("BETWEEN ");
  frame_bound(window.start);
  if (!window.end) return;
  text(" AND ");
  frame_bound(*window.end);
}

void TrinoRenderer::frame_bound(const ast::FrameBound& bound) {
  switch (bound.kind) {
    case ast::FrameBound::kUnboundedPreceding: return text("UNBOUNDED PRECEDING");
    case ast::FrameBound::kUnboundedFollowing: return text("UNBOUNDED FOLLOWING");
    case ast::FrameBound::kCurrentRow: return text("CURRENT ROW");
    case ast::FrameBound::kPreceding:
    case ast::FrameBound::kFollowing:
      expression(*bound.rows);
      return text(bound.kind == ast::FrameBound::kPreceding ? " PRECEDING" : " FOLLOWING");
  }
}

}  // namespace foz::sql
