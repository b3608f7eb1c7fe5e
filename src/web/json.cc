// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "web/json_internal.h"

namespace foz::web {
namespace {

// `text` without a character at its end that is not whole.
std::string_view whole_characters(std::string_view text) {
  for (size_t back = 1; back <= std::min<size_t>(4, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const size_t length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    return length > back ? text.substr(0, text.size() - back) : text;
  }
  return text;
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid: return 400;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kUnavailable:
    case ErrorCode::kOverloaded: return 503;
    default: return 500;
  }
}

}  // namespace

net::HttpResponse refusal(int status, std::string_view why) {
  JsonWriter json;
  json.begin_object().field("error", why).end_object();
  return net::json_response(json.take(), status);
}

net::HttpResponse refusal(const Error& error) {
  return refusal(status_of(error.code()), error.message());
}

Result<std::optional<int64_t>> number_parameter(const net::HttpRequest& request,
                                                std::string_view name) {
  const std::string text = net::query_parameter(request, name);
  if (text.empty()) return std::nullopt;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0)
    return invalid(fmt::format("{} is not a whole number of at least 0", name));
  return number;
}

void write_bytes(JsonWriter& json, Bytes bytes, size_t most) {
  std::string_view shown = as_text(bytes.first(std::min(most, bytes.size())));
  if (shown.size() < bytes.size()) shown = whole_characters(shown);
  json.begin_object().field("size", static_cast<int64_t>(bytes.size()));
  if (simdjson::validate_utf8(shown.data(), shown.size())) {
    json.field("text", shown);
  } else {
    std::string hex;
    hex.reserve(2 * shown.size());
    for (const char byte : shown)
      fmt::format_to(std::back_inserter(hex), "{:02x}", static_cast<unsigned char>(byte));
    json.field("hex", hex);
  }
  json.end_object();
}

}  // namespace foz::web
