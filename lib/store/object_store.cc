// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "store/object_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "store/path_internal.h"

namespace foz::store {
namespace {

Error refused(std::string_view path, std::string_view reason) {
  return invalid(fmt::format("object path '{}' {}", path, reason));
}

Status check_segments(std::string_view whole, std::string_view segments) {
  if (whole.size() > kMaxPathBytes) {
    return refused(whole.substr(0, 64), fmt::format("… is longer than {} bytes", kMaxPathBytes));
  }
  if (whole.contains('\0')) return refused("", "has a NUL byte");
  for (;;) {
    const size_t slash = segments.find('/');
    const std::string_view segment = segments.substr(0, slash);
    if (segment.empty()) return refused(whole, "has an empty segment");
    if (segment == "." || segment == "..") return refused(whole, "has a '.' or '..' segment");
    if (segment.starts_with(kTemporaryPrefix)) {
      return refused(whole, fmt::format("has a segment that begins with '{}'", kTemporaryPrefix));
    }
    if (slash == std::string_view::npos) return {};
    segments.remove_prefix(slash + 1);
  }
}

// RFC 3986 section 2.1. A '%' that begins no code stands for itself.
std::string percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    const char* digits = text.data() + i + 1;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2) {
      out.push_back(static_cast<char>(code));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

bool is_scheme(std::string_view text) {
  return text.size() > 1 && std::ranges::all_of(text, [](unsigned char c) {
           return std::isalnum(c) || c == '+' || c == '-' || c == '.';
         });
}

}  // namespace

Status check_path(std::string_view path) { return check_segments(path, path); }

Status check_prefix(std::string_view prefix) {
  const size_t slash = prefix.rfind('/');
  // With no whole segment any one that passes stands for them: length and NUL still count.
  return check_segments(prefix, slash == std::string_view::npos ? "-" : prefix.substr(0, slash));
}

Status check_folder(std::string_view folder) {
  if (!folder.empty() && !folder.ends_with('/')) return refused(folder, "must end in '/'");
  return check_prefix(folder);
}

Result<std::string> local_path(std::string_view url) {
  const size_t colon = url.find(':');
  const std::string_view scheme = url.substr(0, colon);
  // "file:/x" is how Hadoop writes it.
  const bool has_scheme = colon != std::string_view::npos && is_scheme(scheme) &&
                          url.substr(colon + 1).starts_with('/');
  if (!has_scheme) {
    if (url.empty()) return invalid("a storage location must not be empty");
    return std::string(url);
  }
  if (scheme != "file") {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("storage scheme '{}' of '{}' is not supported here: give a folder or "
                             "a file:// URL",
                             scheme, url));
  }
  std::string_view rest = url.substr(colon + 1);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    if (rest.starts_with("localhost/")) rest.remove_prefix(std::string_view("localhost").size());
    if (!rest.starts_with('/')) {
      return invalid(fmt::format("'{}' names a host: a local folder is file:///folder", url));
    }
  }
  return percent_decoded(rest);
}

}  // namespace foz::store
