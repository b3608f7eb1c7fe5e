// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Writes JSON text. Reading is simdjson's, in the room that reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace foz {

// Appends `text` as a quoted JSON string. Invalid UTF-8 becomes U+FFFD, so the output is always
// valid JSON.
void append_json_string(std::string& out, std::string_view text);

// Commas and quotes are its business; nesting must be balanced by the caller. Doubles that JSON
// cannot hold (NaN, infinities) become the strings "NaN", "Infinity", "-Infinity".
class JsonWriter {
 public:
  JsonWriter& begin_object();
  JsonWriter& end_object();
  JsonWriter& begin_array();
  JsonWriter& end_array();
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(int64_t value);
  JsonWriter& number(double value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  // Text that is JSON already.
  JsonWriter& raw(std::string_view json);

  JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, int64_t value) { return key(name).number(value); }
  JsonWriter& field(std::string_view name, int value) { return key(name).number(int64_t{value}); }
  JsonWriter& field(std::string_view name, double value) { return key(name).number(value); }
  JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }

  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  void before_value();
  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace foz
