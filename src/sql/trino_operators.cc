// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/trino_operators_internal.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "duckdb/catalog/catalog.hpp"
#include "duckdb/common/enums/database_modification_type.hpp"
#include "duckdb/common/types/interval.hpp"
#include "duckdb/common/vector_operations/binary_executor.hpp"
#include "duckdb/common/vector_operations/ternary_executor.hpp"
#include "duckdb/common/vector_operations/unary_executor.hpp"
#include "duckdb/function/function_binder.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/parser/parsed_data/create_scalar_function_info.hpp"
#include "duckdb/planner/expression/bound_case_expression.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "duckdb/planner/expression/bound_conjunction_expression.hpp"
#include "duckdb/planner/expression/bound_constant_expression.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_operator_expression.hpp"
#include "duckdb/transaction/meta_transaction.hpp"
#include "sql/lake_types_internal.h"
#include "sql/trino_tree_internal.h"

namespace foz::sql {

using duckdb::ClientContext;
using duckdb::DataChunk;
using duckdb::Expression;
using duckdb::ExpressionState;
using duckdb::FunctionBindExpressionInput;
using duckdb::hugeint_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::ScalarFunction;
using duckdb::string_t;
using duckdb::unique_ptr;
using duckdb::Vector;

using Arguments = duckdb::vector<unique_ptr<Expression>>;

namespace {

[[noreturn]] void division_by_zero() { throw duckdb::OutOfRangeException("Division by zero"); }

// ---- Building bound expressions -----------------------------------------------------------------

template <class... E>
Arguments list_of(E... expressions) {
  Arguments list;
  (list.push_back(std::move(expressions)), ...);
  return list;
}

unique_ptr<Expression> call(ClientContext& context, const std::string& name, Arguments arguments,
                            bool is_operator = false) {
  duckdb::FunctionBinder binder(context);
  duckdb::ErrorData error;
  auto bound =
      binder.BindScalarFunction(DEFAULT_SCHEMA, name, std::move(arguments), error, is_operator);
  if (!bound) error.Throw();
  return bound;
}

unique_ptr<Expression> call(ClientContext& context, ScalarFunction function, Arguments arguments) {
  duckdb::FunctionBinder binder(context);
  return binder.BindScalarFunction(std::move(function), std::move(arguments));
}

unique_ptr<Expression> as(ClientContext& context, unique_ptr<Expression> expression,
                          const LogicalType& type) {
  return duckdb::BoundCastExpression::AddCastToType(context, std::move(expression), type);
}

bool is_float(const LogicalType& type) {
  return type.id() == LogicalTypeId::DOUBLE || type.id() == LogicalTypeId::FLOAT;
}
bool is_exact(const LogicalType& type) {
  return type.IsIntegral() || type.id() == LogicalTypeId::DECIMAL;
}

// ---- Division -----------------------------------------------------------------------------------

template <class T>
T divide_integers(T a, T b) {
  if (b == T(0)) division_by_zero();
  if constexpr (std::is_integral_v<T>) {
    if (b == T(-1) && a == std::numeric_limits<T>::min())
      throw duckdb::OutOfRangeException("integer division overflow");
  }
  return static_cast<T>(a / b);
}

template <class T>
T modulus_integers(T a, T b) {
  if (b == T(0)) division_by_zero();
  if (b == T(-1)) return T(0);
  return static_cast<T>(a % b);
}

// Half away from zero.
hugeint_t divide_decimals(hugeint_t a, hugeint_t b) {
  if (b == hugeint_t(0)) division_by_zero();
  hugeint_t quotient = a / b;
  hugeint_t rest = a % b;
  if (rest < hugeint_t(0)) rest = -rest;
  const hugeint_t divisor = b < hugeint_t(0) ? -b : b;
  if (rest >= divisor - rest)
    quotient += (a < hugeint_t(0)) == (b < hugeint_t(0)) ? hugeint_t(1) : hugeint_t(-1);
  return quotient;
}

template <class T, T (*Operation)(T, T)>
void binary_kernel(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<T, T, T>(arguments.data[0], arguments.data[1], result,
                                           arguments.size(), Operation);
}

template <class T, T (*Operation)(T)>
void unary_kernel(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<T, T>(arguments.data[0], result, arguments.size(), Operation);
}

template <class T>
ScalarFunction integer_kernel(const LogicalType& type, bool modulus) {
  return ScalarFunction(
      modulus ? "modulus" : "divide", {type, type}, type,
      modulus ? binary_kernel<T, modulus_integers<T>> : binary_kernel<T, divide_integers<T>>);
}

ScalarFunction integer_function(const LogicalType& type, bool modulus) {
  switch (type.id()) {
    case LogicalTypeId::TINYINT: return integer_kernel<int8_t>(type, modulus);
    case LogicalTypeId::SMALLINT: return integer_kernel<int16_t>(type, modulus);
    case LogicalTypeId::INTEGER: return integer_kernel<int32_t>(type, modulus);
    case LogicalTypeId::BIGINT: return integer_kernel<int64_t>(type, modulus);
    default: return integer_kernel<hugeint_t>(LogicalType::HUGEINT, modulus);
  }
}

struct Precision {
  int width, scale;
};

// An integer has the precision of its type, as in Trino.
Precision precision_of(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::DECIMAL:
      return {duckdb::DecimalType::GetWidth(type), duckdb::DecimalType::GetScale(type)};
    case LogicalTypeId::TINYINT: return {3, 0};
    case LogicalTypeId::SMALLINT: return {5, 0};
    case LogicalTypeId::INTEGER: return {10, 0};
    case LogicalTypeId::BIGINT: return {19, 0};
    default: return {38, 0};
  }
}

LogicalType decimal(int width, int scale) {
  return LogicalType::DECIMAL(static_cast<uint8_t>(std::min(width, 38)),
                              static_cast<uint8_t>(scale));
}

// https://trino.io/docs/current/functions/decimal.html#binary-arithmetic-decimal-operators
unique_ptr<Expression> decimal_division(ClientContext& context, unique_ptr<Expression> a,
                                        unique_ptr<Expression> b) {
  const Precision pa = precision_of(a->return_type), pb = precision_of(b->return_type);
  const int scale = std::max(pa.scale, pb.scale);
  const int width = pa.width + pb.scale + std::max(0, pb.scale - pa.scale);
  // The unscaled quotient has the scale of the numerator less that of the denominator.
  const LogicalType numerator = decimal(38, std::min(scale + pb.scale, 38));
  a = as(context, std::move(a), numerator);
  b = as(context, std::move(b), decimal(38, pb.scale));
  // The kernel sees the unscaled numbers: both sides and the result are DECIMAL(38, …), stored as
  // 128-bit integers.
  ScalarFunction kernel("divide", {a->return_type, b->return_type}, decimal(38, scale),
                        binary_kernel<hugeint_t, divide_decimals>);
  auto quotient = call(context, std::move(kernel), list_of(std::move(a), std::move(b)));
  return as(context, std::move(quotient), decimal(std::max(width, scale), scale));
}

// An exact divisor; DuckDB's own functions give NULL for zero.
hugeint_t check_divisor(hugeint_t divisor) {
  if (divisor == hugeint_t(0)) division_by_zero();
  return divisor;
}

unique_ptr<Expression> not_zero(ClientContext& context, unique_ptr<Expression> divisor) {
  const LogicalType type = divisor->return_type;
  const LogicalType wide = type.id() == LogicalTypeId::DECIMAL
                               ? LogicalType::DECIMAL(38, duckdb::DecimalType::GetScale(type))
                               : LogicalType::HUGEINT;
  auto checked = call(
      context, ScalarFunction("not_zero", {wide}, wide, unary_kernel<hugeint_t, check_divisor>),
      list_of(as(context, std::move(divisor), wide)));
  return as(context, std::move(checked), type);
}

unique_ptr<Expression> bind_division(FunctionBindExpressionInput& input, bool modulus) {
  auto a = std::move(input.children[0]), b = std::move(input.children[1]);
  const LogicalType ta = a->return_type, tb = b->return_type;
  const char* name = modulus ? "%" : "/";
  if (ta.IsIntegral() && tb.IsIntegral()) {
    const LogicalType wider = LogicalType::MaxLogicalType(input.context, ta, tb);
    ScalarFunction kernel = integer_function(wider, modulus);
    const LogicalType type = kernel.GetReturnType();
    return call(
        input.context, std::move(kernel),
        list_of(as(input.context, std::move(a), type), as(input.context, std::move(b), type)));
  }
  if (is_exact(ta) && is_exact(tb)) {
    if (!modulus) return decimal_division(input.context, std::move(a), std::move(b));
    return call(input.context, name, list_of(std::move(a), not_zero(input.context, std::move(b))),
                true);
  }
  if (ta.id() == LogicalTypeId::FLOAT && tb.id() == LogicalTypeId::FLOAT)
    return call(input.context, name, list_of(std::move(a), std::move(b)), true);
  if (is_float(ta) || is_float(tb))
    return call(input.context, name,
                list_of(as(input.context, std::move(a), LogicalType::DOUBLE),
                        as(input.context, std::move(b), LogicalType::DOUBLE)),
                true);
  return call(input.context, name, list_of(std::move(a), std::move(b)), true);
}

unique_ptr<Expression> bind_divide(FunctionBindExpressionInput& input) {
  if (input.children[0]->return_type.id() == LogicalTypeId::INTERVAL)
    return call(input.context, "/", std::move(input.children), true);
  return bind_division(input, false);
}
unique_ptr<Expression> bind_modulus(FunctionBindExpressionInput& input) {
  return bind_division(input, true);
}

// ---- Dates --------------------------------------------------------------------------------------

// date ± interval stays a date; date - date is an interval.
unique_ptr<Expression> bind_sum(FunctionBindExpressionInput& input, const char* name) {
  const auto ta = input.children[0]->return_type.id(), tb = input.children[1]->return_type.id();
  const bool dates = ta == LogicalTypeId::DATE && tb == LogicalTypeId::DATE;
  const bool shifted = (ta == LogicalTypeId::DATE && tb == LogicalTypeId::INTERVAL) ||
                       (ta == LogicalTypeId::INTERVAL && tb == LogicalTypeId::DATE);
  auto bound = call(input.context, name, std::move(input.children), true);
  if (dates)
    return call(input.context, "to_days",
                list_of(as(input.context, std::move(bound), LogicalType::INTEGER)));
  if (shifted) return as(input.context, std::move(bound), LogicalType::DATE);
  return bound;
}
unique_ptr<Expression> bind_plus(FunctionBindExpressionInput& input) {
  return bind_sum(input, "+");
}
unique_ptr<Expression> bind_minus(FunctionBindExpressionInput& input) {
  return bind_sum(input, "-");
}

// The zone's wall time of an instant; a time without zone is taken in the session's.
unique_ptr<Expression> bind_timezone(FunctionBindExpressionInput& input) {
  auto& value = input.children[1];
  if (value->return_type.id() == LogicalTypeId::TIMESTAMP ||
      value->return_type.id() == LogicalTypeId::DATE)
    value = as(input.context, std::move(value), LogicalType::TIMESTAMP_TZ);
  return call(input.context, "timezone", std::move(input.children));
}
unique_ptr<Expression> bind_at_timezone(FunctionBindExpressionInput& input) {
  std::swap(input.children[0], input.children[1]);
  return bind_timezone(input);
}

// date_add('day', 3, x)
unique_ptr<Expression> bind_date_add(FunctionBindExpressionInput& input) {
  auto& context = input.context;
  if (input.children.size() != 3 ||
      input.children[0]->GetExpressionClass() != duckdb::ExpressionClass::BOUND_CONSTANT)
    throw duckdb::BinderException("date_add takes a constant unit, a number and a date or time");
  const std::string unit = duckdb::StringUtil::Lower(
      input.children[0]->Cast<duckdb::BoundConstantExpression>().value.ToString());
  static constexpr std::pair<std::string_view, const char*> kUnits[] = {
      {"millisecond", "to_milliseconds"},
      {"second", "to_seconds"},
      {"minute", "to_minutes"},
      {"hour", "to_hours"},
      {"day", "to_days"},
      {"week", "to_weeks"},
      {"month", "to_months"},
      {"quarter", "to_quarters"},
      {"year", "to_years"}};
  const auto found = std::ranges::find(kUnits, std::string_view(unit),
                                       &std::pair<std::string_view, const char*>::first);
  if (found == std::end(kUnits))
    throw duckdb::InvalidInputException("'%s' is not a valid DATE field", unit);
  auto interval = call(context, found->second, list_of(std::move(input.children[1])));
  Arguments sum = list_of(std::move(input.children[2]), std::move(interval));
  FunctionBindExpressionInput inner(context, nullptr, sum);
  return bind_sum(inner, "+");
}

// A date truncated is a date.
unique_ptr<Expression> bind_date_trunc(FunctionBindExpressionInput& input) {
  const bool date = input.children[1]->return_type.id() == LogicalTypeId::DATE;
  auto truncated = call(input.context, "date_trunc", std::move(input.children));
  return date ? as(input.context, std::move(truncated), LogicalType::DATE) : std::move(truncated);
}

// ---- Text ---------------------------------------------------------------------------------------

template <class T>
void number_text(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<T, string_t>(
      arguments.data[0], result, arguments.size(),
      [&](T value) { return duckdb::StringVector::AddString(result, trino_number(value)); });
}

unique_ptr<Expression> bind_to_varchar(FunctionBindExpressionInput& input) {
  auto value = std::move(input.children[0]);
  const auto constant = [](const char* text) {
    return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(text));
  };
  if (value->return_type.IsJSONType())  // a JSON null is NULL, and a string has no quotes
    return call(input.context, "json_extract_string",
                list_of(std::move(value), unique_ptr<Expression>(constant("$"))));
  switch (value->return_type.id()) {
    case LogicalTypeId::DOUBLE:
      return call(input.context,
                  ScalarFunction("to_varchar", {LogicalType::DOUBLE}, LogicalType::VARCHAR,
                                 number_text<double>),
                  list_of(std::move(value)));
    case LogicalTypeId::FLOAT:
      return call(input.context,
                  ScalarFunction("to_varchar", {LogicalType::FLOAT}, LogicalType::VARCHAR,
                                 number_text<float>),
                  list_of(std::move(value)));
    case LogicalTypeId::TIMESTAMP:
      return call(
          input.context, "strftime",
          list_of(std::move(value), unique_ptr<Expression>(constant("%Y-%m-%d %H:%M:%S.%f"))));
    case LogicalTypeId::TIMESTAMP_TZ:
      return call(
          input.context, "strftime",
          list_of(std::move(value), unique_ptr<Expression>(constant("%Y-%m-%d %H:%M:%S.%f %Z"))));
    default: return as(input.context, std::move(value), LogicalType::VARCHAR);
  }
}

