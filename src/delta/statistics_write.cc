// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The Parquet writer has looked at every value for its own statistics: the log's are made of those.
#include <arrow/array.h>
#include <arrow/extension_type.h>
#include <arrow/record_batch.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>
#include <parquet/metadata.h>
#include <parquet/statistics.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>

#include "base/json_writer.h"
#include "delta/json_internal.h"
#include "delta/statistics_internal.h"
#include "delta/timestamp_text_internal.h"

namespace foz::delta {
namespace {

// What is known of a column; a struct has only children.
struct ColumnSummary {
  std::string name;
  std::optional<std::string> min, max;  // JSON
  std::optional<int64_t> nulls;
  std::vector<ColumnSummary> children;
};

template <class T>
struct Range {
  T min, max;
};

// Bounds over all row groups; nullopt when one that has values has no bounds.
template <class ParquetType, class T>
std::optional<Range<T>> merge(const std::vector<std::shared_ptr<parquet::Statistics>>& groups,
                              T (*value_of)(const typename ParquetType::c_type&)) {
  std::optional<Range<T>> out;
  for (const auto& group : groups) {
    const auto& typed = static_cast<const parquet::TypedStatistics<ParquetType>&>(*group);
    if (!typed.HasMinMax()) {
      if (group->num_values() > 0) return std::nullopt;
      continue;
    }
    const T low = value_of(typed.min()), high = value_of(typed.max());
    if (!out) {
      out = Range<T>{low, high};
    } else {
      out->min = std::min(out->min, low);
      out->max = std::max(out->max, high);
    }
  }
  return out;
}

int64_t from_int32(const int32_t& value) { return value; }
int64_t from_int64(const int64_t& value) { return value; }
double from_float(const float& value) { return static_cast<double>(value); }
double from_double(const double& value) { return value; }
std::string from_bytes(const parquet::ByteArray& value) {
  return {reinterpret_cast<const char*>(value.ptr), value.len};
}

using Groups = std::vector<std::shared_ptr<parquet::Statistics>>;

std::optional<Range<int64_t>> integer_range(const Groups& groups) {
  if (groups.front()->physical_type() == parquet::Type::INT32) {
    return merge<parquet::Int32Type, int64_t>(groups, from_int32);
  }
  return merge<parquet::Int64Type, int64_t>(groups, from_int64);
}

void set_decimal(const Groups& groups, const arrow::Decimal128Type& type, ColumnSummary& out) {
  if (groups.front()->physical_type() == parquet::Type::FIXED_LEN_BYTE_ARRAY) {
    std::optional<Range<arrow::Decimal128>> range;
    for (const auto& group : groups) {
      const auto& typed = static_cast<const parquet::TypedStatistics<parquet::FLBAType>&>(*group);
      if (!typed.HasMinMax()) {
        if (group->num_values() > 0) return;
        continue;
      }
      const auto low =
          arrow::Decimal128::FromBigEndian(typed.min().ptr, group->descr()->type_length());
      const auto high =
          arrow::Decimal128::FromBigEndian(typed.max().ptr, group->descr()->type_length());
      if (!low.ok() || !high.ok()) return;
      if (!range) range = {*low, *high};
      range->min = std::min(range->min, *low);
      range->max = std::max(range->max, *high);
    }
    if (!range) return;
    out.min = range->min.ToString(type.scale());
    out.max = range->max.ToString(type.scale());
  } else if (const auto range = integer_range(groups)) {
    out.min = arrow::Decimal128(range->min).ToString(type.scale());
    out.max = arrow::Decimal128(range->max).ToString(type.scale());
  }
  // "1E+3" is a JSON number too, but not every reader's.
  for (auto* bound : {&out.min, &out.max}) {
    if (*bound && (*bound)->find('E') != std::string::npos) bound->reset();
  }
}

void set_timestamp(const Groups& groups, bool zoned, ColumnSummary& out) {
  const auto range = integer_range(groups);
  if (!range || range->max > INT64_MAX - 999 || range->min < INT64_MIN + 999) return;
  // Whole milliseconds, outwards: right for readers that widen the maximum and for those that do
  // not.
  const auto floor_ms = [](int64_t us) { return us - ((us % 1000) + 1000) % 1000; };
  const auto low = timestamp_text(floor_ms(range->min), zoned);
  const auto high = timestamp_text(floor_ms(range->max + 999), zoned);
  if (low) out.min = json_quote(*low);
  if (high) out.max = json_quote(*high);
}

void set_floating(const Groups& groups, bool has_nan, ColumnSummary& out) {
  const auto range = groups.front()->physical_type() == parquet::Type::FLOAT
                         ? merge<parquet::FloatType, double>(groups, from_float)
                         : merge<parquet::DoubleType, double>(groups, from_double);
  if (!range) return;
  // Parquet passes over NaN, which Spark orders above everything. A zero bound may stand for either
  // zero.
  if (std::isfinite(range->min)) out.min = range->min == 0 ? "-0.0" : fmt::format("{}", range->min);
  if (std::isfinite(range->max) && !has_nan)
    out.max = range->max == 0 ? "0.0" : fmt::format("{}", range->max);
}

void set_text(const Groups& groups, ColumnSummary& out) {
  const auto range = merge<parquet::ByteArrayType, std::string>(groups, from_bytes);
  if (!range || !simdjson::validate_utf8(range->min) || !simdjson::validate_utf8(range->max))
    return;
  out.min = json_quote(cut_lower_bound(range->min));
  if (const auto high = cut_upper_bound(range->max)) out.max = json_quote(*high);
}

void set_bounds(const Groups& groups, const arrow::DataType& type, bool has_nan,
                ColumnSummary& out) {
  switch (type.id()) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
      if (const auto range = integer_range(groups)) {
        out.min = std::to_string(range->min);
        out.max = std::to_string(range->max);
      }
      break;
    case arrow::Type::DATE32:
      if (const auto range = integer_range(groups)) {
        const auto low = date_text(static_cast<int32_t>(range->min));
        const auto high = date_text(static_cast<int32_t>(range->max));
        if (low) out.min = json_quote(*low);
        if (high) out.max = json_quote(*high);
      }
      break;
    case arrow::Type::TIMESTAMP:
      set_timestamp(groups, !static_cast<const arrow::TimestampType&>(type).timezone().empty(),
                    out);
      break;
    case arrow::Type::FLOAT:
    case arrow::Type::DOUBLE: set_floating(groups, has_nan, out); break;
    case arrow::Type::DECIMAL128:
      set_decimal(groups, static_cast<const arrow::Decimal128Type&>(type), out);
      break;
    case arrow::Type::STRING: set_text(groups, out); break;
    default: break;
  }
}

// How the bounds of a type are stored. Older files have others, which are left alone.
bool is_expected(parquet::Type::type physical, const arrow::DataType& type) {
  const bool number = physical == parquet::Type::INT32 || physical == parquet::Type::INT64;
  switch (type.id()) {
    case arrow::Type::INT8:
    case arrow::Type::INT16:
    case arrow::Type::INT32:
    case arrow::Type::INT64:
    case arrow::Type::DATE32: return number;
    case arrow::Type::TIMESTAMP:
      return number &&
             static_cast<const arrow::TimestampType&>(type).unit() == arrow::TimeUnit::MICRO;
    case arrow::Type::FLOAT: return physical == parquet::Type::FLOAT;
    case arrow::Type::DOUBLE: return physical == parquet::Type::DOUBLE;
    case arrow::Type::DECIMAL128: return number || physical == parquet::Type::FIXED_LEN_BYTE_ARRAY;
    case arrow::Type::STRING: return physical == parquet::Type::BYTE_ARRAY;
    default: return true;
  }
}

template <class Array>
bool any_nan(const arrow::Array& array) {
  const auto& typed = static_cast<const Array&>(array);
  const auto* values = typed.raw_values();
  return std::any_of(values, values + typed.length(), [](auto value) { return std::isnan(value); });
}

bool contains_nan(const arrow::Array& array) {
  if (array.type_id() == arrow::Type::FLOAT) return any_nan<arrow::FloatArray>(array);
  return array.type_id() == arrow::Type::DOUBLE && any_nan<arrow::DoubleArray>(array);
}

// Of variants only nulls are counted: their bounds are for shredded files.
bool is_variant(const arrow::DataType& type) { return type.id() == arrow::Type::EXTENSION; }

int leaf_count(const arrow::DataType& type) {
  if (is_variant(type)) {
    return leaf_count(*static_cast<const arrow::ExtensionType&>(type).storage_type());
  }
  if (type.num_fields() == 0) return 1;
  int leaves = 0;
  for (const auto& child : type.fields()) leaves += leaf_count(*child->type());
  return leaves;
}

// Notes NaN of the leaves under a column, from `leaf` on; returns the leaf behind them.
size_t note_nan(const arrow::Array& array, size_t leaf, std::vector<bool>& nan) {
  if (array.type_id() == arrow::Type::STRUCT) {
    const auto& rows = static_cast<const arrow::StructArray&>(array);
    for (int i = 0; i < rows.num_fields(); ++i) leaf = note_nan(*rows.field(i), leaf, nan);
    return leaf;
  }
  const size_t next = leaf + static_cast<size_t>(leaf_count(*array.type()));
  if (nan.size() < next) nan.resize(next);
  if (!nan[leaf]) nan[leaf] = contains_nan(array);
  return next;
}

// Walks the columns in the order of the file's leaves.
class Summary {
 public:
  Summary(const parquet::FileMetaData& metadata, const WrittenRows& rows, StatisticsScope scope)
      : metadata_(metadata), rows_(rows), scope_(std::move(scope)) {}

