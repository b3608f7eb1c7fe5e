// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "sql/trino_literals_internal.h"
#include "sql/trino_tokens_internal.h"
#include "sql/trino_typing_internal.h"

namespace foz::sql {

using ast::Expression;
using ast::ExpressionKind;

namespace {

int64_t characters(std::string_view text) {
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; });
}

bool is_boolean(const Type& type) { return type.name == "boolean" || type.name == "unknown"; }

}  // namespace

bool is_parameter(const Expression& expression) {
  return expression.kind == ExpressionKind::kNull && expression.text == "?";
}

void TrinoTyper::want(const Expression& expression, const MaybeType& type) {
  if (type && type->name != "unknown" && is_parameter(expression))
    hints_.try_emplace(&expression, *type);
}

void TrinoTyper::want_each(const Expression& expression, size_t first, const MaybeType& type) {
  for (size_t i = first; i < expression.children.size(); ++i) want(*expression.children[i], type);
}

MaybeType TrinoTyper::expression(const Expression& expression) {
  work(1);
  MaybeType type = kind(expression);
  const size_t parts = type ? parts_of(*type) : 0;
  work(parts < kMostColumns ? parts : kMostWork);
  return type;
}

MaybeType TrinoTyper::kind(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kNull:
    case ExpressionKind::kBoolean:
    case ExpressionKind::kInteger:
    case ExpressionKind::kDecimal:
    case ExpressionKind::kDouble:
    case ExpressionKind::kString:
    case ExpressionKind::kBinary:
    case ExpressionKind::kTyped:
    case ExpressionKind::kInterval: return literal(expression);
    case ExpressionKind::kColumn: return column(expression);
    case ExpressionKind::kField: return field(expression);
    case ExpressionKind::kSubscript: return subscript(expression);
    case ExpressionKind::kCall: return call(expression);
    case ExpressionKind::kLambda:
      mismatch(expression.offset, "Lambda expression should always be used inside a function");
    case ExpressionKind::kSubquery: {
      const Columns columns = query(*expression.query);
      if (!columns.complete || columns.columns.size() != 1) return std::nullopt;
      return columns.columns[0].type;
    }
    case ExpressionKind::kExists: query(*expression.query); return type_of("boolean");
    case ExpressionKind::kArithmetic:
    case ExpressionKind::kNegative:
    case ExpressionKind::kPositive: return operation(expression);
    case ExpressionKind::kAnd:
    case ExpressionKind::kOr:
      for (const auto& child : expression.children) boolean(*child, "Logical expression term");
      return type_of("boolean");
    case ExpressionKind::kNot:
      boolean(*expression.children[0], "Value of logical NOT expression");
      return type_of("boolean");
    case ExpressionKind::kIn:
    case ExpressionKind::kQuantified:
    case ExpressionKind::kComparison:
    case ExpressionKind::kBetween:
    case ExpressionKind::kLike:
    case ExpressionKind::kIsNull:
    case ExpressionKind::kDistinct: return predicate(expression);
    case ExpressionKind::kCase: return case_when(expression);
    case ExpressionKind::kCast: return cast(expression);
    default: return form(expression);
  }
}

