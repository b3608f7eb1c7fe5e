// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// array_sort(array, comparator): a merge sort, which is stable as Trino's is, of all arrays at
// once. Each round compares the heads of two runs of every merge that is under way, so that the
// lambda expression is executed over vectors.
// https://trino.io/docs/current/functions/array.html

#include <algorithm>
#include <numeric>

#include "duckdb/function/lambda_functions.hpp"
#include "duckdb/planner/expression/bound_lambda_expression.hpp"
#include "sql/trino_kernel_internal.h"
#include "sql/trino_lambdas_internal.h"
#include "sql/trino_list_internal.h"

namespace foz::sql {

using duckdb::DataChunk;
using duckdb::ExpressionState;
using duckdb::idx_t;
using duckdb::LambdaFunctions;
using duckdb::LogicalType;
using duckdb::SelectionVector;
using duckdb::Vector;

namespace {

using Places = std::vector<idx_t>;

// The comparator over elements of one vector. Behind its two arguments, of which the second comes
// first, it sees what it takes from outside.
class Comparator {
 public:
  Comparator(DataChunk& input, ExpressionState& state, Vector& elements)
      : input_(input),
        elements_(elements),
        state_(state),
        lambda_(*state.expr.Cast<duckdb::BoundFunctionExpression>()
                     .bind_info->Cast<duckdb::ListLambdaBindData>()
                     .lambda_expr),
        executor_(state.GetContext(), lambda_) {
    duckdb::vector<LogicalType> types{elements.GetType(), elements.GetType()};
    for (idx_t i = 1; i < input.ColumnCount(); ++i) types.push_back(input.data[i].GetType());
    arguments_.InitializeEmpty(types);
    answers_.Initialize(duckdb::Allocator::DefaultAllocator(), {lambda_.return_type});
  }

  static constexpr idx_t kAtOnce = STANDARD_VECTOR_SIZE;

  // Adds a comparison of two elements, of the array in `row`.
  void add(idx_t left, idx_t right, idx_t row) {
    left_.set_index(count_, left);
    right_.set_index(count_, right);
    rows_.set_index(count_++, row);
  }
  bool full() const { return count_ == kAtOnce; }

  // Whether each right one comes before its left one.
  void run(std::vector<bool>& right_first) {
    kernels::check_interrupt(state_);
    right_first.clear();
    if (count_ == 0) return;
    Vector left(elements_, left_, count_), right(elements_, right_, count_);
    arguments_.data[0].Reference(right);
    arguments_.data[1].Reference(left);
    std::vector<Vector> taken;
    taken.reserve(input_.ColumnCount());
    for (idx_t i = 1; i < input_.ColumnCount(); ++i) {
      taken.emplace_back(input_.data[i], rows_, count_);
      arguments_.data[i + 1].Reference(taken.back());
    }
    arguments_.SetCardinality(count_);
    answers_.Reset();
    executor_.Execute(arguments_, answers_);
    duckdb::UnifiedVectorFormat format;
    answers_.data[0].ToUnifiedFormat(count_, format);
    for (idx_t i = 0; i < count_; ++i) {
      const idx_t at = format.sel->get_index(i);
      const int64_t answer = format.validity.RowIsValid(at)
                                 ? duckdb::UnifiedVectorFormat::GetData<int64_t>(format)[at]
                                 : 2;
      if (answer < -1 || answer > 1)
        invalid_argument("Lambda comparator must return either -1, 0, or 1");
      right_first.push_back(answer > 0);
    }
    count_ = 0;
  }

