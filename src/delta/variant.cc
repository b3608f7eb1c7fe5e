// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/variant_internal.h"

#include <arrow/util/decimal.h>
#include <fmt/format.h>

#include <bit>

#include "base/bytes.h"
#include "base/json_writer.h"
#include "delta/variant_text_internal.h"

namespace foz::delta {
namespace {

// Deeper ones are an attack, not data.
constexpr int kMaxDepth = 500;

enum Primitive : unsigned {
  kNull,
  kTrue,
  kFalse,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kDouble,
  kDecimal4,
  kDecimal8,
  kDecimal16,
  kDate,
  kTimestamp,
  kTimestampNtz,
  kFloat,
  kBinary,
  kLongText,
  kTime,
  kTimestampNanos,
  kTimestampNtzNanos,
  kUuid,
};

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

  Result<std::string_view> part(size_t index) const {
    if (at[index] > data.size()) return corrupt("an offset leaves it");
    return data.substr(at[index]);
  }
};

Result<Offsets> read_offsets(ByteReader& reader, size_t count, size_t width) {
  Offsets out;
  if (count > reader.remaining() / width) return corrupt("it is cut short");
  for (size_t i = 0; i < count; ++i) out.at.push_back(read_unsigned(reader, width));
  if (!reader.ok()) return corrupt("it is cut short");
  out.data = as_text(reader.bytes(reader.remaining()));
  return out;
}

// The dictionary of names.
class Names {
 public:
  static Result<Names> parse(std::string_view metadata) {
    ByteReader reader(as_bytes(metadata));
    const auto header = reader.little<uint8_t>();
    if (!reader.ok() || (header & 0x0f) != 1) return corrupt("its metadata is of another version");
    const size_t width = static_cast<size_t>(header >> 6u) + 1;
    const size_t count = read_unsigned(reader, width);
    Names names;
    names.offsets_ = TRY(read_offsets(reader, count + 1, width));
    return names;
  }

  Result<std::string_view> name(size_t id) const {
    if (id + 1 >= offsets_.at.size()) return corrupt("it names a key that is not there");
    const size_t begin = offsets_.at[id], end = offsets_.at[id + 1];
    if (begin > end || end > offsets_.data.size()) return corrupt("a key leaves its metadata");
    return offsets_.data.substr(begin, end - begin);
  }

 private:
  Offsets offsets_;
};

class Writer {
 public:
  // Every value has a byte of its own, so there are no more values than bytes.
  Writer(const Names& names, size_t bytes, std::string& out)
      : names_(names), left_(bytes), out_(out), limit_(out.size() + kMaxVariantText) {}

  Status value(std::string_view bytes, int depth) {
    if (depth > kMaxDepth) return corrupt("it is nested too deeply");
    if (left_ == 0 || out_.size() > limit_) return corrupt("it unfolds to too much");
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

  // Calls `take(name, value)`.
  template <class Take>
  Status each_field(unsigned info, ByteReader& reader, Take&& take) {
    const size_t count = read_unsigned(reader, info & 0x10 ? 4 : 1);
    const size_t id_width = ((info >> 2u) & 3u) + 1, width = (info & 3u) + 1;
    if (!reader.ok() || count > reader.remaining() / id_width) return corrupt("it is cut short");
    std::vector<size_t> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(read_unsigned(reader, id_width));
    const Offsets offsets = TRY(read_offsets(reader, count + 1, width));
    for (size_t i = 0; i < count; ++i) TRY(take(TRY(names_.name(ids[i])), TRY(offsets.part(i))));
    return {};
  }

 private:
  Status object(unsigned info, ByteReader& reader, int depth) {
    bool first = true;
    out_.push_back('{');
    TRY(each_field(info, reader, [&](std::string_view name, std::string_view bytes) -> Status {
      if (!std::exchange(first, false)) out_.push_back(',');
      append_json_string(out_, name);
      out_.push_back(':');
      return value(bytes, depth + 1);
    }));
    out_.push_back('}');
    return {};
  }

  Status array(unsigned info, ByteReader& reader, int depth) {
    const size_t count = read_unsigned(reader, info & 4 ? 4 : 1);
    const Offsets offsets = TRY(read_offsets(reader, count + 1, (info & 3u) + 1));
    out_.push_back('[');
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out_.push_back(',');
      TRY(value(TRY(offsets.part(i)), depth + 1));
    }
    out_.push_back(']');
    return {};
  }