MaybeType TrinoTyper::form(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kArray: {
      if (expression.children.empty()) return array_of(type_of("unknown"));
      MaybeType element = common(expression, types(expression), "ARRAY elements");
      return element ? MaybeType(array_of(std::move(*element))) : std::nullopt;
    }
    case ExpressionKind::kRow: {
      Type made = type_of("row");
      bool known = true;
      for (const auto& child : expression.children) {
        MaybeType type = this->expression(*child);
        known &= type.has_value();
        made.types.push_back(type ? std::move(*type) : Type());
        made.fields.emplace_back();
      }
      return known ? MaybeType(std::move(made)) : std::nullopt;
    }
    case ExpressionKind::kAtTimeZone: {
      MaybeType type = this->expression(*expression.children[0]);
      if (!type || !type->name.starts_with("time")) return std::nullopt;
      if (!type->name.ends_with("zone")) type->name += " with time zone";
      return type;
    }
    case ExpressionKind::kCurrent: return current(expression);
    case ExpressionKind::kTrim: {
      MaybeType type = this->expression(*expression.children[0]);
      for (size_t i = 1; i < expression.children.size(); ++i)
        this->expression(*expression.children[i]);
      return type && is_text(*type) ? type : std::nullopt;
    }
    case ExpressionKind::kNormalize: {
      MaybeType type = this->expression(*expression.children[0]);
      return type && type->name == "varchar" ? type : std::nullopt;
    }
    case ExpressionKind::kGrouping: children(expression); return type_of("integer");
    case ExpressionKind::kExtract: {
      const MaybeType type = this->expression(*expression.children[0]);
      const std::string& part = expression.text;
      if (type && type->name == "date" &&
          (part == "hour" || part == "minute" || part == "second" || part.starts_with("timezone")))
        mismatch(expression.children[0]->offset, fmt::format("Cannot extract {} from date", part));
      return type_of("bigint");
    }
    case ExpressionKind::kJsonCall:
      children(expression);
      if (expression.type) return with_defaults(*expression.type);
      return type_of(expression.text == "json_exists" ? "boolean" : "varchar");
    default: return std::nullopt;
  }
}

void TrinoTyper::children(const Expression& expression) {
  for (const auto& child : expression.children) this->expression(*child);
}

MaybeType TrinoTyper::literal(const Expression& expression) {
  switch (expression.kind) {
    case ExpressionKind::kNull: return type_of("unknown");
    case ExpressionKind::kBoolean: return type_of("boolean");
    case ExpressionKind::kInteger:
      return type_of(is_integer(expression.text, 32) ? "integer" : "bigint");
    case ExpressionKind::kDouble: return type_of("double");
    case ExpressionKind::kString: return type_of("varchar", {characters(expression.text)});
    case ExpressionKind::kBinary: return type_of("varbinary");
    case ExpressionKind::kInterval:
      return type_of(expression.fields.starts_with("year") || expression.fields.starts_with("month")
                         ? "interval year to month"
                         : "interval day to second");
    case ExpressionKind::kDecimal: {
      const auto value = decimal_value(expression.text);
      if (!value) return std::nullopt;
      return type_of("decimal", {value->precision, value->scale});
    }
    default: break;
  }
  const std::string& name = expression.type->name;
  if (name == "char") return type_of("char", {characters(expression.text)});
  if (name == "decimal") {
    const auto value = decimal_value(expression.text);
    if (!value) return std::nullopt;
    return type_of("decimal", {value->precision, value->scale});
  }
  if (name == "time" || name == "timestamp") {
    const auto value =
        name == "time" ? time_value(expression.text) : timestamp_value(expression.text);
    if (!value) return std::nullopt;
    return type_of(value->zoned ? name + " with time zone" : name, {value->precision});
  }
  return *expression.type;
}

MaybeType TrinoTyper::current(const Expression& expression) {
  const std::string& what = expression.text;
  if (what == "current_date") return type_of("date");
  if (what.ends_with("user") || what.ends_with("catalog") || what.ends_with("schema") ||
      what.ends_with("path"))
    return type_of("varchar");
  int64_t precision = 3;
  if (!expression.fields.empty())
    std::from_chars(expression.fields.data(), expression.fields.data() + expression.fields.size(),
                    precision);
  const std::string name = what.ends_with("timestamp") ? "timestamp" : "time";
  return type_of(what.starts_with("current") ? name + " with time zone" : name, {precision});
}

// ---- Names --------------------------------------------------------------------------------------

