// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "sql/from_json_internal.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "duckdb/common/exception.hpp"
#include "duckdb/common/types/blob.hpp"
#include "duckdb/common/types/hugeint.hpp"
#include "sql/spark_text.h"

namespace foz::sql {

using duckdb::FlatVector;
using duckdb::idx_t;
using duckdb::LogicalType;
using duckdb::LogicalTypeId;
using duckdb::string_t;
using duckdb::Vector;
using simdjson::ondemand::json_type;

namespace {

constexpr size_t kNoField = ~size_t{0};

JsonReader::Node node_of(const LogicalType& type) {
  JsonReader::Node node{type, type.id(), {}, {}, 0, 0, 0};
  switch (type.id()) {
    case LogicalTypeId::STRUCT:
      for (const auto& [name, child] : duckdb::StructType::GetChildTypes(type)) {
        node.names.push_back(name);
        node.children.push_back(node_of(child));
      }
      break;
    case LogicalTypeId::LIST:
      node.children.push_back(node_of(duckdb::ListType::GetChildType(type)));
      break;
    case LogicalTypeId::MAP:
      node.children.push_back(node_of(duckdb::MapType::KeyType(type)));
      node.children.push_back(node_of(duckdb::MapType::ValueType(type)));
      break;
    case LogicalTypeId::DECIMAL:
      node.precision = duckdb::DecimalType::GetWidth(type);
      node.scale = duckdb::DecimalType::GetScale(type);
      break;
    default: break;
  }
  return node;
}

template <class T>
bool put(Vector& out, idx_t row, T value) {
  FlatVector::GetDataUnsafe<T>(out)[row] = value;
  FlatVector::Validity(out).SetValid(row);
  return true;
}

// NULL in rows [from, to), in every part.
void clear(const JsonReader::Node& node, Vector& out, idx_t from, idx_t to) {
  auto& validity = FlatVector::Validity(out);
  for (idx_t row = from; row < to; row++) validity.SetInvalid(row);
  if (node.id != LogicalTypeId::STRUCT) return;
  auto& fields = duckdb::StructVector::GetEntries(out);
  for (size_t f = 0; f < fields.size(); f++) clear(node.children[f], *fields[f], from, to);
}

bool put_text(Vector& out, idx_t row, std::string_view text) {
  return put(out, row, duckdb::StringVector::AddStringOrBlob(out, text.data(), text.size()));
}

bool put_minified(Vector& out, idx_t row, std::string_view json) {
  std::string text(json.size(), '\0');
  size_t size = 0;
  if (simdjson::minify(json.data(), json.size(), text.data(), size) != simdjson::SUCCESS)
    return false;
  return put_text(out, row, std::string_view(text).substr(0, size));
}

bool is_null(simdjson::ondemand::value& value) {
  if (value.type() != json_type::null) return false;
  if (!value.is_null()) throw simdjson::simdjson_error(simdjson::N_ATOM_ERROR);
  return true;
}

// A value that nobody asked for must be JSON all the same.
void check_scalar(simdjson::ondemand::value& value) {
  switch (value.type()) {
    case json_type::number: (void)double(value.get_double()); return;
    case json_type::boolean: (void)bool(value.get_bool()); return;
    case json_type::null: (void)is_null(value); return;
    default: return;  // skipped by the iteration
  }
}

// The field of a key as it stands in the text, without escapes; `text` begins behind its opening
// quote.
size_t find_field(JsonReader::Node& node, std::string_view text) {
  const size_t count = node.names.size();
  size_t field = node.guess < count ? node.guess : 0;
  for (size_t tried = 0; tried < count; tried++) {
    const std::string& name = node.names[field];
    if (text.size() > name.size() && text[name.size()] == '"' && text.starts_with(name)) {
      node.guess = field + 1;
      return field;
    }
    field = field + 1 == count ? 0 : field + 1;
  }
  return kNoField;
}

// Space for `more` children, all NULL; gives the index of the first.
idx_t grow(const JsonReader::Node& node, Vector& list, idx_t more) {
  const idx_t size = duckdb::ListVector::GetListSize(list);
  duckdb::ListVector::Reserve(list, size + more);
  auto& child = duckdb::ListVector::GetEntry(list);
  if (node.id == LogicalTypeId::LIST) {
    clear(node.children[0], child, size, size + more);
  } else {  // a map's child is a struct of key and value, never NULL itself
    auto& fields = duckdb::StructVector::GetEntries(child);
    clear(node.children[0], *fields[0], size, size + more);
    clear(node.children[1], *fields[1], size, size + more);
  }
  duckdb::ListVector::SetListSize(list, size + more);
  return size;
}

template <class T>
bool put_integral(Vector& out, idx_t row, int64_t value) {
  if (value < std::numeric_limits<T>::min() || value > std::numeric_limits<T>::max()) return false;
  return put(out, row, static_cast<T>(value));
}

bool put_decimal(const JsonReader::Node& node, Vector& out, idx_t row, std::string_view text) {
  spark::int128 value = 0;
  if (!spark::read_decimal(text, node.precision, node.scale, value)) return false;
  switch (node.type.InternalType()) {
    case duckdb::PhysicalType::INT16: return put(out, row, static_cast<int16_t>(value));
    case duckdb::PhysicalType::INT32: return put(out, row, static_cast<int32_t>(value));
    case duckdb::PhysicalType::INT64: return put(out, row, static_cast<int64_t>(value));
    default:
      return put(
          out, row,
          duckdb::hugeint_t(static_cast<int64_t>(value >> 64), static_cast<uint64_t>(value)));
  }
}

bool special_double(std::string_view text, double& value) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "NaN") return value = std::numeric_limits<double>::quiet_NaN(), true;
  if (text == "Infinity" || text == "+INF" || text == "INF" || text == "+Infinity")
    return value = kInfinity, true;
  if (text == "-Infinity" || text == "-INF") return value = -kInfinity, true;
  return false;
}

}  // namespace

