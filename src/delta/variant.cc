// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/variant.h"

#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <bit>

#include "base/bytes.h"
#include "base/json_writer.h"
#include "delta/variant_internal.h"
#include "delta/variant_text_internal.h"

namespace foz::delta {
namespace {

Error corrupt(std::string_view what) {
  return Error(ErrorCode::kCorrupt, fmt::format("variant: {}", what));
}

// An unsigned little-endian number of 1 to 4 bytes; the caller looks at ok().
size_t read_unsigned(ByteReader& reader, size_t width) {
  size_t value = 0;
  for (size_t i = 0; i < width; ++i) value |= size_t{reader.little<uint8_t>()} << (8 * i);
  return value;
}

// `count` numbers and the bytes behind them.
struct Offsets {
  std::vector<size_t> at;
  std::string_view data;
};

Result<Offsets> read_offsets(ByteReader& reader, size_t count, size_t width) {
  Offsets out;
  if (count > reader.remaining() / width) return corrupt("it is cut short");
  for (size_t i = 0; i < count; ++i) out.at.push_back(read_unsigned(reader, width));
  if (!reader.ok()) return corrupt("it is cut short");
  out.data = as_text(reader.bytes(reader.remaining()));
  return out;
}

// Behind the header.
Result<VariantObject> read_object(unsigned info, ByteReader& reader) {
  const size_t count = read_unsigned(reader, info & 0x10 ? 4 : 1);
  const size_t id_width = ((info >> 2u) & 3u) + 1;
  if (!reader.ok() || count > reader.remaining() / id_width) return corrupt("it is cut short");
  VariantObject object;
  object.fields.resize(count);
  for (auto& field : object.fields) field.name = read_unsigned(reader, id_width);
  const Offsets offsets = TRY(read_offsets(reader, count + 1, (info & 3u) + 1));
  for (size_t i = 0; i < count; ++i) object.fields[i].at = offsets.at[i];
  object.values = offsets.data;
  return object;
}

// Reads one variant through; where there is an `out`, writes it there as text.
class Walk {
 public:
  // Every value has a byte of its own, so there are no more values than bytes.
  Walk(const std::vector<std::string_view>& names, size_t bytes, std::string* out)
      : names_(names),
        left_(bytes + 1),
        out_(out),
        most_(out ? out->size() + kMaxVariantText : 0) {}

  Status value(std::string_view bytes, int depth) {
    if (depth > kMaxVariantDepth) return corrupt("it is nested too deeply");
    if (left_ == 0 || (out_ && out_->size() > most_)) return corrupt("it unfolds to too much");
    --left_;
    ByteReader reader(as_bytes(bytes));
    const auto header = reader.little<uint8_t>();
    if (!reader.ok()) return corrupt("it is cut short");
    const unsigned info = header >> 2u;
    switch (header & 3u) {
      case 0: return primitive(info, reader);
      case 1: return text(info, reader);
      case 2: return object(info, reader, depth);
      default: return array(info, reader, depth);
    }
  }

 private:
  void put(char c) {
    if (out_) out_->push_back(c);
  }

  // Calls `write(out)`, once it is known that all was there.
  template <class Write>
  Status scalar(const ByteReader& reader, Write&& write) {
    if (!reader.ok()) return corrupt("it is cut short");
    if (out_) write(*out_);
    return {};
  }

  Status part(std::string_view values, size_t at, int depth) {
    if (at > values.size()) return corrupt("an offset leaves it");
    return value(values.substr(at), depth + 1);
  }

  Status object(unsigned info, ByteReader& reader, int depth) {
    const VariantObject object = TRY(read_object(info, reader));
    char before = '{';
    for (const auto& field : object.fields) {
      if (field.name >= names_.size()) return corrupt("it names a key that is not there");
      put(std::exchange(before, ','));
      if (out_) append_json_string(*out_, names_[field.name]);
      put(':');
      TRY(part(object.values, field.at, depth));
    }
    if (object.fields.empty()) put('{');
    put('}');
    return {};
  }

  Status array(unsigned info, ByteReader& reader, int depth) {
    const size_t count = read_unsigned(reader, info & 4 ? 4 : 1);
    const Offsets offsets = TRY(read_offsets(reader, count + 1, (info & 3u) + 1));
    put('[');
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) put(',');
      TRY(part(offsets.data, offsets.at[i], depth));
    }
    put(']');
    return {};
  }

  Status text(size_t length, ByteReader& reader) {
    const std::string_view bytes = as_text(reader.bytes(length));
    return scalar(reader, [&](std::string& out) { append_json_string(out, bytes); });
  }

