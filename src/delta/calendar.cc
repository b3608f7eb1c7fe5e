// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/calendar_internal.h"

#include <arrow/array.h>
#include <arrow/util/key_value_metadata.h>
#include <fmt/format.h>
#include <parquet/metadata.h>
#include <parquet/schema.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "delta/julian_zones_internal.h"
#include "delta/parquet_source_internal.h"

namespace foz::delta {
namespace {

using ArrayPtr = std::shared_ptr<arrow::Array>;

constexpr int64_t kDayUs = 86'400'000'000;
constexpr int64_t kFirstGregorianDay = -141'427;     // 1582-10-15
constexpr int64_t k1900Us = -2'208'988'800'000'000;  // 1900-01-01T00:00Z
constexpr int64_t kSecondUs = 1'000'000;

int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

// The instant at which the zone's clock shows in the Gregorian calendar what it showed in the
// Julian one.
int64_t gregorian_us(int64_t us, const JulianZone& zone) {
  int64_t difference = zone.difference_s;
  for (const auto& [from_s, changed] : zone.later) {
    if (us >= from_s * kSecondUs) difference = changed;
  }
  const int64_t day = floor_div(us + zone.standard_s * kSecondUs, kDayUs);
  return us + (gregorian_day(day) - day) * kDayUs + difference * kSecondUs;
}

// New values for the first `count` of a fixed-width column.
template <class T, class Change>
Result<std::shared_ptr<arrow::ArrayData>> changed(const arrow::ArrayData& data, Change&& change) {
  const auto count = static_cast<size_t>(data.offset + data.length);
  std::shared_ptr<arrow::Buffer> buffer =
      TRY_ARROW(arrow::AllocateBuffer(static_cast<int64_t>(count * sizeof(T))));
  const T* from = reinterpret_cast<const T*>(data.buffers[1]->data());
  T* to = reinterpret_cast<T*>(buffer->mutable_data());
  std::memset(to, 0, count * sizeof(T));
  for (int64_t row = 0; row < data.length; ++row) {
    const auto i = static_cast<size_t>(data.offset + row);
    if (data.IsValid(row)) to[i] = TRY(change(from[i]));
  }
  auto out = data.Copy();
  out->buffers[1] = std::move(buffer);
  return out;
}

Result<std::shared_ptr<arrow::ArrayData>> rebased(const std::shared_ptr<arrow::ArrayData>& data,
                                                  const DataType& type, const JulianMarks& marks,
                                                  const std::optional<JulianZone>& zone) {
  if (type.kind == TypeKind::kDate && marks.dates) {
    return changed<int32_t>(*data, [](int32_t day) -> Result<int32_t> {
      return static_cast<int32_t>(gregorian_day(day));
    });
  }
  const bool is_time = type.kind == TypeKind::kTimestamp;
  if (is_time && marks.timestamps) {
    return changed<int64_t>(*data, [&](int64_t us) -> Result<int64_t> {
      if (us >= k1900Us) return us;
      if (!zone) {
        return Error(ErrorCode::kUnsupported,
                     fmt::format("a time before 1900, written in the Julian calendar's mode in the "
                                 "zone {}, cannot be read",
                                 marks.zone));
      }
      return gregorian_us(us, *zone);
    });
  }
  if (data->child_data.empty()) return data;
  auto out = data->Copy();
  const auto change = [&](std::shared_ptr<arrow::ArrayData>& child,
                          const DataType& inner) -> Status {
    child = TRY(rebased(child, inner, marks, zone));
    return {};
  };
  if (type.kind == TypeKind::kStruct) {
    for (size_t i = 0; i < type.fields.size(); ++i)
      TRY(change(out->child_data[i], type.fields[i].type));
  } else if (type.kind == TypeKind::kArray) {
    TRY(change(out->child_data[0], *type.element));
  } else if (type.kind == TypeKind::kMap) {
    auto entries = out->child_data[0]->Copy();
    TRY(change(entries->child_data[0], *type.key));
    TRY(change(entries->child_data[1], *type.element));
    out->child_data[0] = std::move(entries);
  }
  return out;
}

}  // namespace

JulianMarks julian_marks(const parquet::FileMetaData& file) {
  const auto& keys = file.key_value_metadata();
  if (!keys) return {};
  const std::string version = keys->Get("org.apache.spark.version").ValueOr("");
  if (version.empty()) return {};
  bool int96 = false;
  for (int i = 0; i < file.num_columns(); ++i)
    int96 |= file.schema()->Column(i)->physical_type() == parquet::Type::INT96;
  JulianMarks marks;
  marks.dates = version < "3.0.0" || keys->Contains("org.apache.spark.legacyDateTime");
  marks.timestamps =
      int96 ? version < "3.1.0" || keys->Contains("org.apache.spark.legacyINT96") : marks.dates;
  marks.zone = keys->Get("org.apache.spark.timeZone").ValueOr("");
  return marks;
}

int64_t gregorian_day(int64_t day) {
  if (day >= kFirstGregorianDay) return day;
  // The date of a Julian day number (Richards 2013), with March as the first month of a year.
  constexpr int64_t kEpoch = 2'440'588;  // the Julian day number of 1970-01-01
  const int64_t c = day + kEpoch + 32'082;
  const int64_t year = floor_div(4 * c + 3, 1461), in_year = c - floor_div(1461 * year, 4);
  const int64_t month = (5 * in_year + 2) / 153, in_month = in_year - (153 * month + 2) / 5;
  const auto y = std::chrono::year(static_cast<int>(year - 4800 + month / 10));
  const auto m = std::chrono::month(static_cast<unsigned>(month + 3 - 12 * (month / 10)));
  // 29 February of a year that has none is 1 March.
  return std::chrono::sys_days(y / m / 1).time_since_epoch().count() + in_month;
}

Result<ArrayPtr> to_gregorian(const ArrayPtr& column, const DataType& type,
                              const JulianMarks& marks) {
  if (!marks.any() || column->length() == 0) return column;
  return arrow::MakeArray(TRY(rebased(column->data(), type, marks, julian_zone(marks.zone))));
}

}  // namespace foz::delta