JsonReader::JsonReader(const LogicalType& type, std::string_view corrupt_field)
    : root_(node_of(type)) {
  for (size_t i = 0; i < root_.names.size(); i++) {
    if (root_.names[i] != corrupt_field || root_.children[i].id != LogicalTypeId::VARCHAR) continue;
    corrupt_ = static_cast<int>(i);
    root_.names[i] = std::string("\0", 1);  // a name that no key has
  }
}

void JsonReader::begin(Vector& out, idx_t count) const {
  auto& fields = duckdb::StructVector::GetEntries(out);
  for (size_t f = 0; f < fields.size(); f++) clear(root_.children[f], *fields[f], 0, count);
}

JsonReader::Outcome JsonReader::read(std::string_view text, Vector& out, idx_t row) {
  if (buffer_.size() < text.size() + simdjson::SIMDJSON_PADDING) {
    buffer_.resize(2 * text.size() + simdjson::SIMDJSON_PADDING);
  }
  std::memcpy(buffer_.data(), text.data(), text.size());
  Outcome outcome = Outcome::kMalformed;
  try {
    simdjson::ondemand::document document =
        parser_.iterate(buffer_.data(), text.size(), buffer_.size());
    root_.guess = 0;
    const Fit fit = read_object(root_, document.get_object(), out, row);
    outcome = fit == Fit::kWhole ? Outcome::kRead : Outcome::kPartial;
  } catch (const simdjson::simdjson_error&) {
    auto& fields = duckdb::StructVector::GetEntries(out);
    for (size_t f = 0; f < fields.size(); f++) clear(root_.children[f], *fields[f], row, row + 1);
  }
  if (outcome != Outcome::kRead && corrupt_ >= 0) {
    // What is not UTF-8 cannot be a STRING.
    auto& field = *duckdb::StructVector::GetEntries(out)[static_cast<size_t>(corrupt_)];
    if (simdjson::validate_utf8(text.data(), text.size())) put_text(field, row, text);
  }
  return outcome;
}

JsonReader::Fit JsonReader::read_object(Node& node, simdjson::ondemand::object object, Vector& out,
                                        idx_t row) {
  auto& fields = duckdb::StructVector::GetEntries(out);
  FlatVector::Validity(out).SetValid(row);
  Fit fit = Fit::kWhole;
  node.guess = 0;
  for (simdjson::ondemand::field pair : object) {
    const char* end = buffer_.data() + buffer_.size();
    size_t field = find_field(node, std::string_view(pair.key().raw(), end));
    if (field == kNoField) {
      const std::string_view key = pair.unescaped_key();
      for (size_t i = 0; i < node.names.size(); i++) field = node.names[i] == key ? i : field;
    }
    Value value = pair.value();
    if (field == kNoField) {
      check_scalar(value);
    } else if (is_null(value)) {
      clear(node.children[field], *fields[field], row, row + 1);
    } else if (const Fit part = read_value(node.children[field], value, *fields[field], row);
               part != Fit::kWhole) {
      fit = Fit::kPart;
      if (part == Fit::kNone) clear(node.children[field], *fields[field], row, row + 1);
    }
  }
  return fit;
}

JsonReader::Fit JsonReader::read_value(Node& node, Value value, Vector& out, idx_t row) {
  const json_type type = value.type();
  switch (node.id) {
    case LogicalTypeId::STRUCT:
      return type == json_type::object ? read_object(node, value.get_object(), out, row)
                                       : Fit::kNone;
    case LogicalTypeId::LIST:
      return type == json_type::array ? read_list(node, value, out, row) : Fit::kNone;
    case LogicalTypeId::MAP:
      return type == json_type::object ? read_map(node, value, out, row) : Fit::kNone;
    default: return read_scalar(node, value, out, row) ? Fit::kWhole : Fit::kNone;
  }
}

bool JsonReader::read_scalar(Node& node, Value value, Vector& out, idx_t row) {
  switch (node.id) {
    case LogicalTypeId::VARCHAR: return read_string(value, out, row);
    case LogicalTypeId::BOOLEAN:
      return value.type() == json_type::boolean && put<bool>(out, row, value.get_bool());
    case LogicalTypeId::DATE:
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ: return read_time(node, value, out, row);
    case LogicalTypeId::BLOB: {
      if (value.type() != json_type::string) return false;
      const std::string_view text = value.get_string();
      try {
        return put_text(
            out, row,
            duckdb::Blob::FromBase64(string_t(text.data(), static_cast<uint32_t>(text.size()))));
      } catch (const duckdb::Exception&) {
        return false;
      }
    }
    default: return read_number(node, value, out, row);
  }
}

