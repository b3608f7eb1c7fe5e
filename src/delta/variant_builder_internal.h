// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Writes one variant, value behind value. An object or array is written by writing its parts,
// noting where each begins, and closing it from where it begins.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "delta/variant_internal.h"

namespace arrow {
class Decimal128;
}

namespace foz::delta {

class VariantBuilder {
 public:
  VariantBuilder() = default;
  // With a dictionary that is there already, so that values which use it can be taken as they are.
  static Result<VariantBuilder> with_names(std::string_view metadata);

  // Its place in the dictionary, which grows when it is not there.
  size_t name(std::string_view name);
  size_t name_count() const { return names_.size(); }

  void null();
  void boolean(bool value);
  void integer(int64_t value);  // of the smallest type that holds it
  void number(double value);
  void number(float value);
  void decimal(const arrow::Decimal128& value, int scale);  // the same
  void text(std::string_view value);
  void binary(std::string_view value);
  void date(int32_t days);
  // kTimestamp, kTimestampNtz and those in nanoseconds.
  void timestamp(VariantPrimitive type, int64_t value);
  void uuid(std::string_view bytes);      // 16 of them
  void encoded(std::string_view values);  // with this dictionary

  // Where the next value begins.
  size_t at() const { return out_.size(); }
  // What was written since `begin` becomes an array, whose elements begin at `elements`.
  void close_array(size_t begin, const std::vector<size_t>& elements);
  // The same for an object, whose fields are counted from `begin`. kInvalid when a name is there
  // twice.
  Status close_object(size_t begin, std::vector<VariantObject::Field> fields);

  // Empties the builder.
  Variant finish();

 private:
  void header(VariantPrimitive type) { out_.push_back(static_cast<char>(type << 2u)); }

  std::string out_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, size_t> places_;
  std::string metadata_;  // what the dictionary was made from
  size_t names_in_metadata_ = 0;
};

}  // namespace foz::delta
