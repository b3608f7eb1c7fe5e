// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Spark expressions built as DuckDB's typed expressions. Every level of a flow has the row id as
// column 0 (INTEGER): an operation that can fail is a checked kernel, whose last argument is the
// row id; it gives NULL and notes the row.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/vector.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "duckdb/main/client_context.hpp"
#include "duckdb/planner/expression.hpp"
#include "sql/flow_engine.h"
#include "sql/spark_ast_internal.h"

namespace foz::sql {

using Ex = duckdb::unique_ptr<duckdb::Expression>;
using Args = duckdb::vector<Ex>;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using Kernel = duckdb::scalar_function_t;

// The rows of one batch that failed, each with its first reason.
class RowErrors {
 public:
  void begin(int64_t rows) {
    failed_.assign(static_cast<size_t>(rows), false);
    list_.clear();
  }
  template <class Why>
  void note(int32_t row, Why&& why) {
    if (failed_[static_cast<size_t>(row)]) return;
    failed_[static_cast<size_t>(row)] = true;
    list_.push_back({row, why()});
  }
  bool contains(int32_t row) const { return failed_[static_cast<size_t>(row)]; }
  bool empty() const { return list_.empty(); }
  std::vector<RowError> take();  // by row

 private:
  std::vector<bool> failed_;
  std::vector<RowError> list_;
};

// A value for a message, cut to 80 characters: 'abc'.
std::string shown(std::string_view text);

// Arguments of a call.
template <class... E>
Args list(E... args) {
  Args all;
  (all.push_back(std::move(args)), ...);
  return all;
}

// How a failing conversion ends: the row fails, or NULL.
enum class OnError { kNote, kNull };

class Build {
 public:
  Build(duckdb::ClientContext& context, RowErrors& errors) : context_(context), errors_(errors) {}

  [[noreturn]] static void refuse(Span span, std::string message) {
    throw Refused{span, std::move(message)};
  }

  duckdb::ClientContext& context() { return context_; }
  RowErrors* errors(OnError on_error) { return on_error == OnError::kNote ? &errors_ : nullptr; }

  static Ex constant(duckdb::Value value);
  static Ex column(size_t index, LogicalType type);
  // A constant's value, when it is one.
  static std::optional<duckdb::Value> value_of(const Ex& ex);

  // Calls of kernels; over constants they are computed here and now, unless that fails.
  Ex call(std::string name, LogicalType out, Args args, Kernel kernel);
  Ex checked(std::string name, LogicalType out, Args args, Kernel kernel);
  // A function of DuckDB's own, by its name there. Over a constant NULL it may have no type: it is
  // `of_null` then.
  Ex builtin(Span span, const std::string& name, Args args,
             const LogicalType& of_null = LogicalType::VARCHAR);
  Ex field(Span span, Ex record, const std::string& name);
  Ex if_else(Ex condition, Ex then, Ex otherwise);

  // Spark's least common type (ANSI); nullopt: there is none.
  static std::optional<LogicalType> common_type(const LogicalType& a, const LogicalType& b);
  // Converts all to their common type and returns it.
  LogicalType unify(Span span, std::span<Ex*> args);
  LogicalType unify(Span span, Args& args, size_t begin = 0);
  // As an argument of a function: what Spark casts without being asked.
  Ex implicit(Span span, Ex ex, const LogicalType& target);
  Ex cast(Span span, Ex ex, const LogicalType& target, OnError on_error);

 private:
  Ex fold(Ex ex);
  duckdb::ClientContext& context_;
  RowErrors& errors_;
};

inline bool is_string(const Ex& ex) { return ex->return_type.id() == LogicalTypeId::VARCHAR; }
bool is_integral(const LogicalType& type);
bool is_numeric(const LogicalType& type);
// DECIMAL(p, s) that holds every value of an integral type.
LogicalType decimal_for(const LogicalType& integral);
// ANSI cast kernels, in flow_cast*.cc; null when Spark has no such cast.
Ex cast_from_string(Build& build, Ex ex, const LogicalType& target, OnError on_error);
Ex cast_to_string(Build& build, Ex ex);

struct Function {
  std::string_view name;
  size_t min_args, max_args;
  Ex (*build)(Build& build, const Expr& call, Args& args);
};
constexpr size_t kAnyArgs = 1000;
std::span<const Function> logic_functions();
std::span<const Function> arithmetic_functions();
std::span<const Function> string_functions();
std::span<const Function> json_functions();
std::span<const Function> time_functions();
std::span<const Function> hash_functions();
std::span<const Function> collection_functions();

// --- kernels over rows

namespace detail {

template <class... In, class Visit, size_t... I>
void each_row(duckdb::DataChunk& args, duckdb::Vector& out, bool rowwise, std::index_sequence<I...>,
              Visit&& visit) {
  constexpr size_t kInputs = sizeof...(In);
  std::array<duckdb::UnifiedVectorFormat, kInputs> formats;
  bool constant = !rowwise;
  for (size_t i = 0; i < kInputs; i++) {
    args.data[i].ToUnifiedFormat(args.size(), formats[i]);
    constant = constant && args.data[i].GetVectorType() == duckdb::VectorType::CONSTANT_VECTOR;
  }
  const bool no_nulls = (formats[I].validity.AllValid() && ...);
  const duckdb::idx_t count = constant ? 1 : args.size();
  auto& validity = duckdb::FlatVector::Validity(out);
  for (duckdb::idx_t row = 0; row < count; row++) {
    const std::array<duckdb::idx_t, kInputs> at{formats[I].sel->get_index(row)...};
    const bool valid = no_nulls || (formats[I].validity.RowIsValid(at[I]) && ...);
    if (!valid || !visit(row, duckdb::UnifiedVectorFormat::GetData<In>(formats[I])[at[I]]...))
      validity.SetInvalid(row);
  }
  if (constant) out.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

}  // namespace detail

// out = f(in…) for rows without a NULL: f(result vector, value, in…) returns false for NULL.
template <class Out, class... In, class F>
Kernel rows(F f) {
  return [f](duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& out) {
    auto* values = duckdb::FlatVector::GetData<Out>(out);
    detail::each_row<In...>(
        args, out, false, std::index_sequence_for<In...>(),
        [&](duckdb::idx_t row, const In&... in) { return f(out, values[row], in...); });
  };
}

// The same where false fails the row for the reason why(in…); the argument after the inputs is the
// row id.
template <class Out, class... In, class F, class Why>
Kernel checked_rows(RowErrors* errors, F f, Why why) {
  return [errors, f, why](duckdb::DataChunk& args, duckdb::ExpressionState&, duckdb::Vector& out) {
    auto* values = duckdb::FlatVector::GetData<Out>(out);
    duckdb::UnifiedVectorFormat ids;
    args.data[sizeof...(In)].ToUnifiedFormat(args.size(), ids);
    const auto* id = duckdb::UnifiedVectorFormat::GetData<int32_t>(ids);
    detail::each_row<In...>(
        args, out, true, std::index_sequence_for<In...>(), [&](duckdb::idx_t row, const In&... in) {
          if (f(out, values[row], in...)) [[likely]]
            return true;
          if (errors) errors->note(id[ids.sel->get_index(row)], [&] { return why(in...); });
          return false;
        });
  };
}

inline std::string_view view(const duckdb::string_t& text) {
  return {text.GetData(), text.GetSize()};
}

}  // namespace foz::sql
