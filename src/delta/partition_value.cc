// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/partition_value_internal.h"

#include <arrow/scalar.h>
#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>

#include "delta/coerce_internal.h"
#include "delta/parquet_source_internal.h"

namespace foz::delta {
namespace {

// Reads a text from the left.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}
  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Between `least` and `most` digits.
  std::optional<int64_t> digits(size_t least, size_t most) {
    size_t count = 0;
    int64_t value = 0;
    while (count < most && count < text_.size() && text_[count] >= '0' && text_[count] <= '9') {
      value = value * 10 + (text_[count++] - '0');
    }
    if (count < least) return std::nullopt;
    text_.remove_prefix(count);
    return value;
  }
  size_t left() const { return text_.size(); }

 private:
  std::string_view text_;
};

std::optional<int64_t> read_day(Cursor& cursor) {
  const bool negative = cursor.take('-');
  if (!negative) cursor.take('+');
  const auto year = cursor.digits(1, 6);
  if (!year || !cursor.take('-')) return std::nullopt;
  const auto month = cursor.digits(1, 2);
  if (!month || !cursor.take('-')) return std::nullopt;
  const auto day = cursor.digits(1, 2);
  if (!day || *year > 32767) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(negative ? -*year : *year)),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

// Microseconds of "12:30:00.123456"; digits beyond are cut.
std::optional<int64_t> read_time(Cursor& cursor) {
  const auto hour = cursor.digits(1, 2);
  if (!hour || !cursor.take(':')) return std::nullopt;
  const auto minute = cursor.digits(1, 2);
  if (!minute) return std::nullopt;
  std::optional<int64_t> second = 0;
  if (cursor.take(':')) second = cursor.digits(1, 2);
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  int64_t fraction = 0;
  if (cursor.take('.')) {
    const size_t before = cursor.left();
    const auto digits = cursor.digits(1, 6);
    if (!digits) return std::nullopt;
    fraction = *digits;
    for (size_t i = before - cursor.left(); i < 6; ++i) fraction *= 10;
    while (cursor.digits(1, 1)) {
    }
  }
  return ((*hour * 60 + *minute) * 60 + *second) * 1'000'000 + fraction;
}

// Microseconds east of UTC.
std::optional<int64_t> read_zone(Cursor& cursor) {
  if (cursor.done() || cursor.take('Z')) return 0;
  const bool west = cursor.take('-');
  if (!west && !cursor.take('+')) return std::nullopt;
  const auto hours = cursor.digits(1, 2);
  std::optional<int64_t> minutes = 0, seconds = 0;  // local mean times have seconds
  if (cursor.take(':')) minutes = cursor.digits(2, 2);
  if (minutes && cursor.take(':')) seconds = cursor.digits(2, 2);
  if (!hours || !minutes || !seconds) return std::nullopt;
  if (*hours > 18 || *minutes > 59 || *seconds > 59) return std::nullopt;
  const int64_t us = ((*hours * 60 + *minutes) * 60 + *seconds) * 1'000'000;
  return west ? -us : us;
}

template <class T>
std::optional<T> parse_integer(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> parse_double(std::string_view text) {
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return HUGE_VAL;
  if (text == "-Infinity") return -HUGE_VAL;
  return parse_integer<double>(text);
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  return std::nullopt;
}

std::shared_ptr<arrow::Scalar> parse_decimal(std::string_view text,
                                             const std::shared_ptr<arrow::DataType>& type) {
  const auto& decimal = static_cast<const arrow::Decimal128Type&>(*type);
  arrow::Decimal128 value;
  int32_t precision = 0, scale = 0;
  if (!arrow::Decimal128::FromString(text, &value, &precision, &scale).ok()) return nullptr;
  auto rescaled = value.Rescale(scale, decimal.scale());
  if (!rescaled.ok() || !rescaled->FitsInPrecision(decimal.precision())) return nullptr;
  return std::make_shared<arrow::Decimal128Scalar>(*rescaled, type);
}

// Null: the text is no value of the type.
std::shared_ptr<arrow::Scalar> parse_value(const DataType& wanted, const std::string& text,
                                           const std::shared_ptr<arrow::DataType>& type) {
  const auto scalar = [&](const auto& value) -> std::shared_ptr<arrow::Scalar> {
    return value ? arrow::MakeScalar(type, *value).ValueOr(nullptr) : nullptr;
  };
  switch (wanted.kind) {
    case TypeKind::kString: return std::make_shared<arrow::StringScalar>(text);
    case TypeKind::kBinary:
      return std::make_shared<arrow::BinaryScalar>(arrow::Buffer::FromString(text));
    case TypeKind::kLong: return scalar(parse_integer<int64_t>(text));
    case TypeKind::kInteger: return scalar(parse_integer<int32_t>(text));
    case TypeKind::kShort: return scalar(parse_integer<int16_t>(text));
    case TypeKind::kByte: return scalar(parse_integer<int8_t>(text));
    case TypeKind::kDouble: return scalar(parse_double(text));
    case TypeKind::kFloat: {
      const auto value = parse_double(text);
      return value ? std::make_shared<arrow::FloatScalar>(static_cast<float>(*value)) : nullptr;
    }
    case TypeKind::kBoolean: return scalar(parse_boolean(text));
    case TypeKind::kDate: return scalar(parse_date(text));
    case TypeKind::kTimestamp:
    case TypeKind::kTimestampNtz: return scalar(parse_timestamp_us(text));
    case TypeKind::kDecimal: return parse_decimal(text, type);
    default: return nullptr;
  }
}

}  // namespace

std::optional<int32_t> parse_date(std::string_view text) {
  Cursor cursor(text);
  const auto day = read_day(cursor);
  if (!day) return std::nullopt;
  return static_cast<int32_t>(*day);  // what follows (a time of midnight) is of no matter
}

std::optional<int64_t> parse_timestamp_us(std::string_view text) {
  constexpr int64_t kDayUs = 86'400'000'000;
  Cursor cursor(text);
  const auto day = read_day(cursor);
  if (!day) return std::nullopt;
  if (cursor.done()) return *day * kDayUs;
  if (!cursor.take(' ') && !cursor.take('T')) return std::nullopt;
  const auto time = read_time(cursor);
  const auto zone = time ? read_zone(cursor) : std::nullopt;
  if (!zone || !cursor.done()) return std::nullopt;
  return *day * kDayUs + *time - *zone;
}

Result<std::shared_ptr<arrow::Scalar>> partition_scalar(const DataType& type,
                                                        const std::optional<std::string>& text) {
  const auto wanted = TRY(to_arrow(type));
  if (!text || text->empty()) return arrow::MakeNullScalar(wanted);
  if (auto scalar = parse_value(type, *text, wanted)) return scalar;
  return Error(ErrorCode::kCorrupt,
               fmt::format("partition value '{}' is no {}", *text, wanted->ToString()));
}

}  // namespace foz::delta