// Before a cast to an integer: halves go away from zero.
unique_ptr<Expression> bind_rounded(FunctionBindExpressionInput& input) {
  auto value = std::move(input.children[0]);
  return is_float(value->return_type) ? call(input.context, "round", list_of(std::move(value)))
                                      : std::move(value);
}

// How many bytes a UTF-8 character at the front has; 0 and, in `invalid`, how many do not belong to
// one.
size_t character_bytes(std::string_view text, size_t& invalid) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  invalid = 1;
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4) return 0;
  for (; invalid < length; ++invalid) {
    if (invalid >= text.size() || (byte(invalid) & 0xc0) != 0x80) return 0;
    if (invalid > 1) continue;
    const unsigned char second = byte(1);
    // Overlong, surrogates, beyond U+10FFFF.
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f))
      return 0;
  }
  return length;
}

void from_utf8(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::UnaryExecutor::Execute<string_t, string_t>(
      arguments.data[0], result, arguments.size(), [&](string_t bytes) {
        std::string_view rest(bytes.GetData(), bytes.GetSize());
        std::string text;
        while (!rest.empty()) {
          size_t invalid = 0;
          const size_t length = character_bytes(rest, invalid);
          text += length ? rest.substr(0, length) : std::string_view("\xef\xbf\xbd");  // U+FFFD
          rest.remove_prefix(length ? length : invalid);
        }
        return duckdb::StringVector::AddString(result, text);
      });
}

