// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <mutex>

#include "net/http.h"

namespace foz::net {
namespace {

constexpr size_t kMaxReplyBytes = 256u << 20;

struct Received {
  HttpReply reply;
  bool too_large = false;
};

size_t on_body(char* data, size_t, size_t count, void* to) {
  auto& received = *static_cast<Received*>(to);
  received.too_large = received.reply.body.size() + count > kMaxReplyBytes;
  if (received.too_large) return 0;
  received.reply.body.append(data, count);
  return count;
}

size_t on_header(char* data, size_t, size_t count, void* to) {
  Headers& headers = static_cast<Received*>(to)->reply.headers;
  std::string_view line(data, count);
  if (line.starts_with("HTTP/")) headers.clear();  // of an interim answer
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return count;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
  while (!value.empty() && (value.back() == '\r' || value.back() == '\n')) value.remove_suffix(1);
  headers.emplace_back(line.substr(0, colon), value);
  return count;
}

Error failure(CURLcode code, std::string_view url, CURL* curl, const Received& received) {
  if (received.too_large) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("{}: the reply is larger than {} bytes", url, kMaxReplyBytes));
  }
  const std::string message = fmt::format("{}: {}", url, curl_easy_strerror(code));
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return invalid(message);
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION: return Error(ErrorCode::kUnavailable, message);
    default: break;
  }
  // Without a connection nothing was sent.
  double connected = 0;
  curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME, &connected);
  return Error(connected > 0 ? ErrorCode::kAmbiguous : ErrorCode::kUnavailable, message);
}

}  // namespace

Result<HttpReply> http_request(std::string_view method, std::string_view url,
                               const Headers& headers, std::string_view body,
                               std::chrono::milliseconds timeout) {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  if (!curl) return Error(ErrorCode::kIo, "libcurl cannot be used");
  curl_slist* list = nullptr;
  for (const auto& [name, value] : headers) {
    list = curl_slist_append(list, (value.empty() ? name + ";" : name + ": " + value).c_str());
  }
  list = curl_slist_append(list, "Expect:");  // a round trip for nothing
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> owned(list,
                                                                          &curl_slist_free_all);

  Received received;
  const std::string url_text(url);
  const std::string method_text(method);
  CURL* const c = curl.get();
  curl_easy_setopt(c, CURLOPT_URL, url_text.c_str());
  curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(c, CURLOPT_HTTPHEADER, list);
  if (url_text.starts_with("http://127.0.0.1") || url_text.starts_with("http://localhost") ||
      url_text.starts_with("http://[::1]")) {
    curl_easy_setopt(c, CURLOPT_NOPROXY, "*");
  }
  if (method == "HEAD") {
    curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
  } else if (method != "GET" || !body.empty()) {
    curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(c, CURLOPT_POSTFIELDS, body.data() ? body.data() : "");
    curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, method_text.c_str());
  }
  curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(c, CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(c, CURLOPT_HEADERDATA, &received);
  const CURLcode code = curl_easy_perform(c);
  if (code != CURLE_OK) return failure(code, url, c, received);
  long status = 0;
  curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
  received.reply.status = static_cast<int>(status);
  return std::move(received.reply);
}

}  // namespace foz::net
