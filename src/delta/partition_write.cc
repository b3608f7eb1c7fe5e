// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/partition_write_internal.h"

#include <arrow/array.h>
#include <arrow/array/array_dict.h>
#include <arrow/buffer_builder.h>
#include <arrow/compute/api.h>
#include <arrow/record_batch.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "delta/column_mapping_internal.h"
#include "delta/features_internal.h"
#include "delta/json_internal.h"
#include "delta/parquet_source_internal.h"
#include "delta/timestamp_text_internal.h"

namespace foz::delta {
namespace {

using Batch = std::shared_ptr<arrow::RecordBatch>;

Error out_of_range() {
  return Error(ErrorCode::kUnsupported, "a partition value lies outside of the years 1 to 9999");
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

// Never with an exponent.
std::string decimal_text(const arrow::Decimal128Array& array, int64_t row) {
  const int scale = static_cast<const arrow::Decimal128Type&>(*array.type()).scale();
  std::string digits = arrow::Decimal128(array.GetValue(row)).ToIntegerString();
  if (scale == 0) return digits;
  const bool negative = digits.front() == '-';
  if (negative) digits.erase(0, 1);
  const auto least = static_cast<size_t>(scale) + 1;
  if (digits.size() < least) digits.insert(0, least - digits.size(), '0');
  digits.insert(digits.size() - static_cast<size_t>(scale), ".");
  return (negative ? "-" : "") + digits;
}

template <class Array>
std::string integer_text(const arrow::Array& array, int64_t row) {
  return std::to_string(static_cast<const Array&>(array).Value(row));
}

// The texts of a column's values, and for each row which of them it has.
struct Column {
  std::vector<std::optional<std::string>> texts;  // the last is null's
  std::vector<int32_t> codes;
};

Result<Column> encode(const std::shared_ptr<arrow::Array>& array) {
  const auto encoded = TRY_ARROW(arrow::compute::DictionaryEncode(array)).make_array();
  const auto& dictionary = static_cast<const arrow::DictionaryArray&>(*encoded);
  const auto& indices = static_cast<const arrow::Int32Array&>(*dictionary.indices());
  Column out;
  const auto& values = *dictionary.dictionary();
  for (int64_t i = 0; i < values.length(); ++i) {
    out.texts.push_back(TRY(partition_text(values, i)));
  }
  const auto null = static_cast<int32_t>(out.texts.size());
  out.texts.emplace_back();
  out.codes.reserve(static_cast<size_t>(indices.length()));
  for (int64_t i = 0; i < indices.length(); ++i) {
    out.codes.push_back(indices.IsNull(i) ? null : indices.Value(i));
  }
  return out;
}

Result<Batch> taken(const Batch& batch, const std::vector<int64_t>& rows) {
  if (static_cast<int64_t>(rows.size()) == batch->num_rows()) return batch;
  arrow::TypedBufferBuilder<int64_t> wanted;
  TRY_ARROW(wanted.Append(rows.data(), static_cast<int64_t>(rows.size())));
  const auto indices = std::make_shared<arrow::Int64Array>(static_cast<int64_t>(rows.size()),
                                                           TRY_ARROW(wanted.Finish()));
  return TRY_ARROW(arrow::compute::Take(batch, indices)).record_batch();
}

// Hive's rule for names of folders.
std::string escaped(std::string_view text) {
  constexpr std::string_view kSpecial = "\"#%'*/:=?\\{}[]^";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || kSpecial.find(c) != std::string_view::npos) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out.push_back(c);
    }
  }
  return out;
}

}  // namespace

