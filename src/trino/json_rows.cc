// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/json_rows_internal.h"

#include <arrow/array.h>
#include <arrow/record_batch.h>
#include <arrow/type.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "base/json_writer.h"

namespace foz::trino {

namespace {

constexpr int64_t kMicros = 1000000;
constexpr int64_t kDayMicros = 86400 * kMicros;

int64_t floor_divide(int64_t a, int64_t b) { return a / b - (a % b < 0); }

template <class T>
void append_number(std::string& out, T value) {
  char digits[48];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  out.append(digits, end);
}

void append_padded(std::string& out, int64_t value, int width) {
  char digits[24];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
  for (auto have = end - digits; have < width; ++have) out += '0';
  out.append(digits, end);
}

void append_date(std::string& out, int64_t days) {
  // std::chrono's years are 16 bits wide; what is beyond is told as it is.
  if (days < -12687794 || days > 11248737) {
    append_number(out, days);
    out += " days";
    return;
  }
  const std::chrono::year_month_day date{std::chrono::sys_days(std::chrono::days(days))};
  const int year = static_cast<int>(date.year());
  if (year < 0) out += '-';
  append_padded(out, std::abs(year), 4);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  append_padded(out, static_cast<unsigned>(date.day()), 2);
}

// As java.lang.Math: half of one goes up.
int64_t rounded(int64_t micros, int digits) {
  int64_t unit = 1;
  for (int digit = digits; digit < 6; ++digit) unit *= 10;
  if (micros > std::numeric_limits<int64_t>::max() - unit) return micros;
  return floor_divide(micros + unit / 2, unit) * unit;
}

// `digits` of the fraction; those behind them are left out.
void append_time(std::string& out, int64_t micros, int digits) {
  append_padded(out, micros / (3600 * kMicros), 2);
  out += ':';
  append_padded(out, micros / (60 * kMicros) % 60, 2);
  out += ':';
  append_padded(out, micros / kMicros % 60, 2);
  if (digits == 0) return;
  out += '.';
  int64_t fraction = micros % kMicros;
  for (int digit = digits; digit < 6; ++digit) fraction /= 10;
  append_padded(out, fraction, std::min(digits, 6));
  out.append(static_cast<size_t>(std::max(digits - 6, 0)), '0');
}

constexpr int kMostDigits = 12;

// Of the fraction of a second in values of a type.
int fraction_digits(const Type& type, bool parametric_datetime) {
  if (!parametric_datetime) return 3;
  if (type.numbers.empty()) return 6;
  return static_cast<int>(std::clamp<int64_t>(type.numbers[0], 0, kMostDigits));
}

void append_base64(std::string& out, std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k)
      out += i + k > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * k) & 63];
  }
}

}  // namespace

// One column of one batch.
class ValueWriter {
 public:
  explicit ValueWriter(const arrow::Array& array) : array_(array) {}
  virtual ~ValueWriter() = default;
  void write(std::string& out, int64_t row) const {
    if (array_.IsNull(row)) {
      out += "null";
    } else {
      value(out, row);
    }
  }
  // As a key of an object.
  void write_key(std::string& out, int64_t row) const {
    const size_t begin = out.size();
    write(out, row);
    if (out[begin] == '"') return;
    out.insert(begin, 1, '"');
    out += '"';
  }

 protected:
  virtual void value(std::string& out, int64_t row) const = 0;

 private:
  const arrow::Array& array_;
};

