// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the name of a file in a folder of Parquet files says.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace foz::delta {

struct FolderPartition {
  std::string column;
  std::optional<std::string> value;
};

// The values of the folders COLUMN=VALUE that a file lies in, from the outside in; nullopt: it is
// no data file. `name` is below the table's root.
std::optional<std::vector<FolderPartition>> folder_partitions(std::string_view name);

}  // namespace foz::delta