unique_ptr<Expression> bind_from_utf8(FunctionBindExpressionInput& input) {
  return call(input.context,
              ScalarFunction("from_utf8", {LogicalType::BLOB}, LogicalType::VARCHAR, from_utf8),
              list_of(as(input.context, std::move(input.children[0]), LogicalType::BLOB)));
}

// Characters of text, bytes of binary.
unique_ptr<Expression> bind_length(FunctionBindExpressionInput& input) {
  const bool binary = input.children[0]->return_type.id() == LogicalTypeId::BLOB;
  return call(input.context, binary ? "octet_length" : "length", std::move(input.children));
}

unique_ptr<Expression> bind_typeof(FunctionBindExpressionInput& input) {
  const LogicalType type = result_type(input.children[0]->return_type);
  return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(trino_type(type)));
}

// Null as soon as one part is; for arrays as well as for text.
unique_ptr<Expression> bind_concat(FunctionBindExpressionInput& input) {
  if (input.children.empty()) throw duckdb::BinderException("concat takes at least one argument");
  auto joined = std::move(input.children[0]);
  for (size_t i = 1; i < input.children.size(); ++i)
    joined =
        call(input.context, "||", list_of(std::move(joined), std::move(input.children[i])), true);
  return joined;
}

unique_ptr<Expression> bind_extreme(FunctionBindExpressionInput& input, const char* name) {
  auto any_null =
      duckdb::make_uniq<duckdb::BoundConjunctionExpression>(duckdb::ExpressionType::CONJUNCTION_OR);
  for (const auto& child : input.children) {
    auto is_null = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
        duckdb::ExpressionType::OPERATOR_IS_NULL, LogicalType::BOOLEAN);
    is_null->children.push_back(child->Copy());
    any_null->children.push_back(std::move(is_null));
  }
  auto extreme = call(input.context, name, std::move(input.children));
  const LogicalType type = extreme->return_type;
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(
      std::move(any_null), duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type)),
      std::move(extreme));
}
unique_ptr<Expression> bind_greatest(FunctionBindExpressionInput& input) {
  return bind_extreme(input, "greatest");
}
unique_ptr<Expression> bind_least(FunctionBindExpressionInput& input) {
  return bind_extreme(input, "least");
}