 private:
  DataChunk& input_;
  Vector& elements_;
  ExpressionState& state_;
  const duckdb::Expression& lambda_;
  duckdb::ExpressionExecutor executor_;
  DataChunk arguments_, answers_;
  SelectionVector left_{kAtOnce}, right_{kAtOnce}, rows_{kAtOnce};
  idx_t count_ = 0;
};

// Two neighbouring runs of one array, [left, middle) and [right, end) of what is still to be
// merged, which go to `out`.
struct Merge {
  idx_t row, left, middle, right, end, out;
};

// Merges runs of `width` elements of each array into runs twice as wide.
void merge_runs(const std::vector<duckdb::list_entry_t>& arrays, idx_t width, Places& places,
                Comparator& compare) {
  const Places before = places;
  std::vector<Merge> open;
  for (idx_t row = 0; row < arrays.size(); ++row) {
    const idx_t end = arrays[row].offset + arrays[row].length;
    for (idx_t begin = arrays[row].offset; begin + width < end; begin += 2 * width)
      open.push_back(
          {row, begin, begin + width, begin + width, std::min(begin + 2 * width, end), begin});
  }
  std::vector<bool> right_first;
  while (!open.empty()) {
    for (size_t first = 0; first < open.size();) {
      size_t last = first;
      for (; last < open.size() && !compare.full(); ++last)
        compare.add(before[open[last].left], before[open[last].right], open[last].row);
      compare.run(right_first);
      for (size_t i = first; i < last; ++i) {
        Merge& merge = open[i];
        places[merge.out++] = before[right_first[i - first] ? merge.right++ : merge.left++];
      }
      first = last;
    }
    std::erase_if(open, [&](const Merge& merge) {
      if (merge.left < merge.middle && merge.right < merge.end) return false;
      auto rest = std::copy(before.begin() + static_cast<ptrdiff_t>(merge.left),
                            before.begin() + static_cast<ptrdiff_t>(merge.middle),
                            places.begin() + static_cast<ptrdiff_t>(merge.out));
      std::copy(before.begin() + static_cast<ptrdiff_t>(merge.right),
                before.begin() + static_cast<ptrdiff_t>(merge.end), rest);
      return true;
    });
  }
}

void sort_by(DataChunk& input, ExpressionState& state, Vector& result) {
  if (input.data[0].GetType().id() == duckdb::LogicalTypeId::SQLNULL) {
    result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
    duckdb::ConstantVector::SetNull(result, true);
    return;
  }
  const bool constant = input.AllConstant();
  const idx_t rows = constant ? 1 : input.size();
  const Lists lists(input.data[0], rows);
  // Arrays one behind the other, whatever they share.
  std::vector<duckdb::list_entry_t> arrays(rows);
  Places places;
  idx_t longest = 0;
  for (idx_t row = 0; row < rows; ++row) {
    arrays[row] = {places.size(), 0};
    if (lists.is_null(row)) continue;
    const auto entry = lists.at(row);
    arrays[row].length = entry.length;
    longest = std::max(longest, entry.length);
    places.resize(places.size() + entry.length);
    std::iota(places.end() - static_cast<ptrdiff_t>(entry.length), places.end(), entry.offset);
  }
  Comparator compare(input, state, lists.elements());
  for (idx_t width = 1; width < longest; width *= 2) merge_runs(arrays, width, places, compare);
  ListPicker picker(result, lists.elements());
  for (idx_t row = 0; row < rows; ++row) {
    const auto begin = places.begin() + static_cast<ptrdiff_t>(arrays[row].offset);
    if (lists.is_null(row))
      duckdb::FlatVector::SetNull(result, row, true);
    else
      picker.row(row, Places(begin, begin + static_cast<ptrdiff_t>(arrays[row].length)));
  }
  if (constant) result.SetVectorType(duckdb::VectorType::CONSTANT_VECTOR);
}

duckdb::unique_ptr<duckdb::FunctionData> bind_sort_by(duckdb::ClientContext& context,
                                                      duckdb::ScalarFunction& function,
                                                      Arguments& arguments) {
  auto prepared = LambdaFunctions::ListLambdaPrepareBind(arguments, context, function);
  if (prepared) return prepared;
  auto& lambda = arguments[1]->Cast<duckdb::BoundLambdaExpression>();
  if (!lambda.lambda_expr->return_type.IsIntegral())
    refuse("TYPE_MISMATCH", 58, "the comparator of array_sort must be of type integer",
           "array_sort", list_of(arguments[0]->Copy()));
  lambda.lambda_expr = as(context, std::move(lambda.lambda_expr), LogicalType::BIGINT);
  function.SetReturnType(arguments[0]->return_type);
  return LambdaFunctions::ListLambdaBind(context, function, arguments);
}

LogicalType argument_type(duckdb::ClientContext&, const duckdb::vector<LogicalType>& types, idx_t) {
  return LambdaFunctions::DetermineListChildType(types[0]);
}

}  // namespace

void create_lambda_functions(duckdb::ClientContext& context, duckdb::Catalog& catalog) {
  duckdb::ScalarFunction function(kSortBy,
                                  {LogicalType::LIST(LogicalType::ANY), LogicalType::LAMBDA},
                                  LogicalType::ANY, sort_by, bind_sort_by);
  function.SetFallible();
  function.SetBindLambdaCallback(argument_type);
  create_function(context, catalog, std::move(function));
}

}  // namespace foz::sql
