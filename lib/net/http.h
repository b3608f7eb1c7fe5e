// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// HTTP/1.1: a server for the endpoints of every room on one port, and a small blocking client for
// the command line.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "net/tcp.h"

namespace foz::net {

using Headers = std::vector<std::pair<std::string, std::string>>;
// Names compare without case; "" when missing.
std::string_view find_header(const Headers& headers, std::string_view name);

struct HttpRequest {
  std::string method;
  std::string path;   // decoded, without the query
  std::string query;  // as sent
  Headers headers;
  std::string body;
  std::string peer;
};
// The decoded value of a query parameter; "" when missing.
std::string query_parameter(const HttpRequest& request, std::string_view name);

struct HttpResponse {
  int status = 200;
  Headers headers;  // Content-Length, Date and Connection are added; Content-Type is the handler's
  std::string body;
};
HttpResponse text_response(int status, std::string text);
HttpResponse json_response(std::string json, int status = 200);
// For "Content-Encoding: gzip": fast rather than small.
std::string gzip(std::string_view plain);

// Answers once, from any thread. Destroyed without an answer, the peer gets 500.
using Respond = std::move_only_function<void(HttpResponse)>;
// Called on a worker thread of the server: it may block for as long as a query takes, or keep
// `respond` and return.
using HttpHandler = std::function<void(HttpRequest request, Respond respond)>;

struct HttpOptions {
  Address address;
  size_t max_connections = 2000;
  size_t max_header_bytes = 64 << 10;
  size_t max_body_bytes = 1 << 20;
  size_t max_total_body_bytes = 64 << 20;  // of all requests that come or wait: 503 beyond
  int64_t idle_ms = 60000;
  int workers = 8;
  size_t max_waiting = 1000;  // further requests get 503 with Retry-After
};

class HttpServer {
 public:
  virtual ~HttpServer() = default;
  static Result<std::unique_ptr<HttpServer>> make(HttpOptions options);
  // `path` is exact, or a prefix when it ends in "*". The longest match wins. Before start() only.
  virtual void handle(std::string method, std::string path, HttpHandler handler) = 0;
  virtual Status start() = 0;
  virtual Address address() const = 0;
  // Refuses new requests, waits up to `grace` for open ones and ends the rest with 503. Returns
  // when no handler runs any more, so cancel first what they wait for. The destructor does it
  // without grace.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

struct HttpReply {
  int status = 0;
  Headers headers;
  std::string body;
};
// Blocking; kUnavailable when the server cannot be reached, with the address in the message.
Result<HttpReply> http_request(std::string_view method, std::string_view url,
                               const Headers& headers, std::string_view body,
                               std::chrono::milliseconds timeout);

}  // namespace foz::net
