// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// kernel<f> runs a plain C++ function over vectors: std::string_view for text and binary, an
// optional for what may be NULL, a vector for an array. NULL arguments give NULL without a call.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "duckdb/common/types/vector.hpp"
#include "duckdb/execution/expression_executor_state.hpp"
#include "duckdb/function/scalar_function.hpp"
#include "sql/trino_call_internal.h"

namespace foz::sql {

namespace kernels {

template <class T>
struct Carried {
  using Type = T;
  static T read(const T& value) { return value; }
};
template <>
struct Carried<std::string_view> {
  using Type = duckdb::string_t;
  static std::string_view read(const duckdb::string_t& value) {
    return {value.GetData(), value.GetSize()};
  }
};

template <class T>
struct Unwrapped {
  using Type = T;
};
template <class T>
struct Unwrapped<std::optional<T>> {
  using Type = T;
};

template <class T>
inline constexpr bool kIsVector = false;
template <class T>
inline constexpr bool kIsVector<std::vector<T>> = true;

template <class R>
void write(duckdb::Vector& result, duckdb::idx_t row, R&& value) {
  using Plain = std::decay_t<R>;
  if constexpr (!std::is_same_v<Plain, typename Unwrapped<Plain>::Type>) {
    if (value) {
      write(result, row, std::move(*value));
    } else {
      duckdb::FlatVector::SetNull(result, row, true);
    }
  } else if constexpr (kIsVector<Plain>) {
    const duckdb::idx_t offset = duckdb::ListVector::GetListSize(result);
    duckdb::ListVector::Reserve(result, offset + value.size());
    auto& entries = duckdb::ListVector::GetEntry(result);
    for (size_t i = 0; i < value.size(); ++i) write(entries, offset + i, std::move(value[i]));
    duckdb::ListVector::SetListSize(result, offset + value.size());
    duckdb::FlatVector::GetData<duckdb::list_entry_t>(result)[row] = {offset, value.size()};
  } else if constexpr (std::is_same_v<Plain, std::string> ||
                       std::is_same_v<Plain, std::string_view>) {
    duckdb::FlatVector::GetData<duckdb::string_t>(result)[row] =
        duckdb::StringVector::AddStringOrBlob(
            result, duckdb::string_t(value.data(), uint32_t(value.size())));
  } else {
    duckdb::FlatVector::GetData<Plain>(result)[row] = value;
  }
}

// Who ends a query must not wait for all of its rows to become long texts.
inline void check_interrupt(duckdb::ExpressionState& state) {
  if (state.HasContext() && state.GetContext().interrupted) throw duckdb::InterruptException();
}

template <auto F, class R, class... A, size_t... I>
void run(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result,
         std::index_sequence<I...>) {
  const bool constant = input.AllConstant();
  const duckdb::idx_t rows = constant ? 1 : input.size();
  [[maybe_unused]] std::array<duckdb::UnifiedVectorFormat, sizeof...(A)> formats;
  (input.data[I].ToUnifiedFormat(input.size(), formats[I]), ...);
  result.SetVectorType(duckdb::VectorType::FLAT_VECTOR);
  for (duckdb::idx_t row = 0; row < rows; ++row) {
    check_interrupt(state);
    [[maybe_unused]] const std::array<duckdb::idx_t, sizeof...(A)> at{
        formats[I].sel->get_index(row)...};
    if (!(formats[I].validity.RowIsValid(at[I]) && ...)) {
      duckdb::FlatVector::SetNull(result, row, true);
      continue;
    }
    write(result, row,
          F(Carried<A>::read(duckdb::UnifiedVectorFormat::GetData<typename Carried<A>::Type>(
              formats[I])[at[I]])...));
  }
  if (constant) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

template <auto F, class Signature>
struct Kernel;
template <auto F, class R, class... A>
struct Kernel<F, R (*)(A...)> {
  static void execute(duckdb::DataChunk& input, duckdb::ExpressionState& state,
                      duckdb::Vector& result) {
    run<F, R, std::decay_t<A>...>(input, state, result, std::index_sequence_for<A...>{});
  }
};

}  // namespace kernels

// The function over vectors, from arguments as they are to `result`.
duckdb::ScalarFunction kernel_function(std::string name, const Arguments& arguments,
                                       duckdb::LogicalType result,
                                       duckdb::scalar_function_t execute);

template <auto F>
BoundExpression run_kernel(duckdb::ClientContext& context, const char* name,
                           duckdb::LogicalType result, Arguments arguments) {
  auto function =
      kernel_function(name, arguments, std::move(result), kernels::Kernel<F, decltype(F)>::execute);
  return call(context, std::move(function), std::move(arguments));
}

// For a row of a table: the result has the type of the signature.
template <auto F>
BoundExpression kernel(TrinoCall& made) {
  auto function = kernel_function(made.name, made.arguments, made.result,
                                  kernels::Kernel<F, decltype(F)>::execute);
  return call(made.context, std::move(function), std::move(made.arguments));
}

}  // namespace foz::sql
