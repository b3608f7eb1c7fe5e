// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Days and times before 15 October 1582 in files that Spark 2 wrote, or Spark 3 in its mode for old
// readers: they count in the Julian calendar, and tables count in the Gregorian one throughout.
// The keys are those of Spark's DataSourceUtils.
#pragma once

#include <arrow/type_fwd.h>

#include <memory>
#include <string>

#include "base/result.h"
#include "delta/types.h"

namespace parquet {
class FileMetaData;
}

namespace foz::delta {

struct JulianMarks {
  bool dates = false, timestamps = false;
  std::string zone = {};  // of the writer; empty: not told
  bool any() const { return dates || timestamps; }
};

// What a file says of its writer. One that says nothing is taken as Gregorian, as Spark 4 does.
JulianMarks julian_marks(const parquet::FileMetaData& file);

// The days since the epoch of the date that has the same name in the Gregorian calendar.
int64_t gregorian_day(int64_t day);

// A column in the table's types, with what `marks` name made Gregorian. kUnsupported: a time before
// 1900 of a writer in a zone that is not known, whose clock had rules of its own.
Result<std::shared_ptr<arrow::Array>> to_gregorian(const std::shared_ptr<arrow::Array>& column,
                                                   const DataType& type, const JulianMarks& marks);

}  // namespace foz::delta
