// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which functions there are, as Trino's SHOW FUNCTIONS lists them.
// https://trino.io/docs/current/sql/show-functions.html
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sql/trino_types_internal.h"

namespace foz::sql {

struct ListedFunction {
  std::string name;
  std::string returns, arguments;  // "varchar", "array(e), e"
  std::string_view kind;           // scalar, aggregate, window
  bool deterministic;
  std::string_view description;  // of few
};
// One for each signature, by name.
const std::vector<ListedFunction>& listed_functions();

// The type of argument `index` in every signature of a scalar function that takes `count`; nullopt
// when they differ, or when it depends on what is given.
MaybeType argument_type(std::string_view name, size_t index, size_t count);

}  // namespace foz::sql
