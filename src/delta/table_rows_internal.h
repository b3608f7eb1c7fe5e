// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// For tests: the rows of a sample table and where they lie.
#pragma once

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "delta/rows.h"
#include "delta/sample_table_internal.h"

namespace foz::delta {

struct RowPlace {
  std::string path;
  int64_t row;
};

// By id. An id that is there twice is a failure of the test.
inline std::map<int64_t, RowPlace> places_of(const Table& table, const Snapshot& snapshot) {
  std::map<int64_t, RowPlace> out;
  snapshot.each_file([&](const std::shared_ptr<const AddFile>& file) {
    const auto status =
        read_data_file(table, snapshot, *file, {"id", kRowIndex}, [&](auto batch) -> Status {
          const auto& ids = static_cast<const arrow::Int64Array&>(*batch->column(0));
          const auto& rows = static_cast<const arrow::Int64Array&>(*batch->column(1));
          for (int64_t i = 0; i < batch->num_rows(); ++i) {
            const bool fresh =
                out.emplace(ids.Value(i), RowPlace{file->path, rows.Value(i)}).second;
            EXPECT_TRUE(fresh) << "id " << ids.Value(i) << " is there twice";
          }
          return {};
        });
    EXPECT_TRUE(status.has_value()) << status.error().message();
    return true;
  });
  return out;
}

// The deletions of some ids, a file at a time.
inline std::vector<RowDeletion> deletions_of(const std::map<int64_t, RowPlace>& places,
                                             const std::vector<int64_t>& ids) {
  std::map<std::string, std::vector<int64_t>> by_file;
  for (const int64_t id : ids) by_file[places.at(id).path].push_back(places.at(id).row);
  std::vector<RowDeletion> out;
  for (auto& [path, rows] : by_file) out.push_back({path, std::move(rows)});
  return out;
}

}  // namespace foz::delta