// ---- Arrays and maps ----------------------------------------------------------------------------

unique_ptr<Expression> bind_element_at(FunctionBindExpressionInput& input) {
  const bool map = input.children[0]->return_type.id() == LogicalTypeId::MAP;
  return call(input.context, map ? "map_extract_value" : "list_extract", std::move(input.children));
}

unique_ptr<Expression> bind_cardinality(FunctionBindExpressionInput& input) {
  const bool map = input.children[0]->return_type.id() == LogicalTypeId::MAP;
  return as(input.context,
            call(input.context, map ? "cardinality" : "len", std::move(input.children)),
            LogicalType::BIGINT);
}

// (length, index) → index
int64_t check_index(int64_t length, int64_t index) {
  if (index == 0) throw duckdb::InvalidInputException("SQL array indices start at 1");
  if (index < 0) throw duckdb::InvalidInputException("Array subscript is negative: %d", index);
  if (index > length)
    throw duckdb::InvalidInputException(
        "Array subscript must be less than or equal to array length: %d > %d", index, length);
  return index;
}

void check_key(DataChunk& arguments, ExpressionState&, Vector& result) {
  duckdb::BinaryExecutor::Execute<bool, string_t, bool>(
      arguments.data[0], arguments.data[1], result, arguments.size(), [](bool found, string_t key) {
        if (!found)
          throw duckdb::InvalidInputException("Key not present in map: %s", key.GetString());
        return true;
      });
}

