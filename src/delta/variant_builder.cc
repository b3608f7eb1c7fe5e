// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/variant_builder_internal.h"

#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

namespace foz::delta {
namespace {

void append_unsigned(std::string& out, size_t value, size_t width) {
  for (size_t i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <class Integer>
void append_little(std::string& out, Integer value) {
  append_unsigned(out, static_cast<size_t>(value), sizeof value);
}

size_t width_of(size_t value) {
  size_t width = 1;
  while (width < 4 && value >> (8 * width)) ++width;
  return width;
}

template <class Integer>
bool fits(int64_t value) {
  return value >= std::numeric_limits<Integer>::min() &&
         value <= std::numeric_limits<Integer>::max();
}

}  // namespace

Result<VariantBuilder> VariantBuilder::with_names(std::string_view metadata) {
  VariantBuilder builder;
  for (const std::string_view name : TRY(variant_names(metadata))) {
    builder.places_.emplace(name, builder.names_.size());
    builder.names_.emplace_back(name);
  }
  builder.metadata_ = metadata;
  builder.names_in_metadata_ = builder.names_.size();
  return builder;
}

size_t VariantBuilder::name(std::string_view name) {
  const auto [found, fresh] = places_.emplace(name, names_.size());
  if (fresh) names_.emplace_back(name);
  return found->second;
}

void VariantBuilder::null() { header(kNull); }
void VariantBuilder::boolean(bool value) { header(value ? kTrue : kFalse); }

void VariantBuilder::integer(int64_t value) {
  if (fits<int8_t>(value)) {
    header(kInt8);
    append_little(out_, static_cast<int8_t>(value));
  } else if (fits<int16_t>(value)) {
    header(kInt16);
    append_little(out_, static_cast<int16_t>(value));
  } else if (fits<int32_t>(value)) {
    header(kInt32);
    append_little(out_, static_cast<int32_t>(value));
  } else {
    header(kInt64);
    append_little(out_, value);
  }
}

void VariantBuilder::number(double value) {
  header(kDouble);
  append_little(out_, std::bit_cast<uint64_t>(value));
}

void VariantBuilder::number(float value) {
  header(kFloat);
  append_little(out_, std::bit_cast<uint32_t>(value));
}

void VariantBuilder::decimal(const arrow::Decimal128& value, int scale) {
  // A type holds as many digits as its precision says, and no scale above that.
  const auto holds = [&](int precision) {
    return scale <= precision && value.FitsInPrecision(precision);
  };
  const auto type = holds(9) ? kDecimal4 : holds(18) ? kDecimal8 : kDecimal16;
  header(type);
  out_.push_back(static_cast<char>(scale));
  if (type == kDecimal4) {
    append_little(out_, static_cast<int32_t>(value.low_bits()));
  } else {
    append_little(out_, value.low_bits());
    if (type == kDecimal16) append_little(out_, value.high_bits());
  }
}

void VariantBuilder::text(std::string_view value) {
  constexpr size_t kShort = 63;
  if (value.size() <= kShort) {
    out_.push_back(static_cast<char>(value.size() << 2u | 1u));
  } else {
    header(kLongText);
    append_unsigned(out_, value.size(), 4);
  }
  out_.append(value);
}

void VariantBuilder::binary(std::string_view value) {
  header(kBinary);
  append_unsigned(out_, value.size(), 4);
  out_.append(value);
}

void VariantBuilder::date(int32_t days) {
  header(kDate);
  append_little(out_, days);
}

void VariantBuilder::timestamp(VariantPrimitive type, int64_t value) {
  header(type);
  append_little(out_, value);
}

void VariantBuilder::uuid(std::string_view bytes) {
  header(kUuid);
  out_.append(bytes);
}

void VariantBuilder::encoded(std::string_view values) { out_.append(values); }

void VariantBuilder::close_array(size_t begin, const std::vector<size_t>& elements) {
  const size_t bytes = out_.size() - begin, width = width_of(bytes), count = elements.size();
  const bool large = count > 255;
  std::string head(1, static_cast<char>((large ? 4u : 0u) << 2u | (width - 1) << 2u | 3u));
  append_unsigned(head, count, large ? 4 : 1);
  for (const size_t at : elements) append_unsigned(head, at - begin, width);
  append_unsigned(head, bytes, width);
  out_.insert(begin, head);
}

Status VariantBuilder::close_object(size_t begin, std::vector<VariantObject::Field> fields) {
  const auto name_of = [&](const auto& field) { return std::string_view(names_[field.name]); };
  std::ranges::sort(fields, {}, name_of);
  const auto twice = std::ranges::adjacent_find(fields, {}, name_of);
  if (twice != fields.end()) {
    return invalid(fmt::format("variant: the name {} is there twice", names_[twice->name]));
  }
  size_t most = 0;
  for (const auto& field : fields) most = std::max(most, field.name);
  const size_t bytes = out_.size() - begin, count = fields.size();
  const size_t width = width_of(bytes), id_width = width_of(most);
  const bool large = count > 255;
  const size_t info = (large ? 16u : 0u) | (id_width - 1) << 2u | (width - 1);
  std::string head(1, static_cast<char>(info << 2u | 2u));
  append_unsigned(head, count, large ? 4 : 1);
  for (const auto& field : fields) append_unsigned(head, field.name, id_width);
  for (const auto& field : fields) append_unsigned(head, field.at, width);
  append_unsigned(head, bytes, width);
  out_.insert(begin, head);
  return {};
}

Variant VariantBuilder::finish() {
  if (metadata_.empty() || names_.size() > names_in_metadata_) {
    size_t bytes = 0;
    for (const std::string& name : names_) bytes += name.size();
    const size_t width = width_of(std::max(bytes, names_.size()));
    metadata_.assign(1, static_cast<char>(1u | (width - 1) << 6u));
    append_unsigned(metadata_, names_.size(), width);
    size_t at = 0;
    append_unsigned(metadata_, at, width);
    for (const std::string& name : names_) append_unsigned(metadata_, at += name.size(), width);
    for (const std::string& name : names_) metadata_.append(name);
  }
  Variant out{std::move(metadata_), std::move(out_)};
  *this = VariantBuilder();
  return out;
}

}  // namespace foz::delta
