// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Arguments that an expression uses more than once.

#include <algorithm>

#include "duckdb/execution/expression_executor.hpp"
#include "duckdb/planner/expression/bound_function_expression.hpp"
#include "duckdb/planner/expression/bound_reference_expression.hpp"
#include "duckdb/planner/expression_iterator.hpp"
#include "sql/trino_call_internal.h"
#include "sql/trino_kernel_internal.h"

namespace foz::sql {

namespace {

constexpr size_t kSmall = 16;  // expressions in one that may as well be evaluated twice

// The expression over the arguments, which are references to their places.
struct SharedData final : duckdb::FunctionData {
  explicit SharedData(BoundExpression its_body) : body(std::move(its_body)) {}
  duckdb::unique_ptr<FunctionData> Copy() const override {
    return duckdb::make_uniq<SharedData>(body->Copy());
  }
  bool Equals(const FunctionData& other) const override {
    return body->Equals(*other.Cast<SharedData>().body);
  }
  BoundExpression body;
};

struct SharedState final : duckdb::FunctionLocalState {
  SharedState(duckdb::ClientContext& context, const duckdb::Expression& body)
      : executor(context, body) {}
  duckdb::ExpressionExecutor executor;
};

duckdb::unique_ptr<duckdb::FunctionLocalState> make_state(duckdb::ExpressionState& state,
                                                          const duckdb::BoundFunctionExpression&,
                                                          duckdb::FunctionData* data) {
  return duckdb::make_uniq<SharedState>(state.GetContext(), *data->Cast<SharedData>().body);
}

void run_shared(duckdb::DataChunk& input, duckdb::ExpressionState& state, duckdb::Vector& result) {
  auto& local = duckdb::ExecuteFunctionState::GetFunctionState(state)->Cast<SharedState>();
  local.executor.ExecuteExpression(input, result);
}

bool count_small(const duckdb::Expression& expression, size_t& left) {
  if (expression.GetExpressionClass() == duckdb::ExpressionClass::BOUND_SUBQUERY || left == 0)
    return false;
  --left;
  bool small = true;
  duckdb::ExpressionIterator::EnumerateChildren(expression, [&](const duckdb::Expression& child) {
    small = small && count_small(child, left);
  });
  return small;
}

// Without subqueries, and of few parts: it can be copied, and may be evaluated twice.
bool is_small(const duckdb::Expression& expression) {
  size_t left = kSmall;
  return count_small(expression, left);
}

}  // namespace

SharedArguments::SharedArguments(Arguments& arguments) {
  if (std::ranges::all_of(arguments, [](const auto& one) { return is_small(*one); })) return;
  for (auto& argument : arguments) {
    if (argument->IsFoldable() && is_small(*argument)) continue;  // a pattern, say
    auto reference = duckdb::make_uniq<duckdb::BoundReferenceExpression>(
        argument->return_type, static_cast<duckdb::storage_t>(outside_.size()));
    reference->SetQueryLocation(argument->GetQueryLocation());
    outside_.push_back(std::move(argument));
    argument = std::move(reference);
  }
}

BoundExpression SharedArguments::finish(duckdb::ClientContext& context, BoundExpression body) {
  if (outside_.empty()) return body;
  auto function = kernel_function("shared", outside_, body->return_type, run_shared);
  function.SetNullHandling(duckdb::FunctionNullHandling::SPECIAL_HANDLING);
  function.SetInitStateCallback(make_state);
  auto bound = call(context, std::move(function), std::move(outside_));
  bound->Cast<duckdb::BoundFunctionExpression>().bind_info =
      duckdb::make_uniq<SharedData>(std::move(body));
  return bound;
}

}  // namespace foz::sql