// Of a map that is not NULL, and a key that it has.
unique_ptr<Expression> map_value(ClientContext& context, Arguments map_and_key) {
  auto& map = map_and_key[0];
  auto& key = map_and_key[1];
  auto is_null = duckdb::make_uniq<duckdb::BoundOperatorExpression>(
      duckdb::ExpressionType::OPERATOR_IS_NULL, LogicalType::BOOLEAN);
  is_null->children.push_back(map->Copy());
  auto found = call(context,
                    ScalarFunction("check_key", {LogicalType::BOOLEAN, LogicalType::VARCHAR},
                                   LogicalType::BOOLEAN, check_key),
                    list_of(call(context, "map_contains", list_of(map->Copy(), key->Copy())),
                            as(context, key->Copy(), LogicalType::VARCHAR)));
  auto value = call(context, "map_extract_value", std::move(map_and_key));
  const LogicalType type = value->return_type;
  const auto null = [&] {
    return duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value(type));
  };
  auto present =
      duckdb::make_uniq<duckdb::BoundCaseExpression>(std::move(found), std::move(value), null());
  return duckdb::make_uniq<duckdb::BoundCaseExpression>(std::move(is_null), null(),
                                                        std::move(present));
}

unique_ptr<Expression> bind_subscript(FunctionBindExpressionInput& input) {
  auto& context = input.context;
  switch (input.children[0]->return_type.id()) {
    case LogicalTypeId::LIST: {
      auto length = as(context, call(context, "len", list_of(input.children[0]->Copy())),
                       LogicalType::BIGINT);
      ScalarFunction check("check_index", {LogicalType::BIGINT, LogicalType::BIGINT},
                           LogicalType::BIGINT, binary_kernel<int64_t, check_index>);
      auto index = call(context, std::move(check),
                        list_of(std::move(length),
                                as(context, std::move(input.children[1]), LogicalType::BIGINT)));
      return call(context, "list_extract", list_of(std::move(input.children[0]), std::move(index)));
    }
    case LogicalTypeId::MAP: return map_value(context, std::move(input.children));
    case LogicalTypeId::STRUCT: return call(context, "struct_extract", std::move(input.children));
    default: return call(context, "array_extract", std::move(input.children));
  }
}

