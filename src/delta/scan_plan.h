// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Which files of a snapshot a scan has to read, told from what the log says of them: their
// partition values, then their statistics. Files that are left out are never made an AddFile.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "delta/data_file.h"
#include "delta/transaction.h"

namespace foz::delta {

// What a scan looks for. Too much may be let in; what is left out holds no row that is asked for.
struct ScanFilter {
  struct Partition {
    std::string column;
    // Whether rows with the value may be asked for: a text as the log has it (nullopt: null, as is
    // the empty one). One value may have several texts; the answer to one is remembered.
    std::function<bool(const std::optional<std::string>& text)> admits;
  };
  std::vector<Partition> partitions = {};
  // Columns, as the schema spells them, whose statistics `wants` looks at. It is given what a file
  // has of each (nothing, where it has none), and not asked about files without statistics.
  std::vector<std::string> columns = {};
  WantsRows wants = nullptr;
};

// Calls `visit` for the files that the filter lets in, with their numbers in the order of
// Snapshot::each_file, until it returns false. kInvalid: a partition column that is none.
using VisitPlannedFile =
    std::function<bool(int64_t number, const std::shared_ptr<const AddFile>& file)>;
Status plan_scan(const Snapshot& snapshot, const ScanFilter& filter, const VisitPlannedFile& visit);

// Files by such numbers.
std::map<int64_t, std::shared_ptr<const AddFile>> files_at(const Snapshot& snapshot,
                                                           const std::set<int64_t>& numbers);

// Values that partition columns may have, by logical name, as the log writes them (nullopt: null).
// A column that is not named may have any.
using PartitionFilter = std::map<std::string, std::vector<std::optional<std::string>>>;
// kInvalid: not a partition column, or no value of its type.
Result<ScanFilter> scan_filter(const Snapshot& snapshot, const PartitionFilter& filter);

// Whether a scan has to read a file, by its partition values alone. kInvalid as plan_scan().
Result<FileFilter> file_filter(const Snapshot& snapshot, ScanFilter filter);

}  // namespace foz::delta
