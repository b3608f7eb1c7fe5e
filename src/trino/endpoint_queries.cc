// Copyright 2026 The foz authors
// SPDX-License-Identifier: Apache-2.0

// /v1/query, system.runtime, and the page to which infoUri leads.

#include <algorithm>

#include "trino/endpoint_internal.h"

namespace foz::trino {

sql::NodeInfo Endpoint::Impl::node() const {
  std::lock_guard lock(mutex);
  return {node_id, uri, kVersion};
}

std::vector<sql::QueryInfo> Endpoint::Impl::queries() const {
  std::vector<sql::QueryInfo> infos;
  for (auto& record : records()) infos.push_back(std::move(record.info));
  return infos;
}

std::vector<sql::TransactionInfo> Endpoint::Impl::transactions() const {
  std::vector<sql::TransactionInfo> list = transactions_.list();
  for (const auto& record : records()) {
    const sql::QueryInfo& query = record.info;
    const bool named =
        std::ranges::any_of(list, [&](const auto& one) { return one.id == query.transaction; });
    if (query.over() || named) continue;
    list.push_back({query.transaction, "READ UNCOMMITTED", false, true, query.created_us, 0});
  }
  return list;
}

std::vector<QueryRecord> Endpoint::Impl::records() const {
  std::lock_guard lock(mutex);
  std::vector<QueryRecord> all(history.records().begin(), history.records().end());
  for (const auto& [id, entry] : entries) all.push_back(entry.statement->record());
  std::ranges::stable_sort(all, {}, [](const auto& record) { return record.info.created_us; });
  return all;
}

std::optional<QueryRecord> Endpoint::Impl::record(const std::string& id) const {
  std::lock_guard lock(mutex);
  const auto entry = entries.find(id);
  if (entry != entries.end()) return entry->second.statement->record();
  const QueryRecord* forgotten = find_forgotten(id);
  return forgotten ? std::optional(*forgotten) : std::nullopt;
}

const QueryRecord* Endpoint::Impl::find_forgotten(const std::string& id) const {
  for (const auto& record : history.records()) {
    if (record.info.id == id) return &record;
  }
  return nullptr;
}

void Endpoint::Impl::list_queries(const net::HttpRequest& request, net::Respond respond) const {
  auto all = records();
  const std::string state = net::query_parameter(request, "state");
  if (!state.empty())
    std::erase_if(all, [&](const auto& record) { return record.info.state != state; });
  respond(net::json_response(query_list_json(all, base_uri(request))));
}

void Endpoint::Impl::show_query(const net::HttpRequest& request, net::Respond respond) const {
  const auto found = record(request.path.substr(std::string_view("/v1/query/").size()));
  if (!found) return respond(net::text_response(410, "no such query"));
  JsonWriter json;
  write_query(json, *found, base_uri(request));
  respond(net::json_response(json.take()));
}

void Endpoint::Impl::show_page(const net::HttpRequest& request, net::Respond respond) const {
  const auto found = record(request.query);
  if (!found) return respond(net::text_response(404, "no such query: it ended long ago"));
  respond(net::HttpResponse{
      200, {{"Content-Type", "text/html; charset=utf-8"}}, query_page(*found, base_uri(request))});
}

void Endpoint::Impl::delete_query(const net::HttpRequest& request, net::Respond respond) {
  const std::string id = request.path.substr(std::string_view("/v1/query/").size());
  std::shared_ptr<Statement> statement;
  {
    std::lock_guard lock(mutex);
    const auto entry = entries.find(id);
    if (entry != entries.end()) statement = entry->second.statement;
  }
  if (statement) {
    statement->end(user_error("USER_CANCELED", 3, "Query was canceled"));
    unpark(*statement);
  }
  respond(net::HttpResponse{204, {}, ""});
}

void Endpoint::Impl::put_killed(const net::HttpRequest& request, net::Respond respond) {
  std::string_view id = request.path;
  id.remove_prefix(std::string_view("/v1/query/").size());
  if (!id.ends_with("/killed")) return respond(net::text_response(404, "not here"));
  id.remove_suffix(std::string_view("/killed").size());
  const auto error =
      kill(std::string(id), "Query killed. " + (request.body.empty() ? "No message provided."
                                                                     : "Message: " + request.body));
  if (!error) return respond(net::HttpResponse{202, {}, ""});
  respond(net::text_response(error->name == "NOT_FOUND" ? 410 : 409, error->message));
}

}  // namespace foz::trino
