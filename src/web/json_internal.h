// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// What the answers of /api have in common.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "net/http.h"

namespace foz::web {

// {"error": "why"}
net::HttpResponse refusal(int status, std::string_view why);
net::HttpResponse refusal(const Error& error);

// A query parameter that is a whole number of at least 0; nullopt when it is not given.
Result<std::optional<int64_t>> number_parameter(const net::HttpRequest& request,
                                                std::string_view name);

// {"size": of all, "text": "…"}, or "hex" where the bytes are not UTF-8, of the first `most` bytes.
void write_bytes(JsonWriter& json, Bytes bytes, size_t most);

}  // namespace foz::web
