// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// https://trino.io/docs/current/functions/url.html, and RFC 3986

#include <fmt/format.h>

#include <charconv>

#include "sql/trino_kernel_internal.h"
#include "sql/trino_themes_internal.h"
#include "sql/utf8_internal.h"

namespace foz::sql {

namespace {

using Part = std::optional<std::string>;

int hex(char c) {
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
         : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                : -1;
}

// %20 becomes a blank, + too in a form; nullopt for what is no escape.
Part decoded(std::string_view text, bool form) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && form) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex(text[i + 1]) : -1;
      const int low = high < 0 ? -1 : hex(text[i + 2]);
      if (low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return valid_utf8(out);
}

struct Url {
  std::optional<std::string_view> protocol, host, port, query, fragment;
  std::string_view path;
};

std::optional<Url> parse(std::string_view text) {
  // What Java's URI refuses.
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) <= 0x20 ||
        std::string_view("<>\"{}|\\^`").find(c) != std::string_view::npos)
      return std::nullopt;
    if (c == '%' && (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0))
      return std::nullopt;
  }
  Url url;
  const auto cut = [](std::string_view& from, size_t at) {
    const std::string_view behind = from.substr(at + 1);
    from = from.substr(0, at);
    return behind;
  };
  if (const size_t at = text.find('#'); at != std::string_view::npos) url.fragment = cut(text, at);
  if (const size_t at = text.find('?'); at != std::string_view::npos) url.query = cut(text, at);
  const size_t colon = text.find_first_of(":/");
  if (colon != std::string_view::npos && colon > 0 && text[colon] == ':') {
    url.protocol = text.substr(0, colon);
    text.remove_prefix(colon + 1);
  }
  if (text.starts_with("//")) {
    text.remove_prefix(2);
    std::string_view authority = text.substr(0, text.find('/'));
    text.remove_prefix(authority.size());
    if (const size_t at = authority.rfind('@'); at != std::string_view::npos)
      authority.remove_prefix(at + 1);
    const size_t bracket = authority.rfind(']');
    const size_t port = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
    if (port != std::string_view::npos) url.port = cut(authority, port);
    if (!authority.empty()) url.host = authority;
  }
  url.path = text;
  return url;
}

Part text_of(std::optional<std::string_view> part) {
  if (!part) return std::nullopt;
  return decoded(*part, false);
}

Part protocol(std::string_view text) {
  const auto url = parse(text);
  return url ? text_of(url->protocol) : std::nullopt;
}
Part host(std::string_view text) {
  const auto url = parse(text);
  return url ? text_of(url->host) : std::nullopt;
}
Part path(std::string_view text) {
  const auto url = parse(text);
  return url ? decoded(url->path, false) : std::nullopt;
}
Part query(std::string_view text) {
  const auto url = parse(text);
  return url ? text_of(url->query.value_or("")) : std::nullopt;
}
Part fragment(std::string_view text) {
  const auto url = parse(text);
  return url ? text_of(url->fragment.value_or("")) : std::nullopt;
}
std::optional<int64_t> port(std::string_view text) {
  const auto url = parse(text);
  int64_t number = 0;
  if (!url || !url->port) return std::nullopt;
  const auto [end, error] =
      std::from_chars(url->port->data(), url->port->data() + url->port->size(), number);
  if (error != std::errc() || end != url->port->data() + url->port->size()) return std::nullopt;
  return number;
}
Part parameter(std::string_view text, std::string_view name) {
  const auto url = parse(text);
  if (!url || !url->query) return std::nullopt;
  for (std::string_view rest = *url->query;;) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    const size_t equals = pair.find('=');
    if (decoded(pair.substr(0, equals), true) == name)
      return equals == std::string_view::npos ? "" : decoded(pair.substr(equals + 1), true);
    if (pair.size() == rest.size()) return std::nullopt;
    rest.remove_prefix(pair.size() + 1);
  }
}

std::string url_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '*';
    if (plain) {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      out += '%';
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) >> 4];
      out += "0123456789ABCDEF"[static_cast<unsigned char>(c) & 15];
    }
  }
  return out;
}
std::string url_decode(std::string_view text) {
  auto out = decoded(text, true);
  if (!out) invalid_argument(fmt::format("Illegal escape in '{}'", text));
  return *out;
}

constexpr TrinoFunction kFunctions[] = {
    {"url_decode", "varchar -> varchar", kernel<url_decode>},
    {"url_encode", "varchar -> varchar", kernel<url_encode>},
    {"url_extract_fragment", "varchar -> varchar", kernel<fragment>},
    {"url_extract_host", "varchar -> varchar", kernel<host>},
    {"url_extract_parameter", "varchar, varchar -> varchar", kernel<parameter>},
    {"url_extract_path", "varchar -> varchar", kernel<path>},
    {"url_extract_port", "varchar -> bigint", kernel<port>},
    {"url_extract_protocol", "varchar -> varchar", kernel<protocol>},
    {"url_extract_query", "varchar -> varchar", kernel<query>},
};

}  // namespace

std::span<const TrinoFunction> url_functions() { return kFunctions; }

}  // namespace foz::sql
