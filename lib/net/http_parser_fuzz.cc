// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The first byte says in what portions the rest arrives. Whatever the portions, the same requests
// must come out.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/result.h"
#include "net/http_parser_internal.h"

namespace {

std::string run(foz::Bytes bytes, size_t portion) {
  foz::net::HttpParser parser(1000, 10000);
  std::string seen;
  size_t at = 0;
  size_t offered = std::min(portion, bytes.size());
  while (true) {
    const size_t taken = parser.take(bytes.subspan(at, offered - at));
    CHECK(taken <= offered - at);
    at += taken;
    if (parser.failure()) return seen + "!" + std::to_string(parser.failure()->status);
    if (parser.complete()) {
      const foz::net::HttpRequest request = parser.take_request();
      CHECK(request.body.size() <= 10000);
      seen +=
          request.method + " " + request.path + "?" + request.query + "\n" + request.body + "\n";
    } else if (taken == 0) {
      if (offered == bytes.size()) return seen;
      offered = std::min(offered + portion, bytes.size());
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const foz::Bytes bytes = std::as_bytes(std::span(data + 1, size - 1));
  // Where a limit strikes may depend on the portions: compare only what no limit touches.
  const std::string whole = run(bytes, bytes.size() + 1);
  const std::string pieces = run(bytes, size_t{data[0]} + 1);
  CHECK(whole == pieces || whole.find('!') != std::string::npos);
  return 0;
}
