// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <simdjson.h>

#include <charconv>

#include "base/json_writer.h"
#include "delta/json_internal.h"

namespace foz::delta {

std::string json_quote(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::optional<std::string> json_unquote(std::string_view json) {
  if (json.size() >= 2 && json.front() == '"' && json.find_first_of("\\\"", 1) == json.size() - 1) {
    return std::string(json.substr(1, json.size() - 2));
  }
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(json.data(), json.size()).get(text) != simdjson::SUCCESS) return std::nullopt;
  return std::string(text);
}

std::optional<int64_t> json_integer(std::string_view json) {
  if (json.size() >= 2 && json.front() == '"') json = json.substr(1, json.size() - 2);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(json.data(), json.data() + json.size(), value);
  if (error != std::errc() || end != json.data() + json.size()) return std::nullopt;
  return value;
}

}  // namespace foz::delta