MaybeType TrinoTyper::resolve(const std::vector<std::string>& names, bool& found,
                              const Expression& at) {
  found = true;
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    if (names.size() == 1) {
      for (auto argument = scope->lambda.rbegin(); argument != scope->lambda.rend(); ++argument) {
        if (lower_case(argument->name) == names[0]) return argument->type;
      }
    }
    const TypedColumn* match = nullptr;
    bool complete = true;
    for (const Source& source : scope->sources) {
      if (names.size() >= 2 && source.alias != names[names.size() - 2]) continue;
      if (names.size() >= 3 && source.schema != names[names.size() - 3]) continue;
      work(source.columns.columns.size());
      complete &= source.columns.complete;
      for (const TypedColumn& column : source.columns.columns) {
        if (column.name.empty() || lower_case(column.name) != names.back()) continue;
        const bool joined = std::ranges::find(scope->merged, names.back()) != scope->merged.end();
        // It belongs to both sides: neither's name leads to it.
        if (joined && names.size() > 1) continue;
        if (joined) return merged(*scope, names.back());
        if (match)
          fail(at.offset, "AMBIGUOUS_NAME", 62,
               fmt::format("Column '{}' is ambiguous", at.names.back().name));
        match = &column;
      }
    }
    if (match) return match->type;
    if (!complete) return std::nullopt;
  }
  found = false;
  return std::nullopt;
}

MaybeType TrinoTyper::column(const Expression& expression) {
  bool found = false;
  MaybeType type = resolve({lower_case(expression.names[0].name)}, found, expression);
  if (!found)
    fail(expression.offset, "COLUMN_NOT_FOUND", 47,
         fmt::format("Column '{}' cannot be resolved", expression.names[0].name));
  return type;
}

// schema.table.column, or the field of a row.
MaybeType TrinoTyper::field(const Expression& expression) {
  std::vector<std::string> names;
  const Expression* at = &expression;
  for (; at->kind == ExpressionKind::kField; at = at->children[0].get()) {
    work(1);
    names.push_back(lower_case(at->names[0].name));
  }
  if (at->kind == ExpressionKind::kColumn) {
    names.push_back(lower_case(at->names[0].name));
    std::ranges::reverse(names);
    bool found = false;
    MaybeType type = resolve(names, found, expression);
    if (found) return type;
    // A table of that name without the column, or a row's field.
    if (expression.children[0]->kind == ExpressionKind::kColumn) {
      bool base = false;
      const MaybeType row = resolve({names[0]}, base, *expression.children[0]);
      if (!base)
        fail(expression.offset, "COLUMN_NOT_FOUND", 47,
             fmt::format("Column '{}.{}' cannot be resolved", at->names[0].name,
                         expression.names[0].name));
    }
  }
  const Expression& base = *expression.children[0];
  MaybeType row = this->expression(base);
  if (!row) return std::nullopt;
  if (row->name != "row") mismatch(expression.offset, "Expression is not of type ROW");
  for (size_t i = 0; i < row->types.size(); ++i) {
    if (i < row->fields.size() && row->fields[i] &&
        lower_case(row->fields[i]->name) == lower_case(expression.names[0].name))
      return row->types[i];
  }
  if (row->fields.size() != row->types.size()) return std::nullopt;
  fail(expression.offset, "INVALID_COLUMN_REFERENCE", 63,
       fmt::format("Row does not have a field of name '{}'", expression.names[0].name));
}

MaybeType TrinoTyper::subscript(const Expression& expression) {
  const MaybeType base = this->expression(*expression.children[0]);
  const MaybeType index = this->expression(*expression.children[1]);
  if (!base || !index) return std::nullopt;
  const auto refuse = [&] {
    mismatch(expression.offset,
             fmt::format("Cannot use {} for subscript of {}", type_text(*index), type_text(*base)));
  };
  if (base->name == "row") {
    int64_t ordinal = 0;
    const std::string& text = expression.children[1]->text;
    std::from_chars(text.data(), text.data() + text.size(), ordinal);
    if (ordinal >= 1 && ordinal <= static_cast<int64_t>(base->types.size()))
      return base->types[static_cast<size_t>(ordinal - 1)];
    if (expression.children[1]->kind == ExpressionKind::kInteger)
      fail(expression.children[1]->offset, "INVALID_FUNCTION_ARGUMENT", 7,
           fmt::format("ROW subscript must be in the range [1, {}]", base->types.size()));
    return std::nullopt;
  }
  if (base->name == "array" && base->types.size() == 1) {
    if (!is_integer(*index) && index->name != "unknown") refuse();
    return base->types[0];
  }
  if (base->name == "map" && base->types.size() == 2) {
    const MaybeType key = common_type(base->types[0], *index);
    if (!key) refuse();
    return base->types[1];
  }
  if (base->name != "unknown") refuse();
  return std::nullopt;
}

