// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

#include "trino/session_headers_internal.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace foz::trino {

namespace {

// As java.net.URLDecoder: "+" is a blank. nullopt: a "%" without two digits behind it.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    unsigned byte = 0;
    if (i + 2 >= text.size()) return std::nullopt;
    const char* const end = text.data() + i + 3;
    if (text[i + 1] == '-' || std::from_chars(end - 2, end, byte, 16).ptr != end)
      return std::nullopt;
    out += static_cast<char>(byte);
    i += 2;
  }
  return out;
}

void trim(std::string_view& text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
}

// "k=v,k=v", keys and values percent-encoded; a header may come more than once, and be empty.
Result<std::map<std::string, std::string>> read_map(const net::Headers& headers,
                                                    std::string_view wanted) {
  std::map<std::string, std::string> map;
  for (const auto& header : headers) {
    if (net::find_header({header}, wanted).empty()) continue;
    std::string_view rest = header.second;
    while (!rest.empty()) {
      std::string_view entry = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
      trim(entry);
      if (entry.empty()) continue;
      const size_t equals = entry.find('=');
      std::optional<std::string> key, value;
      if (equals != std::string_view::npos && equals > 0) {
        key = percent_decoded(entry.substr(0, equals));
        value = percent_decoded(entry.substr(equals + 1));
      }
      if (!key || !value) return invalid(fmt::format("Invalid {} header", wanted));
      map[*key] = std::move(*value);
    }
  }
  return map;
}

}  // namespace

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.';
    out += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Result<ClientRequest> read_client(const net::HttpRequest& request) {
  const net::Headers& headers = request.headers;
  ClientRequest out;
  sql::QuerySession& session = out.session;
  const auto value = [&](const char* name) { return net::find_header(headers, name); };
  if (const auto user = value("X-Trino-User"); !user.empty()) session.user = std::string(user);
  session.catalog = std::string(value("X-Trino-Catalog"));
  session.schema = std::string(value("X-Trino-Schema"));
  if (session.catalog.empty() && !session.schema.empty())
    return invalid("X-Trino-Schema is set but X-Trino-Catalog is not");
  if (const auto zone = value("X-Trino-Time-Zone"); !zone.empty())
    session.time_zone = std::string(zone);
  session.properties = TRY(read_map(headers, "X-Trino-Session"));
  if (const auto zone = session.properties.find("time_zone_id");
      zone != session.properties.end() && !zone->second.empty())
    session.time_zone = zone->second;
  for (const char* utc : {"Etc/UTC", "Etc/GMT", "GMT", "Z", "Zulu", "Etc/Zulu", "Etc/UCT", "UCT"}) {
    if (session.time_zone == utc) session.time_zone = "UTC";
  }
  session.prepared = TRY(read_map(headers, "X-Trino-Prepared-Statement"));
  const auto transaction = value("X-Trino-Transaction-Id");
  session.transactions = !transaction.empty();
  if (transaction != "NONE" && transaction != "none") session.transaction = transaction;

  out.parametric_datetime =
      value("X-Trino-Client-Capabilities").find("PARAMETRIC_DATETIME") != std::string_view::npos;
  out.client.source = value("X-Trino-Source");
  out.client.client_info = value("X-Trino-Client-Info");
  out.client.client_tags = value("X-Trino-Client-Tags");
  out.client.user_agent = value("User-Agent");
  out.client.address = request.peer;
  return out;
}

void add_update_headers(const sql::SessionUpdate& update, const std::string& started_transaction,
                        net::Headers& headers) {
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) headers.emplace_back(name, value);
  };
  const auto pair = [](const std::string& key, const std::string& value) {
    return key.empty() ? key : percent_encoded(key) + "=" + percent_encoded(value);
  };
  add("X-Trino-Set-Catalog", percent_encoded(update.set_catalog));
  add("X-Trino-Set-Schema", percent_encoded(update.set_schema));
  if (!update.set_time_zone.empty())
    add("X-Trino-Set-Session", pair("time_zone_id", update.set_time_zone));
  add("X-Trino-Set-Session", pair(update.property_name, update.property_value));
  add("X-Trino-Clear-Session", percent_encoded(update.reset_property));
  if (!update.role.empty()) add("X-Trino-Set-Role", pair("system", update.role));
  add("X-Trino-Added-Prepare", pair(update.prepared_name, update.prepared_sql));
  add("X-Trino-Deallocated-Prepare", percent_encoded(update.deallocated_name));
  add("X-Trino-Started-Transaction-Id", started_transaction);
  if (update.ends_transaction) add("X-Trino-Clear-Transaction-Id", "true");
}

}  // namespace foz::trino