namespace {

Result<std::unique_ptr<ValueWriter>> make_writer(const arrow::Array& array, const Type& type,
                                                 bool parametric_datetime);

struct BooleanWriter final : ValueWriter {
  explicit BooleanWriter(const arrow::BooleanArray& a) : ValueWriter(a), array(a) {}
  void value(std::string& out, int64_t row) const override {
    out += array.Value(row) ? "true" : "false";
  }
  const arrow::BooleanArray& array;
};

template <class A>
struct NumberWriter final : ValueWriter {
  explicit NumberWriter(const A& a) : ValueWriter(a), array(a) {}
  void value(std::string& out, int64_t row) const override {
    const auto number = array.Value(row);
    if constexpr (std::is_floating_point_v<decltype(array.Value(row))>) {
      if (std::isnan(number)) {
        out += "\"NaN\"";
        return;
      }
      if (std::isinf(number)) {
        out += number > 0 ? "\"Infinity\"" : "\"-Infinity\"";
        return;
      }
      // Trino's Java clients refuse a whole number here, and others lose the sign of -0.
      const size_t begin = out.size();
      append_number(out, number);
      if (out.find_first_of(".e", begin) == std::string::npos) out += ".0";
    } else {
      append_number(out, number);
    }
  }
  const A& array;
};

struct DecimalWriter final : ValueWriter {
  explicit DecimalWriter(const arrow::Decimal128Array& a) : ValueWriter(a), array(a) {}
  void value(std::string& out, int64_t row) const override {
    // Arrow's own text of small values has an exponent.
    std::string digits = arrow::Decimal128(array.GetValue(row)).ToIntegerString();
    const bool negative = digits.front() == '-';
    if (negative) digits.erase(0, 1);
    if (digits.size() <= scale) digits.insert(0, scale + 1 - digits.size(), '0');
    if (scale > 0) digits.insert(digits.size() - scale, 1, '.');
    out += negative ? "\"-" : "\"";
    out += digits;
    out += '"';
  }
  const arrow::Decimal128Array& array;
  const size_t scale =
      static_cast<size_t>(static_cast<const arrow::Decimal128Type&>(*array.type()).scale());
};

template <class A, bool kBinary>
struct TextWriter final : ValueWriter {
  explicit TextWriter(const A& a) : ValueWriter(a), array(a) {}
  void value(std::string& out, int64_t row) const override {
    if constexpr (kBinary) {
      out += '"';
      append_base64(out, array.GetView(row));
      out += '"';
    } else {
      append_json_string(out, array.GetView(row));
    }
  }
  const A& array;
};

struct DateWriter final : ValueWriter {
  explicit DateWriter(const arrow::Date32Array& a) : ValueWriter(a), array(a) {}
  void value(std::string& out, int64_t row) const override {
    out += '"';
    append_date(out, array.Value(row));
    out += '"';
  }
  const arrow::Date32Array& array;
};

struct TimeWriter final : ValueWriter {
  TimeWriter(const arrow::Time64Array& a, int fraction)
      : ValueWriter(a), array(a), digits(fraction) {}
  void value(std::string& out, int64_t row) const override {
    out += '"';
    append_time(out, rounded(array.Value(row), digits) % kDayMicros, digits);
    out += '"';
  }
  const arrow::Time64Array& array;
  int digits;
};

struct TimestampWriter final : ValueWriter {
  TimestampWriter(const arrow::TimestampArray& a, bool zone, int fraction)
      : ValueWriter(a), array(a), zoned(zone), digits(fraction) {}
  void value(std::string& out, int64_t row) const override {
    const int64_t micros = rounded(array.Value(row), digits);
    const int64_t days = floor_divide(micros, kDayMicros);
    out += '"';
    append_date(out, days);
    out += ' ';
    append_time(out, micros - days * kDayMicros, digits);
    if (zoned) out += " UTC";
    out += '"';
  }
  const arrow::TimestampArray& array;
  bool zoned;
  int digits;
};

// "1 02:03:04.500"; with months "1-2".
struct IntervalWriter final : ValueWriter {
  explicit IntervalWriter(const arrow::MonthDayNanoIntervalArray& a) : ValueWriter(a), array(a) {}
  void value(std::string& out, int64_t row) const override {
    const auto interval = array.GetValue(row);
    if (interval.months != 0 && interval.days == 0 && interval.nanoseconds == 0) {
      out += fmt::format("\"{}{}-{}\"", interval.months < 0 ? "-" : "",
                         std::abs(interval.months) / 12, std::abs(interval.months) % 12);
      return;
    }
    int64_t millis =
        (interval.days + int64_t{30} * interval.months) * 86400000 + interval.nanoseconds / kMicros;
    out += millis < 0 ? "\"-" : "\"";
    millis = std::abs(millis);
    append_number(out, millis / 86400000);
    out += ' ';
    append_time(out, millis % 86400000 * 1000, 3);
    out += '"';
  }
  const arrow::MonthDayNanoIntervalArray& array;
};

struct NullWriter final : ValueWriter {
  using ValueWriter::ValueWriter;
  void value(std::string& out, int64_t) const override { out += "null"; }
};

struct ListWriter final : ValueWriter {
  ListWriter(const arrow::ListArray& a, std::unique_ptr<ValueWriter> w)
      : ValueWriter(a), array(a), items(std::move(w)) {}
  void value(std::string& out, int64_t row) const override {
    out += '[';
    for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
      if (i > array.value_offset(row)) out += ',';
      items->write(out, i);
    }
    out += ']';
  }
  const arrow::ListArray& array;
  std::unique_ptr<ValueWriter> items;
};

