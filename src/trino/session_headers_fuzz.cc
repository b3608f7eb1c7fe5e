// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// Any headers are a session or a refusal; what a session holds, written as a client would, is read
// back as it is.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "trino/session_headers_internal.h"

namespace {

using foz::trino::percent_encoded;

std::string written(const std::map<std::string, std::string>& map) {
  std::string header;
  for (const auto& [key, value] : map)
    header += (header.empty() ? "" : ",") + percent_encoded(key) + "=" + percent_encoded(value);
  return header;
}

}  // namespace

// "Name: value" lines.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  foz::net::HttpRequest request;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  const auto client = foz::trino::read_client(request);
  if (!client.has_value()) {
    CHECK(!client.error().message().empty());
    return 0;
  }
  foz::net::HttpRequest again;
  again.headers = {{"X-Trino-Session", written(client->session.properties)},
                   {"X-Trino-Prepared-Statement", written(client->session.prepared)}};
  const auto same = foz::trino::read_client(again);
  CHECK(same.has_value());
  CHECK(same->session.properties == client->session.properties);
  CHECK(same->session.prepared == client->session.prepared);
  return 0;
}
