// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// The request side of HTTP/1.1 (RFC 9112), sans-io: bytes in, one request at a time out. Strict
// where leniency lets requests be smuggled: bare LF, folded headers, blanks before a colon,
// Content-Length beside Transfer-Encoding.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/http.h"

namespace foz::net {

class HttpParser {
 public:
  HttpParser(size_t max_header_bytes, size_t max_body_bytes)
      : max_header_bytes_(max_header_bytes), max_body_bytes_(max_body_bytes) {}

  // Takes from the front of `bytes` and returns how much. Stops behind one whole request and at a
  // failure.
  size_t take(Bytes bytes);

  bool complete() const { return state_ == State::kComplete; }
  // Behind the head of a request that is not whole.
  bool midway() const { return state_ != State::kHead && state_ != State::kComplete; }
  size_t body_bytes() const { return request_.body.size(); }  // that came so far
  struct Failure {
    int status = 400;
    std::string message;
  };
  // What to answer before closing the connection.
  const std::optional<Failure>& failure() const { return failure_; }
  // True once when the client waits for "100 Continue" before it sends the body.
  bool take_continue() { return std::exchange(wants_continue_, false); }
  bool keep_alive() const { return keep_alive_; }
  // The complete request; the parser is then ready for the next one.
  HttpRequest take_request();

 private:
  enum class State { kHead, kBody, kChunkSize, kChunk, kChunkEnd, kTrailer, kComplete };

  size_t take_head(std::string_view text);
  size_t take_body(std::string_view text);
  size_t take_chunk_size(std::string_view text);
  size_t take_trailer(std::string_view text);
  void parse_head(std::string_view head);
  bool parse_request_line(std::string_view line);
  bool parse_target(std::string_view target);
  bool parse_header(std::string_view line);
  void decide_body();
  size_t fail(int status, std::string message);

  const size_t max_header_bytes_;
  const size_t max_body_bytes_;
  State state_ = State::kHead;
  std::optional<Failure> failure_;
  HttpRequest request_;
  int minor_version_ = 1;
  bool keep_alive_ = true;
  bool wants_continue_ = false;
  size_t scanned_ = 0;  // of the head, without having found its end
  size_t left_ = 0;     // of the body or of the chunk
  size_t trailer_bytes_ = 0;
};

// %XX decoded; nothing when malformed or when it holds a NUL. `plus` is a blank in queries.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);
bool equals_ignoring_case(std::string_view a, std::string_view b);
// A reason phrase, "Unknown" if it is not one we send.
std::string_view status_phrase(int status);
// The head of a response, with Content-Length, Date and Connection.
std::string response_head(const HttpResponse& response, bool keep_alive, int64_t now_ms);

}  // namespace foz::net