  Status decimal(size_t width, ByteReader& reader) {
    const auto scale = reader.little<uint8_t>();
    if (scale > 38) return corrupt("a decimal's scale is out of range");
    arrow::Decimal128 number;
    if (width == 16) {
      const auto low = reader.little<uint64_t>();
      number = arrow::Decimal128(reader.little<int64_t>(), low);
    } else {
      number = width == 4 ? reader.little<int32_t>() : reader.little<int64_t>();
    }
    return scalar(reader,
                  [&](std::string& out) { append_decimal(number.ToIntegerString(), scale, out); });
  }

  template <class Integer>
  Status integer(ByteReader& reader) {
    const auto number = int64_t{reader.little<Integer>()};
    return scalar(reader, [&](std::string& out) { out.append(std::to_string(number)); });
  }

  Status time(ByteReader& reader, void (*append)(int64_t, bool, std::string&), bool zoned) {
    const auto number = reader.little<int64_t>();
    return scalar(reader, [&](std::string& out) { append(number, zoned, out); });
  }

  Status word(const ByteReader& reader, std::string_view text) {
    return scalar(reader, [&](std::string& out) { out.append(text); });
  }

  Status primitive(unsigned type, ByteReader& reader) {
    switch (type) {
      case kNull: return word(reader, "null");
      case kTrue: return word(reader, "true");
      case kFalse: return word(reader, "false");
      case kInt8: return integer<int8_t>(reader);
      case kInt16: return integer<int16_t>(reader);
      case kInt32: return integer<int32_t>(reader);
      case kInt64: return integer<int64_t>(reader);
      case kDecimal4: return decimal(4, reader);
      case kDecimal8: return decimal(8, reader);
      case kDecimal16: return decimal(16, reader);
      case kLongText: return text(reader.little<uint32_t>(), reader);
      case kDouble: {
        const auto number = std::bit_cast<double>(reader.little<uint64_t>());
        return scalar(reader, [&](std::string& out) { append_java_number(number, out); });
      }
      case kFloat: {
        const auto number = std::bit_cast<float>(reader.little<uint32_t>());
        return scalar(reader, [&](std::string& out) { append_java_number(number, out); });
      }
      case kDate: {
        const auto days = reader.little<int32_t>();
        return scalar(reader, [&](std::string& out) { append_variant_date(days, out); });
      }
      case kTimestamp: return time(reader, append_variant_time, true);
      case kTimestampNtz: return time(reader, append_variant_time, false);
      case kTimestampNanos: return time(reader, append_variant_nanos, true);
      case kTimestampNtzNanos: return time(reader, append_variant_nanos, false);
      case kBinary: {
        const std::string_view bytes = as_text(reader.bytes(reader.little<uint32_t>()));
        return scalar(reader, [&](std::string& out) { append_variant_binary(bytes, out); });
      }
      case kTime: {
        const auto us = reader.little<int64_t>();
        if (us < 0 || us >= 86'400'000'000) return corrupt("a time is none of a day");
        return scalar(reader, [&](std::string& out) { append_variant_clock(us, out); });
      }
      case kUuid: {
        const std::string_view bytes = as_text(reader.bytes(16));
        return scalar(reader, [&](std::string& out) { append_variant_uuid(bytes, out); });
      }
      default:
        return Error(ErrorCode::kUnsupported,
                     fmt::format("variant: primitive type {} is not one that foz knows", type));
    }
  }

  const std::vector<std::string_view>& names_;
  size_t left_;
  std::string* out_;
  const size_t most_;
};

}  // namespace

Status append_variant(std::string_view metadata, std::string_view value, std::string& out) {
  const auto names = TRY(variant_names(metadata));
  return Walk(names, value.size(), &out).value(value, 0);
}

Status check_variant(std::string_view metadata, std::string_view value) {
  const auto names = TRY(variant_names(metadata));
  return Walk(names, value.size(), nullptr).value(value, 0);
}

Result<std::vector<std::string_view>> variant_names(std::string_view metadata) {
  ByteReader reader(as_bytes(metadata));
  const auto header = reader.little<uint8_t>();
  if (!reader.ok() || (header & 0x0f) != 1) return corrupt("its metadata is of another version");
  const size_t width = static_cast<size_t>(header >> 6u) + 1;
  const size_t count = read_unsigned(reader, width);
  const Offsets offsets = TRY(read_offsets(reader, count + 1, width));
  std::vector<std::string_view> names;
  names.reserve(count);
  for (size_t i = 0; i < count; ++i) {
    const size_t begin = offsets.at[i], end = offsets.at[i + 1];
    if (begin > end || end > offsets.data.size()) return corrupt("a key leaves its metadata");
    names.push_back(offsets.data.substr(begin, end - begin));
  }
  return names;
}

Result<VariantObject> variant_object(std::string_view value) {
  ByteReader reader(as_bytes(value));
  const auto header = reader.little<uint8_t>();
  if (!reader.ok() || (header & 3u) != 2) return corrupt("what is left of an object is none");
  return read_object(header >> 2u, reader);
}

}  // namespace foz::delta
