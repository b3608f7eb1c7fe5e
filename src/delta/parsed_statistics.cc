// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/parsed_statistics_internal.h"

#include <arrow/array.h>
#include <arrow/array/builder_nested.h>
#include <arrow/array/builder_primitive.h>
#include <arrow/scalar.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/json_writer.h"
#include "delta/features_internal.h"
#include "delta/json_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/partition_value_internal.h"
#include "delta/timestamp_text_internal.h"

namespace foz::delta {
namespace {

namespace od = simdjson::ondemand;

// --- from columns to JSON

std::optional<std::string> quoted(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return json_quote(*text);
}

std::optional<std::string> time_json(const arrow::TimestampArray& array, int64_t row) {
  const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
  if (type.unit() != arrow::TimeUnit::MICRO) return std::nullopt;
  return quoted(timestamp_text(array.Value(row), !type.timezone().empty()));
}

std::optional<std::string> floating_json(double value) {
  return std::isfinite(value) ? std::optional(fmt::format("{}", value)) : std::nullopt;
}

template <class Array>
const Array& as(const arrow::Array& array) {
  return static_cast<const Array&>(array);
}

std::optional<std::string> value_json(const arrow::Array& array, int64_t row) {
  switch (array.type_id()) {
    case arrow::Type::BOOL: return as<arrow::BooleanArray>(array).Value(row) ? "true" : "false";
    case arrow::Type::INT8: return std::to_string(as<arrow::Int8Array>(array).Value(row));
    case arrow::Type::INT16: return std::to_string(as<arrow::Int16Array>(array).Value(row));
    case arrow::Type::INT32: return std::to_string(as<arrow::Int32Array>(array).Value(row));
    case arrow::Type::INT64: return std::to_string(as<arrow::Int64Array>(array).Value(row));
    case arrow::Type::FLOAT: return floating_json(as<arrow::FloatArray>(array).Value(row));
    case arrow::Type::DOUBLE: return floating_json(as<arrow::DoubleArray>(array).Value(row));
    case arrow::Type::STRING: return json_quote(as<arrow::StringArray>(array).GetView(row));
    case arrow::Type::DATE32: return quoted(date_text(as<arrow::Date32Array>(array).Value(row)));
    case arrow::Type::TIMESTAMP: return time_json(as<arrow::TimestampArray>(array), row);
    case arrow::Type::DECIMAL128: {
      const std::string text = as<arrow::Decimal128Array>(array).FormatValue(row);
      return text.contains('E') ? std::nullopt : std::optional(text);
    }
    default: return std::nullopt;
  }
}

void write_object(const arrow::StructArray& object, int64_t row, JsonWriter& json) {
  json.begin_object();
  for (int i = 0; i < object.num_fields(); ++i) {
    const auto field = object.field(i);
    if (field->IsNull(row)) continue;
    const std::string& name = object.struct_type()->field(i)->name();
    if (field->type_id() == arrow::Type::STRUCT) {
      write_object(as<arrow::StructArray>(*field), row, json.key(name));
    } else if (const auto value = value_json(*field, row)) {
      json.key(name).raw(*value);
    }
  }
  json.end_object();
}

// --- from JSON to columns

// Scalars of a JSON text as they stand there, texts unescaped, by their path.
using Values = std::map<std::string, std::string>;

std::string path_of(const std::string& parent, std::string_view name) {
  return fmt::format("{}\n{}", parent, name);
}

void collect(od::object object, const std::string& parent, Values& out) {
  for (auto member : object) {
    const std::string path = path_of(parent, member.unescaped_key());
    od::value value = member.value();
    switch (value.type()) {
      case od::json_type::object: collect(value.get_object(), path, out); break;
      case od::json_type::string: out.emplace(path, std::string_view(value.get_string())); break;
      case od::json_type::number:
      case od::json_type::boolean: {
        std::string_view token = value.raw_json_token();
        token = token.substr(0, token.find_first_of(" \t\r\n"));
        out.emplace(path, token);
        break;
      }
      default: break;
    }
  }
}

// Statistics that cannot be read are none.
Values values_of(const std::string& json) {
  Values out;
  try {
    const simdjson::padded_string padded(json);
    od::parser parser;
    od::document document = parser.iterate(padded);
    collect(document.get_object(), "", out);
  } catch (const simdjson::simdjson_error&) {
    return {};
  }
  return out;
}

bool has_bounds(TypeKind kind) {
  switch (kind) {
    case TypeKind::kByte:
    case TypeKind::kShort:
    case TypeKind::kInteger:
    case TypeKind::kLong:
    case TypeKind::kFloat:
    case TypeKind::kDouble:
    case TypeKind::kDecimal:
    case TypeKind::kString:
    case TypeKind::kDate:
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return true;
    default: return false;
  }
}

enum class What { kBounds, kNulls, kPartition };

bool is_wanted(const Field& field, What what) {
  if (field.type.kind == TypeKind::kStruct)
    return std::ranges::any_of(field.type.fields,
                               [&](const Field& inner) { return is_wanted(inner, what); });
  return what != What::kBounds ? field.type.kind != TypeKind::kVoid : has_bounds(field.type.kind);
}

// All nullable, without field ids, whatever the table's columns are.
std::shared_ptr<arrow::DataType> type_of(const std::vector<Field>& fields, ColumnMapping mapping,
                                         What what) {
  arrow::FieldVector out;
  for (const Field& field : fields) {
    if (!is_wanted(field, what)) continue;
    std::shared_ptr<arrow::DataType> type = arrow::int64();
    if (field.type.kind == TypeKind::kStruct) {
      type = type_of(field.type.fields, mapping, what);
    } else if (what != What::kNulls) {
      type = to_arrow(Schema{{{field.name, field.type, true, {}}}}).value()->field(0)->type();
    }
    out.push_back(arrow::field(physical_name(field, mapping), std::move(type)));
  }
  return arrow::struct_(std::move(out));
}

Status append_value(const DataType& type, const std::optional<std::string>& text,
                    arrow::ArrayBuilder& out) {
  const auto scalar = partition_scalar(type, text);
  if (!scalar || !(*scalar)->is_valid) {
    TRY_ARROW(out.AppendNull());
  } else {
    TRY_ARROW(out.AppendScalar(**scalar));
  }
  return {};
}

Status append_fields(const std::vector<Field>& fields, ColumnMapping mapping, What what,
                     const Values& values, const std::string& parent,
                     arrow::ArrayBuilder& builder) {
  auto& out = static_cast<arrow::StructBuilder&>(builder);
  TRY_ARROW(out.Append());
  int at = 0;
  for (const Field& field : fields) {
    if (!is_wanted(field, what)) continue;
    arrow::ArrayBuilder& inner = *out.field_builder(at++);
    const std::string path = path_of(parent, physical_name(field, mapping));
    if (field.type.kind == TypeKind::kStruct) {
      TRY(append_fields(field.type.fields, mapping, what, values, path, inner));
      continue;
    }
    const auto found = values.find(path);
    const auto text = found == values.end() ? std::nullopt : std::optional(found->second);
    TRY(append_value(what == What::kNulls ? DataType{.kind = TypeKind::kLong} : field.type, text,
                     inner));
  }
  return {};
}

}  // namespace

std::string statistics_json(const arrow::StructArray& parsed, int64_t row) {
  if (parsed.IsNull(row)) return {};
  JsonWriter json;
  write_object(parsed, row, json);
  return json.take();
}

bool has_json_statistics(const Metadata& metadata) {
  const auto found = metadata.configuration.find("delta.checkpoint.writeStatsAsJson");
  return found == metadata.configuration.end() || found->second != "false";
}

Result<std::optional<ParsedColumns>> ParsedColumns::of(const Metadata& metadata,
                                                       const Schema& schema) {
  if (!is_true(metadata.configuration, "delta.checkpoint.writeStatsAsStruct")) {
    return std::optional<ParsedColumns>();
  }
  ParsedColumns out;
  out.mapping_ = TRY(column_mapping(metadata));
  for (const Field& field : schema.fields) {
    const auto& names = metadata.partition_columns;
    const bool partition = std::ranges::find(names, field.name) != names.end();
    (partition ? out.partitions_ : out.data_).push_back(field);
  }
  return std::optional(std::move(out));
}

arrow::FieldVector ParsedColumns::fields() const {
  arrow::FieldVector out;
  if (!partitions_.empty()) {
    out.push_back(
        arrow::field("partitionValues_parsed", type_of(partitions_, mapping_, What::kPartition)));
  }
  const auto bounds = type_of(data_, mapping_, What::kBounds);
  const auto nulls = type_of(data_, mapping_, What::kNulls);
  arrow::FieldVector statistics = {arrow::field("numRecords", arrow::int64())};
  // A struct of nothing has no place in Parquet.
  if (bounds->num_fields() > 0) {
    statistics.push_back(arrow::field("minValues", bounds));
    statistics.push_back(arrow::field("maxValues", bounds));
  }
  if (nulls->num_fields() > 0) statistics.push_back(arrow::field("nullCount", nulls));
  statistics.push_back(arrow::field("tightBounds", arrow::boolean()));
  out.push_back(arrow::field("stats_parsed", arrow::struct_(std::move(statistics))));
  return out;
}

Status ParsedColumns::append(const AddFile& file, arrow::StructBuilder& add, int first) const {
  if (!partitions_.empty()) {
    Values values;
    for (const auto& [name, value] : file.partition_values) {
      if (value) values.emplace(path_of("", name), *value);
    }
    TRY(append_fields(partitions_, mapping_, What::kPartition, values, "",
                      *add.field_builder(first++)));
  }
  auto& out = static_cast<arrow::StructBuilder&>(*add.field_builder(first));
  if (file.stats.empty()) {
    TRY_ARROW(out.AppendNull());
    return {};
  }
  TRY_ARROW(out.Append());
  const Values values = values_of(file.stats);
  const auto type = out.type();  // made anew each time
  for (int i = 0; i < type->num_fields(); ++i) {
    const std::string& name = type->field(i)->name();
    const std::string path = path_of("", name);
    arrow::ArrayBuilder& inner = *out.field_builder(i);
    if (inner.type()->id() == arrow::Type::STRUCT) {
      const What what = name == "nullCount" ? What::kNulls : What::kBounds;
      TRY(append_fields(data_, mapping_, what, values, path, inner));
      continue;
    }
    const auto found = values.find(path);
    const auto text = found == values.end() ? std::nullopt : std::optional(found->second);
    const TypeKind kind = name == "tightBounds" ? TypeKind::kBoolean : TypeKind::kLong;
    TRY(append_value({.kind = kind}, text, inner));
  }
  return {};
}

}  // namespace foz::delta
