// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Statistics of a file as the log has them.
// https://github.com/delta-io/delta/blob/master/PROTOCOL.md#per-file-statistics
#pragma once

#include <arrow/type_fwd.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "delta/data_file.h"

namespace parquet {
class FileMetaData;
}

namespace foz::delta {

// A number of rows above this is believed of no file.
inline constexpr int64_t kMostFileRows = int64_t{1} << 32;
// numRecords; nullopt when the text is missing, damaged or has none.
std::optional<int64_t> statistics_rows(const std::string& json);

// What a scalar of a file's statistics is: numRecords, or of a column its minValues, maxValues or
// nullCount.
enum class Statistic { kRows, kMin, kMax, kNulls };

// Calls `take` for each in their order, with the column's name in the file (none for numRecords).
// kCorrupt: it is no JSON object.
using TakeStatistic =
    std::function<void(Statistic what, std::string_view column, std::string_view json)>;
Status each_statistic(const std::string& json, const TakeStatistic& take);

// Adds one of the column's, with bounds that hold for every row.
void put_statistic(Statistic what, const Field& column, std::string_view json, ColumnBounds& out);

// The table's columns, which must outlive this, by their names in files.
using StatisticsColumns = std::map<std::string, const Field*, std::less<>>;
Result<StatisticsColumns> statistics_columns(const Snapshot& snapshot);
Result<FileStatistics> parse_statistics(const StatisticsColumns& columns, const std::string& json);

// What the Parquet writer does not keep of the rows that it is given, batch by batch.
struct WrittenRows {
  std::vector<std::optional<int64_t>> nulls;  // of each column; nullopt: not known
  std::vector<bool> nan;                      // of each leaf: whether it may hold one
  void add(const arrow::RecordBatch& batch);
  // Of a file that somebody else wrote.
  static WrittenRows unknown(const arrow::Schema& schema, int leaves);
};

// Which leaf columns statistics describe.
struct StatisticsScope {
  StatisticsScope(int64_t columns) : most(columns) {}
  int64_t most;  // the first so many; -1: all
  // Instead, those under one of these columns: physical names joined by ".".
  std::optional<std::set<std::string>> named = {};
  // And those, in any case.
  std::set<std::string> always = {};
};

// Statistics of a file: bounds and null counts that its Parquet writer kept, in the JSON form.
// `schema` has the physical names of `metadata`.
std::string write_statistics(const parquet::FileMetaData& metadata, const arrow::Schema& schema,
                             const WrittenRows& rows, StatisticsScope scope);

// `json` with tightBounds false: what a file with a deletion vector has.
std::string with_wide_bounds(const std::string& json);

// Texts are cut to this many characters in statistics.
inline constexpr int kStatisticsPrefix = 32;
std::string_view cut_lower_bound(std::string_view text);
// A text not below `text`, by bytes; nullopt when none of that length is.
std::optional<std::string> cut_upper_bound(std::string_view text);
// The next greater character of valid UTF-8; nullopt behind the last one.
std::optional<std::string> next_character(std::string_view utf8);

}  // namespace foz::delta
