// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>

#include "net/http_parser_internal.h"

namespace foz::net {
namespace {

constexpr size_t kMaxHeaders = 200;
constexpr size_t kMaxChunkLine = 256;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// RFC 9110 section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
           kMarks.find(c) != std::string_view::npos;
  });
}

std::string_view trim(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool has_list_member(std::string_view list, std::string_view member) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (equals_ignoring_case(trim(list.substr(0, comma)), member)) return true;
    if (comma == std::string_view::npos) return false;
    list.remove_prefix(comma + 1);
  }
  return false;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

size_t HttpParser::fail(int status, std::string message) {
  failure_ = Failure{status, std::move(message)};
  keep_alive_ = false;
  return 0;
}

size_t HttpParser::take(Bytes bytes) {
  std::string_view text = as_text(bytes);
  size_t taken = 0;
  while (!failure_ && !complete()) {
    size_t count = 0;
    switch (state_) {
      case State::kHead: count = take_head(text); break;
      case State::kBody:
      case State::kChunk: count = take_body(text); break;
      case State::kChunkSize: count = take_chunk_size(text); break;
      case State::kChunkEnd:
        if (text.size() < 2) break;
        if (!text.starts_with("\r\n")) {
          fail(400, "a chunk does not end where it said");
          break;
        }
        count = 2;
        state_ = State::kChunkSize;
        break;
      case State::kTrailer: count = take_trailer(text); break;
      case State::kComplete: break;
    }
    if (count == 0) break;
    text.remove_prefix(count);
    taken += count;
  }
  return taken;
}

size_t HttpParser::take_head(std::string_view text) {
  if (scanned_ < 2 && text.starts_with("\r\n")) {
    scanned_ = 0;
    return 2;  // RFC 9112 section 2.2: before a request line
  }
  for (size_t i = scanned_; i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    if (i == 0 || text[i - 1] != '\r') return fail(400, "a line ends without CR");
    if (i < 3 || text[i - 2] != '\n') continue;
    if (i + 1 > max_header_bytes_) break;
    scanned_ = 0;
    parse_head(text.substr(0, i - 1));
    return i + 1;
  }
  scanned_ = text.size();
  if (scanned_ > max_header_bytes_) return fail(431, "the request's head is too large");
  return 0;
}

// `head` ends with the CR LF of its last line.
void HttpParser::parse_head(std::string_view head) {
  size_t end = head.find("\r\n");
  if (!parse_request_line(head.substr(0, end))) return;
  head.remove_prefix(end + 2);
  while (!head.empty()) {
    end = head.find("\r\n");
    if (request_.headers.size() == kMaxHeaders) return void(fail(431, "too many headers"));
    if (!parse_header(head.substr(0, end))) return;
    head.remove_prefix(end + 2);
  }
  decide_body();
}

bool HttpParser::parse_request_line(std::string_view line) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last)
    return fail(400, "malformed request line"), false;
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method)) return fail(400, "malformed method"), false;
  if (version == "HTTP/1.0") {
    minor_version_ = 0;
    keep_alive_ = false;
  } else if (version != "HTTP/1.1") {
    if (version.starts_with("HTTP/")) return fail(505, "only HTTP/1.1 is spoken here"), false;
    return fail(400, "malformed request line"), false;
  }
  request_.method = method;
  return parse_target(line.substr(first + 1, last - first - 1));
}

bool HttpParser::parse_target(std::string_view target) {
  for (const char c : target) {
    if (c <= ' ' || c == 0x7f) return fail(400, "malformed request target"), false;
  }
  if (target.starts_with("http://") || target.starts_with("https://")) {  // absolute form
    const size_t slash = target.find('/', target.find("//") + 2);
    target = slash == std::string_view::npos ? "/" : target.substr(slash);
  }
  if (!target.starts_with('/') && target != "*")
    return fail(400, "malformed request target"), false;
  const size_t question = target.find('?');
  auto path = percent_decode(target.substr(0, question), false);
  if (!path) return fail(400, "malformed percent encoding"), false;
  request_.path = std::move(*path);
  if (question != std::string_view::npos) request_.query = target.substr(question + 1);
  return true;
}

bool HttpParser::parse_header(std::string_view line) {
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) {
    return fail(400, "malformed header"), false;
  }
  const std::string_view value = trim(line.substr(colon + 1));
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < ' ' && c != '\t') || byte == 0x7f)
      return fail(400, "malformed header value"), false;
  }
  request_.headers.emplace_back(line.substr(0, colon), value);
  return true;
}