// ---- What could take any memory -----------------------------------------------------------------

constexpr int64_t kMostEntries = 1000000;        // of a sequence
constexpr int64_t kMostEntriesAtOnce = 1 << 24;  // of the sequences of one chunk of rows
constexpr int64_t kMostRepetitions = 10000;      // Trino's own limit
constexpr int64_t kMostCharacters = 100000;      // of padded text

// Counts the entries of a chunk's sequences.
class SequenceBound {
 public:
  void add(duckdb::hugeint_t entries) {
    if (entries > hugeint_t(kMostEntries))
      throw duckdb::InvalidInputException(
          "result of sequence function must not have more than %d entries", kMostEntries);
    sum_ += entries;
    if (sum_ > hugeint_t(kMostEntriesAtOnce))
      throw duckdb::OutOfMemoryException("sequences have more than %d entries at once",
                                         kMostEntriesAtOnce);
  }

 private:
  hugeint_t sum_ = 0;
};

// (start, stop, step) → step
void check_sequence(DataChunk& arguments, ExpressionState&, Vector& result) {
  SequenceBound bound;
  duckdb::TernaryExecutor::Execute<int64_t, int64_t, int64_t, int64_t>(
      arguments.data[0], arguments.data[1], arguments.data[2], result, arguments.size(),
      [&](int64_t start, int64_t stop, int64_t step) {
        if (step == 0) throw duckdb::InvalidInputException("step must not be zero");
        if (start != stop && (step > 0) != (stop > start))
          throw duckdb::InvalidInputException(
              "sequence stop value should be greater than or equal to start value if step is "
              "greater than zero otherwise stop should be less than start");
        bound.add((hugeint_t(stop) - hugeint_t(start)) / hugeint_t(step) + hugeint_t(1));
        return step;
      });
}

template <class T>
void check_time_sequence(DataChunk& arguments, ExpressionState&, Vector& result) {
  SequenceBound bound;
  duckdb::TernaryExecutor::Execute<T, T, duckdb::interval_t, duckdb::interval_t>(
      arguments.data[0], arguments.data[1], arguments.data[2], result, arguments.size(),
      [&](T start, T stop, duckdb::interval_t step) {
        // The shortest month, for the most entries.
        const hugeint_t days = hugeint_t(step.months) * hugeint_t(28) + hugeint_t(step.days);
        const hugeint_t micros =
            days * hugeint_t(duckdb::Interval::MICROS_PER_DAY) + hugeint_t(step.micros);
        if (micros == hugeint_t(0)) throw duckdb::InvalidInputException("step must not be zero");
        const hugeint_t entries = (hugeint_t(stop.value) - hugeint_t(start.value)) / micros;
        bound.add(entries < hugeint_t(0) ? hugeint_t(0) : entries);
        return step;
      });
}