  // `parent` is the path of the struct that holds it, `in_scope` whether the scope names that.
  ColumnSummary column(const arrow::Field& field, std::optional<int64_t> nulls,
                       const std::string& parent = "", bool in_scope = false) {
    ColumnSummary out;
    out.name = field.name();
    const std::string path = parent + field.name();
    in_scope |= scope_.always.contains(path) || (scope_.named && scope_.named->contains(path));
    const arrow::DataType& type = *field.type();
    if (type.id() == arrow::Type::STRUCT) {
      for (const auto& inner : type.fields()) {
        out.children.push_back(column(*inner, std::nullopt, path + ".", in_scope));
      }
      return out;
    }
    const int leaf = next_leaf_;
    next_leaf_ += leaf_count(type);
    const bool counted = !scope_.named && scope_.most != 0;
    if (scope_.most > 0) --scope_.most;
    if (!counted && !in_scope) return out;
    out.nulls = nulls;
    if (type.num_fields() == 0 && !is_variant(type)) leaf_bounds(leaf, type, out);
    return out;
  }

 private:
  void leaf_bounds(int leaf, const arrow::DataType& type, ColumnSummary& out) const {
    Groups groups;
    int64_t nulls = 0;
    for (int i = 0; i < metadata_.num_row_groups(); ++i) {
      auto group = metadata_.RowGroup(i)->ColumnChunk(leaf)->statistics();
      if (!group || !is_expected(group->physical_type(), type)) return;
      if (!group->HasNullCount()) return;
      nulls += group->null_count();
      groups.push_back(std::move(group));
    }
    if (groups.empty()) return;
    if (!out.nulls) out.nulls = nulls;
    set_bounds(groups, type, rows_.nan[static_cast<size_t>(leaf)], out);
  }

