// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#pragma once

#include <string_view>

#include "sql/flow_build_internal.h"

namespace foz::sql {

// `op` is one of + - * / %; operands of any types that Spark accepts. `symbol` is for messages.
Ex arithmetic(Build& build, Span span, char op, std::string_view symbol, Ex a, Ex b,
              OnError on_error);
Ex integral_division(Build& build, Span span, Ex a, Ex b, OnError on_error);
// + and - where one side is a date, a timestamp or an interval; null when none is.
Ex time_arithmetic(Build& build, const Expr& call, Args& args);

}  // namespace foz::sql
