// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "table/admission.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/utf8.h>

#include <algorithm>
#include <map>

#include "base/result.h"

namespace foz::table {
namespace {

// 0001-01-01 to 9999-12-31, as days and microseconds since 1970.
constexpr int32_t kFirstDay = -719162, kLastDay = 2932896;
constexpr int64_t kDayUs = 86'400'000'000;
constexpr int64_t kFirstUs = kFirstDay * kDayUs, kLastUs = (kLastDay + 1) * kDayUs - 1;

// First reason found for each bad row of one array. Rows count from the array's own beginning.
using Reasons = std::map<int64_t, std::string>;

void reject(Reasons& reasons, int64_t row, const std::string& path, std::string_view what) {
  reasons.try_emplace(row, "column `" + path + "`: " + std::string(what));
}

void check_text(const arrow::StringArray& array, const std::string& path, Reasons& reasons) {
  if (array.length() == 0) return;
  const uint8_t* data = array.value_data() ? array.value_data()->data() : nullptr;
  const int32_t* ends = array.raw_value_offsets();
  // All values at once: valid together, and none begins inside a character.
  const int32_t begin = ends[0], end = ends[array.length()];
  bool whole = arrow::util::ValidateUTF8(data + begin, end - begin);
  for (int64_t row = 1; whole && row < array.length(); ++row) {
    whole = ends[row] == end || (data[ends[row]] & 0xc0) != 0x80;
  }
  if (whole) return;
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsValid(row) && !arrow::util::ValidateUTF8(array.GetView(row))) {
      reject(reasons, row, path, "is not UTF-8");
    }
  }
}

template <class T>
void check_range(const T* values, const arrow::Array& array, T least, T most,
                 const std::string& path, Reasons& reasons) {
  bool inside = true;  // without a branch, so that it is vectorised
  for (int64_t row = 0; row < array.length(); ++row) {
    inside &= values[row] >= least && values[row] <= most;
  }
  if (inside) return;
  for (int64_t row = 0; row < array.length(); ++row) {
    if (array.IsValid(row) && (values[row] < least || values[row] > most)) {
      reject(reasons, row, path, "is outside years 1 to 9999");
    }
  }
}

void check_array(const arrow::Array& array, const arrow::Field& field, const std::string& path,
                 Reasons& reasons);

// Children are checked where they stand; a bad one condemns the row that holds it. `parent_of`
// gives -1 for a child that no valid row holds.
template <class ParentOf>
void check_child(const arrow::Array& child, const arrow::Field& field, const std::string& path,
                 ParentOf parent_of, Reasons& reasons) {
  Reasons of_child;
  check_array(child, field, path, of_child);
  for (auto& [index, reason] : of_child) {
    const int64_t row = parent_of(index);
    if (row >= 0) reasons.try_emplace(row, std::move(reason));
  }
}

// Maps are lists of entries.
void check_list(const arrow::ListArray& array, const std::string& path, Reasons& reasons) {
  const int32_t* ends = array.raw_value_offsets();
  const auto values = array.values()->Slice(ends[0], ends[array.length()] - ends[0]);
  check_child(
      *values, *array.type()->field(0), path + ".element",
      [&](int64_t index) -> int64_t {
        const auto at = std::upper_bound(ends, ends + array.length() + 1, index + ends[0]);
        const int64_t row = at - ends - 1;
        return array.IsValid(row) ? row : -1;
      },
      reasons);
}

void check_array(const arrow::Array& array, const arrow::Field& field, const std::string& path,
                 Reasons& reasons) {
  if (!field.nullable() && array.null_count() > 0) {
    for (int64_t row = 0; row < array.length(); ++row) {
      if (array.IsNull(row)) reject(reasons, row, path, "must not be NULL");
    }
  }
  switch (array.type_id()) {
    case arrow::Type::STRING:
      return check_text(static_cast<const arrow::StringArray&>(array), path, reasons);
    case arrow::Type::DATE32:
      return check_range(static_cast<const arrow::Date32Array&>(array).raw_values(), array,
                         kFirstDay, kLastDay, path, reasons);
    case arrow::Type::TIMESTAMP:
      return check_range(static_cast<const arrow::TimestampArray&>(array).raw_values(), array,
                         kFirstUs, kLastUs, path, reasons);
    case arrow::Type::LIST:
    case arrow::Type::MAP:
      return check_list(static_cast<const arrow::ListArray&>(array), path, reasons);
    case arrow::Type::STRUCT: {
      const auto& rows = static_cast<const arrow::StructArray&>(array);
      for (int i = 0; i < rows.num_fields(); ++i) {
        const auto& child = *array.type()->field(i);
        check_child(
            *rows.field(i), child, path + "." + child.name(),
            [&](int64_t index) { return array.IsValid(index) ? index : -1; }, reasons);
      }
      return;
    }
    default: return;
  }
}

}  // namespace

std::vector<Rejected> rejected_rows(const TableView& table, const arrow::RecordBatch& batch) {
  static const bool initialized = (arrow::util::InitializeUTF8(), true);
  CHECK(initialized);
  Reasons reasons;
  for (const auto& field : table.schema->fields()) {
    if (const auto column = batch.GetColumnByName(field->name())) {
      check_array(*column, *field, field->name(), reasons);
    } else if (!field->nullable()) {
      for (int64_t row = 0; row < batch.num_rows(); ++row) {
        reject(reasons, row, field->name(), "must not be NULL");
      }
    }
  }
  std::vector<Rejected> rejected;
  for (auto& [row, reason] : reasons) rejected.push_back({row, std::move(reason)});
  return rejected;
}

}  // namespace foz::table
