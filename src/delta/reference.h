// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the reference documentation says of Delta: the tables that the code itself decides by.
#pragma once

#include <string_view>
#include <vector>

namespace foz::delta {

struct TableFeature {
  std::string_view name;
  bool for_readers;  // readers must know it too
};
std::vector<TableFeature> table_features();

struct TableProperty {
  std::string_view name;    // without "delta."
  std::string_view values;  // for people
};
std::vector<TableProperty> table_properties();

}  // namespace foz::delta