// What is no string keeps its text, objects and arrays without blanks.
bool JsonReader::read_string(Value value, Vector& out, idx_t row) {
  switch (value.type()) {
    case json_type::string: return put_text(out, row, value.get_string());
    case json_type::object:
      return put_minified(out, row, simdjson::ondemand::object(value.get_object()).raw_json());
    case json_type::array:
      return put_minified(out, row, simdjson::ondemand::array(value.get_array()).raw_json());
    case json_type::boolean: return put_text(out, row, bool(value.get_bool()) ? "true" : "false");
    default: {
      std::string_view text = spark::trim(value.raw_json_token());
      (void)double(value.get_double());
      return put_text(out, row, text);
    }
  }
}

bool JsonReader::read_number(Node& node, Value value, Vector& out, idx_t row) {
  const json_type type = value.type();
  if (type == json_type::string) {
    const std::string_view text = value.get_string();
    double number = 0;
    if (node.id == LogicalTypeId::DECIMAL)
      return !text.empty() && put_decimal(node, out, row, text);
    if (node.id == LogicalTypeId::DOUBLE)
      return special_double(text, number) && put(out, row, number);
    if (node.id == LogicalTypeId::FLOAT)
      return special_double(text, number) && put(out, row, static_cast<float>(number));
    return false;
  }
  if (type != json_type::number) return false;
  switch (node.id) {
    case LogicalTypeId::DOUBLE: return put<double>(out, row, value.get_double());
    case LogicalTypeId::FLOAT: return put(out, row, static_cast<float>(double(value.get_double())));
    case LogicalTypeId::DECIMAL: return put_decimal(node, out, row, value.raw_json_token());
    default: break;
  }
  int64_t number = 0;
  if (value.get_int64().get(number) != simdjson::SUCCESS) {
    (void)double(value.get_double());  // a number of another kind, or malformed
    return false;
  }
  switch (node.id) {
    case LogicalTypeId::TINYINT: return put_integral<int8_t>(out, row, number);
    case LogicalTypeId::SMALLINT: return put_integral<int16_t>(out, row, number);
    case LogicalTypeId::INTEGER: return put_integral<int32_t>(out, row, number);
    case LogicalTypeId::BIGINT: return put(out, row, number);
    default: return false;
  }
}

bool JsonReader::read_time(Node& node, Value value, Vector& out, idx_t row) {
  if (value.type() == json_type::number && node.id == LogicalTypeId::TIMESTAMP_TZ) {
    int64_t seconds = 0;
    if (value.get_int64().get(seconds) != simdjson::SUCCESS) return false;
    return !__builtin_mul_overflow(seconds, spark::kMicrosPerSecond, &seconds) &&
           put(out, row, seconds);
  }
  if (value.type() != json_type::string) return false;
  const std::string_view text = value.get_string();
  int64_t micros = 0;
  int32_t days = 0;
  if (node.id == LogicalTypeId::DATE) return spark::read_date(text, days) && put(out, row, days);
  if (node.id == LogicalTypeId::TIMESTAMP)
    return spark::read_timestamp_ntz(text, micros) && put(out, row, micros);
  return spark::read_timestamp(text, micros) && put(out, row, micros);
}

JsonReader::Fit JsonReader::read_list(Node& node, Value value, Vector& out, idx_t row) {
  // Elements of one list follow one another: a nested list's own elements are in another vector.
  const idx_t begin = duckdb::ListVector::GetListSize(out);
  idx_t count = 0;
  Fit fit = Fit::kWhole;
  for (Value item : value.get_array()) {
    const idx_t at = grow(node, out, 1);
    count++;
    if (is_null(item)) continue;
    fit = std::max(fit, read_value(node.children[0], item, duckdb::ListVector::GetEntry(out), at));
  }
  if (fit != Fit::kNone) put(out, row, duckdb::list_entry_t(begin, count));
  return fit;
}

JsonReader::Fit JsonReader::read_map(Node& node, Value value, Vector& out, idx_t row) {
  const idx_t begin = duckdb::ListVector::GetListSize(out);
  idx_t count = 0;
  Fit fit = Fit::kWhole;
  for (simdjson::ondemand::field pair : value.get_object()) {
    const idx_t at = grow(node, out, 1);
    count++;
    auto& fields = duckdb::StructVector::GetEntries(duckdb::ListVector::GetEntry(out));
    put_text(*fields[0], at, pair.unescaped_key());
    Value item = pair.value();
    if (is_null(item)) continue;
    fit = std::max(fit, read_value(node.children[1], item, *fields[1], at));
  }
  if (fit != Fit::kNone) put(out, row, duckdb::list_entry_t(begin, count));
  return fit;
}

}  // namespace foz::sql