struct MapWriter final : ValueWriter {
  MapWriter(const arrow::MapArray& a, std::unique_ptr<ValueWriter> k,
            std::unique_ptr<ValueWriter> v)
      : ValueWriter(a), array(a), keys(std::move(k)), values(std::move(v)) {}
  void value(std::string& out, int64_t row) const override {
    out += '{';
    for (int64_t i = array.value_offset(row); i < array.value_offset(row + 1); ++i) {
      if (i > array.value_offset(row)) out += ',';
      keys->write_key(out, i);
      out += ':';
      values->write(out, i);
    }
    out += '}';
  }
  const arrow::MapArray& array;
  std::unique_ptr<ValueWriter> keys, values;
};

struct StructWriter final : ValueWriter {
  explicit StructWriter(const arrow::StructArray& a) : ValueWriter(a), array(a) {}
  void value(std::string& out, int64_t row) const override {
    out += '[';
    for (size_t i = 0; i < fields.size(); ++i) {
      if (i > 0) out += ',';
      fields[i]->write(out, row);
    }
    out += ']';
  }
  const arrow::StructArray& array;
  std::vector<std::shared_ptr<arrow::Array>> children;  // with the offset of the parent applied
  std::vector<std::unique_ptr<ValueWriter>> fields;
};

template <class Writer, class... Args>
std::unique_ptr<ValueWriter> writer(Args&&... args) {
  return std::make_unique<Writer>(std::forward<Args>(args)...);
}

template <class A>
const A& as(const arrow::Array& array) {
  return static_cast<const A&>(array);
}

Result<std::unique_ptr<ValueWriter>> make_nested(const arrow::Array& array, const Type& type,
                                                 bool parametric_datetime) {
  const auto mismatch = [&] {
    return Error(ErrorCode::kInternal,
                 fmt::format("{} is written from {}", type.base, array.type()->ToString()));
  };
  if (array.type_id() == arrow::Type::LIST) {
    if (type.arguments.size() != 1) return mismatch();
    const auto& list = as<arrow::ListArray>(array);
    return writer<ListWriter>(
        list, TRY(make_writer(*list.values(), type.arguments[0], parametric_datetime)));
  }
  if (array.type_id() == arrow::Type::MAP) {
    if (type.arguments.size() != 2) return mismatch();
    const auto& map = as<arrow::MapArray>(array);
    auto keys = TRY(make_writer(*map.keys(), type.arguments[0], parametric_datetime));
    return writer<MapWriter>(
        map, std::move(keys),
        TRY(make_writer(*map.items(), type.arguments[1], parametric_datetime)));
  }
  const auto& structure = as<arrow::StructArray>(array);
  if (type.arguments.size() != static_cast<size_t>(structure.num_fields())) return mismatch();
  auto fields = std::make_unique<StructWriter>(structure);
  for (int i = 0; i < structure.num_fields(); ++i) {
    fields->children.push_back(structure.field(i));
    fields->fields.push_back(TRY(make_writer(
        *fields->children.back(), type.arguments[static_cast<size_t>(i)], parametric_datetime)));
  }
  return std::unique_ptr<ValueWriter>(std::move(fields));
}