void HttpParser::decide_body() {
  std::optional<size_t> length;
  bool chunked = false;
  int hosts = 0;
  for (const auto& [name, value] : request_.headers) {
    if (equals_ignoring_case(name, "host")) {
      ++hosts;
    } else if (equals_ignoring_case(name, "connection")) {
      if (has_list_member(value, "close")) keep_alive_ = false;
      if (minor_version_ == 0 && has_list_member(value, "keep-alive")) keep_alive_ = true;
    } else if (equals_ignoring_case(name, "expect")) {
      if (!equals_ignoring_case(value, "100-continue"))
        return void(fail(417, "unknown expectation"));
      wants_continue_ = minor_version_ == 1;
    } else if (equals_ignoring_case(name, "transfer-encoding")) {
      if (chunked || minor_version_ == 0) return void(fail(400, "malformed Transfer-Encoding"));
      if (!equals_ignoring_case(value, "chunked"))
        return void(fail(501, "only the transfer encoding chunked is known"));
      chunked = true;
    } else if (equals_ignoring_case(name, "content-length")) {
      size_t given = 0;
      const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), given);
      if (error == std::errc::result_out_of_range) return void(fail(413, "the body is too large"));
      if (error != std::errc() || end != value.data() + value.size() ||
          (length && *length != given)) {
        return void(fail(400, "malformed Content-Length"));
      }
      length = given;
    }
  }
  if (hosts > 1 || (hosts == 0 && minor_version_ == 1))
    return void(fail(400, "a request names one Host"));
  if (length && chunked) return void(fail(400, "Content-Length beside Transfer-Encoding"));
  if (length.value_or(0) > max_body_bytes_) {
    return void(fail(413, fmt::format("the body is larger than {} bytes", max_body_bytes_)));
  }
  left_ = length.value_or(0);
  state_ = chunked ? State::kChunkSize : left_ > 0 ? State::kBody : State::kComplete;
  if (state_ == State::kComplete) wants_continue_ = false;
}

size_t HttpParser::take_body(std::string_view text) {
  const size_t count = std::min(left_, text.size());
  request_.body.append(text.substr(0, count));
  left_ -= count;
  if (left_ == 0) state_ = state_ == State::kBody ? State::kComplete : State::kChunkEnd;
  return count;
}

size_t HttpParser::take_chunk_size(std::string_view text) {
  const size_t end = text.find("\r\n");
  if (end == std::string_view::npos || end > kMaxChunkLine) {
    const bool longer = text.size() > kMaxChunkLine + 1;  // the CR may be there
    return longer ? fail(400, "malformed chunk size") : 0;
  }
  std::string_view digits = text.substr(0, std::min(text.find(';'), end));
  digits = trim(digits);
  size_t size = 0;
  const auto [stop, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
  if (digits.empty() || (error != std::errc() && error != std::errc::result_out_of_range) ||
      stop != digits.data() + digits.size()) {
    return fail(400, "malformed chunk size");
  }
  if (error == std::errc::result_out_of_range || size > max_body_bytes_ - request_.body.size()) {
    return fail(413, fmt::format("the body is larger than {} bytes", max_body_bytes_));
  }
  left_ = size;
  state_ = size == 0 ? State::kTrailer : State::kChunk;
  return end + 2;
}

// Trailer fields are read over.
size_t HttpParser::take_trailer(std::string_view text) {
  const size_t end = text.find("\r\n");
  if (trailer_bytes_ + std::min(end, text.size()) > max_header_bytes_)
    return fail(431, "the trailer is too large");
  if (end == std::string_view::npos) return 0;
  trailer_bytes_ += end + 2;
  if (end == 0) state_ = State::kComplete;
  return end + 2;
}

HttpRequest HttpParser::take_request() {
  HttpRequest request = std::move(request_);
  request_ = {};
  state_ = State::kHead;
  minor_version_ = 1;
  keep_alive_ = true;
  wants_continue_ = false;
  left_ = trailer_bytes_ = 0;
  return request;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_blank) {
      c = ' ';
    }
    out.push_back(c);
  }
  return out;
}

std::string_view find_header(const Headers& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (equals_ignoring_case(key, name)) return value;
  }
  return {};
}

std::string query_parameter(const HttpRequest& request, std::string_view name) {
  std::string_view query = request.query;
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    const size_t equals = pair.find('=');
    if (percent_decode(pair.substr(0, equals), true) == name) {
      if (equals == std::string_view::npos) return {};
      return percent_decode(pair.substr(equals + 1), true).value_or("");
    }
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

HttpResponse text_response(int status, std::string text) {
  return {status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(text)};
}

HttpResponse json_response(std::string json, int status) {
  return {status, {{"Content-Type", "application/json"}}, std::move(json)};
}

std::string_view status_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    default: return "Unknown";
  }
}

std::string response_head(const HttpResponse& response, bool keep_alive, int64_t now_ms) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\n", response.status, status_phrase(response.status));
  for (const auto& [name, value] : response.headers) {
    // A value from outside must not end its line.
    if (value.find_first_of("\r\n") != std::string::npos) continue;
    fmt::format_to(std::back_inserter(head), "{}: {}\r\n", name, value);
  }
  const std::time_t seconds = now_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char date[40];
  std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  fmt::format_to(std::back_inserter(head), "Date: {}\r\n", date);
  const bool bodiless = response.status == 204 || response.status == 304 || response.status < 200;
  if (!bodiless) {
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", response.body.size());
  }
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace foz::net