  Status text(size_t length, ByteReader& reader) {
    const std::string_view bytes = as_text(reader.bytes(length));
    if (!reader.ok()) return corrupt("a text is cut short");
    append_json_string(out_, bytes);
    return {};
  }

  Status decimal(size_t width, ByteReader& reader) {
    const auto scale = reader.little<uint8_t>();
    if (scale > 38) return corrupt("a decimal's scale is out of range");
    if (width == 16) {
      const auto low = reader.little<uint64_t>();
      append_decimal(arrow::Decimal128(reader.little<int64_t>(), low).ToIntegerString(), scale,
                     out_);
    } else {
      const int64_t value = width == 4 ? reader.little<int32_t>() : reader.little<int64_t>();
      append_decimal(std::to_string(value), scale, out_);
    }
    return whole(reader);
  }

  static Status whole(const ByteReader& reader) {
    if (!reader.ok()) return corrupt("it is cut short");
    return {};
  }

  Status integer(int64_t value, const ByteReader& reader) {
    fmt::format_to(std::back_inserter(out_), "{}", value);
    return whole(reader);
  }

  Status primitive(unsigned type, ByteReader& reader) {
    switch (type) {
      case kNull: out_.append("null"); return {};
      case kTrue: out_.append("true"); return {};
      case kFalse: out_.append("false"); return {};
      case kInt8: return integer(reader.little<int8_t>(), reader);
      case kInt16: return integer(reader.little<int16_t>(), reader);
      case kInt32: return integer(reader.little<int32_t>(), reader);
      case kInt64: return integer(reader.little<int64_t>(), reader);
      case kDecimal4: return decimal(4, reader);
      case kDecimal8: return decimal(8, reader);
      case kDecimal16: return decimal(16, reader);
      case kLongText: return text(reader.little<uint32_t>(), reader);
      case kDouble:
        append_java_number(std::bit_cast<double>(reader.little<uint64_t>()), out_);
        break;
      case kFloat: append_java_number(std::bit_cast<float>(reader.little<uint32_t>()), out_); break;
      case kDate: append_variant_date(reader.little<int32_t>(), out_); break;
      case kTimestamp: append_variant_time(reader.little<int64_t>(), true, out_); break;
      case kTimestampNtz: append_variant_time(reader.little<int64_t>(), false, out_); break;
      case kTimestampNanos: append_variant_nanos(reader.little<int64_t>(), true, out_); break;
      case kTimestampNtzNanos: append_variant_nanos(reader.little<int64_t>(), false, out_); break;
      case kBinary:
        append_variant_binary(as_text(reader.bytes(reader.little<uint32_t>())), out_);
        break;
      case kUuid: append_variant_uuid(as_text(reader.bytes(16)), out_); break;
      default:
        return Error(ErrorCode::kUnsupported,
                     fmt::format("variant: primitive type {} is not one that foz knows", type));
    }
    return whole(reader);
  }

  const Names& names_;
  size_t left_;
  std::string& out_;
  const size_t limit_;
};

}  // namespace

Status append_variant(std::string_view metadata, std::string_view value, std::string& out) {
  const Names names = TRY(Names::parse(metadata));
  return Writer(names, value.size() + 1, out).value(value, 0);
}

Result<VariantFields> variant_fields(std::string_view metadata, std::string_view object) {
  const Names names = TRY(Names::parse(metadata));
  ByteReader reader(as_bytes(object));
  const auto header = reader.little<uint8_t>();
  if (!reader.ok() || (header & 3u) != 2) return corrupt("what is left of an object is none");
  VariantFields out;
  std::string unused;
  TRY(Writer(names, object.size(), unused)
          .each_field(header >> 2u, reader,
                      [&](std::string_view name, std::string_view bytes) -> Status {
                        out.emplace_back(name, bytes);
                        return {};
                      }));
  return out;
}

}  // namespace foz::delta