  const parquet::FileMetaData& metadata_;
  const WrittenRows& rows_;
  StatisticsScope scope_;
  int next_leaf_ = 0;
};

enum class Part { kMin, kMax, kNulls };

bool has_part(const ColumnSummary& column, Part part) {
  if (part == Part::kMin && column.min) return true;
  if (part == Part::kMax && column.max) return true;
  if (part == Part::kNulls && column.nulls) return true;
  return std::any_of(column.children.begin(), column.children.end(),
                     [&](const ColumnSummary& child) { return has_part(child, part); });
}

void write_part(JsonWriter& json, const std::vector<ColumnSummary>& columns, Part part) {
  json.begin_object();
  for (const ColumnSummary& column : columns) {
    if (!has_part(column, part)) continue;
    json.key(column.name);
    if (!column.children.empty()) {
      write_part(json, column.children, part);
    } else if (part == Part::kNulls) {
      json.number(*column.nulls);
    } else {
      json.raw(part == Part::kMin ? *column.min : *column.max);
    }
  }
  json.end_object();
}

}  // namespace

void WrittenRows::add(const arrow::RecordBatch& batch) {
  nulls.resize(static_cast<size_t>(batch.num_columns()));
  size_t leaf = 0;
  for (int i = 0; i < batch.num_columns(); ++i) {
    auto& count = nulls[static_cast<size_t>(i)];
    count = count.value_or(0) + batch.column(i)->null_count();
    leaf = note_nan(*batch.column(i), leaf, nan);
  }
}

WrittenRows WrittenRows::unknown(const arrow::Schema& schema, int leaves) {
  WrittenRows rows;
  rows.nulls.resize(static_cast<size_t>(schema.num_fields()));
  rows.nan.assign(static_cast<size_t>(leaves), true);
  return rows;
}

std::string write_statistics(const parquet::FileMetaData& metadata, const arrow::Schema& schema,
                             const WrittenRows& rows, StatisticsScope scope) {
  std::vector<ColumnSummary> columns;
  Summary summary(metadata, rows, std::move(scope));
  for (size_t i = 0; i < rows.nulls.size(); ++i) {
    columns.push_back(summary.column(*schema.field(static_cast<int>(i)), rows.nulls[i]));
  }
  JsonWriter json;
  json.begin_object().field("numRecords", metadata.num_rows());
  json.key("minValues");
  write_part(json, columns, Part::kMin);
  json.key("maxValues");
  write_part(json, columns, Part::kMax);
  json.key("nullCount");
  write_part(json, columns, Part::kNulls);
  json.end_object();
  return json.take();
}

}  // namespace foz::delta
