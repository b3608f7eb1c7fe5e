// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Text in columns, for people.
#pragma once

#include <string>
#include <vector>

namespace foz::cli {

struct AlignedColumn {
  std::string name;
  bool right = false;  // numbers
};

// Widths count characters of UTF-8; cells longer than `widest` are cut with "…"; control characters
// are shown escaped.
std::string aligned_table(const std::vector<AlignedColumn>& columns,
                          const std::vector<std::vector<std::string>>& rows, size_t widest = 60);

}  // namespace foz::cli
