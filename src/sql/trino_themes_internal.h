// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The tables of functions, one a theme, each in its own file. Names that begin with $ are for what
// is rewritten here, not for queries.
#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "sql/trino_call_internal.h"

namespace foz::sql {

std::span<const TrinoFunction> array_functions();
std::span<const TrinoFunction> binary_functions();
std::span<const TrinoFunction> format_functions();
std::span<const TrinoFunction> json_document_functions();
std::span<const TrinoFunction> map_functions();
std::span<const TrinoFunction> number_functions();
std::span<const TrinoFunction> regexp_functions();
std::span<const TrinoFunction> statistics_functions();
std::span<const TrinoFunction> text_functions();
std::span<const TrinoFunction> date_functions();
std::span<const TrinoFunction> url_functions();

// All of them.
const std::map<std::string_view, std::vector<TrinoFunction>>& functions_by_name();

}  // namespace foz::sql