int64_t step_towards(int64_t start, int64_t stop) { return start <= stop ? 1 : -1; }

unique_ptr<Expression> time_sequence(ClientContext& context, Arguments arguments) {
  const bool dates = arguments[0]->return_type.id() == LogicalTypeId::DATE;
  const bool zoned = arguments[0]->return_type.id() == LogicalTypeId::TIMESTAMP_TZ;
  const LogicalType type = zoned ? LogicalType::TIMESTAMP_TZ : LogicalType::TIMESTAMP;
  if (arguments.size() == 2)
    arguments.push_back(
        duckdb::make_uniq<duckdb::BoundConstantExpression>(duckdb::Value::INTERVAL(0, 1, 0)));
  for (size_t i = 0; i < 2; ++i) arguments[i] = as(context, std::move(arguments[i]), type);
  ScalarFunction check("check_sequence", {type, type, LogicalType::INTERVAL}, LogicalType::INTERVAL,
                       zoned ? check_time_sequence<duckdb::timestamp_tz_t>
                             : check_time_sequence<duckdb::timestamp_t>);
  arguments[2] = call(context, std::move(check),
                      list_of(arguments[0]->Copy(), arguments[1]->Copy(), std::move(arguments[2])));
  auto sequence = call(context, "generate_series", std::move(arguments));
  return dates ? as(context, std::move(sequence), LogicalType::LIST(LogicalType::DATE))
               : std::move(sequence);
}

// sequence(start, stop[, step]): by one towards stop.
unique_ptr<Expression> bind_sequence(FunctionBindExpressionInput& input) {
  auto& context = input.context;
  auto& given = input.children;
  if (given.size() < 2 || given.size() > 3)
    throw duckdb::BinderException("No function matches sequence with these arguments");
  if (given[0]->return_type.IsTemporal()) return time_sequence(context, std::move(given));
  const LogicalType type = LogicalType::BIGINT;
  for (auto& argument : given) argument = as(context, std::move(argument), type);
  auto step = given.size() == 3 ? std::move(given[2])
                                : call(context,
                                       ScalarFunction("step_towards", {type, type}, type,
                                                      binary_kernel<int64_t, step_towards>),
                                       list_of(given[0]->Copy(), given[1]->Copy()));
  auto checked =
      call(context, ScalarFunction("check_sequence", {type, type, type}, type, check_sequence),
           list_of(given[0]->Copy(), given[1]->Copy(), std::move(step)));
  return call(context, "generate_series",
              list_of(std::move(given[0]), std::move(given[1]), std::move(checked)));
}

int64_t check_repetitions(int64_t count) {
  if (count > kMostRepetitions)
    throw duckdb::InvalidInputException(
        "count argument of repeat function must be less than or equal to %d", kMostRepetitions);
  return std::max<int64_t>(count, 0);
}

// An array of one value.
unique_ptr<Expression> bind_repeat(FunctionBindExpressionInput& input) {
  auto& context = input.context;
  const LogicalType type = LogicalType::BIGINT;
  auto count = call(
      context,
      ScalarFunction("check_repetitions", {type}, type, unary_kernel<int64_t, check_repetitions>),
      list_of(as(context, std::move(input.children[1]), type)));
  auto one = call(context, "list_value", list_of(input.children[0]->Copy()));
  return call(context, "list_resize",
              list_of(std::move(one), std::move(count), std::move(input.children[0])));
}

int64_t check_target_length(int64_t length) {
  if (length < 0 || length > kMostCharacters)
    throw duckdb::InvalidInputException("Target length must be in the range [0..%d]",
                                        kMostCharacters);
  return length;
}