// ---- Operators ----------------------------------------------------------------------------------

void TrinoTyper::boolean(const Expression& expression, const char* what) {
  const MaybeType type = this->expression(expression);
  if (type && !is_boolean(*type))
    mismatch(expression.offset,
             fmt::format("{} must evaluate to a boolean (actual: {})", what, type_text(*type)));
  want(expression, type_of("boolean"));
}

MaybeType TrinoTyper::operation(const Expression& expression) {
  const MaybeType left = this->expression(*expression.children[0]);
  if (expression.kind != ExpressionKind::kArithmetic) {
    const bool negative = expression.kind == ExpressionKind::kNegative;
    if (left && !is_numeric(*left) && !is_interval(*left) && left->name != "unknown" && negative)
      mismatch(expression.offset, "Cannot negate " + type_text(*left));
    return left;
  }
  const MaybeType right = this->expression(*expression.children[1]);
  if (!left || !right) return std::nullopt;
  if (expression.text == "||") {
    if (is_text(*left) && is_text(*right)) {
      if ((left->name == "char" || right->name == "char") && !left->numbers.empty() &&
          !right->numbers.empty())
        return type_of("char", {std::min<int64_t>(left->numbers[0] + right->numbers[0], 65536)});
      return type_of("varchar");
    }
    if (left->name == "array" && right->name == "array") {
      MaybeType both = common_type(*left, *right);
      if (!both)
        fail(expression.offset, "FUNCTION_NOT_FOUND", 6,
             fmt::format("Unexpected parameters ({}, {}) for function concat", type_text(*left),
                         type_text(*right)));
      return both;
    }
    return left->name == "varbinary" && right->name == "varbinary" ? left : std::nullopt;
  }
  if (left->name == "unknown" || right->name == "unknown") {
    // A number beside one is taken for one of its kind; the digits of a decimal are not known.
    const Type& known = left->name == "unknown" ? *right : *left;
    if (!is_numeric(known) || known.name == "decimal") return std::nullopt;
    want_each(expression, 0, known);
    return known;
  }
  MaybeType type = arithmetic_type(expression.text, *left, *right);
  if (!type)
    mismatch(expression.offset, fmt::format("Cannot apply operator: {} {} {}", type_text(*left),
                                            expression.text, type_text(*right)));
  return type;
}

MaybeType TrinoTyper::predicate(const Expression& expression) {
  const auto& children = expression.children;
  const MaybeType result = type_of("boolean");
  if (expression.kind == ExpressionKind::kIn && !expression.query) {
    want_each(expression, 0, common(expression, types(expression), "IN value and list items"));
    return result;
  }
  const MaybeType left = this->expression(*children[0]);
  const auto text_or_unknown = [](const MaybeType& type) {
    return !type || is_text(*type) || type->name == "unknown";
  };
  switch (expression.kind) {
    case ExpressionKind::kIn:
    case ExpressionKind::kQuantified: {
      const Columns columns = query(*expression.query);
      if (left && left->name != "row" && columns.complete && columns.columns.size() == 1 &&
          columns.columns[0].type && !common_type(*left, *columns.columns[0].type))
        mismatch(expression.offset,
                 fmt::format("Value expression and result of subquery must be of the same type: {} "
                             "vs {}",
                             type_text(*left), type_text(*columns.columns[0].type)));
      if (columns.complete && columns.columns.size() == 1)
        want(*children[0], columns.columns[0].type);
      return result;
    }
    case ExpressionKind::kIsNull: return result;
    case ExpressionKind::kLike:
      if (!text_or_unknown(left))
        mismatch(children[0]->offset,
                 fmt::format("Left side of LIKE expression must evaluate to a varchar (actual: {})",
                             type_text(*left)));
      for (size_t i = 1; i < children.size(); ++i) {
        const MaybeType pattern = this->expression(*children[i]);
        if (!text_or_unknown(pattern))
          mismatch(children[i]->offset,
                   fmt::format("{} for LIKE expression must evaluate to a varchar (actual: {})",
                               i == 1 ? "Pattern" : "Escape", type_text(*pattern)));
      }
      want_each(expression, 0, type_of("varchar"));
      return result;
    case ExpressionKind::kBetween: {
      const MaybeType low = this->expression(*children[1]), high = this->expression(*children[2]);
      if (left && low && high && (!common_type(*left, *low) || !common_type(*left, *high)))
        mismatch(expression.offset,
                 fmt::format("Cannot check if {} is BETWEEN {} and {}", type_text(*left),
                             type_text(*low), type_text(*high)));
      if (left && low && high) {
        const MaybeType both = common_type(*left, *low);
        if (both) want_each(expression, 0, common_type(*both, *high));
      }
      return result;
    }
    default: break;
  }
  const MaybeType right = this->expression(*children[1]);
  if (left && right && !common_type(*left, *right))
    mismatch(expression.offset,
             fmt::format("Cannot apply operator: {} {} {}", type_text(*left),
                         expression.kind == ExpressionKind::kDistinct ? "IS DISTINCT FROM"
                                                                      : expression.text,
                         type_text(*right)));
  if (left && right) want_each(expression, 0, common_type(*left, *right));
  return result;
}

