// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "delta/paths_internal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

namespace foz::delta {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// "s3" of "s3://b/k"; empty for a relative path. A colon counts only before the first slash (RFC
// 3986).
std::string_view scheme_of(std::string_view path) {
  const size_t colon = path.find(':');
  if (colon == std::string_view::npos || path.find('/') < colon) return {};
  for (const char c : path.substr(0, colon)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (!letter && !(c >= '0' && c <= '9') && c != '+' && c != '-' && c != '.') return {};
  }
  return path.substr(0, colon);
}

// "file:/x", "file:///x" and "/x" are one place.
std::string_view without_file_scheme(std::string_view url) {
  if (url.starts_with("file://")) return url.substr(7);
  if (url.starts_with("file:")) return url.substr(5);
  return url;
}

// Without segments that are "." or empty, and with those before "..": one place has one name.
std::string normal(std::string_view path) {
  std::vector<std::string_view> segments;
  while (!path.empty()) {
    const size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment == ".." && !segments.empty() && segments.back() != "..") {
      segments.pop_back();
    } else {
      segments.push_back(segment);
    }
  }
  return fmt::format("{}", fmt::join(segments, "/"));
}

}  // namespace

// "+" stands for itself, and so does a "%" without two digits.
std::string percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::string join_path(std::string_view root, std::string_view relative) {
  return root.empty() ? std::string(relative) : fmt::format("{}/{}", root, relative);
}

std::string log_path(std::string_view root, std::string_view name) {
  return join_path(root, fmt::format("_delta_log/{}", name));
}

// What Java's URI leaves as it is in a path. A colon would make a scheme of what stands before it.
std::string percent_encoded(std::string_view path) {
  std::string out;
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/=+,@!$&'()*;").contains(c);
    if (plain) {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string object_url(const store::ObjectStore& store, std::string_view path) {
  const std::string base = store.url();
  return base + (base.ends_with('/') ? "" : "/") + percent_encoded(path);
}

Result<std::string> resolve_path(const store::ObjectStore& store, const std::string& root,
                                 std::string_view path) {
  const std::string_view scheme = scheme_of(path);
  if (scheme.empty() && !path.starts_with('/'))
    return normal(join_path(root, percent_decoded(path)));
  const std::string base = store.url();
  const std::string decoded = percent_decoded(without_file_scheme(path));
  std::string place = percent_decoded(without_file_scheme(base));
  if (place.ends_with('/')) place.pop_back();
  if (decoded.size() > place.size() && decoded.starts_with(place) && decoded[place.size()] == '/') {
    return normal(decoded.substr(place.size() + 1));
  }
  return Error(ErrorCode::kUnsupported,
               fmt::format("file {} lies outside of the store {}", path, base));
}

}  // namespace foz::delta