unique_ptr<Expression> bind_pad(FunctionBindExpressionInput& input, const char* name) {
  auto& context = input.context;
  const LogicalType type = LogicalType::BIGINT;
  auto length = call(context,
                     ScalarFunction("check_target_length", {type}, type,
                                    unary_kernel<int64_t, check_target_length>),
                     list_of(as(context, std::move(input.children[1]), type)));
  input.children[1] = as(context, std::move(length), LogicalType::INTEGER);
  return call(context, name, std::move(input.children));
}
unique_ptr<Expression> bind_lpad(FunctionBindExpressionInput& input) {
  return bind_pad(input, "lpad");
}
unique_ptr<Expression> bind_rpad(FunctionBindExpressionInput& input) {
  return bind_pad(input, "rpad");
}

// ---- The list -----------------------------------------------------------------------------------

struct Operator {
  const char* name;
  int arguments;  // -1: any number
  duckdb::function_bind_expression_t bind;
  bool by_name;  // also a function of Trino, not only an operator or an extension of the grammar
};

constexpr Operator kOperators[] = {
    {"at_timezone", 2, bind_at_timezone, true},
    {"cardinality", 1, bind_cardinality, true},
    {"concat", -1, bind_concat, true},
    {"date_add", 3, bind_date_add, true},
    {"date_trunc", 2, bind_date_trunc, true},
    {"divide", 2, bind_divide, false},
    {"element_at", 2, bind_element_at, true},
    {"from_utf8", 1, bind_from_utf8, true},
    {"greatest", -1, bind_greatest, true},
    {"least", -1, bind_least, true},
    {"length", 1, bind_length, true},
    {"lpad", 3, bind_lpad, true},
    {"minus", 2, bind_minus, false},
    {"mod", 2, bind_modulus, true},
    {"modulus", 2, bind_modulus, false},
    {"plus", 2, bind_plus, false},
    {"repeat", 2, bind_repeat, true},
    {"rounded", 1, bind_rounded, false},
    {"rpad", 3, bind_rpad, true},
    {"sequence", -1, bind_sequence, true},
    {"subscript", 2, bind_subscript, false},
    {"timezone", 2, bind_timezone, true},
    {"to_varchar", 1, bind_to_varchar, false},
    {"typeof", 1, bind_typeof, true},
};

void replaced(DataChunk&, ExpressionState&, Vector&) {
  throw duckdb::InternalException("a Trino operator was not bound");
}

template <class T>
std::string number_text_of(T value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  // The shortest digits that read back the same, as d.dddE±n.
  char digits[64];
  const auto [end, error] =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::scientific);
  std::string text(digits, end);
  const size_t e = text.find('e');
  std::string mantissa = text.substr(0, e);
  if (mantissa.find('.') == std::string::npos) mantissa += ".0";
  return fmt::format("{}E{}", mantissa, std::stoi(text.substr(e + 1)));
}

}  // namespace

std::string trino_number(double value) { return number_text_of(value); }
std::string trino_number(float value) { return number_text_of(value); }

std::string_view operator_target(std::string_view name) {
  for (const Operator& own : kOperators) {
    if (own.by_name && own.name == name) return own.name;
  }
  return {};
}

void create_operators(duckdb::Connection& connection) {
  auto& context = *connection.context;
  connection.BeginTransaction();
  auto& catalog = duckdb::Catalog::GetCatalog(context, kFunctionCatalog);
  duckdb::MetaTransaction::Get(context).ModifyDatabase(
      catalog.GetAttached(),
      duckdb::DatabaseModificationType(duckdb::DatabaseModificationType::CREATE_CATALOG_ENTRY));
  for (const Operator& own : kOperators) {
    duckdb::vector<LogicalType> types(static_cast<size_t>(std::max(own.arguments, 0)),
                                      LogicalType::ANY);
    ScalarFunction function(own.name, std::move(types), LogicalType::ANY, replaced);
    if (own.arguments < 0) function.varargs = LogicalType::ANY;
    function.SetBindExpressionCallback(own.bind);
    function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
    duckdb::CreateScalarFunctionInfo info(std::move(function));
    info.schema = kFunctionSchema;
    info.internal = false;
    catalog.CreateFunction(context, info);
  }
  connection.Commit();
}

}  // namespace foz::sql