std::vector<MaybeType> TrinoTyper::types(const Expression& expression) {
  std::vector<MaybeType> found;
  for (const auto& child : expression.children) found.push_back(this->expression(*child));
  return found;
}

MaybeType TrinoTyper::common(const Expression& expression, const std::vector<MaybeType>& types,
                             const char* what) const {
  MaybeType type;
  for (size_t i = 0; i < types.size(); ++i) {
    if (!types[i]) return std::nullopt;
    MaybeType both = type ? common_type(*type, *types[i]) : types[i];
    if (!both)
      mismatch(expression.children[i]->offset,
               fmt::format("All {} must be the same type or coercible to a common type. Cannot "
                           "find common type between {} and {}",
                           what, type_text(*type), type_text(*types[i])));
    type = std::move(both);
  }
  return type;
}

MaybeType TrinoTyper::case_when(const Expression& expression) {
  const auto& children = expression.children;
  size_t first = 0;
  MaybeType operand;
  if (expression.operand) operand = this->expression(*children[first++]);
  const Expression* otherwise = expression.otherwise ? children[first++].get() : nullptr;
  MaybeType type;
  bool known = true;
  const auto result = [&](const Expression& one) {
    MaybeType next = this->expression(one);
    known &= next.has_value();
    if (!known) return;
    MaybeType both = type ? common_type(*type, *next) : next;
    if (!both)
      mismatch(one.offset,
               fmt::format("All CASE results must be the same type or coercible to a common type. "
                           "Cannot find common type between {} and {}",
                           type_text(*type), type_text(*next)));
    type = std::move(both);
  };
  for (size_t i = first; i + 1 < children.size(); i += 2) {
    const Expression& when = *children[i];
    if (expression.operand) {
      const MaybeType given = this->expression(when);
      if (operand && given && !common_type(*operand, *given))
        mismatch(when.offset,
                 fmt::format("CASE operand type does not match WHEN clause operand type: {} vs {}",
                             type_text(*operand), type_text(*given)));
      want(when, operand);
    } else {
      boolean(when, "CASE WHEN clause");
    }
  }
  for (size_t i = first; i + 1 < children.size(); i += 2) result(*children[i + 1]);
  if (otherwise) result(*otherwise);
  if (!known) return std::nullopt;
  for (size_t i = first; i + 1 < children.size(); i += 2) want(*children[i + 1], type);
  if (otherwise) want(*otherwise, type);
  return type;
}

MaybeType TrinoTyper::cast(const Expression& expression) {
  const MaybeType from = this->expression(*expression.children[0]);
  Type to = with_defaults(*expression.type);
  if (from && duckdb_type(*expression.type) && !can_cast(*from, to))
    mismatch(expression.offset,
             fmt::format("Cannot cast {} to {}", type_text(*from), type_text(to)));
  return to;
}

}  // namespace foz::sql
