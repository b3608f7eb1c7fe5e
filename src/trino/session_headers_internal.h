// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// A client's session in the headers of its requests, and what it is told to change there.
// https://trino.io/docs/current/develop/client-protocol.html#client-request-headers
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "sql/query_engine.h"

namespace foz::trino {

// What the client says of itself, for people who look at its queries.
struct ClientDescription {
  std::string source, client_info, client_tags, user_agent, address;
};

struct ClientRequest {
  sql::QuerySession session;
  ClientDescription client;
  bool parametric_datetime = false;  // it understands times with a precision
};

// kInvalid names the header that is wrong.
Result<ClientRequest> read_client(const net::HttpRequest& request);

// `started_transaction` is empty when none was.
void add_update_headers(const sql::SessionUpdate& update, const std::string& started_transaction,
                        net::Headers& headers);

std::string percent_encoded(std::string_view text);

}  // namespace foz::trino
