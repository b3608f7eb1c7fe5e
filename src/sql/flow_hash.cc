// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Digests and encodings of bytes. https://spark.apache.org/docs/latest/api/sql/

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "duckdb/common/types/hugeint.hpp"
#include "duckdb/planner/expression/bound_cast_expression.hpp"
#include "sql/flow_build_internal.h"
#include "sql/sha2.h"
#include "sql/spark_text.h"
#include "sql/xxhash64.h"

namespace foz::sql {

using duckdb::string_t;
using duckdb::Value;
using duckdb::Vector;

namespace {

// Strings as their UTF-8 bytes.
Ex bytes(Build& build, const Expr& call, Ex ex) {
  if (ex->return_type.id() == LogicalTypeId::BLOB) return ex;
  ex = build.implicit(call.span, std::move(ex), LogicalType::VARCHAR);
  return build.cast(call.span, std::move(ex), LogicalType::BLOB, OnError::kNote);
}

Ex digest(Build& build, const Expr& call, Args& args) {
  const std::string name = call.text == "sha" ? "sha1" : call.text;
  return build.builtin(call.span, name, list(bytes(build, call, std::move(args[0]))));
}

Ex sha2(Build& build, const Expr& call, Args& args) {
  const auto size = Build::value_of(args[1]);
  if (!size || size->IsNull() || !is_integral(size->type()))
    Build::refuse(call.args[1]->span, "the length must be a constant");
  const int bits = size->GetValue<int32_t>() == 0 ? 256 : size->GetValue<int32_t>();
  if (bits != 224 && bits != 256 && bits != 384 && bits != 512)
    return Build::constant(Value(LogicalType::VARCHAR));
  return build.call(
      "sha2", LogicalType::VARCHAR, list(bytes(build, call, std::move(args[0]))),
      rows<string_t, string_t>([bits](Vector& result, string_t& out, const string_t& in) {
        out = duckdb::StringVector::AddString(result, sha2_hex(view(in), bits));
        return true;
      }));
}

// --- xxhash64

// hash = f(value, hash) for a value that is not NULL, else unchanged.
template <class T, class Hash>
Kernel chain(Hash hash) {
  return [hash](duckdb::DataChunk& args, duckdb::ExpressionState&, Vector& out) {
    const duckdb::idx_t count = args.size();
    duckdb::UnifiedVectorFormat seeds, values;
    args.data[0].ToUnifiedFormat(count, seeds);
    args.data[1].ToUnifiedFormat(count, values);
    const auto* seed = duckdb::UnifiedVectorFormat::GetData<int64_t>(seeds);
    const auto* value = duckdb::UnifiedVectorFormat::GetData<T>(values);
    auto* hashes = duckdb::FlatVector::GetData<int64_t>(out);
    for (duckdb::idx_t row = 0; row < count; row++) {
      const duckdb::idx_t at = values.sel->get_index(row);
      const auto before = static_cast<uint64_t>(seed[seeds.sel->get_index(row)]);
      hashes[row] =
          static_cast<int64_t>(values.validity.RowIsValid(at) ? hash(value[at], before) : before);
    }
  };
}

// Java's BigInteger.toByteArray: big-endian, the shortest with a sign bit.
std::string big_integer(const duckdb::hugeint_t& value) {
  std::string out;
  for (int i = 15; i >= 0; i--) {
    const uint64_t word = i >= 8 ? static_cast<uint64_t>(value.upper) : value.lower;
    out += static_cast<char>(word >> (i % 8 * 8));
  }
  while (out.size() > 1) {
    const bool negative = (out[1] & 0x80) != 0;
    if (out[0] != (negative ? '\xff' : '\0')) break;
    out.erase(0, 1);
  }
  return out;
}

// Integers and booleans hash as INT up to 32 bits, as LONG beyond.
Kernel hash_kernel(const LogicalType& type) {
  switch (type.id()) {
    case LogicalTypeId::VARCHAR:
    case LogicalTypeId::BLOB:
      return chain<string_t>(
          [](const string_t& in, uint64_t seed) { return xxhash64(view(in), seed); });
    case LogicalTypeId::INTEGER:
      return chain<int32_t>([](int32_t in, uint64_t seed) { return xxhash64_int(in, seed); });
    case LogicalTypeId::DATE:
      return chain<duckdb::date_t>(
          [](duckdb::date_t in, uint64_t seed) { return xxhash64_int(in.days, seed); });
    case LogicalTypeId::BIGINT:
      return chain<int64_t>([](int64_t in, uint64_t seed) { return xxhash64_long(in, seed); });
    case LogicalTypeId::TIMESTAMP:
    case LogicalTypeId::TIMESTAMP_TZ:
      return chain<duckdb::timestamp_t>(
          [](duckdb::timestamp_t in, uint64_t seed) { return xxhash64_long(in.value, seed); });
    case LogicalTypeId::FLOAT:
      return chain<float>([](float in, uint64_t seed) {
        return xxhash64_int(in == 0          ? 0
                            : std::isnan(in) ? 0x7fc00000
                                             : std::bit_cast<int32_t>(in),
                            seed);
      });
    case LogicalTypeId::DOUBLE:
      return chain<double>([](double in, uint64_t seed) {
        return xxhash64_long(in == 0          ? 0
                             : std::isnan(in) ? 0x7ff8000000000000
                                              : std::bit_cast<int64_t>(in),
                             seed);
      });
    case LogicalTypeId::DECIMAL:
      if (duckdb::DecimalType::GetWidth(type) <= 18) {
        return chain<int64_t>([](int64_t in, uint64_t seed) { return xxhash64_long(in, seed); });
      }
      return chain<duckdb::hugeint_t>([](const duckdb::hugeint_t& in, uint64_t seed) {
        return xxhash64(big_integer(in), seed);
      });
    default: return nullptr;
  }
}

Ex hash_input(Build& build, Ex ex) {
  const LogicalType type = ex->return_type;
  LogicalType wide = type;
  if (type.id() == LogicalTypeId::BOOLEAN || type.id() == LogicalTypeId::TINYINT ||
      type.id() == LogicalTypeId::SMALLINT || type.id() == LogicalTypeId::SQLNULL) {
    wide = LogicalType::INTEGER;
  }
  if (type.id() == LogicalTypeId::DECIMAL && duckdb::DecimalType::GetWidth(type) <= 18) {
    wide = LogicalType::DECIMAL(18, duckdb::DecimalType::GetScale(type));
  }
  return duckdb::BoundCastExpression::AddCastToType(build.context(), std::move(ex), wide);
}

Ex xxhash64_call(Build& build, const Expr& call, Args& args) {
  Ex hash = Build::constant(Value::BIGINT(42));
  for (size_t i = 0; i < args.size(); i++) {
    Kernel kernel = hash_kernel(hash_input(build, args[i]->Copy())->return_type);
    if (!kernel) {
      Build::refuse(call.args[i]->span, fmt::format("xxhash64 of a {} is not supported",
                                                    spark_name(args[i]->return_type)));
    }
    Args pair = list(std::move(hash));
    pair.push_back(hash_input(build, std::move(args[i])));
    hash = build.call("xxhash64", LogicalType::BIGINT, std::move(pair), std::move(kernel));
  }
  return hash;
}

// --- encodings

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// As Java's MIME decoder: other characters are skipped.
std::string from_base64(std::string_view text) {
  std::string out;
  uint32_t bits = 0;
  int count = 0;
  for (char c : text) {
    if (c == '=') break;
    const size_t value = kBase64.find(c);
    if (value == std::string_view::npos) continue;
    bits = (bits << 6 | static_cast<uint32_t>(value)) & 0xFFFFFF;
    count += 6;
    if (count < 8) continue;
    count -= 8;
    out += static_cast<char>(bits >> count);
  }
  return out;
}

Ex base64(Build& build, const Expr& call, Args& args) {
  return build.builtin(call.span, "to_base64", list(bytes(build, call, std::move(args[0]))));
}

Ex unbase64(Build& build, const Expr& call, Args& args) {
  args[0] = build.implicit(call.span, std::move(args[0]), LogicalType::VARCHAR);
  return build.call("unbase64", LogicalType::BLOB, std::move(args),
                    rows<string_t, string_t>([](Vector& result, string_t& out, const string_t& in) {
                      out = duckdb::StringVector::AddStringOrBlob(result, from_base64(view(in)));
                      return true;
                    }));
}

std::string hex_text(std::string_view in) {
  std::string out;
  for (char c : in) {
    out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

Ex hex(Build& build, const Expr& call, Args& args) {
  if (is_integral(args[0]->return_type)) {
    Ex number = build.cast(call.span, std::move(args[0]), LogicalType::BIGINT, OnError::kNote);
    return build.call("hex", LogicalType::VARCHAR, list(std::move(number)),
                      rows<string_t, int64_t>([](Vector& result, string_t& out, int64_t in) {
                        out = duckdb::StringVector::AddString(
                            result, fmt::format("{:X}", static_cast<uint64_t>(in)));
                        return true;
                      }));
  }
  return build.call("hex", LogicalType::VARCHAR, list(bytes(build, call, std::move(args[0]))),
                    rows<string_t, string_t>([](Vector& result, string_t& out, const string_t& in) {
                      out = duckdb::StringVector::AddString(result, hex_text(view(in)));
                      return true;
                    }));
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// An odd number of digits counts as if 0 stood before; what is no digit gives NULL.
bool unhex(std::string_view text, std::string& out) {
  int high = text.size() % 2 == 0 ? -1 : 0;
  for (char c : text) {
    const int value = digit(c);
    if (value < 0) return false;
    if (high < 0) {
      high = value;
    } else {
      out += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  return true;
}

Ex unhex_call(Build& build, const Expr& call, Args& args) {
  args[0] = build.implicit(call.span, std::move(args[0]), LogicalType::VARCHAR);
  return build.call("unhex", LogicalType::BLOB, std::move(args),
                    rows<string_t, string_t>([](Vector& result, string_t& out, const string_t& in) {
                      std::string decoded;
                      if (!unhex(view(in), decoded)) return false;
                      out = duckdb::StringVector::AddStringOrBlob(result, decoded);
                      return true;
                    }));
}

// decode(bytes, 'UTF-8') and encode(text, 'UTF-8').
Ex transcode(Build& build, const Expr& call, Args& args) {
  const auto charset = Build::value_of(args[1]);
  const std::string name =
      charset && !charset->IsNull() ? duckdb::StringUtil::Upper(charset->ToString()) : "";
  if (name != "UTF-8" && name != "UTF8")
    Build::refuse(call.args[1]->span, "only 'UTF-8' is supported");
  const bool decode = call.text == "decode";
  if (!decode) args[0] = build.implicit(call.span, std::move(args[0]), LogicalType::VARCHAR);
  return build.cast(call.span, std::move(args[0]),
                    decode ? LogicalType::VARCHAR : LogicalType::BLOB, OnError::kNote);
}

constexpr Function kFunctions[] = {
    {"md5", 1, 1, digest},
    {"sha1", 1, 1, digest},
    {"sha", 1, 1, digest},
    {"sha2", 2, 2, sha2},
    {"xxhash64", 1, kAnyArgs, xxhash64_call},
    {"base64", 1, 1, base64},
    {"unbase64", 1, 1, unbase64},
    {"hex", 1, 1, hex},
    {"unhex", 1, 1, unhex_call},
    {"decode", 2, 2, transcode},
    {"encode", 2, 2, transcode},
};

}  // namespace

std::span<const Function> hash_functions() { return kFunctions; }

}  // namespace foz::sql