Result<std::unique_ptr<ValueWriter>> make_writer(const arrow::Array& array, const Type& type,
                                                 bool parametric_datetime) {
  switch (array.type_id()) {
    case arrow::Type::NA: return writer<NullWriter>(array);
    case arrow::Type::BOOL: return writer<BooleanWriter>(as<arrow::BooleanArray>(array));
    case arrow::Type::INT8:
      return writer<NumberWriter<arrow::Int8Array>>(as<arrow::Int8Array>(array));
    case arrow::Type::INT16:
      return writer<NumberWriter<arrow::Int16Array>>(as<arrow::Int16Array>(array));
    case arrow::Type::INT32:
      return writer<NumberWriter<arrow::Int32Array>>(as<arrow::Int32Array>(array));
    case arrow::Type::INT64:
      return writer<NumberWriter<arrow::Int64Array>>(as<arrow::Int64Array>(array));
    case arrow::Type::FLOAT:
      return writer<NumberWriter<arrow::FloatArray>>(as<arrow::FloatArray>(array));
    case arrow::Type::DOUBLE:
      return writer<NumberWriter<arrow::DoubleArray>>(as<arrow::DoubleArray>(array));
    case arrow::Type::DECIMAL128: return writer<DecimalWriter>(as<arrow::Decimal128Array>(array));
    case arrow::Type::STRING:
      return writer<TextWriter<arrow::StringArray, false>>(as<arrow::StringArray>(array));
    case arrow::Type::LARGE_STRING:
      return writer<TextWriter<arrow::LargeStringArray, false>>(as<arrow::LargeStringArray>(array));
    case arrow::Type::BINARY:
      return writer<TextWriter<arrow::BinaryArray, true>>(as<arrow::BinaryArray>(array));
    case arrow::Type::LARGE_BINARY:
      return writer<TextWriter<arrow::LargeBinaryArray, true>>(as<arrow::LargeBinaryArray>(array));
    case arrow::Type::DATE32: return writer<DateWriter>(as<arrow::Date32Array>(array));
    case arrow::Type::TIME64:
      return writer<TimeWriter>(as<arrow::Time64Array>(array),
                                fraction_digits(type, parametric_datetime));
    case arrow::Type::TIMESTAMP:
      return writer<TimestampWriter>(as<arrow::TimestampArray>(array),
                                     type.base == "timestamp with time zone",
                                     fraction_digits(type, parametric_datetime));
    case arrow::Type::INTERVAL_MONTH_DAY_NANO:
      return writer<IntervalWriter>(as<arrow::MonthDayNanoIntervalArray>(array));
    case arrow::Type::LIST:
    case arrow::Type::MAP:
    case arrow::Type::STRUCT: return make_nested(array, type, parametric_datetime);
    default:
      return Error(ErrorCode::kUnsupported,
                   fmt::format("results of type {} cannot be sent", array.type()->ToString()));
  }
}

}  // namespace

RowWriter::RowWriter() = default;
RowWriter::RowWriter(RowWriter&&) noexcept = default;
RowWriter& RowWriter::operator=(RowWriter&&) noexcept = default;
RowWriter::~RowWriter() = default;

Result<RowWriter> RowWriter::make(std::shared_ptr<arrow::RecordBatch> batch,
                                  const std::vector<Type>& types, bool parametric_datetime) {
  RowWriter out;
  for (int i = 0; i < batch->num_columns(); ++i)
    out.columns_.push_back(
        TRY(make_writer(*batch->column(i), types[static_cast<size_t>(i)], parametric_datetime)));
  out.rows_ = batch->num_rows();
  out.batch_ = std::move(batch);
  return out;
}

int64_t RowWriter::write(std::string& out, size_t limit) {
  const int64_t first = row_;
  while (row_ < rows_ && out.size() < limit) {
    if (!out.empty()) out += ',';
    out += '[';
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) out += ',';
      columns_[i]->write(out, row_);
    }
    out += ']';
    ++row_;
  }
  return row_ - first;
}

}  // namespace foz::trino
