// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "cli/row_text.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/scalar.h>
#include <arrow/type.h>
#include <arrow/util/base64.h>
#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "base/json_writer.h"

namespace foz::cli {
namespace {

std::string date_text(int64_t days) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{days}}};
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

std::string timestamp_text(int64_t us, bool utc) {
  constexpr int64_t kDay = 86'400'000'000;
  const int64_t days = us / kDay - (us % kDay < 0 ? 1 : 0);
  const int64_t of_day = us - days * kDay;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:06}{}", date_text(days), of_day / 3'600'000'000,
                     of_day / 60'000'000 % 60, of_day / 1'000'000 % 60, of_day % 1'000'000,
                     utc ? "Z" : "");
}

template <class Number>
void append_float(std::string& out, Number value) {
  if (std::isfinite(value)) {
    fmt::format_to(std::back_inserter(out), "{}", value);
  } else {
    append_json_string(out, std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
  }
}

template <class ArrayType>
const ArrayType& as(const arrow::Array& array) {
  return static_cast<const ArrayType&>(array);
}

int64_t microseconds(const arrow::TimestampArray& array, int64_t row) {
  switch (static_cast<const arrow::TimestampType&>(*array.type()).unit()) {
    case arrow::TimeUnit::SECOND: return array.Value(row) * 1'000'000;
    case arrow::TimeUnit::MILLI: return array.Value(row) * 1'000;
    case arrow::TimeUnit::MICRO: return array.Value(row);
    case arrow::TimeUnit::NANO: return array.Value(row) / 1'000;
  }
  return 0;
}

void append_elements(std::string& out, const arrow::Array& values, int64_t begin, int64_t end) {
  out.push_back('[');
  for (int64_t i = begin; i < end; ++i) {
    if (i > begin) out.push_back(',');
    append_json_value(out, values, i);
  }
  out.push_back(']');
}

void append_entries(std::string& out, const arrow::MapArray& map, int64_t row) {
  out.push_back('[');
  for (int64_t i = map.value_offset(row); i < map.value_offset(row + 1); ++i) {
    if (i > map.value_offset(row)) out.push_back(',');
    out += "{\"key\":";
    append_json_value(out, *map.keys(), i);
    out += ",\"value\":";
    append_json_value(out, *map.items(), i);
    out.push_back('}');
  }
  out.push_back(']');
}

void append_struct(std::string& out, const arrow::StructArray& array, int64_t row) {
  out.push_back('{');
  for (int i = 0; i < array.num_fields(); ++i) {
    if (i > 0) out.push_back(',');
    append_json_string(out, array.struct_type()->field(i)->name());
    out.push_back(':');
    append_json_value(out, *array.field(i), row);
  }
  out.push_back('}');
}

void append_csv_value(std::string& out, const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) return;
  std::string text;
  const arrow::Type::type id = array.type_id();
  if (id == arrow::Type::STRING) {
    text = as<arrow::StringArray>(array).GetString(row);
  } else {
    append_json_value(text, array, row);
    const bool nested =
        id == arrow::Type::LIST || id == arrow::Type::MAP || id == arrow::Type::STRUCT;
    if (!nested && text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  }
  if (!text.empty() && text.find_first_of(",\"\r\n") == std::string::npos) {
    out += text;
    return;
  }
  out.push_back('"');
  for (const char c : text) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
}

}  // namespace

void append_json_value(std::string& out, const arrow::Array& array, int64_t row) {
  if (array.IsNull(row)) {
    out += "null";
    return;
  }
  const auto integer = [&out](int64_t value) { out += fmt::format_int(value).c_str(); };
  switch (array.type_id()) {
    case arrow::Type::BOOL:
      out += as<arrow::BooleanArray>(array).Value(row) ? "true" : "false";
      break;
    case arrow::Type::INT8: integer(as<arrow::Int8Array>(array).Value(row)); break;
    case arrow::Type::INT16: integer(as<arrow::Int16Array>(array).Value(row)); break;
    case arrow::Type::INT32: integer(as<arrow::Int32Array>(array).Value(row)); break;
    case arrow::Type::INT64: integer(as<arrow::Int64Array>(array).Value(row)); break;
    case arrow::Type::FLOAT: append_float(out, as<arrow::FloatArray>(array).Value(row)); break;
    case arrow::Type::DOUBLE: append_float(out, as<arrow::DoubleArray>(array).Value(row)); break;
    case arrow::Type::DECIMAL128:
      append_json_string(out, as<arrow::Decimal128Array>(array).FormatValue(row));
      break;
    case arrow::Type::STRING:
      append_json_string(out, as<arrow::StringArray>(array).GetView(row));
      break;
    case arrow::Type::BINARY:
      append_json_string(out,
                         arrow::util::base64_encode(as<arrow::BinaryArray>(array).GetView(row)));
      break;
    case arrow::Type::DATE32:
      append_json_string(out, date_text(as<arrow::Date32Array>(array).Value(row)));
      break;
    case arrow::Type::TIMESTAMP: {
      const auto& type = static_cast<const arrow::TimestampType&>(*array.type());
      const int64_t us = microseconds(as<arrow::TimestampArray>(array), row);
      append_json_string(out, timestamp_text(us, !type.timezone().empty()));
      break;
    }
    case arrow::Type::LIST: {
      const auto& list = as<arrow::ListArray>(array);
      append_elements(out, *list.values(), list.value_offset(row), list.value_offset(row + 1));
      break;
    }
    case arrow::Type::MAP: append_entries(out, as<arrow::MapArray>(array), row); break;
    case arrow::Type::STRUCT: append_struct(out, as<arrow::StructArray>(array), row); break;
    default: append_json_string(out, array.GetScalar(row).ValueOrDie()->ToString());
  }
}

void append_json_rows(std::string& out, const arrow::RecordBatch& batch) {
  std::vector<std::string> keys;
  for (const auto& field : batch.schema()->fields()) {
    std::string& key = keys.emplace_back(keys.empty() ? "" : ",");
    append_json_string(key, field->name());
    key.push_back(':');
  }
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    out.push_back('{');
    for (int i = 0; i < batch.num_columns(); ++i) {
      out += keys[static_cast<size_t>(i)];
      append_json_value(out, *batch.column(i), row);
    }
    out += "}\n";
  }
}

void append_csv_header(std::string& out, const arrow::Schema& schema) {
  for (int i = 0; i < schema.num_fields(); ++i) {
    if (i > 0) out.push_back(',');
    const std::string& name = schema.field(i)->name();
    if (name.find_first_of(",\"\r\n") == std::string::npos) {
      out += name;
      continue;
    }
    out.push_back('"');
    for (const char c : name) out.append(c == '"' ? "\"\"" : std::string(1, c));
    out.push_back('"');
  }
  out += "\r\n";
}

void append_csv_rows(std::string& out, const arrow::RecordBatch& batch) {
  for (int64_t row = 0; row < batch.num_rows(); ++row) {
    for (int i = 0; i < batch.num_columns(); ++i) {
      if (i > 0) out.push_back(',');
      append_csv_value(out, *batch.column(i), row);
    }
    out += "\r\n";
  }
}

}  // namespace foz::cli