Result<std::optional<std::string>> partition_text(const arrow::Array& array, int64_t row) {
  using Text = std::optional<std::string>;
  if (array.IsNull(row)) return Text();
  switch (array.type_id()) {
    case arrow::Type::STRING:
    case arrow::Type::BINARY: {
      const std::string_view view = static_cast<const arrow::BinaryArray&>(array).GetView(row);
      if (view.empty()) return Text();
      if (!simdjson::validate_utf8(view)) {
        return Error(ErrorCode::kUnsupported,
                     "a partition value of type binary is no UTF-8 text, which it is in the log");
      }
      return Text(view);
    }
    case arrow::Type::INT8: return Text(integer_text<arrow::Int8Array>(array, row));
    case arrow::Type::INT16: return Text(integer_text<arrow::Int16Array>(array, row));
    case arrow::Type::INT32: return Text(integer_text<arrow::Int32Array>(array, row));
    case arrow::Type::INT64: return Text(integer_text<arrow::Int64Array>(array, row));
    case arrow::Type::BOOL:
      return Text(static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false");
    case arrow::Type::FLOAT: {
      const float value = static_cast<const arrow::FloatArray&>(array).Value(row);
      if (!std::isfinite(value)) return Text(number_text(static_cast<double>(value)));
      std::string text = fmt::format("{}", value);
      if (text.find_first_of(".e") == std::string::npos) text += ".0";
      return Text(std::move(text));
    }
    case arrow::Type::DOUBLE:
      return Text(number_text(static_cast<const arrow::DoubleArray&>(array).Value(row)));
    case arrow::Type::DECIMAL128:
      return Text(decimal_text(static_cast<const arrow::Decimal128Array&>(array), row));
    case arrow::Type::DATE32: {
      auto text = date_text(static_cast<const arrow::Date32Array&>(array).Value(row));
      if (!text) return out_of_range();
      return text;
    }
    case arrow::Type::TIMESTAMP: {
      const bool zoned =
          !static_cast<const arrow::TimestampType&>(*array.type()).timezone().empty();
      auto text =
          timestamp_text(static_cast<const arrow::TimestampArray&>(array).Value(row), zoned);
      if (!text) return out_of_range();
      // Without a zone the protocol has only the form with a space.
      if (!zoned) std::ranges::replace(*text, 'T', ' ');
      return text;
    }
    default:
      return Error(ErrorCode::kUnsupported,
                   fmt::format("a table cannot be partitioned by {}", array.type()->ToString()));
  }
}

Result<std::vector<PartitionRows>> split_by_partition(const Snapshot& snapshot,
                                                      const std::vector<Batch>& rows) {
  const auto& names = snapshot.metadata().partition_columns;
  std::vector<int> columns;
  for (const std::string& name : names) {
    const Field* field = snapshot.schema().find(name);
    columns.push_back(static_cast<int>(field - snapshot.schema().fields.data()));
  }
  std::map<std::vector<std::optional<std::string>>, PartitionRows> parts;
  for (const Batch& batch : rows) {
    if (batch->num_rows() == 0) continue;
    std::vector<Column> encoded;
    for (const int column : columns) encoded.push_back(TRY(encode(batch->column(column))));
    std::map<std::vector<int32_t>, std::vector<int64_t>> groups;
    std::vector<int32_t> key(columns.size());
    std::vector<int64_t>* group = nullptr;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      bool same = group != nullptr;
      for (size_t i = 0; i < key.size(); ++i) {
        const int32_t code = encoded[i].codes[static_cast<size_t>(row)];
        same &= key[i] == code;
        key[i] = code;
      }
      if (!same) group = &groups[key];
      group->push_back(row);
    }
    Batch rest = batch;
    std::vector<int> from_right = columns;
    std::ranges::sort(from_right, std::greater<>());
    for (const int column : from_right) rest = TRY_ARROW(rest->RemoveColumn(column));
    for (const auto& [codes, chosen] : groups) {
      std::vector<std::optional<std::string>> texts;
      for (size_t i = 0; i < codes.size(); ++i) {
        texts.push_back(encoded[i].texts[static_cast<size_t>(codes[i])]);
      }
      PartitionRows& part = parts[texts];
      for (size_t i = 0; i < names.size(); ++i) {
        if (!texts[i] && !snapshot.schema().find(names[i])->nullable) {
          return invalid(fmt::format("column {} is NOT NULL and a row has null there", names[i]));
        }
        part.values[names[i]] = texts[i];
      }
      part.batches.push_back(TRY(taken(rest, chosen)));
    }
  }
  std::vector<PartitionRows> out;
  for (auto& [texts, part] : parts) out.push_back(std::move(part));
  return out;
}

Result<std::vector<AddFile>> write_partitions(
    const RowWriter& writer, const std::vector<std::shared_ptr<arrow::RecordBatch>>& rows,
    WriteOptions options) {
  std::vector<AddFile> files;
  options.rules_checked = true;
  for (const PartitionRows& part : TRY(split_by_partition(*writer.base, rows))) {
    options.partition_values = part.values;
    files.push_back(TRY(write_data_file(writer.table, *writer.base, part.batches, options,
                                        writer.random, writer.clock)));
  }
  return files;
}

std::string file_folder(const Snapshot& snapshot, const PartitionValues& values, Random& random) {
  constexpr size_t kMostName = 200, kMostPath = 600;
  if (is_true(snapshot.metadata().configuration, "delta.randomizeFilePrefixes")) {
    constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
    const auto length = snapshot.property("delta.randomPrefixLength");
    const int64_t wanted = length ? json_integer(*length).value_or(2) : 2;
    std::string prefix;
    for (int64_t i = 0; i < std::clamp<int64_t>(wanted, 1, 32); ++i) {
      prefix.push_back(kLetters[random.below(kLetters.size())]);
    }
    return prefix + "/";
  }
  const auto mapping = column_mapping(snapshot);
  if (!mapping || *mapping != ColumnMapping::kNone) return "";
  std::string folder;
  for (const std::string& column : snapshot.metadata().partition_columns) {
    const auto value = values.find(column);
    const bool null = value == values.end() || !value->second || value->second->empty();
    const std::string name = fmt::format(
        "{}={}", escaped(column), null ? "__HIVE_DEFAULT_PARTITION__" : escaped(*value->second));
    folder += name + "/";
    if (name.size() > kMostName || folder.size() > kMostPath) return "";
  }
  return folder;
}

}  // namespace foz::delta
